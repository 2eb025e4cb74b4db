//! The set-up of a new server: the link of the log leads here once.

use crate::client::use_client;
use crate::form::{EntryForm, FormAction, FormErrors, NewPassword, Posted, answer_of, fault_of, value_of};
#[cfg(feature = "ssr")]
use crate::form::{Fault, FormError, email_fault, password_fault, repeat_fault};
use crate::format::bytes;
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::loaded;
use crate::session::{Session, use_session};
use crate::t;
use crate::ui::{
    AuthShell, AuthWidth, Button, Callout, Card, Check, CheckLine, Checks, Glyph, LinkButton, Look, Size, State, Steps,
    TextField, Tone,
};
#[cfg(feature = "ssr")]
use berth_types::api::SetupReq;
use berth_types::api::{SetupChecks, SetupState};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_query_map};

/// The name of the first administrator.
const ADMIN: &str = "admin";

/// Sets the server up and signs in as its administrator.
#[server(prefix = "/_portal", endpoint = "set-up")]
pub(crate) async fn post_setup(
    token: String,
    email: String,
    password: String,
    repeat: String,
    #[server(default)] self_registration: bool,
) -> Posted {
    let client = use_client();
    let setup =
        SetupReq { token: token.trim().to_owned(), password, email: email.trim().to_owned(), self_registration };
    let posted = set_up(&client, &setup, &repeat).await;
    if posted.is_err() {
        return crate::form::conclude(posted, "/");
    }
    // Its last step is shown to whoever administers the server.
    let next = if client.sign_in(ADMIN, &setup.password).await.is_ok() { "/setup" } else { "/sign-in?state=first" };
    crate::form::conclude(posted, next)
}

/// Checks the fields and sends them. The token is a secret: it is not among the values that are kept.
#[cfg(feature = "ssr")]
async fn set_up(client: &crate::client::Client, setup: &SetupReq, repeat: &str) -> Posted {
    let ticked = if setup.self_registration { "true" } else { "" };
    let mut answer = FormError::keeping(&[("email", &setup.email), ("self_registration", ticked)]);
    if setup.token.is_empty() {
        answer.check("token", Some(Fault::TokenRequired));
    }
    if !setup.email.is_empty() {
        answer.check("email", email_fault(&setup.email));
    }
    answer.check("password", password_fault(&setup.password));
    answer.check("repeat", repeat_fault(&setup.password, repeat));
    answer.pass()?;
    client.set_up(setup).await.map_err(|refusal| match refusal.status {
        401 | 403 => answer.with("token", Fault::TokenWrong),
        _ => answer.refused(refusal),
    })
}

/// The page of the set-up.
#[component]
pub fn Setup() -> impl IntoView {
    let action = FormAction::of::<PostSetup>();
    let token = use_query_map().get_untracked().get_str("token").unwrap_or_default().to_owned();
    let client = use_client();
    let asked = token.clone();
    let state = Resource::new(
        || (),
        move |()| {
            let (client, token) = (client.clone(), asked.clone());
            async move { client.setup_state(&token).await }
        },
    );
    let search = use_location().search.get_untracked();
    // Before set-up the server tells nothing of itself; afterwards nobody needs the token.
    let fresh = use_session().with_untracked(|session| session.info.is_none());
    view! {
        <Title text=t!(keys::setup::TITLE) />
        <AuthShell
            width=AuthWidth::Wide
            search=crate::query::kept(&search)
            foot=move || fresh.then(|| view! { <span>{t!(keys::setup::FOOT)}</span> })
        >
            {loaded(state, move |state| view! { <SetupContent state=state token=token.clone() action=action /> })}
        </AuthShell>
    }
}

#[component]
fn SetupContent(state: SetupState, token: String, action: FormAction) -> impl IntoView {
    if state.done && use_session().with_untracked(Session::is_admin) {
        return view! { <Ready /> }.into_any();
    }
    if state.done {
        // The page was there once and is no more.
        #[cfg(feature = "ssr")]
        super::error::answer_with(404, None);
        return view! {
            <h1>{t!(keys::setup::ALREADY)}</h1>
            <LinkButton href="/sign-in" look=Look::Primary size=Size::Large>
                {t!(keys::nav::SIGN_IN)}
            </LinkButton>
        }
        .into_any();
    }
    // A token that came with the link and is right is not asked for again.
    let known = state.token_valid == Some(true);
    let stale = (state.token_valid == Some(false) && !token.is_empty()).then(|| {
        view! {
            <Callout
                tone=Tone::Warn
                title=t!(keys::setup::INVALID_LINK)
                text=t!(keys::setup::INVALID_LINK_TEXT)
            />
        }
    });
    view! {
        <div>
            <h1>{t!(keys::setup::TITLE)}</h1>
            <p class="muted">{t!(keys::setup::INTRO)}</p>
        </div>
        <Steps names=steps() current=usize::from(known) />
        {stale}
        <SetupForm token=if known { token } else { String::new() } checks=state.checks action=action />
    }
    .into_any()
}

/// The names of the steps.
fn steps() -> Vec<String> {
    [keys::setup::steps::TOKEN, keys::setup::steps::ADMINISTRATOR, keys::setup::steps::DONE].map(|key| t!(key)).to_vec()
}

