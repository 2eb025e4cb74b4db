//! What is asked before a job is stopped, or a queue paused, and what it does.

use super::words::{Ask, kind_text};
#[cfg(feature = "ssr")]
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::format::natural;
use crate::i18n::{keys, use_catalog};
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::t;
use crate::ui::{Button, Callout, LinkButton, Look, Tone};
use berth_types::api::JobStatistics;
use leptos::prelude::*;

/// Stops a job.
#[server(prefix = "/_portal", endpoint = "stop-job")]
pub(crate) async fn post_stop_job(id: i64, back: String) -> Posted {
    let client = use_client();
    let posted = client.stop_job(id).await.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &Notice::JobStopped.on(&back, ""))
}

/// Pauses, resumes or empties a queue.
#[server(prefix = "/_portal", endpoint = "act-on-queue")]
pub(crate) async fn post_act_on_queue(kind: String, action: String, back: String) -> Posted {
    let client = use_client();
    let notice = match action.as_str() {
        "pause" => Notice::QueuePaused,
        "resume" => Notice::QueueResumed,
        _ => Notice::QueueEmptied,
    };
    let posted = client.act_on_queue(&kind, &action).await.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &notice.on(&back, ""))
}

/// The question, with its effect and the button that does it.
#[component]
pub(super) fn Question(ask: Ask, numbers: JobStatistics, back: String) -> impl IntoView {
    match ask {
        Ask::Stop(id) => view! { <StopJob id=id back=back /> }.into_any(),
        Ask::Queue(action, kind) => {
            view! { <ActOnQueue action=action kind=kind numbers=numbers back=back /> }.into_any()
        }
    }
}

#[component]
fn StopJob(id: i64, back: String) -> impl IntoView {
    let action = FormAction::of::<PostStopJob>();
    view! {
        <FormErrors answer=answer_of(action) />
        <Callout tone=Tone::Warn title=t!(keys::jobs::ask::STOP_JOB, id = id) text=t!(keys::jobs::ask::STOP_JOB_TEXT) />
        <PostForm action=action>
            <input type="hidden" name="id" value=id.to_string() />
            <input type="hidden" name="back" value=back.clone() />
            <div class="row">
                <Button look=Look::DangerFill submit=true busy=action.pending()>
                    {t!(keys::jobs::STOP)}
                </Button>
                <LinkButton href=back>{t!(keys::common::CANCEL)}</LinkButton>
            </div>
        </PostForm>
    }
}

#[component]
fn ActOnQueue(action: &'static str, kind: String, numbers: JobStatistics, back: String) -> impl IntoView {
    let posted = FormAction::of::<PostActOnQueue>();
    let concerned = numbers.queues.iter().filter(|queue| kind == "all" || queue.kind == kind);
    let (waiting, running) =
        concerned.fold((0, 0), |(waiting, running), queue| (waiting + queue.waiting, running + queue.running));
    let name = if kind == "all" { t!(keys::jobs::ask::ALL_QUEUES) } else { kind_text(&use_catalog(), &kind) };
    let (waiting, running) = (natural(waiting), natural(running));
    let (title, text, button, look, tone) = match action {
        "pause" => (
            t!(keys::jobs::ask::PAUSE, name = name),
            t!(keys::jobs::ask::PAUSE_TEXT, waiting = waiting, running = running),
            t!(keys::jobs::PAUSE),
            Look::Primary,
            Tone::Warn,
        ),
        "resume" => (
            t!(keys::jobs::ask::RESUME, name = name),
            t!(keys::jobs::ask::RESUME_TEXT, waiting = waiting),
            t!(keys::jobs::RESUME),
            Look::Primary,
            Tone::Info,
        ),
        _ => (
            t!(keys::jobs::ask::EMPTY, name = name),
            t!(keys::jobs::ask::EMPTY_TEXT, waiting = waiting, running = running),
            t!(keys::jobs::EMPTY_QUEUE),
            Look::DangerFill,
            Tone::Warn,
        ),
    };
    view! {
        <FormErrors answer=answer_of(posted) />
        <Callout tone=tone title=title text=text />
        <PostForm action=posted>
            <input type="hidden" name="kind" value=kind />
            <input type="hidden" name="action" value=action />
            <input type="hidden" name="back" value=back.clone() />
            <div class="row">
                <Button look=look submit=true busy=posted.pending()>
                    {button}
                </Button>
                <LinkButton href=back>{t!(keys::common::CANCEL)}</LinkButton>
            </div>
        </PostForm>
    }
}
