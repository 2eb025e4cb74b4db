//! What all projects store together, how it grew, and which projects and repositories take the most.

use super::AdminFrame;
use super::outside::new_button;
use crate::client::{ApiResult, Client, use_client};
use crate::format::{ByteSize, count, natural};
use crate::i18n::{Key, keys};
use crate::load::Resource;
use crate::pages::growth::{Growth, Whose};
use crate::pages::project::NoMatch;
use crate::pages::stored::{MomentCell, SizeCell, StoredRepositories, UNUSED, unused_days};
use crate::pages::{extra, loaded};
use crate::query::{ListState, use_list_state};
use crate::ui::{
    Cell, Column, Crumb, Empty, FilterCount, Filters, Glyph, LinkButton, NameLink, PageHead, Pager, Priority, Row,
    RowHead, SearchBox, Sort, Stat, Stats, Tab, Table, TableBox, Tabs, query_pairs, with_query,
};
use crate::{t, tn};
use berth_types::api::{ProjectStorage, RepositoryUsage, SystemUsage};
use berth_types::page::Paged;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The parameter of the address that says what is listed.
const TAB: &str = "tab";

/// What is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Listing {
    /// Projects, the usual view.
    #[default]
    Projects,
    /// The repositories of all projects.
    Repositories,
}

impl Listing {
    const ALL: [Listing; 2] = [Listing::Projects, Listing::Repositories];

    fn read(search: &str) -> Self {
        let pairs = query_pairs(search);
        let tab = pairs.iter().find(|(name, _)| name == TAB).map(|(_, value)| value.as_str());
        Listing::ALL.into_iter().find(|listing| tab == listing.word()).unwrap_or_default()
    }

    /// The value in the address; nothing for the usual view.
    const fn word(self) -> Option<&'static str> {
        match self {
            Listing::Projects => None,
            Listing::Repositories => Some("repositories"),
        }
    }

    const fn key(self) -> Key {
        match self {
            Listing::Projects => keys::usage::PROJECTS,
            Listing::Repositories => keys::usage::REPOSITORIES,
        }
    }

    /// The page with this list, whole. The picture above it stays as it was chosen.
    fn href(self, search: &str) -> String {
        let whole = with_query(search, &["q", "sort", "page", UNUSED].map(|name| (name, None)));
        with_query(&whole, &[(TAB, self.word())])
    }
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Listed {
    Projects(Paged<ProjectStorage>),
    Repositories(Paged<RepositoryUsage>),
}

impl Listed {
    async fn load(client: &Client, state: &ListState) -> ApiResult<Self> {
        let params = state.params(state.fuzzy("name"));
        Ok(match Listing::read(&state.search) {
            Listing::Projects => Listed::Projects(client.project_storage(&params).await?),
            Listing::Repositories => {
                let days = unused_days(&state.search);
                Listed::Repositories(client.all_repository_usage(&days, &params).await?)
            }
        })
    }
}

/// The page.
#[component]
pub fn Storage() -> impl IntoView {
    let state = use_list_state("-size");
    let client = use_client();
    let usage = {
        let client = client.clone();
        Resource::new(
            || (),
            move |()| {
                let client = client.clone();
                // The lists are whole without it.
                async move { client.system_usage().await.ok() }
            },
        )
    };
    let listed = Resource::new(
        move || state.get(),
        move |state| {
            let client = client.clone();
            async move {
                let listed = Listed::load(&client, &state).await?;
                Ok((state, listed))
            }
        },
    );
    let tabs = move || {
        let search = state.with(|state| state.search.clone());
        let current = Listing::read(&search);
        let tab = |listing: Listing| Tab {
            label: t!(listing.key()),
            href: listing.href(&search),
            count: None,
            current: listing == current,
        };
        Listing::ALL.map(tab).to_vec()
    };
    let title = t!(keys::usage::TITLE);
    let tabs_label = title.clone();
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title.clone())]>
            <PageHead title=move || title sub=t!(keys::usage::SYSTEM_SUB) />
            {extra(usage, |usage| view! { <SystemFacts usage=usage /> })}
            <Growth whose=Whose::System />
            <Tabs label=tabs_label tabs=Signal::derive(tabs) />
            {loaded(
                listed,
                |(state, listed)| match listed {
                    Listed::Projects(projects) => view! { <ProjectList state=state projects=projects /> }.into_any(),
                    Listed::Repositories(repositories) => {
                        view! {
                            <StoredRepositories
                                state=state
                                repositories=repositories
                                caption=t!(keys::usage::ALL_CAPTION)
                            >
                                <NoRepositories />
                            </StoredRepositories>
                        }
                            .into_any()
                    }
                },
            )}
        </AdminFrame>
    }
}

/// What all projects store together.
#[component]
fn SystemFacts(usage: SystemUsage) -> impl IntoView {
    let stat = |label: String, amount: i64, note: Option<String>| {
        view! {
            <Stat label=label note=note>
                <ByteSize bytes=natural(amount) />
            </Stat>
        }
    };
    view! {
        <Stats>
            {stat(t!(keys::usage::SYSTEM_USED), usage.used, Some(tn!(keys::count::PROJECTS, natural(usage.projects))))}
            {stat(t!(keys::usage::SYSTEM_STORED), usage.stored, Some(t!(keys::usage::SYSTEM_STORED_NOTE)))}
            {stat(t!(keys::usage::SYSTEM_SAVED), usage.saved, None)}
            {stat(t!(keys::usage::SYSTEM_UNLINKED), usage.unlinked, None)}
            {stat(t!(keys::usage::RESERVED), usage.reserved, None)}
        </Stats>
    }
}

