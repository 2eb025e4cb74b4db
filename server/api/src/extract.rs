//! What the handlers of this crate take from a request, beside `berth_web::extract`.

use std::collections::HashMap;

use axum::{
    RequestPartsExt,
    extract::{FromRequestParts, Path},
};
use berth_domain::{
    Error,
    authz::{AuditView, ProjectAccess, ProjectAction, ProjectCreation, SignedIn},
};
use berth_types::{ErrorCode, RepoName};
use berth_web::{
    ApiError, AppState,
    extract::{Caller, List, RequireProject, decode_again, is_yes},
};
use http::request::Parts;

/// The witness that somebody is known, person or robot.
pub struct RequireSignedIn(pub SignedIn);

impl<S: Sync> FromRequestParts<S> for RequireSignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Caller(actor) = Caller::from_request_parts(parts, state).await?;
        Ok(RequireSignedIn(SignedIn::check(&actor)?))
    }
}

/// The witness that somebody may make projects.
pub struct RequireCreation(pub ProjectCreation);

impl FromRequestParts<AppState> for RequireCreation {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Caller(actor) = Caller::from_request_parts(parts, state).await?;
        Ok(RequireCreation(ProjectCreation::check(&state.domain, &actor).await?))
    }
}

/// Which audit entries of the system somebody may see.
pub struct RequireAudit(pub AuditView);

impl<S: Sync> FromRequestParts<S> for RequireAudit {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Caller(actor) = Caller::from_request_parts(parts, state).await?;
        Ok(RequireAudit(AuditView::check(&actor)?))
    }
}

/// The witness of an action in the project of a repository, with the repository's name.
///
/// Whoever may know that the project does not exist learns that the repository does not, as in Harbor.
pub struct InRepository<A: ProjectAction> {
    /// The witness.
    pub access: ProjectAccess<A>,
    /// `<project>/<repository>`.
    pub repo: RepoName,
}

impl<A: ProjectAction> FromRequestParts<AppState> for InRepository<A> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        match MaybeRepository::from_request_parts(parts, state).await? {
            MaybeRepository::Named(found) => Ok(found),
            MaybeRepository::Nothing(name) => Err(Error::NotFound(format!("repository {name} not found")).into()),
        }
    }
}

/// The same where a repository that cannot exist is an empty one.
pub enum MaybeRepository<A: ProjectAction> {
    /// The project exists, and the name is one.
    Named(InRepository<A>),
    /// There is nothing of this name, and the caller may know.
    Nothing(String),
}

impl<A: ProjectAction> FromRequestParts<AppState> for MaybeRepository<A> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let params = params(parts).await?;
        let text = |key: &str| params.get(key).cloned().unwrap_or_default();
        let name = format!("{}/{}", text("project_name"), decode_again(&text("repository_name")));
        match RequireProject::from_request_parts(parts, state).await {
            Ok(RequireProject(access)) => Ok(match name.parse() {
                Ok(repo) => MaybeRepository::Named(InRepository { access, repo }),
                Err(_) => MaybeRepository::Nothing(name),
            }),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(MaybeRepository::Nothing(name)),
            Err(error) => Err(error),
        }
    }
}

/// The path's parameters, decoded once.
async fn params(parts: &mut Parts) -> Result<HashMap<String, String>, ApiError> {
    let params: Path<HashMap<String, String>> =
        parts.extract().await.map_err(|_| ApiError::new(ErrorCode::BadRequest, "the path cannot be read"))?;
    Ok(params.0)
}

/// The path's parameters by name.
pub struct Params(HashMap<String, String>);

impl Params {
    /// One parameter; empty where the route has none of this name.
    pub fn get(&self, key: &str) -> &str {
        self.0.get(key).map(String::as_str).unwrap_or_default()
    }
}

impl FromRequestParts<AppState> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        params(parts).await.map(Params)
    }
}

/// A number in the path.
///
/// # Errors
/// 422 where the parameter is none.
pub async fn number_in_path(parts: &mut Parts, key: &str) -> Result<i64, ApiError> {
    let params = params(parts).await?;
    let text = params.get(key).map(String::as_str).unwrap_or_default();
    text.parse().map_err(|_| ApiError::validation(format!("{key} in path must be of type int64: \"{text}\"")))
}

/// The id of a person in the path.
pub struct UserPath(pub berth_types::UserId);

impl FromRequestParts<AppState> for UserPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        number_in_path(parts, "user_id").await.map(|id| UserPath(berth_types::UserId(id)))
    }
}

/// The id of a membership in the path.
pub struct MemberPath(pub berth_types::MemberId);

impl FromRequestParts<AppState> for MemberPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let params = params(parts).await?;
        let text = params.get("mid").map(String::as_str).unwrap_or_default();
        let id =
            text.parse().map_err(|_| ApiError::validation(format!("mid in path must be of type int64: \"{text}\"")))?;
        Ok(MemberPath(id))
    }
}

/// A switch of a query as Harbor reads it: what is no word for yes is no.
pub fn switch(list: &List, key: &str, default: bool) -> bool {
    list.param(key).map_or(default, is_yes)
}

/// The four parameters of every list.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by `List`; this is what the description of the API shows")]
pub struct ListParams {
    /// Filters: `key=value`, `key=~text`, `key=[min~max]`, `key={a b}`, joined by commas.
    q: Option<String>,
    /// Order: `key` or `-key`, joined by commas.
    sort: Option<String>,
    /// From 1.
    page: Option<i64>,
    /// Rows a page, at most 100.
    page_size: Option<i64>,
}
