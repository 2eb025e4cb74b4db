//! What administrators see of a person besides the account (`/api/berth/v1/users/{user_id}`).

use axum::{Extension, Json, extract::State};
use berth_auth::Auth;
use berth_domain::{
    Domain,
    authz::{ReadUser, UpdateUser},
    person,
};
use berth_types::api::{Membership, PersonalToken, Session};
use berth_web::{
    ApiResult, SessionCookie,
    extract::{List, RequireSystem},
    reply::PagedJson,
};

use crate::{
    extract::{ListParams, UserPath},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(memberships)).routes(routes!(sessions, end_sessions)).routes(routes!(tokens))
}

/// The projects that a person is a member of, by name. `q` and `sort` know `project_name` and `role_id`. For administrators.
#[utoipa::path(
    get, path = "/api/berth/v1/users/{user_id}/memberships", operation_id = "listUserMemberships", tag = "berth",
    params(ListParams), responses((status = 200, body = [Membership]))
)]
async fn memberships(
    UserPath(id): UserPath,
    list: List,
    RequireSystem(access): RequireSystem<ReadUser>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<Membership>> {
    let rows = person::memberships(&domain, &access, id, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Where a person is signed in, last used first. For administrators.
#[utoipa::path(
    get, path = "/api/berth/v1/users/{user_id}/sessions", operation_id = "listUserSessions", tag = "berth",
    params((
        "sort" = Option<String>, Query,
        description = "`user_agent`, `remote_addr`, `created_at`, `seen_at` or `expires_at`; `-` before it turns it round.",
    )),
    responses((status = 200, body = [Session]))
)]
async fn sessions(
    UserPath(id): UserPath,
    list: List,
    RequireSystem(access): RequireSystem<ReadUser>,
    current: Option<Extension<SessionCookie>>,
    State(auth): State<Auth>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Vec<Session>>> {
    let hash = current.map(|current| auth.session_hash(&current.0.0));
    let hash = hash.as_ref().map(<[u8; 32]>::as_slice);
    Ok(Json(person::sessions(&domain, &access, id, hash, &list.query).await?))
}

/// Ends all sessions of a person. Personal access tokens go on. For administrators.
#[utoipa::path(
    delete, path = "/api/berth/v1/users/{user_id}/sessions", operation_id = "deleteUserSessions", tag = "berth",
    responses((status = 200))
)]
async fn end_sessions(
    UserPath(id): UserPath,
    RequireSystem(access): RequireSystem<UpdateUser>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(person::end_sessions(&domain, &access, id).await?)
}

/// The personal access tokens of a person, youngest first, without their secrets. For administrators.
#[utoipa::path(
    get, path = "/api/berth/v1/users/{user_id}/tokens", operation_id = "listUserTokens", tag = "berth",
    params(
        ("q" = Option<String>, Query, description = "Filters: `name=~text`, `read_only=true`, and those of times."),
        ("sort" = Option<String>, Query, description = "`name`, `read_only`, `creation_time`, `expires_at` or `last_used_at`; `-` before it turns it round."),
    ),
    responses((status = 200, body = [PersonalToken]))
)]
async fn tokens(
    UserPath(id): UserPath,
    list: List,
    RequireSystem(access): RequireSystem<ReadUser>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Vec<PersonalToken>>> {
    Ok(Json(person::tokens(&domain, &access, id, &list.query).await?))
}
