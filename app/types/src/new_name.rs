//! Names that new projects may have. Projects of older days, and repositories, may have more.

use serde::{Deserialize, Serialize};

use crate::ProjectName;
use crate::name::PROJECT_NAME_BYTES_MAX;

/// Why a text cannot be the name of a new project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NewNameError {
    /// Nothing was given.
    Empty,
    /// A character that no name has; the first one.
    Character(char),
    /// It begins or ends with a separator.
    Edge,
    /// Two separators stand side by side.
    Separators,
    /// Longer than 255.
    TooLong,
}

/// The name of a new project: words of lower-case letters and digits, with one of `.`, `_` and `-` between two of them.
///
/// # Errors
/// What is wrong first, as it is read.
pub fn new_project_name(text: &str) -> Result<ProjectName, NewNameError> {
    if text.is_empty() {
        return Err(NewNameError::Empty);
    }
    if let Some(found) = text.chars().find(|c| !is_word(*c) && !is_separator(*c)) {
        return Err(NewNameError::Character(found));
    }
    if text.starts_with(is_separator) || text.ends_with(is_separator) {
        return Err(NewNameError::Edge);
    }
    if text.len() > PROJECT_NAME_BYTES_MAX {
        return Err(NewNameError::TooLong);
    }
    // One separator at a time is all that a project's name takes beyond what a repository's does.
    let pairs = text.as_bytes().windows(2);
    let is_double = pairs.into_iter().any(|pair| pair.iter().all(|byte| is_separator(char::from(*byte))));
    if is_double { Err(NewNameError::Separators) } else { text.parse().map_err(|_| NewNameError::Separators) }
}

/// A name that is close to what was typed and would be taken; nothing where too little would be left of it.
pub fn suggested_project_name(typed: &str) -> Option<ProjectName> {
    // Letters of other scripts cannot be replaced by anything that means the same.
    if typed.chars().any(|c| c.is_alphanumeric() && !c.is_ascii()) {
        return None;
    }
    let mut name = String::with_capacity(typed.len());
    for c in typed.to_ascii_lowercase().chars() {
        let c = if is_word(c) || is_separator(c) { c } else { '-' };
        if !is_separator(c) || name.ends_with(is_word) {
            name.push(c);
        }
    }
    new_project_name(name.trim_end_matches(is_separator)).ok()
}

fn is_word(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn is_separator(c: char) -> bool {
    matches!(c, '.' | '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        for name in ["a", "7", "team", "my-project", "a.b_c-d"] {
            assert_eq!(new_project_name(name).unwrap().as_str(), name);
        }
        for (name, error) in [
            ("", NewNameError::Empty),
            ("My Project", NewNameError::Character('M')),
            ("my project", NewNameError::Character(' ')),
            ("a/b", NewNameError::Character('/')),
            ("größe", NewNameError::Character('ö')),
            ("-a", NewNameError::Edge),
            ("a.", NewNameError::Edge),
            ("a__b", NewNameError::Separators),
            ("a--b", NewNameError::Separators),
            ("a.-b", NewNameError::Separators),
        ] {
            assert_eq!(new_project_name(name), Err(error), "{name}");
        }
        assert!(new_project_name(&"a".repeat(255)).is_ok());
        assert_eq!(new_project_name(&"a".repeat(256)), Err(NewNameError::TooLong));
    }

    #[test]
    fn every_short_text_is_judged_as_the_grammar_does() {
        let letters = ['a', '7', '.', '_', '-', 'A', ' '];
        let mut texts = vec![String::new()];
        for _ in 0..5 {
            texts = texts
                .iter()
                .flat_map(|text| letters.iter().map(move |c| format!("{text}{c}")))
                .chain([String::new()])
                .collect();
            for text in &texts {
                let by_grammar = text.parse::<ProjectName>().is_ok() && !text.contains("__") && !text.contains("--");
                assert_eq!(new_project_name(text).is_ok(), by_grammar, "{text}");
            }
        }
    }

    #[test]
    fn a_name_is_suggested() {
        let suggested = |typed| suggested_project_name(typed).map(|name| name.to_string());
        assert_eq!(suggested("My Project").as_deref(), Some("my-project"));
        assert_eq!(suggested("a__b").as_deref(), Some("a_b"));
        assert_eq!(suggested(" --Team / API! ").as_deref(), Some("team-api"));
        assert_eq!(suggested("größe"), None);
        assert_eq!(suggested("!?"), None);
    }
}
