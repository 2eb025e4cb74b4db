//! Scans of artifacts, and of everything by schedule.
//!
//! What a request for a scan has to fulfil is checked; nothing scans yet, so there are no reports, and requests that
//! would begin a scan are refused in the end.

use std::collections::BTreeMap;

use berth_db::query::{self, artifact::Artifact};
use berth_types::{
    RepoName,
    api::{SCHEDULE_TYPES, Schedule, ScheduleObj, Stats},
    media_type::{DOCKER_MANIFEST, OCI_MANIFEST},
};
use serde_json::Value;

use crate::{
    Actor, Domain, Error, Result, artifact, audit,
    authz::{
        CreateSbom, CreateScan, CreateScanAll, ProjectAccess, ProjectAction, ReadAddition, ReadScan, ReadScanAll,
        StopSbom, StopScan, StopScanAll, SystemAccess, UpdateScanAll,
    },
    blob::belongs,
    cron,
    scanner::{Capability, takes},
};

/// Looks for vulnerabilities in an artifact.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist, [`Error::Precondition`] without a scanner,
/// [`Error::BadRequest`] for an artifact that the scanner does not take, [`Error::NotYet`] for one that it takes.
pub async fn scan(domain: &Domain, access: &ProjectAccess<CreateScan>, repo: &RepoName, reference: &str) -> Result<()> {
    begin(domain, access, repo, reference, Capability::Vulnerability).await
}

/// Lists what an image is made of.
///
/// # Errors
/// As [`scan`].
pub async fn generate_sbom(
    domain: &Domain,
    access: &ProjectAccess<CreateSbom>,
    repo: &RepoName,
    reference: &str,
) -> Result<()> {
    begin(domain, access, repo, reference, Capability::Sbom).await
}

async fn begin<A: ProjectAction>(
    domain: &Domain,
    access: &ProjectAccess<A>,
    repo: &RepoName,
    reference: &str,
    capability: Capability,
) -> Result<()> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let row = artifact::find(&mut conn, repo, reference).await?;
    let project = access.project_id();
    let scanner = query::scanner::of_project(&mut conn, project.0).await?;
    let scanner = scanner.ok_or_else(|| Error::Precondition(format!("no available scanner for project: {project}")))?;
    if scanner.disabled {
        return Err(Error::Precondition(format!("scanner {} is deactivated", scanner.name)));
    }
    if !is_image(&row) || !takes(&scanner, capability, &media_types(&row)) {
        return Err(Error::BadRequest(format!(
            "the configured scanner {} does not support scanning artifact with mime type {}",
            scanner.name, row.media_type
        )));
    }
    Err(Error::NotYet("scans of artifacts"))
}

fn is_image(row: &Artifact) -> bool {
    row.kind == "IMAGE"
}

/// What a scanner is given: the manifest, or the images that an index leads to.
fn media_types(row: &Artifact) -> Vec<&str> {
    if row.config_media_type.is_empty() { vec![OCI_MANIFEST, DOCKER_MANIFEST] } else { vec![&row.media_type] }
}

/// Stops the scan of an artifact.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist, [`Error::BadRequest`] where none runs.
pub async fn stop_scan(
    domain: &Domain,
    access: &ProjectAccess<StopScan>,
    repo: &RepoName,
    reference: &str,
) -> Result<()> {
    stop(domain, access, repo, reference).await
}

/// Stops what lists the contents of an artifact.
///
/// # Errors
/// As [`stop_scan`].
pub async fn stop_sbom(
    domain: &Domain,
    access: &ProjectAccess<StopSbom>,
    repo: &RepoName,
    reference: &str,
) -> Result<()> {
    stop(domain, access, repo, reference).await
}

async fn stop<A: ProjectAction>(
    domain: &Domain,
    access: &ProjectAccess<A>,
    repo: &RepoName,
    reference: &str,
) -> Result<()> {
    belongs(access.project().name == repo.project())?;
    let row = artifact::find(&mut domain.db.reader().await?.conn(), repo, reference).await?;
    Err(Error::BadRequest(format!("no scan job for artifact digest={}", row.digest)))
}

