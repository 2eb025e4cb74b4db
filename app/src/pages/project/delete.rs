//! The question whether to delete a project.

use super::{InProject, NotAllowed, ProjectPart};
#[cfg(feature = "ssr")]
use crate::client::{ApiError, use_client};
#[cfg(feature = "ssr")]
use crate::form::{Fault, FormError};
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of, fault_of};
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::t;
use crate::ui::{
    Button, Callout, Card, CardBody, Dialog, DialogBody, DialogFoot, DialogHead, Glyph, LinkButton, Look, PageHead,
    TextField, Tone,
};
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;

/// Deletes a project whose name was typed.
#[server(prefix = "/_portal", endpoint = "delete-project")]
pub(crate) async fn post_delete_project(project: String, #[server(default)] confirm: String) -> Posted {
    let client = use_client();
    let posted = delete(&client, &project, confirm.trim()).await;
    crate::form::conclude(posted, &Notice::ProjectDeleted.on("/projects", &project))
}

#[cfg(feature = "ssr")]
async fn delete(client: &crate::client::Client, project: &str, confirm: &str) -> Posted {
    let answer = FormError::keeping(&[("confirm", confirm)]);
    let Ok(name) = project.parse() else { return Err(answer.refused(ApiError::not_found())) };
    if confirm != project {
        return Err(answer.with("confirm", Fault::NameConfirm(project.to_owned())));
    }
    client.delete_project(&name).await.map_err(|refusal| answer.refused(refusal))
}

/// The page with the question.
#[component]
pub(crate) fn DeleteProject(within: InProject) -> impl IntoView {
    let action = FormAction::of::<PostDeleteProject>();
    if !within.rights.may(Of::Project, Action::Delete) {
        return view! { <NotAllowed needs=(Of::Project, Action::Delete) /> }.into_any();
    }
    let heading = t!(keys::project_settings::DELETE_TITLE, project = within.name);
    let settings = ProjectPart::Settings.of(&within.name);
    view! {
        <PageHead title=move || heading />
        <Callout tone=Tone::Warn title=t!(keys::project_settings::DANGER_TEXT) />
        <Card label=t!(keys::project_settings::DANGER)>
            <CardBody>
                <PostForm action=action attr:class="form" attr:novalidate="">
                    <Question action=action project=within.project.name />
                    <div class="row">
                        <Button look=Look::DangerFill icon=Glyph::Trash submit=true busy=action.pending()>
                            {t!(keys::project_settings::DELETE_SUBMIT)}
                        </Button>
                        <LinkButton href=settings>{t!(keys::common::CANCEL)}</LinkButton>
                    </div>
                </PostForm>
            </CardBody>
        </Card>
    }
    .into_any()
}

/// The id of the dialog with the question.
pub(crate) const DIALOG: &str = "delete-project";

/// The question in a dialog.
#[component]
pub(crate) fn DeleteProjectDialog(
    /// The name of the project.
    project: String,
    /// What deletes it.
    action: FormAction,
) -> impl IntoView {
    let title = t!(keys::project_settings::DELETE_TITLE, project = project);
    view! {
        <Dialog id=DIALOG>
            <PostForm action=action attr:novalidate="">
                <DialogHead id=DIALOG title=title text=t!(keys::project_settings::DANGER_TEXT) />
                <DialogBody>
                    <Question action=action project=project />
                </DialogBody>
                <DialogFoot id=DIALOG destructive=true>
                    <Button look=Look::DangerFill submit=true busy=action.pending()>
                        {t!(keys::project_settings::DELETE_SUBMIT)}
                    </Button>
                </DialogFoot>
            </PostForm>
        </Dialog>
    }
}

#[component]
fn Question(action: FormAction, project: String) -> impl IntoView {
    let answer = answer_of(action);
    view! {
        <FormErrors answer=answer />
        <input type="hidden" name="project" value=project.clone() />
        <TextField
            label=t!(keys::project_settings::DELETE_CONFIRM)
            name="confirm"
            placeholder=project
            error=fault_of(answer, "confirm")
            raw=true
            autocomplete="off"
            required=true
        />
    }
}
