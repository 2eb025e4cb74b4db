//! The pages of an artifact over a fake transport, as HTML.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

use serde_json::{Value, json};
use support::{Fake, MEI, Page, page};

const DIGEST: &str = "sha256:9f1c2a7be04d510e6b1c88f2d3a97745c01e6ab2f49d83c5e7720a1bd4f6e938";
const CHILD: &str = "sha256:3ab7719c0d52e8aa6b1c88f2d3a97745c01e6ab2f49d83c5e7720a1bd4f6e938";
const HARBOR: &str = "/api/v2.0/projects/team/repositories/web/artifacts";
const BERTH: &str = "/api/berth/v1/projects/team/repositories/web/artifacts";
const PAGES: &str = "/projects/team/web/-/artifacts";

fn visitor() -> Fake {
    let project = json!({
        "project_id": 7, "owner_id": 1, "owner_name": "admin", "name": "team", "creation_time": "2026-03-01T09:00:00Z",
        "update_time": "2026-03-14T09:24:00Z", "current_user_role_id": 2, "current_user_role_ids": [2], "repo_count": 1,
        "metadata": { "public": "false" }, "cve_allowlist": { "items": [] },
    });
    Fake::signed_in(MEI).answer("/api/v2.0/projects/team", 200, &project.to_string())
}

/// An artifact with some fields replaced.
fn artifact(more: Value) -> Value {
    let link = json!({ "href": "/x", "absolute": false });
    let mut artifact = json!({
        "id": 5, "type": "IMAGE", "media_type": "application/vnd.oci.image.config.v1+json",
        "manifest_media_type": "application/vnd.oci.image.manifest.v1+json",
        "artifact_type": "application/vnd.oci.image.config.v1+json", "project_id": 7, "repository_id": 3,
        "repository_name": "team/web", "digest": DIGEST, "size": 149_526_938, "push_time": "2026-03-14T09:24:00Z",
        "pull_time": "0001-01-01T00:00:00Z", "addition_links": { "build_history": link },
        "tags": [{ "id": 1, "repository_id": 3, "artifact_id": 5, "name": "v1", "push_time": "2026-03-14T09:24:00Z" }],
        "extra_attrs": { "os": "linux", "architecture": "arm64", "config": { "Labels": {
            "org.opencontainers.image.source": "https://git.example.com/team/web" } } },
    });
    for (key, value) in more.as_object().unwrap() {
        artifact[key] = value.clone();
    }
    artifact
}

fn accessory(kind: &str) -> Value {
    json!([{ "id": 9, "artifact_id": 9, "subject_artifact_id": 5, "subject_artifact_digest": DIGEST,
        "subject_artifact_repo": "team/web", "size": 1, "digest": CHILD, "type": kind, "icon": "",
        "creation_time": "2026-03-14T09:24:00Z" }])
}

fn with(more: Value) -> Fake {
    let artifact = artifact(more).to_string();
    let by_digest = format!("{HARBOR}/{}", DIGEST.replace(':', "%3A"));
    visitor().answer(&format!("{HARBOR}/v1"), 200, &artifact).answer(&by_digest, 200, &artifact)
}

async fn shown(fake: &Fake, part: &str) -> Page {
    let page = page(fake, &format!("{PAGES}/v1{part}")).await;
    assert_eq!(page.status, 200, "{part}");
    page.lacks(" style=\"");
    page
}

#[tokio::test]
async fn trust_has_three_states_and_claims_no_more_than_it_knows() {
    let unsigned = shown(&with(json!({})), "").await;
    unsigned.has("Unsigned");
    unsigned.has("Nobody signed this artifact.");
    let signed = shown(&with(json!({ "accessories": accessory("signature.cosign") })), "").await;
    signed.has("Signed, not verified");
    let listed = shown(&with(json!({ "inherited_accessories": accessory("signature.notation") })), "").await;
    listed.has("Signed through the index that lists it.");
    let noted = shown(&with(json!({ "accessories": accessory("subject.accessory") })), "").await;
    noted.has("Unsigned");
    for page in [unsigned, signed, listed, noted] {
        page.lacks("Verified by");
        page.has("Not scanned");
    }
}