/// The log of the scan that made a report.
///
/// # Errors
/// [`Error::NotFound`] for a repository, an artifact or a report that does not exist.
pub async fn log(
    domain: &Domain,
    access: &ProjectAccess<ReadScan>,
    repo: &RepoName,
    reference: &str,
    report: &str,
) -> Result<String> {
    belongs(access.project().name == repo.project())?;
    artifact::find(&mut domain.db.reader().await?.conn(), repo, reference).await?;
    Err(Error::NotFound(format!("report with uuid {report} does not exist")))
}

/// The reports on an artifact by media type.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist, and where the project has no scanner.
pub async fn reports(
    domain: &Domain,
    access: &ProjectAccess<ReadAddition>,
    repo: &RepoName,
    reference: &str,
) -> Result<BTreeMap<String, Value>> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    artifact::find(&mut conn, repo, reference).await?;
    let project = access.project_id();
    if query::scanner::of_project(&mut conn, project.0).await?.is_none() {
        return Err(Error::NotFound(format!("no scanner registration configured for project: {project}")));
    }
    Ok(BTreeMap::new())
}

/// How far the last scan of everything is.
///
/// # Errors
/// [`Error::Precondition`] without a scanner.
pub async fn last(domain: &Domain, _access: &SystemAccess<ReadScanAll>) -> Result<Stats> {
    needs_scanner(domain).await?;
    Ok(Stats::default())
}

/// How far the last scan of everything that the schedule began is.
///
/// # Errors
/// As [`last`].
pub async fn last_scheduled(domain: &Domain, _access: &SystemAccess<ReadScanAll>) -> Result<Stats> {
    needs_scanner(domain).await?;
    Ok(Stats::default())
}

/// Stops the scan of everything.
///
/// # Errors
/// [`Error::Precondition`] without a scanner, [`Error::BadRequest`] where none runs.
pub async fn stop_all(domain: &Domain, _access: &SystemAccess<StopScanAll>) -> Result<()> {
    needs_scanner(domain).await?;
    Err(Error::BadRequest("there is no scan all job running currently".to_owned()))
}

/// When everything is scanned. Nothing where it is not.
///
/// # Errors
/// [`Error::Precondition`] without a scanner.
pub async fn schedule(domain: &Domain, _access: &SystemAccess<ReadScanAll>) -> Result<Option<Schedule>> {
    needs_scanner(domain).await?;
    let row = query::scanner::schedule(&mut domain.db.reader().await?.conn()).await?;
    Ok(row.map(|row| Schedule {
        id: Some(row.id),
        // What scans comes with a later release; until then it waits.
        status: Some("Pending".to_owned()),
        creation_time: Some(row.created_at),
        update_time: Some(row.updated_at),
        schedule: Some(ScheduleObj {
            kind: row.kind,
            cron: row.cron,
            next_scheduled_time: Some(berth_types::Timestamp::NEVER),
        }),
        parameters: None,
    }))
}

/// Sets when everything is scanned, or begins at once.
///
/// # Errors
/// [`Error::Precondition`] without a scanner and where there is a schedule, [`Error::BadRequest`] for a schedule that
/// cannot be followed, [`Error::NotYet`] for a scan at once.
pub async fn create_schedule(domain: &Domain, access: &SystemAccess<CreateScanAll>, request: &Schedule) -> Result<()> {
    needs_scanner(domain).await?;
    match Wish::of(request)? {
        Wish::Nothing => Ok(()),
        Wish::Now => Err(Error::NotYet("scans of everything")),
        Wish::Regularly { kind, cron } => set(domain, access.actor(), kind, cron, Mode::New).await,
    }
}

