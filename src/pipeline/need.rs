//! How much memory a picture will take, told before any of it is allocated.
//!
//! An estimate that errs upwards: what a job may take is enforced by the system, this is what jobs are scheduled by.
//! Held against the peak of whole processes over photos, floats and multi-strip files, with each kind of operation: the
//! peaks are between a third of the estimate and all of it. Decoders hold up to three times the picture (progressive
//! JPEG: its coefficients as 16-bit integers, and the planes that are made of them); an operation what comes in and what goes out, and
//! what it says itself between them, mostly twice as much; encoders say it themselves, as photos take it. Noise may take
//! libwebp three times that: the system or the coordinator says no, and the picture is worked on alone. Where planes are
//! decoded at a part of their size, row by row, the decoder says what it takes, and the first picture is the one that is
//! made of the rows.

use super::ops::Op;
use crate::image::Layout;

/// What a worker takes without any picture: the program, its stacks, the tables of codecs. Bytes.
const BASE: u64 = 24 << 20;

/// Bytes of memory that it takes to bring a file of `file_bytes` through these layouts: the first is the decoded
/// picture's, each further one what the next of `ops` makes of it. Writing the last takes `encoded`.
pub(super) fn need(file_bytes: u64, layouts: &[Layout], ops: &[Op], encoded: u64) -> u64 {
    let thrice = |layout: &Layout| layout.bytes().saturating_mul(3);
    let decoded = layouts.first().map_or(0, thrice);
    let steps = layouts.windows(2).zip(ops).map(|(step, op)| {
        let (before, after) = (&step[0], &step[1]);
        let held = before.bytes().saturating_add(after.bytes());
        held.saturating_add(op.scratch(before, after))
    });
    let peak = steps.fold(decoded.max(encoded.saturating_add(left(layouts))), u64::max);
    BASE.saturating_add(file_bytes).saturating_add(peak)
}

/// Bytes that the last operation leaves unused where it makes a larger picture: freed memory is kept, and nothing that large fits in
/// the room of the smaller one.
fn left(layouts: &[Layout]) -> u64 {
    match layouts {
        [.., before, after] if after.bytes() > before.bytes() => before.bytes(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Depth, Orientation, Size};

    fn layout(width: u32, height: u32) -> Layout {
        Layout {
            size: Size::new(width, height),
            channels: Channels::Rgb,
            depth: Depth::U8,
            orientation: Orientation::Upright,
        }
    }

    #[test]
    fn the_largest_step_counts_and_nothing_overflows() {
        let photo = layout(4000, 3000);
        let small = layout(400, 300);
        let resizes = ["resize 400", "resize 400"].map(|text| text.parse().unwrap());
        assert_eq!(need(1000, &[photo], &[], 0), BASE + 1000 + 3 * 36_000_000);
        let step = 3 * photo.bytes() + small.bytes();
        assert_eq!(need(0, &[photo, small], &resizes[..1], 0), BASE + step);
        assert!(need(0, &[small, photo, small], &resizes, 0) > need(0, &[small], &[], 0));
        assert_eq!(need(0, &[small], &[], 1 << 40), BASE + (1 << 40));
        assert_eq!(
            need(0, &[small, photo], &resizes[..1], 1 << 40),
            BASE + small.bytes() + (1 << 40)
        );
        let endless = layout(u32::MAX, u32::MAX);
        assert_eq!(
            need(u64::MAX, &[endless, endless], &resizes, u64::MAX),
            u64::MAX
        );
    }
}
