//! The robots of the system.

use super::AdminFrame;
use crate::client::ApiError;
use crate::i18n::{Key, keys};
use crate::pages::ErrorView;
use crate::pages::robots::{self, Home, May};
use crate::t;
use crate::ui::Crumb;
use berth_types::RobotId;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page of the robots.
#[component]
pub fn SystemRobots() -> impl IntoView {
    let title = t!(keys::robots::TITLE);
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title)]>
            <robots::Robots home=Home::System project=None may=May::ALL />
        </AdminFrame>
    }
}

/// The page to make one.
#[component]
pub fn NewSystemRobot() -> impl IntoView {
    framed(keys::robots::NEW, || view! { <robots::NewRobot home=Home::System /> }.into_any())
}

/// The page to change one.
#[component]
pub fn EditSystemRobot() -> impl IntoView {
    about(keys::robots::menu::EDIT, |id| view! { <robots::EditRobot home=Home::System id=id /> }.into_any())
}

/// The page to give one another secret.
#[component]
pub fn SystemRobotSecret() -> impl IntoView {
    about(keys::robots::secret::SECRET, |id| view! { <robots::RobotSecret home=Home::System id=id /> }.into_any())
}

/// The page to delete one.
#[component]
pub fn DeleteSystemRobot() -> impl IntoView {
    about(keys::robots::DELETE_SUBMIT, |id| view! { <robots::DeleteRobot home=Home::System id=id /> }.into_any())
}

/// A page below the list.
fn framed(title: Key, draw: impl FnOnce() -> AnyView + Send + 'static) -> AnyView {
    let crumbs = vec![Crumb::link(t!(keys::robots::TITLE), Home::System.list()), Crumb::here(t!(title))];
    view! {
        <AdminFrame title=t!(title) crumbs=crumbs>
            {draw()}
        </AdminFrame>
    }
    .into_any()
}

/// A page about the robot that the address names.
fn about(title: Key, draw: impl Fn(RobotId) -> AnyView + Send + Sync + 'static) -> AnyView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get_str("id").and_then(|id| id.parse::<RobotId>().ok()));
    framed(title, move || {
        let page = move || match id.get() {
            Some(id) => draw(id),
            None => view! { <ErrorView error=ApiError::not_found() /> }.into_any(),
        };
        page.into_any()
    })
}
