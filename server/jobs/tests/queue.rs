//! The queue on both databases: leases, retries, schedules, stops.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use berth_db::{
    Backend, DbError,
    query::{job as rows, jobservice},
};
use berth_jobs::{Enqueued, Failure, Job, Kind, NewJob, Options, Outcome, Queue, Task, Worker, schedule::NewSchedule};
use berth_types::{Clock, Timestamp, time::SystemClock};
use serde_json::{Value, json};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};

#[path = "../../testkit/src/database.rs"]
mod database;
#[path = "../../testkit/src/everywhere.rs"]
#[macro_use]
mod everywhere;

use database::Database;

/// The system's time, and how far ahead of it the test is.
#[derive(Clone, Default)]
struct Ahead(Arc<AtomicI64>);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_seconds(self.0.load(Ordering::SeqCst))
    }
}

struct World {
    queue: Queue,
    clock: Ahead,
    database: Database,
}

impl World {
    async fn new(backend: Backend) -> Option<World> {
        let database = Database::create(backend).await?;
        let clock = Ahead::default();
        let queue = Queue::new(database.open().await, Arc::new(clock.clone()), Arc::default());
        Some(World { queue, clock, database })
    }

    async fn enqueue(&self, kind: &str, payload: &Value) -> i64 {
        self.queue.enqueue(job(kind, payload)).await.unwrap().id()
    }

    /// Waits until a job is what the test waits for.
    async fn until(&self, id: i64, wanted: impl Fn(&Job) -> bool) -> Job {
        let mut last = None;
        for _ in 0..1500 {
            let job = self.queue.job(id).await.unwrap().unwrap();
            if wanted(&job) {
                return job;
            }
            last = Some(job);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the job stays {last:?}");
    }

    /// Waits until a worker has looked for jobs and schedules once more, and begun what it found.
    async fn a_round(&self) {
        let id = self.enqueue("marker", &json!({})).await;
        self.until(id, |job| job.status == "success").await;
    }

    fn start(&self, kind: impl Kind, options: Options) -> Node {
        Node::start(Worker::new(self.queue.clone(), options).with(kind).with(Marker))
    }
}

/// A worker that runs. It dies with this, as if its node had lost power.
struct Node {
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Node {
    fn start(worker: Worker) -> Self {
        let (stop, stopped) = watch::channel(false);
        Node { stop, running: tokio::spawn(worker.run(stopped)) }
    }

    async fn stop(mut self) {
        self.stop.send(true).unwrap();
        (&mut self.running).await.unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.running.abort();
    }
}

fn job(kind: &str, payload: &Value) -> NewJob {
    NewJob {
        kind: kind.to_owned(),
        cause: "manual".to_owned(),
        payload: payload.to_string(),
        attempts_max: 3,
        ..NewJob::default()
    }
}

/// Asks until there is an answer. A test that waits for what never comes fails.
async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let answered = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(quick().poll).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), answered).await.unwrap()
}

fn quick() -> Options {
    Options {
        lease: Duration::from_millis(1200),
        poll: Duration::from_millis(20),
        backoff: Duration::from_millis(20),
        stop_grace: Duration::from_millis(200),
        ..Options::default()
    }
}

type Body = Arc<dyn Fn(Arc<Counts>) -> futures::Body + Send + Sync>;

mod futures {
    use std::{future::Future, pin::Pin};

    pub type Body = Pin<Box<dyn Future<Output = berth_jobs::Outcome> + Send>>;

    pub fn boxed(future: impl Future<Output = berth_jobs::Outcome> + Send + 'static) -> Body {
        Box::pin(future)
    }
}

/// What runs, and what ran.
#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    at_once: Mutex<HashMap<i64, usize>>,
    go: Notify,
}

/// A kind of the test's own.
#[derive(Clone)]
struct Probe {
    counts: Arc<Counts>,
    body: Body,
}

impl Probe {
    fn new(body: impl Fn(Arc<Counts>) -> futures::Body + Send + Sync + 'static) -> Self {
        Probe { counts: Arc::default(), body: Arc::new(body) }
    }

