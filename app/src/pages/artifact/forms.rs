//! Adding a tag to an artifact, and deleting an artifact.

use super::tag_of;
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
#[cfg(feature = "ssr")]
use crate::form::{Fault, FormError};
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of, fault_of, value_of};
use crate::format::digest_short;
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::bulk::{self, Consequences, Gone, RemovalButtons, there};
use crate::pages::loaded;
use crate::pages::project::{InProject, NotAllowed, RepositoryPart};
use crate::ui::{
    Button, Callout, Card, CardBody, Chip, Chips, DigestChip, Glyph, LinkButton, Look, PageHead, TextField, Tone,
};
use crate::{t, tn};
#[cfg(feature = "ssr")]
use berth_types::TagName;
use berth_types::api::{Artifact, BulkKind, BulkPreview, BulkRequest};
use berth_types::policy::{Action, Resource as Of};
use berth_types::{Reference, RepoName};
use leptos::prelude::*;

/// Adds a tag to an artifact.
#[server(prefix = "/_portal", endpoint = "add-tag")]
pub(crate) async fn post_add_tag(repository: String, reference: String, tag: String) -> Posted {
    let client = use_client();
    let tag = tag.trim();
    let posted = add(&client, &repository, &reference, tag).await;
    let page = format!("/projects/{repository}/-/artifacts/{tag}");
    crate::form::conclude(posted, &Notice::TagAdded.on(&page, tag))
}

#[cfg(feature = "ssr")]
async fn add(client: &Client, repository: &str, reference: &str, tag: &str) -> Posted {
    let answer = FormError::keeping(&[("tag", tag)]);
    let Ok(repo) = repository.parse() else { return Err(answer.refused(ApiError::not_found())) };
    let Ok(name) = tag.parse::<TagName>() else { return Err(answer.with("tag", Fault::TagName)) };
    match client.add_tag(&repo, reference, &name).await {
        Ok(_) => Ok(()),
        Err(refusal) if refusal.status == 409 => Err(answer.with("tag", Fault::TagTaken(tag.to_owned()))),
        Err(refusal) => Err(answer.refused(refusal)),
    }
}

/// Deletes an artifact with its tags.
#[server(prefix = "/_portal", endpoint = "delete-artifact")]
pub(crate) async fn post_delete_artifact(repository: String, digest: String) -> Posted {
    let client = use_client();
    let answer = FormError::default();
    let posted = match repository.parse() {
        Ok(repo) => client.delete_artifact(&repo, &digest).await.map_err(|refusal| answer.refused(refusal)),
        Err(_) => Err(answer.refused(ApiError::not_found())),
    };
    let page = format!("/projects/{repository}");
    crate::form::conclude(posted, &Notice::ArtifactDeleted.on(&page, digest_short(&digest)))
}

/// The page to add a tag.
#[component]
pub(crate) fn NewTag(within: InProject, repo: RepoName, reference: Reference) -> impl IntoView {
    let action = FormAction::of::<PostAddTag>();
    if !within.rights.may(Of::Tag, Action::Create) {
        return view! { <NotAllowed needs=(Of::Tag, Action::Create) /> }.into_any();
    }
    let answer = answer_of(action);
    let back = RepositoryPart::Artifact(reference.clone()).of(&repo);
    view! {
        <PageHead title=|| t!(keys::repository::ADD_TAG_TITLE) sub=format!("{repo} · {reference}") />
        <Card label=t!(keys::repository::ADD_TAG_TITLE)>
            <CardBody>
                <PostForm action=action attr:class="form" attr:novalidate="">
                    <FormErrors answer=answer />
                    <input type="hidden" name="repository" value=repo.to_string() />
                    <input type="hidden" name="reference" value=reference.to_string() />
                    <TextField
                        label=t!(keys::repository::ADD_TAG_NAME)
                        name="tag"
                        value=value_of(answer, "tag", "")
                        hint=t!(keys::validation::TAG_NAME)
                        error=fault_of(answer, "tag")
                        raw=true
                        autocomplete="off"
                        maxlength=128
                        required=true
                        autofocus=true
                    />
                    <div class="row">
                        <Button look=Look::Primary submit=true busy=action.pending()>
                            {t!(keys::repository::ADD_TAG_SUBMIT)}
                        </Button>
                        <LinkButton href=back>{t!(keys::common::CANCEL)}</LinkButton>
                    </div>
                </PostForm>
            </CardBody>
        </Card>
    }
    .into_any()
}

