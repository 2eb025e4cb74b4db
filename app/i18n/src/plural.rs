//! Which plural form a whole number takes in a language: the integer part of the CLDR rules.

/// A plural category, named as CLDR names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Singular, in most European languages.
    One,
    /// Paucal: two to four in Slavic languages.
    Few,
    /// The genitive plural of Slavic languages.
    Many,
    /// Everything else, and the only form of languages without number.
    Other,
}

impl Form {
    /// The name of the form in a locale file.
    pub const fn name(self) -> &'static str {
        match self {
            Form::One => "one",
            Form::Few => "few",
            Form::Many => "many",
            Form::Other => "other",
        }
    }
}

/// The forms that a message of the language `code` must have, in the order of [`Form`].
pub fn forms(code: &str) -> &'static [Form] {
    match primary(code) {
        "zh" | "ja" | "ko" | "vi" | "th" | "id" => &[Form::Other],
        "ru" | "uk" | "pl" => &[Form::One, Form::Few, Form::Many, Form::Other],
        _ => &[Form::One, Form::Other],
    }
}

/// The form that `n` takes in the language `code`.
pub fn form(code: &str, n: u64) -> Form {
    let language = primary(code);
    match language {
        "zh" | "ja" | "ko" | "vi" | "th" | "id" => Form::Other,
        "fr" | "pt" if n <= 1 => Form::One,
        "fr" | "pt" => Form::Other,
        "ru" | "uk" | "pl" => {
            let teen = (11..=14).contains(&(n % 100));
            match n % 10 {
                1 if n == 1 || (language != "pl" && !teen) => Form::One,
                2..=4 if !teen => Form::Few,
                _ => Form::Many,
            }
        }
        _ if n == 1 => Form::One,
        _ => Form::Other,
    }
}

/// `zh` of `zh-CN`.
fn primary(code: &str) -> &str {
    code.split('-').next().unwrap_or(code)
}