    fn begun(&self) -> usize {
        self.counts.begun.load(Ordering::SeqCst)
    }
}

/// Counts down also where the attempt is dropped.
struct AtOnce(Arc<Counts>, i64);

impl Drop for AtOnce {
    fn drop(&mut self) {
        *self.0.at_once.lock().unwrap().get_mut(&self.1).unwrap() -= 1;
    }
}

#[async_trait]
impl Kind for Probe {
    fn name(&self) -> &'static str {
        "probe"
    }

    async fn run(&self, task: &Task) -> Outcome {
        self.counts.begun.fetch_add(1, Ordering::SeqCst);
        let now = {
            let mut at_once = self.counts.at_once.lock().unwrap();
            let count = at_once.entry(task.id()).or_default();
            *count += 1;
            *count
        };
        assert_eq!(now, 1, "job {} runs twice at once", task.id());
        let _at_once = AtOnce(self.counts.clone(), task.id());
        (self.body)(self.counts.clone()).await
    }
}

/// Does nothing, so that its end tells that a worker has come by.
struct Marker;

#[async_trait]
impl Kind for Marker {
    fn name(&self) -> &'static str {
        "marker"
    }

    async fn run(&self, _: &Task) -> Outcome {
        Ok(())
    }
}

async fn a_job_runs_once_and_says_what_it_did(world: World) {
    struct Talks;

    #[async_trait]
    impl Kind for Talks {
        fn name(&self) -> &'static str {
            "talks"
        }

        async fn run(&self, task: &Task) -> Outcome {
            assert_eq!((task.payload(), task.attempt()), (&json!({ "n": 5 }), 1));
            task.log("one").await?;
            task.log("two").await?;
            task.progress(&json!({ "done": 5 })).await
        }
    }

    let node = world.start(Talks, quick());
    let id = world.enqueue("talks", &json!({ "n": 5 })).await;
    let done = world.until(id, |job| job.status == "success").await;
    assert_eq!((done.progress.as_str(), done.attempts, done.error), (r#"{"done":5}"#, 1, None));
    assert!(done.started_at.unwrap() >= done.created_at && done.finished_at.unwrap() >= done.started_at.unwrap());
    let log: Vec<String> = world.queue.log(id, 10).await.unwrap().into_iter().map(|(_, line)| line).collect();
    assert_eq!(log, ["one", "two"]);
    assert_eq!(world.queue.depths().await.unwrap(), []);
    node.stop().await;
}

async fn a_failure_is_tried_again_until_the_attempts_are_used_up(world: World) {
    let probe = Probe::new(|counts| {
        let attempt = counts.begun.load(Ordering::SeqCst);
        futures::boxed(async move {
            match attempt {
                1 => Err(Failure::Retry("not yet".to_owned())),
                2 => panic!("a fault of the kind"),
                _ => Ok(()),
            }
        })
    });
    let node = world.start(probe.clone(), quick());
    let id = world.enqueue("probe", &json!({})).await;
    let done = world.until(id, |job| job.finished_at.is_some()).await;
    assert_eq!((done.status.as_str(), done.attempts, probe.begun()), ("success", 3, 3));
    node.stop().await;

    let hopeless = Probe::new(|_| futures::boxed(async { Err(Failure::Retry("never".to_owned())) }));
    let node = world.start(hopeless.clone(), quick());
    let id = world.enqueue("probe", &json!({})).await;
    let failed = world.until(id, |job| job.finished_at.is_some()).await;
    assert_eq!((failed.status.as_str(), failed.error.as_deref(), hopeless.begun()), ("error", Some("never"), 3));
    node.stop().await;

    let fatal = Probe::new(|_| futures::boxed(async { Err(Failure::Fatal("wrong".to_owned())) }));
    let node = world.start(fatal.clone(), quick());
    let id = world.enqueue("probe", &json!({})).await;
    let failed = world.until(id, |job| job.finished_at.is_some()).await;
    assert_eq!((failed.status.as_str(), fatal.begun()), ("error", 1));
    node.stop().await;
}

async fn one_unfinished_job_has_a_key(world: World) {
    let with_key = |kind: &str| NewJob { unique_key: Some("x".to_owned()), ..job(kind, &json!({})) };
    let first = world.queue.enqueue(with_key("probe")).await.unwrap();
    assert_eq!(world.queue.enqueue(with_key("probe")).await.unwrap(), Enqueued::Known(first.id()));
    assert!(matches!(world.queue.enqueue(with_key("other")).await.unwrap(), Enqueued::New(_)));
    let node = world.start(Probe::new(|_| futures::boxed(async { Ok(()) })), quick());
    world.until(first.id(), |job| job.status == "success").await;
    let next = world.queue.enqueue(with_key("probe")).await.unwrap();
    assert!(matches!(next, Enqueued::New(id) if id != first.id()), "the key is free again: {next:?}");
    node.stop().await;
}

async fn what_is_not_committed_is_not_asked_for(world: World) {
    let db = world.database.open().await;
    let now = world.clock.now();
    let refused: Result<(), DbError> = db
        .write(now, |tx, now| {
            Box::pin(async move {
                berth_jobs::enqueue(tx, &job("probe", &json!({})), *now).await?;
                Err(DbError::Other("the rule refuses".to_owned()))
            })
        })
        .await;
    assert!(refused.is_err());
    assert_eq!(world.queue.jobs("probe", 10).await.unwrap(), []);
}

async fn a_dead_nodes_job_goes_on_elsewhere(world: World) {
    let hangs = Probe::new(|_| futures::boxed(std::future::pending()));
    let dead = world.start(hangs.clone(), quick());
    let id = world.enqueue("probe", &json!({})).await;
    world.until(id, |job| job.status == "running").await;
    // The row says so a moment before the work begins.
    while hangs.begun() == 0 {
        tokio::task::yield_now().await;
    }
    dead.running.abort();
    drop(dead);
    // Nobody renews the lease any more.
    let works = Probe::new(|_| futures::boxed(async { Ok(()) }));
    let node = world.start(works.clone(), quick());
    let done = world.until(id, |job| job.finished_at.is_some()).await;
    assert_eq!((done.status.as_str(), done.attempts, hangs.begun(), works.begun()), ("success", 2, 1, 1));
    node.stop().await;
}

async fn a_job_that_kills_its_nodes_ends(world: World) {
    let id = world.queue.enqueue(NewJob { attempts_max: 1, ..job("probe", &json!({})) }).await.unwrap().id();
    let dead = world.start(Probe::new(|_| futures::boxed(std::future::pending())), quick());
    world.until(id, |job| job.status == "running").await;
    drop(dead);
    let other = Probe::new(|_| futures::boxed(async { Ok(()) }));
    let node = world.start(other.clone(), quick());
    let ended = world.until(id, |job| job.finished_at.is_some()).await;
    assert_eq!((ended.status.as_str(), other.begun()), ("error", 0));
    assert!(ended.error.unwrap().contains("went away"));
    node.stop().await;
}

async fn a_lease_is_renewed_for_as_long_as_the_job_runs(world: World) {
    let probe = Probe::new(|counts| {
        futures::boxed(async move {
            counts.go.notified().await;
            Ok(())
        })
    });
    let (one, two) = (world.start(probe.clone(), quick()), world.start(probe.clone(), quick()));
    let id = world.enqueue("probe", &json!({})).await;
    world.until(id, |job| job.status == "running").await;
    // Three leases long: both workers look all the time, and neither may take it.
    let db = world.database.open().await;
    let end = world.clock.now().micros() + i64::try_from(quick().lease.as_micros()).unwrap() * 3;
    let lease = async || {
        let mut reader = db.reader().await.unwrap();
        let row = reader.conn().row("SELECT lease_until FROM jobs WHERE id = $1", &[id.into()]).await.unwrap().unwrap();
        row.get::<Option<i64>>(0).unwrap().unwrap()
    };
    eventually(async || (lease().await >= end).then_some(())).await;
    world.a_round().await;
    assert_eq!(probe.begun(), 1);
    probe.counts.go.notify_one();
    let done = world.until(id, |job| job.finished_at.is_some()).await;
    assert_eq!((done.status.as_str(), done.attempts), ("success", 1));
    one.stop().await;
    two.stop().await;
}

async fn two_workers_never_run_one_job_at_once(world: World) {
    let probe = Probe::new(|_| {
        futures::boxed(async {
            tokio::time::sleep(Duration::from_millis(2)).await;
            Ok(())
        })
    });
    let nodes: Vec<Node> = (0..3).map(|_| world.start(probe.clone(), quick())).collect();
    let mut ids = Vec::new();
    for n in 0..60 {
        ids.push(world.enqueue("probe", &json!({ "n": n })).await);
    }
    for id in ids {
        let done = world.until(id, |job| job.finished_at.is_some()).await;
        assert_eq!((done.status.as_str(), done.attempts), ("success", 1), "{done:?}");
    }
    assert_eq!(probe.begun(), 60);
    for node in nodes {
        node.stop().await;
    }
}

async fn a_worker_that_lost_its_lease_writes_nothing(world: World) {
    let db = world.database.open().await;
    let id = world.enqueue("probe", &json!({})).await;
    let now = world.clock.now();
    let claim = async |holder: &'static str, now: Timestamp| {
        let claimed: Result<Vec<rows::Claimed>, DbError> = db
            .write((holder, now), |tx, (holder, now)| {
                Box::pin(rows::claim(tx, &["probe"], holder, *now, now.plus_seconds(60), 5))
            })
            .await;
        claimed.unwrap().len()
    };
    assert_eq!(claim("one", now).await, 1);
    assert_eq!(claim("two", now).await, 0, "the lease holds");
    assert_eq!(claim("two", now.plus_seconds(61)).await, 1, "it ended");
    let late: Result<_, DbError> = db
        .write((id, now), |tx, (id, now)| {
            Box::pin(async move {
                let renewed = rows::renew(tx, *id, "one", now.plus_seconds(500)).await?;
                let progress = rows::set_progress(tx, *id, "one", "{\"x\":1}", *now).await?;
                let log = rows::add_log(tx, *id, "one", "late", *now).await?;
                let ended = rows::finish(tx, *id, "one", &rows::End::Success, *now).await?;
                Ok((renewed, progress, log, ended))
            })
        })
        .await;
    assert_eq!(late.unwrap(), (None, false, false, false));
    let job = world.queue.job(id).await.unwrap().unwrap();
    assert_eq!((job.status.as_str(), job.progress.as_str()), ("running", "{}"));
}

