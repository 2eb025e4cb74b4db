//! Adding and removing members.

use super::super::{InProject, NotAllowed, ProjectPart};
use super::role_name;
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
#[cfg(feature = "ssr")]
use crate::form::{Fault, username_fault};
use crate::form::{FormError, FormErrors, Posted, answer_of, fault_of, value_of};
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::t;
use crate::ui::{
    Button, Callout, Card, CardBody, ChoiceCard, ChoiceGroup, Dialog, DialogBody, DialogFoot, DialogHead, DialogWidth,
    Glyph, LinkButton, Look, PageHead, TextField, Tone, finish_dialog,
};
use berth_types::MemberId;
use berth_types::api::ProjectMemberEntity;
#[cfg(feature = "ssr")]
use berth_types::api::{ProjectMember, UserEntity};
use berth_types::policy::{Action, Resource as Of, Role};
use leptos::form::ActionForm;
use leptos::prelude::*;

/// Adds a person to a project.
#[server(prefix = "/_portal", endpoint = "add-member")]
pub(crate) async fn post_add_member(project: String, username: String, role: i64) -> Posted {
    let client = use_client();
    let username = username.trim();
    let posted = add(&client, &project, username, role).await;
    let role = Role::from_id(role).map_or("", Role::as_str);
    let page = format!("/projects/{project}/-/members");
    crate::form::conclude(posted, &Notice::MemberAdded.on_with_role(&page, username, role))
}

#[cfg(feature = "ssr")]
async fn add(client: &Client, project: &str, username: &str, role: i64) -> Posted {
    let mut answer = FormError::keeping(&[("username", username), ("role", &role.to_string())]);
    let Ok(project) = project.parse() else { return Err(answer.refused(ApiError::not_found())) };
    answer.check("username", username_fault(username));
    answer.pass()?;
    let user = UserEntity { user_id: None, username: Some(username.to_owned()) };
    let member = ProjectMember { role_id: role, member_user: Some(user), member_group: None };
    match client.add_member(&project, &member).await {
        Ok(_) => Ok(()),
        Err(refusal) => Err(match refusal.status {
            404 => answer.with("username", Fault::UserUnknown(username.to_owned())),
            409 => answer.with("username", Fault::MemberExists(username.to_owned())),
            _ => answer.refused(refusal),
        }),
    }
}

/// Removes a member from a project.
#[server(prefix = "/_portal", endpoint = "remove-member")]
pub(crate) async fn post_remove_member(project: String, id: i64, name: String) -> Posted {
    let client = use_client();
    let answer = FormError::default();
    let posted = match project.parse() {
        Ok(project) => client.remove_member(&project, MemberId(id)).await.map_err(|refusal| answer.refused(refusal)),
        Err(_) => Err(answer.refused(ApiError::not_found())),
    };
    let page = format!("/projects/{project}/-/members");
    crate::form::conclude(posted, &Notice::MemberRemoved.on(&page, &name))
}

/// The id of the dialog to add a member.
pub(super) const DIALOG: &str = "add-member";

/// The form to add a member, in a dialog.
#[component]
pub(super) fn AddMemberDialog(project: String, action: ServerAction<PostAddMember>) -> impl IntoView {
    // The answer leads to the page that is already there, so nothing else would close it.
    Effect::new(move || {
        if action.version().get() > 0 && action.value().with(|value| matches!(value, Some(Ok(())))) {
            finish_dialog(DIALOG);
        }
    });
    view! {
        <Dialog id=DIALOG width=DialogWidth::Form>
            <ActionForm action=action attr:novalidate="">
                <DialogHead id=DIALOG title=t!(keys::members::ADD_TITLE) text=project.clone() />
                <DialogBody>
                    <Fields project=project answer=answer_of(action) />
                </DialogBody>
                <DialogFoot id=DIALOG>
                    <Button look=Look::Primary submit=true busy=action.pending()>
                        {t!(keys::members::ADD_SUBMIT)}
                    </Button>
                </DialogFoot>
            </ActionForm>
        </Dialog>
    }
}

