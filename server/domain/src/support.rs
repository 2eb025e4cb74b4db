//! The support bundle: what somebody who helps needs to know, in one file without any secret.
//!
//! It holds words of ours and numbers: the configuration as `berth config show` prints it, the settings that the API shows,
//! health, counts, schedules, and jobs that failed. What others wrote into errors of jobs passes [`scrub`].

use std::io::Write as _;

use berth_db::query::{facts, jobservice as rows};
use berth_types::{Timestamp, query::ListQuery};
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use serde_json::json;

use crate::{
    Domain, Error, Result,
    authz::{ReadConfiguration, SystemAccess},
    health, jobservice, settings,
};

/// Jobs that failed, at most.
const FAILURES_MAX: i64 = 100;
/// What is kept of an error, in characters.
const ERROR_CHARS_MAX: usize = 2000;
/// What stands in the place of a secret.
const HIDDEN: &str = "[redacted]";
/// A block of an archive, in bytes.
const BLOCK: usize = 512;

/// A bundle.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// What the file is called.
    pub name: String,
    /// A `tar` archive, compressed with gzip.
    pub bytes: Vec<u8>,
}

/// Makes a bundle.
///
/// # Errors
/// What the database says.
pub async fn bundle(domain: &Domain, access: &SystemAccess<ReadConfiguration>) -> Result<Bundle> {
    let now = domain.now();
    let report = health::report(domain, access).await?;
    let settings = settings::get(domain, access).await?;
    let counts = facts::counts(&mut domain.db.reader().await?.conn()).await?;
    let counts: serde_json::Map<_, _> =
        counts.into_iter().map(|(name, count)| (name.to_owned(), count.into())).collect();
    let schedules = rows::schedules(&mut domain.db.reader().await?.conn(), &ListQuery::default()).await?;
    let schedules: Vec<_> = schedules
        .items
        .iter()
        .map(|schedule| json!({ "kind": schedule.kind, "rule": schedule.cron, "next_at": schedule.next_at }))
        .collect();
    let failed = rows::failed(&mut domain.db.reader().await?.conn(), FAILURES_MAX).await?;
    let failed: Vec<_> = failed
        .iter()
        .map(|row| {
            let mut job = jobservice::list::shown(row);
            job.error = job.error.map(|error| scrub(&error.chars().take(ERROR_CHARS_MAX).collect::<String>()));
            job
        })
        .collect();
    let versions = json!({
        "berth": report.version,
        "database": format!("{} {}", report.database.kind, report.database.version),
        "target": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        "made_at": now,
    });
    let configuration = domain.deployment().configuration;
    let files: [(&str, Vec<u8>); 8] = [
        ("README.txt", README.as_bytes().to_vec()),
        ("versions.json", pretty(&versions)?),
        ("configuration.toml", configuration.into_bytes()),
        ("settings.json", pretty(&settings)?),
        ("health.json", pretty(&report)?),
        ("counts.json", pretty(&counts)?),
        ("schedules.json", pretty(&schedules)?),
        ("failed-jobs.json", pretty(&failed)?),
    ];
    let time = now.to_rfc3339();
    let folder = format!("berth-support-{}", time.get(..10).unwrap_or_default());
    let mut archive = Vec::new();
    for (name, bytes) in &files {
        add(&mut archive, &format!("{folder}/{name}"), bytes, now)?;
    }
    // Two empty blocks end an archive.
    archive.resize(archive.len() + 2 * BLOCK, 0);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&archive).map_err(Error::internal)?;
    Ok(Bundle { name: format!("{folder}.tar.gz"), bytes: encoder.finish().map_err(Error::internal)? })
}

const README: &str = "Berth support bundle

versions.json       the server, its database, its machine
configuration.toml  the values in force and where each comes from; secrets are left out
settings.json       the settings that can be changed while the server runs; secrets are left out
health.json         how the parts of the system were when this was made
counts.json         how much there is of what
schedules.json      what comes again
failed-jobs.json    the jobs that failed last, and why

The server's log is not in it: the server writes it to its standard error.
";

