//! Other registries that artifacts come from or go to. Nobody gets to see their secrets again.
//!
//! A registry has to answer when it is named or changed, and is looked after from then on. Registries of clouds that
//! exchange credentials through an API of their own cannot be looked after: what is known of them is `unknown`.

mod checkup;
mod provider;
mod steps;

use berth_db::{DbError, query};
use berth_types::{
    Timestamp,
    api::{
        MASKED_SECRET, Registry, RegistryCheck, RegistryCredential, RegistryInfo, RegistryPing, RegistryProviderInfos,
        RegistryUpdate,
    },
    page::Paged,
    query::ListQuery,
};
use futures_util::StreamExt;

use self::{
    checkup::{Health, Patient},
    provider::Provider,
};
use crate::{
    Domain, Error, Result, audit,
    authz::{CreateRegistry, DeleteRegistry, ListAdapters, ListRegistries, ReadRegistry, SystemAccess, UpdateRegistry},
    outbound::{Authorities, Certificates, allowed, is_same_place},
};
use query::remote::Values;

/// The longest name, in bytes (Harbor).
const NAME_BYTES_MAX: usize = 64;
/// How long what a checkup found is good for.
const CHECK_SECONDS: i64 = 300;
/// Registries that are looked at in one round.
const ROUND_MAX: i64 = 64;
/// Registries that are looked at in the same moment.
const AT_ONCE: usize = 16;
/// How this server is called where a policy or a client asks for the registry 0.
const LOCAL_URL: &str = "http://localhost";
/// Labels of this server that a form offers.
const LABELS_MAX: i64 = 100;

/// Registries, those whose name contains a text where one is given.
///
/// # Errors
/// What the database says.
pub async fn list(
    domain: &Domain,
    _access: &SystemAccess<ListRegistries>,
    name: Option<&str>,
    query: &ListQuery,
) -> Result<Paged<Registry>> {
    let mut reader = domain.db.reader().await?;
    Ok(query::remote::list(&mut reader.conn(), name, query).await?.map(shown))
}

/// One registry; 0 is this server itself.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(domain: &Domain, _access: &SystemAccess<ReadRegistry>, id: i64) -> Result<Registry> {
    if id == 0 {
        return Ok(local());
    }
    Ok(shown(stored(domain, id).await?))
}

async fn stored(domain: &Domain, id: i64) -> Result<query::remote::Registry> {
    let found = query::remote::find(&mut domain.db.reader().await?.conn(), id).await?;
    found.ok_or_else(|| missing(id))
}

pub(crate) fn missing(id: i64) -> Error {
    Error::NotFound(format!("registry {id} not found"))
}

/// A registry as clients see it.
pub(crate) fn shown(row: query::remote::Registry) -> Registry {
    let values = row.values;
    let access_secret = if row.sealed.is_some() { MASKED_SECRET.to_owned() } else { String::new() };
    Registry {
        id: row.id,
        url: values.url,
        name: values.name,
        credential: Some(RegistryCredential {
            kind: values.credential_type,
            access_key: values.access_key,
            access_secret,
        }),
        kind: values.kind,
        insecure: values.insecure,
        ca_certificate: values.ca_certificate,
        description: values.description,
        status: row.status,
        creation_time: row.created_at,
        update_time: row.updated_at,
    }
}

/// This server as Harbor shows itself among registries.
pub(crate) fn local() -> Registry {
    Registry {
        url: LOCAL_URL.to_owned(),
        name: "Local".to_owned(),
        credential: Some(RegistryCredential {
            kind: "secret".to_owned(),
            access_secret: MASKED_SECRET.to_owned(),
            ..RegistryCredential::default()
        }),
        kind: Provider::Harbor.name().to_owned(),
        insecure: true,
        status: Health::Healthy.as_str().to_owned(),
        ..Registry::default()
    }
}

/// Adds a registry that answers, and says its row id.
///
/// # Errors
/// [`Error::BadRequest`] for one that cannot be, or does not answer; [`Error::Conflict`] for a taken name.
pub async fn create(domain: &Domain, access: &SystemAccess<CreateRegistry>, request: &Registry) -> Result<i64> {
    let credential = request.credential.clone().unwrap_or_default();
    let values = Values {
        name: request.name.clone(),
        description: request.description.clone(),
        url: request.url.clone(),
        kind: request.kind.clone(),
        insecure: request.insecure,
        ca_certificate: request.ca_certificate.clone(),
        credential_type: credential.kind,
        access_key: credential.access_key,
    };
    let checked = check(values)?;
    let health = checked.health(domain, &credential.access_secret).await?;
    let args = (domain.clone(), access.actor().clone(), checked.values, credential.access_secret, health, domain.now());
    domain
        .db
        .write(args, |tx, (domain, actor, values, secret, health, now)| {
            Box::pin(async move {
                let inserted = query::remote::insert(tx, values, health.as_str(), *now).await;
                let id = inserted.map_err(|error| taken(error, &values.name))?;
                if !secret.is_empty() {
                    let sealed = domain.seal(&seal_name(id), secret)?;
                    query::remote::set_secret(tx, id, Some(sealed)).await?;
                }
                let entry = audit::Entry::success("create", "registry", &values.name);
                audit::record(tx, actor, *now, &entry).await?;
                Ok(id)
            })
        })
        .await
}

