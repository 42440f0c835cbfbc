use std::path::PathBuf;

use crate::codecs::Format;
use crate::coordinator::TemplateError;
use crate::image::Depth;

/// Why a run does not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Two sources for one output.
    #[error("{first} and {second} would both become {output}")]
    Clash {
        /// One source.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// Their common output.
        output: PathBuf,
    },
    /// Two outputs that are one file where case does not count.
    #[error("{first} and {second} would become {output} and {other}, which differ only by case")]
    CaseClash {
        /// One source.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// The output of the one.
        output: PathBuf,
        /// The output of the other.
        other: PathBuf,
    },
    /// An output would replace an input.
    #[error("{source_path} would become {output}, which is the input {input}")]
    OverInput {
        /// The source.
        source_path: PathBuf,
        /// Its output.
        output: PathBuf,
        /// The input that is the same file.
        input: PathBuf,
    },
    /// Outputs are there already.
    #[error("{} there already, such as {output} (of {source_path})", files(*count))]
    Exists {
        /// How many.
        count: usize,
        /// The source of the first.
        source_path: PathBuf,
        /// The first.
        output: PathBuf,
    },
    /// A backup would replace something.
    #[error("{backup} is there already, and would be the backup of {source_path}")]
    BackupExists {
        /// The source.
        source_path: PathBuf,
        /// The backup's name.
        backup: PathBuf,
    },
    /// A killed run was half through changing these very files.
    #[error(
        "{done} of these files were changed by this very request, in a run that did not complete; doing them again would change them twice"
    )]
    HalfDone {
        /// How many.
        done: usize,
    },
    /// The name of a source makes a template name no file.
    #[error("cannot name the output of {source_path}")]
    Name {
        /// The source.
        source_path: PathBuf,
        /// What is wrong.
        source: TemplateError,
    },
    /// A source is to be replaced by a file of its format, which is not written.
    #[error("{source_path} cannot be changed in place: {format} files are read, and not written")]
    ReadOnly {
        /// The source.
        source_path: PathBuf,
        /// Its format.
        format: Format,
    },
    /// Nothing may be lost, and the output's format loses something.
    #[error("{source_path} would become {format}, which cannot be lossless")]
    Lossy {
        /// The source.
        source_path: PathBuf,
        /// What it would become.
        format: Format,
    },
    /// The output's format has no samples that are stored as is asked.
    #[error("{source_path} would become {format}, which has no samples of {depth}")]
    Depth {
        /// The source.
        source_path: PathBuf,
        /// What it would become.
        format: Format,
        /// What was asked for.
        depth: Depth,
    },
    /// More images than job numbers.
    #[error("{0} images are more than one run can take")]
    TooMany(usize),
}

impl PlanError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Clash { .. } | Self::CaseClash { .. } => {
                "name outputs apart with --template, for example '{dir}/{name}.{ext}'"
            }
            Self::OverInput { .. } => {
                "choose another folder with -o, or say --in-place if that is what you want"
            }
            Self::Exists { .. } => {
                "choose --on-conflict skip, overwrite, unique, if-newer or if-smaller"
            }
            Self::BackupExists { .. } => {
                "choose another --backup suffix, or move the old backups away"
            }
            Self::HalfDone { .. } => {
                "say --resume to do the others, or remove the folder .lightmill beside them to do all again"
            }
            Self::Name { .. } => "choose another --template",
            Self::ReadOnly { .. } => "choose a folder with -o",
            Self::Lossy { .. } => "choose another format with -f, or leave out --lossless",
            Self::Depth { .. } => "choose another format with -f, or leave out --depth",
            Self::TooMany(_) => "split the run",
        }
    }
}

fn files(count: usize) -> String {
    if count == 1 {
        "1 output is".to_owned()
    } else {
        format!("{count} outputs are")
    }
}
