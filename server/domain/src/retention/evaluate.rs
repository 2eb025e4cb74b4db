//! What rules keep, as a function of nothing but what they are told: a preview and a run both ask it, so that a run does
//! what its preview said.
//!
//! Rules decide about artifacts, as in Harbor: every rule narrows the artifacts of a repository to those of which a tag is
//! selected, and keeps some of them; what one rule keeps is kept, with all of its tags. A repository of which no rule
//! speaks is left alone.

use std::cmp::Reverse;

use berth_types::{
    Timestamp,
    api::{RetentionRule, RetentionSelector},
    glob::Glob,
};
use serde_json::Value;

use crate::{Error, Result};

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// The rules of a policy that do not rest, ready to be asked.
#[derive(Debug)]
pub(crate) struct Rules(Vec<Rule>);

/// A rule.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Its place in the policy, from 1; rules that rest count.
    pub number: usize,
    repositories: Vec<Selector>,
    tags: Vec<Selector>,
    keeps: Keeps,
}

/// Which of the artifacts that it selects a rule keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeps {
    All,
    /// The first ones in an order.
    First(Order, usize),
    /// Those since when something happened less than so many days have passed.
    Since(Order, i64),
    /// The same without the last second, as Harbor's older template.
    After(i64),
}

/// By when artifacts are ordered, the latest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Pushed,
    Pulled,
    /// Whichever was later.
    Active,
}

/// What rules look at in an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Its tags.
    pub tags: Vec<String>,
    /// When it, or a tag on it, was last pushed.
    pub pushed: Timestamp,
    /// When it, or a tag on it, was last pulled; [`Timestamp::NEVER`] where it never was.
    pub pulled: Timestamp,
    /// Decides between artifacts of the same second: the higher comes first.
    pub id: i64,
}

/// What becomes of an artifact as far as rules decide it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The numbers of the rules that keep it. It goes where there is none.
    pub kept_by: Vec<usize>,
    /// The first rule that selects it and does not keep it.
    pub missed: Option<Miss>,
}

/// A rule that selects an artifact and does not keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Miss {
    /// The number of the rule.
    pub rule: usize,
    /// The artifact's place in the order of the rule, from 1; none where its age decides.
    pub rank: Option<usize>,
}

impl Rules {
    /// Reads rules that were checked.
    ///
    /// # Errors
    /// [`Error::Internal`] for a rule that cannot be followed: it must not keep less in silence.
    pub fn read(rules: &[RetentionRule]) -> Result<Self> {
        let enabled = rules.iter().enumerate().filter(|(_, rule)| !rule.disabled);
        Ok(Rules(enabled.map(|(index, rule)| Rule::read(index + 1, rule)).collect::<Result<_>>()?))
    }

    /// The rules that speak of a repository, named inside its project.
    pub fn of(&self, repository: &str) -> Vec<&Rule> {
        self.0.iter().filter(|rule| rule.repositories.iter().all(|selector| selector.selects(repository))).collect()
    }
}

impl Rule {
    fn read(number: usize, rule: &RetentionRule) -> Result<Self> {
        let repositories = rule.scope_selectors.get("repository").map(Vec::as_slice).unwrap_or_default();
        let tags = rule.tag_selectors.as_deref().unwrap_or_default();
        Ok(Rule {
            number,
            repositories: repositories.iter().map(Selector::read).collect::<Result<_>>()?,
            tags: tags.iter().map(Selector::read).collect::<Result<_>>()?,
            keeps: Keeps::read(rule)?,
        })
    }

    /// Whether the rule selects an artifact for this tag alone.
    pub fn selects_tag(&self, tag: &str) -> bool {
        self.tags.iter().all(|selector| selector.selects(tag))
    }

    fn selects(&self, candidate: &Candidate) -> bool {
        self.tags.iter().all(|selector| {
            if candidate.tags.is_empty() {
                return selector.untagged;
            }
            candidate.tags.iter().any(|tag| selector.selects(tag))
        })
    }
}

