//! What is missing, or stands where it should not.

use super::super::reader;
use super::super::segments::{NotOurs, marker};
use super::{Picture, read};
use crate::image::{Orientation, Planes};
use crate::warning::Damage;

const PROGRESSIVE: &[u8] = include_bytes!("../samples/progressive.jpg");

fn whole(bytes: &[u8]) -> Result<Picture, NotOurs> {
    read(bytes, reader::header(bytes)?.size, (1, 1))
}

/// Where each segment with codes ends that stands behind the first scan.
fn ends_of_later_codes() -> impl Iterator<Item = usize> {
    let first = memchr::memmem::find(PROGRESSIVE, b"\xff\xda").unwrap();
    let codes = memchr::memmem::find_iter(PROGRESSIVE, b"\xff\xc4");
    codes.filter(move |at| *at > first).map(|at| {
        let length = [PROGRESSIVE[at + 2], PROGRESSIVE[at + 3]];
        at + 2 + usize::from(u16::from_be_bytes(length))
    })
}

#[test]
fn a_file_that_ends_between_scans_has_not_come_to_its_end() {
    assert!(ends_of_later_codes().count() > 3);
    for end in ends_of_later_codes() {
        let damage = whole(&PROGRESSIVE[..end]).map(|picture| picture.damage);
        assert_eq!(damage, Ok(Some(Damage::Truncated)), "{end}");
    }
}

/// As the header has it, which is all that anybody asks before.
#[test]
fn what_stands_between_scans_describes_nothing() {
    let exif =
        b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let end = ends_of_later_codes().next().unwrap();
    let late = [&PROGRESSIVE[..end], exif, &PROGRESSIVE[end..]].concat();
    assert_eq!(
        whole(&late).unwrap().metadata,
        whole(PROGRESSIVE).unwrap().metadata
    );
    let early = [&PROGRESSIVE[..2], exif, &PROGRESSIVE[2..]].concat();
    assert_eq!(
        whole(&early).unwrap().metadata.orientation,
        Orientation::Turn90
    );
}

/// One unit of three blocks, none of whose data is there: each symbol is sixteen zeros, and fifteen behind them are a
/// number. The last block is longer than the zeros that go on for data, and its last coefficients count.
fn nothing_but_long_codes() -> Vec<u8> {
    let segment = |marker: u8, body: &[u8]| {
        let length = u8::try_from(body.len() + 2).unwrap();
        [&[0xff, marker, 0, length], body].concat()
    };
    let code = |slot: u8, symbol: u8| {
        let counts = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        segment(marker::DHT, &[&[slot], &counts[..], &[symbol]].concat())
    };
    let frame = [8, 0, 8, 0, 8, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 1];
    [
        vec![0xff, marker::SOI],
        segment(marker::DQT, &[[0].as_slice(), &[0; 64]].concat()),
        segment(marker::DQT, &[[1].as_slice(), &[0; 46], &[1; 18]].concat()),
        segment(marker::SOF0, &frame),
        code(0, 0),
        code(0x10, 0x2f),
        code(0x11, 0x1f),
        segment(marker::SOS, &[3, 1, 0, 2, 0, 3, 1, 0, 63, 0]),
        vec![0xff, marker::EOI],
    ]
    .concat()
}

fn planes(bytes: &[u8]) -> Planes {
    whole(bytes).unwrap().planes
}

#[test]
fn nothing_is_left_of_what_was_read_before() {
    let file = nothing_but_long_codes();
    planes(include_bytes!("../samples/444.jpg"));
    let behind_one = planes(&file);
    planes(include_bytes!("../samples/optimized.jpg"));
    assert!(planes(&file) == behind_one);
}
