//! Uploads in all their forms.

use berth_testkit::{Backend, Blob, Client, PASSWORD, Reply, Role, Started, TestApp, blob_path, on_both};
use berth_types::Digest;

use super::{BAD_DIGESTS, NOBODY};

const REPO: &str = "library/app";
const UPLOADS: &str = "/v2/library/app/blobs/uploads/";

async fn start(client: &Client) -> String {
    client.post(UPLOADS).send().await.expect(202).location()
}

async fn append(client: &Client, location: &str, range: &str, bytes: &[u8]) -> Reply {
    client.patch(location).header("content-range", range).body(bytes.to_vec()).send().await
}

async fn is_there(client: &Client, repo: &str, digest: &Digest) -> bool {
    let reply = client.head(&blob_path(repo, digest)).send().await;
    assert!(matches!(reply.status, 200 | 404), "{}", reply.status);
    reply.status == 200
}

on_both!(
    an_upload_begins,
    one_request_is_enough,
    a_put_ends_it,
    other_bytes_are_refused_and_forgotten,
    layers_stream_in,
    chunks_join_in_order,
    an_upload_is_cancelled,
    an_upload_belongs_to_who_began_it,
    sha512_with_and_without_announcement,
    blobs_are_mounted,
    a_mount_needs_the_right_to_pull_in_the_token,
    a_broken_upload_goes_on,
    one_writer_at_a_time,
    the_same_blob_by_many_at_once,
);

async fn an_upload_begins(app: &TestApp) {
    let admin = app.admin();
    let (first, second) = (admin.post(UPLOADS).send().await.expect(202), admin.post(UPLOADS).send().await.expect(202));
    assert_ne!(first.location(), second.location());
    let id = first.header("docker-upload-uuid");
    assert!(first.location().contains(id) && !id.is_empty());
    assert_eq!((first.header("range"), first.header("content-length")), ("0-0", "0"));
    // Some clients leave the last slash out.
    admin.post(UPLOADS.trim_end_matches('/')).send().await.expect(202);
}

async fn one_request_is_enough(app: &TestApp) {
    let admin = app.admin();
    for blob in [Blob::random("blob", 5000), Blob::sha512(Blob::random("512", 5000).bytes), Blob::new("")] {
        let path = format!("{UPLOADS}?digest={}", blob.digest);
        let reply = admin.post(&path).body(blob.bytes.clone()).send().await.expect(201);
        assert_eq!(reply.header("docker-content-digest"), blob.digest.to_string());
        assert!(admin.get(&reply.location()).send().await.expect(200).body == blob.bytes);
        // Again is fine.
        admin.post(&path).body(blob.bytes.clone()).send().await.expect(201);
    }
    let wrong = Blob::random("wrong", 10);
    let path = format!("{UPLOADS}?digest={}", wrong.digest);
    admin.post(&path).body("other bytes").send().await.refused(400, "DIGEST_INVALID");
    assert!(!is_there(&admin, REPO, &wrong.digest).await);
}

async fn a_put_ends_it(app: &TestApp) {
    let admin = app.admin();
    let blob = Blob::random("blob", 70_000);
    let location = start(&admin).await;
    let reply = admin.finish(&location, &blob.digest, blob.bytes.clone()).await.expect(201);
    assert_eq!(reply.header("docker-content-digest"), blob.digest.to_string());
    assert!(admin.get(&reply.location()).send().await.expect(200).body == blob.bytes);
    for reply in [
        admin.get(&location).send().await,
        admin.patch(&location).body("x").send().await,
        admin.finish(&location, &blob.digest, "").await,
        admin.delete(&location).send().await,
    ] {
        reply.refused(404, "BLOB_UPLOAD_UNKNOWN");
    }
}

async fn other_bytes_are_refused_and_forgotten(app: &TestApp) {
    let admin = app.admin();
    let blob = Blob::random("blob", 1000);
    let location = start(&admin).await;
    admin.finish(&location, &blob.digest, &b"other bytes"[..]).await.refused(400, "DIGEST_INVALID");
    assert!(!is_there(&admin, REPO, &blob.digest).await);
    assert!(!is_there(&admin, REPO, &Blob::new("other bytes").digest).await);
    for digest in BAD_DIGESTS {
        let location = start(&admin).await;
        admin.put(&format!("{location}&digest={digest}")).body("x").send().await.refused(400, "DIGEST_INVALID");
        admin.post(&format!("{UPLOADS}?digest={digest}")).body("x").send().await.refused(400, "DIGEST_INVALID");
    }
    let location = start(&admin).await;
    admin.put(&location).body("x").send().await.refused(400, "DIGEST_INVALID");
    admin.put(&format!("{location}&digest=")).body("x").send().await.refused(400, "DIGEST_INVALID");
}

