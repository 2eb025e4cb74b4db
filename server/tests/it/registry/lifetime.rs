//! Stop and start on the same data.

use berth_testkit::{ADMIN_PASSWORD, Backend, Blob, Image, Manifest, TestApp, blob_path};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const REPO: &str = "library/app";

async fn everything_is_there_after_a_restart(backend: Backend) {
    let Some(mut app) = TestApp::start(backend).await else { return };
    let (image, signature) = {
        let image = Image::new("image", 3);
        let signature = Image::referring(&image.manifest, "application/vnd.example", "s");
        (image, signature)
    };
    let index = Manifest::index(&[&image.manifest]);
    app.admin().push(REPO, "v1", &image).await;
    app.admin().push(REPO, "sig", &signature).await;
    app.admin().put_manifest(REPO, "multi", &index).await.expect(201);
    app.admin().get(&format!("/v2/{REPO}/manifests/v1")).send().await.expect(200);
    let blob = Blob::random("blob", 500_000);
    let begun = app.admin().post(&format!("/v2/{REPO}/blobs/uploads/")).send().await.expect(202).location();
    let location = app.admin().patch(&begun).stream(&blob.bytes[..200_000]).send().await.expect(202).location();
    let token = app.token(&app.admin(), &["repository:library/app:pull"]).await;
    let session = app.session("admin", ADMIN_PASSWORD).await;
    session.get("/api/v2.0/users/current").send().await.expect(200);
    let before = app.url().clone();

    app.restart().await;
    app.admin().pull(REPO, "v1", &image).await;
    app.admin().pull(REPO, "sig", &signature).await;
    assert_eq!(app.admin().get(&format!("/v2/{REPO}/manifests/multi")).send().await.expect(200).body, index.bytes);
    let status = app.admin().get(&location).send().await.expect(204);
    assert_eq!(status.header("range"), "0-199999");
    app.admin().patch(&location).stream(&blob.bytes[200_000..400_000]).send().await.expect(202);
    app.admin().finish(&location, &blob.digest, blob.bytes.slice(400_000..)).await.expect(201);
    assert!(app.admin().get(&blob_path(REPO, &blob.digest)).send().await.expect(200).body == blob.bytes);
    // Tokens stay good, and the pull that waited in memory was counted.
    app.anonymous().bearer(&token).pull(REPO, "v1", &image).await;
    let repository = app.admin().get("/api/v2.0/projects/library/repositories/app").send().await.expect(200).json();
    assert!(repository["pull_count"].as_i64().unwrap() >= 1, "{repository}");
    assert_ne!(&before, app.url());
}

#[tokio::test]
async fn everything_is_there_after_a_restart_on_sqlite() {
    everything_is_there_after_a_restart(Backend::Sqlite).await;
}

#[tokio::test]
async fn everything_is_there_after_a_restart_on_postgres() {
    everything_is_there_after_a_restart(Backend::Postgres).await;
}

#[tokio::test]
async fn a_stop_lets_requests_finish() {
    let mut app = TestApp::start(Backend::Sqlite).await.unwrap();
    let blob = Blob::random("blob", 100_000);
    let location = app.admin().post(&format!("/v2/{REPO}/blobs/uploads/")).send().await.expect(202).location();
    let address = app.running().address();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "PUT {location}&digest={} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YWRtaW46QWRtaW5pc3RyYXQwcg==\r\n\
         Content-Length: 100000\r\n\r\n",
        blob.digest
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&blob.bytes[..50_000]).await.unwrap();
    // The server has the request in hand when its upload shows as used by somebody.
    loop {
        let busy = app.admin().patch(&location).body("").send().await.status == 409;
        if busy {
            break;
        }
        tokio::task::yield_now().await;
    }
    let rest = async {
        // Nobody new is let in meanwhile.
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        stream.write_all(&blob.bytes[50_000..]).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let ((), answer) = tokio::join!(app.stop(), rest);
    assert!(answer.starts_with("HTTP/1.1 201 Created"), "{answer}");
}

#[tokio::test]
async fn one_server_per_folder() {
    let app = TestApp::start(Backend::Sqlite).await.unwrap();
    let second = berth_server::start(app.config.clone()).await;
    assert!(second.is_err());
    app.admin().get("/v2/").send().await.expect(200);
}
