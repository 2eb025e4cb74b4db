//! What runs in the background: jobs, queues, schedules, workers, and the log of one job.

mod ask;
mod list;
mod queues;
mod schedules;
pub(super) mod words;
mod workers;

use super::AdminFrame;
use crate::client::{ApiResult, Client, job_log, use_client};
use crate::format::{count, natural};
use crate::i18n::{keys, use_catalog};
use crate::live::{Fresh, Version, use_fresh};
use crate::load::Resource;
use crate::pages::loaded;
use crate::query::{ListState, use_list_state};
use crate::t;
use crate::ui::{Crumb, Glyph, LinkButton, LogCard, LogLine, PageHead, Segment, Segmented, Stat, Stats, with_query};
use ask::Question;
use berth_types::api::{Job, JobStatistics, LiveEvent, ScheduleTask, Worker, WorkerPool};
use berth_types::page::Paged;
use leptos::prelude::*;
use list::JobList;
use queues::Queues;
use schedules::Schedules;
use serde::{Deserialize, Serialize};
use words::{Asked, PAGE, Part, QUESTIONS, is_active, kind_text};
use workers::Workers;

/// Lines of a log that are shown.
const LINES_MAX: usize = 500;

/// The page.
#[component]
pub fn Jobs() -> impl IntoView {
    let title = t!(keys::jobs::TITLE);
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title)]>
            <Overview />
        </AdminFrame>
    }
}

/// What the part of the page lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Rows {
    Jobs(Paged<Job>),
    Schedules(Paged<ScheduleTask>),
    Workers(Vec<WorkerPool>, Vec<Worker>),
    /// The statistics have all of it.
    Queues,
}

impl Rows {
    async fn load(client: &Client, asked: &Asked, state: &ListState) -> ApiResult<Self> {
        Ok(match (asked.filter(), asked.part) {
            (Some(filter), _) => Rows::Jobs(client.jobs(&state.params(filter)).await?),
            (None, Part::Schedules) => Rows::Schedules(client.schedules(&state.params(String::new())).await?),
            (None, Part::Workers) => Rows::Workers(client.worker_pools().await?, client.workers().await?),
            (None, _) => Rows::Queues,
        })
    }
}

/// A job with its log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Followed {
    job: Job,
    log: String,
}

/// The row of the list that an event is about. Lines of logs are in no list.
fn row(event: &LiveEvent) -> Option<String> {
    match event.kind.as_str() {
        "job" => Some(event.job?.to_string()),
        LiveEvent::QUEUE => Some("queue".to_owned()),
        _ => None,
    }
}

#[component]
fn Overview() -> impl IntoView {
    let state = use_list_state("");
    let client = use_client();
    // A question that is asked stays as it is.
    let on_top =
        Signal::derive(move || state.with(|state| state.page == 1 && Asked::read(&state.search).ask.is_none()));
    let wanted = Memo::new(move |_| state.with(|state| Asked::read(&state.search).job));
    let lines = Version::new();
    let fresh = use_fresh("jobs".to_owned(), row, on_top, move |event| {
        if event.job.is_some() && wanted.try_get_untracked() == Some(event.job) {
            lines.soon(move || lines.rise());
        }
    });
    let rows = {
        let client = client.clone();
        Resource::new(
            move || (state.get(), fresh.version()),
            move |(state, _)| {
                let client = client.clone();
                async move {
                    let asked = Asked::read(&state.search);
                    let (numbers, rows) = (client.job_statistics().await?, Rows::load(&client, &asked, &state).await?);
                    Ok((state, numbers, rows))
                }
            },
        )
    };
    view! {
        {loaded(rows, move |(state, numbers, rows)| view! { <Everything state=state numbers=numbers rows=rows fresh=fresh /> })}
        <Log wanted=wanted lines=lines client=client />
    }
}

