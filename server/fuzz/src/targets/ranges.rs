//! `Range` and `Content-Range`.

use berth_types::range::{ByteRange, PARTS_MAX, Requested, parse_range, parse_upload_range};

use super::{number, text};

pub(super) fn range(input: &[u8]) {
    let Some((size, rest)) = number(input) else { return };
    let Some(header) = text(rest) else { return };
    match parse_range(header, size) {
        Requested::Whole => {}
        Requested::Unsatisfiable => assert!(header.starts_with("bytes=")),
        Requested::Part(part) => asked_for(&[part], size),
        Requested::Parts(parts) => {
            assert!((2..=PARTS_MAX).contains(&parts.len()));
            // Ranges that overlap must not make a large answer out of a small blob.
            let total: u128 = parts.iter().map(|part| u128::from(part.len())).sum();
            assert!(total <= u128::from(size));
            asked_for(&parts, size);
        }
    }
}

/// Ranges lie inside, and what an answer would say of them asks for the same.
fn asked_for(parts: &[ByteRange], size: u64) {
    for part in parts {
        assert!(part.start < part.end && part.end <= size, "{part:?} of {size}");
        assert!(!part.is_empty() && part.len() <= size);
        assert_eq!(part.content_range(size), format!("bytes {}/{size}", inclusive(*part)));
    }
    let again: Vec<String> = parts.iter().map(|part| inclusive(*part)).collect();
    let expected = match parts {
        [part] => Requested::Part(*part),
        parts => Requested::Parts(parts.to_vec()),
    };
    assert_eq!(parse_range(&format!("bytes={}", again.join(",")), size), expected);
}

fn inclusive(range: ByteRange) -> String {
    format!("{}-{}", range.start, range.end - 1)
}

pub(super) fn content_range(input: &[u8]) {
    let Some(header) = text(input) else { return };
    let Some(range) = parse_upload_range(header) else { return };
    assert!(range.start < range.end);
    assert_eq!(parse_upload_range(&inclusive(range)), Some(range));
    assert_eq!(parse_upload_range(&range.content_range(u64::MAX)), Some(range));
}
