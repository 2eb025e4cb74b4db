//! Scanners of vulnerabilities: programs of others behind Harbor's pluggable scanner interface. They are registered,
//! asked what they can do, and chosen by projects.

mod adapter;

use std::time::{Duration, Instant};

use berth_db::{Conn, DbError, query, query::scanner::Scanner as Row};
use berth_types::{
    Timestamp,
    api::{
        ScannerAdapterMetadata, ScannerHealth, ScannerRegistration, ScannerRegistrationReq, ScannerRegistrationSettings,
    },
    page::Paged,
    query::{Filter, ListQuery},
};
use tokio::time::timeout;
use uuid::Uuid;

use crate::{
    Actor, Domain, Error, Result, audit,
    authz::{
        ChooseScanner, CreateScanner, DeleteScanner, ListScanners, ProjectAccess, ReadProjectScanner, ReadScanner,
        SystemAccess, UpdateScanner,
    },
    outbound::{self, Certificates},
};

use adapter::{Adapter, Auth, capabilities};
pub(crate) use adapter::{Capability, takes};

/// The longest name, in characters.
const NAME_MAX: usize = 128;
/// The longest address, in characters.
const URL_MAX: usize = 256;
/// The longest description, in characters.
const DESCRIPTION_MAX: usize = 1024;
/// The longest credential, in characters.
const CREDENTIAL_MAX: usize = 512;

/// Scanners, the default one first, then the newest.
///
/// # Errors
/// What the database says.
pub async fn list(
    domain: &Domain,
    _access: &SystemAccess<ListScanners>,
    filters: &[Filter],
    query: &ListQuery,
) -> Result<Paged<ScannerRegistration>> {
    let mut reader = domain.db.reader().await?;
    Ok(query::scanner::list(&mut reader.conn(), filters, query).await?.map(shown))
}

/// The scanners that a project may choose: all of them.
///
/// # Errors
/// What the database says.
pub async fn candidates(
    domain: &Domain,
    _access: &ProjectAccess<ChooseScanner>,
    filters: &[Filter],
    query: &ListQuery,
) -> Result<Paged<ScannerRegistration>> {
    let mut reader = domain.db.reader().await?;
    Ok(query::scanner::list(&mut reader.conn(), filters, query).await?.map(shown))
}

/// One scanner.
///
/// # Errors
/// [`Error::NotFound`] where there is none of this id.
pub async fn get(domain: &Domain, _access: &SystemAccess<ReadScanner>, uuid: &str) -> Result<ScannerRegistration> {
    Ok(shown(find(&mut domain.db.reader().await?.conn(), uuid).await?))
}

/// What a scanner says of itself now.
///
/// # Errors
/// [`Error::NotFound`] where there is none of this id, [`Error::Precondition`] where it does not answer.
pub async fn metadata(
    domain: &Domain,
    _access: &SystemAccess<ReadScanner>,
    uuid: &str,
) -> Result<ScannerAdapterMetadata> {
    let row = query::scanner::find(&mut domain.db.reader().await?.conn(), uuid).await?;
    let row = row.ok_or_else(|| Error::NotFound(format!("registration {uuid} not found")))?;
    let asked = Adapter::of(domain, &row)?.ask(domain).await;
    asked.map_err(|reason| Error::Precondition(format!("the scanner {} does not answer: {reason}", row.name)))
}

/// Whether the scanners answer, the default one first.
pub(crate) async fn states(domain: &Domain, patience: Duration) -> Result<Vec<ScannerHealth>> {
    let rows = query::scanner::list(&mut domain.db.reader().await?.conn(), &[], &ListQuery::default()).await?;
    let asked = rows.items.iter().map(|row| async move {
        let began = Instant::now();
        let answer = match Adapter::of(domain, row) {
            Ok(adapter) => timeout(patience, adapter.ask(domain))
                .await
                .unwrap_or_else(|_| Err(format!("{} does not answer within {} s", row.url, patience.as_secs()))),
            Err(error) => Err(error.to_string()),
        };
        ScannerHealth {
            name: row.name.clone(),
            disabled: row.disabled,
            is_default: row.is_default,
            works: answer.is_ok(),
            milliseconds: began.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
            error: answer.err(),
        }
    });
    Ok(futures_util::future::join_all(asked).await)
}

