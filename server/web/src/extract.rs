//! Extractors: what a handler gets is parsed and permitted.

use axum::{
    RequestPartsExt,
    extract::{FromRequest, FromRequestParts, Path, Request},
};
use berth_domain::{
    Actor, Domain,
    authz::{ProjectAccess, ProjectAction, SelfAccess, SystemAccess, SystemAction, Visible},
};
use berth_types::{
    ErrorCode, ProjectId, ProjectName,
    page::Page,
    query::{ListQuery, parse_q, parse_sort},
};
use http::{HeaderMap, Uri, request::Parts};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use crate::{ApiError, AppState};

/// The largest JSON body, in bytes.
pub const BODY_SIZE_BYTES_MAX: usize = 1 << 20;

/// Who asks: put into the request by the authentication layer, anonymous where there is none.
pub struct Caller(pub Actor);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Caller(parts.extensions.get::<Actor>().cloned().unwrap_or_default()))
    }
}

/// The witness of an action in the project that the path names by `project_name_or_id` or `project_name`.
pub struct RequireProject<A: ProjectAction>(pub ProjectAccess<A>);

impl<A: ProjectAction> FromRequestParts<AppState> for RequireProject<A> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Caller(actor) = Caller::from_request_parts(parts, state).await?;
        let project = project_of(parts).await?;
        Ok(RequireProject(project.check(&state.domain, &actor).await?))
    }
}

/// How a path names a project.
#[derive(Clone, Debug, PartialEq)]
pub enum ProjectPath {
    /// By row id.
    Id(ProjectId),
    /// By name.
    Name(ProjectName),
    /// By something that can be no name; such a project does not exist.
    Neither(String),
}

impl ProjectPath {
    /// The witness of an action in this project.
    ///
    /// # Errors
    /// As [`ProjectAccess::check`].
    pub async fn check<A: ProjectAction>(
        &self,
        domain: &Domain,
        actor: &Actor,
    ) -> berth_domain::Result<ProjectAccess<A>> {
        match self {
            ProjectPath::Id(id) => ProjectAccess::check_id(domain, actor, *id).await,
            ProjectPath::Name(name) => ProjectAccess::check(domain, actor, name).await,
            // An id that no project has, so that the answer is the same as for any missing project.
            ProjectPath::Neither(text) => {
                ProjectAccess::check_id(domain, actor, ProjectId(0)).await.map_err(|error| match error {
                    berth_domain::Error::NotFound(_) => {
                        berth_domain::Error::NotFound(format!("project {text} not found"))
                    }
                    error => error,
                })
            }
        }
    }
}

/// Reads the project of a path: a number is an id unless `X-Is-Resource-Name` says otherwise, as in Harbor.
///
/// # Errors
/// Where the route has no project.
pub async fn project_of(parts: &mut Parts) -> Result<ProjectPath, ApiError> {
    let params: Path<std::collections::HashMap<String, String>> =
        parts.extract().await.map_err(|_| ApiError::new(ErrorCode::BadRequest, "the path cannot be read"))?;
    let by_id_or_name = params.get("project_name_or_id");
    let Some(text) = by_id_or_name.or_else(|| params.get("project_name")) else {
        return Err(ApiError::new(ErrorCode::BadRequest, "the path names no project"));
    };
    let is_name = is_yes_header(&parts.headers, "x-is-resource-name") || by_id_or_name.is_none();
    if let (false, Ok(id)) = (is_name, text.parse()) {
        return Ok(ProjectPath::Id(ProjectId(id)));
    }
    Ok(text.parse().map_or_else(|_| ProjectPath::Neither(text.clone()), ProjectPath::Name))
}

/// Whether a word means yes, as Harbor reads a switch. Clients made by generators write it as their language does: `True`.
pub fn is_yes(text: &str) -> bool {
    const YES: [&str; 10] = ["true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"];
    YES.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a header says yes.
pub fn is_yes_header(headers: &HeaderMap, name: &str) -> bool {
    headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(is_yes)
}

/// The witness of an action on the system.
pub struct RequireSystem<A: SystemAction>(pub SystemAccess<A>);

impl<A: SystemAction, S: Sync> FromRequestParts<S> for RequireSystem<A> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Caller(actor) = Caller::from_request_parts(parts, state).await?;
        Ok(RequireSystem(SystemAccess::check(&actor)?))
    }
}

/// The witness that a person is signed in.
pub struct RequireSelf(pub SelfAccess);

impl<S: Sync> FromRequestParts<S> for RequireSelf {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Caller(actor) = Caller::from_request_parts(parts, state).await?;
        Ok(RequireSelf(SelfAccess::check(&actor)?))
    }
}