/// The last step: what to do first.
#[component]
fn Ready() -> impl IntoView {
    let steps = steps();
    let done = steps.len();
    view! {
        <div>
            <h1>{t!(keys::setup::READY)}</h1>
            <p class="muted">{t!(keys::setup::READY_TEXT)}</p>
        </div>
        <Steps names=steps current=done />
        <LinkButton href="/projects/-/new" look=Look::Primary size=Size::Large icon=Glyph::Plus>
            {t!(keys::projects::NEW)}
        </LinkButton>
        <LinkButton href="/admin/users" size=Size::Large icon=Glyph::User>
            {t!(keys::nav::USERS)}
        </LinkButton>
        <LinkButton href="/admin/settings" size=Size::Large icon=Glyph::Settings>
            {t!(keys::nav::SYSTEM_SETTINGS)}
        </LinkButton>
    }
}

#[component]
fn SetupForm(token: String, checks: Option<SetupChecks>, action: FormAction) -> impl IntoView {
    let answer = answer_of(action);
    let known = !token.is_empty();
    let address = match checks {
        Some(checks) => view! { <Standing checks=checks /> }.into_any(),
        None => {
            let host = use_session().with_untracked(|session| session.registry().to_owned());
            view! {
                <TextField
                    label=t!(keys::setup::ADDRESS)
                    name="address"
                    value=host
                    hint=t!(keys::setup::ADDRESS_HINT)
                    readonly=true
                />
            }
            .into_any()
        }
    };
    let token = if token.is_empty() {
        view! {
            <TextField
                label=t!(keys::setup::TOKEN)
                name="token"
                hint=t!(keys::setup::TOKEN_HINT)
                error=fault_of(answer, "token")
                autocomplete="off"
                raw=true
                large=true
                required=true
                autofocus=true
            />
        }
        .into_any()
    } else {
        view! { <input type="hidden" name="token" value=token /> }.into_any()
    };
    let opened =
        answer.with_untracked(|answer| answer.as_ref().and_then(|a| a.value("self_registration")) == Some("true"));
    view! {
        <EntryForm action=action>
            <FormErrors answer=answer />
            {token}
            <TextField
                label=t!(keys::setup::ADMIN_NAME)
                name="username"
                value=ADMIN
                hint=t!(keys::setup::ADMIN_NAME_HINT)
                autocomplete="username"
                readonly=true
                large=true
            />
            <TextField
                label=t!(keys::setup::EMAIL)
                name="email"
                kind="email"
                value=value_of(answer, "email", "")
                error=fault_of(answer, "email")
                autocomplete="email"
                raw=true
                optional=true
                large=true
                autofocus=known
            />
            <NewPassword answer=answer large=true />
            <fieldset class="field">
                <legend>{t!(keys::setup::ACCESS)}</legend>
                <Check
                    name="self_registration"
                    checked=opened
                    label=t!(keys::setup::SELF_REGISTRATION)
                    hint=t!(keys::setup::SELF_REGISTRATION_HINT)
                />
            </fieldset>
            {address}
            <div class="row between">
                <span></span>
                <Button look=Look::Primary size=Size::Large submit=true>
                    {t!(keys::setup::SUBMIT)}
                </Button>
            </div>
        </EntryForm>
    }
}

/// Bytes below which the storage is about to be full: less than a few images.
const STORAGE_LOW_BYTES: u64 = 5 << 30;

/// How the storage stands.
fn storage_state(checks: &SetupChecks) -> State {
    match checks.storage_free {
        _ if !checks.storage_writable => State::Bad,
        Some(free) if free < STORAGE_LOW_BYTES => State::Warn,
        _ => State::Ok,
    }
}

/// Address and storage, checked.
#[component]
fn Standing(checks: SetupChecks) -> impl IntoView {
    use keys::newcomer::check as k;
    let (address_state, address_detail) = if checks.address == checks.requested {
        (State::Ok, t!(k::ADDRESS_SAME))
    } else {
        (State::Warn, t!(k::ADDRESS_DIFFERS, requested = checks.requested))
    };
    let (tls_state, tls, tls_detail) = if checks.address.starts_with("https://") {
        (State::Ok, t!(k::TLS), None)
    } else {
        (State::Warn, t!(k::PLAIN), Some(t!(k::PLAIN_TEXT)))
    };
    let storage = storage_state(&checks);
    let title = if storage == State::Bad { t!(k::STORAGE_BAD) } else { t!(k::STORAGE) };
    let detail = match checks.storage_free {
        _ if storage == State::Bad => Some(t!(k::STORAGE_BAD_TEXT)),
        Some(free) => Some(t!(k::STORAGE_FREE, free = bytes(free))),
        None => None,
    };
    view! {
        <Card label=t!(k::TITLE)>
            <Checks>
                <CheckLine
                    state=address_state
                    title=t!(k::ADDRESS, address = checks.address)
                    detail=address_detail
                />
                <CheckLine state=tls_state title=tls detail=tls_detail />
                <CheckLine state=storage title=title detail=detail />
            </Checks>
        </Card>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_is_judged() {
        let mut standing = SetupChecks {
            address: "https://r.example".to_owned(),
            requested: "https://r.example".to_owned(),
            storage_writable: true,
            storage_free: None,
        };
        assert_eq!(storage_state(&standing), State::Ok);
        standing.storage_free = Some(STORAGE_LOW_BYTES - 1);
        assert_eq!(storage_state(&standing), State::Warn);
        standing.storage_writable = false;
        assert_eq!(storage_state(&standing), State::Bad);
    }
}
