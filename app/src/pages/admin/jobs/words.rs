//! What jobs and their states are called, and what the address of the page asks for.

use crate::format::count;
use crate::i18n::{Catalog, Key, keys};
use crate::query::plain;
use crate::t;
use crate::ui::{Glyph, State, query_pairs, with_query};
use berth_types::api::Job;

/// The page.
pub(in crate::pages::admin) const PAGE: &str = "/admin/jobs";

/// Kinds of jobs by the API's name, with their icon.
const KINDS: [(&str, Key, Glyph); 10] = [
    ("GARBAGE_COLLECTION", keys::jobs::kind::CLEAN_UP, Glyph::Sweep),
    ("IMAGE_SCAN", keys::jobs::kind::SCAN, Glyph::Shield),
    ("P2P_PREHEAT", keys::jobs::kind::PREHEAT, Glyph::Cloud),
    ("PURGE_AUDIT_LOG", keys::jobs::kind::PURGE, Glyph::Log),
    ("REPLICATION", keys::jobs::kind::REPLICATION, Glyph::Sync),
    ("RETENTION", keys::jobs::kind::RETENTION, Glyph::History),
    ("SCAN_DATA_EXPORT", keys::jobs::kind::EXPORT, Glyph::File),
    ("SCHEDULER", keys::jobs::kind::SCHEDULER, Glyph::Calendar),
    ("WEBHOOK", keys::jobs::kind::WEBHOOK, Glyph::Hook),
    ("bulk", keys::jobs::kind::BULK, Glyph::Check),
];

/// Kinds that a list can be narrowed to.
pub(super) fn known_kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(name, ..)| *name).filter(|name| *name != "SCHEDULER")
}

/// The name of a kind for people; the API's where there is none.
pub(in crate::pages::admin) fn kind_text(catalog: &Catalog, kind: &str) -> String {
    let known = KINDS.iter().find(|(name, ..)| *name == kind);
    known.map_or_else(|| kind.to_owned(), |(_, key, _)| catalog.get(*key).to_owned())
}

pub(super) fn kind_glyph(kind: &str) -> Glyph {
    KINDS.iter().find(|(name, ..)| *name == kind).map_or(Glyph::Bolt, |(_, _, glyph)| *glyph)
}

/// How a job stands, in the API's word: state and name.
pub(in crate::pages::admin) fn status(status: &str) -> (State, Key) {
    match status {
        "pending" | "Pending" => (State::Wait, keys::jobs::state::WAITING),
        "running" | "Running" => (State::Run, keys::jobs::state::RUNNING),
        "success" | "Success" => (State::Ok, keys::jobs::state::DONE),
        "stopped" | "Stopped" => (State::Warn, keys::jobs::state::STOPPED),
        _ => (State::Bad, keys::jobs::state::FAILED),
    }
}

/// How a job stands, as its row says it. One that is through is not done well where some of what it was about failed.
pub(super) fn standing(job: &Job) -> (State, String) {
    match (job.status.as_str(), job.failed) {
        ("success", Some(failed)) if failed > 0 => (State::Warn, t!(keys::jobs::state::PARTLY, failed = count(failed))),
        (word, _) => {
            let (state, key) = status(word);
            (state, t!(key))
        }
    }
}

/// Who asked for a job.
pub(in crate::pages::admin) fn trigger(trigger: &str) -> Key {
    match trigger {
        "schedule" | "SCHEDULE" => keys::jobs::trigger::SCHEDULE,
        "event" | "EVENT" => keys::jobs::trigger::EVENT,
        _ => keys::jobs::trigger::MANUAL,
    }
}

/// Whether a job has not ended.
pub(super) fn is_active(job: &Job) -> bool {
    matches!(job.status.as_str(), "pending" | "running")
}

/// A part of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Part {
    /// Jobs that wait or run.
    #[default]
    Active,
    /// Jobs that failed.
    Failed,
    /// Jobs that did what they are for.
    Done,
    /// All jobs.
    All,
    /// Kinds with their depth.
    Queues,
    /// What comes again.
    Schedules,
    /// Who runs jobs.
    Workers,
}

impl Part {
    pub(super) const ALL: [Part; 7] =
        [Part::Active, Part::Failed, Part::Done, Part::All, Part::Queues, Part::Schedules, Part::Workers];

