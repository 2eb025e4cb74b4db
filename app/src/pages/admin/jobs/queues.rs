//! Queues: the kinds of jobs with what waits of them.

use super::words::{PAGE, kind_glyph, kind_text};
use crate::format::{count, natural};
use crate::i18n::{keys, use_catalog};
use crate::t;
use crate::ui::{
    ActionCell, ActionColumn, Cell, Column, Glyph, Icon, MenuLink, Priority, Row, RowHead, RowMenu, State, Status,
    Table, TableBox, with_query,
};
use berth_types::api::QueueState;
use leptos::prelude::*;

/// A row a kind.
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
