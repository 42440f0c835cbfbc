//! Files that operations need beside the picture: a logo, a font, a table of colours.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

/// The longest file that is taken along, in bytes: each worker has a copy. See also `protocol::MAX_SETUP`.
const LONGEST: u64 = 64 << 20;

/// A file that an operation needs. It is read when the operation is, so that workers, which can open nothing, have it
/// with them, and so that one that is missing is known before the run begins.
#[derive(Clone, PartialEq, Eq)]
pub struct Asset {
    path: String,
    bytes: Arc<[u8]>,
}

/// A file that cannot be taken along.
#[derive(Debug, thiserror::Error)]
pub enum AssetError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is longer than makes sense.
    #[error("{0} is longer than {limit} MiB", limit = LONGEST >> 20)]
    TooLong(PathBuf),
}

impl Asset {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// It cannot be read, or is longer than 64 MiB.
    pub fn read(path: &str) -> Result<Self, AssetError> {
        let failed = |source| AssetError::Read {
            path: path.into(),
            source,
        };
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
            .map_err(failed)?;
        if bytes.len() as u64 > LONGEST {
            return Err(AssetError::TooLong(path.into()));
        }
        Ok(Self {
            path: path.to_owned(),
            bytes: bytes.into(),
        })
    }

    /// Where it was read.
    pub fn path(&self) -> &Path {
        Path::new(&self.path)
    }

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl FromStr for Asset {
    type Err = AssetError;

    fn from_str(path: &str) -> Result<Self, AssetError> {
        Self::read(path)
    }
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

impl fmt::Debug for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Asset({}, {} bytes)", self.path, self.bytes.len())
    }
}

impl AsRef<[u8]> for Asset {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// What is made of a file, once in a process: copies share it. It follows from the file, and says nothing of its own.
#[derive(Debug, Clone)]
pub(super) struct Made<T>(Arc<OnceLock<T>>);

impl<T> Default for Made<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> PartialEq for Made<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Made<T> {
    /// What there is, or is made now.
    pub(super) fn get_or_make(&self, make: impl FnOnce() -> T) -> &T {
        self.0.get_or_init(make)
    }
}

/// What tells a file from others, for people and their files; only workers get what is in it.
#[derive(Serialize, Deserialize)]
struct Named {
    path: String,
    length: usize,
    crc: u32,
}

impl Serialize for Asset {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            let named = Named {
                path: self.path.clone(),
                length: self.bytes.len(),
                crc: crc32fast::hash(&self.bytes),
            };
            return named.serialize(serializer);
        }
        (&self.path, &*self.bytes).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Asset {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let Named { path, length, crc } = Named::deserialize(deserializer)?;
            let asset = Self::read(&path).map_err(serde::de::Error::custom)?;
            if asset.bytes.len() != length || crc32fast::hash(&asset.bytes) != crc {
                return Err(serde::de::Error::custom(format!("{path} has changed")));
            }
            return Ok(asset);
        }
        // Lent, so that they are copied at once and not one by one.
        let (path, bytes) = <(String, &[u8])>::deserialize(deserializer)?;
        Ok(Self {
            path,
            bytes: bytes.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sample_images/tiny.png");

    #[test]
    fn bytes_cross_to_workers_and_people_see_the_name() {
        let asset: Asset = FILE.parse().unwrap();
        assert!(asset.bytes().starts_with(b"\x89PNG"));
        let crossed = postcard::to_stdvec(&asset).unwrap();
        assert_eq!(postcard::from_bytes::<Asset>(&crossed).unwrap(), asset);
        let shown = serde_json::to_string(&asset).unwrap();
        assert!(shown.len() < 300 && shown.contains("tiny.png"), "{shown}");
        assert_eq!(serde_json::from_str::<Asset>(&shown).unwrap(), asset);
        let other = shown.replace("\"crc\":", "\"crc\":1");
        assert!(serde_json::from_str::<Asset>(&other).is_err());
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = "no/such/logo.png".parse::<Asset>().unwrap_err();
        assert!(error.to_string().contains("no/such/logo.png"), "{error}");
    }
}
