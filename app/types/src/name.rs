//! Names as Harbor and the distribution spec define them.
//!
//! A repository is addressed as `<project>/<repository>`; the first path component is the project.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Digest;

/// The longest project name, in bytes (Harbor).
pub const PROJECT_NAME_BYTES_MAX: usize = 255;
/// The longest `<project>/<repository>`, in bytes (distribution spec, note on names).
pub const REPO_NAME_BYTES_MAX: usize = 255;
/// The longest tag, in bytes (distribution spec).
pub const TAG_NAME_BYTES_MAX: usize = 128;

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing before or after a slash, or nothing at all.
    #[error("name is empty")]
    Empty,
    /// Longer than its limit.
    #[error("name is too long")]
    TooLong,
    /// A character or a separator where the grammar has none.
    #[error("name has a character or separator that is not allowed")]
    Grammar,
    /// `<project>` alone where `<project>/<repository>` is needed.
    #[error("name has no project")]
    NoProject,
}

/// A project's name: one path component in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProjectName(String);

/// A repository's full name, `<project>/<repository>[/…]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepoName {
    full: String,
    slash: usize,
}

/// A tag: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TagName(String);

/// What names a manifest in a path: a tag or a digest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reference {
    /// By tag, which may move.
    Tag(TagName),
    /// By digest, which never does.
    Digest(Digest),
}

impl RepoName {
    /// The project that owns the repository.
    pub fn project(&self) -> ProjectName {
        ProjectName(self.full[..self.slash].to_owned())
    }

    /// The name inside the project, which may hold slashes.
    pub fn within_project(&self) -> &str {
        &self.full[self.slash + 1..]
    }

    /// Joins a project and the name inside it.
    pub fn new(project: &ProjectName, within: &str) -> Result<Self, NameError> {
        format!("{project}/{within}").parse()
    }

    /// `<project>/<repository>`.
    pub fn as_str(&self) -> &str {
        &self.full
    }
}

impl ProjectName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TagName {
    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A key whose byte order is the natural order of tags: digit runs compare as numbers, so `v1.9` < `v1.10`.
    pub fn sort_key(&self) -> String {
        natural_key(&self.0)
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn check_component(text: &str) -> Result<(), NameError> {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return Err(NameError::Empty) };
    let is_word = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if !is_word(first) || !is_word(last) {
        return Err(NameError::Grammar);
    }
    for separator in text.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()) {
        let fits = matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-');
        if !fits {
            return Err(NameError::Grammar);
        }
    }
    Ok(())
}

impl FromStr for ProjectName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.len() > PROJECT_NAME_BYTES_MAX {
            return Err(NameError::TooLong);
        }
        check_component(text)?;
        Ok(ProjectName(text.to_owned()))
    }
}

impl FromStr for RepoName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > REPO_NAME_BYTES_MAX {
            return Err(NameError::TooLong);
        }
        text.split('/').try_for_each(check_component)?;
        let slash = text.find('/').ok_or(NameError::NoProject)?;
        Ok(RepoName { full: text.to_owned(), slash })
    }
}

impl FromStr for TagName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let Some(first) = text.bytes().next() else { return Err(NameError::Empty) };
        if text.len() > TAG_NAME_BYTES_MAX {
            return Err(NameError::TooLong);
        }
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !is_word(first) || !text.bytes().all(|byte| is_word(byte) || byte == b'.' || byte == b'-') {
            return Err(NameError::Grammar);
        }
        Ok(TagName(text.to_owned()))
    }
}

/// Why a text is neither a tag nor a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// It has a colon, and what it says is no digest.
    #[error(transparent)]
    Digest(#[from] crate::digest::DigestError),
    /// It has no colon and is no tag.
    #[error("invalid tag")]
    Tag(NameError),
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        if text.contains(':') {
            return Ok(Reference::Digest(text.parse()?));
        }
        text.parse().map(Reference::Tag).map_err(ReferenceError::Tag)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Tag(tag) => tag.fmt(f),
            Reference::Digest(digest) => digest.fmt(f),
        }
    }
}

