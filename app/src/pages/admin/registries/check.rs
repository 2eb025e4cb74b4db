//! What a test of a connection found, as a list of its steps.

use crate::format::date;
use crate::i18n::{Key, keys, use_catalog};
use crate::t;
use crate::ui::{Badge, Callout, Card, CheckLine, Checks, Glyph, State, Tone};
use berth_types::api::{RegistryCheck, RegistryCheckStep};
use leptos::prelude::*;

/// The steps of a test: what worked, what failed first and why, what to do.
#[component]
pub(super) fn CheckCard(
    /// What was found.
    check: RegistryCheck,
) -> impl IntoView {
    let failed = check.steps.iter().position(|step| step.state == "failed");
    let verdict = move || match failed {
        Some(at) => view! {
            <Badge tone=Tone::Bad icon=Glyph::Error>
                {t!(keys::registries::check::FAILED_AT, step = at + 1)}
            </Badge>
        },
        None => view! {
            <Badge tone=Tone::Ok icon=Glyph::Ok>
                {t!(keys::registries::check::USABLE)}
            </Badge>
        },
    };
    let lines = check.steps.into_iter().map(|step| {
        let detail = detail(&step);
        let note = step.duration_ms.map(|took| t!(keys::registries::check::TOOK, ms = took));
        view! { <CheckLine state=state(&step.state) title=title(&step) note=note detail=detail /> }
    });
    view! {
        <Card title=t!(keys::registries::check::TITLE) actions=verdict>
            <Checks>{lines.collect_view()}</Checks>
        </Card>
    }
}

/// What a test came to, in a sentence: that the registry can be used, or what failed first and why.
pub(super) fn verdict(check: &RegistryCheck) -> AnyView {
    let failed = check.steps.iter().enumerate().find(|(_, step)| step.state == "failed");
    let Some((at, step)) = failed else {
        return view! { <Callout tone=Tone::Ok title=t!(keys::registries::check::USABLE) /> }.into_any();
    };
    let failed = t!(keys::registries::check::FAILED_AT, step = at + 1);
    let title = t!(keys::form::NAMED, name = failed, text = title(step));
    view! { <Callout tone=Tone::Bad title=title text=detail(step) /> }.into_any()
}

fn state(word: &str) -> State {
    match word {
        "passed" => State::Ok,
        "warning" => State::Warn,
        "failed" => State::Bad,
        _ => State::Wait,
    }
}

fn title(step: &RegistryCheckStep) -> String {
    use keys::registries::check::step as k;
    match step.name.as_str() {
        "dns" => t!(k::DNS),
        "tcp" => step.port.map_or_else(|| t!(k::TCP), |port| t!(k::TCP_PORT, port = port)),
        "tls" => step.tls.as_ref().map_or_else(|| t!(k::TLS), |tls| format!("TLS {}", tls.version)),
        "http" => t!(k::HTTP),
        "sign_in" => t!(k::SIGN_IN),
        "catalog" => t!(k::CATALOG),
        other => other.to_owned(),
    }
}

/// What a step found, or why it did not pass and what to do about it.
fn detail(step: &RegistryCheckStep) -> Option<String> {
    let mut parts = Vec::new();
    if !step.addresses.is_empty() {
        parts.push(step.addresses.join(", "));
    }
    if let Some(tls) = &step.tls {
        let name = tls.server_name.as_str();
        parts.push(match tls.expires_at {
            Some(at) => {
                let until = date(&use_catalog(), at);
                t!(keys::registries::check::CERTIFICATE, name = name, date = until, chain = tls.chain)
            }
            None => t!(keys::registries::check::CERTIFICATE_BARE, name = name, chain = tls.chain),
        });
    }
    if let (Some(status), true) = (step.status, step.name == "http") {
        let key = match step.scheme.as_str() {
            "bearer" => keys::registries::check::ASKS_TOKEN,
            "basic" => keys::registries::check::ASKS_BASIC,
            _ => keys::registries::check::ASKS_NOBODY,
        };
        parts.push(t!(key, status = status));
    }
    if let Some(key) = advice(&step.reason) {
        parts.push(t!(key));
    }
    if !step.message.is_empty() {
        parts.push(t!(keys::registries::check::SAID, message = step.message));
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// What a reason means, and the next step.
fn advice(reason: &str) -> Option<Key> {
    use keys::registries::check::reason as k;
    Some(match reason {
        "not_tried" => k::NOT_TRIED,
        "unresolved" => k::UNRESOLVED,
        "denied" => k::DENIED,
        "late" => k::LATE,
        "unreachable" => k::UNREACHABLE,
        "plain" => k::PLAIN,
        "certificate" => k::CERTIFICATE,
        "unchecked" => k::UNCHECKED,
        "handshake" => k::HANDSHAKE,
        "not_a_registry" => k::NOT_A_REGISTRY,
        "unsupported" => k::UNSUPPORTED,
        "anonymous" => k::ANONYMOUS,
        "not_asked" => k::NOT_ASKED,
        "credential" => k::CREDENTIAL,
        "token" => k::TOKEN,
        "realm" => k::REALM,
        "not_listed" => k::NOT_LISTED,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, reason: &str) -> RegistryCheckStep {
        RegistryCheckStep { name: name.into(), reason: reason.into(), ..RegistryCheckStep::default() }
    }

    #[test]
    fn every_reason_says_what_to_do() {
        let known = "not_tried unresolved denied late unreachable plain certificate unchecked handshake not_a_registry \
                     unsupported anonymous not_asked credential token realm not_listed";
        for reason in known.split_whitespace() {
            assert!(advice(reason).is_some(), "{reason}");
        }
        assert_eq!(advice(""), None);
        assert_eq!(detail(&step("tcp", "")), None);
    }

    #[test]
    fn a_step_is_called_by_what_it_found() {
        let tls = berth_types::api::RegistryCheckTls { version: "1.3".into(), chain: 3, ..Default::default() };
        assert_eq!(title(&RegistryCheckStep { tls: Some(tls), ..step("tls", "") }), "TLS 1.3");
        assert!(title(&RegistryCheckStep { port: Some(443), ..step("tcp", "") }).contains("443"));
        let said = RegistryCheckStep { message: "connection refused".into(), ..step("tcp", "unreachable") };
        assert!(detail(&said).unwrap().contains("connection refused"));
    }
}