/// Tries an adapter.
///
/// # Errors
/// [`Error::BadRequest`] where the settings cannot be, or nobody answers as a scanner does.
pub async fn ping(
    domain: &Domain,
    _access: &SystemAccess<ReadScanner>,
    settings: &ScannerRegistrationSettings,
) -> Result<()> {
    let auth = Auth::parse(&settings.auth)?;
    let url = settings.url.as_deref().unwrap_or_default();
    check_length("access_credential", &settings.access_credential, CREDENTIAL_MAX)?;
    check_length("url", url, URL_MAX)?;
    if auth != Auth::None && settings.access_credential.is_empty() {
        return Err(credential_missing(&settings.auth));
    }
    let credential = settings.access_credential.clone();
    let adapter = Adapter { url: url.to_owned(), auth, credential, certificates: Certificates::Checked };
    adapter.ask(domain).await.map_err(unusable)?;
    Ok(())
}

fn unusable(reason: String) -> Error {
    Error::BadRequest(format!("the scanner does not answer: {reason}"))
}

/// Registers a scanner that answers. The first one that is used becomes the default one. Says its id.
///
/// # Errors
/// [`Error::BadRequest`] for settings that cannot be, or where nobody answers as a scanner does; [`Error::Conflict`]
/// for a name or an address that is taken.
pub async fn create(
    domain: &Domain,
    access: &SystemAccess<CreateScanner>,
    request: &ScannerRegistrationReq,
) -> Result<String> {
    let now = domain.now();
    let uuid = Uuid::new_v4().to_string();
    let blank = Row {
        id: 0,
        uuid: uuid.clone(),
        name: String::new(),
        description: String::new(),
        url: String::new(),
        auth: String::new(),
        credential: None,
        skip_cert_verify: false,
        use_internal_addr: false,
        disabled: false,
        is_default: false,
        metadata: None,
        created_at: now,
        updated_at: now,
    };
    let mut row = changed(domain, blank, request, now)?;
    if query::scanner::is_taken(&mut domain.db.reader().await?.conn(), &row.name, &row.url, 0).await? {
        return Err(taken());
    }
    let metadata = Adapter::of(domain, &row)?.ask(domain).await.map_err(unusable)?;
    row.metadata = Some(serde_json::to_string(&metadata).map_err(Error::internal)?);
    domain
        .db
        .write((access.actor().clone(), row), |tx, (actor, row)| {
            Box::pin(async move {
                query::scanner::insert(tx, row).await.map_err(or_taken)?;
                note(tx, actor, "create", &row.name, row.created_at).await
            })
        })
        .await?;
    Ok(uuid)
}

fn taken() -> Error {
    Error::Conflict("dao: create registration: registration name or url already exists".to_owned())
}

fn or_taken(error: DbError) -> Error {
    match error {
        DbError::Unique(_) => taken(),
        error => error.into(),
    }
}

/// Changes a scanner. An empty credential keeps the one that is there, which does not move to another host. One that does
/// not answer now is changed all the same; what it can do is unknown then.
///
/// # Errors
/// As [`create`]; [`Error::NotFound`] where there is none of this id.
pub async fn update(
    domain: &Domain,
    access: &SystemAccess<UpdateScanner>,
    uuid: &str,
    request: &ScannerRegistrationReq,
) -> Result<()> {
    let now = domain.now();
    let before = {
        let mut reader = domain.db.reader().await?;
        let mut conn = reader.conn();
        let before = find(&mut conn, uuid).await?;
        let (name, url) = (request.name.as_deref().unwrap_or_default(), request.url.as_deref().unwrap_or_default());
        if query::scanner::is_taken(&mut conn, name, url, before.id).await? {
            return Err(taken());
        }
        before
    };
    let mut row = changed(domain, before.clone(), request, now)?;
    let way = |row: &Row| (row.url.clone(), row.auth.clone(), row.credential.clone(), row.skip_cert_verify);
    if way(&row) != way(&before) || row.metadata.is_none() {
        let metadata = Adapter::of(domain, &row)?.ask(domain).await.ok();
        row.metadata =
            metadata.map(|metadata| serde_json::to_string(&metadata)).transpose().map_err(Error::internal)?;
    }
    domain
        .db
        .write((access.actor().clone(), row), |tx, (actor, row)| {
            Box::pin(async move {
                let id = find(tx, &row.uuid).await?.id;
                query::scanner::update(tx, &Row { id, ..row.clone() }).await.map_err(or_taken)?;
                note(tx, actor, "update", &row.name, row.updated_at).await
            })
        })
        .await
}

