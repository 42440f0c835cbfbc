//! Where pixels stand: sizes, turns, edges.

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value, params};

pub(super) mod affine;
pub(super) mod auto_orient;
mod background;
pub(super) mod border;
pub(super) mod crop;
pub(super) mod deskew;
pub(super) mod extend;
pub(super) mod flip;
pub(super) mod flop;
mod moved;
pub(super) mod resize;
pub(super) mod rotate;
pub(super) mod round;
pub(super) mod shave;
pub(super) mod shear;
pub(super) mod straighten;
pub(super) mod trim;
