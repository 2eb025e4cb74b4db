//! Projects, their members, settings and log.

use super::{Answer, ApiResult, Client, ListParams, Method};
use berth_types::api::{
    AccessExplanation, AuditEntry, MemberCandidate, Project, ProjectDeletable, ProjectMember, ProjectMemberEntity,
    ProjectReq, ProjectSummary, RoleRequest,
};
use berth_types::page::Paged;
use berth_types::url::{API, BERTH_API, encode, project, project_part, with_query};
use berth_types::{MemberId, ProjectName};
use std::collections::BTreeMap;

impl Client {
    /// The projects that the visitor may see.
    ///
    /// # Errors
    /// 400 for a filter outside the grammar.
    pub async fn projects(&self, params: &ListParams) -> ApiResult<Paged<Project>> {
        self.list(params.on(&format!("{API}/projects"), &[])).await
    }

    /// Makes a project.
    ///
    /// # Errors
    /// 409 where the name is taken, 400 where it breaks a rule, 403 where only administrators may.
    pub async fn create_project(&self, new: &ProjectReq) -> ApiResult<Answer> {
        self.send(Method::Post, format!("{API}/projects"), new).await
    }

    /// One project.
    ///
    /// # Errors
    /// 404 or 403 where there is none to see.
    pub async fn project(&self, name: &ProjectName) -> ApiResult<Project> {
        self.get(project(name)).await
    }

    /// Changes a project: its metadata, `public` among them.
    ///
    /// # Errors
    /// 403 for all but its admins.
    pub async fn update_project(&self, name: &ProjectName, changes: &ProjectReq) -> ApiResult<()> {
        self.send(Method::Put, project(name), changes).await.map(drop)
    }

    /// Deletes a project.
    ///
    /// # Errors
    /// 412 where it holds repositories.
    pub async fn delete_project(&self, name: &ProjectName) -> ApiResult<()> {
        self.delete(project(name)).await
    }

    /// Counts of a project.
    ///
    /// # Errors
    /// 404 or 403 where there is none to see.
    pub async fn project_summary(&self, name: &ProjectName) -> ApiResult<ProjectSummary> {
        self.get(project_part(name, "summary")).await
    }

    /// Whether a project can be deleted, and why not.
    ///
    /// # Errors
    /// 403 for all but its admins.
    pub async fn project_deletable(&self, name: &ProjectName) -> ApiResult<ProjectDeletable> {
        self.get(project_part(name, "_deletable")).await
    }

    /// The members of a project. Harbor's own list finds whole names only and has one order.
    ///
    /// # Errors
    /// 403 where the visitor's role does not see members.
    pub async fn members(&self, name: &ProjectName, params: &ListParams) -> ApiResult<Paged<ProjectMemberEntity>> {
        self.list(params.on(&format!("{BERTH_API}/projects/{name}/members"), &[])).await
    }

    /// One membership.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn member(&self, name: &ProjectName, id: MemberId) -> ApiResult<ProjectMemberEntity> {
        self.get(project_part(name, &format!("members/{id}"))).await
    }

    /// Adds a member.
    ///
    /// # Errors
    /// 409 for a member, 404 for an unknown user.
    pub async fn add_member(&self, name: &ProjectName, member: &ProjectMember) -> ApiResult<Answer> {
        self.send(Method::Post, project_part(name, "members"), member).await
    }

    /// People who may become members: whose names contain a text, and whose e-mail address it is.
    ///
    /// # Errors
    /// 403 where the visitor may not add members.
    pub async fn member_candidates(&self, name: &ProjectName, text: &str) -> ApiResult<Vec<MemberCandidate>> {
        self.get(with_query(&format!("{BERTH_API}/projects/{name}/candidates"), &[("text", text)])).await
    }

    /// Every rule that gives a person something in a project.
    ///
    /// # Errors
    /// 404 where nobody has this name, 403 where the visitor may not list members.
    pub async fn explain_access(&self, name: &ProjectName, username: &str) -> ApiResult<AccessExplanation> {
        self.get(with_query(&format!("{BERTH_API}/projects/{name}/access"), &[("username", username)])).await
    }

    /// Changes the role of a member; `role` is Harbor's number.
    ///
    /// # Errors
    /// 403 for all but admins of the project.
    pub async fn set_member_role(&self, name: &ProjectName, id: MemberId, role: i64) -> ApiResult<()> {
        let path = project_part(name, &format!("members/{id}"));
        self.send(Method::Put, path, &RoleRequest { role_id: role }).await.map(drop)
    }

    /// Removes a member.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn remove_member(&self, name: &ProjectName, id: MemberId) -> ApiResult<()> {
        self.delete(project_part(name, &format!("members/{id}"))).await
    }

    /// The settings of a project: text by key.
    ///
    /// # Errors
    /// 403 where the visitor's role does not see them.
    pub async fn metadatas(&self, name: &ProjectName) -> ApiResult<BTreeMap<String, String>> {
        self.get(project_part(name, "metadatas/")).await
    }

    /// One setting of a project, as a map of one key.
    ///
    /// # Errors
    /// 404 where it is not set.
    pub async fn metadata(&self, name: &ProjectName, key: &str) -> ApiResult<BTreeMap<String, String>> {
        self.get(project_part(name, &format!("metadatas/{}", encode(key)))).await
    }

    /// What happened in a project.
    ///
    /// # Errors
    /// 403 for all but its admins.
    pub async fn project_audit(&self, name: &ProjectName, params: &ListParams) -> ApiResult<Paged<AuditEntry>> {
        self.list(params.on(&format!("{BERTH_API}/projects/{name}/audit-logs"), &[])).await
    }
}
