//! See `src/template.rs`.

#![no_main]

lightmill_fuzz::target!(|data| template::check(data));
