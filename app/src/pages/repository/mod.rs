//! A repository: what it is, how to pull it, whether it is safe; then its tags, its artifacts, where its tags have been.

mod artifacts;
mod cells;
mod description;
mod facets;
mod filter;
mod forms;
mod history;
mod pull;
mod pulls;
mod safety;
mod tag_row;
mod tags;

pub(crate) use description::Description;
pub(crate) use forms::{DeleteRepository, DeleteTag};
pub(crate) use history::TagHistory;
pub(crate) use pull::{PullMenu, PullPanel};

use crate::client::use_client;
use crate::form::FormAction;
use crate::format::{ByteSize, TimeAgo, bytes, natural};
use crate::i18n::keys;
use crate::live::{NewRows, use_fresh};
use crate::load::Resource;
use crate::pages::loaded;
use crate::pages::project::commands::{PullCommands, PushCommands};
use crate::pages::project::set_up::set_up_href;
use crate::pages::project::{InProject, RepositoryPart, Visibility, is_public};
use crate::query::ListState;
use crate::runtime::{RuntimeChoice, use_runtime};
use crate::session::{Session, use_session};
use crate::ui::{
    Card, CardBody, CopyCommand, DigestChip, Empty, Fact, Glyph, LinkButton, Look, MaybeText, Menu, MenuLink,
    MenuSeparator, MenuSide, PageHead, Tab, Tabs, breakable, query_pairs, use_page_size, with_query,
};
use crate::{t, tn};
use berth_types::api::{Artifact, Label, LiveEvent, RepositorySummary, RepositoryTag, TagHistoryEntry};
use berth_types::page::Paged;
use berth_types::policy::{Action, Resource as Of};
use berth_types::{RepoName, Timestamp};
use filter::Filter;
use history::PostRestoreTag;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use pulls::Pulls;
use safety::{Trust, Vulnerabilities};
use serde::{Deserialize, Serialize};

/// What the list of a repository shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Listing {
    /// Its tags, the usual view.
    #[default]
    Tags,
    /// Its artifacts, with those that have no tag.
    Artifacts,
    /// Where its tags have been.
    History,
}

impl Listing {
    fn read(search: &str) -> Self {
        let tab = query_pairs(search).into_iter().find(|(name, _)| name == "tab").map(|(_, value)| value);
        match tab.as_deref() {
            Some("artifacts") => Listing::Artifacts,
            Some("history") => Listing::History,
            _ => Listing::Tags,
        }
    }

    /// The value in the address; nothing for the usual view.
    const fn word(self) -> Option<&'static str> {
        match self {
            Listing::Tags => None,
            Listing::Artifacts => Some("artifacts"),
            Listing::History => Some("history"),
        }
    }

    /// The order where the address says none: people look for a tag by its name, and for an artifact by its age.
    const fn order(self) -> &'static str {
        match self {
            Listing::Tags => "name",
            Listing::Artifacts => "-push_time",
            Listing::History => "",
        }
    }
}

