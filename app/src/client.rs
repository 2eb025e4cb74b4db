//! The typed client of the REST API, the only way by which pages read and write.
//!
//! It has two transports: in the server a call goes through the router in process, with the visitor's own identity; in the
//! browser it is a `fetch`. A page cannot tell them apart.

mod answer;
mod bulk;
pub(crate) mod calls;
pub mod content;
mod error;
#[cfg(target_arch = "wasm32")]
mod fetch;
mod groups;
mod jobs;
pub(crate) mod json;
mod labels;
mod own;
mod people;
mod preheat;
mod projects;
mod quotas;
mod registries;
mod replication;
mod repositories;
mod robots;
mod rules;
mod scanners;
mod second_factor;
mod system;
#[cfg(feature = "ssr")]
mod transport;
mod usage;
mod webhooks;

pub use answer::{Answer, Method};
pub use error::{ApiError, ApiResult};
pub use jobs::{Chore, job_log, support_bundle};
#[cfg(feature = "ssr")]
pub use transport::{Transport, TransportError};

use berth_types::page::Paged;
use berth_types::url::with_query;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The media type of every body that is not a form.
const JSON: &str = "application/json";
/// The media type of a posted form.
const FORM: &str = "application/x-www-form-urlencoded";

/// A client with the identity of the visitor. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    #[cfg(feature = "ssr")]
    transport: Option<std::sync::Arc<dyn Transport>>,
    /// Where cookies that the API sets go: to the visitor.
    #[cfg(feature = "ssr")]
    response: Option<leptos_axum::ResponseOptions>,
    /// What the page shows of its calls.
    #[cfg(feature = "ssr")]
    calls: Option<calls::Calls>,
}

/// The client of the page or server function being run. Take it before the first `await`.
pub fn use_client() -> Client {
    Client {
        #[cfg(feature = "ssr")]
        transport: leptos::prelude::use_context(),
        #[cfg(feature = "ssr")]
        response: leptos::prelude::use_context(),
        #[cfg(feature = "ssr")]
        calls: leptos::prelude::use_context(),
    }
}

#[cfg(feature = "ssr")]
impl Client {
    /// A client that is used before anything is rendered, over the transport of a request.
    pub fn over(transport: std::sync::Arc<dyn Transport>) -> Self {
        Client { transport: Some(transport), response: None, calls: None }
    }
}

/// Search, order and page of a list, as Harbor's parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListParams {
    /// Harbor's filter grammar: `name=~web,public=true`.
    pub q: String,
    /// `name`, or `-name` for descending; empty is the list's own order.
    pub sort: String,
    /// From 1; 0 leaves it to the server.
    pub page: u64,
    /// Rows a page, 1 to 100; 0 leaves it to the server.
    pub page_size: u64,
}

impl ListParams {
    /// `path` with these parameters and `more` as its query.
    fn on(&self, path: &str, more: &[(&str, &str)]) -> String {
        let number = |n: u64| if n == 0 { String::new() } else { n.to_string() };
        let (page, page_size) = (number(self.page), number(self.page_size));
        let mut pairs = vec![("q", self.q.as_str()), ("sort", &self.sort), ("page", &page), ("page_size", &page_size)];
        pairs.extend_from_slice(more);
        with_query(path, &pairs)
    }
}

/// A request before a transport takes it.
#[derive(Debug)]
pub(crate) struct Call {
    method: Method,
    /// Path and query.
    path: String,
    /// Media type and bytes.
    body: Option<(&'static str, Vec<u8>)>,
}

impl Client {
    async fn get<T: DeserializeOwned>(&self, path: String) -> ApiResult<T> {
        self.call(Method::Get, path, None).await?.json()
    }

    async fn list<T: DeserializeOwned>(&self, path: String) -> ApiResult<Paged<T>> {
        let answer = self.call(Method::Get, path, None).await?;
        let total = answer.total;
        // Harbor answers `null` for some empty lists.
        let items: Vec<T> = answer.json::<Option<Vec<T>>>()?.unwrap_or_default();
        let total = total.unwrap_or_else(|| i64::try_from(items.len()).unwrap_or(i64::MAX));
        Ok(Paged { items, total })
    }

    async fn send<B: Serialize>(&self, method: Method, path: String, body: &B) -> ApiResult<Answer> {
        let body = serde_json::to_vec(body).map_err(|error| ApiError::unreadable(error.to_string()))?;
        self.call(method, path, Some((JSON, body))).await
    }

    async fn delete(&self, path: String) -> ApiResult<()> {
        self.call(Method::Delete, path, None).await.map(drop)
    }

    async fn call(&self, method: Method, path: String, body: Option<(&'static str, Vec<u8>)>) -> ApiResult<Answer> {
        let answer = self.exchange(Call { method, path, body }).await?;
        if answer.status >= 400 { Err(ApiError::of(&answer)) } else { Ok(answer) }
    }

    #[cfg(feature = "ssr")]
    async fn exchange(&self, call: Call) -> ApiResult<Answer> {
        let Some(transport) = &self.transport else {
            return Err(ApiError::unreachable("no transport was provided"));
        };
        if let Some(calls) = &self.calls {
            calls.note(call.method, &call.path);
        }
        let answer = transport::exchange(transport.as_ref(), call).await?;
        if let Some(response) = &self.response {
            for cookie in &answer.cookies {
                response.append_header(http::header::SET_COOKIE, cookie.clone());
            }
        }
        Ok(answer)
    }

    #[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
    async fn exchange(&self, call: Call) -> ApiResult<Answer> {
        calls::note(call.method, &call.path);
        // The browser has one thread: what `fetch` holds never leaves it.
        leptos::__reexports::send_wrapper::SendWrapper::new(fetch::exchange(call)).await
    }

    #[cfg(all(not(target_arch = "wasm32"), not(feature = "ssr")))]
    async fn exchange(&self, call: Call) -> ApiResult<Answer> {
        let Call { method, path, body } = call;
        let size = body.map_or(0, |(_, bytes)| bytes.len());
        Err(ApiError::unreachable(&format!("this build cannot send {} {path} ({size} bytes)", method.as_str())))
    }
}

/// `a=1&b=x%20y`, the body of a posted form.
fn form_body(pairs: &[(&str, &str)]) -> Option<(&'static str, Vec<u8>)> {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", berth_types::url::encode(value))).collect();
    Some((FORM, pairs.join("&").into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_carry_only_what_was_asked_for() {
        assert_eq!(ListParams::default().on("/x", &[]), "/x");
        let params = ListParams { q: "name=~a b".into(), sort: "-name".into(), page: 2, page_size: 25 };
        assert_eq!(params.on("/x", &[("z", "1")]), "/x?q=name%3D~a%20b&sort=-name&page=2&page_size=25&z=1");
    }

    #[test]
    fn forms_are_encoded() {
        let (kind, body) = form_body(&[("principal", "ada"), ("password", "a&b=c d")]).unwrap();
        assert_eq!(kind, FORM);
        assert_eq!(String::from_utf8(body).unwrap(), "principal=ada&password=a%26b%3Dc%20d");
    }
}
