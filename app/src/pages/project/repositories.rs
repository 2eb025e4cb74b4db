//! The front page of a project: what it holds, how to push to it, its repositories.

use super::set_up::{PushSteps, pushes, set_up_href};
use super::{InProject, NoMatch, ProjectPart, RepositoryPart, Visibility, is_public};
use crate::client::use_client;
use crate::format::{TimeAgo, bytes, count, natural, percent};
use crate::i18n::keys;
use crate::live::{Fresh, NewRows, use_fresh};
use crate::load::Resource;
use crate::pages::{bulk, extra, loaded};
use crate::query::{ListState, use_list_state};
use crate::ui::{
    ActionCell, ActionColumn, Card, CardBody, Cell, Column, Empty, Fact, FilterCount, Filters, Glyph, Icon, LinkButton,
    Look, Menu, MenuLink, MenuSeparator, MenuSide, NameLink, PageHead, Pager, Priority, QuotaBar, Row, RowHead,
    RowMenu, SearchBox, SelectAllColumn, SelectCell, Selectable, Sort, Stat, Stats, Table, TableBox, quota_left,
};
use crate::{t, tn};
use berth_types::RepoName;
use berth_types::api::{BulkAction, BulkKind, LiveEvent, ProjectSummary, Repository};
use berth_types::page::Paged;
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;

/// Who made the project.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owner {
    Present(String),
    /// The account was deleted.
    Gone(String),
}

impl Owner {
    /// A deleted account keeps its name with its number behind it, so that somebody else may take the name.
    fn of(name: &str, id: i64) -> Option<Self> {
        match name.strip_suffix(&format!("#{id}")) {
            _ if name.is_empty() => None,
            Some(name) => Some(Owner::Gone(name.to_owned())),
            None => Some(Owner::Present(name.to_owned())),
        }
    }

    fn fact(self) -> String {
        match self {
            Owner::Present(name) => t!(keys::project::OWNER, name = name),
            Owner::Gone(name) => t!(keys::project::OWNER_GONE, name = name),
        }
    }
}

/// The page.
#[component]
pub(crate) fn Repositories(within: InProject) -> impl IntoView {
    let state = use_list_state("-update_time");
    let client = use_client();
    let on_top = Signal::derive(move || state.with(|state| state.is_first("-update_time")));
    let fresh = use_fresh(format!("project:{}", within.name), pushed, on_top, |_| {});
    let summary = {
        let (client, name) = (client.clone(), within.name.clone());
        Resource::new(
            move || fresh.version(),
            move |_| {
                let (client, name) = (client.clone(), name.clone());
                // The page is whole without these numbers.
                async move { client.project_summary(&name).await.ok() }
            },
        )
    };
    let repositories = {
        let name = within.name.clone();
        Resource::new(
            move || (state.get(), fresh.version()),
            move |(state, _)| {
                let (client, name) = (client.clone(), name.clone());
                async move {
                    let repositories = client.repositories(&name, &state.params(state.fuzzy("name"))).await?;
                    Ok((state, repositories))
                }
            },
        )
    };
    view! {
        <Head within=within.clone() />
        {extra(summary, |summary| view! { <Numbers summary=summary /> })}
        {loaded(
            repositories,
            move |(state, repositories)| {
                view! { <RepositoryList within=within.clone() state=state repositories=repositories fresh=fresh /> }
            },
        )}
    }
}

/// The repository that an event is about.
fn pushed(event: &LiveEvent) -> Option<String> {
    (!event.repository.is_empty()).then(|| event.repository.clone())
}

