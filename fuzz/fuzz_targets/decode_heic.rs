//! See `src/decode.rs`.

#![no_main]

lightmill_fuzz::target!(|data| decode::check(lightmill::codecs::Format::Heic, data));
