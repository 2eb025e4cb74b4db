//! Every setting as data: its type, its default, whether it is shown. The names are Harbor's.

use serde_json::Value;

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Harbor's name.
    pub name: &'static str,
    /// What a value looks like.
    pub kind: Kind,
    /// The default as JSON.
    pub default: &'static str,
    /// Whether `GET /configurations` shows it.
    pub shown: bool,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A text with something in it.
    FilledText,
    /// A text that is never shown: sealed where it is kept, and empty where Harbor shows its name.
    Secret,
    /// True or false.
    Switch,
    /// A whole number.
    Number,
    /// A number of minutes or days, from 1.
    Duration,
    /// A mode of authentication.
    AuthMode,
    /// Who may create projects.
    ProjectCreation,
    /// How deep a directory is searched: 0, 1 or 2.
    LdapScope,
    /// Bytes, or −1 for no limit.
    Quota,
    /// A JSON object of texts, as a text.
    TextMap,
    /// The schedule of scans. Made elsewhere; here for its place in the answer.
    ScanAll,
}

impl Setting {
    /// The default.
    pub fn default_value(&self) -> Value {
        // A text of this file; a test reads them all.
        serde_json::from_str(self.default).unwrap_or_default()
    }
}

const fn shown(name: &'static str, kind: Kind, default: &'static str) -> Setting {
    Setting { name, kind, default, shown: true }
}

const fn hidden(name: &'static str, kind: Kind, default: &'static str) -> Setting {
    Setting { name, kind, default, shown: false }
}

/// All settings, in the order of their groups.
#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    shown("auth_mode", Kind::AuthMode, r#""db_auth""#),
    shown("primary_auth_mode", Kind::Switch, "false"),
    shown("scan_all_policy", Kind::ScanAll, "null"),
    shown("project_creation_restriction", Kind::ProjectCreation, r#""everyone""#),
    shown("read_only", Kind::Switch, "false"),
    shown("self_registration", Kind::Switch, "false"),
    shown("token_expiration", Kind::Duration, "30"),
    shown("robot_token_duration", Kind::Duration, "30"),
    shown("robot_name_prefix", Kind::FilledText, r#""robot$""#),
    shown("notification_enable", Kind::Switch, "true"),
    hidden("pull_time_update_disable", Kind::Switch, "false"),
    hidden("pull_count_update_disable", Kind::Switch, "false"),
    hidden("pull_audit_log_disable", Kind::Switch, "false"),
    shown("audit_log_forward_endpoint", Kind::Text, r#""""#),
    hidden("audit_log_forward_header", Kind::Secret, r#""""#),
    hidden("audit_log_forward_skip_cert_verify", Kind::Switch, "false"),
    shown("skip_audit_log_database", Kind::Switch, "false"),
    shown("scanner_skip_update_pulltime", Kind::Switch, "false"),
    shown("disabled_audit_log_event_types", Kind::Text, r#""""#),
    shown("session_timeout", Kind::Duration, "60"),
    shown("banner_message", Kind::Text, r#""""#),
    shown("ldap_base_dn", Kind::Text, r#""""#),
    shown("ldap_filter", Kind::Text, r#""""#),
    shown("ldap_scope", Kind::LdapScope, "2"),
    shown("ldap_search_dn", Kind::Text, r#""""#),
    hidden("ldap_search_password", Kind::Secret, r#""""#),
    shown("ldap_timeout", Kind::Number, "5"),
    shown("ldap_uid", Kind::FilledText, r#""cn""#),
    shown("ldap_url", Kind::Text, r#""""#),
    shown("ldap_verify_cert", Kind::Switch, "true"),
    shown("ldap_group_membership_attribute", Kind::Text, r#""memberof""#),
    shown("ldap_group_attach_parallel", Kind::Switch, "false"),
    shown("ldap_group_base_dn", Kind::Text, r#""""#),
    shown("ldap_group_admin_dn", Kind::Text, r#""""#),
    shown("ldap_group_attribute_name", Kind::Text, r#""""#),
    shown("ldap_group_search_filter", Kind::Text, r#""""#),
    shown("ldap_group_search_scope", Kind::LdapScope, "2"),
    shown("uaa_client_id", Kind::Text, r#""""#),
    shown("uaa_client_secret", Kind::Secret, r#""""#),
    shown("uaa_endpoint", Kind::Text, r#""""#),
    shown("uaa_verify_cert", Kind::Switch, "false"),
    shown("http_authproxy_endpoint", Kind::Text, r#""""#),
    shown("http_authproxy_tokenreview_endpoint", Kind::Text, r#""""#),
    shown("http_authproxy_admin_groups", Kind::Text, r#""""#),
    shown("http_authproxy_admin_usernames", Kind::Text, r#""""#),
    shown("http_authproxy_verify_cert", Kind::Switch, "true"),
    shown("http_authproxy_skip_search", Kind::Switch, "false"),
    shown("http_authproxy_server_certificate", Kind::Text, r#""""#),
    shown("oidc_name", Kind::Text, r#""""#),
    shown("oidc_endpoint", Kind::Text, r#""""#),
    shown("oidc_client_id", Kind::Text, r#""""#),
    hidden("oidc_client_secret", Kind::Secret, r#""""#),
    shown("oidc_groups_claim", Kind::Text, r#""""#),
    shown("oidc_admin_group", Kind::Text, r#""""#),
    shown("oidc_group_filter", Kind::Text, r#""""#),
    shown("oidc_scope", Kind::Text, r#""""#),
    shown("oidc_user_claim", Kind::Text, r#""""#),
    shown("oidc_verify_cert", Kind::Switch, "true"),
    shown("oidc_auto_onboard", Kind::Switch, "false"),
    shown("oidc_extra_redirect_parms", Kind::TextMap, r#""{}""#),
    shown("oidc_logout", Kind::Switch, "false"),
    shown("quota_per_project_enable", Kind::Switch, "true"),
    shown("storage_per_project", Kind::Quota, "-1"),
];

/// The setting of a name.
pub fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}
