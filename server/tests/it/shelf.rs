//! A repository as its page shows it: tags with what they point at, where they have been, and what it says about itself.

use berth_testkit::{Blob, Client, Image, Manifest, Role, TestApp, eventually, on_both};
use berth_types::media_type::{OCI_INDEX, OCI_MANIFEST};
use serde_json::{Value, json};

const REPO: &str = "library/app";
const HERE: &str = "/api/berth/v1/projects/library/repositories/app";
const HARBOR: &str = "/api/v2.0/projects/library/repositories/app";

on_both!(
    tags_sort_as_people_count,
    an_index_rolls_up_and_knows_its_attestations,
    tags_are_filtered_by_what_they_point_at,
    a_nul_character_keeps_nobody_from_anything,
    a_tag_goes_back_to_where_it_was,
    who_may_not_push_restores_nothing,
    a_summary_says_what_it_is,
    a_readme_is_safe_and_previewed,
    pulls_are_told_by_day,
    what_is_not_to_be_seen_says_nothing,
);

/// An image for a platform.
fn image(seed: &str, platform: &str) -> Image {
    let (os, architecture) = platform.split_once('/').unwrap();
    let config = json!({ "os": os, "architecture": architecture, "config": { "Labels": { "seed": seed } } });
    made(&config, &[("application/vnd.oci.image.layer.v1.tar+gzip", json!({}))], seed, &json!({}))
}

fn made(config: &Value, layers: &[(&str, Value)], seed: &str, annotations: &Value) -> Image {
    let config = Blob::new(config.to_string());
    let blobs: Vec<Blob> = (0..layers.len()).map(|layer| Blob::random(&format!("{seed}{layer}"), 500)).collect();
    let described = blobs.iter().zip(layers).map(|(blob, (media_type, annotations))| {
        let mut descriptor = blob.descriptor(media_type);
        descriptor["annotations"] = annotations.clone();
        descriptor
    });
    let json = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "annotations": annotations,
        "config": config.descriptor("application/vnd.oci.image.config.v1+json"),
        "layers": described.collect::<Vec<_>>(),
    });
    let manifest = Manifest::new(OCI_MANIFEST, &json);
    Image { blobs: std::iter::once(config).chain(blobs).collect(), manifest }
}

/// What a builder attests about an image.
fn attestation(seed: &str) -> Image {
    let layer = |kind: &str| ("application/vnd.in-toto+json", json!({ "in-toto.io/predicate-type": kind }));
    let layers = [layer("https://slsa.dev/provenance/v1"), layer("https://spdx.dev/Document")];
    made(&json!({ "os": "unknown", "architecture": "unknown" }), &layers, seed, &json!({}))
}

