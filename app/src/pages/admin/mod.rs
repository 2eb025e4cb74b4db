//! Administration: people, log, settings.

mod allowlist;
mod audit;
pub(crate) mod clean_up;
mod groups;
mod health;
pub(crate) mod jobs;
mod labels;
mod memberships;
pub(crate) mod outside;
mod preheat;
mod quotas;
mod registries;
mod replication;
mod robots;
mod scanners;
pub(crate) mod settings;
mod storage;
mod user;
mod user_forms;
mod users;
mod when;

pub use allowlist::SystemAllowlist;
pub(crate) use allowlist::{AllowlistFields, ListForm};
pub use audit::Audit;
pub use clean_up::CleanUp;
pub use groups::{DeleteGroup, EditGroup, Groups, NewGroup};
pub use health::SystemHealth;
pub use jobs::Jobs;
pub use labels::{DeleteSystemLabel, EditSystemLabel, NewSystemLabel, SystemLabels};
pub(crate) use outside::{
    Doing, Listing, ON_OFF, PostSwitchOutside, Target, Thing, filter, of_on_off, on_off, row_menu, ticked,
};
pub(crate) use preheat::name_field;
pub use preheat::{DeleteNetwork, EditNetwork, Networks, NewNetwork};
pub use quotas::{ChangeQuota, Quotas};
pub use registries::{DeleteRegistry, EditRegistry, NewRegistry, Registries};
pub use replication::{DeleteRule, EditRule, NewRule, Replication};
pub use robots::{DeleteSystemRobot, EditSystemRobot, NewSystemRobot, SystemRobotSecret, SystemRobots};
pub use scanners::{DeleteScanner, EditScanner, NewScanner, Scanners};
pub(crate) use scanners::{default_badge, finds};
pub use settings::Settings;
pub use storage::Storage;
pub use user::User;
pub use user_forms::{ChangeAdmin, DeleteUser, EditUser, EndSessions, NewUser, RemoveSecondFactor, UserPassword};
pub use users::Users;
pub(crate) use when::{When, when_fields};

use crate::frame::Frame;
use crate::i18n::keys;
use crate::session::{Guard, Need};
use crate::t;
use crate::ui::Crumb;
use leptos::prelude::*;
use leptos_meta::Title;

/// The frame of a page of the administration: for administrators only.
#[component]
pub(crate) fn AdminFrame(
    /// Its title in the window.
    title: String,
    /// Where it stands below "Administration".
    crumbs: Vec<Crumb>,
    children: Children,
) -> impl IntoView {
    let mut trail = vec![Crumb::link(t!(keys::nav::ADMINISTRATION), "/admin/users")];
    trail.extend(crumbs);
    view! {
        <Guard need=Need::Admin>
            <Title text=title />
            <Frame crumbs=trail>{children()}</Frame>
        </Guard>
    }
}
