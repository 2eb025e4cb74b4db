//! Rules of replication.

use super::{Answer, ApiResult, Client, ListParams, Method};
use berth_types::api::ReplicationPolicy;
use berth_types::page::Paged;
use berth_types::url::API;

impl Client {
    /// Rules, newest first; `q` takes `name=~…` and `enabled=…`.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn replication_rules(&self, params: &ListParams) -> ApiResult<Paged<ReplicationPolicy>> {
        self.list(params.on(&format!("{API}/replication/policies"), &[])).await
    }

    /// One rule.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn replication_rule(&self, id: i64) -> ApiResult<ReplicationPolicy> {
        self.get(format!("{API}/replication/policies/{id}")).await
    }

    /// Adds a rule.
    ///
    /// # Errors
    /// 400 for one that cannot be, 409 for a taken name.
    pub async fn create_replication_rule(&self, rule: &ReplicationPolicy) -> ApiResult<Answer> {
        self.send(Method::Post, format!("{API}/replication/policies"), rule).await
    }

    /// Changes a rule: all of it.
    ///
    /// # Errors
    /// As of adding one; 404 where there is none.
    pub async fn update_replication_rule(&self, rule: &ReplicationPolicy) -> ApiResult<()> {
        self.send(Method::Put, format!("{API}/replication/policies/{}", rule.id), rule).await.map(drop)
    }

    /// Removes a rule.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn delete_replication_rule(&self, id: i64) -> ApiResult<()> {
        self.delete(format!("{API}/replication/policies/{id}")).await
    }
}
