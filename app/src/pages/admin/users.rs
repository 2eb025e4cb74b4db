//! Everyone who can sign in.

use super::AdminFrame;
use super::user::{LIST, href};
use crate::client::use_client;
use crate::format::{TimeAgo, natural};
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::{bulk, loaded};
use crate::query::{ListState, use_list_state};
use crate::session::use_session;
use crate::ui::{
    ActionCell, ActionColumn, Badge, Cell, Column, Crumb, Empty, FilterCount, Filters, Glyph, LinkButton, Look,
    MenuLink, MenuSeparator, NoSelectCell, PageHead, Pager, Priority, Row, RowHead, RowMenu, SearchBox, Segment,
    Segmented, SelectAllColumn, SelectCell, Selectable, Sort, SortMenu, Table, TableBox, Tone, Who, query_pairs,
    with_query,
};
use crate::{t, tn};
use berth_types::UserId;
use berth_types::api::{BulkAction, BulkKind, UserResp};
use berth_types::page::Paged;
use leptos::prelude::*;

/// The parameter in the address that says whose accounts are shown.
const PARAMETER: &str = "show";
/// Its values: all, administrators, everybody else.
const SHOWN: [Option<&str>; 3] = [None, Some("admins"), Some("others")];

/// Whose accounts are shown.
fn shown(search: &str) -> Option<&'static str> {
    let pairs = query_pairs(search);
    let word = pairs.iter().find(|(key, _)| key == PARAMETER).map(|(_, value)| value.as_str());
    SHOWN.into_iter().find(|known| *known == word).flatten()
}

/// The filter of the API for a page of the list.
fn filter_of(state: &ListState) -> String {
    let role = match shown(&state.search) {
        Some("admins") => "sysadmin_flag=true",
        Some(_) => "sysadmin_flag=false",
        None => "",
    };
    let parts = [state.fuzzy("person"), role.to_owned()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(",")
}

/// The page of the people.
#[component]
pub fn Users() -> impl IntoView {
    let state = use_list_state("username");
    let client = use_client();
    let users = Resource::new(
        move || state.get(),
        move |state| {
            let client = client.clone();
            async move {
                let users = client.users(&state.params(filter_of(&state))).await?;
                Ok((state, users))
            }
        },
    );
    let title = t!(keys::admin_users::TITLE);
    let new = || {
        view! {
            <LinkButton href=format!("{LIST}/new") look=Look::Primary icon=Glyph::Plus>
                {t!(keys::admin_users::NEW)}
            </LinkButton>
        }
    };
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title.clone())]>
            <PageHead title=move || title sub=t!(keys::admin_users::SUB) actions=new />
            {loaded(
                users,
                move |(state, users)| view! { <UserList state=state users=users /> },
            )}
        </AdminFrame>
    }
}

#[component]
fn UserList(state: ListState, users: Paged<UserResp>) -> impl IntoView {
    let total = natural(users.total);
    let (filter, rows) = (filter_of(&state), users.items.len());
    let ListState { q, sort, page, page_size, search } = state;
    let table = if users.items.is_empty() {
        view! {
            <Empty icon=Glyph::Users title=t!(keys::admin_users::EMPTY) text=t!(keys::admin_users::EMPTY_TEXT)>
                <LinkButton href="?">{t!(keys::filter::CLEAR)}</LinkButton>
            </Empty>
        }
        .into_any()
    } else {
        view! { <UserTable users=users.items sort=sort.clone() search=search.clone() /> }.into_any()
    };
    let pager = (total > 0).then(|| {
        let search = search.clone();
        view! { <Pager page=page page_size=page_size total=total search=search /> }
    });
    view! {
        <Selectable
            action=bulk::Place::System.href()
            keep=bulk::keep(BulkKind::Users, filter)
            buttons=bulk::buttons(BulkKind::Users, &[(BulkAction::Delete, true)])
            rows=rows
            total=total
        >
            <Filters>
                <SearchBox label=t!(keys::admin_users::FILTER) value=q keep=search.clone() />
                <Segmented label=t!(keys::user_list::SHOW) segments=segments(&search) />
                <SortMenu orders=orders() sort=sort search=search />
                <FilterCount text=tn!(keys::count::USERS, total) />
            </Filters>
            {table}
            {pager}
        </Selectable>
    }
}

/// The orders that the list offers.
fn orders() -> Vec<(&'static str, String)> {
    vec![
        ("username", t!(keys::account::profile::USERNAME)),
        ("realname", t!(keys::account::profile::REALNAME)),
        ("-creation_time", t!(keys::admin_users::CREATED)),
    ]
}

fn segments(search: &str) -> Vec<Segment> {
    let current = shown(search);
    let segment = |word: Option<&'static str>| Segment {
        label: match word {
            Some("admins") => t!(keys::user_list::ADMINS),
            Some(_) => t!(keys::user_list::OTHERS),
            None => t!(keys::common::ALL),
        },
        href: with_query(search, &[(PARAMETER, word), ("page", None)]),
        current: word == current,
    };
    SHOWN.into_iter().map(segment).collect()
}

