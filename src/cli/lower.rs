//! From arguments as typed to a batch as meant.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::args::{ColorArgs, GeometryArgs, OutputArgs, Render, ResourceArgs, Thumbnail};
use crate::codecs;
use crate::pipeline::Colors;
use crate::pipeline::ops::{self, Op, OpDefaults, ParseOpError, Value};
use crate::{Batch, SettingsError};

/// A request that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum LowerError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("--icc takes `srgb`, `p3`, `keep`, `strip` or a profile, and {path} cannot be read")]
    Profile { path: PathBuf, source: io::Error },
    #[error("there is no {value}; if it is meant for --{flag}, write --{flag}={value}")]
    Detached { flag: &'static str, value: String },
    #[error("cannot read the list {path}")]
    List { path: PathBuf, source: io::Error },
}

impl From<ParseOpError> for LowerError {
    fn from(error: ParseOpError) -> Self {
        Self::Settings(error.into())
    }
}

/// What `convert` is asked to do.
pub(super) fn convert(args: &Render, matches: &ArgMatches) -> Result<Batch, LowerError> {
    no_idle_flags(&args.geometry, &args.color, matches)?;
    no_detached_values(&args.inputs, matches)?;
    with_ops(with_details(batch(args)?, matches)?, args, matches)
}

/// Adds what is said for one format alone.
fn with_details(batch: Batch, matches: &ArgMatches) -> Result<Batch, SettingsError> {
    codecs::ALL
        .iter()
        .map(|codec| codec.info())
        .filter(|info| info.details.is_some())
        .filter_map(|info| Some((info.format, matches.get_one::<String>(info.name)?)))
        .try_fold(batch, |batch, (format, text)| batch.details(format, text))
}

/// Refuses flags that say how something is done which nobody asks for: they would be ignored.
fn no_idle_flags(
    geometry: &GeometryArgs,
    color: &ColorArgs,
    matches: &ArgMatches,
) -> Result<(), SettingsError> {
    let typed = |op: &str| matches.indices_of(op).is_some();
    let resizes = typed("resize");
    let flags = [
        ("--fit", geometry.fit.is_some(), resizes, "--resize"),
        ("--kernel", geometry.kernel.is_some(), resizes, "--resize"),
        ("--linear", color.linear, resizes, "--resize"),
        ("--no-upscale", geometry.no_upscale, resizes, "--resize"),
        ("--no-downscale", geometry.no_downscale, resizes, "--resize"),
        (
            "--gravity",
            geometry.gravity.is_some(),
            resizes || ["crop", "overlay", "text"].into_iter().any(typed),
            "--resize, --crop, --overlay or --text",
        ),
    ];
    match flags
        .into_iter()
        .find(|(_, given, used, _)| *given && !used)
    {
        Some((flag, _, _, ops)) => Err(SettingsError::Idle { flag, ops }),
        None => Ok(()),
    }
}

/// Refuses an input that is none and stands behind a flag whose value is written with `=`: it was meant for that.
fn no_detached_values(inputs: &[PathBuf], matches: &ArgMatches) -> Result<(), LowerError> {
    let places: Vec<usize> = matches.indices_of("inputs").into_iter().flatten().collect();
    let optional = ops::ALL
        .iter()
        .filter(|info| matches!(info.value, Value::Optional(_)));
    for info in optional {
        for place in matches.indices_of(info.name).into_iter().flatten() {
            let behind = places.iter().zip(inputs);
            let mut behind = behind.filter(|(at, input)| **at == place + 1 && is_no_input(input));
            if let Some((_, input)) = behind.next() {
                return Err(LowerError::Detached {
                    flag: info.name,
                    value: input.display().to_string(),
                });
            }
        }
    }
    Ok(())
}

/// Whether there is no such file, and it is no pattern.
fn is_no_input(input: &Path) -> bool {
    let text = input.to_string_lossy();
    !text.contains(['*', '?', '[', '{']) && !input.exists()
}

/// What `thumbnail` is asked to do: the resize, then the operations.
pub(super) fn thumbnail(args: &Thumbnail, matches: &ArgMatches) -> Result<Batch, LowerError> {
    let defaults = OpDefaults {
        no_upscale: !args.upscale && !args.render.geometry.no_downscale,
        ..defaults(&args.render)
    };
    no_detached_values(&args.render.inputs, matches)?;
    let batch = batch(&args.render)?.thumbnail_with(&args.size, &defaults)?;
    with_ops(with_details(batch, matches)?, &args.render, matches)
}

fn batch(args: &Render) -> Result<Batch, LowerError> {
    let Render {
        input,
        output,
        geometry,
        resources,
        ..
    } = args;
    let mut batch = Batch::new()
        .hidden(input.hidden)
        .strict(input.strict)
        .develop(input.develop)
        .frames(input.frames)
        .on_conflict(output.on_conflict)
        .keep_mtime(output.keep_mtime)
        .durable(output.durable)
        .auto_orient(!geometry.no_auto_orient);
    batch = args.inputs.iter().fold(batch, Batch::input);
    if let Some(list) = &input.files_from {
        batch = listed(list, input.null)?
            .into_iter()
            .fold(batch, Batch::listed);
    }
    batch = input.include.iter().fold(batch, Batch::include);
    batch = input.exclude.iter().fold(batch, Batch::exclude);
    if let Some(folder) = &output.output {
        batch = batch.output(folder);
    }
    if output.in_place {
        batch = batch.in_place();
    }
    if let Some(suffix) = &output.backup {
        batch = batch.backup(suffix);
    }
    batch = with_encoding(batch, output);
    if let Some(template) = &output.template {
        batch = batch.template(template);
    }
    if let Some(background) = geometry.background {
        batch = batch.background(background);
    }
    batch = with_colors(batch, &args.color)?;
    Ok(with_resources(batch, resources))
}

