//! A retention policy while it is being written: what the form has, what stands in the address, what the API takes.

use crate::client::json;
use crate::schedule::Schedule;
use berth_types::api::{RetentionPolicy, RetentionPolicyScope, RetentionRule, RetentionRuleTrigger, RetentionSelector};
use berth_types::url::encode;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most rules of a policy.
pub const LINES_MAX: usize = 15;
/// The templates on offer, as Harbor names them.
pub const TEMPLATES: [&str; 5] = ["latestPushedK", "latestPulledN", "nDaysSinceLastPush", "nDaysSinceLastPull", ALWAYS];
const ALWAYS: &str = "always";

/// A policy in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Its rules.
    pub lines: Vec<Line>,
    /// When it runs.
    pub schedule: Schedule,
}

/// A rule in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The rule as JSON where it says more than the form can; else empty.
    pub raw: String,
    /// Whether it rests.
    pub rests: bool,
    /// Whether its pattern names the repositories that it is not about.
    pub repos_not: bool,
    /// Pattern of repositories.
    pub repos: String,
    /// One of [`TEMPLATES`].
    pub template: String,
    /// The number of the template as it was typed.
    pub number: String,
    /// Whether its pattern names the tags that it is not about.
    pub tags_not: bool,
    /// Pattern of tags.
    pub tags: String,
    /// Whether it is also about what has no tag.
    pub untagged: bool,
}

impl Default for Line {
    fn default() -> Self {
        Line {
            raw: String::new(),
            rests: false,
            repos_not: false,
            repos: "**".to_owned(),
            template: "latestPushedK".to_owned(),
            number: "10".to_owned(),
            tags_not: false,
            tags: "**".to_owned(),
            untagged: true,
        }
    }
}

/// What the buttons of the form do with its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Adds a rule at the end.
    Add,
    /// Removes one.
    Remove(usize),
    /// Moves one before its neighbour.
    Up(usize),
    /// Moves one behind its neighbour.
    Down(usize),
    /// Lets one rest, or ends its rest.
    Rest(usize),
}

impl Edit {
    /// The word that a button posts.
    pub fn word(self) -> String {
        match self {
            Edit::Add => "add".to_owned(),
            Edit::Remove(index) => format!("remove-{index}"),
            Edit::Up(index) => format!("up-{index}"),
            Edit::Down(index) => format!("down-{index}"),
            Edit::Rest(index) => format!("rest-{index}"),
        }
    }

    fn read(word: &str) -> Option<Edit> {
        if word == "add" {
            return Some(Edit::Add);
        }
        let (verb, index) = word.split_once('-')?;
        let index = index.parse().ok()?;
        match verb {
            "remove" => Some(Edit::Remove(index)),
            "up" => Some(Edit::Up(index)),
            "down" => Some(Edit::Down(index)),
            "rest" => Some(Edit::Rest(index)),
            _ => None,
        }
    }
}

/// Names of the fields; those of rules stand once for each rule, in one order.
pub const RAW: &str = "raw[]";
/// See [`Line::rests`].
pub const RESTS: &str = "rests[]";
/// See [`Line::repos_not`].
pub const REPOS_NOT: &str = "repos_not[]";
/// See [`Line::repos`].
pub const REPOS: &str = "repos[]";
/// See [`Line::template`].
pub const TEMPLATE: &str = "template[]";
/// See [`Line::number`].
pub const NUMBER: &str = "number[]";
/// See [`Line::tags_not`].
pub const TAGS_NOT: &str = "tags_not[]";
/// See [`Line::tags`].
pub const TAGS: &str = "tags[]";
/// See [`Line::untagged`].
pub const UNTAGGED: &str = "untagged[]";
/// How often the policy runs; in every form.
pub const EVERY: &str = "every";
/// What a button asks for.
pub const DO: &str = "do";

/// The word of a switch in a field.
pub const fn word(on: bool) -> &'static str {
    if on { "1" } else { "0" }
}

