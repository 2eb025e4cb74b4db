//! What a repository holds and how to run it, in the words of its people. Shown as text.

use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormErrors, Posted, answer_of, value_of};
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::pages::project::{InProject, NotAllowed, RepositoryPart};
use crate::t;
use crate::ui::{Button, Card, CardBody, Empty, Glyph, LinkButton, Look, PageHead, Size, TextArea, breakable};
use berth_types::RepoName;
#[cfg(feature = "ssr")]
use berth_types::api::RepositoryUpdate;
use berth_types::policy::{Action, Resource as Of};
use leptos::form::ActionForm;
use leptos::prelude::*;

/// Lines that the field shows at first.
const ROWS: u32 = 12;

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

/// The description as a card; nothing where there is none and the visitor cannot write one.
#[component]
pub(super) fn DescriptionCard(within: InProject, repo: RepoName, description: String) -> impl IntoView {
    let edit = within.rights.may(Of::Repository, Action::Update).then(|| RepositoryPart::Description.of(&repo));
    let empty = description.trim().is_empty();
    if empty && edit.is_none() {
        return ().into_any();
    }
    let actions = {
        let edit = edit.clone();
        move || {
            edit.map(|href| {
                view! {
                    <LinkButton href=href look=Look::Ghost size=Size::Small icon=Glyph::Edit>
                        {t!(keys::common::EDIT)}
                    </LinkButton>
                }
            })
        }
    };
    let content = if empty {
        view! {
            <Empty
                icon=Glyph::File
                in_card=true
                title=t!(keys::repository::INFO_NONE)
                text=t!(keys::repository::INFO_NONE_TEXT)
            />
        }
        .into_any()
    } else {
        let text = paragraphs(&description).into_iter().map(|lines| view! { <p>{broken(lines)}</p> }).collect_view();
        view! {
            <CardBody>
                <div class="prose">{text}</div>
            </CardBody>
        }
        .into_any()
    };
    view! {
        <Card title=t!(keys::repository::INFO_LABEL) actions=actions>
            {content}
        </Card>
    }
    .into_any()
}

/// Paragraphs as their lines.
fn paragraphs(text: &str) -> Vec<Vec<String>> {
    let mut paragraphs: Vec<Vec<String>> = vec![Vec::new()];
    for line in text.lines() {
        match (line.trim().is_empty(), paragraphs.last_mut()) {
            (false, Some(last)) => last.push(line.to_owned()),
            _ => paragraphs.push(Vec::new()),
        }
    }
    paragraphs.retain(|lines| !lines.is_empty());
    paragraphs
}

/// Lines below each other.
fn broken(lines: Vec<String>) -> Vec<AnyView> {
    let mut views = Vec::new();
    for line in lines {
        if !views.is_empty() {
            views.push(view! { <br /> }.into_any());
        }
        views.push(line.into_any());
    }
    views
}

/// The page to change the description.
#[component]
pub(crate) fn Description(within: InProject, repo: RepoName) -> impl IntoView {
    let action = ServerAction::<PostDescription>::new();
    if !within.rights.may(Of::Repository, Action::Update) {
        return view! { <NotAllowed /> }.into_any();
    }
    let shown = {
        let (client, repo) = (use_client(), repo.clone());
        Resource::new(
            || (),
            move |()| {
                let (client, repo) = (client.clone(), repo.clone());
                async move { client.repository(&repo).await }
            },
        )
    };
    loaded(shown, move |shown| {
        let answer = answer_of(action);
        let (name, back) = (repo.to_string(), RepositoryPart::Tags.of(&repo));
        let heading = name.clone();
        view! {
            <PageHead title=move || view! { <span class="name">{breakable(&heading)}</span> } />
            <Card title=t!(keys::repository::INFO_LABEL)>
                <CardBody>
                    <ActionForm action=action attr:class="form">
                        <FormErrors answer=answer />
                        <input type="hidden" name="repository" value=name />
                        <TextArea
                            label=t!(keys::repository::INFO_LABEL)
                            name="description"
                            value=value_of(answer, "description", &shown.description)
                            hint=t!(keys::repository::INFO_NONE_TEXT)
                            rows=ROWS
                            optional=true
                        />
                        <div class="row">
                            <Button look=Look::Primary submit=true busy=action.pending()>
                                {t!(keys::common::SAVE)}
                            </Button>
                            <LinkButton href=back>{t!(keys::common::CANCEL)}</LinkButton>
                        </div>
                    </ActionForm>
                </CardBody>
            </Card>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_part_paragraphs() {
        assert_eq!(paragraphs("\n\na\nb\n\n \nc\n"), [vec!["a", "b"], vec!["c"]]);
        assert!(paragraphs(" \n").is_empty());
    }
}
