//! What the visitor may do in a project, read from the policy table that the server enforces.

use crate::frame::ProjectNav;
use crate::i18n::{Key, keys};
use crate::notice::role_key;
use crate::session::Session;
use berth_types::api::Project;
use berth_types::policy::{Action, Resource, Role, Standing, project_allows};

/// What the visitor may do in a project. The API decides; this only hides what it would refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// The visitor's strongest role in the project.
    pub role: Option<Role>,
    /// Whether the visitor is a system administrator.
    pub admin: bool,
}

impl Rights {
    /// The rights of the visitor in a project as the API shows it.
    pub fn of(project: &Project, session: &Session) -> Self {
        Rights { role: project.current_user_role_id.and_then(Role::from_id), admin: session.is_admin() }
    }

    /// Whether the visitor may do this.
    pub fn may(self, resource: Resource, action: Action) -> bool {
        let standing = self.role.map_or(Standing::Public, Standing::Member);
        self.admin || project_allows(standing, resource, action)
    }

    /// Whether the visitor may push.
    pub fn may_push(self) -> bool {
        self.may(Resource::Repository, Action::Push)
    }

    /// Whether the visitor may copy from here; whether to there, the other project says.
    pub fn may_copy(self) -> bool {
        self.admin || self.role.is_some()
    }

    /// The message that names the visitor's role.
    pub fn role_key(self) -> Key {
        match self.role {
            Some(role) => role_key(role.as_str()).unwrap_or(keys::role::NONE),
            None if self.admin => keys::role::SYSTEM_ADMIN,
            None => keys::role::NONE,
        }
    }

    /// The pages of the project that the visitor sees.
    pub fn nav(self, project: &str) -> ProjectNav {
        ProjectNav {
            name: project.to_owned(),
            members: self.may(Resource::Member, Action::List),
            robots: self.may(Resource::Robot, Action::List),
            labels: self.may(Resource::Label, Action::List),
            retention: self.may(Resource::TagRetention, Action::Read),
            immutability: self.may(Resource::ImmutableTag, Action::List),
            webhooks: self.may(Resource::NotificationPolicy, Action::List),
            // Who only looks finds it from the settings; the side bar stays short.
            scanner: self.may(Resource::Scanner, Action::Create),
            preheat: self.may(Resource::PreheatPolicy, Action::List),
            log: self.may(Resource::Log, Action::List),
            storage: self.may(Resource::Quota, Action::Read),
            settings: self.may(Resource::Project, Action::Update),
        }
    }
}

/// Whether anybody may pull from the project.
pub fn is_public(project: &Project) -> bool {
    project.metadata.get("public").is_some_and(|public| public == "true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_the_role() {
        let pages = |role, admin| {
            let nav = Rights { role, admin }.nav("p");
            (nav.members, nav.log, nav.settings)
        };
        assert_eq!(pages(Some(Role::ProjectAdmin), false), (true, true, true));
        assert_eq!(pages(Some(Role::Developer), false), (true, false, false));
        assert_eq!(pages(Some(Role::LimitedGuest), false), (false, false, false));
        assert_eq!(pages(None, false), (false, false, false));
        assert_eq!(pages(None, true), (true, true, true));
    }

    #[test]
    fn guests_do_not_push() {
        assert!(Rights { role: Some(Role::Developer), admin: false }.may_push());
        assert!(!Rights { role: Some(Role::Guest), admin: false }.may_push());
        assert_eq!(Rights { role: None, admin: true }.role_key(), keys::role::SYSTEM_ADMIN);
    }
}