/// Makes a scanner the one of all projects that have none of their own.
///
/// # Errors
/// [`Error::NotFound`] where there is none of this id, [`Error::BadRequest`] where it is not used.
pub async fn set_default(domain: &Domain, access: &SystemAccess<UpdateScanner>, uuid: &str) -> Result<()> {
    let args = (access.actor().clone(), uuid.to_owned(), domain.now());
    domain
        .db
        .write(args, |tx, (actor, uuid, now)| {
            Box::pin(async move {
                let row = query::scanner::find(tx, uuid).await?;
                let row = row.ok_or_else(|| Error::NotFound(format!("registration {uuid} not found")))?;
                if row.disabled {
                    return Err(Error::BadRequest(format!("scanner {} is deactivated", row.name)));
                }
                query::scanner::set_default(tx, row.id).await?;
                note(tx, actor, "update", &row.name, *now).await
            })
        })
        .await
}

/// Removes a scanner and says what it was. Projects that chose it use the default one.
///
/// # Errors
/// [`Error::NotFound`] where there is none of this id.
pub async fn delete(domain: &Domain, access: &SystemAccess<DeleteScanner>, uuid: &str) -> Result<ScannerRegistration> {
    let args = (access.actor().clone(), uuid.to_owned(), domain.now());
    let row = domain
        .db
        .write(args, |tx, (actor, uuid, now)| {
            Box::pin(async move {
                let row = find(tx, uuid).await?;
                query::scanner::delete(tx, row.id).await?;
                note(tx, actor, "delete", &row.name, *now).await?;
                Ok::<_, Error>(row)
            })
        })
        .await?;
    // Nobody asks any more what it can do.
    Ok(ScannerRegistration { capabilities: None, ..shown(row) })
}

/// The scanner of a project, with how it is now. Nothing where there is none at all.
///
/// # Errors
/// What the database says.
pub async fn of_project(
    domain: &Domain,
    access: &ProjectAccess<ReadProjectScanner>,
) -> Result<Option<ScannerRegistration>> {
    let row = query::scanner::of_project(&mut domain.db.reader().await?.conn(), access.project_id().0).await?;
    let Some(row) = row else { return Ok(None) };
    let asked = Adapter::of(domain, &row)?.ask(domain).await;
    let mut registration = shown(row);
    match asked {
        Ok(metadata) => {
            registration.health = Some("healthy".to_owned());
            registration.capabilities = Some(capabilities(&metadata));
            let scanner = metadata.scanner.unwrap_or_default();
            registration.adapter = Some(scanner.name);
            registration.vendor = Some(scanner.vendor);
            registration.version = Some(scanner.version);
        }
        Err(reason) => {
            tracing::warn!(scanner.name = registration.name, reason, "a scanner does not answer");
            registration.health = Some("unhealthy".to_owned());
        }
    }
    Ok(Some(registration))
}

/// Chooses the scanner of a project.
///
/// # Errors
/// [`Error::BadRequest`] where none is named, [`Error::NotFound`] where there is none of this id.
pub async fn choose(domain: &Domain, access: &ProjectAccess<ChooseScanner>, uuid: &str) -> Result<()> {
    if uuid.is_empty() {
        return Err(Error::BadRequest("the uuid of the scanner is empty".to_owned()));
    }
    domain
        .db
        .write((access.clone(), uuid.to_owned(), domain.now()), |tx, (access, uuid, now)| {
            Box::pin(async move {
                let row = find(tx, uuid).await?;
                query::scanner::choose(tx, access.project_id().0, row.id).await?;
                let name = access.project().name.as_str();
                let entry = audit::Entry::success("update", "project", name).in_project(access.project_id());
                audit::record(tx, access.actor(), *now, &entry).await
            })
        })
        .await
}

async fn find(conn: &mut Conn<'_>, uuid: &str) -> Result<Row> {
    let found = query::scanner::find(conn, uuid).await?;
    found.ok_or_else(|| Error::NotFound(format!("scanner {uuid} not found")))
}

async fn note(tx: &mut Conn<'_>, actor: &Actor, operation: &'static str, name: &str, now: Timestamp) -> Result<()> {
    audit::record(tx, actor, now, &audit::Entry::success(operation, "scanner", name)).await
}

