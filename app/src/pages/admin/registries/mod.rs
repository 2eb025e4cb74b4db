//! Other registries that artifacts come from or go to.

mod check;
mod delete;
mod form;
mod words;

pub use delete::DeleteRegistry;
pub use form::{EditRegistry, NewRegistry};

use super::AdminFrame;
use super::outside::{Doing, Listing, Target, Thing, Views, filter, row_menu, view_of};
use crate::client::use_client;
use crate::form::FormAction;
use crate::format::natural;
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::loaded;
use crate::query::{ListState, use_list_state};
use crate::ui::{
    ActionCell, ActionColumn, Cell, Column, Crumb, Empty, Glyph, LinkButton, Look, Name, NameLink, PageHead, Priority,
    Row, RowHead, Sort, State, Status, Table, TableBox,
};
use crate::{t, tn};
use berth_types::api::Registry;
use berth_types::page::Paged;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

const LIST: &str = "/admin/registries";
/// The views are the states of registries.
const VIEWS: &Views = &[
    ("", keys::common::ALL),
    ("healthy", keys::registries::status::HEALTHY),
    ("unhealthy", keys::registries::status::UNHEALTHY),
    ("unknown", keys::registries::status::UNKNOWN),
];

/// The page with the list.
#[component]
pub fn Registries() -> impl IntoView {
    let title = t!(keys::registries::TITLE);
    let state = use_list_state("name");
    let client = use_client();
    let registries = Resource::new(
        move || state.get(),
        move |state| {
            let client = client.clone();
            async move {
                let status = VIEWS.get(view_of(VIEWS, &state.search)).map(|(word, _)| *word).unwrap_or_default();
                let status = if status.is_empty() { String::new() } else { format!("status={status}") };
                let found = client.registries(&state.params(filter(&state.q, &status))).await?;
                Ok((state, found))
            }
        },
    );
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title)]>
            <PageHead title=|| t!(keys::registries::TITLE) sub=t!(keys::registries::SUB) actions=new_button />
            {loaded(registries, |(state, found)| view! { <List state=state found=found /> })}
        </AdminFrame>
    }
}

fn new_button() -> impl IntoView {
    view! {
        <LinkButton href="/admin/registries/new" look=Look::Primary icon=Glyph::Plus>
            {t!(keys::registries::NEW)}
        </LinkButton>
    }
}

#[component]
fn List(state: ListState, found: Paged<Registry>) -> impl IntoView {
    let table = (!found.items.is_empty()).then(|| {
        let (sort, search) = (state.sort.clone(), state.search.clone());
        view! { <RegistryTable registries=found.items sort=sort search=search /> }.into_any()
    });
    let listing = Listing {
        state,
        total: found.total,
        search: t!(keys::registries::FILTER),
        count: tn!(keys::registries::COUNT, natural(found.total)),
        views: VIEWS,
    };
    listing.draw(table, || {
        view! {
            <Empty icon=Glyph::Server title=t!(keys::registries::EMPTY) text=t!(keys::registries::EMPTY_TEXT)>
                {new_button()}
            </Empty>
        }
        .into_any()
    })
}

#[component]
fn RegistryTable(registries: Vec<Registry>, sort: String, search: String) -> impl IntoView {
    let switch = FormAction::of::<super::outside::PostSwitchOutside>();
    let head = move || {
        view! {
            <Column label=t!(keys::registries::NAME) sort=Sort::by("name", &sort, &search, false) />
            <Column label=t!(keys::registries::KIND_LABEL) sort=Sort::by("type", &sort, &search, false) priority=Priority::Third />
            <Column label=t!(keys::registries::URL) sort=Sort::by("url", &sort, &search, false) priority=Priority::Second />
            <Column label=t!(keys::registries::status::LABEL) />
            <ActionColumn />
        }
    };
    let rows = registries.into_iter().map(move |registry| {
        let target = Target::of(Thing::Registry, registry.id, &registry.name);
        let note = (!registry.description.is_empty()).then(|| {
            view! { <span class="small muted block">{registry.description}</span> }
        });
        let (edit, menu) = (target.edit(), row_menu(&target, Doing::default(), switch));
        view! {
            <Row>
                <RowHead>
                    <NameLink text=registry.name href=edit />
                    {note}
                </RowHead>
                <Cell label=t!(keys::registries::KIND_LABEL) priority=Priority::Third>
                    <span class="muted">{words::kind(&registry.kind)}</span>
                </Cell>
                <Cell label=t!(keys::registries::URL) priority=Priority::Second>
                    <span class="mono muted">
                        <Name text=registry.url />
                    </span>
                </Cell>
                <Cell label=t!(keys::registries::status::LABEL)>{health(&registry.status)}</Cell>
                <ActionCell>{menu}</ActionCell>
            </Row>
        }
    });
    view! {
        <TableBox>
            <Table caption=t!(keys::registries::TITLE) head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

/// What the last look at a registry found.
pub(super) fn health(status: &str) -> AnyView {
    use keys::registries::status as k;
    let (state, key) = match status {
        "healthy" => (State::Ok, k::HEALTHY),
        "unhealthy" => (State::Bad, k::UNHEALTHY),
        _ => (State::Wait, k::UNKNOWN),
    };
    view! { <Status state=state>{t!(key)}</Status> }.into_any()
}

fn crumbs(title: &str) -> Vec<Crumb> {
    vec![Crumb::link(t!(keys::registries::TITLE), LIST), Crumb::here(title)]
}

/// The registry that the address names.
fn id_of_page() -> Option<i64> {
    use_params_map().with_untracked(|params| params.get_str("id").and_then(|id| id.parse().ok()))
}
