//! Quantised blocks become the data of a scan (ITU-T T.81, F.1.2), with codes that are made for them.
//!
//! That takes two passes. The first makes tokens: what is to be coded with which table, and the bits that follow. They are
//! counted, the codes are made, and the second pass looks them up. A token stands for each coefficient that is not
//! zero, so they take less room than the coefficients would. What does not fit in a fixed room, 64 MiB or the tokens of
//! some 70 megapixels of an ordinary photo, is coded with the codes that were made for the beginning.

use super::super::segments::marker;
use super::optimal::Definition;
use super::order::{IN_ORDER, Order};

/// What is to be coded: a slot of [`Codes`] in the upper half, the bits behind that code in the lower one.
type Token = u32;

/// Tokens that are kept until codes are made for them. Tests have no time for pictures that take more.
const HELD: usize = if cfg!(test) { 1 << 14 } else { 1 << 24 };

/// Bytes of memory that tokens of so many samples may take.
pub(super) fn room(samples: u64) -> u64 {
    let token = size_of::<Token>() as u64;
    samples.min(HELD as u64).saturating_mul(token)
}

/// Room for tokens of a few blocks. One block makes at most 67: each of its coefficients, and three runs of zeros.
const FRESH: usize = 1 << 11;
const BLOCK: usize = 67;

/// Tables: for the first component's DC and AC coefficients, and those of the others.
const TABLES: usize = 4;
const SLOTS: usize = TABLES << 8;

/// The symbols for sixteen zeros, and for nothing but zeros to come.
const ZEROS: u32 = 0xf0;
const END: u32 = 0x00;

/// The code of each slot and room for the bits behind it, below the number of all these bits.
type Codes = [u32; SLOTS];
const CODE_BITS: u32 = 27;

/// Tokens that are coded at once, and the bytes that takes at most.
const AT_ONCE: usize = 1 << 12;
const ROOM: usize = AT_ONCE * CODE_BITS as usize / 8 + 16;

/// The data of a scan, as far as blocks have been given.
#[derive(Debug)]
pub(super) struct Scan {
    file: Vec<u8>,
    components: usize,
    predictions: [i32; 4],
    fresh: [Token; FRESH],
    filled: usize,
    tokens: Vec<Token>,
    counts: [u32; SLOTS],
    codes: Option<Box<Codes>>,
    bits: Bits,
}

impl Scan {
    /// A scan of so many components behind what the file has so far: all but Huffman tables.
    pub(super) fn new(file: Vec<u8>, components: usize) -> Self {
        Self {
            file,
            components,
            predictions: [0; 4],
            fresh: [0; FRESH],
            filled: 0,
            tokens: Vec::new(),
            counts: [0; SLOTS],
            codes: None,
            bits: Bits::default(),
        }
    }

    /// The next block, its coefficients within what 8-bit samples make.
    #[inline(never)]
    pub(super) fn block(&mut self, component: usize, block: &[i16; 64], order: &Order) {
        let tables = if component == 0 { 0 } else { 2 << 8 };
        let dc = i32::from(block[0]);
        let difference = dc - std::mem::replace(&mut self.predictions[component & 3], dc);
        self.make_room();
        self.put(tables, difference);
        let tables = tables + (1 << 8);
        let mut left = order.present(block) & !1;
        let mut next = 1;
        while left != 0 {
            let index = left.trailing_zeros();
            let mut run = index - next;
            while run > 15 {
                self.put(tables + ZEROS, 0);
                run -= 16;
            }
            let value = block[usize::from(order.places[index as usize & 63] & 63)];
            self.put(tables + (run << 4), i32::from(value));
            next = index + 1;
            left &= left - 1;
        }
        if next < 64 {
            self.put(tables + END, 0);
        }
    }

    /// A block outside of the picture: what costs least.
    pub(super) fn filler(&mut self, component: usize) {
        let mut block = [0; 64];
        block[0] = i16::try_from(self.predictions[component & 3]).unwrap_or(0);
        self.block(component, &block, &IN_ORDER);
    }

    #[inline]
    fn make_room(&mut self) {
        if self.filled > FRESH - BLOCK {
            self.keep();
        }
    }

    #[inline(never)]
    fn keep(&mut self) {
        self.tokens.extend_from_slice(&self.fresh[..self.filled]);
        self.filled = 0;
        if self.tokens.len() > HELD {
            self.write_tokens();
        }
    }

    /// A token for a coefficient: its size becomes part of the symbol.
    #[inline]
    fn put(&mut self, slot: u32, value: i32) {
        let token = (slot << 16) + VALUES[value.cast_unsigned() as usize % VALUES.len()];
        self.counts[(token >> 16) as usize % SLOTS] += 1;
        self.fresh[self.filled % FRESH] = token;
        self.filled += 1;
    }

