//! Adding members, and what removes one.

use super::super::{InProject, NotAllowed, ProjectPart};
use super::role_name;
use super::suggest::{Names, Suggestions};
#[cfg(feature = "ssr")]
use crate::client::{ApiError, ApiResult, Client, use_client};
#[cfg(feature = "ssr")]
use crate::form::{Fault, username_fault};
use crate::form::{FormAction, FormError, FormErrors, PostForm, Posted, answer_of, fault_of, value_of};
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::t;
use crate::ui::{
    Button, Card, CardBody, ChoiceCard, ChoiceGroup, Dialog, DialogBody, DialogFoot, DialogHead, DialogWidth,
    LinkButton, Look, PageHead, TextField, finish_dialog,
};
#[cfg(feature = "ssr")]
use berth_types::MemberId;
use berth_types::ProjectName;
#[cfg(any(feature = "ssr", test))]
use berth_types::api::MemberCandidate;
#[cfg(feature = "ssr")]
use berth_types::api::{ProjectMember, UserEntity, UserGroup};
use berth_types::policy::{Action, Resource as Of, Role};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Adds a person to a project.
#[server(prefix = "/_portal", endpoint = "add-member")]
pub(crate) async fn post_add_member(project: String, username: String, role: i64) -> Posted {
    let client = use_client();
    let username = username.trim();
    let added = add(&client, &project, username, role).await;
    let role = Role::from_id(role).map_or("", Role::as_str);
    let page = format!("/projects/{project}/-/members");
    let name = added.as_deref().unwrap_or(username);
    let next = Notice::MemberAdded.on_with_role(&page, name, role);
    crate::form::conclude(added.map(drop), &next)
}

/// Adds whom the text means, and says the sign-in name: the text itself, or else of whomever it is the name in capitals or
/// small letters, or the e-mail address.
#[cfg(feature = "ssr")]
async fn add(client: &Client, project: &str, username: &str, role: i64) -> Result<String, FormError> {
    let mut answer = FormError::keeping(&[("username", username), ("role", &role.to_string())]);
    let Ok(project) = project.parse() else { return Err(answer.refused(ApiError::not_found())) };
    answer.check("username", username_fault(username));
    answer.pass()?;
    let mut name = username.to_owned();
    // An address means its owner, not somebody who took it for a name.
    if username.contains('@')
        && let Ok(found) = client.member_candidates(&project, username).await
        && found.iter().any(|person| person.exact)
    {
        let Some(meant) = only_exact(found) else {
            return Err(answer.with("username", Fault::UserUnknown(name)));
        };
        name = meant;
    }
    let mut added = add_named(client, &project, &name, role).await;
    if matches!(&added, Err(refusal) if refusal.status == 404)
        && let Ok(found) = client.member_candidates(&project, username).await
        && let Some(meant) = only_exact(found)
    {
        name = meant;
        added = add_named(client, &project, &name, role).await;
    }
    match added {
        Ok(()) => Ok(name),
        Err(refusal) => Err(match refusal.status {
            404 => answer.with("username", Fault::UserUnknown(username.to_owned())),
            409 => answer.with("username", Fault::MemberExists(name)),
            _ => answer.refused(refusal),
        }),
    }
}

#[cfg(feature = "ssr")]
async fn add_named(client: &Client, project: &ProjectName, username: &str, role: i64) -> ApiResult<()> {
    let user = UserEntity { user_id: None, username: Some(username.to_owned()) };
    let member = ProjectMember { role_id: role, member_user: Some(user), member_group: None };
    client.add_member(project, &member).await.map(drop)
}

/// Whom a text means that is exactly what one person is called by. Where it is two, nobody is meant.
#[cfg(any(feature = "ssr", test))]
fn only_exact(found: Vec<MemberCandidate>) -> Option<String> {
    let mut exact = found.into_iter().filter(|person| person.exact);
    let first = exact.next()?;
    exact.next().is_none().then_some(first.username)
}

/// Adds a group to a project.
#[server(prefix = "/_portal", endpoint = "add-group")]
pub(crate) async fn post_add_group(project: String, group: String, role: i64) -> Posted {
    let client = use_client();
    let group = group.trim();
    let posted = add_group(&client, &project, group, role).await;
    let role = Role::from_id(role).map_or("", Role::as_str);
    let page = format!("/projects/{project}/-/members");
    crate::form::conclude(posted, &Notice::MemberAdded.on_with_role(&page, group, role))
}

