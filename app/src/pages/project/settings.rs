//! The settings of a project.

use super::access::AccessChoice;
use super::delete::{DIALOG, DeleteProjectDialog, PostDeleteProject};
use super::{InProject, NotAllowed, ProjectPart, is_public};
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::format::{TimeDate, natural};
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::ui::{
    Button, Callout, CalloutActions, Card, CardBody, CardFoot, DialogLink, Glyph, KeyValue, KeyValues, LinkButton,
    Look, PageHead, Size,
};
use crate::{t, tn};
use berth_types::api::ProjectDeletable;
#[cfg(feature = "ssr")]
use berth_types::api::ProjectReq;
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use std::collections::BTreeMap;

/// Changes who can pull from a project.
#[server(prefix = "/_portal", endpoint = "project-access")]
pub(crate) async fn post_access(project: String, public: bool) -> Posted {
    let client = use_client();
    let posted = save(&client, &project, public).await;
    let page = format!("/projects/{project}/-/settings");
    crate::form::conclude(posted, &Notice::ProjectSaved.on(&page, ""))
}

#[cfg(feature = "ssr")]
async fn save(client: &Client, project: &str, public: bool) -> Posted {
    let answer = FormError::default();
    let Ok(name) = project.parse() else { return Err(answer.refused(ApiError::not_found())) };
    let metadata = BTreeMap::from([("public".to_owned(), public.to_string())]);
    let changes = ProjectReq { metadata: Some(metadata), ..ProjectReq::default() };
    client.update_project(&name, &changes).await.map_err(|refusal| answer.refused(refusal))
}

/// The page of the settings.
#[component]
pub(crate) fn Settings(within: InProject) -> impl IntoView {
    let (save, delete) = (FormAction::of::<PostAccess>(), FormAction::of::<PostDeleteProject>());
    if !within.rights.may(Of::Project, Action::Update) {
        return view! { <NotAllowed needs=(Of::Project, Action::Update) /> }.into_any();
    }
    let changed = within.clone();
    Effect::new(move |before: Option<usize>| {
        let version = save.version().get();
        if before.is_some_and(|before| before != version) {
            changed.changed();
        }
        version
    });
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
    let InProject { project, name, .. } = within;
    let (public, id, created) = (is_public(&project), project.project_id.to_string(), project.creation_time);
    view! {
        <PageHead
            title=|| t!(keys::project_settings::TITLE)
            sub=t!(keys::project_settings::SUB, project = name)
        />
        <FormErrors answer=answer_of(save) />
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
            <PostForm action=save>
                <CardBody stack=true>
                    <p class="small muted">{t!(keys::project_settings::ACCESS_TEXT)}</p>
                    <input type="hidden" name="project" value=name.to_string() />
                    <AccessChoice public=public />
                </CardBody>
                <CardFoot>
                    <Button look=Look::Primary submit=true busy=save.pending()>
                        {t!(keys::project_settings::SAVE)}
                    </Button>
                </CardFoot>
            </PostForm>
        </Card>
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
