//! Purges of the audit log: what goes is chosen, then shown, then done.

use super::Part;
use super::runs::RunTable;
use super::schedule::ScheduleCard;
#[cfg(feature = "ssr")]
use crate::client::use_client;
use crate::client::{Chore, json};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::format::natural;
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::audit::event_type_text;
use crate::query::ListState;
use crate::t;
use crate::ui::{
    Button, Callout, Card, CardBody, Empty, GetForm, Glyph, LinkButton, Look, Pager, TextField, Tone, query_pairs,
};
use berth_types::api::{AuditLogEventType, ExecHistory, GCHistory};
use berth_types::page::Paged;
use leptos::prelude::*;
use serde::Deserialize;

/// Days that entries are kept where nobody said otherwise.
const DAYS: i64 = 180;
/// The most days that the API takes.
const DAYS_MAX: i64 = 10_000;
const HOURS_A_DAY: i64 = 24;

/// What is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PurgeWish {
    days: i64,
    /// Kinds of events.
    events: Vec<String>,
    /// Whether it is asked to do it.
    asked: bool,
}

/// What a schedule's runs are to do.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Scheduled {
    audit_retention_hour: i64,
    include_event_types: String,
}

impl PurgeWish {
    /// Reads the address; where it says nothing, what the schedule does.
    pub(super) fn read(search: &str, schedule: Option<&GCHistory>) -> Self {
        let pairs = query_pairs(search);
        let of = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
        let asked = of("purge").is_some();
        let scheduled: Scheduled =
            schedule.and_then(|schedule| json::read(&schedule.job_parameters).ok()).unwrap_or_default();
        if !asked && scheduled.audit_retention_hour > 0 {
            let events = scheduled.include_event_types.split(',').filter(|event| !event.is_empty());
            return PurgeWish {
                days: scheduled.audit_retention_hour / HOURS_A_DAY,
                events: events.map(str::to_owned).collect(),
                asked,
            };
        }
        let days = of("days").and_then(|days| days.parse().ok()).filter(|days| (1..=DAYS_MAX).contains(days));
        let events = pairs.iter().filter(|(key, _)| key == "event").map(|(_, event)| event.clone());
        PurgeWish { days: days.unwrap_or(DAYS), events: events.collect(), asked }
    }

    /// The parameters of a run.
    fn parameters(&self) -> Vec<(String, String)> {
        vec![
            ("audit_retention_hour".to_owned(), (self.days * HOURS_A_DAY).to_string()),
            ("include_event_types".to_owned(), self.events.join(",")),
        ]
    }
}

/// Purges the audit log, or counts what would go.
#[server(prefix = "/_portal", endpoint = "purge-audit")]
pub(crate) async fn post_purge(hours: i64, events: String, #[server(default)] dry_run: bool) -> Posted {
    let client = use_client();
    let order = super::now::at_once([
        ("audit_retention_hour", hours.into()),
        ("include_event_types", events.into()),
        ("dry_run", dry_run.into()),
    ]);
    let posted = client.run_chore(Chore::Purge, &order).await.map(drop);
    let posted = posted.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &Notice::RunStarted.on(&Part::Purge.path(), ""))
}

/// The part of the page.
#[component]
pub(super) fn Purge(
    wish: PurgeWish,
    runs: Paged<ExecHistory>,
    schedule: Option<GCHistory>,
    events: Vec<AuditLogEventType>,
    state: ListState,
) -> impl IntoView {
    let total = natural(runs.total);
    let boxes: Vec<_> = events
        .into_iter()
        .map(|event| {
            let name = event.event_type;
            let checked = wish.events.contains(&name);
            view! {
                <label class="check">
                    <input type="checkbox" name="event" value=name.clone() checked=checked />
                    <span>{event_type_text(&name)}</span>
                </label>
            }
        })
        .collect();
    let runs: Vec<GCHistory> = runs.items.into_iter().map(as_run).collect();
    let table = if runs.is_empty() {
        view! {
            <Empty icon=Glyph::Log title=t!(keys::clean_up::purge::NO_RUNS) text=t!(keys::clean_up::purge::NO_RUNS_TEXT)>
                <LinkButton href="/admin/audit" icon=Glyph::Log>
                    {t!(keys::nav::SYSTEM_AUDIT)}
                </LinkButton>
            </Empty>
        }
        .into_any()
    } else {
        view! {
            <RunTable runs=runs kind="PURGE_AUDIT_LOG" freed=false state=state.clone() />
            <Pager page=state.page page_size=state.page_size total=total search=state.search />
        }
        .into_any()
    };
    let scheduled = t!(keys::clean_up::purge::SCHEDULED, events = wish.events.len(), days = wish.days);
    let question = wish.asked.then(|| view! { <Question wish=wish.clone() /> });
    view! {
        <Card title=t!(keys::clean_up::purge::TITLE)>
            <CardBody stack=true>
                <p class="muted">{t!(keys::clean_up::purge::TEXT)}</p>
                <GetForm class="form">
                    <input type="hidden" name="tab" value="purge" />
                    <input type="hidden" name="purge" value="ask" />
                    <TextField
                        label=t!(keys::clean_up::purge::KEEP)
                        name="days"
                        value=wish.days.to_string()
                        affix=t!(keys::clean_up::purge::DAYS)
                        inputmode="numeric"
                        maxlength=5
                    />
                    <fieldset class="field">
                        <legend>{t!(keys::clean_up::purge::EVENTS)}</legend>
                        <div class="row">{boxes}</div>
                    </fieldset>
                    <div class="row">
                        <Button submit=true>{t!(keys::clean_up::purge::RUN)}</Button>
                    </div>
                </GetForm>
            </CardBody>
        </Card>
        {question}
        <p class="muted">{scheduled}</p>
        <ScheduleCard chore=Chore::Purge holds=None chosen=schedule parameters=wish.parameters() />
        <h2>{t!(keys::clean_up::purge::RUNS)}</h2>
        {table}
    }
}