fn pretty(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(Error::internal)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Adds a file to an archive (POSIX `ustar`).
fn add(archive: &mut Vec<u8>, name: &str, bytes: &[u8], at: Timestamp) -> Result<()> {
    let mut head = [0_u8; BLOCK];
    let mut put = |from: usize, text: &str| {
        if let Some(place) = head.get_mut(from..from + text.len()) {
            place.copy_from_slice(text.as_bytes());
        }
    };
    if name.len() > 100 {
        return Err(Error::Internal("the name is too long for an archive".into()));
    }
    put(0, name);
    put(100, "0000600");
    put(108, "0000000");
    put(116, "0000000");
    put(124, &format!("{:011o}", bytes.len()));
    put(136, &format!("{:011o}", at.unix_seconds().max(0)));
    // While it is added up, the sum itself counts as spaces.
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\u{0}00");
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    let sum = format!("{sum:06o}\u{0} ");
    if let Some(place) = head.get_mut(148..156) {
        place.copy_from_slice(sum.as_bytes());
    }
    archive.extend_from_slice(&head);
    archive.extend_from_slice(bytes);
    archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    Ok(())
}

/// Words after which something secret stands.
const SECRET_WORDS: [&str; 10] =
    ["password", "passwd", "secret", "token", "authorization", "api-key", "apikey", "api_key", "credential", "cookie"];
/// Words whose next word is secret, without any sign between them.
const SCHEMES: [&str; 2] = ["bearer", "basic"];

/// A text of others without what looks like a secret: what stands after `password=`, `Authorization: Bearer`, and before the
/// `@` of an address.
fn scrub(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut hide_next = false;
    let mut words = text.split_inclusive(char::is_whitespace).peekable();
    while let Some(word) = words.next() {
        let (bare, space) = word.split_at(word.trim_end().len());
        let lower = bare.to_ascii_lowercase();
        let plain = lower.trim_matches(|char: char| !char.is_alphanumeric());
        if SCHEMES.contains(&plain) {
            out.push_str(word);
            hide_next = true;
            continue;
        }
        if hide_next && is_sign(bare) {
            out.push_str(word);
            continue;
        }
        if std::mem::take(&mut hide_next) && !bare.is_empty() {
            out.push_str(HIDDEN);
            out.push_str(space);
            continue;
        }
        let found = SECRET_WORDS.iter().filter_map(|secret| lower.find(secret).map(|at| at + secret.len())).min();
        match found {
            Some(end) => {
                let rest = bare.get(end..).unwrap_or_default();
                let sign = rest.trim_start_matches(['"', '\'', '=', ':', ']', '}']);
                let signs = rest.len() - sign.len();
                if signs > 0 && !sign.is_empty() {
                    out.push_str(&without_user(bare.get(..end + signs).unwrap_or_default()));
                    out.push_str(HIDDEN);
                } else {
                    // `password = x`: the sign may stand alone.
                    hide_next = signs > 0 || words.peek().is_some_and(|next| is_sign(next.trim()));
                    out.push_str(&without_user(bare));
                }
            }
            None => out.push_str(&without_user(bare)),
        }
        out.push_str(space);
    }
    out
}

fn is_sign(word: &str) -> bool {
    matches!(word, "=" | ":" | "=>")
}

/// A word without who signs in at any of the addresses in it.
fn without_user(word: &str) -> String {
    let mut parts = word.split("://");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['/', '?', '#']).unwrap_or(part.len());
        let (authority, path) = part.split_at(end);
        out.push_str("://");
        match authority.rsplit_once('@') {
            Some((_, host)) => out.extend([HIDDEN, "@", host, path]),
            None => out.push_str(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_goes() {
        for (text, left) in [
            (
                "connect to postgres://berth:hunter2@db:5432/berth failed",
                "connect to postgres://[redacted]@db:5432/berth failed",
            ),
            (
                "POST https://hooks.example/x?token=hunter2 answers 500",
                "POST https://hooks.example/x?token=[redacted] answers 500",
            ),
            ("header Authorization: Bearer hunter2 refused", "header Authorization: Bearer [redacted] refused"),
            ("{\"password\":\"hunter2\"}", "{\"password\":\"[redacted]"),
            ("password: hunter2 is wrong", "password: [redacted] is wrong"),
            ("PASSWORD = hunter2", "PASSWORD = [redacted]"),
            (
                "http://a:hunter2@one,https://b:hunter2@two:5000/x?from=redis://:hunter2@three#end and no more",
                "http://[redacted]@one,https://[redacted]@two:5000/x?from=redis://[redacted]@three#end and no more",
            ),
            ("tried https://one/x@sha256:ab,https://two/y", "tried https://one/x@sha256:ab,https://two/y"),
            ("the token has ended", "the token has ended"),
            ("no secret here\nand no line lost", "no secret here\nand no line lost"),
        ] {
            assert_eq!(scrub(text), left);
        }
    }

    #[test]
    fn an_archive_has_whole_blocks_and_a_sum() {
        let mut archive = Vec::new();
        add(&mut archive, "a/b.txt", b"hello", Timestamp(0)).unwrap();
        assert_eq!(archive.len(), 2 * BLOCK);
        assert_eq!(&archive[..7], b"a/b.txt");
        assert_eq!(&archive[257..263], b"ustar\0");
        let mut head = archive[..BLOCK].to_vec();
        let told = u32::from_str_radix(std::str::from_utf8(&head[148..154]).unwrap(), 8).unwrap();
        head[148..156].fill(b' ');
        assert_eq!(head.iter().map(|byte| u32::from(*byte)).sum::<u32>(), told);
        assert!(add(&mut archive, &"x".repeat(101), b"", Timestamp(0)).is_err());
    }
}