/// How files are written.
fn with_encoding(batch: Batch, output: &OutputArgs) -> Batch {
    let mut batch = batch
        .lossless(output.lossless)
        .dither(output.dither)
        .never_larger(output.never_larger);
    if let Some(format) = output.format.0 {
        batch = batch.format(format);
    }
    if let Some(quality) = output.quality {
        batch = batch.quality(quality);
    }
    if let Some(depth) = output.depth {
        batch = batch.depth(depth);
    }
    if let Some(bytes) = output.max_bytes {
        batch = batch.max_bytes(bytes);
    }
    if let Some(score) = output.target_score {
        batch = batch.target_score(score);
    }
    if let Some(effort) = output.effort {
        batch = batch.effort(effort);
    }
    batch
}

fn with_colors(mut batch: Batch, args: &ColorArgs) -> Result<Batch, LowerError> {
    if let Some(icc) = &args.icc {
        batch = batch.colors(colors(icc)?);
    }
    if let Some(policy) = args.metadata {
        batch = batch.metadata(policy);
    }
    if let Some(notice) = &args.set_copyright {
        batch = batch.copyright(notice);
    }
    if let Some(name) = &args.set_artist {
        batch = batch.artist(name);
    }
    Ok(batch)
}

/// A word, or the profile in a file of that name.
fn colors(text: &str) -> Result<Colors, LowerError> {
    Ok(match text {
        "srgb" => Colors::Srgb,
        "p3" => Colors::DisplayP3,
        "keep" => Colors::Keep,
        "strip" => Colors::Strip,
        path => Colors::Profile(fs::read(path).map_err(|source| LowerError::Profile {
            path: path.into(),
            source,
        })?),
    })
}

fn with_resources(mut batch: Batch, resources: &ResourceArgs) -> Batch {
    batch = batch
        .isolation(resources.isolation.into())
        .retries(resources.retries)
        .sandbox(resources.sandbox)
        .resume(resources.resume)
        .dry_run(resources.dry_run);
    if let Some(jobs) = resources.jobs {
        batch = batch.jobs(jobs);
    }
    if let Some(timeout) = resources.timeout {
        batch = batch.timeout(timeout.0);
    }
    if let Some(memory) = resources.memory {
        batch = batch.memory(memory);
    }
    if let Some(max_pixels) = resources.max_pixels {
        batch = batch.max_pixels(max_pixels);
    }
    if resources.fail_fast {
        return batch.max_failures(NonZeroUsize::MIN);
    }
    match resources.max_failures {
        Some(most) => batch.max_failures(most),
        None => batch,
    }
}

fn defaults(args: &Render) -> OpDefaults {
    let geometry = &args.geometry;
    OpDefaults {
        fit: geometry.fit,
        gravity: geometry.gravity,
        kernel: geometry.kernel,
        background: geometry.background,
        linear: args.color.linear,
        no_upscale: geometry.no_upscale,
        no_downscale: geometry.no_downscale,
    }
}

/// Adds the operations in the order in which they were typed.
fn with_ops(batch: Batch, args: &Render, matches: &ArgMatches) -> Result<Batch, LowerError> {
    let defaults = defaults(args);
    let mut typed: Vec<(usize, &str, &str)> = Vec::new();
    for info in ops::ALL {
        let Some(places) = matches.indices_of(info.name) else {
            continue;
        };
        if info.value == Value::None {
            typed.extend(places.map(|place| (place, info.name, "")));
            continue;
        }
        let values = matches.get_many::<String>(info.name).into_iter().flatten();
        let values = values.map(String::as_str);
        typed.extend(
            places
                .zip(values)
                .map(|(place, value)| (place, info.name, value)),
        );
    }
    typed.sort_unstable();
    typed
        .into_iter()
        .try_fold(batch, |batch, (_, name, value)| {
            Ok(batch.op(Op::parse(name, value, &defaults)?))
        })
}

/// The paths of a list. Names need not be text.
fn listed(list: &Path, null: bool) -> Result<Vec<PathBuf>, LowerError> {
    let read = if list == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(list)
    };
    let bytes = read.map_err(|source| LowerError::List {
        path: list.to_owned(),
        source,
    })?;
    let end = if null { b'\0' } else { b'\n' };
    let lines = bytes.split(|byte| *byte == end);
    let lines = lines.map(|line| {
        if null {
            line
        } else {
            line.strip_suffix(b"\r").unwrap_or(line)
        }
    });
    Ok(lines
        .filter(|line| !line.is_empty())
        .map(|line| name(line).into())
        .collect())
}

#[cfg(unix)]
fn name(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(bytes).to_owned()
}

#[cfg(not(unix))]
fn name(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}