/// What the caller may see in lists.
pub struct Seen(pub Visible);

impl<S: Sync> FromRequestParts<S> for Seen {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Caller(actor) = Caller::from_request_parts(parts, state).await?;
        Ok(Seen(Visible::to(&actor)))
    }
}

/// `q`, `sort`, `page` and `page_size` of a list, with the request's address for the `Link` header.
pub struct List {
    /// What is asked for.
    pub query: ListQuery,
    /// Path and query, the query unescaped, as [`crate::reply::PagedJson`] wants it.
    pub address: String,
    /// All parameters of the query, decoded.
    pub params: Vec<(String, String)>,
}

impl List {
    /// The last value of a parameter that the list has besides the common four.
    pub fn param(&self, key: &str) -> Option<&str> {
        self.params.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

impl<S: Sync> FromRequestParts<S> for List {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let params = query_params(&parts.uri);
        let last = |key: &str| params.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        let page = Page::new(number("page", last("page"))?, number("page_size", last("page_size"))?)
            .map_err(ApiError::validation)?;
        // Harbor unescapes `q` once more than HTTP does.
        let q = percent_decode_str(last("q").unwrap_or_default()).decode_utf8_lossy().into_owned();
        let filters = parse_q(&q).map_err(|error| ApiError::new(ErrorCode::BadRequest, error.to_string()))?;
        let sort = parse_sort(last("sort").unwrap_or_default());
        let path = original_path(parts);
        let unescaped: Vec<String> = params.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let address = if unescaped.is_empty() { path } else { format!("{path}?{}", unescaped.join("&")) };
        Ok(List { query: ListQuery { filters, sort, page }, address, params })
    }
}

/// The path as the client sent it, also inside a nested router.
pub fn original_path(parts: &Parts) -> String {
    parts
        .extensions
        .get::<axum::extract::OriginalUri>()
        .map_or_else(|| parts.uri.path().to_owned(), |uri| uri.0.path().to_owned())
}

/// The decoded pairs of a query.
pub fn query_params(uri: &Uri) -> Vec<(String, String)> {
    url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect()
}

/// The decoded pairs of a form that was posted.
pub fn form_pairs(body: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body).map(|(key, value)| (key.into_owned(), value.into_owned())).collect()
}

fn number(key: &str, value: Option<&str>) -> Result<Option<i64>, ApiError> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    let wrong = || ApiError::validation(format!("{key} in query must be of type int64: \"{value}\""));
    value.parse().map(Some).map_err(|_| wrong())
}

/// A JSON body. What does not parse is 422 in the words of Harbor's validation; another content type is 415.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let content_type = request.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = content_type.map(berth_types::media_type::essence).unwrap_or_default();
        // A body without a type is read as JSON, as Harbor does.
        if !essence.is_empty() && essence != "application/json" && !essence.ends_with("+json") {
            let message = format!("unsupported media type \"{essence}\", only [application/json] are allowed");
            return Err(ApiError::new(ErrorCode::UnsupportedMediaType, message));
        }
        let body =
            http_body_util::BodyExt::collect(http_body_util::Limited::new(request.into_body(), BODY_SIZE_BYTES_MAX));
        let bytes = body
            .await
            .map_err(|error| {
                if error.downcast_ref::<http_body_util::LengthLimitError>().is_some() {
                    ApiError::new(ErrorCode::TooLarge, format!("the body is larger than {BODY_SIZE_BYTES_MAX} bytes"))
                } else {
                    ApiError::new(ErrorCode::BadRequest, "the request body ended early")
                }
            })?
            .to_bytes();
        serde_json::from_slice(&bytes)
            .map(Json)
            .map_err(|error| ApiError::validation(format!("parsing body from \"\" failed, because {error}")))
    }
}

/// A path parameter that Harbor encodes twice, decoded once more: `a%2Fb` → `a/b`.
pub fn decode_again(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_on_in_many_words() {
        for yes in ["true", "True", "TRUE", "1", "yes", "t", "Enabled"] {
            assert!(is_yes(yes), "{yes}");
        }
        for no in ["", "false", "0", "no", "truest"] {
            assert!(!is_yes(no), "{no}");
        }
        let headers = HeaderMap::from_iter([(
            http::header::HeaderName::from_static("x-is-resource-name"),
            "True".parse().unwrap(),
        )]);
        assert!(is_yes_header(&headers, "X-Is-Resource-Name") && !is_yes_header(&headers, "x-other"));
    }
}