/// The state of the list. Which rows are open is no part of it: they open without asking the server again.
fn list_state(search: &str, own_page_size: u64) -> ListState {
    ListState::read_for(&with_query(search, &[("open", None)]), Listing::read(search).order(), own_page_size)
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Listed {
    Tags(Paged<RepositoryTag>),
    Artifacts(Paged<Artifact>),
    History(Paged<TagHistoryEntry>),
}

/// The page of a repository.
#[component]
pub(crate) fn Repository(within: InProject, repo: RepoName) -> impl IntoView {
    let search = use_location().search;
    let own = use_page_size();
    let state = Memo::new(move |_| search.with(|search| list_state(search, own.get())));
    let restore = FormAction::of::<PostRestoreTag>();
    let on_top = Signal::derive(move || state.with(|state| state.is_first(Listing::read(&state.search).order())));
    let fresh = use_fresh(format!("repository:{repo}"), changed, on_top, |_| {});
    let client = use_client();
    let shown = {
        let (client, repo) = (client.clone(), repo.clone());
        Resource::new(
            move || restore.version().get(),
            move |_| {
                let (client, repo) = (client.clone(), repo.clone());
                async move { client.repository_summary(&repo).await }
            },
        )
    };
    let listed = {
        let repo = repo.clone();
        Resource::new(
            move || (state.get(), restore.version().get(), fresh.version()),
            move |(state, _, _)| {
                let (client, repo) = (client.clone(), repo.clone());
                async move {
                    let filter = Filter::read(&state.search);
                    let listed = match Listing::read(&state.search) {
                        Listing::Tags => {
                            Listed::Tags(client.repository_tags(&repo, &state.params(filter.of_tags())).await?)
                        }
                        Listing::Artifacts => {
                            Listed::Artifacts(client.artifacts(&repo, &state.params(filter.of_artifacts())).await?)
                        }
                        Listing::History => {
                            Listed::History(client.repository_history(&repo, &state.params(filter.of_moves())).await?)
                        }
                    };
                    Ok((state, listed))
                }
            },
        )
    };
    loaded(shown, move |shown| {
        let (within, repo) = (within.clone(), repo.clone());
        let readme = shown.readme.clone();
        let whole = Whole {
            tags: natural(shown.tag_count),
            artifacts: natural(shown.artifact_count),
            platforms: shown.platforms.clone(),
            labels: shown.labels.clone(),
        };
        let main = shown.main.clone().map(|tag| {
            let repo = repo.clone();
            view! {
                <div class="split" data-side="26">
                    <PullCard repo=repo tag=tag.clone() />
                    <SafetyCard tag=tag />
                </div>
            }
        });
        let (list_repo, list_within) = (repo.clone(), within.clone());
        view! {
            <Head within=within.clone() repo=repo.clone() shown=shown />
            {main}
            <NewRows fresh=fresh href="?" />
            {loaded(
                listed,
                move |(state, listed)| {
                    view! {
                        <List
                            within=list_within.clone()
                            repo=list_repo.clone()
                            state=state
                            listed=listed
                            whole=whole.clone()
                            restore=restore
                        />
                    }
                },
            )}
            <description::ReadmeCard within=within repo=repo readme=readme />
        }
    })
}

/// What an event of the repository is about: its tags, or an artifact without any.
fn changed(event: &LiveEvent) -> Option<String> {
    Some(if event.tags.is_empty() { event.digest.clone() } else { event.tags.join(",") })
}

/// What there is without any filter, and what it can be narrowed to.
#[derive(Clone, Debug, PartialEq)]
struct Whole {
    tags: u64,
    artifacts: u64,
    platforms: Vec<String>,
    labels: Vec<Label>,
}

#[component]
fn Head(within: InProject, repo: RepoName, shown: RepositorySummary) -> impl IntoView {
    let heading = {
        let (name, public) = (repo.to_string(), is_public(&within.project));
        move || {
            view! {
                <span class="name">{breakable(&name)}</span>
                " "
                <Visibility public=public />
            }
        }
    };
    let sub = shown.readme.as_ref().map(|readme| readme.summary.clone()).filter(|summary| !summary.is_empty());
    let meta = move || {
        let size = natural(shown.size);
        let source = shown.source.map(|address| {
            let text = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest).to_owned();
            let label = t!(keys::shelf::SOURCE, address = text);
            view! {
                <Fact icon=Glyph::External>
                    <a href=address rel="external noopener noreferrer nofollow" aria-label=label>
                        {breakable(text.trim_end_matches('/'))}
                    </a>
                </Fact>
            }
        });
        view! {
            <Fact icon=Glyph::Tag>{tn!(keys::count::TAGS, natural(shown.tag_count))}</Fact>
            <Fact icon=Glyph::Db>
                <span title=tn!(keys::count::BYTES, size)>{t!(keys::shelf::SIZE, size = bytes(size))}</span>
            </Fact>
            <Pulls total=shown.pull_count days=shown.pulls />
            <Fact icon=Glyph::Upload>
                <Moment at=shown.push_time label=t!(keys::shelf::LAST_PUSH) never=t!(keys::shelf::NEVER_PUSHED) />
            </Fact>
            <Fact icon=Glyph::Clock>
                <Moment at=shown.pull_time label=t!(keys::shelf::LAST_PULL) never=t!(keys::repository::NEVER_PULLED) />
            </Fact>
            {source}
        }
    };
    let edit = within.rights.may(Of::Repository, Action::Update).then(|| RepositoryPart::Description.of(&repo));
    let delete = within.rights.may(Of::Repository, Action::Delete).then(|| RepositoryPart::Delete.of(&repo));
    let any = edit.is_some() || delete.is_some();
    let actions = move || {
        any.then(|| {
            let both = edit.is_some() && delete.is_some();
            view! {
                <Menu
                    label=t!(keys::repository::ACTIONS)
                    icon=Glyph::More
                    look=Look::Ghost
                    side=MenuSide::End
                >
                    {edit
                        .map(|href| view! { <MenuLink href=href icon=Glyph::Edit text=t!(keys::shelf::README_EDIT) /> })}
                    {both.then(|| view! { <MenuSeparator /> })}
                    {delete
                        .map(|href| {
                            view! {
                                <MenuLink
                                    href=href
                                    icon=Glyph::Trash
                                    danger=true
                                    text=t!(keys::repository::menu::DELETE)
                                />
                            }
                        })}
                </Menu>
            }
        })
    };
    view! { <PageHead title=heading sub=sub meta=meta actions=actions /> }
}