impl Keeps {
    fn read(rule: &RetentionRule) -> Result<Self> {
        let number = || {
            let number = rule.params.get(&rule.template).and_then(Value::as_f64);
            let number = number.filter(|number| number.fract() == 0.0 && (0.0..=super::PARAMETER_MAX).contains(number));
            // It is whole and between 0 and a million.
            number.map(|number| number as i64).ok_or_else(|| unreadable(rule))
        };
        let count = || number().and_then(|number| usize::try_from(number).map_err(Error::internal));
        Ok(match rule.template.as_str() {
            "always" => Keeps::All,
            "latestPushedK" => Keeps::First(Order::Pushed, count()?),
            "latestPulledN" => Keeps::First(Order::Pulled, count()?),
            "latestActiveK" => Keeps::First(Order::Active, count()?),
            "nDaysSinceLastPush" => Keeps::Since(Order::Pushed, number()?),
            "nDaysSinceLastPull" => Keeps::Since(Order::Pulled, number()?),
            "lastXDays" => Keeps::After(number()?),
            _ => return Err(unreadable(rule)),
        })
    }
}

fn unreadable(rule: &RetentionRule) -> Error {
    Error::internal(std::io::Error::other(format!("a retention rule by {:?} cannot be read", rule.template)))
}

impl Order {
    /// Times count in seconds, as in Harbor.
    fn of(self, candidate: &Candidate) -> i64 {
        let (pushed, pulled) = (candidate.pushed.unix_seconds(), candidate.pulled.unix_seconds());
        match self {
            Order::Pushed => pushed,
            Order::Pulled => pulled,
            Order::Active => pushed.max(pulled),
        }
    }
}

#[derive(Debug)]
struct Selector {
    /// None selects everything.
    glob: Option<Glob>,
    is_exclusion: bool,
    /// Whether it selects what has no tag.
    untagged: bool,
}

impl Selector {
    fn read(selector: &RetentionSelector) -> Result<Self> {
        let glob = match selector.pattern.as_str() {
            "" => None,
            pattern => Some(pattern.parse().map_err(Error::internal)?),
        };
        let is_exclusion = matches!(selector.decoration.as_str(), "excludes" | "repoExcludes");
        // Where nothing is said, what has no tag is selected. What is said is about what the pattern is about: an
        // exclusion of what has no tag selects it not.
        let said = match serde_json::from_str::<Value>(&selector.extras) {
            Ok(Value::Object(extras)) => match extras.get("untagged") {
                None => Some(false),
                Some(value) => value.as_bool(),
            },
            _ => None,
        };
        let untagged = said.is_none_or(|said| said != is_exclusion);
        Ok(Selector { glob, is_exclusion, untagged })
    }

    fn selects(&self, text: &str) -> bool {
        self.glob.as_ref().is_none_or(|glob| glob.matches(text)) != self.is_exclusion
    }
}

