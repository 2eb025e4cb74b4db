//! What clients do in several requests.

use berth_types::Digest;
use bytes::Bytes;

use crate::{Blob, Client, Image, Manifest, Reply};

/// Path of a blob.
pub fn blob_path(repo: &str, digest: &Digest) -> String {
    format!("/v2/{repo}/blobs/{digest}")
}

impl Client {
    /// Pushes a blob in one request after opening an upload, as most clients do.
    ///
    /// # Panics
    /// Where it is refused.
    #[track_caller]
    pub fn push_blob(&self, repo: &str, blob: &Blob) -> impl Future<Output = ()> {
        let (client, path) = (self.clone(), format!("/v2/{repo}/blobs/uploads/"));
        let (digest, bytes) = (blob.digest, blob.bytes.clone());
        async move {
            let location = client.post(&path).send().await.expect(202).location();
            client.finish(&location, &digest, bytes).await.expect(201);
        }
    }

    /// Ends an upload with the bytes that are left.
    pub async fn finish(&self, location: &str, digest: &Digest, rest: impl Into<Bytes>) -> Reply {
        let separator = if location.contains('?') { '&' } else { '?' };
        let path = format!("{location}{separator}digest={digest}");
        self.put(&path).header("content-type", "application/octet-stream").body(rest).send().await
    }

    /// Puts a manifest.
    pub async fn put_manifest(&self, repo: &str, reference: &str, manifest: &Manifest) -> Reply {
        let path = format!("/v2/{repo}/manifests/{reference}");
        self.put(&path).header("content-type", &manifest.media_type).body(manifest.bytes.clone()).send().await
    }

    /// Pushes an image with all its blobs.
    ///
    /// # Panics
    /// Where something is refused.
    pub async fn push(&self, repo: &str, reference: &str, image: &Image) {
        for blob in &image.blobs {
            self.push_blob(repo, blob).await;
        }
        self.put_manifest(repo, reference, &image.manifest).await.expect(201);
    }

    /// Pulls an image with all its blobs and compares every byte.
    ///
    /// # Panics
    /// Where something is missing or other than it was pushed.
    pub async fn pull(&self, repo: &str, reference: &str, image: &Image) {
        let reply = self.get(&format!("/v2/{repo}/manifests/{reference}")).send().await.expect(200);
        assert_eq!(reply.body, image.manifest.bytes);
        assert_eq!(reply.header("content-type"), image.manifest.media_type);
        for blob in &image.blobs {
            let reply = self.get(&blob_path(repo, &blob.digest)).send().await.expect(200);
            assert!(reply.body == blob.bytes, "blob {} came back as other bytes", blob.digest);
        }
    }
}
