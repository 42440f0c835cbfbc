//! Promises that the compiler cannot keep: layers, names, sizes of files, and documents in step with the code.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that meets what it does not expect has failed"
)]

use std::fs;
use std::path::{Path, PathBuf};

use lightmill::codecs;
use lightmill::pipeline::ops;

/// Bottom first: a layer may use itself and what stands before it.
const LAYERS: &[&str] = &[
    "alloc",
    "simd",
    "suggest",
    "params",
    "units",
    "failure",
    "warning",
    "image",
    "metadata",
    "color",
    "codecs",
    "pipeline",
    "sandbox",
    "job",
    "event",
    "protocol",
    "worker",
    "pool",
    "store",
    "coordinator",
    "batch",
    "report",
    "cli",
];

/// What stands at the root of the crate, and the layer that it comes from.
const REEXPORTS: &[(&str, &str)] = &[
    ("Batch", "batch"),
    ("BatchError", "batch"),
    ("SettingsError", "batch"),
];

const FORBIDDEN: &[&str] = &["Manager", "Handler", "Helper", "Util"];

const LONGEST_FILE: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Paths below the folder, relative to the root, and their texts.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let walk = walkdir::WalkDir::new(root().join(folder)).sort_by_file_name();
    let entries = walk.into_iter().map(Result::unwrap);
    entries
        .filter(|entry| {
            entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "rs")
        })
        .map(|entry| {
            let path = entry.path().strip_prefix(root()).unwrap().to_owned();
            (path, fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

/// Without its comment, if it has one. (A string that holds two slashes is cut as well, which does no harm here.)
fn code_of(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|name| *name == layer)
}

/// The layer that a source file belongs to; none for the roots.
fn layer_of(path: &Path) -> Option<String> {
    let below = path.strip_prefix("src").unwrap();
    let first = below
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_str()
        .unwrap();
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (name != "main" && name != "lib").then(|| name.to_owned())
}

/// The first names behind each `crate::` of a text: one, or those in its braces.
fn used_from_root(text: &str) -> Vec<String> {
    let code: String = text.lines().map(code_of).collect::<Vec<_>>().join("\n");
    let mut used = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate::` and `othercrate::` would be no business of ours.
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        used.extend(first_names(&code[at + "crate::".len()..]));
    }
    used
}

fn first_names(path: &str) -> Vec<String> {
    let name_of = |text: &str| -> String {
        let letters = text.trim_start().chars();
        letters
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let Some(group) = path.strip_prefix('{') else {
        return vec![name_of(path)];
    };
    let mut depth = 0_usize;
    let mut names = vec![name_of(group)];
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name_of(&group[at + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn imports_point_downwards() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let Some(layer) = layer_of(&path) else {
            continue;
        };
        let own = rank(&layer).unwrap_or_else(|| panic!("{layer} has no place among the layers"));
        for name in used_from_root(&text) {
            let reexported = REEXPORTS.iter().find(|(what, _)| *what == name);
            let used = reexported.map_or(name.as_str(), |(_, layer)| layer);
            match rank(used) {
                Some(rank) if rank <= own => {}
                Some(_) => wrong.push(format!("{}: {layer} must not know {used}", path.display())),
                None => wrong.push(format!("{}: what is crate::{name}?", path.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_layer_exists() {
    for layer in LAYERS {
        let file = root().join(format!("src/{layer}.rs"));
        let folder = root().join(format!("src/{layer}/mod.rs"));
        assert!(file.exists() || folder.exists(), "{layer}");
    }
}

#[test]
fn uses_are_read_as_the_compiler_reads_them() {
    let text = "use crate::event::{Event, Size};\nuse crate::{Batch, pool::{Inline, x}, job};\n\
                // crate::cli\nlet x = crate::store::FOLDER; $crate::no; mycrate::no";
    let expected = ["event", "Batch", "pool", "job", "store"];
    assert_eq!(used_from_root(text), expected);
}

#[test]
fn no_file_is_too_long() {
    for folder in ["src", "tests", "benches", "examples"] {
        for (path, text) in sources(folder) {
            let lines = text.lines().count();
            assert!(
                lines <= LONGEST_FILE,
                "{} has {lines} lines",
                path.display()
            );
        }
    }
}

#[test]
fn names_say_what_things_are() {
    for (path, text) in sources("src") {
        let stem = path.file_stem().unwrap().to_string_lossy();
        let vague = |word: &&&str| stem.trim_end_matches('s') == word.to_lowercase();
        assert!(FORBIDDEN.iter().find(vague).is_none(), "{}", path.display());
        for (number, line) in text.lines().enumerate() {
            for name in words(code_of(line)) {
                let vague = FORBIDDEN.iter().find(|word| parts(name).contains(word));
                let place = format!("{}:{}", path.display(), number + 1);
                assert!(vague.is_none(), "{place}: {name}");
            }
        }
    }
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

/// `JobHandlerError` is `Job`, `Handler`, `Error`.
fn parts(name: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(at) = rest
        .char_indices()
        .skip(1)
        .find(|(_, c)| c.is_uppercase() || *c == '_')
    {
        let (part, after) = rest.split_at(at.0);
        parts.push(part.trim_start_matches('_'));
        rest = after;
    }
    parts.push(rest.trim_start_matches('_'));
    parts
}

#[test]
fn vague_names_are_seen() {
    assert_eq!(parts("JobHandlerError"), ["Job", "Handler", "Error"]);
    assert_eq!(parts("set_handler"), ["set", "handler"]);
    assert!(!parts("Utility").contains(&"Util"));
}

/// A document of the root; none as long as it is not written.
fn document(name: &str) -> Option<String> {
    let text = fs::read_to_string(root().join(name)).ok();
    if text.is_none() {
        println!("note: there is no {name} yet");
    }
    text
}

#[test]
fn the_readme_names_every_operation_and_every_format() {
    let Some(readme) = document("README.md") else {
        return;
    };
    let named = |name: &str| {
        let spellings = [
            format!("`{name}`"),
            format!("`--{name}`"),
            format!("`--{name} "),
        ];
        spellings.iter().any(|spelling| readme.contains(spelling))
    };
    let ops = ops::ALL.iter().map(|info| info.name);
    let formats = codecs::ALL.iter().map(|codec| codec.info().name);
    let missing: Vec<&str> = ops.chain(formats).filter(|name| !named(name)).collect();
    assert!(missing.is_empty(), "README.md does not name {missing:?}");
}

