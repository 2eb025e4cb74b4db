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

/// What a `Range` header asks of a representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requested {
    /// No range, another unit, several ranges or nonsense: the whole representation is a correct answer.
    Whole,
    /// One satisfiable range.
    Part(ByteRange),
    /// Outside the representation: 416.
    Unsatisfiable,
}

/// Reads a `Range` header against a representation of `size` bytes.
pub fn parse_range(header: &str, size: u64) -> Requested {
    let Some(spec) = header.strip_prefix("bytes=") else { return Requested::Whole };
    let spec = spec.trim();
    if spec.contains(',') {
        return Requested::Whole;
    }
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
            ("bytes=0-1,5-6", Requested::Whole),
            ("items=0-1", Requested::Whole),
            ("bytes=a-b", Requested::Whole),
            ("bytes=+1-2", Requested::Whole),
        ] {
            assert_eq!(parse_range(header, 2000), expected, "{header}");
        }
        assert_eq!(parse_range("bytes=0-", 0), Requested::Unsatisfiable);
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
        fn a_part_lies_inside(header in ".*", size in 0u64..5000) {
            if let Requested::Part(range) = parse_range(&format!("bytes={header}"), size) {
                prop_assert!(range.start < range.end && range.end <= size);
            }
        }
    }
}
