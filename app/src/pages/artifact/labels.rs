//! The labels on an artifact: chips on its page, and the page to choose from.

use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::format::natural;
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::pages::project::{InProject, NoMatch, NotAllowed, ProjectPart, RepositoryPart, artifact_href};
use crate::query::{ListState, use_list_state};
use crate::ui::{
    ActionCell, ActionColumn, Button, Callout, Card, CardBody, Cell, Chips, Column, Empty, FilterCount, Filters, Glyph,
    IconButton, LabelChip, LinkButton, Look, PageHead, Priority, Row, RowHead, SearchBox, Size, Table, TableBox, Tone,
};
use crate::{t, tn};
use berth_types::api::Label;
use berth_types::page::Paged;
use berth_types::policy::{Action, Resource as Of};
use berth_types::{Reference, RepoName};
use leptos::prelude::*;

/// Labels that are offered at a time, of the project and of the system each.
const OFFERED_MAX: u64 = 100;

/// Puts a label on an artifact.
#[server(prefix = "/_portal", endpoint = "put-label")]
pub(crate) async fn post_put_label(repository: String, reference: String, label: i64, name: String) -> Posted {
    let client = use_client();
    let posted = put(&client, &repository, &reference, label).await;
    let page = format!("/projects/{repository}/-/artifacts/{reference}/labels");
    crate::form::conclude(posted, &Notice::LabelPut.on(&page, &name))
}

#[cfg(feature = "ssr")]
async fn put(client: &Client, repository: &str, reference: &str, label: i64) -> Posted {
    let answer = FormError::default();
    let Ok(repo) = repository.parse() else { return Err(answer.refused(ApiError::not_found())) };
    match client.put_label(&repo, reference, label).await {
        Ok(()) => Ok(()),
        // It is there, which is all that was asked for.
        Err(refusal) if refusal.status == 409 => Ok(()),
        Err(refusal) => Err(answer.refused(refusal)),
    }
}

/// Takes a label off an artifact.
#[server(prefix = "/_portal", endpoint = "take-label")]
pub(crate) async fn post_take_label(
    repository: String,
    reference: String,
    label: i64,
    name: String,
    #[server(default)] on_page: bool,
) -> Posted {
    let client = use_client();
    let answer = FormError::default();
    let posted = match repository.parse() {
        Ok(repo) => client.take_label(&repo, &reference, label).await.map_err(|refusal| answer.refused(refusal)),
        Err(_) => Err(answer.refused(ApiError::not_found())),
    };
    let artifact = artifact_href_of(&repository, &reference);
    let page = if on_page { artifact } else { format!("{artifact}/labels") };
    crate::form::conclude(posted, &Notice::LabelTaken.on(&page, &name))
}

#[cfg(feature = "ssr")]
fn artifact_href_of(repository: &str, reference: &str) -> String {
    format!("/projects/{repository}/-/artifacts/{reference}")
}

/// The form that takes a label off; what it shows is inside.
#[component]
fn TakeForm(
    repo: RepoName,
    reference: Reference,
    label: i64,
    name: String,
    /// Whether it stands on the page of the artifact.
    on_page: bool,
    action: FormAction,
    children: Children,
) -> impl IntoView {
    view! {
        <PostForm action=action>
            <input type="hidden" name="repository" value=repo.to_string() />
            <input type="hidden" name="reference" value=reference.to_string() />
            <input type="hidden" name="label" value=label.to_string() />
            <input type="hidden" name="name" value=name />
            <input type="hidden" name="on_page" value=on_page.to_string() />
            {children()}
        </PostForm>
    }
}