/// An index as builders write one: platforms, and what is attested about the first of them.
fn index(platforms: &[(&Image, &str)], attestation: Option<&Image>) -> Manifest {
    let mut lines: Vec<Value> = platforms
        .iter()
        .map(|(image, platform)| {
            let (os, architecture) = platform.split_once('/').unwrap();
            let mut line = image.manifest.descriptor();
            line["platform"] = json!({ "os": os, "architecture": architecture });
            line
        })
        .collect();
    if let Some(attestation) = attestation {
        let mut line = attestation.manifest.descriptor();
        line["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
        line["annotations"] = json!({
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": platforms[0].0.manifest.digest.to_string(),
        });
        // Builders list it last; a list has it there wherever it stands.
        lines.insert(0, line);
    }
    Manifest::new(OCI_INDEX, &json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": lines }))
}

async fn push_digest(client: &Client, image: &Image) {
    client.push(REPO, &image.manifest.digest.to_string(), image).await;
}

async fn tags(client: &Client, query: &str) -> Vec<Value> {
    let reply = client.get(&format!("{HERE}/tags?{query}")).send().await.expect(200);
    let rows = reply.json().as_array().unwrap().clone();
    assert_eq!(reply.header("x-total-count"), rows.len().to_string(), "{query}");
    rows
}

fn names(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["name"].as_str().unwrap()).collect()
}

async fn tags_sort_as_people_count(app: &TestApp) {
    let admin = app.admin();
    for (position, tag) in ["v1.10.0", "v1.2.0", "latest", "v1.9.1"].into_iter().enumerate() {
        admin.push(REPO, tag, &Image::new(tag, position + 1)).await;
        app.later(60);
    }
    assert_eq!(names(&tags(&admin, "sort=name").await), ["latest", "v1.2.0", "v1.9.1", "v1.10.0"]);
    assert_eq!(names(&tags(&admin, "sort=-name").await), ["v1.10.0", "v1.9.1", "v1.2.0", "latest"]);
    assert_eq!(names(&tags(&admin, "sort=push_time").await), ["v1.10.0", "v1.2.0", "latest", "v1.9.1"]);
    assert_eq!(names(&tags(&admin, "sort=-size").await)[0], "v1.9.1");
    assert_eq!(names(&tags(&admin, "q=name%3D~1.2").await), ["v1.2.0"]);
    for bad in ["platform%3Dlinux", "signed%3Dmaybe", "labels%3D1"] {
        admin.get(&format!("{HERE}/tags?q={bad}")).send().await.refused(400, "BAD_REQUEST");
    }
}

async fn an_index_rolls_up_and_knows_its_attestations(app: &TestApp) {
    let admin = app.admin();
    let (amd, arm, told) = (image("amd", "linux/amd64"), image("arm", "linux/arm64"), attestation("told"));
    for image in [&amd, &arm, &told] {
        push_digest(&admin, image).await;
    }
    let index = index(&[(&amd, "linux/amd64"), (&arm, "linux/arm64")], Some(&told));
    admin.put_manifest(REPO, "v1", &index).await.expect(201);
    let row = tags(&admin, "").await.remove(0);
    assert_eq!(row["platforms"], json!(["linux/amd64", "linux/arm64"]));
    let children = row["children"].as_array().unwrap();
    let digests: Vec<&str> = children.iter().map(|child| child["digest"].as_str().unwrap()).collect();
    let expected = [&amd, &arm, &told].map(|image| image.manifest.digest.to_string());
    assert_eq!(digests, expected);
    // The index is as large as what it lists and itself.
    let sum: i64 = children.iter().map(|child| child["size"].as_i64().unwrap()).sum();
    assert_eq!(row["size"].as_i64().unwrap(), sum + i64::try_from(index.bytes.len()).unwrap());
    assert_eq!(children[1]["size"].as_u64().unwrap(), arm.size());
    assert_eq!(children[2]["attestation"], true);
    assert_eq!(children[2]["platform"], Value::Null);
    assert_eq!(children[2]["subject"], amd.manifest.digest.to_string());
    assert_eq!(children[2]["predicates"], json!(["https://slsa.dev/provenance/v1", "https://spdx.dev/Document"]));
    // What is attested is a fact of the first platform, and of the whole.
    let sboms = [&row, &children[0], &children[1], &children[2]].map(|of| of["sbom"].as_bool().unwrap());
    assert_eq!(sboms, [true, true, false, false]);
    assert!(children.iter().all(|child| child["present"] == true));
    assert!(!row.to_string().contains("unknown"), "{row}");

    // The artifacts say the same, one by one and in lists, where that is asked for.
    let asked = "with_sbom_overview=true";
    let done = json!("Success");
    let shown = admin.get(&format!("{HARBOR}/artifacts?{asked}")).send().await.expect(200).json();
    assert_eq!(shown[0]["sbom_overview"]["scan_status"], done);
    for (reference, expected) in [("v1", &done), (digests[0], &done), (digests[1], &Value::Null)] {
        let shown = admin.get(&format!("{HARBOR}/artifacts/{reference}?{asked}")).send().await.expect(200).json();
        assert_eq!(&shown["sbom_overview"]["scan_status"], expected, "{reference}");
    }
    assert_eq!(
        admin.get(&format!("{HARBOR}/artifacts/v1")).send().await.expect(200).json()["sbom_overview"],
        Value::Null
    );

    // A sparse index says what is missing.
    let gone = image("gone", "linux/s390x");
    let sparse = self::index(&[(&amd, "linux/amd64"), (&gone, "linux/s390x")], None);
    admin.put_manifest(REPO, "sparse", &sparse).await.expect(201);
    let row = tags(&admin, "q=name%3Dsparse").await.remove(0);
    assert_eq!((&row["children"][1]["present"], &row["children"][1]["size"]), (&json!(false), &json!(0)));
}

async fn tags_are_filtered_by_what_they_point_at(app: &TestApp) {
    let admin = app.admin();
    let (amd, arm, plain) = (image("amd", "linux/amd64"), image("arm", "linux/arm64"), image("plain", "linux/arm64"));
    push_digest(&admin, &amd).await;
    push_digest(&admin, &arm).await;
    let both = index(&[(&amd, "linux/amd64"), (&arm, "linux/arm64")], None);
    admin.put_manifest(REPO, "both", &both).await.expect(201);
    admin.push(REPO, "plain", &plain).await;
    assert_eq!(names(&tags(&admin, "sort=name&q=platform%3Dlinux/arm64").await), ["both", "plain"]);
    assert_eq!(names(&tags(&admin, "q=platform%3Dlinux/amd64").await), ["both"]);
    assert!(tags(&admin, "q=platform%3Dlinux/arm64/v8").await.is_empty());

    let signature = Image::referring(&both, "application/vnd.cncf.notary.signature", "signature");
    push_digest(&admin, &signature).await;
    assert_eq!(names(&tags(&admin, "q=signed%3Dtrue").await), ["both"]);
    assert_eq!(names(&tags(&admin, "q=signed%3Dfalse").await), ["plain"]);
    let rows = tags(&admin, "sort=name").await;
    assert_eq!(rows[0]["signatures"], json!(["signature.notation"]));
    assert_eq!((&rows[1]["signatures"], &rows[1]["vulnerabilities"]), (&Value::Null, &Value::Null));
    let sbom = Image::referring(&plain.manifest, "application/vnd.cyclonedx+json", "sbom");
    push_digest(&admin, &sbom).await;
    let sboms: Vec<bool> = tags(&admin, "sort=name").await.iter().map(|row| row["sbom"].as_bool().unwrap()).collect();
    assert_eq!(sboms, [false, true]);
    let shown = admin.get(&format!("{HARBOR}/artifacts/plain?with_sbom_overview=true")).send().await.expect(200).json();
    assert_eq!(shown["sbom_overview"]["sbom_digest"], sbom.manifest.digest.to_string());

    let label = json!({ "name": "stable", "color": "#0065AB", "scope": "g" });
    let made = admin.post("/api/v2.0/labels").json(&label).send().await.expect(201).location();
    let id: i64 = made.rsplit('/').next().unwrap().parse().unwrap();
    admin.post(&format!("{HARBOR}/artifacts/plain/labels")).json(&json!({ "id": id })).send().await.expect(200);
    let rows = tags(&admin, &format!("q=labels%3D({id})")).await;
    assert_eq!((names(&rows), rows[0]["labels"][0]["name"].as_str()), (vec!["plain"], Some("stable")));
    assert!(tags(&admin, &format!("q=labels%3D({id}),signed%3Dtrue")).await.is_empty());
}

async fn history(client: &Client, path: &str) -> Vec<Value> {
    client.get(&format!("{HERE}/{path}")).send().await.expect(200).json().as_array().unwrap().clone()
}

async fn a_nul_character_keeps_nobody_from_anything(app: &TestApp) {
    let admin = app.admin();
    let nul = "\0 and \\u0000 and \\\0 and \u{1}";
    let layers = [("application/vnd.oci.image.layer.v1.tar+gzip", json!({ "title": nul }))];
    let of = |os: &str| {
        let labels = json!({ nul: nul });
        json!({ "os": os, "architecture": "riscv64", "author": nul, "config": { "Labels": labels, "Env": [nul] } })
    };
    let image = made(&of("linux"), &layers, "nul", &json!({ "note": nul, nul: "note" }));
    admin.push(REPO, "nul", &image).await;
    admin.push(REPO, "nul-os", &made(&of("bsd\0"), &layers, "nul-os", &json!({}))).await;
    let mut line = image.manifest.descriptor();
    line["platform"] = json!({ "os": "linux", "architecture": "riscv64", "os.version": nul });
    line["annotations"] = json!({ "note": nul });
    let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [line] });
    admin.put_manifest(REPO, "nul-index", &Manifest::new(OCI_INDEX, &index)).await.expect(201);
    let odd = Image::referring(&image.manifest, "application/vnd.example\0type", "odd");
    push_digest(&admin, &odd).await;

    admin.push(REPO, "plain", &self::image("plain", "linux/arm64")).await;
    assert_eq!(names(&tags(&admin, "sort=name&q=platform%3Dlinux/riscv64").await), ["nul", "nul-index"]);
    assert_eq!(names(&tags(&admin, "q=platform%3Dlinux/arm64").await), ["plain"]);
    assert_eq!(tags(&admin, "").await.len(), 4);
    admin.pull(REPO, "nul", &image).await;
    let artifacts =
        admin.get(&format!("{HARBOR}/artifacts?with_accessory=true&q=type%3DIMAGE")).send().await.expect(200);
    assert!(artifacts.json().as_array().unwrap().iter().any(|row| row["extra_attrs"]["author"] == nul));
    let referrers = admin.get(&format!("/v2/{REPO}/referrers/{}", image.manifest.digest)).send().await.expect(200);
    assert_eq!(referrers.json()["manifests"].as_array().unwrap().len(), 1);
    let counted =
        json!({ "kind": "tags", "action": "delete", "repository": REPO, "all": true, "q": "platform=linux/riscv64" });
    let counted = admin.post("/api/berth/v1/bulk/preview").json(&counted).send().await.expect(200).json();
    assert_eq!(counted["items"], 2);
}

