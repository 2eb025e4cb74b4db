//! Robots.

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Request, State},
    response::{IntoResponse, Response},
};
use berth_auth::Auth;
use berth_domain::{
    Domain, Error,
    authz::{CreateRobot, DeleteRobot, ListRobots, ProjectAction, ReadRobot, RobotAccess, RobotsAccess, UpdateRobot},
    robot,
};
use berth_types::{
    RobotId,
    api::{Robot, RobotChange, RobotCreate, RobotCreated, RobotSec},
    page::Paged,
};
use berth_web::{
    ApiError, ApiResult, AppState,
    extract::{Caller, List},
    reply::{Created, PagedJson},
};
use http::request::Parts;

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::{ListParams, number_in_path},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, refresh_secret, delete))
        .routes(routes!(end_former_secret))
}

impl Body for RobotCreate {
    const NAME: &'static str = "robot";
    const MODEL: &'static str = "RobotCreate";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("description", Field::Text),
        ("disable", Field::Switch),
        ("duration", Field::Number),
        ("level", Field::Text),
        ("name", Field::Text),
        ("secret", Field::Text),
    ];
}

impl Body for RobotChange {
    const NAME: &'static str = "robot";
    const MODEL: &'static str = "Robot";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("description", Field::Text),
        ("disable", Field::Switch),
        ("duration", Field::Number),
        ("level", Field::Text),
        ("name", Field::Text),
    ];
}

impl Body for RobotSec {
    const NAME: &'static str = "robotSec";
    const MODEL: &'static str = "RobotSec";
    const FIELDS: &'static [(&'static str, Field)] = &[("secret", Field::Text), ("overlap_seconds", Field::Number)];
}

/// The witness of an action on the robot that the path names.
struct RequireRobot<A: ProjectAction>(RobotAccess<A>);

impl<A: ProjectAction> FromRequestParts<AppState> for RequireRobot<A> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let id = RobotId(number_in_path(parts, "robot_id").await?);
        let Caller(actor) = Caller::from_request_parts(parts, state).await?;
        Ok(RequireRobot(RobotAccess::check(&state.domain, &actor, id).await?))
    }
}

/// A list, and the witness for the robots that it is about; none where the caller may know that their project is missing.
struct Listed(List, Option<RobotsAccess<ListRobots>>);

impl FromRequestParts<AppState> for Listed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let list = List::from_request_parts(parts, state).await?;
        let home = robot::home_of_list(&list.query)?;
        let Caller(actor) = Caller::from_request_parts(parts, state).await?;
        match RobotsAccess::check(&state.domain, &actor, &home).await {
            Ok(access) => Ok(Listed(list, Some(access))),
            Err(Error::NotFound(_)) => Ok(Listed(list, None)),
            Err(error) => Err(error.into()),
        }
    }
}

/// A robot to be made, and the witness that it may be made where it is wanted.
struct Wanted(RobotsAccess<CreateRobot>, RobotCreate);

impl FromRequest<AppState> for Wanted {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let Checked(Caller(actor), wanted) = Checked::<Caller, RobotCreate>::from_request(request, state).await?;
        let home = robot::home_of_new(&wanted)?;
        Ok(Wanted(RobotsAccess::check(&state.domain, &actor, &home).await?, wanted))
    }
}

/// The robots of the system, or of a project (`q=Level=project,ProjectID=1`).
#[utoipa::path(
    get, path = "/api/v2.0/robots", operation_id = "ListRobot", tag = "robot", params(ListParams),
    responses((status = 200, body = [Robot]))
)]
async fn list(Listed(list, access): Listed, State(domain): State<Domain>) -> ApiResult<PagedJson<Robot>> {
    let rows = match access {
        Some(access) => robot::list(&domain, &access, &list.query).await?,
        None => Paged { items: Vec::new(), total: 0 },
    };
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Makes a robot. The answer is the only one with its secret.
#[utoipa::path(
    post, path = "/api/v2.0/robots", operation_id = "CreateRobot", tag = "robot", request_body = RobotCreate,
    responses((status = 201, body = RobotCreated))
)]
async fn create(
    State(domain): State<Domain>,
    State(auth): State<Auth>,
    Wanted(access, request): Wanted,
) -> ApiResult<Response> {
    let made = robot::create(&domain, &access, &request, auth.generate_secret()).await?;
    let location = Created(format!("/api/v2.0/robots/{}", made.id));
    Ok((location.into_response().into_parts().0, Json(made)).into_response())
}

/// One robot.
#[utoipa::path(
    get, path = "/api/v2.0/robots/{robot_id}", operation_id = "GetRobotByID", tag = "robot",
    responses((status = 200, body = Robot))
)]
async fn get(RequireRobot(access): RequireRobot<ReadRobot>, State(domain): State<Domain>) -> ApiResult<Json<Robot>> {
    Ok(Json(robot::get(&domain, &access).await?))
}

/// Changes what a robot may, how long it lives, whether it is switched off, and its description.
#[utoipa::path(
    put, path = "/api/v2.0/robots/{robot_id}", operation_id = "UpdateRobot", tag = "robot", request_body = Robot,
    responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    Checked(RequireRobot(access), request): Checked<RequireRobot<UpdateRobot>, RobotChange>,
) -> ApiResult<()> {
    Ok(robot::update(&domain, &access, &request).await?)
}

/// Another secret: the one of the request, or a generated one, which only this answer says. With `overlap_seconds` the
/// present one goes on working beside it for so long.
#[utoipa::path(
    patch, path = "/api/v2.0/robots/{robot_id}", operation_id = "RefreshSec", tag = "robot", request_body = RobotSec,
    responses((status = 200, body = RobotSec))
)]
async fn refresh_secret(
    State(domain): State<Domain>,
    State(auth): State<Auth>,
    Checked(RequireRobot(access), request): Checked<RequireRobot<UpdateRobot>, RobotSec>,
) -> ApiResult<Json<RobotSec>> {
    Ok(Json(robot::refresh_secret(&domain, &access, &request, auth.generate_secret()).await?))
}

/// Ends a robot's former secret, which goes on working for a while after another one was made.
#[utoipa::path(
    delete, path = "/api/berth/v1/robots/{robot_id}/former-secret", operation_id = "endFormerSecret", tag = "berth",
    responses((status = 200))
)]
async fn end_former_secret(
    RequireRobot(access): RequireRobot<UpdateRobot>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(robot::end_former_secret(&domain, &access).await?)
}

/// Removes a robot.
#[utoipa::path(
    delete, path = "/api/v2.0/robots/{robot_id}", operation_id = "DeleteRobot", tag = "robot",
    responses((status = 200))
)]
async fn delete(RequireRobot(access): RequireRobot<DeleteRobot>, State(domain): State<Domain>) -> ApiResult<()> {
    Ok(robot::delete(&domain, &access).await?)
}
