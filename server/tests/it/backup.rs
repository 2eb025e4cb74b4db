//! A backup made while clients push, and what a restore makes of it.

use std::{
    path::Path,
    process::Output,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use berth_domain::backup::{CONTENTS, Contents};
use berth_testkit::{Backend, Blob, Database, Image, blob_path};

use crate::process::{Server, berth};

fn backup(database: &Database, arguments: &[&str]) -> Output {
    berth(database).arg("backup").arg(target(database)).args(arguments).output().unwrap()
}

fn target(database: &Database) -> std::path::PathBuf {
    database.folder.path().join("backup")
}

#[track_caller]
fn succeeded(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn failed(output: &Output, why: &str) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && errors.contains(why), "{errors}");
}

/// Restores into the data folder of a new database.
async fn restore(from: &Path, arguments: &[&str]) -> (Database, Output) {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let output = berth(&database).arg("restore").arg(from).args(arguments).output().unwrap();
    (database, output)
}

fn contents(database: &Database) -> Contents {
    serde_json::from_slice(&std::fs::read(target(database).join(CONTENTS)).unwrap()).unwrap()
}

fn fsck(database: &Database) -> Output {
    berth(database).arg("fsck").output().unwrap()
}

#[track_caller]
fn clean(database: &Database) {
    let output = fsck(database);
    let text = succeeded(&output);
    assert!(text.contains("everything is as it should be"), "{text}");
}

async fn verify(server: &Server, pushed: &[(String, Image)]) {
    for (repo, image) in pushed {
        let reply = server.admin.get(&format!("/v2/{repo}/manifests/v1")).send().await.expect(200);
        assert_eq!(reply.body, image.manifest.bytes, "{repo}");
        for blob in &image.blobs {
            let reply = server.admin.get(&blob_path(repo, &blob.digest)).send().await.expect(200);
            assert!(reply.body == blob.bytes, "{repo} {}", blob.digest);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_is_restored_although_clients_went_on() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let server = Server::start(&database);
    let pushed = Arc::<Mutex<Vec<(String, Image)>>>::default();
    let stop = Arc::<AtomicBool>::default();
    let pushers: Vec<_> = (0..3)
        .map(|name| {
            let (client, pushed, stop) = (server.admin.clone(), pushed.clone(), stop.clone());
            tokio::spawn(async move {
                let mut round = 0;
                while !stop.load(Ordering::SeqCst) {
                    let repo = format!("library/p{name}/r{round}");
                    let image = Image::with_layers(&repo, vec![Blob::random(&repo, 40_000 + round)]);
                    client.push(&repo, "v1", &image).await;
                    // Deletions go on as well; what is deleted may be in the backup or not.
                    if round % 5 == 4 {
                        client
                            .delete(&format!("/v2/{repo}/manifests/{}", image.manifest.digest))
                            .send()
                            .await
                            .expect(202);
                    } else {
                        pushed.lock().unwrap().push((repo, image));
                    }
                    round += 1;
                }
            })
        })
        .collect();
    let wait = async |count: usize| {
        while pushed.lock().unwrap().len() < count && !pushers.iter().any(tokio::task::JoinHandle::is_finished) {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    };
    wait(10).await;
    // An upload that is not done is no part of a backup.
    server.admin.post("/v2/library/open/blobs/uploads/").send().await.expect(202);
    let before = pushed.lock().unwrap().clone();
    let folder = database.folder.path().to_owned();
    let running =
        berth(&database).arg("backup").arg(folder.join("backup")).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let made = tokio::task::spawn_blocking(move || running.wait_with_output().unwrap()).await.unwrap();
    succeeded(&made);
    let first = contents(&database).backup.unwrap();
    assert!(first.blobs >= before.len() as u64 && first.missing.is_empty());

    let more = pushed.lock().unwrap().len() + 5;
    wait(more).await;
    let later = pushed.lock().unwrap().clone();
    let again = tokio::task::spawn_blocking({
        let mut command = berth(&database);
        command.arg("backup").arg(folder.join("backup")).arg("--copy");
        move || command.output().unwrap()
    });
    let text = succeeded(&again.await.unwrap());
    assert!(text.contains("blobs were there"), "{text}");
    let second = contents(&database).backup.unwrap();
    assert!(second.taken_at > first.taken_at && second.blobs > first.blobs);
    stop.store(true, Ordering::SeqCst);
    for pusher in pushers {
        pusher.await.unwrap();
    }
    server.stop();
    clean(&database);

    let (restored, output) = restore(&target(&database), &[]).await;
    succeeded(&output);
    clean(&restored);
    let server = Server::start(&restored);
    verify(&server, &later).await;
    // The restored server goes on as any other.
    let image = Image::with_layers("after", vec![Blob::random("after", 10)]);
    server.admin.push("library/after", "v1", &image).await;
    server.stop();
    let key = |database: &Database| std::fs::read(database.folder.path().join("data/secret.key")).unwrap();
    assert_eq!(key(&restored), key(&database));
}

#[tokio::test]
async fn a_backup_without_a_server_drops_what_is_not_needed_any_more() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let server = Server::start(&database);
    let (kept, dropped) = (Image::with_layers("kept", vec![Blob::random("kept", 9)]), Blob::random("dropped", 9));
    server.admin.push("library/kept", "v1", &kept).await;
    server.admin.push_blob("library/dropped", &dropped).await;
    server.stop();
    succeeded(&backup(&database, &[]));
    let blobs = contents(&database).backup.unwrap().blobs;
    rusqlite::Connection::open(database.folder.path().join("data/berth.db"))
        .unwrap()
        .execute_batch(
            "DELETE FROM repository_blobs WHERE repository_id = (SELECT id FROM repositories WHERE name = 'library/dropped');
             DELETE FROM blobs WHERE id NOT IN (SELECT blob_id FROM repository_blobs);",
        )
        .unwrap();
    let text = succeeded(&backup(&database, &[]));
    assert!(text.contains("1 are not needed any more"), "{text}");
    assert_eq!(contents(&database).backup.unwrap().blobs, blobs - 1);
    let databases = std::fs::read_dir(target(&database)).unwrap();
    let databases = databases.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".db"));
    assert_eq!(databases.count(), 1, "the earlier database is gone");
}