/// When something last happened, or that it never did.
#[component]
fn Moment(at: Timestamp, label: String, never: String) -> impl IntoView {
    if at == Timestamp::NEVER {
        return never.into_any();
    }
    view! {
        {label}
        " "
        <TimeAgo at=at />
    }
    .into_any()
}

/// How to pull the main tag: the next command, whole.
#[component]
fn PullCard(repo: RepoName, tag: RepositoryTag) -> impl IntoView {
    let server = use_session().with_untracked(Session::server);
    let commands = PullCommands::new(&server.host, &repo, &tag.kind);
    let runtime = use_runtime();
    let choice = commands.follows_runtime().then(|| view! { <RuntimeChoice /> });
    let set_up = set_up_href(&repo.project(), Some(&repo), Some(&tag.name));
    let shown = move || commands.clone().by(runtime.get(), server.https);
    let by_tag = {
        let (shown, name) = (shown.clone(), tag.name.clone());
        Signal::derive(move || shown().by_tag(&name))
    };
    let by_digest = Signal::derive(move || shown().by_digest(&tag.digest));
    view! {
        <Card label=t!(keys::repository::PULL)>
            <CardBody>
                <div class="stack g2">
                    <div class="row between">
                        <h2 class="small strong">{t!(keys::repository::PULL_TITLE, tag = tag.name)}</h2>
                        {choice}
                    </div>
                    <CopyCommand text=by_tag label=t!(keys::copy::PULL_BY_TAG) />
                    <span class="tiny muted">{t!(keys::repository::BY_DIGEST)}</span>
                    <CopyCommand text=by_digest label=t!(keys::copy::PULL_BY_DIGEST) />
                    <p class="small">
                        <a href=set_up>{t!(keys::newcomer::OTHER_CLIENTS)}</a>
                    </p>
                </div>
            </CardBody>
        </Card>
    }
}

