//! The settings of a project.

use super::checks::{ChecksCard, PostChecks};
use super::delete::{DIALOG, DeleteProjectDialog, PostDeleteProject};
use super::{InProject, NotAllowed, ProjectPart, is_public};
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
use crate::form::FormAction;
#[cfg(feature = "ssr")]
use crate::form::{FormError, Posted};
use crate::format::{TimeDate, natural};
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::loaded;
use crate::ui::{
    Callout, CalloutActions, Card, CardBody, DialogLink, Glyph, KeyValue, KeyValues, LinkButton, Look, PageHead, Size,
};
use crate::{t, tn};
use berth_types::api::ProjectDeletable;
#[cfg(feature = "ssr")]
use berth_types::api::ProjectReq;
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use std::collections::BTreeMap;

/// Puts settings of a project; the others stay as they are.
#[cfg(feature = "ssr")]
pub(super) async fn put(
    client: &Client,
    project: &str,
    metadata: BTreeMap<String, String>,
    answer: FormError,
) -> Posted {
    let Ok(name) = project.parse() else { return Err(answer.refused(ApiError::not_found())) };
    let changes = ProjectReq { metadata: Some(metadata), ..ProjectReq::default() };
    client.update_project(&name, &changes).await.map_err(|refusal| answer.refused(refusal))
}

/// The page of the settings.
#[component]
pub(crate) fn Settings(within: InProject) -> impl IntoView {
    let (save, delete) = (FormAction::of::<PostChecks>(), FormAction::of::<PostDeleteProject>());
    if !within.rights.may(Of::Project, Action::Update) {
        return view! { <NotAllowed needs=(Of::Project, Action::Update) /> }.into_any();
    }
    let deletable = within.rights.may(Of::Project, Action::Delete).then(|| {
        let (client, name) = (use_client(), within.name.clone());
        Resource::new(
            || (),
            move |()| {
                let (client, name) = (client.clone(), name.clone());
                async move { client.project_deletable(&name).await }
            },
        )
    });
    let repositories = natural(within.project.repo_count);
    let danger = deletable.map(|deletable| {
        let name = within.name.clone();
        loaded(deletable, move |deletable| {
            let part = ProjectPart::Delete.of(&name);
            let project = name.to_string();
            view! { <Danger project=project page=part deletable=deletable repositories=repositories action=delete /> }
        })
    });
    let visibility = ProjectPart::Visibility.of(&within.name);
    let checks = view! { <ChecksCard within=within.clone() action=save /> };
    let InProject { project, name, .. } = within;
    let (public, id, created) = (is_public(&project), project.project_id.to_string(), project.creation_time);
    use keys::{project_new as n, project_settings::visibility as v};
    let (access, access_hint, change, icon) = if public {
        (t!(n::PUBLIC), t!(n::PUBLIC_HINT), t!(v::TO_PRIVATE), Glyph::Lock)
    } else {
        (t!(n::PRIVATE), t!(n::PRIVATE_HINT), t!(v::TO_PUBLIC), Glyph::Globe)
    };
    view! {
        <PageHead
            title=|| t!(keys::project_settings::TITLE)
            sub=t!(keys::project_settings::SUB, project = name)
        />
        <Card title=t!(keys::project_settings::GENERAL)>
            <CardBody>
                <KeyValues>
                    <KeyValue label=t!(keys::project_settings::NAME)>
                        <span class="name">{project.name.clone()}</span>
                        <span class="small muted block">{t!(keys::project_settings::NAME_TEXT)}</span>
                    </KeyValue>
                    <KeyValue label=t!(keys::project_settings::ID)>
                        <span class="mono">{id}</span>
                    </KeyValue>
                    <KeyValue label=t!(keys::projects::CREATED)>
                        <TimeDate at=created />
                    </KeyValue>
                </KeyValues>
            </CardBody>
        </Card>
        <Card title=t!(keys::project_settings::ACCESS)>
            <CardBody>
                <div class="row between">
                    <p>
                        <span class="strong">{access}</span>
                        <span class="small muted block">{access_hint}</span>
                    </p>
                    <LinkButton href=visibility icon=icon>
                        {change}
                    </LinkButton>
                </div>
            </CardBody>
        </Card>
        {checks}
        {danger}
    }
    .into_any()
}

#[component]
fn Danger(
    project: String,
    page: String,
    deletable: ProjectDeletable,
    repositories: u64,
    action: FormAction,
) -> impl IntoView {
    let content = if deletable.deletable {
        view! {
            <div class="row between">
                <p class="small muted">{t!(keys::project_settings::DANGER_TEXT)}</p>
                <DialogLink href=page dialog=DIALOG look=Look::Danger icon=Glyph::Trash>
                    {t!(keys::project_settings::DELETE)}
                </DialogLink>
            </div>
            <DeleteProjectDialog project=project action=action />
        }
        .into_any()
    } else {
        let text = if repositories > 0 {
            tn!(keys::project_settings::DELETE_BLOCKED_TEXT, repositories)
        } else {
            deletable.message
        };
        view! {
            <Callout title=t!(keys::project_settings::DELETE_BLOCKED) text=text>
                <CalloutActions>
                    <LinkButton href=format!("/projects/{project}") size=Size::Small icon=Glyph::Repo>
                        {t!(keys::repositories::TITLE)}
                    </LinkButton>
                </CalloutActions>
            </Callout>
        }
        .into_any()
    };
    view! {
        <Card title=t!(keys::project_settings::DANGER)>
            <CardBody>{content}</CardBody>
        </Card>
    }
}
