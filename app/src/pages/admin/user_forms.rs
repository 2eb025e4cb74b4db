//! The forms about one account: make it, set its password, take its second factor off, delete it.

use super::AdminFrame;
use crate::client::{ApiError, use_client};
use crate::form::{FormAction, FormErrors, NewPassword, PostForm, Posted, answer_of};
#[cfg(feature = "ssr")]
use crate::form::{FormError, password_fault, repeat_fault};
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::pages::sign_up::AccountFields;
use crate::t;
use crate::ui::{Button, Callout, Card, CardBody, Crumb, Glyph, LinkButton, Look, PageHead, Tone};
use berth_types::UserId;
#[cfg(feature = "ssr")]
use berth_types::api::PasswordReq;
use berth_types::api::UserResp;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

const LIST: &str = "/admin/users";

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
    crate::form::conclude(posted, &Notice::PasswordSet.on(LIST, &name))
}

/// Makes or unmakes an administrator.
#[server(prefix = "/_portal", endpoint = "set-admin")]
pub(crate) async fn post_set_admin(id: i64, name: String, #[server(default)] admin: bool) -> Posted {
    let client = use_client();
    let set = client.set_admin(UserId(id), admin).await;
    let notice = if admin { Notice::AdminMade } else { Notice::AdminUnmade };
    let posted = set.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &notice.on("/admin/users", &name))
}

/// Takes the second factor off somebody's account.
#[server(prefix = "/_portal", endpoint = "remove-second-factor")]
pub(crate) async fn post_remove_second_factor(id: i64, name: String) -> Posted {
    let client = use_client();
    let removed = client.remove_second_factor(UserId(id)).await;
    let posted = removed.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &Notice::SecondFactorRemoved.on(LIST, &name))
}

/// Deletes an account.
#[server(prefix = "/_portal", endpoint = "delete-user")]
pub(crate) async fn post_delete_user(id: i64, name: String) -> Posted {
    let client = use_client();
    let deleted = client.delete_user(UserId(id)).await;
    let posted = deleted.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &Notice::UserDeleted.on(LIST, &name))
}

/// The page to make an account for somebody.
#[component]
pub fn NewUser() -> impl IntoView {
    let action = FormAction::of::<PostNewUser>();
    let answer = answer_of(action);
    let title = t!(keys::admin_users::NEW_TITLE);
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            <PageHead title=move || title />
            <Card label=t!(keys::admin_users::NEW_TITLE)>
                <CardBody>
                    <PostForm action=action attr:class="form" attr:novalidate="">
                        <FormErrors answer=answer />
                        <AccountFields answer=answer />
                        <Buttons>
                            <Button look=Look::Primary submit=true busy=action.pending()>
                                {t!(keys::admin_users::SUBMIT)}
                            </Button>
                        </Buttons>
                    </PostForm>
                </CardBody>
            </Card>
        </AdminFrame>
    }
}

/// The page to set the password of somebody.
#[component]
pub fn UserPassword() -> impl IntoView {
    let action = FormAction::of::<PostUserPassword>();
    let title = t!(keys::admin_users::SET_PASSWORD_SUBMIT);
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            {loaded(user_of_page(), move |user| view! { <PasswordForm user=user action=action /> })}
        </AdminFrame>
    }
}

#[component]
fn PasswordForm(user: UserResp, action: FormAction) -> impl IntoView {
    let answer = answer_of(action);
    let title = t!(keys::admin_users::SET_PASSWORD_TITLE, name = user.username);
    view! {
        <PageHead title=move || title sub=t!(keys::admin_users::SET_PASSWORD_TEXT, name = user.username) />
        <Card label=t!(keys::admin_users::PASSWORD)>
            <CardBody>
                <PostForm action=action attr:class="form" attr:novalidate="">
                    <FormErrors answer=answer />
                    <Account user=user />
                    <NewPassword answer=answer />
                    <Buttons>
                        <Button look=Look::Primary submit=true busy=action.pending()>
                            {t!(keys::admin_users::SET_PASSWORD_SUBMIT)}
                        </Button>
                    </Buttons>
                </PostForm>
            </CardBody>
        </Card>
    }
}

/// The page to take the second factor off somebody's account.
#[component]
pub fn RemoveSecondFactor() -> impl IntoView {
    let action = FormAction::of::<PostRemoveSecondFactor>();
    let title = t!(keys::second_factor::TITLE);
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            {loaded(user_of_page(), move |user| view! { <RemoveSecondFactorForm user=user action=action /> })}
        </AdminFrame>
    }
}

