//! The list of jobs.

use super::words::{Asked, PAGE, Part, is_active, kind_glyph, kind_text, known_kinds, standing, trigger};
use crate::format::{TimeAgo, natural};
use crate::i18n::{keys, use_catalog};
use crate::live::{Fresh, NewRows};
use crate::pages::bulk;
use crate::pages::project::NoMatch;
use crate::query::ListState;
use crate::ui::{
    ActionCell, ActionColumn, Cell, Column, Empty, FilterCount, Filters, Glyph, Icon, LinkButton, Look, Menu, MenuLink,
    Meter, Pager, Part as MeterPart, Priority, Row, RowHead, SearchBox, Segment, Segmented, Size, Sort, Status, Table,
    TableBox, with_query,
};
use crate::{t, tn};
use berth_types::api::Job;
use berth_types::page::Paged;
use leptos::prelude::*;

/// The list with its filters.
#[component]
pub(super) fn JobList(
    asked: Asked,
    state: ListState,
    /// The query of the page without questions.
    here: String,
    jobs: Paged<Job>,
    fresh: Fresh,
    segments: Signal<Vec<Segment>>,
) -> impl IntoView {
    let total = natural(jobs.total);
    let catalog = use_catalog();
    let ListState { q, sort, page, page_size, .. } = state;
    let kind = if asked.kind.is_empty() { t!(keys::jobs::FILTER) } else { kind_text(&catalog, &asked.kind) };
    let of_kind = |kind: Option<&str>| with_query(&here, &[("kind", kind), ("page", None), ("job", None)]);
    let kinds: Vec<_> = known_kinds()
        .map(
            |kind| view! { <MenuLink href=of_kind(Some(kind)) icon=kind_glyph(kind) text=kind_text(&catalog, kind) /> },
        )
        .collect();
    let all = of_kind(None);
    let top = with_query(&here, &[("page", None)]);
    let table = if jobs.items.is_empty() && !q.is_empty() {
        view! { <NoMatch query=q.clone() clear=with_query(&here, &[("q", None), ("page", None)]) /> }.into_any()
    } else if jobs.items.is_empty() {
        let (title, text) = match asked.part {
            Part::Active => (t!(keys::jobs::NOTHING_RUNS), t!(keys::jobs::NOTHING_RUNS_TEXT)),
            _ => (t!(keys::jobs::NONE), t!(keys::jobs::NONE_TEXT)),
        };
        // Past jobs, or else what will make the next ones.
        let next = if asked.part == Part::All { Part::Schedules } else { Part::All };
        view! {
            <Empty icon=Glyph::Bolt title=title text=text>
                <LinkButton href=next.href()>{t!(next.key())}</LinkButton>
            </Empty>
        }
        .into_any()
    } else {
        view! { <JobTable jobs=jobs.items selected=asked.job sort=sort here=here.clone() /> }.into_any()
    };
    // Another search closes the log of a job that it may not find.
    let keep = with_query(&here, &[("job", None)]);
    let pager = (total > 0).then(|| {
        view! { <Pager page=page page_size=page_size total=total search=here /> }
    });
    view! {
        <Filters>
            <SearchBox label=t!(keys::jobs::SEARCH) value=q keep=keep />
            <Segmented label=t!(keys::jobs::PARTS) segments=segments />
            <Menu text=kind>
                <MenuLink href=all icon=Glyph::Bolt text=t!(keys::common::ALL) />
                {kinds}
            </Menu>
            <FilterCount text=tn!(keys::jobs::COUNT, total) />
        </Filters>
        <NewRows fresh=fresh href=top />
        {table}
        {pager}
    }
}

#[component]
fn JobTable(jobs: Vec<Job>, selected: Option<i64>, sort: String, here: String) -> impl IntoView {
    let by = {
        let here = here.clone();
        move |field: &str, descending_first: bool| Sort::by(field, &sort, &here, descending_first)
    };
    let head = move || {
        view! {
            <Column label=t!(keys::jobs::column::JOB) sort=by("kind", false) />
            <Column label=t!(keys::jobs::column::STATE) sort=by("status", false) />
            <Column label=t!(keys::jobs::column::PROGRESS) />
            <Column
                label=t!(keys::jobs::column::STARTED)
                sort=by("start_time", true)
                num=true
                priority=Priority::Second
            />
            <Column label=t!(keys::jobs::column::BY) sort=by("trigger", false) priority=Priority::Third />
            <ActionColumn />
        }
    };
    let row = |job: Job| {
        let is_selected = selected == Some(job.id);
        view! { <JobRow job=job is_selected=is_selected here=here.clone() /> }
    };
    let rows = jobs.into_iter().map(row).collect_view();
    view! {
        <TableBox>
            <Table caption=t!(keys::jobs::TITLE) head=head>
                {rows}
            </Table>
        </TableBox>
    }
}

#[component]
fn JobRow(job: Job, is_selected: bool, here: String) -> impl IntoView {
    let catalog = use_catalog();
    let id = job.id.to_string();
    let name = kind_text(&catalog, &job.kind);
    let (state, word) = standing(&job);
    let progress = job.percent.map(|percent| {
        let text = format!("{percent}%");
        let parts = vec![MeterPart { percent: percent.into(), class: "" }];
        view! {
            <span class="row nowrap-row">
                <span class="grow">
                    <Meter label=text.clone() parts=parts />
                </span>
                <span class="num tiny muted">{text}</span>
            </span>
        }
    });
    let error = job.error.clone().map(|error| view! { <span class="small muted block">{error}</span> });
    let operation = job.operation.map(|id| {
        let href = format!("{}?op={id}", bulk::Place::System.href());
        view! {
            <a class="small block" href=href>
                {t!(keys::jobs::OPERATION)}
            </a>
        }
    });
    let at = job.start_time.map(|at| view! { <span class="muted"><TimeAgo at=at /></span> });
    let stop = is_active(&job).then(|| {
        let href = with_query(&here, &[("stop_job", Some(&id))]);
        let label = t!(keys::jobs::STOP_NAMED, name = name, id = id);
        view! {
            <LinkButton href=href size=Size::Small look=Look::Ghost icon=Glyph::X>
                <span aria-hidden="true">{t!(keys::jobs::STOP)}</span>
                <span class="sr">{label}</span>
            </LinkButton>
        }
    });
    let href = format!("{PAGE}{}", with_query(&here, &[("job", Some(&id))]));
    view! {
        <Row selected=is_selected>
            <RowHead>
                <span class="row nowrap-row">
                    <span class="dim">
                        <Icon name=kind_glyph(&job.kind) />
                    </span>
                    <span>
                        <a class="name" href=href>
                            {name}
                            " "
                            <span class="dim num">{format!("#{id}")}</span>
                        </a>
                        {error}
                    </span>
                </span>
            </RowHead>
            <Cell label=t!(keys::jobs::column::STATE)>
                <Status state=state>{word}</Status>
                {operation}
            </Cell>
            <Cell label=t!(keys::jobs::column::PROGRESS)>{progress}</Cell>
            <Cell label=t!(keys::jobs::column::STARTED) num=true priority=Priority::Second>
                {at}
            </Cell>
            <Cell label=t!(keys::jobs::column::BY) priority=Priority::Third>
                <span class="muted">{t!(trigger(&job.trigger))}</span>
            </Cell>
            <ActionCell>{stop}</ActionCell>
        </Row>
    }
}
