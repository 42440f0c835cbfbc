use serde::{Deserialize, Serialize};

use super::ProtocolError;
use crate::pipeline::Recipe;

/// The most bytes of a setup that one message carries.
pub const MAX_PART: usize = 48 * 1024;

/// The longest setup that a worker takes, in bytes: files that operations need are part of it.
pub const MAX_SETUP: u64 = 256 << 20;

/// What holds for a whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// What is done to each picture.
    pub recipe: Recipe,
    /// Whether each output must be on the disk itself before it is reported.
    pub durable: bool,
}

/// Some of the bytes of a [`Setup`]: with the files that operations need it is longer than a message may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetupPart {
    /// How many bytes there are to come; after the last part, none.
    pub left: u64,
    /// The bytes that follow those of the part before.
    #[serde(with = "as_bytes")]
    pub bytes: Vec<u8>,
}

/// Bytes are copied at once, and not looked at one by one.
mod as_bytes {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        <&[u8]>::deserialize(deserializer).map(<[u8]>::to_vec)
    }
}

impl Setup {
    /// As a worker puts it together.
    ///
    /// # Errors
    /// It is longer than a worker takes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ProtocolError> {
        let bytes = postcard::to_stdvec(self)?;
        if bytes.len() as u64 > MAX_SETUP {
            return Err(ProtocolError::LongSetup(bytes.len() as u64));
        }
        Ok(bytes)
    }
}

impl SetupPart {
    /// All parts of a setup, in their order; at least one.
    pub fn all(setup: &[u8]) -> impl Iterator<Item = Self> {
        let mut left = setup.len();
        setup.chunks(MAX_PART).map(move |bytes| {
            left -= bytes.len();
            Self {
                left: left as u64,
                bytes: bytes.to_vec(),
            }
        })
    }
}

/// The parts of a setup that have arrived.
#[derive(Debug, Default)]
pub struct Assembly {
    bytes: Vec<u8>,
}

impl Assembly {
    /// Takes the next part; the last one makes a setup of all of them.
    ///
    /// # Errors
    /// They are longer than a setup may be, or make none.
    pub fn add(&mut self, part: &SetupPart) -> Result<Option<Setup>, ProtocolError> {
        let whole = (self.bytes.len() as u64)
            .saturating_add(part.bytes.len() as u64)
            .saturating_add(part.left);
        if whole > MAX_SETUP {
            return Err(ProtocolError::LongSetup(whole));
        }
        if self.bytes.is_empty() {
            self.bytes
                .reserve_exact(usize::try_from(whole).unwrap_or_default());
        }
        self.bytes.extend_from_slice(&part.bytes);
        if part.left > 0 {
            return Ok(None);
        }
        let bytes = std::mem::take(&mut self.bytes);
        match postcard::take_from_bytes(&bytes)? {
            (setup, []) => Ok(Some(setup)),
            _ => Err(postcard::Error::DeserializeBadEncoding.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Command, MAX_MESSAGE, decode, encode};

    fn setup() -> Setup {
        let recipe = Recipe {
            ops: vec!["resize 30".parse().unwrap(); 20_000],
            ..Recipe::default()
        };
        let durable = true;
        Setup { recipe, durable }
    }

    #[test]
    fn parts_fit_into_messages_and_make_the_whole_again() {
        let setup = setup();
        let bytes = setup.to_bytes().unwrap();
        assert!(bytes.len() > 2 * MAX_PART);
        let mut assembly = Assembly::default();
        let mut made = None;
        for part in SetupPart::all(&bytes) {
            assert_eq!(made, None, "the last part completes it, and no other");
            let message = encode(&Command::Setup(part)).unwrap();
            assert!(message.len() < MAX_MESSAGE);
            let Command::Setup(part) = decode(&message).unwrap() else {
                panic!("another command");
            };
            made = assembly.add(&part).unwrap();
        }
        assert_eq!(made, Some(setup));
    }

    #[test]
    fn what_is_too_long_or_nonsense_is_refused() {
        let part = |left, length| SetupPart {
            left,
            bytes: vec![0xFF; length],
        };
        let mut assembly = Assembly::default();
        assert!(assembly.add(&part(MAX_SETUP, 1)).is_err());
        assert!(assembly.add(&part(u64::MAX, 1)).is_err());
        assert!(assembly.add(&part(0, 40)).is_err());
        let mut bytes = setup().to_bytes().unwrap();
        bytes.push(0);
        let mut parts = SetupPart::all(&bytes);
        let mut assembly = Assembly::default();
        assert!(parts.any(|part| assembly.add(&part).is_err()));
    }
}
