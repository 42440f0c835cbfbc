//! Bytes to picture, picture to picture, picture to bytes: pure steps over values.

pub mod geometry;
pub mod ops;
