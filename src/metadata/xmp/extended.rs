//! Packets that are too long for one segment of a JPEG file (Adobe XMP Specification Part 3, 1.1.3.1): a main packet, and the
//! rest of the properties in another, which the main one names by a digest.

use std::fmt::Write;

use md5::{Digest, Md5};

use super::parse::{Description, Form, Packet, Property};
use super::{XmpError, space};

/// A packet with the properties of both.
pub fn merged(main: &[u8], extended: &[u8]) -> Result<Vec<u8>, XmpError> {
    let mut main = Packet::parse(main)?;
    let extended = Packet::parse(extended)?;
    for description in &mut main.descriptions {
        let says = |property: &Property| property.name == "HasExtendedXMP";
        let properties = &mut description.properties;
        properties.retain(|property| !(property.space == space::XMP_NOTE && says(property)));
    }
    for mut description in extended.descriptions {
        for declared in &extended.declared {
            if description.fixed.iter().all(|(key, _)| *key != declared.0) {
                description.fixed.push(declared.clone());
            }
        }
        main.descriptions.push(description);
    }
    Ok(main.to_bytes())
}

/// A long packet in two: one of at most so many bytes, and, with its digest, one of the properties that have no room in it. What cannot be
/// split is not.
pub fn split(packet: &[u8], most: usize) -> Option<(Vec<u8>, [u8; 32], Vec<u8>)> {
    let mut main = Packet::parse(packet).ok()?;
    let mut rest = Packet {
        descriptions: Vec::new(),
        ..main.clone()
    };
    let note = note(&"0".repeat(32));
    let mut length = main.to_bytes().len() + 400;
    while length > most {
        let (at, longest) = longest(&main)?;
        let description = main.descriptions.get_mut(at)?;
        let property = description.properties.remove(longest);
        length = length.saturating_sub(written(&property));
        let fixed = description.fixed.clone();
        let element = description.element.clone();
        rest.descriptions.push(Description {
            element,
            fixed,
            properties: vec![property],
        });
    }
    main.descriptions
        .retain(|description| !description.properties.is_empty());
    main.descriptions.push(note);
    let rest = rest.to_bytes();
    let mut digest = [0; 32];
    let hex = Md5::digest(&rest)
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _written = write!(hex, "{byte:02X}");
            hex
        });
    digest.copy_from_slice(hex.as_bytes());
    main.descriptions.pop();
    main.descriptions.push(self::note(&hex));
    let main = main.to_bytes();
    (main.len() <= most).then_some((main, digest, rest))
}

/// The property that takes most room: its description's place, and its own.
fn longest(packet: &Packet) -> Option<(usize, usize)> {
    let all = packet.descriptions.iter().enumerate();
    let all = all.flat_map(|(at, description)| {
        let properties = description.properties.iter().enumerate();
        properties.map(move |(n, property)| (at, n, written(property)))
    });
    let (at, n, _) = all.max_by_key(|(.., length)| *length)?;
    Some((at, n))
}

fn written(property: &Property) -> usize {
    match &property.form {
        Form::Attribute { key, value } => key.len() + value.len() + 4,
        Form::Element(element) => element.len(),
    }
}

/// What names the other packet.
fn note(digest: &str) -> Description {
    let fixed = [
        ("xmlns:rdf", space::RDF),
        ("rdf:about", ""),
        ("xmlns:xmpNote", space::XMP_NOTE),
    ];
    Description {
        element: "rdf:Description".to_owned(),
        fixed: fixed
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .to_vec(),
        properties: vec![Property {
            space: space::XMP_NOTE.to_owned(),
            name: "HasExtendedXMP".to_owned(),
            form: Form::Attribute {
                key: "xmpNote:HasExtendedXMP".to_owned(),
                value: digest.to_owned(),
            },
        }],
    }
}
