//! Other registries that artifacts come from or go to.

use super::{Answer, ApiResult, Client, ListParams, Method};
use berth_types::api::{
    Registry, RegistryCheck, RegistryPing, RegistryProviderInfos, RegistryUpdate, ReplicationPolicy,
};
use berth_types::page::Paged;
use berth_types::url::{API, BERTH_API};

impl Client {
    /// Registries; `q` takes `name=~…` and `status=…`.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn registries(&self, params: &ListParams) -> ApiResult<Paged<Registry>> {
        self.list(params.on(&format!("{API}/registries"), &[])).await
    }

    /// One registry, without its secret.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn registry(&self, id: i64) -> ApiResult<Registry> {
        self.get(format!("{API}/registries/{id}")).await
    }

    /// Adds a registry that answers.
    ///
    /// # Errors
    /// 400 where it does not answer or cannot be, 409 for a taken name.
    pub async fn create_registry(&self, registry: &Registry) -> ApiResult<Answer> {
        self.send(Method::Post, format!("{API}/registries"), registry).await
    }

    /// Changes a registry, which has to answer afterwards.
    ///
    /// # Errors
    /// As of adding one; 404 where there is none.
    pub async fn update_registry(&self, id: i64, change: &RegistryUpdate) -> ApiResult<()> {
        self.send(Method::Put, format!("{API}/registries/{id}"), change).await.map(drop)
    }

    /// Removes a registry.
    ///
    /// # Errors
    /// 412 while a rule uses it.
    pub async fn delete_registry(&self, id: i64) -> ApiResult<()> {
        self.delete(format!("{API}/registries/{id}")).await
    }

    /// Tests the connection to a registry step by step.
    ///
    /// # Errors
    /// 400 for one that cannot be. One that does not answer is no error.
    pub async fn check_registry(&self, registry: &RegistryPing) -> ApiResult<RegistryCheck> {
        self.send(Method::Post, format!("{BERTH_API}/registries/check"), registry).await?.json()
    }

    /// The types that registries can have.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn registry_types(&self) -> ApiResult<Vec<String>> {
        self.get(format!("{API}/replication/adapters")).await
    }

    /// What a form needs to know of the types that are not the same everywhere.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn registry_providers(&self) -> ApiResult<RegistryProviderInfos> {
        self.get(format!("{API}/replication/adapterinfos")).await
    }

    /// Rules of replication that take from a registry or bring to it, the first of each.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn rules_of_registry(&self, id: i64) -> ApiResult<Vec<ReplicationPolicy>> {
        let mut found = Vec::new();
        for side in ["src_registry_id", "dest_registry_id"] {
            let params = ListParams { q: format!("{side}={id}"), page: 1, page_size: 100, ..ListParams::default() };
            found.extend(self.replication_rules(&params).await?.items);
        }
        Ok(found)
    }
}
