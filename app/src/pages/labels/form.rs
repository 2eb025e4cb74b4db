//! Making and changing a label.

use super::rules::{COLOR_DEFAULT, NAME_BYTES_MAX, chosen};
#[cfg(feature = "ssr")]
use super::rules::{is_color, is_name};
use super::{Owner, label_of};
#[cfg(feature = "ssr")]
use crate::client::{Client, use_client};
#[cfg(feature = "ssr")]
use crate::form::Fault;
use crate::form::{FormAction, FormError, FormErrors, PostForm, Posted, answer_of, fault_of, value_of};
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::t;
use crate::ui::{Button, Card, CardBody, LinkButton, Look, PageHead, TextField};
#[cfg(feature = "ssr")]
use berth_types::ProjectId;
use berth_types::api::Label;
use leptos::prelude::*;

/// Makes a label, or changes the one whose id is given.
#[server(prefix = "/_portal", endpoint = "label")]
pub(crate) async fn post_label(
    #[server(default)] project: String,
    #[server(default)] project_id: i64,
    #[server(default)] id: i64,
    name: String,
    color: String,
    #[server(default)] description: String,
) -> Posted {
    let client = use_client();
    let of_project = !project.is_empty();
    let label = Label {
        id,
        name: name.trim().to_owned(),
        color: color.trim().to_owned(),
        description: description.trim().to_owned(),
        scope: if of_project { "p" } else { "g" }.to_owned(),
        project_id: of_project.then_some(ProjectId(project_id)),
        ..Label::default()
    };
    let posted = save(&client, &label).await;
    let page = if of_project { format!("/projects/{project}/-/labels") } else { "/admin/labels".to_owned() };
    let notice = if id == 0 { Notice::LabelCreated } else { Notice::LabelSaved };
    crate::form::conclude(posted, &notice.on(&page, &label.name))
}

#[cfg(feature = "ssr")]
async fn save(client: &Client, label: &Label) -> Posted {
    let mut answer =
        FormError::keeping(&[("name", &label.name), ("color", &label.color), ("description", &label.description)]);
    answer.check("name", (!is_name(&label.name)).then_some(Fault::LabelName));
    answer.check("color", (!is_color(&label.color)).then_some(Fault::LabelColor));
    answer.pass()?;
    let saved =
        if label.id == 0 { client.create_label(label).await.map(drop) } else { client.update_label(label).await };
    saved.map_err(|refusal| {
        if refusal.status == 409 {
            answer.with("name", Fault::LabelTaken(label.name.clone()))
        } else {
            answer.refused(refusal)
        }
    })
}

/// The page to make a label.
#[component]
pub(crate) fn NewLabel(
    /// Whose it will be.
    owner: Owner,
) -> impl IntoView {
    let action = FormAction::of::<PostLabel>();
    let label = Label { color: COLOR_DEFAULT.to_owned(), ..Label::default() };
    view! {
        <PageHead title=|| t!(keys::labels::NEW_TITLE) />
        <LabelForm owner=owner label=label action=action submit=t!(keys::labels::CREATE) />
    }
}

/// The page to change a label.
#[component]
pub(crate) fn EditLabel(
    /// Whose it is.
    owner: Owner,
    /// Its row id.
    id: i64,
) -> impl IntoView {
    let action = FormAction::of::<PostLabel>();
    loaded(label_of(&owner, id), move |label| {
        let heading = t!(keys::labels::EDIT_TITLE, name = label.name);
        view! {
            <PageHead title=move || heading sub=t!(keys::labels::EDIT_SUB) />
            <LabelForm owner=owner.clone() label=label action=action submit=t!(keys::common::SAVE) />
        }
    })
}

#[component]
fn LabelForm(owner: Owner, label: Label, action: FormAction, submit: String) -> impl IntoView {
    let answer: Signal<Option<FormError>> = answer_of(action);
    let project_id = owner.project_id().map(|id| id.to_string()).unwrap_or_default();
    let project = owner.project_id().map(|_| {
        view! {
            <input type="hidden" name="project" value=owner.project_name() />
            <input type="hidden" name="project_id" value=project_id />
        }
    });
    let id = (label.id != 0).then(|| view! { <input type="hidden" name="id" value=label.id.to_string() /> });
    view! {
        <Card label=submit.clone()>
            <CardBody>
                <PostForm action=action attr:class="form" attr:novalidate="">
                    <FormErrors answer=answer />
                    {project}
                    {id}
                    <TextField
                        label=t!(keys::labels::NAME)
                        name="name"
                        value=value_of(answer, "name", &label.name)
                        hint=t!(keys::labels::NAME_HINT)
                        error=fault_of(answer, "name")
                        autocomplete="off"
                        maxlength=u32::try_from(NAME_BYTES_MAX).ok()
                        required=true
                        autofocus=true
                    />
                    <TextField
                        label=t!(keys::labels::COLOR)
                        name="color"
                        kind="color"
                        value=chosen(&value_of(answer, "color", &label.color))
                        hint=t!(keys::labels::COLOR_HINT)
                        error=fault_of(answer, "color")
                    />
                    <TextField
                        label=t!(keys::labels::DESCRIPTION)
                        name="description"
                        value=value_of(answer, "description", &label.description)
                        autocomplete="off"
                        maxlength=1000
                        optional=true
                    />
                    <div class="row">
                        <Button look=Look::Primary submit=true busy=action.pending()>
                            {submit}
                        </Button>
                        <LinkButton href=owner.list_href()>{t!(keys::common::CANCEL)}</LinkButton>
                    </div>
                </PostForm>
            </CardBody>
        </Card>
    }
}
