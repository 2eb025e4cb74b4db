//! The pages of a project and of its repositories: which one an address names, and the frame around them.

pub(crate) mod access;
mod ask;
mod audit;
mod checks;
pub(crate) mod commands;
pub(crate) mod crumbs;
mod delete;
mod immutability;
mod labels;
mod members;
mod path;
mod preheat;
mod repositories;
pub(crate) mod retention;
mod rights;
mod robots;
mod scanner;
pub(crate) mod set_up;
mod settings;
mod storage;
mod visibility;
mod webhooks;

pub(crate) use ask::AskFor;
pub(crate) use members::role_options;
pub(crate) use storage::StorageFacts;

pub use path::{ArtifactPart, PagePath, ProjectPart, RepositoryPart, artifact_href};
pub use rights::{Rights, is_public};

use crate::apart::draw_apart;
use crate::client::{ApiError, ApiResult, use_client};
use crate::frame::Frame;
use crate::i18n::{keys, use_catalog};
use crate::load::Resource;
use crate::pages::{ErrorView, artifact, bulk, repository};
use crate::session::use_session;
use crate::t;
use crate::ui::{Badge, Crumb, Empty, Glyph, LinkButton, Skeleton, Tone};
use berth_types::api::Project;
use berth_types::policy::{Action, Resource as Of, Right};
use berth_types::{ProjectName, RepoName};
use crumbs::{crumbs, title};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

/// The project that a page belongs to, and what its visitor may do there.
#[derive(Clone)]
pub(crate) struct InProject {
    /// The project as the API shows it.
    pub project: Project,
    /// Its name.
    pub name: ProjectName,
    /// What the visitor may do.
    pub rights: Rights,
    source: Resource<ApiResult<Project>>,
}

impl InProject {
    /// Loads the project again: something of it was changed.
    pub fn changed(&self) {
        self.source.refetch();
    }
}

/// Every page below a project's address. The project is loaded once for all of them.
#[component]
pub fn ProjectPages() -> impl IntoView {
    let pathname = use_location().pathname;
    let page = Memo::new(move |_| pathname.with(|path| PagePath::parse(path)));
    let name = Memo::new(move |_| page.with(|page| page.as_ref().map(PagePath::project)));
    let client = use_client();
    let source = Resource::new(
        move || name.get(),
        move |name| {
            let client = client.clone();
            async move {
                match name {
                    Some(name) => client.project(&name).await,
                    None => Err(ApiError::not_found()),
                }
            }
        },
    );
    let loading = t!(keys::common::LOADING);
    source.drawn(
        move || {
            let loading = loading.clone();
            view! {
                <Frame crumbs=top()>
                    <Skeleton label=loading />
                </Frame>
            }
            .into_any()
        },
        move |project| match project {
            Ok(project) => view! { <PagesOf project=project page=page source=source /> }.into_any(),
            Err(error) => view! {
                <Frame crumbs=top()>
                    <ErrorView error=error />
                </Frame>
            }
            .into_any(),
        },
    )
}

/// Where a page stands that has no project to show.
fn top() -> Vec<Crumb> {
    vec![Crumb::link(t!(keys::projects::TITLE), "/projects")]
}

#[component]
fn PagesOf(project: Project, page: Memo<Option<PagePath>>, source: Resource<ApiResult<Project>>) -> impl IntoView {
    // The address may be that of the next project already, while this one is still shown.
    let shown = project.name.clone();
    let page = Memo::new(move |_| page.get().filter(|page| page.project().as_str() == shown));
    let Ok(name) = project.name.parse::<ProjectName>() else {
        return view! { <ErrorView error=ApiError::not_found() /> }.into_any();
    };
    let rights = use_session().with_untracked(|session| Rights::of(&project, session));
    let nav = rights.nav(name.as_str());
    let within = InProject { project, name, rights, source };
    let catalog = use_catalog();
    let trail =
        Signal::derive(move || page.with(|page| page.as_ref().map(|page| crumbs(page, &catalog)).unwrap_or_default()));
    let heading = move || page.with(|page| page.as_ref().map(|page| title(page, &catalog)).unwrap_or_default());
    view! {
        <Title text=heading />
        <Frame crumbs=trail project=nav>
            {move || page.get().map(|page| draw(page, within.clone()))}
        </Frame>
    }
    .into_any()
}

