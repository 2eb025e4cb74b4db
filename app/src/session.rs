//! Who looks at the page, and what the server told of itself: loaded once a page, before it is drawn.

use crate::client::ApiError;
#[cfg(feature = "ssr")]
use crate::client::Client;
use crate::i18n::keys;
use crate::load::handed;
use crate::pages::ErrorView;
use crate::snippets::Registry;
use crate::t;
use berth_types::api::{GeneralInfo, UserResp};
use leptos::prelude::*;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_location;
use serde::{Deserialize, Serialize};

/// The visitor and the system.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Who is signed in; absent for anonymous visitors.
    pub user: Option<UserResp>,
    /// What the server tells of itself; absent before set-up.
    pub info: Option<GeneralInfo>,
    /// Host of the address by which the visitor came, with its port.
    pub host: String,
    /// Whether clients of the visitor reach the registry by TLS.
    #[serde(default)]
    pub https: bool,
    /// Why visitor or system are not known.
    pub failure: Option<ApiError>,
}

impl Session {
    /// Asks the API who the visitor is and what the system is. Never fails: a page without them says why.
    #[cfg(feature = "ssr")]
    pub async fn load(client: &Client, host: String) -> Session {
        let mut session = Session { host, ..Session::default() };
        match client.system_info().await {
            Ok(info) => session.info = Some(info),
            Err(error) => session.failure = Some(error),
        }
        match client.current_user().await {
            Ok(user) => session.user = user,
            Err(error) => session.failure = session.failure.or(Some(error)),
        }
        session
    }

    /// Whether the visitor is a system administrator.
    pub fn is_admin(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.sysadmin_flag || user.admin_role_in_auth)
    }

    /// Whether the visitor may create projects.
    pub fn can_create_projects(&self) -> bool {
        let restriction = self.info.as_ref().and_then(|info| info.project_creation_restriction.as_deref());
        self.is_admin() || (self.user.is_some() && restriction != Some("adminonly"))
    }

    /// Whether anybody may sign up.
    pub fn self_registration(&self) -> bool {
        self.info.as_ref().is_some_and(|info| info.self_registration && info.auth_mode == "db_auth")
    }

    /// What clients put before `<project>/<repository>`.
    pub fn registry(&self) -> &str {
        let told = self.info.as_ref().and_then(|info| info.registry_url.as_deref());
        told.filter(|told| !told.is_empty()).unwrap_or(&self.host)
    }

    /// The same with how it is talked to, for commands.
    pub fn server(&self) -> Registry {
        let url = self.info.as_ref().and_then(|info| info.external_url.as_deref());
        let https = url.map_or(self.https, |url| url.starts_with("https://"));
        Registry { host: self.registry().to_owned(), https }
    }

    /// The server's own version: what follows Harbor's in `v2.16.0-berth.0.1.0`.
    pub fn version(&self) -> Option<&str> {
        self.info.as_ref()?.harbor_version.as_deref()?.split_once("-berth.").map(|(_, ours)| ours)
    }
}

/// The session of the page.
#[derive(Clone, Copy)]
struct Current {
    session: RwSignal<Session>,
    has_ended: RwSignal<bool>,
}

/// Hands the session down. The server gives the one that the request loaded, the browser takes that over.
pub(crate) fn provide_session() {
    let session = handed(|| use_context::<Session>().unwrap_or_default());
    provide_context(Current { session: RwSignal::new(session), has_ended: RwSignal::new(false) });
}

/// Whether the session ended while its page stayed open: elsewhere, or by its time.
pub(crate) fn use_has_ended() -> RwSignal<bool> {
    use_context::<Current>().map_or_else(|| RwSignal::new(false), |current| current.has_ended)
}

/// The session of the page.
pub fn use_session() -> RwSignal<Session> {
    use_context::<Current>().map_or_else(|| RwSignal::new(Session::default()), |current| current.session)
}

/// Who may see a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Anybody who is signed in.
    SignedIn,
    /// System administrators.
    Admin,
}

/// Shows a page only to those who may see it: others are sent to sign in, or told that they may not.
#[component]
pub fn Guard(
    /// Who may see it.
    need: Need,
    /// The page.
    children: Children,
) -> impl IntoView {
    let session = use_session();
    let standing =
        session.with_untracked(|session| (session.user.is_some(), session.is_admin(), session.failure.clone()));
    match (need, standing) {
        (Need::SignedIn, (true, _, _)) | (Need::Admin, (true, true, _)) => children().into_any(),
        (Need::Admin, (true, false, _)) => view! {
            <crate::frame::Frame crumbs=Vec::new()>
                <ErrorView error=ApiError::forbidden() needs=t!(keys::error::forbidden::ADMIN) />
            </crate::frame::Frame>
        }
        .into_any(),
        (_, (false, _, Some(error))) => view! { <ErrorView error=error /> }.into_any(),
        (_, (false, _, None)) => view! { <Redirect path=sign_in_href() /> }.into_any(),
    }
}

/// The page to sign in, which leads back here.
pub fn sign_in_href() -> String {
    let location = use_location();
    let (path, search) = (location.pathname.get_untracked(), location.search.get_untracked());
    let search = search.trim_start_matches('?');
    let here = if search.is_empty() { path } else { format!("{path}?{search}") };
    berth_types::url::with_query("/sign-in", &[("next", if here == "/" { "" } else { &here })])
}

/// Where to go after signing in: `next` where it is a path of this site, else the front page.
pub fn safe_next(next: &str) -> &str {
    // A second slash, or what browsers take for one, would lead to another host.
    let local = next.starts_with('/') && !next[1..].starts_with(['/', '\\']);
    if local && next.bytes().all(|byte| byte.is_ascii_graphic()) { next } else { "/" }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Of an administrator, of another person, or of nobody.
    pub(crate) fn session(admin: Option<bool>) -> Session {
        let then = "2026-03-01T09:00:00Z";
        let user = |admin: bool| {
            serde_json::json!({
                "user_id": 3, "username": "mei", "sysadmin_flag": admin, "admin_role_in_auth": false,
                "creation_time": then, "update_time": then,
            })
        };
        let user = admin.map(|admin| serde_json::from_value(user(admin)).unwrap());
        Session { user, ..Session::default() }
    }

    #[test]
    fn only_paths_of_this_site_are_followed() {
        assert_eq!(safe_next("/projects/a?page=2"), "/projects/a?page=2");
        for bad in ["", "projects", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nx: y", "/é"] {
            assert_eq!(safe_next(bad), "/", "{bad}");
        }
    }

    #[test]
    fn the_registry_is_what_the_server_tells_or_how_the_visitor_came() {
        let mut session = Session { host: "localhost:5000".into(), ..Session::default() };
        assert_eq!(session.registry(), "localhost:5000");
        let info: GeneralInfo = serde_json::from_str(
            r#"{"auth_mode":"db_auth","registry_url":"r.example","harbor_version":"v2.16.0-berth.0.1.0"}"#,
        )
        .unwrap();
        session.info = Some(info);
        assert_eq!((session.registry(), session.version()), ("r.example", Some("0.1.0")));
        assert!(!session.self_registration() && !session.can_create_projects());
        assert!(!session.server().https);
        session.info = session.info.map(|info| GeneralInfo { external_url: Some("https://r.example".into()), ..info });
        assert_eq!(session.server(), Registry { host: "r.example".to_owned(), https: true });
    }
}