#[path = "../examples/gallery/page.rs"]
#[expect(dead_code, reason = "what only the gallery's own program needs")]
mod page;

#[test]
fn the_gallery_shows_every_operation_as_it_is() {
    let written = fs::read_to_string(root().join("docs/ops.md")).unwrap();
    assert!(
        written == page::text(),
        "docs/ops.md is not what `cargo run --release --example gallery` writes"
    );
    for info in ops::ALL {
        let picture = root().join("docs").join(page::after(info));
        assert!(picture.exists(), "there is no {}", picture.display());
    }
}

/// What stands in backticks and is a path of this repository, written from its root or from `src`.
fn paths_in(text: &str) -> Vec<PathBuf> {
    const FOLDERS: [&str; 7] = [
        "src",
        "tests",
        "docs",
        "benches",
        "examples",
        "sample_images",
        "fuzz",
    ];
    let mut paths = Vec::new();
    for quoted in text.split('`').skip(1).step_by(2) {
        let Some((first, _)) = quoted.split_once('/') else {
            continue;
        };
        if quoted.contains(['*', '<', '{', ' ', '\n'])
            || quoted.contains("NAME")
            || quoted.contains("FAMILY")
        {
            continue;
        }
        if FOLDERS.contains(&first) {
            paths.push(root().join(quoted));
        } else if rank(first).is_some() && [".rs", "/"].iter().any(|end| quoted.ends_with(end)) {
            paths.push(root().join("src").join(quoted));
        }
    }
    paths
}

#[test]
fn paths_that_are_named_exist() {
    for name in ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"] {
        for path in document(name).iter().flat_map(|text| paths_in(text)) {
            assert!(path.exists(), "{name} names {}", path.display());
        }
    }
}

#[test]
fn paths_are_told_from_other_words() {
    let text = "`src/lib.rs`, `src`, `pool/mod.rs`, `image/png`, `--files-from -`, `tests/*.rs`";
    let expected = [root().join("src/lib.rs"), root().join("src/pool/mod.rs")];
    assert_eq!(paths_in(text), expected);
}

/// Its table is in reading order: top first.
#[test]
fn the_architecture_lists_the_layers_in_their_order() {
    let Some(text) = document("ARCHITECTURE.md") else {
        return;
    };
    let rows = text.lines().filter(|line| line.starts_with("| `src/"));
    let first_cells = rows.filter_map(|row| row.split('|').nth(1));
    let listed: Vec<&str> = first_cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(|path| {
            path.trim_start_matches("src/")
                .trim_end_matches('/')
                .trim_end_matches(".rs")
        })
        .collect();
    let layers: Vec<&str> = LAYERS.iter().rev().copied().collect();
    assert_eq!(listed, layers);
}
