//! What a project asks of its images: signatures before a pull, and what scans are to do.

use super::{InProject, ProjectPart};
#[cfg(feature = "ssr")]
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of, value_of};
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::t;
#[cfg(any(feature = "ssr", test))]
use crate::ui::query_pairs;
use crate::ui::{
    Button, Callout, CalloutActions, Card, CardBody, CardFoot, Check, LinkButton, Look, SelectField, SelectOption,
    Size, Tone,
};
use berth_types::url::encode;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const COSIGN: &str = "enable_content_trust_cosign";
const NOTATION: &str = "enable_content_trust";
const SCAN: &str = "auto_scan";
const SBOM: &str = "auto_sbom_generation";
const PREVENT: &str = "prevent_vul";
const SEVERITY: &str = "severity";

/// What the form posts: the settings by the names that the API has for them, and what they were when it was shown. A box that
/// is not ticked is not posted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ChecksForm {
    enable_content_trust_cosign: String,
    enable_content_trust: String,
    auto_scan: String,
    auto_sbom_generation: String,
    prevent_vul: String,
    severity: String,
    was: String,
}

impl ChecksForm {
    /// What the form held.
    #[cfg(any(feature = "ssr", test))]
    fn metadata(&self) -> BTreeMap<String, String> {
        let switches = [
            (COSIGN, &self.enable_content_trust_cosign),
            (NOTATION, &self.enable_content_trust),
            (SCAN, &self.auto_scan),
            (SBOM, &self.auto_sbom_generation),
            (PREVENT, &self.prevent_vul),
        ];
        let mut metadata: BTreeMap<String, String> =
            switches.into_iter().map(|(key, value)| (key.to_owned(), (value == "true").to_string())).collect();
        if !self.severity.is_empty() {
            metadata.insert(SEVERITY.to_owned(), self.severity.clone());
        }
        metadata
    }

    /// What the visitor changed of it: what another client set meanwhile stays, and what was never set stays unset.
    #[cfg(any(feature = "ssr", test))]
    fn changes(&self) -> BTreeMap<String, String> {
        let was: BTreeMap<String, String> = query_pairs(&self.was).into_iter().collect();
        let mut changes = self.metadata();
        changes.retain(|key, value| {
            let unset = if key == SEVERITY { "" } else { "false" };
            *value != was.get(key).map_or(unset, String::as_str)
        });
        changes
    }
}

/// What is set, for the form to tell what was changed of it.
fn shown(metadata: &BTreeMap<String, String>) -> String {
    let set = [COSIGN, NOTATION, SCAN, SBOM, PREVENT, SEVERITY].into_iter();
    let pairs = set.filter_map(|key| Some(format!("{key}={}", encode(metadata.get(key)?))));
    pairs.collect::<Vec<_>>().join("&")
}

/// Changes what a project asks of its images.
#[server(prefix = "/_portal", endpoint = "project-checks")]
pub(crate) async fn post_checks(project: String, #[server(flatten)] checks: ChecksForm) -> Posted {
    let client = use_client();
    let page = format!("/projects/{project}/-/settings");
    let changes = checks.changes();
    if changes.is_empty() {
        return crate::form::conclude(Ok(()), &Notice::SystemUnchanged.on(&page, ""));
    }
    let held = checks.metadata();
    let kept: Vec<(&str, &str)> = held.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let posted = super::settings::put(&client, &project, changes, FormError::keeping(&kept)).await;
    crate::form::conclude(posted, &Notice::ProjectSaved.on(&page, ""))
}

