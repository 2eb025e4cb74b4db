//! Artifacts and what refers to them.

use axum::{Json, extract::State};
use berth_domain::{
    Domain, Error, accessory,
    artifact::{self, With},
    authz::{CreateArtifact, DeleteArtifact, ListAccessories, ListArtifacts, ProjectAccess, ReadArtifact},
    copy,
};
use berth_types::{
    ErrorCode, Reference, RepoName,
    api::{Accessory, Artifact},
    page::Paged,
    url::encode,
};
use berth_web::{
    ApiError, ApiResult,
    extract::{List, RequireProject, query_params},
    reply::{Created, PagedJson},
};
use http::request::Parts;

use crate::extract::{InRepository, ListParams, MaybeRepository, Params, switch};
use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(list, copy)).routes(routes!(get, delete)).routes(routes!(accessories))
}

/// What the switches of a request ask for.
pub fn with_of(list: &List) -> With {
    With {
        tags: switch(list, "with_tag", true),
        labels: switch(list, "with_label", false),
        immutable: switch(list, "with_immutable_status", false),
        accessories: switch(list, "with_accessory", false),
        inherited: switch(list, "with_inherited_accessory", false),
        sboms: switch(list, "with_sbom_overview", false),
    }
}

/// What lists of artifacts and single ones can show.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by `with_of`; this is what the description of the API shows")]
pub struct WithParams {
    /// With tags, which is the default.
    with_tag: Option<bool>,
    /// With labels.
    with_label: Option<bool>,
    /// With what scanners found.
    with_scan_overview: Option<bool>,
    /// With the SBOM.
    with_sbom_overview: Option<bool>,
    /// With whether a rule forbids to move or delete each tag.
    with_immutable_status: Option<bool>,
    /// With what refers to them.
    with_accessory: Option<bool>,
    /// With what refers to the indexes that list them.
    with_inherited_accessory: Option<bool>,
}

/// The artifacts of a repository.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts",
    operation_id = "listArtifacts", tag = "artifact",
    params(
        ListParams, WithParams,
        ("X-Accept-Vulnerabilities" = Option<String>, Header, description = "Media types of reports."),
    ),
    responses((status = 200, body = [Artifact]))
)]
async fn list(
    list: List,
    found: MaybeRepository<ListArtifacts>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<Artifact>> {
    let rows = match found {
        MaybeRepository::Named(InRepository { access, repo }) => {
            artifact::list(&domain, &access, &repo, &list.query, with_of(&list)).await?
        }
        MaybeRepository::Nothing(_) => Paged { items: Vec::new(), total: 0 },
    };
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// One artifact, by tag or digest.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}",
    operation_id = "getArtifact", tag = "artifact",
    params(
        WithParams,
        ("page" = Option<i64>, Query, description = "Means nothing here; Harbor declares it."),
        ("page_size" = Option<i64>, Query, description = "Means nothing here; Harbor declares it."),
        ("with_signature" = Option<bool>, Query, description = "Means nothing: signatures are accessories."),
        ("X-Accept-Vulnerabilities" = Option<String>, Header, description = "Media types of reports."),
    ),
    responses((status = 200, body = Artifact))
)]
async fn get(
    list: List,
    InRepository { access, repo }: InRepository<ReadArtifact>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<Json<Artifact>> {
    Ok(Json(artifact::get(&domain, &access, &repo, params.get("reference"), with_of(&list)).await?))
}

/// Removes an artifact with its tags and what refers to it.
#[utoipa::path(
    delete, path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}",
    operation_id = "deleteArtifact", tag = "artifact", responses((status = 200))
)]
async fn delete(
    InRepository { access, repo }: InRepository<DeleteArtifact>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(artifact::delete(&domain, &access, &repo, params.get("reference")).await?)
}

/// What refers to an artifact.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/accessories",
    operation_id = "listAccessories", tag = "artifact", params(ListParams),
    responses((status = 200, body = [Accessory]))
)]
async fn accessories(
    list: List,
    InRepository { access, repo }: InRepository<ListAccessories>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<Accessory>> {
    let rows = accessory::list(&domain, &access, &repo, params.get("reference"), &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Copies an artifact of another repository into this one.
#[utoipa::path(
    post, path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts",
    operation_id = "CopyArtifact", tag = "artifact",
    params(("from" = String, Query, description = "`<project>/<repository>:<tag>` or `…@<digest>`.")),
    responses((status = 201))
)]
async fn copy(
    From(from): From,
    RequireProject(access): RequireProject<CreateArtifact>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<Created> {
    let within = berth_web::extract::decode_again(params.get("repository_name"));
    let project = &access.project().name;
    let repo = RepoName::new(project, &within).map_err(|_| {
        ApiError::new(ErrorCode::BadRequest, format!("bad request: invalid repository name: {project}/{within}"))
    })?;
    let (source, reference) = parse_source(&from)?;
    let absent = |error| match error {
        // Whoever may know that the project does not exist learns that the artifact does not.
        Error::NotFound(_) => Error::BadRequest(format!("artifact {from} not found")),
        error => error,
    };
    let read = ProjectAccess::<ReadArtifact>::check(&domain, access.actor(), &source.project()).await;
    copy::copy(&domain, &access, &repo, &read.map_err(absent)?, &source, &reference).await?;
    let artifacts = format!("/api/v2.0/projects/{project}/repositories/{}/artifacts", encode(&within));
    Ok(Created(format!("{artifacts}/{reference}")))
}

fn parse_source(from: &str) -> Result<(RepoName, Reference), ApiError> {
    let split = from.split_once('@').or_else(|| from.rsplit_once(':'));
    let Some((repo, reference)) = split else {
        return Err(ApiError::new(ErrorCode::BadRequest, format!("artifact {from} not found")));
    };
    match (repo.parse(), reference.parse()) {
        (Ok(repo), Ok(reference)) => Ok((repo, reference)),
        _ => Err(ApiError::new(ErrorCode::BadRequest, format!("invalid input: {from}"))),
    }
}

/// `from` of a query, which has to be there.
struct From(String);

impl<S: Sync> axum::extract::FromRequestParts<S> for From {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let given = query_params(&parts.uri).into_iter().find(|(key, _)| key == "from");
        match given {
            Some((_, from)) if !from.is_empty() => Ok(From(from)),
            _ => Err(ApiError::validation("from in query is required")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_by_tag_or_digest() {
        let digest = format!("sha256:{}", "a".repeat(64));
        assert_eq!(parse_source("p/a/b:v1").unwrap().0.as_str(), "p/a/b");
        assert!(matches!(parse_source(&format!("p/a@{digest}")).unwrap().1, Reference::Digest(_)));
        for bad in ["shoe", "p/A:v1", "p/a:", "p/a@sha256:abc", "a:v1"] {
            assert!(parse_source(bad).is_err(), "{bad}");
        }
    }
}
