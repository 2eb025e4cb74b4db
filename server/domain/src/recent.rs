//! What was read a moment ago: people, robots and sessions are asked for on every request and change rarely.
//!
//! Entries live for two seconds. A change on this node drops them at once, another node sees it two seconds later.

use std::{sync::Arc, time::Duration};

use berth_db::query::{identity::Identity, session::Session, user::Person};
use moka::sync::Cache;

use crate::Domain;

/// How long a change on another node may go unnoticed.
const FRESH_FOR: Duration = Duration::from_secs(2);
/// Entries of one kind.
const ENTRIES_MAX: u64 = 10_000;

/// What was read a moment ago. Absence is remembered too, so that guessing costs no query each.
pub(crate) struct Recent {
    pub(crate) people: Cache<i64, Option<Arc<Person>>>,
    pub(crate) names: Cache<String, Option<Arc<Person>>>,
    pub(crate) robots: Cache<i64, Option<Arc<Identity>>>,
    pub(crate) robot_names: Cache<String, Option<Arc<Identity>>>,
    pub(crate) sessions: Cache<Vec<u8>, Option<Arc<Session>>>,
}

impl Default for Recent {
    fn default() -> Self {
        Recent { people: cache(), names: cache(), robots: cache(), robot_names: cache(), sessions: cache() }
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
    }
}
