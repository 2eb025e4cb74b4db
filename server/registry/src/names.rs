//! Lists: tags, catalog, referrers.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use berth_domain::{
    authz::Pull,
    referrer::{self, Referrer},
};
use berth_types::{ErrorCode, RepoName, media_type::OCI_INDEX, url::encode};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::{
    Call, digest,
    error::{OciError, OciResult},
    param,
};

/// Which filters were applied to a list of referrers.
const FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");
/// How many rows there are, as Harbor says it.
const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");

#[derive(Serialize)]
struct Tags<'r> {
    name: &'r str,
    tags: Vec<String>,
}

#[derive(Serialize)]
struct Catalog {
    repositories: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u8,
    media_type: &'static str,
    manifests: Vec<Referrer>,
}

impl Call<'_> {
    pub(crate) async fn tags(&self, repo: &RepoName) -> OciResult {
        let access = self.asker.require::<Pull>(self.state, repo).await?;
        let params = self.params();
        let n = number(param(&params, "n"))?;
        let last = param(&params, "last").unwrap_or_default();
        let names = referrer::tags(&self.state.domain, &access, repo, last, n).await?;
        let next = names.names.last().filter(|_| names.more);
        if let (None, Some(last)) = (n, next.cloned()) {
            let more = referrer::more_tags(&self.state.domain, &access, repo, last);
            return Ok(streamed(repo, names.names, more));
        }
        let next = next.map(|last| next_link(&format!("/v2/{repo}/tags/list"), last, names.names.len()));
        answer(&Tags { name: repo.as_str(), tags: names.names }, next)
    }

    pub(crate) async fn catalog(&self) -> OciResult {
        let access = self.asker.require_catalog()?;
        let params = self.params();
        let n = number(param(&params, "n"))?;
        let last = param(&params, "last").unwrap_or_default();
        if !last.is_empty() && last.parse::<RepoName>().is_err() {
            let message = format!("the last: {last} should be a valid repository name.");
            return Err(OciError::new(ErrorCode::BadRequest, message));
        }
        let names = referrer::catalog(&self.state.domain, &access, last, n).await?;
        let next = names.names.last().filter(|_| names.more);
        let next = next.map(|last| next_link("/v2/_catalog", last, names.names.len()));
        answer(&Catalog { repositories: names.names }, next)
    }

    pub(crate) async fn referrers(&self, repo: &RepoName, text: &str) -> OciResult {
        let subject = digest(text)?;
        let access = self.asker.require::<Pull>(self.state, repo).await?;
        let params = self.params();
        let artifact_type = param(&params, "artifactType").unwrap_or_default();
        let last = param(&params, "last").and_then(|last| last.parse().ok()).unwrap_or_default();
        let found = referrer::list(&self.state.domain, &access, repo, &subject, artifact_type, last).await?;
        let next = found.next.map(|last| {
            let filter = if artifact_type.is_empty() {
                String::new()
            } else {
                format!("artifactType={}&", encode(artifact_type))
            };
            format!("</v2/{repo}/referrers/{subject}?{filter}last={last}>; rel=\"next\"")
        });
        let index = Index { schema_version: 2, media_type: OCI_INDEX, manifests: found.manifests };
        let mut response = answer(&index, next)?;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(OCI_INDEX));
        headers.insert(TOTAL_COUNT, HeaderValue::from(found.total));
        if !artifact_type.is_empty() {
            headers.insert(FILTERS_APPLIED, HeaderValue::from_static("artifactType"));
        }
        Ok(response)
    }
}

/// The whole list, written as it is read. Clients without paging want it in one answer.
fn streamed(
    repo: &RepoName,
    first: Vec<String>,
    more: impl Stream<Item = berth_domain::Result<Vec<String>>> + Send + 'static,
) -> Response {
    // Neither the name of a repository nor a tag holds anything that JSON would escape.
    let opening = format!("{{\"name\":\"{repo}\",\"tags\":[\"{}\"", first.join("\",\""));
    let more = more.map_ok(|names| names.iter().map(|name| format!(",\"{name}\"")).collect::<String>());
    let more = more.inspect_err(|error| tracing::error!(%error, "a list of tags was cut off"));
    let body = stream::once(async { Ok(opening) }).chain(more).chain(stream::once(async { Ok("]}".to_owned()) }));
    let content_type = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (StatusCode::OK, content_type, Body::from_stream(body)).into_response()
}

pub(crate) fn next_link(path: &str, last: &str, n: usize) -> String {
    format!("<{path}?last={}&n={n}>; rel=\"next\"", encode(last))
}

/// How many names a client wants. More than the registry gives is fine, nonsense is not.
pub(crate) fn number(text: Option<&str>) -> Result<Option<u64>, OciError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| OciError::new(ErrorCode::BadRequest, "the N must be a positive int type"))
}

fn answer(body: &impl Serialize, next: Option<String>) -> OciResult {
    let body = serde_json::to_vec(body).map_err(berth_domain::Error::internal)?;
    let content_type = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    let mut response: Response = (StatusCode::OK, content_type, body).into_response();
    if let Some(next) = next
        && let Ok(next) = HeaderValue::from_str(&next)
    {
        response.headers_mut().insert(header::LINK, next);
    }
    Ok(response)
}
