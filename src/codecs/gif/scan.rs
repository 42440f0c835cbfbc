//! What a file holds, told without decompressing anything (version 89a, sections 15 to 27).

use crate::codecs::frames::Plays;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contents {
    /// Pictures that are there whole.
    pub(super) frames: usize,
    pub(super) plays: Plays,
    /// How far to the right and down the first picture goes.
    pub(super) reach: (u32, u32),
    /// Whether the file ends in a picture.
    pub(super) is_cut: bool,
    /// Whether it ends in something else that had begun.
    pub(super) is_torn: bool,
    /// Which pictures are packed in a way that there is not, and where it says in which.
    pub(super) unpackable: Vec<(usize, usize)>,
}

impl Contents {
    /// Whether there is one picture at the most.
    pub(super) fn is_single(&self) -> bool {
        self.frames + usize::from(self.is_cut) < 2
    }
}

/// Looks at a file, as far as it has `most` pictures.
pub(super) fn scan(bytes: &[u8], most: usize) -> Contents {
    let mut contents = Contents {
        frames: 0,
        plays: Plays::Times(1),
        reach: (0, 0),
        is_cut: false,
        is_torn: false,
        unpackable: Vec::new(),
    };
    let mut at = 13 + bytes.get(10).map_or(0, |packed| colors(*packed));
    while contents.frames < most {
        at = match bytes.get(at) {
            Some(b',') => {
                if contents.frames == 0 {
                    contents.reach = (end(bytes, at + 1), end(bytes, at + 3));
                }
                // Behind the descriptor its colours, and the least length of its codes.
                let colors = bytes.get(at + 9).map_or(0, |packed| colors(*packed));
                let code = at + 10 + colors;
                let Some(end) = behind_blocks(bytes, code + 1) else {
                    contents.is_cut = true;
                    return contents;
                };
                if bytes.get(code).is_none_or(|bits| !CODES.contains(bits)) {
                    contents.unpackable.push((contents.frames, code));
                }
                contents.frames += 1;
                end
            }
            Some(b'!') => {
                if let Some(plays) = plays(bytes.get(at + 1..).unwrap_or_default()) {
                    contents.plays = plays;
                }
                let Some(end) = behind_blocks(bytes, at + 2) else {
                    contents.is_torn = true;
                    return contents;
                };
                end
            }
            Some(_) | None => return contents,
        };
    }
    contents
}

/// Where something ends, from where it begins and, four bytes further on, its length.
fn end(bytes: &[u8], at: usize) -> u32 {
    let number = |at: usize| {
        let two = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
        two.map_or(0, |two| u32::from(u16::from_le_bytes(*two)))
    };
    number(at) + number(at + 4)
}

/// The bits of the first codes of a picture: 2 to 8 (appendix F), and what decoders take as well.
const CODES: std::ops::RangeInclusive<u8> = 1..=11;

/// What Netscape's extension says: how often the frames are played again, or none for ever.
fn plays(extension: &[u8]) -> Option<Plays> {
    let count = extension.strip_prefix(b"\xff\x0bNETSCAPE2.0\x03\x01")?;
    let again = u16::from_le_bytes(*count.first_chunk()?);
    Some(match again {
        0 => Plays::Endless,
        again => Plays::Times(u32::from(again) + 1),
    })
}

/// The length of a table of colours.
const fn colors(packed: u8) -> usize {
    if packed & 0x80 == 0 {
        0
    } else {
        3 << ((packed & 7) + 1)
    }
}

/// What follows on a sequence of blocks; `None` where it has no end.
fn behind_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use ::image::codecs::gif::{GifEncoder, Repeat};
    use ::image::{Frame, RgbaImage};

    use super::*;

    fn file(frames: u8, repeat: Option<Repeat>) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = GifEncoder::new(&mut out);
        if let Some(repeat) = repeat {
            encoder.set_repeat(repeat).unwrap();
        }
        for shade in 0..frames {
            let image = RgbaImage::from_fn(30, 20, |_, _| [shade, 80, 255 - shade, 255].into());
            encoder.encode_frame(Frame::new(image)).unwrap();
        }
        drop(encoder);
        out
    }

    #[test]
    fn frames_and_plays_are_told_without_decoding_them() {
        for (count, repeat, plays) in [
            (1, None, Plays::Times(1)),
            (2, Some(Repeat::Infinite), Plays::Endless),
            (3, Some(Repeat::Finite(4)), Plays::Times(5)),
        ] {
            let contents = scan(&file(count, repeat), 9);
            let expected = Contents {
                frames: count.into(),
                plays,
                reach: (30, 20),
                is_cut: false,
                is_torn: false,
                unpackable: Vec::new(),
            };
            assert_eq!(contents, expected);
        }
        assert_eq!(scan(&file(5, None), 2).frames, 2);
    }

    #[test]
    fn a_file_that_is_cut_has_no_more_frames_than_it_had() {
        let whole = file(3, None);
        let mut cut = 0;
        for length in 0..whole.len() {
            let contents = scan(&whole[..length], 9);
            assert!(contents.frames <= 3);
            cut += usize::from(contents.is_cut);
        }
        assert!(cut > whole.len() / 4);
    }
}
