//! Codes of time by RFC 6238, as authenticator apps make them: SHA-1, six digits, thirty seconds.

use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use subtle::ConstantTimeEq;

/// Seconds of a step.
pub(crate) const STEP_SECONDS: i64 = 30;
/// Digits of a code.
pub(crate) const DIGITS: usize = 6;
/// Random bytes of a secret, as many as SHA-1 has (RFC 4226, 4).
pub(crate) const SECRET_BYTES: usize = 20;
/// How many steps the clock of a phone may be wrong by, either way.
const DRIFT_STEPS: i64 = 1;
/// The alphabet of RFC 4648.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step of a moment in Unix seconds.
pub(crate) const fn step_of(unix_seconds: i64) -> i64 {
    unix_seconds.div_euclid(STEP_SECONDS)
}

/// The code of a step.
pub(crate) fn code(secret: &[u8], step: i64) -> String {
    let number = truncated(secret, step) % 10_u32.pow(DIGITS as u32);
    format!("{number:0DIGITS$}")
}

/// The step whose code this is: the present one, or one that a clock a little off may show. Of equal codes it is the later
/// step, so that neither can be used again.
pub(crate) fn step_with_code(secret: &[u8], given: &str, now_unix_seconds: i64) -> Option<i64> {
    let present = step_of(now_unix_seconds);
    let mut found = None;
    // All are looked at, whichever it is.
    for step in present - DRIFT_STEPS..=present + DRIFT_STEPS {
        if bool::from(code(secret, step).as_bytes().ct_eq(given.as_bytes())) {
            found = Some(step);
        }
    }
    found
}

/// Bytes in base 32, without padding, as apps take a secret that is typed.
pub(crate) fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(char::from(BASE32[(bits >> held & 31) as usize]));
        }
    }
    if held > 0 {
        text.push(char::from(BASE32[(bits << (5 - held) & 31) as usize]));
    }
    text
}

/// What [`base32`] wrote; nothing where it did not.
pub(crate) fn from_base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut held) = (0_u32, 0);
    for char in text.bytes() {
        let value = BASE32.iter().position(|known| *known == char)?;
        bits = bits << 5 | u32::try_from(value).ok()?;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    Some(bytes)
}

/// The 31 bits of RFC 4226, 5.3.
fn truncated(secret: &[u8], step: i64) -> u32 {
    let tag = sign(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret), &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = tag.last().map_or(0, |last| usize::from(last & 0x0f));
    let four = tag.iter().skip(offset).take(4);
    four.fold(0_u32, |number, byte| number << 8 | u32::from(*byte)) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_rfc() {
        // RFC 6238, appendix B, SHA-1; a code of six digits is the end of the one of eight.
        for (seconds, eight) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let number = truncated(SECRET, step_of(seconds)) % 100_000_000;
            assert_eq!(format!("{number:08}"), eight);
            assert_eq!(code(SECRET, step_of(seconds)), eight[2..]);
        }
        // RFC 4226, appendix D.
        for (step, six) in [(0, "755224"), (1, "287082"), (9, "520489")] {
            assert_eq!(code(SECRET, step), six);
        }
    }

    #[test]
    fn a_clock_may_be_a_step_off() {
        let now = 1_111_111_111;
        let at = |steps: i64| step_with_code(SECRET, &code(SECRET, step_of(now) + steps), now);
        for steps in -1..=1 {
            assert_eq!(at(steps), Some(step_of(now) + steps));
        }
        assert_eq!((at(-2), at(2)), (None, None));
        for wrong in ["", "0", "05047", "0504711", "05047a"] {
            assert_eq!(step_with_code(SECRET, wrong, now), None, "{wrong}");
        }
    }

    #[test]
    fn secrets_are_written_in_base_32() {
        // RFC 4648, 10.
        for (plain, text) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(base32(plain.as_bytes()), text);
            assert_eq!(from_base32(text).unwrap(), plain.as_bytes());
        }
        assert_eq!(base32(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(from_base32("my"), None);
    }
}