#[component]
fn Head(within: InProject) -> impl IntoView {
    let project = &within.project;
    let heading = {
        let (name, public, proxy) = (project.name.clone(), is_public(project), project.registry_id.is_some());
        move || {
            view! {
                <span class="name">{name}</span>
                " "
                <Visibility public=public proxy=proxy />
            }
        }
    };
    let meta = {
        let role = t!(within.rights.role_key());
        let shown = within.rights.role.is_some() || within.rights.admin;
        let owner = Owner::of(&project.owner_name, project.owner_id.0).map(Owner::fact);
        let created = project.creation_time;
        move || {
            view! {
                {shown
                    .then(|| {
                        view! { <Fact icon=Glyph::Shield>{t!(keys::project::YOUR_ROLE, role = role)}</Fact> }
                    })}
                {owner.map(|owner| view! { <Fact icon=Glyph::User>{owner}</Fact> })}
                <Fact icon=Glyph::Calendar>
                    {t!(keys::project::CREATED_LABEL)} " " <TimeAgo at=created />
                </Fact>
            }
        }
    };
    let settings = within.rights.may(Of::Project, Action::Update).then(|| ProjectPart::Settings.of(&within.name));
    let push = pushes(&within).then(|| within.clone());
    let set_up = push.is_none().then(|| set_up_href(&within.name, None, None));
    let actions = move || {
        view! {
            {settings
                .map(|href| {
                    view! {
                        <LinkButton href=href icon=Glyph::Settings>
                            {t!(keys::nav::SETTINGS)}
                        </LinkButton>
                    }
                })}
            {push
                .map(|within| {
                    view! {
                        <Menu
                            text=t!(keys::newcomer::TITLE)
                            icon=Glyph::Terminal
                            look=Look::Primary
                            side=MenuSide::End
                            wide=true
                        >
                            <PushSteps within=within />
                        </Menu>
                    }
                })}
            {set_up
                .map(|href| {
                    view! {
                        <LinkButton href=href icon=Glyph::Terminal>
                            {t!(keys::newcomer::TITLE)}
                        </LinkButton>
                    }
                })}
        }
    };
    view! { <PageHead title=heading meta=meta actions=actions /> }
}

/// What of the storage is used, and the limit where there is one, both in bytes.
fn storage(summary: &ProjectSummary) -> Option<(u64, Option<u64>)> {
    let quota = summary.quota.as_ref()?;
    let used = natural(*quota.used.get("storage")?);
    let limit = quota.hard.get("storage").and_then(|limit| u64::try_from(*limit).ok());
    Some((used, limit))
}

/// Members with any role; nothing where the visitor may not know.
fn members(summary: &ProjectSummary) -> Option<u64> {
    let counts = [
        summary.project_admin_count,
        summary.maintainer_count,
        summary.developer_count,
        summary.guest_count,
        summary.limited_guest_count,
    ];
    // A role that nobody has is left out, so all of them are where the visitor may not list members.
    let known = counts.iter().any(Option::is_some);
    known.then(|| counts.into_iter().flatten().map(natural).sum())
}

#[component]
fn Numbers(summary: ProjectSummary) -> impl IntoView {
    let storage = storage(&summary).map(|(used, limit)| {
        let (note, of) = match limit {
            Some(limit) => {
                let share = || t!(keys::quota::USED, percent = percent(used, limit));
                (quota_left(used, limit).unwrap_or_else(share), Some(limit))
            }
            None => (t!(keys::quota::NO_LIMIT), None),
        };
        view! {
            <Stat label=t!(keys::projects::STORAGE) note=note>
                {bytes(used)}
                {of
                    .map(|limit| {
                        view! {
                            " "
                            <small>{t!(keys::project::OF_LIMIT, limit = bytes(limit))}</small>
                            <QuotaBar used=used limit=limit />
                        }
                    })}
            </Stat>
        }
    });
    let members = members(&summary).map(|n| {
        view! { <Stat label=t!(keys::members::TITLE)>{count(n)}</Stat> }
    });
    view! {
        <Stats>
            {storage} <Stat label=t!(keys::repositories::TITLE)>{count(natural(summary.repo_count))}</Stat> {members}
        </Stats>
    }
}