/// The question whether to delete an artifact.
#[component]
pub(crate) fn DeleteArtifact(within: InProject, repo: RepoName, reference: Reference) -> impl IntoView {
    let action = FormAction::of::<PostDeleteArtifact>();
    if !within.rights.may(Of::Artifact, Action::Delete) {
        return view! { <NotAllowed needs=(Of::Artifact, Action::Delete) /> }.into_any();
    }
    let client = use_client();
    let found = {
        let (repo, reference) = (repo.clone(), reference.to_string());
        Resource::new(
            || (),
            move |()| {
                let (client, repo, reference) = (client.clone(), repo.clone(), reference.clone());
                async move {
                    let Some(artifact) = there(client.artifact(&repo, &reference).await)? else { return Ok(None) };
                    let preview = client.bulk_preview(&removal(&repo, &artifact)).await?;
                    Ok(Some((artifact, preview)))
                }
            },
        )
    };
    loaded(found, move |found: Option<(Artifact, BulkPreview)>| {
        let (repo, reference) = (repo.clone(), reference.clone());
        let Some((artifact, preview)) = found else {
            return view! { <Gone title=reference.to_string() back=RepositoryPart::Tags.of(&repo) /> }.into_any();
        };
        view! { <DeleteForm repo=repo reference=reference artifact=artifact preview=preview action=action /> }
            .into_any()
    })
}

fn removal(repo: &RepoName, artifact: &Artifact) -> BulkRequest {
    bulk::Place::Repository(repo.clone()).removal(BulkKind::Artifacts, artifact.digest.clone())
}

#[component]
fn DeleteForm(
    repo: RepoName,
    reference: Reference,
    artifact: Artifact,
    preview: BulkPreview,
    action: FormAction,
) -> impl IntoView {
    let request = removal(&repo, &artifact);
    let tags: Vec<String> = artifact.tags.iter().flatten().map(|tag| tag.name.clone()).collect();
    let count = tags.len() as u64;
    let short = digest_short(&artifact.digest).to_owned();
    let heading = t!(keys::repository::DELETE_ARTIFACT_TITLE, digest = short);
    // All tags go with it, not only the one by which somebody came here.
    let effect = if count == 0 {
        t!(keys::repository::DELETE_UNTAGGED_TEXT)
    } else {
        tn!(keys::repository::DELETE_ARTIFACT_TEXT, count)
    };
    let chips = tags.into_iter().map(|tag| view! { <Chip icon=Glyph::Tag text=tag /> }).collect_view();
    let back = tag_of(&artifact, &reference).unwrap_or_else(|| reference.to_string());
    let back = crate::pages::project::artifact_href(&repo, &back);
    let stays = bulk::stays(&preview);
    let effect = (!stays).then(|| {
        view! {
            <Callout tone=Tone::Warn title=effect>
                <Chips>{chips}</Chips>
            </Callout>
        }
    });
    view! {
        <PageHead title=move || heading sub=repo.to_string() />
        <FormErrors answer=answer_of(action) />
        {effect}
        <DigestChip digest=artifact.digest.clone() />
        <Consequences request=request preview=preview />
        <PostForm action=action>
            <input type="hidden" name="repository" value=repo.to_string() />
            <input type="hidden" name="digest" value=artifact.digest />
            <RemovalButtons
                stays=stays
                text=t!(keys::repository::DELETE_ARTIFACT_SUBMIT)
                back=back
                busy=action.pending()
            />
        </PostForm>
    }
}