    const fn word(self) -> &'static str {
        match self {
            Part::Active => "active",
            Part::Failed => "failed",
            Part::Done => "done",
            Part::All => "all",
            Part::Queues => "queues",
            Part::Schedules => "schedules",
            Part::Workers => "workers",
        }
    }

    pub(super) const fn key(self) -> Key {
        match self {
            Part::Active => keys::jobs::part::ACTIVE,
            Part::Failed => keys::jobs::part::FAILED,
            Part::Done => keys::jobs::part::DONE,
            Part::All => keys::jobs::part::ALL,
            Part::Queues => keys::jobs::part::QUEUES,
            Part::Schedules => keys::jobs::part::SCHEDULES,
            Part::Workers => keys::jobs::part::WORKERS,
        }
    }

    /// The filter of the list of jobs; nothing for parts that are no such list.
    pub(super) const fn filter(self) -> Option<&'static str> {
        match self {
            Part::Active => Some("status=active"),
            Part::Failed => Some("status=error"),
            Part::Done => Some("status=success"),
            Part::All => Some(""),
            Part::Queues | Part::Schedules | Part::Workers => None,
        }
    }

    pub(super) fn href(self) -> String {
        let word = (self != Part::Active).then_some(self.word());
        with_query("", &[("view", word)])
    }
}

/// What is asked before it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// To stop a job.
    Stop(i64),
    /// `pause`, `resume` or `stop` for the queue of a kind, or `all`.
    Queue(&'static str, String),
}

/// What the address of the page asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub part: Part,
    /// The kind that the list is narrowed to; empty for all.
    pub kind: String,
    /// What is searched for: the number of a job, or a part of an error. Empty for nothing.
    pub find: String,
    /// The job whose log is shown.
    pub job: Option<i64>,
    pub ask: Option<Ask>,
}

impl Asked {
    pub(super) fn read(search: &str) -> Self {
        let pairs = query_pairs(search);
        let of = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let queue = |action: &'static str| of(action).map(|kind| Ask::Queue(action, kind.to_owned()));
        let stop = of("stop_job").and_then(|id| id.parse().ok()).map(Ask::Stop);
        Asked {
            part: Part::ALL.into_iter().find(|part| of("view") == Some(part.word())).unwrap_or_default(),
            kind: of("kind").filter(|kind| known_kinds().any(|known| known == *kind)).unwrap_or_default().to_owned(),
            find: of("q").map(|text| plain(text.trim())).unwrap_or_default(),
            job: of("job").and_then(|id| id.parse().ok()),
            ask: stop.or_else(|| queue("pause")).or_else(|| queue("resume")).or_else(|| queue("stop")),
        }
    }

    /// The filter of the list of jobs.
    pub(super) fn filter(&self) -> Option<String> {
        let status = self.part.filter()?;
        let kind = if self.kind.is_empty() { String::new() } else { format!("kind={}", self.kind) };
        let find = self.found_by();
        let parts: Vec<&str> = [status, &kind, &find].into_iter().filter(|part| !part.is_empty()).collect();
        Some(parts.join(","))
    }

    /// The filter of what is searched for. Numbers stand in lists with a sign before them.
    fn found_by(&self) -> String {
        match self.find.strip_prefix('#').unwrap_or(&self.find).parse::<u32>() {
            Ok(number) => format!("id={number}"),
            Err(_) if self.find.is_empty() => String::new(),
            Err(_) => format!("error=~{}", self.find),
        }
    }
}

/// The parameters that a question adds to an address.
pub(super) const QUESTIONS: [(&str, Option<&str>); 4] =
    [("stop_job", None), ("pause", None), ("resume", None), ("stop", None)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_what_is_shown_and_asked() {
        assert_eq!(Asked::read(""), Asked::default());
        let asked = Asked::read("?view=failed&kind=GARBAGE_COLLECTION&job=7");
        assert_eq!((asked.part, asked.job), (Part::Failed, Some(7)));
        assert_eq!(asked.filter().as_deref(), Some("status=error,kind=GARBAGE_COLLECTION"));
        assert_eq!(Asked::read("?view=x&kind=x&job=x"), Asked::default());
        assert_eq!(Asked::read("?pause=all").ask, Some(Ask::Queue("pause", "all".into())));
        assert_eq!(Asked::read("?stop_job=9").ask, Some(Ask::Stop(9)));
        assert_eq!(Asked::read("?view=queues").filter(), None);
        assert_eq!(Asked::read("?view=all").filter().as_deref(), Some(""));
        for (q, filter) in [("%2317", "id=17"), ("17", "id=17"), ("no+route,+17", "error=~no route  17"), ("+", "")] {
            assert_eq!(Asked::read(&format!("?view=all&q={q}")).filter().as_deref(), Some(filter), "{q}");
        }
        assert_eq!(Asked::read("?view=failed&q=17").filter().as_deref(), Some("status=error,id=17"));
    }

    #[test]
    fn parts_lead_to_themselves() {
        for part in Part::ALL {
            assert_eq!(Asked::read(&part.href()).part, part);
        }
    }
}
