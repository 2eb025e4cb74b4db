//! The projects that a group or a person belongs to.

use crate::format::natural;
use crate::i18n::keys;
use crate::notice::role_key;
use crate::pages::project::{NoMatch, ProjectPart};
use crate::query::ListState;
use crate::ui::{
    Card, Cell, Column, Empty, FilterCount, Filters, Glyph, LinkButton, NameLink, Pager, Row, RowHead, SearchBox, Sort,
    Table, TableBox,
};
use crate::{t, tn};
use berth_types::ProjectName;
use berth_types::api::Membership;
use berth_types::page::Paged;
use leptos::prelude::*;

/// What memberships are searched by, and sorted by where nobody asked for another order.
pub(super) const BY_PROJECT: &str = "project_name";

/// A page of memberships, with search and order.
#[component]
pub(super) fn Memberships(
    /// What was asked for.
    state: ListState,
    /// What was found.
    memberships: Paged<Membership>,
    /// What is said where there are none.
    hint: String,
) -> impl IntoView {
    let total = natural(memberships.total);
    let ListState { q, sort, page, page_size, search } = state;
    let pager = (total > 0).then(|| {
        let search = search.clone();
        view! { <Pager page=page page_size=page_size total=total search=search /> }
    });
    let order = Some([BY_PROJECT, "role_id"].map(|field| Sort::by(field, &sort, &search, false)));
    let filters = (total > 0 || !q.is_empty()).then(|| {
        let q = q.clone();
        view! {
            <Filters>
                <SearchBox label=t!(keys::projects::FILTER) value=q keep=search />
                <FilterCount text=tn!(keys::count::PROJECTS, total) />
            </Filters>
        }
    });
    let projects = if memberships.items.is_empty() && !q.is_empty() {
        view! { <NoMatch query=q /> }.into_any()
    } else if memberships.items.is_empty() {
        view! {
            <Empty icon=Glyph::Project title=t!(keys::groups::NO_PROJECTS) text=hint in_card=true>
                <LinkButton href="/projects" icon=Glyph::Project>
                    {t!(keys::nav::PROJECTS)}
                </LinkButton>
            </Empty>
        }
        .into_any()
    } else {
        memberships_table(memberships.items, order)
    };
    view! {
        {filters}
        <Card title=t!(keys::groups::PROJECTS)>{projects}</Card>
        {pager}
    }
}

/// Memberships; `order` has the sorting by project and by role where the list can be sorted.
pub(super) fn memberships_table(memberships: Vec<Membership>, order: Option<[Sort; 2]>) -> AnyView {
    let [by_project, by_role] = order.map(|order| order.map(Some)).unwrap_or_default();
    let head = || {
        view! {
            <Column label=t!(keys::groups::PROJECT) sort=by_project />
            <Column label=t!(keys::groups::ROLE) sort=by_role />
        }
    };
    let rows = memberships.into_iter().map(|membership| {
        let role = role_key(&membership.role_name).map_or(membership.role_name, |key| t!(key));
        // Names of projects that exist are names of projects.
        let members = membership.project_name.parse::<ProjectName>().ok();
        let members = members.map(|project| ProjectPart::Members.of(&project)).unwrap_or_default();
        view! {
            <Row>
                <RowHead>
                    <NameLink text=membership.project_name href=members />
                </RowHead>
                <Cell label=t!(keys::groups::ROLE)>{role}</Cell>
            </Row>
        }
    });
    view! {
        <TableBox flush=true>
            <Table caption=t!(keys::groups::PROJECTS) head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
    .into_any()
}
