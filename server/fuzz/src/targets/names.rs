//! Names, references and digests.

use berth_types::{
    Digest, ProjectName, Reference, RepoName, TagName,
    name::{PROJECT_NAME_BYTES_MAX, REPO_NAME_BYTES_MAX, TAG_NAME_BYTES_MAX},
};

use super::text;

pub(super) fn names(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let project = text.parse::<ProjectName>();
    assert_eq!(project.is_ok(), text.len() <= PROJECT_NAME_BYTES_MAX && is_component(text), "project {text:?}");
    if let Ok(project) = project {
        assert_eq!(project.to_string(), text);
        assert_eq!(
            serde_json::to_value(&project).ok().and_then(|json| serde_json::from_value(json).ok()),
            Some(project)
        );
    }

    let repo = text.parse::<RepoName>();
    let follows = text.len() <= REPO_NAME_BYTES_MAX && text.contains('/') && text.split('/').all(is_component);
    assert_eq!(repo.is_ok(), follows, "repository {text:?}");
    if let Ok(repo) = repo {
        assert_eq!(repo.to_string(), text);
        assert_eq!(RepoName::new(&repo.project(), repo.within_project()), Ok(repo.clone()));
        assert_eq!(serde_json::to_value(&repo).ok().and_then(|json| serde_json::from_value(json).ok()), Some(repo));
    }

    let tag = text.parse::<TagName>();
    assert_eq!(tag.is_ok(), is_tag(text), "tag {text:?}");
    if let Ok(tag) = tag {
        assert_eq!(tag.to_string(), text);
        natural_order(&tag);
        assert_eq!(serde_json::to_value(&tag).ok().and_then(|json| serde_json::from_value(json).ok()), Some(tag));
    }
}

pub(super) fn reference(input: &[u8]) {
    let Some(text) = text(input) else { return };
    match text.parse::<Reference>() {
        Ok(reference) => {
            assert_eq!(reference.to_string(), text);
            assert_eq!(matches!(reference, Reference::Digest(_)), text.contains(':'));
        }
        Err(error) => assert!(!error.to_string().is_empty() && text.parse::<TagName>().is_err()),
    }
}

pub(super) fn digest(input: &[u8]) {
    if let Ok(digest) = Digest::from_column(input) {
        assert_eq!(digest.to_column(), input);
        assert_eq!(digest.to_string().parse(), Ok(digest));
    }
    let Some(text) = text(input) else { return };
    let Ok(digest) = text.parse::<Digest>() else { return };
    // One text a digest: two would split caches and links.
    assert_eq!(digest.to_string(), text);
    assert_eq!(Digest::from_column(&digest.to_column()), Ok(digest));
    assert_eq!(serde_json::to_value(digest).ok().and_then(|json| serde_json::from_value(json).ok()), Some(digest));
    assert_eq!(digest.short().len(), 12);
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` as a machine that sees one character at a time.
fn is_component(text: &str) -> bool {
    #[derive(Clone, Copy)]
    enum At {
        Start,
        Word,
        Dot,
        Underscore,
        Underscores,
        Dash,
    }
    let mut at = At::Start;
    for char in text.chars() {
        at = match (at, char) {
            (_, 'a'..='z' | '0'..='9') => At::Word,
            (At::Word, '.') => At::Dot,
            (At::Word, '_') => At::Underscore,
            (At::Underscore, '_') => At::Underscores,
            (At::Word | At::Dash, '-') => At::Dash,
            _ => return false,
        };
    }
    matches!(at, At::Word)
}

fn is_tag(text: &str) -> bool {
    text.len() <= TAG_NAME_BYTES_MAX
        && text
            .chars()
            .enumerate()
            .all(|(at, char)| char.is_ascii_alphanumeric() || char == '_' || (at > 0 && matches!(char, '.' | '-')))
        && !text.is_empty()
}

/// The number at the end of a tag, counted up by one, sorts behind it.
fn natural_order(tag: &TagName) {
    let text = tag.as_str();
    let head = text.trim_end_matches(|char: char| char.is_ascii_digit());
    let Ok(number) = text[head.len()..].parse::<u64>() else { return };
    let Some(more) = number.checked_add(1) else { return };
    if let Ok(next) = format!("{head}{more}").parse::<TagName>() {
        assert!(tag.sort_key() < next.sort_key(), "{tag} sorts behind {next}");
    }
}