#[component]
fn RemoveSecondFactorForm(user: UserResp, action: FormAction) -> impl IntoView {
    let title = t!(keys::second_factor::REMOVE_TITLE, name = user.username);
    let effect = t!(keys::second_factor::REMOVE_TEXT, name = user.username);
    view! {
        <PageHead title=move || title />
        <FormErrors answer=answer_of(action) />
        <Callout tone=Tone::Warn title=effect />
        <PostForm action=action>
            <Account user=user />
            <Buttons>
                <Button look=Look::DangerFill submit=true busy=action.pending()>
                    {t!(keys::second_factor::DISABLE)}
                </Button>
            </Buttons>
        </PostForm>
    }
}

/// The page that makes somebody an administrator, or takes that away.
#[component]
pub fn ChangeAdmin() -> impl IntoView {
    let action = FormAction::of::<PostSetAdmin>();
    let title = t!(keys::admin_users::ADMIN);
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            {loaded(user_of_page(), move |user| view! { <ChangeAdminForm user=user action=action /> })}
        </AdminFrame>
    }
}

#[component]
fn ChangeAdminForm(user: UserResp, action: FormAction) -> impl IntoView {
    let is_admin = user.sysadmin_flag;
    let (title, effect, submit) = if is_admin {
        (
            t!(keys::admin_users::UNMAKE_TITLE, name = user.username),
            t!(keys::admin_users::UNMAKE_TEXT, name = user.username),
            t!(keys::admin_users::UNMAKE_ADMIN),
        )
    } else {
        (
            t!(keys::admin_users::MAKE_TITLE, name = user.username),
            t!(keys::admin_users::MAKE_TEXT, name = user.username),
            t!(keys::admin_users::MAKE_ADMIN),
        )
    };
    view! {
        <PageHead title=move || title />
        <FormErrors answer=answer_of(action) />
        <Callout tone=Tone::Warn title=effect />
        <PostForm action=action>
            <Account user=user />
            <input type="hidden" name="admin" value=if is_admin { "false" } else { "true" } />
            <Buttons>
                <Button look=Look::DangerFill icon=Glyph::Shield submit=true busy=action.pending()>
                    {submit}
                </Button>
            </Buttons>
        </PostForm>
    }
}

/// The page to delete an account.
#[component]
pub fn DeleteUser() -> impl IntoView {
    let action = FormAction::of::<PostDeleteUser>();
    let title = t!(keys::admin_users::DELETE_SUBMIT);
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            {loaded(user_of_page(), move |user| view! { <DeleteForm user=user action=action /> })}
        </AdminFrame>
    }
}

#[component]
fn DeleteForm(user: UserResp, action: FormAction) -> impl IntoView {
    let title = t!(keys::admin_users::DELETE_TITLE, name = user.username);
    let effect = t!(keys::admin_users::DELETE_TEXT, name = user.username);
    view! {
        <PageHead title=move || title />
        <FormErrors answer=answer_of(action) />
        <Callout tone=Tone::Warn title=effect />
        <PostForm action=action>
            <Account user=user />
            <Buttons>
                <Button look=Look::DangerFill icon=Glyph::Trash submit=true busy=action.pending()>
                    {t!(keys::admin_users::DELETE_SUBMIT)}
                </Button>
            </Buttons>
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

/// Cancel, and what the form does.
#[component]
fn Buttons(children: Children) -> impl IntoView {
    view! {
        <div class="row">
            {children()} <LinkButton href=LIST>{t!(keys::common::CANCEL)}</LinkButton>
        </div>
    }
}

fn crumbs(title: &str) -> Vec<Crumb> {
    vec![Crumb::link(t!(keys::admin_users::TITLE), LIST), Crumb::here(title)]
}

/// The account that the address names.
fn user_of_page() -> Resource<Result<UserResp, ApiError>> {
    let params = use_params_map();
    let client = use_client();
    Resource::new(
        move || params.read().get_str("id").and_then(|id| id.parse::<i64>().ok()),
        move |id| {
            let client = client.clone();
            async move {
                match id {
                    Some(id) => client.user(UserId(id)).await,
                    None => Err(ApiError::not_found()),
                }
            }
        },
    )
}