#[tokio::test]
async fn each_kind_of_artifact_has_a_form_to_pull_it() {
    const HOST: &str = "registry.example.com/team/web";
    for (kind, form) in [
        ("IMAGE", "docker pull "),
        ("CHART", "helm pull --plain-http oci://"),
        ("FLUX", "flux pull artifact --insecure-registry oci://"),
        ("CNAI", "modctl pull --plain-http "),
        ("WASM", "oras pull --plain-http "),
        ("SBOM", "oras pull --plain-http "),
        ("UNKNOWN", "oras pull --plain-http "),
        ("OPENPOLICYAGENT", "oras pull --plain-http "),
    ] {
        let tag = if kind == "CHART" { " --version v1" } else { ":v1" };
        let page = shown(&with(json!({ "type": kind })), "").await;
        page.has(&format!("<code>{form}{HOST}{tag}"));
        // The client of models knows tags alone.
        let form = if kind == "CNAI" { "skopeo copy --src-tls-verify=false docker://" } else { form };
        page.has(&format!("<code>{form}{HOST}@{DIGEST}"));
        // Only what runs can be the base of something that runs.
        let base = format!("<code>FROM {HOST}:v1</code>");
        if kind == "IMAGE" { page.has(&base) } else { page.lacks(&base) }
    }
}

