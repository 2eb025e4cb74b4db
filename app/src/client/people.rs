//! Accounts, sign-in and sessions.

use super::{Answer, ApiError, ApiResult, Client, ListParams, Method, form_body};
use berth_types::UserId;
use berth_types::api::{
    Membership, PasswordReq, PersonalToken, Session, SetupReq, SetupState, UserCreationReq, UserGroupSearchItem,
    UserProfile, UserResp, UserSearchRespItem, UserSysAdminFlag,
};
use berth_types::page::Paged;
use berth_types::url::{API, BERTH_API, encode, with_query};

impl Client {
    /// Signs in; the session is a cookie.
    ///
    /// # Errors
    /// 401 for a wrong name or password, 429 after too many failures.
    pub async fn sign_in(&self, principal: &str, password: &str) -> ApiResult<()> {
        let body = form_body(&[("principal", principal), ("password", password)]);
        self.call(Method::Post, "/c/login".to_owned(), body).await.map(drop)
    }

    /// Ends the session.
    ///
    /// # Errors
    /// Where the server cannot be reached.
    pub async fn sign_out(&self) -> ApiResult<()> {
        self.call(Method::Get, "/c/log_out".to_owned(), None).await.map(drop)
    }

    /// Who is signed in; nobody where the visitor is anonymous.
    ///
    /// # Errors
    /// As of every call, but not 401.
    pub async fn current_user(&self) -> ApiResult<Option<UserResp>> {
        match self.get(format!("{API}/users/current")).await {
            Ok(user) => Ok(Some(user)),
            Err(ApiError { status: 401, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All people.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn users(&self, params: &ListParams) -> ApiResult<Paged<UserResp>> {
        self.list(params.on(&format!("{API}/users"), &[])).await
    }

    /// People by the beginning or a part of their name.
    ///
    /// # Errors
    /// 401 for anonymous visitors.
    pub async fn search_users(&self, name: &str) -> ApiResult<Paged<UserSearchRespItem>> {
        self.list(with_query(&format!("{API}/users/search"), &[("username", name)])).await
    }

    /// Groups whose name contains a text, the shortest first.
    ///
    /// # Errors
    /// 401 for anonymous visitors.
    pub async fn search_groups(&self, name: &str) -> ApiResult<Paged<UserGroupSearchItem>> {
        self.list(with_query(&format!("{API}/usergroups/search"), &[("groupname", name)])).await
    }

    /// One person.
    ///
    /// # Errors
    /// 404 where there is none, 403 where it is somebody else.
    pub async fn user(&self, id: UserId) -> ApiResult<UserResp> {
        self.get(format!("{API}/users/{id}")).await
    }

    /// The projects that a person is a member of, by name where no other order is asked for.
    ///
    /// # Errors
    /// 403 for all but administrators, 404 where there is no such person.
    pub async fn user_memberships(&self, id: UserId, params: &ListParams) -> ApiResult<Paged<Membership>> {
        self.list(params.on(&format!("{BERTH_API}/users/{id}/memberships"), &[])).await
    }

    /// Where a person is signed in, last used first.
    ///
    /// # Errors
    /// As [`Client::user_memberships`].
    pub async fn user_sessions(&self, id: UserId) -> ApiResult<Vec<Session>> {
        self.get(format!("{BERTH_API}/users/{id}/sessions")).await
    }

    /// Ends all sessions of a person.
    ///
    /// # Errors
    /// As [`Client::user_memberships`].
    pub async fn end_user_sessions(&self, id: UserId) -> ApiResult<()> {
        self.delete(format!("{BERTH_API}/users/{id}/sessions")).await
    }

    /// The personal access tokens of a person, youngest first.
    ///
    /// # Errors
    /// As [`Client::user_memberships`].
    pub async fn user_tokens(&self, id: UserId) -> ApiResult<Vec<PersonalToken>> {
        self.get(format!("{BERTH_API}/users/{id}/tokens")).await
    }

    /// Makes an account: by an administrator, or by oneself where that is allowed.
    ///
    /// # Errors
    /// 409 where name or address are taken, 400 where a rule is broken.
    pub async fn create_user(&self, user: &UserCreationReq) -> ApiResult<Answer> {
        self.send(Method::Post, format!("{API}/users"), user).await
    }

    /// Changes a profile.
    ///
    /// # Errors
    /// 409 where the address is taken.
    pub async fn update_profile(&self, id: UserId, profile: &UserProfile) -> ApiResult<()> {
        self.send(Method::Put, format!("{API}/users/{id}"), profile).await.map(drop)
    }

    /// Changes a password.
    ///
    /// # Errors
    /// 403 where the present one is wrong, 400 where the new one breaks a rule.
    pub async fn set_password(&self, id: UserId, passwords: &PasswordReq) -> ApiResult<()> {
        self.send(Method::Put, format!("{API}/users/{id}/password"), passwords).await.map(drop)
    }

    /// Makes or unmakes an administrator.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn set_admin(&self, id: UserId, admin: bool) -> ApiResult<()> {
        let flag = UserSysAdminFlag { sysadmin_flag: admin };
        self.send(Method::Put, format!("{API}/users/{id}/sysadmin"), &flag).await.map(drop)
    }

    /// Deletes an account.
    ///
    /// # Errors
    /// 403 for oneself and the first administrator.
    pub async fn delete_user(&self, id: UserId) -> ApiResult<()> {
        self.delete(format!("{API}/users/{id}")).await
    }

    /// Where the visitor is signed in, last used first where no other order is asked for. All of it is one page.
    ///
    /// # Errors
    /// 401 for anonymous visitors.
    pub async fn sessions(&self, params: &ListParams) -> ApiResult<Vec<Session>> {
        self.get(params.on(&format!("{BERTH_API}/sessions"), &[])).await
    }

    /// Ends one session.
    ///
    /// # Errors
    /// 404 where it is gone.
    pub async fn end_session(&self, id: &str) -> ApiResult<()> {
        self.delete(format!("{BERTH_API}/sessions/{}", encode(id))).await
    }

    /// Ends all sessions but the one that asks.
    ///
    /// # Errors
    /// 401 for anonymous visitors.
    pub async fn end_other_sessions(&self) -> ApiResult<()> {
        self.delete(format!("{BERTH_API}/sessions")).await
    }

    /// Whether the server is set up, and whether the token of the link is right.
    ///
    /// # Errors
    /// Where the server cannot be reached.
    pub async fn setup_state(&self, token: &str) -> ApiResult<SetupState> {
        self.get(with_query(&format!("{BERTH_API}/setup"), &[("token", token)])).await
    }

    /// Sets the server up.
    ///
    /// # Errors
    /// 403 for a wrong token, 400 where the password breaks a rule, 409 where it is done.
    pub async fn set_up(&self, setup: &SetupReq) -> ApiResult<()> {
        self.send(Method::Post, format!("{BERTH_API}/setup"), setup).await.map(drop)
    }
}