/// A purge in the shape of a run of clean-up.
fn as_run(purge: ExecHistory) -> GCHistory {
    GCHistory {
        id: purge.id,
        job_name: purge.job_name,
        job_kind: purge.job_kind,
        job_parameters: purge.job_parameters,
        schedule: purge.schedule,
        job_status: purge.job_status,
        deleted: purge.deleted,
        creation_time: purge.creation_time,
        update_time: purge.update_time,
    }
}

/// What would go, and the buttons that count or do it.
#[component]
fn Question(wish: PurgeWish) -> impl IntoView {
    let action = FormAction::of::<PostPurge>();
    let (hours, events) = ((wish.days * HOURS_A_DAY).to_string(), wish.events.join(","));
    let (dry_hours, dry_events) = (hours.clone(), events.clone());
    let text = if wish.events.is_empty() {
        t!(keys::clean_up::purge::NOTHING)
    } else {
        t!(keys::clean_up::purge::ASK_TEXT, events = wish.events.len(), days = wish.days)
    };
    let buttons = (!wish.events.is_empty()).then(|| {
        view! {
            <PostForm action=action>
                <input type="hidden" name="hours" value=dry_hours />
                <input type="hidden" name="events" value=dry_events />
                <input type="hidden" name="dry_run" value="true" />
                <Button icon=Glyph::Eye submit=true busy=action.pending()>
                    {t!(keys::clean_up::DRY_RUN)}
                </Button>
            </PostForm>
            <PostForm action=action>
                <input type="hidden" name="hours" value=hours />
                <input type="hidden" name="events" value=events />
                <Button look=Look::DangerFill icon=Glyph::Trash submit=true busy=action.pending()>
                    {t!(keys::clean_up::purge::SUBMIT)}
                </Button>
            </PostForm>
        }
    });
    view! {
        <section class="stack" aria-label=t!(keys::clean_up::purge::ASK)>
            <FormErrors answer=answer_of(action) />
            <Callout tone=Tone::Warn title=t!(keys::clean_up::purge::ASK) text=text />
            <div class="row">
                {buttons}
                <LinkButton href=Part::Purge.path()>{t!(keys::common::CANCEL)}</LinkButton>
            </div>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_what_goes_else_the_schedule() {
        let wish = PurgeWish::read("?tab=purge&purge=ask&days=30&event=create_artifact&event=pull_artifact", None);
        assert_eq!((wish.days, wish.events.len(), wish.asked), (30, 2, true));
        assert_eq!(wish.parameters()[0].1, "720");
        assert_eq!(wish.parameters()[1].1, "create_artifact,pull_artifact");
        for odd in ["?purge=ask&days=0", "?purge=ask&days=x", "?purge=ask&days=10001", ""] {
            assert_eq!(PurgeWish::read(odd, None).days, DAYS, "{odd}");
        }
        let schedule = GCHistory {
            job_parameters: r#"{"audit_retention_hour":48,"include_event_types":"a,b"}"#.into(),
            ..GCHistory::default()
        };
        let wish = PurgeWish::read("?tab=purge", Some(&schedule));
        assert_eq!((wish.days, wish.events, wish.asked), (2, vec!["a".to_owned(), "b".to_owned()], false));
    }
}