    /// The file with the whole scan.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.tokens.extend_from_slice(&self.fresh[..self.filled]);
        self.filled = 0;
        self.write_tokens();
        let mut room = [0; 16];
        let end = self.bits.put(&mut room, 0, 0x7f, 7);
        stuff(&mut self.file, &room[..end]);
        self.file.extend_from_slice(&[0xff, marker::EOI]);
        self.file
    }

    fn write_tokens(&mut self) {
        let codes = self.codes.take();
        let codes = codes.unwrap_or_else(|| self.define());
        let mut room = [0; ROOM];
        for tokens in self.tokens.chunks(AT_ONCE) {
            let end = self.bits.code(&mut room, tokens, &codes);
            stuff(&mut self.file, &room[..end]);
        }
        self.tokens.clear();
        self.codes = Some(codes);
    }

    /// Makes the codes, and writes them and the head of the scan.
    fn define(&mut self) -> Box<Codes> {
        if self.tokens.len() > HELD {
            // What did not occur yet still may.
            count_all(&mut self.counts);
        }
        let mut codes = Box::new([0; SLOTS]);
        let tables = self
            .counts
            .chunks_exact(256)
            .zip(codes.chunks_exact_mut(256));
        let used = if self.components == 1 { 2 } else { TABLES };
        let mut segment = Vec::new();
        for ((counts, codes), id) in tables.zip([0x00, 0x10, 0x01, 0x11]).take(used) {
            let definition = Definition::fitting(counts);
            segment.push(id);
            segment.extend_from_slice(&definition.lengths);
            segment.extend_from_slice(&definition.symbols);
            for (symbol, code, bits) in definition.codes() {
                let behind = u32::from(symbol & 15);
                codes[usize::from(symbol)] = (bits + behind) << CODE_BITS | code << behind;
            }
        }
        push_segment(&mut self.file, marker::DHT, &segment);
        push_segment(&mut self.file, marker::SOS, &scan_header(self.components));
        codes
    }
}

/// Appends a segment (B.1.1.4).
pub(in crate::codecs::jpeg) fn push_segment(file: &mut Vec<u8>, marker: u8, content: &[u8]) {
    let length = u16::try_from(content.len() + 2).unwrap_or(u16::MAX);
    file.extend_from_slice(&[0xff, marker]);
    file.extend_from_slice(&length.to_be_bytes());
    file.extend_from_slice(content);
}

/// B.2.3.
fn scan_header(components: usize) -> Vec<u8> {
    let ids = (1..).take(components);
    let tables = ids.flat_map(|id: u8| [id, if id == 1 { 0x00 } else { 0x11 }]);
    let number = u8::try_from(components).unwrap_or(u8::MAX);
    std::iter::once(number)
        .chain(tables)
        .chain([0, 63, 0])
        .collect()
}

/// Counts every symbol that 8-bit pictures can need once more (F.1.2.1.2 and F.1.2.2.1).
fn count_all(counts: &mut [u32; SLOTS]) {
    for tables in counts.chunks_exact_mut(512) {
        let (dc, ac) = tables.split_at_mut(256);
        dc[..12].iter_mut().for_each(|count| *count += 1);
        for (symbol, count) in ac.iter_mut().enumerate() {
            if matches!(symbol, 0x00 | 0xf0) || matches!(symbol & 15, 1..=10) {
                *count += 1;
            }
        }
    }
}

/// Less than a byte.
#[derive(Debug, Default)]
struct Bits {
    /// From the top.
    held: u64,
    number: u32,
}

impl Bits {
    /// Codes tokens into the beginning of `room`. Says how many bytes that took.
    fn code(&mut self, room: &mut [u8; ROOM], tokens: &[Token], codes: &Codes) -> usize {
        let mut at = 0;
        let mut pairs = tokens.chunks_exact(2);
        for pair in &mut pairs {
            let (first, some) = look_up(codes, pair[0]);
            let (second, more) = look_up(codes, pair[1]);
            at = self.put(room, at, first << more | second, some + more);
        }
        for token in pairs.remainder() {
            let (bits, number) = look_up(codes, *token);
            at = self.put(room, at, bits, number);
        }
        at
    }

    /// Up to 57 bits more. All that is held is written, but only whole bytes count.
    #[inline]
    fn put(&mut self, room: &mut [u8], at: usize, bits: u64, number: u32) -> usize {
        let total = self.number + number;
        let held = self.held | bits.wrapping_shl(64_u32.wrapping_sub(total));
        if let Some(room) = room.get_mut(at..at + 8) {
            room.copy_from_slice(&held.to_be_bytes());
        }
        self.held = held << (total & 0x38);
        self.number = total & 7;
        at + (total >> 3) as usize
    }
}

/// The code of a token and the bits behind it, and how many these are.
#[inline]
fn look_up(codes: &Codes, token: Token) -> (u64, u32) {
    let code = codes[(token >> 16) as usize % SLOTS];
    let bits = code & ((1 << CODE_BITS) - 1) | token & 0xffff;
    (u64::from(bits), code >> CODE_BITS)
}

/// Appends entropy-coded data: a zero goes behind each 0xff (B.1.1.5).
pub(super) fn stuff(file: &mut Vec<u8>, data: &[u8]) {
    let mut rest = data;
    while let Some(at) = memchr::memchr(0xff, rest) {
        let (some, more) = rest.split_at(at + 1);
        file.extend_from_slice(some);
        file.push(0);
        rest = more;
    }
    file.extend_from_slice(rest);
}

/// The number of a coefficient's bits, in a token's upper half, and these bits (F.1.2.1.1), by the coefficient's lowest bits.
static VALUES: [Token; 4096] = values();

const fn values() -> [Token; 4096] {
    let mut values = [0; 4096];
    let mut value = -2047_i32;
    while value < 2048 {
        let size = 32 - value.unsigned_abs().leading_zeros();
        let bits = (value + (value >> 31)).cast_unsigned() & ((1 << size) - 1);
        values[(value.cast_unsigned() & 4095) as usize] = size << 16 | bits;
        value += 1;
    }
    values
}
