//! Medians by comparisons that do not depend on what is compared: a program of minima and maxima.
//!
//! Columns of a window are sorted, and sorted lists of neighbouring columns merged in pairs, pairs of pairs, and so on. What
//! cannot be the median of any window is dropped on the way. Several rows are made at once: what their windows have in
//! common is merged once, and the rows that only some of them have come to it later. (A. Adams, "Fast median filters using
//! separable sorting networks", ACM Transactions on Graphics 40, 2021.)
//!
//! A value of the program is one for every pixel of a row: the list of two columns at x is made of that of one column at x
//! and that at x + 1. So neighbours share all there is to share along a row, without a word about it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use super::MOST_COMPARED;

/// A value as it is seen from a pixel: that of the pixel so many places to the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Seen {
    /// Where the value is kept.
    pub(super) slot: usize,
    /// Pixels to the right.
    pub(super) right: usize,
}

impl Seen {
    /// The same at its place.
    fn at(self, places: &[usize]) -> Self {
        Self {
            slot: places[self.slot],
            right: self.right,
        }
    }
}

/// The lesser and the greater of two values, as far as anybody asks for them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) of: [Seen; 2],
    /// Where they go.
    pub(super) lesser: Option<usize>,
    pub(super) greater: Option<usize>,
    /// Pixels of it that are needed beyond the last pixel of the result.
    pub(super) beyond: usize,
}

/// What makes the medians of a few rows.
#[derive(Debug)]
pub(super) struct Program {
    /// Rows that it makes at once.
    pub(super) rows: usize,
    pub(super) steps: Vec<Step>,
    /// Values that are kept at the same time. The rows that come in are the first of them.
    pub(super) slots: usize,
    /// Where the results are, one for each row.
    pub(super) results: Vec<Seen>,
}

/// A sorted list of what may still be the median, and how much was dropped before and behind it.
#[derive(Debug, Clone, Default)]
struct List {
    values: Vec<Seen>,
    below: usize,
    above: usize,
}

impl List {
    fn shifted(&self, right: usize) -> Self {
        let shift = |seen: &Seen| Seen {
            slot: seen.slot,
            right: seen.right + right,
        };
        Self {
            values: self.values.iter().map(shift).collect(),
            ..*self
        }
    }

    fn count(&self) -> usize {
        self.below + self.values.len() + self.above
    }

    /// Drops what has more than `half` others below or above it: it is not the median of twice as many and one.
    fn drop_all_but(mut self, half: usize) -> Self {
        let count = self.count();
        let (below, length) = (self.below, self.values.len());
        let first = (count.saturating_sub(half + 1)).saturating_sub(below);
        let end = (half + 1).saturating_sub(below).min(length);
        self.values = self.values[first.min(end)..end].to_vec();
        self.below = below + first.min(end);
        self.above += length - end;
        self
    }
}

/// Writes down what is compared. Values are numbered: those that come in first, then two for each comparison.
#[derive(Debug)]
struct Builder {
    inputs: usize,
    side: usize,
    compared: Vec<[Seen; 2]>,
    known: HashMap<[Seen; 2], usize>,
}

impl Builder {
    fn half(&self) -> usize {
        self.side * self.side / 2
    }

    /// The lesser and the greater.
    fn compare(&mut self, a: Seen, b: Seen) -> (Seen, Seen) {
        let right = a.right.min(b.right);
        let mut of = [a, b].map(|seen| Seen {
            slot: seen.slot,
            right: seen.right - right,
        });
        of.sort_unstable();
        let next = self.compared.len();
        let index = *self.known.entry(of).or_insert(next);
        if index == next {
            self.compared.push(of);
        }
        let slot = self.inputs + 2 * index;
        let greater = slot + 1;
        (
            Seen { slot, right },
            Seen {
                slot: greater,
                right,
            },
        )
    }

