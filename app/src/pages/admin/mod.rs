//! Administration: people, log, settings.

mod audit;
mod labels;
mod quotas;
mod robots;
mod settings;
mod user_forms;
mod users;

pub use audit::Audit;
pub use labels::{DeleteSystemLabel, EditSystemLabel, NewSystemLabel, SystemLabels};
pub use quotas::{ChangeQuota, Quotas};
pub use robots::{DeleteSystemRobot, EditSystemRobot, NewSystemRobot, SystemRobotSecret, SystemRobots};
pub use settings::Settings;
pub use user_forms::{DeleteUser, NewUser, UserPassword};
pub use users::Users;

use crate::frame::Frame;
use crate::i18n::keys;
use crate::session::{Guard, Need};
use crate::t;
use crate::ui::Crumb;
use leptos::prelude::*;
use leptos_meta::Title;

/// The frame of a page of the administration: for administrators only.
#[component]
fn AdminFrame(
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
