//! Requests that are right and seldom: what proxies, snapshotters, old clients and broken networks make of the protocol.

use berth_testkit::{Backend, Blob, Client, Image, Manifest, Started, TestApp, blob_path, on_both};
use berth_types::media_type::{DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, OCI_INDEX, OCI_MANIFEST};
use futures_util::StreamExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const REPO: &str = "library/app";
const UPLOADS: &str = "/v2/library/app/blobs/uploads/";
const CREDENTIAL: &str = "Authorization: Basic YWRtaW46QWRtaW5pc3RyYXQwcg==";

async fn start(client: &Client) -> String {
    client.post(UPLOADS).send().await.expect(202).location()
}

/// The parts of a `multipart/byteranges` answer: their `Content-Range` and bytes.
fn parts(content_type: &str, body: &[u8]) -> Vec<(String, Vec<u8>)> {
    let boundary = content_type.strip_prefix("multipart/byteranges; boundary=").unwrap();
    let find = |text: &[u8], needle: &[u8]| text.windows(needle.len()).position(|window| window == needle);
    let mut rest = body;
    let mut parts = Vec::new();
    loop {
        rest = rest.strip_prefix(format!("--{boundary}").as_bytes()).unwrap();
        if rest == b"--\r\n" {
            return parts;
        }
        let end = find(rest, b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&rest[..end]).unwrap();
        assert!(head.contains("Content-Type: application/octet-stream"), "{head}");
        let range = head.lines().find_map(|line| line.strip_prefix("Content-Range: ")).unwrap().to_owned();
        rest = &rest[end + 4..];
        let (first, last) = range.strip_prefix("bytes ").unwrap().split_once('/').unwrap().0.split_once('-').unwrap();
        let length = last.parse::<usize>().unwrap() + 1 - first.parse::<usize>().unwrap();
        parts.push((range, rest[..length].to_vec()));
        rest = rest[length..].strip_prefix(b"\r\n").unwrap();
    }
}

on_both!(
    a_head_before_every_pull_says_what_the_pull_brings,
    accept_lists_in_every_order_get_what_is_stored,
    a_pull_goes_on_wherever_it_broke,
    several_ranges_come_in_one_answer,
    bodies_without_a_length_are_taken,
    chunks_say_their_place_in_every_way,
    a_chunk_of_another_length_than_its_range_is_told,
    two_clients_end_one_upload_once,
    compressed_bodies_are_refused,
    what_follows_a_body_is_no_part_of_it,
    old_ways_to_ask_work,
    a_request_sent_again_after_a_lost_answer_is_fine,
);

async fn a_head_before_every_pull_says_what_the_pull_brings(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 2);
    admin.push(REPO, "v1", &image).await;
    let digest = image.manifest.digest.to_string();
    let manifests = ["v1", digest.as_str()].map(|reference| format!("/v2/{REPO}/manifests/{reference}"));
    let blobs = image.blobs.iter().map(|blob| blob_path(REPO, &blob.digest));
    for path in manifests.into_iter().chain(blobs) {
        let (head, get) = (admin.head(&path).send().await.expect(200), admin.get(&path).send().await.expect(200));
        assert!(head.body.is_empty());
        for name in ["content-length", "content-type", "docker-content-digest", "etag", "accept-ranges"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
        assert_eq!(head.header("content-length"), get.body.len().to_string());
    }
}

async fn accept_lists_in_every_order_get_what_is_stored(app: &TestApp) {
    let admin = app.admin();
    let (image, docker) = (Image::new("image", 1), Image::docker("docker", 1));
    admin.push(REPO, "oci", &image).await;
    admin.push(REPO, "docker", &docker).await;
    let index = Manifest::index(&[&image.manifest]);
    admin.put_manifest(REPO, "index", &index).await.expect(201);
    let kinds = [OCI_INDEX, OCI_MANIFEST, DOCKER_MANIFEST_LIST, DOCKER_MANIFEST];
    for turn in 0..kinds.len() {
        let mut order = kinds;
        order.rotate_left(turn);
        for swapped in [false, true] {
            if swapped {
                order.swap(0, 1);
            }
            // In one header, with weights, and in a header each.
            let one = order.join(", ");
            let weighted = order.join(";q=0.8, ") + ";q=0.1, */*;q=0.01";
            for (tag, manifest) in [("oci", &image.manifest), ("docker", &docker.manifest), ("index", &index)] {
                let path = format!("/v2/{REPO}/manifests/{tag}");
                let several = order.iter().fold(admin.get(&path), |request, kind| request.header("accept", kind));
                for request in
                    [admin.get(&path).header("accept", &one), admin.get(&path).header("accept", &weighted), several]
                {
                    let reply = request.send().await.expect(200);
                    assert_eq!(reply.header("content-type"), manifest.media_type);
                    assert_eq!(reply.body, manifest.bytes);
                }
            }
        }
    }
}

