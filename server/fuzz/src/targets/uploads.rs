//! The state of an upload between two requests.

use berth_storage::{HashState, Hasher};
use berth_types::Algorithm;

use super::text;

/// Any bytes as a recorded state: refused, or a hash that goes on and says where it stands.
pub(super) fn state(input: &[u8]) {
    if let Some(text) = text(input)
        && let Ok(id) = text.parse::<uuid::Uuid>()
    {
        // The id of an upload is the name of a file.
        assert!(id.to_string().bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'));
    }
    let Some(state) = HashState::from_bytes(input) else { return };
    assert_eq!(state.as_bytes(), input);
    let resumed = state.resume();
    assert!(resumed.is_some(), "what was taken can be resumed");
    let Some(mut hasher) = resumed else { return };
    assert_eq!(hasher.length(), state.length());
    let recorded = HashState::from_bytes(hasher.state().as_bytes()).and_then(|state| state.resume());
    assert_eq!(recorded.map(Hasher::digest), Some(hasher.clone().digest()));
    let before = hasher.length();
    hasher.update(b"more");
    assert_eq!(hasher.length(), before + 4);
    hasher.digest();
}

/// A blob that comes in pieces, each in a request of its own, has the hash of the whole.
pub(super) fn upload(input: &[u8]) {
    let Some((first, mut rest)) = input.split_first() else { return };
    let algorithm = if first % 2 == 0 { Algorithm::Sha256 } else { Algorithm::Sha512 };
    let mut hasher = Hasher::new(algorithm);
    let mut whole = Hasher::new(algorithm);
    while let Some((length, bytes)) = rest.split_first() {
        let (piece, behind) = bytes.split_at(usize::from(*length).min(bytes.len()));
        hasher.update(piece);
        whole.update(piece);
        let state = HashState::from_bytes(hasher.state().as_bytes());
        assert_eq!(state.as_ref().map(HashState::length), Some(whole.length()));
        let resumed = state.and_then(|state| state.resume());
        assert_eq!(resumed.as_ref().map(Hasher::algorithm), Some(algorithm));
        let Some(resumed) = resumed else { return };
        hasher = resumed;
        rest = behind;
    }
    assert_eq!(hasher.digest(), whole.digest());
}
