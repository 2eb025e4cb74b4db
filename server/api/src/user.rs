//! People.

use std::collections::HashMap;

use axum::{
    Json,
    extract::{FromRequestParts, Path, State},
};
use berth_auth::Auth;
use berth_domain::{
    Domain, Error,
    authz::{CreateUser, DeleteUser, ListUsers, PersonAccess, SystemAccess, UpdateUser},
    user::{self, Names},
};
use berth_types::{
    Action, ErrorCode, UserId,
    api::{
        OidcCliSecretReq, PasswordReq, UserCreationReq, UserProfile, UserResp, UserSearchRespItem, UserSysAdminFlag,
    },
    policy::Permission,
};
use berth_web::{
    ApiError, ApiResult, AppState, SessionCookie,
    csrf::Proven,
    extract::{Caller, List, RequireSelf, RequireSystem},
    reply::{Created, PagedJson},
};
use http::request::Parts;

use crate::{
    body::Checked,
    extract::{ListParams, switch},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(current))
        .routes(routes!(permissions))
        .routes(routes!(search))
        .routes(routes!(get, update, delete))
        .routes(routes!(set_sysadmin))
        .routes(routes!(change_password))
        .routes(routes!(set_cli_secret))
}

/// The accounts, for administrators. `q` knows the fields of the answer, and `person` for sign-in name, full name and e-mail
/// address at once.
#[utoipa::path(
    get, path = "/api/v2.0/users", operation_id = "listUsers", tag = "user",
    params(
        ListParams,
        ("username" = Option<String>, Query, description = "Part of the sign-in name."),
        ("email" = Option<String>, Query, description = "Part of the e-mail address."),
    ),
    responses((status = 200, body = [UserResp]))
)]
async fn list(
    list: List,
    RequireSystem(access): RequireSystem<ListUsers>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<UserResp>> {
    let part = |key| list.param(key).filter(|text: &&str| !text.is_empty());
    let rows = user::list(&domain, &access, &list.query, part("username"), part("email")).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Makes an account: an administrator for somebody, or a visitor from a page of ours where that is switched on.
#[utoipa::path(
    post, path = "/api/v2.0/users", operation_id = "createUser", tag = "user", request_body = UserCreationReq,
    responses((status = 201))
)]
async fn create(
    proven: Option<axum::Extension<Proven>>,
    State(domain): State<Domain>,
    Checked(Caller(actor), request): Checked<Caller, UserCreationReq>,
) -> ApiResult<Created> {
    let id = match SystemAccess::<CreateUser>::check(&actor) {
        Ok(access) => user::create(&domain, &access, &request).await?,
        Err(refusal) if !domain.settings().await?.self_registration() => return Err(refusal.into()),
        Err(_) if proven.is_none() => {
            return Err(Error::Forbidden("self-registration cannot be triggered via API".to_owned()).into());
        }
        Err(_) => user::register(&domain, &actor, &request).await?,
    };
    Ok(Created(format!("/api/v2.0/users/{id}")))
}

/// The caller's own account.
#[utoipa::path(
    get, path = "/api/v2.0/users/current", operation_id = "getCurrentUserInfo", tag = "user",
    responses((status = 200, body = UserResp))
)]
async fn current(RequireSelf(access): RequireSelf, State(domain): State<Domain>) -> ApiResult<Json<UserResp>> {
    Ok(Json(user::current(&domain, &access).await?))
}

/// What the caller may do in a scope.
#[utoipa::path(
    get, path = "/api/v2.0/users/current/permissions", operation_id = "getCurrentUserPermissions", tag = "user",
    params(
        ("scope" = Option<String>, Query, description = "`/system` or `/project/<id>`."),
        ("relative" = Option<bool>, Query, description = "Whether names leave the scope out."),
    ),
    responses((status = 200, body = [Permission]))
)]
async fn permissions(
    list: List,
    Caller(actor): Caller,
    State(domain): State<Domain>,
) -> ApiResult<Json<Vec<Permission>>> {
    let names = if switch(&list, "relative", false) { Names::Relative } else { Names::Absolute };
    let scope = list.param("scope").unwrap_or_default();
    Ok(Json(user::permissions(&domain, &actor, scope, names).await?))
}