async fn a_pull_goes_on_wherever_it_broke(app: &TestApp) {
    let admin = app.admin();
    let blob = Blob::random("blob", 300_000);
    admin.push_blob(REPO, &blob).await;
    let path = blob_path(REPO, &blob.digest);
    let etag = format!("\"{}\"", blob.digest);
    let (mut have, mut turns) = (Vec::new(), 0);
    while have.len() < blob.bytes.len() {
        let request = admin.get(&path).header("range", format!("bytes={}-", have.len())).header("if-range", &etag);
        let response = request.open().await.unwrap();
        assert_eq!(response.status(), 206);
        let expected = format!("bytes {}-{}/{}", have.len(), blob.bytes.len() - 1, blob.bytes.len());
        assert_eq!(response.headers()["content-range"], expected.as_str());
        // The connection breaks after some bytes.
        let mut left: usize = 70_001;
        let mut body = response.bytes_stream();
        while let Some(frame) = body.next().await {
            let frame = frame.unwrap();
            have.extend_from_slice(&frame[..frame.len().min(left)]);
            left = left.saturating_sub(frame.len());
            if left == 0 {
                break;
            }
        }
        turns += 1;
    }
    assert!(have == blob.bytes && turns >= 5, "{turns}");
}

async fn several_ranges_come_in_one_answer(app: &TestApp) {
    let admin = app.admin();
    for blob in [Blob::random("blob", 300_000), Blob::sha512(Blob::random("sha512", 5000).bytes)] {
        admin.push_blob(REPO, &blob).await;
        let (path, size) = (blob_path(REPO, &blob.digest), blob.bytes.len());
        let reply = admin.get(&path).header("range", "bytes=0-99, 1000-3999,-10,4500-4500").send().await.expect(206);
        assert_eq!(reply.header("content-length"), reply.body.len().to_string());
        assert_eq!(reply.header("docker-content-digest"), blob.digest.to_string());
        assert_eq!(reply.header("content-range"), "");
        let found = parts(reply.header("content-type"), &reply.body);
        let expected = [(0, 99), (1000, 3999), (size - 10, size - 1), (4500, 4500)];
        assert_eq!(found.len(), expected.len());
        for ((range, bytes), (first, last)) in found.iter().zip(expected) {
            assert_eq!(range, &format!("bytes {first}-{last}/{size}"));
            assert!(bytes == &blob.bytes[first..=last]);
        }
        // One that is inside is answered alone; none is 416; a flood of them gets everything once.
        let one = admin.get(&path).header("range", "bytes=999999-, 5-9").send().await.expect(206);
        assert_eq!((one.header("content-range"), one.body.len()), (format!("bytes 5-9/{size}").as_str(), 5));
        admin.get(&path).header("range", "bytes=999999-,888888-").send().await.refused(416, "RANGE_INVALID");
        let flood = format!("bytes={}", vec!["0-"; 1000].join(","));
        for range in ["bytes=0-,0-", flood.as_str()] {
            assert!(admin.get(&path).header("range", range).send().await.expect(200).body == blob.bytes);
        }
        let other = admin.get(&path).header("range", "bytes=0-1,5-6").header("if-range", "\"x\"").send().await;
        assert!(other.expect(200).body == blob.bytes);
    }
}

async fn bodies_without_a_length_are_taken(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 2);
    let [config, first, second] = image.blobs.as_slice() else { panic!("an image of two layers") };
    let path = format!("{UPLOADS}?digest={}", config.digest);
    admin.post(&path).stream(&config.bytes).send().await.expect(201);
    let location = start(&admin).await;
    admin.put(&format!("{location}&digest={}", first.digest)).stream(&first.bytes).send().await.expect(201);
    let location = start(&admin).await;
    admin.patch(&location).stream(&second.bytes).send().await.expect(202);
    admin.put(&format!("{location}&digest={}", second.digest)).stream(b"").send().await.expect(201);
    let put = admin.put(&format!("/v2/{REPO}/manifests/v1")).header("content-type", OCI_MANIFEST);
    put.stream(&image.manifest.bytes).send().await.expect(201);
    admin.pull(REPO, "v1", &image).await;
}

