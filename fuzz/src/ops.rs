//! Operations as people write them, a line each.

use lightmill::image::{Channels, Depth, Image, Layout, Limits, Orientation, Raster, Size};
use lightmill::pipeline::ops::Op;
use lightmill::protocol;

/// Nothing that is made here is larger.
const LIMITS: Limits = Limits {
    max_pixels: 1 << 14,
};

/// Most operations are applied to a picture of this size.
const SMALL: Size = Size::new(19, 23);

/// An operation that is taken reads back from what it is written as and crosses to a worker; it makes of any size what
/// it says, and of a picture what it said it would.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let lines = text.lines().take(8);
    for op in lines.filter_map(|line| line.parse::<Op>().ok()) {
        let written = op.to_string();
        let again = written.parse::<Op>();
        assert_eq!(again.as_ref(), Ok(&op), "`{written}`");
        let sent = protocol::encode(&op).expect("an operation fits into a message");
        assert_eq!(
            protocol::decode::<Op>(&sent).ok(),
            Some(op.clone()),
            "`{written}`"
        );
        for side in [1, 37, 65_535, u32::MAX] {
            let _what_becomes = op.layout(layout(Size::new(side, 37)));
            let _what_becomes = op.layout(layout(Size::new(side, u32::MAX)));
        }
        apply(&op);
    }
}

fn layout(size: Size) -> Layout {
    Layout {
        size,
        channels: Channels::Rgba,
        depth: Depth::U8,
        orientation: Orientation::Turn90,
    }
}

fn apply(op: &Op) {
    let announced = op.layout(layout(SMALL));
    if announced
        .as_ref()
        .is_ok_and(|layout| LIMITS.admit(layout).is_err())
    {
        return;
    }
    let made = op.apply(picture()).map(|image| image.layout());
    assert_eq!(made, announced, "`{op}`");
}

fn picture() -> Image {
    let shades = (0..=u8::MAX).cycle().step_by(31);
    let samples: Vec<u8> = (0..SMALL.pixels() * 4)
        .zip(shades)
        .map(|(_, shade)| shade)
        .collect();
    let raster = Raster::new(SMALL, Channels::Rgba, samples).expect("as many as the size says");
    let mut image = Image::new(raster);
    image.metadata.orientation = Orientation::Turn90;
    image
}
