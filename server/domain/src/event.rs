//! What happens, told to whoever follows it: pages that are open, and programs.
//!
//! The table of events feeds it. Each node reads the table once for all that follow, at once after a commit of its own and
//! every second otherwise, and hands every event to all of them. Whoever is too slow is cut off: the buffer is bounded, and
//! the place of the last event that was received leads back to where it broke off.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use berth_db::query::event as rows;
pub use berth_db::query::event::Place;
use berth_types::{RepoName, api::LiveEvent};
use serde::Deserialize;
use tokio::{
    sync::{Semaphore, SemaphorePermit, broadcast, watch},
    time::{sleep, timeout},
};

use crate::{
    Actor, ActorKind, Domain, Error, Result,
    authz::{ListArtifacts, ListAudit, ListJobs, ListRepositories, ProjectAccess, SystemAccess},
    jobservice,
};

/// Events that may wait for whoever follows.
const BUFFER: usize = 1024;
/// Events that are read at once.
const BATCH: i64 = 256;
/// How often the table is read for the events of other nodes.
const POLL: Duration = Duration::from_secs(1);
/// The same after an event of this node: on PostgreSQL it is readable when older transactions have ended.
const POLL_SOON: Duration = Duration::from_millis(50);
/// The least time between two reads, however much is written.
const REST: Duration = Duration::from_millis(20);
/// Streams of one person, robot or address.
const STREAMS_EACH_MAX: u64 = 24;
/// Streams of a node.
const STREAMS_MAX: u64 = 2000;
/// When to come back where all streams are taken, in seconds.
const RETRY_AFTER_SECONDS: u64 = 10;
/// Events of the past that a stream gets at most. Whoever missed more reads everything again.
const MISSED_MAX: usize = 10_000;
/// Whoever's knowledge is older reads everything again.
const AGE_MAX_SECONDS: u32 = 60 * 60;
/// What is told besides of the time before: an event bears the time at which its transaction began, on whichever node.
const MORE_SECONDS: u32 = 1;

/// Streams that are looked at in the same moment.
static CHECKS: Semaphore = Semaphore::const_new(8);

/// The turn of a stream to ask again who follows it and what they may. After a start all streams begin together, and would
/// take every connection of the database together; who waits here sends nothing.
///
/// # Errors
/// None in practice: the turns never end.
pub async fn turn_to_check() -> Result<SemaphorePermit<'static>> {
    CHECKS.acquire().await.map_err(Error::internal)
}

/// What is followed, with the proof that it may be.
#[derive(Debug)]
pub enum View {
    /// The repositories of a project.
    Project(ProjectAccess<ListRepositories>),
    /// The artifacts of a repository.
    Repository(ProjectAccess<ListArtifacts>, RepoName),
    /// Jobs of every kind.
    Jobs(SystemAccess<ListJobs>),
    /// Everything.
    System(SystemAccess<ListJobs>, SystemAccess<ListAudit>),
}

impl View {
    fn shows(&self, event: &rows::Event, payload: &Payload) -> bool {
        match self {
            View::Project(access) => event.project_id == Some(access.project_id().0),
            View::Repository(access, repo) => {
                event.project_id == Some(access.project_id().0) && payload.repository == repo.as_str()
            }
            View::Jobs(_) => event.kind.starts_with(LiveEvent::JOB),
            View::System(..) => true,
        }
    }
}

/// What the payloads of events have in them. Who did it is for the audit log alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Payload {
    repository: String,
    digest: String,
    tags: Vec<String>,
    tag: String,
    job: Option<i64>,
    kind: String,
    status: String,
}

/// All that follow on this node.
pub(crate) struct Hub {
    sender: broadcast::Sender<Arc<rows::Event>>,
    /// Where the reader is; nothing while nobody follows.
    head: tokio::sync::Mutex<Option<Place>>,
    woken: tokio::sync::Notify,
    closed: watch::Sender<bool>,
    open: AtomicU64,
    by_caller: Mutex<HashMap<String, u64>>,
}

