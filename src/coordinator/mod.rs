//! Decides.
pub mod schedule;
mod shard;