#[component]
fn RepositoryList(within: InProject, state: ListState, repositories: Paged<Repository>, fresh: Fresh) -> impl IntoView {
    let total = natural(repositories.total);
    let filter = state.fuzzy("name");
    let ListState { q, sort, page, page_size, search } = state;
    if total == 0 && q.is_empty() {
        return view! { <NothingPushed within=within /> }.into_any();
    }
    let place = bulk::Place::Project(within.name.clone());
    let delete = within.rights.may(Of::Repository, Action::Delete);
    let buttons = bulk::buttons(
        BulkKind::Repositories,
        &[
            (BulkAction::Copy, within.rights.may_copy()),
            (BulkAction::Move, delete && within.rights.may(Of::Artifact, Action::Delete)),
            (BulkAction::Delete, delete),
        ],
    );
    let rows = repositories.items.len();
    let table = if repositories.items.is_empty() {
        view! { <NoMatch query=q.clone() /> }.into_any()
    } else {
        view! { <RepositoryTable within=within repositories=repositories.items sort=sort search=search.clone() /> }
            .into_any()
    };
    let pager = (total > 0).then(|| {
        let search = search.clone();
        view! { <Pager page=page page_size=page_size total=total search=search /> }
    });
    view! {
        <Selectable action=place.href() keep=bulk::keep(BulkKind::Repositories, filter) buttons=buttons rows=rows total=total>
            <Filters>
                <SearchBox label=t!(keys::repositories::FILTER) value=q keep=search />
                <FilterCount text=tn!(keys::count::REPOSITORIES, total) />
            </Filters>
            <NewRows fresh=fresh href="?" />
            {table}
            {pager}
        </Selectable>
    }
    .into_any()
}

#[component]
fn NothingPushed(within: InProject) -> impl IntoView {
    if !pushes(&within) {
        let href = set_up_href(&within.name, None, None);
        return view! {
            <Card title=t!(keys::repositories::TITLE)>
                <Empty
                    icon=Glyph::Repo
                    in_card=true
                    title=t!(keys::repositories::EMPTY)
                    text=t!(keys::repositories::EMPTY_GUEST_TEXT)
                >
                    <LinkButton href=href icon=Glyph::Terminal>
                        {t!(keys::newcomer::TITLE)}
                    </LinkButton>
                </Empty>
            </Card>
        }
        .into_any();
    }
    let href = set_up_href(&within.name, None, None);
    view! {
        <div class="cols" data-min="26">
            <Card title=t!(keys::repositories::TITLE)>
                <Empty
                    icon=Glyph::Repo
                    in_card=true
                    title=t!(keys::repositories::EMPTY)
                    text=t!(keys::repositories::EMPTY_TEXT)
                >
                    <LinkButton href=href icon=Glyph::Terminal>
                        {t!(keys::newcomer::TITLE)}
                    </LinkButton>
                </Empty>
            </Card>
            <Card title=t!(keys::repositories::PUSH_TITLE)>
                <CardBody stack=true>
                    <PushSteps within=within />
                </CardBody>
            </Card>
        </div>
    }
    .into_any()
}

