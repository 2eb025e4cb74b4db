//! Settings made at run time: typed, checked, kept in the database, overridden by the configuration.

mod check;
mod list;
mod reset;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::ArcSwapOption;
use base64::{Engine, engine::general_purpose::STANDARD};
use berth_db::query::{setting as rows, user};
use berth_types::api::{ConfigItem, Configurations, SettingInfo};
use serde_json::Value;

pub use list::{Kind, SETTINGS, Setting, find};
pub use reset::reset;

use crate::{
    Domain, Error, Result, audit,
    audit::Entry,
    authz::{InternalAccess, ReadConfiguration, SystemAccess, UpdateConfiguration},
    forward::{self, Endpoint, Target},
    outbound::Certificates,
};

/// How long another node's change may go unnoticed.
const FRESH_FOR: Duration = Duration::from_secs(2);
/// What is sent along to the receiver of audit entries.
const AUDIT_HEADER: &str = "audit_log_forward_header";
/// The member under which a row keeps a sealed value.
const SEALED: &str = "sealed";

/// Values that the configuration sets. They cannot be changed at run time.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    values: BTreeMap<&'static str, Value>,
    /// What sets them, in the words of the configuration.
    origins: BTreeMap<String, Origin>,
}

/// What sets a value outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// `file`, `environment` or `flag`.
    pub source: &'static str,
    /// The file, the variable or the flag.
    pub name: String,
}

impl Overrides {
    /// Checks names and values.
    ///
    /// # Errors
    /// [`Error::BadRequest`] or [`Error::Unprocessable`] with the reason, for the first one that is wrong.
    pub fn new(given: impl IntoIterator<Item = (String, Value)>) -> Result<Self> {
        let mut values = BTreeMap::new();
        for (name, value) in given {
            let setting = find(&name)
                .filter(|setting| setting.kind != Kind::ScanAll)
                .ok_or_else(|| Error::BadRequest(format!("unknown setting {name}")))?;
            check::shape(setting, &value)?;
            check::value(setting, &value)?;
            values.insert(setting.name, value);
        }
        Ok(Overrides { values, origins: BTreeMap::new() })
    }

    /// The same with what sets them.
    #[must_use]
    pub fn set_by(self, origins: impl IntoIterator<Item = (String, Origin)>) -> Self {
        Overrides { origins: origins.into_iter().collect(), ..self }
    }
}

/// The settings as they are kept in memory.
#[derive(Default)]
pub(crate) struct Store {
    overrides: Overrides,
    current: ArcSwapOption<Cached>,
}

struct Cached {
    read_at: Instant,
    snapshot: Arc<Snapshot>,
}

impl Store {
    /// A store in which some values are fixed.
    pub(crate) fn new(overrides: Overrides) -> Self {
        Store { overrides, current: ArcSwapOption::empty() }
    }
}

/// All settings at one moment.
#[derive(Clone)]
pub struct Snapshot(BTreeMap<&'static str, Value>);

// Some of them are secrets.
impl std::fmt::Debug for Snapshot {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Snapshot(..)")
    }
}