async fn a_tag_goes_back_to_where_it_was(app: &TestApp) {
    let admin = app.admin();
    let (old, new) = (Image::new("old", 1), Image::new("new", 1));
    let (was, is) = (old.manifest.digest.to_string(), new.manifest.digest.to_string());
    admin.push(REPO, "stable", &old).await;
    admin.push(REPO, "v1", &old).await;
    admin.push(REPO, "stable", &new).await;
    let moves = history(&admin, "tags/stable/history").await;
    let seen: Vec<_> = moves.iter().map(|entry| (&entry["digest"], &entry["from"], &entry["current"])).collect();
    let (yes, no) = (json!(true), json!(false));
    assert_eq!(seen, [(&json!(is), &json!(was), &yes), (&json!(was), &Value::Null, &no)]);
    assert!(moves.iter().all(|entry| entry["present"] == true));

    let developer = app.user_in("library", "dev", Role::Developer).await;
    let restore = format!("{HERE}/tags/stable/restore");
    developer.post(&restore).json(&json!({ "digest": was })).send().await.expect(200);
    assert_eq!(
        admin.head(&format!("/v2/{REPO}/manifests/stable")).send().await.expect(200).header("docker-content-digest"),
        was
    );
    let moves = history(&admin, "tags/stable/history").await;
    // The tag is back where an older move had put it.
    let here: Vec<_> = moves.iter().map(|entry| (&entry["here"], &entry["current"])).collect();
    assert_eq!(here, [(&yes, &yes), (&no, &no), (&yes, &no)]);
    let newest = moves[0].clone();
    assert_eq!((&newest["operation"], &newest["username"]), (&json!("restore"), &json!("dev")));
    assert_eq!((&newest["from"], &newest["current"]), (&json!(is), &json!(true)));
    let log = admin.get("/api/v2.0/auditlog-exts?q=operation%3Drestore").send().await.expect(200).json();
    assert_eq!((&log[0]["username"], &log[0]["resource"]), (&json!("dev"), &json!("library/app:stable")));

    // A tag that is gone comes back, one whose manifest is gone does not.
    admin.delete(&format!("{HARBOR}/artifacts/stable/tags/stable")).send().await.expect(200);
    assert_eq!(history(&admin, "history?q=tag%3D~stab,operation%3Ddelete").await.len(), 1);
    admin.post(&restore).json(&json!({ "digest": was })).send().await.expect(200);
    admin.delete(&format!("{HARBOR}/artifacts/{is}")).send().await.expect(200);
    admin.post(&restore).json(&json!({ "digest": is })).send().await.refused(404, "NOT_FOUND");
    let gone = history(&admin, "tags/stable/history").await;
    assert!(gone.iter().filter(|entry| entry["digest"] == is).all(|entry| entry["present"] == false));
    // All tags of the repository, newest first.
    let all = history(&admin, "history").await;
    assert_eq!((&all[0]["tag"], &all[0]["operation"]), (&json!("stable"), &json!("restore")));
    assert!(all.iter().any(|entry| entry["tag"] == "v1"));
    for bad in [json!({ "digest": "shoe" }), json!({ "digest": 1 }), json!({})] {
        let status = admin.post(&restore).json(&bad).send().await.status;
        assert!(matches!(status, 400 | 422), "{bad}: {status}");
    }
    admin
        .post(&format!("{HERE}/tags/-x/restore"))
        .json(&json!({ "digest": was }))
        .send()
        .await
        .refused(400, "BAD_REQUEST");
}

