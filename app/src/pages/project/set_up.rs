//! "Set me up": the whole way of one client, from signing in to the first pull, with the real host, project and name.

use super::{InProject, ProjectPart};
use crate::client::{Client as Api, ListParams, use_client};
use crate::i18n::{Key, keys};
use crate::load::Resource;
use crate::runtime::{Runtime, set_runtime, use_runtime};
use crate::session::{sign_in_href, use_session};
use crate::snippets::{Client, Purpose, Registry, Step, TAG, Target, steps};
use crate::t;
use crate::ui::{
    Callout, CalloutActions, Card, CardBody, CodeBlock, CopyCommand, Glyph, KeyValue, KeyValues, LinkButton, Look,
    PageHead, Size, Skeleton, Tab, Tabs, Tone, query_pairs, with_query,
};
use berth_types::policy::{Action, Resource as Of};
use berth_types::{ProjectName, RepoName, TagName};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The page that sets clients up for a project, or for one of its repositories and tags.
pub(crate) fn set_up_href(project: &ProjectName, repo: Option<&RepoName>, tag: Option<&str>) -> String {
    let page = ProjectPart::SetUp.of(project);
    let within = repo.map(RepoName::within_project);
    if within.is_none() {
        return page;
    }
    format!("{page}{}", with_query("", &[("repository", within), ("tag", tag)]))
}

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asked {
    client: Option<Client>,
    repository: Option<RepoName>,
    tag: Option<String>,
}

impl Asked {
    /// Reads a query. What can be no name is left out.
    fn read(search: &str, project: &ProjectName) -> Self {
        let mut asked = Asked::default();
        for (name, value) in query_pairs(search) {
            match name.as_str() {
                "client" => asked.client = Client::from_code(&value),
                "repository" => asked.repository = RepoName::new(project, &value).ok(),
                "tag" => asked.tag = value.parse::<TagName>().ok().map(|tag| tag.to_string()),
                _ => {}
            }
        }
        asked
    }
}

/// Whether the visitor may push here. What a project fetched from elsewhere is pushed there.
pub(super) fn pushes(within: &InProject) -> bool {
    within.rights.may_push() && within.project.registry_id.is_none()
}

/// What the visitor can do here.
pub(super) fn target(within: &InProject, repository: Option<RepoName>, tag: Option<String>) -> Target {
    let (registry, username) = use_session()
        .with_untracked(|session| (session.server(), session.user.as_ref().map(|user| user.username.clone())));
    Target {
        registry,
        project: within.name.clone(),
        repository,
        tag: tag.unwrap_or_else(|| TAG.to_owned()),
        username,
        push: pushes(within),
        public: super::is_public(&within.project),
    }
}

/// What is there to pull: the repository that changed last, within its project, and the tag of it that most people want. Nothing
/// where there is none, or where it cannot be found out: then the commands have an example.
async fn there_to_pull(client: Api, project: ProjectName) -> Option<(String, String)> {
    let newest = ListParams { sort: "-update_time".to_owned(), page: 1, page_size: 1, ..ListParams::default() };
    let found = client.repositories(&project, &newest).await.ok()?.items.into_iter().next()?;
    let repo: RepoName = found.name.parse().ok()?;
    let tag = client.repository_summary(&repo).await.ok()?.main?.name;
    Some((repo.within_project().to_owned(), tag))
}

