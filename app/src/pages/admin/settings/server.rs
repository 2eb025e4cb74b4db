//! What the server was started with: nothing that can be changed here, but whoever looks for a value finds where it is set.

use super::item::Source;
use crate::client::use_client;
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::loaded;
use crate::t;
use crate::ui::{Badge, Callout, Cell, Column, Name, Priority, Row, RowHead, Table, TableBox, Tone};
use berth_types::api::ConfiguredValue;
use leptos::prelude::*;

/// The values with where they come from.
#[component]
pub(super) fn ServerConfiguration() -> impl IntoView {
    let client = use_client();
    let values = Resource::new(
        || (),
        move |()| {
            let client = client.clone();
            async move { client.configuration().await }
        },
    );
    loaded(values, |values: Vec<ConfiguredValue>| {
        let head = || {
            view! {
                <Column label=t!(keys::admin_settings::KEY) />
                <Column label=t!(keys::admin_settings::VALUE) />
                <Column label=t!(keys::admin_settings::SOURCE) />
                <Column label=t!(keys::admin_settings::ORIGIN) priority=Priority::Third />
            }
        };
        let rows = values.into_iter().map(|value| view! { <Line value=value /> }).collect_view();
        view! {
            <Callout title=t!(keys::admin_settings::SERVER_TEXT) />
            <TableBox>
                <Table caption=t!(keys::admin_settings::TAB_SERVER) head=head>
                    {rows}
                </Table>
            </TableBox>
        }
    })
}

#[component]
fn Line(value: ConfiguredValue) -> impl IntoView {
    let ConfiguredValue { name, value, secret, source, origin } = value;
    let shown = match (secret, value.is_empty()) {
        (true, _) => view! { <span class="muted">{t!(keys::admin_settings::SECRET)}</span> }.into_any(),
        (false, true) => view! { <span class="muted">{t!(keys::admin_settings::UNSET)}</span> }.into_any(),
        (false, false) => view! { <code class="mono">{value}</code> }.into_any(),
    };
    let source = Source::read(&source).unwrap_or(Source::Default);
    let tone = if source == Source::Default { Tone::Neutral } else { Tone::Accent };
    view! {
        <Row>
            <RowHead>
                <Name text=name />
            </RowHead>
            <Cell label=t!(keys::admin_settings::VALUE)>{shown}</Cell>
            <Cell label=t!(keys::admin_settings::SOURCE)>
                <Badge tone=tone>{t!(source.label())}</Badge>
            </Cell>
            <Cell label=t!(keys::admin_settings::ORIGIN) priority=Priority::Third>
                <code class="mono">{origin}</code>
            </Cell>
        </Row>
    }
}