async fn jobs_stop_when_they_are_asked_to(world: World) {
    let waiting = world.enqueue("nobody", &json!({})).await;
    assert!(world.queue.stop(waiting).await.unwrap());
    assert_eq!(world.queue.job(waiting).await.unwrap().unwrap().status, "stopped");
    assert!(!world.queue.stop(waiting).await.unwrap(), "it has ended");

    struct Listens;

    #[async_trait]
    impl Kind for Listens {
        fn name(&self) -> &'static str {
            "listens"
        }

        async fn run(&self, task: &Task) -> Outcome {
            task.stopped().await;
            task.log("bye").await?;
            Err(Failure::Stopped)
        }
    }

    let deaf = Probe::new(|_| futures::boxed(std::future::pending()));
    let worker = Worker::new(world.queue.clone(), quick()).with(Listens).with(deaf);
    let node = Node::start(worker);
    let ids = [world.enqueue("listens", &json!({})).await, world.enqueue("probe", &json!({})).await];
    for id in ids {
        world.until(id, |job| job.status == "running").await;
        assert!(world.queue.stop(id).await.unwrap());
        let stopped = world.until(id, |job| job.finished_at.is_some()).await;
        assert_eq!((stopped.status.as_str(), stopped.attempts), ("stopped", 1));
    }
    assert_eq!(world.queue.log(ids[0], 10).await.unwrap().len(), 1, "it had the time to say so");
    node.stop().await;
}

