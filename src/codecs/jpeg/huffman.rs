//! Huffman codes as files define them (ITU-T T.81, annexes C and F.2.2.3), and looking symbols up.

use super::bits::Bits;

/// Bits that are looked up at once.
pub(super) const LOOKUP_BITS: u32 = 12;

/// Entries of a table that is indexed by so many bits.
pub(super) const LOOKUP_LEN: usize = 1 << LOOKUP_BITS;

/// The bits that libjpeg takes for a code that means nothing; the symbol is 0 then.
const NO_CODE: Symbol = Symbol { value: 0, bits: 17 };

/// A symbol, and how many bits its code takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Symbol {
    pub(super) value: u8,
    pub(super) bits: u32,
}

/// A prefix code of at most 16 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Code {
    symbols: Vec<u8>,
    /// The first code that is longer than `n + 1` bits, in 16 bits from the left.
    limits: [u32; 16],
    /// What is to be added to a code of `n + 1` bits to have its symbol's index.
    offsets: [isize; 16],
}

const LENGTHS: [u32; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

impl Code {
    /// The code with so many symbols of each length. `None` where it is no prefix code, and for lengths of differences
    /// that no `dc` code can mean.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8], dc: bool) -> Option<Self> {
        let (mut limits, mut offsets) = ([0; 16], [0; 16]);
        let (mut code, mut index) = (0_u32, 0_u32);
        for (n, count) in counts.iter().enumerate() {
            let bits = n + 1;
            offsets[n] = isize::try_from(index).ok()? - isize::try_from(code).ok()?;
            code += u32::from(*count);
            index += u32::from(*count);
            if code > 1 << bits {
                return None;
            }
            limits[n] = code << (16 - bits);
            code <<= 1;
        }
        let known = symbols.len() <= 256 && !(dc && symbols.iter().any(|symbol| *symbol > 15));
        known.then(|| Self {
            symbols: symbols.to_vec(),
            limits,
            offsets,
        })
    }

    /// The symbol that `word` begins with; bits count from the top.
    pub(super) fn symbol(&self, word: u64) -> Symbol {
        let top = (word >> 48) as u32;
        let Some(n) = self.limits.iter().position(|limit| top < *limit) else {
            return NO_CODE;
        };
        let index = ((top >> (15 - n)) as usize).checked_add_signed(self.offsets[n]);
        let value = index.and_then(|index| self.symbols.get(index));
        value.map_or(NO_CODE, |value| Symbol {
            value: *value,
            bits: LENGTHS[n],
        })
    }

    /// The symbols of all codes that `most` bits may begin with; `None` where the code is longer, or none.
    pub(super) fn short_symbols(&self, most: u32) -> Vec<Option<Symbol>> {
        let mut table = Vec::with_capacity(1 << most);
        for (bits, offset) in (1..=most).zip(self.offsets) {
            let first = table.len() >> (most - bits);
            let end = (self.limits[bits as usize - 1] >> (16 - bits)) as usize;
            for code in first..end {
                let index = code.checked_add_signed(offset);
                let value = index.and_then(|index| self.symbols.get(index));
                let symbol = value.map(|value| Symbol {
                    value: *value,
                    bits,
                });
                table.resize(table.len() + (1 << (most - bits)), symbol);
            }
        }
        table.resize(1 << most, None);
        table
    }
}

/// A code whose symbols are read one at a time.
#[derive(Debug)]
pub(super) struct Lookup<'a> {
    code: &'a Code,
    short: Vec<Option<Symbol>>,
}

impl<'a> Lookup<'a> {
    /// Bits that are looked up: few, since each scan has a code of its own.
    const BITS: u32 = 8;

    pub(super) fn new(code: &'a Code) -> Self {
        Self {
            code,
            short: code.short_symbols(Self::BITS),
        }
    }

    /// Reads a symbol.
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> u8 {
        let word = bits.peek();
        let short = self.short[(word >> (32 - Self::BITS)) as usize];
        let symbol = short.unwrap_or_else(|| self.code.symbol(u64::from(word) << 32));
        bits.pass(symbol.bits);
        symbol.value
    }
}

/// What an AC symbol says: how many zeros, then a coefficient of how many bits. `None` ends the block, as does every
/// symbol without a coefficient but the one for sixteen zeros.
pub(super) const fn run_and_size(symbol: u8) -> Option<(u32, u32)> {
    let (run, size) = (symbol >> 4, symbol & 15);
    if size == 0 && run != 15 {
        None
    } else {
        Some((run as u32, size as u32))
    }
}
