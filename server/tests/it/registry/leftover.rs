//! Bodies that nobody wants: the client still learns why.

use berth_testkit::{Image, TestApp, on_both};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

on_both!(a_refusal_arrives_while_the_client_still_sends, who_waits_for_leave_to_send_is_refused_without);

/// The head of an answer whose body is as long as it says.
async fn answer(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    stream.read_exact(&mut vec![0; length]).await.unwrap();
    head
}

async fn a_refusal_arrives_while_the_client_still_sends(app: &TestApp) {
    // Without a credential, and one manifest that is too large.
    for (path, credential, bytes, status) in [
        ("/v2/library/app/manifests/v1", "", 1000, "401"),
        ("/v2/library/app/blobs/uploads/", "", 300_000, "401"),
        ("/v2/library/app/manifests/v1", "Authorization: Basic YWRtaW46QWRtaW5pc3RyYXQwcg==\r\n", (4 << 20) + 1, "413"),
    ] {
        let method = if path.ends_with('/') { "POST" } else { "PUT" };
        let mut stream = TcpStream::connect(app.running().address()).await.unwrap();
        let content_type = "Content-Type: application/vnd.oci.image.manifest.v1+json";
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\n{credential}{content_type}\r\nContent-Length: {bytes}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // Long after the server knew its answer; a client that sends all before it reads must not find the door shut.
        for _ in 0..10 {
            app.anonymous().get("/v2/").send().await.expect(401);
        }
        for chunk in vec![b'x'; bytes].chunks(16 << 10) {
            stream.write_all(chunk).await.unwrap();
        }
        let head = answer(&mut stream).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        // The connection serves on.
        stream.write_all(b"GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 401 "));
    }
}

async fn who_waits_for_leave_to_send_is_refused_without(app: &TestApp) {
    let manifest = Image::new("image", 1).manifest;
    let mut stream = TcpStream::connect(app.running().address()).await.unwrap();
    let head = format!(
        "PUT /v2/library/app/manifests/v1 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        manifest.bytes.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let head = answer(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 401 "), "{head}");
}
