//! The forms about one account: make it, change its profile, set its password, end its sessions, take its second factor off,
//! delete it.

use super::AdminFrame;
use super::user::{LIST, href, id_of_page};
#[cfg(feature = "ssr")]
use crate::client::ApiResult;
use crate::client::{ApiError, use_client};
use crate::form::{FormAction, FormErrors, NewPassword, PostForm, Posted, answer_of};
#[cfg(feature = "ssr")]
use crate::form::{FormError, password_fault, repeat_fault};
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::account::profile::ProfileFields;
use crate::pages::loaded;
use crate::pages::sign_up::AccountFields;
use crate::t;
use crate::ui::{Button, Callout, Card, CardBody, Crumb, Glyph, LinkButton, Look, PageHead, Tone};
#[cfg(feature = "ssr")]
use berth_types::UserId;
#[cfg(feature = "ssr")]
use berth_types::api::PasswordReq;
use berth_types::api::UserResp;
use leptos::prelude::*;

/// Makes an account for somebody.
#[server(prefix = "/_portal", endpoint = "new-user")]
pub(crate) async fn post_new_user(
    username: String,
    email: String,
    realname: String,
    password: String,
    repeat: String,
) -> Posted {
    let client = use_client();
    let username = username.trim();
    let posted =
        crate::pages::sign_up::create(&client, username, email.trim(), realname.trim(), &password, &repeat).await;
    crate::form::conclude(posted, &Notice::UserCreated.on(LIST, username))
}

/// Changes the profile of somebody else.
#[server(prefix = "/_portal", endpoint = "user-profile")]
pub(crate) async fn post_user_profile(id: i64, email: String, realname: String, comment: String) -> Posted {
    let client = use_client();
    let posted = crate::pages::account::profile::save(&client, Ok(UserId(id)), &email, &realname, &comment).await;
    crate::form::conclude(posted, &Notice::ProfileSaved.on(&href(UserId(id)), ""))
}

/// Sets the password of somebody else.
#[server(prefix = "/_portal", endpoint = "user-password")]
pub(crate) async fn post_user_password(id: i64, name: String, password: String, repeat: String) -> Posted {
    let client = use_client();
    let mut answer = FormError::default();
    answer.check("password", password_fault(&password));
    answer.check("repeat", repeat_fault(&password, &repeat));
    let posted = match answer.pass() {
        Ok(()) => {
            let passwords = PasswordReq { old_password: String::new(), new_password: password };
            client.set_password(UserId(id), &passwords).await.map_err(|refusal| answer.refused(refusal))
        }
        Err(answer) => Err(answer),
    };
    crate::form::conclude(posted, &Notice::PasswordSet.on(&href(UserId(id)), &name))
}

/// Makes or unmakes an administrator.
#[server(prefix = "/_portal", endpoint = "set-admin")]
pub(crate) async fn post_set_admin(id: i64, name: String, #[server(default)] admin: bool) -> Posted {
    let notice = if admin { Notice::AdminMade } else { Notice::AdminUnmade };
    done(use_client().set_admin(UserId(id), admin).await, notice, &href(UserId(id)), &name)
}

/// Ends all sessions of somebody.
#[server(prefix = "/_portal", endpoint = "end-user-sessions")]
pub(crate) async fn post_end_user_sessions(id: i64, name: String) -> Posted {
    let id = UserId(id);
    done(use_client().end_user_sessions(id).await, Notice::UserSessionsEnded, &href(id), &name)
}

/// Takes the second factor off somebody's account.
#[server(prefix = "/_portal", endpoint = "remove-second-factor")]
pub(crate) async fn post_remove_second_factor(id: i64, name: String) -> Posted {
    let id = UserId(id);
    done(use_client().remove_second_factor(id).await, Notice::SecondFactorRemoved, &href(id), &name)
}

/// Deletes an account.
#[server(prefix = "/_portal", endpoint = "delete-user")]
pub(crate) async fn post_delete_user(id: i64, name: String) -> Posted {
    done(use_client().delete_user(UserId(id)).await, Notice::UserDeleted, LIST, &name)
}

