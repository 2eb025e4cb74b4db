//! The tags of a repository: one row a tag, the digest beside it.

use super::{PullMenu, push_command};
use crate::format::{ByteSize, TimeAgo};
use crate::i18n::keys;
use crate::pages::project::{InProject, NoMatch, RepositoryPart, artifact_href, natural};
use crate::query::ListState;
use crate::ui::{
    ActionCell, ActionColumn, Cell, Chip, Chips, Column, DigestChip, Empty, FilterCount, Filters, Glyph, MaybeText,
    MenuLink, MenuSeparator, NameLink, Pager, Priority, Row, RowHead, RowMenu, SearchBox, Sort, Table, TableBox,
};
use crate::{t, tn};
use berth_types::api::RepositoryTag;
use berth_types::page::Paged;
use berth_types::policy::{Action, Resource as Of};
use berth_types::{RepoName, TagName, Timestamp};
use leptos::prelude::*;

#[component]
pub(super) fn TagList(
    within: InProject,
    repo: RepoName,
    state: ListState,
    tags: Paged<RepositoryTag>,
) -> impl IntoView {
    let total = natural(tags.total);
    let ListState { q, sort, page, page_size, search } = state;
    let list = if !tags.items.is_empty() {
        view! { <TagTable within=within repo=repo tags=tags.items sort=sort search=search.clone() /> }.into_any()
    } else if q.is_empty() {
        let command = MaybeText(within.rights.may_push().then(|| push_command(&repo)));
        view! {
            <Empty
                icon=Glyph::Tag
                title=t!(keys::repository::EMPTY)
                text=t!(keys::repository::EMPTY_TEXT)
                command=command
            />
        }
        .into_any()
    } else {
        view! { <NoMatch query=q.clone() /> }.into_any()
    };
    let pager = (total > 0).then(|| {
        let search = search.clone();
        view! { <Pager page=page page_size=page_size total=total search=search /> }
    });
    view! {
        <Filters>
            <SearchBox label=t!(keys::repository::FILTER) value=q keep=search />
            <FilterCount text=tn!(keys::count::TAGS, total) />
        </Filters>
        {list}
        {pager}
    }
}

#[component]
fn TagTable(
    within: InProject,
    repo: RepoName,
    tags: Vec<RepositoryTag>,
    sort: String,
    search: String,
) -> impl IntoView {
    let head = move || {
        view! {
            <Column label=t!(keys::repository::TAG) sort=Sort::by("name", &sort, &search, false) />
            <Column label=t!(keys::repository::PLATFORMS) priority=Priority::Third />
            <Column label=t!(keys::repository::SIZE) sort=Sort::by("size", &sort, &search, true) num=true />
            <Column label=t!(keys::repository::PUSHED) sort=Sort::by("push_time", &sort, &search, true) />
            <ActionColumn />
        }
    };
    let caption = t!(keys::repository::CAPTION, repository = repo);
    let delete = within.rights.may(Of::Tag, Action::Delete);
    let rows = tags.into_iter().map(move |tag| view! { <TagRow repo=repo.clone() tag=tag delete=delete /> });
    view! {
        <TableBox>
            <Table caption=caption head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

/// `amd64` of `linux/amd64`: most images run on the same system, and the whole is a hover away.
pub(crate) fn platform_short(platform: &str) -> &str {
    platform.strip_prefix("linux/").unwrap_or(platform)
}

#[component]
fn TagRow(repo: RepoName, tag: RepositoryTag, delete: bool) -> impl IntoView {
    let href = artifact_href(&repo, &tag.name);
    let platforms = tag
        .platforms
        .iter()
        .map(|platform| {
            view! {
                <span title=platform.clone()>
                    <Chip mono=true text=platform_short(platform) />
                </span>
            }
        })
        .collect_view();
    let menu = tag.name.parse::<TagName>().ok().map(|name| {
        let remove = delete.then(|| {
            let href = RepositoryPart::DeleteTag(name.clone()).of(&repo);
            view! {
                <MenuSeparator />
                <MenuLink href=href icon=Glyph::Trash danger=true text=t!(keys::repository::menu::DELETE_TAG) />
            }
        });
        let history = RepositoryPart::TagHistory(name).of(&repo);
        view! {
            <RowMenu label=t!(keys::common::ACTIONS_FOR, name = tag.name)>
                <MenuLink href=history icon=Glyph::History text=t!(keys::repository::TAB_HISTORY) />
                {remove}
            </RowMenu>
        }
    });
    let RepositoryTag { name, digest, kind, size, push_time, pull_time, .. } = tag;
    let (shown, chip) = (name.clone(), digest.clone());
    view! {
        <Row>
            <RowHead>
                <span class="block">
                    <NameLink text=shown href=href />
                </span>
                <DigestChip digest=chip />
            </RowHead>
            <Cell label=t!(keys::repository::PLATFORMS) priority=Priority::Third>
                <Chips platforms=true>{platforms}</Chips>
            </Cell>
            <Cell label=t!(keys::repository::SIZE) num=true>
                <ByteSize bytes=natural(size) />
            </Cell>
            <Cell label=t!(keys::repository::PUSHED)>
                <span>
                    <TimeAgo at=push_time /> <Pulled at=pull_time />
                </span>
            </Cell>
            <ActionCell>
                <span class="row g1 nowrap-row">
                    <PullMenu repo=repo tag=Some(name) digest=digest kind=kind /> {menu}
                </span>
            </ActionCell>
        </Row>
    }
}

/// When something was last pulled, below when it was pushed.
#[component]
pub(super) fn Pulled(at: Timestamp) -> impl IntoView {
    let text = if at == Timestamp::NEVER {
        t!(keys::repository::NEVER_PULLED).into_any()
    } else {
        view! {
            {t!(keys::repository::PULLED_LABEL)}
            " "
            <TimeAgo at=at />
        }
        .into_any()
    };
    view! { <span class="tiny dim nowrap block">{text}</span> }
}
