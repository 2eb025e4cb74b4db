//! Which page an address names. `/-/` ends the name of a project or repository, since no name may hold it.

use crate::apart::{Page, pages, pages_apart};
use crate::pages::{NotFound, account, admin, bulk, project, projects, search, setup, sign_in, sign_in_code, sign_up};
use leptos::prelude::*;
use leptos_router::components::{Redirect, Route, Routes};
use leptos_router::{SsrMode, path};

/// All pages. They are rendered whole (`Async`): what is read without script must be there.
#[component]
pub fn Portal() -> impl IntoView {
    view! {
        <Routes fallback=NotFound>
            <Route path=path!("/") view=home() ssr=SsrMode::Async />
            <Route path=path!("/setup") view=setup() ssr=SsrMode::Async />
            <Route path=path!("/sign-in") view=sign_in() ssr=SsrMode::Async />
            <Route path=path!("/sign-in/code") view=sign_in_code() ssr=SsrMode::Async />
            <Route path=path!("/sign-up") view=sign_up() ssr=SsrMode::Async />
            <Route path=path!("/projects") view=projects() ssr=SsrMode::Async />
            <Route path=path!("/projects/-/new") view=new_project() ssr=SsrMode::Async />
            <Route path=path!("/projects/-/bulk") view=projects_bulk() ssr=SsrMode::Async />
            <Route path=path!("/projects/:project/*rest") view=project_pages() ssr=SsrMode::Async />
            <Route path=path!("/search") view=search_results() ssr=SsrMode::Async />
            <Route path=path!("/account") view=account_profile() ssr=SsrMode::Async />
            <Route path=path!("/account/password") view=account_password() ssr=SsrMode::Async />
            <Route path=path!("/account/second-factor") view=account_second_factor() ssr=SsrMode::Async />
            <Route path=path!("/account/second-factor/new") view=account_new_second_factor() ssr=SsrMode::Async />
            <Route path=path!("/account/second-factor/confirm") view=account_confirm_second_factor() ssr=SsrMode::Async />
            <Route path=path!("/account/second-factor/new-codes") view=account_renew_recovery_codes() ssr=SsrMode::Async />
            <Route path=path!("/account/second-factor/codes") view=account_recovery_codes() ssr=SsrMode::Async />
            <Route path=path!("/account/tokens") view=account_tokens() ssr=SsrMode::Async />
            <Route path=path!("/account/tokens/new") view=account_new_token() ssr=SsrMode::Async />
            <Route path=path!("/account/tokens/:id") view=account_token_secret() ssr=SsrMode::Async />
            <Route path=path!("/account/tokens/:id/revoke") view=account_revoke_token() ssr=SsrMode::Async />
            <Route path=path!("/account/sessions") view=account_sessions() ssr=SsrMode::Async />
            <Route path=path!("/account/preferences") view=account_preferences() ssr=SsrMode::Async />
            <Route path=path!("/admin") view=administration() ssr=SsrMode::Async />
            <Route path=path!("/admin/users") view=admin_users() ssr=SsrMode::Async />
            <Route path=path!("/admin/bulk") view=system_bulk() ssr=SsrMode::Async />
            <Route path=path!("/admin/users/new") view=admin_new_user() ssr=SsrMode::Async />
            <Route path=path!("/admin/users/:id") view=admin_user() ssr=SsrMode::Async />
            <Route path=path!("/admin/users/:id/edit") view=admin_edit_user() ssr=SsrMode::Async />
            <Route path=path!("/admin/users/:id/sessions") view=admin_end_sessions() ssr=SsrMode::Async />
            <Route path=path!("/admin/users/:id/password") view=admin_user_password() ssr=SsrMode::Async />
            <Route path=path!("/admin/users/:id/administrator") view=admin_change_admin() ssr=SsrMode::Async />
            <Route path=path!("/admin/users/:id/second-factor") view=admin_remove_second_factor() ssr=SsrMode::Async />
            <Route path=path!("/admin/users/:id/delete") view=admin_delete_user() ssr=SsrMode::Async />
            <Route path=path!("/admin/quotas") view=admin_quotas() ssr=SsrMode::Async />
            <Route path=path!("/admin/quotas/:id") view=admin_change_quota() ssr=SsrMode::Async />
            <Route path=path!("/admin/storage") view=admin_storage() ssr=SsrMode::Async />
            <Route path=path!("/admin/labels") view=admin_system_labels() ssr=SsrMode::Async />
            <Route path=path!("/admin/labels/new") view=admin_new_system_label() ssr=SsrMode::Async />
            <Route path=path!("/admin/labels/:id/edit") view=admin_edit_system_label() ssr=SsrMode::Async />
            <Route path=path!("/admin/labels/:id/delete") view=admin_delete_system_label() ssr=SsrMode::Async />
            <Route path=path!("/admin/robots") view=admin_system_robots() ssr=SsrMode::Async />
            <Route path=path!("/admin/robots/new") view=admin_new_system_robot() ssr=SsrMode::Async />
            <Route path=path!("/admin/robots/:id") view=admin_edit_system_robot() ssr=SsrMode::Async />
            <Route path=path!("/admin/robots/:id/secret") view=admin_system_robot_secret() ssr=SsrMode::Async />
            <Route path=path!("/admin/robots/:id/delete") view=admin_delete_system_robot() ssr=SsrMode::Async />
            <Route path=path!("/admin/registries") view=admin_registries() ssr=SsrMode::Async />
            <Route path=path!("/admin/registries/new") view=admin_new_registry() ssr=SsrMode::Async />
            <Route path=path!("/admin/registries/:id") view=admin_edit_registry() ssr=SsrMode::Async />
            <Route path=path!("/admin/registries/:id/delete") view=admin_delete_registry() ssr=SsrMode::Async />
            <Route path=path!("/admin/replication") view=admin_replication() ssr=SsrMode::Async />
            <Route path=path!("/admin/replication/new") view=admin_new_rule() ssr=SsrMode::Async />
            <Route path=path!("/admin/replication/:id") view=admin_edit_rule() ssr=SsrMode::Async />
            <Route path=path!("/admin/replication/:id/delete") view=admin_delete_rule() ssr=SsrMode::Async />
            <Route path=path!("/admin/groups") view=admin_groups() ssr=SsrMode::Async />
            <Route path=path!("/admin/groups/new") view=admin_new_group() ssr=SsrMode::Async />
            <Route path=path!("/admin/groups/:id") view=admin_edit_group() ssr=SsrMode::Async />
            <Route path=path!("/admin/groups/:id/delete") view=admin_delete_group() ssr=SsrMode::Async />
            <Route path=path!("/admin/scanners") view=admin_scanners() ssr=SsrMode::Async />
            <Route path=path!("/admin/scanners/new") view=admin_new_scanner() ssr=SsrMode::Async />
            <Route path=path!("/admin/scanners/:id") view=admin_edit_scanner() ssr=SsrMode::Async />
            <Route path=path!("/admin/scanners/:id/delete") view=admin_delete_scanner() ssr=SsrMode::Async />
            <Route path=path!("/admin/preheat") view=admin_networks() ssr=SsrMode::Async />
            <Route path=path!("/admin/preheat/new") view=admin_new_network() ssr=SsrMode::Async />
            <Route path=path!("/admin/preheat/networks/:name") view=admin_edit_network() ssr=SsrMode::Async />
            <Route path=path!("/admin/preheat/networks/:name/delete") view=admin_delete_network() ssr=SsrMode::Async />
            <Route path=path!("/admin/allowlist") view=admin_system_allowlist() ssr=SsrMode::Async />
            <Route path=path!("/admin/audit") view=admin_audit() ssr=SsrMode::Async />
            <Route path=path!("/admin/jobs") view=admin_jobs() ssr=SsrMode::Async />
            <Route path=path!("/admin/clean-up") view=admin_clean_up() ssr=SsrMode::Async />
            <Route path=path!("/admin/health") view=admin_system_health() ssr=SsrMode::Async />
            <Route path=path!("/admin/settings") view=admin_settings() ssr=SsrMode::Async />
        </Routes>
    }
}

