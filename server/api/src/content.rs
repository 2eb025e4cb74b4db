//! What lies in an artifact and what refers to it, beside what Harbor tells (`/api/berth/v1`).

use axum::{
    Json,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use berth_domain::{
    Domain,
    authz::{ListAccessories, ReadAddition, ReadArtifact},
    content::{self, Exact},
    evidence,
};
use berth_types::api::{Attestation, IndexChild, Readme, ReferrerNode, SbomDocument, SbomPackage};
use berth_web::{ApiResult, extract::List, reply::PagedJson};
use http::{HeaderName, header};

use crate::extract::{InRepository, ListParams, Params};
use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(children))
        .routes(routes!(referrers))
        .routes(routes!(attestations))
        .routes(routes!(sboms))
        .routes(routes!(packages))
        .routes(routes!(readme))
        .routes(routes!(manifest))
        .routes(routes!(config))
        .routes(routes!(layer))
}

/// The children of an index with platform, size and what they attest, in the order of the index.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/children",
    operation_id = "listChildren", tag = "berth", params(ListParams),
    responses((status = 200, body = [IndexChild]))
)]
async fn children(
    list: List,
    InRepository { access, repo }: InRepository<ReadArtifact>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<IndexChild>> {
    let rows = content::children(&domain, &access, &repo, params.get("reference"), &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// What refers to an artifact, as a tree: each referrer has its own, up to four levels deep and twenty of each. `q` knows
/// `type` and `artifact_type`.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/referrers",
    operation_id = "listReferrerTree", tag = "berth", params(ListParams),
    responses((status = 200, body = [ReferrerNode]))
)]
async fn referrers(
    list: List,
    InRepository { access, repo }: InRepository<ListAccessories>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<ReferrerNode>> {
    let rows = content::referrers(&domain, &access, &repo, params.get("reference"), &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Statements about an artifact as facts: provenance, test results and others. Nothing of it is verified.
#[utoipa::path(
    get,
    path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/attestations",
    operation_id = "listAttestations", tag = "berth", responses((status = 200, body = [Attestation]))
)]
async fn attestations(
    InRepository { access, repo }: InRepository<ReadAddition>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<Json<Vec<Attestation>>> {
    Ok(Json(evidence::attestations(&domain, &access, &repo, params.get("reference")).await?))
}

/// The lists of packages that are stored about an artifact.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/sboms",
    operation_id = "listSboms", tag = "berth", responses((status = 200, body = [SbomDocument]))
)]
async fn sboms(
    InRepository { access, repo }: InRepository<ReadAddition>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<Json<Vec<SbomDocument>>> {
    Ok(Json(evidence::sboms(&domain, &access, &repo, params.get("reference")).await?))
}

/// The packages in one of these lists, by name. `q` knows `name`, which also looks at licences.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/packages",
    operation_id = "listPackages", tag = "berth",
    params(
        ListParams,
        ("sbom" = Option<String>, Query, description = "Digest of the list; by default the first that is stored here."),
    ),
    responses((status = 200, body = [SbomPackage]))
)]
async fn packages(
    list: List,
    InRepository { access, repo }: InRepository<ReadAddition>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<SbomPackage>> {
    let document = list.param("sbom").filter(|digest| !digest.is_empty());
    let reference = params.get("reference");
    let rows = evidence::packages(&domain, &access, &repo, reference, document, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// What a chart or a model says about itself, as HTML that is safe to show.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/readme",
    operation_id = "getArtifactReadme", tag = "berth", responses((status = 200, body = Readme))
)]
async fn readme(
    InRepository { access, repo }: InRepository<ReadAddition>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<Json<Readme>> {
    Ok(Json(content::readme(&domain, &access, &repo, params.get("reference")).await?))
}

/// The exact bytes of a manifest. Does not count as a pull.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/manifest",
    operation_id = "getManifestBytes", tag = "berth",
    responses((status = 200, content((serde_json::Value = "application/json"))))
)]
async fn manifest(
    InRepository { access, repo }: InRepository<ReadAddition>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<Response> {
    Ok(exact(content::manifest(&domain, &access, &repo, params.get("reference")).await?))
}

/// The exact bytes of a configuration, up to 4 MiB.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/config",
    operation_id = "getConfigBytes", tag = "berth",
    responses((status = 200, content((serde_json::Value = "application/json"))))
)]
async fn config(
    InRepository { access, repo }: InRepository<ReadAddition>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<Response> {
    Ok(exact(content::config(&domain, &access, &repo, params.get("reference")).await?))
}

/// What others wrote is not to be taken for a page: it has no type of theirs, and browsers save it.
const SAVED: [(HeaderName, &str); 3] = [
    (header::CONTENT_DISPOSITION, "attachment"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "private, no-cache"),
];

fn exact(found: Exact) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (HeaderName::from_static("docker-content-digest"), found.digest.to_string()),
    ];
    (SAVED, headers, found.bytes).into_response()
}

/// A layer of an artifact, for a download by hand. Needs the right to pull; does not count as a pull.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/content",
    operation_id = "getLayerBytes", tag = "berth",
    params(("digest" = Option<String>, Query, description = "Digest of the layer; needed where there are several.")),
    responses((status = 200, content((String = "application/octet-stream"))))
)]
async fn layer(
    list: List,
    InRepository { access, repo }: InRepository<ReadAddition>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<Response> {
    let digest = list.param("digest").filter(|digest| !digest.is_empty());
    let (file, blob) = content::layer(&domain, &access, &repo, params.get("reference"), digest).await?;
    let size = blob.size();
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, size.to_string()),
        (HeaderName::from_static("docker-content-digest"), file.digest),
    ];
    Ok((SAVED, headers, Body::from_stream(blob.read(0..size))).into_response())
}
