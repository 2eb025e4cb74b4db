//! The second step of signing in: a code, after a password that asks for one.

#[cfg(feature = "ssr")]
use crate::client::use_client;
use crate::form::{FormAction, FormError, Posted, answer_of};
use crate::i18n::keys;
use crate::pages::sign_in::{AuthFoot, Throttled};
use crate::session::{safe_next, use_session};
use crate::t;
use crate::ui::{AuthShell, Button, Callout, Look, Size, TextField, Tone};
use berth_types::api::SECOND_FACTOR_OVER;
use berth_types::url::with_query;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use leptos_router::hooks::{use_location, use_query_map};

/// Ends signing in with a code and leads to `next`.
#[server(prefix = "/_portal", endpoint = "sign-in-code")]
pub(crate) async fn post_sign_in_code(code: String, #[server(default)] next: String) -> Posted {
    let client = use_client();
    let posted = client.sign_in_with_code(&code).await.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, safe_next(&next))
}

/// The page of the second step, which leads on to `next`.
#[cfg(feature = "ssr")]
pub(crate) fn step_href(next: &str) -> String {
    with_query("/sign-in/code", &[("next", if next == "/" { "" } else { next })])
}

/// The page to enter a code.
#[component]
pub fn SignInCode() -> impl IntoView {
    use keys::second_factor as k;
    let answer = answer_of(FormAction::of::<PostSignInCode>());
    let query = use_query_map().get_untracked();
    let next = safe_next(query.get_str("next").unwrap_or("/")).to_owned();
    if use_session().with_untracked(|session| session.user.is_some()) {
        return view! { <Redirect path=next /> }.into_any();
    }
    let back = with_query("/sign-in", &[("next", if next == "/" { "" } else { &next })]);
    let search = use_location().search.get_untracked();
    view! {
        <Title text=t!(k::STEP_TITLE) />
        <AuthShell search=crate::query::kept(&search) foot=AuthFoot>
            <div>
                <h1>{t!(k::STEP_TITLE)}</h1>
                <p class="muted">{t!(k::STEP_TEXT)}</p>
            </div>
            <CodeErrors answer=answer />
            // A plain form: another visitor is another document.
            <form class="form" method="post" action=PostSignInCode::url()>
                <input type="hidden" name="next" value=next />
                <TextField
                    label=t!(k::ANY_CODE)
                    name="code"
                    autocomplete="one-time-code"
                    raw=true
                    large=true
                    required=true
                    autofocus=true
                />
                <Button look=Look::Primary size=Size::Large block=true submit=true>
                    {t!(keys::sign_in::SUBMIT)}
                </Button>
            </form>
            <p class="small">
                <a href=back>{t!(k::START_AGAIN)}</a>
            </p>
        </AuthShell>
    }
    .into_any()
}

/// What was wrong with the last attempt, in the words of this page.
#[component]
fn CodeErrors(answer: Signal<Option<FormError>>) -> impl IntoView {
    use keys::second_factor as k;
    move || {
        let refusal = answer.get()?.refusal?;
        let view = match refusal.status {
            401 if refusal.code == SECOND_FACTOR_OVER => {
                view! { <Callout tone=Tone::Bad title=t!(k::OVER) text=t!(k::OVER_TEXT) /> }.into_any()
            }
            401 => view! { <Callout tone=Tone::Bad title=t!(k::WRONG) text=t!(k::WRONG_TEXT) /> }.into_any(),
            429 => view! { <Throttled retry_after=refusal.retry_after /> }.into_any(),
            _ => view! { <crate::form::Refusal error=*refusal /> }.into_any(),
        };
        Some(view)
    }
}
