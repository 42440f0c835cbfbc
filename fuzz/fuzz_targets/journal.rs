//! See `src/journal.rs`.

#![no_main]

lightmill_fuzz::target!(|data| journal::check(data));
