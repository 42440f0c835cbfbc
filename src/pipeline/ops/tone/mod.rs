//! What colours become, pixel by pixel or by how they are spread.

use super::{Cost, OpError, OpInfo, Operation, Value, params};

pub(super) mod brightness;
pub(super) mod contrast;
pub(super) mod exposure;
pub(super) mod grayscale;
pub(super) mod negate;
pub(super) mod posterize;
pub(super) mod saturation;
pub(super) mod sepia;
