//! The second factor: codes after the password, what the password alone is refused, recovery codes, and whose it is.

use std::time::SystemTime;

use aws_lc_rs::hmac;
use berth_testkit::{ADMIN_PASSWORD, Client, Image, PASSWORD, Reply, Role, TestApp, on_both};
use serde_json::{Value, json};

const OWN: &str = "/api/berth/v1/users/current/second-factor";
const TOKENS: &str = "/api/berth/v1/users/current/tokens";
const CURRENT: &str = "/api/v2.0/users/current";
const STEP_SECONDS: i64 = 30;

on_both!(
    a_code_follows_the_password,
    a_recovery_code_is_good_once,
    wrong_codes_have_to_wait,
    the_first_code_is_not_guessed,
    the_password_alone_signs_in_nowhere,
    it_is_switched_on_by_its_first_code,
    it_is_switched_off_by_password_or_code,
    recovery_codes_are_made_anew,
    administrators_only_take_it_off,
);

/// An authenticator app, which knows how far the server's clock was moved.
struct Phone {
    secret: Vec<u8>,
    /// The code that switched it on.
    used: String,
    codes: Vec<String>,
    ahead_seconds: i64,
}

impl Phone {
    fn with(secret: &Value) -> Self {
        let secret = from_base32(secret.as_str().unwrap());
        Phone { secret, used: String::new(), codes: Vec::new(), ahead_seconds: 0 }
    }

    /// The code of this moment.
    fn code(&self) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let step = (i64::try_from(now).unwrap() + self.ahead_seconds) / STEP_SECONDS;
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.secret);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let offset = usize::from(tag.as_ref()[19] & 15);
        let number = u32::from_be_bytes(tag.as_ref()[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }

    /// A code that was not used yet.
    fn next_code(&mut self, app: &TestApp) -> String {
        self.later(app, STEP_SECONDS);
        self.code()
    }

    fn later(&mut self, app: &TestApp, seconds: i64) {
        app.later(seconds);
        self.ahead_seconds += seconds;
    }

    /// A code that is none of this moment's.
    fn wrong_code(&self) -> String {
        let code: u32 = self.code().parse().unwrap();
        format!("{:06}", (code + 500_000) % 1_000_000)
    }
}

fn from_base32(text: &str) -> Vec<u8> {
    let bits: String = text
        .bytes()
        .map(|char| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|known| *known == char).unwrap())
        .map(|value| format!("{value:05b}"))
        .collect();
    bits.as_bytes().chunks_exact(8).map(|byte| u8::from_str_radix(str::from_utf8(byte).unwrap(), 2).unwrap()).collect()
}

async fn begin(client: &Client, password: &str) -> Reply {
    client.post(OWN).json(&json!({ "password": password })).send().await
}

async fn confirm(client: &Client, code: &str) -> Reply {
    client.post(&format!("{OWN}/confirm")).json(&json!({ "code": code })).send().await
}

async fn disable(client: &Client, proof: Value) -> Reply {
    client.post(&format!("{OWN}/disable")).json(&proof).send().await
}

/// Switches it on for somebody, before the clock is moved.
async fn switch_on(client: &Client, password: &str) -> Phone {
    let mut phone = Phone::with(&begin(client, password).await.expect(200).json()["secret"]);
    phone.used = phone.code();
    let made = confirm(client, &phone.used).await.expect(200).json();
    phone.codes = serde_json::from_value(made["codes"].clone()).unwrap();
    phone
}

fn browser(app: &TestApp) -> Client {
    app.anonymous().with("sec-fetch-site", "same-origin")
}

async fn first_step(app: &TestApp, name: &str, password: &str) -> Reply {
    browser(app).post("/c/login").form(&[("principal", name), ("password", password)]).send().await
}

async fn second_step(app: &TestApp, ticket: &str, code: &str) -> Reply {
    let halfway = browser(app).with("cookie", &format!("berth_halfway={ticket}"));
    halfway.post("/c/login/code").form(&[("code", code)]).send().await
}

/// What a browser has between password and code.
async fn ticket(app: &TestApp, name: &str) -> String {
    let reply = first_step(app, name, PASSWORD).await.refused(401, "SECOND_FACTOR_REQUIRED");
    assert_eq!(reply.cookie("sid"), None);
    reply.cookie("berth_halfway").unwrap()
}

