//! Repositories, artifacts and tags.

use super::{Answer, ApiError, ApiResult, Client, ListParams, Method};
use berth_types::api::{
    Artifact, BuildHistoryEntry, LayerInfo, Readme, ReadmePreviewReq, Repository, RepositorySummary, RepositoryTag,
    RepositoryUpdate, TagHistoryEntry, TagRestoreReq,
};
use berth_types::page::Paged;
use berth_types::url::{
    BERTH_API, artifact, artifacts, encode, encode_repository, project_part, repository, with_query,
};
use berth_types::{ProjectName, RepoName, TagName};
use serde::Serialize;

/// A tag that is added to an artifact.
#[derive(Serialize)]
struct NewTag<'a> {
    name: &'a str,
}

/// The parts of an artifact that a list or a page needs.
const WITH_ALL: [(&str, &str); 4] =
    [("with_tag", "true"), ("with_accessory", "true"), ("with_label", "true"), ("with_sbom_overview", "true")];
/// Everything that the page of one artifact shows.
const WITH_EVERYTHING: [(&str, &str); 7] = [
    ("with_tag", "true"),
    ("with_accessory", "true"),
    ("with_inherited_accessory", "true"),
    ("with_label", "true"),
    ("with_immutable_status", "true"),
    ("with_scan_overview", "true"),
    ("with_sbom_overview", "true"),
];

impl Client {
    /// The repositories of a project.
    ///
    /// # Errors
    /// 404 or 403 where the project is not to be seen.
    pub async fn repositories(&self, project: &ProjectName, params: &ListParams) -> ApiResult<Paged<Repository>> {
        self.list(params.on(&project_part(project, "repositories"), &[])).await
    }

    /// One repository. Taken from the list: limited guests and strangers to a public project may list repositories, but
    /// not read one alone.
    ///
    /// # Errors
    /// 404 where there is none to see.
    pub async fn repository(&self, repo: &RepoName) -> ApiResult<Repository> {
        let params = ListParams { q: format!("name={repo}"), page: 1, page_size: 1, ..ListParams::default() };
        let found = self.repositories(&repo.project(), &params).await?;
        found.items.into_iter().next().ok_or_else(ApiError::not_found)
    }

    /// Changes the description of a repository.
    ///
    /// # Errors
    /// 403 where the visitor's role does not allow it.
    pub async fn update_repository(&self, repo: &RepoName, changes: &RepositoryUpdate) -> ApiResult<()> {
        self.send(Method::Put, repository(repo), changes).await.map(drop)
    }

    /// Deletes a repository with all its artifacts.
    ///
    /// # Errors
    /// 412 where a rule protects a tag.
    pub async fn delete_repository(&self, repo: &RepoName) -> ApiResult<()> {
        self.delete(repository(repo)).await
    }

    /// The artifacts of a repository with their tags.
    ///
    /// # Errors
    /// 404 where there is no repository to see.
    pub async fn artifacts(&self, repo: &RepoName, params: &ListParams) -> ApiResult<Paged<Artifact>> {
        self.list(params.on(&artifacts(repo), &WITH_ALL)).await
    }

    /// One artifact by tag or digest, with its tags and labels.
    ///
    /// # Errors
    /// 404 where there is none to see.
    pub async fn artifact(&self, repo: &RepoName, reference: &str) -> ApiResult<Artifact> {
        self.get(with_query(&artifact(repo, reference), &WITH_EVERYTHING)).await
    }

    /// Deletes an artifact with its tags.
    ///
    /// # Errors
    /// 412 where an index or a rule holds it.
    pub async fn delete_artifact(&self, repo: &RepoName, reference: &str) -> ApiResult<()> {
        self.delete(artifact(repo, reference)).await
    }

    /// Adds a tag to an artifact.
    ///
    /// # Errors
    /// 409 where the tag exists.
    pub async fn add_tag(&self, repo: &RepoName, reference: &str, tag: &TagName) -> ApiResult<Answer> {
        let body = NewTag { name: tag.as_str() };
        self.send(Method::Post, format!("{}/tags", artifact(repo, reference)), &body).await
    }

