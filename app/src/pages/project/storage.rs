//! What the repositories of a project store, what of it counts, and what nobody used for long.

use super::{InProject, NoMatch, NotAllowed, RepositoryPart};
use crate::client::use_client;
use crate::format::{ByteSize, TimeAgo, bytes, count, natural, percent};
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::growth::{Growth, Whose};
use crate::pages::loaded;
use crate::query::{ListState, use_list_state};
use crate::ui::{
    Callout, Card, CardBody, Cell, Column, Empty, FilterCount, Filters, Glyph, LinkButton, Meter, NameLink, PageHead,
    Pager, Part, Priority, Row, RowHead, SearchBox, Segment, Segmented, Sort, Stat, Stats, Table, TableBox, Tone,
    query_pairs, with_query,
};
use crate::{t, tn};
use berth_types::RepoName;
use berth_types::api::{ProjectUsage, RepositoryUsage};
use berth_types::page::Paged;
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;

/// Times on offer, in days.
const UNUSED_DAYS: [u64; 3] = [30, 90, 180];
/// The parameter in the address.
const PARAMETER: &str = "unused";

/// For how many days nothing may have been pushed or pulled; nothing where it does not matter.
fn unused(search: &str) -> Option<u64> {
    let pairs = query_pairs(search);
    let days = pairs.iter().find(|(key, _)| key == PARAMETER).and_then(|(_, value)| value.parse().ok());
    days.filter(|days| (1..=3650).contains(days))
}

/// The page.
#[component]
pub(crate) fn Storage(within: InProject) -> impl IntoView {
    if !within.rights.may(Of::Quota, Action::Read) {
        return view! { <NotAllowed needs=(Of::Quota, Action::Read) /> }.into_any();
    }
    let client = use_client();
    let state = use_list_state("-size");
    let usage = {
        let (client, name) = (client.clone(), within.name.clone());
        Resource::new(
            || (),
            move |()| {
                let (client, name) = (client.clone(), name.clone());
                async move { client.project_usage(&name).await }
            },
        )
    };
    let repositories = {
        let name = within.name.clone();
        Resource::new(
            move || state.get(),
            move |state| {
                let (client, name) = (client.clone(), name.clone());
                async move {
                    let days = unused(&state.search).map(|days| days.to_string()).unwrap_or_default();
                    let params = state.params(state.fuzzy("name"));
                    let repositories = client.repository_usage(&name, &days, &params).await?;
                    Ok((state, repositories))
                }
            },
        )
    };
    let project = within.name.to_string();
    view! {
        <PageHead title=|| t!(keys::usage::TITLE) sub=t!(keys::usage::SUB) />
        {loaded(usage, |usage| view! { <StorageFacts usage=usage /> })}
        <Growth whose=Whose::Project(within.name) />
        <Callout title=t!(keys::usage::WHAT_COUNTS) text=t!(keys::usage::WHAT_COUNTS_TEXT) tone=Tone::Neutral />
        <h2 class="strong">{t!(keys::usage::REPOSITORIES)}</h2>
        {loaded(
            repositories,
            move |(state, repositories)| {
                view! { <List project=project.clone() state=state repositories=repositories /> }
            },
        )}
    }
    .into_any()
}

/// Used, saved and reserved, for administrators also what other projects have, and a bar where there is a limit.
#[component]
pub(crate) fn StorageFacts(usage: ProjectUsage) -> impl IntoView {
    let ProjectUsage { limit, used, reserved, shared, saved, .. } = usage;
    let (used, reserved) = (natural(used), natural(reserved));
    let limit = u64::try_from(limit).ok();
    let elsewhere = shared.map_or(0, natural);
    let bar = limit.map(|limit| {
        let label = t!(keys::usage::BAR, used = bytes(used), reserved = bytes(reserved), limit = bytes(limit));
        view! {
            <Card label=t!(keys::usage::TITLE)>
                <CardBody stack=true>
                    <Meter label=label.clone() parts=parts(used, elsewhere, reserved, limit) large=true />
                    <span class="small muted">{label}</span>
                </CardBody>
            </Card>
        }
    });
    let allowed = limit.map_or_else(|| t!(keys::quota::NO_LIMIT), bytes);
    let stat = |label: String, amount: i64, note: String| {
        view! {
            <Stat label=label note=note>
                <ByteSize bytes=natural(amount) />
            </Stat>
        }
    };
    view! {
        <Stats>
            <Stat label=t!(keys::usage::USED) note=limit.map(|limit| t!(keys::quota::USED, percent = percent(used, limit)))>
                <ByteSize bytes=used />
            </Stat>
            <Stat label=t!(keys::usage::LIMIT)>{allowed}</Stat>
            {shared.map(|shared| stat(t!(keys::usage::SHARED), shared, t!(keys::usage::SHARED_NOTE)))}
            {stat(t!(keys::usage::SAVED), saved, t!(keys::usage::SAVED_NOTE))}
            {stat(t!(keys::usage::RESERVED), usage.reserved, t!(keys::usage::RESERVED_NOTE))}
        </Stats>
        {bar}
    }
}

