//! A policy of preheating as people read and write it. The API keeps filters and trigger as JSON in texts.

#[cfg(any(feature = "ssr", test))]
use crate::form::{Fault, FormError};
use crate::i18n::{Catalog, keys};
#[cfg(any(feature = "ssr", test))]
use crate::pages::admin::outside::flag;
use crate::pages::admin::{When, ticked};
use berth_types::api::PreheatPolicy;
use serde::{Deserialize, Serialize};
use serde_json::Value;
#[cfg(any(feature = "ssr", test))]
use serde_json::json;

/// In place of filters: they stay as they are.
pub(super) const KEEP: &str = "keep";

/// What the form posts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PolicyForm {
    pub project: String,
    /// The name that it has; empty for a new one.
    pub before: String,
    pub name: String,
    pub description: String,
    /// Row id of the network.
    pub network: String,
    /// `keep`, where the filters are more than the form can say.
    pub filters: String,
    pub repositories: String,
    pub tags: String,
    /// Names of labels, separated by commas.
    pub labels: String,
    #[serde(deserialize_with = "ticked")]
    pub signed: bool,
    #[serde(deserialize_with = "ticked")]
    pub enabled: bool,
    #[serde(flatten)]
    pub when: When,
}

/// What is brought into the network, as far as the form can say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filters {
    pub repositories: String,
    pub tags: String,
    pub labels: Vec<String>,
    pub signed: bool,
}

impl Filters {
    /// Reads the filters of a policy; nothing where they are more than the form can say.
    pub fn read(text: &str) -> Option<Filters> {
        let list: Vec<Value> = if text.is_empty() { Vec::new() } else { serde_json::from_str(text).ok()? };
        let mut read = Filters::default();
        for filter in &list {
            let value = filter.get("value").unwrap_or(&Value::Null);
            match filter.get("type").and_then(Value::as_str).unwrap_or_default() {
                "repository" if read.repositories.is_empty() => value.as_str()?.clone_into(&mut read.repositories),
                "tag" if read.tags.is_empty() => value.as_str()?.clone_into(&mut read.tags),
                "label" if read.labels.is_empty() => read.labels = names(value),
                "signature" if !read.signed => read.signed = value.as_bool()?,
                _ => return None,
            }
        }
        Some(read)
    }

    #[cfg(any(feature = "ssr", test))]
    fn write(&self) -> String {
        let mut list = Vec::new();
        let mut add = |kind: &str, value: Value| list.push(json!({ "type": kind, "value": value }));
        if !self.repositories.is_empty() {
            add("repository", self.repositories.as_str().into());
        }
        if !self.tags.is_empty() {
            add("tag", self.tags.as_str().into());
        }
        if !self.labels.is_empty() {
            add("label", self.labels.join(",").into());
        }
        if self.signed {
            add("signature", true.into());
        }
        Value::from(list).to_string()
    }
}

/// Labels come as a list, or as one text with commas.
fn names(value: &Value) -> Vec<String> {
    let texts: Vec<&str> = match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        Value::String(text) => text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect(),
        _ => Vec::new(),
    };
    texts.into_iter().map(str::to_owned).collect()
}

/// What starts a policy.
pub(super) fn when(policy: &PreheatPolicy) -> When {
    let trigger: Value = serde_json::from_str(&policy.trigger).unwrap_or_default();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let cron = trigger.get("trigger_setting").and_then(|setting| setting.get("cron"));
    When::of(&text(trigger.get("type")), &text(cron))
}

/// What a policy brings into the network, in one line.
pub(super) fn what(catalog: &Catalog, policy: &PreheatPolicy) -> String {
    use keys::replication::what as k;
    let Some(filters) = Filters::read(&policy.filters) else { return policy.filters.clone() };
    let said = |key, text: &str| catalog.format(key, &[("filter", text)]);
    let mut parts = vec![if filters.repositories.is_empty() { "**".to_owned() } else { filters.repositories }];
    if !filters.tags.is_empty() {
        parts.push(said(k::TAGS, &filters.tags));
    }
    if !filters.labels.is_empty() {
        parts.push(said(k::LABELS, &filters.labels.join(", ")));
    }
    if filters.signed {
        parts.push(catalog.get(keys::preheat::ONLY_SIGNED).to_owned());
    }
    parts.join(", ")
}