/// Sign-in names that contain a text, for everybody who is signed in.
#[utoipa::path(
    get, path = "/api/v2.0/users/search", operation_id = "searchUsers", tag = "user",
    params(
        ("username" = String, Query, description = "Part of the sign-in name."),
        ("page" = Option<i64>, Query, description = "From 1."),
        ("page_size" = Option<i64>, Query, description = "Rows a page, at most 100."),
    ),
    responses((status = 200, body = [UserSearchRespItem]))
)]
async fn search(
    list: List,
    Caller(actor): Caller,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<UserSearchRespItem>> {
    let Some(text) = list.param("username") else {
        return Err(ApiError::validation("username in query is required"));
    };
    let rows = user::search(&domain, &actor, text, list.query.page).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// An account: the caller's own, any for administrators.
#[utoipa::path(
    get, path = "/api/v2.0/users/{user_id}", operation_id = "getUser", tag = "user",
    responses((status = 200, body = UserResp))
)]
async fn get(UserPath(id): UserPath, Caller(actor): Caller, State(domain): State<Domain>) -> ApiResult<Json<UserResp>> {
    let access = PersonAccess::check(&actor, id, Action::Read)?;
    Ok(Json(user::find(&domain, &access).await?))
}

/// Changes the profile.
#[utoipa::path(
    put, path = "/api/v2.0/users/{user_id}", operation_id = "updateUserProfile", tag = "user",
    request_body = UserProfile, responses((status = 200))
)]
async fn update(
    UserPath(id): UserPath,
    State(domain): State<Domain>,
    Checked(Caller(actor), profile): Checked<Caller, UserProfile>,
) -> ApiResult<()> {
    let access = PersonAccess::check(&actor, id, Action::Update)?;
    Ok(user::update_profile(&domain, &access, &profile).await?)
}

/// Takes an account out. The name is free again; what it did stays in the log.
#[utoipa::path(
    delete, path = "/api/v2.0/users/{user_id}", operation_id = "deleteUser", tag = "user", responses((status = 200))
)]
async fn delete(
    UserPath(id): UserPath,
    RequireSystem(access): RequireSystem<DeleteUser>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(user::delete(&domain, &access, id).await?)
}

/// Makes or unmakes an administrator.
#[utoipa::path(
    put, path = "/api/v2.0/users/{user_id}/sysadmin", operation_id = "setUserSysAdmin", tag = "user",
    request_body = UserSysAdminFlag, responses((status = 200))
)]
async fn set_sysadmin(
    UserPath(id): UserPath,
    State(domain): State<Domain>,
    Checked(Caller(actor), flag): Checked<Caller, UserSysAdminFlag>,
) -> ApiResult<()> {
    let access = SystemAccess::<UpdateUser>::check(&actor)?;
    Ok(user::set_sysadmin(&domain, &access, id, flag.sysadmin_flag).await?)
}

/// Changes a password. It ends the account's other sessions.
#[utoipa::path(
    put, path = "/api/v2.0/users/{user_id}/password", operation_id = "updateUserPassword", tag = "user",
    request_body = PasswordReq, responses((status = 200))
)]
async fn change_password(
    UserPath(id): UserPath,
    session: Option<axum::Extension<SessionCookie>>,
    State(auth): State<Auth>,
    State(domain): State<Domain>,
    Checked(Caller(actor), request): Checked<Caller, PasswordReq>,
) -> ApiResult<()> {
    let access = PersonAccess::check(&actor, id, Action::Update)?;
    let keep = session.filter(|_| access.is_self()).map(|session| auth.session_hash(&session.0.0));
    Ok(user::change_password(&domain, &access, &request, keep.as_ref().map(<[u8; 32]>::as_slice)).await?)
}

/// The secret for command lines, which accounts have where people sign in elsewhere.
#[utoipa::path(
    put, path = "/api/v2.0/users/{user_id}/cli_secret", operation_id = "setCliSecret", tag = "user",
    request_body = OidcCliSecretReq, responses((status = 200))
)]
async fn set_cli_secret(
    _id: UserPath,
    State(domain): State<Domain>,
    Checked(Caller(_caller), _secret): Checked<Caller, OidcCliSecretReq>,
) -> ApiResult<()> {
    let mode = domain.settings().await?.auth_mode().to_owned();
    Err(ApiError::new(ErrorCode::Precondition, format!("unable to update CLI secret under authmode: {mode}")))
}

/// The id of an account in the path.
struct UserPath(UserId);

impl FromRequestParts<AppState> for UserPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Path(params) = Path::<HashMap<String, String>>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::new(ErrorCode::BadRequest, "the path cannot be read"))?;
        let text = params.get("user_id").map(String::as_str).unwrap_or_default();
        let wrong = || ApiError::validation(format!("user_id in path must be of type int64: \"{text}\""));
        text.parse().map(UserPath).map_err(|_| wrong())
    }
}
