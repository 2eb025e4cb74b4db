//! A rule of replication as people read and write it.

#[cfg(any(feature = "ssr", test))]
use crate::form::{Fault, FormError};
use crate::i18n::{Catalog, keys};
#[cfg(any(feature = "ssr", test))]
use crate::pages::admin::outside::flag;
use crate::pages::admin::outside::ticked;
use crate::pages::admin::when::When;
use berth_types::api::{Registry, ReplicationFilter, ReplicationPolicy};
#[cfg(any(feature = "ssr", test))]
use berth_types::api::{ReplicationTrigger, ReplicationTriggerSettings};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// In place of filters: they stay as they are.
pub(super) const KEEP: &str = "keep";
/// The word of the API for what is left out.
pub(super) const EXCLUDES: &str = "excludes";
/// To another registry.
pub(super) const PUSH: &str = "push";
/// From another registry.
pub(super) const PULL: &str = "pull";

/// What the form posts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RuleForm {
    /// Row id; empty for a new one.
    pub id: String,
    pub name: String,
    pub description: String,
    /// `push` or `pull`.
    pub direction: String,
    /// Row id of the other registry.
    pub registry: String,
    /// `keep`, where the filters are more than the form can say.
    pub filters: String,
    pub name_filter: String,
    pub tag_filter: String,
    pub tag_mode: String,
    /// Names of labels, separated by commas.
    pub label_filter: String,
    pub label_mode: String,
    /// `image`, `artifact`, or empty for all.
    pub resource: String,
    pub namespace: String,
    /// How many levels of the name the namespace takes the place of.
    pub flatten: String,
    #[serde(deserialize_with = "ticked")]
    pub deletion: bool,
    #[serde(deserialize_with = "ticked")]
    pub overrides: bool,
    /// KB a second; empty for no limit.
    pub speed: String,
    #[serde(deserialize_with = "ticked")]
    pub single_active: bool,
    #[serde(deserialize_with = "ticked")]
    pub copy_by_chunk: bool,
    #[serde(deserialize_with = "ticked")]
    pub enabled: bool,
    #[serde(flatten)]
    pub when: When,
}

/// What is copied, as far as the form can say it: one filter of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filters {
    pub name: String,
    pub tag: String,
    pub excludes_tag: bool,
    pub labels: Vec<String>,
    pub excludes_labels: bool,
    pub resource: String,
}

impl Filters {
    /// Reads the filters of a rule; nothing where they are more than the form can say.
    pub fn read(filters: &[ReplicationFilter]) -> Option<Filters> {
        let mut read = Filters::default();
        for filter in filters {
            let excludes = filter.decoration == EXCLUDES;
            let text = filter.value.as_str().unwrap_or_default();
            match filter.kind.as_str() {
                "name" if read.name.is_empty() && !excludes => text.clone_into(&mut read.name),
                "tag" if read.tag.is_empty() => {
                    text.clone_into(&mut read.tag);
                    read.excludes_tag = excludes;
                }
                "label" if read.labels.is_empty() => {
                    read.labels = names(&filter.value);
                    read.excludes_labels = excludes;
                }
                "resource" if read.resource.is_empty() && !excludes => text.clone_into(&mut read.resource),
                _ => return None,
            }
        }
        Some(read)
    }

    #[cfg(any(feature = "ssr", test))]
    fn write(&self) -> Vec<ReplicationFilter> {
        let decoration = |excludes: bool| if excludes { EXCLUDES } else { "matches" }.to_owned();
        let filter = |kind: &str, value: Value, decoration: String| ReplicationFilter {
            kind: kind.to_owned(),
            value,
            decoration,
        };
        let mut filters = Vec::new();
        if !self.name.is_empty() {
            filters.push(filter("name", self.name.as_str().into(), String::new()));
        }
        if !self.tag.is_empty() {
            filters.push(filter("tag", self.tag.as_str().into(), decoration(self.excludes_tag)));
        }
        if !self.labels.is_empty() {
            filters.push(filter("label", self.labels.clone().into(), decoration(self.excludes_labels)));
        }
        if !self.resource.is_empty() {
            filters.push(filter("resource", self.resource.as_str().into(), String::new()));
        }
        filters
    }
}

