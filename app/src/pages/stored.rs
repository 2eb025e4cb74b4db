//! Repositories with what they store and when somebody last cared, those of a project or of all projects.

use crate::format::{ByteSize, TimeAgo, bytes, count, natural, percent};
use crate::i18n::keys;
use crate::pages::project::{NoMatch, RepositoryPart};
use crate::query::ListState;
use crate::ui::{
    Cell, Column, Empty, FilterCount, Filters, Glyph, LinkButton, Meter, NameLink, Pager, Part, Priority, Row, RowHead,
    SearchBox, Segment, Segmented, Sort, Table, TableBox, query_pairs, with_query,
};
use crate::{t, tn};
use berth_types::api::RepositoryUsage;
use berth_types::page::Paged;
use berth_types::{RepoName, Timestamp};
use leptos::prelude::*;

/// Times on offer, in days.
const UNUSED_DAYS: [u64; 4] = [30, 90, 180, 365];
/// The parameter in the address.
pub(crate) const UNUSED: &str = "unused";

/// For how many days nothing may have been pushed or pulled; nothing where it does not matter.
pub(crate) fn unused(search: &str) -> Option<u64> {
    let pairs = query_pairs(search);
    let days = pairs.iter().find(|(key, _)| key == UNUSED).and_then(|(_, value)| value.parse().ok());
    days.filter(|days| (1..=3650).contains(days))
}

/// The same as the API takes it.
pub(crate) fn unused_days(search: &str) -> String {
    unused(search).map(|days| days.to_string()).unwrap_or_default()
}

/// The list with its search, its filter and its pages.
#[component]
pub(crate) fn StoredRepositories(
    /// What the address asks for.
    state: ListState,
    /// The page.
    repositories: Paged<RepositoryUsage>,
    /// What the table lists, for screen readers.
    caption: String,
    /// What is shown where there are none at all.
    children: Children,
) -> impl IntoView {
    let total = natural(repositories.total);
    let ListState { q, sort, page, page_size, search } = state;
    let days = unused(&search);
    let all = with_query(&search, &[(UNUSED, None), ("q", None), ("page", None)]);
    let list = if !repositories.items.is_empty() {
        let search = search.clone();
        view! { <UsageTable caption=caption repositories=repositories.items sort=sort search=search /> }.into_any()
    } else if !q.is_empty() {
        view! { <NoMatch query=q.clone() clear=all /> }.into_any()
    } else if days.is_some() {
        view! {
            <Empty icon=Glyph::Clock title=t!(keys::usage::NO_UNUSED) text=t!(keys::usage::NO_UNUSED_TEXT)>
                <LinkButton href=all>{t!(keys::filter::CLEAR)}</LinkButton>
            </Empty>
        }
        .into_any()
    } else {
        children()
    };
    let segment = |label: String, chosen: Option<u64>| Segment {
        label,
        href: with_query(&search, &[(UNUSED, chosen.map(|days| days.to_string()).as_deref()), ("page", None)]),
        current: chosen == days,
    };
    let mut segments = vec![segment(t!(keys::usage::ANY), None)];
    segments.extend(UNUSED_DAYS.map(|days| segment(tn!(keys::usage::DAYS, days), Some(days))));
    let pager = (total > 0).then(|| {
        let search = search.clone();
        view! { <Pager page=page page_size=page_size total=total search=search /> }
    });
    view! {
        <Filters>
            <SearchBox label=t!(keys::repositories::FILTER) value=q keep=search.clone() />
            <span class="small muted" aria-hidden="true">{t!(keys::usage::UNUSED)}</span>
            <Segmented label=t!(keys::usage::UNUSED) segments=segments />
            <FilterCount text=tn!(keys::count::REPOSITORIES, total) />
        </Filters>
        {list}
        {pager}
    }
}

#[component]
fn UsageTable(caption: String, repositories: Vec<RepositoryUsage>, sort: String, search: String) -> impl IntoView {
    let head = move || {
        let by = |field: &str| Sort::by(field, &sort, &search, field != "name");
        view! {
            <Column label=t!(keys::usage::NAME) sort=by("name") />
            <Column label=t!(keys::usage::SIZE) sort=by("size") num=true />
            <Column label=t!(keys::usage::COMMON) num=true priority=Priority::Second />
            <Column label=t!(keys::usage::ARTIFACTS) sort=by("artifact_count") num=true priority=Priority::Third />
            <Column label=t!(keys::usage::PULLS) sort=by("pull_count") num=true priority=Priority::Third />
            <Column label=t!(keys::usage::PUSHED) sort=by("push_time") num=true priority=Priority::Second />
            <Column label=t!(keys::usage::PULLED) sort=by("pull_time") num=true />
        }
    };
    let largest = repositories.iter().map(|row| natural(row.bytes)).max().unwrap_or_default();
    let rows = repositories.into_iter().map(move |row| view! { <UsageRow row=row largest=largest /> });
    view! {
        <TableBox>
            <Table caption=caption head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

#[component]
fn UsageRow(row: RepositoryUsage, largest: u64) -> impl IntoView {
    let name = match row.name.parse::<RepoName>() {
        Ok(repo) => view! { <NameLink text=row.name href=RepositoryPart::Tags.of(&repo) /> }.into_any(),
        Err(_) => row.name.into_any(),
    };
    view! {
        <Row>
            <RowHead>{name}</RowHead>
            <SizeCell label=t!(keys::usage::SIZE) size=natural(row.bytes) largest=largest />
            <Cell label=t!(keys::usage::COMMON) num=true priority=Priority::Second>
                <span class="muted">
                    <ByteSize bytes=natural(row.shared) />
                </span>
            </Cell>
            <Cell label=t!(keys::usage::ARTIFACTS) num=true priority=Priority::Third>
                {count(natural(row.artifact_count))}
            </Cell>
            <Cell label=t!(keys::usage::PULLS) num=true priority=Priority::Third>
                {count(natural(row.pull_count))}
            </Cell>
            <MomentCell label=t!(keys::usage::PUSHED) at=row.push_time priority=Priority::Second />
            <MomentCell label=t!(keys::usage::PULLED) at=row.pull_time />
        </Row>
    }
}

/// A size, and a bar that compares it with the largest of the page.
#[component]
pub(crate) fn SizeCell(
    /// The name of its column.
    label: String,
    /// The size, in bytes.
    size: u64,
    /// The largest of the page.
    largest: u64,
) -> impl IntoView {
    let share = if largest == 0 { 0 } else { percent(size, largest) };
    view! {
        <Cell label=label num=true>
            <span class="stack g1">
                <ByteSize bytes=size />
                <Meter label=bytes(size) parts=vec![Part { percent: share, class: "" }] />
            </span>
        </Cell>
    }
}

/// When something last happened, or that it never did.
#[component]
pub(crate) fn MomentCell(
    /// The name of its column.
    label: String,
    /// When.
    at: Option<Timestamp>,
    /// When it leaves; as its column.
    #[prop(optional)]
    priority: Priority,
) -> impl IntoView {
    let shown = match at {
        Some(at) => view! { <TimeAgo at=at /> }.into_any(),
        None => view! { <span class="dim">{t!(keys::common::NEVER)}</span> }.into_any(),
    };
    view! {
        <Cell label=label num=true priority=priority>
            {shown}
        </Cell>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_how_long() {
        assert_eq!(unused("?unused=90&page=2"), Some(90));
        assert_eq!(unused("unused=0"), None);
        assert_eq!(unused("unused=ever"), None);
        assert_eq!((unused_days("?unused=365").as_str(), unused_days("").as_str()), ("365", ""));
    }
}
