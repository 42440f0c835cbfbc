//! What each target claims, as functions over bytes. A claim that does not hold is a panic, and a panic is a finding.

pub mod decode;
pub mod geometry;
pub mod journal;
pub mod metadata;
pub mod ops;
pub mod panics;
pub mod planes;
pub mod protocol;
pub mod schedule;
pub mod template;

#[doc(hidden)]
pub use libfuzzer_sys::fuzz_target;

/// Makes a target of a claim of this crate.
#[macro_export]
macro_rules! target {
    (|$data:ident| $module:ident::check($($argument:expr),*)) => {
        $crate::fuzz_target!(init: $crate::panics::watch(), |$data: &[u8]| {
            $crate::$module::check($($argument),*)
        });
    };
}