#[tokio::test]
async fn what_an_image_says_of_itself_is_linked_if_it_is_an_address() {
    let page = shown(
        &with(json!({ "annotations": {
            "org.opencontainers.image.url": "javascript:alert(1)",
            "org.opencontainers.image.documentation": "https://docs.example.com/web",
            "note": "https://a.example and more",
        } })),
        "",
    )
    .await;
    page.has(r#"href="https://git.example.com/team/web""#);
    page.has(r#"href="https://docs.example.com/web""#);
    page.lacks(r#"href="javascript:"#);
    page.lacks(r#"href="https://a.example"#);
}

#[tokio::test]
async fn a_platform_knows_the_way_back_to_its_index() {
    let index = artifact(json!({ "references": [
        { "parent_id": 5, "child_id": 6, "child_digest": DIGEST, "urls": null,
          "platform": { "OsFeatures": null, "os": "linux", "architecture": "arm64" } },
        { "parent_id": 5, "child_id": 7, "child_digest": CHILD, "urls": null,
          "platform": { "OsFeatures": null, "os": "linux", "architecture": "amd64" } },
    ] }));
    let fake = with(json!({})).answer(&format!("{HARBOR}/multi"), 200, &index.to_string());
    let child = page(&fake, &format!("{PAGES}/{DIGEST}?of=multi")).await;
    child.has("All platforms");
    child.has(&format!(r#"href="{PAGES}/multi""#));
    child.has(&format!("{PAGES}/{CHILD}?of=multi"));
    child.has(&format!("{PAGES}/{DIGEST}/layers?of=multi"));
    // An address may name anything; only what lists the image is its index.
    for of in ["v1", "gone", "..%2F", "sha256:zz"] {
        page(&fake, &format!("{PAGES}/{DIGEST}?of={of}")).await.lacks("All platforms");
    }
}

const LAYERS: &str = r#"[
    {"digest":"sha256:0000000000aa","media_type":"application/vnd.oci.image.layer.v1.tar+gzip","size":1048576,
     "created_by":"/bin/sh -c #(nop) ADD file:x in / ","shared_by":41},
    {"created_by":"ENV TZ=UTC","size":0},
    {"digest":"sha256:0000000000bb","media_type":"x/y","size":3145728,
     "created_by":"RUN |1 V=7 /bin/sh -c make && make install # buildkit","shared_by":0}]"#;

#[tokio::test]
async fn layers_say_what_they_share_and_suggest_a_dockerfile() {
    let layers = format!("{BERTH}/{}/layers", DIGEST.replace(':', "%3A"));
    let fake = with(json!({})).answer(&layers, 200, LAYERS);
    let table = shown(&fake, "/layers").await;
    table.has("also in 41 images");
    table.has("only here");
    table.has("25%");
    table.has("1.0\u{a0}MiB is shared with other images of the project.");
    table.has("RUN make &amp;&amp; make install");
    table.has("application/vnd.oci.image.layer.v1.tar+gzip");
    table.has("?view=dockerfile");
    let file = shown(&fake, "/layers?view=dockerfile").await;
    file.has("Reconstructed from the build history");
    file.has("FROM scratch\nADD file:x /\nENV TZ=UTC\nRUN make \\\n    &amp;&amp; make install");
    let without = with(json!({})).answer(&layers, 200, r#"[{"digest":"sha256:aa","size":1,"created_by":""}]"#);
    shown(&without, "/layers?view=dockerfile").await.has("Without a history there is nothing to reconstruct.");
}

#[tokio::test]
async fn what_is_no_image_has_files() {
    let other = json!({ "type": "UNKNOWN", "addition_links": {}, "extra_attrs": null });
    let files = r#"[{"digest":"sha256:0000000000aa","media_type":"text/plain","size":12,"title":"../model.txt"},
        {"digest":"sha256:0000000000bb","media_type":"x/y","size":30}]"#;
    let fake = with(other).answer(&format!("{BERTH}/{}/layers", DIGEST.replace(':', "%3A")), 200, files);
    let page = shown(&fake, "/layers").await;
    page.has("2 files, 42\u{a0}B.");
    page.has(r#"download="model.txt""#);
    page.has(&format!(r#"href="{BERTH}/v1/content?digest=sha256%3A0000000000aa""#));
    page.lacks(&format!("{PAGES}/v1/vulnerabilities"));
}

fn referrer(artifact_type: &str, layer: &str, more: Value) -> Value {
    let mut node = json!({
        "digest": CHILD, "media_type": "application/vnd.oci.image.manifest.v1+json", "artifact_type": artifact_type,
        "kind": "subject.accessory", "size": 2150, "push_time": "2026-03-14T09:24:00Z",
        "files": [{ "digest": "sha256:aa", "media_type": layer, "size": 1, "present": true }],
    });
    for (key, value) in more.as_object().unwrap() {
        node[key] = value.clone();
    }
    node
}

#[tokio::test]
async fn referrers_are_a_tree_in_which_nothing_is_left_out() {
    const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
    let below = referrer("application/vnd.cncf.notary.signature", "application/jose+json", json!({}));
    let tree = json!([
        referrer(BUNDLE, BUNDLE, json!({ "kind": "signature.cosign" })),
        referrer(
            "application/vnd.in-toto+json",
            "application/vnd.in-toto+json",
            json!({ "annotations": { "predicateType": "https://slsa.dev/provenance/v1" }, "referrers": [below],
                "referrer_count": 3 }),
        ),
        referrer(
            "application/vnd.example.review+json",
            "text/plain",
            json!({ "annotations": { "reviewer": "ada <b>" } })
        ),
    ]);
    let path = format!("{BERTH}/v1/referrers");
    let fake = with(json!({})).list(&path, 60, &tree.to_string());
    let page = shown(&fake, "/referrers").await;
    page.has("60 referrers");
    page.has("sigstore bundle v0.3");
    page.has("Signed, not verified");
    page.has(">Provenance<");
    page.has("notation");
    page.has("2 more");
    page.has("application/<wbr>vnd.example.review+<wbr>json");
    page.has("Unknown type, listed as it is.");
    page.has("reviewer=ada &lt;b&gt;");
    page.has("/content?digest=sha256%3Aaa");
    page.has("1–25 of 60");
    assert!(fake.asked(&format!("{path}?page=1&page_size=25")));
    let none = shown(&with(json!({})).list(&path, 0, "[]"), "/referrers").await;
    none.has("Nothing refers to this artifact");
    none.has("cosign generate-key-pair");
    let quietly = "--use-signing-config=false --tlog-upload=false";
    none.has(&format!(
        "cosign sign --allow-http-registry --key cosign.key {quietly} registry.example.com/team/web@{DIGEST}"
    ));
}

#[tokio::test]
async fn statements_are_facts_and_called_claims() {
    let facts = json!([
        { "manifest": CHILD, "digest": "sha256:aa", "size": 18000, "platform": "linux/arm64", "signed": false,
          "predicate_type": "https://slsa.dev/provenance/v1", "builder": "https://ci.example.com/7",
          "source": "git+https://git.example.com/web", "revision": "4e1f09c", "started": "2026-03-14T09:20:00Z",
          "materials": [{ "uri": "pkg:docker/alpine@3.20", "digest": "sha256:bb" }], "material_count": 120 },
        { "manifest": CHILD, "digest": "sha256:cc", "size": 9, "signed": true, "problem": "unreadable" },
    ]);
    let path = format!("{BERTH}/v1/attestations");
    let page = shown(&with(json!({})).answer(&path, 200, &facts.to_string()), "/attestations").await;
    page.has("These are claims");
    page.has(r#"href="https://ci.example.com/7""#);
    page.has(r#"href="https://git.example.com/web""#);
    page.has("2026-03-14 09:20:00 UTC");
    page.has("120 materials");
    page.has("119 more are in the statement.");
    page.has("The statement is not in a form that can be read.");
    let none = shown(&with(json!({})).answer(&path, 200, "[]"), "/attestations").await;
    none.has("No attestation attached");
    none.has("docker buildx build --attest type=provenance,mode=max --push -t registry.example.com/team/web:v1 .");
}

#[tokio::test]
async fn packages_are_searched_by_the_server() {
    let documents = json!([
        { "digest": "sha256:aa", "manifest": CHILD, "format": "SPDX", "platform": "linux/amd64", "size": 9, "present": true },
        { "digest": "sha256:bb", "manifest": CHILD, "format": "CycloneDX", "size": 9, "present": true },
    ]);
    let packages = json!([{ "name": "openssl", "version": "3.0", "kind": "deb", "licence": "Apache-2.0" }]);
    let (sboms, list) = (format!("{BERTH}/v1/sboms"), format!("{BERTH}/v1/packages"));
    let fake = with(json!({})).answer(&sboms, 200, &documents.to_string()).list(&list, 212, &packages.to_string());
    let page = shown(&fake, "/sbom?q=ssl&page=2").await;
    page.has("212 packages");
    page.has("openssl");
    page.has("Apache-2.0");
    page.has("linux/amd64 · SPDX");
    page.has("?sbom=sha256:bb");
    assert!(fake.asked("packages?q=name%3D~ssl&page=2&page_size=25&sbom=sha256%3Aaa"));
    let refused = r#"{"errors":[{"code":"UNPROCESSABLE_ENTITY","message":"neither SPDX nor CycloneDX"}]}"#;
    let broken = shown(&fake.clone().answer(&list, 422, refused), "/sbom").await;
    broken.has("The SBOM cannot be read");
    broken.has("neither SPDX nor CycloneDX");
    broken.has("req-1");
    let none = shown(&with(json!({})).answer(&sboms, 200, "[]"), "/sbom").await;
    none.has("No SBOM attached");
    none.has("docker buildx build --sbom=true --push -t registry.example.com/team/web:v1 .");
    // Who may not push is not told how.
    let guest = json!({
        "project_id": 7, "owner_id": 1, "owner_name": "admin", "name": "team", "creation_time": "2026-03-01T09:00:00Z",
        "update_time": "2026-03-14T09:24:00Z", "current_user_role_id": 3, "current_user_role_ids": [3], "repo_count": 1,
        "metadata": { "public": "false" }, "cve_allowlist": { "items": [] },
    });
    let guest = with(json!({})).answer("/api/v2.0/projects/team", 200, &guest.to_string()).answer(&sboms, 200, "[]");
    let guest = shown(&guest, "/sbom").await;
    guest.has("No SBOM attached");
    guest.lacks("docker buildx");
}

#[tokio::test]
async fn nothing_was_scanned_unless_a_report_says_so() {
    let referrers = format!("{BERTH}/v1/referrers");
    let report = referrer("application/sarif+json", "application/sarif+json", json!({}));
    let fake = with(json!({})).list(&referrers, 1, &json!([report]).to_string());
    let none = shown(&fake, "/vulnerabilities").await;
    none.has("Not scanned");
    none.has("scanning comes with a later release");
    none.has("Attached reports");
    let overview = json!({ "scan_overview": { "application/x": { "severity": "High", "scan_status": "Success",
        "scanner": { "name": "Trivy", "vendor": "x", "version": "1" },
        "summary": { "total": 33, "fixable": 2, "summary": { "High": 2, "Low": 31 } } } } });
    let scanned = shown(&with(overview).list(&referrers, 0, "[]"), "/vulnerabilities").await;
    scanned.has("Trivy");
    scanned.has("2 can be fixed");
    scanned.has("sev sev-h");
    scanned.lacks("Not scanned");
}

#[tokio::test]
async fn the_bytes_are_shown_and_can_be_had() {
    let by_digest = format!("{BERTH}/{}", DIGEST.replace(':', "%3A"));
    let manifest = format!(r#"{{"schemaVersion":2,"config":{{"mediaType":"a/b","digest":"{CHILD}","size":2}}}}"#);
    let fake = with(json!({})).answer(&format!("{by_digest}/manifest"), 200, &manifest).answer(
        &format!("{by_digest}/config"),
        200,
        "{ no JSON <b>",
    );
    let page = shown(&fake, "/manifest").await;
    page.has(r#"<span class="k">"schemaVersion"</span>"#);
    page.has("Copy and download give the exact bytes");
    page.has(&format!(r#"href="{by_digest}/manifest""#));
    page.has("?view=config");
    let config = shown(&fake, "/manifest?view=config").await;
    config.has("{\n  noJSON&lt;b&gt;");
    config.has("3ab7719c0d52");
    let refused = r#"{"errors":[{"code":"NOT_FOUND","message":"the repository has no configuration"}]}"#;
    let lost = shown(&fake.clone().answer(&format!("{by_digest}/config"), 404, refused), "/manifest?view=config").await;
    lost.has("The document cannot be read");
    let long = fake.answer(&format!("{by_digest}/manifest"), 200, &format!(r#"{{"a":"{}"}}"#, "x".repeat(300 << 10)));
    let long = shown(&long, "/manifest").await;
    long.has("Too long to be shown");
    assert!(long.html.len() < 200 << 10);
}

#[tokio::test]
async fn a_chart_shows_what_it_is_and_its_documents() {
    let link = json!({ "href": "/x", "absolute": false });
    let chart = json!({
        "type": "CHART", "addition_links": { "readme.md": link, "values.yaml": link, "dependencies": link },
        "extra_attrs": { "name": "app", "version": "1.2.3", "appVersion": "7", "description": "Books.", "deprecated": true,
            "home": "https://books.example.com", "dependencies": [{ "name": "db", "version": "1.x", "repository": "oci://r" }] },
    });
    let fake = with(chart).answer(&format!("{BERTH}/v1/readme"), 200, r#"{"html":"<h3>Books</h3>","summary":"Books"}"#);
    let overview = shown(&fake, "").await;
    overview.has("This chart is deprecated");
    overview.has("oci://r");
    overview.has(r#"href="https://books.example.com""#);
    overview.has("helm pull --plain-http oci://registry.example.com/team/web --version v1");
    let readme = shown(&fake, "/documents").await;
    readme.has(r#"<div class="prose"><h3>Books</h3></div>"#);
    readme.has("?file=values");
    let values = format!("{HARBOR}/v1/additions/values.yaml");
    let shown_values = shown(&fake.clone().answer(&values, 200, "replicas: 1 # <b>"), "/documents?file=values").await;
    shown_values.has("replicas: 1 # &lt;b&gt;");
    let refused = r#"{"errors":[{"code":"UNPROCESSABLE_ENTITY","message":"the archive cannot be read"}]}"#;
    shown(&fake.clone().answer(&values, 422, refused), "/documents?file=values")
        .await
        .has("the archive cannot be read");
    shown(&fake.answer(&values, 200, ""), "/documents?file=values").await.has("No such document");
}

#[tokio::test]
async fn a_model_shows_its_card() {
    let link = json!({ "href": "/x", "absolute": false });
    let model = json!({ "type": "CNAI", "addition_links": { "readme.md": link, "license": link, "files": link } });
    let card = r#"{"html":"<h3>Ledger-7B</h3>","summary":"Reads books"}"#;
    let fake = with(model).answer(&format!("{BERTH}/v1/readme"), 200, card);
    let shown_card = shown(&fake, "/documents").await;
    shown_card.has(r#"<div class="prose"><h3>Ledger-7B</h3></div>"#);
    shown_card.has("?file=license");
    shown_card.lacks("?file=values");
    let licence = fake.answer(&format!("{HARBOR}/v1/additions/license"), 200, "Apache-2.0 <b>");
    shown(&licence, "/documents?file=license").await.has("Apache-2.0 &lt;b&gt;");
}

#[tokio::test]
async fn parts_of_what_is_not_there_are_not_found() {
    for part in ["/documents", "/vulnerabilities", "/referrers", "/attestations", "/sbom", "/manifest"] {
        let page = page(&visitor(), &format!("{PAGES}/v9{part}")).await;
        assert_eq!(page.status, 404, "{part}");
        page.has("Nothing is berthed here");
    }
}
