//! Making, changing and deleting a rule, beside what it protects.

use super::super::retention::{FaultLine, NotSelect};
use super::super::{InProject, NotAllowed, ProjectPart, artifact_href};
use super::draft::{self, Draft};
use super::{covers, rule_of};
#[cfg(feature = "ssr")]
use crate::client::ApiError;
use crate::client::{ApiResult, Client, use_client};
use crate::form::{FormAction, FormError, FormErrors, PostForm, Posted, Refusal, answer_of, fault_of_text};
use crate::format::natural;
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::t;
use crate::ui::{
    Button, Callout, Card, CardBody, Glyph, LinkButton, Look, NameLink, PageHead, Sentence, SentenceInput, Tone,
    field_id, form_query, query_pairs,
};
use berth_types::api::{ImmutableCoverage, ImmutablePreview, ImmutableRule};
use berth_types::policy::{Action, Resource as Of};
use berth_types::{ProjectName, RepoName};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use std::time::Duration;

/// How long nothing is typed before the preview follows.
const PAUSE: Duration = Duration::from_millis(400);

/// Saves a rule: a new one where the id is 0.
#[server(prefix = "/_portal", endpoint = "save-immutable")]
pub(crate) async fn post_save_immutable(
    project: String,
    id: i64,
    repos_not: String,
    repos: String,
    tags_not: String,
    tags: String,
) -> Posted {
    let client = use_client();
    let draft = Draft {
        repos_not: repos_not == "1",
        repos: repos.trim().to_owned(),
        tags_not: tags_not == "1",
        tags: tags.trim().to_owned(),
    };
    let posted = save(&client, &project, id, &draft).await;
    let page = format!("/projects/{project}/-/immutability");
    crate::form::conclude(posted, &Notice::ImmutableSaved.on(&page, ""))
}

#[cfg(feature = "ssr")]
async fn save(client: &Client, project: &str, id: i64, draft: &Draft) -> Posted {
    let mut answer = FormError::keeping(&[("draft", &draft.query())]);
    let Ok(project) = project.parse() else { return Err(answer.refused(ApiError::not_found())) };
    answer.faults = draft.faults();
    answer.pass()?;
    let saved = async {
        if id == 0 {
            return client.create_immutable(&project, &draft.rule(ImmutableRule::default())).await;
        }
        let old = rule_of(client, &project, id).await?;
        client.update_immutable(&project, &draft.rule(old)).await
    };
    saved.await.map_err(|refusal| answer.refused(refusal))
}

/// Deletes a rule.
#[server(prefix = "/_portal", endpoint = "delete-immutable")]
pub(crate) async fn post_delete_immutable(project: String, id: i64) -> Posted {
    let client = use_client();
    let posted = match project.parse() {
        Ok(project) => client.delete_immutable(&project, id).await,
        Err(_) => Err(ApiError::not_found()),
    };
    let posted = posted.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &Notice::ImmutableDeleted.on(&format!("/projects/{project}/-/immutability"), ""))
}

/// The page to make a rule.
#[component]
pub(crate) fn NewImmutable(within: InProject) -> impl IntoView {
    if !within.rights.may(Of::ImmutableTag, Action::Create) {
        return view! { <NotAllowed needs=(Of::ImmutableTag, Action::Create) /> }.into_any();
    }
    loaded(first(&within, 0), move |(_, preview)| {
        let page = ProjectPart::NewImmutable.of(&within.name);
        view! {
            <PageHead title=|| t!(keys::immutability::NEW_TITLE) sub=t!(keys::immutability::NEW_SUB) />
            <RuleForm within=within.clone() page=page id=0 stored=Draft::default() preview=preview />
        }
    })
}

/// The page to change a rule.
#[component]
pub(crate) fn EditImmutable(within: InProject, id: i64) -> impl IntoView {
    if !within.rights.may(Of::ImmutableTag, Action::Update) {
        return view! { <NotAllowed needs=(Of::ImmutableTag, Action::Update) /> }.into_any();
    }
    loaded(first(&within, id), move |(rule, preview)| {
        let page = ProjectPart::EditImmutable(id).of(&within.name);
        let stored = Draft::of(&rule).unwrap_or_default();
        view! {
            <PageHead title=|| t!(keys::immutability::EDIT_TITLE) sub=draft::text(&rule) />
            <RuleForm within=within.clone() page=page id=id stored=stored preview=preview />
        }
    })
}

/// What a form begins with: the rule, and what the one in the address, or else it, would protect.
type First = (ImmutableRule, ApiResult<ImmutablePreview>);

fn first(within: &InProject, id: i64) -> Resource<ApiResult<First>> {
    let (client, name) = (use_client(), within.name.clone());
    let search = use_location().search;
    Resource::new(
        move || id,
        move |id| {
            let (client, name) = (client.clone(), name.clone());
            let asked = Draft::read(&query_pairs(&search.get_untracked()));
            async move {
                let rule = match id {
                    0 => ImmutableRule::default(),
                    id => rule_of(&client, &name, id).await?,
                };
                let draft = asked.or_else(|| Draft::of(&rule)).unwrap_or_default();
                let preview = preview_of(&client, &name, &draft).await;
                Ok((rule, preview))
            }
        },
    )
}

