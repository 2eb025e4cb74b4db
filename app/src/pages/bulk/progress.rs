//! How far an operation is, and what failed.

use super::asked::Place;
use super::failures::Failures;
use super::words::phrase;
use crate::client::{ApiResult, use_client};
use crate::format::{count, natural};
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::loaded;
use crate::ui::{Callout, Glyph, LinkButton, PageHead, Tone};
use crate::{t, tn};
use berth_types::api::{BulkOperation, BulkStatus};
use leptos::prelude::*;

/// The page of an operation that was begun.
#[component]
pub(super) fn Progress(place: Place, id: i64) -> impl IntoView {
    let client = use_client();
    let operation = Resource::new(
        move || id,
        move |id| {
            let client = client.clone();
            async move { client.bulk(id).await }
        },
    );
    loaded(operation, move |shown| {
        if matches!(shown.status, BulkStatus::Pending | BulkStatus::Running) {
            look_again(operation);
        }
        view! { <Shown place=place.clone() operation=shown /> }
    })
}

/// Asks again in a moment. Without script there is a link.
fn look_again(operation: Resource<ApiResult<BulkOperation>>) {
    #[cfg(target_arch = "wasm32")]
    {
        let later = set_timeout_with_handle(move || operation.refetch(), std::time::Duration::from_secs(1));
        if let Ok(later) = later {
            on_cleanup(move || later.clear());
        }
    }
    #[cfg(not(target_arch = "wasm32"))]
    let _ = operation;
}

/// What there is to say of an operation, in a title and a line.
fn told(operation: &BulkOperation) -> (Tone, String, Option<String>) {
    let (done, failed) = (count(natural(operation.done)), count(natural(operation.failed)));
    let total = count(natural(operation.total));
    match operation.status {
        BulkStatus::Pending => (Tone::Info, t!(keys::bulk::WAITING), Some(t!(keys::bulk::RUNNING_TEXT))),
        BulkStatus::Running => {
            let done = count(natural(operation.done.saturating_add(operation.failed)));
            let title = t!(keys::bulk::RUNNING, done = done, total = total);
            (Tone::Info, title, Some(t!(keys::bulk::RUNNING_TEXT)))
        }
        BulkStatus::Finished if operation.failed == 0 => {
            (Tone::Ok, tn!(keys::bulk::FINISHED, natural(operation.done)), None)
        }
        BulkStatus::Finished => {
            let title = t!(keys::bulk::PARTLY, done = done, failed = failed);
            (Tone::Warn, title, Some(t!(keys::bulk::PARTLY_TEXT)))
        }
        BulkStatus::Stopped => {
            let title = t!(keys::bulk::STOPPED, done = done, total = total);
            (Tone::Bad, title, Some(t!(keys::bulk::STOPPED_TEXT)))
        }
    }
}

#[component]
fn Shown(place: Place, operation: BulkOperation) -> impl IntoView {
    // It may be looked at from elsewhere.
    let list = Place::of(&operation.request).list(operation.request.kind);
    let heading = phrase(&operation.request, operation.total);
    let (tone, title, text) = told(&operation);
    let at_work = matches!(operation.status, BulkStatus::Pending | BulkStatus::Running);
    let tried = natural(operation.done.saturating_add(operation.failed));
    let label = title.clone();
    let bar = at_work.then(|| {
        view! {
            <progress
                class="progress"
                value=tried.to_string()
                max=natural(operation.total).max(1).to_string()
                aria-label=label
            ></progress>
        }
    });
    let refresh = at_work.then(|| {
        view! {
            <LinkButton href=format!("{}?op={}", place.href(), operation.id) icon=Glyph::Refresh>
                {t!(keys::bulk::REFRESH)}
            </LinkButton>
        }
    });
    let shown = operation.failures.len() as u64;
    let more = (shown < natural(operation.failed)).then(|| {
        view! { <p class="small muted">{t!(keys::bulk::FAILED_MORE, count = count(shown))}</p> }
    });
    let failures = (shown > 0).then(|| {
        view! {
            <Failures
                caption=t!(keys::bulk::FAILED_CAPTION)
                request=operation.request.clone()
                failures=operation.failures
            />
        }
    });
    view! {
        <PageHead title=move || heading />
        <div class="stack" role="status">
            <Callout tone=tone title=title text=text />
            {bar}
        </div>
        {failures}
        {more}
        <div class="row">
            {refresh} <LinkButton href=list>{t!(keys::bulk::BACK)}</LinkButton>
        </div>
    }
}
