//! What happens, as a stream of events.

use std::time::{Duration, Instant};

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use berth_domain::{
    Actor, Domain,
    authz::{ProjectAccess, SystemAccess},
    event::{self, Follower, Next, Start, View},
};
use berth_types::{ErrorCode, ProjectName, RepoName, api::LiveEvent};
use berth_web::{
    ApiError, ApiResult, AppState, Credential,
    credential::{again, origin},
    extract::{Caller, query_params},
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderName, header, request::Parts};

use crate::routes::{Routes, routes};

/// How often it is asked whether the caller still may.
const CHECK_EVERY: Duration = Duration::from_secs(2);
/// How often something is sent, so that proxies see that the stream lives.
const BEAT_EVERY: Duration = Duration::from_secs(15);
/// When a client that lost the stream comes back, in milliseconds.
const RETRY: &str = "retry: 2000\n\n";
/// Nothing, for those between the server and the client.
const BEAT: &str = ": \n\n";

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(events))
}

/// What happens, as server-sent events, until the client leaves, the server stops, or the caller may no longer see it.
///
/// Every event has an id. `Last-Event-ID`, which browsers send by themselves, goes on after it without gap or repetition;
/// events are kept for seven days.
#[utoipa::path(
    get, path = "/api/berth/v1/events", operation_id = "followEvents", tag = "berth",
    params(
        ("scope" = String, Query, description = "`project:NAME`, `repository:PROJECT/NAME`, `jobs` or `system`."),
        ("last_event_id" = Option<String>, Query, description = "As the header, for clients that cannot set it."),
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was received."),
        ("age" = Option<u32>, Query, description = "Without an id: seconds since the caller read what it knows. The stream begins there."),
    ),
    responses((status = 200, body = LiveEvent, content_type = "text/event-stream"))
)]
async fn events(Caller(actor): Caller, State(state): State<AppState>, parts: Parts) -> ApiResult<Response> {
    if parts.extensions.get::<Credential>() == Some(&Credential::Portal) {
        // A page that is drawn would wait for the end of it.
        return Err(ApiError::new(ErrorCode::BadRequest, "a stream has no end"));
    }
    let params = query_params(&parts.uri);
    let param = |key: &str| params.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    let scope = Scope::read(param("scope").unwrap_or_default())?;
    let view = scope.view(&state.domain, &actor).await?;
    let by_header = parts.headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let last = by_header.or_else(|| param("last_event_id")).filter(|last| !last.is_empty());
    let start = match (last, param("age").filter(|age| !age.is_empty())) {
        (Some(last), _) => Start::After(last),
        (None, Some(age)) => Start::Ago { seconds: seconds(age)? },
        (None, None) => Start::Now,
    };
    let follower = event::follow(&state.domain, &actor, view, start).await?;
    let open = Open {
        address: origin(&parts.extensions).0,
        headers: parts.headers,
        is_known: !actor.is_anonymous(),
        state,
        scope,
        follower,
        checked: Instant::now(),
        sent: Instant::now(),
        begun: false,
    };
    let body = Body::from_stream(stream::unfold(open, |mut open| async move {
        let frame = open.frame().await?;
        Some((Ok::<_, std::convert::Infallible>(frame), open))
    }));
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // nginx would keep events until its buffer is full.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, body).into_response())
}

fn seconds(text: &str) -> ApiResult<u32> {
    let no_number = || ApiError::validation(format!("age in query should be a number of seconds, not \"{text}\""));
    text.parse().map_err(|_| no_number())
}

/// What is followed, as the address says it.
#[derive(Clone, Debug, PartialEq)]
enum Scope {
    Project(ProjectName),
    Repository(RepoName),
    Jobs,
    System,
}

