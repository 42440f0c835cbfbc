//! See `src/metadata.rs`.

#![no_main]

lightmill_fuzz::target!(|data| metadata::check(data));