fn taken(error: DbError, name: &str) -> Error {
    Error::taken(error, || format!("registry {name} already exists"))
}

fn seal_name(id: i64) -> String {
    format!("registry/{id}")
}

/// Values that can be.
struct Checked {
    values: Values,
    provider: Provider,
    authorities: Option<Authorities>,
}

impl Checked {
    /// What a checkup finds.
    ///
    /// # Errors
    /// [`Error::BadRequest`] where the registry does not answer, or does not take the credential.
    async fn health(&self, domain: &Domain, access_secret: &str) -> Result<Health> {
        match checkup::health(domain, &self.patient(access_secret)).await {
            Health::Unhealthy => Err(Error::BadRequest("the registry is unhealthy".to_owned())),
            found => Ok(found),
        }
    }

    fn patient<'p>(&'p self, access_secret: &'p str) -> Patient<'p> {
        Patient {
            provider: self.provider,
            url: &self.values.url,
            certificates: if self.values.insecure { Certificates::Unchecked } else { Certificates::Checked },
            authorities: self.authorities.clone(),
            access_key: &self.values.access_key,
            access_secret,
        }
    }
}

fn check(values: Values) -> Result<Checked> {
    if values.name.is_empty() {
        return Err(Error::BadRequest("name cannot be empty".to_owned()));
    }
    if values.name.len() > NAME_BYTES_MAX {
        return Err(Error::BadRequest(format!("the max length of name is {NAME_BYTES_MAX}")));
    }
    crate::limit::check_description(&values.description)?;
    check_place(values)
}

/// Everything except for the name.
fn check_place(mut values: Values) -> Result<Checked> {
    values.url = checked_url(&values.url)?;
    let provider = Provider::of(&values.kind)
        .ok_or_else(|| Error::BadRequest(format!("unsupported registry type: {}", values.kind)))?;
    values.ca_certificate = values.ca_certificate.filter(|pem| !pem.is_empty());
    let authorities = match &values.ca_certificate {
        Some(pem) => Some(Authorities::read(pem).ok_or_else(|| {
            Error::BadRequest("invalid CA certificate: no valid certificates found in PEM data".to_owned())
        })?),
        None => None,
    };
    Ok(Checked { values, provider, authorities })
}

/// Scheme, host and path of an address; `http` where it names no scheme. The rest of it is left out, as in Harbor.
fn checked_url(given: &str) -> Result<String> {
    let text = given.trim_matches(' ').trim_end_matches('/');
    if text.is_empty() {
        return Err(Error::BadRequest("empty string".to_owned()));
    }
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(scheme.as_str(), "http" | "https") {
        return Err(Error::BadRequest(format!("invalid HTTP scheme: {scheme}")));
    }
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let url = format!("{scheme}://{host}{path}");
    let invalid = |why: String| Error::BadRequest(format!("invalid URL: parse {url:?}: {why}"));
    if let Some(wrong) = host.chars().find(|char| char.is_whitespace() || char.is_control()) {
        return Err(invalid(format!("invalid character {:?} in host name", wrong.to_string())));
    }
    match allowed(&url) {
        Ok(_) => Ok(url),
        Err(error) => Err(invalid(error.to_string())),
    }
}