/// The page.
#[component]
pub(crate) fn SetUp(within: InProject) -> impl IntoView {
    let runtime = use_runtime();
    let search = use_location().search;
    let asked = {
        let project = within.name.clone();
        Memo::new(move |_| search.with(|search| Asked::read(search, &project)))
    };
    // Which engine somebody sets up is the one that this person works with.
    #[cfg(feature = "ssr")]
    if let Some(chosen) = asked.with_untracked(|asked| asked.client).and_then(Runtime::of) {
        crate::preference::remember(crate::runtime::COOKIE, chosen.code());
    }
    Effect::new(move || {
        let chosen = asked.with(|asked| asked.client).and_then(Runtime::of);
        if let Some(chosen) = chosen.filter(|chosen| *chosen != runtime.get_untracked()) {
            set_runtime(runtime, chosen);
        }
    });
    let current =
        Memo::new(move |_| asked.with(|asked| asked.client).unwrap_or_else(|| runtime.get_untracked().client()));
    let tabs = Signal::derive(move || {
        let tab = |client: Client| {
            let href = search.with(|search| with_query(search, &[("client", Some(client.code()))]));
            Tab { label: client.name().to_owned(), href, count: None, current: client == current.get() }
        };
        Client::ALL.map(tab).to_vec()
    });
    let sub = t!(keys::newcomer::SUB, project = within.name);
    let back = ProjectPart::Repositories.of(&within.name);
    // Who pushes begins with a name of their own; whoever pulls needs one that is there.
    let pulls = !pushes(&within) && within.project.repo_count > 0;
    let (client, project) = (use_client(), within.name.clone());
    let example = Resource::new(
        move || pulls && asked.with(|asked| asked.repository.is_none()),
        move |is_needed| {
            let (client, project) = (client.clone(), project.clone());
            async move { if is_needed { there_to_pull(client, project).await } else { None } }
        },
    );
    let loading = t!(keys::common::LOADING);
    let shown = example.drawn(
        move || view! { <Skeleton label=loading.clone() /> }.into_any(),
        move |example| {
            let within = within.clone();
            let way = move || {
                let Asked { repository, tag, .. } = asked.get();
                let (repository, tag) = match (repository, &example) {
                    (None, Some((name, tag))) => (RepoName::new(&within.name, name).ok(), Some(tag.clone())),
                    (repository, _) => (repository, tag),
                };
                view! { <Way within=within.clone() client=current.get() target=target(&within, repository, tag) /> }
            };
            way.into_any()
        },
    );
    view! {
        <PageHead
            title=|| t!(keys::newcomer::TITLE)
            sub=sub
            actions=move || {
                view! { <LinkButton href=back icon=Glyph::Project>{t!(keys::newcomer::BACK)}</LinkButton> }
            }
        />
        <Tabs label=t!(keys::newcomer::CLIENT) tabs=tabs />
        {shown}
    }
}

/// The steps of one client, and what to know about them.
#[component]
fn Way(within: InProject, client: Client, target: Target) -> impl IntoView {
    let steps = steps(client, &target);
    let hint = hint(client, &target.registry);
    let asks = steps.iter().any(|step| matches!(step.purpose, Purpose::SignIn | Purpose::Secret));
    let robots = within.rights.may(Of::Robot, Action::List).then(|| ProjectPart::Robots.of(&within.name));
    let pulls_only = (!target.push).then(|| {
        let signed_in = target.username.is_some();
        let (title, text) = if signed_in {
            (t!(keys::newcomer::PULL_ONLY), t!(keys::newcomer::PULL_ONLY_TEXT))
        } else {
            (t!(keys::newcomer::SIGNED_OUT), t!(keys::newcomer::SIGNED_OUT_TEXT))
        };
        view! {
            <Callout tone=Tone::Info title=title text=text>
                {(!signed_in)
                    .then(|| {
                        view! {
                            <CalloutActions>
                                <LinkButton href=sign_in_href() size=Size::Small look=Look::Primary>
                                    {t!(keys::nav::SIGN_IN)}
                                </LinkButton>
                            </CalloutActions>
                        }
                    })}
            </Callout>
        }
    });
    let plain = (!target.registry.https).then(|| {
        let text =
            if target.registry.is_loopback() { t!(keys::newcomer::PLAIN_HERE) } else { t!(keys::newcomer::PLAIN_TEXT) };
        let tone = if target.registry.is_loopback() { Tone::Info } else { Tone::Warn };
        view! { <Callout tone=tone title=t!(keys::newcomer::PLAIN) text=text /> }
    });
    let protocol = if target.registry.https { "HTTPS" } else { "HTTP" };
    let user = target.username.unwrap_or_else(|| t!(keys::common::ANONYMOUS));
    view! {
        {pulls_only}
        <div class="split" data-side="26">
            <Card title=t!(keys::newcomer::STEPS, client = client.name())>
                <CardBody stack=true>
                    {hint.map(|key| view! { <p class="small muted">{t!(key)}</p> })} <StepList steps=steps />
                </CardBody>
            </Card>
            <div class="stack g3">
                {plain} <Card title=t!(keys::newcomer::KNOW)>
                    <CardBody stack=true>
                        <KeyValues>
                            <KeyValue label=t!(keys::common::REGISTRY_HOST)>
                                <span class="mono">{target.registry.host}</span>
                            </KeyValue>
                            <KeyValue label=t!(keys::newcomer::PROTOCOL)>{protocol}</KeyValue>
                            <KeyValue label=t!(keys::sign_in::USERNAME)>{user}</KeyValue>
                        </KeyValues>
                        {asks.then(|| view! { <p class="small muted">{t!(keys::newcomer::PASSWORD)}</p> })}
                        {robots
                            .map(|href| {
                                view! {
                                    <p class="small muted">
                                        {t!(keys::newcomer::ROBOT)} " " <a href=href>{t!(keys::robots::TITLE)}</a>
                                    </p>
                                }
                            })}
                    </CardBody>
                </Card>
            </div>
        </div>
    }
}

