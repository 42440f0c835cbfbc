#![doc = include_str!("../README.md")]
//!
//! # The layers, in reading order
//!
//! [`Batch`] is the front. Behind it the [`coordinator`] decides, the [`pool`] keeps the workers, the [`store`] publishes;
//! the [`protocol`] is what coordinator and [`worker`] say to each other, and the worker runs the [`pipeline`] over an
//! image with the [`codecs`]. Everything that happens is an [`event`]; the [`report`] layer shows events to eyes and
//! files, and [`cli`] is the command.

pub mod alloc;
mod batch;
pub mod cli;
pub mod codecs;
pub mod color;
pub mod coordinator;
pub mod event;
pub mod failure;
pub mod image;
pub mod job;
pub mod metadata;
pub mod params;
pub mod pipeline;
pub mod pool;
pub mod protocol;
pub mod report;
pub mod sandbox;
pub mod simd;
pub mod store;
pub mod suggest;
pub mod units;
pub mod warning;
pub mod worker;

pub use batch::{Batch, BatchError, SettingsError};
