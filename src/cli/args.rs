//! Arguments as they are typed. Flags of operations come from the list of operations.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::Styles;
use clap::{
    Arg, ArgAction, Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum,
};
use clap_complete::Shell;

use super::values::{
    AnchorParser, FormatArg, TimeArg, on_conflict, one_of, parse_count, parse_format, parse_time,
};
use crate::codecs;
use crate::coordinator::OnConflict;
use crate::event::Isolation;
use crate::image::{Color, Depth};
use crate::metadata::Retention;
use crate::pipeline::Frames;
use crate::pipeline::anchor::Anchor;
use crate::pipeline::geometry::{Fit, Kernel};
use crate::pipeline::ops::{self, Value};
use crate::sandbox::Policy;
use crate::units;

/// Process whole folders of images, in worker processes that no image can take down the run with
#[derive(Debug, Parser)]
#[command(
    name = "lightmill",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
#[command(
    after_help = "Exit status: 0 all fine, 1 some images failed, 2 wrong request, 3 the run could not go on, 130 interrupted."
)]
struct Cli {
    #[command(subcommand)]
    command: Commands,
}

#[derive(Debug, Subcommand)]
enum Commands {
    /// Make small copies of images
    #[command(after_help = THUMBNAIL_EXAMPLES)]
    Thumbnail(Thumbnail),
    /// Convert images, and apply operations to them
    #[command(after_help = CONVERT_EXAMPLES)]
    Convert(Render),
    /// List the operations, or explain one
    Ops {
        /// The operation to explain
        name: Option<String>,
    },
    /// List the formats, and what is read and written of each
    Formats,
    /// Print a completion script
    #[command(
        after_help = "Examples:\n  lightmill completions bash > ~/.local/share/bash-completion/completions/lightmill\n  lightmill completions zsh > ~/.zfunc/_lightmill\n  lightmill completions fish > ~/.config/fish/completions/lightmill.fish"
    )]
    Completions {
        /// The shell it is for
        shell: Shell,
    },
    /// Print the manual page, of lightmill or of one of its commands
    #[command(
        after_help = "Examples:\n  lightmill man | man -l -\n  lightmill man convert | man -l -\n  lightmill man --dir ~/.local/share/man/man1"
    )]
    Man {
        /// The command it is about
        command: Option<String>,
        /// Write all pages into this folder instead
        #[arg(long, value_name = "DIR", conflicts_with = "command")]
        dir: Option<PathBuf>,
    },
}

const THUMBNAIL_EXAMPLES: &str = "\
Examples:
  lightmill thumbnail photos -o thumbs                        longest side 320, same formats, same tree
  lightmill thumbnail photos -o thumbs --size 400x400 --fit cover --gravity north
  lightmill thumbnail photos -o web -f webp --template '{dir}/{stem}-{width}.{ext}'
  find . -name '*.jpg' -print0 | lightmill thumbnail --files-from - -0 -o thumbs";

const CONVERT_EXAMPLES: &str = "\
Examples:
  lightmill convert scans -o out -f png                       every image as PNG
  lightmill convert photos -o out --resize '1600x1600>' --sharpen 0.8 -q 82
  lightmill convert photos -o out --crop 3000x2000 --gravity center --grayscale --contrast 1.1
  lightmill convert photos --in-place --backup .orig --rotate 90
  lightmill convert 'raw/**/*.tif' -o out -f jpeg --dry-run";

#[derive(Debug, Args)]
pub(super) struct Thumbnail {
    /// The box to fit into: `320` (longest side), `320x240`, `x200`, `50%`
    #[arg(
        long,
        value_name = "GEOMETRY",
        default_value = "320",
        help_heading = "Geometry"
    )]
    pub(super) size: String,

    /// Enlarge pictures that are smaller than the box
    #[arg(long, conflicts_with = "no_upscale", help_heading = "Geometry")]
    pub(super) upscale: bool,

    #[command(flatten)]
    pub(super) render: Render,
}

