//! See `src/protocol.rs`.

#![no_main]

lightmill_fuzz::target!(|data| protocol::check(data));
