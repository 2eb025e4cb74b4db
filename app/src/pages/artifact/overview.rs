//! What an artifact is: platforms, tags, how it runs, what it says of itself.

use super::chart::{Chart, web};
use super::facts::{ChartFacts, ImageFacts, is_index, said};
use super::labels::{LabelsCard, PostTakeLabel};
use super::platforms::Platforms;
use super::subject::{Asked, Subject, use_asked};
use super::trust::TrustCard;
use super::{Head, Part, kind_label};
use crate::client::{ApiResult, Client, ListParams, use_client};
use crate::form::FormAction;
use crate::format::{ByteSize, TimeAgo, TimeDate, natural};
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::loaded;
use crate::pages::project::{InProject, RepositoryPart, artifact_href};
use crate::pages::repository::PullPanel;
use crate::query::{ListState, use_list_state};
use crate::t;
use crate::ui::{Badge, Card, CardBody, Glyph, Icon, KeyValue, KeyValues, LinkButton, Look, Size, breakable};
use berth_types::api::{Artifact, IndexChild, Tag};
use berth_types::page::Paged;
use berth_types::policy::{Action, Resource as Of};
use berth_types::{Reference, RepoName, Timestamp};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Shown {
    subject: Subject,
    /// A page of what an index lists.
    children: Option<Paged<IndexChild>>,
    state: ListState,
}

async fn load(client: Client, repo: RepoName, reference: String, asked: Asked, state: ListState) -> ApiResult<Shown> {
    let subject = Subject::load(&client, &repo, &reference, &asked).await?;
    let children = match is_index(&subject.artifact) {
        true => {
            let params = ListParams { page: state.page, page_size: state.page_size, ..ListParams::default() };
            Some(client.children(&repo, &reference, &params).await?)
        }
        false => None,
    };
    Ok(Shown { subject, children, state })
}

/// The page with the overview.
#[component]
pub(crate) fn Overview(within: InProject, repo: RepoName, reference: Reference) -> impl IntoView {
    let (asked, state) = (use_asked(), use_list_state(""));
    let shown = {
        let (client, repo, reference) = (use_client(), repo.clone(), reference.to_string());
        Resource::new(
            move || (asked.get(), state.get()),
            move |(asked, state)| load(client.clone(), repo.clone(), reference.clone(), asked, state),
        )
    };
    let take = FormAction::of::<PostTakeLabel>();
    Effect::new(move |before: Option<usize>| {
        let version = take.version().get();
        if before.is_some_and(|before| before != version) {
            shown.refetch();
        }
        version
    });
    loaded(shown, move |shown: Shown| {
        let Shown { subject, children, state } = shown;
        let artifact = subject.artifact.clone();
        let may_tag = within.rights.may(Of::Tag, Action::Create);
        let new_tag = may_tag.then(|| RepositoryPart::NewTag(reference.clone()).of(&repo));
        let facts = ImageFacts::read(artifact.extra_attrs.as_ref());
        let chart = (artifact.kind == "CHART").then(|| ChartFacts::read(artifact.extra_attrs.as_ref()));
        let tags = artifact.tags.clone().unwrap_or_default();
        let labels = pairs(t!(keys::artifact::LABELS), facts.labels.clone());
        let annotations = artifact.annotations.clone().unwrap_or_default().into_iter().collect();
        let annotations = pairs(t!(keys::artifact::ANNOTATIONS), annotations);
        let on_it = artifact.labels.clone().unwrap_or_default();
        let family = subject.family.clone();
        let (size, repo_of_children, name) = (artifact.size, repo.clone(), reference.to_string());
        let children = children.map(|listed| {
            view! {
                <Platforms
                    repo=repo_of_children
                    name=name
                    family=family
                    listed=listed
                    state=state
                    size=size
                />
            }
        });
        view! {
            <Head
                within=within.clone()
                repo=repo.clone()
                reference=reference.clone()
                subject=subject.clone()
                part=Part::Overview
            />
            <div class="split">
                <div class="stack">
                    <Pull repo=repo.clone() reference=reference.clone() artifact=artifact.clone() />
                    {chart.map(|facts| view! { <Chart facts=facts /> })} {children}
                    <Tags repo=repo.clone() tags=tags new=new_tag />
                    {facts.runs().then(|| view! { <Running facts=facts.clone() /> })}
                    {labels}
                    {annotations}
                </div>
                <aside class="stack" aria-label=t!(keys::artifact::FACTS)>
                    <TrustCard repo=repo.clone() reference=reference.clone() subject=subject />
                    <Facts artifact=artifact facts=facts />
                    <LabelsCard
                        within=within.clone()
                        repo=repo.clone()
                        reference=reference.clone()
                        labels=on_it
                        action=take
                    />
                </aside>
            </div>
        }
    })
}

