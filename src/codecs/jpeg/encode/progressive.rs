//! Progressive scans (ITU-T T.81, G): the picture coarsely first, and then bit by bit finer, with codes made for each scan.

use super::optimal::Definition;
use super::scan::{push_segment, stuff};
use super::{Blocks, Frame, marker};

/// A scan: which components, which coefficients, and which of their bits come, the first time down to a place, or later one more.
struct Pass {
    components: &'static [usize],
    from: usize,
    to: usize,
    /// Zero where none came before.
    high: u8,
    low: u8,
}

const fn pass(components: &'static [usize], from: usize, to: usize, high: u8, low: u8) -> Pass {
    Pass {
        components,
        from,
        to,
        high,
        low,
    }
}

/// The order that libjpeg takes (`jcparam.c`, `jpeg_simple_progression`): luma is seen early, chroma as a whole.
static COLOR: [Pass; 10] = [
    pass(&[0, 1, 2], 0, 0, 0, 1),
    pass(&[0], 1, 5, 0, 2),
    pass(&[2], 1, 63, 0, 1),
    pass(&[1], 1, 63, 0, 1),
    pass(&[0], 6, 63, 0, 2),
    pass(&[0], 1, 63, 2, 1),
    pass(&[0, 1, 2], 0, 0, 1, 0),
    pass(&[2], 1, 63, 1, 0),
    pass(&[1], 1, 63, 1, 0),
    pass(&[0], 1, 63, 1, 0),
];
static GRAY: [Pass; 6] = [
    pass(&[0], 0, 0, 0, 1),
    pass(&[0], 1, 5, 0, 2),
    pass(&[0], 6, 63, 0, 2),
    pass(&[0], 1, 63, 2, 1),
    pass(&[0], 0, 0, 1, 0),
    pass(&[0], 1, 63, 1, 0),
];

/// The file, from its beginning up to the frame header.
pub(super) fn finish(mut file: Vec<u8>, frame: Frame, components: &[Blocks]) -> Vec<u8> {
    let passes: &[Pass] = if components.len() == 1 { &GRAY } else { &COLOR };
    for pass in passes {
        write(&mut file, pass, frame, components);
    }
    file.extend_from_slice(&[0xff, marker::EOI]);
    file
}

/// A scan is gone through twice: to count its symbols, and to write them with the codes that are made of that.
fn write(file: &mut Vec<u8>, pass: &Pass, frame: Frame, components: &[Blocks]) {
    let mut counted = Counts([[0; 256]; 2]);
    go_through(pass, frame, components, &mut counted);
    let class = if pass.from == 0 { 0x00 } else { 0x10 };
    let mut tables = Vec::new();
    let mut codes = [[(0, 0); 256]; 2];
    for ((counts, codes), id) in counted.0.iter().zip(&mut codes).zip([class, class | 1]) {
        if counts.iter().all(|count| *count == 0) {
            continue;
        }
        let definition = Definition::fitting(counts);
        tables.push(id);
        tables.extend_from_slice(&definition.lengths);
        tables.extend_from_slice(&definition.symbols);
        for (symbol, code, bits) in definition.codes() {
            codes[usize::from(symbol)] = (code, bits);
        }
    }
    if !tables.is_empty() {
        push_segment(file, marker::DHT, &tables);
    }
    push_segment(file, marker::SOS, &header(pass));
    let mut bits = Bits {
        codes,
        data: Vec::new(),
        held: 0,
        number: 0,
    };
    go_through(pass, frame, components, &mut bits);
    stuff(file, &bits.finish());
}

/// B.2.3. Chroma has the second table for its means; alone, each component has the first.
fn header(pass: &Pass) -> Vec<u8> {
    let byte = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    let mut content = vec![byte(pass.components.len())];
    for component in pass.components {
        content.extend([byte(component + 1), byte(table(pass, *component)) << 4]);
    }
    content.extend([byte(pass.from), byte(pass.to), pass.high << 4 | pass.low]);
    content
}

fn table(pass: &Pass, component: usize) -> usize {
    usize::from(pass.components.len() > 1 && component > 0)
}

/// Takes symbols, and the bits behind them.
trait Sink {
    fn symbol(&mut self, table: usize, symbol: u8);
    fn bits(&mut self, bits: u32, number: u32);
}

fn go_through(pass: &Pass, frame: Frame, components: &[Blocks], sink: &mut dyn Sink) {
    if pass.from == 0 {
        means(pass, frame, components, sink);
        return;
    }
    let [component] = pass.components else { return };
    let (columns, rows) = frame.blocks_of(*component);
    let mut run = Run::default();
    for row in 0..rows {
        for column in 0..columns {
            let block = components[*component].block(column, row);
            let block = block.unwrap_or([0; 64]);
            if pass.high == 0 {
                first(pass, &block, &mut run, sink);
            } else {
                further(pass, &block, &mut run, sink);
            }
        }
    }
    run.end(sink);
}

