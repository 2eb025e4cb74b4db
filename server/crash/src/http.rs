//! A client that can tell "refused" from "no answer".

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Method};

/// No answer of a living server takes longer, on the slowest machine.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);

/// Why a client stops.
#[derive(Debug)]
pub enum Stop {
    /// The connection broke: what was asked may have happened or not.
    Cut,
    /// The server said that it could not (5xx): what was asked may have happened or not.
    Refused(String),
    /// A promise is broken.
    Fault(String),
}

/// A connection pool to one server.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    base: Arc<str>,
    token: Option<Arc<str>>,
}

impl Http {
    /// To the server at `base`, such as `http://127.0.0.1:5000`.
    ///
    /// # Errors
    /// Where the system gives no client.
    pub fn new(base: &str) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ANSWER_TIME_MAX)
            .build()
            .context("could not make an HTTP client")?;
        Ok(Http { client, base: base.trim_end_matches('/').into(), token: None })
    }

    /// The same with a registry token for some repositories, asked for with the administrator's password.
    ///
    /// # Errors
    /// Where none is given.
    pub async fn with_token(mut self, password: &str, repos: &[Arc<str>]) -> anyhow::Result<Self> {
        let scopes: String = repos.iter().map(|repo| format!("&scope=repository:{repo}:pull,push,delete")).collect();
        let url = format!("{}/service/token?service=harbor-registry{scopes}", self.base);
        let answer = self.client.get(url).basic_auth("admin", Some(password)).send().await?.error_for_status()?;
        let answer: serde_json::Value = answer.json().await?;
        self.token = Some(answer["token"].as_str().context("the token service gives a token")?.into());
        Ok(self)
    }

    /// The same with another client's token.
    #[must_use]
    pub fn with_token_of(mut self, other: &Http) -> Self {
        self.token.clone_from(&other.token);
        self
    }

    /// A request.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let request = self.client.request(method, format!("{}{path}", self.base));
        Call(match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    /// Reads.
    ///
    /// # Errors
    /// As [`Call::send`].
    pub async fn get(&self, path: &str) -> Result<Answer, Stop> {
        self.call(Method::GET, path).send().await
    }
}

/// A request that is being built.
pub struct Call(reqwest::RequestBuilder);

impl Call {
    /// With a header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        Call(self.0.header(name, value))
    }

    /// With a body.
    #[must_use]
    pub fn body(self, bytes: Bytes) -> Self {
        Call(self.0.body(bytes))
    }

    /// With a body that comes piece by piece and says no length, so that a kill falls into its middle.
    #[must_use]
    pub fn slowly(self, bytes: Bytes, pieces: usize, pause: Duration) -> Self {
        let size = bytes.len().div_ceil(pieces.max(1)).max(1);
        let pieces = stream::unfold(bytes, move |mut left| async move {
            if left.is_empty() {
                return None;
            }
            let piece = left.split_to(size.min(left.len()));
            tokio::time::sleep(pause).await;
            Some((Ok::<_, std::io::Error>(piece), left))
        });
        Call(self.0.body(reqwest::Body::wrap_stream(pieces)))
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Errors
    /// [`Stop::Cut`] where the connection breaks, [`Stop::Fault`] where a living server does not answer.
    pub async fn send(self) -> Result<Answer, Stop> {
        let stop = |error: reqwest::Error| match error.is_timeout() {
            true => Stop::Fault(format!("no answer within {} s: {error}", ANSWER_TIME_MAX.as_secs())),
            false => Stop::Cut,
        };
        let response = self.0.send().await.map_err(stop)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let asked = response.url().path().to_owned();
        let body = response.bytes().await.map_err(stop)?;
        Ok(Answer { status, headers, body, asked })
    }
}

/// An answer.
pub struct Answer {
    /// The status.
    pub status: u16,
    headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The path that was asked for.
    pub asked: String,
}

impl Answer {
    /// A header; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The answer in words.
    pub fn describe(&self, what: &str) -> String {
        let body = String::from_utf8_lossy(&self.body);
        let body: String = body.chars().take(300).collect();
        format!("{what}: {} from {}: {body}", self.status, self.asked)
    }

    /// The answer as a reason to stop: a server error leaves open what happened, anything else is a broken promise.
    pub fn unexpected(&self, what: &str) -> Stop {
        match self.status >= 500 {
            true => Stop::Refused(self.describe(what)),
            false => Stop::Fault(self.describe(what)),
        }
    }
}
