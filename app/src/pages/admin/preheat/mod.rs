//! P2P networks that images can be brought into before they are pulled.

mod form;

pub(crate) use form::name_field;
pub use form::{DeleteNetwork, EditNetwork, NewNetwork};

use super::AdminFrame;
use super::outside::{
    self, Doing, Listing, ON_OFF, PostSwitchOutside, Target, Thing, filter, of_on_off, on_off, row_menu,
};
use super::scanners::default_badge;
use crate::client::use_client;
use crate::form::{FormAction, FormErrors, answer_of};
use crate::format::natural;
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::loaded;
use crate::query::{ListState, use_list_state};
use crate::ui::{
    ActionCell, ActionColumn, Callout, Cell, Column, Crumb, Empty, Glyph, Name, NameLink, PageHead, Priority, Row,
    RowHead, Sort, Table, TableBox, Tone,
};
use crate::{t, tn};
use berth_types::api::PreheatInstance;
use berth_types::page::Paged;
use leptos::prelude::*;

const LIST: &str = "/admin/preheat";

/// The page with the list.
#[component]
pub fn Networks() -> impl IntoView {
    let title = t!(keys::preheat::TITLE);
    let state = use_list_state("name");
    let client = use_client();
    let switch = FormAction::of::<PostSwitchOutside>();
    let networks = Resource::new(
        move || (state.get(), switch.version().get()),
        move |(state, _)| {
            let client = client.clone();
            async move {
                let of_view = of_on_off(&state.search);
                let found = client.preheat_networks(&state.params(filter(&state.q, of_view))).await?;
                Ok((state, found))
            }
        },
    );
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title)]>
            <PageHead title=|| t!(keys::preheat::TITLE) sub=t!(keys::preheat::SUB) actions=new_button />
            <Callout tone=Tone::Info title=t!(keys::preheat::NO_RUNS) text=t!(keys::preheat::NO_RUNS_TEXT) />
            <FormErrors answer=answer_of(switch) />
            {loaded(networks, move |(state, found)| view! { <List state=state found=found switch=switch /> })}
        </AdminFrame>
    }
}

fn new_button() -> AnyView {
    outside::new_button("/admin/preheat/new", t!(keys::preheat::NEW))
}

#[component]
fn List(state: ListState, found: Paged<PreheatInstance>, switch: FormAction) -> impl IntoView {
    let table = (!found.items.is_empty()).then(|| {
        let (sort, search) = (state.sort.clone(), state.search.clone());
        view! { <NetworkTable networks=found.items sort=sort search=search switch=switch /> }.into_any()
    });
    let listing = Listing {
        state,
        total: found.total,
        search: t!(keys::preheat::FILTER),
        count: tn!(keys::preheat::COUNT, natural(found.total)),
        views: ON_OFF,
    };
    listing.draw(table, || {
        view! {
            <Empty icon=Glyph::Bolt title=t!(keys::preheat::EMPTY) text=t!(keys::preheat::EMPTY_TEXT)>
                {new_button()}
            </Empty>
        }
        .into_any()
    })
}

#[component]
fn NetworkTable(networks: Vec<PreheatInstance>, sort: String, search: String, switch: FormAction) -> impl IntoView {
    let head = move || {
        view! {
            <Column label=t!(keys::preheat::NAME) sort=Sort::by("name", &sort, &search, false) />
            <Column
                label=t!(keys::preheat::VENDOR)
                sort=Sort::by("vendor", &sort, &search, false)
                priority=Priority::Third
            />
            <Column
                label=t!(keys::preheat::ENDPOINT)
                sort=Sort::by("endpoint", &sort, &search, false)
                priority=Priority::Second
            />
            <Column label=t!(keys::outside::STATE) />
            <ActionColumn />
        }
    };
    let rows = networks.into_iter().map(move |network| {
        let target = Target::of(Thing::Network, &network.name, &network.name);
        let doing = Doing { on: Some(network.enabled), to_default: !network.default };
        let default = network.default.then(default_badge);
        let (edit, menu) = (target.edit(), row_menu(&target, doing, switch));
        view! {
            <Row>
                <RowHead>
                    <NameLink text=network.name href=edit />
                    " "
                    {default}
                </RowHead>
                <Cell label=t!(keys::preheat::VENDOR) priority=Priority::Third>
                    <span class="muted">{vendor(&network.vendor)}</span>
                </Cell>
                <Cell label=t!(keys::preheat::ENDPOINT) priority=Priority::Second>
                    <span class="mono muted">
                        <Name text=network.endpoint />
                    </span>
                </Cell>
                <Cell label=t!(keys::outside::STATE)>{on_off(network.enabled)}</Cell>
                <ActionCell>{menu}</ActionCell>
            </Row>
        }
    });
    view! {
        <TableBox>
            <Table caption=t!(keys::preheat::TITLE) head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

/// What a kind of network is called.
fn vendor(id: &str) -> String {
    match id {
        "dragonfly" => "Dragonfly".to_owned(),
        "kraken" => "Kraken".to_owned(),
        other => other.to_owned(),
    }
}

fn crumbs(title: &str) -> Vec<Crumb> {
    vec![Crumb::link(t!(keys::preheat::TITLE), LIST), Crumb::here(title)]
}