/// Ends a form that has nothing to fill in.
#[cfg(feature = "ssr")]
fn done(answer: ApiResult<()>, notice: Notice, page: &str, name: &str) -> Posted {
    let posted = answer.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &notice.on(page, name))
}

/// The page to make an account for somebody.
#[component]
pub fn NewUser() -> impl IntoView {
    let action = FormAction::of::<PostNewUser>();
    let answer = answer_of(action);
    let title = t!(keys::admin_users::NEW_TITLE);
    let crumbs = vec![Crumb::link(t!(keys::admin_users::TITLE), LIST), Crumb::here(title.clone())];
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs>
            <PageHead title=move || title />
            <Card label=t!(keys::admin_users::NEW_TITLE)>
                <CardBody>
                    <PostForm action=action attr:class="form" attr:novalidate="">
                        <FormErrors answer=answer />
                        <AccountFields answer=answer />
                        <div class="row">
                            <Button look=Look::Primary submit=true busy=action.pending()>
                                {t!(keys::admin_users::SUBMIT)}
                            </Button>
                            <LinkButton href=LIST>{t!(keys::common::CANCEL)}</LinkButton>
                        </div>
                    </PostForm>
                </CardBody>
            </Card>
        </AdminFrame>
    }
}

/// The page to change the profile of somebody.
#[component]
pub fn EditUser() -> impl IntoView {
    let action = FormAction::of::<PostUserProfile>();
    page_of(t!(keys::account::profile::TITLE), move |user| {
        let heading = t!(keys::person::EDIT_TITLE, name = user.username);
        let answer = answer_of(action);
        view! {
            <PageHead title=move || heading />
            <Card label=t!(keys::account::profile::TITLE)>
                <CardBody>
                    <PostForm action=action attr:class="form" attr:novalidate="">
                        <FormErrors answer=answer />
                        <Account user=user.clone() />
                        <ProfileFields answer=answer user=user.clone() />
                        <Buttons user=user action=action submit=t!(keys::account::profile::SAVE) />
                    </PostForm>
                </CardBody>
            </Card>
        }
    })
}

/// The page to set the password of somebody.
#[component]
pub fn UserPassword() -> impl IntoView {
    let action = FormAction::of::<PostUserPassword>();
    page_of(t!(keys::admin_users::SET_PASSWORD_SUBMIT), move |user| {
        let heading = t!(keys::admin_users::SET_PASSWORD_TITLE, name = user.username);
        let answer = answer_of(action);
        view! {
            <PageHead title=move || heading sub=t!(keys::admin_users::SET_PASSWORD_TEXT, name = user.username) />
            <Card label=t!(keys::admin_users::PASSWORD)>
                <CardBody>
                    <PostForm action=action attr:class="form" attr:novalidate="">
                        <FormErrors answer=answer />
                        <Account user=user.clone() />
                        <NewPassword answer=answer />
                        <Buttons user=user action=action submit=t!(keys::admin_users::SET_PASSWORD_SUBMIT) />
                    </PostForm>
                </CardBody>
            </Card>
        }
    })
}

/// The page to end all sessions of somebody.
#[component]
pub fn EndSessions() -> impl IntoView {
    let action = FormAction::of::<PostEndUserSessions>();
    page_of(t!(keys::person::END_SUBMIT), move |user| {
        let heading = t!(keys::person::END_TITLE, name = user.username);
        let effect = t!(keys::person::END_TEXT, name = user.username);
        let submit = t!(keys::person::END_SUBMIT);
        view! { <Question user=user action=action heading=heading effect=effect submit=submit icon=Glyph::Logout /> }
    })
}

/// The page to take the second factor off somebody's account.
#[component]
pub fn RemoveSecondFactor() -> impl IntoView {
    let action = FormAction::of::<PostRemoveSecondFactor>();
    page_of(t!(keys::second_factor::TITLE), move |user| {
        let heading = t!(keys::second_factor::REMOVE_TITLE, name = user.username);
        let effect = t!(keys::second_factor::REMOVE_TEXT, name = user.username);
        let submit = t!(keys::second_factor::DISABLE);
        view! { <Question user=user action=action heading=heading effect=effect submit=submit icon=Glyph::Key /> }
    })
}