#[component]
fn Everything(state: ListState, numbers: JobStatistics, rows: Rows, fresh: Fresh) -> impl IntoView {
    let asked = Asked::read(&state.search);
    let here = with_query(&state.search, &QUESTIONS).trim_start_matches('?').to_owned();
    let all_paused = !numbers.queues.is_empty() && numbers.queues.iter().all(|queue| queue.paused);
    let actions = {
        let (key, action, icon) = if all_paused {
            (keys::jobs::RESUME_ALL, "resume", Glyph::Play)
        } else {
            (keys::jobs::PAUSE_ALL, "pause", Glyph::Pause)
        };
        let href = with_query(&here, &[(action, Some("all"))]);
        move || view! { <LinkButton href=href icon=icon>{t!(key)}</LinkButton> }
    };
    let question = asked.ask.clone().map(|ask| {
        let back = format!("{PAGE}{}", with_query(&here, &[]));
        view! { <Question ask=ask numbers=numbers.clone() back=back /> }
    });
    let segments: Vec<Segment> = Part::ALL
        .into_iter()
        .map(|part| Segment { label: t!(part.key()), href: part.href(), current: part == asked.part })
        .collect();
    let segments = Signal::stored(segments);
    let list = match rows {
        Rows::Jobs(jobs) => {
            view! { <JobList asked=asked state=state here=here jobs=jobs fresh=fresh segments=segments /> }.into_any()
        }
        Rows::Schedules(schedules) => view! {
            <Segmented label=t!(keys::jobs::PARTS) segments=segments />
            <Schedules paused=numbers.schedules_paused here=here schedules=schedules state=state />
        }
        .into_any(),
        Rows::Workers(pools, workers) => view! {
            <Segmented label=t!(keys::jobs::PARTS) segments=segments />
            <Workers pools=pools workers=workers />
        }
        .into_any(),
        Rows::Queues => view! {
            <Segmented label=t!(keys::jobs::PARTS) segments=segments />
            <Queues queues=numbers.queues.clone() here=here />
        }
        .into_any(),
    };
    let title = t!(keys::jobs::TITLE);
    view! {
        <PageHead title=move || title sub=t!(keys::jobs::SUB) actions=actions />
        {question}
        <Numbers numbers=numbers />
        {list}
    }
}

#[component]
fn Numbers(numbers: JobStatistics) -> impl IntoView {
    let sum = |of: fn(&berth_types::api::QueueState) -> i64| natural(numbers.queues.iter().map(of).sum());
    let (running, waiting) = (sum(|queue| queue.running), sum(|queue| queue.waiting));
    let oldest = numbers.queues.iter().map(|queue| queue.latency_seconds).max().unwrap_or_default();
    let workers = crate::tn!(keys::jobs::OF_WORKERS, natural(numbers.workers));
    let oldest = if waiting > 0 { t!(keys::jobs::OLDEST, seconds = oldest) } else { String::new() };
    let failed = (numbers.failed > 0).then(|| view! { <a href=Part::Failed.href()>{t!(keys::common::SHOW)}</a> });
    view! {
        <Stats>
            <Stat label=t!(keys::jobs::RUNNING) note=workers>
                {count(running)}
            </Stat>
            <Stat label=t!(keys::jobs::WAITING) note=oldest>
                {count(waiting)}
            </Stat>
            <Stat label=t!(keys::jobs::FAILED_DAY)>
                {count(natural(numbers.failed))}
                " "
                <small>{failed}</small>
            </Stat>
            <Stat label=t!(keys::jobs::DONE_DAY)>{count(natural(numbers.done))}</Stat>
        </Stats>
    }
}

/// The log of the job that the address names.
#[component]
fn Log(
    wanted: Memo<Option<i64>>,
    /// Goes up with every line.
    lines: Version,
    client: Client,
) -> impl IntoView {
    let follow = RwSignal::new(true);
    let followed = Resource::new(
        move || (wanted.get(), lines.get()),
        move |(wanted, _)| {
            let client = client.clone();
            async move {
                Ok(match wanted {
                    Some(id) => Some(Followed { job: client.job(id).await?, log: client.job_log(id).await? }),
                    None => None,
                })
            }
        },
    );
    loaded(followed, move |followed| {
        followed.map(|Followed { job, log }| {
            let catalog = use_catalog();
            let all: Vec<&str> = log.lines().collect();
            let hidden = all.len().saturating_sub(LINES_MAX);
            let lines = all.into_iter().skip(hidden).map(LogLine::read).collect();
            let name = kind_text(&catalog, &job.kind);
            view! {
                <LogCard
                    title=t!(keys::jobs::LOG_OF, name = name, id = job.id)
                    lines=lines
                    first=hidden + 1
                    live=is_active(&job)
                    follow=follow
                    empty=t!(keys::jobs::LOG_EMPTY)
                    download=job_log(job.id)
                />
            }
        })
    })
}
