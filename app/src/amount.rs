//! Amounts of storage as people write them: `50 GiB`, `1.5 TiB`, `200 GB`.

/// What the API takes for no limit.
pub const UNLIMITED: i64 = -1;
/// The highest limit of the API, 1024 TiB in bytes.
pub const BYTES_MAX: i64 = 1 << 50;

/// What a unit is called, in lower case, and its bytes.
const UNITS: [(&str, u64); 15] = [
    ("", 1),
    ("b", 1),
    ("k", 1 << 10),
    ("kib", 1 << 10),
    ("kb", 1000),
    ("m", 1 << 20),
    ("mib", 1 << 20),
    ("mb", 1_000_000),
    ("g", 1 << 30),
    ("gib", 1 << 30),
    ("gb", 1_000_000_000),
    ("t", 1 << 40),
    ("tib", 1 << 40),
    ("tb", 1_000_000_000_000),
    ("pib", 1 << 50),
];
/// Digits after the point that are read.
const DECIMALS_MAX: usize = 6;

/// Reads an amount above nothing and up to [`BYTES_MAX`]; nothing where it cannot be read.
pub fn read(text: &str) -> Option<i64> {
    let text = text.trim().replace('\u{a0}', " ");
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim().to_ascii_lowercase();
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || decimals.is_empty() || decimals.len() > DECIMALS_MAX {
        return None;
    }
    let unit = u128::from(*unit);
    let scale = 10_u128.pow(u32::try_from(decimals.len()).ok()?);
    let whole = whole.parse::<u64>().ok()?;
    let part = decimals.parse::<u64>().ok()?;
    let bytes = u128::from(whole) * unit + u128::from(part) * unit / scale;
    i64::try_from(bytes).ok().filter(|bytes| (1..=BYTES_MAX).contains(bytes))
}

/// The same amount in the largest unit that needs no decimals; empty where there is no limit.
pub fn exact(bytes: i64) -> String {
    const NAMES: [(&str, i64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    if bytes < 0 {
        return String::new();
    }
    let fits = NAMES.into_iter().find(|(_, unit)| bytes >= *unit && bytes % unit == 0);
    fits.map_or_else(|| format!("{bytes} B"), |(name, unit)| format!("{} {name}", bytes / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_units() {
        for (text, bytes) in [
            ("50 GiB", 50 << 30),
            (" 50g ", 50 << 30),
            ("1.5 TiB", 3 << 39),
            ("200 GB", 200_000_000_000),
            ("0.5\u{a0}KiB", 512),
            ("12345", 12_345),
            ("1024 TiB", BYTES_MAX),
        ] {
            assert_eq!(read(text), Some(bytes), "{text}");
        }
        for bad in ["", "0", "GiB", "-1", "1,5 GiB", "5 GiBs", "1.2.3 G", ".5 G", "5. G", "1025 TiB", "99999999999 PiB"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_shown_is_read_back() {
        for bytes in [1, 1000, 1024, 1025, 50 << 30, 3 << 39, BYTES_MAX] {
            assert_eq!(read(&exact(bytes)), Some(bytes), "{}", exact(bytes));
        }
        assert_eq!(
            (exact(50 << 30).as_str(), exact(1536).as_str(), exact(UNLIMITED).as_str()),
            ("50 GiB", "1536 B", "")
        );
    }
}