async fn layers_stream_in(app: &TestApp) {
    let admin = app.admin();
    let blob = Blob::random("blob", 2 << 20);
    let location = start(&admin).await;
    let half = 1 << 20;
    let reply = admin.patch(&location).stream(&blob.bytes[..half]).send().await.expect(202);
    assert_eq!(reply.header("range"), format!("0-{}", half - 1));
    assert!(!reply.header("docker-upload-uuid").is_empty());
    let reply = admin.patch(&reply.location()).stream(&blob.bytes[half..]).send().await.expect(202);
    assert_eq!(reply.header("range"), format!("0-{}", blob.bytes.len() - 1));
    admin.finish(&reply.location(), &blob.digest, "").await.expect(201);
    assert!(admin.get(&blob_path(REPO, &blob.digest)).send().await.expect(200).body == blob.bytes);
    // An empty PATCH changes nothing.
    let location = start(&admin).await;
    assert_eq!(admin.patch(&location).body("").send().await.expect(202).header("range"), "0-0");
}

async fn chunks_join_in_order(app: &TestApp) {
    let admin = app.admin();
    let blob = Blob::random("blob", 3000);
    let location = start(&admin).await;
    assert_eq!(append(&admin, &location, "0-999", &blob.bytes[..1000]).await.expect(202).header("range"), "0-999");
    // Too early, too late, again, and not at all a range.
    for (range, bytes) in
        [("0-999", 0..1000), ("2000-2999", 2000..3000), ("500-1499", 500..1500), ("1001-1999", 1001..2000)]
    {
        let reply = append(&admin, &location, range, &blob.bytes[bytes]).await.expect(416);
        assert_eq!(reply.code(), "BLOB_UPLOAD_INVALID");
        assert_eq!(reply.header("range"), "0-999");
    }
    for range in [
        "",
        "nonsense",
        "1000",
        "1000-",
        "1999-1000",
        "-1",
        "1e3-2e3",
        "0x1-0x2",
        "18446744073709551615-18446744073709551616",
    ] {
        let reply = append(&admin, &location, range, &blob.bytes[1000..2000]).await;
        assert!(matches!(reply.status, 400 | 416), "{range}: {}", reply.status);
    }
    append(&admin, &location, "1000-1999", &blob.bytes[1000..1500]).await.refused(400, "SIZE_INVALID");
    // None of this harmed it.
    let status = admin.get(&location).send().await.expect(204);
    assert_eq!(status.header("range"), "0-999");
    let location = status.location();
    assert_eq!(
        append(&admin, &location, "1000-1999", &blob.bytes[1000..2000]).await.expect(202).header("range"),
        "0-1999"
    );
    // Old clients write the unit.
    let last = format!("{location}&digest={}", blob.digest);
    let refused =
        admin.put(&last).header("content-range", "0-999").body(blob.bytes.slice(..1000)).send().await.expect(416);
    assert_eq!(refused.header("range"), "0-1999");
    admin.get(&location).send().await.expect(204);
    admin
        .put(&last)
        .header("content-range", "bytes 2000-2999/3000")
        .body(blob.bytes.slice(2000..))
        .send()
        .await
        .expect(201);
    assert!(admin.get(&blob_path(REPO, &blob.digest)).send().await.expect(200).body == blob.bytes);
}

async fn an_upload_is_cancelled(app: &TestApp) {
    let admin = app.admin();
    let location = start(&admin).await;
    admin.patch(&location).body("some bytes").send().await.expect(202);
    admin.delete(&location).send().await.expect(204);
    for reply in [
        admin.get(&location).send().await,
        admin.patch(&location).body("x").send().await,
        admin.finish(&location, &Blob::new("some bytes").digest, "").await,
        admin.delete(&location).send().await,
    ] {
        reply.refused(404, "BLOB_UPLOAD_UNKNOWN");
    }
}

