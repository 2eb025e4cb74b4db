//! What comes again.

use super::words::{kind_glyph, kind_text};
use crate::format::{TimeAgo, natural};
use crate::i18n::{keys, use_catalog};
use crate::query::ListState;
use crate::schedule::rule_text;
use crate::t;
use crate::ui::{
    Callout, CalloutActions, Cell, Column, Empty, Glyph, Icon, LinkButton, Pager, Priority, Row, RowHead, Size, Table,
    TableBox, Tone, with_query,
};
use berth_types::api::ScheduleTask;
use berth_types::page::Paged;
use leptos::prelude::*;

/// The schedules, and whether they are followed.
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
    let rows = schedules.items.into_iter().map(|task| view! { <ScheduleRow task=task /> });
    let rows: Vec<_> = rows.collect();
    let table = if rows.is_empty() {
        view! {
            <Empty icon=Glyph::Calendar title=t!(keys::jobs::NO_SCHEDULES) text=t!(keys::jobs::NO_SCHEDULES_TEXT)>
                <LinkButton href="/admin/clean-up?tab=schedule" icon=Glyph::Sweep>
                    {t!(keys::nav::CLEAN_UP)}
                </LinkButton>
            </Empty>
        }
        .into_any()
    } else {
        view! {
            <TableBox>
                <Table caption=t!(keys::jobs::part::SCHEDULES) head=head>
                    {rows}
                </Table>
            </TableBox>
        }
        .into_any()
    };
    let pager =
        (total > 0).then(|| view! { <Pager page=state.page page_size=state.page_size total=total search=here /> });
    view! {
        <Callout tone=tone title=title>
            <CalloutActions>
                <LinkButton href=href size=Size::Small>
                    {t!(key)}
                </LinkButton>
            </CalloutActions>
        </Callout>
        {table}
        {pager}
    }
}

#[component]
fn ScheduleRow(task: ScheduleTask) -> impl IntoView {
    let catalog = use_catalog();
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
}