impl Draft {
    /// What a form sent: nothing where it did not, so that what is kept is shown. The edit that it asks for is done.
    pub fn read(pairs: &[(String, String)]) -> Option<Draft> {
        let text = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let every = text(EVERY)?;
        let all = |name: &str| -> Vec<String> {
            pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
        };
        let columns = [RAW, RESTS, REPOS_NOT, REPOS, TEMPLATE, NUMBER, TAGS_NOT, TAGS, UNTAGGED].map(all);
        let schedule = Schedule {
            every,
            at: text("at").unwrap_or_default(),
            weekday: text("weekday").unwrap_or_default(),
            cron: text("cron").unwrap_or_default(),
        };
        let mut draft = Draft { lines: lines(&columns), schedule };
        if let Some(edit) = text(DO).as_deref().and_then(Edit::read) {
            draft.edit(edit);
        }
        Some(draft)
    }

    /// The policy as the form shows it.
    pub fn of(policy: &RetentionPolicy) -> Draft {
        let cron = policy.trigger.as_ref().and_then(|trigger| trigger.settings.get("cron")?.as_str());
        Draft {
            lines: policy.rules.iter().flatten().map(Line::of).collect(),
            schedule: Schedule::of(cron.unwrap_or_default()),
        }
    }

    /// What the form would send.
    pub fn query(&self) -> String {
        let mut pairs = Vec::new();
        for line in &self.lines {
            pairs.extend([
                (RAW, line.raw.as_str()),
                (RESTS, word(line.rests)),
                (REPOS_NOT, word(line.repos_not)),
                (REPOS, &line.repos),
                (TEMPLATE, &line.template),
                (NUMBER, &line.number),
                (TAGS_NOT, word(line.tags_not)),
                (TAGS, &line.tags),
                (UNTAGGED, word(line.untagged)),
            ]);
        }
        let Schedule { every, at, weekday, cron } = &self.schedule;
        pairs.extend([(EVERY, every.as_str()), ("at", at), ("weekday", weekday), ("cron", cron)]);
        let pairs = pairs.into_iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }

    /// What the API takes.
    pub fn policy(&self, project: i64) -> RetentionPolicy {
        RetentionPolicy {
            id: 0,
            algorithm: "or".to_owned(),
            rules: Some(self.lines.iter().map(Line::rule).collect()),
            trigger: Some(RetentionRuleTrigger {
                kind: "Schedule".to_owned(),
                settings: BTreeMap::from([("cron".to_owned(), Value::from(self.schedule.cron()))]),
                references: BTreeMap::new(),
            }),
            scope: Some(RetentionPolicyScope { level: "project".to_owned(), reference: project }),
        }
    }

    /// Does what a button asks for.
    pub fn edit(&mut self, edit: Edit) {
        let count = self.lines.len();
        match edit {
            Edit::Add if count < LINES_MAX => self.lines.push(Line::default()),
            Edit::Remove(index) if index < count => drop(self.lines.remove(index)),
            Edit::Up(index) if index > 0 && index < count => self.lines.swap(index - 1, index),
            Edit::Down(index) if index + 1 < count => self.lines.swap(index, index + 1),
            Edit::Rest(index) => {
                if let Some(line) = self.lines.get_mut(index) {
                    line.rests = !line.rests;
                }
            }
            Edit::Add | Edit::Remove(_) | Edit::Up(_) | Edit::Down(_) => {}
        }
    }
}

/// The columns of a form as its rows. A row that lacks a field is none.
pub fn lines(columns: &[Vec<String>; 9]) -> Vec<Line> {
    let [raw, rests, repos_not, repos, template, number, tags_not, tags, untagged] = columns;
    let line = |index: usize| {
        Some(Line {
            raw: raw.get(index)?.clone(),
            rests: rests.get(index)? == word(true),
            repos_not: repos_not.get(index)? == word(true),
            repos: repos.get(index)?.trim().to_owned(),
            template: template.get(index)?.clone(),
            number: number.get(index)?.trim().to_owned(),
            tags_not: tags_not.get(index)? == word(true),
            tags: tags.get(index)?.trim().to_owned(),
            untagged: untagged.get(index)? == word(true),
        })
    };
    (0..raw.len().min(LINES_MAX)).map_while(line).collect()
}