/// The form, with what is set.
#[component]
pub(super) fn ChecksCard(within: InProject, action: FormAction) -> impl IntoView {
    use keys::project_settings::checks as k;
    let answer = answer_of(action);
    let stored = |key: &str| within.project.metadata.get(key).map_or("", String::as_str);
    let [cosign, notation, scan, sbom, prevent] =
        [COSIGN, NOTATION, SCAN, SBOM, PREVENT].map(|key| value_of(answer, key, stored(key)) == "true");
    let severity = value_of(answer, SEVERITY, stored(SEVERITY));
    let was = shown(&within.project.metadata);
    let (allowlist, project) = (ProjectPart::Allowlist.of(&within.name), within.project.name.clone());
    view! {
        <Card title=t!(k::TITLE)>
            <PostForm action=action anew=true>
                <CardBody stack=true>
                    <FormErrors answer=answer />
                    <input type="hidden" name="project" value=project />
                    <input type="hidden" name="was" value=was />
                    <fieldset class="field">
                        <legend>{t!(k::PULLS)}</legend>
                        <Check name=COSIGN checked=cosign label=t!(k::COSIGN) hint=t!(k::COSIGN_HINT) />
                        <Check name=NOTATION checked=notation label=t!(k::NOTATION) hint=t!(k::NOTATION_HINT) />
                    </fieldset>
                    <fieldset class="field">
                        <legend>{t!(k::SCANS)}</legend>
                        <Callout tone=Tone::Info title=t!(k::NO_RUNS) text=t!(k::NO_RUNS_TEXT) />
                        <Check name=SCAN checked=scan label=t!(k::SCAN) hint=t!(k::SCAN_HINT) />
                        <Check name=SBOM checked=sbom label=t!(k::SBOM) hint=t!(k::SBOM_HINT) />
                        <Check name=PREVENT checked=prevent label=t!(k::PREVENT) hint=t!(k::PREVENT_HINT) />
                    </fieldset>
                    <SelectField
                        label=t!(k::SEVERITY)
                        name=SEVERITY
                        options=severities(&severity)
                        selected=severity
                        hint=t!(k::SEVERITY_HINT)
                    />
                    <Callout title=t!(k::OVERLOOKED)>
                        <CalloutActions>
                            <LinkButton href=allowlist size=Size::Small>
                                {t!(keys::allowlist::TITLE)}
                            </LinkButton>
                        </CalloutActions>
                    </Callout>
                </CardBody>
                <CardFoot>
                    <Button look=Look::Primary submit=true busy=action.pending()>
                        {t!(keys::project_settings::SAVE)}
                    </Button>
                </CardFoot>
            </PostForm>
        </Card>
    }
}

/// The severities on offer. Where none is chosen, and where another client chose another, that stays on offer, so that saving
/// does not change it.
fn severities(chosen: &str) -> Vec<SelectOption> {
    use keys::project_settings::checks as k;
    use keys::severity as s;
    let known =
        [("none", k::ANY), ("low", s::LOW), ("medium", s::MEDIUM), ("high", s::HIGH), ("critical", s::CRITICAL)];
    let mut options: Vec<SelectOption> = known.map(|(word, key)| SelectOption::new(word, t!(key))).into();
    if chosen.is_empty() {
        options.insert(0, SelectOption::new("", t!(k::UNCHOSEN)));
    } else if known.iter().all(|(word, _)| *word != chosen) {
        options.push(SelectOption::new(chosen, chosen));
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_that_is_not_ticked_is_off() {
        let form = ChecksForm { auto_scan: "true".into(), severity: "high".into(), ..ChecksForm::default() };
        let metadata = form.metadata();
        let of = |key: &str| metadata.get(key).map(String::as_str);
        assert_eq!((of(SCAN), of(SEVERITY)), (Some("true"), Some("high")));
        for key in [COSIGN, NOTATION, SBOM, PREVENT] {
            assert_eq!(of(key), Some("false"), "{key}");
        }
        // Every one of them is a setting that the API knows.
        assert!(metadata.keys().all(|key| berth_types::api::METADATA_KEYS.contains(&key.as_str())));
        assert_eq!(ChecksForm::default().metadata().get(SEVERITY), None);
    }

    #[test]
    fn what_the_visitor_left_alone_is_not_sent() {
        let set = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let was = shown(&set(&[("public", "true"), (SCAN, "true"), (NOTATION, "true"), (SEVERITY, "high")]));
        let form = ChecksForm { auto_scan: "true".into(), severity: "high".into(), was, ..ChecksForm::default() };
        assert_eq!(form.changes(), set(&[(NOTATION, "false")]));
        let other = ChecksForm { enable_content_trust: "true".into(), severity: "none".into(), ..form };
        assert_eq!(other.changes(), set(&[(SEVERITY, "none")]));
        // Where nothing was ever set, saving sets nothing.
        assert!(ChecksForm { was: shown(&set(&[])), ..ChecksForm::default() }.changes().is_empty());
    }
}
