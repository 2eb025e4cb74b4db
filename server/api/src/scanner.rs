//! Scanners, and which one a project uses.

use axum::{
    Json,
    extract::{FromRequestParts, State},
};
use berth_domain::{
    Domain,
    authz::{
        ChooseScanner, CreateScanner, DeleteScanner, ListScanners, ReadProjectScanner, ReadScanner, UpdateScanner,
    },
    scanner,
};
use berth_types::{
    api::{
        IsDefault, ProjectScanner, ScannerAdapterMetadata, ScannerRegistration, ScannerRegistrationReq,
        ScannerRegistrationSettings,
    },
    query::{Filter, Match, Scalar},
};
use berth_web::{
    ApiError, ApiResult,
    extract::{List, RequireProject, RequireSystem},
    reply::{Created, MaybeJson, PagedJson},
};
use http::{Uri, request::Parts};

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::{ListParams, Params, RequireSignedIn},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(ping))
        .routes(routes!(get, update, delete, set_default))
        .routes(routes!(metadata))
        .routes(routes!(of_project, choose))
        .routes(routes!(candidates))
}

impl Body for ScannerRegistrationReq {
    const NAME: &'static str = "registration";
    const MODEL: &'static str = "ScannerRegistrationReq";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("name", Field::Text),
        ("description", Field::Text),
        ("url", Field::Text),
        ("auth", Field::Text),
        ("access_credential", Field::Text),
        ("skip_certVerify", Field::Switch),
        ("use_internal_addr", Field::Switch),
        ("disabled", Field::Switch),
    ];

    fn check(&self) -> Result<(), ApiError> {
        check_named(self.name.as_deref(), self.url.as_deref())
    }
}

impl Body for ScannerRegistrationSettings {
    const NAME: &'static str = "settings";
    const MODEL: &'static str = "ScannerRegistrationSettings";
    const FIELDS: &'static [(&'static str, Field)] =
        &[("name", Field::Text), ("url", Field::Text), ("auth", Field::Text), ("access_credential", Field::Text)];

    fn check(&self) -> Result<(), ApiError> {
        check_named(self.name.as_deref(), self.url.as_deref())
    }
}

impl Body for IsDefault {
    const NAME: &'static str = "payload";
    const MODEL: &'static str = "IsDefault";
    const FIELDS: &'static [(&'static str, Field)] = &[("is_default", Field::Switch)];
}

impl Body for ProjectScanner {
    const NAME: &'static str = "payload";
    const MODEL: &'static str = "ProjectScanner";
    const FIELDS: &'static [(&'static str, Field)] = &[("uuid", Field::Text)];

    fn check(&self) -> Result<(), ApiError> {
        match self.uuid {
            Some(_) => Ok(()),
            None => Err(ApiError::invalid_field("uuid in body is required")),
        }
    }
}

/// What the schema says of a name and an address: both are there, and the address is one.
fn check_named(name: Option<&str>, url: Option<&str>) -> Result<(), ApiError> {
    let mut wrong = Vec::new();
    if name.is_none() {
        wrong.push("name in body is required".to_owned());
    }
    match url {
        None | Some("") => wrong.push("url in body is required".to_owned()),
        Some(url) if !is_uri(url) => wrong.push(format!("url in body must be of type uri: \"{url}\"")),
        Some(_) => {}
    }
    if wrong.is_empty() { Ok(()) } else { Err(ApiError::invalid_field(wrong.join("\n"))) }
}

fn is_uri(text: &str) -> bool {
    text.parse::<Uri>().is_ok_and(|uri| uri.scheme().is_some() || text.starts_with('/'))
}

/// What Harbor's older clients ask for beside `q`.
struct ScannerList {
    list: List,
    filters: Vec<Filter>,
}

impl<S: Send + Sync> FromRequestParts<S> for ScannerList {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let list = List::from_request_parts(parts, state).await?;
        let mut filters = Vec::new();
        let mut add = |param: &str, key: &str, matches: fn(String) -> Match| {
            if let Some(text) = list.param(param).filter(|text| !text.is_empty()) {
                filters.push(Filter { key: key.to_owned(), matches: matches(text.to_owned()) });
            }
        };
        for key in ["name", "description", "url"] {
            add(key, key, Match::Fuzzy);
        }
        add("ex_name", "name", |text| Match::Exact(Scalar::Text(text)));
        add("ex_url", "url", |text| Match::Exact(Scalar::Text(text)));
        Ok(ScannerList { list, filters })
    }
}

/// All scanners, the default one first.
#[utoipa::path(
    get, path = "/api/v2.0/scanners", operation_id = "listScanners", tag = "scanner", params(ListParams),
    responses((status = 200, body = [ScannerRegistration]))
)]
async fn list(
    ScannerList { list, filters }: ScannerList,
    RequireSystem(access): RequireSystem<ListScanners>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<ScannerRegistration>> {
    let rows = scanner::list(&domain, &access, &filters, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Registers a scanner.
#[utoipa::path(
    post, path = "/api/v2.0/scanners", operation_id = "createScanner", tag = "scanner",
    request_body = ScannerRegistrationReq, responses((status = 201))
)]
async fn create(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<CreateScanner>, ScannerRegistrationReq>,
) -> ApiResult<Created> {
    let uuid = scanner::create(&domain, &access, &request).await?;
    Ok(Created(format!("/api/v2.0/scanners/{uuid}")))
}

/// Tries an adapter.
#[utoipa::path(
    post, path = "/api/v2.0/scanners/ping", operation_id = "pingScanner", tag = "scanner",
    request_body = ScannerRegistrationSettings, responses((status = 200))
)]
async fn ping(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), settings): Checked<RequireSystem<ReadScanner>, ScannerRegistrationSettings>,
) -> ApiResult<()> {
    Ok(scanner::ping(&domain, &access, &settings).await?)
}

