//! What a report says, a line a part: state, name, numbers, and where something is wrong the next step.

use crate::format::{bytes, date, natural};
use crate::i18n::{Catalog, Key, keys};
use crate::ui::State;
use berth_types::Timestamp;
use berth_types::api::{DatabaseHealth, HealthReport, QueueHealth, ScannerHealth, StorageHealth};

/// A certificate that ends within these days is worth a warning.
const CERTIFICATE_WARN_DAYS: i64 = 21;
/// Storage with less than this share free is nearly full, in percent.
const FREE_WARN_PERCENT: u64 = 10;
/// A job that waits for so long says that something is wrong, in seconds.
const WAIT_WARN_SECONDS: i64 = 300;
/// Clocks that differ by more make leases and tokens unreliable, in milliseconds.
const CLOCK_WARN_MILLISECONDS: i64 = 2000;

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Check {
    pub state: State,
    pub title: String,
    /// How long it took.
    pub note: String,
    pub detail: String,
}

/// The lines of a report.
pub(super) fn checks(catalog: &Catalog, report: &HealthReport) -> Vec<Check> {
    let mut checks = vec![database(catalog, &report.database)];
    if report.database.works {
        checks.push(storage(catalog, &report.storage));
        checks.push(queue(catalog, &report.queue));
    }
    if let Some(certificate) = &report.certificate {
        checks.push(certificate_line(catalog, certificate.ends_at, report.checked_at));
    }
    checks.push(address(catalog, report.external_url.as_deref()));
    checks.extend(report.scanners.iter().map(|told| scanner(catalog, told)));
    if report.audit_lost > 0 {
        let lost = [("count", crate::format::count(report.audit_lost))];
        checks.push(line(
            catalog,
            State::Warn,
            keys::health::AUDIT,
            None,
            format(catalog, keys::health::AUDIT_LOST, &lost),
        ));
    }
    if let Some(ahead) = report.database.clock_ahead_milliseconds {
        checks.push(clock(catalog, ahead));
    }
    checks
}

/// The state of all of them together.
pub(super) fn worst(checks: &[Check]) -> State {
    let any = |state: State| checks.iter().any(|check| check.state == state);
    if any(State::Bad) {
        State::Bad
    } else if any(State::Warn) {
        State::Warn
    } else {
        State::Ok
    }
}

fn line(catalog: &Catalog, state: State, title: Key, milliseconds: Option<u64>, detail: String) -> Check {
    let note = milliseconds.map_or_else(String::new, |n| format!("{n}\u{a0}ms"));
    Check { state, title: catalog.get(title).to_owned(), note, detail }
}

fn format(catalog: &Catalog, key: Key, args: &[(&str, String)]) -> String {
    let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
    catalog.format(key, &args)
}

fn database(catalog: &Catalog, told: &DatabaseHealth) -> Check {
    if !told.works {
        let detail = catalog.get(keys::health::DATABASE_BAD).to_owned();
        return line(catalog, State::Bad, keys::health::DATABASE, None, detail);
    }
    let name = if told.kind == "postgresql" { "PostgreSQL" } else { "SQLite" };
    let size = told.size_bytes.map_or(0, natural);
    let detail = [("name", name.to_owned()), ("version", told.version.clone()), ("size", bytes(size))];
    let detail = format(catalog, keys::health::DATABASE_TEXT, &detail);
    line(catalog, State::Ok, keys::health::DATABASE, Some(told.milliseconds), detail)
}

fn storage(catalog: &Catalog, told: &StorageHealth) -> Check {
    let used = [("used", bytes(told.used_bytes))];
    let (state, detail) = match (told.works, told.free_bytes, told.total_bytes) {
        (false, ..) => (State::Bad, catalog.get(keys::health::STORAGE_BAD).to_owned()),
        (true, Some(free), Some(total)) => {
            let low = crate::format::percent(free, total) < FREE_WARN_PERCENT;
            let [used] = used;
            let args = [used, ("free", bytes(free)), ("total", bytes(total))];
            let key = if low { keys::health::STORAGE_LOW } else { keys::health::STORAGE_TEXT };
            (if low { State::Warn } else { State::Ok }, format(catalog, key, &args))
        }
        (true, ..) => (State::Ok, format(catalog, keys::health::STORAGE_USED, &used)),
    };
    line(catalog, state, keys::health::STORAGE, Some(told.milliseconds), detail)
}

fn queue(catalog: &Catalog, told: &QueueHealth) -> Check {
    let numbers = [
        ("waiting", told.waiting.to_string()),
        ("oldest", told.oldest_seconds.to_string()),
        ("running", told.running.to_string()),
        ("workers", told.workers.to_string()),
    ];
    let (state, key) = if !told.works || told.workers == 0 {
        (State::Bad, keys::health::QUEUE_BAD)
    } else if !told.paused.is_empty() {
        (State::Warn, keys::health::QUEUE_PAUSED)
    } else if told.oldest_seconds > WAIT_WARN_SECONDS {
        (State::Warn, keys::health::QUEUE_LATE)
    } else {
        (State::Ok, keys::health::QUEUE_TEXT)
    };
    line(catalog, state, keys::health::QUEUE, None, format(catalog, key, &numbers))
}

