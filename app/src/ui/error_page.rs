//! A page that could not be shown: the cause, the next step, the request.

use super::{CopyButton, KeyValue, KeyValues, MaybeText};
use crate::i18n::keys;
use crate::t;
use leptos::prelude::*;

/// The inside of a page that could not be shown. Stands in [`AppShell`](super::AppShell) or
/// [`AuthShell`](super::AuthShell).
#[component]
pub fn ErrorPage(
    /// The HTTP status.
    status: u16,
    /// What happened, the `h1`. By default what [`error_texts`] says of the status.
    #[prop(optional, into)]
    title: MaybeText,
    /// The cause and the next step.
    #[prop(optional, into)]
    text: MaybeText,
    /// The id of the request.
    #[prop(optional, into)]
    request_id: MaybeText,
    /// More facts.
    #[prop(optional, into)]
    facts: Option<ViewFnOnce>,
    /// The next buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let (title, text, request_id) = (title.0, text.0, request_id.0);
    let (default_title, default_text) = error_texts(status);
    let request = request_id.map(|id| {
        view! {
            <KeyValues>
                <KeyValue label=t!(keys::error::REQUEST_LABEL)>
                    <span class="mono">{id.clone()}</span>
                    " "
                    <CopyButton text=id label=t!(keys::copy::REQUEST_ID) />
                </KeyValue>
            </KeyValues>
        }
    });
    view! {
        <div class="error-page">
            <div>
                <svg class="waves" viewBox="0 0 320 56" preserveAspectRatio="none" aria-hidden="true">
                    <path d="M0 20q20-12 40 0t40 0 40 0 40 0 40 0 40 0 40 0 40 0M0 34q20-12 40 0t40 0 40 0 40 0 40 0 40 0 40 0 40 0M0 48q20-12 40 0t40 0 40 0 40 0 40 0 40 0 40 0 40 0"></path>
                </svg>
                <p class="big" aria-hidden="true">
                    {status.to_string()}
                </p>
                <div>
                    <h1>{title.unwrap_or(default_title)}</h1>
                    <p class="muted">{text.unwrap_or(default_text)}</p>
                </div>
                {facts.map(ViewFnOnce::run)}
                {request}
                {children.map(|children| view! { <div class="row">{children()}</div> })}
            </div>
        </div>
    }
}

/// What happened and what to do, for an HTTP status.
pub fn error_texts(status: u16) -> (String, String) {
    use keys::error::{
        bad_request, conflict, failed, forbidden, invalid, not_found, precondition, too_large, too_many, unauthorized,
        unavailable,
    };
    let (title, text) = match status {
        400 => (bad_request::TITLE, bad_request::TEXT),
        401 => (unauthorized::TITLE, unauthorized::TEXT),
        403 => (forbidden::TITLE, forbidden::TEXT),
        404 => (not_found::TITLE, not_found::TEXT),
        409 => (conflict::TITLE, conflict::TEXT),
        412 => (precondition::TITLE, precondition::TEXT),
        413 => (too_large::TITLE, too_large::TEXT),
        422 => (invalid::TITLE, invalid::TEXT),
        429 => (too_many::TITLE, too_many::TEXT),
        502..=504 => (unavailable::TITLE, unavailable::TEXT),
        _ => (failed::TITLE, failed::TEXT),
    };
    (t!(title), t!(text))
}
