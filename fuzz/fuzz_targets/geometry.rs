//! See `src/geometry.rs`.

#![no_main]

lightmill_fuzz::target!(|data| geometry::check(data));
