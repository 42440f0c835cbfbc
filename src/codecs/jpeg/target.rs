//! One component of a picture as it is being decoded: to samples, or to coefficients that are written again.
#![expect(
    clippy::inline_always,
    reason = "what is done for each of a million blocks: a call costs more than the work"
)]

use super::segments::Steps;

/// What is made of a component.
#[derive(Debug, Clone)]
pub(super) enum Target {
    Samples(Plane),
    Coefficients(Grid),
}

impl Target {
    /// Whether places in it can be told in 31 bits.
    pub(super) fn fits(&self) -> bool {
        let length = match self {
            Self::Samples(plane) => plane.samples.len(),
            Self::Coefficients(grid) => grid.blocks.len(),
        };
        length < 1 << 31
    }

    /// From block to block, and from row to row of blocks.
    pub(super) fn steps(&self) -> (usize, usize) {
        match self {
            Self::Samples(plane) => (plane.scale.0, plane.scale.1 * plane.stride),
            Self::Coefficients(grid) => (1, grid.across),
        }
    }

    /// The place of a block: of its first sample, or its own.
    pub(super) fn place(&self, column: usize, row: usize) -> usize {
        let (right, below) = self.steps();
        column * right + row * below
    }

    /// Makes samples gray again: nothing is known of the rows that are to come. Coefficients stay.
    pub(super) fn clear(&mut self) {
        if let Self::Samples(plane) = self {
            plane.samples.fill(GRAY);
        }
    }

    /// Puts a block in its place, if samples are made.
    #[inline(always)]
    pub(super) fn put<const W: usize, const H: usize>(
        &mut self,
        start: usize,
        block: [[u8; W]; H],
    ) {
        if let Self::Samples(plane) = self {
            plane.put(start, block);
        }
    }
}

/// Quantised coefficients of one component, blocks in zigzag order.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    pub(super) blocks: Vec<[i16; 64]>,
    /// Blocks in a row.
    pub(super) across: usize,
    /// What they were divided by, in zigzag order.
    pub(super) steps: Steps,
}

impl Grid {
    /// A grid of so many blocks, gray until something is known of it.
    pub(super) fn new(across: usize, down: usize, steps: Steps) -> Self {
        Self {
            blocks: vec![[0; 64]; across * down],
            across,
            steps,
        }
    }
}

/// What a sample is of which nothing is known, as in libjpeg.
pub(super) const GRAY: u8 = 128;

/// Samples of one component, whole blocks of them.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    pub(super) samples: Vec<u8>,
    /// Samples in a row.
    pub(super) stride: usize,
    /// Samples across and down in a block.
    pub(super) scale: (usize, usize),
}

impl Plane {
    /// A plane of so many blocks at so many eighths of their size, gray until something is known of it.
    pub(super) fn new(across: usize, down: usize, scale: (usize, usize)) -> Self {
        let stride = across * scale.0;
        Self {
            samples: vec![GRAY; stride * down * scale.1],
            stride,
            scale,
        }
    }

    /// Puts a block in its place: that of its first sample.
    #[inline(always)]
    pub(super) fn put<const W: usize, const H: usize>(
        &mut self,
        start: usize,
        block: [[u8; W]; H],
    ) {
        for (y, samples) in block.iter().enumerate() {
            let line = &mut self.samples[start + y * self.stride..][..W];
            line.copy_from_slice(samples);
        }
    }
}
