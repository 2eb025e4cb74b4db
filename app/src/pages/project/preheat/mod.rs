//! What a project brings into P2P networks before it is pulled.

mod form;
mod policy;

use super::{InProject, NotAllowed, ProjectPart};
use crate::client::use_client;
use crate::form::{FormAction, FormErrors, answer_of};
use crate::format::natural;
use crate::i18n::{keys, use_catalog};
use crate::load::Resource;
use crate::pages::admin::{
    Doing, Listing, ON_OFF, PostSwitchOutside, Target, Thing, filter, of_on_off, on_off, row_menu,
};
use crate::pages::loaded;
use crate::query::{ListState, use_list_state};
use crate::ui::{
    ActionCell, ActionColumn, Callout, Cell, Column, Empty, Glyph, LinkButton, Look, Name, NameLink, PageHead,
    Priority, Row, RowHead, Sort, Table, TableBox, Tone,
};
use crate::{t, tn};
use berth_types::api::PreheatPolicy;
use berth_types::page::Paged;
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;

/// The page of this part of preheating.
pub(super) fn draw(part: &ProjectPart, within: InProject) -> AnyView {
    let may = |action| within.rights.may(Of::PreheatPolicy, action);
    let needed = match part {
        ProjectPart::NewPreheat => Action::Create,
        ProjectPart::EditPreheat(_) => Action::Update,
        ProjectPart::DeletePreheat(_) => Action::Delete,
        _ => Action::List,
    };
    if !may(needed) {
        return view! { <NotAllowed needs=(Of::PreheatPolicy, needed) /> }.into_any();
    }
    match part {
        ProjectPart::NewPreheat => view! { <form::NewPolicy within=within /> }.into_any(),
        ProjectPart::EditPreheat(name) => view! { <form::EditPolicy within=within policy=name.clone() /> }.into_any(),
        ProjectPart::DeletePreheat(name) => {
            view! { <form::DeletePolicy within=within policy=name.clone() /> }.into_any()
        }
        _ => view! { <Policies within=within /> }.into_any(),
    }
}

/// A policy as forms name it.
fn target(within: &InProject, name: &str) -> Target {
    Target { project: within.name.to_string(), ..Target::of(Thing::Preheat, name, name) }
}

#[component]
fn Policies(within: InProject) -> impl IntoView {
    let state = use_list_state("name");
    let client = use_client();
    let switch = FormAction::of::<PostSwitchOutside>();
    let policies = {
        let name = within.name.clone();
        Resource::new(
            move || (state.get(), switch.version().get()),
            move |(state, _)| {
                let (client, name) = (client.clone(), name.clone());
                async move {
                    let asked = filter(&state.q, of_on_off(&state.search));
                    let found = client.preheat_policies(&name, &state.params(asked)).await?;
                    Ok((state, found))
                }
            },
        )
    };
    let new = {
        let within = within.clone();
        move || new_button(&within)
    };
    view! {
        <PageHead title=|| t!(keys::preheat::POLICIES) sub=t!(keys::preheat::POLICIES_SUB) actions=new />
        <Callout tone=Tone::Info title=t!(keys::preheat::NO_RUNS) text=t!(keys::preheat::NO_RUNS_TEXT) />
        <FormErrors answer=answer_of(switch) />
        {loaded(
            policies,
            move |(state, found)| {
                view! { <List within=within.clone() state=state found=found switch=switch /> }
            },
        )}
    }
}

fn new_button(within: &InProject) -> Option<AnyView> {
    let may = within.rights.may(Of::PreheatPolicy, Action::Create);
    let href = ProjectPart::NewPreheat.of(&within.name);
    may.then(|| {
        view! {
            <LinkButton href=href look=Look::Primary icon=Glyph::Plus>
                {t!(keys::preheat::NEW_POLICY)}
            </LinkButton>
        }
        .into_any()
    })
}

#[component]
fn List(within: InProject, state: ListState, found: Paged<PreheatPolicy>, switch: FormAction) -> impl IntoView {
    let table = (!found.items.is_empty()).then(|| {
        let (sort, search) = (state.sort.clone(), state.search.clone());
        table(&within, found.items, sort, search, switch)
    });
    let listing = Listing {
        state,
        total: found.total,
        search: t!(keys::preheat::FILTER_POLICIES),
        count: tn!(keys::preheat::COUNT_POLICIES, natural(found.total)),
        views: ON_OFF,
    };
    listing.draw(table, move || {
        view! {
            <Empty icon=Glyph::Bolt title=t!(keys::preheat::NO_POLICIES) text=t!(keys::preheat::NO_POLICIES_TEXT)>
                {new_button(&within)}
            </Empty>
        }
        .into_any()
    })
}

fn table(
    within: &InProject,
    policies: Vec<PreheatPolicy>,
    sort: String,
    search: String,
    switch: FormAction,
) -> AnyView {
    let may_change = within.rights.may(Of::PreheatPolicy, Action::Update);
    let head = move || {
        view! {
            <Column label=t!(keys::preheat::NAME) sort=Sort::by("name", &sort, &search, false) />
            <Column label=t!(keys::replication::WHAT_LABEL) />
            <Column label=t!(keys::preheat::NETWORK) priority=Priority::Second />
            <Column label=t!(keys::replication::WHEN_LABEL) priority=Priority::Third />
            <Column label=t!(keys::outside::STATE) />
            {may_change.then(|| view! { <ActionColumn /> })}
        }
    };
    let catalog = use_catalog();
    let rows = policies.into_iter().map(|policy| {
        let target = target(within, &policy.name);
        let doing = Doing { on: Some(policy.enabled), ..Doing::default() };
        let when = policy::when(&policy).text(&catalog, keys::preheat::ON_PUSH);
        let what = policy::what(&catalog, &policy);
        let name = if may_change {
            view! { <NameLink text=policy.name.clone() href=target.edit() /> }.into_any()
        } else {
            view! { <Name text=policy.name.clone() /> }.into_any()
        };
        let menu = may_change.then(|| view! { <ActionCell>{row_menu(&target, doing, switch)}</ActionCell> });
        view! {
            <Row>
                <RowHead>{name}</RowHead>
                <Cell label=t!(keys::replication::WHAT_LABEL)>
                    <span class="mono muted">
                        <Name text=what />
                    </span>
                </Cell>
                <Cell label=t!(keys::preheat::NETWORK) priority=Priority::Second>
                    <span class="muted">{policy.provider_name}</span>
                </Cell>
                <Cell label=t!(keys::replication::WHEN_LABEL) priority=Priority::Third>
                    <span class="muted">{when}</span>
                </Cell>
                <Cell label=t!(keys::outside::STATE)>{on_off(policy.enabled)}</Cell>
                {menu}
            </Row>
        }
    });
    let rows = rows.collect_view();
    view! {
        <TableBox>
            <Table caption=t!(keys::preheat::POLICIES) head=head>
                {rows}
            </Table>
        </TableBox>
    }
    .into_any()
}
