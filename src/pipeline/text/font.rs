use std::sync::Arc;

use cosmic_text::fontdb::{Database, Source};
use cosmic_text::{Attrs, FontSystem};

use crate::pipeline::ops::{Asset, OpError};

/// `DejaVu` Sans 2.37: Latin, Greek, Cyrillic, Hebrew, Arabic, Armenian, Georgian and more. Its licence lies beside it.
static EMBEDDED: &[u8] = include_bytes!("../../../fonts/DejaVuSans.ttf");

/// How the files of fonts begin: TrueType, OpenType, Apple's TrueType, and collections of either.
const MAGIC: [&[u8]; 4] = [&[0, 1, 0, 0], b"OTTO", b"true", b"ttcf"];

/// Whether a file begins as fonts do. What is in it is looked at by workers only.
pub(in crate::pipeline) fn looks_like_font(bytes: &[u8]) -> bool {
    MAGIC.iter().any(|magic| bytes.starts_with(magic))
}

/// The fonts there are, and the one that comes first.
pub(super) struct Fonts {
    pub(super) system: FontSystem,
    pub(super) family: String,
    attributes: Attrs<'static>,
}

impl Fonts {
    /// What the first font is found by, beside its family.
    pub(super) fn attributes(&self) -> Attrs<'static> {
        self.attributes.clone()
    }
}

/// A system of fonts that holds the embedded one, and another before it.
pub(super) fn system(own: Option<&Asset>) -> Result<Fonts, OpError> {
    let mut database = Database::new();
    let mut load = |source: Source| database.load_font_source(source).first().copied();
    let own = own.map(|asset| {
        let id = load(Source::Binary(Arc::new(asset.clone())));
        id.ok_or_else(|| OpError::Library(format!("{asset} is no font that can be read")))
    });
    let own = own.transpose()?;
    let embedded = load(Source::Binary(Arc::new(EMBEDDED)));
    let face = own.or(embedded).and_then(|id| database.face(id));
    let Some(face) = face else {
        return Err(OpError::Library("there is no font".to_owned()));
    };
    let family = face.families.first().map(|(name, _)| name.clone());
    let attributes = Attrs::new()
        .weight(face.weight)
        .style(face.style)
        .stretch(face.stretch);
    let locale = "en".to_owned();
    Ok(Fonts {
        family: family.unwrap_or_default(),
        system: FontSystem::new_with_locale_and_db(locale, database),
        attributes,
    })
}
