//! Blobs: HEAD, GET with ranges and conditions.

use berth_testkit::{Blob, TestApp, blob_path, on_both};
use futures_util::StreamExt;

use super::{BAD_DIGESTS, NOBODY};

const REPO: &str = "library/app";

on_both!(
    a_blob_comes_back,
    a_blob_is_seen_only_through_a_repository_that_has_it,
    a_bad_digest_is_said_so,
    ranges_are_kept,
    conditions_are_kept,
    nothing_is_compressed,
    readers_may_leave_early,
);

async fn a_blob_comes_back(app: &TestApp) {
    let admin = app.admin();
    for blob in
        [Blob::random("blob", 3 << 20), Blob::new(""), Blob::new("{}"), Blob::sha512(Blob::random("512", 5000).bytes)]
    {
        admin.push_blob(REPO, &blob).await;
        let path = blob_path(REPO, &blob.digest);
        let (head, get) = (admin.head(&path).send().await.expect(200), admin.get(&path).send().await.expect(200));
        assert!(get.body == blob.bytes);
        assert!(head.body.is_empty());
        for reply in [head, get] {
            assert_eq!(reply.header("docker-content-digest"), blob.digest.to_string());
            assert_eq!(reply.header("content-length"), blob.bytes.len().to_string());
            assert_eq!(reply.header("etag"), format!("\"{}\"", blob.digest));
            assert_eq!(reply.header("accept-ranges"), "bytes");
            assert_eq!(reply.header("content-type"), "application/octet-stream");
        }
    }
}

async fn a_blob_is_seen_only_through_a_repository_that_has_it(app: &TestApp) {
    let admin = app.admin();
    app.project("other", true).await;
    let blob = Blob::random("blob", 100);
    admin.push_blob(REPO, &blob).await;
    for repo in ["library/other", "other/app", "library/app/deeper"] {
        let path = blob_path(repo, &blob.digest);
        admin.get(&path).send().await.refused(404, "BLOB_UNKNOWN");
        admin.head(&path).send().await.expect(404);
    }
    let missing = admin.get(&format!("/v2/{REPO}/blobs/{NOBODY}")).send().await.refused(404, "BLOB_UNKNOWN");
    assert_eq!(missing.json()["errors"][0]["detail"], NOBODY);
    admin.get(&format!("/v2/missing/app/blobs/{NOBODY}")).send().await.refused(404, "NAME_UNKNOWN");
}

async fn a_bad_digest_is_said_so(app: &TestApp) {
    let admin = app.admin();
    for digest in BAD_DIGESTS {
        let path = format!("/v2/{REPO}/blobs/{digest}");
        admin.get(&path).send().await.refused(400, "DIGEST_INVALID");
        admin.head(&path).send().await.expect(400);
        admin.delete(&path).send().await.refused(400, "DIGEST_INVALID");
    }
    // Without a colon it is no better.
    admin.get(&format!("/v2/{REPO}/blobs/latest")).send().await.refused(400, "DIGEST_INVALID");
}

async fn ranges_are_kept(app: &TestApp) {
    let admin = app.admin();
    let blob = Blob::random("blob", 2000);
    admin.push_blob(REPO, &blob).await;
    let path = blob_path(REPO, &blob.digest);
    for (range, start, end) in [
        ("bytes=0-0", 0, 1),
        ("bytes=500-1499", 500, 1500),
        ("bytes=500-", 500, 2000),
        ("bytes=-500", 1500, 2000),
        ("bytes=1000-5000", 1000, 2000),
        ("bytes=-5000", 0, 2000),
    ] {
        let reply = admin.get(&path).header("range", range).send().await.expect(206);
        assert!(reply.body == blob.bytes.slice(start..end), "{range}");
        assert_eq!(reply.header("content-range"), format!("bytes {start}-{}/2000", end - 1));
        assert_eq!(reply.header("content-length"), (end - start).to_string());
    }
    for range in ["bytes=2000-", "bytes=5000-10000", "bytes=-0", "bytes=500-0"] {
        let reply = admin.get(&path).header("range", range).send().await.refused(416, "RANGE_INVALID");
        assert_eq!(reply.header("content-range"), "bytes */2000");
    }
    for range in ["items=0-1", "bytes=a-b", "nonsense", "bytes=99999999999999999999-"] {
        let reply = admin.get(&path).header("range", range).send().await;
        assert!(reply.status == 416 || (reply.status == 200 && reply.body == blob.bytes), "{range}: {}", reply.status);
    }
}

async fn conditions_are_kept(app: &TestApp) {
    let admin = app.admin();
    let blob = Blob::random("blob", 2000);
    admin.push_blob(REPO, &blob).await;
    let path = blob_path(REPO, &blob.digest);
    let etag = format!("\"{}\"", blob.digest);
    for tags in [etag.clone(), format!("\"x\", {etag}"), format!("W/{etag}"), "*".to_owned()] {
        let reply = admin.get(&path).header("if-none-match", &tags).send().await.expect(304);
        assert!(reply.body.is_empty());
        admin.head(&path).header("if-none-match", &tags).send().await.expect(304);
    }
    admin.get(&path).header("if-none-match", "\"x\"").send().await.expect(200);
    let resumed = admin.get(&path).header("range", "bytes=100-").header("if-range", &etag).send().await.expect(206);
    assert!(resumed.body == blob.bytes.slice(100..));
    let other = admin.get(&path).header("range", "bytes=100-").header("if-range", "\"x\"").send().await.expect(200);
    assert!(other.body == blob.bytes);
    // A condition is no way to learn what a repository has.
    let elsewhere = blob_path("library/other", &blob.digest);
    admin.get(&elsewhere).header("if-none-match", &etag).send().await.refused(404, "BLOB_UNKNOWN");
}

async fn nothing_is_compressed(app: &TestApp) {
    let admin = app.admin();
    let blob = Blob::new("a".repeat(100_000));
    admin.push_blob(REPO, &blob).await;
    let path = blob_path(REPO, &blob.digest);
    let reply = admin.get(&path).header("accept-encoding", "zstd, gzip, deflate, br").send().await.expect(200);
    assert_eq!(reply.header("content-encoding"), "");
    assert!(reply.body == blob.bytes);
}

async fn readers_may_leave_early(app: &TestApp) {
    let admin = app.admin();
    let blob = Blob::random("blob", 8 << 20);
    admin.push_blob(REPO, &blob).await;
    let path = blob_path(REPO, &blob.digest);
    for start in [0_usize, 1 << 20, 5 << 20] {
        let response = admin.get(&path).header("range", format!("bytes={start}-")).open().await.unwrap();
        assert_eq!(response.status(), 206);
        let first = response.bytes_stream().next().await.unwrap().unwrap();
        assert!(first == blob.bytes.slice(start..start + first.len()));
    }
    assert!(admin.get(&path).send().await.expect(200).body == blob.bytes);
}
