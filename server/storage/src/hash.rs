//! Hashes that survive between the requests of one upload.

use berth_types::{Algorithm, Digest};
use sha2::{
    Digest as _, Sha256, Sha512,
    digest::common::hazmat::{SerializableState, SerializedState},
};

/// Names the layout of the states that `sha2` 0.11 writes; a state of another layout is not read.
const LAYOUT_SHA256: u8 = 0x11;
const LAYOUT_SHA512: u8 = 0x12;

/// A hash being computed.
#[derive(Clone, Debug)]
pub struct Hasher {
    function: Function,
    length: u64,
}

#[derive(Clone, Debug)]
enum Function {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    /// The hash of nothing so far.
    pub fn new(algorithm: Algorithm) -> Self {
        let function = match algorithm {
            Algorithm::Sha256 => Function::Sha256(Sha256::new()),
            Algorithm::Sha512 => Function::Sha512(Sha512::new()),
        };
        Hasher { function, length: 0 }
    }

    /// Takes in more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        match &mut self.function {
            Function::Sha256(hash) => hash.update(bytes),
            Function::Sha512(hash) => hash.update(bytes),
        }
    }

    /// The digest of everything taken in.
    pub fn digest(self) -> Digest {
        match self.function {
            Function::Sha256(hash) => Digest::Sha256(hash.finalize().into()),
            Function::Sha512(hash) => Digest::Sha512(hash.finalize().into()),
        }
    }

    /// How many bytes were taken in.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The algorithm that it computes.
    pub fn algorithm(&self) -> Algorithm {
        match self.function {
            Function::Sha256(_) => Algorithm::Sha256,
            Function::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// A state from which [`HashState::resume`] goes on, in another process if need be.
    pub fn state(&self) -> HashState {
        let mut bytes = Vec::with_capacity(9 + 128 + 96);
        let layout = match self.function {
            Function::Sha256(_) => LAYOUT_SHA256,
            Function::Sha512(_) => LAYOUT_SHA512,
        };
        bytes.push(layout);
        bytes.extend_from_slice(&self.length.to_le_bytes());
        match &self.function {
            Function::Sha256(hash) => bytes.extend_from_slice(&hash.serialize()),
            Function::Sha512(hash) => bytes.extend_from_slice(&hash.serialize()),
        }
        HashState(bytes.into_boxed_slice())
    }
}

/// An interrupted [`Hasher`] as bytes, about 110 or 220 of them: layout, length hashed (u64, little endian), state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashState(Box<[u8]>);

impl HashState {
    /// What the caller records.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads [`HashState::as_bytes`] back; `None` when another version wrote it.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let state = HashState(bytes.into());
        state.hasher().map(|_| state)
    }

    /// Goes on where [`Hasher::state`] stopped. `None` is only possible for bytes of another version.
    pub fn resume(&self) -> Option<Hasher> {
        self.hasher()
    }

    /// How many bytes were hashed.
    pub fn length(&self) -> u64 {
        let length = self.0.get(1..9).and_then(|bytes| bytes.try_into().ok());
        length.map_or(0, u64::from_le_bytes)
    }

    fn hasher(&self) -> Option<Hasher> {
        let (&layout, state) = (self.0.first()?, self.0.get(9..)?);
        // The state counts too, and must not disagree: a wrong length would be believed for the rest of the upload.
        let (function, length) = match layout {
            LAYOUT_SHA256 => (Function::Sha256(resume(state)?), counted::<8>(state, 32, 64)?),
            LAYOUT_SHA512 => (Function::Sha512(resume(state)?), counted::<16>(state, 64, 128)?),
            _ => return None,
        };
        (length == self.length()).then_some(Hasher { function, length })
    }
}

/// How many bytes a state has taken in: whole blocks, counted by `N` bytes behind the `words`, and what waits for the
/// next one. Nothing where that is more than a blob can have.
fn counted<const N: usize>(state: &[u8], words: usize, block: u64) -> Option<u64> {
    let (count, rest) = state.get(words..)?.split_first_chunk::<N>()?;
    let (low, high) = count.split_first_chunk::<8>()?;
    let is_small = high.iter().all(|byte| *byte == 0);
    let bytes = u64::from_le_bytes(*low).checked_mul(block).filter(|bytes| is_small && *bytes <= i64::MAX as u64)?;
    bytes.checked_add(u64::from(*rest.first()?))
}

fn resume<H: SerializableState>(state: &[u8]) -> Option<H> {
    let state = SerializedState::<H>::try_from(state).ok()?;
    H::deserialize(&state).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_goes_on_where_it_stopped() {
        let bytes: Vec<u8> = (0..1000u32).map(|n| n as u8).collect();
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let mut whole = Hasher::new(algorithm);
            whole.update(&bytes);
            for cut in [0, 1, 63, 64, 127, 128, 129, 999, 1000] {
                let mut first = Hasher::new(algorithm);
                first.update(&bytes[..cut]);
                let state = HashState::from_bytes(first.state().as_bytes()).unwrap();
                assert_eq!(state.length(), cut as u64);
                let mut second = state.resume().unwrap();
                assert_eq!(second.algorithm(), algorithm);
                second.update(&bytes[cut..]);
                assert_eq!(second.length(), 1000);
                assert_eq!(second.digest(), whole.clone().digest());
            }
        }
    }

    #[test]
    fn a_state_that_contradicts_itself_is_refused() {
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(&[1; 200]);
            let state = hasher.state();
            for at in 1..9 {
                let mut other = state.as_bytes().to_vec();
                other[at] ^= 0x80;
                assert_eq!(HashState::from_bytes(&other), None, "byte {at}");
            }
        }
    }

    #[test]
    fn a_state_of_another_version_is_refused() {
        let state = Hasher::new(Algorithm::Sha256).state();
        let mut other = state.as_bytes().to_vec();
        other[0] = 0x21;
        assert_eq!(HashState::from_bytes(&other), None);
        assert_eq!(HashState::from_bytes(&state.as_bytes()[..state.as_bytes().len() - 1]), None);
        assert_eq!(HashState::from_bytes(&[]), None);
    }
}