async fn chunks_say_their_place_in_every_way(app: &TestApp) {
    let admin = app.admin();
    let blob = Blob::random("blob", 5000);
    let location = start(&admin).await;
    let places = [Some("0-999"), None, Some("bytes 2000-2999/*"), Some("bytes 3000-3999/5000"), Some("4000-4999")];
    for (n, place) in places.into_iter().enumerate() {
        let chunk = blob.bytes.slice(n * 1000..(n + 1) * 1000);
        let patch = admin.patch(&location);
        let patch = if let Some(place) = place { patch.header("content-range", place) } else { patch };
        let reply = patch.body(chunk).send().await.expect(202);
        assert_eq!(reply.header("range"), format!("0-{}", (n + 1) * 1000 - 1));
    }
    admin.finish(&location, &blob.digest, "").await.expect(201);
    assert!(admin.get(&blob_path(REPO, &blob.digest)).send().await.expect(200).body == blob.bytes);
}

/// Without a length in the head it is noticed at the end only: what came is kept, and the client is told how much that is.
async fn a_chunk_of_another_length_than_its_range_is_told(app: &TestApp) {
    let admin = app.admin();
    let blob = Blob::random("blob", 5000);
    let location = start(&admin).await;
    for (range, from, to) in [("0-999", 0, 500), ("500-999", 500, 1500)] {
        let patch = admin.patch(&location).header("content-range", range).stream(&blob.bytes[from..to]);
        patch.send().await.refused(400, "SIZE_INVALID");
        let status = admin.get(&location).send().await.expect(204);
        assert_eq!(status.header("range"), format!("0-{}", to - 1));
    }
    let rest = admin.patch(&location).header("content-range", "1500-4999").stream(&blob.bytes[1500..]).send().await;
    assert_eq!(rest.expect(202).header("range"), "0-4999");
    admin.finish(&location, &blob.digest, "").await.expect(201);
    assert!(admin.get(&blob_path(REPO, &blob.digest)).send().await.expect(200).body == blob.bytes);
}

async fn two_clients_end_one_upload_once(app: &TestApp) {
    let admin = app.admin();
    for round in 0..5 {
        let blob = Blob::random(&format!("blob {round}"), 200_000);
        let location = start(&admin).await;
        let (a, b) = tokio::join!(
            admin.finish(&location, &blob.digest, blob.bytes.clone()),
            admin.finish(&location, &blob.digest, blob.bytes.clone())
        );
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        // The second comes too late, at the same time, or after the bytes of the first.
        assert_eq!(statuses[0], 201, "{statuses:?}");
        assert!(matches!(statuses[1], 404 | 409 | 416), "{statuses:?}");
        assert!(admin.get(&blob_path(REPO, &blob.digest)).send().await.expect(200).body == blob.bytes);
    }
}

async fn compressed_bodies_are_refused(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    let blob = Blob::random("blob", 100);
    let location = start(&admin).await;
    let manifest = format!("/v2/{REPO}/manifests/v2");
    for coding in ["gzip", "zstd", "identity, gzip", "x"] {
        for request in [
            admin.post(&format!("{UPLOADS}?digest={}", blob.digest)),
            admin.patch(&location),
            admin.put(&format!("{location}&digest={}", blob.digest)),
            admin.put(&manifest).header("content-type", OCI_MANIFEST),
        ] {
            let request = request.header("content-encoding", coding).body(blob.bytes.clone());
            let reply = request.send().await.refused(415, "UNSUPPORTED");
            assert_eq!(reply.header("accept-encoding"), "identity");
        }
    }
    assert_eq!(admin.get(&location).send().await.expect(204).header("range"), "0-0");
    admin.patch(&location).header("content-encoding", "identity").body(blob.bytes.clone()).send().await.expect(202);
    admin.finish(&location, &blob.digest, "").await.expect(201);
}

