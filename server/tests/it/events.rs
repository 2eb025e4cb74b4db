//! Streams of events: what is told to whom, that nothing is skipped or told twice, and when a stream ends.

use std::time::Duration;

use berth_db::query::event;
use berth_testkit::{ADMIN_PASSWORD, Backend, Database, Image, PASSWORD, Role, TestApp, hold_transaction, on_both};
use berth_types::api::LiveEvent;
use url::Url;

on_both!(
    a_push_is_told_to_those_who_may_see_it,
    a_stream_goes_on_after_the_last_event,
    a_stream_begins_where_its_page_was_read,
    a_scope_has_to_be_one,
    who_loses_the_right_loses_the_stream,
    a_session_that_ends_ends_its_streams,
    a_token_that_is_revoked_ends_its_streams,
    jobs_tell_how_they_stand,
);

const EVENTS: &str = "/api/berth/v1/events";
/// For what happens soon.
const SOON: Duration = Duration::from_secs(20);

/// Whom a stream belongs to.
enum Who<'w> {
    Nobody,
    Basic(&'w str, &'w str),
    Cookie(&'w str),
}

const ADMIN: Who<'static> = Who::Basic("admin", ADMIN_PASSWORD);

/// A stream that is open.
struct Stream {
    response: reqwest::Response,
    read: String,
}

/// Opens a stream. Its status where that is refused.
async fn open(url: &Url, who: &Who<'_>, scope: &str, last: Option<&str>) -> Result<Stream, u16> {
    let url = url.join(&format!("{EVENTS}?scope={scope}")).unwrap();
    let mut request = reqwest::Client::builder().no_proxy().build().unwrap().get(url);
    request = match who {
        Who::Nobody => request,
        Who::Basic(name, password) => request.basic_auth(name, Some(password)),
        Who::Cookie(cookie) => request.header("cookie", *cookie),
    };
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let response = request.send().await.unwrap();
    if response.status() != 200 {
        return Err(response.status().as_u16());
    }
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-store");
    Ok(Stream { response, read: String::new() })
}

impl Stream {
    /// The next event with its id. Nothing at the end.
    async fn next(&mut self) -> Option<(String, LiveEvent)> {
        tokio::time::timeout(SOON, self.any()).await.expect("an event or the end")
    }

    async fn any(&mut self) -> Option<(String, LiveEvent)> {
        loop {
            while let Some((frame, rest)) = self.read.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.read = rest;
                let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                if let (Some(id), Some(data)) = (field("id: "), field("data: ")) {
                    let event: LiveEvent = serde_json::from_str(&data).unwrap();
                    assert_eq!(field("event: ").unwrap(), event.kind);
                    return Some((id, event));
                }
            }
            // A stream that is cut off ends like one that is closed.
            let chunk = self.response.chunk().await.ok().flatten()?;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event about a repository or a job.
    async fn told(&mut self) -> (String, LiveEvent) {
        loop {
            let (id, event) = self.next().await.expect("the stream goes on");
            if event.kind != LiveEvent::READY {
                return (id, event);
            }
        }
    }

    /// Waits until the stream ends.
    async fn end(mut self) {
        let rest = async { while self.any().await.is_some() {} };
        tokio::time::timeout(SOON, rest).await.expect("the stream ends");
    }
}

async fn a_push_is_told_to_those_who_may_see_it(app: &TestApp) {
    app.project("secret", false).await;
    app.user_in("secret", "guest", Role::Guest).await;
    app.user("stranger").await;
    let guest = Who::Basic("guest", PASSWORD);
    let stranger = Who::Basic("stranger", PASSWORD);
    let mut project = open(app.url(), &guest, "project:secret", None).await.unwrap();
    let mut repository = open(app.url(), &guest, "repository:secret/two", None).await.unwrap();
    let mut system = open(app.url(), &ADMIN, "system", None).await.unwrap();
    let mut public = open(app.url(), &Who::Nobody, "project:library", None).await.unwrap();
    for stream in [&mut project, &mut repository, &mut system, &mut public] {
        assert_eq!(stream.next().await.unwrap().1.kind, LiveEvent::READY);
    }
    assert_eq!(open(app.url(), &stranger, "project:secret", None).await.err(), Some(403));
    assert_eq!(open(app.url(), &Who::Nobody, "project:secret", None).await.err(), Some(401));
    for scope in ["jobs", "system"] {
        assert_eq!(open(app.url(), &guest, scope, None).await.err(), Some(403));
        assert_eq!(open(app.url(), &Who::Nobody, scope, None).await.err(), Some(401));
    }

    let admin = app.admin();
    admin.push("secret/one", "v1", &Image::new("one", 1)).await;
    admin.push("secret/two", "v1", &Image::new("two", 1)).await;
    admin.push("library/open", "v1", &Image::new("open", 1)).await;
    let first = project.told().await.1;
    assert_eq!((first.kind.as_str(), first.repository.as_str()), ("push_artifact", "secret/one"));
    assert_eq!(first.tags, ["v1"]);
    assert!(first.digest.starts_with("sha256:") && first.at.is_some());
    assert_eq!(project.told().await.1.repository, "secret/two");
    assert_eq!(repository.told().await.1.repository, "secret/two");
    // Who did it is for the log alone.
    let shown = public.told().await.1;
    assert_eq!(shown.repository, "library/open");
    assert!(!serde_json::to_string(&shown).unwrap().contains("admin"));
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let event = system.told().await.1;
        if event.kind == "push_artifact" {
            seen.push(event.repository);
        }
    }
    assert_eq!(seen, ["secret/one", "secret/two", "library/open"]);