/// The labels on the page of an artifact.
#[component]
pub(super) fn LabelsCard(
    /// The project, for what the visitor may do.
    within: InProject,
    repo: RepoName,
    reference: Reference,
    labels: Vec<Label>,
    /// What takes one off.
    action: FormAction,
) -> impl IntoView {
    let may_take = within.rights.may(Of::ArtifactLabel, Action::Delete);
    let may_put = within.rights.may(Of::ArtifactLabel, Action::Create);
    let add = {
        let href = RepositoryPart::Labels(reference.clone()).of(&repo);
        move || {
            may_put.then(|| {
                view! {
                    <LinkButton href=href look=Look::Ghost size=Size::Small icon=Glyph::Plus>
                        {t!(keys::labels::ADD)}
                    </LinkButton>
                }
            })
        }
    };
    let content = if labels.is_empty() {
        view! { <p class="small muted">{t!(keys::labels::NONE_ON)}</p> }.into_any()
    } else {
        let chips = labels.into_iter().map(move |label| {
            let take = may_take.then(|| {
                let remove = t!(keys::labels::TAKE_OF, name = label.name);
                view! {
                    <TakeForm
                        repo=repo.clone()
                        reference=reference.clone()
                        label=label.id
                        name=label.name.clone()
                        on_page=true
                        action=action
                    >
                        <IconButton icon=Glyph::X label=remove size=Size::Small submit=true />
                    </TakeForm>
                }
            });
            view! {
                <span class="row g1 nowrap-row">
                    <LabelChip text=label.name color=label.color title=label.description />
                    {take}
                </span>
            }
        });
        view! { <Chips>{chips.collect_view()}</Chips> }.into_any()
    };
    view! {
        <Card title=t!(keys::labels::TITLE) actions=add>
            <CardBody stack=true>
                <FormErrors answer=answer_of(action) />
                {content}
            </CardBody>
        </Card>
    }
}

/// The page to choose labels for an artifact.
#[component]
pub(crate) fn ArtifactLabels(within: InProject, repo: RepoName, reference: Reference) -> impl IntoView {
    let (put, take) = (FormAction::of::<PostPutLabel>(), FormAction::of::<PostTakeLabel>());
    if !within.rights.may(Of::ArtifactLabel, Action::Create) {
        return view! { <NotAllowed needs=(Of::ArtifactLabel, Action::Create) /> }.into_any();
    }
    let state = use_list_state("name");
    let choices = {
        let (client, repo, reference) = (use_client(), repo.clone(), reference.to_string());
        let project = within.project.project_id;
        Resource::new(
            move || (state.get(), put.version().get(), take.version().get()),
            move |(state, _, _)| {
                let (client, repo, reference) = (client.clone(), repo.clone(), reference.clone());
                async move {
                    let artifact = client.artifact(&repo, &reference).await?;
                    let mut params = state.params(String::new());
                    (params.page, params.page_size) = (1, OFFERED_MAX);
                    let own = client.labels(Some(project), &state.q, &params).await?;
                    let system = client.labels(None, &state.q, &params).await?;
                    Ok((state, Choices::of(artifact.labels.unwrap_or_default(), own, system)))
                }
            },
        )
    };
    let back = artifact_href(&repo, &reference.to_string());
    let actions = move || {
        view! { <LinkButton href=back icon=Glyph::Left>{t!(keys::labels::BACK)}</LinkButton> }
    };
    let may_take = within.rights.may(Of::ArtifactLabel, Action::Delete);
    let manage = within.rights.may(Of::Label, Action::Create).then(|| ProjectPart::NewLabel.of(&within.name));
    view! {
        <PageHead
            title=|| t!(keys::labels::CHOOSE_TITLE)
            sub=format!("{repo} · {}", super::super::project::crumbs::reference_text(&reference))
            actions=actions
        />
        <FormErrors answer=answer_of(put) />
        <FormErrors answer=answer_of(take) />
        {loaded(
            choices,
            move |(state, choices)| {
                view! {
                    <ChoiceList
                        repo=repo.clone()
                        reference=reference.clone()
                        state=state
                        choices=choices
                        new=manage.clone()
                        may_take=may_take
                        put=put
                        take=take
                    />
                }
            },
        )}
    }
    .into_any()
}

/// What can be chosen.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Choices {
    /// Each label and whether the artifact carries it: the project's before the system's.
    labels: Vec<(Label, bool)>,
    /// How many there are with those that did not fit.
    total: u64,
}

impl Choices {
    fn of(carried: Vec<Label>, own: Paged<Label>, system: Paged<Label>) -> Self {
        let total = natural(own.total).saturating_add(natural(system.total));
        let all = own.items.into_iter().chain(system.items);
        let labels = all
            .map(|label| {
                let is_on = carried.iter().any(|other| other.id == label.id);
                (label, is_on)
            })
            .collect();
        Choices { labels, total }
    }

    /// Whether some labels did not fit.
    fn is_cut(&self) -> bool {
        (self.labels.len() as u64) < self.total
    }
}

