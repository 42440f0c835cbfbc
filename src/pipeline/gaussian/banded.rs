//! Blurring floats of which never more than a band of rows is there.

use super::plan::Plan;
use super::{Frame, Written};

/// A blur that makes of bands of rows what it would make of all of them.
#[derive(Debug)]
pub(in crate::pipeline) struct Banded(Plan<f32>);

impl Banded {
    /// `sigma` must be more than 0.
    pub(in crate::pipeline) fn new(sigma: f64) -> Self {
        Self(Plan::new(sigma))
    }

    /// How many pixels are to be there on every side of those that are made: a multiple of [`Self::step`].
    pub(in crate::pipeline) fn reach(&self) -> usize {
        self.0.reach().next_multiple_of(self.step())
    }

    /// Bands begin at multiples of so many rows.
    pub(in crate::pipeline) fn step(&self) -> usize {
        self.0.step()
    }

    /// Numbers that it needs at the most to blur so many, beside what each thread has.
    pub(in crate::pipeline) fn scratch(&self, numbers: usize) -> usize {
        match self.step() {
            1 => 0,
            step => 2 * numbers.div_ceil(step),
        }
    }

    /// Blurs rows, each of `width` pixels, and makes of those that have all rows around them that are looked at the rows of `out`,
    /// as `finish` says.
    pub(in crate::pipeline) fn run<S: Send, const COUNT: usize>(
        &self,
        rows: &[[f32; COUNT]],
        width: usize,
        (out, row_len): (&mut [S], usize),
        finish: impl Fn(&[[f32; COUNT]], &mut [S]) + Sync,
    ) {
        let rows: Vec<&[f32]> = rows.chunks_exact(width).map(<[_]>::as_flattened).collect();
        let frame = Frame {
            width,
            height: rows.len(),
            channels: COUNT,
        };
        let out = Written {
            first: self.reach(),
            row_len,
            samples: out,
        };
        self.0.run(&rows, frame, out, |_, blurred, out| {
            finish(blurred.as_chunks().0, out);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Raster, Samples, Size};
    use crate::pipeline::finish::Round;

    #[test]
    fn bands_are_what_the_whole_is() {
        const WIDTH: u16 = 70;
        for sigma in [0.25, 1.0, 2.999, 3.0, 3.99, 4.0, 5.99, 6.0, 11.0, 24.5] {
            let blur = Banded::new(sigma);
            let (reach, step, width) = (blur.reach(), blur.step(), usize::from(WIDTH));
            let rows = 2 * reach + 4 * step + 5;
            let noise = |at: usize| if at * at % 1009 < 500 { 0.0 } else { 1.0 };
            let samples: Vec<f32> = (0..rows * width).map(noise).collect();
            let size = Size::new(WIDTH.into(), u32::try_from(rows).unwrap());
            let whole = Raster::new(size, Channels::Gray, samples.clone()).unwrap();
            let whole = super::super::filter(whole, sigma, &Round);
            let Samples::F32(whole) = whole.samples() else {
                panic!("the depth has changed");
            };
            for (top, height) in [(0, 3), (step, 2 * step + 5), (4 * step, 5)] {
                let window = &samples[top * width..][..(height + 2 * reach) * width];
                let mut out = vec![0.0; height * 5];
                blur.run::<_, 1>(
                    window.as_chunks().0,
                    width,
                    (&mut out, 5),
                    |row, out: &mut [f32]| out.copy_from_slice(row[20..25].as_flattened()),
                );
                for (y, out) in out.chunks_exact(5).enumerate() {
                    let wanted = &whole[(top + reach + y) * width..][20..25];
                    assert!(out == wanted, "{sigma} {top} {y}");
                }
            }
        }
    }
}