async fn preview_of(client: &Client, project: &ProjectName, draft: &Draft) -> ApiResult<ImmutablePreview> {
    // What is wrong is told at its field; the server would only say the same in its own words.
    if !draft.faults().is_empty() {
        return Ok(ImmutablePreview::default());
    }
    client.preview_immutable(project, &draft.rule(ImmutableRule::default())).await
}

#[component]
fn RuleForm(
    within: InProject,
    page: String,
    id: i64,
    stored: Draft,
    preview: ApiResult<ImmutablePreview>,
) -> impl IntoView {
    let save = FormAction::of::<PostSaveImmutable>();
    let answer = answer_of(save);
    let posted = answer.with_untracked(|answer| Draft::read(&query_pairs(answer.as_ref()?.value("draft")?)));
    let search = use_location().search;
    let fallback = posted.unwrap_or(stored);
    let draft = Memo::new(move |_| search.with(|search| Draft::read(&query_pairs(search))).unwrap_or(fallback.clone()));
    let first = draft.get_untracked();
    let navigate = use_navigate();
    let go = {
        let page = page.clone();
        Callback::new(move |draft: Draft| {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&format!("{page}?{}", draft.query()), options);
        })
    };
    let read = |event: &leptos::web_sys::Event| form_query(event).and_then(|query| Draft::read(&query_pairs(&query)));
    let mut later = debounce(PAUSE, move |draft: Draft| go.run(draft));
    let typed = RwSignal::new(first.clone());
    let faults = Memo::new(move |_| draft.with(Draft::faults));
    let wrong_now = Signal::derive(move || Some(FormError { faults: faults.get(), ..FormError::default() }));
    let fault = |field: &str| fault_of_text(wrong_now, field.to_owned());
    let (repos_fault, tags_fault) = (fault("repos"), fault("tags"));
    let wrong = |fault: Signal<Option<String>>| Signal::derive(move || fault.get().is_some());
    let fields = vec![
        (
            "repos_not",
            view! { <NotSelect label=t!(keys::retention::field::REPOS_NOT) name="repos_not" not=first.repos_not /> }
                .into_any(),
        ),
        (
            "repos",
            view! {
                <SentenceInput
                    label=t!(keys::retention::field::REPOS)
                    name="repos"
                    id=field_id("repos")
                    value=first.repos
                    mono=true
                    invalid=wrong(repos_fault)
                />
            }
            .into_any(),
        ),
        (
            "tags_not",
            view! { <NotSelect label=t!(keys::retention::field::TAGS_NOT) name="tags_not" not=first.tags_not /> }
                .into_any(),
        ),
        (
            "tags",
            view! {
                <SentenceInput
                    label=t!(keys::retention::field::TAGS)
                    name="tags"
                    id=field_id("tags")
                    value=first.tags
                    mono=true
                    invalid=wrong(tags_fault)
                />
            }
            .into_any(),
        ),
    ];
    let back = ProjectPart::Immutability.of(&within.name);
    let project = within.project.name.clone();
    view! {
        <FormErrors answer=answer />
        <div class="split" data-side="26">
            <Card label=t!(keys::immutability::RULE)>
                <CardBody>
                    <PostForm action=save attr:class="stack" attr:novalidate="">
                        <input type="hidden" name="project" value=project />
                        <input type="hidden" name="id" value=id.to_string() />
                        <div
                            class="stack"
                            on:input=move |event| {
                                if let Some(draft) = read(&event) {
                                    typed.set(draft.clone());
                                    later(draft);
                                }
                            }
                        >
                            <Sentence text=t!(keys::immutability::SENTENCE) fields=fields />
                            <FaultLine fault=repos_fault />
                            <FaultLine fault=tags_fault />
                            <p class="small muted">{t!(keys::immutability::PATTERNS)}</p>
                        </div>
                        <div class="row">
                            <Button look=Look::Primary submit=true busy=save.pending()>
                                {t!(keys::common::SAVE)}
                            </Button>
                            <Button
                                submit=true
                                icon=Glyph::Eye
                                attr:formmethod="get"
                                attr:formaction=page
                                on:click=move |event| {
                                    if let Some(draft) = read(&event) {
                                        event.prevent_default();
                                        go.run(draft);
                                    }
                                }
                            >
                                {t!(keys::retention::preview::BUTTON)}
                            </Button>
                            <LinkButton href=back>{t!(keys::common::CANCEL)}</LinkButton>
                        </div>
                    </PostForm>
                </CardBody>
            </Card>
            <Preview within=within draft=draft typed=typed first=preview />
        </div>
    }
}

