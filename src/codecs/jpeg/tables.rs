//! What is looked up for blocks of one kind, made from a pair of Huffman codes.
//!
//! Making them takes as long as decoding a small picture, and most cameras use the codes of the standard's annex K: so
//! the last few are kept.
#![expect(
    clippy::inline_always,
    reason = "what is done for each of a million blocks: a call costs more than the work"
)]

use std::sync::{Arc, Mutex, PoisonError};

use super::huffman::{Code, LOOKUP_BITS, LOOKUP_LEN, Symbol, run_and_size};

/// All tables of a pair of codes.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) dc_code: Code,
    pub(super) ac_code: Code,
    /// How far the symbols at a block's begin lead that are looked up, and those behind them.
    pub(super) begin: Box<[Step; LOOKUP_LEN]>,
    pub(super) rest: Box<[Step; LOOKUP_LEN]>,
    /// What they say.
    pub(super) numbers: Numbers,
}

/// How many are kept: a file has two at the most, but for a few.
const KEPT: usize = 8;

static LAST: Mutex<Vec<Arc<Tables>>> = Mutex::new(Vec::new());

impl Tables {
    /// The tables of these codes, the last few of which are kept.
    pub(super) fn of(dc: &Code, ac: &Code) -> Arc<Self> {
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        let known = last
            .iter()
            .position(|tables| tables.dc_code == *dc && tables.ac_code == *ac);
        let tables = known.map_or_else(|| Arc::new(Self::new(dc, ac)), |at| last.remove(at));
        last.truncate(KEPT - 1);
        last.insert(0, tables.clone());
        tables
    }

    fn new(dc: &Code, ac: &Code) -> Self {
        let mut begin = Box::new([0; LOOKUP_LEN]);
        let mut rest = Box::new([0; LOOKUP_LEN]);
        fill(&mut *begin, &mut *rest, dc, ac);
        Self {
            begin,
            rest,
            numbers: Numbers::new(dc, ac),
            dc_code: dc.clone(),
            ac_code: ac.clone(),
        }
    }
}

/// An entry for walking: in the lower byte by how much the next coefficient's index grows, and above it a length in bits. Half the size of what would be easier to handle: all tables of a file should stay in the first cache.
pub(super) type Step = u16;

/// Set in the index, or what it grows by, where the block ends by its own symbol.
pub(super) const END: u32 = 1 << 7;

/// The index behind the last coefficient. Set where that was reached: exactly, or because some symbols belong to the next block;
/// or because a symbol could not be looked up.
pub(super) const FULL: u32 = 1 << 6;

/// Where the index stands, or what it grows by.
pub(super) const INDEX: u32 = 0xff;

/// An entry that leads nowhere. The index is such that care is taken, whatever it is added to.
const STUCK: Step = step(0, FULL);

/// Fills a pair of tables.
fn fill(begin: &mut [Step], rest: &mut [Step], dc: &Code, ac: &Code) {
    // How far the symbols lead that the lowest bits of an index hold whole: of 0 bits, of 1, and so on.
    let symbols = ac.short_symbols(LOOKUP_BITS);
    let mut chains: Vec<Vec<Step>> = vec![vec![0]];
    for bits in 1..=LOOKUP_BITS {
        let chain = (0..1_usize << bits).map(|index| {
            let symbol = symbols[index << (LOOKUP_BITS - bits)];
            let Some(symbol) = symbol.filter(|symbol| symbol.bits <= bits) else {
                return 0;
            };
            let Some((run, size)) = run_and_size(symbol.value) else {
                return step(symbol.bits, END);
            };
            let length = symbol.bits + size;
            step(length, run + 1) + further(&chains, index, bits, length, run + 1)
        });
        let chain = chain.collect();
        chains.push(chain);
    }
    for (entry, chain) in rest.iter_mut().zip(&chains[LOOKUP_BITS as usize]) {
        *entry = if *chain == 0 { STUCK } else { *chain };
    }
    let symbols = dc.short_symbols(LOOKUP_BITS);
    for (index, entry) in begin.iter_mut().enumerate() {
        *entry = symbols[index].map_or(STUCK, |symbol| {
            let length = symbol.bits + u32::from(symbol.value);
            step(length, 1) + further(&chains, index, LOOKUP_BITS, length, 1)
        });
    }
}

