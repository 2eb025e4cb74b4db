//! What a single client cannot do to the others: every resource has a bound, and gives back what it took.
//!
//! Memory is RssAnon + RssShmem of the real program in a process of its own.

use std::time::Duration;

use berth_testkit::{Backend, Blob, Client, Database, Image, Manifest, Started, TestApp};
use futures_util::{StreamExt, stream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::process::Server;

/// Patience with a condition that has to come true.
const PATIENCE: Duration = Duration::from_secs(120);
const MIB: u64 = 1 << 20;

/// Whoever comes may do everything: what is tested here is not who asks.
const OPEN: (&str, &str) = ("registry.anonymous", "all");

async fn sqlite() -> Database {
    Database::create(Backend::Sqlite).await.unwrap()
}

fn serve(database: &Database, settings: &[(&str, &str)]) -> Server {
    let settings: Vec<_> = settings.iter().copied().chain([OPEN]).collect();
    Server::start_as(database, "error", "auto", &settings)
}

/// Waits until something holds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "{what}: not in {PATIENCE:?}");
}

/// Everything until the server closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A server that has had enough may reset the connection.
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the server did not close: {}", String::from_utf8_lossy(&answer));
    String::from_utf8_lossy(&answer).into_owned()
}

/// Reads one answer without a body.
async fn head(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let byte = tokio::time::timeout(PATIENCE, stream.read_u8()).await.expect("an answer");
        answer.push(byte.expect("an answer"));
    }
    String::from_utf8(answer).unwrap()
}

/// What everybody else does meanwhile: pushes and pulls.
async fn works(client: &Client, seed: &str) {
    let image = Image::new(seed, 2);
    client.push("library/other", seed, &image).await;
    client.pull("library/other", seed, &image).await;
}

/// Lets this process, and the servers that it starts, have so many open files. Says so where the system does not.
fn may_open(files: u64) -> bool {
    let limit = getrlimit(Resource::Nofile);
    if limit.maximum.is_some_and(|maximum| maximum < files) {
        eprintln!("SKIPPED: {files} open files are needed, the system allows {:?}", limit.maximum);
        assert!(!berth_testkit::is_ci(), "the limit of open files is too low");
        return false;
    }
    if limit.current.is_some_and(|current| current < files) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(files), maximum: limit.maximum }).unwrap();
    }
    true
}

#[tokio::test]
async fn ten_thousand_idle_connections() {
    const CONNECTIONS: usize = 10_000;
    const MEMORY_BYTES_MAX: u64 = 320 * MIB;
    if !may_open(CONNECTIONS as u64 + 1_000) {
        return;
    }
    let database = sqlite().await;
    let long = [
        ("http.head_timeout_seconds", "600"),
        ("http.keep_alive_seconds", "3600"),
        ("limits.connections_max", "10100"),
    ];
    let server = serve(&database, &long);
    works(&server.admin, "before").await;
    let (files, memory) = (server.open_files(), server.memory_bytes());
    let mut idle = Vec::with_capacity(CONNECTIONS);
    for number in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(server.host()).await.unwrap();
        // Every other one has asked for something and keeps its connection.
        if number % 2 == 0 {
            stream.write_all(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
            assert!(head(&mut stream).await.starts_with("HTTP/1.1 200 "));
        }
        idle.push(stream);
    }
    until("all connections are open", async || server.open_files() >= files + CONNECTIONS).await;
    works(&server.admin, "meanwhile").await;
    let grown = server.memory_bytes().saturating_sub(memory);
    println!("{CONNECTIONS} idle connections take {} KiB, {} bytes each", grown >> 10, grown / CONNECTIONS as u64);
    assert!(server.memory_bytes() <= MEMORY_BYTES_MAX, "{} MiB", server.memory_bytes() / MIB);
    drop(idle);
    until("connections are given back", async || server.open_files() <= files + 50).await;
    works(&server.admin, "after").await;
}