/// The front page is the list of projects.
#[component]
fn Home() -> impl IntoView {
    view! { <Redirect path="/projects" /> }
}

/// The front page of the administration is its first one.
#[component]
fn Administration() -> impl IntoView {
    view! { <Redirect path="/admin/users" /> }
}

fn project_pages() -> Page {
    Page {
        draw: || Box::pin(async { view! { <project::ProjectPages /> }.into_any() }),
        load: || Box::pin(project::load_part()),
    }
}

pages!(
    home => Home,
    administration => Administration,
);

pages_apart!(
    front:
    projects => projects::Projects,
    new_project => projects::NewProject,
    projects_bulk => bulk::ProjectsBulk,
    setup => setup::Setup,
    sign_in => sign_in::SignIn,
    sign_in_code => sign_in_code::SignInCode,
    sign_up => sign_up::SignUp,
    search_results => search::SearchResults,
);

pages_apart!(
    account:
    account_profile => account::Profile,
    account_password => account::Password,
    account_second_factor => account::SecondFactor,
    account_new_second_factor => account::NewSecondFactor,
    account_confirm_second_factor => account::ConfirmSecondFactor,
    account_recovery_codes => account::RecoveryCodes,
    account_renew_recovery_codes => account::RenewRecoveryCodes,
    account_tokens => account::Tokens,
    account_new_token => account::NewToken,
    account_token_secret => account::TokenSecret,
    account_revoke_token => account::RevokeToken,
    account_sessions => account::Sessions,
    account_preferences => account::Preferences,
);

