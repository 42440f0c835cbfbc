//! What colours become, pixel by pixel or by how they are spread.

use super::{
    Asset, Cost, Image, Layout, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value,
    params,
};

mod adaptive;
pub(super) mod auto_level;
pub(super) mod brightness;
mod channel;
pub(super) mod channel_mix;
pub(super) mod clahe;
pub(super) mod color_matrix;
pub(super) mod contrast;
pub(super) mod curves;
pub(super) mod duotone;
pub(super) mod equalize;
pub(super) mod exposure;
pub(super) mod gamma;
pub(super) mod grayscale;
pub(super) mod hue;
pub(super) mod levels;
pub(super) mod lut;
mod matrix;
pub(super) mod modulate;
pub(super) mod negate;
pub(super) mod normalize;
mod oklab;
pub(super) mod posterize;
pub(super) mod quantize;
pub(super) mod saturation;
pub(super) mod sepia;
mod stretch;
pub(super) mod threshold;
pub(super) mod tint;
pub(super) mod vibrance;
pub(super) mod white_balance;
