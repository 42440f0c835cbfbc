//! Bits of entropy-coded data, one symbol after the other, straight from the file (ITU-T T.81, F.2.2.5).

use super::entropy::{Behind, next_marker};

/// The lowest bit of each byte.
const LOWEST: u64 = 0x0101_0101_0101_0101;

/// Reads bits up to a marker; behind it there are zeros, as libjpeg has it.
#[derive(Debug)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    /// What was read, from the highest bit on.
    buffer: u64,
    /// How many bits of it are there; less than none where some were made up.
    count: i32,
    /// Whether data were missing, or a marker.
    cut: bool,
}

impl<'a> Bits<'a> {
    /// The bits from `at` on.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            buffer: 0,
            count: 0,
            cut: false,
        }
    }

    /// Whether there was not all that was read, or no marker where one had to be.
    pub(super) fn is_cut(&self) -> bool {
        self.cut || self.count < 0
    }

    /// The next 32 bits, from the highest on.
    pub(super) fn peek(&mut self) -> u32 {
        if self.count < 32 {
            self.fill();
        }
        (self.buffer >> 32) as u32
    }

    /// Passes over some of the bits that were looked at, at most 32.
    pub(super) fn pass(&mut self, count: u32) {
        self.buffer <<= count;
        self.count -= count.cast_signed();
    }

    /// The next bits as a number, at most 16.
    pub(super) fn take(&mut self, count: u32) -> u32 {
        let bits = self.peek() >> 1 >> (31 - count);
        self.pass(count);
        bits
    }

    /// A number of so many bits, at most 16; those that begin with a zero are negative (F.2.2.1).
    pub(super) fn number(&mut self, count: u32) -> i32 {
        let plain = self.take(count).cast_signed();
        let negative = count > 0 && plain >> (count - 1) == 0;
        if negative {
            plain + 1 - (1 << count)
        } else {
            plain
        }
    }

    fn fill(&mut self) {
        if self.count < 0 {
            return;
        }
        let word = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk);
        let word = word.map_or(u64::MAX, |bytes| u64::from_be_bytes(*bytes));
        // Where none of eight bytes is 0xff, they are data as they stand.
        if (!word).wrapping_sub(LOWEST) & word & (LOWEST << 7) == 0 {
            let bytes = (63 - self.count) / 8;
            self.buffer |= word >> self.count;
            self.count += 8 * bytes;
            // What did not fit whole is read again: its bits are the same.
            self.at += bytes.cast_unsigned() as usize;
            return;
        }
        while self.count <= 56 {
            let byte = match self.bytes.get(self.at..).unwrap_or_default() {
                [0xff, 0, ..] => {
                    self.at += 2;
                    0xff
                }
                [0xff, ..] | [] => return,
                [byte, ..] => {
                    self.at += 1;
                    *byte
                }
            };
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// Goes on behind the restart marker with this number, modulo 8, if it is what comes next.
    pub(super) fn restart(&mut self, number: usize) -> bool {
        let (at, behind) = next_marker(self.bytes, self.at);
        let is_it = matches!(behind, Behind::Restart(found) if usize::from(found) == number % 8);
        if self.is_cut() || !is_it {
            self.cut = true;
            return false;
        }
        *self = Self::new(self.bytes, at);
        true
    }

    /// Where it has come to in the file, within 8 bytes: no further than the marker that comes next.
    pub(super) fn position(&self) -> usize {
        self.at
    }
}