/// Waits for the code of the page that the address names: what the server drew is taken over at once.
pub(crate) async fn load_part() {
    #[cfg(target_arch = "wasm32")]
    match window().location().pathname().ok().and_then(|path| PagePath::parse(&path)) {
        None => {}
        Some(PagePath::Project(_, ProjectPart::Repositories)) => load_front().await,
        Some(PagePath::Project(..)) => load_project().await,
        Some(PagePath::Repository(..)) => load_repository().await,
    }
}

fn draw(page: PagePath, within: InProject) -> AnyView {
    match page {
        PagePath::Project(_, ProjectPart::Repositories) => draw_apart!(front(within)),
        PagePath::Project(_, part) => draw_apart!(of_project(part, within)),
        PagePath::Repository(repo, part) => draw_apart!(of_repository(repo, part, within)),
    }
}

/// What most visitors see first comes with the pages that lead here, without the rest of a project's pages.
#[cfg_attr(target_arch = "wasm32", leptos::wasm_split::wasm_split(front, wasm_split_path = ::leptos::wasm_split, preload(load_front)))]
fn front(within: InProject) -> AnyView {
    view! { <repositories::Repositories within=within /> }.into_any()
}

#[cfg_attr(target_arch = "wasm32", leptos::wasm_split::wasm_split(project, wasm_split_path = ::leptos::wasm_split, preload(load_project)))]
fn of_project(part: ProjectPart, within: InProject) -> AnyView {
    match part {
        ProjectPart::Repositories => draw_apart!(front(within)),
        ProjectPart::SetUp => view! { <set_up::SetUp within=within /> }.into_any(),
        ProjectPart::Members => view! { <members::Members within=within /> }.into_any(),
        ProjectPart::ExplainMember => view! { <members::ExplainMember within=within /> }.into_any(),
        ProjectPart::NewGroupMember => view! { <members::NewGroupMember within=within /> }.into_any(),
        ProjectPart::NewMember => view! { <members::NewMember within=within /> }.into_any(),
        ProjectPart::RemoveMember(id) => view! { <members::RemoveMember within=within id=id /> }.into_any(),
        ProjectPart::Labels | ProjectPart::NewLabel | ProjectPart::EditLabel(_) | ProjectPart::DeleteLabel(_) => {
            labels::draw(&part, within)
        }
        ProjectPart::Robots
        | ProjectPart::NewRobot
        | ProjectPart::EditRobot(_)
        | ProjectPart::RobotSecret(_)
        | ProjectPart::DeleteRobot(_) => robots::draw(&part, within),
        ProjectPart::Retention => view! { <retention::Retention within=within /> }.into_any(),
        ProjectPart::DeleteRetention => view! { <retention::DeleteRetention within=within /> }.into_any(),
        ProjectPart::Immutability => view! { <immutability::Immutability within=within /> }.into_any(),
        ProjectPart::NewImmutable => view! { <immutability::NewImmutable within=within /> }.into_any(),
        ProjectPart::EditImmutable(id) => view! { <immutability::EditImmutable within=within id=id /> }.into_any(),
        ProjectPart::DeleteImmutable(id) => view! { <immutability::DeleteImmutable within=within id=id /> }.into_any(),
        ProjectPart::Webhooks => view! { <webhooks::Webhooks within=within /> }.into_any(),
        ProjectPart::NewWebhook => view! { <webhooks::NewWebhook within=within /> }.into_any(),
        ProjectPart::EditWebhook(id) => view! { <webhooks::EditWebhook within=within id=id /> }.into_any(),
        ProjectPart::DeleteWebhook(id) => view! { <webhooks::DeleteWebhook within=within id=id /> }.into_any(),
        ProjectPart::Scanner => view! { <scanner::Scanner within=within /> }.into_any(),
        ProjectPart::Allowlist => view! { <scanner::Allowlist within=within /> }.into_any(),
        ProjectPart::Preheat
        | ProjectPart::NewPreheat
        | ProjectPart::EditPreheat(_)
        | ProjectPart::DeletePreheat(_) => preheat::draw(&part, within),
        ProjectPart::Audit => view! { <audit::Audit within=within /> }.into_any(),
        ProjectPart::Settings => view! { <settings::Settings within=within /> }.into_any(),
        ProjectPart::Visibility => view! { <visibility::Visibility within=within /> }.into_any(),
        ProjectPart::Storage => view! { <storage::Storage within=within /> }.into_any(),
        ProjectPart::Bulk => {
            let (place, project) = (bulk::Place::Project(within.name), within.project.project_id);
            view! { <bulk::Bulk place=place project=Some(project) /> }.into_any()
        }
        ProjectPart::Delete => view! { <delete::DeleteProject within=within /> }.into_any(),
    }
}