    let tags = "/api/v2.0/projects/secret/repositories/two/artifacts/v1/tags";
    admin.post(tags).json(&serde_json::json!({ "name": "v2" })).send().await.expect(201);
    admin.delete(&format!("{tags}/v1")).send().await.expect(200);
    admin.delete("/api/v2.0/projects/secret/repositories/one").send().await.expect(200);
    for (kind, name) in [("create_tag", "v2"), ("delete_tag", "v1")] {
        let event = repository.told().await.1;
        assert_eq!((event.kind.as_str(), event.tags), (kind, vec![name.to_owned()]));
        assert_eq!(project.told().await.1.kind, kind);
    }
    assert_eq!(project.told().await.1.kind, "delete_repository");
}

async fn a_stream_goes_on_after_the_last_event(app: &TestApp) {
    let admin = app.admin();
    let mut stream = open(app.url(), &ADMIN, "project:library", None).await.unwrap();
    let (start, ready) = stream.next().await.unwrap();
    assert_eq!(ready.kind, LiveEvent::READY);
    let image = Image::new("image", 1);
    for number in 0..6 {
        admin.push("library/app", &format!("v{number}"), &image).await;
    }
    let mut all = Vec::new();
    for number in 0..6 {
        let (id, event) = stream.told().await;
        assert_eq!(event.tags, [format!("v{number}")]);
        all.push(id);
    }
    drop(stream);
    // Wherever it broke off, the rest comes: nothing is missing, nothing comes again.
    for (from, left) in [(&start, 0), (&all[0], 1), (&all[3], 4), (&all[5], 6)] {
        let mut again = open(app.url(), &ADMIN, "project:library", Some(from)).await.unwrap();
        for (number, id) in all.iter().enumerate().skip(left) {
            let (found, event) = again.told().await;
            assert_eq!((&found, event.tags), (id, vec![format!("v{number}")]));
        }
        admin.push("library/app", "more", &image).await;
        assert_eq!(again.told().await.1.tags, ["more"]);
        // For the next one this is in the past.
        break_off(&admin, again).await;
    }
    let mut lost = open(app.url(), &ADMIN, "project:library", Some("nonsense")).await.unwrap();
    assert_eq!(lost.next().await.unwrap().1.kind, LiveEvent::RESET);
}

/// Takes the tag back that a stream was told of, so that the next stream has the same past and one more.
async fn break_off(admin: &berth_testkit::Client, mut stream: Stream) {
    let path = "/api/v2.0/projects/library/repositories/app/artifacts/v0/tags/more";
    admin.delete(path).send().await.expect(200);
    assert_eq!(stream.told().await.1.kind, "delete_tag");
}

async fn a_stream_begins_where_its_page_was_read(app: &TestApp) {
    let admin = app.admin();
    admin.push("library/app", "long-ago", &Image::new("image", 1)).await;
    app.later(60);
    admin.push("library/app", "meanwhile", &Image::new("other", 1)).await;
    let mut stream = open(app.url(), &ADMIN, "project:library&age=30", None).await.unwrap();
    assert_eq!(stream.next().await.unwrap().1.kind, LiveEvent::READY);
    let (place, event) = stream.next().await.unwrap();
    assert_eq!(event.tags, ["meanwhile"]);
    admin.push("library/app", "now", &Image::new("third", 1)).await;
    assert_eq!(stream.told().await.1.tags, ["now"]);
    // Whoever knows a place knows it better.
    let mut again = open(app.url(), &ADMIN, "project:library&age=120", Some(&place)).await.unwrap();
    assert_eq!(again.told().await.1.tags, ["now"]);
    // So much may have happened that all of it is read again.
    let mut old = open(app.url(), &ADMIN, "project:library&age=7200", None).await.unwrap();
    assert_eq!(old.next().await.unwrap().1.kind, LiveEvent::RESET);
    for age in ["-1", "1.5", "soon", "99999999999"] {
        let scope = format!("project:library&age={age}");
        assert_eq!(open(app.url(), &ADMIN, &scope, None).await.err(), Some(422), "{age}");
    }
}