impl Snapshot {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn switch(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    fn number(&self, name: &str) -> i64 {
        self.0.get(name).and_then(Value::as_i64).unwrap_or_default()
    }

    /// How people prove who they are.
    pub fn auth_mode(&self) -> &str {
        self.text("auth_mode")
    }

    /// Whether that mode is offered first.
    pub fn primary_auth_mode(&self) -> bool {
        self.switch("primary_auth_mode")
    }

    /// Whether anybody may sign up.
    pub fn self_registration(&self) -> bool {
        self.switch("self_registration")
    }

    /// `everyone` or `adminonly`.
    pub fn project_creation_restriction(&self) -> &str {
        self.text("project_creation_restriction")
    }

    /// Whether nothing may be changed.
    pub fn read_only(&self) -> bool {
        self.switch("read_only")
    }

    /// How long a registry token is good for, in minutes.
    pub fn token_expiration_minutes(&self) -> i64 {
        self.number("token_expiration")
    }

    /// How long an unused session lives, in minutes.
    pub fn session_timeout_minutes(&self) -> i64 {
        self.number("session_timeout")
    }

    /// How long a new robot lives by default, in days.
    pub fn robot_token_duration_days(&self) -> i64 {
        self.number("robot_token_duration")
    }

    /// What the names of robots start with.
    pub fn robot_name_prefix(&self) -> &str {
        self.text("robot_name_prefix")
    }

    /// Whether webhooks are sent.
    pub fn notification_enable(&self) -> bool {
        self.switch("notification_enable")
    }

    /// Whether pulls leave the time of the last pull alone.
    pub fn pull_time_update_disable(&self) -> bool {
        self.switch("pull_time_update_disable")
    }

    /// Whether pulls are not counted.
    pub fn pull_count_update_disable(&self) -> bool {
        self.switch("pull_count_update_disable")
    }

    /// Whether pulls are not in the audit log.
    pub fn pull_audit_log_disable(&self) -> bool {
        self.switch("pull_audit_log_disable")
    }

    /// Events such as `create_user` that are kept out of the audit log.
    pub fn audit_events_disabled(&self) -> impl Iterator<Item = &str> {
        self.text("disabled_audit_log_event_types").split(',').map(str::trim).filter(|event| !event.is_empty())
    }

    /// Where audit entries are forwarded to; empty for nowhere.
    pub fn audit_log_forward_endpoint(&self) -> &str {
        self.text("audit_log_forward_endpoint")
    }

    /// What proves to the receiver who forwards.
    pub(crate) fn audit_log_forward_header(&self) -> &str {
        self.text(AUDIT_HEADER)
    }

    /// Whether the receiver has to prove who it is.
    pub(crate) fn audit_log_forward_certificates(&self) -> Certificates {
        if self.switch("audit_log_forward_skip_cert_verify") { Certificates::Unchecked } else { Certificates::Checked }
    }

    /// Whether audit entries are only forwarded.
    pub fn skip_audit_log_database(&self) -> bool {
        self.switch("skip_audit_log_database")
    }

    /// A message for all pages, as JSON text or plain.
    pub fn banner_message(&self) -> &str {
        self.text("banner_message")
    }

    /// Whether there is a password to search the LDAP directory with.
    pub fn has_ldap_search_password(&self) -> bool {
        !self.text("ldap_search_password").is_empty()
    }

    /// Name of the OIDC provider.
    pub fn oidc_name(&self) -> &str {
        self.text("oidc_name")
    }

    /// Whether projects have quotas.
    pub fn quota_per_project_enable(&self) -> bool {
        self.switch("quota_per_project_enable")
    }

    /// The quota of a new project, in bytes; −1 for none.
    pub fn storage_per_project_bytes(&self) -> i64 {
        self.number("storage_per_project")
    }
}

impl Domain {
    /// The settings, at most two seconds old.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn settings(&self) -> Result<Arc<Snapshot>> {
        if let Some(cached) = self.settings.current.load().as_ref()
            && cached.read_at.elapsed() < FRESH_FOR
        {
            return Ok(cached.snapshot.clone());
        }
        let read_at = Instant::now();
        let rows = rows::all(&mut self.db.reader().await?.conn()).await?;
        let mut values: BTreeMap<&'static str, Value> =
            SETTINGS.iter().map(|setting| (setting.name, setting.default_value())).collect();
        for (name, json) in rows {
            // A setting of a later version, or one that a rule of today would refuse, counts as not set.
            let Some(setting) = find(&name) else { continue };
            let Ok(value) = serde_json::from_str::<Value>(&json) else { continue };
            let value = match value.get(SEALED) {
                Some(sealed) => match self.opened(setting, sealed) {
                    Ok(value) => value,
                    Err(error) => {
                        tracing::warn!(setting = setting.name, %error, "a secret cannot be read, it counts as not set");
                        continue;
                    }
                },
                None => value,
            };
            if check::shape(setting, &value).is_ok() && check::value(setting, &value).is_ok() {
                values.insert(setting.name, value);
            }
        }
        values.extend(self.settings.overrides.values.iter().map(|(name, value)| (*name, value.clone())));
        let snapshot = Arc::new(Snapshot(values));
        self.forward.follow(&snapshot);
        self.settings.current.store(Some(Arc::new(Cached { read_at, snapshot: snapshot.clone() })));
        Ok(snapshot)
    }

