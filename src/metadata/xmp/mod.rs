//! XMP packets (ISO 16684-1; Adobe XMP Specification Part 3): RDF in XML, of which only properties at the top are told apart.
//!
//! A packet is read by an XML library to a `Packet`, whose properties stay as they were written. What is taken out or said
//! anew are whole properties, so that what comes out is well-formed if what came in was. What is not does not travel.

mod edit;
mod extended;
mod gain_map;
mod parse;

pub(crate) use edit::{Keep, Wanted, edited};
pub use extended::{merged, split};
pub(crate) use gain_map::with_gain_map;

/// Why bytes are no XMP packet. Nothing of such bytes travels on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmpError {
    /// It is not written in UTF-8, as it is in files.
    #[error("it is no text in UTF-8")]
    Encoding,
    /// It is not well-formed.
    #[error("it is not well-formed: {0}")]
    Form(String),
    /// It holds what no packet does: definitions of entities, a node of another kind, prefixes of nothing.
    #[error("it holds {0}")]
    Strange(&'static str),
    /// There is no RDF in it.
    #[error("there is no RDF in it")]
    NoRdf,
}

/// Namespaces.
mod space {
    pub(super) const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
    pub(super) const DC: &str = "http://purl.org/dc/elements/1.1/";
    pub(super) const XMP: &str = "http://ns.adobe.com/xap/1.0/";
    pub(super) const XMP_RIGHTS: &str = "http://ns.adobe.com/xap/1.0/rights/";
    pub(super) const XMP_NOTE: &str = "http://ns.adobe.com/xmp/note/";
    pub(super) const TIFF: &str = "http://ns.adobe.com/tiff/1.0/";
    pub(super) const EXIF: &str = "http://ns.adobe.com/exif/1.0/";
    pub(super) const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
    pub(super) const IPTC_CORE: &str = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/";
    pub(super) const IPTC_EXT: &str = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";
    pub(super) const PLUS: &str = "http://ns.useplus.org/ldf/xmp/1.0/";
    /// What Google's cameras put behind the picture, and into packets.
    pub(super) const CONTAINER: &str = "http://ns.google.com/photos/1.0/container/";
    pub(super) const ITEM: &str = "http://ns.google.com/photos/1.0/container/item/";
    pub(super) const CAMERA: &str = "http://ns.google.com/photos/1.0/camera/";
    pub(super) const IMAGE: &str = "http://ns.google.com/photos/1.0/image/";
    pub(super) const DEPTH: &str = "http://ns.google.com/photos/1.0/depthmap/";
    pub(super) const AUDIO: &str = "http://ns.google.com/photos/1.0/audio/";
    pub(super) const GAIN_MAP: &str = "http://ns.adobe.com/hdr-gain-map/1.0/";
    pub(super) const DJI: &str = "http://www.dji.com/drone-dji/1.0/";
}

#[cfg(test)]
mod tests;
