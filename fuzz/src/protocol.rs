//! What a worker may say, and what it is told.

use std::fmt::Debug;

use lightmill::protocol::{Command, Reply, decode, encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Any bytes are refused, or are a message; a message can be sent on, and arrives as it was.
pub fn check(data: &[u8]) {
    carries::<Reply>(data);
    carries::<Command>(data);
}

fn carries<T: Serialize + DeserializeOwned + Debug>(data: &[u8]) {
    let Ok(message) = decode::<T>(data) else {
        return;
    };
    let sent = encode(&message).expect("what was received can be sent");
    let arrived: T = decode(&sent).expect("what was sent is received");
    // Compared as bytes: a message may hold numbers that do not equal themselves.
    let again = encode(&arrived).expect("what was received can be sent");
    assert_eq!(sent, again, "{message:?}");
}
