//! The router of `/v2`.

use berth_registry::path::Endpoint;
use berth_types::url::encode;

use super::text;

pub(super) fn path(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let Ok(endpoint) = Endpoint::parse(text) else { return };
    assert!(!endpoint.methods().is_empty());
    let written = match &endpoint {
        Endpoint::Base => "/v2/".to_owned(),
        Endpoint::Catalog => "/v2/_catalog".to_owned(),
        Endpoint::Tags(repo) => format!("/v2/{repo}/tags/list"),
        Endpoint::Manifest(repo, reference) => format!("/v2/{repo}/manifests/{}", encode(reference)),
        Endpoint::Blob(repo, digest) => format!("/v2/{repo}/blobs/{}", encode(digest)),
        Endpoint::Uploads(repo) => format!("/v2/{repo}/blobs/uploads/"),
        Endpoint::Upload(repo, id) => format!("/v2/{repo}/blobs/uploads/{}", encode(id)),
        Endpoint::Referrers(repo, digest) => format!("/v2/{repo}/referrers/{}", encode(digest)),
    };
    assert_eq!(Endpoint::parse(&written).as_ref(), Ok(&endpoint), "{text:?} is {written:?}");
    match endpoint {
        Endpoint::Manifest(_, last)
        | Endpoint::Blob(_, last)
        | Endpoint::Upload(_, last)
        | Endpoint::Referrers(_, last) => {
            assert!(!last.contains('/'));
        }
        Endpoint::Base | Endpoint::Catalog | Endpoint::Tags(_) | Endpoint::Uploads(_) => {}
    }
}