/// Changes a registry, which has to answer afterwards.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] also where somebody else changed it in the same moment; and as [`create`]. A
/// stored secret does not go where it did not go before.
pub async fn update(
    domain: &Domain,
    access: &SystemAccess<UpdateRegistry>,
    id: i64,
    request: &RegistryUpdate,
) -> Result<()> {
    let old = stored(domain, id).await?;
    let moved = Changes {
        url: request.url.as_deref(),
        credential_type: request.credential_type.as_deref(),
        access_key: request.access_key.as_deref(),
        insecure: request.insecure,
        ca_certificate: request.ca_certificate.as_deref(),
    }
    .of(&old.values);
    let values = Values {
        name: request.name.clone().unwrap_or_else(|| old.values.name.clone()),
        description: request.description.clone().unwrap_or_else(|| old.values.description.clone()),
        ..moved
    };
    let checked = check(values)?;
    let secret = secret(domain, &old, &checked.values, request.access_secret.as_deref())?;
    let health = checked.health(domain, &secret).await?;
    let new_secret = request.access_secret.is_some().then_some(secret);
    let args = (domain.clone(), access.actor().clone(), old, checked.values, new_secret, health, domain.now());
    domain
        .db
        .write(args, |tx, (domain, actor, old, values, secret, health, now)| {
            Box::pin(async move {
                let id = old.id;
                let present = query::remote::find(tx, id).await?.ok_or_else(|| missing(id))?;
                // What was checked is what is kept: another's address must not meet this one's secret.
                if (&present.values, &present.sealed) != (&old.values, &old.sealed) {
                    return Err(Error::Conflict(format!("registry {id} was changed meanwhile, try again")));
                }
                let updated = query::remote::update(tx, id, values, health.as_str(), *now).await;
                updated.map_err(|error| taken(error, &values.name))?;
                if let Some(secret) = secret {
                    let sealed = if secret.is_empty() { None } else { Some(domain.seal(&seal_name(id), secret)?) };
                    query::remote::set_secret(tx, id, sealed).await?;
                }
                let entry = audit::Entry::success("update", "registry", &values.name);
                audit::record(tx, actor, *now, &entry).await
            })
        })
        .await
}

/// Where and how a registry is spoken to from now on; what is left out stays.
struct Changes<'c> {
    url: Option<&'c str>,
    credential_type: Option<&'c str>,
    access_key: Option<&'c str>,
    insecure: Option<bool>,
    ca_certificate: Option<&'c str>,
}

impl Changes<'_> {
    fn of(&self, old: &Values) -> Values {
        let text = |new: Option<&str>, old: &String| new.map_or_else(|| old.clone(), str::to_owned);
        Values {
            url: text(self.url, &old.url),
            credential_type: text(self.credential_type, &old.credential_type),
            access_key: text(self.access_key, &old.access_key),
            insecure: self.insecure.unwrap_or(old.insecure),
            ca_certificate: self.ca_certificate.map(str::to_owned).or_else(|| old.ca_certificate.clone()),
            ..old.clone()
        }
    }
}

/// The secret to sign in with where these values lead: a new one, or the stored one where nobody else gets to see it.
fn secret(domain: &Domain, old: &query::remote::Registry, values: &Values, new: Option<&str>) -> Result<String> {
    match (new, &old.sealed) {
        (Some(new), _) => Ok(new.to_owned()),
        (None, None) => Ok(String::new()),
        (None, Some(_)) if !is_as_trusted(&old.values, values) => {
            let text = "the access secret has to be given again where the address, the type or the CA certificate of a \
                        registry changes, or its certificate is no longer verified";
            Err(Error::BadRequest(text.to_owned()))
        }
        (None, Some(sealed)) => domain.unseal(&seal_name(old.id), sealed),
    }
}

/// Whether what is sent to a registry with new values reaches nobody whom the old ones kept out.
fn is_as_trusted(old: &Values, new: &Values) -> bool {
    let path =
        |url: &str| url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path.to_owned());
    let pem = |values: &Values| values.ca_certificate.iter().flat_map(|pem| pem.split_whitespace()).collect::<String>();
    is_same_place(&old.url, &new.url)
        && path(&old.url) == path(&new.url)
        && old.kind == new.kind
        && pem(old) == pem(new)
        && (old.insecure || !new.insecure)
}

/// Removes a registry that no policy uses.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Precondition`] where a policy uses it.
pub async fn delete(domain: &Domain, access: &SystemAccess<DeleteRegistry>, id: i64) -> Result<()> {
    let args = (access.actor().clone(), id, domain.now());
    domain
        .db
        .write(args, |tx, (actor, id, now)| {
            Box::pin(async move {
                let found = query::remote::find(tx, *id).await?.ok_or_else(|| missing(*id))?;
                if query::remote::is_used(tx, *id).await? {
                    let text = format!("the registry {id} is referenced by replication policies, cannot delete it");
                    return Err(Error::Precondition(text));
                }
                query::remote::delete(tx, *id).await?;
                let entry = audit::Entry::success("delete", "registry", found.values.name);
                audit::record(tx, actor, *now, &entry).await
            })
        })
        .await
}

