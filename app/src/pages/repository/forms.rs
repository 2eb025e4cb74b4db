//! The questions whether to delete a repository or a tag.

#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
use crate::client::{ApiResult, use_client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::format::natural;
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::bulk::{self, Consequences, Gone, RemovalButtons, there};
use crate::pages::loaded;
use crate::pages::project::{InProject, NotAllowed, RepositoryPart};
use crate::ui::{Callout, PageHead, Tone};
use crate::{t, tn};
use berth_types::api::{BulkKind, BulkPreview, Repository};
use berth_types::policy::{Action, Resource as Of};
use berth_types::{RepoName, TagName};
use leptos::prelude::*;

/// Deletes a repository with all that it holds.
#[server(prefix = "/_portal", endpoint = "delete-repository")]
pub(crate) async fn post_delete_repository(repository: String) -> Posted {
    let client = use_client();
    let answer = FormError::default();
    let project = repository.split('/').next().unwrap_or_default().to_owned();
    let posted = match repository.parse() {
        Ok(repo) => client.delete_repository(&repo).await.map_err(|refusal| answer.refused(refusal)),
        Err(_) => Err(answer.refused(ApiError::not_found())),
    };
    crate::form::conclude(posted, &Notice::RepositoryDeleted.on(&format!("/projects/{project}"), &repository))
}

/// Deletes a tag; what it points at stays.
#[server(prefix = "/_portal", endpoint = "delete-tag")]
pub(crate) async fn post_delete_tag(repository: String, tag: String) -> Posted {
    let client = use_client();
    let posted = delete_tag(&client, &repository, &tag).await;
    crate::form::conclude(posted, &Notice::TagDeleted.on(&format!("/projects/{repository}"), &tag))
}

#[cfg(feature = "ssr")]
async fn delete_tag(client: &Client, repository: &str, tag: &str) -> Posted {
    let answer = FormError::default();
    let Ok(repo) = repository.parse() else { return Err(answer.refused(ApiError::not_found())) };
    client.delete_tag(&repo, tag, tag).await.map_err(|refusal| answer.refused(refusal))
}

/// The repository that a page asks about.
pub(super) fn found(repo: &RepoName) -> Resource<ApiResult<Repository>> {
    let (client, repo) = (use_client(), repo.clone());
    Resource::new(
        || (),
        move |()| {
            let (client, repo) = (client.clone(), repo.clone());
            async move { client.repository(&repo).await }
        },
    )
}

/// The question whether to delete a repository.
#[component]
pub(crate) fn DeleteRepository(within: InProject, repo: RepoName) -> impl IntoView {
    let action = FormAction::of::<PostDeleteRepository>();
    if !within.rights.may(Of::Repository, Action::Delete) {
        return view! { <NotAllowed needs=(Of::Repository, Action::Delete) /> }.into_any();
    }
    let client = use_client();
    let request = bulk::Place::Project(repo.project()).removal(BulkKind::Repositories, repo.to_string());
    let found = {
        let (repo, request) = (repo.clone(), request.clone());
        Resource::new(
            || (),
            move |()| {
                let (client, repo, request) = (client.clone(), repo.clone(), request.clone());
                async move {
                    let Some(shown) = there(client.repository(&repo).await)? else { return Ok(None) };
                    Ok(Some((shown, client.bulk_preview(&request).await?)))
                }
            },
        )
    };
    loaded(found, move |found: Option<(Repository, BulkPreview)>| {
        let Some((shown, preview)) = found else {
            let back = format!("/projects/{}", repo.project());
            return view! { <Gone title=repo.to_string() back=back /> }.into_any();
        };
        let request = request.clone();
        let heading = t!(keys::repositories::DELETE_TITLE, name = repo);
        let effect = tn!(keys::repositories::DELETE_EFFECT, natural(shown.artifact_count));
        let (name, back) = (repo.to_string(), RepositoryPart::Tags.of(&repo));
        let stays = bulk::stays(&preview);
        view! {
            <PageHead title=move || heading />
            <FormErrors answer=answer_of(action) />
            {(!stays).then(|| view! { <Callout tone=Tone::Warn title=effect /> })}
            <Consequences request=request preview=preview />
            <PostForm action=action>
                <input type="hidden" name="repository" value=name />
                <RemovalButtons stays=stays text=t!(keys::repositories::DELETE_SUBMIT) back=back busy=action.pending() />
            </PostForm>
        }
        .into_any()
    })
}

/// The question whether to delete a tag.
#[component]
pub(crate) fn DeleteTag(within: InProject, repo: RepoName, tag: TagName) -> impl IntoView {
    let action = FormAction::of::<PostDeleteTag>();
    if !within.rights.may(Of::Tag, Action::Delete) {
        return view! { <NotAllowed needs=(Of::Tag, Action::Delete) /> }.into_any();
    }
    let request = bulk::Place::Repository(repo.clone()).removal(BulkKind::Tags, tag.to_string());
    let client = use_client();
    let found = {
        let (repo, tag, request) = (repo.clone(), tag.to_string(), request.clone());
        Resource::new(
            || (),
            move |()| {
                let (client, repo, tag, request) = (client.clone(), repo.clone(), tag.clone(), request.clone());
                async move {
                    let preview = client.bulk_preview(&request).await?;
                    // No list shows the tags of signatures, which can be deleted all the same.
                    if preview.items == 0 && there(client.artifact(&repo, &tag).await)?.is_none() {
                        return Ok(None);
                    }
                    Ok(Some(preview))
                }
            },
        )
    };
    loaded(found, move |found: Option<BulkPreview>| {
        let Some(preview) = found else {
            return view! { <Gone title=tag.to_string() back=RepositoryPart::Tags.of(&repo) /> }.into_any();
        };
        let heading = t!(keys::repository::DELETE_TAG_TITLE, tag = tag);
        let (back, repo, tag) = (RepositoryPart::Tags.of(&repo), repo.to_string(), tag.to_string());
        let (sub, stays) = (repo.clone(), bulk::stays(&preview));
        view! {
            <PageHead title=move || heading sub=sub />
            <FormErrors answer=answer_of(action) />
            {(!stays).then(|| view! { <Callout tone=Tone::Warn title=t!(keys::repository::DELETE_TAG_TEXT) /> })}
            <Consequences request=request.clone() preview=preview />
            <PostForm action=action>
                <input type="hidden" name="repository" value=repo />
                <input type="hidden" name="tag" value=tag />
                <RemovalButtons
                    stays=stays
                    text=t!(keys::repository::DELETE_TAG_SUBMIT)
                    back=back
                    busy=action.pending()
                />
            </PostForm>
        }
        .into_any()
    })
}
