use std::fmt::Write;

use super::answer;
use crate::cli::exit::Exit;
use crate::codecs;
use crate::image::{Channels, Depth};

/// What builds read that have the feature of that name, and whether this one has it.
const OPTIONAL: &[(&str, &str, bool)] = &[
    (
        "heic",
        "HEIC (HEVC is patented in many places)",
        cfg!(feature = "heic"),
    ),
    ("svg", "SVG and SVGZ", cfg!(feature = "svg")),
    (
        "develop",
        "what the sensors of cameras have measured",
        cfg!(feature = "develop"),
    ),
];

/// What other programs read.
const NOT_HERE: &str = "\nNot read by any build: PDF, Photoshop, films.\n";

/// Lists the formats of this build.
pub(in crate::cli) fn run() -> Exit {
    let mut text = String::from("format  reads  writes                      extensions\n");
    for info in codecs::ALL.iter().map(|codec| codec.info()) {
        let writes = writes(info);
        // Writing to a string cannot fail.
        let _written = writeln!(
            text,
            "{:<7} yes    {writes:<27} {}",
            info.name,
            info.extensions.join(" ")
        );
        if !info.note.is_empty() {
            let _written = writeln!(text, "               {}", info.note);
        }
    }
    text.push_str(NOT_HERE);
    for (feature, what, is_here) in OPTIONAL {
        if !is_here {
            let _written = writeln!(
                text,
                "Read by other builds: {what}. To get one: cargo install --path . --features {feature}"
            );
        }
    }
    text.push_str("\nFormats are told by content, never by name. `-f` takes the first column or any extension.\n");
    answer(&text)
}

/// `8/16 bit, gray, alpha`
fn writes(info: &codecs::CodecInfo) -> String {
    if !info.is_written() {
        return "no".to_owned();
    }
    let has = |depth| info.has(depth);
    let bits: Vec<&str> = [(Depth::U8, "8"), (Depth::U16, "16")]
        .into_iter()
        .filter(|(depth, _)| has(*depth))
        .map(|(_, bits)| bits)
        .collect();
    let mut parts = Vec::new();
    if !bits.is_empty() {
        parts.push(format!("{} bit", bits.join("/")));
    }
    if has(Depth::F32) {
        parts.push("float".to_owned());
    }
    if info
        .stores
        .iter()
        .any(|(channels, _)| *channels == Channels::Gray)
    {
        parts.push("gray".to_owned());
    }
    if info.stores.iter().any(|(channels, _)| channels.has_alpha()) {
        parts.push("alpha".to_owned());
    }
    parts.join(", ")
}
