//! Who runs jobs, and what each of them does.

use super::words::{PAGE, kind_text};
use crate::format::TimeAgo;
use crate::i18n::{keys, use_catalog};
use crate::t;
use crate::ui::{Badge, Cell, Column, Empty, Glyph, LinkButton, Priority, Row, RowHead, Table, TableBox, with_query};
use berth_types::api::{Worker, WorkerPool};
use leptos::prelude::*;

/// The processes that run jobs.
#[component]
pub(super) fn Workers(pools: Vec<WorkerPool>, workers: Vec<Worker>) -> impl IntoView {
    if pools.is_empty() {
        return view! {
            <Empty icon=Glyph::Server title=t!(keys::jobs::NO_WORKERS) text=t!(keys::jobs::NO_WORKERS_TEXT)>
                <LinkButton href="/admin/health" icon=Glyph::Server>
                    {t!(keys::nav::HEALTH)}
                </LinkButton>
            </Empty>
        }
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
    let row = |pool: WorkerPool| {
        let own = workers.iter().filter(|worker| worker.pool_id == pool.worker_pool_id && !worker.job_id.is_empty());
        let busy = own.cloned().collect();
        view! { <PoolRow pool=pool busy=busy /> }
    };
    let rows = pools.into_iter().map(row).collect_view();
    view! {
        <TableBox>
            <Table caption=t!(keys::jobs::part::WORKERS) head=head>
                {rows}
            </Table>
        </TableBox>
    }
    .into_any()
}

/// A process with the workers that do something.
#[component]
fn PoolRow(pool: WorkerPool, busy: Vec<Worker>) -> impl IntoView {
    let catalog = use_catalog();
    let of = t!(keys::jobs::BUSY_OF, busy = busy.len(), all = pool.concurrency);
    let busy = busy.into_iter().map(|worker| {
        let href = format!("{PAGE}{}", with_query("", &[("job", Some(&worker.job_id))]));
        view! {
            <a class="chip" href=href>
                {kind_text(&catalog, &worker.job_name)}
            </a>
        }
    });
    let busy = busy.collect_view();
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
}
