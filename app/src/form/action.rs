//! A form that posts to a server function.
//!
//! What leptos has for this is compiled again for every server function. Here the browser sends the fields as they are and reads
//! the answer, so a form costs its fields and nothing else.

use super::FormError;
use crate::client::json;
use leptos::prelude::*;
use leptos::server::ServerActionError;
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;
use leptos_router::hooks::use_location;
use serde::de::DeserializeOwned;

/// Where a form posts, and what came back.
#[derive(Clone, Copy)]
pub struct FormAction {
    url: &'static str,
    /// What came back last: the output as JSON, or why the form was not taken.
    answer: RwSignal<Option<Result<String, FormError>>>,
    /// How often it was answered.
    version: RwSignal<usize>,
    /// The fields that are on their way.
    posted: RwSignal<Option<String>>,
    /// The answer is in the address, because the form was posted without script.
    in_address: bool,
}

impl FormAction {
    /// The action that posts to a server function.
    pub fn of<S>() -> Self
    where
        S: ServerFn<Error = FormError>,
    {
        Self::at(S::url())
    }

    fn at(url: &'static str) -> Self {
        let told = use_context::<ServerActionError>().filter(|told| told.path() == url);
        let answer = told.map(|told| Err(ServerFnUrlError::<FormError>::decode_err(told.err())));
        // The router keeps the answer of the first address; on later pages it is not theirs.
        let in_address = use_location().search.with_untracked(|search| search.contains("__err="));
        Self { url, answer: RwSignal::new(answer), version: RwSignal::new(0), posted: RwSignal::new(None), in_address }
    }

    /// How often the form was answered since the page was opened.
    pub fn version(self) -> ReadSignal<usize> {
        self.version.read_only()
    }

    /// Whether an answer is awaited.
    pub fn pending(self) -> Signal<bool> {
        Signal::derive(move || self.posted.with(Option::is_some))
    }

    /// Whether the last answer was that all is well.
    pub fn is_done(self) -> bool {
        self.version.get() > 0 && self.answer.with(|answer| matches!(answer, Some(Ok(_))))
    }

    /// Why the form was not taken, when it was posted last.
    pub fn error(self) -> Signal<Option<FormError>> {
        Signal::derive(move || {
            let posted_here = self.version.get() > 0;
            self.answer.get().filter(|_| self.in_address || posted_here).and_then(Result::err)
        })
    }

    /// What the server function gave.
    pub fn output<T: DeserializeOwned + Send + Sync + 'static>(self) -> Signal<Option<T>> {
        Signal::derive(move || {
            self.answer.with(|answer| {
                let json = answer.as_ref()?.as_ref().ok()?;
                json::read(json).ok()
            })
        })
    }
}

/// A form after which another session holds, or the same with another name. With script its faults come to the page, so that
/// what was typed stays, passwords too; what follows is a new document, because the session belongs to the document.
#[component]
pub fn EntryForm(
    /// Where it posts.
    action: FormAction,
    /// Its fields.
    children: Children,
) -> impl IntoView {
    let children = children();
    #[cfg(target_arch = "wasm32")]
    let submit = move |event| browser::submit(action, browser::Next::Document, &event);
    #[cfg(not(target_arch = "wasm32"))]
    let submit = |_: leptos::ev::SubmitEvent| {};
    view! {
        // Checked by the server, so that the faults are told in the page's language and all at once.
        <form class="form" action=action.url method="post" novalidate=true on:submit=submit>
            {children}
        </form>
    }
}

/// A form. With script the answer comes to the page; without, the browser is sent back to it with the answer in its address.
#[component]
pub fn PostForm(
    /// Where it posts.
    action: FormAction,
    /// Whether what follows is a new document: for what the frame of all pages shows as well.
    #[prop(optional)]
    anew: bool,
    /// Its fields.
    children: Children,
) -> impl IntoView {
    let children = children();
    #[cfg(target_arch = "wasm32")]
    let next = if anew { browser::Next::Document } else { browser::Next::Page };
    #[cfg(target_arch = "wasm32")]
    let submit = move |event| browser::submit(action, next, &event);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = anew;
    #[cfg(not(target_arch = "wasm32"))]
    let submit = |_: leptos::ev::SubmitEvent| {};
    view! {
        <form action=action.url method="post" on:submit=submit>
            {children}
        </form>
    }
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use super::{FormAction, FormError};
    use leptos::ev::SubmitEvent;
    use leptos::form::form_data_from_event;
    use leptos::prelude::*;
    use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
    use leptos::server_fn::redirect::{REDIRECT_HEADER, call_redirect_hook};
    use leptos::task::spawn_local;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Headers, RequestInit, Response, UrlSearchParams};

    /// How the page that follows is reached.
    #[derive(Clone, Copy)]
    pub(super) enum Next {
        /// By the router, within this document.
        Page,
        /// As a new document.
        Document,
    }

    pub(super) fn submit(action: FormAction, next: Next, event: &SubmitEvent) {
        if event.default_prevented() {
            return;
        }
        // Where the fields cannot be read the browser posts them itself.
        let Ok(fields) = form_data_from_event(event) else { return };
        let Ok(body) = UrlSearchParams::new_with_str_sequence_sequence(&fields) else { return };
        event.prevent_default();
        // A second click while the same is on its way is none. Forms in rows share an action, so other fields are another's.
        let fields = String::from(body.to_string());
        if action.posted.with_untracked(|posted| posted.as_ref() == Some(&fields)) {
            return;
        }
        action.posted.set(Some(fields));
        spawn_local(async move {
            let answered = post(action.url, next, &body).await.unwrap_or_else(|cause| {
                let text = cause.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
                Err(FormError::from_server_fn_error(ServerFnErrorErr::Request(text.unwrap_or_default())))
            });
            // The page may be gone by now.
            action.posted.try_set(None);
            action.answer.try_set(Some(answered));
            action.version.try_update(|version| *version += 1);
        });
    }

    async fn post(url: &str, next: Next, body: &UrlSearchParams) -> Result<Result<String, FormError>, JsValue> {
        let headers = Headers::new()?;
        headers.set("accept", "application/json")?;
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_headers(&headers);
        init.set_body(body);
        let window = web_sys::window().ok_or(JsValue::NULL)?;
        let response: Response = JsFuture::from(window.fetch_with_str_and_init(url, &init)).await?.dyn_into()?;
        let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
        if response.status() >= 400 {
            return Ok(Err(FormError::de(text.into())));
        }
        if response.headers().has(REDIRECT_HEADER)? {
            let location = response.headers().get("location")?.unwrap_or_default();
            match next {
                Next::Page => call_redirect_hook(&location),
                Next::Document => window.location().assign(&location)?,
            }
        }
        Ok(Ok(text))
    }
}