fn names(value: &Value) -> Vec<String> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(any(feature = "ssr", test))]
impl RuleForm {
    /// An answer that remembers what was filled in.
    pub fn answer(&self) -> FormError {
        let mut answer = FormError::keeping(&[
            ("name", self.name.trim()),
            ("description", self.description.trim()),
            ("direction", &self.direction),
            ("registry", &self.registry),
            ("name_filter", self.name_filter.trim()),
            ("tag_filter", self.tag_filter.trim()),
            ("tag_mode", &self.tag_mode),
            ("label_filter", self.label_filter.trim()),
            ("label_mode", &self.label_mode),
            ("resource", &self.resource),
            ("namespace", self.namespace.trim()),
            ("flatten", &self.flatten),
            ("deletion", flag(self.deletion)),
            ("overrides", flag(self.overrides)),
            ("speed", self.speed.trim()),
            ("single_active", flag(self.single_active)),
            ("copy_by_chunk", flag(self.copy_by_chunk)),
            ("enabled", flag(self.enabled)),
        ]);
        let when = self.when.values().map(|(name, value)| (name.to_owned(), value.to_owned()));
        answer.values.extend(when);
        answer
    }

    /// The rule that is asked for. `before` is the one that it takes the place of.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn read(&self, before: Option<&ReplicationPolicy>) -> Result<ReplicationPolicy, FormError> {
        let mut answer = self.answer();
        let name = self.name.trim().to_owned();
        answer.check("name", name.is_empty().then_some(Fault::Required));
        let registry = self.registry.parse::<i64>().ok().filter(|id| *id > 0);
        answer.check("registry", registry.is_none().then_some(Fault::Required));
        if let Some((field, fault)) = self.when.fault() {
            answer.check(field, Some(fault));
        }
        let speed = match self.speed.trim() {
            "" => Ok(0),
            text => text.parse::<i32>().ok().filter(|kb| *kb > 0).ok_or(Fault::NumberRange(1, i64::from(i32::MAX))),
        };
        answer.check("speed", speed.as_ref().err().cloned());
        answer.pass()?;
        let other = Some(Registry { id: registry.unwrap_or_default(), ..Registry::default() });
        let here = Some(Registry::default());
        let pulls = self.direction == PULL;
        let (src_registry, dest_registry) = if pulls { (other, here) } else { (here, other) };
        let kept = before.filter(|_| self.filters == KEEP).and_then(|before| before.filters.clone());
        Ok(ReplicationPolicy {
            id: before.map_or(0, |before| before.id),
            name,
            description: self.description.trim().to_owned(),
            src_registry,
            dest_registry,
            dest_namespace: self.namespace.trim().to_owned(),
            dest_namespace_replace_count: Some(self.flatten.parse().unwrap_or(1)),
            trigger: Some(ReplicationTrigger {
                kind: self.when.trigger.clone(),
                trigger_settings: self.when.schedule_cron().map(|cron| ReplicationTriggerSettings { cron }),
            }),
            filters: Some(kept.unwrap_or_else(|| self.filters().write())),
            replicate_deletion: self.deletion,
            deletion: self.deletion,
            overrides: self.overrides,
            enabled: self.enabled,
            speed: speed.ok(),
            copy_by_chunk: Some(self.copy_by_chunk),
            single_active_replication: Some(self.single_active),
            ..ReplicationPolicy::default()
        })
    }

    fn filters(&self) -> Filters {
        let labels = self.label_filter.split(',').map(str::trim).filter(|name| !name.is_empty());
        Filters {
            name: self.name_filter.trim().to_owned(),
            tag: self.tag_filter.trim().to_owned(),
            excludes_tag: self.tag_mode == EXCLUDES,
            labels: labels.map(str::to_owned).collect(),
            excludes_labels: self.label_mode == EXCLUDES,
            resource: self.resource.clone(),
        }
    }
}

/// Whether a rule takes from another registry.
pub(super) fn pulls(rule: &ReplicationPolicy) -> bool {
    rule.src_registry.as_ref().is_some_and(|registry| registry.id != 0)
}

/// The other registry of a rule.
pub(super) fn other(rule: &ReplicationPolicy) -> Option<&Registry> {
    if pulls(rule) { rule.src_registry.as_ref() } else { rule.dest_registry.as_ref() }
}

/// What a rule copies, in one line: `payments/**, tags v*`.
pub(super) fn what(catalog: &Catalog, rule: &ReplicationPolicy) -> String {
    use keys::replication::what as k;
    let filters = rule.filters.as_deref().unwrap_or_default();
    let mut parts: Vec<String> = filters
        .iter()
        .map(|filter| {
            let excludes = filter.decoration == EXCLUDES;
            let text = filter.value.as_str().unwrap_or_default().to_owned();
            let (key, text) = match (filter.kind.as_str(), excludes) {
                ("name", false) => return text,
                ("name", true) => (k::NOT_NAME, text),
                ("tag", false) => (k::TAGS, text),
                ("tag", true) => (k::NOT_TAGS, text),
                ("label", false) => (k::LABELS, names(&filter.value).join(", ")),
                ("label", true) => (k::NOT_LABELS, names(&filter.value).join(", ")),
                _ if text == "image" => (k::IMAGES, text),
                _ => (k::ARTIFACTS, text),
            };
            catalog.format(key, &[("filter", &text)])
        })
        .collect();
    if !filters.iter().any(|filter| filter.kind == "name") {
        parts.insert(0, "**".to_owned());
    }
    parts.join(", ")
}

