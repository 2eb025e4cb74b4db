//! Manifests, tags, what they count and what they cost.

use super::*;

everywhere!(
    a_docker_image_keeps_its_media_type,
    an_image_comes_back_byte_for_byte,
    a_manifest_needs_its_blobs_here,
    a_layer_elsewhere_is_not_asked_for,
    a_tag_that_moves_leaves_a_manifest_behind,
    a_tag_goes_and_its_manifest_stays,
    one_push_sets_many_tags,
    children_hide_behind_their_index,
    an_index_may_come_before_its_children,
    an_index_that_names_a_child_twice_counts_it_once,
    accessories_follow_their_subject,
    usage_falls_with_the_last_link,
    a_deleted_repository_can_be_pushed_again,
    a_full_project_refuses_and_keeps_what_it_has,
    pulls_are_counted_with_the_next_flush,
    every_change_is_audited,
    a_sha512_push_keeps_its_digest,
    concurrent_pushes_of_one_image_agree,
    many_tags_of_one_repository_at_once,
);

async fn a_docker_image_keeps_its_media_type(world: World) {
    let image = Image::docker("image", 2);
    world.push("library/a", "v1", &image).await;
    let found = world.get("library/a", "v1").await.unwrap();
    assert_eq!((found.media_type, found.bytes), (image.manifest.media_type.clone(), image.manifest.bytes.clone()));
}

async fn an_image_comes_back_byte_for_byte(mut world: World) {
    let image = Image::new("image", 3);
    world.push("library/app/web", "v1", &image).await;
    world.restart();
    let by_digest = image.manifest.digest.to_string();
    for reference in ["v1", by_digest.as_str()] {
        let found = world.get("library/app/web", reference).await.unwrap();
        assert_eq!((found.bytes, found.digest), (image.manifest.bytes.clone(), image.manifest.digest));
        assert_eq!(found.media_type, image.manifest.media_type);
    }
    for blob in &image.blobs {
        assert_eq!(world.blob("library/app/web", &blob.digest).await.unwrap(), blob.bytes);
    }
    assert_eq!(world.artifacts("library/app/web").await, 1);
    assert_eq!(world.usage("library").await, image.size() as i64);
    // A second push of the same is no second artifact, and costs nothing.
    world.push("library/app/web", "v1", &image).await;
    assert_eq!((world.artifacts("library/app/web").await, world.usage("library").await), (1, image.size() as i64));
    assert_eq!(world.count("tag_history").await, 1);
}

async fn a_manifest_needs_its_blobs_here(world: World) {
    let image = Image::new("image", 2);
    for blob in &image.blobs[..2] {
        world.put_blob("library/a", blob).await;
    }
    world.put_blob("library/b", &image.blobs[2]).await;
    let refused = world.put("library/a", "v1", &image.manifest).await;
    let missing = image.blobs[2].digest;
    assert!(matches!(refused, Err(Error::ManifestBlobUnknown(digest)) if digest == missing), "{refused:?}");
    assert_eq!((world.count("manifests").await, world.count("manifest_bytes").await), (0, 0));
    // The refusal is no obstacle to doing better.
    world.put_blob("library/a", &image.blobs[2]).await;
    world.put("library/a", "v1", &image.manifest).await.unwrap();
    assert_eq!(world.usage("library").await, image.size() as i64);
}

async fn a_layer_elsewhere_is_not_asked_for(world: World) {
    let config = Blob::new("{}");
    world.put_blob("library/a", &config).await;
    let foreign = Blob::random("foreign", 10);
    let json = serde_json::json!({
        "schemaVersion": 2, "mediaType": berth_types::media_type::DOCKER_MANIFEST,
        "config": { "mediaType": "application/vnd.docker.container.image.v1+json", "digest": config.digest, "size": 2 },
        "layers": [{
            "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "digest": foreign.digest,
            "size": 10_000_000, "urls": ["https://layers.example/x"],
        }],
    });
    let manifest = Manifest::new(berth_types::media_type::DOCKER_MANIFEST, &json);
    world.put("library/a", "v1", &manifest).await.unwrap();
    assert_eq!(world.usage("library").await, 2 + manifest.bytes.len() as i64);
}

