use super::edit::Edited;
use super::parse::Packet;
use super::*;
use crate::image::{Orientation, Size};

const WHOLE: Wanted<'_> = Wanted {
    keep: Keep::All,
    orientation: Orientation::Upright,
    size: Size {
        width: 320,
        height: 200,
    },
    artist: None,
    copyright: None,
};

const PACKET: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:g="http://ns.adobe.com/xap/1.0/g/img/">
 <rdf:Description rdf:about="" xmlns:t="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
   xmlns:dc="http://purl.org/dc/elements/1.1/" t:Orientation="6" xmp:Rating='3' exif:GPSLatitude="50,57.4N" exif:PixelXDimension="4000">
  <exif:PixelYDimension>3000</exif:PixelYDimension>
  <exif:GPSLongitude>7,1.2E</exif:GPSLongitude>
  <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© &quot;somebody&quot; &#169;</rdf:li></rdf:Alt></dc:rights>
  <dc:title><rdf:Alt><rdf:li xml:lang="x-default">a &lt;title&gt;</rdf:li></rdf:Alt></dc:title>
  <xmp:Thumbnails><rdf:Alt><rdf:li rdf:parseType="Resource"><g:image>/9j/4AAQ</g:image></rdf:li></rdf:Alt></xmp:Thumbnails>
 </rdf:Description></rdf:RDF></x:xmpmeta>
                                    
<?xpacket end="w"?>"#;

fn edit(packet: &str, wanted: &Wanted<'_>) -> Edited {
    edited(packet.as_bytes(), wanted).unwrap()
}

fn text(edited: &Edited) -> String {
    let packet = edited.packet.clone().unwrap();
    assert!(Packet::parse(&packet).is_ok());
    String::from_utf8(packet).unwrap()
}

#[test]
fn sizes_and_orientation_follow_the_picture() {
    let out = edit(PACKET, &WHOLE);
    let text = text(&out);
    for there in [
        "t:Orientation=\"1\"",
        "exif:PixelXDimension=\"320\"",
        "<exif:PixelYDimension>200</exif:PixelYDimension>",
        "xmp:Rating=\"3\"",
        "© &quot;somebody&quot; &#169;",
        "50,57.4N",
    ] {
        assert!(text.contains(there), "{there} in {text}");
    }
    assert!(out.lost_thumbnail && !out.lost_location);
    assert!(!text.contains("/9j/"));
}

#[test]
fn what_says_where_goes_and_credit_is_all_that_stays() {
    let wanted = Wanted {
        keep: Keep::NoLocation,
        ..WHOLE
    };
    let out = edit(PACKET, &wanted);
    assert!(out.lost_location && !text(&out).contains("GPS"));
    assert!(text(&out).contains("a &lt;title&gt;"));
    let wanted = Wanted {
        keep: Keep::Credit,
        ..WHOLE
    };
    let out = edit(PACKET, &wanted);
    let text = text(&out);
    assert!(text.contains("somebody") && !text.contains("title") && !text.contains("Rating"));
    let without = PACKET.replace("dc:rights", "dc:subject");
    assert_eq!(edit(&without, &wanted).packet, None);
}

#[test]
fn rights_are_said_once_and_escaped() {
    let wanted = Wanted {
        copyright: Some("© <me> & \"you\""),
        artist: Some("Jörg"),
        ..WHOLE
    };
    let text = text(&edit(PACKET, &wanted));
    assert_eq!(text.matches("<dc:rights>").count(), 1);
    assert!(text.contains("© &lt;me&gt; &amp; \"you\"") && text.contains("Jörg"));
    assert!(!text.contains("somebody"));
}

#[test]
fn what_is_no_packet_is_refused() {
    for (from, to) in [
        ("</dc:rights>", ""),
        ("<rdf:Alt>", "<rdf:Alt a=\"1\" a=\"2\">"),
        ("&lt;title", "&title;"),
        (
            "<x:xmpmeta",
            "<!DOCTYPE x [<!ENTITY title \"x\">]><x:xmpmeta",
        ),
        ("xmlns:exif", "xmlns:other"),
        ("<rdf:Description", "<rdf:Bag"),
        ("7,1.2E", "7,1.2E\u{1}"),
        ("<rdf:RDF", "<rdf:Other"),
    ] {
        let packet = PACKET.replacen(from, to, 1);
        assert_ne!(packet, PACKET);
        assert!(edited(packet.as_bytes(), &WHOLE).is_err(), "{from} is {to}");
    }
    let end = PACKET.find("</x:xmpmeta>").unwrap();
    let torn = &PACKET.as_bytes()[..PACKET.len() - 2];
    assert_eq!(edited(torn, &WHOLE), edited(PACKET.as_bytes(), &WHOLE));
    for length in (0..end).filter(|length| PACKET.is_char_boundary(*length)) {
        assert!(
            edited(&PACKET.as_bytes()[..length], &WHOLE).is_err(),
            "{length}"
        );
    }
}

#[test]
fn a_long_packet_is_put_together_as_it_was_split() {
    let long = format!(
        "<dc:description>{}</dc:description><dc:title>",
        "long ".repeat(20_000)
    );
    let packet = PACKET.replacen("<dc:title>", &long, 1);
    let whole = edit(&packet, &WHOLE).packet.unwrap();
    let (main, digest, rest) = split(&whole, 65_502).unwrap();
    assert!(main.len() <= 65_502 && rest.len() > 100_000);
    assert!(memchr::memmem::find(&main, &digest).is_some());
    let again = merged(&main, &rest).unwrap();
    let again = text(&edit(std::str::from_utf8(&again).unwrap(), &WHOLE));
    assert!(again.contains("long long") && again.contains("a &lt;title&gt;"));
    assert!(!again.contains("HasExtendedXMP"));
    assert!(merged(&main, b"no packet").is_err());
}
