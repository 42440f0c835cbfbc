//! From the full range of JPEG files to the range of VP8: the same matrix (ITU-R BT.601), with luma between 16 and 235 and
//! chroma between 16 and 240 (RFC 6386, 9.2, names the matrix).

use super::libwebp::Yuv;
use crate::image::{Plane, Planes, Size};

/// Chroma where there is no colour.
const NEUTRAL: u8 = 128;

/// Planes as libwebp wants them, of pictures whose chroma has a sample for two pixels across and down, or none. `None` for
/// others.
pub(super) fn planes(planes: &Planes) -> Option<Yuv> {
    let Size { width, height } = planes.size;
    let (width, height) = (width as usize, height as usize);
    let (across, down) = (width.div_ceil(2), height.div_ceil(2));
    let (blue, red) = match planes.planes.as_slice() {
        [_] => {
            let neutral = vec![NEUTRAL; across * down];
            (neutral.clone(), neutral)
        }
        [_, blue, red] => {
            let table = chroma();
            let made = |plane| mapped(plane, (across, down), &table);
            (made(blue)?, made(red)?)
        }
        _ => return None,
    };
    Some(Yuv {
        luma: mapped(planes.planes.first()?, (width, height), &luma())?,
        blue,
        red,
    })
}

/// Exactly the samples of the picture, each replaced by what the table says.
fn mapped(plane: &Plane, (width, height): (usize, usize), table: &[u8; 256]) -> Option<Vec<u8>> {
    if plane.columns() < width || plane.rows() < height {
        return None;
    }
    let mut samples = Vec::with_capacity(width * height);
    for line in plane.lines().take(height) {
        samples.extend(
            line[..width]
                .iter()
                .map(|sample| table[usize::from(*sample)]),
        );
    }
    Some(samples)
}

/// 0 to 255 becomes 16 to 235, to the nearest.
fn luma() -> [u8; 256] {
    table(|full| (2 * full * 219 + 255) / 510 + 16)
}

/// What is around 128 shrinks by 224 to 255, to the nearest.
fn chroma() -> [u8; 256] {
    // Moved up by a multiple of 255, so that nothing is below zero where it is divided.
    table(|full| (2 * (full + 255 - 128) * 224 + 255) / 510 + 128 - 224)
}

#[expect(clippy::cast_possible_truncation, reason = "both end at 240")]
fn table(of: impl Fn(u32) -> u32) -> [u8; 256] {
    let mut table = [0; 256];
    for (entry, full) in table.iter_mut().zip(0..) {
        *entry = of(full) as u8;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_round_to_the_nearest() {
        let (luma, chroma) = (luma(), chroma());
        for full in 0..=255_u8 {
            let of = |range: f64| range / 255.0;
            let expected = 16.0 + f64::from(full) * of(219.0);
            let error = (f64::from(luma[usize::from(full)]) - expected).abs();
            assert!(error <= 0.5, "luma of {full}");
            let expected = 128.0 + (f64::from(full) - 128.0) * of(224.0);
            let error = (f64::from(chroma[usize::from(full)]) - expected).abs();
            assert!(error <= 0.5, "chroma of {full}");
        }
        assert_eq!((luma[0], luma[255]), (16, 235));
        assert_eq!((chroma[1], chroma[128], chroma[255]), (16, 128, 240));
    }

    #[test]
    fn planes_of_another_shape_are_refused() {
        let plane = |width: u32, height: u32| Plane {
            samples: vec![9; (width * height) as usize],
            stride: width as usize,
            extent: (f64::from(width), f64::from(height)),
        };
        let size = Size::new(5, 3);
        let of = |planes| super::planes(&Planes { size, planes });
        assert!(of(vec![plane(5, 3)]).is_some());
        assert!(of(vec![plane(5, 3), plane(3, 2), plane(3, 2)]).is_some());
        assert!(of(vec![plane(5, 3), plane(2, 2), plane(3, 2)]).is_none());
        assert!(of(vec![plane(5, 3), plane(3, 2), plane(3, 1)]).is_none());
        assert!(of(vec![plane(5, 2)]).is_none());
        assert!(of(vec![plane(5, 3), plane(3, 2)]).is_none());
        assert!(of(vec![]).is_none());
    }
}