/// What the rule on the page would protect.
#[component]
fn Preview(
    within: InProject,
    /// What the preview is asked for.
    draft: Memo<Draft>,
    /// What the form holds.
    typed: RwSignal<Draft>,
    /// What the page came with.
    first: ApiResult<ImmutablePreview>,
) -> impl IntoView {
    let (client, name) = (use_client(), within.name.clone());
    let shown = RwSignal::new((draft.get_untracked(), first));
    let is_wrong = Memo::new(move |_| !draft.with(Draft::faults).is_empty());
    // What another rule would protect is not to be taken for what this one does.
    let is_stale = move || typed.with(|typed| shown.with(|(draft, _)| draft != typed));
    Effect::new(move |before: Option<()>| {
        let now = draft.get();
        if before.is_none() {
            return;
        }
        let (client, name) = (client.clone(), name.clone());
        leptos::task::spawn_local(async move {
            let preview = preview_of(&client, &name, &now).await;
            // Answers may come in another order, or to a page that is gone.
            if draft.try_get_untracked().as_ref() == Some(&now) {
                shown.try_set((now, preview));
            }
        });
    });
    view! {
        <Card title=t!(keys::retention::preview::TITLE)>
            <div aria-live="polite" class:stale=is_stale>
                {move || match shown.get().1 {
                    Ok(_) if is_wrong.get() => {
                        view! {
                            <CardBody>
                                <Callout
                                    tone=Tone::Warn
                                    title=t!(keys::retention::preview::WRONG)
                                    text=t!(keys::retention::preview::WRONG_TEXT)
                                />
                            </CardBody>
                        }
                            .into_any()
                    }
                    Ok(preview) => view! { <Protected within=within.clone() preview=preview /> }.into_any(),
                    Err(error) => {
                        view! {
                            <CardBody>
                                <Refusal error=error />
                            </CardBody>
                        }
                            .into_any()
                    }
                }}
            </div>
        </Card>
    }
}

#[component]
fn Protected(within: InProject, preview: ImmutablePreview) -> impl IntoView {
    let covered = ImmutableCoverage { rule_id: 0, tags: preview.tags, repositories: preview.repositories };
    let rest = natural(preview.tags).saturating_sub(preview.items.len() as u64);
    let items = preview.items.into_iter().map(|item| {
        let text = format!("{}:{}", item.repository, item.tag);
        match RepoName::new(&within.name, &item.repository) {
            Ok(repo) => view! {
                <li>
                    <span class="name small">
                        <NameLink text=text href=artifact_href(&repo, &item.tag) />
                    </span>
                </li>
            }
            .into_any(),
            Err(_) => view! { <li>{text}</li> }.into_any(),
        }
    });
    let items = items.collect_view();
    view! {
        <CardBody>
            <p class="strong">{t!(keys::immutability::WOULD_PROTECT, what = covers(&covered))}</p>
        </CardBody>
        <ul class="list list-tight">{items}</ul>
        {(rest > 0).then(|| view! {
            <CardBody>
                <p class="small muted">{crate::tn!(keys::immutability::REST, rest)}</p>
            </CardBody>
        })}
    }
}

/// The question whether to delete a rule.
#[component]
pub(crate) fn DeleteImmutable(within: InProject, id: i64) -> impl IntoView {
    let action = FormAction::of::<PostDeleteImmutable>();
    if !within.rights.may(Of::ImmutableTag, Action::Delete) {
        return view! { <NotAllowed needs=(Of::ImmutableTag, Action::Delete) /> }.into_any();
    }
    let (client, name) = (use_client(), within.name.clone());
    let rule = Resource::new(
        move || id,
        move |id| {
            let (client, name) = (client.clone(), name.clone());
            async move {
                let rule = rule_of(&client, &name, id).await?;
                let coverage = client.immutable_coverage(&name).await?;
                Ok((rule, coverage.into_iter().find(|covered| covered.rule_id == id).unwrap_or_default()))
            }
        },
    );
    loaded(rule, move |(rule, covered)| {
        let effect = if rule.disabled {
            t!(keys::immutability::DELETE_RESTING)
        } else {
            t!(keys::immutability::DELETE_EFFECT, what = covers(&covered))
        };
        let (project, back) = (within.project.name.clone(), ProjectPart::Immutability.of(&within.name));
        view! {
            <PageHead title=|| t!(keys::immutability::DELETE_TITLE) sub=draft::text(&rule) />
            <FormErrors answer=answer_of(action) />
            <Callout tone=Tone::Warn title=effect text=t!(keys::immutability::DELETE_TEXT) />
            <PostForm action=action>
                <input type="hidden" name="project" value=project />
                <input type="hidden" name="id" value=id.to_string() />
                <div class="row">
                    <Button look=Look::DangerFill icon=Glyph::Trash submit=true busy=action.pending()>
                        {t!(keys::immutability::DELETE_SUBMIT)}
                    </Button>
                    <LinkButton href=back>{t!(keys::common::CANCEL)}</LinkButton>
                </div>
            </PostForm>
        }
    })
}