impl Default for Hub {
    fn default() -> Self {
        Hub {
            sender: broadcast::channel(BUFFER).0,
            head: tokio::sync::Mutex::default(),
            woken: tokio::sync::Notify::new(),
            closed: watch::channel(false).0,
            open: AtomicU64::default(),
            by_caller: Mutex::default(),
        }
    }
}

/// A place among those that follow. It is free again when this is dropped.
struct Seat {
    hub: Arc<Hub>,
    caller: String,
}

impl Seat {
    fn take(hub: &Arc<Hub>, actor: &Actor) -> Result<Self> {
        let full = || Error::TooManyRequests { retry_after_seconds: RETRY_AFTER_SECONDS };
        let caller = match &actor.kind {
            ActorKind::Anonymous => format!("address {}", actor.address),
            ActorKind::User { id, .. } => format!("user {id}"),
            ActorKind::Robot { id, .. } => format!("robot {id}"),
            ActorKind::System => "system".to_owned(),
        };
        let mut by_caller = hub.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
        let own = by_caller.get(&caller).copied().unwrap_or_default();
        // Addresses are cheap: strangers never take the places of those who signed in.
        let all = if matches!(actor.kind, ActorKind::Anonymous) { STREAMS_MAX / 2 } else { STREAMS_MAX };
        if own >= STREAMS_EACH_MAX || hub.open.load(Ordering::Relaxed) >= all {
            return Err(full());
        }
        by_caller.insert(caller.clone(), own + 1);
        hub.open.fetch_add(1, Ordering::Relaxed);
        drop(by_caller);
        Ok(Seat { hub: hub.clone(), caller })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut by_caller = self.hub.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
        self.hub.open.fetch_sub(1, Ordering::Relaxed);
        if let Some(own) = by_caller.get_mut(&self.caller) {
            *own -= 1;
            if *own == 0 {
                by_caller.remove(&self.caller);
            }
        }
    }
}

/// How many streams are open on this node.
pub fn streams(domain: &Domain) -> u64 {
    domain.events.open.load(Ordering::Relaxed)
}

/// Reads the table for all that follow, until `stop` turns true. Then every stream ends.
pub async fn run(domain: Domain, mut stop: watch::Receiver<bool>) {
    let hub = domain.events.clone();
    let bell = domain.db.bell();
    let mut trouble = false;
    let mut pause = POLL;
    loop {
        match hub.read(&domain).await {
            Ok(Read::Nobody) => {
                tokio::select! {
                    _ = stop.wait_for(|stopped| *stopped) => break,
                    () = hub.woken.notified() => continue,
                }
            }
            Ok(Read::Done) => trouble = false,
            Err(error) => {
                // Said once: a database that is gone would fill the log.
                if !trouble {
                    tracing::warn!(%error, "events could not be read, and will be again");
                }
                trouble = true;
            }
        }
        tokio::select! {
            _ = stop.wait_for(|stopped| *stopped) => break,
            () = sleep(REST) => {}
        }
        tokio::select! {
            _ = stop.wait_for(|stopped| *stopped) => break,
            () = sleep(pause) => pause = POLL,
            () = bell.notified() => pause = POLL_SOON,
        }
    }
    hub.closed.send_replace(true);
}

/// What a look at the table came to.
enum Read {
    /// Nobody follows: whoever begins to wakes the reader.
    Nobody,
    /// What happened was handed on.
    Done,
}

impl Hub {
    /// Hands on what happened since the last time.
    async fn read(&self, domain: &Domain) -> Result<Read> {
        let mut head = self.head.lock().await;
        if self.open.load(Ordering::Relaxed) == 0 {
            *head = None;
        }
        let Some(place) = *head else { return Ok(Read::Nobody) };
        let mut place = place;
        loop {
            let events = rows::after(&mut domain.db.reader().await?.conn(), place, BATCH).await?;
            let is_full = i64::try_from(events.len()).is_ok_and(|count| count == BATCH);
            for event in events {
                place = event.place;
                // Nobody follows any more; that is noticed at the next time.
                let _ = self.sender.send(Arc::new(event));
            }
            *head = Some(place);
            if !is_full {
                return Ok(Read::Done);
            }
            tokio::task::yield_now().await;
        }
    }

