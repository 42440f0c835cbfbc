//! From bytes to shapes. What would cost more than a picture may is refused before anything is made of it, and what is not
//! drawn is noted.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use memchr::memmem;
use resvg::usvg::roxmltree::{self, Node, ParsingOptions};
use resvg::usvg::{self, ImageHrefResolver, Options, Tree};

use super::embedded::Embedded;
use super::nesting;
use crate::warning::{Warning, Warnings};

/// The longest text that is read, and the most that its entities may stand for. Bytes.
const LONGEST: usize = 64 << 20;

/// Elements, texts and comments of a file.
const MOST_NODES: u32 = 1 << 20;

/// What a file draws, and what must be said of that.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) tree: Tree,
    pub(super) warnings: Warnings,
}

/// Why nothing can be drawn.
#[derive(Debug, thiserror::Error)]
pub(super) enum DocumentError {
    #[error("its compressed data are damaged")]
    Packed,
    #[error("its text is not in UTF-8")]
    Encoding,
    #[error("{0}")]
    Parser(String),
    #[error("its text is longer than {} MiB", LONGEST >> 20)]
    Long,
    #[error("it has more than {MOST_NODES} elements")]
    Elements,
    #[error("its entities stand for more than they may")]
    Entities,
    #[error(
        "its elements stand within each other, or lead to each other, more than {} levels deep",
        nesting::DEEPEST
    )]
    Deep,
    #[error("a picture of that size cannot be drawn")]
    Large,
}

impl From<roxmltree::Error> for DocumentError {
    fn from(error: roxmltree::Error) -> Self {
        if matches!(error, roxmltree::Error::NodesLimitReached) {
            return Self::Elements;
        }
        Self::Parser(error.to_string())
    }
}

impl From<usvg::Error> for DocumentError {
    fn from(error: usvg::Error) -> Self {
        match error {
            usvg::Error::ElementsLimitReached => Self::Elements,
            usvg::Error::ParsingFailed(error) => error.into(),
            usvg::Error::InvalidSize
            | usvg::Error::NotAnUtf8Str
            | usvg::Error::SvgzFeatureNotEnabled
            | usvg::Error::MalformedGZip => Self::Parser(error.to_string()),
        }
    }
}

impl Document {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, DocumentError> {
        let unpacked;
        let bytes = if bytes.starts_with(b"\x1f\x8b") {
            unpacked = unpack(bytes)?;
            unpacked.as_slice()
        } else {
            bytes
        };
        if bytes.len() > LONGEST {
            return Err(DocumentError::Long);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| DocumentError::Encoding)?;
        if !entities_are_modest(text) {
            return Err(DocumentError::Entities);
        }
        let options = ParsingOptions {
            allow_dtd: true,
            nodes_limit: MOST_NODES,
            entity_resolver: None,
        };
        let xml = roxmltree::Document::parse_with_options(text, options)?;
        if !nesting::is_modest(&xml) {
            return Err(DocumentError::Deep);
        }
        let mut warnings: Warnings = xml.descendants().filter_map(not_drawn).collect();
        let embedded = Embedded::default();
        let options = Options {
            image_href_resolver: ImageHrefResolver {
                resolve_data: Box::new(|_, data, _| embedded.take(data)),
                // Nothing is ever opened.
                resolve_string: Box::new(|_, _| None),
            },
            ..Options::default()
        };
        let tree = Tree::from_xmltree(&xml, &options)?;
        drop(options);
        warnings.extend(embedded.warnings());
        Ok(Self { tree, warnings })
    }
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, DocumentError> {
    let mut unpacked = Vec::new();
    // One more than may be, to see that there are more.
    let mut reader = MultiGzDecoder::new(bytes).take(LONGEST as u64 + 1);
    reader
        .read_to_end(&mut unpacked)
        .map_err(|_| DocumentError::Packed)?;
    Ok(unpacked)
}

/// Whether entities lead to none but characters, and all together to no more than a text may hold. The parser knows when they
/// lead to themselves, but not what they add up to.
fn entities_are_modest(text: &str) -> bool {
    const CHARACTERS: [&str; 6] = ["#", "amp;", "lt;", "gt;", "quot;", "apos;"];
    let mut longest = 0;
    for at in memmem::find_iter(text.as_bytes(), "<!ENTITY") {
        let rest = &text[at..];
        let Some(quote) = rest.find(['"', '\'']) else {
            continue;
        };
        let value = &rest[quote + 1..];
        let end = value.find(&rest[quote..=quote]).unwrap_or(value.len());
        let mut references = value[..end].split('&').skip(1);
        if !references.all(|name| CHARACTERS.iter().any(|known| name.starts_with(known))) {
            return false;
        }
        longest = longest.max(end);
    }
    let uses = memchr::memchr_iter(b'&', text.as_bytes()).count();
    uses.saturating_mul(longest) <= LONGEST
}

/// What there is to say of a part of the picture that is not drawn.
fn not_drawn(node: Node) -> Option<Warning> {
    let is_outside = || {
        let link = nesting::link(node).unwrap_or_default().trim_start();
        !(link.is_empty() || link.starts_with('#') || link.starts_with("data:"))
    };
    let what = match node.tag_name().name() {
        "text" if says_something(node) => "its text, for which there is no font",
        "image" | "feImage" | "use" if is_outside() => "parts that are not in the file",
        "foreignObject" if node.has_children() => "parts that are not SVG",
        _ => return None,
    };
    Some(Warning::part_dropped(what))
}

fn says_something(text: Node) -> bool {
    let mut texts = text.descendants().filter(Node::is_text);
    texts.any(|node| node.text().is_some_and(|text| !text.trim().is_empty()))
}
