//! What the form of a webhook asks for.

#[cfg(any(feature = "ssr", test))]
use crate::form::{Fault, FormError};
use crate::i18n::{Key, keys};
#[cfg(any(feature = "ssr", test))]
use berth_types::api::{WebhookPolicy, WebhookTargetObject};
use serde::{Deserialize, Serialize};

/// The groups of events, as people look for them.
pub(super) const GROUPS: [(Key, &[(&str, Key)]); 4] = {
    use keys::webhooks::event as e;
    use keys::webhooks::group as g;
    [
        (g::ARTIFACTS, &[("PUSH_ARTIFACT", e::PUSH), ("PULL_ARTIFACT", e::PULL), ("DELETE_ARTIFACT", e::DELETE)]),
        (
            g::SCANS,
            &[
                ("SCANNING_COMPLETED", e::SCAN_DONE),
                ("SCANNING_FAILED", e::SCAN_FAILED),
                ("SCANNING_STOPPED", e::SCAN_STOPPED),
            ],
        ),
        (g::QUOTA, &[("QUOTA_EXCEED", e::QUOTA_EXCEEDED), ("QUOTA_WARNING", e::QUOTA_WARNING)]),
        (g::RULES, &[("REPLICATION", e::REPLICATION), ("TAG_RETENTION", e::RETENTION)]),
    ]
};

/// What an event is called; nothing for one that nobody knows here.
pub(super) fn event_key(event: &str) -> Option<Key> {
    let all = GROUPS.iter().flat_map(|(_, events)| events.iter());
    all.copied().find(|(word, _)| *word == event).map(|(_, key)| key)
}

/// What the form posts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct WebhookForm {
    name: String,
    description: String,
    /// `http` or `slack`.
    kind: String,
    address: String,
    /// A new header; empty leaves what there is.
    header: String,
    /// Removes the header that there is.
    no_header: String,
    /// `Default` or `CloudEvents`.
    format: String,
    skip_verify: String,
    events: Vec<String>,
    enabled: String,
}

#[cfg(any(feature = "ssr", test))]
impl WebhookForm {
    /// An answer that remembers what was filled in, without the header.
    pub(super) fn answer(&self) -> FormError {
        let word = |text: &str| if is_on(text) { "true" } else { "false" };
        FormError::keeping(&[
            ("name", self.name.trim()),
            ("description", self.description.trim()),
            ("kind", &self.kind),
            ("address", self.address.trim()),
            ("format", &self.format),
            ("skip_verify", word(&self.skip_verify)),
            ("events", &self.events.join(" ")),
            ("enabled", word(&self.enabled)),
        ])
    }

    /// The policy that is asked for, with what `old` has and the form does not show.
    ///
    /// # Errors
    /// The answer with the faults.
    pub(super) fn read(&self, old: WebhookPolicy) -> Result<WebhookPolicy, FormError> {
        let mut answer = self.answer();
        let address = self.address.trim();
        answer.check("name", self.name.trim().is_empty().then_some(Fault::WebhookName));
        let is_address = ["http://", "https://"].iter().any(|scheme| {
            address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
                && address.len() > scheme.len()
        });
        answer.check("address", (!is_address).then_some(Fault::WebhookAddress));
        answer.check("events", self.events.is_empty().then_some(Fault::WebhookEvents));
        answer.pass()?;
        let mut targets = old.targets;
        if targets.is_empty() {
            targets.push(WebhookTargetObject::default());
        }
        if let Some(first) = targets.first_mut() {
            let header = match (self.header.trim(), is_on(&self.no_header)) {
                ("", true) => String::new(),
                // What is sent to one address is no business of another.
                ("", false) if first.address == address => std::mem::take(&mut first.auth_header),
                (header, _) => header.to_owned(),
            };
            let is_http = self.kind != "slack";
            *first = WebhookTargetObject {
                kind: if is_http { "http" } else { "slack" }.to_owned(),
                address: address.to_owned(),
                auth_header: header,
                skip_cert_verify: is_on(&self.skip_verify),
                payload_format: if is_http { self.format.clone() } else { String::new() },
            };
        }
        Ok(WebhookPolicy {
            name: self.name.trim().to_owned(),
            description: self.description.trim().to_owned(),
            targets,
            event_types: self.events.clone(),
            enabled: is_on(&self.enabled),
            ..old
        })
    }

