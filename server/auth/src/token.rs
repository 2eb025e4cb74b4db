//! Registry tokens: what they grant, and who stands behind them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use berth_domain::{
    Actor, ActorKind, Error, Result,
    actor::{Grants, Via},
    authz, identity, user,
};
use berth_types::{Action, ProjectName, RobotId, Timestamp, UserId, scope::Scope};
use moka::sync::Cache;
use rand::{Rng, distr::Alphanumeric};

use crate::{
    Auth, IssuedToken,
    jwt::{self, Access, Claims, Subject, SubjectKind},
};

/// Bytes of tokens that are remembered: about 10,000 of the usual size.
const REMEMBERED_BYTES_MAX: u64 = 8 << 20;
/// How long it is remembered after the last use.
const REMEMBERED_FOR: Duration = Duration::from_secs(10 * 60);
/// The longest token that is looked at, in bytes. Many scopes make a long one.
const TOKEN_BYTES_MAX: usize = 64 << 10;
/// Scopes that one token may have.
const SCOPES_MAX: usize = 100;

/// Tokens that were verified, by their signatures. Hashing a whole token for every request costs more than anything else that is
/// done with it.
pub(crate) struct Tokens {
    verified: Cache<Box<str>, Arc<Verified>>,
}

struct Verified {
    /// All of the token: its signature alone proves nothing.
    whole: Box<str>,
    claims: Claims,
    grants: Arc<Grants>,
}

impl Verified {
    /// Whether it was this token. How long that takes tells nothing: it is asked only of whoever knows the signature, and with that
    /// the rest is no secret.
    fn is(&self, presented: &str) -> bool {
        *self.whole == *presented
    }
}

impl Default for Tokens {
    fn default() -> Self {
        let verified = Cache::builder()
            .max_capacity(REMEMBERED_BYTES_MAX)
            .weigher(|_, verified: &Arc<Verified>| verified.whole.len().try_into().unwrap_or(u32::MAX))
            .time_to_idle(REMEMBERED_FOR);
        Tokens { verified: verified.build() }
    }
}

impl Auth {
    /// A registry token. Nothing where it is invalid or over, or where rights changed since it was made.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn bearer(&self, token: &str) -> Result<Option<Actor>> {
        if token.len() > TOKEN_BYTES_MAX {
            return Ok(None);
        }
        let signature = token.rsplit('.').next().unwrap_or_default();
        let known = self.inner.tokens.verified.get(signature);
        let verified = match known.filter(|known| known.is(token)) {
            Some(verified) => verified,
            None => {
                let Some(claims) = self.verify(token).await? else { return Ok(None) };
                let verified = Arc::new(Verified { whole: token.into(), grants: Arc::new(grants(&claims)), claims });
                self.inner.tokens.verified.insert(signature.into(), verified.clone());
                verified
            }
        };
        if !jwt::is_current(&verified.claims, self.inner.domain.now()) {
            return Ok(None);
        }
        let Some(mut actor) = self.subject(&verified.claims).await? else { return Ok(None) };
        actor.grants = Some(verified.grants.clone());
        Ok(Some(actor))
    }

    /// Makes a registry token. As in Harbor, a repository's scope grants all that the caller may do in its project.
    ///
    /// # Errors
    /// [`Error::BadRequest`] for too many scopes, else where the database does not answer.
    pub async fn issue(&self, actor: &Actor, scopes: &[Scope]) -> Result<IssuedToken> {
        if scopes.len() > SCOPES_MAX {
            return Err(Error::BadRequest(format!("more than {SCOPES_MAX} scopes")));
        }
        let domain = &self.inner.domain;
        let berth = self.stand_for(actor).await?;
        let mut known: BTreeMap<ProjectName, Vec<String>> = BTreeMap::new();
        let mut access = Vec::with_capacity(scopes.len());
        for scope in scopes {
            let actions = match project_of(scope) {
                Some(project) => match known.get(&project) {
                    Some(actions) => actions.clone(),
                    None => {
                        let actions = authz::registry_actions(domain, actor, &project).await?;
                        let actions: Vec<String> = actions.iter().map(|action| action.as_str().to_owned()).collect();
                        known.insert(project, actions.clone());
                        actions
                    }
                },
                None if is_catalog(&scope.kind, &scope.name) && actor.is_sysadmin() => scope.actions.clone(),
                None => Vec::new(),
            };
            access.push(Access { kind: scope.kind.clone(), name: scope.name.clone(), actions });
        }
        let mut lifetime_seconds = domain.settings().await?.token_expiration_minutes().saturating_mul(60);
        let issued_at = domain.now();
        if let Via::Token { expires_at: Some(end), .. } = actor.via {
            // What was fetched with a personal token does not outlive it.
            lifetime_seconds = lifetime_seconds.min((end.unix_seconds() - issued_at.unix_seconds()).max(1));
        }
        let now = issued_at.unix_seconds();
        let claims = Claims {
            iss: jwt::ISSUER.to_owned(),
            sub: actor.name.to_string(),
            aud: jwt::AUDIENCE.to_owned(),
            exp: now.saturating_add(lifetime_seconds),
            nbf: now,
            iat: now,
            jti: rand::rng().sample_iter(Alphanumeric).take(16).map(char::from).collect(),
            access: (!access.is_empty()).then_some(access),
            berth,
        };
        let signing = self.inner.keys.signing();
        let token = jwt::sign(&claims, &signing.id, &signing.key).map_err(Error::internal)?;
        Ok(IssuedToken { token, issued_at, expires_in_seconds: lifetime_seconds })
    }

    async fn verify(&self, token: &str) -> Result<Option<Claims>> {
        let Some(id) = jwt::key_id(token) else { return Ok(None) };
        let domain = &self.inner.domain;
        let Some(key) = self.inner.keys.verifying(domain, &id).await? else { return Ok(None) };
        Ok(jwt::verify(token, &key, domain.now()))
    }

    /// What the token says of the account: which one, and the state of its rights.
    async fn stand_for(&self, actor: &Actor) -> Result<Option<Subject>> {
        let domain = &self.inner.domain;
        let gone = || Error::Unauthorized("unauthorized".to_owned());
        match &actor.kind {
            ActorKind::User { id, .. } => {
                let person = user::account_as_it_is(domain, *id).await?.ok_or_else(gone)?;
                Ok(Some(Subject { kind: SubjectKind::User, id: id.0, epoch: person.epoch }))
            }
            ActorKind::Robot { id, .. } => {
                let robot = identity::robot(domain, *id).await?.ok_or_else(gone)?;
                Ok(Some(Subject { kind: SubjectKind::Robot, id: id.0, epoch: robot.epoch }))
            }
            ActorKind::Anonymous => Ok(None),
            ActorKind::System => Err(Error::Forbidden("the server itself needs no token".to_owned())),
        }
    }

    /// Who stands behind a token now. Nobody where the account is gone or its rights changed.
    async fn subject(&self, claims: &Claims) -> Result<Option<Actor>> {
        let domain = &self.inner.domain;
        let Some(subject) = &claims.berth else { return Ok(Some(Actor::default())) };
        match subject.kind {
            SubjectKind::User => {
                let mut person = user::account_by_id(domain, UserId(subject.id)).await?;
                // Made on another node after a change that this one has not seen yet.
                if person.as_ref().is_some_and(|person| person.epoch < subject.epoch) {
                    person = user::account_as_it_is(domain, UserId(subject.id)).await?;
                }
                Ok(person.filter(|person| person.epoch == subject.epoch).map(|person| user::actor(&person)))
            }
            SubjectKind::Robot => {
                let robot = identity::robot(domain, RobotId(subject.id)).await?;
                let Some(robot) = robot.filter(|robot| robot.epoch == subject.epoch) else { return Ok(None) };
                let settings = domain.settings().await?;
                identity::robot_actor(&robot, settings.robot_name_prefix()).map(Some)
            }
        }
    }
}

