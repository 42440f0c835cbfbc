//! Which vector instructions inner loops use, chosen when the program runs.
//!
//! A loop that is worth it is written once, in plain code that compilers turn into vectors, and run by [`run`]: compiled
//! for what every processor of its architecture has, and once more for what newer ones have. Either does the same
//! arithmetic in the same order, so that every sample comes out the same; only how long it takes differs.

use std::sync::atomic::{AtomicU8, Ordering};

/// What a processor offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// What every processor of its architecture has: 128 bits at once on `x86_64` and `aarch64`.
    Baseline = 1,
    /// `x86-64-v3`: 256 bits at once (AVX2), and more of the instructions that bits are handled with.
    V3 = 2,
}

/// The level in use; 0 while nobody has asked.
static LEVEL: AtomicU8 = AtomicU8::new(0);

impl Level {
    /// The highest that this processor has.
    pub fn detected() -> Self {
        #[cfg(target_arch = "x86_64")]
        if ["avx2", "bmi1", "bmi2", "lzcnt", "movbe", "popcnt"]
            .iter()
            .all(|feature| has(feature))
        {
            return Self::V3;
        }
        Self::Baseline
    }

    /// The one in use: [`Self::detected`], unless another was forced.
    pub fn current() -> Self {
        match LEVEL.load(Ordering::Relaxed) {
            1 => Self::Baseline,
            2 => Self::V3,
            _ => {
                let level = Self::detected();
                LEVEL.store(level as u8, Ordering::Relaxed);
                level
            }
        }
    }

    /// Uses this one from now on, in the whole process: for tests and measurements. Where the processor does not have it, the
    /// highest that it has.
    pub fn force(self) {
        let level = self.min(Self::detected());
        LEVEL.store(level as u8, Ordering::Relaxed);
    }
}

#[cfg(target_arch = "x86_64")]
fn has(feature: &str) -> bool {
    match feature {
        "avx2" => is_x86_feature_detected!("avx2"),
        "bmi1" => is_x86_feature_detected!("bmi1"),
        "bmi2" => is_x86_feature_detected!("bmi2"),
        "lzcnt" => is_x86_feature_detected!("lzcnt"),
        "movbe" => is_x86_feature_detected!("movbe"),
        _ => is_x86_feature_detected!("popcnt"),
    }
}

/// A loop that is compiled for each level. Whatever it calls must be inlined into it: only then is it compiled with it.
pub trait Loop {
    /// What it makes.
    type Output;

    /// Runs it. To be marked `#[inline(always)]`.
    fn run(self) -> Self::Output;
}

/// Runs a loop with the instructions of the level in use.
#[inline]
pub fn run<L: Loop>(work: L) -> L::Output {
    #[cfg(target_arch = "x86_64")]
    {
        #![expect(
            unsafe_code,
            reason = "whether the processor has them only runs can tell"
        )]
        if Level::current() == Level::V3 {
            // SAFETY: that level is in use only where the processor was found to have all of these.
            return unsafe { v3(work) };
        }
    }
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,movbe,popcnt")]
fn v3<L: Loop>(work: L) -> L::Output {
    work.run()
}

/// What `work` makes at the lowest level and at the highest, one after the other. There is one level for the whole process: tests
/// that force one must not do so at the same time.
#[cfg(test)]
pub(crate) fn at_both_levels<R>(mut work: impl FnMut() -> R) -> [R; 2] {
    use std::sync::{Mutex, PoisonError};
    static FORCING: Mutex<()> = Mutex::new(());
    let _alone = FORCING.lock().unwrap_or_else(PoisonError::into_inner);
    let made = [Level::Baseline, Level::V3].map(|level| {
        level.force();
        assert_eq!(Level::current(), level.min(Level::detected()));
        work()
    });
    Level::detected().force();
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sum<'a>(&'a [f32]);

    impl Loop for Sum<'_> {
        type Output = f32;

        fn run(self) -> f32 {
            self.0.iter().sum()
        }
    }

    /// Other tests may run meanwhile: at whichever level, their results are the same.
    #[test]
    fn the_level_can_be_forced_and_changes_no_result() {
        let values: Vec<f32> = (0..1000_u16).map(|n| f32::from(n).sqrt()).collect();
        let sums = at_both_levels(|| run(Sum(&values)));
        assert_eq!(sums[0].to_bits(), sums[1].to_bits());
    }
}
