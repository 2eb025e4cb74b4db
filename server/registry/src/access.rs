//! Witnesses for `/v2`, and the challenge of who has none.

use berth_domain::{
    Actor, Error,
    authz::{CatalogAccess, ProjectAccess, ProjectAction, Pull},
};
use berth_types::{Action, ErrorCode, RepoName};
use berth_web::{Anonymous, AppState, Credential, HttpOptions};
use http::{HeaderMap, Method, header, request::Parts};

use crate::error::OciError;

/// Who asks, and how a refusal has to look.
pub(crate) struct Asker<'r> {
    pub(crate) actor: Actor,
    credential: Credential,
    parts: &'r Parts,
    http: &'r HttpOptions,
}

impl<'r> Asker<'r> {
    pub(crate) fn of(state: &'r AppState, parts: &'r Parts) -> Self {
        let credential = parts.extensions.get::<Credential>().copied().unwrap_or_default();
        let mut actor = parts.extensions.get::<Actor>().cloned().unwrap_or_default();
        if state.http.anonymous == Anonymous::All && credential == Credential::None {
            actor.kind = berth_domain::ActorKind::System;
            actor.name = "anonymous".into();
        }
        Asker { actor, credential, parts, http: &state.http }
    }

    /// The witness of an action in a repository's project.
    pub(crate) async fn require<A: ProjectAction>(
        &self,
        state: &AppState,
        repo: &RepoName,
    ) -> Result<ProjectAccess<A>, OciError> {
        let challenged = match self.credential {
            // Harbor's clients expect to be asked even for what is public: the token then says so.
            Credential::None => self.http.anonymous == Anonymous::Token,
            // Who shows a token that is over has to learn that, whatever strangers may read.
            Credential::Bearer { valid } => !valid,
            Credential::Basic { .. } | Credential::Session { .. } | Credential::Portal => false,
        };
        let checked = if challenged || !self.token_allows(repo, A::ACTION) {
            Err(Error::Unauthorized(String::new()))
        } else {
            ProjectAccess::check(&state.domain, &self.actor, &repo.project()).await
        };
        checked.map_err(|error| match error {
            Error::Unauthorized(_) | Error::Forbidden(_) | Error::Lacking { .. } => {
                self.refuse(repo, A::ACTION.as_str())
            }
            Error::NotFound(message) => OciError::new(ErrorCode::NameUnknown, message),
            error => error.into(),
        })
    }

    /// Whether a token, where one was used, is for this repository. A witness is for a whole project.
    fn token_allows(&self, repo: &RepoName, action: Action) -> bool {
        self.actor.grants.as_ref().is_none_or(|grants| grants.allows(repo, action))
    }

    /// The witness of pulling from the source of a mount. Nothing where the caller may not: the client then uploads.
    /// As in Harbor a token for one repository is enough within its project: many clients ask for no second scope.
    pub(crate) async fn may_pull(
        &self,
        state: &AppState,
        repo: &RepoName,
    ) -> Result<Option<ProjectAccess<Pull>>, OciError> {
        match ProjectAccess::check(&state.domain, &self.actor, &repo.project()).await {
            Ok(access) => Ok(Some(access)),
            Err(Error::Unauthorized(_) | Error::Forbidden(_) | Error::Lacking { .. } | Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The witness of listing all repositories.
    pub(crate) fn require_catalog(&self) -> Result<CatalogAccess, OciError> {
        CatalogAccess::check(&self.actor)
            .map_err(|_| self.challenge("unauthorized to list catalog", Some("registry:catalog:*")))
    }

    /// Whether the caller may talk to `/v2/` at all: somebody has to be signed in.
    pub(crate) fn require_somebody(&self) -> Result<(), OciError> {
        if self.actor.is_anonymous() && self.http.anonymous == Anonymous::Token {
            return Err(self.challenge("unauthorized", None));
        }
        Ok(())
    }

    fn refuse(&self, repo: &RepoName, action: &str) -> OciError {
        let scope = match action {
            "push" => format!("repository:{repo}:pull,push"),
            action => format!("repository:{repo}:{action}"),
        };
        let is_read = matches!(self.parts.method, Method::GET | Method::HEAD);
        if self.credential == Credential::None && is_read {
            return self.challenge("authorize header needed to send HEAD to repository", Some(&scope));
        }
        self.challenge(&format!("unauthorized to access repository: {repo}, action: {action}"), Some(&scope))
    }

    /// 401 with what the client should try: a token for those who have none or a used-up one, a password for those who
    /// sent one. The message stands twice, as Harbor writes it.
    fn challenge(&self, message: &str, scope: Option<&str>) -> OciError {
        let challenge = match self.credential {
            Credential::Basic { .. } | Credential::Session { .. } | Credential::Portal => {
                "Basic realm=\"harbor\"".to_owned()
            }
            Credential::None | Credential::Bearer { .. } => {
                let realm = berth_web::state::realm(self.http, self.parts);
                let mut challenge = format!("Bearer realm=\"{realm}\",service=\"harbor-registry\"");
                if let Some(scope) = scope {
                    challenge.push_str(&format!(",scope=\"{scope}\""));
                }
                match self.credential {
                    Credential::Bearer { valid: true } => challenge.push_str(",error=\"insufficient_scope\""),
                    Credential::Bearer { valid: false } => challenge.push_str(",error=\"invalid_token\""),
                    _ => {}
                }
                challenge
            }
        };
        OciError::new(ErrorCode::Unauthorized, format!("{message}: {message}"))
            .with_header(header::WWW_AUTHENTICATE, challenge)
    }
}

/// A header as text, where it is there and readable.
pub(crate) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