async fn a_node_that_stops_gives_its_jobs_back(world: World) {
    let probe = Probe::new(|_| futures::boxed(std::future::pending()));
    let node = world.start(probe, quick());
    let id = world.enqueue("probe", &json!({})).await;
    world.until(id, |job| job.status == "running").await;
    node.stop().await;
    let job = world.queue.job(id).await.unwrap().unwrap();
    assert_eq!((job.status.as_str(), job.attempts, job.finished_at), ("pending", 0, None));
}

async fn a_paused_kind_waits(world: World) {
    world.queue.pause("probe").await.unwrap();
    let probe = Probe::new(|_| futures::boxed(async { Ok(()) }));
    let node = world.start(probe.clone(), quick());
    let id = world.enqueue("probe", &json!({})).await;
    world.a_round().await;
    assert_eq!(probe.begun(), 0);
    let depths = world.queue.depths().await.unwrap();
    assert_eq!((depths[0].kind.as_str(), depths[0].due, depths[0].running), ("probe", 1, 0));
    assert!(depths[0].oldest.is_some());
    world.queue.resume("probe").await.unwrap();
    world.until(id, |job| job.status == "success").await;
    node.stop().await;
}

async fn schedules_come_again_and_missed_times_are_one(world: World) {
    let probe = Probe::new(|_| futures::boxed(async { Ok(()) }));
    let daily = NewSchedule { name: "nightly", kind: "probe", rule: "0 0 3 * * *", payload: "{\"a\":1}" };
    world.queue.set_schedule(&daily).await.unwrap();
    assert!(world.queue.set_schedule(&NewSchedule { rule: "every night", ..daily }).await.is_err());
    let node = world.start(probe.clone(), quick());
    world.a_round().await;
    assert_eq!(world.queue.jobs("probe", 10).await.unwrap(), [], "it is not due yet");

    world.clock.0.fetch_add(3 * 86_400, Ordering::SeqCst);
    let jobs = eventually(async || {
        let jobs = world.queue.jobs("probe", 10).await.unwrap();
        (!jobs.is_empty()).then_some(jobs)
    })
    .await;
    let done = world.until(jobs[0].id, |job| job.status == "success").await;
    assert_eq!((done.cause.as_str(), done.payload.as_str()), ("schedule", "{\"a\":1}"));
    world.a_round().await;
    assert_eq!(world.queue.jobs("probe", 10).await.unwrap().len(), 1, "three nights were missed");

    // The same rule again keeps the moment; another one replaces it.
    let next = async || {
        let db = world.database.open().await;
        rows::schedule(&mut db.reader().await.unwrap().conn(), "nightly").await.unwrap().unwrap().next_at
    };
    let before = next().await;
    world.clock.0.fetch_add(60, Ordering::SeqCst);
    world.queue.set_schedule(&daily).await.unwrap();
    assert_eq!(next().await, before);
    world.queue.set_schedule(&NewSchedule { rule: "@every 30s", ..daily }).await.unwrap();
    assert_ne!(next().await, before);
    assert!(world.queue.remove_schedule("nightly").await.unwrap());
    assert!(!world.queue.remove_schedule("nightly").await.unwrap());
    node.stop().await;
}

