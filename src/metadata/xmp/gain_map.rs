//! What a packet says of a gain map behind the picture (Google, "Ultra HDR Image Format 1.1").

use super::parse::{Description, Form, Packet, Property};
use super::{XmpError, space};

/// A packet without properties.
const EMPTY: &[u8] = b"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
    <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"></rdf:RDF></x:xmpmeta>";

/// The packet, or a new one, saying that a gain map of so many bytes follows on the picture.
pub(crate) fn with_gain_map(packet: Option<&[u8]>, bytes: usize) -> Result<Vec<u8>, XmpError> {
    let mut packet = Packet::parse(packet.unwrap_or(EMPTY))?;
    for description in &mut packet.descriptions {
        let properties = &mut description.properties;
        properties.retain(|property| {
            ![space::GAIN_MAP, space::CONTAINER].contains(&property.space.as_str())
        });
    }
    packet
        .descriptions
        .retain(|description| !description.properties.is_empty());
    packet.descriptions.push(description(bytes));
    Ok(packet.to_bytes())
}

fn description(bytes: usize) -> Description {
    let item = |meaning: &str, more: &str| {
        format!(
            "<rdf:li rdf:parseType=\"Resource\"><Container:Item Item:Semantic=\"{meaning}\" Item:Mime=\"image/jpeg\"{more}/></rdf:li>"
        )
    };
    let items = [
        item("Primary", ""),
        item("GainMap", &format!(" Item:Length=\"{bytes}\"")),
    ];
    let directory = format!(
        "<Container:Directory><rdf:Seq>{}</rdf:Seq></Container:Directory>",
        items.concat()
    );
    let fixed = [
        ("xmlns:rdf", space::RDF),
        ("rdf:about", ""),
        ("xmlns:hdrgm", space::GAIN_MAP),
        ("xmlns:Container", space::CONTAINER),
        ("xmlns:Item", space::ITEM),
    ];
    let version = Property {
        space: space::GAIN_MAP.to_owned(),
        name: "Version".to_owned(),
        form: Form::Attribute {
            key: "hdrgm:Version".to_owned(),
            value: "1.0".to_owned(),
        },
    };
    let directory = Property {
        space: space::CONTAINER.to_owned(),
        name: "Directory".to_owned(),
        form: Form::Element(directory),
    };
    Description {
        element: "rdf:Description".to_owned(),
        fixed: fixed
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .to_vec(),
        properties: vec![version, directory],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_says_it_once_and_keeps_the_rest() {
        let new = with_gain_map(None, 1234).unwrap();
        let again = with_gain_map(Some(&new), 77).unwrap();
        let text = String::from_utf8(again).unwrap();
        assert_eq!(text.matches("Item:Length=\"77\"").count(), 1, "{text}");
        assert!(!text.contains("1234"));
        let titled = text.replace(
            "hdrgm:Version",
            "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" dc:format=\"jpeg\" hdrgm:Version",
        );
        let third = with_gain_map(Some(titled.as_bytes()), 5).unwrap();
        let text = String::from_utf8(third).unwrap();
        assert!(
            text.contains("dc:format=\"jpeg\"") && text.matches("hdrgm:Version").count() == 1,
            "{text}"
        );
        assert!(with_gain_map(Some(b"<torn"), 5).is_err());
    }
}
