//! Sums of square windows of a plane.

use crate::simd::{self, Loop};

/// Values in rows.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) values: Vec<f32>,
}

impl Plane {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            values: vec![0.0; width * height],
        }
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let pairs = self.values.iter().zip(&other.values);
        Self {
            width: self.width,
            values: pairs.map(|(one, other)| one * other).collect(),
        }
    }

    pub(super) fn map(&self, change: impl Fn(f32) -> f32) -> Self {
        Self {
            width: self.width,
            values: self.values.iter().map(|value| change(*value)).collect(),
        }
    }
}

/// The sums of all windows that lie in the plane: it is smaller by twice the radius.
pub(super) fn window_sums(plane: &Plane, radius: usize) -> Plane {
    let side = 2 * radius + 1;
    let height = plane.values.len() / plane.width;
    let (width, rows) = (plane.width - side + 1, height - side + 1);
    let mut columns = vec![0.0_f64; plane.width];
    let mut sums = Plane::new(width, rows);
    let row = |y: usize| &plane.values[y * plane.width..][..plane.width];
    for y in 0..side - 1 {
        simd::run(Win {
            columns: &mut columns,
            won: row(y),
        });
    }
    for (y, sums) in sums.values.chunks_exact_mut(width).enumerate() {
        simd::run(Win {
            columns: &mut columns,
            won: row(y + side - 1),
        });
        let mut sum: f64 = columns[..side - 1].iter().sum();
        for ((out, won), lost) in sums.iter_mut().zip(&columns[side - 1..]).zip(&columns) {
            sum += won;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "samples need no more digits"
            )]
            let rounded = sum as f32;
            *out = rounded;
            sum -= lost;
        }
        simd::run(Lose {
            columns: &mut columns,
            lost: row(y),
        });
    }
    sums
}

struct Win<'a> {
    columns: &'a mut [f64],
    won: &'a [f32],
}

impl Loop for Win<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (sum, won) in self.columns.iter_mut().zip(self.won) {
            *sum += f64::from(*won);
        }
    }
}

struct Lose<'a> {
    columns: &'a mut [f64],
    lost: &'a [f32],
}

impl Loop for Lose<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (sum, lost) in self.columns.iter_mut().zip(self.lost) {
            *sum -= f64::from(*lost);
        }
    }
}
