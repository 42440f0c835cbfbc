//! See `src/schedule.rs`.

#![no_main]

lightmill_fuzz::target!(|data| schedule::check(data));