async fn what_follows_a_body_is_no_part_of_it(app: &TestApp) {
    let admin = app.admin();
    let location = start(&admin).await;
    let request = format!(
        "PATCH {location} HTTP/1.1\r\nHost: x\r\n{CREDENTIAL}\r\nContent-Length: 4\r\n\r\n\
         goodbad\r\n\r\n"
    );
    let answer = app.raw(request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 202 Accepted"), "{answer}");
    assert!(answer.contains("HTTP/1.1 400 Bad Request"), "{answer}");
    assert_eq!(admin.get(&location).send().await.expect(204).header("range"), "0-3");
    admin.finish(&location, &Blob::new("good").digest, "").await.expect(201);
    // Two lengths, or a length and chunks, are the tools of request smuggling.
    for heads in ["Content-Length: 4\r\nContent-Length: 5", "Content-Length: 4, 5", "Content-Length: -1"] {
        let location = start(&admin).await;
        let request = format!(
            "PATCH {location} HTTP/1.1\r\nHost: x\r\n{CREDENTIAL}\r\n{heads}\r\nConnection: close\r\n\r\ngoods"
        );
        let answer = app.raw(request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{heads}: {answer}");
        assert_eq!(admin.get(&location).send().await.expect(204).header("range"), "0-0");
    }
}

async fn old_ways_to_ask_work(app: &TestApp) {
    let admin = app.admin();
    let blob = Blob::new("the bytes of a blob");
    admin.push_blob(REPO, &blob).await;
    let path = blob_path(REPO, &blob.digest);
    for request in [
        format!("GET {path} HTTP/1.0\r\n{CREDENTIAL}\r\n\r\n"),
        format!("GET {path} HTTP/1.0\r\nHost: {}\r\n{CREDENTIAL}\r\nConnection: close\r\n\r\n", app.host()),
        format!(
            "GET http://{}{path} HTTP/1.1\r\nHost: {}\r\n{CREDENTIAL}\r\nConnection: close\r\n\r\n",
            app.host(),
            app.host()
        ),
        format!(
            "GET {path} HTTP/1.1\r\nhOST: {}\r\n{}\r\nconnection: CLOSE\r\n\r\n",
            app.host(),
            CREDENTIAL
                .to_lowercase()
                .replace("basic ywrtaw46qwrtaw5pc3ryyxqwcg==", "bASIC YWRtaW46QWRtaW5pc3RyYXQwcg==")
        ),
    ] {
        let answer = app.raw(request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.0 200") || answer.starts_with("HTTP/1.1 200"), "{request}: {answer}");
        assert!(answer.ends_with("the bytes of a blob"), "{request}: {answer}");
    }
    // HTTP/2 without TLS, as some service meshes speak it.
    let http2 = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let url = format!("{}{path}", app.url().as_str().trim_end_matches('/'));
    let response = http2.get(url).basic_auth("admin", Some(berth_testkit::ADMIN_PASSWORD)).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (200, reqwest::Version::HTTP_2));
    assert_eq!(response.bytes().await.unwrap(), blob.bytes);
    // Requests one behind the other on one connection.
    let mut stream = TcpStream::connect(app.running().address()).await.unwrap();
    let one = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{CREDENTIAL}\r\n\r\n");
    let last = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{CREDENTIAL}\r\nConnection: close\r\n\r\n");
    stream.write_all(format!("{one}{one}{last}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer.matches("the bytes of a blob").count(), 3, "{answer}");
}

async fn a_request_sent_again_after_a_lost_answer_is_fine(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    for _ in 0..2 {
        for blob in &image.blobs {
            admin.post(&format!("{UPLOADS}?digest={}", blob.digest)).body(blob.bytes.clone()).send().await.expect(201);
        }
        admin.put_manifest(REPO, "v1", &image.manifest).await.expect(201);
    }
    // A chunk that came already is refused with how far the upload is, and the client goes on from there.
    let blob = Blob::random("blob", 2000);
    let location = start(&admin).await;
    let chunk = || admin.patch(&location).header("content-range", "0-999").body(blob.bytes.slice(..1000)).send();
    chunk().await.expect(202);
    assert_eq!(chunk().await.expect(416).header("range"), "0-999");
    admin.finish(&location, &blob.digest, blob.bytes.slice(1000..)).await.expect(201);
    // An upload that was finished already is unknown; the blob is there.
    admin.finish(&location, &blob.digest, "").await.refused(404, "BLOB_UPLOAD_UNKNOWN");
    admin.head(&blob_path(REPO, &blob.digest)).send().await.expect(200);
    // A deletion that was done already is done.
    let path = format!("/v2/{REPO}/manifests/{}", image.manifest.digest);
    admin.delete(&path).send().await.expect(202);
    admin.delete(&path).send().await.refused(404, "MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn a_stream_that_never_ends_is_cut_at_the_limit() {
    let settings = [("registry.blob_size_bytes_max", "1000000")];
    let app = TestApp::start_with(Backend::Sqlite, Started::SetUp, &settings).await.unwrap();
    let location = start(&app.admin()).await;
    let mut stream = TcpStream::connect(app.running().address()).await.unwrap();
    let head = format!("PATCH {location} HTTP/1.1\r\nHost: x\r\n{CREDENTIAL}\r\nTransfer-Encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut from, mut to) = stream.split();
    let chunk = [b"10000\r\n".as_slice(), &[7; 0x1_0000], b"\r\n"].concat();
    // Until the server has said so, or closed.
    let forever = async { while to.write_all(&chunk).await.is_ok() {} };
    let mut answer = [0; 12];
    tokio::select! {
        () = forever => { let _ = from.read_exact(&mut answer).await; }
        read = from.read_exact(&mut answer) => { read.unwrap(); }
    }
    assert_eq!(std::str::from_utf8(&answer).unwrap(), "HTTP/1.1 413");
    app.admin().get("/v2/").send().await.expect(200);
}