#[cfg_attr(target_arch = "wasm32", leptos::wasm_split::wasm_split(repository, wasm_split_path = ::leptos::wasm_split, preload(load_repository)))]
fn of_repository(repo: RepoName, part: RepositoryPart, within: InProject) -> AnyView {
    match part {
        RepositoryPart::Tags => view! { <repository::Repository within=within repo=repo /> }.into_any(),
        RepositoryPart::Description => view! { <repository::Description within=within repo=repo /> }.into_any(),
        RepositoryPart::Bulk => {
            let project = within.project.project_id;
            view! { <bulk::Bulk place=bulk::Place::Repository(repo) project=Some(project) /> }.into_any()
        }
        RepositoryPart::Delete => view! { <repository::DeleteRepository within=within repo=repo /> }.into_any(),
        RepositoryPart::TagHistory(tag) => {
            view! { <repository::TagHistory within=within repo=repo tag=tag /> }.into_any()
        }
        RepositoryPart::DeleteTag(tag) => {
            view! { <repository::DeleteTag within=within repo=repo tag=tag /> }.into_any()
        }
        RepositoryPart::Artifact(reference) => {
            view! { <artifact::Overview within=within repo=repo reference=reference /> }.into_any()
        }
        RepositoryPart::Layers(reference) => {
            view! { <artifact::Layers within=within repo=repo reference=reference /> }.into_any()
        }
        RepositoryPart::Inside(reference, part) => artifact::inside(within, repo, reference, part),
        RepositoryPart::Labels(reference) => {
            view! { <artifact::ArtifactLabels within=within repo=repo reference=reference /> }.into_any()
        }
        RepositoryPart::NewTag(reference) => {
            view! { <artifact::NewTag within=within repo=repo reference=reference /> }.into_any()
        }
        RepositoryPart::DeleteArtifact(reference) => {
            view! { <artifact::DeleteArtifact within=within repo=repo reference=reference /> }.into_any()
        }
    }
}

/// Who may pull from a project, in one word.
#[component]
pub(crate) fn Visibility(
    /// Whether anybody may.
    public: bool,
    /// Whether the project holds what it fetched from another registry.
    #[prop(optional)]
    proxy: bool,
) -> impl IntoView {
    let (tone, icon, text) = match (proxy, public) {
        (true, _) => (Tone::Info, Glyph::Cloud, t!(keys::project::PROXY)),
        (false, true) => (Tone::Neutral, Glyph::Globe, t!(keys::project::PUBLIC)),
        (false, false) => (Tone::Neutral, Glyph::Lock, t!(keys::project::PRIVATE)),
    };
    view! {
        <Badge tone=tone icon=icon>
            {text}
        </Badge>
    }
}

/// A list that its search leaves empty.
#[component]
pub(crate) fn NoMatch(
    /// What was searched for.
    query: String,
    /// The page without the search; without anything where it is not given.
    #[prop(default = "?".to_owned())]
    clear: String,
) -> impl IntoView {
    view! {
        <Empty icon=Glyph::Search title=t!(keys::filter::NO_MATCH, query = query) text=t!(keys::filter::NO_MATCH_TEXT)>
            <LinkButton href=clear icon=Glyph::X>
                {t!(keys::filter::CLEAR)}
            </LinkButton>
        </Empty>
    }
}

/// The next step that only a project admin may take: the members page says who that is.
#[component]
pub(crate) fn AskAdmin(
    /// Where.
    project: ProjectName,
) -> impl IntoView {
    view! {
        <LinkButton href=ProjectPart::Members.of(&project) icon=Glyph::Users>
            {t!(keys::members::WHO_MAY)}
        </LinkButton>
    }
}

/// A page in place of one that the visitor's role does not allow.
#[component]
pub(crate) fn NotAllowed(
    /// What the page takes.
    needs: (Of, Action),
) -> impl IntoView {
    let signed_in = use_session().with_untracked(|session| session.user.is_some());
    let (resource, action) = needs;
    let lacking = || ApiError::lacking(Right::in_project(resource, action));
    let error = if signed_in { lacking() } else { ApiError::unauthorized() };
    view! { <ErrorView error=error /> }
}