async fn who_may_not_push_restores_nothing(app: &TestApp) {
    let admin = app.admin();
    let (old, new) = (Image::new("old", 1), Image::new("new", 1));
    let was = json!({ "digest": old.manifest.digest.to_string() });
    admin.push(REPO, "stable", &old).await;
    admin.push(REPO, "stable", &new).await;
    let restore = format!("{HERE}/tags/stable/restore");
    let guest = app.user_in("library", "guest", Role::Guest).await;
    guest.post(&restore).json(&was).send().await.refused(403, "FORBIDDEN");
    app.anonymous().post(&restore).json(&was).send().await.refused(401, "UNAUTHORIZED");
    // A manifest of another repository is none of this one.
    let other = Image::new("other", 1);
    admin.push("library/other", "v1", &other).await;
    let theirs = json!({ "digest": other.manifest.digest.to_string() });
    admin.post(&restore).json(&theirs).send().await.refused(404, "NOT_FOUND");
    // A rule that protects the tag protects it from this as well.
    let rule = json!({
        "disabled": false, "action": "immutable", "template": "immutable_template",
        "tag_selectors": [{ "kind": "doublestar", "decoration": "matches", "pattern": "**" }],
        "scope_selectors": { "repository": [{ "kind": "doublestar", "decoration": "repoMatches", "pattern": "**" }] },
    });
    admin.post("/api/v2.0/projects/library/immutabletagrules").json(&rule).send().await.expect(201);
    admin.post(&restore).json(&was).send().await.refused(412, "PRECONDITION");
    assert_eq!(tags(&admin, "").await[0]["immutable"], true);
    let is = new.manifest.digest.to_string();
    assert_eq!(tags(&admin, "").await[0]["digest"], is);
}

