//! See `src/planes.rs`.

#![no_main]

lightmill_fuzz::target!(|data| planes::check(data));
