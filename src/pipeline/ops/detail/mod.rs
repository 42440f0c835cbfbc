//! What pixels make of their neighbours: blur, sharpness, noise, edges.

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value, params};

pub(super) mod bilateral;
pub(super) mod blur;
pub(super) mod box_blur;
pub(super) mod canny;
pub(super) mod convolve;
pub(super) mod denoise;
pub(super) mod dilate;
pub(super) mod emboss;
pub(super) mod erode;
mod extreme;
pub(super) mod grain;
pub(super) mod high_pass;
pub(super) mod median;
pub(super) mod motion_blur;
pub(super) mod pixelate;
pub(super) mod sharpen;
pub(super) mod smooth;
pub(super) mod sobel;
pub(super) mod vignette;
