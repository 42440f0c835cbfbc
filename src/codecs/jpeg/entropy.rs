//! Entropy-coded data as bits: without stuffing, cut at markers (ITU-T T.81, B.1.1.5).

use super::segments::marker;

/// What stands behind a piece of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    /// More of the same.
    More,
    /// A restart marker with this number.
    Restart(u8),
    /// Another marker, or the end of the file.
    End,
}

/// The data of a scan.
#[derive(Debug, Clone)]
pub(super) struct Entropy<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Entropy<'a> {
    /// The data that begin at `at`.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Where the reader stands: at a marker, once one has been met.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Copies data to the beginning of `room` until it is full or a marker comes. Restart markers are passed over, others are
    /// not. Says how many bytes it were.
    pub(super) fn copy(&mut self, room: &mut [u8]) -> (usize, Behind) {
        let mut filled = 0;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let some = &rest[..rest.len().min(room.len() - filled)];
            let plain = memchr::memchr(0xff, some).unwrap_or(some.len());
            room[filled..][..plain].copy_from_slice(&some[..plain]);
            filled += plain;
            self.at += plain;
            if plain == some.len() {
                let behind = if plain == rest.len() {
                    Behind::End
                } else {
                    Behind::More
                };
                return (filled, behind);
            }
            // Any number of 0xff may stand before what they are about.
            let Some(fill) = rest[plain..].iter().position(|byte| *byte != 0xff) else {
                self.at = self.bytes.len();
                return (filled, Behind::End);
            };
            let code = rest[plain + fill];
            match code {
                0 => {
                    room[filled] = 0xff;
                    filled += 1;
                }
                marker::RST0..=marker::RST7 => {
                    self.at += fill + 1;
                    return (filled, Behind::Restart(code - marker::RST0));
                }
                _ => return (filled, Behind::End),
            }
            self.at += fill + 1;
        }
    }
}

/// The marker that comes next: where data go on behind it, if it is one of those that restart; otherwise where it stands.
pub(super) fn next_marker(bytes: &[u8], from: usize) -> (usize, Behind) {
    let mut at = from;
    while let Some(rest) = bytes.get(at..) {
        let Some(start) = memchr::memchr(0xff, rest) else {
            break;
        };
        let Some(fill) = rest[start..].iter().position(|byte| *byte != 0xff) else {
            break;
        };
        let code = rest[start + fill];
        match code {
            0 => at += start + fill + 1,
            marker::RST0..=marker::RST7 => {
                return (at + start + fill + 1, Behind::Restart(code - marker::RST0));
            }
            _ => return (at + start, Behind::End),
        }
    }
    (bytes.len(), Behind::End)
}