    /// From here on the reader hands on everything.
    async fn begin(&self, domain: &Domain) -> Result<()> {
        let mut head = self.head.lock().await;
        if head.is_none() {
            *head = Some(rows::end(&mut domain.db.reader().await?.conn()).await?);
            self.woken.notify_one();
        }
        Ok(())
    }
}

/// What a wait for an event ends with.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// An event, and the place from which one goes on.
    Event(Place, LiveEvent),
    /// Nothing happened meanwhile.
    Nothing,
    /// The stream is over.
    End,
}

/// One that follows.
pub struct Follower {
    domain: Domain,
    view: View,
    place: Place,
    /// Whether the table is read before what is handed on.
    is_behind: bool,
    missed: usize,
    waiting: VecDeque<(Place, LiveEvent)>,
    receiver: broadcast::Receiver<Arc<rows::Event>>,
    closed: watch::Receiver<bool>,
    _seat: Seat,
}

/// Where a stream begins, as the client says it, which may be nonsense.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    /// After the event with this id.
    After(&'a str),
    /// Where what the client knows was read, so long ago.
    Ago {
        /// Seconds.
        seconds: u32,
    },
    /// Now.
    Now,
}

/// Follows a view.
///
/// # Errors
/// [`Error::TooManyRequests`] where the caller or all together have too many streams; what the database says.
pub async fn follow(domain: &Domain, actor: &Actor, view: View, start: Start<'_>) -> Result<Follower> {
    let hub = domain.events.clone();
    let seat = Seat::take(&hub, actor)?;
    // In this order: what the reader hands on before the place below is known, is either before it or waits here.
    let receiver = hub.sender.subscribe();
    let closed = hub.closed.subscribe();
    hub.begin(domain).await?;
    let mut reader = domain.db.reader().await?;
    let end = rows::end(&mut reader.conn()).await?;
    let known = match start {
        // Not a place that this database has not come to, and none that is none at all.
        Start::After(last) => {
            let beyond = rows::beyond(&mut reader.conn()).await?;
            last.parse().ok().filter(|place: &Place| *place < beyond)
        }
        Start::Ago { seconds } if seconds > AGE_MAX_SECONDS => None,
        Start::Ago { seconds } => {
            let at = domain.now().plus_seconds(-i64::from(seconds + MORE_SECONDS));
            Some(rows::since(&mut reader.conn(), at).await?)
        }
        Start::Now => Some(end),
    };
    drop(reader);
    let mut waiting = VecDeque::new();
    let place = known.unwrap_or_else(|| {
        waiting.push_back((end, LiveEvent { kind: LiveEvent::RESET.to_owned(), ..LiveEvent::default() }));
        end
    });
    waiting.push_back((place, LiveEvent { kind: LiveEvent::READY.to_owned(), ..LiveEvent::default() }));
    Ok(Follower {
        domain: domain.clone(),
        view,
        place,
        is_behind: true,
        missed: 0,
        waiting,
        receiver,
        closed,
        _seat: seat,
    })
}

impl Follower {
    /// Who follows what. Another proof replaces the former one.
    pub fn set_view(&mut self, view: View) {
        self.view = view;
    }