async fn a_scope_has_to_be_one(app: &TestApp) {
    for scope in ["", "project", "project:", "project:A", "repository:library", "everything", "jobs:1"] {
        assert_eq!(open(app.url(), &ADMIN, scope, None).await.err(), Some(422), "{scope}");
    }
    assert_eq!(open(app.url(), &ADMIN, "project:missing", None).await.err(), Some(404));
    assert_eq!(open(app.url(), &Who::Nobody, "project:missing", None).await.err(), Some(401));
}

async fn who_loses_the_right_loses_the_stream(app: &TestApp) {
    app.project("closing", false).await;
    app.user_in("closing", "guest", Role::Guest).await;
    app.user("second").await;
    let guest = Who::Basic("guest", PASSWORD);
    let mut kept = open(app.url(), &ADMIN, "project:closing", None).await.unwrap();
    let mut lost = open(app.url(), &guest, "project:closing", None).await.unwrap();
    assert_eq!(lost.next().await.unwrap().1.kind, LiveEvent::READY);
    assert_eq!(kept.next().await.unwrap().1.kind, LiveEvent::READY);
    let admin = app.admin();
    let members = admin.get("/api/v2.0/projects/closing/members?entityname=guest").send().await.expect(200).json();
    let path = format!("/api/v2.0/projects/closing/members/{}", members[0]["id"]);
    admin.delete(&path).send().await.expect(200);
    lost.end().await;

    // A public project that becomes private is no longer everybody's.
    let mut public = open(app.url(), &Who::Nobody, "project:library", None).await.unwrap();
    assert_eq!(public.next().await.unwrap().1.kind, LiveEvent::READY);
    let private = serde_json::json!({ "metadata": { "public": "false" } });
    admin.put("/api/v2.0/projects/library").json(&private).send().await.expect(200);
    public.end().await;
    admin.push("closing/app", "v1", &Image::new("image", 1)).await;
    assert_eq!(kept.told().await.1.repository, "closing/app");
}

async fn a_session_that_ends_ends_its_streams(app: &TestApp) {
    let signed_in = app.anonymous().with("sec-fetch-site", "same-origin");
    let pairs = [("principal", "admin"), ("password", ADMIN_PASSWORD)];
    let reply = signed_in.post("/c/login").form(&pairs).send().await.expect(200);
    let cookie = format!("sid={}", reply.cookie("sid").unwrap());
    let mut stream = open(app.url(), &Who::Cookie(&cookie), "jobs", None).await.unwrap();
    // Everybody may follow this one, but not in the name of a session that is over.
    let mut public = open(app.url(), &Who::Cookie(&cookie), "project:library", None).await.unwrap();
    assert_eq!(stream.next().await.unwrap().1.kind, LiveEvent::READY);
    assert_eq!(public.next().await.unwrap().1.kind, LiveEvent::READY);
    signed_in.with("cookie", &cookie).get("/c/log_out").send().await.expect(200);
    stream.end().await;
    public.end().await;
}

async fn a_token_that_is_revoked_ends_its_streams(app: &TestApp) {
    let (admin, tokens) = (app.admin(), "/api/berth/v1/users/current/tokens");
    let made = admin.post(tokens).json(&serde_json::json!({ "name": "watcher" })).send().await.expect(201);
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    let who = Who::Basic("admin", &secret);
    // More than are looked at in the same moment.
    let mut streams = Vec::new();
    for _ in 0..12 {
        let mut stream = open(app.url(), &who, "system", None).await.unwrap();
        assert_eq!(stream.next().await.unwrap().1.kind, LiveEvent::READY);
        streams.push(stream);
    }
    let mut kept = open(app.url(), &ADMIN, "system", None).await.unwrap();
    assert_eq!(kept.next().await.unwrap().1.kind, LiveEvent::READY);
    admin.delete(&made.location()).send().await.expect(200);
    for stream in streams {
        stream.end().await;
    }
    admin.push("library/app", "v1", &Image::new("image", 1)).await;
    kept.told().await;
}

