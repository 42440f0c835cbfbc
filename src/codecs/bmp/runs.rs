//! Pixels as runs (`BI_RLE4` and `BI_RLE8` of Windows, and OS/2's for 24 bits). What no run reaches is of the first colour.

use super::header::Header;
use crate::warning::Damage;

/// Where the next pixel goes, counted from the first row that is stored.
struct Canvas {
    pixels: Vec<u8>,
    width: usize,
    height: usize,
    /// Bytes of a pixel.
    bytes: usize,
    x: usize,
    y: usize,
    overrun: bool,
}

impl Canvas {
    fn put(&mut self, pixel: &[u8]) {
        if self.x < self.width && self.y < self.height {
            let at = (self.y * self.width + self.x) * self.bytes;
            self.pixels[at..at + self.bytes].copy_from_slice(pixel);
            self.x += 1;
        } else {
            self.overrun = true;
        }
    }

    fn skip(&mut self, right: u8, down: u8) {
        self.x += usize::from(right);
        self.y += usize::from(down);
        self.overrun |= self.x > self.width || self.y > self.height;
    }
}

/// Indices, or blue, green and red, of each pixel from above; and what is wrong with them.
pub(super) fn read(header: &Header<'_>, bits: u32) -> (Vec<u8>, Option<Damage>) {
    let (width, height) = (header.size.width as usize, header.size.height as usize);
    let bytes = if bits == 24 { 3 } else { 1 };
    let mut canvas = Canvas {
        pixels: vec![0; width * height * bytes],
        width,
        height,
        bytes,
        x: 0,
        y: 0,
        overrun: false,
    };
    let ended = follow(header.pixels, bits, &mut canvas).is_some();
    let damage = match (canvas.overrun, ended) {
        (true, _) => Some(Damage::Corrupt),
        (false, true) => None,
        // Some writers leave the end out.
        (false, false) if canvas.y + 1 >= height && canvas.x >= width || canvas.y >= height => None,
        (false, false) => Some(Damage::Truncated),
    };
    let row = width * bytes;
    if !header.top_down {
        let (mut low, mut high) = (0, height - 1);
        while low < high {
            let (before, after) = canvas.pixels.split_at_mut(high * row);
            before[low * row..][..row].swap_with_slice(&mut after[..row]);
            (low, high) = (low + 1, high - 1);
        }
    }
    (canvas.pixels, damage)
}

/// `None` where the data end before they say so.
fn follow(mut data: &[u8], bits: u32, canvas: &mut Canvas) -> Option<()> {
    while canvas.y < canvas.height {
        let ([count, value], rest) = data.split_first_chunk()?;
        data = match (*count, *value) {
            (0, 0) => {
                (canvas.x, canvas.y) = (0, canvas.y + 1);
                rest
            }
            (0, 1) => return Some(()),
            (0, 2) => {
                let ([right, down], rest) = rest.split_first_chunk()?;
                canvas.skip(*right, *down);
                rest
            }
            (0, count) => literal(rest, bits, count, canvas)?,
            (count, _) => run(&data[1..], bits, count, canvas)?,
        };
    }
    None
}

/// Pixels one by one, filled up to an even number of bytes. Says what follows on them.
fn literal<'a>(data: &'a [u8], bits: u32, count: u8, canvas: &mut Canvas) -> Option<&'a [u8]> {
    let length = (usize::from(count) * bits as usize).div_ceil(8);
    let whole = data.get(..length)?;
    match bits {
        4 => {
            let pixels = whole.iter().flat_map(|byte| [byte >> 4, byte & 15]);
            pixels
                .take(count.into())
                .for_each(|pixel| canvas.put(&[pixel]));
        }
        bits => {
            let pixels = whole.chunks_exact(bits as usize / 8);
            pixels.for_each(|pixel| canvas.put(pixel));
        }
    }
    data.get(length.next_multiple_of(2)..)
}

/// One pixel, or two that take turns, so many times. Says what follows on it.
fn run<'a>(data: &'a [u8], bits: u32, count: u8, canvas: &mut Canvas) -> Option<&'a [u8]> {
    let (pixel, rest) = data.split_at_checked(canvas.bytes)?;
    for at in 0..count {
        match bits {
            4 => canvas.put(&[if at % 2 == 0 {
                pixel[0] >> 4
            } else {
                pixel[0] & 15
            }]),
            _ => canvas.put(pixel),
        }
    }
    Some(rest)
}
