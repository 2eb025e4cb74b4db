//! A repository: what it is, how to pull from it, its tags and artifacts.

mod artifacts;
mod description;
mod forms;
mod history;
mod pull;
mod tags;

pub(crate) use description::Description;
pub(crate) use forms::{DeleteRepository, DeleteTag};
pub(crate) use history::TagHistory;
pub(crate) use pull::{PullMenu, PullPanel};

use crate::client::use_client;
use crate::format::TimeAgo;
use crate::i18n::keys;
use crate::pages::loaded;
use crate::pages::project::commands::{PullCommands, PushCommands};
use crate::pages::project::{InProject, RepositoryPart, Visibility, is_public, natural};
use crate::query::{ListState, use_list_state};
use crate::session::use_session;
use crate::t;
use crate::ui::{
    Card, CardBody, CopyCommand, Fact, Glyph, Look, Menu, MenuLink, MenuSeparator, MenuSide, PageHead, Tab, Tabs,
    breakable, query_pairs, with_query,
};
use berth_types::RepoName;
use berth_types::api::{Artifact, Repository as Shown, RepositoryTag};
use berth_types::page::Paged;
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the list of a repository shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Listing {
    /// Its tags, the usual view.
    #[default]
    Tags,
    /// Its artifacts, with those that have no tag.
    Artifacts,
}

