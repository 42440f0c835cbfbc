//! Telling a file's format by its first bytes. Reads fixed places only: this runs in the coordinator, on files that
//! nobody vouches for.

use super::{ALL, Format};
use crate::image::Size;

/// As many of a file's first bytes as [`sniff`] and [`announced_size`] look at.
pub const HEAD_LEN: usize = 64;

/// What a file's first bytes say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniffed {
    /// A format of the list.
    Known(Format),
    /// A format that is known by name only.
    Foreign(Foreign),
    /// No bytes at all.
    Empty,
    /// Nothing that is known.
    Unknown,
}

/// A kind of file that is recognised so that the refusal can name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign {
    /// Its name for people.
    pub name: &'static str,
    /// Whether it holds a picture, so that leaving it out must be reported as a failure.
    pub picture: bool,
    /// The feature that reads it in other builds, which is also the format's name.
    pub feature: Option<&'static str>,
}

impl Foreign {
    /// What other builds read with a feature of this name.
    const fn optional(name: &'static str, feature: &'static str) -> Self {
        Self {
            name,
            picture: true,
            feature: Some(feature),
        }
    }

    /// Why it is left out.
    pub fn reason(&self) -> String {
        let Self { name, feature, .. } = self;
        match feature {
            Some(feature) => format!(
                "{name}, which this build does not read; one with its feature does: cargo install --path . --features {feature}"
            ),
            None => format!("{name}, which this build does not read"),
        }
    }
}

/// Brands of files that are HEIC, or look like it (ISO/IEC 23008-12, annexes B and C).
const HEIC: [&[u8]; 7] = [
    b"ftypheic",
    b"ftypheix",
    b"ftypheim",
    b"ftypheis",
    b"ftyphevc",
    b"ftypmif1",
    b"ftypmsf1",
];

/// offset, bytes, name, is it a picture
const FOREIGN: &[(usize, &[u8], &str, bool)] = &[
    (4, b"ftyp", "ISO media", false),
    (0, b"8BPS", "Photoshop PSD", true),
    (0, b"DDS ", "DirectDraw surface", true),
    (0, b"farbfeld", "farbfeld", true),
    (0, b"gimp xcf", "GIMP XCF", true),
    (0, b"\0\x05\x16\x07", "AppleDouble companion file", false),
    (0, b"%PDF", "PDF", false),
    (0, b"PK\x03\x04", "ZIP archive", false),
    (0, b"\x1f\x8b", "gzip archive", false),
];

/// Extensions that promise a picture, beside those of the codecs.
const PICTURE_EXTENSIONS: &[&str] = &[
    "heic", "heif", "psd", "svg", "svgz", "dds", "ff", "xcf", "crw", "cur",
];

/// Tells what a file is by its first bytes ([`HEAD_LEN`] of them, or the whole of a shorter file). The extension is
/// asked only where bytes cannot tell: TGA has no magic number, and camera raw hides in TIFF.
pub fn sniff(head: &[u8], extension: Option<&str>) -> Sniffed {
    if head.is_empty() {
        return Sniffed::Empty;
    }
    if is_avif(head) {
        return Sniffed::Known(Format::Avif);
    }
    let extension = extension.map(str::to_ascii_lowercase);
    let extension = extension.as_deref().unwrap_or("");
    if HEIC.iter().any(|brand| stands_at(head, 4, brand)) {
        return optional(Foreign::optional("HEIC", "heic"));
    }
    if is_svg(head, extension) {
        return optional(Foreign::optional("SVG", "svg"));
    }
    // Canon's newer files are of ISO's media format, as others are that are known by name only.
    let known = known(head);
    let foreign = FOREIGN
        .iter()
        .find(|(offset, bytes, ..)| stands_at(head, *offset, bytes))
        .filter(|_| known != Some(Format::Raw));
    if let Some((_, _, name, picture)) = foreign {
        return Sniffed::Foreign(Foreign {
            name,
            picture: *picture,
            feature: None,
        });
    }
    let is_named_raw = Format::from_extension(extension) == Some(Format::Raw);
    match known {
        // Camera raw begins like the TIFF that it is inside, whose first page is a thumbnail at best. "CR" at byte 8 is Canon's.
        Some(Format::Tiff) if is_named_raw || head.get(8..10) == Some(b"CR") => {
            Sniffed::Known(Format::Raw)
        }
        Some(format) => Sniffed::Known(format),
        None if is_pnm(head) => Sniffed::Known(Format::Pnm),
        None if Format::from_extension(extension) == Some(Format::Tga) && is_tga(head) => {
            Sniffed::Known(Format::Tga)
        }
        None if is_web_page(head) => Sniffed::Foreign(Foreign {
            name: "HTML",
            picture: looks_like_picture(extension),
            feature: None,
        }),
        None => Sniffed::Unknown,
    }
}

/// What some builds read, and others know by name.
fn optional(foreign: Foreign) -> Sniffed {
    let format = foreign.feature.and_then(Format::from_extension);
    format.map_or(Sniffed::Foreign(foreign), Sniffed::Known)
}

