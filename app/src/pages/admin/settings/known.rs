//! The settings that have words of their own, in the order of the page.

use crate::i18n::{Key, keys};
use keys::admin_settings::{self as words, item as k};

/// A setting that has words of its own.
#[derive(Debug)]
pub(super) struct Known {
    /// Harbor's key.
    pub key: &'static str,
    /// Its name.
    pub label: Key,
    /// What it means.
    pub text: Key,
    /// What it holds.
    pub kind: Kind,
    /// Where it stands.
    pub group: Group,
}

/// What a setting holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// On or off.
    Switch,
    /// One of few words.
    Choice(&'static [(&'static str, Key)]),
    /// A whole number.
    Number {
        /// The least.
        #[cfg_attr(not(any(feature = "ssr", test)), expect(dead_code, reason = "the server reads what was posted"))]
        min: i64,
        /// The most.
        #[cfg_attr(not(any(feature = "ssr", test)), expect(dead_code, reason = "the server reads what was posted"))]
        max: i64,
        /// What is counted, where it has a word.
        unit: Option<Key>,
    },
    /// A text.
    Text,
    /// A text that is never shown. Left empty it stays as it is.
    Secret,
    /// Bytes, written with a unit; empty for no limit, which Harbor keeps as −1.
    Amount,
    /// A text that Harbor keeps as JSON with its tone and days.
    Banner,
}

/// The card of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// Who may do what.
    Access,
    /// How long proofs of identity live.
    Limits,
    /// How much is stored.
    Storage,
    /// What the system does as a whole.
    General,
    /// What is written down.
    Recording,
    /// Providers of identity that the server does not talk to yet.
    Providers,
}

impl Group {
    pub(super) const ALL: [Group; 6] =
        [Group::General, Group::Access, Group::Limits, Group::Storage, Group::Recording, Group::Providers];

    pub(super) const fn title(self) -> Key {
        match self {
            Group::Access => words::ACCESS,
            Group::Limits => words::LIMITS,
            Group::Storage => words::STORAGE,
            Group::General => words::GENERAL,
            Group::Recording => words::RECORDING,
            Group::Providers => words::PROVIDERS,
        }
    }

    /// What has to be said of all of them.
    pub(super) const fn note(self) -> Option<Key> {
        match self {
            Group::Providers => Some(words::PROVIDERS_TEXT),
            Group::Access | Group::Limits | Group::Storage | Group::General | Group::Recording => None,
        }
    }
}

const YEAR_MINUTES: i64 = 365 * 24 * 60;
const CENTURY_DAYS: i64 = 36_500;

/// The settings with words of their own, in the order of the page.
pub(super) static KNOWN: &[Known] = &[
    Known {
        key: "self_registration",
        label: k::SELF_REGISTRATION,
        text: k::SELF_REGISTRATION_TEXT,
        kind: Kind::Switch,
        group: Group::Access,
    },
    Known {
        key: "project_creation_restriction",
        label: k::PROJECT_CREATION,
        text: k::PROJECT_CREATION_TEXT,
        kind: Kind::Choice(&[("everyone", k::EVERYONE), ("adminonly", k::ADMINS_ONLY)]),
        group: Group::Access,
    },
    Known {
        key: "token_expiration",
        label: k::TOKEN_EXPIRATION,
        text: k::TOKEN_EXPIRATION_TEXT,
        kind: Kind::Number { min: 1, max: YEAR_MINUTES, unit: Some(words::UNIT_MINUTES) },
        group: Group::Limits,
    },
    Known {
        key: "session_timeout",
        label: k::SESSION_TIMEOUT,
        text: k::SESSION_TIMEOUT_TEXT,
        kind: Kind::Number { min: 1, max: YEAR_MINUTES, unit: Some(words::UNIT_MINUTES) },
        group: Group::Limits,
    },
    Known {
        key: "robot_token_duration",
        label: k::ROBOT_DURATION,
        text: k::ROBOT_DURATION_TEXT,
        // -1 is for ever.
        kind: Kind::Number { min: -1, max: CENTURY_DAYS, unit: Some(words::UNIT_DAYS) },
        group: Group::Limits,
    },
    Known {
        key: "robot_name_prefix",
        label: k::ROBOT_PREFIX,
        text: k::ROBOT_PREFIX_TEXT,
        kind: Kind::Text,
        group: Group::Limits,
    },
    Known {
        key: "quota_per_project_enable",
        label: k::QUOTA_ENABLED,
        text: k::QUOTA_ENABLED_TEXT,
        kind: Kind::Switch,
        group: Group::Storage,
    },
    Known {
        key: "storage_per_project",
        label: k::STORAGE_DEFAULT,
        text: k::STORAGE_DEFAULT_TEXT,
        kind: Kind::Amount,
        group: Group::Storage,
    },
    Known { key: "read_only", label: k::READ_ONLY, text: k::READ_ONLY_TEXT, kind: Kind::Switch, group: Group::General },
    Known { key: "banner_message", label: k::BANNER, text: k::BANNER_TEXT, kind: Kind::Banner, group: Group::General },
    Known {
        key: "pull_audit_log_disable",
        label: k::PULL_AUDIT,
        text: k::PULL_AUDIT_TEXT,
        kind: Kind::Switch,
        group: Group::Recording,
    },
    Known {
        key: "pull_time_update_disable",
        label: k::PULL_TIME,
        text: k::PULL_TIME_TEXT,
        kind: Kind::Switch,
        group: Group::Recording,
    },
    Known {
        key: "pull_count_update_disable",
        label: k::PULL_COUNT,
        text: k::PULL_COUNT_TEXT,
        kind: Kind::Switch,
        group: Group::Recording,
    },
    Known {
        key: "notification_enable",
        label: k::NOTIFICATIONS,
        text: k::NOTIFICATIONS_TEXT,
        kind: Kind::Switch,
        group: Group::General,
    },
    Known {
        key: "audit_log_forward_endpoint",
        label: k::FORWARD,
        text: k::FORWARD_TEXT,
        kind: Kind::Text,
        group: Group::Recording,
    },
    Known {
        key: "audit_log_forward_header",
        label: k::FORWARD_HEADER,
        text: k::FORWARD_HEADER_TEXT,
        kind: Kind::Secret,
        group: Group::Recording,
    },
    Known {
        key: "audit_log_forward_skip_cert_verify",
        label: k::FORWARD_UNVERIFIED,
        text: keys::webhooks::SKIP_VERIFY_HINT,
        kind: Kind::Switch,
        group: Group::Recording,
    },
    Known {
        key: "skip_audit_log_database",
        label: k::SKIP_DATABASE,
        text: k::SKIP_DATABASE_TEXT,
        kind: Kind::Switch,
        group: Group::Recording,
    },
    Known {
        key: "disabled_audit_log_event_types",
        label: k::EVENTS_OFF,
        text: k::EVENTS_OFF_TEXT,
        kind: Kind::Text,
        group: Group::Recording,
    },
    Known {
        key: "scanner_skip_update_pulltime",
        label: k::SCANNER_PULLS,
        text: k::SCANNER_PULLS_TEXT,
        kind: Kind::Switch,
        group: Group::Recording,
    },
    Known {
        key: "auth_mode",
        label: k::AUTH_MODE,
        text: k::AUTH_MODE_TEXT,
        kind: Kind::Choice(&[("db_auth", k::AUTH_DATABASE)]),
        group: Group::Access,
    },
];
