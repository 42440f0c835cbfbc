//! The page: what it shows of each operation, and of which sample.

use std::fmt::Write;

use lightmill::pipeline::ops::{FAMILIES, OpInfo, Value};

/// The samples that are shown as they are.
pub(crate) const SAMPLES: &[&str] = &[LAND, PORTRAIT, LOGO, LYING, SCAN, PAGE];

const LAND: &str = "landscape.jpg";
const PORTRAIT: &str = "portrait.jpg";
const LOGO: &str = "logo.png";
const LYING: &str = "orientation/exif-6.jpg";
const SCAN: &str = "scan.bmp";
/// A page of text that was laid on a scanner in a hurry: it is written here, by [`PAGE_STEPS`].
const PAGE: &str = "page";

/// White paper, printed, and turned.
const PAGE_STEPS: &[&str] = &[
    "resize 360x270!",
    "levels low=1",
    "text \"A folder of pictures comes in, and a folder of pictures goes out. Between the two each picture is read by a worker that \
     may touch no file but this one, is changed as it was asked for, and is written again. If a picture is broken, its worker \
     may fall; another one takes its place, and the rest never hear of it. In the end there is a line that says how many were \
     made, how many were not, and why.\",size=15,color=#222,gravity=west,width=300",
    "rotate 4,background=white",
    "crop 360x270",
];

/// The sample that an operation is shown on.
pub(crate) fn sample(info: &OpInfo) -> &'static str {
    match info.name {
        "auto-orient" => LYING,
        "flatten" => LOGO,
        "deskew" => PAGE,
        "threshold" | "trim" => SCAN,
        "flop" | "round" | "vignette" | "tint" | "duotone" | "smooth" | "vibrance" => PORTRAIT,
        _ => LAND,
    }
}

/// What it is shown with: its own example, where that shows something on a small picture.
pub(crate) fn example(info: &OpInfo) -> &'static str {
    match info.name {
        "resize" => "180",
        "crop" => "1:1,gravity=attention",
        "blur" => "6",
        _ => info.example,
    }
}

/// What makes it small enough for the page.
pub(crate) fn preparation(sample: &str) -> &'static [&'static str] {
    match sample {
        LOGO => &["resize 240x240>"],
        PAGE => PAGE_STEPS,
        _ => &["resize 360x270>"],
    }
}

/// The file that it begins with.
pub(crate) fn file(sample: &str) -> &str {
    if sample == PAGE { LAND } else { sample }
}

/// The file of a sample as it is.
pub(crate) fn before(sample: &str) -> String {
    let name = sample.replace(['/', '.'], "-");
    format!("ops/before-{name}.webp")
}

/// The file of what an operation makes of its sample.
pub(crate) fn after(info: &OpInfo) -> String {
    format!("ops/{}.webp", info.name)
}

/// All of it.
pub(crate) fn text() -> String {
    let mut page = String::from(
        "# Operations\n\nWritten by `cargo run --release --example gallery`: every operation, with its own example, on the project's\n\
         samples (360 pixels wide). `lightmill ops NAME` says the same in a terminal.\n\n",
    );
    for (family, ops) in FAMILIES {
        let links: Vec<String> = ops
            .iter()
            .map(|info| format!("[{0}](#{0})", info.name))
            .collect();
        // Writing to a string cannot fail.
        let _written = writeln!(page, "- **{family}**: {}", links.join(" · "));
    }
    for (family, ops) in FAMILIES {
        let _written = writeln!(page, "\n## {family}\n\n{}.", capital(family.summary()));
        for info in *ops {
            page.push_str(&entry(info));
        }
    }
    page
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

fn entry(info: &OpInfo) -> String {
    let mut text = format!("\n### {}\n\n{}.\n\n", info.name, capital(info.summary));
    let (name, value) = (info.name, example(info));
    let example = match info.value {
        _ if value.is_empty() => format!("--{name}"),
        Value::Optional(_) => format!("'--{name}={value}'"),
        Value::None | Value::Needed(_) => format!("--{name} '{value}'"),
    };
    let (before, after) = (before(sample(info)), after(info));
    let _written = writeln!(
        text,
        "| before | `{example}` |\n|---|---|\n| ![before]({before}) | ![after]({after}) |\n\n```text\n{}",
        info.usage()
    );
    for line in info.details.lines() {
        let line = format!("    {line}");
        let _written = writeln!(text, "{}", line.trim_end());
    }
    let _written = writeln!(text, "```\n\nCost: {}.", info.cost);
    if !info.aliases.is_empty() {
        let names: Vec<String> = info
            .aliases
            .iter()
            .map(|name| format!("`--{name}`"))
            .collect();
        let _written = writeln!(text, "Also: {}.", names.join(", "));
    }
    if !info.elsewhere.is_empty() {
        let _written = writeln!(text, "Elsewhere: {}.", info.elsewhere);
    }
    text
}
