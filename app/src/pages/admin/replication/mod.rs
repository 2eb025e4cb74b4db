//! Rules that copy artifacts between registries.

mod delete;
mod form;
mod rule;

pub use delete::DeleteRule;
pub use form::{EditRule, NewRule};

use super::AdminFrame;
use super::outside::{
    self, Doing, Listing, ON_OFF, PostSwitchOutside, Target, Thing, filter, of_on_off, on_off, row_menu,
};
use crate::client::use_client;
use crate::form::{FormAction, FormErrors, answer_of};
use crate::format::natural;
use crate::i18n::{keys, use_catalog};
use crate::load::Resource;
use crate::pages::loaded;
use crate::query::{ListState, use_list_state};
use crate::ui::{
    ActionCell, ActionColumn, Callout, Cell, Column, Crumb, Empty, Glyph, LinkButton, Name, NameLink, PageHead,
    Priority, Row, RowHead, Sort, Table, TableBox, Tone,
};
use crate::{t, tn};
use berth_types::api::ReplicationPolicy;
use berth_types::page::Paged;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

const LIST: &str = "/admin/replication";

/// The page with the list.
#[component]
pub fn Replication() -> impl IntoView {
    let title = t!(keys::replication::TITLE);
    let state = use_list_state("");
    let client = use_client();
    let switch = FormAction::of::<PostSwitchOutside>();
    let rules = Resource::new(
        move || (state.get(), switch.version().get()),
        move |(state, _)| {
            let client = client.clone();
            async move {
                let of_view = of_on_off(&state.search);
                let found = client.replication_rules(&state.params(filter(&state.q, of_view))).await?;
                Ok((state, found))
            }
        },
    );
    let actions = || {
        view! {
            <LinkButton href="/admin/registries" icon=Glyph::Server>
                {t!(keys::registries::TITLE)}
            </LinkButton>
            {new_button()}
        }
    };
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title)]>
            <PageHead title=|| t!(keys::replication::TITLE) sub=t!(keys::replication::SUB) actions=actions />
            <Callout tone=Tone::Info title=t!(keys::replication::NO_RUNS) text=t!(keys::replication::NO_RUNS_TEXT) />
            <FormErrors answer=answer_of(switch) />
            {loaded(rules, move |(state, found)| view! { <List state=state found=found switch=switch /> })}
        </AdminFrame>
    }
}

fn new_button() -> AnyView {
    outside::new_button("/admin/replication/new", t!(keys::replication::NEW))
}

#[component]
fn List(state: ListState, found: Paged<ReplicationPolicy>, switch: FormAction) -> impl IntoView {
    let table = (!found.items.is_empty()).then(|| {
        let (sort, search) = (state.sort.clone(), state.search.clone());
        view! { <RuleTable rules=found.items sort=sort search=search switch=switch /> }.into_any()
    });
    let listing = Listing {
        state,
        total: found.total,
        search: t!(keys::replication::FILTER),
        count: tn!(keys::replication::COUNT, natural(found.total)),
        views: ON_OFF,
    };
    listing.draw(table, || {
        view! {
            <Empty icon=Glyph::Sync title=t!(keys::replication::EMPTY) text=t!(keys::replication::EMPTY_TEXT)>
                {new_button()}
            </Empty>
        }
        .into_any()
    })
}

#[component]
fn RuleTable(rules: Vec<ReplicationPolicy>, sort: String, search: String, switch: FormAction) -> impl IntoView {
    let head = move || {
        view! {
            <Column label=t!(keys::replication::RULE) sort=Sort::by("name", &sort, &search, false) />
            <Column label=t!(keys::replication::WHAT_LABEL) />
            <Column label=t!(keys::replication::WHERE_LABEL) priority=Priority::Second />
            <Column label=t!(keys::replication::WHEN_LABEL) priority=Priority::Third />
            <Column label=t!(keys::outside::STATE) />
            <ActionColumn />
        }
    };
    let catalog = use_catalog();
    let rows = rules.into_iter().map(move |rule| {
        let target = Target::of(Thing::Rule, rule.id, &rule.name);
        let doing = Doing { on: Some(rule.enabled), ..Doing::default() };
        let when = rule::when(&rule).text(&catalog, keys::replication::ON_PUSH);
        let (what, place) = (rule::what(&catalog, &rule), rule::place(&catalog, &rule));
        let (edit, menu) = (target.edit(), row_menu(&target, doing, switch));
        view! {
            <Row>
                <RowHead>
                    <NameLink text=rule.name.clone() href=edit />
                </RowHead>
                <Cell label=t!(keys::replication::WHAT_LABEL)>
                    <span class="mono muted">
                        <Name text=what />
                    </span>
                </Cell>
                <Cell label=t!(keys::replication::WHERE_LABEL) priority=Priority::Second>
                    <span class="muted">
                        <Name text=place />
                    </span>
                </Cell>
                <Cell label=t!(keys::replication::WHEN_LABEL) priority=Priority::Third>
                    <span class="muted">{when}</span>
                </Cell>
                <Cell label=t!(keys::outside::STATE)>{on_off(rule.enabled)}</Cell>
                <ActionCell>{menu}</ActionCell>
            </Row>
        }
    });
    view! {
        <TableBox>
            <Table caption=t!(keys::replication::TITLE) head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

fn crumbs(title: &str) -> Vec<Crumb> {
    vec![Crumb::link(t!(keys::replication::TITLE), LIST), Crumb::here(title)]
}

/// The rule that the address names.
fn id_of_page() -> Option<i64> {
    use_params_map().with_untracked(|params| params.get_str("id").and_then(|id| id.parse().ok()))
}