/// A name as a shell reads it without quotes: `robot$team+ci` becomes `robot+team+ci`. Robots sign in by either.
pub fn shell_name(name: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+' | '/');
    if name.chars().all(is_plain) {
        return Cow::Borrowed(name);
    }
    name.chars().map(|c| if is_plain(c) { c } else { '+' }).collect()
}

/// Rewrites digit runs as length and digits, so that comparing bytes compares numbers.
pub fn natural_key(text: &str) -> String {
    let mut key = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if !c.is_ascii_digit() {
            key.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let digits = rest[..end].trim_start_matches('0');
        // A tag has at most 128 digits: three digits of length keep the order.
        key.push_str(&format!("{:03}{digits}", digits.len()));
        rest = &rest[end..];
    }
    key
}

macro_rules! text_name {
    ($($name:ident => $get:expr),* $(,)?) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad($get(self))
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                $get(self)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($get(self))
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

text_name! {
    ProjectName => ProjectName::as_str,
    RepoName => RepoName::as_str,
    TagName => TagName::as_str,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_follow_the_grammar_of_the_distribution_spec() {
        for good in ["a/b", "p/a/b/c/d", "library/a__b", "p/a---b", "p/a.b_c", "manifests/blobs", "p/uploads/y", "0/1"]
        {
            assert!(good.parse::<RepoName>().is_ok(), "{good}");
        }
        for bad in
            ["", "a", "/a", "a/", "a//b", "A/b", "a/B", "a/b..c", "a/b___c", "a/-b", "a/b-", "a/é", "a/b.-c", "a/ b"]
        {
            assert!(bad.parse::<RepoName>().is_err(), "{bad}");
        }
        assert!(format!("p/{}", "a".repeat(253)).parse::<RepoName>().is_ok());
        assert_eq!(format!("p/{}", "a".repeat(254)).parse::<RepoName>(), Err(NameError::TooLong));
    }

    #[test]
    fn a_repository_knows_its_project() {
        let repo: RepoName = "team/app/web".parse().unwrap();
        assert_eq!(repo.project().as_str(), "team");
        assert_eq!(repo.within_project(), "app/web");
    }

    #[test]
    fn tags_and_digests_are_told_apart_by_the_colon() {
        assert!(matches!("latest".parse(), Ok(Reference::Tag(_))));
        assert!(matches!(format!("sha256:{}", "a".repeat(64)).parse(), Ok(Reference::Digest(_))));
        for bad in ["", ".a", "-a", "a b", "sha256:bad", "a/b"] {
            assert!(bad.parse::<Reference>().is_err(), "{bad}");
        }
        assert!("a".repeat(128).parse::<TagName>().is_ok());
        assert!("a".repeat(129).parse::<TagName>().is_err());
    }

    #[test]
    fn names_of_robots_are_written_for_shells() {
        for (name, plain) in [("robot$team+ci", "robot+team+ci"), ("bot-ci", "bot-ci"), ("r (x)é", "r++x++"), ("", "")]
        {
            assert_eq!(shell_name(name), plain);
            assert_eq!(shell_name(plain), plain);
        }
    }

    #[test]
    fn natural_order_compares_numbers() {
        let mut tags = ["v1.10.0", "v1.2.0", "v1.9", "v1.1.0", "latest", "v2", "v1.02.0"];
        tags.sort_by_key(|tag| natural_key(tag));
        assert_eq!(tags, ["latest", "v1.1.0", "v1.2.0", "v1.02.0", "v1.9", "v1.10.0", "v2"]);
    }

    proptest! {
        #[test]
        fn no_text_panics_a_parser(text in ".*") {
            let _ = text.parse::<RepoName>();
            let _ = text.parse::<ProjectName>();
            let _ = text.parse::<Reference>();
            let _ = natural_key(&text);
        }
    }
}
