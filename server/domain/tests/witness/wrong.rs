//! Somebody who may pull tries to push with that.

use berth_domain::{
    Domain,
    authz::{ProjectAccess, Pull},
    blob::{self, ByteStream},
};
use berth_types::{Digest, RepoName};

async fn push(domain: &Domain, access: &ProjectAccess<Pull>, repo: &RepoName, digest: &Digest, body: ByteStream) {
    let _ = blob::put(domain, access, repo, digest, body).await;
}

fn main() {}
