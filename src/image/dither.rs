//! Fewer bits for a sample, without steps where shades were smooth.

use super::raster::with_samples;
use super::{Channels, Depth, Raster, Sample, Samples};

impl Raster {
    /// As [`Raster::to_depth`]; where shades are given up, what is between two of them becomes a fine pattern of both, right in
    /// the mean. A shade that the other depth has stays as it is everywhere, as does alpha.
    #[must_use]
    pub fn dithered_to_depth(self, depth: Depth) -> Self {
        if depth >= self.depth() {
            return self.to_depth(depth);
        }
        let (size, channels, width) = (self.size(), self.channels(), self.width());
        let samples = with_samples!(self.samples(), |samples| match depth {
            Depth::U8 => Samples::U8(dithered(samples, channels, width)),
            Depth::U16 => Samples::U16(dithered(samples, channels, width)),
            Depth::F32 => unreachable!("nothing is deeper"),
        });
        match Self::new(size, channels, samples) {
            Ok(raster) => raster,
            Err(_) => self.to_depth(depth),
        }
    }
}

fn dithered<A: Sample, B: Sample>(samples: &[A], channels: Channels, width: usize) -> Vec<B> {
    let scale = B::MAX / A::MAX;
    let (count, colors) = (channels.count(), channels.colors());
    let mut out = Vec::with_capacity(samples.len());
    for (row, y) in samples.chunks(width * count).zip(0_u32..) {
        for (pixel, x) in row.chunks_exact(count).zip(0_u32..) {
            for (part, sample) in pixel.iter().enumerate() {
                let value = sample.to_f32() * scale;
                let shift = if part < colors {
                    shift(x, y, part)
                } else {
                    0.0
                };
                out.push(B::from_f32(value + shift));
            }
        }
    }
    out
}

/// What is added before rounding: more than -1/2 and less than 1/2, each as often, neighbours far from each other.
///
/// The sequence is that of the plastic number's powers (M. Roberts, "The unreasonable effectiveness of quasirandom sequences",
/// 2018), in whole numbers, so that it is the same on every processor. Each channel has a place of its own in it: their errors
/// do not add up to light.
fn shift(x: u32, y: u32, part: usize) -> f32 {
    /// 1/p and 1/p², p³ = p + 1, as parts of 2^32.
    const STEPS: (u32, u32) = (3_242_174_889, 2_447_445_414);
    const PARTS: [u32; 3] = [0, 1_431_655_765, 2_863_311_530];
    let along = x.wrapping_mul(STEPS.0);
    let down = y.wrapping_mul(STEPS.1);
    let place = along.wrapping_add(down).wrapping_add(PARTS[part % 3]);
    // 12 bits: in a float they are exact, and beside 65535 there is still room for them.
    #[expect(clippy::cast_precision_loss, reason = "12 bits")]
    let steps = ((place >> 20) as f32 + 0.5) / 4096.0;
    (steps - 0.5) * ALMOST
}

/// A shade that is there already must not move.
const ALMOST: f32 = 0.98;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Size;

    fn gray(size: Size, sample: u16) -> Raster {
        Raster::new(size, Channels::Gray, vec![sample; 64 * 64]).unwrap()
    }

    #[test]
    fn shades_between_two_are_right_in_the_mean() {
        let size = Size::new(64, 64);
        for sample in [0, 1, 100, 128, 129, 200, 12_345, 40_000, 65_400, 65_535] {
            let Samples::U8(out) = gray(size, sample)
                .dithered_to_depth(Depth::U8)
                .into_samples()
            else {
                panic!()
            };
            let mean = out.iter().map(|s| f64::from(*s)).sum::<f64>() / 4096.0;
            let wanted = f64::from(sample) / 257.0;
            assert!((mean - wanted).abs() < 0.02, "{sample}: {mean} {wanted}");
            let around = [wanted.floor(), wanted.ceil()];
            assert!(out.iter().all(|s| around.contains(&f64::from(*s))));
        }
    }

    #[test]
    fn shades_that_are_there_stay_and_so_does_alpha() {
        let samples: Vec<u8> = (0..=255).collect();
        let size = Size::new(8, 8);
        let shallow = Raster::new(size, Channels::Rgba, samples).unwrap();
        for deep in [Depth::U16, Depth::F32] {
            let back = shallow.clone().to_depth(deep).dithered_to_depth(Depth::U8);
            assert_eq!(back, shallow);
        }
        let alpha = Raster::new(size, Channels::GrayAlpha, vec![12_345_u16; 128]).unwrap();
        let Samples::U8(out) = alpha.dithered_to_depth(Depth::U8).into_samples() else {
            panic!()
        };
        assert!(out.chunks(2).all(|pixel| pixel[1] == 48));
        assert!(out.chunks(2).any(|pixel| pixel[0] == 49));
    }

    #[test]
    fn nothing_is_added_where_nothing_is_given_up() {
        let shallow = gray(Size::new(64, 64), 300);
        let deeper = shallow.clone().dithered_to_depth(Depth::F32);
        assert_eq!(deeper, shallow.to_depth(Depth::F32));
    }
}
