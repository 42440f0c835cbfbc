//! See `src/decode.rs`.

#![no_main]

lightmill_fuzz::target!(|data| decode::check(lightmill::codecs::Format::Jp2, data));