impl Scope {
    fn read(text: &str) -> ApiResult<Self> {
        let unknown = || {
            let known = "project:NAME, repository:PROJECT/NAME, jobs, system";
            ApiError::validation(format!("scope in query should be one of [{known}], not \"{text}\""))
        };
        match text.split_once(':') {
            None if text == "jobs" => Ok(Scope::Jobs),
            None if text == "system" => Ok(Scope::System),
            Some(("project", name)) => name.parse().map(Scope::Project).map_err(|_| unknown()),
            Some(("repository", name)) => name.parse().map(Scope::Repository).map_err(|_| unknown()),
            _ => Err(unknown()),
        }
    }

    /// The proof that somebody may follow it.
    async fn view(&self, domain: &Domain, actor: &Actor) -> berth_domain::Result<View> {
        Ok(match self {
            Scope::Project(name) => View::Project(ProjectAccess::check(domain, actor, name).await?),
            Scope::Repository(repo) => {
                let project = repo.project();
                View::Repository(ProjectAccess::check(domain, actor, &project).await?, repo.clone())
            }
            Scope::Jobs => View::Jobs(SystemAccess::check(actor)?),
            Scope::System => View::System(SystemAccess::check(actor)?, SystemAccess::check(actor)?),
        })
    }
}

/// A stream that is open.
struct Open {
    state: AppState,
    scope: Scope,
    headers: HeaderMap,
    address: String,
    /// Whether somebody was signed in when it began.
    is_known: bool,
    follower: Follower,
    checked: Instant,
    sent: Instant,
    begun: bool,
}

impl Open {
    /// What is sent next. Nothing at the end.
    async fn frame(&mut self) -> Option<Bytes> {
        if !std::mem::replace(&mut self.begun, true) {
            return Some(Bytes::from_static(RETRY.as_bytes()));
        }
        loop {
            let next = match self.follower.next_within(CHECK_EVERY).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::warn!(%error, "a stream of events broke off");
                    return None;
                }
            };
            if self.checked.elapsed() >= CHECK_EVERY && !self.still_may().await {
                return None;
            }
            match next {
                Next::Event(place, event) => {
                    self.sent = Instant::now();
                    return frame(&place.to_string(), &event);
                }
                Next::Nothing if self.sent.elapsed() >= BEAT_EVERY => {
                    self.sent = Instant::now();
                    return Some(Bytes::from_static(BEAT.as_bytes()));
                }
                Next::Nothing => {}
                Next::End => return None,
            }
        }
    }

    /// Asks again who the caller is and what they may. What cannot be answered is no.
    async fn still_may(&mut self) -> bool {
        let Ok(_turn) = event::turn_to_check().await else { return false };
        self.checked = Instant::now();
        let Ok(actor) = again(&self.state, &self.headers, &self.address).await else { return false };
        if self.is_known && actor.is_none() {
            return false;
        }
        match self.scope.view(&self.state.domain, &actor.unwrap_or_default()).await {
            Ok(view) => {
                self.follower.set_view(view);
                true
            }
            Err(_) => false,
        }
    }
}

fn frame(id: &str, event: &LiveEvent) -> Option<Bytes> {
    let data = serde_json::to_string(event).ok()?;
    Some(Bytes::from(format!("id: {id}\nevent: {}\ndata: {data}\n\n", event.kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_one_of_four() {
        assert_eq!(Scope::read("project:team").unwrap(), Scope::Project("team".parse().unwrap()));
        assert_eq!(Scope::read("repository:team/a/b").unwrap(), Scope::Repository("team/a/b".parse().unwrap()));
        assert_eq!((Scope::read("jobs").unwrap(), Scope::read("system").unwrap()), (Scope::Jobs, Scope::System));
        for text in ["", "project", "project:", "project:A b", "repository:team", "jobs:1", "all"] {
            assert!(Scope::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_event_is_three_lines() {
        let event = LiveEvent { kind: "job".into(), job: Some(7), ..LiveEvent::default() };
        let bytes = frame("0-9", &event).unwrap();
        assert_eq!(bytes, "id: 0-9\nevent: job\ndata: {\"kind\":\"job\",\"job\":7}\n\n");
    }
}