    /// The name as it was typed, without blanks around it.
    pub(super) fn name(&self) -> &str {
        self.name.trim()
    }
}

/// Whether a box is ticked.
#[cfg(any(feature = "ssr", test))]
fn is_on(text: &str) -> bool {
    text == "true"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> WebhookForm {
        WebhookForm {
            name: " deploy ".into(),
            kind: "http".into(),
            address: " https://hooks.example.com/x ".into(),
            format: "CloudEvents".into(),
            events: vec!["PUSH_ARTIFACT".into()],
            enabled: "true".into(),
            ..WebhookForm::default()
        }
    }

    fn old(address: &str) -> WebhookPolicy {
        let target = |address: &str, header: &str| WebhookTargetObject {
            kind: "http".into(),
            address: address.into(),
            auth_header: header.into(),
            ..WebhookTargetObject::default()
        };
        let targets = vec![target(address, "Bearer secret"), target("https://second", "Bearer second")];
        WebhookPolicy { id: 5, targets, ..WebhookPolicy::default() }
    }

    #[test]
    fn a_new_webhook_has_one_target() {
        let made = form().read(WebhookPolicy::default()).unwrap();
        assert_eq!((made.name.as_str(), made.targets.len()), ("deploy", 1));
        assert_eq!(made.targets[0].address, "https://hooks.example.com/x");
        assert_eq!(made.targets[0].payload_format, "CloudEvents");
        let slack = WebhookForm { kind: "slack".into(), ..form() }.read(WebhookPolicy::default()).unwrap();
        assert_eq!((slack.targets[0].kind.as_str(), slack.targets[0].payload_format.as_str()), ("slack", ""));
    }

    #[test]
    fn a_header_stays_until_it_is_changed() {
        let header = |form: WebhookForm, old: WebhookPolicy| form.read(old).unwrap().targets[0].auth_header.clone();
        let here = || old("https://hooks.example.com/x");
        assert_eq!(header(form(), here()), "Bearer secret");
        assert_eq!(header(WebhookForm { header: "Bearer new".into(), ..form() }, here()), "Bearer new");
        assert_eq!(header(WebhookForm { no_header: "true".into(), ..form() }, here()), "");
        // It is not sent to another address by a change of the address alone.
        assert_eq!(header(form(), old("https://elsewhere")), "");
        assert_eq!(form().read(here()).unwrap().targets[1].auth_header, "Bearer second");
        assert_eq!(form().read(here()).unwrap().id, 5);
    }

    #[test]
    fn what_could_not_be_sent_is_a_fault() {
        let faults = |form: WebhookForm| {
            let faults = form.read(WebhookPolicy::default()).unwrap_err().faults;
            faults.into_iter().map(|(field, _)| field).collect::<Vec<_>>()
        };
        assert_eq!(faults(WebhookForm { name: " ".into(), ..form() }), ["name"]);
        assert_eq!(faults(WebhookForm { events: Vec::new(), ..form() }), ["events"]);
        for address in ["", "hooks", "ftp://x", "https://"] {
            assert_eq!(faults(WebhookForm { address: address.into(), ..form() }), ["address"], "{address}");
        }
        assert!(form().answer().value("header").is_none());
    }

    #[test]
    fn every_event_has_a_name() {
        let count: usize = GROUPS.iter().map(|(_, events)| events.len()).sum();
        assert_eq!(count, 10);
        assert!(event_key("PUSH_ARTIFACT").is_some() && event_key("SHOE").is_none());
    }
}