impl Listing {
    fn read(search: &str) -> Self {
        let artifacts = query_pairs(search).iter().any(|(name, value)| name == "tab" && value == "artifacts");
        if artifacts { Listing::Artifacts } else { Listing::Tags }
    }
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Listed {
    Tags(Paged<RepositoryTag>),
    Artifacts(Paged<Artifact>),
}

impl Listed {
    /// The tag that most people want: `latest`, else the newest of those shown.
    fn main_tag(&self) -> Option<&RepositoryTag> {
        let Listed::Tags(tags) = self else { return None };
        let latest = tags.items.iter().find(|tag| tag.name == "latest");
        latest.or_else(|| tags.items.iter().max_by_key(|tag| tag.push_time))
    }
}

/// The page of a repository.
#[component]
pub(crate) fn Repository(within: InProject, repo: RepoName) -> impl IntoView {
    let state = use_list_state("-push_time");
    let client = use_client();
    let shown = {
        let (client, repo) = (client.clone(), repo.clone());
        Resource::new(
            || (),
            move |()| {
                let (client, repo) = (client.clone(), repo.clone());
                async move { client.repository(&repo).await }
            },
        )
    };
    let listed = {
        let repo = repo.clone();
        Resource::new(
            move || state.get(),
            move |state| {
                let (client, repo) = (client.clone(), repo.clone());
                async move {
                    let listed = match Listing::read(&state.search) {
                        Listing::Tags => {
                            Listed::Tags(client.repository_tags(&repo, &state.params(state.fuzzy("name"))).await?)
                        }
                        Listing::Artifacts => {
                            Listed::Artifacts(client.artifacts(&repo, &state.params(state.fuzzy("digest"))).await?)
                        }
                    };
                    Ok((state, listed))
                }
            },
        )
    };
    loaded(shown, move |shown| {
        let (within, repo) = (within.clone(), repo.clone());
        let main = {
            let repo = repo.clone();
            move || {
                let repo = repo.clone();
                Suspend::new(async move {
                    let (_, listed) = listed.await.ok()?;
                    let tag = listed.main_tag()?.clone();
                    Some(view! { <PullCard repo=repo tag=tag /> })
                })
            }
        };
        let description = shown.description.clone();
        let (list_repo, list_within) = (repo.clone(), within.clone());
        view! {
            <Head within=within.clone() repo=repo.clone() shown=shown />
            <Transition>{main}</Transition>
            {loaded(
                listed,
                move |(state, listed)| {
                    view! { <List within=list_within.clone() repo=list_repo.clone() state=state listed=listed /> }
                },
            )}
            <description::DescriptionCard within=within repo=repo description=description />
        }
    })
}

#[component]
fn Head(within: InProject, repo: RepoName, shown: Shown) -> impl IntoView {
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
    let (artifacts, pulls, updated) = (natural(shown.artifact_count), natural(shown.pull_count), shown.update_time);
    let meta = move || {
        view! {
            <Fact icon=Glyph::Layers>{crate::tn!(keys::count::ARTIFACTS, artifacts)}</Fact>
            <Fact icon=Glyph::Download>{crate::tn!(keys::count::PULLS, pulls)}</Fact>
            <Fact icon=Glyph::Clock>
                {t!(keys::repositories::UPDATED)} " " <TimeAgo at=updated />
            </Fact>
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
                        .map(|href| {
                            view! { <MenuLink href=href icon=Glyph::Edit text=t!(keys::repository::menu::EDIT_INFO) /> }
                        })}
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
    let sub = crate::pages::project::first_line(&shown.description);
    view! { <PageHead title=heading sub=sub meta=meta actions=actions /> }
}

/// How to pull the main tag: the next command, whole.
#[component]
fn PullCard(repo: RepoName, tag: RepositoryTag) -> impl IntoView {
    let commands = use_session().with_untracked(|session| PullCommands::new(session.registry(), &repo, &tag.kind));
    view! {
        <Card label=t!(keys::repository::PULL)>
            <CardBody>
                <div class="stack g2">
                    <h2 class="small strong">{t!(keys::repository::PULL_TITLE, tag = tag.name)}</h2>
                    <CopyCommand text=commands.by_tag(&tag.name) label=t!(keys::copy::PULL_BY_TAG) />
                    <span class="tiny muted">{t!(keys::repository::BY_DIGEST)}</span>
                    <CopyCommand text=commands.by_digest(&tag.digest) label=t!(keys::copy::PULL_BY_DIGEST) />
                </div>
            </CardBody>
        </Card>
    }
}

#[component]
fn List(within: InProject, repo: RepoName, state: ListState, listed: Listed) -> impl IntoView {
    let listing = Listing::read(&state.search);
    let tab = |each: Listing, label: String, word: Option<&str>| {
        // Another list has other words to search for and other orders.
        let href = with_query("", &[("tab", word)]);
        let total = match (&listed, each == listing) {
            (Listed::Tags(tags), true) => Some(natural(tags.total)),
            (Listed::Artifacts(artifacts), true) => Some(natural(artifacts.total)),
            (Listed::Tags(_) | Listed::Artifacts(_), false) => None,
        };
        Tab { label, href, count: total, current: each == listing }
    };
    let tabs = vec![
        tab(Listing::Tags, t!(keys::repository::TAB_TAGS), None),
        tab(Listing::Artifacts, t!(keys::repository::TAB_ARTIFACTS), Some("artifacts")),
    ];
    let list = match listed {
        Listed::Tags(tags) => view! { <tags::TagList within=within repo=repo state=state tags=tags /> }.into_any(),
        Listed::Artifacts(artifacts) => {
            view! { <artifacts::ArtifactList within=within repo=repo state=state artifacts=artifacts /> }.into_any()
        }
    };
    view! {
        <Tabs label=t!(keys::repository::TABS) tabs=tabs />
        {list}
    }
}

/// The command that pushes another tag to a repository.
fn push_command(repo: &RepoName) -> String {
    use_session().with_untracked(|session| PushCommands::to(session.registry(), repo))
}

#[cfg(test)]
mod tests {
    use super::*;
    use berth_types::{ArtifactId, Timestamp};

    fn tag(name: &str, seconds: i64) -> RepositoryTag {
        RepositoryTag {
            name: name.to_owned(),
            digest: String::new(),
            artifact_id: ArtifactId(1),
            kind: "IMAGE".to_owned(),
            size: 0,
            platforms: Vec::new(),
            push_time: Timestamp::from_unix_seconds(seconds),
            pull_time: Timestamp::NEVER,
        }
    }

    #[test]
    fn the_main_tag_is_latest_or_the_newest() {
        let main = |tags: Vec<RepositoryTag>| {
            Listed::Tags(Paged { items: tags, total: 0 }).main_tag().map(|tag| tag.name.clone())
        };
        assert_eq!(main(vec![tag("v1", 1), tag("v3", 3), tag("v2", 2)]).as_deref(), Some("v3"));
        assert_eq!(main(vec![tag("v1", 9), tag("latest", 2)]).as_deref(), Some("latest"));
        assert_eq!(main(Vec::new()), None);
    }

    #[test]
    fn the_address_names_the_list() {
        assert_eq!(Listing::read("?tab=artifacts&q=a"), Listing::Artifacts);
        assert_eq!(Listing::read("?tab=else"), Listing::Tags);
    }
}
