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
use crate::session::use_session;
use crate::t;
use crate::ui::{
    Button, Callout, CalloutActions, Card, CardBody, Empty, Glyph, LinkButton, Look, PageHead, Size, TextArea, Tone,
    breakable, field_id,
};
use berth_types::RepoName;
use berth_types::api::Readme;
#[cfg(feature = "ssr")]
use berth_types::api::RepositoryUpdate;
use berth_types::policy::{Action, Resource as Of, Right};
use leptos::prelude::*;
use std::time::Duration;

/// How often it is looked whether the field is there, and how often at most.
const LOOK_EVERY: Duration = Duration::from_millis(60);
const LOOKS_MAX: u32 = 50;
/// The name of the field.
const FIELD: &str = "description";
/// How long nothing is typed before the preview follows.
const PAUSE: Duration = Duration::from_millis(400);
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
        let repo = repo.clone();
        view! { <Editor repo=repo stored=shown.description action=action /> }
    })
}

#[component]
fn Editor(repo: RepoName, stored: String, action: FormAction) -> impl IntoView {
    let answer = answer_of(action);
    let (name, back) = (repo.to_string(), RepositoryPart::Tags.of(&repo));
    let heading = name.clone();
    let initial = value_of(answer, FIELD, &stored);
    let written = RwSignal::new(initial.clone());
    // Whether a draft was put back, and whether what it began with is still what is stored.
    let restored = RwSignal::new(None::<bool>);
    let base = StoredValue::new(lines(&stored));
    // Another person at the same browser has drafts of their own.
    let who = use_session().with_untracked(|session| session.user.as_ref().map(|user| user.username.clone()));
    let draft = StoredValue::new(format!("berth:readme:{}:{repo}", who.unwrap_or_default()));
    // What is as it was needs no keeping.
    let keep = move |text: &str| {
        let text = lines(text);
        base.with_value(|base| {
            draft.with_value(|draft| if text == *base { kept::forget(draft) } else { kept::put(draft, base, &text) });
        });
    };
    let (first, before) = (initial.clone(), initial.clone());
    Effect::new(move |ran: Option<()>| {
        if ran.is_none()
            && let Some((from, text)) = draft.with_value(|draft| kept::get(draft))
            && text != lines(&first)
        {
            fill_soon(text.clone(), LOOKS_MAX);
            written.set(text);
            restored.set(Some(base.with_value(|base| *base == from)));
        }
    });
    // What was refused is not saved.
    Effect::new(move || {
        if answer.with(Option::is_some) && action.version().get() > 0 {
            keep(&written.get_untracked());
        }
    });
    let discard = move |_| {
        draft.with_value(|draft| kept::forget(draft));
        fill_soon(before.clone(), 0);
        written.set(before.clone());
        restored.set(None);
    };
    let note = move || {
        let discard = discard.clone();
        restored.get().map(|is_current| {
            let (tone, text) =
                if is_current { (Tone::Info, keys::shelf::DRAFT_TEXT) } else { (Tone::Warn, keys::shelf::DRAFT_OLD) };
            view! {
                <Callout tone=tone title=t!(keys::shelf::DRAFT) text=t!(text)>
                    <CalloutActions>
                        <Button size=Size::Small on:click=discard>
                            {t!(keys::shelf::DRAFT_DISCARD)}
                        </Button>
                    </CalloutActions>
                </Callout>
            }
        })
    };
    view! {
        <PageHead
            title=move || view! { <span class="name">{breakable(&heading)}</span> }
            sub=t!(keys::shelf::README_EDIT)
        />
        <div role="status">{note}</div>
        <div class="split" data-side="26">
            <Card label=t!(keys::shelf::README_EDIT)>
                <CardBody>
                    // Once it is on its way there is nothing to come back to; a refusal brings it back.
                    <div on:submit=move |_| draft.with_value(|draft| kept::forget(draft))>
                        <PostForm action=action attr:class="form">
                            <FormErrors answer=answer />
                            <input type="hidden" name="repository" value=name />
                            <div
                                class="text-mono"
                                on:input=move |event| {
                                    let text = event_target_value(&event);
                                    keep(&text);
                                    written.set(text);
                                }
                            >
                                <TextArea
                                    label=t!(keys::repository::INFO_LABEL)
                                    name=FIELD
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
                    </div>
                </CardBody>
            </Card>
            <Preview repo=repo written=written />
        </div>
    }
}

