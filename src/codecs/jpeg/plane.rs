//! One component of a picture as it is being decoded.
#![expect(
    clippy::inline_always,
    reason = "what is done for each of a million blocks: a call costs more than the work"
)]

/// Samples of one component, whole blocks of them.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    pub(super) samples: Vec<u8>,
    /// Samples in a row.
    pub(super) stride: usize,
    /// Samples of a block's side.
    pub(super) scale: usize,
}

impl Plane {
    /// A plane of so many blocks at so many eighths of their size, gray until something is known of it.
    pub(super) fn new(across: usize, down: usize, scale: usize) -> Self {
        let stride = across * scale;
        Self {
            samples: vec![128; stride * down * scale],
            stride,
            scale,
        }
    }

    /// Puts a block in its place.
    #[inline(always)]
    pub(super) fn put<const N: usize>(&mut self, column: usize, row: usize, block: [[u8; N]; N]) {
        let start = row * N * self.stride + column * N;
        for (y, samples) in block.iter().enumerate() {
            let line = &mut self.samples[start + y * self.stride..][..N];
            line.copy_from_slice(samples);
        }
    }
}