async fn described(app: &TestApp) -> Vec<String> {
    let log = app.admin().get("/api/v2.0/auditlog-exts?page_size=100").send().await.expect(200).json();
    let rows = log.as_array().unwrap().iter();
    rows.map(|row| row["operation_description"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn a_code_follows_the_password(app: &TestApp) {
    let mut phone = switch_on(&app.user("mei").await, PASSWORD).await;
    switch_on(&app.user("other").await, PASSWORD).await;
    // The code that switched it on is used.
    let halfway = ticket(app, "mei").await;
    second_step(app, &halfway, &phone.used).await.refused(401, "SECOND_FACTOR_WRONG");
    let code = phone.next_code(app);
    for wrong in [phone.wrong_code().as_str(), "", "12345", "not a code"] {
        let refused = second_step(app, &halfway, wrong).await.refused(401, "SECOND_FACTOR_WRONG");
        assert_eq!(refused.cookie("sid"), None, "{wrong}");
    }
    let done = second_step(app, &halfway, &format!(" {} {}", &code[..3], &code[3..])).await.expect(200);
    assert_eq!(done.cookie("berth_halfway").as_deref(), Some(""));
    let signed_in = app.anonymous().with("cookie", &format!("sid={}", done.cookie("sid").unwrap()));
    assert_eq!(signed_in.get(CURRENT).send().await.expect(200).json()["username"], "mei");
    // Nobody who looked over the shoulder comes in with it.
    second_step(app, &halfway, &code).await.refused(401, "SECOND_FACTOR_WRONG");
    second_step(app, &ticket(app, "mei").await, &code).await.refused(401, "SECOND_FACTOR_WRONG");

    // A code is nothing without the password, and a ticket is nobody else's and not for ever.
    let code = phone.next_code(app);
    let halfway = ticket(app, "mei").await;
    let mut forged: Vec<&str> = halfway.split('.').collect();
    let id = (forged[0].parse::<i64>().unwrap() + 1).to_string();
    forged[0] = &id;
    for none in ["", "x", "1.1.9999999999.AAAA", &forged.join("."), &format!("{halfway}.1")] {
        second_step(app, none, &code).await.refused(401, "SECOND_FACTOR_OVER");
    }
    first_step(app, "mei", "wrong").await.expect(401);
    phone.later(app, 5 * 60);
    second_step(app, &halfway, &phone.code()).await.refused(401, "SECOND_FACTOR_OVER");
    // Nor does it outlive the password.
    let halfway = ticket(app, "mei").await;
    let id = signed_in.get(CURRENT).send().await.expect(200).json()["user_id"].clone();
    let new = json!({ "old_password": "", "new_password": "An0ther-password" });
    app.admin().put(&format!("/api/v2.0/users/{id}/password")).json(&new).send().await.expect(200);
    second_step(app, &halfway, &phone.code()).await.refused(401, "SECOND_FACTOR_OVER");
}

async fn a_recovery_code_is_good_once(app: &TestApp) {
    let phone = switch_on(&app.user("mei").await, PASSWORD).await;
    assert_eq!(phone.codes.len(), 10);
    let halfway = ticket(app, "mei").await;
    let done = second_step(app, &halfway, &phone.codes[3].to_lowercase()).await.expect(200);
    let signed_in = app.anonymous().with("cookie", &format!("sid={}", done.cookie("sid").unwrap()));
    assert_eq!(signed_in.get(OWN).send().await.expect(200).json()["recovery_codes"], 9);
    second_step(app, &halfway, &phone.codes[3]).await.refused(401, "SECOND_FACTOR_WRONG");
    // Another person's are nothing.
    let other = switch_on(&app.user("other").await, PASSWORD).await;
    second_step(app, &halfway, &other.codes[0]).await.refused(401, "SECOND_FACTOR_WRONG");
    second_step(app, &halfway, &phone.codes[4].replace('-', "")).await.expect(200);
    assert_eq!(described(app).await.iter().filter(|text| *text == "use recovery code: mei").count(), 2);
}

async fn wrong_codes_have_to_wait(app: &TestApp) {
    let mut phone = switch_on(&app.user("mei").await, PASSWORD).await;
    let halfway = ticket(app, "mei").await;
    for _ in 0..10 {
        second_step(app, &halfway, &phone.wrong_code()).await.refused(401, "SECOND_FACTOR_WRONG");
    }
    for _ in 0..5 {
        phone.later(app, STEP_SECONDS);
        second_step(app, &halfway, &phone.wrong_code()).await.refused(401, "SECOND_FACTOR_WRONG");
    }
    // A right one waits as well: who guesses may not learn that it was right.
    let waiting = second_step(app, &halfway, &phone.code()).await.refused(429, "TOO_MANY_REQUEST");
    let seconds: i64 = waiting.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    phone.later(app, 60);
    second_step(app, &halfway, &phone.code()).await.expect(200);
    // Other accounts do not wait.
    app.user("other").await;
    first_step(app, "other", PASSWORD).await.expect(200);
}

async fn the_password_alone_signs_in_nowhere(app: &TestApp) {
    app.project("mine", false).await;
    let mei = app.user_in("mine", "mei", Role::Developer).await;
    let image = Image::new("image", 1);
    mei.push("mine/app", "v1", &image).await;
    let bearer = app.anonymous().bearer(&app.token(&mei, &["repository:mine/app:pull"]).await);
    bearer.head("/v2/mine/app/manifests/v1").send().await.expect(200);
    let personal = mei.post(TOKENS).json(&json!({ "name": "laptop" })).send().await.expect(201).json();
    let personal = app.anonymous().basic("mei", personal["secret"].as_str().unwrap());
    let robot = json!({
        "name": "ci", "level": "project", "duration": 3,
        "permissions": [{ "kind": "project", "namespace": "mine", "access": [{ "resource": "repository", "action": "pull" }] }],
    });
    let robot = app.admin().post("/api/v2.0/robots").json(&robot).send().await.expect(201).json();
    let robot = app.anonymous().basic(robot["name"].as_str().unwrap(), robot["secret"].as_str().unwrap());
    // The password is remembered by now.
    mei.get(CURRENT).send().await.expect(200);
    switch_on(&mei, PASSWORD).await;

    let token = "/service/token?service=harbor-registry&scope=repository:mine/app:pull";
    for path in [CURRENT, "/v2/", "/v2/mine/app/manifests/v1", token, "/api/v2.0/projects"] {
        let refused = mei.get(path).send().await.refused(401, "UNAUTHORIZED");
        let message = refused.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("personal access token"), "{path}: {message}");
        let challenge = if path.starts_with("/v2") { "Basic realm=\"harbor\"" } else { "" };
        assert_eq!(refused.header("www-authenticate"), challenge, "{path}");
        // Who does not know the password learns nothing.
        let stranger = app.anonymous().basic("mei", "Wr0ng-password").get(path).send().await;
        assert!(!stranger.text().contains("second factor"), "{path}: {}", stranger.text());
    }
    bearer.head("/v2/mine/app/manifests/v1").send().await.expect(401);
    for client in [&personal, &robot] {
        client.get("/v2/").send().await.expect(200);
        client.get(token).send().await.expect(200);
        client.pull("mine/app", "v1", &image).await;
    }
    personal.get(CURRENT).send().await.expect(200);
    // A token is no second factor, and changes none.
    begin(&personal, PASSWORD).await.refused(403, "FORBIDDEN");
    disable(&personal, json!({ "password": PASSWORD })).await.refused(403, "FORBIDDEN");
}

async fn it_is_switched_on_by_its_first_code(app: &TestApp) {
    let mei = app.user("mei").await;
    let (one, two) = (app.session("mei", PASSWORD).await, app.session("mei", PASSWORD).await);
    let off = json!({ "enabled": false, "recovery_codes": 0 });
    assert_eq!(one.get(OWN).send().await.expect(200).json(), off);
    confirm(&one, "123456").await.refused(412, "PRECONDITION");
    begin(&one, "Wr0ng-password").await.refused(403, "FORBIDDEN");
    begin(&one, "").await.refused(403, "FORBIDDEN");
    let first = begin(&one, PASSWORD).await.expect(200).json();
    let second = begin(&one, PASSWORD).await.expect(200).json();
    assert_ne!(first["secret"], second["secret"]);
    let (uri, secret) = (second["uri"].as_str().unwrap(), second["secret"].as_str().unwrap());
    let host = app.host().replace(':', "%20");
    assert_eq!(uri, format!("otpauth://totp/{host}:mei?secret={secret}&issuer={host}"));
    // It is not on yet, and the former secret never will be.
    mei.get(CURRENT).send().await.expect(200);
    assert_eq!(one.get(OWN).send().await.expect(200).json(), off);
    for wrong in [Phone::with(&first["secret"]).code(), Phone::with(&second["secret"]).wrong_code(), String::new()] {
        confirm(&one, &wrong).await.refused(400, "BAD_REQUEST");
    }
    confirm(&one, &Phone::with(&second["secret"]).code()).await.expect(200);
    let state = one.get(OWN).send().await.expect(200);
    assert_eq!((&state.json()["enabled"], &state.json()["recovery_codes"]), (&json!(true), &json!(10)));
    assert!(!state.text().contains(secret), "{}", state.text());
    // What the password alone opened is over.
    two.get(CURRENT).send().await.refused(401, "UNAUTHORIZED");
    begin(&one, PASSWORD).await.refused(412, "PRECONDITION");
    confirm(&one, &Phone::with(&second["secret"]).code()).await.refused(412, "PRECONDITION");
    // The rows have it sealed.
    let id = one.get(CURRENT).send().await.expect(200).json()["user_id"].as_i64().unwrap();
    let rows = app.rows().await;
    let row =
        berth_db::query::second_factor::find(&mut rows.reader().await.unwrap().conn(), id).await.unwrap().unwrap();
    let sealed = row.sealed.unwrap();
    assert!(!sealed.windows(secret.len()).any(|part| part == secret.as_bytes()));
    assert!(described(app).await.contains(&"switch on second factor: mei".to_owned()));
}

/// Whoever finds a browser with a set-up that nobody ended has no password.
async fn the_first_code_is_not_guessed(app: &TestApp) {
    app.user("mei").await;
    let session = app.session("mei", PASSWORD).await;
    let phone = Phone::with(&begin(&session, PASSWORD).await.expect(200).json()["secret"]);
    let mut answers = Vec::new();
    while answers.last() != Some(&429) {
        answers.push(confirm(&session, &phone.wrong_code()).await.status);
        assert!(answers.len() < 50, "{answers:?}");
    }
    assert!(answers.len() > 5 && answers[..answers.len() - 1].iter().all(|status| *status == 400), "{answers:?}");
    confirm(&session, &phone.code()).await.expect(429);
}

async fn it_is_switched_off_by_password_or_code(app: &TestApp) {
    let mei = app.user("mei").await;
    let session = app.session("mei", PASSWORD).await;
    disable(&session, json!({ "password": PASSWORD })).await.refused(412, "PRECONDITION");
    let phone = switch_on(&session, PASSWORD).await;
    for wrong in [
        json!({}),
        json!({ "password": "Wr0ng-password" }),
        json!({ "code": phone.wrong_code() }),
        json!({ "code": phone.used }),
        json!({ "code": "no code", "password": PASSWORD }),
    ] {
        disable(&session, wrong).await.refused(403, "FORBIDDEN");
    }
    mei.get(CURRENT).send().await.expect(401);
    disable(&session, json!({ "code": phone.codes[0] })).await.expect(200);
    mei.get(CURRENT).send().await.expect(200);
    assert_eq!(first_step(app, "mei", PASSWORD).await.expect(200).cookie("berth_halfway"), None);
    // The codes of before are over with it.
    let again = switch_on(&session, PASSWORD).await;
    second_step(app, &ticket(app, "mei").await, &phone.codes[1]).await.refused(401, "SECOND_FACTOR_WRONG");
    assert_eq!(again.codes.len(), 10);
    disable(&session, json!({ "password": PASSWORD })).await.expect(200);
    mei.get(CURRENT).send().await.expect(200);
    assert_eq!(described(app).await.iter().filter(|text| *text == "switch off second factor: mei").count(), 2);
}

async fn recovery_codes_are_made_anew(app: &TestApp) {
    let mei = app.user("mei").await;
    let session = app.session("mei", PASSWORD).await;
    let renew =
        async |client: &Client, proof: Value| client.post(&format!("{OWN}/recovery-codes")).json(&proof).send().await;
    renew(&session, json!({ "password": PASSWORD })).await.refused(412, "PRECONDITION");
    let token = mei.post(TOKENS).json(&json!({ "name": "laptop" })).send().await.expect(201).json();
    let mut phone = switch_on(&session, PASSWORD).await;
    for wrong in [
        json!({}),
        json!({ "password": "Wr0ng-password" }),
        json!({ "code": phone.wrong_code() }),
        json!({ "code": phone.used }),
        json!({ "code": "no code", "password": PASSWORD }),
    ] {
        renew(&session, wrong).await.refused(403, "FORBIDDEN");
    }
    let token = app.anonymous().basic("mei", token["secret"].as_str().unwrap());
    renew(&token, json!({ "password": PASSWORD })).await.refused(403, "FORBIDDEN");
    app.anonymous().post(&format!("{OWN}/recovery-codes")).json(&json!({})).send().await.refused(401, "UNAUTHORIZED");
    second_step(app, &ticket(app, "mei").await, &phone.codes[0]).await.expect(200);

    let code = phone.next_code(app);
    for (proof, before) in [(json!({ "password": PASSWORD }), 1), (json!({ "code": code }), 2)] {
        let made = renew(&session, proof).await.expect(200).json();
        let codes: Vec<String> = serde_json::from_value(made["codes"].clone()).unwrap();
        assert_eq!((codes.len(), codes.contains(&phone.codes[before])), (10, false));
        assert_eq!(session.get(OWN).send().await.expect(200).json()["recovery_codes"], 10);
        // Those before are over, and nothing else is.
        second_step(app, &ticket(app, "mei").await, &phone.codes[before]).await.refused(401, "SECOND_FACTOR_WRONG");
        phone.codes = codes;
    }
    second_step(app, &ticket(app, "mei").await, &phone.codes[0]).await.expect(200);
    // One of them stands for the app here as well, for the last time.
    let made = renew(&session, json!({ "code": phone.codes[5] })).await.expect(200).json();
    assert_eq!(made["codes"].as_array().unwrap().len(), 10);
    renew(&session, json!({ "code": phone.codes[5] })).await.refused(403, "FORBIDDEN");
    assert_eq!(described(app).await.iter().filter(|text| *text == "make new recovery codes: mei").count(), 3);
}

async fn administrators_only_take_it_off(app: &TestApp) {
    let (mei, other) = (app.user("mei").await, app.user("other").await);
    let id = mei.get(CURRENT).send().await.expect(200).json()["user_id"].clone();
    switch_on(&mei, PASSWORD).await;
    let path = format!("/api/berth/v1/users/{id}/second-factor");
    other.delete(&path).send().await.refused(403, "FORBIDDEN");
    app.anonymous().delete(&path).send().await.refused(401, "UNAUTHORIZED");
    mei.delete(&path).send().await.refused(401, "UNAUTHORIZED");
    let admin = app.admin();
    // Nobody reads or confirms that of another person: there is no such route.
    for (method, path) in [("GET", path.clone()), ("POST", path.clone()), ("POST", format!("{path}/confirm"))] {
        let status = admin.request(method.parse().unwrap(), &path).json(&json!({})).send().await.status;
        assert!([404, 405].contains(&status), "{method} {path}: {status}");
    }
    let listed = |reply: &Reply| -> Vec<String> {
        reply.json().as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
    };
    let with = admin.get("/api/v2.0/users?q=second_factor%3Dtrue").send().await.expect(200);
    assert_eq!((listed(&with), &with.json()[0]["second_factor"]), (vec!["mei".to_owned()], &json!(true)));
    let without = admin.get("/api/v2.0/users?q=second_factor%3Dfalse").send().await.expect(200);
    assert!(!listed(&without).contains(&"mei".to_owned()) && without.json()[0].get("second_factor").is_none());
    admin.delete(&path).send().await.expect(200);
    mei.get(CURRENT).send().await.expect(200);
    admin.delete(&path).send().await.refused(412, "PRECONDITION");
    admin.delete("/api/berth/v1/users/999999/second-factor").send().await.refused(404, "NOT_FOUND");
    admin.delete("/api/berth/v1/users/x/second-factor").send().await.refused(422, "UNPROCESSABLE_ENTITY");
    assert!(described(app).await.contains(&"switch off second factor: mei".to_owned()));
    // Their own they switch off as everybody does.
    let session = app.session("admin", ADMIN_PASSWORD).await;
    switch_on(&session, ADMIN_PASSWORD).await;
    session.delete("/api/berth/v1/users/1/second-factor").send().await.refused(403, "FORBIDDEN");
    disable(&session, json!({ "password": ADMIN_PASSWORD })).await.expect(200);
}
