//! See `src/ops.rs`.

#![no_main]

lightmill_fuzz::target!(|data| ops::check(data));