/// The page to add a member.
#[component]
pub(crate) fn NewMember(within: InProject) -> impl IntoView {
    let action = ServerAction::<PostAddMember>::new();
    if !within.rights.may(Of::Member, Action::Create) {
        return view! { <NotAllowed /> }.into_any();
    }
    let members = ProjectPart::Members.of(&within.name);
    view! {
        <PageHead title=|| t!(keys::members::ADD_TITLE) sub=within.project.name.clone() />
        <Card label=t!(keys::members::ADD_TITLE)>
            <CardBody>
                <ActionForm action=action attr:class="form" attr:novalidate="">
                    <Fields project=within.project.name answer=answer_of(action) />
                    <div class="row">
                        <Button look=Look::Primary submit=true busy=action.pending()>
                            {t!(keys::members::ADD_SUBMIT)}
                        </Button>
                        <LinkButton href=members>{t!(keys::common::CANCEL)}</LinkButton>
                    </div>
                </ActionForm>
            </CardBody>
        </Card>
    }
    .into_any()
}

#[component]
fn Fields(project: String, answer: Signal<Option<FormError>>) -> impl IntoView {
    let chosen = value_of(answer, "role", &Role::Developer.id().to_string());
    let choices = Role::ALL.into_iter().map(move |role| {
        let id = role.id().to_string();
        let checked = id == chosen;
        view! { <ChoiceCard name="role" value=id checked=checked label=role_name(role) hint=role_hint(role) /> }
    });
    view! {
        <FormErrors answer=answer />
        <input type="hidden" name="project" value=project />
        <TextField
            label=t!(keys::members::USERNAME)
            name="username"
            value=value_of(answer, "username", "")
            hint=t!(keys::members::USERNAME_HINT)
            error=fault_of(answer, "username")
            raw=true
            autocomplete="off"
            required=true
            autofocus=true
        />
        <ChoiceGroup legend=t!(keys::role::LABEL)>{choices.collect_view()}</ChoiceGroup>
    }
}

/// What a role may do, in one line.
fn role_hint(role: Role) -> String {
    use keys::role::hint as k;
    t!(match role {
        Role::ProjectAdmin => k::PROJECT_ADMIN,
        Role::Maintainer => k::MAINTAINER,
        Role::Developer => k::DEVELOPER,
        Role::Guest => k::GUEST,
        Role::LimitedGuest => k::LIMITED_GUEST,
    })
}

/// The question whether to remove a member.
#[component]
pub(crate) fn RemoveMember(within: InProject, id: MemberId) -> impl IntoView {
    let action = ServerAction::<PostRemoveMember>::new();
    if !within.rights.may(Of::Member, Action::Delete) {
        return view! { <NotAllowed /> }.into_any();
    }
    let member = {
        let (client, name) = (use_client(), within.name.clone());
        Resource::new(
            move || id,
            move |id| {
                let (client, name) = (client.clone(), name.clone());
                async move { client.member(&name, id).await }
            },
        )
    };
    loaded(member, move |member| {
        view! { <RemoveForm within=within.clone() member=member action=action /> }
    })
}

#[component]
fn RemoveForm(within: InProject, member: ProjectMemberEntity, action: ServerAction<PostRemoveMember>) -> impl IntoView {
    let role = Role::from_id(member.role_id).map_or(member.role_name.clone(), role_name);
    let heading = t!(keys::members::REMOVE_TITLE, name = member.entity_name);
    let effect = t!(keys::members::REMOVE_TEXT, name = member.entity_name, role = role, project = within.name);
    view! {
        <PageHead title=move || heading />
        <FormErrors answer=answer_of(action) />
        <Callout tone=Tone::Warn title=effect />
        <ActionForm action=action>
            <input type="hidden" name="project" value=within.project.name.clone() />
            <input type="hidden" name="id" value=member.id.to_string() />
            <input type="hidden" name="name" value=member.entity_name />
            <div class="row">
                <Button look=Look::DangerFill icon=Glyph::Trash submit=true busy=action.pending()>
                    {t!(keys::members::REMOVE_SUBMIT)}
                </Button>
                <LinkButton href=ProjectPart::Members.of(&within.name)>{t!(keys::common::CANCEL)}</LinkButton>
            </div>
        </ActionForm>
    }
}