async fn an_upload_belongs_to_who_began_it(app: &TestApp) {
    let (owner, other) = (
        app.user_in("library", "owner", Role::Developer).await,
        app.user_in("library", "other", Role::Developer).await,
    );
    let blob = Blob::random("blob", 1000);
    let location = start(&owner).await;
    owner.patch(&location).body(blob.bytes.slice(..500)).send().await.expect(202);
    let elsewhere = location.replace("library/app", "library/elsewhere");
    for (client, location) in [(&other, &location), (&owner, &elsewhere)] {
        client.get(location).send().await.refused(404, "BLOB_UPLOAD_UNKNOWN");
        client.patch(location).body("evil").send().await.refused(404, "BLOB_UPLOAD_UNKNOWN");
        client.finish(location, &blob.digest, blob.bytes.slice(500..)).await.refused(404, "BLOB_UPLOAD_UNKNOWN");
        client.delete(location).send().await.refused(404, "BLOB_UPLOAD_UNKNOWN");
    }
    for id in ["nonsense", "00000000-0000-0000-0000-000000000000", "%00", "%20"] {
        owner.get(&format!("{UPLOADS}{id}")).send().await.refused(404, "BLOB_UPLOAD_UNKNOWN");
    }
    // The same person may go on with a token instead of a password.
    let token = app.token(&app.anonymous().basic("owner", PASSWORD), &["repository:library/app:pull,push"]).await;
    app.anonymous().bearer(&token).finish(&location, &blob.digest, blob.bytes.slice(500..)).await.expect(201);
    assert!(is_there(&owner, REPO, &blob.digest).await);
}

async fn sha512_with_and_without_announcement(app: &TestApp) {
    let admin = app.admin();
    let blob = Blob::sha512(Blob::random("blob", 4000).bytes);
    for path in
        [format!("{UPLOADS}?digest-algorithm=sha512"), format!("{UPLOADS}?digest-algorithm=sha256"), UPLOADS.to_owned()]
    {
        let location = admin.post(&path).send().await.expect(202).location();
        let location = append(&admin, &location, "0-1999", &blob.bytes[..2000]).await.expect(202).location();
        let reply = admin.finish(&location, &blob.digest, blob.bytes.slice(2000..)).await.expect(201);
        assert_eq!(reply.header("docker-content-digest"), blob.digest.to_string());
        assert!(admin.get(&reply.location()).send().await.expect(200).body == blob.bytes);
    }
    for algorithm in ["md5", "SHA256", "blake3", "sha256:"] {
        let path = format!("{UPLOADS}?digest-algorithm={algorithm}");
        admin.post(&path).send().await.refused(400, "DIGEST_INVALID");
    }
}

async fn blobs_are_mounted(app: &TestApp) {
    let admin = app.admin();
    app.project("private", false).await;
    let blob = Blob::random("blob", 1000);
    admin.push_blob("private/source", &blob).await;
    let mount = |digest: &str, from: &str| format!("{UPLOADS}?mount={digest}{from}");
    let digest = blob.digest.to_string();

    // What is not there, not named well, or not to be read: the client uploads.
    let developer = app.user_in("library", "developer", Role::Developer).await;
    for (client, digest, from) in [
        (&admin, NOBODY, "&from=private/source"),
        (&admin, digest.as_str(), "&from=private/empty"),
        (&admin, digest.as_str(), "&from=missing/source"),
        (&admin, digest.as_str(), "&from=UPPER/case"),
        (&developer, digest.as_str(), "&from=private/source"),
        (&developer, digest.as_str(), ""),
        (&admin, NOBODY, ""),
    ] {
        let reply = client.post(&mount(digest, from)).send().await.expect(202);
        assert!(reply.location().contains("/blobs/uploads/"));
        assert!(!is_there(&admin, REPO, &blob.digest).await);
    }
    admin.post(&mount("nonsense", "&from=private/source")).send().await.refused(400, "DIGEST_INVALID");

    let reply = admin.post(&mount(&digest, "&from=private/source")).send().await.expect(201);
    assert_eq!(reply.header("docker-content-digest"), digest);
    assert!(admin.get(&reply.location()).send().await.expect(200).body == blob.bytes);
    // Now it is in a project that the developer may read.
    let path = format!("/v2/library/second/blobs/uploads/?mount={digest}");
    developer.post(&path).send().await.expect(201);
    assert!(is_there(&developer, "library/second", &blob.digest).await);
    // Deleting it in one place leaves the other.
    admin.delete(&blob_path("private/source", &blob.digest)).send().await.expect(202);
    assert!(!is_there(&admin, "private/source", &blob.digest).await);
    assert!(is_there(&admin, REPO, &blob.digest).await);
}

async fn a_mount_needs_the_right_to_pull_in_the_token(app: &TestApp) {
    app.project("private", false).await;
    let blob = Blob::random("blob", 1000);
    app.admin().push_blob("private/source", &blob).await;
    let path = format!("{UPLOADS}?mount={}&from=private/source", blob.digest);
    let narrow = app.token(&app.admin(), &["repository:library/app:pull,push"]).await;
    app.anonymous().bearer(&narrow).post(&path).send().await.expect(202);
    let wide = app.token(&app.admin(), &["repository:library/app:pull,push", "repository:private/source:pull"]).await;
    app.anonymous().bearer(&wide).post(&path).send().await.expect(201);
}

