//! A run now: what would go, then the button.

use super::PAGE;
#[cfg(feature = "ssr")]
use super::Part;
#[cfg(feature = "ssr")]
use crate::client::{Chore, use_client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, PostForm, Posted};
use crate::format::{bytes, count};
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::ui::{Button, Callout, Check, GetForm, Glyph, LinkButton, Look, Tone};
use crate::{t, tn};
use berth_types::api::CleanUpPlan;
#[cfg(feature = "ssr")]
use berth_types::api::{Schedule, ScheduleObj};
use leptos::prelude::*;

/// Runs garbage collection, or a dry run of it.
#[server(prefix = "/_portal", endpoint = "clean-up")]
pub(crate) async fn post_clean_up(#[server(default)] dry_run: bool, #[server(default)] untagged: bool) -> Posted {
    let client = use_client();
    let parameters = [("dry_run", dry_run), ("delete_untagged", untagged)];
    let posted = client.run_chore(Chore::CleanUp, &at_once(parameters.map(|(name, value)| (name, value.into())))).await;
    let posted = posted.map(drop).map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &Notice::RunStarted.on(&Part::Runs.path(), ""))
}

/// A request for a run now.
#[cfg(feature = "ssr")]
pub(super) fn at_once<const N: usize>(parameters: [(&str, serde_json::Value); N]) -> Schedule {
    let schedule = ScheduleObj { kind: "Manual".to_owned(), ..ScheduleObj::default() };
    let parameters = parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Schedule { schedule: Some(schedule), parameters: Some(parameters), ..Schedule::default() }
}

/// The question, with its effect.
#[component]
pub(super) fn CleanUpNow(
    plan: CleanUpPlan,
    untagged: bool,
    /// That of the page, which shows its answers.
    action: FormAction,
) -> impl IntoView {
    let objects = plan.blobs.count + plan.manifests.count;
    let more = plan.untagged.filter(|more| *more > 0);
    let text = if objects == 0 {
        t!(keys::clean_up::ask::NOTHING)
    } else {
        t!(
            keys::clean_up::ask::TEXT,
            bytes = bytes(plan.blobs.bytes.saturating_add(plan.manifests.bytes)),
            blobs = count(plan.blobs.count),
            manifests = count(plan.manifests.count),
            waiting = bytes(plan.waiting.bytes)
        )
    };
    let more_text = more.map(|more| view! { <span>{tn!(keys::clean_up::ask::UNTAGGED, more)}</span> });
    let truncated = plan.truncated.then(|| view! { <span>{t!(keys::clean_up::TRUNCATED)}</span> });
    let confirm = (objects > 0 || more.is_some()).then(|| {
        view! {
            <PostForm action=action>
                <input type="hidden" name="untagged" value=untagged.to_string() />
                <Button look=Look::DangerFill icon=Glyph::Sweep submit=true busy=action.pending()>
                    {t!(keys::clean_up::SUBMIT)}
                </Button>
            </PostForm>
        }
    });
    view! {
        <section class="stack" aria-label=t!(keys::clean_up::ask::TITLE)>
            <Callout tone=Tone::Warn title=t!(keys::clean_up::ask::TITLE) text=text>
                {more_text}
                {truncated}
            </Callout>
            <GetForm class="row">
                <input type="hidden" name="ask" value="now" />
                <Check
                    name="untagged"
                    checked=untagged
                    label=t!(keys::clean_up::DELETE_UNTAGGED)
                    hint=t!(keys::clean_up::DELETE_UNTAGGED_HINT)
                />
                <Button submit=true>{t!(keys::clean_up::COUNT_AGAIN)}</Button>
            </GetForm>
            <div class="row">
                {confirm}
                <LinkButton href=PAGE>{t!(keys::common::CANCEL)}</LinkButton>
            </div>
        </section>
    }
}
