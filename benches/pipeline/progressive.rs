//! A progressive JPEG file to read: our encoder writes none.
//!
//! Scans are those of libjpeg's `jpeg_simple_progression` (jcparam.c), which nearly all such files have. They are coded as
//! ITU-T T.81, annex G has it, with Huffman codes as long as Shannon's: a bit longer than need be.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "places in a picture, bits of a file"
)]

use std::array;
use std::f32::consts::PI;

use lightmill::image::Plane;

type Block = [i32; 64];

/// Components, the first and the last coefficient, and the bits left out before and after.
const SCANS: [(&[usize], usize, usize, u8, u8); 10] = [
    (&[0, 1, 2], 0, 0, 0, 1),
    (&[0], 1, 5, 0, 2),
    (&[2], 1, 63, 0, 1),
    (&[1], 1, 63, 0, 1),
    (&[0], 6, 63, 0, 2),
    (&[0], 1, 63, 2, 1),
    (&[0, 1, 2], 0, 0, 1, 0),
    (&[2], 1, 63, 1, 0),
    (&[1], 1, 63, 1, 0),
    (&[0], 1, 63, 1, 0),
];

/// The same picture as a baseline file, whose head says how it is quantised, and its planes, with chroma halved.
pub(crate) fn file(baseline: &[u8], planes: &[Plane]) -> Vec<u8> {
    let frame = baseline.windows(2).position(|two| two == [0xFF, 0xC0]);
    let (head, rest) = baseline.split_at(frame.unwrap());
    let frame_length = 2 + usize::from(u16::from_be_bytes([rest[2], rest[3]]));
    let mut file = head.to_vec();
    file.extend([0xFF, 0xC2]);
    file.extend(&rest[2..frame_length]);
    let steps = steps(head);
    let grids: Vec<Grid> = planes
        .iter()
        .enumerate()
        .map(|(at, plane)| Grid::new(plane, &steps[at.min(1)]))
        .collect();
    for (components, first, last, before, after) in SCANS {
        let mut coder = Coder::default();
        if first > 0 {
            let grid = &grids[components[0]];
            for block in &grid.blocks {
                let band = block[first..=last]
                    .iter()
                    .map(|value| Value::new(*value, after));
                if before == 0 {
                    coder.begin(band);
                } else {
                    coder.refine(&band.collect::<Vec<_>>());
                }
            }
            coder.end_run();
        } else {
            means(&grids, before == 0, after, &mut coder);
        }
        let class = u8::from(first > 0) << 4;
        coder.finish(class, &mut file);
        let count = components.len() as u8;
        file.extend([0xFF, 0xDA, 0, 6 + 2 * count, count]);
        for component in components {
            file.extend([*component as u8 + 1, 0]);
        }
        file.extend([first as u8, last as u8, before << 4 | after]);
        coder.write(&mut file);
    }
    file.extend([0xFF, 0xD9]);
    file
}

/// What coefficients are divided by, in zigzag order: for luma, and for chroma.
fn steps(head: &[u8]) -> [[f32; 64]; 2] {
    let mut steps = [[1.0; 64]; 2];
    let mut at = 2;
    while at < head.len() {
        let length = usize::from(u16::from_be_bytes([head[at + 2], head[at + 3]]));
        if head[at + 1] == 0xDB {
            for table in head[at + 4..at + 2 + length].chunks_exact(65) {
                steps[usize::from(table[0])] = array::from_fn(|n| table[n + 1].into());
            }
        }
        at += 2 + length;
    }
    steps
}

/// The quantised coefficients of a component, in zigzag order.
struct Grid {
    across: usize,
    blocks: Vec<Block>,
}

impl Grid {
    /// What is beyond the picture repeats its edge.
    fn new(plane: &Plane, steps: &[f32; 64]) -> Self {
        let waves: [[f32; 8]; 8] = array::from_fn(|wave| array::from_fn(|at| cosine(wave, at)));
        let (width, height) = (plane.columns(), plane.rows());
        let (across, down) = (width.div_ceil(8), height.div_ceil(8));
        let mut blocks = Vec::with_capacity(across * down);
        for (row, column) in (0..down).flat_map(|row| (0..across).map(move |column| (row, column)))
        {
            let samples: [[f32; 8]; 8] = array::from_fn(|y| {
                let line = (8 * row + y).min(height - 1) * plane.stride;
                array::from_fn(|x| {
                    f32::from(plane.samples[line + (8 * column + x).min(width - 1)]) - 128.0
                })
            });
            blocks.push(transformed(&samples, &waves, steps));
        }
        Self { across, blocks }
    }

