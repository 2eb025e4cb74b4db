//! Errors as pages: cause, next step, request id.

use crate::client::ApiError;
use crate::form::refusal_texts;
use crate::frame::Frame;
use crate::i18n::{keys, use_catalog};
use crate::session::{sign_in_href, use_session};
use crate::ui::{ErrorPage, Glyph, KeyValue, KeyValues, LinkButton, Look};
use crate::{t, tn};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

/// A refusal of the API in the place of a page; the answer gets its status.
#[component]
pub fn ErrorView(
    /// The refusal.
    error: ApiError,
    /// What it takes, where that is no right that the error names.
    #[prop(optional, into)]
    needs: Option<String>,
) -> impl IntoView {
    // No answer at all is a fault of the network or of the server behind this one.
    let status = if error.status == 0 { 503 } else { error.status };
    #[cfg(feature = "ssr")]
    answer_with(status, error.retry_after);
    let (title, text) = refusal_texts(&use_catalog(), &error);
    let text = needs.unwrap_or(text);
    let user = use_session().with_untracked(|session| session.user.as_ref().map(|user| user.username.clone()));
    let signed_in = user.is_some();
    let wait = error.retry_after.map(|seconds| (t!(keys::error::WAIT), tn!(keys::error::WAIT_SECONDS, seconds)));
    let name = user.filter(|_| status == 403).map(|name| (t!(keys::error::SIGNED_IN_AS), name));
    let facts = name.or(wait).map(|(label, value)| {
        ViewFnOnce::from(move || {
            view! {
                <KeyValues>
                    <KeyValue label=label>{value}</KeyValue>
                </KeyValues>
            }
        })
    });
    let location = use_location();
    let again = format!("{}{}", location.pathname.get_untracked(), with_mark(&location.search.get_untracked()));
    let may_help = status == 401 || (!signed_in && matches!(status, 403 | 404));
    let sign_in = may_help.then(|| {
        view! {
            // Another document: this one may still believe that the session lives.
            <LinkButton href=sign_in_href() look=Look::Primary icon=Glyph::User attr:rel="external">
                {t!(keys::nav::SIGN_IN)}
            </LinkButton>
        }
    });
    let retry = (status == 429 || status >= 500).then(|| {
        view! {
            // Another document, so that what failed is really asked for again.
            <LinkButton href=again look=Look::Primary icon=Glyph::Refresh attr:rel="external">
                {t!(keys::common::TRY_AGAIN)}
            </LinkButton>
        }
    });
    view! {
        <Title text=title.clone() />
        <ErrorPage status=status title=title text=text request_id=error.request_id nostrip:facts=facts>
            {sign_in}
            {retry}
            <LinkButton href="/projects" icon=Glyph::Project>
                {t!(keys::error::HOME)}
            </LinkButton>
        </ErrorPage>
    }
}

/// `?…`, or nothing.
fn with_mark(search: &str) -> String {
    let search = search.trim_start_matches('?');
    if search.is_empty() { String::new() } else { format!("?{search}") }
}

#[cfg(feature = "ssr")]
pub(super) fn answer_with(status: u16, retry_after: Option<u64>) {
    if let (Some(response), Ok(status)) =
        (use_context::<leptos_axum::ResponseOptions>(), http::StatusCode::from_u16(status))
    {
        response.set_status(status);
        if let Some(seconds) = retry_after {
            response.insert_header(http::header::RETRY_AFTER, seconds.into());
        }
    }
}

/// The page of addresses that name none.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Frame crumbs=Vec::new()>
            <ErrorView error=ApiError::not_found() />
        </Frame>
    }
}