    /// Removes a tag of an artifact.
    ///
    /// # Errors
    /// 412 where a rule protects it.
    pub async fn delete_tag(&self, repo: &RepoName, reference: &str, tag: &str) -> ApiResult<()> {
        self.delete(format!("{}/tags/{}", artifact(repo, reference), encode(tag))).await
    }

    /// The build history of an image.
    ///
    /// # Errors
    /// 400 where the artifact is no image.
    pub async fn build_history(&self, repo: &RepoName, reference: &str) -> ApiResult<Vec<BuildHistoryEntry>> {
        self.get(format!("{}/additions/build_history", artifact(repo, reference))).await
    }

    /// The layers of an image joined with its history.
    ///
    /// # Errors
    /// 404 where there is none to see.
    pub async fn layers(&self, repo: &RepoName, reference: &str) -> ApiResult<Vec<LayerInfo>> {
        self.get(format!("{}/artifacts/{}/layers", beyond_harbor(repo), encode(reference))).await
    }

    /// What a repository is at a glance, with its description as HTML to be shown.
    ///
    /// # Errors
    /// 404 where there is no repository to see.
    pub async fn repository_summary(&self, repo: &RepoName) -> ApiResult<RepositorySummary> {
        self.get(format!("{}/summary", beyond_harbor(repo))).await
    }

    /// How a description would be shown.
    ///
    /// # Errors
    /// 400 where it is too long.
    pub async fn preview_readme(&self, repo: &RepoName, description: &str) -> ApiResult<Readme> {
        let body = ReadmePreviewReq { description: description.to_owned() };
        self.send(Method::Post, format!("{}/readme/preview", beyond_harbor(repo)), &body).await?.json()
    }

    /// The moves of all tags of a repository, newest first.
    ///
    /// # Errors
    /// 404 where there is no repository to see.
    pub async fn repository_history(&self, repo: &RepoName, params: &ListParams) -> ApiResult<Paged<TagHistoryEntry>> {
        self.list(params.on(&format!("{}/history", beyond_harbor(repo)), &[])).await
    }

    /// Points a tag at a manifest that the repository still has.
    ///
    /// # Errors
    /// 404 where the manifest is gone, 412 where a rule protects the tag.
    pub async fn restore_tag(&self, repo: &RepoName, tag: &str, digest: &str) -> ApiResult<()> {
        let body = TagRestoreReq { digest: digest.to_owned() };
        let path = format!("{}/tags/{}/restore", beyond_harbor(repo), encode(tag));
        self.send(Method::Post, path, &body).await.map(drop)
    }

    /// All tags of a repository with what they point at; `q` takes `name=~…`, `platform=…`, `signed=…`, `labels=(…)`,
    /// `sort` takes `name`, `push_time`, `pull_time`, `size`.
    ///
    /// # Errors
    /// 404 where there is no repository to see.
    pub async fn repository_tags(&self, repo: &RepoName, params: &ListParams) -> ApiResult<Paged<RepositoryTag>> {
        self.list(params.on(&format!("{}/tags", beyond_harbor(repo)), &[])).await
    }

    /// The moves of a tag, newest first.
    ///
    /// # Errors
    /// 404 where there is no repository to see.
    pub async fn tag_history(
        &self,
        repo: &RepoName,
        tag: &str,
        params: &ListParams,
    ) -> ApiResult<Paged<TagHistoryEntry>> {
        self.list(params.on(&format!("{}/tags/{}/history", beyond_harbor(repo), encode(tag)), &[])).await
    }
}

/// The repository's path in the part of the API that Harbor lacks.
pub(super) fn beyond_harbor(repo: &RepoName) -> String {
    let (project, within) = (repo.project(), encode_repository(repo.within_project()));
    format!("{BERTH_API}/projects/{project}/repositories/{within}")
}