/// Whether a registry answers: a stored one, a new one, or a stored one with changes.
///
/// # Errors
/// [`Error::BadRequest`] where it does not, or cannot be; [`Error::NotFound`] for a stored one that is not there;
/// [`Error::NotYet`] where this server cannot find out.
pub async fn ping(domain: &Domain, _access: &SystemAccess<ReadRegistry>, request: &RegistryPing) -> Result<()> {
    // This server answers, or nobody would read this.
    if request.id == Some(0) && request.url.is_none() {
        return Ok(());
    }
    let (checked, secret) = asked_about(domain, request).await?;
    match checked.health(domain, &secret).await? {
        Health::Healthy | Health::Unhealthy => Ok(()),
        Health::Unknown => Err(Error::NotYet("checks of registries of this type")),
    }
}

/// Tests the connection to a registry step by step: a stored one, a new one, or a stored one with changes.
///
/// # Errors
/// [`Error::BadRequest`] for one that cannot be; [`Error::NotFound`] for a stored one that is not there. One that does not
/// answer is no error here.
pub async fn test(
    domain: &Domain,
    _access: &SystemAccess<ReadRegistry>,
    request: &RegistryPing,
) -> Result<RegistryCheck> {
    let (checked, secret) = asked_about(domain, request).await?;
    Ok(steps::walk(domain, &checked.patient(&secret), checked.values.ca_certificate.as_deref()).await)
}

/// The registry that a request is about, and the secret to sign in with.
async fn asked_about(domain: &Domain, request: &RegistryPing) -> Result<(Checked, String)> {
    let old = match request.id {
        Some(id) => Some(stored(domain, id).await?),
        None => None,
    };
    let changes = Changes {
        url: request.url.as_deref(),
        credential_type: request.credential_type.as_deref(),
        access_key: request.access_key.as_deref(),
        insecure: request.insecure,
        ca_certificate: request.ca_certificate.as_deref(),
    };
    let mut values = changes.of(&old.as_ref().map_or_else(Values::default, |old| old.values.clone()));
    if let Some(kind) = &request.kind {
        values.kind.clone_from(kind);
    }
    if values.kind.is_empty() || values.url.is_empty() {
        return Err(Error::BadRequest("type or url cannot be empty".to_owned()));
    }
    let checked = check_place(values)?;
    let new = request.access_secret.as_deref();
    let secret = match &old {
        Some(old) => secret(domain, old, &checked.values, new)?,
        None => new.unwrap_or_default().to_owned(),
    };
    Ok((checked, secret))
}

/// What policies can do with a registry; 0 is this server itself.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn info(domain: &Domain, _access: &SystemAccess<ReadRegistry>, id: i64) -> Result<RegistryInfo> {
    if id == 0 {
        let labels = query::remote::local_labels(&mut domain.db.reader().await?.conn(), LABELS_MAX).await?;
        let mut info = Provider::Harbor.info(labels);
        // Only what happens here is heard of.
        info.supported_triggers.push("event_based".to_owned());
        return Ok(info);
    }
    let row = stored(domain, id).await?;
    let secret = secret(domain, &row, &row.values, None)?;
    let checked = check_place(row.values)?;
    let labels = match checked.provider {
        Provider::Harbor => checkup::labels(domain, &checked.patient(&secret)).await,
        _ => Vec::new(),
    };
    Ok(checked.provider.info(labels))
}

/// The types that registries can have.
pub fn types(_access: &SystemAccess<ListAdapters>) -> Vec<String> {
    provider::names()
}

/// What a form needs to know of the types that are not the same everywhere.
pub fn providers(_access: &SystemAccess<ListAdapters>) -> RegistryProviderInfos {
    provider::forms()
}

/// Whether a project can be a cache of a registry.
///
/// # Errors
/// [`Error::BadRequest`] where it cannot, or where there is no such registry.
pub(crate) async fn check_cacheable(domain: &Domain, id: i64) -> Result<()> {
    let found = query::remote::find(&mut domain.db.reader().await?.conn(), id).await?;
    let found = found.ok_or_else(|| Error::BadRequest(format!("bad request: registry {id} not found")))?;
    let kind = found.values.kind;
    if !Provider::of(&kind).is_some_and(Provider::is_cacheable) {
        return Err(Error::BadRequest(format!("bad request: unsupported registry type {kind}")));
    }
    Ok(())
}