async fn a_broken_upload_goes_on(app: &TestApp) {
    let admin = app.admin();
    let blob = Blob::random("blob", 3 << 20);
    let location = start(&admin).await;
    // The head announces everything, the connection ends in the middle.
    let credential = "Authorization: Basic YWRtaW46QWRtaW5pc3RyYXQwcg==";
    let head = format!(
        "PATCH {location} HTTP/1.1\r\nHost: {}\r\n{credential}\r\nContent-Length: {}\r\n\r\n",
        app.host(),
        blob.bytes.len()
    );
    let mut stream = tokio::net::TcpStream::connect(app.running().address()).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, &blob.bytes[..2 << 20]).await.unwrap();
    drop(stream);
    // The server notices on its own time; until then the upload is in use.
    let mut received = None;
    for _ in 0..500 {
        let status = admin.get(&location).send().await.expect(204);
        let last: usize = status.header("range").split_once('-').unwrap().1.parse().unwrap();
        let at = if last == 0 { 0 } else { last + 1 };
        let reply = admin
            .patch(&location)
            .header("content-range", format!("{at}-{}", blob.bytes.len() - 1))
            .body(blob.bytes.slice(at..))
            .send()
            .await;
        if reply.status == 202 {
            received = Some(at);
            break;
        }
        assert!(matches!(reply.status, 409 | 416), "{}: {}", reply.status, reply.text());
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(received.is_some_and(|at| at <= 2 << 20), "{received:?}");
    admin.finish(&location, &blob.digest, "").await.expect(201);
    assert!(admin.get(&blob_path(REPO, &blob.digest)).send().await.expect(200).body == blob.bytes);
}

async fn one_writer_at_a_time(app: &TestApp) {
    let admin = app.admin();
    let blob = Blob::random("blob", 1 << 20);
    let location = start(&admin).await;
    let range = format!("0-{}", blob.bytes.len() - 1);
    let (a, b) =
        tokio::join!(append(&admin, &location, &range, &blob.bytes), append(&admin, &location, &range, &blob.bytes));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 202, "{statuses:?}");
    assert!(matches!(statuses[1], 409 | 416), "{statuses:?}");
    admin.finish(&location, &blob.digest, "").await.expect(201);
    assert!(admin.get(&blob_path(REPO, &blob.digest)).send().await.expect(200).body == blob.bytes);
}

async fn the_same_blob_by_many_at_once(app: &TestApp) {
    let blob = Blob::random("blob", 200_000);
    let pushes = (0..8).map(|n| {
        let (client, blob) = (app.admin(), blob.clone());
        tokio::spawn(async move { client.push_blob(&format!("library/r{}", n % 3), &blob).await })
    });
    for push in pushes.collect::<Vec<_>>() {
        push.await.unwrap();
    }
    for n in 0..3 {
        assert!(
            app.admin().get(&blob_path(&format!("library/r{n}"), &blob.digest)).send().await.expect(200).body
                == blob.bytes
        );
    }
}

#[tokio::test]
async fn a_blob_over_the_limit_is_refused() {
    let settings = [("registry.blob_size_bytes_max", "10000")];
    let app = TestApp::start_with(Backend::Sqlite, Started::SetUp, &settings).await.unwrap();
    let admin = app.admin();
    let (fits, large) = (Blob::random("fits", 10_000), Blob::random("large", 10_001));
    admin.push_blob(REPO, &fits).await;
    admin
        .post(&format!("{UPLOADS}?digest={}", large.digest))
        .body(large.bytes.clone())
        .send()
        .await
        .refused(413, "SIZE_INVALID");
    let location = start(&admin).await;
    admin.finish(&location, &large.digest, large.bytes.clone()).await.refused(413, "SIZE_INVALID");
    let location = start(&admin).await;
    admin.patch(&location).stream(&large.bytes[..9000]).send().await.expect(202);
    admin.patch(&location).stream(&large.bytes[9000..]).send().await.refused(413, "SIZE_INVALID");
    assert!(!is_there(&admin, REPO, &large.digest).await);
}

#[tokio::test]
async fn clients_that_wait_for_continue_are_told() {
    let app = TestApp::start(Backend::Sqlite).await.unwrap();
    let blob = Blob::new("waited for");
    let location = start(&app.admin()).await;
    let head = format!(
        "PUT {location}&digest={} HTTP/1.1\r\nHost: {}\r\nAuthorization: Basic YWRtaW46QWRtaW5pc3RyYXQwcg==\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        blob.digest,
        app.host(),
        blob.bytes.len()
    );
    let answer = app.raw(&[head.as_bytes(), &blob.bytes].concat()).await;
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created"), "{answer}");
}
