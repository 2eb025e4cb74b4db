//! The calls that a page made, for whoever wants to make them without it: method and path, never a body and never a secret.
//!
//! In the server they are collected while the page is drawn and stand at its end. In the browser every navigation begins a new
//! list, and what is called joins it.

use super::Method;

/// Calls that are shown of one page.
const SHOWN_MAX: usize = 40;

/// A call as a command.
pub(crate) fn command(origin: &str, user: Option<&str>, method: Method, path: &str) -> String {
    let user = user.map_or(String::new(), |user| format!("-u {} ", crate::snippets::shell_word(user)));
    let verb = match method {
        Method::Get => String::new(),
        Method::Head => "-I ".to_owned(),
        Method::Post | Method::Put | Method::Patch | Method::Delete => format!("-X {} ", method.as_str()),
    };
    // Paths are encoded: no quote and no blank is left in them.
    format!("curl {user}{verb}'{origin}{path}'")
}

#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
pub(crate) use browser::{begin, follow, note};
#[cfg(feature = "ssr")]
pub(crate) use server::Calls;

#[cfg(feature = "ssr")]
mod server {
    use super::{Method, SHOWN_MAX};
    use std::sync::{Arc, Mutex, PoisonError};

    /// The calls of the page being drawn.
    #[derive(Clone, Default)]
    pub(crate) struct Calls(Arc<Mutex<Vec<(Method, String)>>>);

    impl Calls {
        pub(crate) fn note(&self, method: Method, path: &str) {
            let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if calls.len() < SHOWN_MAX && calls.iter().all(|(_, known)| known != path) {
                calls.push((method, path.to_owned()));
            }
        }

        pub(crate) fn all(&self) -> Vec<(Method, String)> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
        }
    }
}

#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
mod browser {
    use super::{Method, SHOWN_MAX, command};
    use crate::frame::curl;
    use leptos::prelude::*;
    use std::cell::RefCell;

    thread_local! {
        static USER: RefCell<Option<String>> = const { RefCell::new(None) };
    }

    /// Remembers who asks, for the commands.
    pub(crate) fn follow(user: Option<String>) {
        USER.with_borrow_mut(|known| *known = user);
    }

    /// Begins a new list.
    pub(crate) fn begin() {
        if let Some(list) = document().get_element_by_id(curl::LIST) {
            list.set_text_content(None);
        }
    }

    /// Adds a call to the list.
    pub(crate) fn note(method: Method, path: &str) {
        let location = window().location();
        // The palette asks with every pause of whoever types.
        let of_palette =
            path.starts_with("/api/berth/v1/search?") && location.pathname().is_ok_and(|at| at != "/search");
        let Some(list) = document().get_element_by_id(curl::LIST).filter(|_| !of_palette) else { return };
        let origin = location.origin().unwrap_or_default();
        let line = USER.with_borrow(|user| command(&origin, user.as_deref(), method, path));
        let text = list.text_content().filter(|text| !text.starts_with('#')).unwrap_or_default();
        if text.lines().count() < SHOWN_MAX && text.lines().all(|known| known != line) {
            list.set_text_content(Some(&if text.is_empty() { line } else { format!("{text}\n{line}") }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_a_command() {
        let of = |user, method| command("https://r.example", user, method, "/api/v2.0/projects?q=name%3D~a");
        assert_eq!(of(Some("mei"), Method::Get), "curl -u mei 'https://r.example/api/v2.0/projects?q=name%3D~a'");
        assert_eq!(of(None, Method::Delete), "curl -X DELETE 'https://r.example/api/v2.0/projects?q=name%3D~a'");
        assert!(of(Some("a b"), Method::Head).starts_with("curl -u 'a b' -I '"));
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn calls_are_noted_once_and_not_without_end() {
        let calls = Calls::default();
        for number in 0..100 {
            calls.note(Method::Get, &format!("/x/{}", number / 2));
        }
        assert_eq!(calls.all().len(), SHOWN_MAX);
        assert_eq!(calls.all()[1].1, "/x/1");
    }
}
