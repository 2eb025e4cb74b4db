//! The vulnerabilities that policies of a project overlook.

use super::super::{InProject, NotAllowed};
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client, use_client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, Posted, answer_of, value_of};
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::admin::{AllowlistFields, ListForm};
use crate::t;
use crate::ui::{ChoiceCard, ChoiceGroup, PageHead};
#[cfg(feature = "ssr")]
use berth_types::api::ProjectReq;
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use std::collections::BTreeMap;

/// The setting that says which list counts.
const INHERITS: &str = "reuse_sys_cve_allowlist";

/// Replaces the list of a project, and says which one counts.
#[server(prefix = "/_portal", endpoint = "project-allowlist")]
pub(crate) async fn post_project_allowlist(
    project: String,
    inherits: bool,
    #[server(flatten)] list: ListForm,
) -> Posted {
    let client = use_client();
    let posted = save(&client, &project, inherits, &list).await;
    let page = format!("/projects/{project}/-/allowlist");
    crate::form::conclude(posted, &Notice::AllowlistSaved.on(&page, ""))
}

#[cfg(feature = "ssr")]
async fn save(client: &Client, project: &str, inherits: bool, list: &ListForm) -> Posted {
    let answer = || {
        let mut answer: FormError = list.answer();
        answer.values.push(("inherits".to_owned(), inherits.to_string()));
        answer
    };
    let request = list.read().map_err(|error| FormError { values: answer().values, ..error })?;
    let Ok(name) = project.parse() else { return Err(answer().refused(ApiError::not_found())) };
    let metadata = BTreeMap::from([(INHERITS.to_owned(), inherits.to_string())]);
    let changes = ProjectReq { metadata: Some(metadata), cve_allowlist: Some(request.into()), ..ProjectReq::default() };
    client.update_project(&name, &changes).await.map_err(|refusal| answer().refused(refusal))
}

/// The page of the list.
#[component]
pub(crate) fn Allowlist(within: InProject) -> impl IntoView {
    if !within.rights.may(Of::Project, Action::Update) {
        return view! { <NotAllowed needs=(Of::Project, Action::Update) /> }.into_any();
    }
    let action = FormAction::of::<PostProjectAllowlist>();
    let changed = within.clone();
    Effect::new(move |before: Option<usize>| {
        let version = action.version().get();
        if before.is_some_and(|before| before != version) {
            changed.changed();
        }
        version
    });
    let answer = answer_of(action);
    // A project that never said otherwise follows the system.
    let inherits = within.project.metadata.get(INHERITS).map_or("true", String::as_str);
    let inherits = value_of(answer, "inherits", inherits) == "true";
    let list = within.project.cve_allowlist.clone();
    let project = within.name.to_string();
    view! {
        <PageHead title=|| t!(keys::allowlist::TITLE) sub=t!(keys::allowlist::PROJECT_SUB) />
        <AllowlistFields list=list action=action>
            <input type="hidden" name="project" value=project />
            <ChoiceGroup legend=t!(keys::allowlist::WHICH)>
                <ChoiceCard
                    name="inherits"
                    value="true"
                    checked=inherits
                    label=t!(keys::allowlist::SYSTEM)
                    hint=t!(keys::allowlist::SYSTEM_HINT)
                />
                <ChoiceCard
                    name="inherits"
                    value="false"
                    checked=!inherits
                    label=t!(keys::allowlist::OWN)
                    hint=t!(keys::allowlist::OWN_HINT)
                />
            </ChoiceGroup>
        </AllowlistFields>
    }
    .into_any()
}