fn certificate_line(catalog: &Catalog, ends_at: Option<Timestamp>, now: Timestamp) -> Check {
    let Some(ends_at) = ends_at else {
        let detail = catalog.get(keys::health::CERTIFICATE_UNKNOWN).to_owned();
        return line(catalog, State::Warn, keys::health::CERTIFICATE, None, detail);
    };
    let days = (ends_at.unix_seconds() - now.unix_seconds()) / 86_400;
    let (state, key) = match days {
        _ if ends_at <= now => (State::Bad, keys::health::CERTIFICATE_ENDED),
        ..CERTIFICATE_WARN_DAYS => (State::Warn, keys::health::CERTIFICATE_SOON),
        _ => (State::Ok, keys::health::CERTIFICATE_TEXT),
    };
    let args = [("date", date(catalog, ends_at))];
    line(catalog, state, keys::health::CERTIFICATE, None, format(catalog, key, &args))
}

fn address(catalog: &Catalog, url: Option<&str>) -> Check {
    match url {
        Some(url) => line(catalog, State::Ok, keys::health::ADDRESS, None, url.to_owned()),
        None => {
            let detail = catalog.get(keys::health::ADDRESS_MISSING).to_owned();
            line(catalog, State::Warn, keys::health::ADDRESS, None, detail)
        }
    }
}

fn scanner(catalog: &Catalog, told: &ScannerHealth) -> Check {
    let title = format(catalog, keys::health::SCANNER, &[("name", told.name.clone())]);
    let note = format!("{}\u{a0}ms", told.milliseconds);
    let (state, detail) = match (&told.error, told.disabled) {
        (_, true) => (State::Wait, catalog.get(keys::health::SCANNER_OFF).to_owned()),
        (Some(error), false) => (State::Bad, format(catalog, keys::health::SCANNER_BAD, &[("error", error.clone())])),
        (None, false) if told.is_default => (State::Ok, catalog.get(keys::health::SCANNER_DEFAULT).to_owned()),
        (None, false) => (State::Ok, catalog.get(keys::health::SCANNER_TEXT).to_owned()),
    };
    Check { state, title, note, detail }
}

fn clock(catalog: &Catalog, ahead: i64) -> Check {
    let apart = ahead.abs();
    let (state, key) = if apart > CLOCK_WARN_MILLISECONDS {
        (State::Warn, keys::health::CLOCK_BAD)
    } else {
        (State::Ok, keys::health::CLOCK_TEXT)
    };
    line(catalog, state, keys::health::CLOCK, None, format(catalog, key, &[("milliseconds", apart.to_string())]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;
    use berth_types::api::CertificateHealth;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_773_480_960);

    fn report() -> HealthReport {
        HealthReport {
            version: "0.1.0".into(),
            started_at: NOW,
            checked_at: NOW,
            external_url: Some("https://r.example/".into()),
            database: DatabaseHealth { works: true, kind: "sqlite".into(), ..DatabaseHealth::default() },
            storage: StorageHealth { works: true, ..StorageHealth::default() },
            queue: QueueHealth { works: true, workers: 4, ..QueueHealth::default() },
            certificate: None,
            scanners: Vec::new(),
            audit_lost: 0,
            streams: 0,
        }
    }

    fn states(report: &HealthReport) -> Vec<State> {
        checks(&Catalog::of(Locale::En), report).iter().map(|check| check.state).collect()
    }

    #[test]
    fn what_works_is_well_and_what_does_not_is_said() {
        assert_eq!(states(&report()), [State::Ok; 4]);
        let mut ill = report();
        ill.external_url = None;
        ill.storage.free_bytes = Some(5);
        ill.storage.total_bytes = Some(100);
        ill.queue.paused = vec!["REPLICATION".into()];
        assert_eq!(states(&ill), [State::Ok, State::Warn, State::Warn, State::Warn]);
        ill.queue.workers = 0;
        ill.storage.works = false;
        assert_eq!(states(&ill), [State::Ok, State::Bad, State::Bad, State::Warn]);
        assert_eq!(worst(&checks(&Catalog::of(Locale::En), &ill)), State::Bad);
        ill.database.works = false;
        assert_eq!(states(&ill), [State::Bad, State::Warn], "nothing is known of the others");
    }

    #[test]
    fn certificates_are_told_before_they_end() {
        let state = |days: i64| {
            let ends_at = Some(NOW.plus_seconds(days * 86_400));
            states(&HealthReport { certificate: Some(CertificateHealth { ends_at }), ..report() })[3]
        };
        assert_eq!(
            [90, 21, 20, 1, 0, -3].map(state),
            [State::Ok, State::Ok, State::Warn, State::Warn, State::Bad, State::Bad]
        );
    }
}