/// How the description would be shown, while it is written. The server makes the HTML, so it needs script to ask for it.
#[component]
fn Preview(repo: RepoName, written: RwSignal<String>) -> impl IntoView {
    let client = use_client();
    let answer = RwSignal::new((String::new(), None::<ApiResult<Readme>>));
    let mut later = debounce(PAUSE, move |text: String| {
        let (client, repo) = (client.clone(), repo.clone());
        leptos::task::spawn_local(async move {
            let found = client.preview_readme(&repo, &text).await;
            // Answers may come in another order, or to a page that is gone.
            if written.try_with_untracked(|now| *now == text) == Some(true) {
                answer.try_set((text, Some(found)));
            }
        });
    });
    Effect::new(move || {
        let text = written.get();
        if text.trim().is_empty() { answer.set((text, None)) } else { later(text) }
    });
    let shown = move || match answer.get().1 {
        Some(Ok(readme)) if !readme.html.trim().is_empty() => view! { <Prose html=readme.html /> }.into_any(),
        Some(Err(error)) => view! { <Refusal error=error /> }.into_any(),
        None if !written.with_untracked(|text| text.trim().is_empty()) => ().into_any(),
        Some(Ok(_)) | None => view! { <p class="muted">{t!(keys::shelf::PREVIEW_EMPTY)}</p> }.into_any(),
    };
    let is_stale = move || written.with(|written| answer.with(|(text, _)| text != written));
    view! {
        <div class="needs-script">
            <Card title=t!(keys::shelf::PREVIEW)>
                <div class="card-body" class:stale=is_stale>
                    {shown}
                </div>
            </Card>
        </div>
    }
}

/// What was written and not saved, in this tab of the browser: leaving the page loses nothing, by whatever way.
mod kept {
    #[cfg(target_arch = "wasm32")]
    fn storage() -> Option<web_sys::Storage> {
        leptos::prelude::window().session_storage().ok()?
    }

    /// Between the text that was changed and what it was changed to: no text that is typed has it.
    #[cfg(target_arch = "wasm32")]
    const BETWEEN: char = '\0';

    /// Keeps a text with what it began as. One that cannot be kept is lost with the page, as it would be without this.
    #[cfg(target_arch = "wasm32")]
    pub(super) fn put(key: &str, base: &str, text: &str) {
        drop(storage().map(|storage| storage.set_item(key, &format!("{base}{BETWEEN}{text}"))));
    }

    /// What a text began as, and the text.
    #[cfg(target_arch = "wasm32")]
    pub(super) fn get(key: &str) -> Option<(String, String)> {
        let kept = storage()?.get_item(key).ok()??;
        kept.split_once(BETWEEN).map(|(base, text)| (base.to_owned(), text.to_owned()))
    }

    #[cfg(target_arch = "wasm32")]
    pub(super) fn forget(key: &str) {
        drop(storage().map(|storage| storage.remove_item(key)));
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn put(_: &str, _: &str, _: &str) {}

    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn get(_: &str) -> Option<(String, String)> {
        None
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn forget(_: &str) {}
}

/// A text with ends of lines as the field has them.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// Puts a text into the field of the form once it is there: a page that is gone to is drawn before it is shown.
#[cfg(target_arch = "wasm32")]
fn fill_soon(text: String, looks: u32) {
    use wasm_bindgen::JsCast;
    let field = document().get_element_by_id(&field_id(FIELD));
    if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlTextAreaElement>().ok()) {
        field.set_value(&text);
    } else if looks > 0 {
        set_timeout(move || fill_soon(text, looks - 1), LOOK_EVERY);
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn fill_soon(_: String, _: u32) {
    // Only a browser keeps a text, so there is none to put back.
    let _ = (field_id(FIELD), LOOK_EVERY);
}
