//! Clean-up: what can go and what stays, runs with what they freed, the schedule, and purges of the audit log.

mod now;
mod objects;
mod purge;
mod runs;
mod schedule;
mod words;

use super::AdminFrame;
use crate::client::{ApiResult, Chore, Client, ListParams, use_client};
use crate::form::{FormAction, FormErrors, PostForm, answer_of};
use crate::format::{bytes, count, use_now};
use crate::i18n::{Key, keys, use_catalog};
use crate::live::{Fresh, use_fresh};
use crate::load::Resource;
use crate::pages::loaded;
use crate::query::{ListState, use_list_state};
use crate::schedule::{rule_text, span};
use crate::t;
use crate::ui::{
    Button, Crumb, Fact, Glyph, LinkButton, Look, PageHead, Stat, Stats, Tab, Tabs, query_pairs, with_query,
};
use berth_types::api::{AuditLogEventType, CleanUpPlan, ExecHistory, GCHistory, LiveEvent};
use berth_types::page::Paged;
use leptos::prelude::*;
use now::{CleanUpNow, PostCleanUp};
use objects::Objects;
use purge::{Purge, PurgeWish};
use runs::Runs;
use schedule::ScheduleCard;
use serde::{Deserialize, Serialize};
use words::moment;

/// The page.
const PAGE: &str = "/admin/clean-up";

/// A part of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Objects,
    Runs,
    Schedule,
    Purge,
}

impl Part {
    const ALL: [Part; 4] = [Part::Objects, Part::Runs, Part::Schedule, Part::Purge];

    const fn word(self) -> Option<&'static str> {
        match self {
            Part::Objects => None,
            Part::Runs => Some("runs"),
            Part::Schedule => Some("schedule"),
            Part::Purge => Some("purge"),
        }
    }

    const fn key(self) -> Key {
        match self {
            Part::Objects => keys::clean_up::tab::OBJECTS,
            Part::Runs => keys::clean_up::tab::RUNS,
            Part::Schedule => keys::clean_up::tab::SCHEDULE,
            Part::Purge => keys::clean_up::tab::PURGE,
        }
    }

    /// The address of this part.
    fn path(self) -> String {
        format!("{PAGE}{}", with_query("", &[("tab", self.word())]))
    }
}

/// What the address of the page asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asked {
    part: Part,
    /// Whether it is asked if it shall run now.
    now: bool,
    /// Whether artifacts without a tag go as well.
    untagged: bool,
}

impl Asked {
    fn read(search: &str) -> Self {
        let pairs = query_pairs(search);
        let of = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        Asked {
            part: Part::ALL.into_iter().find(|part| of("tab") == part.word()).unwrap_or_default(),
            now: of("ask") == Some("now"),
            untagged: of("untagged") == Some("true"),
        }
    }
}

/// What a part of the page lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Rows {
    /// The last run.
    Objects(Option<GCHistory>),
    Runs(Paged<GCHistory>),
    Schedule(Option<GCHistory>),
    Purge {
        runs: Paged<ExecHistory>,
        schedule: Option<GCHistory>,
        events: Vec<AuditLogEventType>,
    },
}

impl Rows {
    async fn load(client: &Client, asked: &Asked, state: &ListState) -> ApiResult<Self> {
        Ok(match asked.part {
            Part::Objects => {
                let params = ListParams { page_size: 1, ..ListParams::default() };
                Rows::Objects(client.clean_ups(&params).await?.items.into_iter().next())
            }
            Part::Runs => Rows::Runs(client.clean_ups(&state.params(String::new())).await?),
            Part::Schedule => Rows::Schedule(client.chore_schedule(Chore::CleanUp).await?),
            Part::Purge => Rows::Purge {
                runs: client.purges(&state.params(String::new())).await?,
                schedule: client.chore_schedule(Chore::Purge).await?,
                events: client.audit_events().await?,
            },
        })
    }
}

/// The page.
#[component]
pub fn CleanUp() -> impl IntoView {
    let title = t!(keys::clean_up::TITLE);
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title)]>
            <Overview />
        </AdminFrame>
    }
}

/// The run that an event is about. What happens to a queue may end all that wait in it.
fn row(event: &LiveEvent) -> Option<String> {
    match event.job_kind.as_str() {
        "GARBAGE_COLLECTION" | "PURGE_AUDIT_LOG" => event.job.map(|job| job.to_string()),
        _ => (event.kind == LiveEvent::QUEUE).then(String::new),
    }
}

#[component]
fn Overview() -> impl IntoView {
    let state = use_list_state("");
    let client = use_client();
    // What is being filled in, or asked, stays as it is.
    let on_top = Signal::derive(move || {
        let asked = state.with(|state| Asked::read(&state.search));
        state.with(|state| state.page == 1) && matches!(asked.part, Part::Objects | Part::Runs) && !asked.now
    });
    let fresh = use_fresh("jobs".to_owned(), row, on_top, |_| {});
    // Posted from the head of the page, and kept while what is below is loaded again.
    let dry_run = FormAction::of::<PostCleanUp>();
    let everything = Resource::new(
        move || (state.get(), fresh.version()),
        move |(state, _)| {
            let client = client.clone();
            async move {
                let asked = Asked::read(&state.search);
                let plan = client.clean_up_plan(asked.now && asked.untagged).await?;
                Ok((Rows::load(&client, &asked, &state).await?, plan, state))
            }
        },
    );
    loaded(everything, move |(rows, plan, state)| {
        view! { <Everything rows=rows plan=plan state=state fresh=fresh dry_run=dry_run /> }
    })
}