impl Line {
    /// Whether it is shown as it is, because the form cannot say it.
    pub fn is_raw(&self) -> bool {
        !self.raw.is_empty()
    }

    /// Whether its template has a number.
    pub fn has_number(&self) -> bool {
        self.template != ALWAYS
    }

    fn of(rule: &RetentionRule) -> Line {
        Line::simple(rule).unwrap_or_else(|| Line {
            raw: serde_json::to_string(rule).unwrap_or_default(),
            rests: rule.disabled,
            ..Line::default()
        })
    }

    /// The rule in the fields of the form, where they are enough.
    fn simple(rule: &RetentionRule) -> Option<Line> {
        let [tags] = rule.tag_selectors.as_deref()? else { return None };
        let [repos] = rule.scope_selectors.get("repository")?.as_slice() else { return None };
        if !TEMPLATES.contains(&rule.template.as_str()) || rule.scope_selectors.len() != 1 {
            return None;
        }
        let number = match rule.params.get(&rule.template).and_then(Value::as_f64) {
            _ if rule.template == ALWAYS => Line::default().number,
            Some(number) => number.to_string(),
            None => return None,
        };
        let tags_not = tags.decoration == "excludes";
        let extras = match tags.extras.as_str() {
            "" => None,
            text => match serde_json::from_str::<Value>(text).ok()? {
                Value::Object(extras) => Some(extras.get("untagged").is_some_and(|value| value == &Value::Bool(true))),
                _ => return None,
            },
        };
        Some(Line {
            raw: String::new(),
            rests: rule.disabled,
            repos_not: repos.decoration == "repoExcludes",
            repos: repos.pattern.clone(),
            template: rule.template.clone(),
            number,
            tags_not,
            tags: tags.pattern.clone(),
            // What is said about what has no tag is about what the pattern is about.
            untagged: extras.is_none_or(|said| said != tags_not),
        })
    }

