//! Rules about tags: what is kept, and what stays as it is.

use super::{ApiResult, Client, ListParams, Method};
use berth_types::ProjectName;
use berth_types::api::{ImmutableCoverage, ImmutablePreview, ImmutableRule, RetentionPolicy, RetentionPreview};
use berth_types::page::Paged;
use berth_types::url::{API, BERTH_API, project_part, with_query};

impl Client {
    /// A retention policy.
    ///
    /// # Errors
    /// 404 where there is none, 403 where the visitor's role does not see it.
    pub async fn retention(&self, id: i64) -> ApiResult<RetentionPolicy> {
        self.get(format!("{API}/retentions/{id}")).await
    }

    /// Makes the retention policy of the project that it names.
    ///
    /// # Errors
    /// 400 where a rule cannot be followed or the project has a policy, 409 for equal rules.
    pub async fn create_retention(&self, policy: &RetentionPolicy) -> ApiResult<()> {
        self.send(Method::Post, format!("{API}/retentions"), policy).await.map(drop)
    }

    /// Changes a retention policy.
    ///
    /// # Errors
    /// As [`Client::create_retention`]; 404 where there is none.
    pub async fn update_retention(&self, id: i64, policy: &RetentionPolicy) -> ApiResult<()> {
        self.send(Method::Put, format!("{API}/retentions/{id}"), policy).await.map(drop)
    }

    /// Deletes a retention policy.
    ///
    /// # Errors
    /// 400 where there is none.
    pub async fn delete_retention(&self, id: i64) -> ApiResult<()> {
        self.delete(format!("{API}/retentions/{id}")).await
    }

    /// What a policy would keep and remove, kept or not. `show` is `kept`, `removed`, or empty for both.
    ///
    /// # Errors
    /// 400 where a rule cannot be followed, 409 for equal rules.
    pub async fn preview_retention(
        &self,
        project: &ProjectName,
        policy: &RetentionPolicy,
        show: &str,
        page: u64,
        page_size: u64,
    ) -> ApiResult<RetentionPreview> {
        let (page, page_size) = (page.to_string(), page_size.to_string());
        let query = [("show", show), ("page", &page), ("page_size", &page_size)];
        let path = with_query(&format!("{BERTH_API}/projects/{project}/retention/preview"), &query);
        self.send(Method::Post, path, policy).await?.json()
    }

    /// The immutability rules of a project, oldest first.
    ///
    /// # Errors
    /// 403 where the visitor's role does not see them.
    pub async fn immutable_rules(&self, project: &ProjectName) -> ApiResult<Paged<ImmutableRule>> {
        // A project has at most a hundred.
        let params = ListParams { page: 1, page_size: 100, ..ListParams::default() };
        self.list(params.on(&project_part(project, "immutabletagrules"), &[])).await
    }

    /// How many tags each immutability rule of a project selects.
    ///
    /// # Errors
    /// As [`Client::immutable_rules`].
    pub async fn immutable_coverage(&self, project: &ProjectName) -> ApiResult<Vec<ImmutableCoverage>> {
        self.get(format!("{BERTH_API}/projects/{project}/immutabletagrules/coverage")).await
    }

    /// Which tags an immutability rule would protect, kept or not.
    ///
    /// # Errors
    /// 400 for a pattern that is none.
    pub async fn preview_immutable(&self, project: &ProjectName, rule: &ImmutableRule) -> ApiResult<ImmutablePreview> {
        let path = format!("{BERTH_API}/projects/{project}/immutabletagrules/preview?page_size=50");
        self.send(Method::Post, path, rule).await?.json()
    }

    /// Adds an immutability rule.
    ///
    /// # Errors
    /// 400 for a pattern that is none, 409 where the project has this rule.
    pub async fn create_immutable(&self, project: &ProjectName, rule: &ImmutableRule) -> ApiResult<()> {
        self.send(Method::Post, project_part(project, "immutabletagrules"), rule).await.map(drop)
    }

    /// Changes an immutability rule.
    ///
    /// # Errors
    /// 400 for a pattern that is none, 404 where the project has no such rule.
    pub async fn update_immutable(&self, project: &ProjectName, rule: &ImmutableRule) -> ApiResult<()> {
        let path = format!("{}/{}", project_part(project, "immutabletagrules"), rule.id);
        self.send(Method::Put, path, rule).await.map(drop)
    }

    /// Deletes an immutability rule.
    ///
    /// # Errors
    /// 404 where the project has no such rule.
    pub async fn delete_immutable(&self, project: &ProjectName, id: i64) -> ApiResult<()> {
        self.delete(format!("{}/{id}", project_part(project, "immutabletagrules"))).await
    }
}