    /// Batcher's odd-even merge, of lists of any length (D. E. Knuth, "The Art of Computer Programming" 3, 5.3.4).
    fn merge_values(&mut self, a: &[Seen], b: &[Seen]) -> Vec<Seen> {
        match (a, b) {
            ([], list) | (list, []) => return list.to_vec(),
            (&[a], &[b]) => {
                let (lesser, greater) = self.compare(a, b);
                return vec![lesser, greater];
            }
            _ => {}
        }
        let every_other = |list: &[Seen], from| -> Vec<Seen> {
            list.iter().skip(from).step_by(2).copied().collect()
        };
        let firsts = self.merge_values(&every_other(a, 0), &every_other(b, 0));
        let seconds = self.merge_values(&every_other(a, 1), &every_other(b, 1));
        let mut merged = vec![firsts[0]];
        let mut firsts = firsts[1..].iter().copied();
        let mut seconds = seconds.iter().copied();
        loop {
            match (seconds.next(), firsts.next()) {
                (Some(second), Some(first)) => {
                    let (lesser, greater) = self.compare(second, first);
                    merged.extend([lesser, greater]);
                }
                (None, None) => return merged,
                (one, other) => merged.extend(one.or(other)),
            }
        }
    }

    fn merge(&mut self, a: &List, b: &List) -> List {
        let half = self.half();
        let together = a.count() + b.count();
        if together == self.side * self.side {
            return self.median(a, b);
        }
        List {
            values: self.merge_values(&a.values, &b.values),
            below: a.below + b.below,
            above: a.above + b.above,
        }
        .drop_all_but(half)
    }

    /// The one in the middle of two lists that hold a whole window. However many of `a` are among those up to it, the rest
    /// is of `b`: it is the least, over all shares, of the greatest of both.
    fn median(&mut self, a: &List, b: &List) -> List {
        let rank = self.half() - a.below - b.below;
        let mut least: Option<Seen> = None;
        for of_a in 0..=(rank + 1).min(a.values.len()) {
            let of_b = rank + 1 - of_a;
            if of_b > b.values.len() {
                continue;
            }
            let last_of_a = of_a.checked_sub(1).map(|last| a.values[last]);
            let last_of_b = of_b.checked_sub(1).map(|last| b.values[last]);
            let greatest = match (last_of_a, last_of_b) {
                (Some(a), Some(b)) => Some(self.compare(a, b).1),
                (one, other) => one.or(other),
            };
            least = match (least, greatest) {
                (Some(least), Some(greatest)) => Some(self.compare(least, greatest).0),
                (one, other) => one.or(other),
            };
        }
        List {
            values: least.into_iter().collect(),
            below: self.half(),
            above: self.half(),
        }
    }

    /// The list of `side` columns of these rows.
    fn window(&mut self, rows: Range<usize>) -> List {
        let mut column = self.sorted(rows);
        let (mut width, mut at) = (1, 0);
        let mut window = List::default();
        loop {
            if self.side & width != 0 {
                let shifted = column.shifted(at);
                window = self.merge(&window, &shifted);
                at += width;
            }
            if at == self.side {
                return window;
            }
            let next = column.shifted(width);
            column = self.merge(&column, &next);
            width *= 2;
        }
    }

    /// Sorts a column of these rows.
    fn sorted(&mut self, rows: Range<usize>) -> List {
        let Range { start, end } = rows;
        if end - start == 1 {
            let seen = Seen {
                slot: start,
                right: 0,
            };
            return List {
                values: vec![seen],
                ..List::default()
            };
        }
        let middle = start.midpoint(end);
        let (a, b) = (self.sorted(start..middle), self.sorted(middle..end));
        self.merge(&a, &b)
    }

    /// The medians of these rows, whose windows have the list in common.
    fn medians(&mut self, rows: Range<usize>, common: &List, medians: &mut Vec<Seen>) {
        let Range { start, end } = rows;
        if end - start == 1 {
            medians.extend(&common.values);
            return;
        }
        let middle = start.midpoint(end);
        let above = self.window(middle - 1..end - 1);
        let upper = self.merge(common, &above);
        self.medians(start..middle, &upper, medians);
        let below = self.window(start + self.side..middle + self.side);
        let lower = self.merge(common, &below);
        self.medians(middle..end, &lower, medians);
    }
}