/// The project of a repository's scope: the first part of its name. A name without a second part has none.
fn project_of(scope: &Scope) -> Option<ProjectName> {
    (scope.kind == "repository").then_some(())?;
    project_of_repository(&scope.name)
}

fn project_of_repository(name: &str) -> Option<ProjectName> {
    name.split_once('/')?.0.parse().ok()
}

fn is_catalog(kind: &str, name: &str) -> bool {
    (kind, name) == ("registry", "catalog")
}

pub(crate) fn grants(claims: &Claims) -> Grants {
    let mut projects: BTreeMap<ProjectName, Vec<Action>> = BTreeMap::new();
    let mut repositories: BTreeMap<String, Vec<Action>> = BTreeMap::new();
    let mut catalog = false;
    for access in claims.access.iter().flatten() {
        catalog |= is_catalog(&access.kind, &access.name) && access.actions.iter().any(|action| action == "*");
        if access.kind != "repository" {
            continue;
        }
        let Some(project) = project_of_repository(&access.name) else { continue };
        let (here, own) = (projects.entry(project).or_default(), repositories.entry(access.name.clone()).or_default());
        for action in access.actions.iter().filter_map(|action| Action::parse(action)) {
            for actions in [&mut *here, &mut *own] {
                if !actions.contains(&action) {
                    actions.push(action);
                }
            }
        }
    }
    Grants { projects, repositories, catalog, issued_at: Timestamp::from_unix_seconds(claims.iat) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repositorys_grants_are_its_projects() {
        let access = |kind: &str, name: &str, actions: &[&str]| Access {
            kind: kind.into(),
            name: name.into(),
            actions: actions.iter().map(|&action| action.into()).collect(),
        };
        let claims = Claims {
            iss: String::new(),
            sub: String::new(),
            aud: String::new(),
            exp: 0,
            nbf: 0,
            iat: 7,
            jti: String::new(),
            access: Some(vec![
                access("repository", "p/a", &["pull"]),
                access("repository", "p/b/c", &["pull", "push", "shoe"]),
                access("repository", "alone", &["pull"]),
                access("repository", "UPPER/x", &["pull"]),
                access("hello", "q/a", &["pull"]),
                access("registry", "shoe", &["*"]),
            ]),
            berth: None,
        };
        let grants = grants(&claims);
        let project: ProjectName = "p".parse().unwrap();
        assert_eq!(grants.projects, BTreeMap::from([(project, vec![Action::Pull, Action::Push])]));
        assert!(!grants.catalog);
        assert_eq!(grants.issued_at, Timestamp::from_unix_seconds(7));
    }
}