#[expect(clippy::cast_possible_truncation, reason = "two bytes")]
const fn step(length: u32, growth: u32) -> Step {
    ((length << 8) | growth) as Step
}

/// What follows when the first `length` of the index's bits have been passed, and with them `passed` coefficients:
/// nothing where that would lead over the block's end in any case.
fn further(chains: &[Vec<Step>], index: usize, bits: u32, length: u32, passed: u32) -> Step {
    let Some(left) = bits.checked_sub(length) else {
        return 0;
    };
    let chain = chains[left as usize][index & ((1 << left) - 1)];
    let grown = u32::from(chain) & INDEX & !END;
    if passed + grown < FULL { chain } else { 0 }
}

/// A code and the number behind it: a length in bits, how many coefficients are passed over, a value. What ends a
/// block passes over more than any has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Found(u32);

impl Found {
    #[expect(clippy::cast_sign_loss, reason = "comes back the same")]
    const fn new(bits: u32, run: u32, value: i32) -> Self {
        Self(bits | (run << 8) | ((value as u32) << 16))
    }

    #[inline(always)]
    pub(super) const fn bits(self) -> u32 {
        self.0 & 255
    }

    #[inline(always)]
    pub(super) const fn run(self) -> u32 {
        (self.0 >> 8) & 255
    }

    #[inline(always)]
    pub(super) const fn value(self) -> i16 {
        (self.0 >> 16) as i16
    }
}

/// What an end of block passes over: more than any block has.
const BEYOND: u32 = 64;

/// Looks symbols up, and reads the numbers behind them.
#[derive(Debug)]
pub(super) struct Numbers {
    /// Symbols and numbers that the bits looked up hold whole: those of AC coefficients, then those of DC
    /// coefficients. Others have no length.
    whole: Box<[Found; 2 * LOOKUP_LEN]>,
    /// For the others, the symbols alone.
    symbols: Vec<Option<Symbol>>,
    codes: [Code; 2],
}

impl Numbers {
    fn new(dc: &Code, ac: &Code) -> Self {
        let codes = [ac.clone(), dc.clone()];
        let symbols: Vec<_> = codes
            .iter()
            .flat_map(|code| code.short_symbols(LOOKUP_BITS))
            .collect();
        let mut whole: Box<[Found; 2 * LOOKUP_LEN]> =
            match vec![Found::default(); 2 * LOOKUP_LEN].try_into() {
                Ok(whole) => whole,
                Err(_) => unreachable!("that is its length"),
            };
        for (index, (whole, symbol)) in whole.iter_mut().zip(&symbols).enumerate() {
            let Some(symbol) = symbol else { continue };
            let word = (index as u64) << (64 - LOOKUP_BITS);
            let found = read(word, *symbol, index >= LOOKUP_LEN);
            if found.bits() <= LOOKUP_BITS {
                *whole = found;
            }
        }
        Self {
            whole,
            symbols,
            codes,
        }
    }

    /// What a word begins with.
    #[inline(always)]
    pub(super) fn find(&self, word: u64, dc: bool) -> Found {
        let index = (word >> (64 - LOOKUP_BITS)) as usize | (usize::from(dc) << LOOKUP_BITS);
        let found = self.whole[index];
        if found.bits() == 0 {
            self.find_long(word, index)
        } else {
            found
        }
    }

    #[inline(never)]
    fn find_long(&self, word: u64, index: usize) -> Found {
        let dc = index >= LOOKUP_LEN;
        let symbol =
            self.symbols[index].unwrap_or_else(|| self.codes[usize::from(dc)].symbol(word));
        read(word, symbol, dc)
    }
}

/// A symbol that a word begins with, and the number behind it (ITU-T T.81, F.2.2.1): those that begin with a zero bit
/// are negative.
fn read(word: u64, symbol: Symbol, dc: bool) -> Found {
    let meaning = if dc {
        Some((0, symbol.value.into()))
    } else {
        run_and_size(symbol.value)
    };
    let Some((run, size)) = meaning else {
        return Found::new(symbol.bits, BEYOND, 0);
    };
    let word = word << symbol.bits;
    #[expect(clippy::cast_possible_truncation, reason = "at most 15 bits")]
    let plain = (word >> 1 >> (63 - size)) as i32;
    let negative = size > 0 && word >> 63 == 0;
    let value = if negative {
        plain + 1 - (1 << size)
    } else {
        plain
    };
    Found::new(symbol.bits + size, run, value)
}
