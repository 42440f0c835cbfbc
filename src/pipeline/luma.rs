#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

/// Luma of encoded colours (Rec. ITU-R BT.709); exact where the three are equal.
#[inline(always)]
pub(super) fn luma([red, green, blue]: [f32; 3]) -> f32 {
    red + 0.7152 * (green - red) + 0.0722 * (blue - red)
}