/// Of means, as of differences in other scans (G.1.2.1).
fn means(pass: &Pass, frame: Frame, components: &[Blocks], sink: &mut dyn Sink) {
    let mut before = [0_i32; 3];
    for unit_row in 0..frame.units_down() {
        frame.each_block(unit_row, |index, place| {
            let block = place.and_then(|(column, row)| components[index].block(column, row));
            if pass.high > 0 {
                let bit = block.map_or(0, |block| block[0] >> pass.low & 1);
                sink.bits(u32::from(bit == 1), 1);
                return;
            }
            // What only fills the last units costs least where it is as what came before.
            let mean = block.map_or(before[index], |block| i32::from(block[0] >> pass.low));
            let difference = mean - std::mem::replace(&mut before[index], mean);
            let size = 32 - difference.unsigned_abs().leading_zeros();
            sink.symbol(table(pass, index), u8::try_from(size).unwrap_or(0));
            let bits = if difference < 0 {
                difference - 1
            } else {
                difference
            };
            sink.bits(bits.cast_unsigned() & ((1 << size) - 1), size);
        });
    }
}

/// Blocks that have nothing more to say, and what is still to be said of their coefficients.
#[derive(Default)]
struct Run {
    blocks: u32,
    corrections: Vec<bool>,
}

/// The longest run that a symbol can say (G.1.2.2), and the corrections that decoders must have room for behind one (libjpeg's).
const LONGEST_RUN: u32 = 0x7fff;
const MOST_CORRECTIONS: usize = 1000 - 63;

impl Run {
    fn add(&mut self, sink: &mut dyn Sink) {
        self.blocks += 1;
        if self.blocks == LONGEST_RUN || self.corrections.len() > MOST_CORRECTIONS {
            self.end(sink);
        }
    }

    fn end(&mut self, sink: &mut dyn Sink) {
        if self.blocks > 0 {
            let size = self.blocks.ilog2();
            sink.symbol(0, u8::try_from(size << 4).unwrap_or(0));
            sink.bits(self.blocks - (1 << size), size);
            self.blocks = 0;
        }
        correct(&mut self.corrections, sink);
    }
}

fn correct(corrections: &mut Vec<bool>, sink: &mut dyn Sink) {
    for bit in corrections.drain(..) {
        sink.bits(bit.into(), 1);
    }
}

const SIXTEEN_ZEROS: u8 = 0xf0;

/// Coefficients for the first time (G.1.2.2).
fn first(pass: &Pass, block: &[i16; 64], run: &mut Run, sink: &mut dyn Sink) {
    let mut zeros = 0_u32;
    for value in &block[pass.from..=pass.to] {
        let size = u32::from(value.unsigned_abs() >> pass.low);
        if size == 0 {
            zeros += 1;
            continue;
        }
        run.end(sink);
        while zeros > 15 {
            sink.symbol(0, SIXTEEN_ZEROS);
            zeros -= 16;
        }
        let number = 32 - size.leading_zeros();
        sink.symbol(0, u8::try_from(zeros << 4 | number).unwrap_or(0));
        let bits = if *value < 0 { !size } else { size };
        sink.bits(bits & ((1 << number) - 1), number);
        zeros = 0;
    }
    if zeros > 0 {
        run.add(sink);
    }
}

/// One more bit of coefficients (G.1.2.3): those that were there get theirs behind the next symbol.
fn further(pass: &Pass, block: &[i16; 64], run: &mut Run, sink: &mut dyn Sink) {
    let band = &block[pass.from..=pass.to];
    let size = |value: &i16| value.unsigned_abs() >> pass.low;
    let last_new = band.iter().rposition(|value| size(value) == 1);
    let mut zeros = 0_u8;
    let mut corrections = Vec::new();
    for (at, value) in band.iter().enumerate() {
        if size(value) == 0 {
            zeros += 1;
            continue;
        }
        while zeros > 15 && last_new.is_some_and(|last| at <= last) {
            run.end(sink);
            sink.symbol(0, SIXTEEN_ZEROS);
            zeros -= 16;
            correct(&mut corrections, sink);
        }
        if size(value) > 1 {
            corrections.push(size(value) & 1 == 1);
            continue;
        }
        run.end(sink);
        sink.symbol(0, zeros << 4 | 1);
        sink.bits(u32::from(*value > 0), 1);
        correct(&mut corrections, sink);
        zeros = 0;
    }
    if zeros > 0 || !corrections.is_empty() {
        run.corrections.append(&mut corrections);
        run.add(sink);
    }
}

/// How often each symbol comes, by table.
struct Counts([[u32; 256]; 2]);

impl Sink for Counts {
    fn symbol(&mut self, table: usize, symbol: u8) {
        self.0[table][usize::from(symbol)] += 1;
    }

    fn bits(&mut self, _: u32, _: u32) {}
}

/// The data of a scan.
struct Bits {
    /// Each symbol's code and how many bits it has, by table.
    codes: [[(u32, u32); 256]; 2],
    data: Vec<u8>,
    /// Less than a byte, in the lowest bits.
    held: u32,
    number: u32,
}

impl Sink for Bits {
    fn symbol(&mut self, table: usize, symbol: u8) {
        let (code, number) = self.codes[table][usize::from(symbol)];
        self.bits(code, number);
    }

    fn bits(&mut self, bits: u32, number: u32) {
        self.held = self.held << number | bits;
        self.number += number;
        while self.number >= 8 {
            self.number -= 8;
            self.data.push((self.held >> self.number & 0xff) as u8);
        }
        self.held &= (1 << self.number) - 1;
    }
}

impl Bits {
    /// Filled up with ones (F.1.2.3).
    fn finish(mut self) -> Vec<u8> {
        if self.number > 0 {
            self.bits(0x7f, 7);
        }
        self.data
    }
}