/// Looks at the registries that nobody has looked at for a while, and notes what became of them.
///
/// # Errors
/// What the database says.
pub(crate) async fn look_after(domain: &Domain) -> Result<u64> {
    let before = domain.now().plus_seconds(-CHECK_SECONDS);
    let due = query::remote::unchecked_since(&mut domain.db.reader().await?.conn(), before, ROUND_MAX).await?;
    let mut found = futures_util::stream::iter(due)
        .map(|row| async move {
            let health = look_at(domain, &row).await;
            (row, health)
        })
        .buffer_unordered(AT_ONCE);
    let mut changed = 0;
    while let Some((row, health)) = found.next().await {
        let status = health.as_str();
        if row.status != status {
            changed += 1;
            tracing::warn!(registry.name = row.values.name, registry.status = status, "a registry's health changed");
        }
        let args: (i64, Timestamp, &'static str, Timestamp) = (row.id, row.updated_at, status, domain.now());
        domain
            .db
            .write(args, |tx, (id, changed_at, status, now)| {
                Box::pin(
                    async move { Ok::<_, Error>(query::remote::set_status(tx, *id, *changed_at, status, *now).await?) },
                )
            })
            .await?;
    }
    Ok(changed)
}

async fn look_at(domain: &Domain, row: &query::remote::Registry) -> Health {
    let secret = secret(domain, row, &row.values, None);
    match secret.and_then(|secret| Ok((secret, check_place(row.values.clone())?))) {
        Ok((secret, checked)) => checkup::health(domain, &checked.patient(&secret)).await,
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            tracing::warn!(registry.name = row.values.name, %error, cause, "a registry cannot be looked after");
            Health::Unhealthy
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use berth_db::Db;
    use berth_storage::MemoryStore;
    use berth_types::{Clock, time::SystemClock};

    use super::*;
    use crate::Limits;

    #[tokio::test]
    async fn a_registry_that_went_silent_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("berth.db")).await.unwrap();
        let domain = Domain::new(db, Arc::new(MemoryStore::new()), Arc::new(SystemClock), Limits::default());
        let now = SystemClock.now();
        let add = async |name: &str, kind: &str, made_at: Timestamp| {
            let url = "http://127.0.0.1:1".to_owned();
            let values = Values { name: name.to_owned(), url, kind: kind.to_owned(), ..Values::default() };
            let insert = domain.db.write((values, made_at), |tx, (values, made_at)| {
                Box::pin(async move {
                    Ok::<_, Error>(query::remote::insert(tx, values, Health::Healthy.as_str(), *made_at).await?)
                })
            });
            insert.await.unwrap()
        };
        let silent = add("silent", "harbor", now.plus_seconds(-2 * CHECK_SECONDS)).await;
        let cloud = add("cloud", "aws-ecr", now.plus_seconds(-2 * CHECK_SECONDS)).await;
        let recent = add("recent", "harbor", now).await;
        assert_eq!(look_after(&domain).await.unwrap(), 2);
        let status = async |id: i64| stored(&domain, id).await.unwrap().status;
        assert_eq!(status(silent).await, "unhealthy");
        assert_eq!(status(cloud).await, "unknown");
        assert_eq!(status(recent).await, "healthy");
        assert_eq!(look_after(&domain).await.unwrap(), 0, "nothing is looked at again so soon");
    }

    #[test]
    fn addresses_are_cut_to_what_counts() {
        for (given, kept) in [
            ("https://hub.example/", "https://hub.example"),
            (" http://a:5000/x/y// ", "http://a:5000/x/y"),
            ("a:5000", "http://a:5000"),
            ("HTTPS://user:pass@A.example/x?y=z#w", "https://A.example/x"),
        ] {
            assert_eq!(checked_url(given).unwrap(), kept, "{given}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_in_harbors_words() {
        for (given, text) in [
            ("", "empty string"),
            (" / ", "empty string"),
            ("ftp://a", "invalid HTTP scheme: ftp"),
            ("not a url", "invalid URL: parse \"http://not a url\": invalid character \" \" in host name"),
        ] {
            let Err(Error::BadRequest(said)) = checked_url(given) else { panic!("{given} was taken") };
            assert_eq!(said, text);
        }
        assert!(checked_url("http://169.254.169.254/latest").is_err());
    }

    #[test]
    fn a_type_that_nobody_knows_is_refused() {
        let values = Values { name: "x".to_owned(), url: "http://a".to_owned(), ..Values::default() };
        for kind in ["", "shoe"] {
            assert!(matches!(check(Values { kind: kind.to_owned(), ..values.clone() }), Err(Error::BadRequest(_))));
        }
        let junk = Values { kind: "harbor".to_owned(), ca_certificate: Some("junk".to_owned()), ..values };
        assert!(matches!(check(junk), Err(Error::BadRequest(_))));
    }
}
