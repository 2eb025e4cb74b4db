//! The end of a certificate, read from its bytes (X.509 in DER).

use berth_types::Timestamp;

/// The tag of a sequence.
const SEQUENCE: u8 = 0x30;
/// The tag of a whole number.
const INTEGER: u8 = 0x02;
/// The tag of the version, which old certificates do not have.
const VERSION: u8 = 0xa0;
/// The tag of a time with two digits for the year.
const UTC_TIME: u8 = 0x17;
/// The tag of a time with four of them.
const GENERALIZED_TIME: u8 = 0x18;

/// When a certificate ends (RFC 5280, 4.1.2.5). Nothing where it cannot be read.
pub fn ends_at(certificate: &[u8]) -> Option<Timestamp> {
    let (whole, _) = expect(certificate, SEQUENCE)?;
    let (mut fields, _) = expect(whole, SEQUENCE)?;
    if fields.first() == Some(&VERSION) {
        fields = element(fields)?.2;
    }
    // Serial number, algorithm, issuer.
    for tag in [INTEGER, SEQUENCE, SEQUENCE] {
        (_, fields) = expect(fields, tag)?;
    }
    let (validity, _) = expect(fields, SEQUENCE)?;
    let (_, _, after) = element(validity)?;
    let (tag, end, _) = element(after)?;
    time(tag, std::str::from_utf8(end).ok()?)
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
fn time(tag: u8, text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (year, rest) = match (tag, digits.len()) {
        (UTC_TIME, 12) => {
            let (year, rest) = digits.split_at(2);
            // From 50 on it is the century before.
            let century = if year < "50" { "20" } else { "19" };
            (format!("{century}{year}"), rest)
        }
        (GENERALIZED_TIME, 14) => {
            let (year, rest) = digits.split_at(4);
            (year.to_owned(), rest)
        }
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2).unwrap_or_default();
    Timestamp::parse_rfc3339(&format!("{year}-{}-{}T{}:{}:{}Z", part(0), part(2), part(4), part(6), part(8)))
}

/// The content of an element of a kind, and what follows it.
fn expect(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = element(bytes)?;
    (found == tag).then_some((content, rest))
}

/// Tag and content of an element, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, bytes) = bytes.split_first()?;
    let (first, bytes) = bytes.split_first()?;
    let (length, bytes) = match first {
        0..=0x7f => (usize::from(*first), bytes),
        // Four bytes are enough for every certificate; lengths without an end are not DER.
        0x81..=0x84 => {
            let (length, bytes) = bytes.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), bytes)
        }
        _ => return None,
    };
    let (content, rest) = bytes.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::{CertificateDer, pem::PemObject};

    use super::*;

    #[test]
    fn a_certificate_says_when_it_ends() {
        let certificate = CertificateDer::from_pem_slice(include_bytes!("../../tests/data/one.cert.pem")).unwrap();
        assert_eq!(ends_at(&certificate).unwrap().to_rfc3339(), "2126-10-28T13:10:51.000Z");
        // Whatever is cut off, nothing is made up.
        for length in 0..certificate.len() {
            assert!(ends_at(&certificate[..length]).is_none(), "{length}");
        }
        // And no byte that is another one makes it fall over.
        for place in 0..certificate.len() {
            let mut changed = certificate.to_vec();
            changed[place] ^= 0xff;
            ends_at(&changed);
        }
        assert_eq!(ends_at(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }

    #[test]
    fn times_have_two_shapes() {
        let shown = |tag, text| time(tag, text).map(Timestamp::to_rfc3339);
        assert_eq!(shown(UTC_TIME, "490203040506Z").as_deref(), Some("2049-02-03T04:05:06.000Z"));
        assert_eq!(shown(UTC_TIME, "500203040506Z").as_deref(), Some("1950-02-03T04:05:06.000Z"));
        assert_eq!(shown(GENERALIZED_TIME, "20490203040506Z").as_deref(), Some("2049-02-03T04:05:06.000Z"));
        for (tag, text) in [
            (UTC_TIME, "20490203040506Z"),
            (UTC_TIME, "4902030405061"),
            (0x02, "490203040506Z"),
            (UTC_TIME, "499903040506Z"),
        ] {
            assert_eq!(shown(tag, text), None, "{text}");
        }
    }
}
