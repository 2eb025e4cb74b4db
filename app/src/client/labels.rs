//! Labels of the system and of projects, and what they are put on.

use super::{Answer, ApiResult, Client, ListParams, Method};
use berth_types::api::{Artifact, Label};
use berth_types::page::Paged;
use berth_types::url::{API, artifact, project_part};
use berth_types::{ProjectId, ProjectName, RepoName};

impl Client {
    /// The labels of a project, or of the system where none is given, whose name contains a text.
    ///
    /// # Errors
    /// 403 where the visitor does not see them.
    pub async fn labels(&self, project: Option<ProjectId>, name: &str, params: &ListParams) -> ApiResult<Paged<Label>> {
        let (scope, id) = match project {
            Some(id) => ("p", id.to_string()),
            None => ("g", String::new()),
        };
        self.list(params.on(&format!("{API}/labels"), &[("scope", scope), ("project_id", &id), ("name", name)])).await
    }

    /// One label.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn label(&self, id: i64) -> ApiResult<Label> {
        self.get(format!("{API}/labels/{id}")).await
    }

    /// Makes a label.
    ///
    /// # Errors
    /// 409 where its scope has one of this name.
    pub async fn create_label(&self, label: &Label) -> ApiResult<Answer> {
        self.send(Method::Post, format!("{API}/labels"), label).await
    }

    /// Changes name, description and colour of a label.
    ///
    /// # Errors
    /// 409 where its scope has another of this name.
    pub async fn update_label(&self, label: &Label) -> ApiResult<()> {
        self.send(Method::Put, format!("{API}/labels/{}", label.id), label).await.map(drop)
    }

    /// Removes a label from everything that it is on.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn delete_label(&self, id: i64) -> ApiResult<()> {
        self.delete(format!("{API}/labels/{id}")).await
    }

    /// How many artifacts of a project carry a label.
    ///
    /// # Errors
    /// 404 or 403 where there is no project to see.
    pub async fn labelled(&self, project: &ProjectName, label: i64) -> ApiResult<i64> {
        let params = ListParams { q: format!("labels=({label})"), page: 1, page_size: 1, ..ListParams::default() };
        let found: Paged<Artifact> = self.list(params.on(&project_part(project, "artifacts"), &[])).await?;
        Ok(found.total)
    }

    /// Puts a label on an artifact.
    ///
    /// # Errors
    /// 409 where the artifact has it.
    pub async fn put_label(&self, repo: &RepoName, reference: &str, label: i64) -> ApiResult<()> {
        let body = Label { id: label, ..Label::default() };
        self.send(Method::Post, format!("{}/labels", artifact(repo, reference)), &body).await.map(drop)
    }

    /// Takes a label off an artifact.
    ///
    /// # Errors
    /// 404 where the artifact does not have it.
    pub async fn take_label(&self, repo: &RepoName, reference: &str, label: i64) -> ApiResult<()> {
        self.delete(format!("{}/labels/{label}", artifact(repo, reference))).await
    }
}
