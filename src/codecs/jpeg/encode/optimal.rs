//! Huffman codes made for what they are to code (ITU-T T.81, K.2).

/// The longest code that a file can describe.
const LONGEST: usize = 16;

/// Longer ones than this come only from counts that grow like Fibonacci's numbers up to 2^64.
const DEEPEST: usize = 96;

/// A code as files define it: how many symbols have codes of 1, 2, … bits, and the symbols, those with short codes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) lengths: [u8; LONGEST],
    pub(super) symbols: Vec<u8>,
}

impl Definition {
    /// The best code for symbols that occur so often. Those that don't have none.
    pub(super) fn fitting(counts: &[u32]) -> Self {
        let mut used: Vec<(u32, u8)> = (0..=u8::MAX)
            .zip(counts)
            .filter(|(_, count)| **count > 0)
            .map(|(symbol, count)| (*count, symbol))
            .collect();
        used.sort_unstable();
        let mut numbers = depths(used.iter().map(|(count, _)| u64::from(*count)));
        shorten(&mut numbers);
        let mut lengths = [0; LONGEST];
        for (length, number) in lengths.iter_mut().zip(&numbers[1..]) {
            *length = u8::try_from(*number).unwrap_or(u8::MAX);
        }
        // The code that is all ones must mean nothing: it is one of the longest, and so the one left out.
        if let Some(longest) = lengths.iter_mut().rfind(|length| **length > 0) {
            *longest -= 1;
        }
        let symbols = used.iter().rev().map(|(_, symbol)| *symbol).collect();
        Self { lengths, symbols }
    }

    /// The symbols with their codes and the number of bits of those (C.2).
    pub(super) fn codes(&self) -> impl Iterator<Item = (u8, u32, u32)> {
        let lengths = (1_u32..).zip(&self.lengths);
        let lengths = lengths.flat_map(|(bits, number)| (0..*number).map(move |_| bits));
        let (mut code, mut before) = (0, 0);
        self.symbols.iter().zip(lengths).map(move |(symbol, bits)| {
            code <<= bits - before;
            before = bits;
            code += 1;
            (*symbol, code - 1, bits)
        })
    }
}

/// How many leaves are how deep in the best tree for `counts`, which grow, and one more leaf that never occurs.
///
/// K.2 gives that leaf the count 1. With 0 it is as deep as any, too, and lengthens no code in use.
fn depths(counts: impl Iterator<Item = u64>) -> [u32; DEEPEST] {
    let mut weights: Vec<u64> = std::iter::once(0).chain(counts).collect();
    let leaves = weights.len();
    let mut parents = vec![0; 2 * leaves - 1];
    // What is joined grows as well, so the least are in front of one queue or of the other.
    let (mut leaf, mut joint) = (0, leaves);
    for parent in leaves..2 * leaves - 1 {
        let mut weight = 0;
        for _ in 0..2 {
            let next =
                if joint == weights.len() || (leaf < leaves && weights[leaf] <= weights[joint]) {
                    &mut leaf
                } else {
                    &mut joint
                };
            weight += weights[*next];
            parents[*next] = parent;
            *next += 1;
        }
        weights.push(weight);
    }
    let mut depths = vec![0; 2 * leaves - 1];
    let mut numbers = [0; DEEPEST];
    for node in (0..2 * leaves - 2).rev() {
        depths[node] = depths[parents[node]] + 1;
        if node < leaves {
            numbers[depths[node]] += 1;
        }
    }
    numbers
}

/// Brings codes that are too long to the length that is allowed (figure K.3): of two that differ in the last bit only, one
/// takes the place they branch off at, and the other one goes below a shorter code, together with that code's symbol.
fn shorten(numbers: &mut [u32; DEEPEST]) {
    for length in (LONGEST + 1..DEEPEST).rev() {
        while numbers[length] > 0 {
            let Some(shorter) = (1..length - 1).rfind(|shorter| numbers[*shorter] > 0) else {
                return;
            };
            numbers[length] -= 2;
            numbers[length - 1] += 1;
            numbers[shorter + 1] += 2;
            numbers[shorter] -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_symbols_have_long_codes_and_none_is_all_ones() {
        let code = Definition::fitting(&[5, 0, 1, 1]);
        assert_eq!(code.lengths[..4], [1, 1, 1, 0]);
        let codes: Vec<_> = code.codes().collect();
        assert_eq!(codes, [(0, 0, 1), (3, 0b10, 2), (2, 0b110, 3)]);
    }

    #[test]
    fn a_lone_symbol_has_one_bit() {
        let code = Definition::fitting(&[0, 9]);
        assert_eq!(code.codes().collect::<Vec<_>>(), [(1, 0, 1)]);
    }

    #[test]
    fn codes_are_at_most_sixteen_bits() {
        let mut counts = vec![1_u32, 1];
        for n in 2..46 {
            counts.push(counts[n - 1] + counts[n - 2]);
        }
        let code = Definition::fitting(&counts);
        let number: u32 = code.lengths.iter().map(|number| u32::from(*number)).sum();
        assert_eq!(number, 46);
        let room: u32 = (1..)
            .zip(code.lengths)
            .map(|(bits, n)| u32::from(n) << (16 - bits))
            .sum();
        assert_eq!(room, (1 << 16) - 1, "all but the code of ones");
    }
}
