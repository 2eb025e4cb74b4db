//! What an action did, told once on the page it leads to. It travels in the address, so that it works without script;
//! only a code and the names it is about, never a text.

use crate::i18n::{Catalog, Key, keys};
use crate::ui::{Callout, Tone, announce, use_announcer, with_query};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The parameters of an address that carry a notice.
pub const PARAMETERS: [&str; 3] = ["notice", "name", "role"];

macro_rules! notices {
    ($($(#[$doc:meta])* $name:ident = $code:literal => $key:expr,)*) => {
        /// What an action did.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Notice { $($(#[$doc])* $name,)* }

        impl Notice {
            /// Every notice.
            pub const ALL: &'static [Notice] = &[$(Notice::$name,)*];

            /// The code in an address.
            pub const fn code(self) -> &'static str {
                match self { $(Notice::$name => $code,)* }
            }

            const fn key(self) -> Key {
                match self { $(Notice::$name => $key,)* }
            }
        }
    };
}

notices! {
    /// The own profile was changed.
    ProfileSaved = "profile-saved" => keys::account::profile::SAVED,
    /// The own password was changed.
    PasswordChanged = "password-changed" => keys::account::password::CHANGED,
    /// The own second factor was switched off.
    SecondFactorOff = "second-factor-off" => keys::second_factor::DISABLED,
    /// The second factor of somebody was switched off.
    SecondFactorRemoved = "second-factor-removed" => keys::second_factor::REMOVED,
    /// A personal access token was revoked.
    AccessTokenRevoked = "access-token-revoked" => keys::account::tokens::REVOKED,
    /// A view of a list was saved.
    ViewSaved = "view-saved" => keys::audit::VIEW_SAVED,
    /// A view of a list was removed.
    ViewRemoved = "view-removed" => keys::audit::VIEW_REMOVED,
    /// A session was ended.
    SessionEnded = "session-ended" => keys::account::sessions::ENDED,
    /// All sessions but the present one were ended.
    SessionsEnded = "sessions-ended" => keys::account::sessions::ALL_ENDED,
    /// Language and theme were changed.
    PreferencesSaved = "preferences-saved" => keys::account::preferences::SAVED,
    /// An account was made.
    UserCreated = "user-created" => keys::admin_users::CREATED_TOAST,
    /// An account was deleted.
    UserDeleted = "user-deleted" => keys::admin_users::DELETED,
    /// Somebody became an administrator.
    AdminMade = "admin-made" => keys::admin_users::ADMIN_MADE,
    /// Somebody is no administrator any more.
    AdminUnmade = "admin-unmade" => keys::admin_users::ADMIN_UNMADE,
    /// The password of somebody was set.
    PasswordSet = "password-set" => keys::admin_users::PASSWORD_SET,
    /// All sessions of somebody were ended.
    UserSessionsEnded = "user-sessions-ended" => keys::person::ENDED,
    /// Settings of the system were changed.
    SystemSaved = "system-saved" => keys::admin_settings::SAVED,
    /// A setting is its default again.
    SystemDefault = "system-default" => keys::admin_settings::DEFAULT_HOLDS,
    /// Settings were posted as they were.
    SystemUnchanged = "system-unchanged" => keys::admin_settings::UNCHANGED,
    /// A project was made.
    ProjectCreated = "project-created" => keys::project_new::CREATED,
    /// A project was deleted.
    ProjectDeleted = "project-deleted" => keys::project_settings::DELETED,
    /// Settings of a project were changed.
    ProjectSaved = "project-saved" => keys::project_settings::SAVED,
    /// Somebody joined a project.
    MemberAdded = "member-added" => keys::members::ADDED,
    /// Somebody has another role in a project.
    MemberChanged = "member-changed" => keys::members::CHANGED,
    /// Somebody left a project.
    MemberRemoved = "member-removed" => keys::members::REMOVED,
    /// A robot was changed.
    RobotSaved = "robot-saved" => keys::robots::SAVED,
    /// A robot was switched off.
    RobotDisabled = "robot-disabled" => keys::robots::DISABLED,
    /// A robot was switched on.
    RobotEnabled = "robot-enabled" => keys::robots::ENABLED,
    /// A robot was deleted.
    RobotDeleted = "robot-deleted" => keys::robots::DELETED,
    /// The former secret of a robot was ended.
    FormerSecretEnded = "former-secret-ended" => keys::robots::overlap::ENDED,
    /// A repository was deleted.
    RepositoryDeleted = "repository-deleted" => keys::repositories::DELETED,
    /// The description of a repository was changed.
    DescriptionSaved = "description-saved" => keys::repository::INFO_SAVED,
    /// A tag was added.
    TagAdded = "tag-added" => keys::repository::TAG_ADDED,
    /// A tag points again at what it pointed at.
    TagRestored = "tag-restored" => keys::shelf::RESTORED_NOTICE,
    /// A tag was deleted.
    TagDeleted = "tag-deleted" => keys::repository::TAG_DELETED,
    /// A label was made.
    LabelCreated = "label-created" => keys::labels::CREATED_NOTICE,
    /// A label was changed.
    LabelSaved = "label-saved" => keys::labels::SAVED,
    /// A label was deleted.
    LabelDeleted = "label-deleted" => keys::labels::DELETED,
    /// A label was put on an artifact.
    LabelPut = "label-put" => keys::labels::PUT,
    /// A label was taken off an artifact.
    LabelTaken = "label-taken" => keys::labels::TAKEN_OFF,
    /// A project has another limit.
    QuotaChanged = "quota-changed" => keys::admin_quotas::CHANGED,
    /// A registry, a rule of replication, a group, a scanner or a P2P network was added.
    OutsideCreated = "outside-created" => keys::outside::CREATED,
    /// It was changed.
    OutsideSaved = "outside-saved" => keys::outside::SAVED,
    /// It was deleted.
    OutsideDeleted = "outside-deleted" => keys::outside::DELETED,
    /// It was switched on.
    OutsideEnabled = "outside-enabled" => keys::outside::ENABLED_NOTICE,
    /// It was switched off.
    OutsideDisabled = "outside-disabled" => keys::outside::DISABLED_NOTICE,
    /// It is used where none is chosen.
    OutsideDefault = "outside-default" => keys::outside::DEFAULT_NOTICE,
    /// A list of overlooked vulnerabilities was changed.
    AllowlistSaved = "allowlist-saved" => keys::allowlist::SAVED,
    /// A project has another scanner.
    ScannerChosen = "scanner-chosen" => keys::scanners::CHOSEN,
    /// The retention rules of a project were changed.
    RetentionSaved = "retention-saved" => keys::retention::SAVED,
    /// The retention rules of a project were deleted.
    RetentionDeleted = "retention-deleted" => keys::retention::DELETED,
    /// An immutability rule was made or changed.
    ImmutableSaved = "immutable-saved" => keys::immutability::SAVED,
    /// An immutability rule was switched on.
    ImmutableEnabled = "immutable-enabled" => keys::immutability::ENABLED,
    /// An immutability rule was switched off.
    ImmutableDisabled = "immutable-disabled" => keys::immutability::DISABLED,
    /// An immutability rule was deleted.
    ImmutableDeleted = "immutable-deleted" => keys::immutability::DELETED,
    /// A webhook was made or changed.
    WebhookSaved = "webhook-saved" => keys::webhooks::SAVED,
    /// A webhook was switched on.
    WebhookEnabled = "webhook-enabled" => keys::webhooks::ENABLED,
    /// A webhook was switched off.
    WebhookDisabled = "webhook-disabled" => keys::webhooks::DISABLED,
    /// A webhook was deleted.
    WebhookDeleted = "webhook-deleted" => keys::webhooks::DELETED,
    /// A job was asked to stop.
    JobStopped = "job-stopped" => keys::jobs::notice::STOPPED,
    /// A queue rests.
    QueuePaused = "queue-paused" => keys::jobs::notice::PAUSED,
    /// A queue goes on.
    QueueResumed = "queue-resumed" => keys::jobs::notice::RESUMED,
    /// What waited in a queue was dropped.
    QueueEmptied = "queue-emptied" => keys::jobs::notice::EMPTIED,
    /// A run of a chore was asked for.
    RunStarted = "run-started" => keys::clean_up::STARTED,
    /// A chore has another schedule.
    ScheduleSaved = "schedule-saved" => keys::clean_up::SCHEDULE_SAVED,
    /// An artifact was deleted.
    ArtifactDeleted = "artifact-deleted" => keys::repository::ARTIFACT_DELETED,
}

impl Notice {
    /// The page `path`, which may have a query, with this notice about `name`.
    pub fn on(self, path: &str, name: &str) -> String {
        self.on_with_role(path, name, "")
    }

    /// The page `path` with this notice about `name` in the role of Harbor's name `role`.
    pub fn on_with_role(self, path: &str, name: &str, role: &str) -> String {
        let (path, search) = path.split_once('?').unwrap_or((path, ""));
        let given = |value: &'_ str| (!value.is_empty()).then(|| value.to_owned());
        let (name, role) = (given(name), given(role));
        let search =
            with_query(search, &[("notice", Some(self.code())), ("name", name.as_deref()), ("role", role.as_deref())]);
        format!("{path}{search}")
    }

    /// The notice with this code.
    pub fn from_code(code: &str) -> Option<Notice> {
        Notice::ALL.iter().copied().find(|notice| notice.code() == code)
    }

    /// What was done, in the language of the page. `name` fills whatever the message is about.
    pub fn text(self, catalog: &Catalog, name: &str, role: &str) -> String {
        let role = role_key(role).map_or("", |key| catalog.get(key));
        let about = ["name", "project", "tag", "digest"].map(|placeholder| (placeholder, name));
        let mut args = about.to_vec();
        args.push(("role", role));
        catalog.format(self.key(), &args)
    }
}

/// The message for a role's name of Harbor.
pub fn role_key(role: &str) -> Option<Key> {
    Some(match role {
        "projectAdmin" => keys::role::PROJECT_ADMIN,
        "maintainer" => keys::role::MAINTAINER,
        "developer" => keys::role::DEVELOPER,
        "guest" => keys::role::GUEST,
        "limitedGuest" => keys::role::LIMITED_GUEST,
        _ => return None,
    })
}

/// The notice in the address of the page, if there is one.
#[component]
pub fn NoticeCallout() -> impl IntoView {
    let query = use_query_map();
    let catalog = crate::i18n::use_catalog();
    let announcer = use_announcer();
    let text = Memo::new(move |_| {
        let query = query.read();
        let of = |name: &str| query.get_str(name).unwrap_or_default().to_owned();
        let notice = Notice::from_code(&of("notice"))?;
        Some(notice.text(&catalog, &of("name"), &of("role")))
    });
    Effect::new(move || {
        if let Some(text) = text.get() {
            announce(announcer, text);
            #[cfg(target_arch = "wasm32")]
            crate::query::forget_in_address(&PARAMETERS);
        }
    });
    move || text.get().map(|text| view! { <Callout tone=Tone::Ok title=text /> })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn codes_are_read_back_and_every_text_is_whole() {
        for notice in Notice::ALL {
            assert_eq!(Notice::from_code(notice.code()), Some(*notice));
            for locale in Locale::ALL {
                let text = notice.text(&Catalog::of(*locale), "mei", "developer");
                assert!(!text.is_empty() && !text.contains('{'), "{notice:?} {text}");
            }
        }
    }

    #[test]
    fn the_page_keeps_its_query() {
        assert_eq!(
            Notice::UserDeleted.on("/admin/users?page=2", "a b"),
            "/admin/users?page=2&notice=user-deleted&name=a%20b"
        );
        assert_eq!(Notice::SystemSaved.on("/admin/settings", ""), "/admin/settings?notice=system-saved");
    }
}
