//! Which container engine the visitor works with: chosen once, remembered by a cookie, followed by every command.

use crate::i18n::keys;
use crate::load::handed;
use crate::snippets::Client;
use crate::t;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The cookie that remembers the engine.
pub const COOKIE: &str = "berth_runtime";
/// The query parameter that changes it.
pub const QUERY: &str = "runtime";

/// A container engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Runtime {
    /// docker.
    #[default]
    Docker,
    /// podman.
    Podman,
    /// nerdctl.
    Nerdctl,
}

impl Runtime {
    /// All of them.
    pub const ALL: [Runtime; 3] = [Runtime::Docker, Runtime::Podman, Runtime::Nerdctl];

    /// The client behind it.
    pub const fn client(self) -> Client {
        match self {
            Runtime::Docker => Client::Docker,
            Runtime::Podman => Client::Podman,
            Runtime::Nerdctl => Client::Nerdctl,
        }
    }

    /// The value in cookie and query, which is also its name.
    pub const fn code(self) -> &'static str {
        self.client().code()
    }

    /// The engine of this code.
    pub fn from_code(code: &str) -> Option<Runtime> {
        Runtime::ALL.into_iter().find(|runtime| runtime.code() == code)
    }

    /// The engine that is this client, if it is one.
    pub fn of(client: Client) -> Option<Runtime> {
        Runtime::ALL.into_iter().find(|runtime| runtime.client() == client)
    }
}

/// The engine of the page.
#[derive(Clone, Copy)]
struct Current(RwSignal<Runtime>);

/// Hands the engine down. The server reads it from the request, the browser takes over what the server read.
pub(crate) fn provide_runtime() {
    let code = handed(|| asked().code().to_owned());
    provide_context(Current(RwSignal::new(Runtime::from_code(&code).unwrap_or_default())));
}

/// The engine of the page.
pub fn use_runtime() -> RwSignal<Runtime> {
    use_context::<Current>().map_or_else(|| RwSignal::new(Runtime::default()), |current| current.0)
}

/// What the request says, by query or by cookie; a choice by query is remembered.
#[cfg(feature = "ssr")]
fn asked() -> Runtime {
    let asked = crate::preference::asked(QUERY, COOKIE);
    let chosen = asked.query.as_deref().and_then(Runtime::from_code);
    if let Some(runtime) = chosen {
        crate::preference::remember(COOKIE, runtime.code());
    }
    chosen.or_else(|| asked.cookie.as_deref().and_then(Runtime::from_code)).unwrap_or_default()
}

#[cfg(not(feature = "ssr"))]
fn asked() -> Runtime {
    // Nothing was handed down by a server.
    Runtime::default()
}

/// Makes `runtime` the engine of this page and of later visits.
pub fn set_runtime(signal: RwSignal<Runtime>, runtime: Runtime) {
    signal.set(runtime);
    #[cfg(target_arch = "wasm32")]
    crate::preference::remember_here(COOKIE, runtime.code());
}

/// The choice of an engine: links that work without script, and change the commands in place with it.
#[component]
pub fn RuntimeChoice() -> impl IntoView {
    let current = use_runtime();
    let search = use_location().search.get_untracked();
    let links = Runtime::ALL.map(|runtime| {
        let href = crate::ui::with_query(&search, &[(QUERY, Some(runtime.code()))]);
        let choose = move |event: leptos::ev::MouseEvent| {
            event.prevent_default();
            set_runtime(current, runtime);
        };
        view! {
            <a
                href=href
                rel="external nofollow"
                aria-current=move || (current.get() == runtime).then_some("true")
                on:click=choose
            >
                {runtime.code()}
            </a>
        }
    });
    view! {
        <div class="segmented" role="group" aria-label=t!(keys::newcomer::CLIENT)>
            {links.into_iter().collect_view()}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for runtime in Runtime::ALL {
            assert_eq!(Runtime::from_code(runtime.code()), Some(runtime));
            assert_eq!(Runtime::of(runtime.client()), Some(runtime));
        }
        assert_eq!(Runtime::from_code("helm"), None);
        assert_eq!(Runtime::of(Client::Helm), None);
    }
}