/// Why nothing is known of a file that begins like this, in a few words.
pub fn unlike(head: &[u8], extension: Option<&str>) -> String {
    if head.iter().all(|byte| *byte == 0) {
        return "it begins with nothing but zeros".to_owned();
    }
    match extension.and_then(Format::from_extension) {
        Some(format) => format!("it does not begin like a {format} file, whatever its name says"),
        None => "no image format that is known begins like this".to_owned(),
    }
}

/// Whether a file's extension promises a picture.
pub fn looks_like_picture(extension: &str) -> bool {
    let extension = extension.to_ascii_lowercase();
    let extension = extension.as_str();
    Format::from_extension(extension).is_some() || PICTURE_EXTENSIONS.contains(&extension)
}

/// The size that formats with a fixed header announce in their first bytes. An estimate of the work, never trusted
/// for anything else.
pub fn announced_size(format: Format, head: &[u8]) -> Option<Size> {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "few have it at a fixed place"
    )]
    let size = match format {
        Format::Png => Size::new(u32_be(head, 16)?, u32_be(head, 20)?),
        Format::Qoi => Size::new(u32_be(head, 4)?, u32_be(head, 8)?),
        Format::Gif => Size::new(u16_le(head, 6)?, u16_le(head, 8)?),
        Format::Tga => Size::new(u16_le(head, 12)?, u16_le(head, 14)?),
        Format::Bmp => Size::new(
            u32_le(head, 18)?,
            (u32_le(head, 22)?.cast_signed()).unsigned_abs(),
        ),
        _ => return None,
    };
    (size.pixels() > 0).then_some(size)
}

fn known(head: &[u8]) -> Option<Format> {
    let mut infos = ALL.iter().map(|codec| codec.info());
    let matches = |magic: &super::Magic| stands_at(head, magic.offset, magic.bytes);
    infos
        .find(|info| info.magic.iter().any(matches))
        .map(|info| info.format)
}

fn stands_at(head: &[u8], offset: usize, bytes: &[u8]) -> bool {
    head.get(offset..)
        .is_some_and(|rest| rest.starts_with(bytes))
}

/// Whether a file of ISO's media format names AVIF among the brands that it goes by (ISO/IEC 14496-12, 4.3).
fn is_avif(head: &[u8]) -> bool {
    let length = u32_be(head, 0).and_then(|length| usize::try_from(length).ok());
    let brands = head.get(8..length.unwrap_or(0).min(head.len()));
    stands_at(head, 4, b"ftyp")
        && brands.is_some_and(|brands| {
            let (brands, _) = brands.as_chunks::<4>();
            brands
                .iter()
                .any(|brand| brand == b"avif" || brand == b"avis")
        })
}

/// `P1` to `P7`, then white space.
fn is_pnm(head: &[u8]) -> bool {
    matches!(head, [b'P', b'1'..=b'7', space, ..] if space.is_ascii_whitespace())
}

/// Whether the fixed fields of a TGA header hold what they may hold (Truevision TGA 2.0, fields 2, 3, 5.5).
fn is_tga(head: &[u8]) -> bool {
    let field = |index: usize| head.get(index).copied();
    matches!(field(1), Some(0 | 1))
        && matches!(field(2), Some(1..=3 | 9..=11))
        && matches!(field(16), Some(8 | 15 | 16 | 24 | 32))
        && announced_size(Format::Tga, head).is_some()
}

/// The text that a file begins with, without what may stand before it.
fn text(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(head);
    text.trim_start_matches('\u{feff}').trim_start().to_owned()
}

/// What servers send in place of a picture that they do not have.
fn is_web_page(head: &[u8]) -> bool {
    let text = text(head).to_ascii_lowercase();
    text.starts_with("<!doctype html") || text.starts_with("<html")
}

/// The extension is asked where what comes before the picture is all that can be seen, or where it is compressed.
fn is_svg(head: &[u8], extension: &str) -> bool {
    let text = text(head);
    let before = ["<?xml", "<!--", "<!DOCTYPE svg"];
    text.starts_with("<svg")
        || before.iter().any(|start| text.starts_with(start))
            && (text.contains("<svg") || text.contains("DOCTYPE svg") || extension == "svg")
        || extension == "svgz" && head.starts_with(b"\x1f\x8b")
}

fn bytes<const N: usize>(head: &[u8], offset: usize) -> Option<[u8; N]> {
    head.get(offset..)?.first_chunk().copied()
}

fn u16_le(head: &[u8], offset: usize) -> Option<u32> {
    bytes(head, offset).map(u16::from_le_bytes).map(u32::from)
}

fn u32_le(head: &[u8], offset: usize) -> Option<u32> {
    bytes(head, offset).map(u32::from_le_bytes)
}