#[component]
fn ChoiceList(
    repo: RepoName,
    reference: Reference,
    state: ListState,
    choices: Choices,
    new: Option<String>,
    may_take: bool,
    put: FormAction,
    take: FormAction,
) -> impl IntoView {
    let ListState { q, search, .. } = state;
    let (total, cut) = (choices.total, choices.is_cut());
    let list = if !choices.labels.is_empty() {
        let head = || {
            view! {
                <Column label=t!(keys::labels::NAME) />
                <Column label=t!(keys::labels::SCOPE) priority=Priority::Second />
                <Column label=t!(keys::labels::DESCRIPTION) priority=Priority::Third />
                <ActionColumn />
            }
        };
        let rows = choices.labels.into_iter().map(move |(label, is_on)| {
            view! {
                <ChoiceRow
                    repo=repo.clone()
                    reference=reference.clone()
                    label=label
                    is_on=is_on
                    may_take=may_take
                    put=put
                    take=take
                />
            }
        });
        view! {
            <TableBox>
                <Table caption=t!(keys::labels::CHOOSE_TITLE) head=head>
                    {rows.collect_view()}
                </Table>
            </TableBox>
        }
        .into_any()
    } else if q.is_empty() {
        let new = new.map(|href| {
            view! { <LinkButton href=href icon=Glyph::Plus>{t!(keys::labels::NEW)}</LinkButton> }
        });
        view! {
            <Empty icon=Glyph::Tag title=t!(keys::labels::EMPTY) text=t!(keys::labels::EMPTY_TEXT)>
                {new}
            </Empty>
        }
        .into_any()
    } else {
        view! { <NoMatch query=q.clone() /> }.into_any()
    };
    view! {
        <Filters>
            <SearchBox label=t!(keys::labels::FILTER) value=q keep=search />
            <FilterCount text=tn!(keys::count::LABELS, total) />
        </Filters>
        {cut.then(|| view! { <Callout tone=Tone::Info title=t!(keys::labels::CUT) /> })}
        {list}
    }
}

#[component]
fn ChoiceRow(
    repo: RepoName,
    reference: Reference,
    label: Label,
    is_on: bool,
    may_take: bool,
    put: FormAction,
    take: FormAction,
) -> impl IntoView {
    let scope = if label.project_id.is_some() { t!(keys::labels::OF_PROJECT) } else { t!(keys::labels::OF_SYSTEM) };
    let button = |visible: String, whole: String| {
        view! {
            <Button size=Size::Small submit=true>
                <span aria-hidden="true">{visible}</span>
                <span class="sr">{whole}</span>
            </Button>
        }
    };
    let Label { id, name, color, description, .. } = label;
    let posted = name.clone();
    let (put_text, take_text) = (t!(keys::labels::PUT_OF, name = name), t!(keys::labels::TAKE_OF, name = name));
    let action = match (is_on, may_take) {
        (true, false) => view! { <span class="muted">{t!(keys::labels::IS_ON)}</span> }.into_any(),
        (true, true) => view! {
            <TakeForm repo=repo reference=reference label=id name=posted on_page=false action=take>
                {button(t!(keys::common::REMOVE), take_text)}
            </TakeForm>
        }
        .into_any(),
        (false, _) => view! {
            <PostForm action=put>
                <input type="hidden" name="repository" value=repo.to_string() />
                <input type="hidden" name="reference" value=reference.to_string() />
                <input type="hidden" name="label" value=id.to_string() />
                <input type="hidden" name="name" value=posted />
                {button(t!(keys::common::ADD), put_text)}
            </PostForm>
        }
        .into_any(),
    };
    view! {
        <Row>
            <RowHead>
                <LabelChip text=name color=color />
            </RowHead>
            <Cell label=t!(keys::labels::SCOPE) priority=Priority::Second>
                <span class="muted">{scope}</span>
            </Cell>
            <Cell label=t!(keys::labels::DESCRIPTION) priority=Priority::Third>
                <span class="muted">{description}</span>
            </Cell>
            <ActionCell>{action}</ActionCell>
        </Row>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_the_artifact_is_marked() {
        let label = |id| Label { id, ..Label::default() };
        let own = Paged { items: vec![label(1), label(2)], total: 2 };
        let system = Paged { items: vec![label(3)], total: 9 };
        let choices = Choices::of(vec![label(3), label(2), label(8)], own, system);
        let marks: Vec<_> = choices.labels.iter().map(|(label, is_on)| (label.id, *is_on)).collect();
        assert_eq!(marks, [(1, false), (2, true), (3, true)]);
        assert_eq!((choices.total, choices.is_cut()), (11, true));
        assert!(!Choices::default().is_cut());
    }
}