#[tokio::test]
async fn a_foreign_folder_is_left_alone() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    Server::start(&database).stop();
    std::fs::create_dir(target(&database)).unwrap();
    std::fs::write(target(&database).join("letter.txt"), "dear").unwrap();
    failed(&backup(&database, &[]), "is not empty, and holds no backup");
    assert_eq!(std::fs::read_dir(target(&database)).unwrap().count(), 1);
    std::fs::remove_file(target(&database).join("letter.txt")).unwrap();
    succeeded(&backup(&database, &[]));

    let other = Database::create(Backend::Sqlite).await.unwrap();
    Server::start(&other).stop();
    let output = berth(&other).arg("backup").arg(target(&database)).output().unwrap();
    failed(&output, "another installation");
    let inside = berth(&other).arg("backup").arg(other.folder.path().join("data/backup")).output().unwrap();
    failed(&inside, "lies in the data folder");
    failed(&berth(&database).arg("restore").arg(target(&database)).output().unwrap(), "is not empty");
    let (_, nothing) = restore(other.folder.path(), &[]).await;
    failed(&nothing, "holds no backup");
}

#[tokio::test]
async fn a_damaged_backup_is_noticed_and_the_rest_can_be_had() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let server = Server::start(&database);
    let good = Image::with_layers("good", vec![Blob::random("good", 9000)]);
    let bad = Image::with_layers("bad", vec![Blob::random("bad", 9000)]);
    server.admin.push("library/good", "v1", &good).await;
    server.admin.push("library/bad", "v1", &bad).await;
    server.stop();
    succeeded(&backup(&database, &["--copy"]));
    let layer = bad.blobs.iter().max_by_key(|blob| blob.bytes.len()).unwrap();
    let hex = layer.digest.hex();
    let path = target(&database).join("storage/blobs/sha256").join(&hex[..2]).join(&hex);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&path, bytes).unwrap();

    let (refused, output) = restore(&target(&database), &[]).await;
    failed(&output, "1 blobs of the backup are missing or damaged");
    assert!(!refused.folder.path().join("data/berth.db").exists(), "no server starts with half of it");
    let (restored, output) = restore(&target(&database), &["--partial"]).await;
    let text = succeeded(&output);
    assert!(text.contains("1 blobs are lost"), "{text}");
    let server = Server::start(&restored);
    verify(&server, &[("library/good".to_owned(), good)]).await;
    server.admin.head(&blob_path("library/bad", &layer.digest)).send().await.expect(404);
    server.admin.push_blob("library/bad", layer).await;
    verify(&server, &[("library/bad".to_owned(), bad.clone())]).await;
    server.stop();
    clean(&restored);
}

#[tokio::test]
async fn missing_blobs_are_said_and_the_rest_is_in_the_backup() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let server = Server::start(&database);
    let image = Image::with_layers("one", vec![Blob::random("one", 9000)]);
    server.admin.push("library/one", "v1", &image).await;
    server.stop();
    let layer = image.blobs.iter().max_by_key(|blob| blob.bytes.len()).unwrap();
    let hex = layer.digest.hex();
    let path = database.folder.path().join("data/storage/blobs/sha256").join(&hex[..2]).join(&hex);
    std::fs::remove_file(path).unwrap();
    failed(&backup(&database, &[]), "1 blobs are missing or damaged");
    assert_eq!(contents(&database).backup.unwrap().missing, [layer.digest]);
    let (restored, output) = restore(&target(&database), &[]).await;
    assert!(succeeded(&output).contains("1 blobs are lost"));
    let server = Server::start(&restored);
    server.admin.head(&blob_path("library/one", &layer.digest)).send().await.expect(404);
    server.stop();
}

#[tokio::test]
async fn beside_postgres_only_the_blobs_are_backed_up() {
    let Some(database) = Database::create(Backend::Postgres).await else { return };
    let server = Server::start(&database);
    let image = Image::with_layers("one", vec![Blob::random("one", 9000)]);
    server.admin.push("library/one", "v1", &image).await;
    failed(&backup(&database, &[]), "run pg_dump first");
    succeeded(&backup(&database, &["--blobs-only"]));
    server.stop();
    let backup = contents(&database).backup.unwrap();
    assert_eq!((backup.database, backup.blobs), (None, 2));
    let (restored, output) = restore(&target(&database), &[]).await;
    assert!(succeeded(&output).contains("restore the dump of the database"));
    for blob in &image.blobs {
        let hex = blob.digest.hex();
        let path = restored.folder.path().join("data/storage/blobs/sha256").join(&hex[..2]).join(&hex);
        assert!(std::fs::read(path).unwrap() == blob.bytes);
    }
}
