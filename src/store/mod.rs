//! What outlives a run: outputs that are whole or absent, and the journal that lets a killed run go on.

mod home;
mod journal;
mod output;
mod staged;

pub(crate) use home::staging_file;
pub use home::{FOLDER, Home, HomeError};
pub use journal::{Entry, Journal, JournalError, Past, absolute};
pub use output::{OutputError, Publish, Published, Replace, publish, write_whole};
pub(crate) use staged::{open_staged, room};