/// The parts of the bar: what only this project has, what others have as well, what is on its way.
fn parts(used: u64, shared: u64, reserved: u64, limit: u64) -> Vec<Part> {
    let share = |bytes: u64| if limit == 0 { 100 } else { percent(bytes, limit) };
    let shared = shared.min(used);
    let class = match share(used.saturating_add(reserved)) {
        98.. => "bad",
        90.. => "warn",
        _ => "",
    };
    let parts = [(used - shared, class), (shared, "alt"), (reserved, "pend")];
    let shown = parts.into_iter().filter(|(bytes, _)| *bytes > 0);
    shown.map(|(bytes, class)| Part { percent: share(bytes).min(100), class }).collect()
}

#[component]
fn List(project: String, state: ListState, repositories: Paged<RepositoryUsage>) -> impl IntoView {
    let total = natural(repositories.total);
    let ListState { q, sort, page, page_size, search } = state;
    let days = unused(&search);
    let list = if !repositories.items.is_empty() {
        let search = search.clone();
        view! { <UsageTable project=project repositories=repositories.items sort=sort search=search /> }.into_any()
    } else if !q.is_empty() {
        view! { <NoMatch query=q.clone() /> }.into_any()
    } else if days.is_some() {
        view! {
            <Empty icon=Glyph::Clock title=t!(keys::usage::NO_UNUSED) text=t!(keys::usage::NO_UNUSED_TEXT)>
                <LinkButton href="?">{t!(keys::filter::CLEAR)}</LinkButton>
            </Empty>
        }
        .into_any()
    } else {
        view! {
            <Empty icon=Glyph::Repo title=t!(keys::repositories::EMPTY) text=t!(keys::repositories::EMPTY_GUEST_TEXT)>
                <LinkButton href=format!("/projects/{project}/-/set-up") icon=Glyph::Terminal>
                    {t!(keys::newcomer::TITLE)}
                </LinkButton>
            </Empty>
        }
        .into_any()
    };
    let segment = |label: String, chosen: Option<u64>| Segment {
        label,
        href: with_query(&search, &[(PARAMETER, chosen.map(|days| days.to_string()).as_deref()), ("page", None)]),
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
fn UsageTable(project: String, repositories: Vec<RepositoryUsage>, sort: String, search: String) -> impl IntoView {
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
            <Table caption=t!(keys::usage::CAPTION, project = project) head=head>
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
    let size = natural(row.bytes);
    let share = if largest == 0 { 0 } else { percent(size, largest) };
    let at = |time: Option<berth_types::Timestamp>| match time {
        Some(time) => view! { <TimeAgo at=time /> }.into_any(),
        None => view! { <span class="dim">{t!(keys::common::NEVER)}</span> }.into_any(),
    };
    view! {
        <Row>
            <RowHead>{name}</RowHead>
            <Cell label=t!(keys::usage::SIZE) num=true>
                <span class="stack g1">
                    <ByteSize bytes=size />
                    <Meter label=bytes(size) parts=vec![Part { percent: share, class: "" }] />
                </span>
            </Cell>
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
            <Cell label=t!(keys::usage::PUSHED) num=true priority=Priority::Second>
                {at(row.push_time)}
            </Cell>
            <Cell label=t!(keys::usage::PULLED) num=true>
                {at(row.pull_time)}
            </Cell>
        </Row>
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
    }

    #[test]
    fn the_bar_says_what_is_whose_and_warns_with_uploads() {
        let shown = |used, shared, reserved| {
            let parts = parts(used, shared, reserved, 1000).into_iter();
            parts.map(|part| (part.percent, part.class)).collect::<Vec<_>>()
        };
        assert_eq!(shown(400, 100, 0), [(30, ""), (10, "alt")]);
        assert_eq!(shown(850, 0, 80), [(85, "warn"), (8, "pend")]);
        assert_eq!(shown(990, 2000, 0), [(99, "alt")]);
        assert!(shown(0, 0, 0).is_empty());
    }
}
