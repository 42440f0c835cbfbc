//! Sizes and places as people write them.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use lightmill::image::{Color, Size};
use lightmill::pipeline::geometry::{Fit, Geometry, Gravity, Kernel};

/// A text that is taken reads back from what it is written as, and makes a picture of pixels out of any picture. The
/// text ends with its line; the bytes behind it are the picture's size.
pub fn check(data: &[u8]) {
    let end = data
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(data.len());
    let (text, rest) = data.split_at(end);
    let Ok(text) = str::from_utf8(text) else {
        return;
    };
    reads_back::<Fit>(text);
    reads_back::<Gravity>(text);
    reads_back::<Kernel>(text);
    reads_back::<Color>(text);
    if let Some(geometry) = reads_back::<Geometry>(text) {
        let whole = size(rest.get(1..).unwrap_or_default());
        let part = geometry.extent.of(whole);
        assert!(part.pixels() > 0, "{geometry} of {whole} is {part}");
        for gravity in Gravity::ALL {
            let (left, top) = gravity.place(part, whole);
            assert!(left.abs() <= u32::MAX.into() && top.abs() <= u32::MAX.into());
        }
    }
}

fn reads_back<T: FromStr<Err: Debug> + Display + Debug + PartialEq>(text: &str) -> Option<T> {
    let read: T = text.parse().ok()?;
    let written = read.to_string();
    let again: T = written
        .parse()
        .unwrap_or_else(|error| panic!("`{written}`: {error:?}"));
    assert_eq!(read, again, "`{written}`");
    Some(read)
}

/// What is missing is one.
fn size(bytes: &[u8]) -> Size {
    let side = |at: usize| {
        let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk());
        bytes.map_or(1, |bytes| u32::from_le_bytes(*bytes).max(1))
    };
    Size::new(side(0), side(4))
}
