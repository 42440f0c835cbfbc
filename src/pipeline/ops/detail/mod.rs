//! What pixels make of their neighbours: blur, sharpness, noise, edges.

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};

pub(super) mod blur;
pub(super) mod median;
pub(super) mod sharpen;
