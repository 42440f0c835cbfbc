//! What of a packet travels, and what it says then.

use super::parse::{Description, Form, Packet, Property};
use super::{XmpError, space};
use crate::image::{Orientation, Size};

/// What of a packet stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All but small copies, and what is told of data that stood beside the picture.
    All,
    /// That, but nothing that says where it was taken.
    NoLocation,
    /// Who made it, and who has the rights.
    Credit,
}

/// What is to be true of a packet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// What stays of what is there.
    pub(crate) keep: Keep,
    /// How the picture that is written must be turned.
    pub(crate) orientation: Orientation,
    /// Its size.
    pub(crate) size: Size,
    pub(crate) artist: Option<&'a str>,
    pub(crate) copyright: Option<&'a str>,
}

/// What came of a packet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Edited {
    /// The packet; none where nothing is left to say.
    pub(crate) packet: Option<Vec<u8>>,
    /// Whether it said where the picture was taken, and does no longer.
    pub(crate) lost_location: bool,
    /// Whether it held a small copy.
    pub(crate) lost_thumbnail: bool,
    /// Whether it told of a gain map.
    pub(crate) lost_gain_map: bool,
}

/// What becomes of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Stays,
    Goes,
    /// It says this instead.
    Says(String),
}

/// The packet as it is wanted.
pub(crate) fn edited(packet: &[u8], wanted: &Wanted<'_>) -> Result<Edited, XmpError> {
    let mut packet = Packet::parse(packet)?;
    let mut edited = Edited::default();
    let about = about(&packet);
    for description in &mut packet.descriptions {
        let properties = std::mem::take(&mut description.properties);
        for mut property in properties {
            let (space, name) = (property.space.as_str(), property.name.as_str());
            edited.lost_location |= wanted.keep != Keep::All && is_location(space, name);
            edited.lost_thumbnail |= space == space::XMP && name == "Thumbnails";
            edited.lost_gain_map |= space == space::GAIN_MAP;
            match fate(space, name, wanted) {
                Fate::Goes => continue,
                Fate::Stays => {}
                Fate::Says(text) => says(&mut property, &text),
            }
            description.properties.push(property);
        }
    }
    packet
        .descriptions
        .retain(|description| !description.properties.is_empty());
    packet.descriptions.extend(credit(wanted, &about));
    edited.packet = (!packet.is_empty()).then(|| packet.to_bytes());
    Ok(edited)
}

fn fate(space: &str, name: &str, wanted: &Wanted<'_>) -> Fate {
    let is_set = match (space, name) {
        (space::DC, "creator") | (space::TIFF, "Artist" | "artist") => wanted.artist.is_some(),
        (space::DC, "rights") | (space::TIFF, "Copyright" | "copyright") => {
            wanted.copyright.is_some()
        }
        _ => false,
    };
    let goes = match wanted.keep {
        Keep::All => false,
        Keep::NoLocation => is_location(space, name),
        Keep::Credit => !is_credit(space, name),
    };
    if is_set || goes || is_of_others(space, name) {
        return Fate::Goes;
    }
    match (space, name) {
        (space::TIFF, "Orientation") => Fate::Says(wanted.orientation.to_exif().to_string()),
        (space::TIFF, "ImageWidth") | (space::EXIF, "PixelXDimension") => {
            Fate::Says(wanted.size.width.to_string())
        }
        (space::TIFF, "ImageLength") | (space::EXIF, "PixelYDimension") => {
            Fate::Says(wanted.size.height.to_string())
        }
        _ => Fate::Stays,
    }
}

/// Whether it shows, or tells of, what does not travel: small copies, pictures and films behind the picture, depth.
fn is_of_others(space: &str, name: &str) -> bool {
    match space {
        space::XMP => name == "Thumbnails",
        space::XMP_NOTE => name == "HasExtendedXMP",
        space::CAMERA => name.starts_with("Mo") || name.starts_with("MicroVideo"),
        space::CONTAINER | space::IMAGE | space::DEPTH | space::AUDIO | space::GAIN_MAP => true,
        _ => false,
    }
}

/// Whether it says where the picture was taken. (Whatever calls itself a matter of GPS does, in anybody's namespace.)
fn is_location(space: &str, name: &str) -> bool {
    let says = match space {
        space::PHOTOSHOP => matches!(name, "City" | "State" | "Country"),
        space::IPTC_CORE => matches!(name, "Location" | "CountryCode"),
        space::IPTC_EXT => matches!(name, "LocationCreated" | "LocationShown"),
        space::DJI => name.ends_with("Altitude"),
        _ => false,
    };
    let calls_itself = name
        .get(..3)
        .is_some_and(|name| name.eq_ignore_ascii_case("gps"));
    says || calls_itself
}

fn is_credit(space: &str, name: &str) -> bool {
    match space {
        space::DC => matches!(name, "creator" | "rights"),
        // Windows writes them small.
        space::TIFF => matches!(name, "Artist" | "artist" | "Copyright" | "copyright"),
        space::PLUS => matches!(name, "CopyrightOwner" | "ImageCreator"),
        space::XMP_RIGHTS => true,
        _ => false,
    }
}

/// Lets a simple property say something else: a number.
fn says(property: &mut Property, text: &str) {
    match &mut property.form {
        Form::Attribute { value, .. } => text.clone_into(value),
        Form::Element(element) => {
            let name = element[1..].split(|c: char| c.is_whitespace() || matches!(c, '>' | '/'));
            let name = name.take(1).collect::<String>();
            *element = format!("<{name}>{text}</{name}>");
        }
    }
}

/// What a packet is about: all that it says is about the same (ISO 16684-1, 7.4).
fn about(packet: &Packet) -> String {
    let mut fixed = packet.descriptions.iter().flat_map(|all| &all.fixed);
    let about = fixed.find(|(key, _)| key.ends_with(":about"));
    about.map_or_else(String::new, |(_, about)| about.clone())
}

/// What is said of artist and rights, where that is asked for (ISO 16684-1, 8.3).
fn credit(wanted: &Wanted<'_>, about: &str) -> Option<Description> {
    let property = |name: &str, text: &str, list: &str, language: &str| {
        let text = escaped(text);
        Property {
            space: space::DC.to_owned(),
            name: name.to_owned(),
            form: Form::Element(format!(
                "<dc:{name}><rdf:{list}><rdf:li{language}>{text}</rdf:li></rdf:{list}></dc:{name}>"
            )),
        }
    };
    let language = " xml:lang=\"x-default\"";
    let rights = wanted
        .copyright
        .map(|text| property("rights", text, "Alt", language));
    let creator = wanted
        .artist
        .map(|text| property("creator", text, "Seq", ""));
    let properties: Vec<Property> = rights.into_iter().chain(creator).collect();
    let fixed = [
        ("xmlns:rdf", space::RDF),
        ("rdf:about", about),
        ("xmlns:dc", space::DC),
    ];
    (!properties.is_empty()).then(|| Description {
        element: "rdf:Description".to_owned(),
        fixed: fixed
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .to_vec(),
        properties,
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
