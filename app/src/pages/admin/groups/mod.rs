//! Groups of people that directories know.

mod forms;

pub use forms::{DeleteGroup, EditGroup, NewGroup};

use super::AdminFrame;
use super::outside::{Doing, Listing, PostSwitchOutside, Target, Thing, row_menu};
use crate::client::use_client;
use crate::form::FormAction;
use crate::format::natural;
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::loaded;
use crate::query::{ListState, use_list_state};
use crate::ui::{
    ActionCell, ActionColumn, Cell, Column, Crumb, Empty, Glyph, LinkButton, Look, NameLink, PageHead, Row, RowHead,
    Sort, Table, TableBox,
};
use crate::{t, tn};
use berth_types::api::UserGroup;
use berth_types::page::Paged;
use leptos::prelude::*;

const LIST: &str = "/admin/groups";
/// What groups are searched by, and sorted by where nobody asked for another order.
const BY_NAME: &str = "group_name";

/// The page with the list.
#[component]
pub fn Groups() -> impl IntoView {
    let title = t!(keys::groups::TITLE);
    let state = use_list_state(BY_NAME);
    let client = use_client();
    let groups = Resource::new(
        move || state.get(),
        move |state| {
            let client = client.clone();
            async move {
                let found = client.groups(&state.params(state.fuzzy(BY_NAME))).await?;
                Ok((state, found))
            }
        },
    );
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title)]>
            <PageHead title=|| t!(keys::groups::TITLE) sub=t!(keys::groups::SUB) actions=new_button />
            {loaded(groups, |(state, found)| view! { <List state=state found=found /> })}
        </AdminFrame>
    }
}

fn new_button() -> impl IntoView {
    view! {
        <LinkButton href="/admin/groups/new" look=Look::Primary icon=Glyph::Plus>
            {t!(keys::groups::NEW)}
        </LinkButton>
    }
}

#[component]
fn List(state: ListState, found: Paged<UserGroup>) -> impl IntoView {
    let table = (!found.items.is_empty()).then(|| {
        let (sort, search) = (state.sort.clone(), state.search.clone());
        view! { <GroupTable groups=found.items sort=sort search=search /> }.into_any()
    });
    let listing = Listing {
        state,
        total: found.total,
        search: t!(keys::groups::FILTER),
        count: tn!(keys::groups::COUNT, natural(found.total)),
        views: &[],
    };
    listing.draw(table, || {
        view! {
            <Empty icon=Glyph::Users title=t!(keys::groups::EMPTY) text=t!(keys::groups::EMPTY_TEXT)>
                {new_button()}
            </Empty>
        }
        .into_any()
    })
}

#[component]
fn GroupTable(groups: Vec<UserGroup>, sort: String, search: String) -> impl IntoView {
    let switch = FormAction::of::<PostSwitchOutside>();
    let head = move || {
        view! {
            <Column label=t!(keys::groups::NAME) sort=Sort::by(BY_NAME, &sort, &search, false) />
            <Column label=t!(keys::groups::KIND) sort=Sort::by("group_type", &sort, &search, false) />
            <ActionColumn />
        }
    };
    let rows = groups.into_iter().map(move |group| {
        let target = Target::of(Thing::Group, group.id.unwrap_or_default(), &group.group_name);
        let dn = (!group.ldap_group_dn.is_empty()).then(|| {
            view! { <span class="small muted mono block">{group.ldap_group_dn}</span> }
        });
        let (edit, menu) = (target.edit(), row_menu(&target, Doing::default(), switch));
        view! {
            <Row>
                <RowHead>
                    <NameLink text=group.group_name href=edit />
                    {dn}
                </RowHead>
                <Cell label=t!(keys::groups::KIND)>
                    <span class="muted">{kind(group.group_type)}</span>
                </Cell>
                <ActionCell>{menu}</ActionCell>
            </Row>
        }
    });
    view! {
        <TableBox>
            <Table caption=t!(keys::groups::TITLE) head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

/// What knows the people of a group.
fn kind(number: i64) -> String {
    match number {
        1 => "LDAP".to_owned(),
        2 => "HTTP".to_owned(),
        3 => "OIDC".to_owned(),
        _ => t!(keys::common::UNKNOWN),
    }
}

fn crumbs(title: &str) -> Vec<Crumb> {
    vec![Crumb::link(t!(keys::groups::TITLE), LIST), Crumb::here(title)]
}