fn u32_be(head: &[u8], offset: usize) -> Option<u32> {
    bytes(head, offset).map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_beats_the_name() {
        assert_eq!(
            sniff(b"\xff\xd8\xff\xe0 jfif", Some("png")),
            Sniffed::Known(Format::Jpeg)
        );
        assert_eq!(
            sniff(b"RIFF\0\0\0\0WEBPVP8 ", Some("jpg")),
            Sniffed::Known(Format::WebP)
        );
        assert_eq!(sniff(b"P6\n3 3 255\n", None), Sniffed::Known(Format::Pnm));
        assert_eq!(sniff(b"P6x", None), Sniffed::Unknown);
        assert_eq!(sniff(b"", Some("jpg")), Sniffed::Empty);
        assert_eq!(sniff(b"hello", Some("jpg")), Sniffed::Unknown);
    }

    #[test]
    fn what_is_not_known_is_described() {
        let zeros = [0; HEAD_LEN];
        assert_eq!(
            unlike(&zeros, Some("jpg")),
            "it begins with nothing but zeros"
        );
        let torn = "it does not begin like a png file, whatever its name says";
        assert_eq!(unlike(b"\x89QNG", Some("PNG")), torn);
        assert!(unlike(b"hello", Some("txt")).starts_with("no image format"));
        for (extension, picture) in [("jpg", true), ("html", false)] {
            let name = "HTML";
            let feature = None;
            let page = Sniffed::Foreign(Foreign {
                name,
                picture,
                feature,
            });
            assert_eq!(sniff(b"\n<!DOCTYPE HTML><p>404", Some(extension)), page);
        }
    }

    #[test]
    fn tga_needs_its_extension_and_a_plausible_header() {
        let mut head = [0_u8; 18];
        (head[2], head[12], head[14], head[16]) = (2, 4, 4, 24);
        assert_eq!(sniff(&head, Some("TGA")), Sniffed::Known(Format::Tga));
        assert_eq!(sniff(&head, Some("dat")), Sniffed::Unknown);
        head[16] = 7;
        assert_eq!(sniff(&head, Some("tga")), Sniffed::Unknown);
    }

    #[test]
    fn foreign_pictures_are_named() {
        let name = |head: &[u8], extension| match sniff(head, extension) {
            Sniffed::Foreign(foreign) => foreign.name,
            other @ (Sniffed::Known(_) | Sniffed::Empty | Sniffed::Unknown) => panic!("{other:?}"),
        };
        assert_eq!(name(b"\0\0\0\x1cftypisom", None), "ISO media");
        assert_eq!(name(b"8BPS", None), "Photoshop PSD");
    }

    #[test]
    fn svg_is_told_by_its_root_or_by_what_it_must_be() {
        let svg = optional(Foreign::optional("SVG", "svg"));
        for (head, extension) in [
            (&b"<svg xmlns='http://www.w3.org/2000/svg'>"[..], None),
            (b"\xef\xbb\xbf\n<?xml version='1.0'?><svg>", Some("txt")),
            (b"<?xml version='1.0'?>\n<!DOCTYPE svg PUBLIC", None),
            (b"<!-- made by hand", Some("SVG")),
            (b"\x1f\x8b\x08", Some("svgz")),
        ] {
            assert_eq!(sniff(head, extension), svg, "{head:?}");
        }
        assert_eq!(sniff(b"<?xml version='1.0'?><rss>", None), Sniffed::Unknown);
        let archive = sniff(b"\x1f\x8b\x08", Some("gz"));
        assert!(matches!(archive, Sniffed::Foreign(_)), "{archive:?}");
    }

    #[test]
    fn heic_is_told_from_avif_and_films() {
        let heic = optional(Foreign::optional("HEIC", "heic"));
        assert_eq!(sniff(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", None), heic);
        assert_eq!(sniff(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", None), heic);
        let avif = b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif";
        assert_eq!(sniff(avif, None), Sniffed::Known(Format::Avif));
    }

    #[test]
    fn what_a_feature_reads_is_refused_with_its_name() {
        let reason = Foreign::optional("SVG", "svg").reason();
        assert!(reason.ends_with("cargo install --path . --features svg"));
    }

    #[test]
    fn camera_raw_is_told_from_tiff() {
        for (head, extension) in [
            (&b"II*\0\x10\0\0\0CR\x02\0"[..], None),
            (b"II*\0\x08\0\0\0", Some("NEF")),
            (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", None),
            (b"FUJIFILMCCD-RAW 0201", Some("jpg")),
        ] {
            assert_eq!(
                sniff(head, extension),
                Sniffed::Known(Format::Raw),
                "{head:?}"
            );
        }
        let tiff = Sniffed::Known(Format::Tiff);
        assert_eq!(sniff(b"II*\0\x08\0\0\0", Some("tif")), tiff);
    }

    #[test]
    fn any_head_is_survived() {
        let mut state = 1_u32;
        for _ in 0..20_000 {
            let head: Vec<u8> = (0..state % 70)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    state.to_be_bytes()[0]
                })
                .collect();
            state = state.wrapping_add(1);
            sniff(&head, Some("tga"));
            for codec in ALL {
                announced_size(codec.info().format, &head);
            }
        }
    }
}
