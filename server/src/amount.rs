//! Bytes as people read and write them.

/// `1.5 GiB`.
pub(crate) fn shown(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} bytes");
    }
    let mut amount = bytes as f64 / 1024.0;
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    format!("{amount:.1} {}", UNITS[unit])
}

/// Reads `100MiB`, `2 G`, `500000`, `100MiB/s`. A unit is a power of 1024.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no amount of bytes, such as 100MiB");
    let trimmed = text.trim().trim_end_matches("/s");
    let digits = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let power = match unit.trim().to_ascii_lowercase().trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return Err(wrong()),
    };
    number.checked_mul(1024_u64.pow(power)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_shown() {
        for (text, bytes) in
            [("0", 0), ("500000", 500_000), ("100MiB", 100 << 20), ("2 G", 2 << 30), ("7kb/s", 7 << 10)]
        {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for text in ["", "MiB", "-1", "1.5G", "1 X", "99999999999T"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(
            [shown(0), shown(1023), shown(1024), shown(1_610_612_736)],
            ["0 bytes", "1023 bytes", "1.0 KiB", "1.5 GiB"]
        );
    }
}
