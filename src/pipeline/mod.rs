//! Bytes to picture, picture to picture, picture to bytes: pure steps over values.

mod alpha;
mod canvas;
mod gaussian;
pub mod geometry;
pub mod ops;
mod point;
mod resample;