async fn a_summary_says_what_it_is(app: &TestApp) {
    let admin = app.admin();
    let shared = json!({ "os": "linux", "architecture": "amd64", "config": { "Labels": {
        "org.opencontainers.image.source": "https://git.example/team/app",
        "org.opencontainers.image.description": "Keeps **books**. <script>alert(1)</script>",
    } } });
    let layer = ("application/vnd.oci.image.layer.v1.tar+gzip", json!({}));
    let main = made(&shared, &[layer], "main", &json!({}));
    push_digest(&admin, &main).await;
    let index = index(&[(&main, "linux/amd64")], None);
    admin.put_manifest(REPO, "latest", &index).await.expect(201);
    app.later(60);
    admin.push(REPO, "v2", &Image::new("v2", 1)).await;
    let summary = || async { admin.get(&format!("{HERE}/summary")).send().await.expect(200).json() };
    let first = summary().await;
    assert_eq!(first["main"]["name"], "latest");
    assert_eq!(first["main"]["children"].as_array().unwrap().len(), 1);
    assert_eq!(first["source"], "https://git.example/team/app");
    assert_eq!((&first["tag_count"], &first["pull_time"]), (&json!(2), &json!("0001-01-01T00:00:00.000Z")));
    assert_eq!(first["readme"]["source"], "annotation");
    assert_eq!(first["readme"]["html"], "<p>Keeps <strong>books</strong>. </p>\n");
    // The same image again costs nothing, another one its bytes.
    admin.push(REPO, "v3", &Image::new("v2", 1)).await;
    let (before, again) = (first["size"].as_i64().unwrap(), summary().await);
    assert_eq!((again["size"].as_i64().unwrap(), &again["tag_count"]), (before, &json!(3)));
    let other = Image::new("other", 1);
    admin.push(REPO, "v4", &other).await;
    assert_eq!(summary().await["size"].as_i64().unwrap(), before + i64::try_from(other.size()).unwrap());
    // Anything but an address of the web is no source.
    let bad = json!({ "org.opencontainers.image.source": "javascript:alert(1)" });
    let bad = made(&json!({ "os": "linux", "architecture": "amd64" }), &[], "bad", &bad);
    admin.push(REPO, "latest", &bad).await;
    assert_eq!(summary().await["source"], Value::Null);
}

