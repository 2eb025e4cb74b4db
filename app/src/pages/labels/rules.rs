//! What a label may be called and coloured.

/// The longest name in bytes, as the API takes it.
pub(super) const NAME_BYTES_MAX: usize = 128;
/// The colour of a new label.
pub(super) const COLOR_DEFAULT: &str = "#0065ab";

/// Whether a text is a name.
#[cfg_attr(not(any(feature = "ssr", test)), expect(dead_code, reason = "the server reads posted forms"))]
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= NAME_BYTES_MAX
}

/// Whether a text is a colour as the browser's choice of colours writes it.
pub(super) fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A colour that the browser's choice of colours can show: others write more forms than it knows.
pub(super) fn chosen(color: &str) -> String {
    let hex = color.strip_prefix('#').filter(|hex| hex.len() == 3 && hex.is_ascii());
    let long = hex.map(|hex| format!("#{}", hex.chars().flat_map(|digit| [digit, digit]).collect::<String>()));
    let color = long.unwrap_or_else(|| color.to_owned());
    if is_color(&color) { color.to_ascii_lowercase() } else { COLOR_DEFAULT.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_colours() {
        assert!(is_name("stable") && is_name(&"n".repeat(128)));
        assert!(!is_name("") && !is_name(&"n".repeat(129)));
        assert!(is_color("#0065ab") && is_color("#FFFFFF"));
        for bad in ["", "red", "#fff", "#0065ag", "0065ab", "#0065ab0"] {
            assert!(!is_color(bad), "{bad}");
        }
        assert_eq!((chosen("#FFF").as_str(), chosen("#A9B6BE").as_str()), ("#ffffff", "#a9b6be"));
        assert_eq!((chosen("red").as_str(), chosen("#ggg").as_str()), (COLOR_DEFAULT, COLOR_DEFAULT));
    }
}