/// A row as a request wants it, checked.
fn changed(domain: &Domain, row: Row, request: &ScannerRegistrationReq, now: Timestamp) -> Result<Row> {
    let name = request.name.as_deref().unwrap_or_default();
    let url = request.url.as_deref().unwrap_or_default();
    if name.is_empty() {
        return Err(Error::BadRequest("missing registration name".to_owned()));
    }
    check_length("name", name, NAME_MAX)?;
    check_length("url", url, URL_MAX)?;
    check_length("description", &request.description, DESCRIPTION_MAX)?;
    check_length("access_credential", &request.access_credential, CREDENTIAL_MAX)?;
    outbound::allowed(url).map_err(|failure| Error::BadRequest(failure.to_string()))?;
    let credential = match Auth::parse(&request.auth)? {
        Auth::None => None,
        _ if !request.access_credential.is_empty() => {
            Some(domain.seal(&credential_name(&row.uuid), &request.access_credential)?)
        }
        _ if row.credential.is_some()
            && (!outbound::is_same_place(&row.url, url) || (request.skip_cert_verify && !row.skip_cert_verify)) =>
        {
            let text = "the access credential has to be given again where the scanner moves to another host, or its \
                        certificate is no longer verified";
            return Err(Error::BadRequest(text.to_owned()));
        }
        _ if row.credential.is_some() => row.credential,
        _ => return Err(credential_missing(&request.auth)),
    };
    Ok(Row {
        name: name.to_owned(),
        url: url.to_owned(),
        description: request.description.clone(),
        auth: request.auth.clone(),
        credential,
        skip_cert_verify: request.skip_cert_verify,
        use_internal_addr: request.use_internal_addr,
        disabled: request.disabled,
        updated_at: now,
        ..row
    })
}

fn check_length(field: &str, text: &str, max: usize) -> Result<()> {
    if text.chars().count() > max {
        return Err(Error::BadRequest(format!("{field} is longer than {max} characters")));
    }
    Ok(())
}

fn credential_missing(auth: &str) -> Error {
    Error::BadRequest(format!("access_credential is required for auth type {auth}"))
}

/// The name under which a credential is sealed.
fn credential_name(uuid: &str) -> String {
    format!("scanner/{uuid}")
}

fn shown(row: Row) -> ScannerRegistration {
    let said = row.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok());
    ScannerRegistration {
        uuid: row.uuid,
        name: row.name,
        description: row.description,
        url: row.url,
        disabled: row.disabled,
        is_default: row.is_default,
        auth: row.auth,
        access_credential: String::new(),
        skip_cert_verify: row.skip_cert_verify,
        use_internal_addr: row.use_internal_addr,
        create_time: row.created_at,
        update_time: row.updated_at,
        adapter: None,
        vendor: None,
        version: None,
        health: None,
        capabilities: said.as_ref().map(capabilities),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const OCI: &str = "application/vnd.oci.image.manifest.v1+json";

    pub(super) fn metadata(kind: &str) -> String {
        serde_json::json!({
            "scanner": { "name": "S", "vendor": "V", "version": "1" },
            "capabilities": [{ "type": kind, "consumes_mime_types": [OCI], "produces_mime_types": ["x/y"] }],
            "properties": null,
        })
        .to_string()
    }

    fn row(metadata: Option<String>) -> Row {
        let now = Timestamp(0);
        Row {
            id: 1,
            uuid: "u".to_owned(),
            name: "n".to_owned(),
            description: String::new(),
            url: "http://scanner".to_owned(),
            auth: "Basic".to_owned(),
            credential: Some(vec![1]),
            skip_cert_verify: false,
            use_internal_addr: false,
            disabled: false,
            is_default: true,
            metadata,
            created_at: now,
            updated_at: now,
        }
    }

    #[test]
    fn what_a_scanner_said_decides_what_it_is_given() {
        let row_of = |kind: &str| row(Some(metadata(kind)));
        assert!(takes(&row_of("vulnerability"), Capability::Vulnerability, &[OCI]));
        assert!(takes(&row_of(""), Capability::Vulnerability, &[OCI]), "the first specification names no kind");
        assert!(!takes(&row_of("vulnerability"), Capability::Sbom, &[OCI]));
        assert!(takes(&row_of("sbom"), Capability::Sbom, &[OCI]));
        assert!(!takes(&row_of("sbom"), Capability::Sbom, &["x/z"]));
        assert!(!takes(&row(None), Capability::Vulnerability, &[OCI]));
    }

    #[test]
    fn an_answer_carries_no_credential_and_what_is_known() {
        let shown_row = shown(row(Some(metadata("sbom"))));
        assert_eq!(shown_row.access_credential, "");
        assert_eq!(shown_row.capabilities, Some(BTreeMap::from([("support_sbom".to_owned(), true)])));
        assert_eq!(shown(row(None)).capabilities, None);
    }
}