#[component]
fn Pull(repo: RepoName, reference: Reference, artifact: Artifact) -> impl IntoView {
    let tag = super::tag_of(&artifact, &reference);
    view! {
        <Card title=t!(keys::artifact::PULL)>
            <CardBody>
                <div class="stack g2">
                    <PullPanel repo=repo tag=tag digest=artifact.digest kind=artifact.kind />
                </div>
            </CardBody>
        </Card>
    }
}

#[component]
fn Tags(repo: RepoName, tags: Vec<Tag>, #[prop(into)] new: Option<String>) -> impl IntoView {
    let actions = move || {
        new.map(|href| {
            view! {
                <LinkButton href=href look=Look::Ghost size=Size::Small icon=Glyph::Plus>
                    {t!(keys::repository::ADD_TAG_SUBMIT)}
                </LinkButton>
            }
        })
    };
    let content = if tags.is_empty() {
        view! {
            <CardBody>
                <p class="small muted">{t!(keys::artifact::NO_TAGS)}</p>
            </CardBody>
        }
        .into_any()
    } else {
        let item = move |tag: Tag| {
            let href = artifact_href(&repo, &tag.name);
            let lock = tag.immutable.then(|| {
                view! { <Badge icon=Glyph::Lock>{t!(keys::repository::IMMUTABLE)}</Badge> }
            });
            view! {
                <li>
                    <Icon name=Glyph::Tag />
                    <a class="strong name" href=href>
                        {tag.name}
                    </a>
                    {lock}
                    <span class="push small muted">
                        {t!(keys::repository::PUSHED)} " " <TimeAgo at=tag.push_time />
                    </span>
                </li>
            }
        };
        view! { <ul class="list list-tight">{tags.into_iter().map(item).collect_view()}</ul> }.into_any()
    };
    view! {
        <Card title=t!(keys::artifact::TAGS) actions=actions>
            {content}
        </Card>
    }
}

/// How an image runs.
#[component]
fn Running(facts: ImageFacts) -> impl IntoView {
    let words = |label: String, words: Vec<String>| {
        (!words.is_empty()).then(|| {
            view! {
                <KeyValue label=label>
                    <code>{words.join(" ")}</code>
                </KeyValue>
            }
        })
    };
    let list = |label: String, items: Vec<String>| {
        (!items.is_empty()).then(|| {
            let items = items.into_iter().map(|item| view! { <code class="block">{item}</code> }).collect_view();
            view! { <KeyValue label=label>{items}</KeyValue> }
        })
    };
    let one = |label: String, text: String| {
        (!text.is_empty()).then(|| {
            view! {
                <KeyValue label=label>
                    <code>{text}</code>
                </KeyValue>
            }
        })
    };
    view! {
        <Card title=t!(keys::artifact::CONFIG)>
            <CardBody>
                <KeyValues>
                    {words(t!(keys::artifact::ENTRYPOINT), facts.entrypoint)}
                    {words(t!(keys::artifact::COMMAND), facts.command)} {one(t!(keys::artifact::USER), facts.user)}
                    {one(t!(keys::artifact::WORKING_DIR), facts.working_dir)}
                    {list(t!(keys::artifact::PORTS), facts.ports)} {list(t!(keys::artifact::VOLUMES), facts.volumes)}
                    {list(t!(keys::artifact::ENV), facts.env)}
                </KeyValues>
            </CardBody>
        </Card>
    }
}