    fn mean(&self, row: usize, column: usize) -> i32 {
        self.blocks[row * self.across + column][0]
    }
}

/// A sample of one of the waves (ITU-T T.81, A.3.3).
fn cosine(wave: usize, at: usize) -> f32 {
    let scale = if wave == 0 { 0.5_f32.sqrt() } else { 1.0 };
    scale / 2.0 * ((2 * at + 1) as f32 * wave as f32 * PI / 16.0).cos()
}

fn transformed(samples: &[[f32; 8]; 8], waves: &[[f32; 8]; 8], steps: &[f32; 64]) -> Block {
    let dot = |a: &[f32; 8], b: &[f32; 8]| -> f32 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    // Waves along each row, in columns; then down each of these.
    let rows: [[f32; 8]; 8] = waves.map(|wave| samples.map(|row| dot(&row, &wave)));
    let zigzag = zigzag();
    array::from_fn(|n| {
        let (v, u) = zigzag[n];
        (dot(&rows[u], &waves[v]) / steps[n]).round() as i32
    })
}

/// Row and column of each coefficient: up one diagonal, and down the next.
fn zigzag() -> [(usize, usize); 64] {
    let mut order: [(usize, usize); 64] = array::from_fn(|n| (n / 8, n % 8));
    order.sort_by_key(|(v, u)| (v + u, if (v + u) % 2 == 0 { *u } else { *v }));
    order
}

/// The first coefficients of all blocks, in units of four blocks of luma and one of each chroma (A.2.3).
fn means(grids: &[Grid], first: bool, after: u8, coder: &mut Coder) {
    let chroma = &grids[1];
    let mut last = [0; 3];
    for unit in 0..chroma.blocks.len() {
        let (row, column) = (unit / chroma.across, unit % chroma.across);
        let luma = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(y, x)| {
            let place = (2 * row + y, 2 * column + x);
            let is_there =
                place.1 < grids[0].across && place.0 * grids[0].across < grids[0].blocks.len();
            (0, is_there.then_some(place))
        });
        let others = [1, 2].map(|component| (component, Some((row, column))));
        for (component, place) in luma.into_iter().chain(others) {
            let mean = place.map_or(last[component] << after, |(row, column)| {
                grids[component].mean(row, column)
            });
            // Negative ones are rounded down (G.1.2.1).
            let value = mean >> after;
            if first {
                let difference = Value::new(value - last[component], 0);
                coder.symbol(difference.size(), difference.bits(), difference.size());
                last[component] = value;
            } else {
                coder.bits(value as u32 & 1, 1);
            }
        }
    }
}

/// A coefficient without its last bits.
#[derive(Clone, Copy)]
struct Value {
    magnitude: u32,
    negative: bool,
}

impl Value {
    fn new(value: i32, left_out: u8) -> Self {
        Self {
            magnitude: value.unsigned_abs() >> left_out,
            negative: value < 0,
        }
    }

    fn size(self) -> u8 {
        (32 - self.magnitude.leading_zeros()) as u8
    }

    /// As many as its size says (F.1.2.1).
    fn bits(self) -> u32 {
        if self.negative {
            !self.magnitude & ((1 << self.size()) - 1)
        } else {
            self.magnitude
        }
    }
}

/// A symbol, if there is one, and the bits behind it.
struct Token {
    symbol: Option<u8>,
    bits: u32,
    count: u8,
}

/// The data of a scan.
#[derive(Default)]
struct Coder {
    tokens: Vec<Token>,
    /// Blocks that have ended and have not been told of, and the corrections in them.
    run: u32,
    corrections: Vec<bool>,
    /// Length and code of each symbol.
    codes: Vec<(u8, u32)>,
}

impl Coder {
    fn symbol(&mut self, symbol: u8, bits: u32, count: u8) {
        let symbol = Some(symbol);
        self.tokens.push(Token {
            symbol,
            bits,
            count,
        });
    }

    fn bits(&mut self, bits: u32, count: u8) {
        let symbol = None;
        self.tokens.push(Token {
            symbol,
            bits,
            count,
        });
    }