async fn a_chosen_rule_holds_until_it_is_given_up(world: World) {
    let db = world.database.open().await;
    let row = async || jobservice::schedule(&mut db.reader().await.unwrap().conn(), "nightly").await.unwrap();
    let held = async || row().await.map(|row| row.cron);
    let configured = |rule| NewSchedule { name: "nightly", kind: "probe", rule, payload: "{}" };
    let choose = async |rule: &str| {
        let choice = jobservice::Choice {
            name: "nightly".to_owned(),
            kind: "probe".to_owned(),
            cron: rule.to_owned(),
            payload: "{\"a\":1}".to_owned(),
            label: "Daily".to_owned(),
            next_at: Timestamp(5),
        };
        let chosen = db.write(choice, |tx, choice| Box::pin(jobservice::choose(tx, choice, Timestamp(1)))).await;
        chosen.map_err(|error: DbError| error).unwrap()
    };
    let queue = &world.queue;
    queue.set_default_schedule(&configured("@every 60s")).await.unwrap();
    assert!(!row().await.unwrap().is_chosen());
    // Another start, with another rule.
    queue.set_default_schedule(&configured("@every 90s")).await.unwrap();
    assert_eq!(held().await.as_deref(), Some("@every 90s"));

    let id = choose("0 0 3 * * *").await;
    assert_eq!((row().await.unwrap().id, row().await.unwrap().is_chosen()), (id, true));
    queue.set_default_schedule(&configured("@every 30s")).await.unwrap();
    let kept = row().await.unwrap();
    assert_eq!((kept.cron.as_str(), kept.next_at), ("0 0 3 * * *", Timestamp(5)));
    let back = db.write((), |tx, ()| Box::pin(jobservice::fall_back(tx, "nightly", Timestamp(7), Timestamp(2)))).await;
    back.map_err(|error: DbError| error).unwrap();
    let back = row().await.unwrap();
    assert_eq!((back.cron.as_str(), back.payload.as_str(), back.is_chosen()), ("@every 30s", "{}", false));

    // Without a configured rule it is the chosen one or none.
    choose("0 0 3 * * *").await;
    queue.remove_default_schedule("nightly").await.unwrap();
    assert_eq!(held().await.as_deref(), Some("0 0 3 * * *"));
    let ended = db.write((), |tx, ()| Box::pin(jobservice::end_choice(tx, "nightly"))).await;
    assert!(ended.map_err(|error: DbError| error).unwrap());
    queue.set_default_schedule(&configured("@every 30s")).await.unwrap();
    queue.remove_default_schedule("nightly").await.unwrap();
    assert_eq!(held().await, None);
}