/// The page that makes somebody an administrator, or takes that away.
#[component]
pub fn ChangeAdmin() -> impl IntoView {
    use keys::admin_users as k;
    let action = FormAction::of::<PostSetAdmin>();
    page_of(t!(k::ADMIN), move |user| {
        let (title, text, submit, admin) = if user.sysadmin_flag {
            (k::UNMAKE_TITLE, k::UNMAKE_TEXT, k::UNMAKE_ADMIN, "false")
        } else {
            (k::MAKE_TITLE, k::MAKE_TEXT, k::MAKE_ADMIN, "true")
        };
        let (heading, effect) = (t!(title, name = user.username), t!(text, name = user.username));
        view! {
            <Question
                user=user
                action=action
                heading=heading
                effect=effect
                submit=t!(submit)
                icon=Glyph::Shield
                field=("admin", admin)
            />
        }
    })
}

/// The page to delete an account.
#[component]
pub fn DeleteUser() -> impl IntoView {
    let action = FormAction::of::<PostDeleteUser>();
    page_of(t!(keys::admin_users::DELETE_SUBMIT), move |user| {
        let heading = t!(keys::admin_users::DELETE_TITLE, name = user.username);
        let effect = t!(keys::admin_users::DELETE_TEXT, name = user.username);
        let submit = t!(keys::admin_users::DELETE_SUBMIT);
        view! { <Question user=user action=action heading=heading effect=effect submit=submit icon=Glyph::Trash /> }
    })
}

/// A page about the account that its address names.
fn page_of<V: IntoView + 'static>(
    title: String,
    draw: impl Fn(UserResp) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView {
    let id = id_of_page();
    let client = use_client();
    let user = Resource::new(
        move || id.get(),
        move |id| {
            let client = client.clone();
            async move {
                match id {
                    Some(id) => client.user(id).await,
                    None => Err(ApiError::not_found()),
                }
            }
        },
    );
    let mut crumbs = vec![Crumb::link(t!(keys::admin_users::TITLE), LIST)];
    crumbs.extend(id.get_untracked().map(|id| Crumb::link(t!(keys::person::TITLE), href(id))));
    crumbs.push(Crumb::here(title.clone()));
    view! {
        <AdminFrame title=title crumbs=crumbs>
            {loaded(user, draw)}
        </AdminFrame>
    }
}

/// A question about an account, with what a yes leads to.
#[component]
fn Question(
    /// Whose account.
    user: UserResp,
    /// What a yes does.
    action: FormAction,
    /// The question.
    heading: String,
    /// What a yes leads to.
    effect: String,
    /// What the button says.
    submit: String,
    /// The icon of the button.
    icon: Glyph,
    /// A field that the form has besides the account.
    #[prop(optional, into)]
    field: Option<(&'static str, &'static str)>,
) -> impl IntoView {
    let back = href(user.user_id);
    view! {
        <PageHead title=move || heading />
        <FormErrors answer=answer_of(action) />
        <Callout tone=Tone::Warn title=effect />
        <PostForm action=action>
            <Account user=user />
            {field.map(|(name, value)| view! { <input type="hidden" name=name value=value /> })}
            <div class="row">
                <Button look=Look::DangerFill icon=icon submit=true busy=action.pending()>
                    {submit}
                </Button>
                <LinkButton href=back>{t!(keys::common::CANCEL)}</LinkButton>
            </div>
        </PostForm>
    }
}

/// The account that a form is about.
#[component]
fn Account(user: UserResp) -> impl IntoView {
    view! {
        <input type="hidden" name="id" value=user.user_id.to_string() />
        <input type="hidden" name="name" value=user.username autocomplete="username" />
    }
}

/// What a form about an account does, and the way back to its page.
#[component]
fn Buttons(user: UserResp, action: FormAction, submit: String) -> impl IntoView {
    view! {
        <div class="row">
            <Button look=Look::Primary submit=true busy=action.pending()>
                {submit}
            </Button>
            <LinkButton href=href(user.user_id)>{t!(keys::common::CANCEL)}</LinkButton>
        </div>
    }
}
