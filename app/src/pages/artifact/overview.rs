//! What an artifact is: platforms, tags, how it runs, what it says of itself.

use super::facts::{Child, ChildKind, ImageFacts, children, is_index};
use super::labels::{LabelsCard, PostTakeLabel};
use super::{Head, Part, artifact_of_page, kind_label};
use crate::format::{ByteSize, TimeAgo, TimeDate};
use crate::i18n::keys;
use crate::pages::loaded;
use crate::pages::project::{InProject, RepositoryPart, artifact_href, natural};
use crate::pages::repository::PullPanel;
use crate::t;
use crate::ui::{
    Badge, Card, CardBody, Cell, Column, DigestChip, Glyph, Icon, KeyValue, KeyValues, LinkButton, Look, Row, RowHead,
    Size, Table, TableBox, breakable,
};
use berth_types::api::{Accessory, Artifact, Tag};
use berth_types::policy::{Action, Resource as Of};
use berth_types::{Reference, RepoName, Timestamp};
use leptos::prelude::*;

/// The page with the overview.
#[component]
pub(crate) fn Overview(within: InProject, repo: RepoName, reference: Reference) -> impl IntoView {
    let artifact = artifact_of_page(&repo, &reference);
    let take = ServerAction::<PostTakeLabel>::new();
    Effect::new(move |before: Option<usize>| {
        let version = take.version().get();
        if before.is_some_and(|before| before != version) {
            artifact.refetch();
        }
        version
    });
    loaded(artifact, move |artifact| {
        let may_tag = within.rights.may(Of::Tag, Action::Create);
        let new_tag = may_tag.then(|| RepositoryPart::NewTag(reference.clone()).of(&repo));
        let facts = ImageFacts::read(artifact.extra_attrs.as_ref());
        let tags = artifact.tags.clone().unwrap_or_default();
        let children = is_index(&artifact).then(|| children(artifact.references.as_deref().unwrap_or_default()));
        let labels = pairs(t!(keys::artifact::LABELS), facts.labels.clone());
        let annotations = artifact.annotations.clone().unwrap_or_default().into_iter().collect();
        let annotations = pairs(t!(keys::artifact::ANNOTATIONS), annotations);
        let accessories = artifact.accessories.clone().unwrap_or_default();
        let on_it = artifact.labels.clone().unwrap_or_default();
        let name = reference.to_string();
        view! {
            <Head
                within=within.clone()
                repo=repo.clone()
                reference=reference.clone()
                artifact=artifact.clone()
                part=Part::Overview
            />
            <div class="split">
                <div class="stack">
                    <Pull repo=repo.clone() reference=reference.clone() artifact=artifact.clone() />
                    {children
                        .map(|children| {
                            view! { <Children repo=repo.clone() name=name children_of_index=children size=artifact.size /> }
                        })}
                    <Tags repo=repo.clone() tags=tags new=new_tag />
                    {facts.runs().then(|| view! { <Running facts=facts.clone() /> })}
                    {labels}
                    {annotations}
                </div>
                <aside class="stack" aria-label=t!(keys::artifact::FACTS)>
                    <Facts artifact=artifact facts=facts />
                    <LabelsCard
                        within=within.clone()
                        repo=repo.clone()
                        reference=reference.clone()
                        labels=on_it
                        action=take
                    />
                    {(!accessories.is_empty())
                        .then(|| view! { <Accessories repo=repo.clone() accessories=accessories /> })}
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
fn Children(repo: RepoName, name: String, children_of_index: Vec<Child>, size: i64) -> impl IntoView {
    let head = || {
        view! {
            <Column label=t!(keys::artifact::PLATFORM) />
            <Column label=t!(keys::artifact::DIGEST) />
            <Column label=t!(keys::artifact::TAB_LAYERS) />
        }
    };
    let rows = children_of_index.into_iter().map(move |child| {
        let href = artifact_href(&repo, &child.digest);
        let (icon, text, layers) = match child.kind {
            ChildKind::Platform(platform) => {
                let text = platform.unwrap_or_else(|| t!(keys::artifact::UNKNOWN_PLATFORM));
                (Glyph::Chip, text, Some(format!("{href}/layers")))
            }
            ChildKind::Attestation { about } => {
                let text = match about {
                    Some(platform) => t!(keys::artifact::ATTESTATION_OF, platform = platform),
                    None => t!(keys::artifact::ATTESTATIONS),
                };
                (Glyph::Sbom, text, None)
            }
        };
        view! {
            <Row>
                <RowHead>
                    <span class="row g2 nowrap-row">
                        <span class="dim">
                            <Icon name=icon />
                        </span>
                        <a href=href>{text}</a>
                    </span>
                </RowHead>
                <Cell label=t!(keys::artifact::DIGEST)>
                    <DigestChip digest=child.digest />
                </Cell>
                <Cell label=t!(keys::artifact::TAB_LAYERS)>
                    {layers.map(|href| view! { <a href=href>{t!(keys::common::SHOW)}</a> })}
                </Cell>
            </Row>
        }
    });
    view! {
        <Card title=t!(keys::artifact::PLATFORMS)>
            <TableBox flush=true>
                <Table caption=t!(keys::artifact::PLATFORMS_CAPTION, name = name) head=head>
                    {rows.collect_view()}
                </Table>
            </TableBox>
            <div class="card-foot">
                <span>
                    {t!(keys::artifact::SIZE)} " " <ByteSize bytes=natural(size) />
                </span>
            </div>
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
        view! {
            <div>
                <dt class="mono">{name}</dt>
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
    let kind = kind_label(&artifact);
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
                    {text(t!(keys::artifact::AUTHOR), facts.author, false)}
                    {fact(t!(keys::repository::PUSHED), view! { <TimeAgo at=artifact.push_time /> }.into_any())}
                    {fact(t!(keys::repository::PULLED), pulled)}
                </dl>
            </CardBody>
        </Card>
    }
}

/// What was attached to the artifact: signatures, lists of parts.
#[component]
fn Accessories(repo: RepoName, accessories: Vec<Accessory>) -> impl IntoView {
    let item = move |accessory: Accessory| {
        let (icon, text) = match accessory.kind.as_str() {
            kind if kind.starts_with("signature") => (Glyph::Sign, t!(keys::artifact::accessory::SIGNATURE)),
            kind if kind.starts_with("sbom") => (Glyph::Sbom, t!(keys::artifact::accessory::SBOM)),
            _ => (Glyph::Link, t!(keys::artifact::accessory::OTHER)),
        };
        view! {
            <li>
                <Icon name=icon />
                <a href=artifact_href(&repo, &accessory.digest)>{text}</a>
                <span class="push">
                    <DigestChip digest=accessory.digest />
                </span>
            </li>
        }
    };
    view! {
        <Card title=t!(keys::artifact::accessory::TITLE)>
            <ul class="list list-tight">{accessories.into_iter().map(item).collect_view()}</ul>
        </Card>
    }
}
