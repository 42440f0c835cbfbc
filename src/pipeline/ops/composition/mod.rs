//! What is laid over, under or around the picture.

use super::asset::Made;
use super::{
    Asset, AssetError, Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParamError, ParseOpError,
    Value, ValueError,
};
use crate::params::Params;
use crate::pipeline::length::Length;

pub(super) mod flatten;
mod font;
pub(super) mod frame;
pub(super) mod overlay;
mod picture;
mod place;
pub(super) mod text;
mod words;

pub use font::{Font, FontError};
pub use picture::{Picture, PictureError};
pub use place::Offset;
pub use words::Words;
