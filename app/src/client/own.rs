//! What belongs to the visitor alone, and the search over everything.

use super::{ApiResult, Client, ListParams, Method};
use berth_types::api::{PersonalToken, PersonalTokenCreated, PersonalTokenReq, SavedView, SavedViewReq, SearchHit};
use berth_types::url::{BERTH_API, with_query};

impl Client {
    /// The visitor's personal access tokens, youngest first where no other order is asked for. They are one page.
    ///
    /// # Errors
    /// 401 for anonymous visitors.
    pub async fn personal_tokens(&self, params: &ListParams) -> ApiResult<Vec<PersonalToken>> {
        self.get(params.on(&format!("{BERTH_API}/users/current/tokens"), &[])).await
    }

    /// Makes a personal access token. The answer is the only one with its secret.
    ///
    /// # Errors
    /// 409 where the name is taken, 400 where a rule is broken, 412 for one too many.
    pub async fn create_personal_token(&self, token: &PersonalTokenReq) -> ApiResult<PersonalTokenCreated> {
        self.send(Method::Post, format!("{BERTH_API}/users/current/tokens"), token).await?.json()
    }

    /// Ends a personal access token.
    ///
    /// # Errors
    /// 404 where it is gone.
    pub async fn revoke_personal_token(&self, id: i64) -> ApiResult<()> {
        self.delete(format!("{BERTH_API}/users/current/tokens/{id}")).await
    }

    /// The visitor's saved views of a list, by name.
    ///
    /// # Errors
    /// 401 for anonymous visitors.
    pub async fn saved_views(&self, list: &str) -> ApiResult<Vec<SavedView>> {
        self.get(with_query(&format!("{BERTH_API}/users/current/views"), &[("list", list)])).await
    }

    /// Saves a view in the place of one of the same list and name.
    ///
    /// # Errors
    /// 400 where a rule is broken, 412 for one too many.
    pub async fn save_view(&self, view: &SavedViewReq) -> ApiResult<()> {
        self.send(Method::Post, format!("{BERTH_API}/users/current/views"), view).await.map(drop)
    }

    /// Removes a saved view.
    ///
    /// # Errors
    /// 404 where it is gone.
    pub async fn delete_view(&self, id: i64) -> ApiResult<()> {
        self.delete(format!("{BERTH_API}/users/current/views/{id}")).await
    }

    /// What the visitor may see that a text finds: at most `limit` of each kind, 1 to 100, the best first.
    ///
    /// # Errors
    /// As of every call.
    pub async fn find(&self, text: &str, limit: u32) -> ApiResult<Vec<SearchHit>> {
        self.get(with_query(&format!("{BERTH_API}/search"), &[("q", text), ("limit", &limit.to_string())])).await
    }
}
