//! Blobs, mounts and uploads.

use super::*;

everywhere!(
    a_blob_is_seen_only_where_it_is_linked,
    a_blob_of_other_bytes_is_refused,
    blobs_mount_from_where_they_are,
    a_mount_without_source_takes_only_what_may_be_read,
    a_blob_goes_unless_a_manifest_needs_it,
    an_upload_goes_on_after_a_restart,
    an_upload_needs_no_hash_state,
    chunks_have_to_join,
    a_body_that_breaks_off_leaves_what_came,
    a_wrong_digest_ends_the_upload,
    a_cancelled_upload_is_gone,
);

async fn a_blob_is_seen_only_where_it_is_linked(world: World) {
    world.project("other").await;
    let blob = Blob::random("blob", 5000);
    world.put_blob("library/a", &blob).await;
    assert_eq!(world.blob("library/a", &blob.digest).await.unwrap(), blob.bytes);
    for repo in ["library/b", "other/a"] {
        assert!(matches!(world.blob(repo, &blob.digest).await, Err(Error::BlobUnknown(_))));
    }
    // Twice is as good as once.
    world.put_blob("library/a", &blob).await;
    world.put_blob("library/b", &blob).await;
    assert_eq!((world.count("blobs").await, world.usage("library").await), (1, 5000));

    // A row for uploads alone is no repository that anybody sees.
    let access = world.may::<Pull>("library/a").await;
    let tags = referrer::tags(&world.domain, &access, &name("library/a"), "", None).await;
    assert!(matches!(tags, Err(Error::NameUnknown(_))));
}

async fn a_blob_of_other_bytes_is_refused(mut world: World) {
    let blob = Blob::random("blob", 5000);
    let access = world.may::<Push>("library/a").await;
    let wrong = blob::put(&world.domain, &access, &name("library/a"), &blob.digest, body(&blob.bytes[1..])).await;
    assert!(matches!(wrong, Err(Error::DigestInvalid(_))), "{wrong:?}");
    world.limit(4999);
    let large = blob::put(&world.domain, &access, &name("library/a"), &blob.digest, body(&blob.bytes)).await;
    assert!(matches!(large, Err(Error::TooLarge { size_bytes_max: 4999 })), "{large:?}");
    assert_eq!((world.count("blobs").await, world.usage("library").await), (0, 0));
    assert!(world.store.stat(&blob.digest).await.unwrap().is_none());
}

async fn blobs_mount_from_where_they_are(world: World) {
    world.project("private").await;
    let blob = Blob::random("blob", 3000);
    world.put_blob("private/a", &blob).await;
    let (source, target) = (world.may::<Pull>("private/a").await, world.may::<Push>("library/b").await);
    let (from, to) = (name("private/a"), name("library/b"));
    assert!(blob::mount(&world.domain, &target, &to, &source, &from, &blob.digest).await.unwrap());
    assert_eq!(world.blob("library/b", &blob.digest).await.unwrap(), blob.bytes);
    assert_eq!((world.usage("private").await, world.usage("library").await), (3000, 3000));
    let unknown = Blob::random("unknown", 1).digest;
    assert!(!blob::mount(&world.domain, &target, &to, &source, &from, &unknown).await.unwrap());
    assert!(!blob::mount_from_anywhere(&world.domain, &target, &to, &unknown).await.unwrap());
}

async fn a_mount_without_source_takes_only_what_may_be_read(world: World) {
    world.project("private").await;
    let (secret, open) = (Blob::random("secret", 100), Blob::random("open", 100));
    world.put_blob("private/a", &secret).await;
    world.put_blob("library/a", &open).await;
    // Somebody who may push to `target` and is nobody in `private`.
    let insert = "INSERT INTO users (username, created_at, updated_at) VALUES ('dev', 1, 1)";
    let member = "INSERT INTO members (project_id, user_id, role, created_at, updated_at)
                  SELECT p.id, u.id, 2, 1, 1 FROM projects p, users u WHERE p.name = 'target' AND u.username = 'dev'";
    world.project("target").await;
    world.execute(insert, &[]).await;
    world.execute(member, &[]).await;
    let id = world.one::<i64>("SELECT id FROM users WHERE username = 'dev'", &[]).await;
    let dev = Actor::user(UserId(id), "dev", false);
    let access = ProjectAccess::<Push>::check(&world.domain, &dev, &"target".parse().unwrap()).await.unwrap();
    let to = name("target/b");
    assert!(!blob::mount_from_anywhere(&world.domain, &access, &to, &secret.digest).await.unwrap());
    assert!(blob::mount_from_anywhere(&world.domain, &access, &to, &open.digest).await.unwrap());
}

async fn a_blob_goes_unless_a_manifest_needs_it(world: World) {
    let image = Image::new("image", 1);
    world.push("library/a", "v1", &image).await;
    let stray = Blob::random("stray", 400);
    world.put_blob("library/a", &stray).await;
    let access = world.may::<DeleteContent>("library/a").await;
    let delete = |digest: Digest| {
        let (domain, access) = (world.domain.clone(), access.clone());
        async move { blob::delete(&domain, &access, &name("library/a"), &digest).await }
    };
    delete(stray.digest).await.unwrap();
    assert!(matches!(world.blob("library/a", &stray.digest).await, Err(Error::BlobUnknown(_))));
    assert!(matches!(delete(stray.digest).await, Err(Error::BlobUnknown(_))));
    assert!(matches!(delete(image.blobs[1].digest).await, Err(Error::Unsupported(_))));
    assert_eq!(world.usage("library").await, image.size() as i64);
    let sql = "SELECT COUNT(*) FROM gc_blob_review WHERE reason = 'unlinked'";
    assert_eq!(world.one::<i64>(sql, &[]).await, 1);
}