    /// The first bits of a band (G.1.2.2).
    fn begin(&mut self, band: impl Iterator<Item = Value>) {
        let mut zeros = 0;
        for value in band {
            if value.magnitude == 0 {
                zeros += 1;
                continue;
            }
            self.end_run();
            for _ in 0..zeros / 16 {
                self.symbol(0xF0, 0, 0);
            }
            let size = value.size();
            self.symbol((zeros % 16) << 4 | size, value.bits(), size);
            zeros = 0;
        }
        if zeros > 0 {
            self.run_on();
        }
    }

    /// One more bit of a band (G.1.2.3).
    fn refine(&mut self, band: &[Value]) {
        let last_new = band.iter().rposition(|value| value.magnitude == 1);
        let mut corrections = Vec::new();
        let mut zeros = 0;
        for (at, value) in band.iter().enumerate() {
            if value.magnitude == 0 {
                zeros += 1;
                continue;
            }
            while zeros > 15 && last_new.is_some_and(|last| at <= last) {
                self.end_run();
                self.symbol(0xF0, 0, 0);
                self.correct(&mut corrections);
                zeros -= 16;
            }
            if value.magnitude > 1 {
                corrections.push(value.magnitude & 1 == 1);
                continue;
            }
            self.end_run();
            self.symbol(zeros << 4 | 1, u32::from(!value.negative), 1);
            self.correct(&mut corrections);
            zeros = 0;
        }
        if zeros > 0 || !corrections.is_empty() {
            self.corrections.append(&mut corrections);
            self.run_on();
        }
    }

    fn correct(&mut self, corrections: &mut Vec<bool>) {
        for bit in corrections.drain(..) {
            self.bits(bit.into(), 1);
        }
    }

    fn run_on(&mut self) {
        self.run += 1;
        if self.run == 0x7FFF {
            self.end_run();
        }
    }

    fn end_run(&mut self) {
        if self.run > 0 {
            let size = self.run.ilog2() as u8;
            self.symbol(size << 4, self.run - (1 << size), size);
            self.run = 0;
        }
        let mut corrections = std::mem::take(&mut self.corrections);
        self.correct(&mut corrections);
    }

    /// Makes codes for the symbols, and writes them as a table (B.2.4.2): none where there are no symbols.
    fn finish(&mut self, class: u8, file: &mut Vec<u8>) {
        let mut counts = [0_u32; 256];
        for symbol in self.tokens.iter().filter_map(|token| token.symbol) {
            counts[usize::from(symbol)] += 1;
        }
        let total: u32 = counts.iter().sum();
        // Rare ones count for more, so that no code is longer than 16 bits, and one code of ones only is left over.
        let floor = total / 30_000 + 1;
        let sum: u32 = counts
            .iter()
            .filter(|count| **count > 0)
            .map(|count| count + floor)
            .sum::<u32>()
            + floor;
        let mut symbols: Vec<(u8, u8)> = (0..=255_u8)
            .filter(|symbol| counts[usize::from(*symbol)] > 0)
            .map(|symbol| {
                let ratio = f64::from(sum) / f64::from(counts[usize::from(symbol)] + floor);
                ((ratio.log2().ceil() as u8).max(1), symbol)
            })
            .collect();
        if symbols.is_empty() {
            return;
        }
        symbols.sort_unstable();
        self.codes = vec![(0, 0); 256];
        let (mut code, mut last) = (0, 0);
        for (length, symbol) in &symbols {
            code <<= length - last;
            self.codes[usize::from(*symbol)] = (*length, code);
            (code, last) = (code + 1, *length);
        }
        file.extend([0xFF, 0xC4]);
        file.extend((19 + symbols.len() as u16).to_be_bytes());
        file.push(class);
        file.extend((1..=16).map(|wanted| {
            symbols
                .iter()
                .filter(|(length, _)| *length == wanted)
                .count() as u8
        }));
        file.extend(symbols.iter().map(|(_, symbol)| symbol));
    }

    fn write(&self, file: &mut Vec<u8>) {
        let (mut waiting, mut count) = (0_u64, 0);
        let mut put = |bits: u32, length: u8| {
            waiting = waiting << length | u64::from(bits);
            count += length;
            while count >= 8 {
                count -= 8;
                let byte = (waiting >> count) as u8;
                file.push(byte);
                if byte == 0xFF {
                    file.push(0);
                }
            }
        };
        for token in &self.tokens {
            if let Some(symbol) = token.symbol {
                let (length, code) = self.codes[usize::from(symbol)];
                put(code, length);
            }
            put(token.bits, token.count);
        }
        put(0x7F, 7);
    }
}
