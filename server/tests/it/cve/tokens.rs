//! Tokens that nobody gave out.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use berth_testkit::{Backend, Image, TestApp, on_both};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

const REPO: &str = "library/app";
const MANIFEST: &str = "/v2/library/app/manifests/v1";

fn decode(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn text(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// A key pair of the attacker, and the public part as a JWK.
fn pair() -> (EcdsaKeyPair, Value) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "alg": "ES256" });
    (pair, jwk)
}

/// Signed well, but by a key that the token itself brings.
fn with_own_key(head: &Value, claims: &Value, key: &EcdsaKeyPair) -> String {
    let signed = format!("{}.{}", text(head), text(claims));
    let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

#[tokio::test]
async fn cve_2025_24976_a_token_brings_no_key_of_its_own() {
    let app = TestApp::start(Backend::Sqlite).await.unwrap();
    app.admin().push(REPO, "v1", &Image::new("image", 1)).await;
    let good = app.token(&app.admin(), &["repository:library/app:pull"]).await;
    let (head, claims) = (decode(good.split('.').next().unwrap()), decode(good.split('.').nth(1).unwrap()));
    let kid = head["kid"].as_str().unwrap();
    let (key, jwk) = pair();
    let mut named = jwk.clone();
    named["kid"] = json!(kid);
    let certificate = URL_SAFE_NO_PAD.encode([0x30, 0x82, 0x01, 0x0a]);
    let mut forged: Vec<(String, String)> = Vec::new();
    for extra in [
        json!({}),
        json!({ "jwk": jwk }),
        json!({ "jwk": named }),
        json!({ "jwk": named, "kid": null }),
        json!({ "x5c": [certificate] }),
        json!({ "jku": "https://evil.example/keys", "x5u": "https://evil.example/key" }),
        json!({ "kid": "../../../../dev/null" }),
        json!({ "kid": "" }),
        json!({ "kid": "' OR 1=1 --" }),
        json!({ "crit": ["b64"], "b64": false }),
        json!({ "typ": "dpop+jwt", "jwk": jwk }),
    ] {
        let mut head = head.clone();
        head.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        forged.push((extra.to_string(), with_own_key(&head, &claims, &key)));
    }
    // The public key as the secret of a symmetric algorithm, in the forms in which it may be known.
    let public = {
        let database = rusqlite::Connection::open(app.config.data.database()).unwrap();
        let sql = "SELECT public FROM keys WHERE id = ?1";
        database.query_row(sql, [kid], |row| row.get::<_, String>(0)).unwrap()
    };
    let jwk: Value = serde_json::from_str(&public).unwrap();
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    for secret in [public.as_bytes(), &point, kid.as_bytes(), b"", b"secret"] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let head = Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) };
            let token = encode(&head, &claims, &EncodingKey::from_secret(secret)).unwrap();
            forged.push((format!("{algorithm:?}"), token));
        }
    }
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let head = json!({ "alg": none, "typ": "JWT", "kid": kid });
        forged.push((format!("alg {none:?}"), format!("{}.{}.", text(&head), text(&claims))));
        let signature = good.rsplit('.').next().unwrap();
        forged.push((format!("alg {none:?} signed"), format!("{}.{}.{signature}", text(&head), text(&claims))));
    }
    // Keys twice: another reader may take the other one.
    let twice = format!("{{\"alg\":\"none\",{}", &head.to_string()[1..]);
    let body = good.split_once('.').unwrap().1;
    forged.push(("the algorithm twice".to_owned(), format!("{}.{body}", URL_SAFE_NO_PAD.encode(&twice))));
    // A signature of zeros proves nothing (CVE-2022-21449).
    let unsigned = good.rsplit_once('.').unwrap().0;
    forged.push(("zeros".to_owned(), format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode([0; 64]))));
    // The signature of a token that is remembered is good for no other token.
    let (head_text, rest) = good.split_once('.').unwrap();
    let (claims_text, signature) = rest.split_once('.').unwrap();
    let mut more = claims.clone();
    more["access"][0]["actions"] = json!(["pull", "push", "delete"]);
    forged.push(("other claims".to_owned(), format!("{head_text}.{}.{signature}", text(&more))));
    forged.push(("no claims".to_owned(), format!("{head_text}..{signature}")));
    forged.push(("the signature alone".to_owned(), signature.to_owned()));
    forged.push(("a part too many".to_owned(), format!("{head_text}.{claims_text}.{claims_text}.{signature}")));
    app.anonymous().bearer(&good).get(MANIFEST).send().await.expect(200);
    for (what, token) in forged {
        let reply = app.anonymous().bearer(&token).get(MANIFEST).send().await;
        assert!(reply.status == 401, "{what}: {}", reply.status);
        assert!(reply.header("www-authenticate").contains("error=\"invalid_token\""), "{what}");
    }
    app.anonymous().bearer(&good).get(MANIFEST).send().await.expect(200);
}