async fn an_upload_goes_on_after_a_restart(mut world: World) {
    let blob = Blob::random("blob", 9000);
    let id = world.start("library/a").await;
    assert_eq!(world.append("library/a", id, &blob.bytes[..4000]).await.unwrap(), 4000);
    world.restart();
    assert_eq!(
        upload::status(&world.domain, &world.may("library/a").await, &name("library/a"), id).await.unwrap(),
        4000
    );
    assert_eq!(world.append("library/a", id, &blob.bytes[4000..7000]).await.unwrap(), 7000);
    world.restart();
    assert_eq!(world.finish("library/a", id, &blob.digest, &blob.bytes[7000..]).await.unwrap(), 9000);
    assert_eq!(world.blob("library/a", &blob.digest).await.unwrap(), blob.bytes);
    assert!(matches!(world.append("library/a", id, b"x").await, Err(Error::UploadUnknown)));
    assert_eq!((world.count("uploads").await, world.usage("library").await), (0, 9000));
    assert_eq!(world.store.list_uploads().await.unwrap().len(), 0);
}

async fn an_upload_needs_no_hash_state(mut world: World) {
    let blob = Blob::random("blob", 3000);
    let sha512 = Blob::sha512(blob.bytes.clone());
    for digest in [blob.digest, sha512.digest] {
        let id = world.start("library/a").await;
        world.append("library/a", id, &blob.bytes[..1000]).await.unwrap();
        // As after an upgrade that changes what a hash state looks like.
        world.execute("UPDATE uploads SET hash_state = NULL", &[]).await;
        world.restart();
        world.append("library/a", id, &blob.bytes[1000..2000]).await.unwrap();
        assert_eq!(world.finish("library/a", id, &digest, &blob.bytes[2000..]).await.unwrap(), 3000);
        assert_eq!(world.blob("library/a", &digest).await.unwrap(), blob.bytes);
    }
}

async fn chunks_have_to_join(world: World) {
    let id = world.start("library/a").await;
    world.append("library/a", id, &[1; 1000]).await.unwrap();
    let chunk = |start, end, bytes: usize| Chunk { range: Some(ByteRange { start, end }), body: body(&vec![2; bytes]) };
    let access = world.may("library/a").await;
    for start in [0, 999, 1001] {
        let refused =
            upload::append(&world.domain, &access, &name("library/a"), id, chunk(start, start + 100, 100)).await;
        assert!(matches!(refused, Err(Error::RangeInvalid { received: 1000 })), "{refused:?}");
    }
    // The upload stays usable, also by others than those of its repository's only.
    assert_eq!(
        upload::append(&world.domain, &access, &name("library/a"), id, chunk(1000, 1100, 100)).await.unwrap(),
        1100
    );
    let foreign = upload::status(&world.domain, &world.may("library/b").await, &name("library/b"), id).await;
    assert!(matches!(foreign, Err(Error::UploadUnknown)));
}

async fn a_body_that_breaks_off_leaves_what_came(world: World) {
    let blob = Blob::random("blob", 4000);
    let id = world.start("library/a").await;
    let broken = stream::iter([
        Ok(blob.bytes.slice(..1500)),
        Err(std::io::Error::new(std::io::ErrorKind::ConnectionReset, "gone")),
    ]);
    let access = world.may("library/a").await;
    let chunk = Chunk { range: None, body: Box::pin(broken) };
    let outcome = upload::append(&world.domain, &access, &name("library/a"), id, chunk).await;
    assert!(matches!(outcome, Err(Error::BodyAborted)), "{outcome:?}");
    let received = upload::status(&world.domain, &access, &name("library/a"), id).await.unwrap();
    assert!(received <= 1500);
    world.finish("library/a", id, &blob.digest, &blob.bytes[received as usize..]).await.unwrap();
    assert_eq!(world.blob("library/a", &blob.digest).await.unwrap(), blob.bytes);
}

async fn a_wrong_digest_ends_the_upload(world: World) {
    let id = world.start("library/a").await;
    world.append("library/a", id, b"something").await.unwrap();
    let wrong = world.finish("library/a", id, &Blob::new("else").digest, b"").await;
    assert!(matches!(wrong, Err(Error::DigestInvalid(_))), "{wrong:?}");
    assert!(matches!(world.append("library/a", id, b"x").await, Err(Error::UploadUnknown)));
    assert_eq!((world.count("uploads").await, world.count("blobs").await), (0, 0));
}

async fn a_cancelled_upload_is_gone(world: World) {
    let id = world.start("library/a").await;
    world.append("library/a", id, b"something").await.unwrap();
    let access = world.may("library/a").await;
    upload::cancel(&world.domain, &access, &name("library/a"), id).await.unwrap();
    let again = upload::cancel(&world.domain, &access, &name("library/a"), id).await;
    assert!(matches!(again, Err(Error::UploadUnknown)));
    assert_eq!(world.store.list_uploads().await.unwrap().len(), 0);
}