async fn jobs_tell_how_they_stand(app: &TestApp) {
    let mut stream = open(app.url(), &ADMIN, "jobs", None).await.unwrap();
    let order = serde_json::json!({ "schedule": { "type": "Manual" }, "parameters": { "dry_run": true } });
    let asked = app.admin().post("/api/v2.0/system/gc/schedule").json(&order).send().await.expect(201).location();
    let id: i64 = asked.rsplit('/').next().unwrap().parse().unwrap();
    let mut seen = Vec::new();
    while seen.last().is_none_or(|status| status != "success") {
        let event = stream.told().await.1;
        if event.kind == LiveEvent::JOB && event.job == Some(id) {
            assert_eq!(event.job_kind, "GARBAGE_COLLECTION");
            seen.push(event.status);
        }
    }
    assert_eq!(seen.first().map(String::as_str), Some("pending"));
    assert!(seen.contains(&"running".to_owned()));
    let queue = "/api/v2.0/jobservice/queues/REPLICATION";
    for action in ["pause", "resume"] {
        app.admin().put(queue).json(&serde_json::json!({ "action": action })).send().await.expect(200);
        while stream.told().await.1.kind != "job_queue" {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_ends_its_streams() {
    let mut app = TestApp::start(Backend::Sqlite).await.unwrap();
    let mut stream = open(app.url(), &ADMIN, "system", None).await.unwrap();
    assert_eq!(stream.next().await.unwrap().1.kind, LiveEvent::READY);
    let began = std::time::Instant::now();
    app.stop().await;
    // Not when the time for requests under way is up.
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    stream.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_on_one_node_is_told_on_the_others() {
    let Some(app) = TestApp::start(Backend::Postgres).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut config = app.config.clone();
    config.data.dir = folder.path().join("data");
    let other = berth_server::start(config).await.unwrap();
    let mut here = open(app.url(), &ADMIN, "project:library", None).await.unwrap();
    let mut there = open(other.url(), &ADMIN, "project:library", None).await.unwrap();
    let (start, _) = here.next().await.unwrap();
    there.next().await.unwrap();
    let (ours, theirs) = (app.admin(), berth_testkit::Client::anonymous(other.url()).basic("admin", ADMIN_PASSWORD));
    // Both at once, in transactions that commit in any order.
    let pushes = (0..12).map(|number| {
        let client = if number % 2 == 0 { ours.clone() } else { theirs.clone() };
        async move { client.push(&format!("library/app{number}"), "v1", &Image::new(&format!("{number}"), 1)).await }
    });
    futures_util::future::join_all(pushes).await;
    let mut ids = Vec::new();
    let mut names = Vec::new();
    for _ in 0..12 {
        let (id, event) = here.told().await;
        assert_eq!(there.told().await, (id.clone(), event.clone()), "every node tells the same in the same order");
        ids.push(id);
        names.push(event.repository);
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 12);
    // An id of one node is good on another.
    for (from, left) in [(&start, 0), (&ids[4], 5), (&ids[11], 12)] {
        let mut again = open(other.url(), &ADMIN, "project:library", Some(from)).await.unwrap();
        for id in &ids[left..] {
            assert_eq!(&again.told().await.0, id);
        }
    }
    drop((here, there));
    other.shutdown().await;
}

#[tokio::test]
async fn transactions_of_other_databases_hold_nothing_up() {
    let Some(app) = TestApp::start(Backend::Postgres).await else { return };
    let elsewhere = Database::create(Backend::Postgres).await.unwrap();
    let foreign = hold_transaction(&elsewhere).await;
    let admin = app.admin();
    let mut stream = open(app.url(), &ADMIN, "project:library", None).await.unwrap();
    admin.push("library/app", "v1", &Image::new("image", 1)).await;
    let (first, event) = stream.told().await;
    assert_eq!(event.tags, ["v1"]);
    // One of its own does: it may have an event that comes before.
    let own = hold_transaction(app.database()).await;
    admin.push("library/app", "v2", &Image::new("other", 1)).await;
    let end = event::end(&mut app.rows().await.reader().await.unwrap().conn()).await.unwrap();
    // The place of the first event stays good meanwhile, and what was told is not told again.
    let mut again = open(app.url(), &ADMIN, "project:library", Some(&first)).await.unwrap();
    assert_eq!(again.next().await.unwrap().1.kind, LiveEvent::READY);
    drop(own);
    for stream in [&mut stream, &mut again] {
        let (place, event) = stream.told().await;
        assert_eq!(event.tags, ["v2"]);
        assert!(place.parse::<event::Place>().unwrap() > end, "it was not to be read before");
    }
    drop(foreign);
}
