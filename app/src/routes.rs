//! Which page an address names. `/-/` ends the name of a project or repository, since no name may hold it.

use crate::pages::{NotFound, account, setup, sign_in, sign_up};
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
            <Route path=path!("/account") view=account::Profile ssr=SsrMode::Async />
            <Route path=path!("/account/password") view=account::Password ssr=SsrMode::Async />
            <Route path=path!("/account/sessions") view=account::Sessions ssr=SsrMode::Async />
            <Route path=path!("/account/preferences") view=account::Preferences ssr=SsrMode::Async />
        </Routes>
    }
}

/// The front page is the list of projects.
#[component]
fn Home() -> impl IntoView {
    view! { <Redirect path="/projects" /> }
}
