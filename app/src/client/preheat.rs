//! P2P networks, and what projects bring into them.

use super::{Answer, ApiResult, Client, ListParams, Method};
use berth_types::ProjectName;
use berth_types::api::{PreheatInstance, PreheatPolicy, ProviderUnderProject};
use berth_types::page::Paged;
use berth_types::url::{API, encode, project_part};

impl Client {
    /// The P2P networks; `q` takes `name=~…`.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn preheat_networks(&self, params: &ListParams) -> ApiResult<Paged<PreheatInstance>> {
        self.list(params.on(&format!("{API}/p2p/preheat/instances"), &[])).await
    }

    /// One P2P network, without its credential.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn preheat_network(&self, name: &str) -> ApiResult<PreheatInstance> {
        self.get(network(name)).await
    }

    /// Asks a P2P network whether it is well.
    ///
    /// # Errors
    /// 400 where it is not.
    pub async fn ping_preheat_network(&self, network: &PreheatInstance) -> ApiResult<()> {
        self.send(Method::Post, format!("{API}/p2p/preheat/instances/ping"), network).await.map(drop)
    }

    /// Adds a P2P network.
    ///
    /// # Errors
    /// 409 for a taken name or address, 400 for one that cannot be.
    pub async fn create_preheat_network(&self, network: &PreheatInstance) -> ApiResult<Answer> {
        self.send(Method::Post, format!("{API}/p2p/preheat/instances"), network).await
    }

    /// Changes a P2P network. A credential that is left out stays.
    ///
    /// # Errors
    /// As of adding one; 404 where there is none.
    pub async fn update_preheat_network(&self, name: &str, change: &PreheatInstance) -> ApiResult<()> {
        self.send(Method::Put, network(name), change).await.map(drop)
    }

    /// Removes a P2P network.
    ///
    /// # Errors
    /// 412 while a policy is for it.
    pub async fn delete_preheat_network(&self, name: &str) -> ApiResult<()> {
        self.delete(network(name)).await
    }

    /// The policies of a project.
    ///
    /// # Errors
    /// 403 where the visitor's role does not see them.
    pub async fn preheat_policies(
        &self,
        project: &ProjectName,
        params: &ListParams,
    ) -> ApiResult<Paged<PreheatPolicy>> {
        self.list(params.on(&project_part(project, "preheat/policies"), &[])).await
    }

    /// One policy.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn preheat_policy(&self, project: &ProjectName, name: &str) -> ApiResult<PreheatPolicy> {
        self.get(policy(project, name)).await
    }

    /// The P2P networks that policies of a project can be for.
    ///
    /// # Errors
    /// 403 where the visitor's role does not see them.
    pub async fn preheat_providers(&self, project: &ProjectName) -> ApiResult<Vec<ProviderUnderProject>> {
        self.get(project_part(project, "preheat/providers")).await
    }

    /// Adds a policy.
    ///
    /// # Errors
    /// 409 for a taken name, 400 for one that cannot be.
    pub async fn create_preheat_policy(&self, project: &ProjectName, policy: &PreheatPolicy) -> ApiResult<Answer> {
        self.send(Method::Post, project_part(project, "preheat/policies"), policy).await
    }

    /// Changes a policy: all of it.
    ///
    /// # Errors
    /// As of adding one; 404 where there is none.
    pub async fn update_preheat_policy(
        &self,
        project: &ProjectName,
        name: &str,
        change: &PreheatPolicy,
    ) -> ApiResult<()> {
        self.send(Method::Put, policy(project, name), change).await.map(drop)
    }

    /// Removes a policy.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn delete_preheat_policy(&self, project: &ProjectName, name: &str) -> ApiResult<()> {
        self.delete(policy(project, name)).await
    }
}

fn network(name: &str) -> String {
    format!("{API}/p2p/preheat/instances/{}", encode(name))
}

fn policy(project: &ProjectName, name: &str) -> String {
    project_part(project, &format!("preheat/policies/{}", encode(name)))
}