#[cfg(feature = "ssr")]
async fn add_group(client: &Client, project: &str, group: &str, role: i64) -> Posted {
    let mut answer = FormError::keeping(&[("group", group), ("role", &role.to_string())]);
    let Ok(project) = project.parse() else { return Err(answer.refused(ApiError::not_found())) };
    answer.check("group", group.is_empty().then(|| Fault::GroupUnknown(String::new())));
    answer.pass()?;
    let named = UserGroup { group_name: group.to_owned(), ..UserGroup::default() };
    let member = ProjectMember { role_id: role, member_user: None, member_group: Some(named) };
    match client.add_member(&project, &member).await {
        Ok(_) => Ok(()),
        Err(refusal) => Err(match refusal.status {
            404 => answer.with("group", Fault::GroupUnknown(group.to_owned())),
            409 => answer.with("group", Fault::MemberExists(group.to_owned())),
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
pub(super) fn AddMemberDialog(project: String, action: FormAction) -> impl IntoView {
    // The answer leads to the page that is already there, so nothing else would close it.
    Effect::new(move || {
        if action.is_done() {
            finish_dialog(DIALOG);
        }
    });
    view! {
        <Dialog id=DIALOG width=DialogWidth::Form>
            <PostForm action=action attr:novalidate="">
                <DialogHead id=DIALOG title=t!(keys::members::ADD_TITLE) text=project.clone() />
                <DialogBody>
                    <Fields project=project answer=answer_of(action) />
                </DialogBody>
                <DialogFoot id=DIALOG>
                    <Button look=Look::Primary submit=true busy=action.pending()>
                        {t!(keys::members::ADD_SUBMIT)}
                    </Button>
                </DialogFoot>
            </PostForm>
        </Dialog>
    }
}

/// The page to add a member.
#[component]
pub(crate) fn NewMember(within: InProject) -> impl IntoView {
    let action = FormAction::of::<PostAddMember>();
    if !within.rights.may(Of::Member, Action::Create) {
        return view! { <NotAllowed needs=(Of::Member, Action::Create) /> }.into_any();
    }
    let username = use_query_map().with_untracked(|query| query.get_str("username").unwrap_or_default().to_owned());
    let members = ProjectPart::Members.of(&within.name);
    view! {
        <PageHead title=|| t!(keys::members::ADD_TITLE) sub=within.project.name.clone() />
        <Card label=t!(keys::members::ADD_TITLE)>
            <CardBody>
                <PostForm action=action attr:class="form" attr:novalidate="">
                    <Fields project=within.project.name answer=answer_of(action) username=username />
                    <div class="row">
                        <Button look=Look::Primary submit=true busy=action.pending()>
                            {t!(keys::members::ADD_SUBMIT)}
                        </Button>
                        <LinkButton href=members>{t!(keys::common::CANCEL)}</LinkButton>
                    </div>
                </PostForm>
            </CardBody>
        </Card>
    }
    .into_any()
}

#[component]
fn Fields(project: String, answer: Signal<Option<FormError>>, #[prop(optional)] username: String) -> impl IntoView {
    let typed = RwSignal::new(value_of(answer, "username", &username));
    let names = project.parse::<ProjectName>().ok().map(Names::Candidates);
    view! {
        <FormErrors answer=answer />
        <input type="hidden" name="project" value=project />
        <TextField
            label=t!(keys::members::USERNAME)
            name="username"
            bind=typed
            list="people-names"
            hint=t!(keys::members::USERNAME_HINT)
            error=fault_of(answer, "username")
            raw=true
            autocomplete="off"
            required=true
            autofocus=true
        />
        {names.map(|names| view! { <Suggestions id="people-names" names=names typed=typed /> })}
        <RoleChoice answer=answer />
    }
}

/// The question which role somebody gets.
#[component]
fn RoleChoice(answer: Signal<Option<FormError>>) -> impl IntoView {
    let chosen = value_of(answer, "role", &Role::Developer.id().to_string());
    let choices = Role::ALL.into_iter().map(move |role| {
        let id = role.id().to_string();
        let checked = id == chosen;
        view! { <ChoiceCard name="role" value=id checked=checked label=role_name(role) hint=role_hint(role) /> }
    });
    view! { <ChoiceGroup legend=t!(keys::role::LABEL)>{choices.collect_view()}</ChoiceGroup> }
}

/// The page to add a group.
#[component]
pub(crate) fn NewGroupMember(within: InProject) -> impl IntoView {
    let action = FormAction::of::<PostAddGroup>();
    if !within.rights.may(Of::Member, Action::Create) {
        return view! { <NotAllowed needs=(Of::Member, Action::Create) /> }.into_any();
    }
    let members = ProjectPart::Members.of(&within.name);
    let answer = answer_of(action);
    let typed = RwSignal::new(value_of(answer, "group", ""));
    view! {
        <PageHead title=|| t!(keys::newcomer::group::TITLE) sub=within.project.name.clone() />
        <Card label=t!(keys::newcomer::group::TITLE)>
            <CardBody>
                <PostForm action=action attr:class="form" attr:novalidate="">
                    <FormErrors answer=answer />
                    <input type="hidden" name="project" value=within.project.name />
                    <TextField
                        label=t!(keys::newcomer::group::NAME)
                        name="group"
                        bind=typed
                        list="group-names"
                        hint=t!(keys::newcomer::group::NAME_HINT)
                        error=fault_of(answer, "group")
                        raw=true
                        autocomplete="off"
                        required=true
                        autofocus=true
                    />
                    <Suggestions id="group-names" names=Names::Groups typed=typed />
                    <RoleChoice answer=answer />
                    <div class="row">
                        <Button look=Look::Primary submit=true busy=action.pending()>
                            {t!(keys::newcomer::group::ADD)}
                        </Button>
                        <LinkButton href=members>{t!(keys::common::CANCEL)}</LinkButton>
                    </div>
                </PostForm>
            </CardBody>
        </Card>
    }
    .into_any()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_means_whom_it_names_alone() {
        let person =
            |username: &str, exact| MemberCandidate { username: username.into(), exact, ..MemberCandidate::default() };
        assert_eq!(only_exact(vec![person("Bob", true), person("bobby", false)]).as_deref(), Some("Bob"));
        assert_eq!(only_exact(vec![person("Bob", true), person("BOB", true)]), None);
        assert_eq!(only_exact(vec![person("bobby", false)]), None);
    }
}
