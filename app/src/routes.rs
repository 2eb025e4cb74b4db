//! Which page an address names. `/-/` ends the name of a project or repository, since no name may hold it.

use crate::pages::{NotFound, account, admin, project, projects, setup, sign_in, sign_up};
use leptos::prelude::*;
use leptos_router::components::{Redirect, Route, Routes};
use leptos_router::{SsrMode, path};

/// All pages. They are rendered whole (`Async`): what is read without script must be there.
#[component]
pub fn Portal() -> impl IntoView {
    view! {
        <Routes fallback=NotFound>
            <Route path=path!("/") view=Home ssr=SsrMode::Async />
            <Route path=path!("/setup") view=setup::Setup ssr=SsrMode::Async />
            <Route path=path!("/sign-in") view=sign_in::SignIn ssr=SsrMode::Async />
            <Route path=path!("/sign-up") view=sign_up::SignUp ssr=SsrMode::Async />
            <Route path=path!("/projects") view=projects::Projects ssr=SsrMode::Async />
            <Route path=path!("/projects/-/new") view=projects::NewProject ssr=SsrMode::Async />
            <Route path=path!("/projects/:project/*rest") view=project::ProjectPages ssr=SsrMode::Async />
            <Route path=path!("/account") view=account::Profile ssr=SsrMode::Async />
            <Route path=path!("/account/password") view=account::Password ssr=SsrMode::Async />
            <Route path=path!("/account/sessions") view=account::Sessions ssr=SsrMode::Async />
            <Route path=path!("/account/preferences") view=account::Preferences ssr=SsrMode::Async />
            <Route path=path!("/admin/users") view=admin::Users ssr=SsrMode::Async />
            <Route path=path!("/admin/users/new") view=admin::NewUser ssr=SsrMode::Async />
            <Route path=path!("/admin/users/:id/password") view=admin::UserPassword ssr=SsrMode::Async />
            <Route path=path!("/admin/users/:id/delete") view=admin::DeleteUser ssr=SsrMode::Async />
            <Route path=path!("/admin/quotas") view=admin::Quotas ssr=SsrMode::Async />
            <Route path=path!("/admin/quotas/:id") view=admin::ChangeQuota ssr=SsrMode::Async />
            <Route path=path!("/admin/labels") view=admin::SystemLabels ssr=SsrMode::Async />
            <Route path=path!("/admin/labels/new") view=admin::NewSystemLabel ssr=SsrMode::Async />
            <Route path=path!("/admin/labels/:id/edit") view=admin::EditSystemLabel ssr=SsrMode::Async />
            <Route path=path!("/admin/labels/:id/delete") view=admin::DeleteSystemLabel ssr=SsrMode::Async />
            <Route path=path!("/admin/robots") view=admin::SystemRobots ssr=SsrMode::Async />
            <Route path=path!("/admin/robots/new") view=admin::NewSystemRobot ssr=SsrMode::Async />
            <Route path=path!("/admin/robots/:id") view=admin::EditSystemRobot ssr=SsrMode::Async />
            <Route path=path!("/admin/robots/:id/secret") view=admin::SystemRobotSecret ssr=SsrMode::Async />
            <Route path=path!("/admin/robots/:id/delete") view=admin::DeleteSystemRobot ssr=SsrMode::Async />
            <Route path=path!("/admin/audit") view=admin::Audit ssr=SsrMode::Async />
            <Route path=path!("/admin/settings") view=admin::Settings ssr=SsrMode::Async />
        </Routes>
    }
}

/// The front page is the list of projects.
#[component]
fn Home() -> impl IntoView {
    view! { <Redirect path="/projects" /> }
}
