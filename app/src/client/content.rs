//! What lies in an artifact and what refers to it.

use super::repositories::beyond_harbor;
use super::{ApiError, ApiResult, Client, ListParams, Method};
use berth_types::RepoName;
use berth_types::api::{Attestation, IndexChild, Readme, ReferrerNode, SbomDocument, SbomPackage};
use berth_types::page::Paged;
use berth_types::url::{artifact, encode, with_query};

/// The address of what the API has about an artifact beyond Harbor: `manifest`, `config`, `content`, …
pub fn part_of(repo: &RepoName, reference: &str, part: &str) -> String {
    format!("{}/artifacts/{}/{part}", beyond_harbor(repo), encode(reference))
}

/// The address of the bytes of a layer.
pub fn layer_of(repo: &RepoName, reference: &str, digest: &str) -> String {
    with_query(&part_of(repo, reference, "content"), &[("digest", digest)])
}

impl Client {
    /// The children of an index.
    ///
    /// # Errors
    /// 404 where there is none to see.
    pub async fn children(
        &self,
        repo: &RepoName,
        reference: &str,
        params: &ListParams,
    ) -> ApiResult<Paged<IndexChild>> {
        self.list(params.on(&part_of(repo, reference, "children"), &[])).await
    }

    /// What refers to an artifact, as a tree.
    ///
    /// # Errors
    /// 404 where there is none to see.
    pub async fn referrers(
        &self,
        repo: &RepoName,
        reference: &str,
        params: &ListParams,
    ) -> ApiResult<Paged<ReferrerNode>> {
        self.list(params.on(&part_of(repo, reference, "referrers"), &[])).await
    }

    /// Statements about an artifact.
    ///
    /// # Errors
    /// 404 where there is none to see.
    pub async fn attestations(&self, repo: &RepoName, reference: &str) -> ApiResult<Vec<Attestation>> {
        self.get(part_of(repo, reference, "attestations")).await
    }

    /// The lists of packages that are stored about an artifact.
    ///
    /// # Errors
    /// 404 where there is none to see.
    pub async fn sboms(&self, repo: &RepoName, reference: &str) -> ApiResult<Vec<SbomDocument>> {
        self.get(part_of(repo, reference, "sboms")).await
    }

    /// The packages in one of these lists; the first that is there where none is named.
    ///
    /// # Errors
    /// 422 for a list that cannot be read.
    pub async fn packages(
        &self,
        repo: &RepoName,
        reference: &str,
        sbom: &str,
        params: &ListParams,
    ) -> ApiResult<Paged<SbomPackage>> {
        self.list(params.on(&part_of(repo, reference, "packages"), &[("sbom", sbom)])).await
    }

    /// The bytes of a manifest as text.
    ///
    /// # Errors
    /// 404 where there is none to see.
    pub async fn manifest_text(&self, repo: &RepoName, reference: &str) -> ApiResult<String> {
        self.text(part_of(repo, reference, "manifest")).await
    }

    /// The bytes of a configuration as text.
    ///
    /// # Errors
    /// 404 where there is none to see.
    pub async fn config_text(&self, repo: &RepoName, reference: &str) -> ApiResult<String> {
        self.text(part_of(repo, reference, "config")).await
    }

    /// A document of a chart or a model: `readme.md`, `values.yaml`, `license`. Nothing where it has none.
    ///
    /// # Errors
    /// 422 for an archive that cannot be read.
    pub async fn document(&self, repo: &RepoName, reference: &str, name: &str) -> ApiResult<Option<String>> {
        let text = self.text(format!("{}/additions/{name}", artifact(repo, reference))).await;
        match text {
            Ok(text) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
            Err(error) if error.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What a chart or a model says about itself, as HTML.
    ///
    /// # Errors
    /// 400 for what has nothing to say, 422 for what is too large to be shown.
    pub async fn artifact_readme(&self, repo: &RepoName, reference: &str) -> ApiResult<Readme> {
        self.get(part_of(repo, reference, "readme")).await
    }

    pub(super) async fn text(&self, path: String) -> ApiResult<String> {
        let answer = self.call(Method::Get, path, None).await?;
        String::from_utf8(answer.body).map_err(|error| ApiError::unreadable(error.to_string()))
    }
}
