//! Filters of windows that write what they make over the picture: fresh memory for another one takes longer to come by than many
//! a filter takes.
//!
//! Threads work on bands of rows. What the windows of a band reach beyond it is copied before any band is begun; within it,
//! rows are read before they are written.

use rayon::prelude::*;

/// Rows of a picture that one thread works on.
#[derive(Debug)]
pub(super) struct Band<'a, S> {
    /// Where it begins in the picture.
    pub(super) top: usize,
    rows: &'a mut [S],
    row_len: usize,
    radius: usize,
    /// Copies of the rows before and behind it, fewer than the radius where the picture ends.
    above: Vec<S>,
    below: Vec<S>,
}

impl<S> Band<'_, S> {
    pub(super) fn height(&self) -> usize {
        self.rows.len() / self.row_len
    }

    /// A row that its windows cover: the first is as far above the band as they reach. Beyond the picture it is that at its edge.
    /// Rows of the band itself are as they are by now.
    pub(super) fn covered(&self, index: usize) -> &[S] {
        let (count, height) = (self.above.len() / self.row_len, self.height());
        let Some(below) = index.checked_sub(self.radius) else {
            // The copies end where the band begins.
            return match (count + index).checked_sub(self.radius) {
                Some(at) => self.row(&self.above, at),
                None if count > 0 => self.row(&self.above, 0),
                None => self.row(self.rows, 0),
            };
        };
        match below.checked_sub(height) {
            None => self.row(self.rows, below),
            Some(_) if self.below.is_empty() => self.row(self.rows, height - 1),
            Some(at) => {
                let last = self.below.len() / self.row_len - 1;
                self.row(&self.below, at.min(last))
            }
        }
    }

    fn row<'b>(&self, rows: &'b [S], index: usize) -> &'b [S] {
        &rows[index * self.row_len..][..self.row_len]
    }

    /// A row of the band.
    pub(super) fn row_mut(&mut self, index: usize) -> &mut [S] {
        &mut self.rows[index * self.row_len..][..self.row_len]
    }
}

/// Rows of a band, at least so many, where it makes no difference how a picture is divided.
pub(super) fn shared_out(height: usize, least: usize) -> usize {
    let threads = rayon::current_num_threads();
    let bands = if threads == 1 { 1 } else { 2 * threads };
    height.div_ceil(bands).max(least).max(1)
}

/// Works on each band of so many rows, with windows that reach so many rows up and down, and with what `init` makes for a thread.
pub(super) fn run<S, T>(
    samples: &mut [S],
    row_len: usize,
    (height, radius): (usize, usize),
    init: impl Fn() -> T + Send + Sync,
    work: impl Fn(&mut T, Band<'_, S>) + Send + Sync,
) where
    S: Copy + Send + Sync,
{
    let (size, reach) = (height * row_len, radius * row_len);
    let tops = (0..samples.len()).step_by(size);
    let beyond: Vec<_> = tops
        .map(|top| {
            let end = (top + size).min(samples.len());
            let above = samples[top.saturating_sub(reach)..top].to_vec();
            (above, samples[end..samples.len().min(end + reach)].to_vec())
        })
        .collect();
    let bands = samples.par_chunks_mut(size).zip(beyond).enumerate();
    bands.for_each_init(init, |state, (index, (rows, (above, below)))| {
        work(
            state,
            Band {
                top: index * height,
                rows,
                row_len,
                radius,
                above,
                below,
            },
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row becomes the sum of those that its window covers.
    #[test]
    fn what_windows_cover_is_what_was_there() {
        let rows: Vec<u32> = (1..=11).map(|row| row * row).collect();
        for radius in [0, 1, 2, 5, 30] {
            let covered = |row: usize| {
                (row..=row + 2 * radius).map(|at| rows[at.saturating_sub(radius).min(10)])
            };
            let wanted: Vec<u32> = (0..11).map(|row| covered(row).sum()).collect();
            for height in [1, 2, 4, 11, 20] {
                let mut samples: Vec<u32> = rows.iter().flat_map(|row| [*row, row + 1]).collect();
                run(
                    &mut samples,
                    2,
                    (height, radius),
                    Vec::new,
                    |seen, mut band| {
                        assert_eq!(band.covered(radius)[0], rows[band.top]);
                        seen.clear();
                        seen.extend((0..2 * radius).map(|at| band.covered(at)[0]));
                        for row in 0..band.height() {
                            seen.push(band.covered(row + 2 * radius)[0]);
                            band.row_mut(row)[0] = seen[row..].iter().sum();
                        }
                    },
                );
                let found = samples.chunks(2).map(|row| row[0]);
                assert!(found.eq(wanted.iter().copied()), "{radius} {height}");
                assert_eq!(samples[21], 122);
            }
        }
    }
}