#[component]
fn ProjectList(state: ListState, projects: Paged<ProjectStorage>) -> impl IntoView {
    let total = natural(projects.total);
    let ListState { q, sort, page, page_size, search } = state;
    let list = if !projects.items.is_empty() {
        let search = search.clone();
        view! {
            <p class="small muted">{t!(keys::usage::PROJECTS_TEXT)}</p>
            <ProjectTable projects=projects.items sort=sort search=search />
        }
        .into_any()
    } else if !q.is_empty() {
        let all = with_query(&search, &[("q", None), ("page", None)]);
        view! { <NoMatch query=q.clone() clear=all /> }.into_any()
    } else {
        view! {
            <Empty icon=Glyph::Project title=t!(keys::projects::EMPTY) text=t!(keys::projects::EMPTY_TEXT)>
                {new_button("/projects/-/new", t!(keys::projects::NEW))}
            </Empty>
        }
        .into_any()
    };
    let pager = (total > 0).then(|| {
        let search = search.clone();
        view! { <Pager page=page page_size=page_size total=total search=search /> }
    });
    view! {
        <Filters>
            <SearchBox label=t!(keys::projects::FILTER) value=q keep=search />
            <FilterCount text=tn!(keys::count::PROJECTS, total) />
        </Filters>
        {list}
        {pager}
    }
}

#[component]
fn ProjectTable(projects: Vec<ProjectStorage>, sort: String, search: String) -> impl IntoView {
    let head = move || {
        let by = |field: &str| Sort::by(field, &sort, &search, field != "name");
        view! {
            <Column label=t!(keys::usage::NAME) sort=by("name") />
            <Column label=t!(keys::usage::USED) sort=by("size") num=true />
            <Column label=t!(keys::usage::OWN) num=true />
            <Column label=t!(keys::usage::COMMON) num=true priority=Priority::Second />
            <Column
                label=t!(keys::projects::REPOSITORIES)
                sort=by("repo_count")
                num=true
                priority=Priority::Third
            />
            <Column label=t!(keys::usage::ARTIFACTS) sort=by("artifact_count") num=true priority=Priority::Third />
            <Column label=t!(keys::usage::PULLS) sort=by("pull_count") num=true priority=Priority::Second />
            <Column label=t!(keys::usage::PUSHED) sort=by("push_time") num=true priority=Priority::Third />
            <Column label=t!(keys::usage::PULLED) sort=by("pull_time") num=true priority=Priority::Second />
        }
    };
    let largest = projects.iter().map(|row| natural(row.used)).max().unwrap_or_default();
    let rows = projects.into_iter().map(move |row| view! { <ProjectRow row=row largest=largest /> });
    view! {
        <TableBox>
            <Table caption=t!(keys::usage::PROJECTS_CAPTION) head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

#[component]
fn ProjectRow(row: ProjectStorage, largest: u64) -> impl IntoView {
    let href = format!("/projects/{}/-/storage", row.name);
    view! {
        <Row>
            <RowHead>
                <NameLink text=row.name href=href />
            </RowHead>
            <SizeCell label=t!(keys::usage::USED) size=natural(row.used) largest=largest />
            <Cell label=t!(keys::usage::OWN) num=true>
                <ByteSize bytes=natural(row.own) />
            </Cell>
            <Cell label=t!(keys::usage::COMMON) num=true priority=Priority::Second>
                <span class="muted">
                    <ByteSize bytes=natural(row.shared) />
                </span>
            </Cell>
            <Cell label=t!(keys::projects::REPOSITORIES) num=true priority=Priority::Third>
                {count(natural(row.repo_count))}
            </Cell>
            <Cell label=t!(keys::usage::ARTIFACTS) num=true priority=Priority::Third>
                {count(natural(row.artifact_count))}
            </Cell>
            <Cell label=t!(keys::usage::PULLS) num=true priority=Priority::Second>
                {count(natural(row.pull_count))}
            </Cell>
            <MomentCell label=t!(keys::usage::PUSHED) at=row.push_time priority=Priority::Third />
            <MomentCell label=t!(keys::usage::PULLED) at=row.pull_time priority=Priority::Second />
        </Row>
    }
}

/// No project has any repository.
#[component]
fn NoRepositories() -> impl IntoView {
    view! {
        <Empty icon=Glyph::Repo title=t!(keys::repositories::EMPTY) text=t!(keys::usage::NO_REPOSITORIES_TEXT)>
            <LinkButton href="/projects" icon=Glyph::Project>
                {t!(keys::projects::TITLE)}
            </LinkButton>
        </Empty>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_what_is_listed() {
        assert_eq!(Listing::read("?tab=repositories&q=x"), Listing::Repositories);
        assert_eq!((Listing::read(""), Listing::read("tab=tags")), (Listing::Projects, Listing::Projects));
        let search = "days=90&growth=table&page_size=50&q=x&sort=name&page=3&unused=30&tab=repositories";
        assert_eq!(Listing::Projects.href(search), "?days=90&growth=table&page_size=50");
        assert_eq!(Listing::Repositories.href(search), "?days=90&growth=table&page_size=50&tab=repositories");
    }
}