/// Opens an upload and sends a part of a longer body, which never ends.
async fn slow_upload(server: &Server, part: &[u8]) -> (TcpStream, String) {
    let location = server.anonymous().post("/v2/library/slow/blobs/uploads/").send().await.expect(202).location();
    let mut stream = TcpStream::connect(server.host()).await.unwrap();
    let request = format!("PATCH {location} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(part).await.unwrap();
    (stream, location)
}

async fn received(server: &Server, location: &str) -> String {
    server.anonymous().get(location).send().await.header("range").to_owned()
}

#[tokio::test]
async fn a_thousand_slow_uploads() {
    const UPLOADS: usize = 1_000;
    const MEMORY_BYTES_MAX: u64 = 300 * MIB;
    if !may_open(3 * UPLOADS as u64) {
        return;
    }
    let database = sqlite().await;
    let server = serve(&database, &[("http.body_idle_timeout_seconds", "3600")]);
    works(&server.admin, "before").await;
    let files = server.open_files();
    let opening = stream::iter(0..UPLOADS).map(|_| slow_upload(&server, &[7; 4096]));
    let slow: Vec<_> = opening.buffer_unordered(16).collect().await;
    until("all uploads are at work", async || server.open_files() >= files + UPLOADS).await;
    works(&server.admin, "meanwhile").await;
    println!("{UPLOADS} slow uploads: {} MiB", server.memory_bytes() / MIB);
    assert!(server.memory_bytes() <= MEMORY_BYTES_MAX, "{} MiB", server.memory_bytes() / MIB);
    let locations: Vec<String> = slow.iter().map(|(_, location)| location.clone()).collect();
    drop(slow);
    for location in locations.iter().step_by(50) {
        until("what came is recorded", async || received(&server, location).await == "0-4095").await;
    }
    until("connections and files are given back", async || server.open_files() <= files + 50).await;
    works(&server.admin, "after").await;
}

#[tokio::test]
async fn uploads_have_places() {
    let database = sqlite().await;
    let server = serve(&database, &[("limits.uploads_max", "2"), ("http.body_idle_timeout_seconds", "3600")]);
    let mut slow = vec![slow_upload(&server, b"one").await, slow_upload(&server, b"two").await];
    let client = server.anonymous();
    let blob = Blob::random("third", 1000);
    let location = client.post("/v2/library/third/blobs/uploads/").send().await.expect(202).location();
    until("both places are taken", async || {
        client.patch(&location).body(blob.bytes.clone()).send().await.status == 503
    })
    .await;
    let refused = client.patch(&location).body(blob.bytes.clone()).send().await.refused(503, "SERVICE_UNAVAILABLE");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    let manifest = Image::new("third", 0).manifest;
    client.put_manifest("library/third", "v1", &manifest).await.refused(503, "SERVICE_UNAVAILABLE");
    // Whatever brings no body goes on.
    client.get("/v2/").send().await.expect(200);
    client.post("/v2/library/third/blobs/uploads/").send().await.expect(202);
    slow.pop();
    until("a place is given back", async || {
        let location = client.post("/v2/library/third/blobs/uploads/").send().await.expect(202).location();
        client.finish(&location, &blob.digest, blob.bytes.clone()).await.status == 201
    })
    .await;
}

#[tokio::test]
async fn heads_that_do_not_end() {
    let database = sqlite().await;
    let server = serve(&database, &[("http.head_timeout_seconds", "1")]);
    works(&server.admin, "before").await;
    let files = server.open_files();
    let mut slow = Vec::new();
    // Nothing, a beginning, the beginning of HTTP/2's own greeting, and one that goes on and on.
    for beginning in ["", "GET / HTTP/1.1\r\nHost: x\r\nX-A: ", "PRI * HT", "GET / HTTP/1.1\r\n"].repeat(50) {
        let mut stream = TcpStream::connect(server.host()).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        slow.push(tokio::spawn(async move {
            let dribbles = beginning.ends_with("1.1\r\n");
            let mut sink = [0; 64];
            loop {
                match tokio::time::timeout(Duration::from_millis(100), stream.read(&mut sink)).await {
                    Ok(Ok(0) | Err(_)) => return,
                    Ok(Ok(_)) => {}
                    // Who is gone does not mind.
                    Err(_) if dribbles => drop(stream.write_all(b"X-A: b\r\n").await),
                    Err(_) => {}
                }
            }
        }));
    }
    works(&server.admin, "meanwhile").await;
    for connection in slow {
        assert!(tokio::time::timeout(PATIENCE, connection).await.is_ok(), "a slow head was not cut off");
    }
    until("connections are given back", async || server.open_files() <= files + 20).await;
}

#[tokio::test]
async fn connections_without_a_request_end() {
    let database = sqlite().await;
    let server = serve(&database, &[("http.keep_alive_seconds", "1")]);
    let mut stream = TcpStream::connect(server.host()).await.unwrap();
    for _ in 0..3 {
        stream.write_all(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        assert!(head(&mut stream).await.starts_with("HTTP/1.1 200 "));
    }
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn bodies_that_stand_still() {
    let database = sqlite().await;
    let server = serve(&database, &[("http.body_idle_timeout_seconds", "1")]);
    let client = server.anonymous();
    let blob = Blob::random("slow", 1_000_000);
    let (mut stream, location) = slow_upload(&server, &blob.bytes[..4096]).await;
    works(&server.admin, "meanwhile").await;
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    // What came is kept, and the upload goes on from there.
    assert_eq!(received(&server, &location).await, "0-4095");
    client.finish(&location, &blob.digest, blob.bytes.slice(4096..)).await.expect(201);

    let mut stream = TcpStream::connect(server.host()).await.unwrap();
    let request = "PUT /v2/library/slow/manifests/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{";
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");

    let mut stream = TcpStream::connect(server.host()).await.unwrap();
    let request = "POST /c/login HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nContent-Length: 9\r\n\
                   Content-Type: application/x-www-form-urlencoded\r\n\r\nprin";
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn answers_that_nobody_takes() {
    let database = sqlite().await;
    let server = serve(&database, &[("http.body_idle_timeout_seconds", "1")]);
    let blob = Blob::random("large", 32 << 20);
    server.admin.push_blob("library/large", &blob).await;
    let files = server.open_files();
    let mut deaf = Vec::new();
    for _ in 0..20 {
        let mut stream = TcpStream::connect(server.host()).await.unwrap();
        let request = format!("GET /v2/library/large/blobs/{} HTTP/1.1\r\nHost: x\r\n\r\n", blob.digest);
        stream.write_all(request.as_bytes()).await.unwrap();
        assert!(head(&mut stream).await.starts_with("HTTP/1.1 200 "));
        deaf.push(stream);
    }
    works(&server.admin, "meanwhile").await;
    until("connections are given back", async || server.open_files() <= files + 5).await;
    // Who reads slowly, but reads, gets everything.
    let mut reply = server.anonymous().get(&format!("/v2/library/large/blobs/{}", blob.digest)).open().await.unwrap();
    let mut read = 0;
    while let Some(chunk) = reply.chunk().await.unwrap() {
        if read < 8 << 20 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        read += chunk.len();
    }
    assert_eq!(read, blob.bytes.len());
}

#[tokio::test]
async fn small_bodies_have_an_end() {
    let database = sqlite().await;
    let server = serve(&database, &[("http.body_idle_timeout_seconds", "2")]);
    let form = "POST /c/login HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nContent-Length: 100000\r\n\
                Content-Type: application/x-www-form-urlencoded\r\n\r\n";
    let stream = TcpStream::connect(server.host()).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    writer.write_all(form.as_bytes()).await.unwrap();
    let dribbling = tokio::spawn(async move {
        while writer.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    // A push that is as slow has no end.
    let (mut pushing, location) = slow_upload(&server, b"").await;
    let mut answer = Vec::new();
    let mut pushed = 0;
    let read = async {
        loop {
            tokio::select! {
                read = reader.read_buf(&mut answer) => if !matches!(read, Ok(1..)) { return },
                () = tokio::time::sleep(Duration::from_millis(100)) => {
                    pushing.write_all(b"a").await.unwrap();
                    pushed += 1;
                }
            }
        }
    };
    assert!(tokio::time::timeout(PATIENCE, read).await.is_ok(), "the server did not close");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    dribbling.abort();
    pushing.write_all(b"a").await.unwrap();
    drop(pushing);
    until("all of the push is recorded", async || received(&server, &location).await == format!("0-{pushed}")).await;
}

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const ENHANCE_YOUR_CALM: u8 = 11;
const OUR_PING: [u8; 8] = [0; 8];
const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// `GET / http` out of HPACK's static table, and `:authority: x`.
const GET: &[u8] = &[0x82, 0x84, 0x86, 0x41, 0x01, b'x'];

/// `SETTINGS_INITIAL_WINDOW_SIZE`: how much of an answer may come without being asked for.
fn window(bytes: u32) -> Vec<u8> {
    let mut settings = vec![0, 4];
    settings.extend(bytes.to_be_bytes());
    frame(SETTINGS, 0, 0, &settings)
}

/// `GET http` of a path, and `:authority: x`.
fn get(stream: u32, path: &str) -> Vec<u8> {
    let mut headers = vec![0x82, 0x86, 0x41, 1, b'x', 0x44, u8::try_from(path.len()).unwrap()];
    headers.extend(path.as_bytes());
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &headers)
}

fn allow(stream: u32, bytes: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes())
}

/// Sends something, then `more` every 100 ms until the server closes or `is_enough` of what it sent. Whatever the server
/// asks to know that somebody is there is answered.
async fn converse(server: &Server, first: &[u8], more: &[u8], is_enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.host()).await.unwrap();
    stream.write_all(first).await.unwrap();
    let mut answer = Vec::new();
    let mut pongs = 0;
    let conversation = async {
        while !is_enough(&answer) {
            match tokio::time::timeout(Duration::from_millis(100), stream.read_buf(&mut answer)).await {
                Ok(Ok(1..)) => {}
                Ok(_) => return,
                Err(_) => {
                    let pings = frames(&answer).filter(|(kind, payload)| *kind == PING && *payload != OUR_PING);
                    let mut more = more.to_vec();
                    for (_, payload) in pings.skip(pongs) {
                        more.extend(frame(PING, ACK, 0, payload));
                        pongs += 1;
                    }
                    // Who is gone does not mind.
                    drop(stream.write_all(&more).await);
                }
            }
        }
    };
    let ended = tokio::time::timeout(PATIENCE, conversation).await;
    assert!(ended.is_ok(), "the server did not close: {:?}", frames(&answer).map(|(kind, _)| kind).collect::<Vec<_>>());
    answer
}

#[tokio::test]
async fn http2_answers_that_nobody_takes() {
    let database = sqlite().await;
    let server = serve(&database, &[("http.body_idle_timeout_seconds", "2"), ("http.keep_alive_seconds", "3600")]);
    let blob = Blob::random("large", 8 << 20);
    let small = Blob::random("small", 3000);
    server.admin.push_blob("library/large", &blob).await;
    server.admin.push_blob("library/large", &small).await;
    let [blob, small] = [blob, small].map(|blob| format!("/v2/library/large/blobs/{}", blob.digest));
    let files = server.open_files();
    let ping = frame(PING, 0, 0, &OUR_PING);
    let never = |_: &[u8]| false;

    let unknown = get(1, "/v2/library/large/manifests/none");
    let many: Vec<u8> = (0..100).flat_map(|number| get(2 * number + 1, &blob)).collect();
    let shut = [GREETING, &window(0)].concat();
    let ajar = [GREETING, &window(1)].concat();
    // The first MiB of each is taken, and then nothing.
    let beginning = [GREETING, &window(1 << 20), &allow(0, 64 << 20)].concat();
    let live = [&shut[..], &get(1, &blob), &get(3, &blob)].concat();
    let deaf = [
        ([&shut[..], &unknown].concat(), ping.clone()),
        ([&ajar[..], &unknown].concat(), ping.clone()),
        ([&shut[..], &many].concat(), ping.clone()),
        ([&beginning[..], &many[..many.len() / 10]].concat(), ping.clone()),
        // One answer that is taken keeps no other.
        (live, [ping.clone(), allow(1, 10)].concat()),
    ];
    let conversations = deaf.iter().map(|(first, more)| converse(&server, first, more, never));
    let (answers, ()) = tokio::join!(futures_util::future::join_all(conversations), works(&server.admin, "meanwhile"));
    for (number, answer) in answers.iter().enumerate() {
        assert!(frames(answer).any(|(kind, _)| kind == HEADERS), "connection {number} was not answered");
        assert!(goes_away(answer).is_none_or(|reason| reason == 0), "connection {number}: {:?}", goes_away(answer));
    }
    until("connections and files are given back", async || server.open_files() <= files + 5).await;

    // Who takes slowly, but takes, gets everything, though it takes longer.
    let taken =
        |answer: &[u8]| frames(answer).filter(|(kind, _)| *kind == DATA).map(|(_, data)| data.len()).sum::<usize>();
    let began = std::time::Instant::now();
    let first = [&shut[..], &get(1, &small)].concat();
    let answer = converse(&server, &first, &allow(1, 100), |answer| taken(answer) == 3000_usize).await;
    assert_eq!(taken(&answer), 3000);
    assert!(began.elapsed() > Duration::from_secs(2), "{:?}", began.elapsed());
    works(&server.admin, "after").await;
}

/// CVE-2023-44487.
#[tokio::test]
async fn http2_rapid_reset() {
    const MEMORY_BYTES_MAX: u64 = 200 * MIB;
    let database = sqlite().await;
    let server = serve(&database, &[]);
    works(&server.admin, "before").await;
    let files = server.open_files();
    let mut flood = [GREETING, &frame(SETTINGS, 0, 0, &[])].concat();
    for number in 0..20_000 {
        let stream = 2 * number + 1;
        flood.extend(frame(HEADERS, END_STREAM | END_HEADERS, stream, GET));
        flood.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
    }
    let floods: Vec<_> = (0..20)
        .map(|_| {
            let (flood, host) = (flood.clone(), server.host());
            tokio::spawn(async move {
                let stream = TcpStream::connect(host).await.unwrap();
                let (mut reader, mut writer) = stream.into_split();
                let writing = tokio::spawn(async move { writer.write_all(&flood).await });
                let mut answer = Vec::new();
                // It may be reset while the flood still comes.
                let read = tokio::time::timeout(PATIENCE, reader.read_to_end(&mut answer)).await;
                assert!(read.is_ok(), "the server did not end the connection");
                writing.abort();
                answer
            })
        })
        .collect();
    works(&server.admin, "meanwhile").await;
    let mut calmed = 0;
    for flood in floods {
        calmed += usize::from(goes_away(&flood.await.unwrap()) == Some(ENHANCE_YOUR_CALM));
    }
    assert!(calmed > 0, "nobody was told to calm down");
    assert!(server.memory_bytes() <= MEMORY_BYTES_MAX, "{} MiB", server.memory_bytes() / MIB);
    until("connections are given back", async || server.open_files() <= files + 20).await;
    works(&server.admin, "after").await;
}

/// The kinds and payloads of the frames in what a server sent.
fn frames(mut bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (head, rest) = bytes.split_first_chunk::<9>()?;
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        let payload = rest.get(..length)?;
        bytes = &rest[length..];
        Some((head[3], payload))
    })
}

/// The reason of the first GOAWAY in what a server sent.
fn goes_away(bytes: &[u8]) -> Option<u8> {
    frames(bytes).find(|(kind, _)| *kind == GOAWAY).and_then(|(_, payload)| payload.get(7).copied())
}

#[tokio::test]
async fn http2_connections_have_bounds_too() {
    let database = sqlite().await;
    let short = ["http.head_timeout_seconds", "http.keep_alive_seconds", "http.body_idle_timeout_seconds"];
    let server = serve(&database, &short.map(|key| (key, "1")));
    // No request, then none any more: the connection ends in both cases.
    for request in [vec![], frame(HEADERS, END_STREAM | END_HEADERS, 1, GET)] {
        let mut stream = TcpStream::connect(server.host()).await.unwrap();
        let greeting = [GREETING, &frame(SETTINGS, 0, 0, &[]), &request].concat();
        stream.write_all(&greeting).await.unwrap();
        rest(&mut stream).await;
    }
    // A body that never comes ends its stream with 408: index 8 of the static table is `:status: 200`, others are
    // literals.
    let mut stream = TcpStream::connect(server.host()).await.unwrap();
    let path = b"/v2/library/x/manifests/v1";
    let mut put = vec![0x42, 3];
    put.extend(b"PUT");
    put.extend([0x44, u8::try_from(path.len()).unwrap()]);
    put.extend(path);
    put.extend([0x86, 0x41, 1, b'x']);
    let greeting = [GREETING, &frame(SETTINGS, 0, 0, &[]), &frame(HEADERS, END_HEADERS, 1, &put)].concat();
    stream.write_all(&greeting).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the connection did not end");
    // HPACK writes digits by Huffman's code: 4, 0 and 8 are 011010, 00000 and 011110.
    assert!(answer.windows(3).any(|three| three == [0x68, 0x0F, 0x7F] || three == *b"408"), "no 408 in {answer:x?}");
}

#[tokio::test]
async fn documents_of_every_shape() {
    const MEMORY_BYTES_MAX: u64 = 300 * MIB;
    let database = sqlite().await;
    let server = serve(&database, &[]);
    let client = server.anonymous();
    let image = Image::new("plain", 1);
    client.push("library/shapes", "plain", &image).await;
    let plain: serde_json::Value = serde_json::from_slice(&image.manifest.bytes).unwrap();
    let with = |key: &str, value: serde_json::Value| {
        let mut manifest = plain.clone();
        manifest[key] = value;
        Manifest::new(&image.manifest.media_type, &manifest)
    };

    let annotations: serde_json::Map<_, _> = (0..100_000).map(|n| (format!("org.x.{n}"), json!("some text"))).collect();
    let many = with("annotations", annotations.into());
    client.put_manifest("library/shapes", "annotations", &many).await.expect(201);
    let back = client.get("/v2/library/shapes/manifests/annotations").send().await.expect(200);
    assert_eq!(back.body, many.bytes);
    let listed = server.admin.get("/api/v2.0/projects/library/repositories/shapes/artifacts").send().await.expect(200);
    assert_eq!(listed.json().as_array().unwrap().len(), 2);

    let layer = plain["layers"][0].clone();
    let refused = [
        with("layers", vec![layer; 12_000].into()),
        with("layers", vec![json!({}); 1_000_000].into()),
        with("layers", vec![json!(0); 2_000_000].into()),
        Manifest::raw(&image.manifest.media_type, "[".repeat(4_000_000)),
        Manifest::raw(&image.manifest.media_type, "{\"a\":".repeat(800_000)),
        Manifest::raw(&image.manifest.media_type, format!("{{\"x\":{}{}}}", "[".repeat(500_000), "]".repeat(500_000))),
        Manifest::raw(
            &image.manifest.media_type,
            format!("{{\"schemaVersion\":2,\"x\":\"{}", "\\u0000".repeat(600_000)),
        ),
    ];
    for (case, manifest) in refused.iter().enumerate() {
        let reply = client.put_manifest("library/shapes", "refused", manifest).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "MANIFEST_INVALID"), "case {case}");
        // An answer quotes nothing that the client sent in bulk.
        assert!(reply.body.len() < 1000, "case {case}: {} bytes", reply.body.len());
    }
    let large = Manifest::raw(&image.manifest.media_type, " ".repeat((4 << 20) + 1));
    client.put_manifest("library/shapes", "refused", &large).await.expect(413);

    // A configuration is content: it is stored whatever it says, and shown where it can be read.
    let config = Blob::new("[".repeat(3_000_000));
    client.push_blob("library/shapes", &config).await;
    let mut manifest = plain.clone();
    manifest["config"]["digest"] = json!(config.digest.to_string());
    manifest["config"]["size"] = json!(config.bytes.len());
    let deep = Manifest::new(&image.manifest.media_type, &manifest);
    client.put_manifest("library/shapes", "deep", &deep).await.expect(201);

    for body in ["[".repeat(200_000), "{\"a\":".repeat(100_000)] {
        let reply = server.admin.post("/api/v2.0/projects").header("content-type", "application/json").body(body);
        let reply = reply.send().await;
        assert!(matches!(reply.status, 400 | 413 | 422), "{}", reply.status);
    }
    println!("after documents of every shape: {} MiB", server.memory_bytes() / MIB);
    assert!(server.memory_bytes() <= MEMORY_BYTES_MAX, "{} MiB", server.memory_bytes() / MIB);
    works(&server.admin, "after").await;
}