#[cfg(any(feature = "ssr", test))]
impl PolicyForm {
    /// An answer that remembers what was filled in.
    pub fn answer(&self) -> FormError {
        let mut answer = FormError::keeping(&[
            ("name", self.name.trim()),
            ("description", self.description.trim()),
            ("network", &self.network),
            ("repositories", self.repositories.trim()),
            ("tags", self.tags.trim()),
            ("labels", self.labels.trim()),
            ("signed", flag(self.signed)),
            ("enabled", flag(self.enabled)),
        ]);
        let when = self.when.values().map(|(name, value)| (name.to_owned(), value.to_owned()));
        answer.values.extend(when);
        answer
    }

    /// The policy that is asked for. `before` is the one that it takes the place of.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn read(&self, before: Option<&PreheatPolicy>) -> Result<PreheatPolicy, FormError> {
        let mut answer = self.answer();
        let name = self.name.trim().to_owned();
        answer.check("name", name.is_empty().then_some(Fault::Required));
        let network = self.network.parse::<i64>().ok().filter(|id| *id > 0);
        answer.check("network", network.is_none().then_some(Fault::Required));
        if let Some((field, fault)) = self.when.fault() {
            answer.check(field, Some(fault));
        }
        answer.pass()?;
        let cron = self.when.schedule_cron().unwrap_or_default();
        let kept = before.filter(|_| self.filters == KEEP).map(|before| before.filters.clone());
        let filters = Filters {
            repositories: self.repositories.trim().to_owned(),
            tags: self.tags.trim().to_owned(),
            labels: names(&Value::from(self.labels.as_str())),
            signed: self.signed,
        };
        Ok(PreheatPolicy {
            id: before.map_or(0, |before| before.id),
            name,
            description: self.description.trim().to_owned(),
            provider_id: network.unwrap_or_default(),
            filters: kept.unwrap_or_else(|| filters.write()),
            trigger: json!({ "type": self.when.trigger, "trigger_setting": { "cron": cron } }).to_string(),
            enabled: self.enabled,
            extra_attrs: before.map(|before| before.extra_attrs.clone()).unwrap_or_default(),
            ..PreheatPolicy::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    fn form() -> PolicyForm {
        PolicyForm {
            name: "warm".into(),
            network: "3".into(),
            repositories: "**".into(),
            tags: "v*".into(),
            labels: "release, stable".into(),
            signed: true,
            enabled: true,
            when: When::of("scheduled", "0 0 1 * * *"),
            ..PolicyForm::default()
        }
    }

    #[test]
    fn a_policy_is_read_back() {
        let policy = form().read(None).unwrap();
        let filters = Filters::read(&policy.filters).unwrap();
        assert_eq!((filters.tags.as_str(), filters.labels.len(), filters.signed), ("v*", 2, true));
        assert_eq!(when(&policy), form().when);
        assert_eq!(what(&Catalog::of(Locale::En), &policy), "**, tags v*, labelled release, stable, signed only");
        let manual = PolicyForm { when: When::of("", ""), ..form() }.read(None).unwrap();
        assert_eq!(when(&manual).trigger, "manual");
    }

    #[test]
    fn filters_beyond_the_form_are_kept() {
        let severity = r#"[{"type":"vulnerability","value":3}]"#;
        assert_eq!(Filters::read(severity), None);
        let before = PreheatPolicy { id: 4, filters: severity.into(), ..PreheatPolicy::default() };
        let kept = PolicyForm { filters: KEEP.into(), ..form() }.read(Some(&before)).unwrap();
        assert_eq!((kept.id, kept.filters.as_str()), (4, severity));
        assert_eq!(Filters::read("nonsense"), None);
        assert_eq!(Filters::read(""), Some(Filters::default()));
    }

    #[test]
    fn a_network_and_a_name_are_needed() {
        let wrong = PolicyForm { name: String::new(), network: String::new(), ..form() };
        let faults: Vec<String> = wrong.read(None).unwrap_err().faults.into_iter().map(|(field, _)| field).collect();
        assert_eq!(faults, ["name", "network"]);
    }
}
