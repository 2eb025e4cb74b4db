//! What belongs to the caller alone: personal access tokens and saved views.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    response::{IntoResponse, Response},
};
use berth_auth::Auth;
use berth_domain::{Domain, token, view};
use berth_types::api::{PersonalToken, PersonalTokenCreated, PersonalTokenReq, SavedView, SavedViewReq};
use berth_web::{
    ApiError, ApiResult, AppState,
    extract::{List, RequireSelf},
    reply::Created,
};
use http::request::Parts;

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::number_in_path,
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(tokens, create_token))
        .routes(routes!(revoke_token))
        .routes(routes!(views, save_view))
        .routes(routes!(delete_view))
}

impl Body for PersonalTokenReq {
    const NAME: &'static str = "token";
    const MODEL: &'static str = "PersonalTokenReq";
    const FIELDS: &'static [(&'static str, Field)] =
        &[("name", Field::Text), ("read_only", Field::Switch), ("expires_at", Field::Text)];
}

impl Body for SavedViewReq {
    const NAME: &'static str = "view";
    const MODEL: &'static str = "SavedViewReq";
    const FIELDS: &'static [(&'static str, Field)] =
        &[("list", Field::Text), ("name", Field::Text), ("query", Field::Text)];
}

/// The row that the path names.
struct RowId(i64);

impl FromRequestParts<AppState> for RowId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        number_in_path(parts, "id").await.map(RowId)
    }
}

/// The caller's personal access tokens, youngest first. All of them are one page: nobody has more than a hundred.
#[utoipa::path(
    get, path = "/api/berth/v1/users/current/tokens", operation_id = "listPersonalTokens", tag = "berth",
    params(
        ("q" = Option<String>, Query, description = "Filters: `name=~text`, `read_only=true`, and those of times."),
        ("sort" = Option<String>, Query, description = "`name`, `read_only`, `creation_time`, `expires_at` or `last_used_at`; `-` before it turns it round."),
    ),
    responses((status = 200, body = [PersonalToken]))
)]
async fn tokens(
    list: List,
    RequireSelf(access): RequireSelf,
    State(domain): State<Domain>,
) -> ApiResult<Json<Vec<PersonalToken>>> {
    Ok(Json(token::list(&domain, &access, &list.query).await?))
}

/// Makes a personal access token. The answer is the only one with its secret.
#[utoipa::path(
    post, path = "/api/berth/v1/users/current/tokens", operation_id = "createPersonalToken", tag = "berth",
    request_body = PersonalTokenReq, responses((status = 201, body = PersonalTokenCreated))
)]
async fn create_token(
    State(domain): State<Domain>,
    State(auth): State<Auth>,
    Checked(RequireSelf(access), request): Checked<RequireSelf, PersonalTokenReq>,
) -> ApiResult<Response> {
    let made = token::create(&domain, &access, &request, auth.generate_secret()).await?;
    let location = Created(format!("/api/berth/v1/users/current/tokens/{}", made.id));
    Ok((location.into_response().into_parts().0, Json(made)).into_response())
}

/// Ends a personal access token of the caller, and the registry tokens that were fetched with the account.
#[utoipa::path(
    delete, path = "/api/berth/v1/users/current/tokens/{id}", operation_id = "deletePersonalToken", tag = "berth",
    responses((status = 200))
)]
async fn revoke_token(
    RequireSelf(access): RequireSelf,
    RowId(id): RowId,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(token::revoke(&domain, &access, id).await?)
}

/// The searches that the caller gave names, by name.
#[utoipa::path(
    get, path = "/api/berth/v1/users/current/views", operation_id = "listSavedViews", tag = "berth",
    params(("list" = Option<String>, Query, description = "Those of one list only, for example `audit`.")),
    responses((status = 200, body = [SavedView]))
)]
async fn views(
    list: List,
    RequireSelf(access): RequireSelf,
    State(domain): State<Domain>,
) -> ApiResult<Json<Vec<SavedView>>> {
    Ok(Json(view::list(&domain, &access, list.param("list").filter(|list| !list.is_empty())).await?))
}

/// Gives a search a name, in the place of one of the same list and name.
#[utoipa::path(
    post, path = "/api/berth/v1/users/current/views", operation_id = "saveView", tag = "berth",
    request_body = SavedViewReq, responses((status = 201))
)]
async fn save_view(
    State(domain): State<Domain>,
    Checked(RequireSelf(access), request): Checked<RequireSelf, SavedViewReq>,
) -> ApiResult<Created> {
    let id = view::save(&domain, &access, &request).await?;
    Ok(Created(format!("/api/berth/v1/users/current/views/{id}")))
}

/// Removes a saved search of the caller.
#[utoipa::path(
    delete, path = "/api/berth/v1/users/current/views/{id}", operation_id = "deleteSavedView", tag = "berth",
    responses((status = 200))
)]
async fn delete_view(
    RequireSelf(access): RequireSelf,
    RowId(id): RowId,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(view::delete(&domain, &access, id).await?)
}
