//! The question whether to delete a label.

use super::{Owner, label_of};
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::format::natural;
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::ui::{Button, Callout, Glyph, LabelChip, LinkButton, Look, PageHead, Tone};
use crate::{t, tn};
use berth_types::api::Label;
use leptos::prelude::*;

/// Deletes a label.
#[server(prefix = "/_portal", endpoint = "delete-label")]
pub(crate) async fn post_delete_label(#[server(default)] project: String, id: i64, name: String) -> Posted {
    let client = use_client();
    let posted = client.delete_label(id).await.map_err(|refusal| FormError::default().refused(refusal));
    let page = if project.is_empty() { "/admin/labels".to_owned() } else { format!("/projects/{project}/-/labels") };
    crate::form::conclude(posted, &Notice::LabelDeleted.on(&page, &name))
}

/// The page with the question.
#[component]
pub(crate) fn DeleteLabel(
    /// Whose it is.
    owner: Owner,
    /// Its row id.
    id: i64,
) -> impl IntoView {
    let action = FormAction::of::<PostDeleteLabel>();
    let carried = {
        let (client, owner) = (use_client(), owner.clone());
        Resource::new(
            move || id,
            move |id| {
                let (client, owner) = (client.clone(), owner.clone());
                async move {
                    match owner {
                        // Without the number the question says all the same what happens.
                        Owner::Project(name, _) => client.labelled(&name, id).await.ok(),
                        Owner::System => None,
                    }
                }
            },
        )
    };
    loaded(label_of(&owner, id), move |label| {
        view! { <Question owner=owner.clone() label=label carried=carried action=action /> }
    })
}

/// What goes with a label.
fn effect(owner: &Owner, carried: Option<i64>) -> String {
    match (owner, carried.map(natural)) {
        (Owner::System, _) => t!(keys::labels::DELETE_TEXT_SYSTEM),
        (Owner::Project(..), None) => t!(keys::labels::DELETE_TEXT),
        (Owner::Project(..), Some(0)) => t!(keys::labels::DELETE_UNUSED),
        (Owner::Project(..), Some(n)) => tn!(keys::labels::DELETE_COUNTED, n),
    }
}

#[component]
fn Question(owner: Owner, label: Label, carried: Resource<Option<i64>>, action: FormAction) -> impl IntoView {
    let heading = t!(keys::labels::DELETE_TITLE, name = label.name);
    let list = owner.list_href();
    let project = owner.project_name();
    view! {
        <PageHead title=move || heading />
        <FormErrors answer=answer_of(action) />
        {carried
            .drawn(
                || ().into_any(),
                move |carried| view! { <Callout tone=Tone::Warn title=effect(&owner, carried) /> }.into_any(),
            )}
        <LabelChip text=label.name.clone() color=label.color />
        <PostForm action=action>
            <input type="hidden" name="project" value=project />
            <input type="hidden" name="id" value=label.id.to_string() />
            <input type="hidden" name="name" value=label.name />
            <div class="row">
                <Button look=Look::DangerFill icon=Glyph::Trash submit=true busy=action.pending()>
                    {t!(keys::labels::DELETE_SUBMIT)}
                </Button>
                <LinkButton href=list>{t!(keys::common::CANCEL)}</LinkButton>
            </div>
        </PostForm>
    }
}