#[derive(Debug, Args)]
pub(super) struct Render {
    /// Folders (their tree is mirrored), files, or patterns such as 'photos/**/*.jpg'
    #[arg(value_name = "INPUT")]
    pub(super) inputs: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) geometry: GeometryArgs,
    #[command(flatten)]
    pub(super) color: ColorArgs,
    #[command(flatten)]
    pub(super) resources: ResourceArgs,
    #[command(flatten)]
    pub(super) report: ReportArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(super) struct InputArgs {
    /// Read paths from FILE, one a line; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) files_from: Option<PathBuf>,
    /// Paths of --files-from end with NUL, not with a line end
    #[arg(short = '0', long = "null", requires = "files_from")]
    pub(super) null: bool,
    /// Of folders, take only files that match, and whatever they hold; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(super) include: Vec<String>,
    /// Of folders, leave out files and folders that match; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(super) exclude: Vec<String>,
    /// Take names that begin with a dot, too
    #[arg(long)]
    pub(super) hidden: bool,
    /// Which pictures to take of animations and files of several pages; `all` is the first, with a warning, where the
    /// output holds one, or holds several in another way
    #[arg(long, value_name = "all|first|N", default_value = "all")]
    pub(super) frames: Frames,
    /// Make pictures of what the sensors of cameras have measured, instead of taking those that raw files hold for displays
    #[arg(long)]
    pub(super) develop: bool,
    /// Let images fail of which a part is missing or broken, instead of making what can be had of them, with a warning
    #[arg(long)]
    pub(super) strict: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// Write below this folder
    #[arg(short, long = "output", value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// Write each output over its source
    #[arg(long, conflicts_with = "output")]
    pub(super) in_place: bool,
    /// With --in-place, keep what is replaced under its name plus SUFFIX
    #[arg(long, value_name = "SUFFIX", requires = "in_place")]
    pub(super) backup: Option<String>,
    /// Format of outputs: `keep`, or one of `lightmill formats`
    #[arg(short, long, value_name = "FORMAT", default_value = "keep", value_parser = parse_format)]
    pub(super) format: FormatArg,
    /// Quality of formats that have one, 1 to 100 [default: each format's own]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(super) quality: Option<u8>,
    /// How hard is tried to make files small, from 1, fast, to 10 [default: each format's own]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=i64::from(codecs::MOST_EFFORT)))]
    pub(super) effort: Option<u8>,
    /// Lose nothing that the format can hold: another kind of WebP; no JPEG, GIF or HDR
    #[arg(long, conflicts_with = "quality")]
    pub(super) lossless: bool,
    /// How samples are stored: 8 or 16 bits, or floats, in formats that have them [default: as they are found]
    #[arg(long, value_name = "8|16|float", conflicts_with = "lossless")]
    pub(super) depth: Option<Depth>,
    /// Where bits are given up, make a fine pattern of what is lost between two shades, instead of steps
    #[arg(long)]
    pub(super) dither: bool,
    /// The most bytes a file may have, such as 200k: quality is lowered as far as that takes, and an image fails that cannot be so small
    #[arg(long, value_name = "SIZE", value_parser = units::parse_length)]
    pub(super) max_bytes: Option<u64>,
    /// Where a picture stays what it is, in its format, and the new file would not be smaller: keep the source's own bytes
    #[arg(long)]
    pub(super) never_larger: bool,
    /// How much files must look like their source, by SSIMULACRA2 (90 cannot be told apart, 70 is high quality): each gets the least
    /// quality that does it, up to --quality
    #[arg(long, value_name = "N", conflicts_with = "lossless")]
    pub(super) target_score: Option<f64>,
    /// Names of outputs, of {dir} {stem} {name} {ext} {format} {width} {height} [default: {dir}/{stem}.{ext}]
    #[arg(long, value_name = "TEMPLATE")]
    pub(super) template: Option<String>,
    /// What happens when an output is there already
    #[arg(long, value_name = "POLICY", default_value = "error", value_parser = on_conflict())]
    pub(super) on_conflict: OnConflict,
    /// Give outputs the modification time of their sources
    #[arg(long)]
    pub(super) keep_mtime: bool,
    /// Put each output on the disk itself before it counts: slower, and safe from power failures
    #[arg(long)]
    pub(super) durable: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Colour and metadata")]
pub(super) struct ColorArgs {
    /// Colours of outputs: `srgb`, `p3`, `keep` (as they come, with their profile), an RGB profile to convert to, or
    /// `strip` (as they come, without) [default: srgb]
    #[arg(long, value_name = "srgb|p3|keep|strip|FILE")]
    pub(super) icc: Option<String>,
    /// What travels along: `keep` (all), `strip` (nothing), `copyright` (who made it, who has the rights), `no-gps` (all that
    /// cannot say where it was taken), or a list out of `exif,xmp,iptc,icc` [default: keep; for thumbnails copyright]
    #[arg(long, value_name = "POLICY|LIST")]
    pub(super) metadata: Option<Retention>,
    /// Write into each picture who has the rights
    #[arg(long, value_name = "TEXT")]
    pub(super) set_copyright: Option<String>,
    /// Write into each picture who made it
    #[arg(long, value_name = "TEXT")]
    pub(super) set_artist: Option<String>,
    /// Resize in linear light, as light itself is mixed
    #[arg(long)]
    pub(super) linear: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Geometry")]
pub(super) struct GeometryArgs {
    /// How pictures are brought to a box, where no suffix of the geometry says it
    #[arg(long, value_name = "FIT", value_parser = one_of::<Fit>(Fit::ALL.iter().map(|fit| fit.word())))]
    pub(super) fit: Option<Fit>,
    /// What stays when something is cut, and where the picture stands when something is added: a side or corner, a point such as
    /// `0.3:0.6`, or what is looked for: `attention`, `entropy`
    #[arg(long, value_name = "GRAVITY", value_parser = AnchorParser)]
    pub(super) gravity: Option<Anchor>,
    /// The filter that resizing weighs samples with
    #[arg(long, value_name = "KERNEL", value_parser = one_of::<Kernel>(Kernel::ALL.iter().map(|kernel| kernel.word())))]
    pub(super) kernel: Option<Kernel>,
    /// Leave pictures alone that a resize would enlarge; the suffix `>`
    #[arg(long)]
    pub(super) no_upscale: bool,
    /// Leave pictures alone that a resize would shrink; the suffix `<`
    #[arg(long, conflicts_with = "no_upscale")]
    pub(super) no_downscale: bool,
    /// Colour of added area, and behind alpha where a format holds none [default: transparent, then white]
    #[arg(long, value_name = "COLOR")]
    pub(super) background: Option<Color>,
    /// Leave pictures turned as they are stored
    #[arg(long)]
    pub(super) no_auto_orient: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub(super) struct ResourceArgs {
    /// Images worked on at a time, and threads that run [default: the cores there are]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(super) jobs: Option<u16>,
    /// Where images are worked on; all but `process` serve comparison
    #[arg(long, value_name = "KIND", default_value = "process")]
    pub(super) isolation: IsolationArg,
    /// Refuse pictures of more pixels; `268M`, `1.5G` [default: 268.4M]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub(super) max_pixels: Option<u64>,
    /// CPU time one image may take for each thread; by the clock, five times as much; `none` is no limit [default: 1m]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(super) timeout: Option<TimeArg>,
    /// Memory for all workers together; an image that needs more than its share is worked on alone [default: three
    /// fifths of what is available]
    #[arg(long, value_name = "SIZE", value_parser = units::parse_memory)]
    pub(super) memory: Option<u64>,
    /// How often an image that took its worker along is tried again, alone
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=10))]
    pub(super) retries: u8,
    /// What workers give up before they see an image; `require` ends the run if the system lacks any of it
    #[arg(long, value_name = "POLICY", default_value = "auto", value_parser = one_of::<Policy>(Policy::ALL.iter().map(|policy| policy.word())))]
    pub(super) sandbox: Policy,
    /// Stop at the first image that fails
    #[arg(long, conflicts_with = "max_failures")]
    pub(super) fail_fast: bool,
    /// Stop when N images have failed
    #[arg(long, value_name = "N")]
    pub(super) max_failures: Option<NonZeroUsize>,
    /// Go on where a run of the same request was killed
    #[arg(long)]
    pub(super) resume: bool,
    /// Say what would be done, and do nothing
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Report")]
pub(super) struct ReportArgs {
    /// How progress is shown; `auto` is a bar in a terminal, else a line now and then
    #[arg(long, value_name = "KIND", default_value = "auto")]
    pub(super) progress: ProgressArg,
    /// Write what happens to FILE, one JSON object a line; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,
    /// Write what came of each image to FILE, as JSON, at the end
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    /// Say what happens to each image and worker
    #[arg(short, long, conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// Say nothing but errors
    #[arg(long)]
    pub(super) quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ProgressArg {
    Auto,
    Bar,
    Plain,
    None,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum IsolationArg {
    Process,
    Thread,
    None,
}

impl From<IsolationArg> for Isolation {
    fn from(arg: IsolationArg) -> Self {
        match arg {
            IsolationArg::Process => Self::Process,
            IsolationArg::Thread => Self::Thread,
            IsolationArg::None => Self::None,
        }
    }
}

/// The whole command line, with a flag for each operation.
pub(super) fn command() -> Command {
    let styles = Styles::styled();
    Cli::command()
        .styles(styles)
        .mut_subcommand("thumbnail", |command| command.args(listed_flags()))
        .mut_subcommand("convert", |command| command.args(listed_flags()))
}

fn listed_flags() -> impl Iterator<Item = Arg> {
    op_flags().chain(format_flags())
}

/// A flag for each format that has options of its own.
fn format_flags() -> impl Iterator<Item = Arg> {
    let infos = codecs::ALL.iter().map(|codec| codec.info());
    infos.filter_map(|info| {
        let details = info.details?;
        let flag = Arg::new(info.name).long(info.name).value_name("OPTIONS");
        let help = format!(
            "For {}: {}; for example `--{} {}`",
            info.title,
            details.help.replace('\n', "; "),
            info.name,
            details.example
        );
        Some(flag.help(help).help_heading("Formats' own options"))
    })
}

fn op_flags() -> impl Iterator<Item = Arg> {
    ops::ALL.iter().map(|info| {
        let flag = Arg::new(info.name)
            .long(info.name)
            .help(info.summary)
            .action(ArgAction::Append)
            .help_heading(format!(
                "{}: operations, applied in the order typed (`lightmill ops NAME` explains)",
                info.family()
            ));
        let flag = flag.visible_aliases(info.aliases.iter().copied());
        match info.value {
            Value::Needed(value) => flag.value_name(value).allow_hyphen_values(true),
            Value::Optional(value) => flag
                .value_name(value)
                .num_args(0..=1)
                .require_equals(true)
                .allow_hyphen_values(true)
                .default_missing_value(""),
            // Appended like the others, so that its place among them is known.
            Value::None => flag.num_args(0).default_missing_value(""),
        }
    })
}

/// Reads what the derived types describe.
pub(super) fn read<T: FromArgMatches>(matches: &clap::ArgMatches) -> Result<T, clap::Error> {
    T::from_arg_matches(matches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_are_consistent() {
        command().debug_assert();
    }
}
