//! Queues, what comes again, and who runs jobs.

use super::natural;
use super::words::{PAGE, kind_glyph, kind_text};
use crate::format::{TimeAgo, count};
use crate::i18n::{keys, use_catalog};
use crate::pages::admin::clean_up::rule_text;
use crate::query::ListState;
use crate::t;
use crate::ui::{
    ActionCell, ActionColumn, Badge, Callout, CalloutActions, Cell, Column, Empty, Glyph, Icon, LinkButton, MenuLink,
    Pager, Priority, Row, RowHead, RowMenu, Size, State, Status, Table, TableBox, Tone, with_query,
};
use berth_types::api::{QueueState, ScheduleTask, Worker, WorkerPool};
use berth_types::page::Paged;
use leptos::prelude::*;

/// The kinds of jobs with what waits of them.
#[component]
pub(super) fn Queues(queues: Vec<QueueState>, here: String) -> impl IntoView {
    let head = || {
        view! {
            <Column label=t!(keys::jobs::column::KIND) />
            <Column label=t!(keys::jobs::column::STATE) />
            <Column label=t!(keys::jobs::WAITING) num=true />
            <Column label=t!(keys::jobs::RUNNING) num=true />
            <Column label=t!(keys::jobs::column::LATENCY) num=true priority=Priority::Second />
            <ActionColumn />
        }
    };
    let row = |queue| view! { <QueueRow queue=queue here=here.clone() /> };
    let rows = queues.into_iter().map(row).collect_view();
    view! {
        <TableBox>
            <Table caption=t!(keys::jobs::part::QUEUES) head=head>
                {rows}
            </Table>
        </TableBox>
    }
}

#[component]
fn QueueRow(queue: QueueState, here: String) -> impl IntoView {
    let name = kind_text(&use_catalog(), &queue.kind);
    let to = |action: &str| with_query(&here, &[(action, Some(&queue.kind))]);
    let stop = to("stop");
    let (state, word) = if queue.paused {
        (State::Warn, t!(keys::jobs::state::PAUSED))
    } else if queue.running > 0 {
        (State::Run, t!(keys::jobs::state::RUNNING))
    } else {
        (State::Ok, t!(keys::jobs::state::READY))
    };
    let (key, action, icon) = if queue.paused {
        (keys::jobs::RESUME, "resume", Glyph::Play)
    } else {
        (keys::jobs::PAUSE, "pause", Glyph::Pause)
    };
    let latency = (queue.latency_seconds > 0).then(|| t!(keys::jobs::SECONDS, seconds = queue.latency_seconds));
    let empty = (queue.waiting > 0).then(|| {
        view! { <MenuLink href=stop icon=Glyph::Stop danger=true text=t!(keys::jobs::EMPTY_QUEUE) /> }
    });
    let label = t!(keys::common::ACTIONS_FOR, name = name);
    let act = to(action);
    let href = format!("{PAGE}{}", with_query("", &[("view", Some("all")), ("kind", Some(&queue.kind))]));
    let (waiting, running) = (count(natural(queue.waiting)), count(natural(queue.running)));
    let glyph = kind_glyph(&queue.kind);
    view! {
        <Row>
            <RowHead>
                <span class="row nowrap-row">
                    <span class="dim">
                        <Icon name=glyph />
                    </span>
                    <a class="name" href=href>
                        {name}
                    </a>
                </span>
            </RowHead>
            <Cell label=t!(keys::jobs::column::STATE)>
                <Status state=state>{word}</Status>
            </Cell>
            <Cell label=t!(keys::jobs::WAITING) num=true>
                {waiting}
            </Cell>
            <Cell label=t!(keys::jobs::RUNNING) num=true>
                {running}
            </Cell>
            <Cell label=t!(keys::jobs::column::LATENCY) num=true priority=Priority::Second>
                {latency}
            </Cell>
            <ActionCell>
                <RowMenu label=label>
                    <MenuLink href=act icon=icon text=t!(key) />
                    {empty}
                </RowMenu>
            </ActionCell>
        </Row>
    }
}

