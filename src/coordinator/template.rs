//! Names of outputs: `{dir}/{stem}-{width}.{ext}`.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use crate::image::Size;
use crate::suggest;

/// One field of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Dir,
    Stem,
    Name,
    Ext,
    Format,
    Width,
    Height,
}

const FIELDS: [(&str, Field); 7] = [
    ("dir", Field::Dir),
    ("stem", Field::Stem),
    ("name", Field::Name),
    ("ext", Field::Ext),
    ("format", Field::Format),
    ("width", Field::Width),
    ("height", Field::Height),
];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

/// How outputs are named, below the output folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

/// A text that is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// No such field.
    #[error("there is no `{{{word}}}`{hint}; there are {}", FIELDS.map(|(name, _)| format!("{{{name}}}")).join(" "))]
    Field {
        /// What was written.
        word: String,
        /// `; did you mean ...`, or nothing.
        hint: String,
    },
    /// A brace that opens or closes nothing.
    #[error("a brace stands alone in `{0}`; write `{{{{` for a brace that means itself")]
    Brace(String),
    /// It would leave the output folder, or name no file.
    #[error("`{0}` does not name a file below the output folder")]
    Place(String),
    /// Every output would have the same name.
    #[error("`{0}` names all outputs alike; put `{{stem}}` or `{{name}}` in it")]
    Constant(String),
}

/// What a template's fields stand for.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    /// Path of the source below its input.
    pub relative: &'a Path,
    /// Extension of the output.
    pub extension: &'a OsStr,
    /// Name of the output's format.
    pub format: &'a str,
    /// Size of the output, where the template asks for it.
    pub size: Option<Size>,
}

impl Default for Template {
    fn default() -> Self {
        let field = |field| Part::Field(field);
        let text = |text: &str| Part::Text(text.to_owned());
        Self {
            text: "{dir}/{stem}.{ext}".to_owned(),
            parts: vec![
                field(Field::Dir),
                text("/"),
                field(Field::Stem),
                text("."),
                field(Field::Ext),
            ],
        }
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let alone = || TemplateError::Brace(text.to_owned());
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let doubled = rest[at..].starts_with("{{") || rest[at..].starts_with("}}");
            if doubled {
                literal.push_str(&rest[at..=at]);
                rest = &rest[at + 2..];
                continue;
            }
            let (word, after) = rest[at..]
                .strip_prefix('{')
                .and_then(|r| r.split_once('}'))
                .ok_or_else(alone)?;
            let field = FIELDS
                .iter()
                .find(|(name, _)| *name == word)
                .ok_or_else(|| TemplateError::Field {
                    word: word.to_owned(),
                    hint: suggest::hint(word, FIELDS.iter().map(|(name, _)| *name)),
                })?;
            parts.push(Part::Text(std::mem::take(&mut literal)));
            parts.push(Part::Field(field.1));
            rest = after;
        }
        literal.push_str(rest);
        parts.push(Part::Text(literal));
        parts.retain(|part| *part != Part::Text(String::new()));
        let template = Self {
            text: text.to_owned(),
            parts,
        };
        template.check()?;
        Ok(template)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Template {
    /// Whether outputs can be named only when their size is known.
    pub fn needs_size(&self) -> bool {
        let size = |part: &Part| matches!(part, Part::Field(Field::Width | Field::Height));
        self.parts.iter().any(size)
    }

    fn check(&self) -> Result<(), TemplateError> {
        let telling = |part: &Part| matches!(part, Part::Field(Field::Stem | Field::Name));
        if !self.parts.iter().any(telling) {
            return Err(TemplateError::Constant(self.text.clone()));
        }
        let sample = Fields {
            relative: Path::new("a/b.c"),
            extension: OsStr::new("d"),
            format: "e",
            size: Some(Size::new(1, 1)),
        };
        self.fill(sample).map(drop)
    }

    /// The path of an output below the output folder; an error if it would not stay there.
    pub fn fill(&self, fields: Fields<'_>) -> Result<PathBuf, TemplateError> {
        let mut out = OsString::new();
        let dir = fields.relative.parent().unwrap_or(Path::new(""));
        let dir = if dir.as_os_str().is_empty() {
            Path::new(".")
        } else {
            dir
        };
        let side = |pick: fn(Size) -> u32| {
            fields
                .size
                .map_or_else(String::new, |size| pick(size).to_string())
        };
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push(text),
                Part::Field(Field::Dir) => out.push(dir),
                Part::Field(Field::Stem) => {
                    out.push(fields.relative.file_stem().unwrap_or_default());
                }
                Part::Field(Field::Name) => {
                    out.push(fields.relative.file_name().unwrap_or_default());
                }
                Part::Field(Field::Ext) => out.push(fields.extension),
                Part::Field(Field::Format) => out.push(fields.format),
                Part::Field(Field::Width) => out.push(side(|size| size.width)),
                Part::Field(Field::Height) => out.push(side(|size| size.height)),
            }
        }
        below(Path::new(&out)).ok_or_else(|| TemplateError::Place(self.text.clone()))
    }
}

/// The path without `.` components, if it stays where it is put and names a file.
fn below(path: &Path) -> Option<PathBuf> {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => clean.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    let names_file =
        !path.as_os_str().as_encoded_bytes().ends_with(b"/") && !clean.as_os_str().is_empty();
    names_file.then_some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(template: &str, relative: &str) -> PathBuf {
        let fields = Fields {
            relative: Path::new(relative),
            extension: OsStr::new("webp"),
            format: "webp",
            size: Some(Size::new(320, 240)),
        };
        template.parse::<Template>().unwrap().fill(fields).unwrap()
    }

    #[test]
    fn fields_are_filled() {
        assert_eq!(Template::default(), "{dir}/{stem}.{ext}".parse().unwrap());
        assert_eq!(
            fill("{dir}/{stem}.{ext}", "2024/may/a.b.jpg"),
            Path::new("2024/may/a.b.webp")
        );
        assert_eq!(fill("{dir}/{stem}.{ext}", "a.jpg"), Path::new("a.webp"));
        assert_eq!(
            fill("{width}/{name}.{format}", "x/a.jpg"),
            Path::new("320/a.jpg.webp")
        );
        assert_eq!(
            fill("{stem}-{width}x{height}.{ext}", "a.jpg"),
            Path::new("a-320x240.webp")
        );
        assert_eq!(fill("{{{stem}}}.x", "a.jpg"), Path::new("{a}.x"));
    }

    #[test]
    fn only_names_below_the_output_folder_are_taken() {
        for bad in [
            "",
            "{dir}",
            "../{stem}",
            "/{stem}",
            "{stem}/",
            "{stem",
            "stem}",
            "fixed.png",
            "{stme}",
            "{dir}/x",
        ] {
            assert!(bad.parse::<Template>().is_err(), "{bad}");
        }
        let message = "{dir}/{stme}.{ext}"
            .parse::<Template>()
            .unwrap_err()
            .to_string();
        assert!(message.contains("did you mean `stem`?"), "{message}");
    }
}