    fn rule(&self) -> RetentionRule {
        if let Ok(rule) = json::read::<RetentionRule>(&self.raw) {
            return RetentionRule { disabled: self.rests, ..rule };
        }
        let number = self.number.parse::<i64>().map_or_else(|_| Value::from(self.number.as_str()), Value::from);
        let params =
            if self.has_number() { BTreeMap::from([(self.template.clone(), number)]) } else { BTreeMap::new() };
        RetentionRule {
            id: 0,
            priority: 0,
            disabled: self.rests,
            action: "retain".to_owned(),
            template: self.template.clone(),
            params,
            tag_selectors: Some(vec![RetentionSelector {
                kind: "doublestar".to_owned(),
                decoration: if self.tags_not { "excludes" } else { "matches" }.to_owned(),
                pattern: self.tags.clone(),
                extras: format!("{{\"untagged\":{}}}", self.untagged != self.tags_not),
            }]),
            scope_selectors: BTreeMap::from([(
                "repository".to_owned(),
                vec![RetentionSelector {
                    kind: "doublestar".to_owned(),
                    decoration: if self.repos_not { "repoExcludes" } else { "repoMatches" }.to_owned(),
                    pattern: self.repos.clone(),
                    extras: String::new(),
                }],
            )]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::query_pairs;
    use serde_json::json;

    fn policy(rules: Value) -> RetentionPolicy {
        serde_json::from_value(json!({
            "algorithm": "or", "rules": rules, "scope": { "level": "project", "ref": 7 },
            "trigger": { "kind": "Schedule", "settings": { "cron": "0 30 2 * * *" } },
        }))
        .unwrap()
    }

    fn rule(template: &str, tags: Value) -> Value {
        json!({
            "action": "retain", "template": template, "params": { template: 3 }, "tag_selectors": [tags],
            "scope_selectors": { "repository": [
                { "kind": "doublestar", "decoration": "repoExcludes", "pattern": "lib/**" }
            ] },
        })
    }

    fn tags(decoration: &str, extras: &str) -> Value {
        json!({ "kind": "doublestar", "decoration": decoration, "pattern": "v*", "extras": extras })
    }

    #[test]
    fn a_policy_is_the_same_after_the_form_and_the_address() {
        let untagged = r#"{"untagged":true}"#;
        let policy = policy(json!([
            rule("latestPushedK", tags("matches", untagged)),
            rule("nDaysSinceLastPull", tags("excludes", untagged)),
        ]));
        let draft = Draft::of(&policy);
        assert_eq!(draft.policy(7), policy);
        assert_eq!(draft.lines.iter().map(|line| line.untagged).collect::<Vec<_>>(), [true, false]);
        let read = Draft::read(&query_pairs(&draft.query())).unwrap();
        assert_eq!(read, draft);
        assert_eq!(Draft::read(&query_pairs("?page=2")), None);
    }

    #[test]
    fn what_the_form_cannot_say_is_kept_as_it_is() {
        let twice = json!({
            "action": "retain", "template": "always", "params": {}, "disabled": true,
            "tag_selectors": [tags("matches", ""), tags("excludes", "")],
            "scope_selectors": { "repository": [{ "kind": "doublestar", "decoration": "repoMatches", "pattern": "**" }] },
        });
        let policy = policy(json!([twice, rule("lastXDays", tags("matches", ""))]));
        let mut draft = Draft::of(&policy);
        assert!(draft.lines.iter().all(Line::is_raw));
        draft = Draft::read(&query_pairs(&draft.query())).unwrap();
        assert_eq!(draft.policy(7), policy);
        draft.edit(Edit::Rest(0));
        assert!(!draft.policy(7).rules.unwrap()[0].disabled);
    }

    #[test]
    fn what_is_said_of_untagged_artifacts_is_read_as_the_server_reads_it() {
        for (decoration, extras, untagged) in [
            ("matches", "", true),
            ("matches", "{}", false),
            ("matches", r#"{"untagged":false}"#, false),
            ("excludes", "", true),
            ("excludes", "{}", true),
            ("excludes", r#"{"untagged":true}"#, false),
        ] {
            let draft = Draft::of(&policy(json!([rule("always", tags(decoration, extras))])));
            assert_eq!(draft.lines[0].untagged, untagged, "{decoration} {extras}");
        }
    }

    #[test]
    fn buttons_change_the_rules() {
        let mut draft = Draft::default();
        draft.edit(Edit::Add);
        draft.edit(Edit::Add);
        draft.lines[0].tags = "v*".to_owned();
        let pressed = |draft: &Draft, edit: Edit| {
            Draft::read(&query_pairs(&format!("{}&do={}", draft.query(), edit.word()))).unwrap()
        };
        let tags = |draft: &Draft| draft.lines.iter().map(|line| line.tags.clone()).collect::<Vec<_>>();
        assert_eq!(tags(&pressed(&draft, Edit::Down(0))), ["**", "v*"]);
        assert_eq!(tags(&pressed(&draft, Edit::Up(1))), ["**", "v*"]);
        assert_eq!(tags(&pressed(&draft, Edit::Up(0))), ["v*", "**"]);
        assert_eq!(tags(&pressed(&draft, Edit::Remove(1))), ["v*"]);
        assert_eq!(tags(&pressed(&draft, Edit::Remove(9))), ["v*", "**"]);
        assert!(pressed(&draft, Edit::Rest(1)).lines[1].rests);
        for _ in 0..20 {
            draft.edit(Edit::Add);
        }
        assert_eq!(draft.lines.len(), LINES_MAX);
    }

    #[test]
    fn a_number_that_is_none_is_not_made_one() {
        let line = Line { number: "many".to_owned(), ..Line::default() };
        assert_eq!(line.rule().params["latestPushedK"], "many");
        let always = Line { template: ALWAYS.to_owned(), ..Line::default() };
        assert!(always.rule().params.is_empty());
    }
}