async fn a_readme_is_safe_and_previewed(app: &TestApp) {
    let admin = app.admin();
    admin.push(REPO, "v1", &Image::new("v1", 1)).await;
    let readme = format!("{HERE}/readme");
    assert_eq!(admin.get(&readme).send().await.expect(200).json()["html"], "");
    let text = "# Books\n\n[x](javascript:alert(1)) ![p](https://x.example/p.png) <img src=x onerror=alert(1)>";
    let preview = format!("{readme}/preview");
    let shown = admin.post(&preview).json(&json!({ "description": text })).send().await.expect(200).json();
    let html = shown["html"].as_str().unwrap();
    assert!(html.starts_with("<h3>Books</h3>"), "{html}");
    assert!(
        !html.contains("javascript") && !html.contains("<img") && html.contains("https://x.example/p.png"),
        "{html}"
    );
    // A preview changes nothing; what is saved is shown as it was previewed.
    assert_eq!(admin.get(&readme).send().await.expect(200).json()["html"], "");
    admin.put(HARBOR).json(&json!({ "description": text })).send().await.expect(200);
    let saved = admin.get(&readme).send().await.expect(200).json();
    assert_eq!((&saved["html"], &saved["source"]), (&shown["html"], &json!("description")));
    assert_eq!(admin.get(&format!("{HERE}/summary")).send().await.expect(200).json()["readme"], saved);
    let guest = app.user_in("library", "guest", Role::Guest).await;
    guest.get(&readme).send().await.expect(200);
    guest.post(&preview).json(&json!({ "description": "x" })).send().await.refused(403, "FORBIDDEN");
    let long = json!({ "description": "a".repeat((64 << 10) + 1) });
    admin.post(&preview).json(&long).send().await.refused(400, "BAD_REQUEST");
}

async fn pulls_are_told_by_day(app: &TestApp) {
    const DAY_SECONDS: i64 = 24 * 3600;
    let admin = app.admin();
    admin.push(REPO, "v1", &Image::new("one", 1)).await;
    admin.push(REPO, "v2", &Image::new("two", 1)).await;
    let pull = async |reference: &str| {
        admin.get(&format!("/v2/{REPO}/manifests/{reference}")).send().await.expect(200);
    };
    let by_day = async |total: i64| -> Vec<i64> {
        let days = eventually(async || {
            let summary = admin.get(&format!("{HERE}/summary")).send().await.expect(200).json();
            (summary["pull_count"] == total).then(|| summary["pulls"].clone())
        });
        days.await.as_array().unwrap().iter().map(|day| day.as_i64().unwrap()).collect()
    };
    // The day may end while the test runs, so two days stand for one.
    let around = |days: &[i64], ago: usize| days[28 - ago..30 - ago].iter().sum::<i64>();
    pull("v1").await;
    pull("v2").await;
    let days = by_day(2).await;
    assert_eq!((days.len(), around(&days, 0), days.iter().sum::<i64>()), (30, 2, 2));
    app.later(5 * DAY_SECONDS);
    for reference in ["v1", "v1", "v2"] {
        pull(reference).await;
    }
    let days = by_day(5).await;
    assert_eq!((around(&days, 0), around(&days, 5), days.iter().sum::<i64>()), (3, 2, 5));
    // A month later they are in the number of all pulls alone.
    app.later(26 * DAY_SECONDS);
    let days = by_day(5).await;
    assert_eq!((around(&days, 26), days.iter().sum::<i64>()), (3, 3));
    // What is deleted before its pulls are written does not keep those of others from it.
    let other = Image::new("other", 1);
    admin.push("library/gone", "v1", &other).await;
    admin.get("/v2/library/gone/manifests/v1").send().await.expect(200);
    admin.delete("/api/v2.0/projects/library/repositories/gone").send().await.expect(200);
    pull("v1").await;
    assert_eq!(around(&by_day(6).await, 0), 1);
}

async fn what_is_not_to_be_seen_says_nothing(app: &TestApp) {
    app.project("secret", false).await;
    let admin = app.admin();
    admin.push("secret/app", "v1", &Image::new("v1", 1)).await;
    let stranger = app.user("stranger").await;
    let there = "/api/berth/v1/projects/secret/repositories/app";
    for path in ["summary", "readme", "history", "tags", "tags/v1/history"] {
        stranger.get(&format!("{there}/{path}")).send().await.refused(403, "FORBIDDEN");
        app.anonymous().get(&format!("{there}/{path}")).send().await.refused(401, "UNAUTHORIZED");
        let absent = format!("/api/berth/v1/projects/secret/repositories/none/{path}");
        admin.get(&absent).send().await.refused(404, "NOT_FOUND");
    }
}