    /// A value as its row keeps it: secrets sealed.
    fn kept(&self, setting: &Setting, value: &Value) -> Result<String> {
        let Some(secret) = value.as_str().filter(|text| setting.kind == Kind::Secret && !text.is_empty()) else {
            return serde_json::to_string(value).map_err(Error::internal);
        };
        let sealed = self.seal(&format!("setting/{}", setting.name), secret)?;
        Ok(serde_json::json!({ SEALED: STANDARD.encode(sealed) }).to_string())
    }

    fn opened(&self, setting: &Setting, sealed: &Value) -> Result<Value> {
        let sealed = STANDARD.decode(sealed.as_str().unwrap_or_default()).map_err(Error::internal)?;
        Ok(Value::String(self.unseal(&format!("setting/{}", setting.name), &sealed)?))
    }

    /// Reads the settings again at the next use.
    pub(crate) fn forget_settings(&self) {
        self.settings.current.store(None);
    }
}

/// All settings that are shown, as `GET /configurations` has them.
///
/// # Errors
/// Where the database does not answer.
pub async fn get(domain: &Domain, _access: &SystemAccess<ReadConfiguration>) -> Result<Configurations> {
    let mut shown = items(domain, |setting| setting.shown).await?;
    for secret in SETTINGS.iter().filter(|setting| setting.kind == Kind::Secret) {
        if let Some(item) = shown.get_mut(secret.name) {
            item.value = secret.default_value();
        }
    }
    Ok(shown)
}

/// All settings with where their values come from. Secrets are named and not shown.
///
/// # Errors
/// Where the database does not answer.
pub async fn describe(domain: &Domain, _access: &SystemAccess<ReadConfiguration>) -> Result<Vec<SettingInfo>> {
    let items = items(domain, |_| true).await?;
    let changes = rows::changes(&mut domain.db.reader().await?.conn()).await?;
    let overrides = &domain.settings.overrides;
    let info = |setting: &Setting| {
        let item = items.get(setting.name)?;
        let secret = setting.kind == Kind::Secret;
        let mut info = SettingInfo {
            name: setting.name.to_owned(),
            value: if secret { Value::Null } else { item.value.clone() },
            default: setting.default_value(),
            secret,
            editable: item.editable,
            source: "default".to_owned(),
            ..SettingInfo::default()
        };
        if overrides.values.contains_key(setting.name) {
            let origin = overrides.origins.get(setting.name);
            info.source = origin.map_or("file", |origin| origin.source).to_owned();
            info.origin = origin.map(|origin| origin.name.clone()).unwrap_or_default();
        } else if let Some((_, by, at)) = changes.iter().find(|(name, ..)| name == setting.name) {
            info.source = "database".to_owned();
            (info.changed_by, info.changed_at) = (by.clone(), Some(*at));
        }
        Some(info)
    };
    Ok(SETTINGS.iter().filter_map(info).collect())
}

/// All settings with their values, secrets included, for services of the installation.
///
/// # Errors
/// Where the database does not answer.
pub async fn internal(domain: &Domain, _access: &InternalAccess) -> Result<Configurations> {
    items(domain, |_| true).await
}

async fn items(domain: &Domain, wanted: impl Fn(&Setting) -> bool) -> Result<Configurations> {
    let has_people = user::any_besides_admin(&mut domain.db.reader().await?.conn()).await?;
    let snapshot = domain.settings().await?;
    let wanted = SETTINGS.iter().filter(|setting| wanted(setting) && setting.kind != Kind::ScanAll);
    let item = |setting: &Setting| {
        let is_fixed = domain.settings.overrides.values.contains_key(setting.name)
            || (setting.kind == Kind::AuthMode && has_people);
        ConfigItem { value: snapshot.0.get(setting.name).cloned().unwrap_or_default(), editable: !is_fixed }
    };
    Ok(wanted.map(|setting| (setting.name.to_owned(), item(setting))).collect())
}

/// Checks the types of given settings, which is said before it is asked who gives them, as in Harbor.
///
/// # Errors
/// [`Error::Unprocessable`] for the first one that is wrong.
pub fn check_types(given: &serde_json::Map<String, Value>) -> Result<()> {
    let known = given.iter().filter_map(|(name, value)| Some((find(name)?, value)));
    known
        .filter(|(setting, _)| setting.kind != Kind::ScanAll)
        .try_for_each(|(setting, value)| check::shape(setting, value))
}