    /// The next event with its place. Nothing at the end of the stream: the server stops, or it was too slow. It may be
    /// dropped and called again.
    ///
    /// # Errors
    /// What the database says.
    pub async fn next(&mut self) -> Result<Option<(Place, LiveEvent)>> {
        loop {
            if let Some(next) = self.waiting.pop_front() {
                return Ok(Some(next));
            }
            if *self.closed.borrow() {
                return Ok(None);
            }
            if self.is_behind {
                self.catch_up().await?;
                continue;
            }
            let received = tokio::select! {
                received = self.receiver.recv() => received,
                // A sender that is gone closes as well.
                _ = self.closed.wait_for(|closed| *closed) => return Ok(None),
            };
            match received {
                Ok(event) if event.place > self.place => self.take(&event),
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_) | broadcast::error::RecvError::Closed) => return Ok(None),
            }
        }
    }

    /// As [`Follower::next`], for a while at most.
    ///
    /// # Errors
    /// As [`Follower::next`].
    pub async fn next_within(&mut self, wait: Duration) -> Result<Next> {
        match timeout(wait, self.next()).await {
            Ok(Ok(Some((place, event)))) => Ok(Next::Event(place, event)),
            Ok(Ok(None)) => Ok(Next::End),
            Ok(Err(error)) => Err(error),
            Err(_) => Ok(Next::Nothing),
        }
    }

    /// Reads what was missed, a batch at a time.
    async fn catch_up(&mut self) -> Result<()> {
        let events = rows::after(&mut self.domain.db.reader().await?.conn(), self.place, BATCH).await?;
        self.is_behind = !events.is_empty();
        self.missed += events.len();
        for event in &events {
            self.take(event);
        }
        if self.missed > MISSED_MAX {
            self.place = rows::end(&mut self.domain.db.reader().await?.conn()).await?.max(self.place);
            self.is_behind = false;
            self.waiting.clear();
            let reset = LiveEvent { kind: LiveEvent::RESET.to_owned(), ..LiveEvent::default() };
            self.waiting.push_back((self.place, reset));
        }
        Ok(())
    }

    fn take(&mut self, event: &rows::Event) {
        self.place = event.place;
        let payload: Payload = serde_json::from_str(&event.payload).unwrap_or_default();
        if self.view.shows(event, &payload) {
            self.waiting.push_back((event.place, told(event, payload)));
        }
    }
}

fn told(event: &rows::Event, payload: Payload) -> LiveEvent {
    let mut tags = payload.tags;
    if !payload.tag.is_empty() {
        tags.push(payload.tag);
    }
    LiveEvent {
        kind: event.kind.clone(),
        at: Some(event.at),
        repository: payload.repository,
        digest: payload.digest,
        tags,
        job: payload.job,
        job_kind: jobservice::name_of(&payload.kind).to_owned(),
        status: payload.status,
    }
}

#[cfg(test)]
mod tests {
    use berth_db::{Db, query::push};
    use berth_storage::MemoryStore;
    use berth_types::{UserId, time::SystemClock};

    use super::*;
    use crate::Limits;

