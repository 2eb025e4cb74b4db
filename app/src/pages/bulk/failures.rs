//! Things that stay as they are, and why.

use super::words::reason;
use crate::i18n::keys;
use crate::t;
use crate::ui::{Cell, Column, Name, Row, RowHead, Table, TableBox};
use berth_types::api::{BulkAction, BulkFailure, BulkKind};
use leptos::prelude::*;

#[component]
pub(super) fn Failures(
    caption: String,
    kind: Option<BulkKind>,
    action: Option<BulkAction>,
    failures: Vec<BulkFailure>,
) -> impl IntoView {
    let head = || {
        view! {
            <Column label=t!(keys::bulk::ITEM) />
            <Column label=t!(keys::bulk::REASON) />
        }
    };
    let rows = failures.into_iter().map(move |failure| {
        let why = reason(kind, action, &failure);
        let name = if failure.name.is_empty() { failure.item } else { failure.name };
        view! {
            <Row>
                <RowHead>
                    <Name text=name />
                </RowHead>
                <Cell label=t!(keys::bulk::REASON)>{why}</Cell>
            </Row>
        }
    });
    view! {
        <TableBox>
            <Table caption=caption head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}
