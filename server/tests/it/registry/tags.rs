//! Lists of tags.

use berth_testkit::{Client, Image, TestApp, on_both};
use serde_json::json;

const REPO: &str = "library/app";
const LIST: &str = "/v2/library/app/tags/list";

async fn tags(client: &Client, path: &str) -> (Vec<String>, String) {
    let reply = client.get(path).send().await.expect(200);
    let json = reply.json();
    assert_eq!(json["name"], REPO);
    let tags = json["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap().to_owned()).collect();
    (tags, reply.header("link").to_owned())
}

/// The address in a `Link` to the next page.
fn next(link: &str) -> String {
    let (path, rest) = link.strip_prefix('<').unwrap().split_once('>').unwrap();
    assert_eq!(rest, "; rel=\"next\"");
    path.to_owned()
}

on_both!(
    tags_are_listed_in_byte_order,
    who_names_no_number_gets_all_tags_in_one_answer,
    a_repository_without_tags_is_still_one,
);

async fn tags_are_listed_in_byte_order(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "b", &image).await;
    for tag in ["a", "B", "_", "10", "9", "a.b", "a-b", "latest"] {
        admin.put_manifest(REPO, tag, &image.manifest).await.expect(201);
    }
    let sorted = ["10", "9", "B", "_", "a", "a-b", "a.b", "b", "latest"];
    assert_eq!(tags(&admin, LIST).await, (sorted.map(str::to_owned).to_vec(), String::new()));
    // Page by page, whatever the size.
    for n in 1..=9 {
        let (mut seen, mut path) = (Vec::new(), format!("{LIST}?n={n}"));
        loop {
            let (page, link) = tags(&admin, &path).await;
            assert!(page.len() <= n);
            seen.extend(page);
            if link.is_empty() {
                break;
            }
            path = next(&link);
        }
        assert_eq!(seen, sorted);
    }
    assert_eq!(tags(&admin, &format!("{LIST}?n=0")).await, (Vec::new(), String::new()));
    assert_eq!(tags(&admin, &format!("{LIST}?n=1000000")).await.0.len(), 9);
    // What comes last need not exist.
    assert_eq!(tags(&admin, &format!("{LIST}?last=a-c&n=1")).await.0, ["a.b"]);
    assert_eq!(tags(&admin, &format!("{LIST}?last=zzz")).await, (Vec::new(), String::new()));
    assert_eq!(tags(&admin, &format!("{LIST}?last=%27%3B--")).await.0.len(), 9);
    for n in ["-1", "x", "1.5", "18446744073709551616"] {
        admin.get(&format!("{LIST}?n={n}")).send().await.expect(400);
    }
    assert_eq!(tags(&admin, &format!("{LIST}?n=18446744073709551615")).await.0.len(), 9);
}

async fn a_repository_without_tags_is_still_one(app: &TestApp) {
    let admin = app.admin();
    admin.get(LIST).send().await.refused(404, "NAME_UNKNOWN");
    admin.get("/v2/missing/app/tags/list").send().await.refused(404, "NAME_UNKNOWN");
    let image = Image::new("image", 1);
    admin.push_blob(REPO, &image.blobs[0]).await;
    admin.get(LIST).send().await.refused(404, "NAME_UNKNOWN");
    admin.push(REPO, &image.manifest.digest.to_string(), &image).await;
    assert_eq!(admin.get(LIST).send().await.expect(200).json(), json!({ "name": REPO, "tags": [] }));
    admin.put_manifest(REPO, "v1", &image.manifest).await.expect(201);
    assert_eq!(tags(&admin, LIST).await.0, ["v1"]);
    admin.delete(&format!("/v2/{REPO}/manifests/v1")).send().await.expect(202);
    assert_eq!(tags(&admin, LIST).await.0, Vec::<String>::new());
    admin.head(LIST).send().await.expect(200);
}

/// More than are read from the database at once.
async fn who_names_no_number_gets_all_tags_in_one_answer(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "first", &image).await;
    let names: Vec<String> = (0..1_300).map(|number| format!("t{number:05}")).collect();
    let digest = image.manifest.digest;
    for some in names.chunks(32) {
        let query: Vec<String> = some.iter().map(|name| format!("tag={name}")).collect();
        admin.put_manifest(REPO, &format!("{digest}?{}", query.join("&")), &image.manifest).await.expect(201);
    }
    let mut all = names.clone();
    all.insert(0, "first".to_owned());
    assert_eq!(tags(&admin, LIST).await, (all, String::new()));
    assert_eq!(tags(&admin, &format!("{LIST}?last=t00001")).await, (names[2..].to_vec(), String::new()));
}