on_both!(
    a_token_is_for_the_names_that_it_says,
    one_denied_scope_takes_nothing_from_the_other,
    scopes_that_are_nonsense_grant_nothing,
);

async fn a_token_is_for_the_names_that_it_says(app: &TestApp) {
    app.project("private", false).await;
    let image = Image::new("image", 1);
    for repo in ["private/app", "private/app/deeper", "private/ap", "private/other", REPO] {
        app.admin().push(repo, "v1", &image).await;
    }
    let token = app.token(&app.admin(), &["repository:private/app:pull"]).await;
    let client = app.anonymous().bearer(&token);
    client.pull("private/app", "v1", &image).await;
    for repo in ["private/app/deeper", "private/ap", "private/other", REPO, "private/app2", "private"] {
        let reply = client.get(&format!("/v2/{repo}/manifests/v1")).send().await;
        assert!(matches!(reply.status, 400 | 401), "{repo}: {}", reply.status);
    }
    // Other ways to write the name are no other name, and no way in.
    for (path, statuses) in [
        ("/v2/Private/app/manifests/v1", [400, 400]),
        ("/v2/private/APP/manifests/v1", [400, 400]),
        ("/v2/private/app/../other/manifests/v1", [400, 401]),
        ("/v2/private/app/%2e%2e/other/manifests/v1", [400, 401]),
        ("/v2/private//app/manifests/v1", [400, 400]),
        ("/v2/private%2Fother/manifests/v1", [401, 401]),
        ("/v2/private/app%2Fdeeper/manifests/v1", [401, 401]),
    ] {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
        let answer = app.raw(request.as_bytes()).await;
        let status: u16 = answer.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(statuses.contains(&status), "{path}: {answer}");
    }
    // As in Harbor, it is good for all that its owner may do there; who may only read does not get to write by it.
    let guest = app.user_in("private", "guest", berth_testkit::Role::Guest).await;
    let client = app.anonymous().bearer(&app.token(&guest, &["repository:private/app:pull,push,delete"]).await);
    client.put_manifest("private/app", "v2", &image.manifest).await.refused(401, "UNAUTHORIZED");
    client.delete("/v2/private/app/manifests/v1").send().await.refused(401, "UNAUTHORIZED");
    client.post("/v2/private/app/blobs/uploads/").send().await.refused(401, "UNAUTHORIZED");
    client.get("/v2/_catalog").send().await.refused(401, "UNAUTHORIZED");
    app.admin().pull("private/app", "v1", &image).await;
}

async fn one_denied_scope_takes_nothing_from_the_other(app: &TestApp) {
    app.project("private", false).await;
    app.project("own", false).await;
    let image = Image::new("image", 1);
    for repo in ["private/app", "own/app"] {
        app.admin().push(repo, "v1", &image).await;
    }
    let user = app.user_in("own", "somebody", berth_testkit::Role::Developer).await;
    for scopes in [
        vec!["repository:own/app:pull", "repository:private/app:pull"],
        vec!["repository:private/app:pull", "repository:own/app:pull"],
        vec!["repository:own/app:pull%20repository:private/app:pull"],
    ] {
        let client = app.anonymous().bearer(&app.token(&user, &scopes).await);
        client.pull("own/app", "v1", &image).await;
        let refused = client.get("/v2/private/app/manifests/v1").send().await.refused(401, "UNAUTHORIZED");
        assert!(refused.header("www-authenticate").ends_with("error=\"insufficient_scope\""));
    }
}

async fn scopes_that_are_nonsense_grant_nothing(app: &TestApp) {
    let user = app.user("somebody").await;
    for scope in [
        "repository:*:*",
        "repository:library/*:pull",
        "repository::pull",
        "repository:library/app:*",
        "repository:library/app:admin",
        "repository:../library/app:pull",
        "repository:LIBRARY/app:pull,push",
        "registry:*:*",
        "registry:catalog:*",
        "project:library:delete",
        "%00",
        ":::",
        "repository:library/app",
    ] {
        let token = app.token(&user, &[scope]).await;
        let client = app.anonymous().bearer(&token);
        let push = client.post("/v2/library/app/blobs/uploads/").send().await;
        assert_eq!(push.status, 401, "{scope}");
        assert_eq!(client.get("/v2/_catalog").send().await.status, 401, "{scope}");
        assert_eq!(client.delete(MANIFEST).send().await.status, 401, "{scope}");
    }
}