/// Where a rule copies to or from.
pub(super) fn place(catalog: &Catalog, rule: &ReplicationPolicy) -> String {
    use keys::replication::place as k;
    let Some(registry) = other(rule) else { return String::new() };
    let host = registry.url.split_once("://").map_or(registry.url.as_str(), |(_, host)| host);
    let namespace = rule.dest_namespace.as_str();
    let key = match (pulls(rule), namespace.is_empty()) {
        (false, true) => k::PUSH,
        (false, false) => k::PUSH_BELOW,
        (true, true) => k::PULL,
        (true, false) => k::PULL_BELOW,
    };
    catalog.format(key, &[("registry", host), ("namespace", namespace)])
}

/// What starts a rule.
pub(super) fn when(rule: &ReplicationPolicy) -> When {
    let trigger = rule.trigger.clone().unwrap_or_default();
    When::of(&trigger.kind, &trigger.trigger_settings.map(|settings| settings.cron).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;
    use crate::pages::admin::when::{MANUAL, SCHEDULED};

    fn form() -> RuleForm {
        RuleForm {
            name: " to-frankfurt ".into(),
            direction: PUSH.into(),
            registry: "7".into(),
            name_filter: "payments/**".into(),
            tag_filter: "v*".into(),
            label_filter: "release, stable,".into(),
            label_mode: EXCLUDES.into(),
            namespace: "mirror".into(),
            flatten: "-1".into(),
            speed: "500".into(),
            enabled: true,
            when: When::of(SCHEDULED, "0 0 1 * * *"),
            ..RuleForm::default()
        }
    }

    #[test]
    fn a_rule_is_what_the_form_says() {
        let rule = form().read(None).unwrap();
        assert_eq!((rule.name.as_str(), rule.dest_registry.as_ref().unwrap().id), ("to-frankfurt", 7));
        assert_eq!((rule.speed, rule.dest_namespace_replace_count, rule.enabled), (Some(500), Some(-1), true));
        assert!(!pulls(&rule));
        let filters = Filters::read(rule.filters.as_deref().unwrap()).unwrap();
        assert_eq!((filters.name.as_str(), filters.tag.as_str()), ("payments/**", "v*"));
        assert_eq!((filters.labels.len(), filters.excludes_labels, filters.excludes_tag), (2, true, false));
        let pulling = RuleForm { direction: PULL.into(), ..form() }.read(None).unwrap();
        assert!(pulls(&pulling) && other(&pulling).unwrap().id == 7);
    }

    #[test]
    fn filters_beyond_the_form_are_kept() {
        let filter = |kind: &str, text: &str| ReplicationFilter {
            kind: kind.into(),
            value: text.into(),
            decoration: String::new(),
        };
        let two = vec![filter("name", "a/**"), filter("name", "b/**")];
        assert_eq!(Filters::read(&two), None);
        let before = ReplicationPolicy { id: 9, filters: Some(two.clone()), ..ReplicationPolicy::default() };
        let kept = RuleForm { filters: KEEP.into(), ..form() }.read(Some(&before)).unwrap();
        assert_eq!((kept.id, kept.filters), (9, Some(two)));
    }

    #[test]
    fn what_is_wrong_is_said_by_field() {
        let wrong = RuleForm {
            name: " ".into(),
            registry: String::new(),
            speed: "fast".into(),
            when: When { every: "cron".into(), cron: "x".into(), ..When::of(SCHEDULED, "") },
            ..form()
        };
        let faults: Vec<String> = wrong.read(None).unwrap_err().faults.into_iter().map(|(field, _)| field).collect();
        assert_eq!(faults, ["name", "registry", "cron", "speed"]);
        let unlimited = RuleForm { speed: String::new(), when: When::of(MANUAL, ""), ..form() };
        assert_eq!(unlimited.read(None).unwrap().speed, Some(0));
    }

    #[test]
    fn people_read_a_rule_in_one_line() {
        let catalog = Catalog::of(Locale::En);
        let mut rule = form().read(None).unwrap();
        rule.dest_registry = Some(Registry { id: 7, url: "https://site-b.example".into(), ..Registry::default() });
        assert_eq!(what(&catalog, &rule), "payments/**, tags v*, not labelled release, stable");
        assert_eq!(place(&catalog, &rule), "Push to site-b.example/mirror");
        rule.filters = None;
        assert_eq!(what(&catalog, &rule), "**");
    }
}
