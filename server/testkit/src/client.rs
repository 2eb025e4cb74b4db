//! A client with one credential, and answers that are read whole.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Method, header};
use serde::Serialize;
use serde_json::Value;
use url::Url;

/// Somebody who talks to a server.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    headers: HeaderMap,
}

impl Client {
    /// Somebody without a credential.
    ///
    /// # Panics
    /// Where the system gives no client.
    pub fn anonymous(base: &Url) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("an HTTP client");
        Client { http, base: base.clone(), headers: HeaderMap::new() }
    }

    /// The same with a name and a password on every request.
    #[must_use]
    pub fn basic(&self, name: &str, password: &str) -> Self {
        let pair = STANDARD.encode(format!("{name}:{password}"));
        self.with(header::AUTHORIZATION.as_str(), &format!("Basic {pair}"))
    }

    /// The same with a token on every request.
    #[must_use]
    pub fn bearer(&self, token: &str) -> Self {
        self.with(header::AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    /// The same with a header on every request.
    ///
    /// # Panics
    /// Where it is no header.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        let name: http::HeaderName = name.parse().expect("a header's name");
        client.headers.insert(name, value.parse().expect("a header's value"));
        client
    }

    /// A request to a path, or to a whole address.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let url = if path.starts_with("http://") || path.starts_with("https://") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base.as_str().trim_end_matches('/'))
        };
        Request(self.http.request(method, url).headers(self.headers.clone()))
    }

    /// GET.
    pub fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    /// HEAD.
    pub fn head(&self, path: &str) -> Request {
        self.request(Method::HEAD, path)
    }

    /// POST.
    pub fn post(&self, path: &str) -> Request {
        self.request(Method::POST, path)
    }

    /// PUT.
    pub fn put(&self, path: &str) -> Request {
        self.request(Method::PUT, path)
    }

    /// PATCH.
    pub fn patch(&self, path: &str) -> Request {
        self.request(Method::PATCH, path)
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Request {
        self.request(Method::DELETE, path)
    }
}

/// A request that is being built.
pub struct Request(reqwest::RequestBuilder);

impl Request {
    /// With a header.
    #[must_use]
    pub fn header(self, name: &str, value: impl AsRef<str>) -> Self {
        Request(self.0.header(name, value.as_ref()))
    }

    /// With a body of known length.
    #[must_use]
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        Request(self.0.body(body.into()))
    }

    /// With a body of several chunks and no `Content-Length`, as docker sends layers.
    #[must_use]
    pub fn stream(self, body: &[u8]) -> Self {
        let chunks: Vec<_> = body.chunks(8 << 10).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        let chunks = chunks.into_iter().collect::<Vec<Result<Bytes, std::io::Error>>>();
        Request(self.0.body(reqwest::Body::wrap_stream(Chunks(chunks.into_iter()))))
    }

    /// With a body of JSON.
    #[must_use]
    pub fn json(self, body: &impl Serialize) -> Self {
        Request(self.0.json(body))
    }

    /// With a body as a form sends it.
    #[must_use]
    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        Request(self.0.form(pairs))
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Panics
    /// Where there is no answer.
    pub async fn send(self) -> Reply {
        self.try_send().await.expect("an answer")
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Errors
    /// Where the connection breaks.
    pub async fn try_send(self) -> reqwest::Result<Reply> {
        let response = self.0.send().await?;
        let (status, headers, url) = (response.status().as_u16(), response.headers().clone(), response.url().clone());
        let body = response.bytes().await?;
        Ok(Reply { status, headers, body, url })
    }

    /// Sends it and leaves the answer to be read piece by piece.
    ///
    /// # Errors
    /// Where the connection breaks.
    pub async fn open(self) -> reqwest::Result<reqwest::Response> {
        self.0.send().await
    }
}

/// A stream out of what is there already.
struct Chunks(std::vec::IntoIter<Result<Bytes, std::io::Error>>);

impl futures_util::Stream for Chunks {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// What was asked.
    pub url: Url,
}

impl Reply {
    /// The same, where the status is right.
    ///
    /// # Panics
    /// With the answer, where it is not.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert!(self.status == status, "{} instead of {status} from {}: {}", self.status, self.url, self.text());
        self
    }

    /// A header; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("no JSON from {} ({error}): {}", self.url, self.text()),
        }
    }

    /// The word of the error, in the envelope that both APIs share.
    ///
    /// # Panics
    /// Where the answer holds no such envelope.
    #[track_caller]
    pub fn code(&self) -> String {
        let content_type = self.header("content-type");
        assert!(content_type.starts_with("application/json"), "{content_type:?} of {}: {}", self.url, self.text());
        let json = self.json();
        let errors = json["errors"].as_array().cloned().unwrap_or_default();
        assert_eq!(errors.len(), 1, "{json}");
        assert!(errors[0]["message"].is_string(), "{json}");
        errors[0]["code"].as_str().unwrap_or_else(|| panic!("no code in {json}")).to_owned()
    }

    /// Asserts status and word of an error.
    ///
    /// # Panics
    /// With the answer, where they are others.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        let reply = self.expect(status);
        let found = reply.code();
        assert!(found == code, "{found} instead of {code} from {}: {}", reply.url, reply.text());
        reply
    }

    /// Where the answer sends the client.
    ///
    /// # Panics
    /// Where it does not.
    #[track_caller]
    pub fn location(&self) -> String {
        let location = self.header("location");
        assert!(!location.is_empty(), "no Location from {}", self.url);
        location.to_owned()
    }

    /// The value of a cookie that the answer sets.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        lines
            .filter_map(|line| line.split(';').next()?.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    }
}
