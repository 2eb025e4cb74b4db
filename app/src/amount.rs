//! Amounts of storage as people write them: `50 GiB`, `1.5 TiB`, `200 GB`.

/// What the API takes for no limit.
pub const UNLIMITED: i64 = -1;
/// The highest limit of the API, 1024 TiB in bytes.
pub const BYTES_MAX: i64 = 1 << 50;

/// What a unit is called, in lower case, and its bytes.
const UNITS: [(&str, u64); 15] = [
    ("pb", 1_000_000_000_000_000),
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
/// Digits after the point that are read: every byte of the largest unit can be written.
const DECIMALS_MAX: usize = 15;

/// Whether an amount would be read if a unit followed: whoever forgot it did not mean bytes.
pub fn lacks_unit(text: &str) -> bool {
    read(&format!("{text} B")).is_some()
}

/// Reads an amount with its unit, above nothing and up to [`BYTES_MAX`]; nothing where it cannot be read.
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

/// The same amount, to the byte, in a unit that people can read; empty where there is no limit.
pub fn exact(bytes: i64) -> String {
    const BINARY: [(&str, i64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    // Their decimals are the digits of the bytes, so any amount can be written with them.
    const DECIMAL: [(&str, i64); 5] =
        [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000), ("B", 1)];
    // More than three decimals are hard to read.
    const THOUSANDTHS: i64 = 1000;
    if bytes < 0 {
        return String::new();
    }
    let short = BINARY.into_iter().find(|(_, unit)| bytes >= *unit && bytes % unit * THOUSANDTHS % unit == 0);
    let any = DECIMAL.into_iter().find(|(_, unit)| bytes >= *unit);
    let written = short.into_iter().chain(any).map(|(name, unit)| format!("{} {name}", decimal(bytes, unit)));
    written.min_by_key(String::len).unwrap_or_else(|| format!("{bytes} B"))
}

/// A number of units with as many decimals as it takes.
fn decimal(bytes: i64, unit: i64) -> String {
    let (whole, mut rest, mut decimals) = (bytes / unit, bytes % unit, String::new());
    while rest > 0 {
        decimals.push_str(&(rest * 10 / unit).to_string());
        rest = rest * 10 % unit;
    }
    if decimals.is_empty() { whole.to_string() } else { format!("{whole}.{decimals}") }
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
            ("12345 B", 12_345),
            ("1024 TiB", BYTES_MAX),
        ] {
            assert_eq!(read(text), Some(bytes), "{text}");
        }
        for bad in [
            "",
            "0",
            "12345",
            "GiB",
            "-1",
            "1,5 GiB",
            "5 GiBs",
            "1.2.3 G",
            ".5 G",
            "5. G",
            "1025 TiB",
            "99999999999 PiB",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_shown_is_read_back() {
        for bytes in [1, 1000, 1024, 1025, 9_382_176, 50 << 30, 3 << 39, 53_687_091_201, BYTES_MAX - 1, BYTES_MAX] {
            assert_eq!(read(&exact(bytes)), Some(bytes), "{}", exact(bytes));
        }
        assert_eq!(
            (exact(50 << 30).as_str(), exact(1536).as_str(), exact(UNLIMITED).as_str()),
            ("50 GiB", "1.5 KiB", "")
        );
        assert_eq!((exact(9_382_176).as_str(), exact(200_000_000_000).as_str()), ("9.382176 MB", "200 GB"));
    }

    #[test]
    fn a_forgotten_unit_is_asked_for() {
        assert!(lacks_unit("50") && lacks_unit(" 1.5 "));
        assert!(!lacks_unit("50 GiB") && !lacks_unit("many") && !lacks_unit("") && !lacks_unit("0"));
    }
}