/// Changes when everything is scanned.
///
/// # Errors
/// [`Error::Precondition`] without a scanner, [`Error::BadRequest`] for a schedule that cannot be followed.
pub async fn update_schedule(domain: &Domain, access: &SystemAccess<UpdateScanAll>, request: &Schedule) -> Result<()> {
    needs_scanner(domain).await?;
    match Wish::of(request)? {
        Wish::Now => {
            Err(Error::BadRequest("fail to update scan all schedule as wrong schedule type: Manual.".to_owned()))
        }
        Wish::Regularly { kind, cron } => set(domain, access.actor(), kind, cron, Mode::Any).await,
        Wish::Nothing => {
            domain
                .db
                .write((access.actor().clone(), domain.now()), |tx, (actor, now)| {
                    Box::pin(async move {
                        query::scanner::end_schedule(tx).await?;
                        let entry = audit::Entry::success("delete", "configuration", "scan all schedule");
                        audit::record(tx, actor, *now, &entry).await
                    })
                })
                .await
        }
    }
}

async fn needs_scanner(domain: &Domain) -> Result<()> {
    let default = query::scanner::default(&mut domain.db.reader().await?.conn()).await?;
    if default.is_none() {
        return Err(Error::Precondition("no scanner is configured, it's not possible to scan".to_owned()));
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    New,
    Any,
}

async fn set(domain: &Domain, actor: &Actor, kind: &str, cron: &str, mode: Mode) -> Result<()> {
    let args = (actor.clone(), kind.to_owned(), cron.to_owned(), mode, domain.now());
    domain
        .db
        .write(args, |tx, (actor, kind, cron, mode, now)| {
            Box::pin(async move {
                if *mode == Mode::New && query::scanner::schedule(tx).await?.is_some() {
                    let text = "fail to set schedule for scan all as always had one, please delete it firstly then to re-schedule";
                    return Err(Error::Precondition(text.to_owned()));
                }
                query::scanner::set_schedule(tx, kind, cron, *now).await?;
                let entry = audit::Entry::success("update", "configuration", "scan all schedule");
                audit::record(tx, actor, *now, &entry).await
            })
        })
        .await
}

/// What a request wants.
#[derive(Debug, PartialEq)]
enum Wish<'s> {
    Nothing,
    Now,
    Regularly { kind: &'s str, cron: &'s str },
}

impl<'s> Wish<'s> {
    fn of(request: &'s Schedule) -> Result<Self> {
        let schedule =
            request.schedule.as_ref().ok_or_else(|| Error::BadRequest("the schedule is empty".to_owned()))?;
        match schedule.kind.as_str() {
            "None" => Ok(Wish::Nothing),
            "Manual" => Ok(Wish::Now),
            kind if SCHEDULE_TYPES.contains(&kind) => {
                cron::check_for("scan all", &schedule.cron)?;
                Ok(Wish::Regularly { kind, cron: &schedule.cron })
            }
            kind => Err(Error::BadRequest(format!("unknown type of schedule: `{kind}`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_says_when() {
        let of = |kind: &str, cron: &str| Schedule {
            schedule: Some(ScheduleObj { kind: kind.to_owned(), cron: cron.to_owned(), next_scheduled_time: None }),
            ..Schedule::default()
        };
        assert_eq!(Wish::of(&of("None", "")).unwrap(), Wish::Nothing);
        assert_eq!(Wish::of(&of("Manual", "")).unwrap(), Wish::Now);
        let cron = "0 0 0 * * *";
        assert_eq!(Wish::of(&of("Daily", cron)).unwrap(), Wish::Regularly { kind: "Daily", cron });
        for bad in [of("Daily", ""), of("Custom", "hello"), of("Custom", "* * * * * *"), of("", cron), of("Shoe", cron)]
        {
            assert!(matches!(Wish::of(&bad), Err(Error::BadRequest(_))), "{bad:?}");
        }
        assert!(Wish::of(&Schedule::default()).is_err());
    }
}
