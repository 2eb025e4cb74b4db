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
use crate::ui::{
    Button, Callout, CalloutActions, Card, CardBody, CardFoot, Check, LinkButton, Look, SelectField, SelectOption,
    Size, Tone,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
#[cfg(any(feature = "ssr", test))]
use std::collections::BTreeMap;

const COSIGN: &str = "enable_content_trust_cosign";
const NOTATION: &str = "enable_content_trust";
const SCAN: &str = "auto_scan";
const SBOM: &str = "auto_sbom_generation";
const PREVENT: &str = "prevent_vul";
const SEVERITY: &str = "severity";
/// What Harbor offers first where nothing was chosen.
const SEVERITY_FIRST: &str = "low";

/// What the form posts: the settings by the names that the API has for them. A box that is not ticked is not posted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ChecksForm {
    enable_content_trust_cosign: String,
    enable_content_trust: String,
    auto_scan: String,
    auto_sbom_generation: String,
    prevent_vul: String,
    severity: String,
}

impl ChecksForm {
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
}

/// Changes what a project asks of its images.
#[server(prefix = "/_portal", endpoint = "project-checks")]
pub(crate) async fn post_checks(project: String, #[server(flatten)] checks: ChecksForm) -> Posted {
    let client = use_client();
    let metadata = checks.metadata();
    let kept: Vec<(&str, &str)> = metadata.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let answer = FormError::keeping(&kept);
    let posted = super::settings::put(&client, &project, metadata, answer).await;
    let page = format!("/projects/{project}/-/settings");
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
    let severity = match value_of(answer, SEVERITY, stored(SEVERITY)) {
        severity if severity.is_empty() => SEVERITY_FIRST.to_owned(),
        severity => severity,
    };
    let (allowlist, project) = (ProjectPart::Allowlist.of(&within.name), within.project.name.clone());
    view! {
        <Card title=t!(k::TITLE)>
            <PostForm action=action>
                <CardBody stack=true>
                    <FormErrors answer=answer />
                    <input type="hidden" name="project" value=project />
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

/// The severities on offer. One that another client chose stays on offer, so that saving does not change it.
fn severities(chosen: &str) -> Vec<SelectOption> {
    use keys::project_settings::checks as k;
    use keys::severity as s;
    let known =
        [("none", k::ANY), ("low", s::LOW), ("medium", s::MEDIUM), ("high", s::HIGH), ("critical", s::CRITICAL)];
    let mut options: Vec<SelectOption> = known.map(|(word, key)| SelectOption::new(word, t!(key))).into();
    if known.iter().all(|(word, _)| *word != chosen) {
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
}
