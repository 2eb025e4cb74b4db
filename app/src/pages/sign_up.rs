//! Making an own account.

use super::sign_in::AuthFoot;
#[cfg(feature = "ssr")]
use crate::client::use_client;
use crate::form::{EntryForm, FormAction, FormError, FormErrors, NewPassword, Posted, answer_of, fault_of, value_of};
#[cfg(feature = "ssr")]
use crate::form::{account_fault, email_fault, password_fault, realname_fault, repeat_fault, username_fault};
use crate::i18n::keys;
use crate::session::use_session;
use crate::t;
use crate::ui::{AuthShell, AuthWidth, Button, Callout, Look, Size, TextField, Tone};
#[cfg(feature = "ssr")]
use berth_types::api::UserCreationReq;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_location;

/// Makes an account and signs in with it.
#[server(prefix = "/_portal", endpoint = "sign-up")]
pub(crate) async fn post_sign_up(
    username: String,
    email: String,
    realname: String,
    password: String,
    repeat: String,
) -> Posted {
    let client = use_client();
    let username = username.trim().to_owned();
    let posted = create(&client, &username, email.trim(), realname.trim(), &password, &repeat).await;
    if posted.is_err() {
        return crate::form::conclude(posted, "/");
    }
    let next = if client.sign_in(&username, &password).await.is_ok() { "/projects" } else { "/sign-in?state=first" };
    crate::form::conclude(posted, next)
}

/// Checks the fields and makes the account.
#[cfg(feature = "ssr")]
pub(super) async fn create(
    client: &crate::client::Client,
    username: &str,
    email: &str,
    realname: &str,
    password: &str,
    repeat: &str,
) -> Posted {
    let mut answer = FormError::keeping(&[("username", username), ("email", email), ("realname", realname)]);
    answer.check("username", username_fault(username));
    answer.check("email", email_fault(email));
    answer.check("realname", realname_fault(realname));
    answer.check("password", password_fault(password));
    answer.check("repeat", repeat_fault(password, repeat));
    answer.pass()?;
    let account = UserCreationReq {
        email: email.to_owned(),
        // Harbor refuses an account without a full name.
        realname: if realname.is_empty() { username.to_owned() } else { realname.to_owned() },
        comment: String::new(),
        password: password.to_owned(),
        username: username.to_owned(),
    };
    client.create_user(&account).await.map(drop).map_err(|refusal| match account_fault(&refusal, username) {
        Some((field, fault)) => answer.with(field, fault),
        None => answer.refused(refusal),
    })
}

/// The page to make an own account.
#[component]
pub fn SignUp() -> impl IntoView {
    let action = FormAction::of::<PostSignUp>();
    let (signed_in, open) =
        use_session().with_untracked(|session| (session.user.is_some(), session.self_registration()));
    if signed_in {
        return view! { <Redirect path="/" /> }.into_any();
    }
    let search = use_location().search.get_untracked();
    let content = if open {
        view! { <SignUpForm action=action /> }.into_any()
    } else {
        view! { <Callout tone=Tone::Info title=t!(keys::sign_up::OFF) text=t!(keys::sign_up::OFF_TEXT) /> }.into_any()
    };
    view! {
        <Title text=t!(keys::sign_up::TITLE) />
        <AuthShell width=AuthWidth::Normal search=crate::query::kept(&search) foot=AuthFoot>
            <div>
                <h1>{t!(keys::sign_up::TITLE)}</h1>
                {open.then(|| view! { <p class="muted">{t!(keys::sign_up::SUB)}</p> })}
            </div>
            {content}
            <p class="small muted">
                {t!(keys::sign_up::HAVE_ACCOUNT)} " " <a href="/sign-in">{t!(keys::sign_up::SIGN_IN)}</a>
            </p>
        </AuthShell>
    }
    .into_any()
}

#[component]
fn SignUpForm(action: FormAction) -> impl IntoView {
    let answer = answer_of(action);
    view! {
        <EntryForm action=action>
            <FormErrors answer=answer />
            <AccountFields answer=answer large=true />
            <Button look=Look::Primary size=Size::Large block=true submit=true>
                {t!(keys::sign_up::SUBMIT)}
            </Button>
        </EntryForm>
    }
}

/// The fields of a new account.
#[component]
pub fn AccountFields(
    /// The last answer of the form.
    answer: Signal<Option<FormError>>,
    /// The larger size, on pages with one form.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    view! {
        <TextField
            label=t!(keys::sign_up::USERNAME)
            name="username"
            value=value_of(answer, "username", "")
            hint=t!(keys::sign_up::USERNAME_HINT)
            error=fault_of(answer, "username")
            autocomplete="username"
            maxlength=255
            raw=true
            large=large
            autofocus=large
            required=true
        />
        <TextField
            label=t!(keys::sign_up::EMAIL)
            name="email"
            kind="email"
            value=value_of(answer, "email", "")
            error=fault_of(answer, "email")
            autocomplete="email"
            raw=true
            large=large
            required=true
        />
        <TextField
            label=t!(keys::sign_up::REALNAME)
            name="realname"
            value=value_of(answer, "realname", "")
            error=fault_of(answer, "realname")
            autocomplete="name"
            optional=true
            large=large
        />
        <NewPassword answer=answer large=large />
    }
}
