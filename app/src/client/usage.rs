//! Projects with what they hold, and stars.

use super::{ApiResult, Client, ListParams, Method};
use berth_types::ProjectName;
use berth_types::api::{ProjectOverview, ProjectStorage, ProjectUsage, RepositoryUsage, SystemUsage, UsageHistory};
use berth_types::page::Paged;
use berth_types::url::BERTH_API;

impl Client {
    /// The projects that the visitor may see, with what they hold. `only` is `member` or `favorite`, or empty.
    ///
    /// # Errors
    /// 400 for a filter outside the grammar.
    pub async fn project_overviews(&self, params: &ListParams, only: &str) -> ApiResult<Paged<ProjectOverview>> {
        let only = if only.is_empty() { Vec::new() } else { vec![(only, "true")] };
        self.list(params.on(&format!("{BERTH_API}/projects"), &only)).await
    }

    /// Stars a project for the visitor, or takes the star back.
    ///
    /// # Errors
    /// 404 or 403 where there is none to see.
    pub async fn star_project(&self, name: &ProjectName, on: bool) -> ApiResult<()> {
        let method = if on { Method::Put } else { Method::Delete };
        self.call(method, format!("{BERTH_API}/projects/{name}/favorite"), None).await.map(drop)
    }

    /// The storage of a project.
    ///
    /// # Errors
    /// 403 for who is no member.
    pub async fn project_usage(&self, name: &ProjectName) -> ApiResult<ProjectUsage> {
        self.get(format!("{BERTH_API}/projects/{name}/usage")).await
    }

    /// What the repositories of a project hold; where days are given, those unused for so long.
    ///
    /// # Errors
    /// 403 for who is no member.
    pub async fn repository_usage(
        &self,
        name: &ProjectName,
        unused_days: &str,
        params: &ListParams,
    ) -> ApiResult<Paged<RepositoryUsage>> {
        let path = format!("{BERTH_API}/projects/{name}/usage/repositories");
        self.list(params.on(&path, &[("unused_days", unused_days)])).await
    }

    /// What all projects hold.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn project_storage(&self, params: &ListParams) -> ApiResult<Paged<ProjectStorage>> {
        self.list(params.on(&format!("{BERTH_API}/usage/projects"), &[])).await
    }

    /// What the repositories of all projects hold; where days are given, those unused for so long.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn all_repository_usage(
        &self,
        unused_days: &str,
        params: &ListParams,
    ) -> ApiResult<Paged<RepositoryUsage>> {
        self.list(params.on(&format!("{BERTH_API}/usage/repositories"), &[("unused_days", unused_days)])).await
    }

    /// The storage of the whole installation.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn system_usage(&self) -> ApiResult<SystemUsage> {
        self.get(format!("{BERTH_API}/usage")).await
    }

    /// What a project held on each of the last days, today among them.
    ///
    /// # Errors
    /// 403 for who is no member.
    pub async fn project_usage_days(&self, name: &ProjectName, days: u64) -> ApiResult<UsageHistory> {
        self.get(format!("{BERTH_API}/projects/{name}/usage/days?days={days}")).await
    }

    /// What the whole installation held on each of the last days, today among them.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn system_usage_days(&self, days: u64) -> ApiResult<UsageHistory> {
        self.get(format!("{BERTH_API}/usage/days?days={days}")).await
    }
}