/// Names and values as a card; nothing where there are none.
fn pairs(title: String, pairs: Vec<(String, String)>) -> Option<impl IntoView + use<>> {
    let item = |(name, value): (String, String)| {
        let value = match &*value {
            "" => view! { <span class="muted">{t!(keys::common::NONE)}</span> }.into_any(),
            _ => web(value),
        };
        view! {
            <div>
                <dt class="mono">{breakable(&name)}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    (!pairs.is_empty()).then(|| {
        view! {
            <Card title=title>
                <CardBody>
                    <dl class="side-kv">{pairs.into_iter().map(item).collect_view()}</dl>
                </CardBody>
            </Card>
        }
    })
}

/// A label and its value below it.
fn fact(label: String, value: AnyView) -> impl IntoView + use<> {
    view! {
        <div>
            <dt>{label}</dt>
            <dd>{value}</dd>
        </div>
    }
}

#[component]
fn Facts(artifact: Artifact, facts: ImageFacts) -> impl IntoView {
    use keys::artifact::said as k;
    let kind = kind_label(&artifact);
    let told = |label: String, name: &str| {
        let value = said(&artifact, &facts, name);
        (!value.is_empty()).then(|| fact(label, web(value)))
    };
    let (source, page) = (told(t!(k::SOURCE), "source"), told(t!(k::HOME), "url"));
    let (manual, licence) = (told(t!(k::DOCUMENTATION), "documentation"), told(t!(k::LICENCE), "licenses"));
    let (version, revision) = (told(t!(k::VERSION), "version"), told(t!(k::REVISION), "revision"));
    let base = told(t!(k::BASE), "base.name");
    let text = |label: String, value: String, mono: bool| {
        (!value.is_empty()).then(|| {
            let value = view! { <span class=mono.then_some("mono")>{breakable(&value)}</span> }.into_any();
            fact(label, value)
        })
    };
    let pulled = if artifact.pull_time == Timestamp::NEVER {
        t!(keys::common::NEVER).into_any()
    } else {
        view! { <TimeAgo at=artifact.pull_time /> }.into_any()
    };
    // Of most artifacts the two are the same.
    let artifact_type =
        if artifact.artifact_type == artifact.manifest_media_type { String::new() } else { artifact.artifact_type };
    let created = facts.created.map(|at| fact(t!(keys::artifact::CREATED), view! { <TimeDate at=at /> }.into_any()));
    view! {
        <Card title=t!(keys::artifact::FACTS)>
            <CardBody>
                <dl class="side-kv">
                    {text(t!(keys::artifact::KIND), kind, false)}
                    {fact(
                        t!(keys::artifact::SIZE),
                        view! { <ByteSize bytes=natural(artifact.size) /> }.into_any(),
                    )} {text(t!(keys::artifact::PLATFORM), facts.platform, true)}
                    {text(t!(keys::artifact::MEDIA_TYPE), artifact.manifest_media_type, true)}
                    {text(t!(keys::artifact::ARTIFACT_TYPE), artifact_type, true)} {created}
                    {source} {page} {manual} {licence} {version} {revision} {base}
                    {text(t!(keys::artifact::AUTHOR), facts.author, false)}
                    {fact(t!(keys::repository::PUSHED), view! { <TimeAgo at=artifact.push_time /> }.into_any())}
                    {fact(t!(keys::repository::PULLED), pulled)}
                </dl>
            </CardBody>
        </Card>
    }
}
