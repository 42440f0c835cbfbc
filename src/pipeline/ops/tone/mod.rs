//! What colours become, pixel by pixel or by how they are spread.

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value, params};

pub(super) mod brightness;
mod channel;
pub(super) mod channel_mix;
pub(super) mod color_matrix;
pub(super) mod contrast;
pub(super) mod curves;
pub(super) mod duotone;
pub(super) mod exposure;
pub(super) mod gamma;
pub(super) mod grayscale;
pub(super) mod hue;
pub(super) mod levels;
mod matrix;
pub(super) mod modulate;
pub(super) mod negate;
mod oklab;
pub(super) mod posterize;
pub(super) mod saturation;
pub(super) mod sepia;
pub(super) mod tint;
pub(super) mod vibrance;