#[component]
fn RepositoryTable(within: InProject, repositories: Vec<Repository>, sort: String, search: String) -> impl IntoView {
    let acts = within.rights.may(Of::Repository, Action::Update) || within.rights.may(Of::Repository, Action::Delete);
    let selects = within.rights.may_copy();
    let head = move || {
        view! {
            {selects.then(|| view! { <SelectAllColumn /> })}
            <Column label=t!(keys::repositories::NAME) sort=Sort::by("name", &sort, &search, false) />
            <Column
                label=t!(keys::repositories::ARTIFACTS)
                sort=Sort::by("artifact_count", &sort, &search, true)
                num=true
                priority=Priority::Second
            />
            <Column
                label=t!(keys::repositories::PULLS)
                sort=Sort::by("pull_count", &sort, &search, true)
                num=true
                priority=Priority::Third
            />
            <Column
                label=t!(keys::repositories::UPDATED)
                sort=Sort::by("update_time", &sort, &search, true)
                num=true
            />
            {acts.then(|| view! { <ActionColumn /> })}
        }
    };
    let caption = t!(keys::repositories::CAPTION, project = within.name);
    let rows = repositories.into_iter().filter_map(move |repository| {
        let repo: RepoName = repository.name.parse().ok()?;
        Some(view! { <RepositoryRow within=within.clone() repository=repository repo=repo acts=acts /> })
    });
    view! {
        <TableBox>
            <Table caption=caption head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

/// The first line of a description that says something.
pub(crate) fn first_line(description: &str) -> Option<String> {
    let line = description.lines().map(|line| line.trim_start_matches('#').trim()).find(|line| !line.is_empty())?;
    Some(line.to_owned())
}

#[component]
fn RepositoryRow(within: InProject, repository: Repository, repo: RepoName, acts: bool) -> impl IntoView {
    let label = t!(keys::common::ACTIONS_FOR, name = repository.name);
    let actions = acts.then(|| {
        let edit = within.rights.may(Of::Repository, Action::Update).then(|| RepositoryPart::Description.of(&repo));
        let delete = within.rights.may(Of::Repository, Action::Delete).then(|| RepositoryPart::Delete.of(&repo));
        let both = edit.is_some() && delete.is_some();
        view! {
            <ActionCell>
                <RowMenu label=label>
                    {edit
                        .map(|href| {
                            view! {
                                <MenuLink
                                    href=href
                                    icon=Glyph::Edit
                                    text=t!(keys::repository::menu::EDIT_INFO)
                                />
                            }
                        })}
                    {both.then(|| view! { <MenuSeparator /> })}
                    {delete
                        .map(|href| {
                            view! {
                                <MenuLink
                                    href=href
                                    icon=Glyph::Trash
                                    danger=true
                                    text=t!(keys::repositories::DELETE)
                                />
                            }
                        })}
                </RowMenu>
            </ActionCell>
        }
    });
    let href = RepositoryPart::Tags.of(&repo);
    let note = first_line(&repository.description).map(|line| view! { <span class="small muted block">{line}</span> });
    let select = within.rights.may_copy().then(|| {
        let label = t!(keys::table::SELECT_NAMED, name = repository.name);
        view! { <SelectCell label=label value=repository.name.clone() /> }
    });
    view! {
        <Row>
            {select}
            <RowHead>
                <span class="row nowrap-row g3 top">
                    <span class="dim">
                        <Icon name=Glyph::Repo />
                    </span>
                    <span>
                        <NameLink text=repository.name href=href /> {note}
                    </span>
                </span>
            </RowHead>
            <Cell label=t!(keys::repositories::ARTIFACTS) num=true priority=Priority::Second>
                {count(natural(repository.artifact_count))}
            </Cell>
            <Cell label=t!(keys::repositories::PULLS) num=true priority=Priority::Third>
                {count(natural(repository.pull_count))}
            </Cell>
            <Cell label=t!(keys::repositories::UPDATED) num=true>
                <span class="muted">
                    <TimeAgo at=repository.update_time />
                </span>
            </Cell>
            {actions}
        </Row>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_owner_is_told_apart_from_a_name() {
        assert_eq!(Owner::of("bob", 4), Some(Owner::Present("bob".to_owned())));
        assert_eq!(Owner::of("bob#4", 4), Some(Owner::Gone("bob".to_owned())));
        assert_eq!(Owner::of("bob#14", 4), Some(Owner::Present("bob#14".to_owned())));
        assert_eq!(Owner::of("", 4), None);
    }

    #[test]
    fn numbers_of_a_summary() {
        let summary: ProjectSummary = serde_json::from_str(
            r#"{"repo_count":3,"project_admin_count":1,"guest_count":4,
                "quota":{"hard":{"storage":1073741824},"used":{"storage":536870912}}}"#,
        )
        .unwrap();
        assert_eq!(members(&summary), Some(5));
        assert_eq!(storage(&summary), Some((512 << 20, Some(1 << 30))));
        let summary: ProjectSummary =
            serde_json::from_str(r#"{"repo_count":0,"quota":{"hard":{"storage":-1},"used":{"storage":0}}}"#).unwrap();
        assert_eq!((members(&summary), storage(&summary).unwrap().1), (None, None));
    }

    #[test]
    fn descriptions_begin_with_what_they_say() {
        assert_eq!(first_line("\n# Ledger\n\nBooks.").as_deref(), Some("Ledger"));
        assert_eq!(first_line(" \n#"), None);
    }
}