async fn a_tag_that_moves_leaves_a_manifest_behind(world: World) {
    let (old, new) = (Image::new("old", 1), Image::new("new", 1));
    world.push("library/a", "latest", &old).await;
    world.push("library/a", "latest", &new).await;
    assert_eq!(world.get("library/a", "latest").await.unwrap().digest, new.manifest.digest);
    assert_eq!(world.get("library/a", &old.manifest.digest.to_string()).await.unwrap().bytes, old.manifest.bytes);
    assert_eq!(world.artifacts("library/a").await, 2);
    world.push("library/a", "latest", &old).await;
    assert_eq!((world.artifacts("library/a").await, world.count("tag_history").await), (2, 3));
}

async fn a_tag_goes_and_its_manifest_stays(world: World) {
    let image = Image::new("image", 1);
    world.push("library/a", "v1", &image).await;
    world.push("library/a", "v2", &image).await;
    assert_eq!((world.artifacts("library/a").await, world.tags("library/a").await.len()), (1, 2));
    world.delete_tag("library/a", "v1").await.unwrap();
    assert!(matches!(world.delete_tag("library/a", "v1").await, Err(Error::ManifestUnknown(_))));
    assert!(matches!(world.get("library/a", "v1").await, Err(Error::ManifestUnknown(_))));
    assert_eq!(world.tags("library/a").await, ["v2"]);
    world.delete_tag("library/a", "v2").await.unwrap();
    assert_eq!(world.artifacts("library/a").await, 1);
    assert_eq!(world.get("library/a", &image.manifest.digest.to_string()).await.unwrap().digest, image.manifest.digest);
    assert_eq!(world.tags("library/a").await, Vec::<String>::new());
}

async fn one_push_sets_many_tags(world: World) {
    let image = Image::new("image", 1);
    for blob in &image.blobs {
        world.put_blob("library/a", blob).await;
    }
    let reference = Reference::Digest(image.manifest.digest);
    let tags: Vec<TagName> = ["1", "1.2", "1.2.3"].iter().map(|tag| tag.parse().unwrap()).collect();
    let request = PushRequest {
        reference: &reference,
        tags: tags.clone(),
        content_type: Some(&image.manifest.media_type),
        bytes: image.manifest.bytes.clone(),
    };
    let pushed =
        manifest::put(&world.domain, &world.may("library/a").await, &name("library/a"), request).await.unwrap();
    assert_eq!((pushed.digest, pushed.tags), (image.manifest.digest, tags));
    assert_eq!(world.tags("library/a").await, ["1", "1.2", "1.2.3"]);
    assert_eq!(world.artifacts("library/a").await, 1);
}

async fn children_hide_behind_their_index(world: World) {
    let (amd, arm) = (Image::new("amd64", 1), Image::new("arm64", 1));
    for image in [&amd, &arm] {
        world.push("library/a", &image.manifest.digest.to_string(), image).await;
    }
    assert_eq!(world.artifacts("library/a").await, 2);
    let index = Manifest::index(&[&amd.manifest, &arm.manifest]);
    world.put("library/a", "v1", &index).await.unwrap();
    assert_eq!(world.artifacts("library/a").await, 1);
    // A tag of its own brings a child back into the list.
    world.put("library/a", "only-amd", &amd.manifest).await.unwrap();
    assert_eq!(world.artifacts("library/a").await, 2);

    let refused = world.delete("library/a", &amd.manifest).await;
    assert!(matches!(refused, Err(Error::Unsupported(_))), "{refused:?}");
    world.delete("library/a", &index).await.unwrap();
    assert_eq!(world.artifacts("library/a").await, 2);
    world.delete("library/a", &amd.manifest).await.unwrap();
    world.delete("library/a", &arm.manifest).await.unwrap();
    assert_eq!((world.artifacts("library/a").await, world.usage("library").await), (0, 0));
}

async fn an_index_may_come_before_its_children(world: World) {
    let (amd, arm) = (Image::new("amd64", 1), Image::new("arm64", 1));
    let index = Manifest::index(&[&amd.manifest, &arm.manifest]);
    let outer = Manifest::index(&[&index]);
    world.put("library/a", "outer", &outer).await.unwrap();
    world.put("library/a", "v1", &index).await.unwrap();
    assert_eq!(world.artifacts("library/a").await, 2);
    world.push("library/a", &amd.manifest.digest.to_string(), &amd).await;
    assert_eq!(world.artifacts("library/a").await, 2);
    assert!(matches!(world.delete("library/a", &amd.manifest).await, Err(Error::Unsupported(_))));
    world.delete_tag("library/a", "v1").await.unwrap();
    assert_eq!(world.artifacts("library/a").await, 1);
    world.delete("library/a", &outer).await.unwrap();
    world.delete("library/a", &index).await.unwrap();
    assert_eq!(world.artifacts("library/a").await, 1);
    world.delete("library/a", &amd.manifest).await.unwrap();
    assert_eq!((world.artifacts("library/a").await, world.usage("library").await), (0, 0));
}

