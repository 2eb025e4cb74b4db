//! Signing in and out.

#[cfg(feature = "ssr")]
use crate::client::use_client;
use crate::form::{FormAction, FormError, Posted, answer_of, value_of};
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::pages::sign_in_code::step_href;
use crate::session::{safe_next, use_session};
use crate::t;
use crate::ui::{AuthShell, Button, Callout, Look, Size, TextField, Tone};
#[cfg(feature = "ssr")]
use berth_types::api::SECOND_FACTOR_REQUIRED;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use leptos_router::hooks::{use_location, use_query_map};

/// Signs in and leads to `next`.
#[server(prefix = "/_portal", endpoint = "sign-in")]
pub(crate) async fn post_sign_in(principal: String, password: String, #[server(default)] next: String) -> Posted {
    let client = use_client();
    let kept = FormError::keeping(&[("principal", &principal)]);
    match client.sign_in(principal.trim(), &password).await {
        Err(refusal) if refusal.code == SECOND_FACTOR_REQUIRED => {
            crate::form::conclude(Ok(()), &step_href(safe_next(&next)))
        }
        posted => crate::form::conclude(posted.map_err(|refusal| kept.refused(refusal)), safe_next(&next)),
    }
}

/// Why the visitor is here, as the address tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrival {
    /// The session ended by itself.
    Ended,
    /// The visitor signed out.
    SignedOut,
    /// The visitor just made an account.
    FirstTime,
}

impl Arrival {
    fn read(state: &str) -> Option<Arrival> {
        match state {
            "ended" => Some(Arrival::Ended),
            "out" => Some(Arrival::SignedOut),
            "first" => Some(Arrival::FirstTime),
            _ => None,
        }
    }
}

/// The page to sign in.
#[component]
pub fn SignIn() -> impl IntoView {
    let answer = answer_of(FormAction::of::<PostSignIn>());
    let session = use_session();
    let query = use_query_map().get_untracked();
    let next = safe_next(query.get_str("next").unwrap_or("/")).to_owned();
    if session.with_untracked(|session| session.user.is_some()) {
        return view! { <Redirect path=next /> }.into_any();
    }
    let (host, sign_up) =
        session.with_untracked(|session| (session.registry().to_owned(), session.self_registration()));
    let arrival = Arrival::read(query.get_str("state").unwrap_or_default());
    #[cfg(target_arch = "wasm32")]
    if arrival == Some(Arrival::SignedOut) {
        // Whose session ended by itself finds the drafts again; who signed out leaves nothing in this tab.
        Effect::new(|| {
            if let Ok(Some(storage)) = window().session_storage() {
                drop(storage.clear());
            }
        });
    }
    let arrival = arrival.map(|arrival| {
        let (tone, title, text) = match arrival {
            Arrival::Ended => (Tone::Info, t!(keys::sign_in::ENDED), Some(t!(keys::sign_in::ENDED_TEXT))),
            Arrival::SignedOut => (Tone::Ok, t!(keys::sign_in::SIGNED_OUT), None),
            Arrival::FirstTime => (Tone::Ok, t!(keys::sign_in::FIRST_TIME), None),
        };
        view! { <Callout tone=tone title=title text=text /> }
    });
    let sign_up = sign_up.then(|| {
        view! {
            <p class="small muted">
                {t!(keys::sign_in::NO_ACCOUNT)} " " <a href="/sign-up">{t!(keys::sign_in::SIGN_UP)}</a>
            </p>
        }
    });
    let search = use_location().search.get_untracked();
    view! {
        <Title text=t!(keys::sign_in::TITLE) />
        <AuthShell search=crate::query::kept(&search) foot=AuthFoot>
            <div>
                <h1>{t!(keys::sign_in::TITLE)}</h1>
                <p class="muted">{host}</p>
            </div>
            {arrival.filter(|_| answer.with_untracked(Option::is_none))}
            <SignInErrors answer=answer />
            // A plain form: another visitor is another document.
            <form class="form" method="post" action=PostSignIn::url()>
                <input type="hidden" name="next" value=next />
                <TextField
                    label=t!(keys::sign_in::USERNAME_OR_EMAIL)
                    name="principal"
                    value=value_of(answer, "principal", "")
                    autocomplete="username"
                    raw=true
                    large=true
                    required=true
                    autofocus=true
                />
                <TextField
                    label=t!(keys::sign_in::PASSWORD)
                    name="password"
                    kind="password"
                    autocomplete="current-password"
                    large=true
                    required=true
                />
                <Button look=Look::Primary size=Size::Large block=true submit=true>
                    {t!(keys::sign_in::SUBMIT)}
                </Button>
            </form>
            {sign_up}
        </AuthShell>
    }
    .into_any()
}

/// What was wrong with the last attempt, in the words of this page.
#[component]
fn SignInErrors(answer: Signal<Option<FormError>>) -> impl IntoView {
    move || {
        let refusal = answer.get()?.refusal?;
        let view = match refusal.status {
            401 | 403 => {
                view! { <Callout tone=Tone::Bad title=t!(keys::sign_in::WRONG) text=t!(keys::sign_in::WRONG_TEXT) /> }
                    .into_any()
            }
            429 => view! { <Throttled retry_after=refusal.retry_after /> }.into_any(),
            _ => view! { <crate::form::Refusal error=*refusal /> }.into_any(),
        };
        Some(view)
    }
}

/// That there were too many attempts, and how long to wait.
#[component]
pub(crate) fn Throttled(
    /// Seconds, where the server says how many.
    retry_after: Option<u64>,
) -> impl IntoView {
    let text = match retry_after {
        Some(seconds) => t!(keys::newcomer::TRY_AGAIN_IN, seconds = seconds),
        None => t!(keys::sign_in::THROTTLED_TEXT),
    };
    view! { <Callout tone=Tone::Bad title=t!(keys::sign_in::THROTTLED) text=text /> }
}

/// Version and ways out of the pages before signing in.
#[component]
pub fn AuthFoot() -> impl IntoView {
    let version = use_session().with_untracked(|session| session.version().map(str::to_owned));
    view! {
        {version.map(|version| view! { <span>{t!(keys::shell::VERSION, version = version)}</span> })}
        <a href="/api/v2.0/openapi.json" rel="external">
            {t!(keys::shell::API_REFERENCE)}
        </a>
        <a href="/projects" class="push">
            {t!(keys::shell::BROWSE_PUBLIC)}
        </a>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals() {
        assert_eq!(Arrival::read("out"), Some(Arrival::SignedOut));
        assert_eq!(Arrival::read("else"), None);
    }
}
