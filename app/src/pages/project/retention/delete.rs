//! The question whether to delete the policy of a project.

use super::super::{InProject, NotAllowed, ProjectPart};
use super::draft::Draft;
use super::{policy_id, policy_of};
#[cfg(feature = "ssr")]
use crate::client::Client;
use crate::client::{ApiError, use_client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::i18n::{keys, use_catalog};
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::{ErrorView, loaded};
use crate::ui::{Button, Callout, Glyph, LinkButton, Look, PageHead, Tone};
use crate::{t, tn};
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;

/// Deletes the policy of a project.
#[server(prefix = "/_portal", endpoint = "delete-retention")]
pub(crate) async fn post_delete_retention(project: String) -> Posted {
    let client = use_client();
    let posted = delete(&client, &project).await.map_err(|refusal| FormError::default().refused(refusal));
    let page = format!("/projects/{project}/-/retention");
    crate::form::conclude(posted, &Notice::RetentionDeleted.on(&page, &project))
}

#[cfg(feature = "ssr")]
async fn delete(client: &Client, project: &str) -> Result<(), ApiError> {
    let name = project.parse().map_err(|_| ApiError::not_found())?;
    let project = client.project(&name).await?;
    let id = project.metadata.get("retention_id").and_then(|id| id.parse().ok()).ok_or_else(ApiError::not_found)?;
    client.delete_retention(id).await
}

/// The page to delete the policy.
#[component]
pub(crate) fn DeleteRetention(within: InProject) -> impl IntoView {
    let action = FormAction::of::<PostDeleteRetention>();
    if !within.rights.may(Of::TagRetention, Action::Delete) {
        return view! { <NotAllowed needs=(Of::TagRetention, Action::Delete) /> }.into_any();
    }
    let Some(id) = policy_id(&within) else {
        return view! { <ErrorView error=ApiError::not_found() /> }.into_any();
    };
    let changed = within.clone();
    Effect::new(move || {
        if action.is_done() {
            changed.changed();
        }
    });
    let client = use_client();
    let policy = Resource::new(
        move || id,
        move |id| {
            let client = client.clone();
            async move { policy_of(&client, Some(id)).await }
        },
    );
    loaded(policy, move |policy| {
        let draft = policy.as_ref().map(Draft::of).unwrap_or_default();
        let title = tn!(keys::retention::DELETE_EFFECT, draft.lines.len() as u64);
        let text = t!(keys::retention::DELETE_TEXT, when = draft.schedule.text(&use_catalog()));
        let (project, back) = (within.project.name.clone(), ProjectPart::Retention.of(&within.name));
        view! {
            <PageHead title=|| t!(keys::retention::DELETE_TITLE) sub=project.clone() />
            <FormErrors answer=answer_of(action) />
            <Callout tone=Tone::Warn title=title text=text />
            <PostForm action=action>
                <input type="hidden" name="project" value=project />
                <div class="row">
                    <Button look=Look::DangerFill icon=Glyph::Trash submit=true busy=action.pending()>
                        {t!(keys::retention::DELETE_SUBMIT)}
                    </Button>
                    <LinkButton href=back>{t!(keys::common::CANCEL)}</LinkButton>
                </div>
            </PostForm>
        }
    })
}