async fn an_index_that_names_a_child_twice_counts_it_once(world: World) {
    let image = Image::new("image", 1);
    let index = Manifest::index(&[&image.manifest, &image.manifest]);
    world.push("library/a", &image.manifest.digest.to_string(), &image).await;
    world.put("library/a", "v1", &index).await.unwrap();
    assert_eq!(world.artifacts("library/a").await, 1);
    world.delete("library/a", &index).await.unwrap();
    assert_eq!(world.artifacts("library/a").await, 1);
    world.delete("library/a", &image.manifest).await.unwrap();
    // The other order.
    world.put("library/a", "v1", &index).await.unwrap();
    world.push("library/a", &image.manifest.digest.to_string(), &image).await;
    assert_eq!(world.artifacts("library/a").await, 1);
    world.delete("library/a", &index).await.unwrap();
    world.delete("library/a", &image.manifest).await.unwrap();
    assert_eq!((world.artifacts("library/a").await, world.usage("library").await), (0, 0));
}

async fn accessories_follow_their_subject(world: World) {
    let image = Image::new("image", 1);
    let signature = Image::referring(&image.manifest, "application/vnd.example.signature", "s");
    let attestation = Image::referring(&signature.manifest, "application/vnd.example.attestation", "t");
    // The signature may be there first.
    world.push("library/a", &signature.manifest.digest.to_string(), &signature).await;
    assert_eq!(world.artifacts("library/a").await, 0);
    world.push("library/a", "v1", &image).await;
    world.push("library/a", "sha256-tag.att", &attestation).await;
    assert_eq!(world.artifacts("library/a").await, 1);

    let (access, repo) = (world.may("library/a").await, name("library/a"));
    let list = |kind: &'static str| referrer::list(&world.domain, &access, &repo, &image.manifest.digest, kind, 0);
    let found = list("").await.unwrap();
    assert_eq!(found.manifests.len(), 1);
    assert_eq!(found.manifests[0].digest, signature.manifest.digest);
    assert_eq!(found.manifests[0].artifact_type, "application/vnd.example.signature");
    let annotations = found.manifests[0].annotations.as_ref().unwrap();
    assert_eq!(annotations.get(), r#"{"org.example.seed":"s"}"#);
    assert_eq!(list("application/vnd.example.signature").await.unwrap().manifests.len(), 1);
    assert_eq!(list("application/vnd.example.other").await.unwrap().manifests.len(), 0);

    world.delete("library/a", &image.manifest).await.unwrap();
    assert_eq!((world.count("manifests").await, world.artifacts("library/a").await), (0, 0));
    assert_eq!((world.usage("library").await, world.count("tags").await), (0, 0));
}

async fn usage_falls_with_the_last_link(world: World) {
    world.project("other").await;
    let (one, two) = (Image::new("shared", 2), {
        let shared = Image::new("shared", 2);
        Image::with_layers("two", shared.blobs[1..].to_vec())
    });
    world.push("library/a", "v1", &one).await;
    world.push("library/a", "v2", &two).await;
    world.push("library/b", "v1", &one).await;
    world.push("other/a", "v1", &one).await;
    let own = (two.blobs[0].bytes.len() + two.manifest.bytes.len()) as i64;
    let both = one.size() as i64 + own;
    assert_eq!((world.usage("library").await, world.usage("other").await), (both, one.size() as i64));
    world.delete("library/a", &one.manifest).await.unwrap();
    assert_eq!(world.usage("library").await, both);
    world.delete("library/b", &one.manifest).await.unwrap();
    // The configuration and the manifest are gone, the layers are still needed.
    let freed = (one.blobs[0].bytes.len() + one.manifest.bytes.len()) as i64;
    assert_eq!(world.usage("library").await, both - freed);
    world.delete("library/a", &two.manifest).await.unwrap();
    assert_eq!((world.usage("library").await, world.usage("other").await), (0, one.size() as i64));
    let access = world.may::<DeleteRepository>("other/a").await;
    repository::delete(&world.domain, &access, &name("other/a")).await.unwrap();
    assert_eq!((world.usage("other").await, world.count("repository_blobs").await), (0, 0));
}

async fn a_deleted_repository_can_be_pushed_again(world: World) {
    let image = Image::new("image", 2);
    let index = Manifest::index(&[&image.manifest]);
    world.push("library/a", "v1", &image).await;
    world.put("library/a", "multi", &index).await.unwrap();
    let access = world.may::<DeleteRepository>("library/a").await;
    repository::delete(&world.domain, &access, &name("library/a")).await.unwrap();
    assert!(matches!(world.get("library/a", "v1").await, Err(Error::ManifestUnknown(_))));
    assert!(matches!(world.blob("library/a", &image.blobs[0].digest).await, Err(Error::BlobUnknown(_))));
    assert_eq!(world.usage("library").await, 0);
    world.push("library/a", "v1", &image).await;
    assert_eq!(world.get("library/a", "v1").await.unwrap().bytes, image.manifest.bytes);
    assert_eq!(world.usage("library").await, image.size() as i64);
}

async fn a_full_project_refuses_and_keeps_what_it_has(world: World) {
    let image = Image::new("image", 1);
    world.push("library/a", "v1", &image).await;
    let limit = image.size() as i64 + 1500;
    world.execute("UPDATE projects SET storage_bytes_max = $1", args![limit]).await;
    let (fits, exceeds) = (Blob::random("fits", 1000), Blob::random("exceeds", 1000));
    world.put_blob("library/a", &fits).await;
    let access = world.may::<Push>("library/a").await;
    let refused = blob::put(&world.domain, &access, &name("library/a"), &exceeds.digest, body(&exceeds.bytes)).await;
    assert!(matches!(&refused, Err(Error::Denied(text)) if text.contains("exceed")), "{refused:?}");
    assert!(matches!(world.blob("library/a", &exceeds.digest).await, Err(Error::BlobUnknown(_))));
    // What the project has already costs nothing, also in another repository.
    world.put_blob("library/b", &fits).await;
    assert_eq!(world.usage("library").await, image.size() as i64 + 1000);
}

async fn pulls_are_counted_with_the_next_flush(world: World) {
    let image = Image::new("image", 1);
    world.push("library/a", "v1", &image).await;
    let audited = world.count("audit").await;
    for _ in 0..3 {
        world.get("library/a", "v1").await.unwrap();
    }
    world.get("library/a", &image.manifest.digest.to_string()).await.unwrap();
    // Looking is not pulling.
    let access = world.may("library/a").await;
    manifest::stat(&world.domain, &access, &name("library/a"), &"v1".parse().unwrap()).await.unwrap();
    assert_eq!(world.one::<i64>("SELECT pull_count FROM repositories", &[]).await, 0);
    pull::flush(&world.domain).await.unwrap();
    assert_eq!(world.one::<i64>("SELECT pull_count FROM repositories", &[]).await, 4);
    assert_eq!(world.one::<i64>("SELECT pull_count FROM manifests", &[]).await, 4);
    // Who pulls the same again has one entry, which says how often.
    assert_eq!(world.count("audit").await, audited + 2);
    let told = "SELECT description FROM audit WHERE operation = 'pull' AND resource = $1";
    let digest = image.manifest.digest;
    let by_tag = world.one::<String>(told, args!["library/a:v1"]).await;
    assert_eq!(by_tag, format!("pull artifact: library/a@{digest} (3 times)"));
    let by_digest = world.one::<String>(told, args![format!("library/a@{digest}")]).await;
    assert_eq!(by_digest, format!("pull artifact: library/a@{digest}"));
    // Unless each of them shall have its own.
    let (audited, mut each) = (world.count("audit").await, world);
    each.limits = Limits { every_pull: true, ..each.limits };
    each.restart();
    let world = each;
    for _ in 0..3 {
        world.get("library/a", "v1").await.unwrap();
    }
    pull::flush(&world.domain).await.unwrap();
    assert_eq!(world.count("audit").await, audited + 3);
    let told = "SELECT COUNT(*) FROM audit WHERE description = $1";
    assert_eq!(world.one::<i64>(told, args![format!("pull artifact: library/a@{digest}")]).await, 4);
    assert!(world.one::<Option<i64>>("SELECT pulled_at FROM tags", &[]).await.is_some());
    pull::flush(&world.domain).await.unwrap();
    assert_eq!(world.one::<i64>("SELECT pull_count FROM repositories", &[]).await, 7);

    // What is gone before the flush does not stop it.
    world.get("library/a", "v1").await.unwrap();
    world.delete("library/a", &image.manifest).await.unwrap();
    pull::flush(&world.domain).await.unwrap();
    assert_eq!(world.count("audit").await, audited + 5);
}

async fn every_change_is_audited(world: World) {
    let image = Image::new("image", 1);
    world.push("library/a", "v1", &image).await;
    world.push("library/a", "v2", &image).await;
    world.delete_tag("library/a", "v1").await.unwrap();
    world.delete("library/a", &image.manifest).await.unwrap();
    let mut reader = world.db.reader().await.unwrap();
    let sql = "SELECT operation, resource_type, resource, username, project_id FROM audit ORDER BY id";
    let rows = reader.conn().rows(sql, &[]).await.unwrap();
    let told: Vec<String> = rows
        .iter()
        .map(|row| {
            assert_eq!(row.get::<String>(3).unwrap(), "admin");
            assert_eq!(row.get::<i64>(4).unwrap(), 1);
            format!(
                "{} {} {}",
                row.get::<String>(0).unwrap(),
                row.get::<String>(1).unwrap(),
                row.get::<String>(2).unwrap()
            )
        })
        .collect();
    let by_digest = format!("delete artifact library/a@{}", image.manifest.digest);
    assert_eq!(
        told,
        ["create artifact library/a:v1", "create artifact library/a:v2", "delete tag library/a:v1", by_digest.as_str()]
    );
}

async fn a_sha512_push_keeps_its_digest(world: World) {
    let image = Image::new("image", 1);
    for blob in &image.blobs {
        world.put_blob("library/a", blob).await;
    }
    let sha512 = image.manifest.sha512().to_string();
    let pushed = world.put("library/a", &sha512, &image.manifest).await.unwrap();
    assert_eq!(pushed.digest.to_string(), sha512);
    assert_eq!(world.get("library/a", &sha512).await.unwrap().bytes, image.manifest.bytes);
    let by_sha256 = world.get("library/a", &image.manifest.digest.to_string()).await;
    assert!(matches!(by_sha256, Err(Error::ManifestUnknown(_))));
    let blob = Blob::sha512(Blob::random("blob", 2000).bytes);
    world.put_blob("library/a", &blob).await;
    assert_eq!(world.blob("library/a", &blob.digest).await.unwrap(), blob.bytes);
}

async fn concurrent_pushes_of_one_image_agree(world: World) {
    let image = Image::new("image", 3);
    let start = Barrier::new(8);
    let world = &world;
    let pushes = (0..8).map(|n| {
        let (image, start) = (&image, &start);
        async move {
            start.wait().await;
            world.push(&format!("library/r{}", n % 4), &format!("v{n}"), image).await;
        }
    });
    futures_util::future::join_all(pushes).await;
    assert_eq!((world.count("manifests").await, world.count("tags").await), (4, 8));
    assert_eq!((world.count("blobs").await, world.count("manifest_bytes").await), (4, 1));
    assert_eq!(world.usage("library").await, image.size() as i64);
    let start = Barrier::new(4);
    let deletions = (0..4).map(|n| {
        let (image, start) = (&image, &start);
        async move {
            start.wait().await;
            world.delete(&format!("library/r{n}"), &image.manifest).await.unwrap();
        }
    });
    futures_util::future::join_all(deletions).await;
    assert_eq!((world.count("manifests").await, world.count("repository_blobs").await), (0, 0));
    assert_eq!(world.usage("library").await, 0);
}

async fn many_tags_of_one_repository_at_once(world: World) {
    let images: Vec<Image> = (0..6).map(|n| Image::new(&format!("image {n}"), 1)).collect();
    let world = &world;
    let pushes = images.iter().map(|image| async move {
        world.push("library/a", "latest", image).await;
        world.delete("library/a", &image.manifest).await.unwrap();
        world.push("library/a", "latest", image).await;
    });
    futures_util::future::join_all(pushes).await;
    assert_eq!((world.artifacts("library/a").await, world.count("tags").await), (6, 1));
    for image in &images {
        world.delete("library/a", &image.manifest).await.unwrap();
    }
    assert_eq!((world.artifacts("library/a").await, world.usage("library").await), (0, 0));
}