#[component]
fn Everything(rows: Rows, plan: CleanUpPlan, state: ListState, fresh: Fresh, dry_run: FormAction) -> impl IntoView {
    let asked = Asked::read(&state.search);
    let catalog = use_catalog();
    let title = t!(keys::clean_up::TITLE);
    let rule = match &plan.schedule {
        Some(schedule) => rule_text(&catalog, &schedule.cron),
        None => t!(keys::clean_up::NEVER),
    };
    let grace = t!(keys::clean_up::GRACE, time = span(&catalog, plan.grace_seconds));
    let meta = move || {
        view! {
            <Fact icon=Glyph::Calendar>{rule}</Fact>
            <Fact icon=Glyph::Clock>{grace}</Fact>
        }
    };
    let actions = move || {
        view! {
            <PostForm action=dry_run>
                <input type="hidden" name="dry_run" value="true" />
                <Button submit=true icon=Glyph::Eye busy=dry_run.pending()>
                    {t!(keys::clean_up::DRY_RUN)}
                </Button>
            </PostForm>
            <LinkButton href=format!("{PAGE}?ask=now") look=Look::Primary icon=Glyph::Sweep>
                {t!(keys::clean_up::NOW)}
            </LinkButton>
        }
    };
    let part = asked.part;
    let objects = listed(&plan);
    let tabs: Vec<Tab> = Part::ALL
        .into_iter()
        .map(|tab| Tab {
            label: t!(tab.key()),
            href: tab.path(),
            count: (tab == Part::Objects).then_some(objects),
            current: tab == part,
        })
        .collect();
    let ask = asked.now.then(|| view! { <CleanUpNow plan=plan.clone() untagged=asked.untagged action=dry_run /> });
    let numbers = view! { <Numbers plan=plan.clone() /> };
    let body = match rows {
        Rows::Objects(last) => view! { <Objects plan=plan last=last /> }.into_any(),
        Rows::Runs(runs) => view! { <Runs runs=runs state=state fresh=fresh /> }.into_any(),
        Rows::Schedule(chosen) => {
            view! { <ScheduleCard chore=Chore::CleanUp holds=plan.schedule chosen=chosen parameters=Vec::new() /> }
                .into_any()
        }
        Rows::Purge { runs, schedule, events } => {
            let wish = PurgeWish::read(&state.search, schedule.as_ref());
            view! { <Purge wish=wish runs=runs schedule=schedule events=events state=state /> }.into_any()
        }
    };
    view! {
        <PageHead title=move || title sub=t!(keys::clean_up::SUB) meta=meta actions=actions />
        <FormErrors answer=answer_of(dry_run) />
        {ask}
        {numbers}
        <Tabs label=t!(keys::clean_up::TABS) tabs=Signal::stored(tabs) />
        {body}
    }
}

/// How many things the list of objects is about: those that can go, and those that wait.
const fn listed(plan: &CleanUpPlan) -> u64 {
    plan.blobs.count.saturating_add(plan.manifests.count).saturating_add(plan.waiting.count)
}

#[component]
fn Numbers(plan: CleanUpPlan) -> impl IntoView {
    let catalog = use_catalog();
    let now = use_now().get_untracked();
    let can_go = plan.blobs.bytes.saturating_add(plan.manifests.bytes);
    let parts =
        t!(keys::clean_up::CAN_GO_NOTE, blobs = count(plan.blobs.count), manifests = count(plan.manifests.count));
    let free = plan.all_free_at.map(|at| t!(keys::clean_up::ALL_FREE, time = moment(&catalog, at, now)));
    let next =
        plan.schedule.map_or_else(|| t!(keys::clean_up::NEVER), |schedule| moment(&catalog, schedule.next_at, now));
    let stored = crate::tn!(keys::clean_up::BLOBS, plan.stored.count);
    view! {
        <Stats>
            <Stat label=t!(keys::clean_up::CAN_GO) note=parts>
                {bytes(can_go)}
            </Stat>
            <Stat label=t!(keys::clean_up::WAITING) note=free.unwrap_or_default()>
                {bytes(plan.waiting.bytes)}
            </Stat>
            <Stat label=t!(keys::clean_up::STORED) note=stored>
                {bytes(plan.stored.bytes)}
            </Stat>
            <Stat label=t!(keys::clean_up::NEXT_RUN)>
                <small>{next}</small>
            </Stat>
        </Stats>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use berth_types::api::CleanUpCount;

    #[test]
    fn the_address_says_what_is_shown_and_asked() {
        assert_eq!(Asked::read(""), Asked::default());
        for part in Part::ALL {
            assert_eq!(Asked::read(part.path().trim_start_matches(PAGE)).part, part);
        }
        let asked = Asked::read("?ask=now&untagged=true");
        assert!(asked.now && asked.untagged && asked.part == Part::Objects);
    }

    #[test]
    fn what_waits_for_its_grace_time_is_counted_with_the_list() {
        let of = |count| CleanUpCount { count, bytes: 1 };
        let plan = CleanUpPlan { blobs: of(2), manifests: of(3), waiting: of(40), ..CleanUpPlan::default() };
        assert_eq!(listed(&plan), 45);
    }
}
