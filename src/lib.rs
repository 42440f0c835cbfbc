//! lightmill
pub mod image;
pub mod pipeline;
pub mod suggest;