pages_apart!(
    admin:
    admin_users => admin::Users,
    system_bulk => bulk::SystemBulk,
    admin_new_user => admin::NewUser,
    admin_user => admin::User,
    admin_edit_user => admin::EditUser,
    admin_end_sessions => admin::EndSessions,
    admin_user_password => admin::UserPassword,
    admin_delete_user => admin::DeleteUser,
    admin_change_admin => admin::ChangeAdmin,
    admin_remove_second_factor => admin::RemoveSecondFactor,
    admin_quotas => admin::Quotas,
    admin_change_quota => admin::ChangeQuota,
    admin_storage => admin::Storage,
    admin_system_labels => admin::SystemLabels,
    admin_new_system_label => admin::NewSystemLabel,
    admin_edit_system_label => admin::EditSystemLabel,
    admin_delete_system_label => admin::DeleteSystemLabel,
    admin_system_robots => admin::SystemRobots,
    admin_new_system_robot => admin::NewSystemRobot,
    admin_edit_system_robot => admin::EditSystemRobot,
    admin_system_robot_secret => admin::SystemRobotSecret,
    admin_delete_system_robot => admin::DeleteSystemRobot,
    admin_registries => admin::Registries,
    admin_new_registry => admin::NewRegistry,
    admin_edit_registry => admin::EditRegistry,
    admin_delete_registry => admin::DeleteRegistry,
    admin_replication => admin::Replication,
    admin_new_rule => admin::NewRule,
    admin_edit_rule => admin::EditRule,
    admin_delete_rule => admin::DeleteRule,
    admin_groups => admin::Groups,
    admin_new_group => admin::NewGroup,
    admin_edit_group => admin::EditGroup,
    admin_delete_group => admin::DeleteGroup,
    admin_scanners => admin::Scanners,
    admin_new_scanner => admin::NewScanner,
    admin_edit_scanner => admin::EditScanner,
    admin_delete_scanner => admin::DeleteScanner,
    admin_networks => admin::Networks,
    admin_new_network => admin::NewNetwork,
    admin_edit_network => admin::EditNetwork,
    admin_delete_network => admin::DeleteNetwork,
    admin_system_allowlist => admin::SystemAllowlist,
    admin_audit => admin::Audit,
    admin_jobs => admin::Jobs,
    admin_clean_up => admin::CleanUp,
    admin_system_health => admin::SystemHealth,
    admin_settings => admin::Settings,
);
