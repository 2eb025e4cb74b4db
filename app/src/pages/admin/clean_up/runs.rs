//! Runs with what they freed.

use crate::client::json;
use crate::format::{TimeAgo, bytes, count, natural};
use crate::i18n::{Catalog, keys};
use crate::live::{Fresh, NewRows};
use crate::pages::admin::jobs::words::{PAGE as JOBS, status, trigger};
use crate::query::ListState;
use crate::schedule::span;
use crate::t;
use crate::ui::{
    Badge, Cell, Column, Empty, Glyph, LinkButton, Pager, Priority, Row, RowHead, Sort, Status, Table, TableBox,
    with_query,
};
use berth_types::api::GCHistory;
use berth_types::page::Paged;
use leptos::prelude::*;
use serde::Deserialize;

/// What a run says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Outcome {
    pub dry_run: bool,
    pub freed_space: u64,
    pub purged_blobs: u64,
    pub purged_manifests: u64,
}

impl Outcome {
    pub(super) fn of(run: &GCHistory) -> Self {
        json::read(&run.job_parameters).unwrap_or_default()
    }

    /// What it freed, or would free.
    pub(super) fn freed(&self) -> String {
        let freed = bytes(self.freed_space);
        if self.dry_run { t!(keys::clean_up::WOULD_FREE, bytes = freed) } else { freed }
    }

    /// How long a run took that did what it is for.
    pub(super) fn took(&self, run: &GCHistory, catalog: &Catalog) -> Option<String> {
        let (began, ended) = (run.creation_time?, run.update_time?);
        let seconds = natural(ended.unix_seconds() - began.unix_seconds());
        // Of minutes, seconds matter no more.
        let seconds = if seconds > 120 { seconds / 60 * 60 } else { seconds };
        (run.job_status == "Success")
            .then(|| catalog.format(keys::clean_up::TOOK, &[("time", &span(catalog, seconds))]))
    }
}

/// A job of a kind with its log.
pub(super) fn job_href(kind: &str, id: i64) -> String {
    let id = id.to_string();
    format!("{JOBS}{}", with_query("", &[("view", Some("all")), ("kind", Some(kind)), ("job", Some(&id))]))
}

/// The part of the page.
#[component]
pub(super) fn Runs(runs: Paged<GCHistory>, state: ListState, fresh: Fresh) -> impl IntoView {
    let total = natural(runs.total);
    let top = with_query(&state.search, &[("page", None)]);
    let table = if runs.items.is_empty() {
        view! {
            <Empty icon=Glyph::Sweep title=t!(keys::clean_up::NO_RUNS) text=t!(keys::clean_up::NO_RUNS_TEXT)>
                <LinkButton href="?ask=now" icon=Glyph::Sweep>
                    {t!(keys::clean_up::NOW)}
                </LinkButton>
            </Empty>
        }
        .into_any()
    } else {
        view! { <RunTable runs=runs.items kind="GARBAGE_COLLECTION" freed=true state=state.clone() /> }.into_any()
    };
    let pager = (total > 0).then(|| {
        view! { <Pager page=state.page page_size=state.page_size total=total search=state.search /> }
    });
    view! {
        <NewRows fresh=fresh href=top />
        {table}
        {pager}
    }
}

/// Runs of a chore.
#[component]
pub(super) fn RunTable(runs: Vec<GCHistory>, kind: &'static str, freed: bool, state: ListState) -> impl IntoView {
    let by = move |field: &str, descending_first: bool| Sort::by(field, &state.sort, &state.search, descending_first);
    let head = move || {
        let numbers = freed.then(|| {
            view! {
                <Column label=t!(keys::clean_up::column::FREED) num=true />
                <Column label=t!(keys::clean_up::column::REMOVED) num=true priority=Priority::Second />
            }
        });
        view! {
            <Column label=t!(keys::clean_up::column::RUN) sort=by("id", true) />
            <Column label=t!(keys::jobs::column::STATE) sort=by("status", false) />
            {numbers}
            <Column label=t!(keys::jobs::column::STARTED) sort=by("creation_time", true) num=true />
            <Column label=t!(keys::jobs::column::BY) sort=by("trigger", false) priority=Priority::Third />
        }
    };
    let rows: Vec<_> = runs
        .into_iter()
        .map(|run| {
            let outcome = Outcome::of(&run);
            let (state, word) = status(&run.job_status);
            let dry = outcome.dry_run.then(|| view! { " " <Badge>{t!(keys::clean_up::DRY)}</Badge> });
            let removed = t!(
                keys::clean_up::CAN_GO_NOTE,
                blobs = count(outcome.purged_blobs),
                manifests = count(outcome.purged_manifests)
            );
            let numbers = freed.then(|| {
                view! {
                    <Cell label=t!(keys::clean_up::column::FREED) num=true>
                        {bytes(outcome.freed_space)}
                    </Cell>
                    <Cell label=t!(keys::clean_up::column::REMOVED) num=true priority=Priority::Second>
                        {removed}
                    </Cell>
                }
            });
            let at = run.creation_time.map(|at| view! { <span class="muted"><TimeAgo at=at /></span> });
            view! {
                <Row>
                    <RowHead>
                        <a class="name num" href=job_href(kind, run.id)>
                            {format!("#{}", run.id)}
                        </a>
                        {dry}
                    </RowHead>
                    <Cell label=t!(keys::jobs::column::STATE)>
                        <Status state=state>{t!(word)}</Status>
                    </Cell>
                    {numbers}
                    <Cell label=t!(keys::jobs::column::STARTED) num=true>
                        {at}
                    </Cell>
                    <Cell label=t!(keys::jobs::column::BY) priority=Priority::Third>
                        <span class="muted">{t!(trigger(&run.job_kind))}</span>
                    </Cell>
                </Row>
            }
        })
        .collect();
    view! {
        <TableBox>
            <Table caption=t!(keys::clean_up::tab::RUNS) head=head>
                {rows}
            </Table>
        </TableBox>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_says_what_it_did() {
        let run = GCHistory {
            job_parameters: r#"{"dry_run":true,"freed_space":5,"purged_blobs":2,"workers":1}"#.into(),
            ..GCHistory::default()
        };
        let outcome = Outcome::of(&run);
        assert!(outcome.dry_run && outcome.freed_space == 5 && outcome.purged_blobs == 2);
        assert_eq!(Outcome::of(&GCHistory::default()), Outcome::default());
    }
}