async fn old_jobs_are_removed_with_what_they_said(world: World) {
    struct Talks;

    #[async_trait]
    impl Kind for Talks {
        fn name(&self) -> &'static str {
            "talks"
        }

        async fn run(&self, task: &Task) -> Outcome {
            task.log("hello").await
        }
    }

    let id = world.enqueue("talks", &json!({})).await;
    let node = world.start(Talks, quick());
    world.until(id, |job| job.status == "success").await;
    let waiting = world.enqueue("nobody", &json!({})).await;
    node.stop().await;
    world.clock.0.fetch_add(31 * 86_400, Ordering::SeqCst);
    // A worker looks when it starts.
    let node = world.start(Talks, quick());
    eventually(async || world.queue.job(id).await.unwrap().is_none().then_some(())).await;
    assert_eq!(world.queue.log(id, 10).await.unwrap(), []);
    assert!(world.queue.job(waiting).await.unwrap().is_some(), "what has not ended stays");
    node.stop().await;
}

everywhere! {
    a_job_runs_once_and_says_what_it_did
    a_failure_is_tried_again_until_the_attempts_are_used_up
    one_unfinished_job_has_a_key
    what_is_not_committed_is_not_asked_for
    a_dead_nodes_job_goes_on_elsewhere
    a_job_that_kills_its_nodes_ends
    a_lease_is_renewed_for_as_long_as_the_job_runs
    two_workers_never_run_one_job_at_once
    a_worker_that_lost_its_lease_writes_nothing
    jobs_stop_when_they_are_asked_to
    a_node_that_stops_gives_its_jobs_back
    a_paused_kind_waits
    schedules_come_again_and_missed_times_are_one
    a_chosen_rule_holds_until_it_is_given_up
    old_jobs_are_removed_with_what_they_said
}