/// One scanner.
#[utoipa::path(
    get, path = "/api/v2.0/scanners/{registration_id}", operation_id = "getScanner", tag = "scanner",
    responses((status = 200, body = ScannerRegistration))
)]
async fn get(
    params: Params,
    RequireSystem(access): RequireSystem<ReadScanner>,
    State(domain): State<Domain>,
) -> ApiResult<Json<ScannerRegistration>> {
    Ok(Json(scanner::get(&domain, &access, params.get("registration_id")).await?))
}

/// Changes a scanner. An empty credential keeps the one that is there.
#[utoipa::path(
    put, path = "/api/v2.0/scanners/{registration_id}", operation_id = "updateScanner", tag = "scanner",
    request_body = ScannerRegistrationReq, responses((status = 200))
)]
async fn update(
    params: Params,
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<UpdateScanner>, ScannerRegistrationReq>,
) -> ApiResult<()> {
    Ok(scanner::update(&domain, &access, params.get("registration_id"), &request).await?)
}

/// Removes a scanner.
#[utoipa::path(
    delete, path = "/api/v2.0/scanners/{registration_id}", operation_id = "deleteScanner", tag = "scanner",
    responses((status = 200, body = ScannerRegistration))
)]
async fn delete(
    params: Params,
    RequireSystem(access): RequireSystem<DeleteScanner>,
    State(domain): State<Domain>,
) -> ApiResult<Json<ScannerRegistration>> {
    Ok(Json(scanner::delete(&domain, &access, params.get("registration_id")).await?))
}

/// Makes a scanner the one of all projects that have none of their own.
#[utoipa::path(
    patch, path = "/api/v2.0/scanners/{registration_id}", operation_id = "setScannerAsDefault", tag = "scanner",
    request_body = IsDefault, responses((status = 200))
)]
async fn set_default(
    params: Params,
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<UpdateScanner>, IsDefault>,
) -> ApiResult<()> {
    // There is always one default at most; it is taken away by giving it to another.
    if request.is_default {
        scanner::set_default(&domain, &access, params.get("registration_id")).await?;
    }
    Ok(())
}

/// What a scanner says of itself.
#[utoipa::path(
    get, path = "/api/v2.0/scanners/{registration_id}/metadata", operation_id = "getScannerMetadata", tag = "scanner",
    responses((status = 200, body = ScannerAdapterMetadata))
)]
async fn metadata(
    params: Params,
    RequireSystem(access): RequireSystem<ReadScanner>,
    State(domain): State<Domain>,
) -> ApiResult<Json<ScannerAdapterMetadata>> {
    Ok(Json(scanner::metadata(&domain, &access, params.get("registration_id")).await?))
}

/// The scanner of a project with how it is now; an empty answer where there is none.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}/scanner", operation_id = "getScannerOfProject",
    tag = "project", responses((status = 200, body = ScannerRegistration))
)]
async fn of_project(
    _: RequireSignedIn,
    RequireProject(access): RequireProject<ReadProjectScanner>,
    State(domain): State<Domain>,
) -> ApiResult<MaybeJson<ScannerRegistration>> {
    Ok(MaybeJson(scanner::of_project(&domain, &access).await?))
}

/// Chooses the scanner of a project.
#[utoipa::path(
    put, path = "/api/v2.0/projects/{project_name_or_id}/scanner", operation_id = "setScannerOfProject",
    tag = "project", request_body = ProjectScanner, responses((status = 200))
)]
async fn choose(
    State(domain): State<Domain>,
    Checked(RequireProject(access), request): Checked<RequireProject<ChooseScanner>, ProjectScanner>,
) -> ApiResult<()> {
    Ok(scanner::choose(&domain, &access, request.uuid.as_deref().unwrap_or_default()).await?)
}

/// The scanners that a project may choose.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}/scanner/candidates",
    operation_id = "listScannerCandidatesOfProject", tag = "project", params(ListParams),
    responses((status = 200, body = [ScannerRegistration]))
)]
async fn candidates(
    ScannerList { list, filters }: ScannerList,
    RequireProject(access): RequireProject<ChooseScanner>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<ScannerRegistration>> {
    let rows = scanner::candidates(&domain, &access, &filters, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scanner_has_a_name_and_an_address() {
        let wrong = |name: Option<&str>, url: Option<&str>| {
            check_named(name, url).err().map(|error| error.message().replace("validation failure list:\n", ""))
        };
        assert_eq!(wrong(Some(""), Some("http://127.0.0.1:8080/x")), None, "an empty name is for the rule to refuse");
        assert_eq!(wrong(None, None).as_deref(), Some("name in body is required\nurl in body is required"));
        assert_eq!(wrong(Some("a"), Some("shoe")).as_deref(), Some("url in body must be of type uri: \"shoe\""));
        assert_eq!(wrong(Some("a"), Some("")).as_deref(), Some("url in body is required"));
    }
}