/// Whether the main tag is safe, at a glance.
#[component]
fn SafetyCard(tag: RepositoryTag) -> impl IntoView {
    let RepositoryTag { name, digest, size, push_time, signatures, sbom, vulnerabilities, .. } = tag;
    view! {
        <Card label=t!(keys::shelf::SAFETY, tag = name)>
            <CardBody>
                <div class="stack g2">
                    <div class="row between">
                        <h2 class="small strong">{name}</h2>
                        <DigestChip digest=digest />
                    </div>
                    <div class="row">
                        <Trust signatures=signatures sbom=sbom />
                        <Vulnerabilities found=vulnerabilities />
                    </div>
                    <p class="row tiny muted">
                        <ByteSize bytes=natural(size) />
                        // A restore or a new tag is no push.
                        <span>{t!(keys::shelf::TAGGED)} " " <TimeAgo at=push_time /></span>
                    </p>
                </div>
            </CardBody>
        </Card>
    }
}

#[component]
fn List(
    within: InProject,
    repo: RepoName,
    state: ListState,
    listed: Listed,
    whole: Whole,
    restore: FormAction,
) -> impl IntoView {
    let listing = Listing::read(&state.search);
    let filter = Filter::read(&state.search);
    let tab = |each: Listing, label: String, count: Option<u64>| {
        // Another list has other words to search for and other orders.
        Tab { label, href: with_query("", &[("tab", each.word())]), count, current: each == listing }
    };
    let tabs = vec![
        tab(Listing::Tags, t!(keys::repository::TAB_TAGS), Some(whole.tags)),
        tab(Listing::Artifacts, t!(keys::repository::TAB_ARTIFACTS), Some(whole.artifacts)),
        tab(Listing::History, t!(keys::repository::TAB_HISTORY), None),
    ];
    let list = match listed {
        Listed::Tags(tags) => {
            view! { <tags::TagList within=within repo=repo state=state filter=filter tags=tags whole=whole /> }
                .into_any()
        }
        Listed::Artifacts(artifacts) => {
            let filter = filter.among_artifacts();
            view! {
                <artifacts::ArtifactList
                    within=within
                    repo=repo
                    state=state
                    filter=filter
                    artifacts=artifacts
                    whole=whole
                />
            }
            .into_any()
        }
        Listed::History(moves) => view! {
            <history::RepositoryHistory
                within=within
                repo=repo
                state=state
                filter=filter
                moves=moves
                action=restore
            />
        }
        .into_any(),
    };
    view! {
        <Tabs label=t!(keys::repository::TABS) tabs=tabs />
        {list}
    }
}

/// A list that a push would fill: the command for those who may, the way to the first pull for others.
#[component]
fn NothingPushed(repo: RepoName, icon: Glyph, title: String, text: String, may_push: bool) -> impl IntoView {
    let command = MaybeText(may_push.then(|| push_command(&repo)));
    let set_up = (!may_push).then(|| {
        let href = set_up_href(&repo.project(), Some(&repo), None);
        view! {
            <LinkButton href=href icon=Glyph::Terminal>
                {t!(keys::newcomer::TITLE)}
            </LinkButton>
        }
    });
    view! {
        <Empty icon=icon title=title text=text command=command>
            {set_up}
        </Empty>
    }
}

/// The command that pushes another tag to a repository.
fn push_command(repo: &RepoName) -> String {
    let runtime = use_runtime().get_untracked();
    use_session().with_untracked(|session| PushCommands::with(runtime, &session.server(), repo))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_names_the_list() {
        assert_eq!(Listing::read("?tab=artifacts&q=a"), Listing::Artifacts);
        assert_eq!(Listing::read("?tab=history"), Listing::History);
        assert_eq!(Listing::read("?tab=else"), Listing::Tags);
    }

    #[test]
    fn opening_a_row_asks_for_nothing() {
        let list_state = |search| list_state(search, 50);
        assert_eq!(list_state("?q=v&open=v1"), list_state("?q=v&open=v1,v2"));
        assert_eq!((list_state("?open=v1").sort.as_str(), list_state("?open=v1").page_size), ("name", 50));
        assert_eq!(list_state("?tab=artifacts").sort, "-push_time");
        assert_ne!(list_state("?q=v"), list_state("?q=w"));
    }
}
