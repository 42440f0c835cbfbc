use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How much of a sandbox a run asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// As much as the system has.
    #[default]
    Auto,
    /// All of it, or the run does not begin.
    Require,
    /// None: for debuggers and tracers.
    Off,
}

impl Policy {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Require, Self::Off];

    /// The word people type for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Require => "require",
            Self::Off => "off",
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A word that names no policy.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is none of `auto`, `require` and `off`")]
pub struct UnknownPolicy(String);

impl FromStr for Policy {
    type Err = UnknownPolicy;

    fn from_str(word: &str) -> Result<Self, UnknownPolicy> {
        let named = Self::ALL.into_iter().find(|policy| policy.word() == word);
        named.ok_or_else(|| UnknownPolicy(word.to_owned()))
    }
}

/// What a worker is held to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Confinement {
    /// How much of a sandbox.
    pub policy: Policy,
    /// How many bytes its pictures may take, decoded and encoded. An output, which is built in memory, cannot be
    /// longer either.
    pub memory: Option<u64>,
}

impl Confinement {
    /// Stands for "no limit" where a worker's arguments have the memory.
    const UNLIMITED: &'static str = "unlimited";

    /// As a worker's arguments: the policy, and the memory in bytes.
    pub fn to_arguments(self) -> [String; 2] {
        let memory = self.memory.map(|bytes| bytes.to_string());
        let memory = memory.unwrap_or_else(|| Self::UNLIMITED.to_owned());
        [self.policy.to_string(), memory]
    }

    /// What [`Self::to_arguments`] wrote; nothing else is understood.
    pub fn from_arguments(policy: &str, memory: &str) -> Option<Self> {
        let memory = match memory {
            Self::UNLIMITED => None,
            bytes => Some(bytes.parse().ok()?),
        };
        let policy = policy.parse().ok()?;
        Some(Self { policy, memory })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_read_back() {
        for policy in Policy::ALL {
            for memory in [None, Some(0), Some(u64::MAX)] {
                let confinement = Confinement { policy, memory };
                let [policy, memory] = confinement.to_arguments();
                let read = Confinement::from_arguments(&policy, &memory);
                assert_eq!(read, Some(confinement));
            }
        }
    }

    #[test]
    fn other_arguments_are_not_guessed_at() {
        let wrong = [
            ("", "1"),
            ("Auto", "1"),
            ("on", "1"),
            ("auto", ""),
            ("auto", "1k"),
            ("off", "-1"),
        ];
        for (policy, memory) in wrong {
            assert_eq!(Confinement::from_arguments(policy, memory), None);
        }
    }

    #[test]
    fn words_in_json_are_the_words_people_type() {
        for policy in Policy::ALL {
            let json = serde_json::to_value(policy).unwrap();
            assert_eq!(json, policy.word());
        }
    }
}
