//! A rule while it is being written.

use crate::form::Fault;
use crate::i18n::keys;
use crate::t;
use berth_types::api::{ImmutableRule, ImmutableSelector};
use berth_types::url::encode;
use std::collections::BTreeMap;

/// A rule in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Whether its pattern names the repositories that it is not about.
    pub repos_not: bool,
    /// Pattern of repositories.
    pub repos: String,
    /// Whether its pattern names the tags that it is not about.
    pub tags_not: bool,
    /// Pattern of tags.
    pub tags: String,
}

impl Default for Draft {
    fn default() -> Self {
        Draft { repos_not: false, repos: "**".to_owned(), tags_not: false, tags: "v*".to_owned() }
    }
}

impl Draft {
    /// What the form sent, where it did.
    pub fn read(pairs: &[(String, String)]) -> Option<Draft> {
        let text = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned());
        let on = |name: &str| text(name).is_some_and(|value| value == "1");
        Some(Draft { repos_not: on("repos_not"), repos: text("repos")?, tags_not: on("tags_not"), tags: text("tags")? })
    }

    /// The rule in the fields of the form. One that selects nothing has empty ones, which would select everything.
    pub fn of(rule: &ImmutableRule) -> Option<Draft> {
        let (repos, tags) = selectors(rule)?;
        Some(Draft {
            repos_not: repos.decoration == "repoExcludes",
            repos: repos.pattern.clone(),
            tags_not: tags.decoration == "excludes",
            tags: tags.pattern.clone(),
        })
    }

    /// What the form would send.
    pub fn query(&self) -> String {
        let word = |on: bool| if on { "1" } else { "0" };
        format!(
            "repos_not={}&repos={}&tags_not={}&tags={}",
            word(self.repos_not),
            encode(&self.repos),
            word(self.tags_not),
            encode(&self.tags)
        )
    }

    /// What is wrong with which field: what the server would refuse, in the order of the form.
    pub fn faults(&self) -> Vec<(String, Fault)> {
        let fields = [("repos", &self.repos), ("tags", &self.tags)];
        let is_wrong = |pattern: &str| pattern.parse::<berth_types::glob::Glob>().is_err();
        let wrong = fields.into_iter().filter(|(_, pattern)| is_wrong(pattern));
        wrong.map(|(field, _)| (field.to_owned(), Fault::Pattern)).collect()
    }

    /// What the API takes. What the form does not show stays as it is.
    pub fn rule(&self, old: ImmutableRule) -> ImmutableRule {
        let selector = |decoration: &str, pattern: &str| ImmutableSelector {
            kind: "doublestar".to_owned(),
            decoration: decoration.to_owned(),
            pattern: pattern.to_owned(),
            extras: String::new(),
        };
        let tags = selector(if self.tags_not { "excludes" } else { "matches" }, &self.tags);
        let repos = selector(if self.repos_not { "repoExcludes" } else { "repoMatches" }, &self.repos);
        ImmutableRule {
            action: "immutable".to_owned(),
            template: "immutable_template".to_owned(),
            tag_selectors: Some(vec![tags]),
            scope_selectors: BTreeMap::from([("repository".to_owned(), vec![repos])]),
            ..old
        }
    }
}

/// The selectors of repositories and of tags that count: the first ones.
fn selectors(rule: &ImmutableRule) -> Option<(&ImmutableSelector, &ImmutableSelector)> {
    Some((rule.scope_selectors.get("repository")?.first()?, rule.tag_selectors.as_ref()?.first()?))
}

/// The rule as a sentence.
pub fn text(rule: &ImmutableRule) -> String {
    let Some(draft) = Draft::of(rule) else { return t!(keys::immutability::NOTHING) };
    let key = match (draft.repos_not, draft.tags_not) {
        (false, false) => keys::immutability::text::BOTH,
        (true, false) => keys::immutability::text::OTHER_REPOS,
        (false, true) => keys::immutability::text::OTHER_TAGS,
        (true, true) => keys::immutability::text::OTHERS,
    };
    t!(key, tags = shown(&draft.tags), repos = shown(&draft.repos))
}

/// An empty pattern selects everything.
fn shown(pattern: &str) -> &str {
    if pattern.is_empty() { "**" } else { pattern }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::query_pairs;

    #[test]
    fn faults_name_the_field_of_their_pattern() {
        let fields = |repos: &str, tags: &str| {
            let draft = Draft { repos: repos.to_owned(), tags: tags.to_owned(), ..Draft::default() };
            draft.faults().into_iter().map(|(field, _)| field).collect::<Vec<_>>()
        };
        assert_eq!(fields("{a", "["), ["repos", "tags"]);
        assert_eq!(fields("**", "v1.[0-2].0"), Vec::<String>::new());
        assert!(fields("", "").is_empty());
    }

    #[test]
    fn a_rule_is_the_same_after_the_form_and_the_address() {
        let draft = Draft { repos_not: true, repos: "lib/{a,b}".to_owned(), tags_not: false, tags: "v*".to_owned() };
        assert_eq!(Draft::read(&query_pairs(&draft.query())), Some(draft.clone()));
        let rule = draft.rule(ImmutableRule { id: 5, disabled: true, ..ImmutableRule::default() });
        assert_eq!((rule.id, rule.disabled), (5, true));
        assert_eq!(Draft::of(&rule), Some(draft));
        assert_eq!(Draft::of(&ImmutableRule::default()), None);
        assert_eq!(Draft::read(&query_pairs("?page=2")), None);
    }
}
