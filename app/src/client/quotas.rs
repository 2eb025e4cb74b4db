//! Quotas of projects.

use super::{ApiResult, Client, ListParams, Method};
use berth_types::api::{Quota, QuotaUpdateReq, ResourceList};
use berth_types::page::Paged;
use berth_types::url::API;
use std::collections::BTreeMap;

impl Client {
    /// The quotas of projects; `q` takes `name=~…`, `sort` takes `name`, `used.storage`, `hard.storage`.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn quotas(&self, params: &ListParams) -> ApiResult<Paged<Quota>> {
        self.list(params.on(&format!("{API}/quotas"), &[])).await
    }

    /// The quota of one project, by the project's row id.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn quota(&self, id: i64) -> ApiResult<Quota> {
        self.get(format!("{API}/quotas/{id}")).await
    }

    /// Changes the limit of a project: bytes, −1 for no limit.
    ///
    /// # Errors
    /// 400 for a limit that cannot be, 404 where there is no such quota.
    pub async fn set_quota(&self, id: i64, storage_bytes_max: i64) -> ApiResult<()> {
        let hard = BTreeMap::from([(ResourceList::STORAGE.to_owned(), storage_bytes_max.into())]);
        let body = QuotaUpdateReq { hard: Some(hard) };
        self.send(Method::Put, format!("{API}/quotas/{id}"), &body).await.map(drop)
    }
}
