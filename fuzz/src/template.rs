//! Names of outputs.

use std::ffi::OsStr;
use std::path::{Component, Path};

use lightmill::coordinator::{Fields, Template};
use lightmill::image::Size;

/// A template that is taken is written as it was read, and gives any image below the inputs a name below the output
/// folder, or refuses it. The first line is the template, the rest the image.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let (template, relative) = text.split_once('\n').unwrap_or((text, "a/b.c"));
    let Ok(template) = template.parse::<Template>() else {
        return;
    };
    assert_eq!(template.to_string().parse().as_ref(), Ok(&template));
    let relative = Path::new(relative);
    if !stays_below(relative) || relative.file_name().is_none() {
        return; // the walk finds no such files
    }
    let fields = Fields {
        relative,
        extension: OsStr::new("png"),
        format: "png",
        size: Some(Size::new(3, 5)),
    };
    if let Ok(name) = template.fill(fields) {
        assert!(stays_below(&name), "{}", name.display());
        assert!(name.file_name().is_some(), "{}", name.display());
    }
}

fn stays_below(path: &Path) -> bool {
    path.components()
        .all(|component| matches!(component, Component::Normal(_)))
}
