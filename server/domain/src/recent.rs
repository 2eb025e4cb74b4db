//! What was read a moment ago: people, robots, sessions, personal tokens and what somebody is in a project are asked for on
//! every request and change rarely.
//!
//! Entries live for two seconds. A change on this node drops them at once, another node sees it two seconds later.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use berth_db::query::{self, identity::Identity, project::Standing, session::Session, token::Token, user::Person};
use berth_types::{ProjectName, Timestamp};
use moka::sync::Cache;

use crate::{Domain, Result, identity::Which};

/// How long a change on another node may go unnoticed.
const FRESH_FOR: Duration = Duration::from_secs(2);
/// How long it is remembered that a use was noted. Longer than the time between two notes.
const NOTED_FOR: Duration = Duration::from_secs(120);
/// Entries of one kind.
const ENTRIES_MAX: u64 = 10_000;

/// What was read a moment ago. Absence is remembered too, so that guessing costs no query each.
pub(crate) struct Recent {
    pub(crate) people: Cache<i64, Option<Arc<Person>>>,
    pub(crate) names: Cache<String, Option<Arc<Person>>>,
    pub(crate) robots: Cache<i64, Option<Arc<Identity>>>,
    pub(crate) robot_names: Cache<String, Option<Arc<Identity>>>,
    pub(crate) sessions: Cache<Vec<u8>, Option<Arc<Session>>>,
    /// Personal access tokens by owner and keyed hash.
    pub(crate) tokens: Cache<(i64, Vec<u8>), Arc<Token>>,
    /// When the use of a robot's or a personal access token's secret was last noted by this node.
    pub(crate) token_uses: Cache<(i64, Which), Timestamp>,
    standings: Standings,
}

/// What somebody is in a project, by the project's name and the person's id (0: nobody). Absence is not remembered: who
/// makes a project uses it at once.
struct Standings {
    entries: Cache<(ProjectName, i64), (u64, Arc<Standing>)>,
    /// How many changes this node made. What was read before the last of them does not count.
    changes: AtomicU64,
}

impl Default for Standings {
    fn default() -> Self {
        Standings { entries: cache(), changes: AtomicU64::default() }
    }
}

impl Default for Recent {
    fn default() -> Self {
        Recent {
            people: cache(),
            names: cache(),
            robots: cache(),
            robot_names: cache(),
            sessions: cache(),
            tokens: cache(),
            token_uses: Cache::builder().max_capacity(ENTRIES_MAX).time_to_live(NOTED_FOR).build(),
            standings: Standings::default(),
        }
    }
}

fn cache<K, V>() -> Cache<K, V>
where
    K: std::hash::Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    Cache::builder().max_capacity(ENTRIES_MAX).time_to_live(FRESH_FOR).build()
}

impl Domain {
    /// Forgets who is who, after a change of rights, passwords or accounts on this node.
    pub fn forget_people(&self) {
        self.recent.people.invalidate_all();
        self.recent.names.invalidate_all();
        self.recent.robots.invalidate_all();
        self.recent.robot_names.invalidate_all();
        self.recent.sessions.invalidate_all();
        self.recent.tokens.invalidate_all();
        self.forget_standings();
    }

    /// Forgets who is what in which project. Called after every change of a project, whether or not it succeeded: a commit
    /// can succeed without an answer.
    pub(crate) fn forget_standings(&self) {
        self.recent.standings.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// What somebody is in a project. No project: nothing.
    pub(crate) async fn standing(&self, name: &ProjectName, user: i64) -> Result<Option<Arc<Standing>>> {
        let Standings { entries, changes } = &self.recent.standings;
        let key = (name.clone(), user);
        let now = changes.load(Ordering::Acquire);
        if let Some((then, standing)) = entries.get(&key)
            && then == now
        {
            return Ok(Some(standing));
        }
        let mut reader = self.db.reader().await?;
        let found = query::project::standing_by_name(&mut reader.conn(), name.as_str(), user).await?;
        let Some(standing) = found.map(Arc::new) else { return Ok(None) };
        entries.insert(key, (now, standing.clone()));
        Ok(Some(standing))
    }
}
