//! Groups of people.

use axum::{
    Json,
    extract::{FromRequestParts, State},
};
use berth_domain::{
    Domain,
    authz::{CreateUserGroup, DeleteUserGroup, ListUserGroups, ReadUserGroup, UpdateUserGroup},
    usergroup,
};
use berth_types::{
    ErrorCode,
    api::{Membership, UserGroup, UserGroupSearchItem},
};
use berth_web::{
    ApiError, ApiResult, AppState,
    extract::{List, RequireSystem},
    reply::{Created, PagedJson},
};
use http::request::Parts;

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::{ListParams, RequireSignedIn, number_in_path},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(search))
        .routes(routes!(get, update, delete))
        .routes(routes!(memberships))
        .routes(routes!(found))
}

impl Body for UserGroup {
    const NAME: &'static str = "usergroup";
    const MODEL: &'static str = "UserGroup";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("group_name", Field::Text),
        ("group_type", Field::Number),
        ("id", Field::Number),
        ("ldap_group_dn", Field::Text),
    ];

    fn missing() -> ApiError {
        ApiError::new(ErrorCode::BadRequest, "the user group should be provided")
    }
}

/// The id of a group in the path.
struct GroupPath(i64);

impl FromRequestParts<AppState> for GroupPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        number_in_path(parts, "group_id").await.map(GroupPath)
    }
}

/// The groups.
#[utoipa::path(
    get, path = "/api/v2.0/usergroups", operation_id = "listUserGroups", tag = "usergroup",
    params(
        ("page" = Option<i64>, Query, description = "From 1."),
        ("page_size" = Option<i64>, Query, description = "Rows a page, at most 100."),
        ("ldap_group_dn" = Option<String>, Query, description = "Distinguished name of one group."),
        ("group_name" = Option<String>, Query, description = "Part of the name."),
    ),
    responses((status = 200, body = [UserGroup]))
)]
async fn list(
    list: List,
    RequireSystem(access): RequireSystem<ListUserGroups>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<UserGroup>> {
    let text = |key| list.param(key).filter(|text: &&str| !text.is_empty());
    let rows = usergroup::list(&domain, &access, text("group_name"), text("ldap_group_dn"), list.query.page).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Makes a group.
#[utoipa::path(
    post, path = "/api/v2.0/usergroups", operation_id = "createUserGroup", tag = "usergroup",
    request_body = Option<UserGroup>, responses((status = 201))
)]
async fn create(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<CreateUserGroup>, UserGroup>,
) -> ApiResult<Created> {
    let id = usergroup::create(&domain, &access, &request).await?;
    Ok(Created(format!("/api/v2.0/usergroups/{id}")))
}

/// The text that a search needs.
struct Searched(String);

impl<S: Sync> FromRequestParts<S> for Searched {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let given = berth_web::extract::query_params(&parts.uri).into_iter().rev().find(|(key, _)| key == "groupname");
        let (_, text) = given.ok_or_else(|| ApiError::validation("groupname in query is required"))?;
        Ok(Searched(text))
    }
}

/// Groups whose name contains a text, for everybody who is signed in.
#[utoipa::path(
    get, path = "/api/v2.0/usergroups/search", operation_id = "searchUserGroups", tag = "usergroup",
    params(
        ("groupname" = String, Query, description = "Part of the name."),
        ("page" = Option<i64>, Query, description = "From 1."),
        ("page_size" = Option<i64>, Query, description = "Rows a page, at most 100."),
    ),
    responses((status = 200, body = [UserGroupSearchItem]))
)]
async fn search(
    Searched(text): Searched,
    list: List,
    RequireSignedIn(access): RequireSignedIn,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<UserGroupSearchItem>> {
    let rows = usergroup::search(&domain, &access, &text, list.query.page).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// One group.
#[utoipa::path(
    get, path = "/api/v2.0/usergroups/{group_id}", operation_id = "getUserGroup", tag = "usergroup",
    responses((status = 200, body = UserGroup))
)]
async fn get(
    GroupPath(id): GroupPath,
    RequireSystem(access): RequireSystem<ReadUserGroup>,
    State(domain): State<Domain>,
) -> ApiResult<Json<UserGroup>> {
    Ok(Json(usergroup::get(&domain, &access, id).await?))
}

/// Another name for a group.
#[utoipa::path(
    put, path = "/api/v2.0/usergroups/{group_id}", operation_id = "updateUserGroup", tag = "usergroup",
    request_body = Option<UserGroup>, responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    GroupPath(id): GroupPath,
    Checked(RequireSystem(access), request): Checked<RequireSystem<UpdateUserGroup>, UserGroup>,
) -> ApiResult<()> {
    Ok(usergroup::update(&domain, &access, id, &request).await?)
}

/// Removes a group.
#[utoipa::path(
    delete, path = "/api/v2.0/usergroups/{group_id}", operation_id = "deleteUserGroup", tag = "usergroup",
    responses((status = 200))
)]
async fn delete(
    GroupPath(id): GroupPath,
    RequireSystem(access): RequireSystem<DeleteUserGroup>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(usergroup::delete(&domain, &access, id).await?)
}

/// The groups with a search and an order. `q` knows `group_name`, `group_type` and `ldap_group_dn`; so does `sort`.
#[utoipa::path(
    get, path = "/api/berth/v1/usergroups", operation_id = "findUserGroups", tag = "berth", params(ListParams),
    responses((status = 200, body = [UserGroup]))
)]
async fn found(
    list: List,
    RequireSystem(access): RequireSystem<ListUserGroups>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<UserGroup>> {
    let rows = usergroup::found(&domain, &access, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// The projects that a group belongs to, by name. `q` and `sort` know `project_name` and `role_id`.
#[utoipa::path(
    get, path = "/api/berth/v1/usergroups/{group_id}/memberships", operation_id = "listMemberships", tag = "berth",
    params(ListParams), responses((status = 200, body = [Membership]))
)]
async fn memberships(
    GroupPath(id): GroupPath,
    list: List,
    RequireSystem(access): RequireSystem<ReadUserGroup>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<Membership>> {
    let rows = usergroup::memberships(&domain, &access, id, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}
