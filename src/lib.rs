//! lightmill
mod batch;
pub mod cli;
pub mod codecs;
pub mod coordinator;
pub mod event;
pub mod failure;
pub mod image;
pub mod job;
pub mod pipeline;
pub mod pool;
pub mod protocol;
pub mod report;
pub mod sandbox;
pub mod store;
pub mod suggest;
pub mod worker;

pub use batch::{Batch, BatchError, SettingsError};