#[tokio::test]
async fn lists_are_never_longer_than_the_server_wants() {
    let app = TestApp::start_with(Backend::Sqlite, Started::SetUp, &[OPEN]).await.unwrap();
    let image = Image::new("list", 1);
    app.admin().push("library/list", "v1", &image).await;
    for n in ["9223372036854775807", "9223372036854775808", "18446744073709551615"] {
        for path in ["/v2/library/list/tags/list", "/v2/_catalog"] {
            app.admin().get(&format!("{path}?n={n}")).send().await.expect(200);
        }
    }
    for n in ["-1", "1.5", "18446744073709551616", "ten"] {
        app.admin().get(&format!("/v2/library/list/tags/list?n={n}")).send().await.expect(400);
    }
    for size in ["101", "9223372036854775807"] {
        app.admin().get(&format!("/api/v2.0/projects?page_size={size}")).send().await.expect(422);
    }
    app.admin().get("/api/v2.0/projects?page=9223372036854775807").send().await.expect(200);
}

#[tokio::test]
async fn heads_have_a_size() {
    let app = TestApp::start(Backend::Sqlite).await.unwrap();
    let with = |headers: &str| format!("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    let answer = app.raw(with(&format!("X-A: {}\r\n", "a".repeat(80 << 10))).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let answer = app.raw(with(&"X-A: a\r\n".repeat(90)).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let answer = app.raw(with(&"X-A: a\r\n".repeat(101)).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let answer = app.raw(with(&format!("X-A: {}\r\n", "a".repeat(2 << 20))).as_bytes()).await;
    // The end of the connection may overtake the answer.
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let answer = app.raw(format!("GET /{} HTTP/1.1\r\n", "a".repeat(2 << 20)).as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    app.anonymous().get("/healthz").send().await.expect(200);
}

#[tokio::test]
async fn connections_have_places() {
    let database = sqlite().await;
    let server = serve(&database, &[("limits.connections_max", "6"), ("http.body_idle_timeout_seconds", "3600")]);
    let mut idle = Vec::new();
    for _ in 0..12 {
        let mut stream = TcpStream::connect(server.host()).await.unwrap();
        stream.write_all(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        // Those without a request make room.
        assert!(head(&mut stream).await.starts_with("HTTP/1.1 200 "));
        idle.push(stream);
    }
    drop(idle);

    let mut busy = Vec::new();
    for _ in 0..6 {
        let mut stream = TcpStream::connect(server.host()).await.unwrap();
        let request = "POST /v2/library/busy/blobs/uploads/?digest=sha256:\
                       e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 HTTP/1.1\r\nHost: x\r\n\
                       Content-Length: 10\r\nExpect: 100-continue\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        // The server is at work on the request when it asks for the body.
        assert!(head(&mut stream).await.starts_with("HTTP/1.1 100 "));
        busy.push(stream);
    }
    let mut refused = TcpStream::connect(server.host()).await.unwrap();
    refused.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let answer = rest(&mut refused).await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: 1\r\n"), "{answer}");
    busy.pop();
    until("the place of one that went is free", async || server.anonymous().get("/healthz").send().await.status == 200)
        .await;
}

#[tokio::test]
async fn browsers_are_told_to_stay_with_tls() {
    let header = async |settings: &[(&str, &str)]| {
        let app = TestApp::start_with(Backend::Sqlite, Started::SetUp, settings).await.unwrap();
        let reply = app.anonymous().get("/healthz").send().await.expect(200);
        let registry = app.anonymous().get("/v2/").send().await.expect(401);
        assert_eq!(reply.header("strict-transport-security"), registry.header("strict-transport-security"));
        reply.header("strict-transport-security").to_owned()
    };
    let https = ("http.external_url", "https://berth.example.com");
    assert_eq!(header(&[https]).await, "max-age=31536000");
    assert_eq!(header(&[https, ("http.hsts_seconds", "60")]).await, "max-age=60");
    assert_eq!(header(&[https, ("http.hsts_seconds", "0")]).await, "");
    assert_eq!(header(&[("http.external_url", "http://berth.example.com")]).await, "");
    assert_eq!(header(&[]).await, "");
}

#[tokio::test]
async fn a_proxy_that_is_not_believed_is_named_once() {
    let database = sqlite().await;
    let warnings = async |settings: &[(&str, &str)]| {
        let server = Server::start_as(&database, "warn", "json", settings);
        for _ in 0..3 {
            server.anonymous().get("/healthz").header("x-forwarded-for", "1.2.3.4").send().await.expect(200);
        }
        server.stop().matches("X-Forwarded-For is not believed").count()
    };
    assert_eq!(warnings(&[]).await, 1);
    assert_eq!(warnings(&[("http.trusted_proxies", "127.0.0.1")]).await, 0);
}
