//! What happened in a project.

use super::{InProject, NotAllowed, ProjectPart};
use crate::client::use_client;
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::audit::{AuditFilter, AuditList, Views};
use crate::pages::loaded;
use crate::query::use_list_state;
use crate::t;
use crate::ui::PageHead;
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;

/// The page of the log.
#[component]
pub(crate) fn Audit(within: InProject) -> impl IntoView {
    if !within.rights.may(Of::Log, Action::List) {
        return view! { <NotAllowed needs=(Of::Log, Action::List) /> }.into_any();
    }
    let state = use_list_state("-op_time");
    let project = within.project.project_id;
    let set_up = ProjectPart::SetUp.of(&within.name);
    let views = Views::of("project-audit");
    let client = use_client();
    let entries = Resource::new(
        move || (state.get(), views.version()),
        move |(state, _)| {
            let (client, name) = (client.clone(), within.name.clone());
            async move {
                let entries = client.project_audit(&name, &state.params(AuditFilter::read(&state.search).q())).await?;
                let saved = views.load(&client).await?;
                Ok((state, entries, saved))
            }
        },
    );
    view! {
        <PageHead title=|| t!(keys::audit::TITLE) sub=t!(keys::audit::SUB) />
        {loaded(
            entries,
            move |(state, entries, saved)| {
                let next = (set_up.clone(), t!(keys::newcomer::TITLE));
                view! { <AuditList state=state entries=entries views=views saved=saved project=project next=next /> }
            },
        )}
    }
    .into_any()
}