/// Steps one below the other, numbered.
#[component]
pub(super) fn StepList(
    /// The steps in order.
    steps: Vec<Step>,
) -> impl IntoView {
    let many = steps.len() > 1;
    let step = move |(index, step): (usize, Step)| {
        let title = t!(title(step.purpose));
        let title = if many { format!("{}. {title}", index + 1) } else { title };
        let text = match step.file {
            Some(path) => view! { <CodeBlock text=step.text label=path /> }.into_any(),
            None => view! { <CopyCommand text=step.text /> }.into_any(),
        };
        view! {
            <div class="stack g1">
                <p class="small strong">{title}</p>
                {text}
            </div>
        }
    };
    steps.into_iter().enumerate().map(step).collect_view()
}

/// What a step is called.
fn title(purpose: Purpose) -> Key {
    use keys::newcomer::step as k;
    match purpose {
        Purpose::Trust => k::TRUST,
        Purpose::SignIn => k::SIGN_IN,
        Purpose::Name => k::NAME,
        Purpose::Package => k::PACKAGE,
        Purpose::Push => k::PUSH,
        Purpose::Pull => k::PULL,
        Purpose::Install => k::INSTALL,
        Purpose::Keys => k::KEYS,
        Purpose::Sign => k::SIGN,
        Purpose::Verify => k::VERIFY,
        Purpose::Hosts => k::HOSTS,
        Purpose::Secret => k::SECRET,
        Purpose::Use => k::USE,
    }
}

/// What one has to know before the first step.
fn hint(client: Client, registry: &Registry) -> Option<Key> {
    use keys::newcomer::hint as k;
    match client {
        Client::Docker if !registry.https && !registry.is_loopback() => Some(k::DOCKER_PLAIN),
        Client::Helm => Some(k::HELM),
        Client::Cosign => Some(k::COSIGN),
        Client::Skopeo => Some(k::SKOPEO),
        Client::Containerd => Some(k::CONTAINERD),
        Client::Kubernetes if !registry.https => Some(k::KUBERNETES_PLAIN),
        Client::Kubernetes => Some(k::KUBERNETES),
        Client::Docker | Client::Podman | Client::Nerdctl | Client::Oras => None,
    }
}

/// The steps of the engine that the visitor works with, up to the push. They follow the choice of another engine.
#[component]
pub(super) fn PushSteps(within: InProject) -> impl IntoView {
    let runtime = use_runtime();
    let target = target(&within, None, None);
    let shown = move || {
        let to_push = |step: &Step| step.purpose != Purpose::Pull;
        let steps = steps(runtime.get().client(), &target).into_iter().filter(to_push).collect();
        view! { <StepList steps=steps /> }
    };
    view! {
        <crate::runtime::RuntimeChoice />
        {shown}
        <p class="small muted">{t!(keys::newcomer::PASSWORD)}</p>
        <p class="small">
            <a href=set_up_href(&within.name, None, None)>{t!(keys::newcomer::OTHER_CLIENTS)}</a>
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_repository_and_tag() {
        let project: ProjectName = "team".parse().unwrap();
        let repo: RepoName = "team/web/api".parse().unwrap();
        assert_eq!(set_up_href(&project, None, None), "/projects/team/-/set-up");
        let href = set_up_href(&project, Some(&repo), Some("v2"));
        assert_eq!(href, "/projects/team/-/set-up?repository=web/api&tag=v2");
        let (_, search) = href.split_once('?').unwrap();
        let asked = Asked::read(search, &project);
        assert_eq!(asked, Asked { client: None, repository: Some(repo), tag: Some("v2".to_owned()) });
    }

    #[test]
    fn what_makes_no_name_is_left_out() {
        let project = "team".parse().unwrap();
        let asked = Asked::read("client=podman&repository=../x&tag=%24(rm)", &project);
        assert_eq!(asked, Asked { client: Some(Client::Podman), ..Asked::default() });
        assert_eq!(Asked::read("client=rkt", &project), Asked::default());
    }

    #[test]
    fn only_what_needs_a_hint_has_one() {
        let registry = Registry { host: "r.example".to_owned(), https: false };
        assert_eq!(hint(Client::Docker, &registry), Some(keys::newcomer::hint::DOCKER_PLAIN));
        assert_eq!(hint(Client::Kubernetes, &registry), Some(keys::newcomer::hint::KUBERNETES_PLAIN));
        assert_eq!(hint(Client::Docker, &Registry { https: true, ..registry }), None);
    }
}
