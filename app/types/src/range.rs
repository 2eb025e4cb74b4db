//! `Range` (RFC 9110 §14.2) and the registry's own `Content-Range` of uploads (`<start>-<end>`).

/// The bytes of a representation that an answer carries: `start..end`, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
}

impl ByteRange {
    /// How many bytes.
    pub const fn len(self) -> u64 {
        self.end - self.start
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// `bytes <first>-<last>/<size>`.
    pub fn content_range(self, size: u64) -> String {
        format!("bytes {}-{}/{size}", self.start, self.end.saturating_sub(1))
    }
}

/// The most ranges that one answer carries. Who asks for more gets everything, as RFC 9110 §14.2 allows.
pub const PARTS_MAX: usize = 16;

/// What a `Range` header asks of a representation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requested {
    /// No range, another unit, too many ranges or nonsense: the whole representation is a correct answer.
    Whole,
    /// One satisfiable range.
    Part(ByteRange),
    /// Several, in the client's order: two to [`PARTS_MAX`], together no longer than the representation.
    Parts(Vec<ByteRange>),
    /// Outside the representation: 416.
    Unsatisfiable,
}

/// Reads a `Range` header against a representation of `size` bytes.
pub fn parse_range(header: &str, size: u64) -> Requested {
    let Some(spec) = header.strip_prefix("bytes=") else { return Requested::Whole };
    let specs: Vec<&str> = spec.split(',').map(str::trim).filter(|spec| !spec.is_empty()).take(PARTS_MAX + 1).collect();
    if specs.len() > PARTS_MAX {
        return Requested::Whole;
    }
    let mut parts = Vec::with_capacity(specs.len());
    for spec in &specs {
        match parse_one(spec, size) {
            Requested::Part(range) => parts.push(range),
            // Those outside are left out, as long as one is inside.
            Requested::Unsatisfiable => {}
            other => return other,
        }
    }
    match parts.as_slice() {
        [] if specs.is_empty() => Requested::Whole,
        [] => Requested::Unsatisfiable,
        [range] => Requested::Part(*range),
        // Ranges that overlap would make an answer of many times the size.
        _ if total(&parts).is_none_or(|total| total > size) => Requested::Whole,
        _ => Requested::Parts(parts),
    }
}

/// How many bytes several ranges have; nothing where that is more than a number holds.
fn total(parts: &[ByteRange]) -> Option<u64> {
    parts.iter().try_fold(0_u64, |total, range| total.checked_add(range.len()))
}

fn parse_one(spec: &str, size: u64) -> Requested {
    let Some((first, last)) = spec.split_once('-') else { return Requested::Whole };
    if first.is_empty() {
        let Some(suffix) = number(last) else { return Requested::Whole };
        if suffix == 0 || size == 0 {
            return Requested::Unsatisfiable;
        }
        return Requested::Part(ByteRange { start: size.saturating_sub(suffix), end: size });
    }
    let Some(start) = number(first) else { return Requested::Whole };
    let end = if last.is_empty() {
        size
    } else {
        let Some(last) = number(last) else { return Requested::Whole };
        if last < start {
            return Requested::Unsatisfiable;
        }
        last.saturating_add(1).min(size)
    };
    if start >= size {
        return Requested::Unsatisfiable;
    }
    Requested::Part(ByteRange { start, end })
}

/// Reads an upload's `Content-Range`: `<start>-<end>`, both inclusive; older clients write `bytes <start>-<end>/<size>`.
///
/// Returns the half-open range, or nothing where it does not fit the grammar.
pub fn parse_upload_range(header: &str) -> Option<ByteRange> {
    let text = header.trim();
    let text = text.strip_prefix("bytes").map_or(text, str::trim_start);
    let text = text.split_once('/').map_or(text, |(range, _)| range);
    let (start, last) = text.split_once('-')?;
    let (start, last) = (number(start)?, number(last)?);
    if last < start {
        return None;
    }
    Some(ByteRange { start, end: last.checked_add(1)? })
}

/// Digits only: `parse` alone would take a sign.
fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_of_blobs() {
        let part = |start, end| Requested::Part(ByteRange { start, end });
        for (header, expected) in [
            ("bytes=0-0", part(0, 1)),
            ("bytes=500-1499", part(500, 1500)),
            ("bytes=500-", part(500, 2000)),
            ("bytes=-500", part(1500, 2000)),
            ("bytes=-5000", part(0, 2000)),
            ("bytes=1999-5000", part(1999, 2000)),
            ("bytes=2000-", Requested::Unsatisfiable),
            ("bytes=5-2", Requested::Unsatisfiable),
            ("bytes=-0", Requested::Unsatisfiable),
            ("items=0-1", Requested::Whole),
            ("bytes=a-b", Requested::Whole),
            ("bytes=+1-2", Requested::Whole),
        ] {
            assert_eq!(parse_range(header, 2000), expected, "{header}");
        }
        assert_eq!(parse_range("bytes=0-", 0), Requested::Unsatisfiable);
    }

    #[test]
    fn several_ranges_of_blobs() {
        let range = |start, end| ByteRange { start, end };
        let parts = |ranges: &[(u64, u64)]| Requested::Parts(ranges.iter().map(|&(s, e)| range(s, e)).collect());
        let many = |count: usize| (0..count).map(|n| format!("{n}-{n}")).collect::<Vec<_>>().join(",");
        for (header, expected) in [
            ("bytes=0-1,5-6".to_owned(), parts(&[(0, 2), (5, 7)])),
            ("bytes=5-6, 0-1 ,-2".to_owned(), parts(&[(5, 7), (0, 2), (1998, 2000)])),
            ("bytes=0-1,,5-6,".to_owned(), parts(&[(0, 2), (5, 7)])),
            ("bytes=0-1,9000-".to_owned(), Requested::Part(range(0, 2))),
            ("bytes=8000-,9000-".to_owned(), Requested::Unsatisfiable),
            ("bytes=0-1,x".to_owned(), Requested::Whole),
            ("bytes=0-,0-".to_owned(), Requested::Whole),
            ("bytes=,".to_owned(), Requested::Whole),
            (format!("bytes={}", many(PARTS_MAX)), parts(&(0..16).map(|n| (n, n + 1)).collect::<Vec<_>>())),
            (format!("bytes={}", many(PARTS_MAX + 1)), Requested::Whole),
        ] {
            assert_eq!(parse_range(&header, 2000), expected, "{header}");
        }
    }

    #[test]
    fn ranges_that_are_more_than_a_number_holds_are_everything() {
        assert_eq!(parse_range("bytes=0-,1-", u64::MAX), Requested::Whole);
    }

    #[test]
    fn ranges_of_uploads() {
        assert_eq!(parse_upload_range("0-9"), Some(ByteRange { start: 0, end: 10 }));
        assert_eq!(parse_upload_range("bytes 5-9/20"), Some(ByteRange { start: 5, end: 10 }));
        for bad in ["", "abc", "9-0", "-", "1-", "-1", "0-18446744073709551615", "0x1-2"] {
            assert_eq!(parse_upload_range(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_part_lies_inside(header in ".*|[0-9, -]*", size in 0u64..5000) {
            let parts = match parse_range(&format!("bytes={header}"), size) {
                Requested::Part(range) => vec![range],
                Requested::Parts(parts) => parts,
                _ => Vec::new(),
            };
            prop_assert!(parts.iter().all(|range| range.start < range.end && range.end <= size));
            prop_assert!(parts.iter().map(|range| range.len()).sum::<u64>() <= size);
        }
    }
}