    async fn world() -> (tempfile::TempDir, Domain, Actor) {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("berth.db")).await.unwrap();
        let domain = Domain::new(db, Arc::new(MemoryStore::new()), Arc::new(SystemClock), Limits::default());
        (folder, domain, Actor::user(UserId(1), "admin", true))
    }

    fn everything(actor: &Actor) -> View {
        View::System(SystemAccess::check(actor).unwrap(), SystemAccess::check(actor).unwrap())
    }

    async fn happen(domain: &Domain, repository: &str) {
        let payload = format!("{{\"repository\":\"{repository}\",\"actor\":\"mallory\"}}");
        domain
            .db
            .write((payload, domain.now()), |tx, (payload, now)| {
                Box::pin(async move {
                    push::add_event(tx, "push_artifact", Some(1), payload, *now).await?;
                    Ok::<_, Error>(())
                })
            })
            .await
            .unwrap();
    }

    async fn next(follower: &mut Follower) -> (Place, LiveEvent) {
        timeout(Duration::from_secs(10), follower.next()).await.unwrap().unwrap().unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn streams_go_on_where_they_broke_off() {
        let (_folder, domain, actor) = world().await;
        let (stop, stopped) = watch::channel(false);
        let reader = tokio::spawn(run(domain.clone(), stopped));
        happen(&domain, "before").await;
        let mut follower = follow(&domain, &actor, everything(&actor), Start::Now).await.unwrap();
        assert_eq!(next(&mut follower).await.1.kind, LiveEvent::READY);
        let mut places = Vec::new();
        for number in 0..5 {
            happen(&domain, &format!("r{number}")).await;
            let (place, event) = next(&mut follower).await;
            assert_eq!(event.repository, format!("r{number}"));
            places.push(place);
        }
        drop(follower);
        assert_eq!(streams(&domain), 0);
        // Long enough for the reader to see that nobody follows any more.
        sleep(POLL + REST * 10).await;
        happen(&domain, "r5").await;
        let mut again =
            follow(&domain, &actor, everything(&actor), Start::After(&places[2].to_string())).await.unwrap();
        assert_eq!(next(&mut again).await.1.kind, LiveEvent::READY);
        for number in 3..6 {
            assert_eq!(next(&mut again).await.1.repository, format!("r{number}"));
        }
        happen(&domain, "r6").await;
        assert_eq!(next(&mut again).await.1.repository, "r6");

        for nonsense in ["", "x", "0-99999"] {
            let mut lost = follow(&domain, &actor, everything(&actor), Start::After(nonsense)).await.unwrap();
            assert_eq!(next(&mut lost).await.1.kind, LiveEvent::RESET, "{nonsense}");
        }
        let long_ago = Start::Ago { seconds: AGE_MAX_SECONDS + 1 };
        let mut old = follow(&domain, &actor, everything(&actor), long_ago).await.unwrap();
        assert_eq!(next(&mut old).await.1.kind, LiveEvent::RESET);
        stop.send(true).unwrap();
        reader.await.unwrap();
        assert!(again.next().await.unwrap().is_none(), "the server stops");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_does_not_read_is_cut_off_and_nobody_takes_all_places() {
        let (_folder, domain, actor) = world().await;
        let (_stop, stopped) = watch::channel(false);
        tokio::spawn(run(domain.clone(), stopped));
        let mut slow = follow(&domain, &actor, everything(&actor), Start::Now).await.unwrap();
        let (start, _) = next(&mut slow).await;
        // The first look at the table is over, from here on it gets what is handed on.
        let nothing = timeout(Duration::from_millis(200), slow.next()).await;
        assert!(nothing.is_err(), "{nothing:?}");
        let count = BUFFER * 2;
        domain
            .db
            .write((count, domain.now()), |tx, (count, now)| {
                Box::pin(async move {
                    for _ in 0..*count {
                        push::add_event(tx, "push_artifact", Some(1), "{}", *now).await?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .await
            .unwrap();
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        while slow.receiver.len() <= BUFFER && std::time::Instant::now() < deadline {
            sleep(Duration::from_millis(20)).await;
        }
        assert!(slow.next().await.unwrap().is_none());
        drop(slow);
        let mut again = follow(&domain, &actor, everything(&actor), Start::After(&start.to_string())).await.unwrap();
        for _ in 0..=count {
            next(&mut again).await;
        }

        let mut taken = Vec::new();
        while let Ok(follower) = follow(&domain, &actor, everything(&actor), Start::Now).await {
            taken.push(follower);
        }
        assert_eq!(u64::try_from(taken.len()).unwrap() + 1, STREAMS_EACH_MAX);
        let other = Actor::user(UserId(2), "other", true);
        assert!(follow(&domain, &other, everything(&other), Start::Now).await.is_ok());
        taken.pop();
        assert!(follow(&domain, &actor, everything(&actor), Start::Now).await.is_ok());
    }

    #[tokio::test]
    async fn what_is_told_is_what_the_view_shows() {
        let (_folder, _domain, actor) = world().await;
        let event = |kind: &str, project_id, payload: &str| rows::Event {
            place: Place::default(),
            at: berth_types::Timestamp(0),
            kind: kind.to_owned(),
            project_id,
            payload: payload.to_owned(),
        };
        let push = event("push_artifact", Some(1), "{\"repository\":\"library/a\",\"actor\":\"mallory\"}");
        let job = event("job", None, "{\"job\":7,\"kind\":\"gc\",\"status\":\"running\"}");
        let payload = |event: &rows::Event| serde_json::from_str::<Payload>(&event.payload).unwrap();
        let jobs = View::Jobs(SystemAccess::check(&actor).unwrap());
        assert!(!jobs.shows(&push, &payload(&push)) && jobs.shows(&job, &payload(&job)));
        assert!(everything(&actor).shows(&push, &payload(&push)));
        let shown = told(&job, payload(&job));
        assert_eq!((shown.job, shown.job_kind.as_str()), (Some(7), "GARBAGE_COLLECTION"));
        assert!(!serde_json::to_string(&told(&push, payload(&push))).unwrap().contains("mallory"));
    }
}
