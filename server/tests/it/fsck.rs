//! Damage of every kind is found and named, mended where it can be, and never served.

use std::path::PathBuf;

use berth_domain::fsck::{Event, Finding, Kind, Outcome, Summary};
use berth_testkit::{Backend, Blob, Client, Database, Image, blob_path};
use berth_types::Digest;

use crate::process::{Server, berth};

/// What a check said, and how it ended.
struct Checked {
    findings: Vec<Finding>,
    summary: Option<Summary>,
    code: i32,
    errors: String,
}

impl Checked {
    #[track_caller]
    fn expect(&self, code: i32, findings: &[(Kind, Outcome)]) {
        let mut found: Vec<_> = self.findings.iter().map(|finding| (finding.kind, outcome(finding.outcome))).collect();
        let mut expected: Vec<_> = findings.iter().map(|(kind, what)| (*kind, outcome(*what))).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{:#?} {}", self.findings, self.errors);
        assert_eq!(self.code, code, "{}", self.errors);
        assert!(self.summary.is_some(), "{}", self.errors);
    }
}

fn outcome(outcome: Outcome) -> String {
    format!("{outcome:?}")
}

fn check(database: &Database, arguments: &[&str]) -> Checked {
    let output = berth(database).arg("fsck").arg("--json").args(arguments).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let events: Vec<Event> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let findings = events.iter().filter_map(|event| match event {
        Event::Finding(finding) => Some(finding.clone()),
        Event::Progress(_) | Event::Done(_) => None,
    });
    let summary = events.iter().find_map(|event| match event {
        Event::Done(summary) => Some(summary.clone()),
        Event::Progress(_) | Event::Finding(_) => None,
    });
    Checked {
        findings: findings.collect(),
        summary,
        code: output.status.code().unwrap(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn storage(database: &Database) -> PathBuf {
    database.folder.path().join("data/storage")
}

fn file(database: &Database, digest: &Digest) -> PathBuf {
    let (algorithm, hex) = (digest.algorithm().as_str(), digest.hex());
    storage(database).join("blobs").join(algorithm).join(&hex[..2]).join(&hex)
}

/// Makes a file of the store look as if it had been written days ago.
fn age(path: &std::path::Path) {
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(3 * 86_400)).unwrap();
}

fn flip(path: &std::path::Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

/// Rows as an accident left them.
async fn sql(database: &Database, statements: &[&str]) {
    let statements: Vec<String> = statements.iter().map(|text| (*text).to_owned()).collect();
    match database.url() {
        None => {
            let path = database.folder.path().join("data/berth.db");
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.pragma_update(None, "foreign_keys", "OFF").unwrap();
            for text in statements {
                connection.execute_batch(&text).unwrap();
            }
        }
        Some(_) => {
            let db = database.open().await;
            for text in statements {
                let write = db.write(text, |tx, text| Box::pin(async move { tx.execute(text, &[]).await }));
                write.await.unwrap();
            }
        }
    }
}

async fn push(client: &Client, seed: &str, repo: &str) -> Image {
    let image = Image::with_layers(seed, vec![Blob::random(seed, 70_000)]);
    client.push(repo, "v1", &image).await;
    image
}

/// A server with images, stopped.
async fn filled(backend: Backend) -> Option<(Database, Image)> {
    let database = Database::create(backend).await?;
    let server = Server::start(&database);
    let image = push(&server.admin, "one", "library/one").await;
    push(&server.admin, "two", "library/two").await;
    server.stop();
    Some((database, image))
}

#[tokio::test]
async fn a_whole_store_is_clean_and_counted() {
    let Some((database, _)) = filled(Backend::Sqlite).await else { return };
    let checked = check(&database, &[]);
    checked.expect(0, &[]);
    let summary = checked.summary.unwrap();
    assert_eq!((summary.blobs, summary.manifests, summary.left), (4, 2, 0));
    assert!(summary.bytes > 140_000, "{summary:?}");
    let quick = check(&database, &["--quick"]);
    quick.expect(0, &[]);
    assert_eq!(quick.summary.unwrap().bytes, 0, "nothing is read");
    let slow = std::time::Instant::now();
    check(&database, &["--rate", "100KiB"]).expect(0, &[]);
    assert!(slow.elapsed() > std::time::Duration::from_millis(1200), "140 KB at 100 KiB a second");
}

async fn damaged_bytes(backend: Backend) {
    let Some((database, image)) = filled(backend).await else { return };
    let layer = image.blobs.iter().max_by_key(|blob| blob.bytes.len()).unwrap();
    flip(&file(&database, &layer.digest));
    check(&database, &["--quick"]).expect(0, &[]);
    let named = check(&database, &[]);
    named.expect(1, &[(Kind::DamagedBlob, Outcome::Left)]);
    assert_eq!(named.findings[0].subject, layer.digest.to_string());
    assert!(named.findings[0].detail.contains("library/one@"), "{:?}", named.findings);

    // While a server runs it is the server that checks.
    let server = Server::start(&database);
    let path = blob_path("library/one", &layer.digest);
    check(&database, &["--repair"]).expect(1, &[(Kind::DamagedBlob, Outcome::Contained)]);
    server.admin.get(&path).send().await.refused(404, "BLOB_UNKNOWN");
    server.admin.head(&path).send().await.expect(404);
    assert!(!file(&database, &layer.digest).exists());
    let aside = storage(&database).join("quarantine/sha256").join(layer.digest.hex());
    assert_eq!(std::fs::metadata(aside).unwrap().len(), layer.bytes.len() as u64);
    server.admin.get("/v2/library/one/manifests/v1").send().await.expect(200);
    let lost = check(&database, &["--repair"]);
    lost.expect(1, &[(Kind::LostBlob, Outcome::Contained)]);
    assert_eq!(lost.summary.unwrap().quarantined, 1);
    // It cannot be mounted, nor named by a new manifest, until it is back.
    let mount = format!("/v2/library/other/blobs/uploads/?mount={}&from=library/one", layer.digest);
    server.admin.post(&mount).send().await.expect(202);
    let another = Image::with_layers("another", vec![layer.clone()]);
    for blob in another.blobs.iter().filter(|blob| blob.digest != layer.digest) {
        server.admin.push_blob("library/one", blob).await;
    }
    let refused = server.admin.put_manifest("library/one", "another", &another.manifest).await;
    refused.refused(400, "MANIFEST_BLOB_UNKNOWN");

    server.admin.push_blob("library/one", layer).await;
    assert!(server.admin.get(&path).send().await.expect(200).body == layer.bytes);
    let healed = check(&database, &["--repair"]);
    healed.expect(0, &[]);
    assert_eq!(healed.summary.unwrap().quarantined, 0, "the whole blob is back, so the damaged one is not kept");
    server.stop();
}

#[tokio::test]
async fn a_damaged_blob_is_moved_aside_and_a_push_brings_it_back_on_sqlite() {
    damaged_bytes(Backend::Sqlite).await;
}

#[tokio::test]
async fn a_damaged_blob_is_moved_aside_and_a_push_brings_it_back_on_postgres() {
    damaged_bytes(Backend::Postgres).await;
}

#[tokio::test]
async fn a_missing_or_short_file_is_never_padded_and_a_push_brings_it_back() {
    let Some((database, image)) = filled(Backend::Sqlite).await else { return };
    let server = Server::start(&database);
    for blob in &image.blobs {
        let path = blob_path("library/one", &blob.digest);
        server.admin.get(&path).send().await.expect(200);
        let cut = |length| {
            let file = std::fs::OpenOptions::new().write(true).open(file(&database, &blob.digest)).unwrap();
            file.set_len(length).unwrap();
        };
        cut(blob.bytes.len() as u64 - 1);
        server.admin.get(&path).send().await.expect(500);
        server.admin.head(&path).send().await.expect(404);
        server.admin.get(&path).send().await.refused(404, "BLOB_UNKNOWN");
        server.admin.push_blob("library/one", blob).await;
        assert!(server.admin.get(&path).send().await.expect(200).body == blob.bytes);
        std::fs::remove_file(file(&database, &blob.digest)).unwrap();
        server.admin.get(&path).send().await.expect(500);
        server.admin.head(&path).send().await.expect(404);
        server.admin.push_blob("library/one", blob).await;
        assert!(server.admin.get(&path).send().await.expect(200).body == blob.bytes);
    }
    server.stop();
    check(&database, &[]).expect(0, &[]);
}

#[tokio::test]
async fn a_file_that_is_cut_while_it_is_read_ends_the_answer_with_an_error() {
    let Some(database) = Database::create(Backend::Sqlite).await else { return };
    let server = Server::start(&database);
    let blob = Blob::random("large", 64 << 20);
    server.admin.push_blob("library/large", &blob).await;
    let mut response = server.admin.get(&blob_path("library/large", &blob.digest)).open().await.unwrap();
    let mut read = response.chunk().await.unwrap().unwrap().len();
    std::fs::OpenOptions::new().write(true).open(file(&database, &blob.digest)).unwrap().set_len(1 << 20).unwrap();
    let broken = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => read += chunk.len(),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken && read < blob.bytes.len(), "{read} bytes came");
    server.stop();
}

async fn wrong_rows(backend: Backend) {
    let Some((database, image)) = filled(backend).await else { return };
    let config = &image.blobs[image.blobs.len() - 1];
    let hex = |digest: &Digest| match backend {
        Backend::Sqlite => format!("x'{}'", hex::encode(digest.to_column())),
        Backend::Postgres => format!("'\\x{}'::bytea", hex::encode(digest.to_column())),
    };
    let one = "(SELECT id FROM repositories WHERE name = 'library/one')";
    let two = "(SELECT id FROM repositories WHERE name = 'library/two')";
    sql(
        &database,
        &[
            "UPDATE manifests SET tag_count = 7, parent_count = 3",
            "UPDATE repositories SET artifact_count = 9",
            "UPDATE projects SET storage_bytes_used = 123456789 WHERE id = 1",
            &format!("UPDATE blobs SET size = size + 5 WHERE digest = {}", hex(&config.digest)),
            &format!("UPDATE manifests SET media_type = 'application/vnd.docker.distribution.manifest.v2+json', manifest_size = 1 WHERE repository_id = {one}"),
            &format!("DELETE FROM manifest_references WHERE position = 0 AND manifest_id IN (SELECT id FROM manifests WHERE repository_id = {two})"),
            &format!("UPDATE tags SET manifest_id = (SELECT id FROM manifests WHERE repository_id = {one}) WHERE repository_id = {two}"),
            &format!("DELETE FROM repository_blobs WHERE repository_id = {one}"),
        ],
    )
    .await;
    let kinds = [
        Kind::WrongSize,
        Kind::WrongManifestRow,
        Kind::WrongManifestRow,
        Kind::UnlinkedBlob,
        Kind::UnlinkedBlob,
        Kind::MisplacedTag,
        Kind::TagCount,
        Kind::TagCount,
        Kind::ParentCount,
        Kind::ParentCount,
        Kind::ArtifactCount,
        Kind::ArtifactCount,
        Kind::Usage,
    ];
    check(&database, &[]).expect(1, &kinds.map(|kind| (kind, Outcome::Left)));
    let mended = check(&database, &["--repair"]);
    assert_eq!(mended.code, 0, "{:#?} {}", mended.findings, mended.errors);
    let still = kinds.into_iter().filter(|kind| !mended.findings.iter().any(|finding| finding.kind == *kind));
    // One count mends the others of its repository with it.
    assert!(
        still.clone().all(|kind| matches!(kind, Kind::ParentCount | Kind::ArtifactCount | Kind::TagCount)),
        "{:?}",
        still.collect::<Vec<_>>()
    );
    assert!(mended.findings.iter().all(|finding| finding.outcome == Outcome::Mended), "{:#?}", mended.findings);
    check(&database, &[]).expect(0, &[]);
    let server = Server::start(&database);
    for (repo, seed) in [("library/one", "one"), ("library/two", "two")] {
        let image = Image::with_layers(seed, vec![Blob::random(seed, 70_000)]);
        let reply = server.admin.get(&format!("/v2/{repo}/manifests/v1")).send().await.expect(200);
        assert_eq!(reply.body, image.manifest.bytes, "{repo}");
        assert_eq!(reply.header("content-type"), image.manifest.media_type);
        for blob in &image.blobs {
            assert!(server.admin.get(&blob_path(repo, &blob.digest)).send().await.expect(200).body == blob.bytes);
        }
    }
    server.stop();
}

#[tokio::test]
async fn rows_that_disagree_are_found_and_mended_on_sqlite() {
    wrong_rows(Backend::Sqlite).await;
}

#[tokio::test]
async fn rows_that_disagree_are_found_and_mended_on_postgres() {
    wrong_rows(Backend::Postgres).await;
}

#[tokio::test]
async fn what_points_at_nothing_is_found() {
    let Some((database, image)) = filled(Backend::Sqlite).await else { return };
    let digest = hex::encode(image.manifest.digest.to_column());
    sql(
        &database,
        &[
            "INSERT INTO repository_blobs (repository_id, blob_id, created_at) VALUES (1, 4711, 0)",
            "UPDATE manifest_references SET blob_id = 4712 WHERE position = 0 AND manifest_id = 1",
            "UPDATE manifest_references SET blob_id = NULL WHERE position = 1 AND manifest_id = 1",
            "UPDATE tags SET manifest_id = 4713 WHERE repository_id = 2",
            &format!("DELETE FROM manifest_bytes WHERE digest = x'{digest}'"),
        ],
    )
    .await;
    // SQLite sees foreign keys that lead nowhere only where it is asked to.
    let found = check(&database, &[]);
    found.expect(
        1,
        &[
            (Kind::DanglingLink, Outcome::Left),
            (Kind::DanglingReference, Outcome::Left),
            (Kind::UnjoinedReference, Outcome::Left),
            (Kind::MisplacedTag, Outcome::Left),
            (Kind::MissingManifest, Outcome::Left),
            (Kind::TagCount, Outcome::Left),
        ],
    );
    check(&database, &["--repair"]).expect(
        1,
        &[
            (Kind::DanglingLink, Outcome::Mended),
            (Kind::DanglingReference, Outcome::Mended),
            (Kind::UnjoinedReference, Outcome::Mended),
            (Kind::MisplacedTag, Outcome::Mended),
            (Kind::MissingManifest, Outcome::Contained),
        ],
    );
    // The manifest answers as unknown, so that its owner pushes it again, which is all that was missing.
    let server = Server::start(&database);
    let path = format!("/v2/library/one/manifests/{}", image.manifest.digest);
    server.admin.head(&path).send().await.expect(404);
    server.admin.get(&path).send().await.refused(404, "MANIFEST_UNKNOWN");
    server.admin.push("library/one", "v1", &image).await;
    assert_eq!(server.admin.get(&path).send().await.expect(200).body, image.manifest.bytes);
    check(&database, &[]).expect(0, &[]);
    server.stop();
}

#[tokio::test]
async fn a_damaged_manifest_is_not_served_and_a_push_replaces_it() {
    let Some((database, image)) = filled(Backend::Sqlite).await else { return };
    let digest = hex::encode(image.manifest.digest.to_column());
    sql(&database, &[&format!("UPDATE manifest_bytes SET bytes = CAST('{{}}' AS BLOB) WHERE digest = x'{digest}'")])
        .await;
    check(&database, &[]).expect(1, &[(Kind::DamagedManifest, Outcome::Left)]);
    let server = Server::start(&database);
    let path = format!("/v2/library/one/manifests/{}", image.manifest.digest);
    server.admin.head(&path).send().await.expect(404);
    server.admin.get("/v2/library/one/manifests/v1").send().await.refused(404, "MANIFEST_UNKNOWN");
    check(&database, &["--repair"]).expect(1, &[(Kind::DamagedManifest, Outcome::Contained)]);
    server.admin.push("library/one", "v1", &image).await;
    assert_eq!(server.admin.get(&path).send().await.expect(200).body, image.manifest.bytes);
    check(&database, &["--repair"]).expect(0, &[]);

    // A server that has it in memory needs no push.
    sql(&database, &[&format!("UPDATE manifest_bytes SET bytes = CAST('{{}}' AS BLOB) WHERE digest = x'{digest}'")])
        .await;
    check(&database, &["--repair"]).expect(0, &[(Kind::DamagedManifest, Outcome::Mended)]);
    server.stop();
    check(&database, &[]).expect(0, &[]);
}

#[tokio::test]
async fn files_without_rows_go_by_age_and_rows_without_files_at_once() {
    let Some(database) = Database::create(Backend::Sqlite).await else { return };
    let server = Server::start(&database);
    push(&server.admin, "one", "library/one").await;
    let begun = server.admin.post("/v2/library/one/blobs/uploads/").send().await.expect(202).location();
    server.admin.patch(&begun).body(vec![7; 5000]).send().await.expect(202);
    let upload: PathBuf =
        std::fs::read_dir(storage(&database).join("uploads")).unwrap().next().unwrap().unwrap().path();
    std::fs::OpenOptions::new().write(true).open(&upload).unwrap().set_len(10).unwrap();
    let (old, young) = (Blob::random("old", 100), Blob::random("young", 100));
    for blob in [&old, &young] {
        std::fs::write(file(&database, &blob.digest), &blob.bytes).unwrap();
    }
    age(&file(&database, &old.digest));
    let stray = storage(&database).join("uploads").join(uuid::Uuid::new_v4().to_string());
    std::fs::write(&stray, b"left by a crash").unwrap();
    age(&stray);
    let expect = |outcome| {
        [
            (Kind::OrphanBlob, outcome),
            (Kind::OrphanBlob, Outcome::Young),
            (Kind::OrphanUpload, outcome),
            (Kind::UploadWithoutBytes, outcome),
        ]
    };
    check(&database, &[]).expect(1, &expect(Outcome::Left));
    check(&database, &["--repair"]).expect(0, &expect(Outcome::Mended));
    assert!(!file(&database, &old.digest).exists() && file(&database, &young.digest).exists());
    assert!(!stray.exists() && !upload.exists());
    server.admin.patch(&begun).body(vec![7; 10]).send().await.refused(404, "BLOB_UPLOAD_UNKNOWN");
    check(&database, &[]).expect(0, &[(Kind::OrphanBlob, Outcome::Young)]);
    server.stop();
}

#[tokio::test]
async fn a_check_that_cannot_be_done_says_so() {
    let Some(database) = Database::create(Backend::Sqlite).await else { return };
    let nothing = check(&database, &[]);
    assert_eq!(nothing.code, 2);
    assert!(nothing.errors.contains("there is no data folder"), "{}", nothing.errors);
    std::fs::create_dir(database.folder.path().join("data")).unwrap();
    std::fs::write(database.folder.path().join("data/berth.db"), "no database at all, but long enough to be read")
        .unwrap();
    assert_eq!(check(&database, &[]).code, 2);
}

#[tokio::test]
async fn an_upload_that_only_lacks_its_commit_is_left_to_its_client() {
    let Some(database) = Database::create(Backend::Sqlite).await else { return };
    let server = Server::start(&database);
    let blob = Blob::random("named", 5000);
    let begun = server.admin.post("/v2/library/one/blobs/uploads/").send().await.expect(202).location();
    let begun = server.admin.patch(&begun).body(blob.bytes.clone()).send().await.expect(202).location();
    let upload = std::fs::read_dir(storage(&database).join("uploads")).unwrap().next().unwrap().unwrap().path();
    // What a kill leaves between the blob's name and its row.
    std::fs::rename(&upload, file(&database, &blob.digest)).unwrap();
    check(&database, &["--repair"]).expect(0, &[(Kind::OrphanBlob, Outcome::Young)]);
    server.admin.finish(&begun, &blob.digest, "").await.expect(201);
    check(&database, &[]).expect(0, &[]);
    server.stop();
}
