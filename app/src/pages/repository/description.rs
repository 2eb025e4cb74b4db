//! What a repository holds and how to run it, in the words of its people: Markdown that the server turned into HTML.

use super::forms::found;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
use crate::client::{ApiResult, use_client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, Refusal, answer_of, value_of};
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::pages::project::{AskFor, InProject, NotAllowed, RepositoryPart};
use crate::t;
use crate::ui::{Button, Card, CardBody, Empty, Glyph, LinkButton, Look, PageHead, Size, TextArea, breakable};
use berth_types::RepoName;
use berth_types::api::Readme;
#[cfg(feature = "ssr")]
use berth_types::api::RepositoryUpdate;
use berth_types::policy::{Action, Resource as Of, Right};
use leptos::prelude::*;

/// Lines that the field shows at first.
const ROWS: u32 = 18;
/// Where [`Readme::source`] says that a tag was asked.
const ANNOTATION: &str = "annotation";

/// Changes the description of a repository.
#[server(prefix = "/_portal", endpoint = "repository-description")]
pub(crate) async fn post_description(repository: String, #[server(default)] description: String) -> Posted {
    let client = use_client();
    let posted = save(&client, &repository, &description).await;
    crate::form::conclude(posted, &Notice::DescriptionSaved.on(&format!("/projects/{repository}"), ""))
}

#[cfg(feature = "ssr")]
async fn save(client: &Client, repository: &str, description: &str) -> Posted {
    let answer = FormError::default();
    let Ok(repo) = repository.parse() else { return Err(answer.refused(ApiError::not_found())) };
    // Browsers send the line ends of the network.
    let changes = RepositoryUpdate { description: description.replace("\r\n", "\n").trim_end().to_owned() };
    client.update_repository(&repo, &changes).await.map_err(|refusal| answer.refused(refusal))
}

/// The description as a card. Where there is none, members read who may write one; others would only read that there is none.
#[component]
pub(super) fn ReadmeCard(within: InProject, repo: RepoName, readme: Option<Readme>) -> impl IntoView {
    let edit = within.rights.may(Of::Repository, Action::Update).then(|| RepositoryPart::Description.of(&repo));
    if readme.is_none() && edit.is_none() && within.rights.role.is_none() {
        return ().into_any();
    }
    let empty_text =
        if edit.is_some() { t!(keys::repository::INFO_NONE_TEXT) } else { t!(keys::repository::INFO_NONE_ASK) };
    let annotated = readme.as_ref().is_some_and(|readme| readme.source == ANNOTATION);
    let actions = {
        let edit = edit.clone();
        move || {
            view! {
                {annotated.then(|| view! { <span class="tiny muted wrap">{t!(keys::shelf::ANNOTATED)}</span> })}
                {edit
                    .map(|href| {
                        view! {
                            <LinkButton href=href look=Look::Ghost size=Size::Small icon=Glyph::Edit>
                                {t!(keys::common::EDIT)}
                            </LinkButton>
                        }
                    })}
            }
        }
    };
    let content = match readme {
        Some(readme) => view! {
            <CardBody>
                <Prose html=readme.html />
            </CardBody>
        }
        .into_any(),
        None => view! {
            <Empty
                icon=Glyph::File
                in_card=true
                title=t!(keys::repository::INFO_NONE)
                text=empty_text
            >
                {match edit {
                    Some(href) => view! {
                        <LinkButton href=href icon=Glyph::Edit>
                            {t!(keys::repository::menu::EDIT_INFO)}
                        </LinkButton>
                    }
                    .into_any(),
                    None => {
                        let needs = Right::in_project(Of::Repository, Action::Update);
                        view! { <AskFor within=within needs=needs /> }.into_any()
                    }
                }}
            </Empty>
        }
        .into_any(),
    };
    view! {
        <Card title=t!(keys::shelf::README) actions=actions>
            {content}
        </Card>
    }
    .into_any()
}

/// A document that the server made safe to show.
#[component]
fn Prose(html: String) -> impl IntoView {
    view! { <div class="prose" inner_html=html></div> }
}

/// The page to change the description.
#[component]
pub(crate) fn Description(within: InProject, repo: RepoName) -> impl IntoView {
    let action = FormAction::of::<PostDescription>();
    if !within.rights.may(Of::Repository, Action::Update) {
        return view! { <NotAllowed needs=(Of::Repository, Action::Update) /> }.into_any();
    }
    loaded(found(&repo), move |shown| {
        let answer = answer_of(action);
        let (name, back) = (repo.to_string(), RepositoryPart::Tags.of(&repo));
        let heading = name.clone();
        let written = RwSignal::new(value_of(answer, "description", &shown.description));
        let initial = written.get_untracked();
        view! {
            <PageHead
                title=move || view! { <span class="name">{breakable(&heading)}</span> }
                sub=t!(keys::shelf::README_EDIT)
            />
            <Card label=t!(keys::shelf::README_EDIT)>
                <CardBody>
                    <PostForm action=action attr:class="form">
                        <FormErrors answer=answer />
                        <input type="hidden" name="repository" value=name />
                        <div on:input=move |event| written.set(event_target_value(&event))>
                            <TextArea
                                label=t!(keys::repository::INFO_LABEL)
                                name="description"
                                value=initial
                                hint=t!(keys::shelf::MARKDOWN)
                                rows=ROWS
                                optional=true
                            />
                        </div>
                        <div class="row">
                            <Button look=Look::Primary submit=true busy=action.pending()>
                                {t!(keys::common::SAVE)}
                            </Button>
                            <LinkButton href=back>{t!(keys::common::CANCEL)}</LinkButton>
                        </div>
                    </PostForm>
                </CardBody>
            </Card>
            <Preview repo=repo.clone() written=written />
        }
    })
}

/// How the description would be shown. The server makes the HTML, so it needs script to ask for it.
#[component]
fn Preview(repo: RepoName, written: RwSignal<String>) -> impl IntoView {
    let client = use_client();
    let answer = RwSignal::new(None::<ApiResult<Readme>>);
    let busy = RwSignal::new(false);
    let ask = move |_| {
        let (client, repo, text) = (client.clone(), repo.clone(), written.get_untracked());
        busy.set(true);
        leptos::task::spawn_local(async move {
            let found = client.preview_readme(&repo, &text).await;
            // The page may be gone by now.
            answer.try_set(Some(found));
            busy.try_set(false);
        });
    };
    let shown = move || {
        answer.get().map(|found| match found {
            Ok(readme) if readme.html.trim().is_empty() => {
                view! { <p class="muted">{t!(keys::shelf::PREVIEW_EMPTY)}</p> }.into_any()
            }
            Ok(readme) => view! { <Prose html=readme.html /> }.into_any(),
            Err(error) => view! { <Refusal error=error /> }.into_any(),
        })
    };
    let button = move || {
        view! {
            <Button size=Size::Small icon=Glyph::Eye busy=busy on:click=ask>
                {t!(keys::shelf::PREVIEW)}
            </Button>
        }
    };
    view! {
        <div class="needs-script">
            <Card title=t!(keys::shelf::PREVIEW) actions=button>
                <div class="card-body" aria-live="polite">
                    {shown}
                </div>
            </Card>
        </div>
    }
}