/// What becomes of the artifacts of one repository by the rules that speak of it, in the order of the artifacts.
pub(crate) fn evaluate(rules: &[&Rule], candidates: &[Candidate], now: Timestamp) -> Vec<Outcome> {
    let mut outcomes = vec![Outcome::default(); candidates.len()];
    for rule in rules {
        let mut selected: Vec<(&Candidate, &mut Outcome)> =
            candidates.iter().zip(&mut outcomes).filter(|(candidate, _)| rule.selects(candidate)).collect();
        if let Keeps::First(order, _) = rule.keeps {
            selected.sort_by_key(|(candidate, _)| Reverse((order.of(candidate), candidate.id)));
        }
        for (index, (candidate, outcome)) in selected.into_iter().enumerate() {
            let (is_kept, rank) = match rule.keeps {
                Keeps::All => (true, None),
                Keeps::First(_, count) => (index < count, Some(index + 1)),
                Keeps::Since(order, days) => (order.of(candidate) >= now.unix_seconds() - days * DAY_SECONDS, None),
                Keeps::After(days) => (candidate.pushed.unix_seconds() > now.unix_seconds() - days * DAY_SECONDS, None),
            };
            if is_kept {
                outcome.kept_by.push(rule.number);
            } else if outcome.missed.is_none() {
                outcome.missed = Some(Miss { rule: rule.number, rank });
            }
        }
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_773_480_960);

    /// An artifact pushed and pulled so many days ago; never pulled below 0.
    fn artifact(id: i64, tags: &[&str], pushed_days: i64, pulled_days: i64) -> Candidate {
        let ago = |days: i64| NOW.plus_seconds(-days * DAY_SECONDS);
        Candidate {
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            pushed: ago(pushed_days),
            pulled: if pulled_days < 0 { Timestamp::NEVER } else { ago(pulled_days) },
            id,
        }
    }

    fn selector(decoration: &str, pattern: &str, extras: &str) -> RetentionSelector {
        RetentionSelector {
            kind: "doublestar".to_owned(),
            decoration: decoration.to_owned(),
            pattern: pattern.to_owned(),
            extras: extras.to_owned(),
        }
    }

    fn rule(template: &str, number: i64, tags: RetentionSelector, repositories: RetentionSelector) -> RetentionRule {
        RetentionRule {
            action: "retain".to_owned(),
            template: template.to_owned(),
            params: BTreeMap::from([(template.to_owned(), Value::from(number))]),
            tag_selectors: Some(vec![tags]),
            scope_selectors: BTreeMap::from([("repository".to_owned(), vec![repositories])]),
            ..RetentionRule::default()
        }
    }

    fn everywhere(template: &str, number: i64, pattern: &str) -> RetentionRule {
        rule(template, number, selector("matches", pattern, ""), selector("repoMatches", "**", ""))
    }

    /// The ids that rules keep.
    fn kept(rules: &[RetentionRule], candidates: &[Candidate]) -> Vec<i64> {
        let rules = Rules::read(rules).unwrap();
        let outcomes = evaluate(&rules.of("app"), candidates, NOW);
        let kept = candidates.iter().zip(outcomes).filter(|(_, outcome)| !outcome.kept_by.is_empty());
        kept.map(|(candidate, _)| candidate.id).collect()
    }

    #[test]
    fn every_template_keeps_what_it_says() {
        let shelf = [
            artifact(1, &["v1"], 30, 2),
            artifact(2, &["v2"], 20, -1),
            artifact(3, &["v3"], 10, 9),
            artifact(4, &["v4"], 0, -1),
        ];
        for (template, number, expected) in [
            ("always", 0, &[1, 2, 3, 4][..]),
            ("latestPushedK", 2, &[3, 4]),
            ("latestPushedK", 0, &[]),
            ("latestPushedK", 99, &[1, 2, 3, 4]),
            // What was never pulled comes last, and still counts.
            ("latestPulledN", 1, &[1]),
            ("latestPulledN", 3, &[1, 3, 4]),
            ("latestActiveK", 2, &[1, 4]),
            ("nDaysSinceLastPush", 20, &[2, 3, 4]),
            ("nDaysSinceLastPush", 19, &[3, 4]),
            ("nDaysSinceLastPull", 2, &[1]),
            ("nDaysSinceLastPull", 0, &[]),
            ("lastXDays", 20, &[3, 4]),
            ("lastXDays", 21, &[2, 3, 4]),
        ] {
            assert_eq!(kept(&[everywhere(template, number, "**")], &shelf), expected, "{template} {number}");
        }
    }

    #[test]
    fn what_one_rule_keeps_is_kept() {
        let shelf = [artifact(1, &["v1"], 30, -1), artifact(2, &["x2"], 20, -1), artifact(3, &["x3"], 1, -1)];
        let (first, second) = (everywhere("always", 0, "v*"), everywhere("latestPushedK", 1, "**"));
        assert_eq!(kept(std::slice::from_ref(&first), &shelf), [1]);
        assert_eq!(kept(&[first.clone(), second.clone()], &shelf), [1, 3]);
        let resting = RetentionRule { disabled: true, ..first };
        assert_eq!(kept(&[resting.clone(), second.clone()], &shelf), [3]);
        let read = [resting, second];
        let rules = Rules::read(&read).unwrap();
        let outcomes = evaluate(&rules.of("app"), &shelf, NOW);
        assert_eq!(outcomes[2].kept_by, [2]);
        assert_eq!(outcomes[1].missed, Some(Miss { rule: 2, rank: Some(2) }));
        assert_eq!(outcomes[0].missed, Some(Miss { rule: 2, rank: Some(3) }));
    }

    #[test]
    fn an_artifact_stays_for_one_of_its_tags() {
        let shelf = [artifact(1, &["v1", "latest"], 3, -1), artifact(2, &["pr-1", "pr-2"], 2, -1)];
        assert_eq!(kept(&[everywhere("always", 0, "v*")], &shelf), [1]);
        // What is left out by one tag is still selected by another.
        let excluding =
            |pattern| rule("always", 0, selector("excludes", pattern, ""), selector("repoMatches", "**", ""));
        assert_eq!(kept(&[excluding("pr-*")], &shelf), [1]);
        assert_eq!(kept(&[excluding("v*")], &shelf), [1, 2]);
        // The order counts artifacts, not tags.
        assert_eq!(kept(&[everywhere("latestPushedK", 1, "**")], &shelf), [2]);
        // Two selectors both have to select, by whichever tag.
        let mut both = everywhere("always", 0, "v*");
        both.tag_selectors = Some(vec![selector("matches", "v*", ""), selector("matches", "latest", "")]);
        assert_eq!(kept(std::slice::from_ref(&both), &shelf), [1]);
        both.tag_selectors = None;
        assert_eq!(kept(&[both], &shelf), [1, 2]);
    }

    #[test]
    fn what_has_no_tag_is_selected_as_it_is_said() {
        let shelf = [artifact(1, &[], 3, -1), artifact(2, &["v1"], 2, -1)];
        for (decoration, extras, expected) in [
            ("matches", "", &[1, 2][..]),
            ("matches", r#"{"untagged":true}"#, &[1, 2]),
            ("matches", r#"{"untagged":false}"#, &[2]),
            ("matches", "{}", &[2]),
            ("excludes", "", &[1, 2]),
            ("excludes", r#"{"untagged":true}"#, &[2]),
            ("excludes", r#"{"untagged":false}"#, &[1, 2]),
        ] {
            let pattern = if decoration == "matches" { "**" } else { "x*" };
            let rule = rule("always", 0, selector(decoration, pattern, extras), selector("repoMatches", "**", ""));
            assert_eq!(kept(&[rule], &shelf), expected, "{decoration} {extras}");
        }
    }

    #[test]
    fn rules_speak_of_the_repositories_that_they_select() {
        for (decoration, pattern, repository, expected) in [
            ("repoMatches", "**", "a/b", true),
            ("repoMatches", "", "a/b", true),
            ("repoMatches", "*", "a/b", false),
            ("repoMatches", "{app,web}", "web", true),
            ("repoMatches", "{app,lib/**}", "lib/x/y", true),
            ("repoMatches", "team-?", "team-1", true),
            ("repoExcludes", "lib/**", "lib/x", false),
            ("repoExcludes", "lib/**", "app", true),
        ] {
            let rule = rule("always", 0, selector("matches", "**", ""), selector(decoration, pattern, ""));
            let rules = Rules::read(&[rule]).unwrap();
            assert_eq!(!rules.of(repository).is_empty(), expected, "{decoration} {pattern} {repository}");
        }
    }

    #[test]
    fn a_rule_that_cannot_be_read_is_an_error() {
        assert!(Rules::read(&[everywhere("shoe", 1, "**")]).is_err());
        assert!(Rules::read(&[everywhere("latestPushedK", -1, "**")]).is_err());
        assert!(Rules::read(&[everywhere("always", 0, "{a")]).is_err());
        // One that rests harms nobody.
        assert!(Rules::read(&[RetentionRule { disabled: true, ..everywhere("shoe", 1, "**") }]).is_ok());
    }

    fn any_rule() -> impl Strategy<Value = RetentionRule> {
        const TEMPLATES: &[&str] =
            &["always", "latestPushedK", "latestPulledN", "nDaysSinceLastPush", "nDaysSinceLastPull"];
        const PATTERNS: &[&str] = &["**", "v*", "{a,b}*", "x?", ""];
        (prop::sample::select(TEMPLATES), 0i64..6, prop::sample::select(PATTERNS), any::<bool>(), 0..3usize).prop_map(
            |(template, number, pattern, excludes, extras)| {
                let decoration = if excludes { "excludes" } else { "matches" };
                let extras = ["", r#"{"untagged":true}"#, r#"{"untagged":false}"#][extras];
                rule(template, number, selector(decoration, pattern, extras), selector("repoMatches", "**", ""))
            },
        )
    }

    fn any_shelf() -> impl Strategy<Value = Vec<Candidate>> {
        const NAMES: &[&str] = &["v1", "v2", "a-1", "b", "x1", "latest"];
        let tag = prop::sample::select(NAMES);
        prop::collection::vec((prop::collection::vec(tag, 0..3), 0i64..8, -1i64..8), 0..12).prop_map(|artifacts| {
            let numbered = artifacts.into_iter().zip(1..);
            numbered.map(|((tags, pushed, pulled), id)| artifact(id, &tags, pushed, pulled)).collect()
        })
    }

    proptest! {
        #[test]
        fn nothing_goes_that_any_rule_keeps(rules in prop::collection::vec(any_rule(), 0..5), shelf in any_shelf()) {
            let together = kept(&rules, &shelf);
            for rule in &rules {
                for id in kept(std::slice::from_ref(rule), &shelf) {
                    prop_assert!(together.contains(&id));
                }
            }
            // And nothing stays that none keeps.
            for id in together {
                prop_assert!(rules.iter().any(|rule| kept(std::slice::from_ref(rule), &shelf).contains(&id)));
            }
        }
    }
}
