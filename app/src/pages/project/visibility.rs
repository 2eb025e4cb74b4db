//! The question whether to make a project public, or private.

use super::{InProject, NotAllowed, ProjectPart, is_public};
#[cfg(feature = "ssr")]
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::format::natural;
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::ui::{Button, Callout, Glyph, LinkButton, Look, PageHead, Tone};
use crate::{t, tn};
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use std::collections::BTreeMap;

/// Changes who can pull from a project.
#[server(prefix = "/_portal", endpoint = "project-access")]
pub(crate) async fn post_access(project: String, public: bool) -> Posted {
    let client = use_client();
    let metadata = BTreeMap::from([("public".to_owned(), public.to_string())]);
    let posted = super::settings::put(&client, &project, metadata, FormError::default()).await;
    let page = format!("/projects/{project}/-/settings");
    crate::form::conclude(posted, &Notice::ProjectSaved.on(&page, ""))
}

/// The page with the question: what is the case now is what would change.
#[component]
pub(crate) fn Visibility(within: InProject) -> impl IntoView {
    use keys::project_settings::visibility as k;
    let action = FormAction::of::<PostAccess>();
    if !within.rights.may(Of::Project, Action::Update) {
        return view! { <NotAllowed needs=(Of::Project, Action::Update) /> }.into_any();
    }
    let changed = within.clone();
    Effect::new(move || {
        if action.is_done() {
            changed.changed();
        }
    });
    let (repositories, name) = (natural(within.project.repo_count), within.project.name.clone());
    let settings = ProjectPart::Settings.of(&within.name);
    let public = !is_public(&within.project);
    let (title, effect, text, submit, look, icon) = if public {
        let effect = tn!(k::PUBLIC_EFFECT, repositories);
        let title = t!(k::PUBLIC_TITLE, project = name);
        // What was seen by everybody cannot be taken back.
        (title, effect, t!(k::PUBLIC_TEXT), t!(k::PUBLIC_SUBMIT), Look::DangerFill, Glyph::Globe)
    } else {
        let effect = tn!(k::PRIVATE_EFFECT, repositories);
        let title = t!(k::PRIVATE_TITLE, project = name);
        (title, effect, t!(k::PRIVATE_TEXT), t!(k::PRIVATE_SUBMIT), Look::Primary, Glyph::Lock)
    };
    view! {
        <PageHead title=move || title />
        <FormErrors answer=answer_of(action) />
        <Callout tone=Tone::Warn title=effect text=text />
        <PostForm action=action>
            <input type="hidden" name="project" value=name />
            <input type="hidden" name="public" value=public.to_string() />
            <div class="row">
                <Button look=look icon=icon submit=true busy=action.pending()>
                    {submit}
                </Button>
                <LinkButton href=settings>{t!(keys::common::CANCEL)}</LinkButton>
            </div>
        </PostForm>
    }
    .into_any()
}
