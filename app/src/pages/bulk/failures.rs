//! Things that stay as they are, and why.

use super::words::{reason, rules};
use crate::i18n::keys;
use crate::t;
use crate::ui::{Cell, Column, Name, Row, RowHead, Table, TableBox};
use berth_types::api::{BulkFailure, BulkRequest};
use leptos::prelude::*;

#[component]
pub(super) fn Failures(
    caption: String,
    /// What was asked for.
    request: BulkRequest,
    failures: Vec<BulkFailure>,
) -> impl IntoView {
    let head = || {
        view! {
            <Column label=t!(keys::bulk::ITEM) />
            <Column label=t!(keys::bulk::REASON) />
        }
    };
    let rows = failures.into_iter().map(move |failure| {
        let why = reason(&request, &failure);
        let rules = rules(&request, &failure);
        let rules = rules.map(|href| view! { " " <a href=href>{t!(keys::immutability::TITLE)}</a> });
        let name = if failure.name.is_empty() { failure.item } else { failure.name };
        view! {
            <Row>
                <RowHead>
                    <Name text=name />
                </RowHead>
                <Cell label=t!(keys::bulk::REASON)>
                    <p>{why} {rules}</p>
                </Cell>
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