/// What comes again.
#[component]
pub(super) fn Schedules(paused: bool, here: String, schedules: Paged<ScheduleTask>, state: ListState) -> impl IntoView {
    let total = natural(schedules.total);
    let (tone, title, key, action) = if paused {
        (Tone::Warn, t!(keys::jobs::SCHEDULES_PAUSED), keys::jobs::RESUME, "resume")
    } else {
        (Tone::Neutral, t!(keys::jobs::SCHEDULES_RUN), keys::jobs::PAUSE, "pause")
    };
    let href = with_query(&here, &[(action, Some("SCHEDULER"))]);
    let head = || {
        view! {
            <Column label=t!(keys::jobs::column::KIND) />
            <Column label=t!(keys::jobs::column::RULE) />
            <Column label=t!(keys::jobs::column::CHANGED) num=true priority=Priority::Second />
        }
    };
    let catalog = use_catalog();
    let rows: Vec<_> = schedules
        .items
        .into_iter()
        .map(|task| {
            let name = kind_text(&catalog, &task.vendor_type);
            let about = task.vendor_id.map(|id| format!(" #{id}"));
            let at = task.update_time.map(|at| view! { <span class="muted"><TimeAgo at=at /></span> });
            view! {
                <Row>
                    <RowHead>
                        <span class="row nowrap-row">
                            <span class="dim">
                                <Icon name=kind_glyph(&task.vendor_type) />
                            </span>
                            <span class="name">{name} {about}</span>
                        </span>
                    </RowHead>
                    <Cell label=t!(keys::jobs::column::RULE)>
                        <span title=task.cron.clone()>{rule_text(&catalog, &task.cron)}</span>
                    </Cell>
                    <Cell label=t!(keys::jobs::column::CHANGED) num=true priority=Priority::Second>
                        {at}
                    </Cell>
                </Row>
            }
        })
        .collect();
    let table = if rows.is_empty() {
        view! { <Empty icon=Glyph::Calendar title=t!(keys::jobs::NO_SCHEDULES) text=t!(keys::jobs::NO_SCHEDULES_TEXT) /> }
            .into_any()
    } else {
        view! {
            <TableBox>
                <Table caption=t!(keys::jobs::part::SCHEDULES) head=head>
                    {rows}
                </Table>
            </TableBox>
            <Pager page=state.page page_size=state.page_size total=total search=here />
        }
        .into_any()
    };
    view! {
        <Callout tone=tone title=title>
            <CalloutActions>
                <LinkButton href=href size=Size::Small>
                    {t!(key)}
                </LinkButton>
            </CalloutActions>
        </Callout>
        {table}
    }
}

/// Who runs jobs, and what each of them does.
#[component]
pub(super) fn Workers(pools: Vec<WorkerPool>, workers: Vec<Worker>) -> impl IntoView {
    if pools.is_empty() {
        return view! { <Empty icon=Glyph::Server title=t!(keys::jobs::NO_WORKERS) text=t!(keys::jobs::NO_WORKERS_TEXT) /> }
            .into_any();
    }
    let head = || {
        view! {
            <Column label=t!(keys::jobs::column::NODE) />
            <Column label=t!(keys::jobs::column::BUSY) />
            <Column label=t!(keys::jobs::column::STARTED) num=true priority=Priority::Second />
            <Column label=t!(keys::jobs::column::HEARD) num=true />
        }
    };
    let catalog = use_catalog();
    let rows: Vec<_> = pools
        .into_iter()
        .map(|pool| {
            let busy: Vec<_> = workers
                .iter()
                .filter(|worker| worker.pool_id == pool.worker_pool_id && !worker.job_id.is_empty())
                .map(|worker| {
                    let href = format!("{PAGE}{}", with_query("", &[("job", Some(&worker.job_id))]));
                    view! {
                        <a class="chip" href=href>
                            {kind_text(&catalog, &worker.job_name)}
                        </a>
                    }
                })
                .collect();
            let of = t!(keys::jobs::BUSY_OF, busy = busy.len(), all = pool.concurrency);
            let (started, heard) = (pool.start_at, pool.heartbeat_at);
            view! {
                <Row>
                    <RowHead>
                        <span class="name">{pool.host}</span>
                        <span class="small muted block">{t!(keys::jobs::PROCESS, id = pool.pid)}</span>
                    </RowHead>
                    <Cell label=t!(keys::jobs::column::BUSY)>
                        <span class="row g1">
                            <Badge>{of}</Badge>
                            {busy}
                        </span>
                    </Cell>
                    <Cell label=t!(keys::jobs::column::STARTED) num=true priority=Priority::Second>
                        <span class="muted">
                            <TimeAgo at=started />
                        </span>
                    </Cell>
                    <Cell label=t!(keys::jobs::column::HEARD) num=true>
                        <span class="muted">
                            <TimeAgo at=heard />
                        </span>
                    </Cell>
                </Row>
            }
        })
        .collect();
    view! {
        <TableBox>
            <Table caption=t!(keys::jobs::part::WORKERS) head=head>
                {rows}
            </Table>
        </TableBox>
    }
    .into_any()
}
