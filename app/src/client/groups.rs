//! Groups of people that directories know.

use super::{Answer, ApiResult, Client, ListParams, Method};
use berth_types::api::{Membership, UserGroup};
use berth_types::page::Paged;
use berth_types::url::{API, BERTH_API};

impl Client {
    /// The groups. Harbor's own list has one order.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn groups(&self, params: &ListParams) -> ApiResult<Paged<UserGroup>> {
        self.list(params.on(&format!("{BERTH_API}/usergroups"), &[])).await
    }

    /// One group. The answer leaves its id out.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn group(&self, id: i64) -> ApiResult<UserGroup> {
        self.get(format!("{API}/usergroups/{id}")).await
    }

    /// The projects that a group belongs to, by name.
    ///
    /// # Errors
    /// 404 where there is no such group.
    pub async fn group_memberships(&self, id: i64, params: &ListParams) -> ApiResult<Paged<Membership>> {
        self.list(params.on(&format!("{BERTH_API}/usergroups/{id}/memberships"), &[])).await
    }

    /// Makes a group.
    ///
    /// # Errors
    /// 409 for a taken name, 400 for a group that no directory has.
    pub async fn create_group(&self, group: &UserGroup) -> ApiResult<Answer> {
        self.send(Method::Post, format!("{API}/usergroups"), group).await
    }

    /// Gives a group another name.
    ///
    /// # Errors
    /// 409 for a taken name.
    pub async fn rename_group(&self, id: i64, name: &str) -> ApiResult<()> {
        let body = UserGroup { group_name: name.to_owned(), ..UserGroup::default() };
        self.send(Method::Put, format!("{API}/usergroups/{id}"), &body).await.map(drop)
    }

    /// Removes a group and its memberships.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn delete_group(&self, id: i64) -> ApiResult<()> {
        self.delete(format!("{API}/usergroups/{id}")).await
    }
}