impl Program {
    /// The one for a radius up to [`MOST_COMPARED`], which is written once in the life of a process.
    pub(super) fn of_radius(radius: usize) -> &'static Self {
        static WRITTEN: [OnceLock<Program>; MOST_COMPARED + 1] =
            [const { OnceLock::new() }; MOST_COMPARED + 1];
        WRITTEN[radius].get_or_init(|| Self::new(radius))
    }

    /// Of programs for two rows and for four, the one that takes less work for each.
    fn new(radius: usize) -> Self {
        let [two, four] = [2, 4].map(|rows| Self::of_rows(radius, rows.min(2 * radius)));
        if two.work() * four.rows < four.work() * two.rows {
            two
        } else {
            four
        }
    }

    /// Minima and maxima.
    pub(super) fn work(&self) -> usize {
        let each =
            |step: &Step| usize::from(step.lesser.is_some()) + usize::from(step.greater.is_some());
        self.steps.iter().map(each).sum()
    }

    fn of_rows(radius: usize, rows: usize) -> Self {
        let side = 2 * radius + 1;
        let inputs = side + rows - 1;
        let mut builder = Builder {
            inputs,
            side,
            compared: Vec::new(),
            known: HashMap::new(),
        };
        let common = builder.window(rows - 1..side);
        let mut results = Vec::new();
        builder.medians(0..rows, &common, &mut results);
        Self::placed(&builder, results)
    }

    /// Leaves out what nobody asks for, and finds a place for the rest.
    fn placed(builder: &Builder, mut results: Vec<Seen>) -> Self {
        let inputs = builder.inputs;
        let Uses { beyond, last } = Uses::new(builder, &results);
        let mut places: Vec<usize> = (0..beyond.len()).collect();
        let (mut free, mut slots): (Vec<usize>, usize) = (Vec::new(), inputs);
        let mut steps = Vec::new();
        for (index, of) in builder.compared.iter().enumerate() {
            let value = inputs + 2 * index;
            let Some(needed) = beyond[value].max(beyond[value + 1]) else {
                continue;
            };
            let mut place = |value: usize| {
                beyond[value]?;
                places[value] = free.pop().unwrap_or_else(|| {
                    slots += 1;
                    slots - 1
                });
                Some(places[value])
            };
            let (lesser, greater) = (place(value), place(value + 1));
            steps.push(Step {
                of: of.map(|seen| seen.at(&places)),
                lesser,
                greater,
                beyond: needed,
            });
            let [a, b] = of.map(|seen| seen.slot);
            let once = [Some(a), (a != b).then_some(b)];
            let done = once
                .into_iter()
                .flatten()
                .filter(|slot| last[*slot] == index);
            free.extend(done.map(|slot| places[slot]));
        }
        for result in &mut results {
            *result = result.at(&places);
        }
        Self {
            rows: results.len(),
            steps,
            slots,
            results,
        }
    }
}

/// How values are used.
struct Uses {
    /// How many pixels of each are needed beyond the last one of the results, if any.
    beyond: Vec<Option<usize>>,
    /// The comparison that is the last to ask for it.
    last: Vec<usize>,
}

impl Uses {
    fn new(builder: &Builder, results: &[Seen]) -> Self {
        let inputs = builder.inputs;
        let count = inputs + 2 * builder.compared.len();
        let (mut beyond, mut last) = (vec![None; count], vec![0; count]);
        for result in results {
            beyond[result.slot] = beyond[result.slot].max(Some(result.right));
            last[result.slot] = usize::MAX;
        }
        for (index, of) in builder.compared.iter().enumerate().rev() {
            let lesser = inputs + 2 * index;
            let Some(needed) = beyond[lesser].max(beyond[lesser + 1]) else {
                continue;
            };
            for seen in of {
                beyond[seen.slot] = beyond[seen.slot].max(Some(needed + seen.right));
                last[seen.slot] = last[seen.slot].max(index);
            }
        }
        Self { beyond, last }
    }
}