/// Changes settings. Unknown names and nulls are ignored, as in Harbor.
///
/// # Errors
/// [`Error::Unprocessable`] where a type is wrong, [`Error::BadRequest`] where a value is, [`Error::Forbidden`] where the
/// configuration fixes it.
pub async fn update(
    domain: &Domain,
    access: &SystemAccess<UpdateConfiguration>,
    given: &serde_json::Map<String, Value>,
) -> Result<()> {
    change(domain, access, given, None).await
}

/// Changes settings. The row of one that is only set to its default may be `forgotten` at once.
async fn change(
    domain: &Domain,
    access: &SystemAccess<UpdateConfiguration>,
    given: &serde_json::Map<String, Value>,
    forgotten: Option<&'static str>,
) -> Result<()> {
    let known = given.iter().filter_map(|(name, value)| Some((find(name)?, value)));
    let mut changes: Vec<(&Setting, &Value)> =
        known.filter(|(setting, value)| setting.kind != Kind::ScanAll && !value.is_null()).collect();
    check_types(given)?;
    let before = domain.settings().await?;
    let has_people = user::any_besides_admin(&mut domain.db.reader().await?.conn()).await?;
    for (setting, value) in &changes {
        let is_new = before.0.get(setting.name) != Some(*value);
        if is_new && setting.kind == Kind::AuthMode && has_people {
            let reason = "the auth mode cannot be modified as new users have been inserted into database";
            return Err(Error::BadRequest(reason.to_owned()));
        }
        check::value(setting, value)?;
        if is_new && domain.settings.overrides.values.contains_key(setting.name) {
            return Err(Error::Forbidden(format!("{} is set by the server's configuration", setting.name)));
        }
    }
    let nothing = Value::String(String::new());
    if loses_audit_header(domain, &before, &changes)? {
        changes.extend(find(AUDIT_HEADER).map(|header| (header, &nothing)));
    }
    check_audit_forwarding(domain, &before, &changes).await?;
    let mut rows = Vec::with_capacity(changes.len());
    for (setting, value) in changes {
        rows.push((setting.name, domain.kept(setting, value)?));
    }
    let names: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
    let entry = Entry::success("update", "configuration", "configuration")
        .described(format!("update configuration: {}", names.join(", ")));
    let args = (rows, forgotten, access.actor().clone(), domain.now(), entry);
    domain
        .db
        .write(args, |tx, (rows, forgotten, actor, now, entry)| {
            Box::pin(async move {
                for (name, json) in rows {
                    if *forgotten == Some(*name) {
                        rows::forget(tx, name).await?;
                    } else {
                        rows::set(tx, name, json, &actor.name, *now).await?;
                    }
                }
                audit::record(tx, actor, *now, entry).await
            })
        })
        .await?;
    domain.forget_settings();
    // What follows the settings hears of them now.
    domain.settings().await.map(drop)
}

fn new_value<'v>(changes: &[(&Setting, &'v Value)], name: &str) -> Option<&'v Value> {
    changes.iter().find(|(setting, _)| setting.name == name).map(|(_, value)| *value)
}

/// Whether the header of the audit endpoint goes, because the endpoint is another one now and nobody gave a header for it.
/// Otherwise it would be shown to whoever is named as the endpoint.
fn loses_audit_header(domain: &Domain, before: &Snapshot, changes: &[(&Setting, &Value)]) -> Result<bool> {
    let Some(endpoint) = new_value(changes, "audit_log_forward_endpoint").and_then(Value::as_str) else {
        return Ok(false);
    };
    let old = before.audit_log_forward_endpoint();
    let has_none = before.audit_log_forward_header().is_empty() || new_value(changes, AUDIT_HEADER).is_some();
    if has_none || old.trim().is_empty() || endpoint == old {
        return Ok(false);
    }
    let read = |text: &str| Endpoint::read(text).ok().flatten();
    let is_shared = match (read(endpoint), read(old)) {
        (Some(new), Some(old)) => new.shares_secrets_with(&old),
        _ => false,
    };
    if !is_shared && domain.settings.overrides.values.contains_key(AUDIT_HEADER) {
        let reason = "audit_log_forward_header is set by the server's configuration, for another endpoint";
        return Err(Error::Forbidden(reason.to_owned()));
    }
    Ok(!is_shared)
}