#[component]
fn UserTable(users: Vec<UserResp>, sort: String, search: String) -> impl IntoView {
    let own = use_session().with_untracked(|session| session.user.as_ref().map(|user| user.user_id));
    let head = move || {
        view! {
            <SelectAllColumn />
            <Column label=t!(keys::admin_users::NAME) sort=Sort::by("username", &sort, &search, false) />
            <Column label=t!(keys::admin_users::ROLE) />
            <Column
                label=t!(keys::admin_users::CREATED)
                sort=Sort::by("creation_time", &sort, &search, true)
                num=true
                priority=Priority::Second
            />
            <ActionColumn />
        }
    };
    let rows = users.into_iter().map(move |user| {
        let own = own == Some(user.user_id);
        view! { <UserRow user=user own=own /> }
    });
    view! {
        <TableBox>
            <Table caption=t!(keys::admin_users::CAPTION) head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

#[component]
fn UserRow(user: UserResp, own: bool) -> impl IntoView {
    let admin = user.sysadmin_flag || user.admin_role_in_auth;
    let name = if user.realname.is_empty() { user.username.clone() } else { user.realname.clone() };
    let note =
        if user.email.is_empty() { user.username.clone() } else { format!("{} · {}", user.username, user.email) };
    let role = if admin {
        view! { <Badge tone=Tone::Accent icon=Glyph::Shield>{t!(keys::admin_users::ADMIN)}</Badge> }.into_any()
    } else {
        view! { <span class="muted">{t!(keys::admin_users::USER)}</span> }.into_any()
    };
    let second_factor = user.second_factor.then(|| {
        view! {
            <Badge tone=Tone::Ok icon=Glyph::Key>
                {t!(keys::account::TAB_SECOND_FACTOR)}
            </Badge>
        }
    });
    let actions = if own {
        // An administrator cannot lock the own account out.
        view! { <Badge>{t!(keys::admin_users::YOU)}</Badge> }.into_any()
    } else {
        view! { <UserActions user=user.clone() admin=admin /> }.into_any()
    };
    // Nobody can delete the own account, nor the first one.
    let select = if own || user.user_id == UserId::ADMIN {
        view! { <NoSelectCell /> }.into_any()
    } else {
        let label = t!(keys::table::SELECT_NAMED, name = user.username);
        view! { <SelectCell label=label value=user.user_id.to_string() /> }.into_any()
    };
    view! {
        <Row>
            {select}
            <RowHead>
                <Who name=name note=note href=href(user.user_id) />
            </RowHead>
            <Cell label=t!(keys::admin_users::ROLE)>
                <span class="row">{role} {second_factor}</span>
            </Cell>
            <Cell label=t!(keys::admin_users::CREATED) num=true priority=Priority::Second>
                <TimeAgo at=user.creation_time />
            </Cell>
            <ActionCell>{actions}</ActionCell>
        </Row>
    }
}

#[component]
fn UserActions(user: UserResp, admin: bool) -> impl IntoView {
    let UserResp { user_id, username, second_factor, .. } = user;
    let toggle = if admin { t!(keys::admin_users::UNMAKE_ADMIN) } else { t!(keys::admin_users::MAKE_ADMIN) };
    let page = move |part: &str| format!("{}/{part}", href(user_id));
    view! {
        <RowMenu label=t!(keys::common::ACTIONS_FOR, name = username)>
            <MenuLink href=page("edit") icon=Glyph::Edit text=t!(keys::common::EDIT) />
            <MenuLink href=page("administrator") icon=Glyph::Shield text=toggle />
            <MenuLink href=page("password") icon=Glyph::Key text=t!(keys::admin_users::SET_PASSWORD) />
            {second_factor
                .then(|| {
                    view! {
                        <MenuLink
                            href=page("second-factor")
                            icon=Glyph::Shield
                            text=t!(keys::second_factor::REMOVE)
                        />
                    }
                })}
            <MenuSeparator />
            <MenuLink href=page("delete") icon=Glyph::Trash danger=true text=t!(keys::admin_users::DELETE) />
        </RowMenu>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use berth_types::query::parse_q;

    #[test]
    fn the_address_says_whose_accounts_are_shown() {
        let filter = |search: &str| filter_of(&ListState::read(search, "username"));
        assert_eq!(filter("?page=2"), "");
        assert_eq!(filter("?q=mei&show=admins"), "person=~mei,sysadmin_flag=true");
        assert_eq!(filter("?show=others"), "sysadmin_flag=false");
        assert_eq!(filter("?show=robots"), "");
        assert_eq!(parse_q(&filter("?q=mei&show=admins")).unwrap().len(), 2);
    }
}