/// Audit entries may leave the database only where they arrive somewhere else.
async fn check_audit_forwarding(domain: &Domain, before: &Snapshot, changes: &[(&Setting, &Value)]) -> Result<()> {
    let of = |name: &str| new_value(changes, name);
    let text = |name: &str| of(name).and_then(Value::as_str);
    let switch = |name: &str| of(name).and_then(Value::as_bool);
    let unchecked = "audit_log_forward_skip_cert_verify";
    let is_asked = ["audit_log_forward_endpoint", AUDIT_HEADER, unchecked].iter().any(|name| of(name).is_some());
    let endpoint = text("audit_log_forward_endpoint").unwrap_or_else(|| before.audit_log_forward_endpoint());
    let header = text(AUDIT_HEADER).unwrap_or_else(|| before.audit_log_forward_header());
    let certificates = match switch(unchecked) {
        Some(true) => Certificates::Unchecked,
        Some(false) => Certificates::Checked,
        None => before.audit_log_forward_certificates(),
    };
    if let Some(target) = Target::read(endpoint, header, certificates).filter(|_| is_asked)
        && let Err(why) = forward::check(domain, &target).await
    {
        tracing::info!(why, "the audit endpoint that was named takes no entries");
        let reason = if target.is_asked_by_requests() {
            format!("bad request: the audit endpoint does not take entries: {why}: {endpoint}")
        } else {
            format!("bad request: could not connect to the audit endpoint: {endpoint}")
        };
        return Err(Error::BadRequest(reason));
    }
    let skips = switch("skip_audit_log_database").unwrap_or_else(|| before.skip_audit_log_database());
    if skips && endpoint.trim().is_empty() {
        let reason =
            "bad request: audit log forward endpoint should be configured before enable skip audit log in database";
        return Err(Error::BadRequest(reason.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_good_value() {
        for setting in SETTINGS.iter().filter(|setting| setting.kind != Kind::ScanAll) {
            let value = setting.default_value();
            assert!(!value.is_null(), "{}", setting.name);
            check::shape(setting, &value).unwrap();
            check::value(setting, &value).unwrap();
        }
        let mut names: Vec<_> = SETTINGS.iter().map(|setting| setting.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SETTINGS.len());
    }

    fn refusal(name: &str, value: Value) -> String {
        let setting = find(name).unwrap();
        let refused = check::shape(setting, &value).and_then(|()| check::value(setting, &value));
        refused.map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn refusals_are_worded_as_harbor_does() {
        insta::assert_snapshot!(refusal("token_expiration", 0.into()), @"the token_expiration value must be positive");
        insta::assert_snapshot!(refusal("storage_per_project", (1_i64 << 62).into()),
            @"bad request: exceeded 1024TB, which is 1125899906842624 Bytes, value=4611686018427388000");
        insta::assert_snapshot!(refusal("session_timeout", 1.5.into()), @r#"
        validation failure list:
        parsing configurations body from "" failed, because json: cannot unmarshal number 1.5 into Go struct field Configurations.session_timeout of type int64
        "#);
        insta::assert_snapshot!(refusal("robot_name_prefix", " ".into()),
            @"bad request: robot_name_prefix cannot be empty or contain only spaces");
        insta::assert_snapshot!(refusal("ldap_uid", "".into()), @"bad request: ldap_uid cannot be empty or contain only spaces");
        insta::assert_snapshot!(refusal("auth_mode", "shoe".into()),
            @"bad request: item name auth_mode: invalid auth_mode, shoud be one of db_auth, ldap_auth, uaa_auth, http_auth, oidc_auth");
        insta::assert_snapshot!(refusal("auth_mode", "oidc_auth".into()),
            @"bad request: item name auth_mode: not available yet: signing in by oidc_auth");
        assert_eq!(refusal("storage_per_project", Value::from(-1)), "fine");
        assert_eq!(refusal("robot_name_prefix", "a b".into()), "fine");
    }

    #[test]
    fn overrides_are_checked_too() {
        assert!(Overrides::new([("self_registration".to_owned(), Value::Bool(true))]).is_ok());
        assert!(Overrides::new([("no_such".to_owned(), Value::Bool(true))]).is_err());
        assert!(Overrides::new([("session_timeout".to_owned(), Value::from(0))]).is_err());
    }
}
