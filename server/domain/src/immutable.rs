//! Rules of projects: tags that one selects are neither moved nor removed.

mod cover;

pub use cover::{coverage, preview};

use berth_db::{Conn, query};
use berth_types::{
    ProjectId, RepoName, Timestamp,
    api::{ImmutableRule, ImmutableSelector},
    glob::Glob,
    page::Paged,
    query::ListQuery,
};

use crate::{
    Domain, Error, Result, audit,
    authz::{
        CreateImmutableRule, DeleteImmutableRule, ListImmutableRules, ProjectAccess, ProjectAction, UpdateImmutableRule,
    },
};

/// The most rules of one project.
const RULES_MAX: i64 = 100;

/// The longest rule, in bytes of JSON: every push of a tag that exists reads all rules of its project.
const RULE_BYTES_MAX: usize = 32 << 10;

/// What a selector looks at, as Harbor's decorations name it.
const TAGS: [&str; 2] = ["matches", "excludes"];
const REPOSITORIES: [&str; 2] = ["repoMatches", "repoExcludes"];

/// The rules of a project, oldest first.
///
/// # Errors
/// What the database says.
pub async fn list(
    domain: &Domain,
    access: &ProjectAccess<ListImmutableRules>,
    query: &ListQuery,
) -> Result<Paged<ImmutableRule>> {
    let mut reader = domain.db.reader().await?;
    let rows = query::immutable::list(&mut reader.conn(), access.project_id().0, query).await?;
    let shown =
        |row: query::immutable::Rule| Ok(ImmutableRule { id: row.id, disabled: row.disabled, ..read(&row.content)? });
    let items = rows.items.into_iter().map(shown).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// A rule that was checked when it was kept. One that cannot be read is an error: it must not protect nothing in silence.
fn read(content: &str) -> Result<ImmutableRule> {
    serde_json::from_str(content).map_err(Error::internal)
}

/// What is kept of a rule beside its columns. No selector is null, as Harbor shows it.
fn content(rule: &ImmutableRule) -> Result<String> {
    let tag_selectors = rule.tag_selectors.clone().filter(|selectors| !selectors.is_empty());
    let kept = ImmutableRule { id: 0, disabled: false, tag_selectors, ..rule.clone() };
    let json = serde_json::to_string(&kept).map_err(Error::internal)?;
    if json.len() > RULE_BYTES_MAX {
        return Err(Error::BadRequest(format!("the rule is longer than {RULE_BYTES_MAX} bytes")));
    }
    Ok(json)
}

/// Adds a rule. One that selects nothing is kept as Harbor keeps it, and protects nothing.
///
/// # Errors
/// [`Error::BadRequest`] for a selector that cannot select, or more than 100 rules; [`Error::Conflict`] for a rule that
/// the project has.
pub async fn create(domain: &Domain, access: &ProjectAccess<CreateImmutableRule>, rule: &ImmutableRule) -> Result<i64> {
    check(rule)?;
    let args = (access.clone(), rule.disabled, content(rule)?, domain.now());
    domain
        .db
        .write(args, |tx, (access, disabled, content, now)| {
            Box::pin(async move {
                let project = access.project_id().0;
                // Two equal rules at once: the second waits here and finds the first.
                query::project::lock(tx, project).await?;
                if query::immutable::exists(tx, project, content).await? {
                    return Err(Error::Conflict("immutable rule already exists".to_owned()));
                }
                if query::immutable::count(tx, project).await? >= RULES_MAX {
                    return Err(Error::BadRequest(format!("only {RULES_MAX} rules are allowed at most")));
                }
                let id = query::immutable::insert(tx, project, *disabled, content, *now).await?;
                note(tx, access, "create", id, *now).await?;
                Ok(id)
            })
        })
        .await
}

/// Changes a rule.
///
/// # Errors
/// [`Error::NotFound`] where the project has no such rule; [`Error::BadRequest`] as [`create`].
pub async fn update(
    domain: &Domain,
    access: &ProjectAccess<UpdateImmutableRule>,
    id: i64,
    rule: &ImmutableRule,
) -> Result<()> {
    // The path says which rule it is. A body that says nothing at all would only take the protection away.
    if (rule.id != 0 && rule.id != id) || *rule == ImmutableRule::default() {
        let text = "bad request: the immutable_rule_id doesn't match the id in the payload body of ImmutableRule";
        return Err(Error::BadRequest(text.to_owned()));
    }
    check(rule)?;
    let args = (access.clone(), id, rule.disabled, content(rule)?, domain.now());
    domain
        .db
        .write(args, |tx, (access, id, disabled, content, now)| {
            Box::pin(async move {
                let row = (access.project_id().0, *id);
                if !query::immutable::update(tx, row, *disabled, content, *now).await? {
                    return Err(not_found(*id));
                }
                note(tx, access, "update", *id, *now).await
            })
        })
        .await
}

/// Removes a rule.
///
/// # Errors
/// [`Error::NotFound`] where the project has no such rule.
pub async fn delete(domain: &Domain, access: &ProjectAccess<DeleteImmutableRule>, id: i64) -> Result<()> {
    let args = (access.clone(), id, domain.now());
    domain
        .db
        .write(args, |tx, (access, id, now)| {
            Box::pin(async move {
                if !query::immutable::delete(tx, access.project_id().0, *id).await? {
                    return Err(not_found(*id));
                }
                note(tx, access, "delete", *id, *now).await
            })
        })
        .await
}

fn not_found(id: i64) -> Error {
    Error::NotFound(format!("immutable rule {id} not found"))
}

async fn note<A: ProjectAction>(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<A>,
    operation: &'static str,
    id: i64,
    now: Timestamp,
) -> Result<()> {
    let name = format!("{}/{id}", access.project().name);
    let entry = audit::Entry::success(operation, "immutable_rule", name).in_project(access.project_id());
    audit::record(tx, access.actor(), now, &entry).await
}

/// Refuses what would protect nothing although it looks as if: what cannot be read, and what nobody looks at.
fn check(rule: &ImmutableRule) -> Result<()> {
    for selector in rule.tag_selectors.iter().flatten() {
        check_selector(selector, TAGS)?;
    }
    for (scope, selectors) in &rule.scope_selectors {
        if scope != "repository" {
            return Err(Error::BadRequest(format!("unknown scope {scope:?}: rules select by \"repository\"")));
        }
        for selector in selectors {
            check_selector(selector, REPOSITORIES)?;
        }
    }
    Ok(())
}

fn check_selector(selector: &ImmutableSelector, decorations: [&str; 2]) -> Result<()> {
    check_parts(&selector.kind, &selector.decoration, &selector.pattern, decorations)
}

/// The same for the selectors of all kinds of rule.
pub(crate) fn check_parts(kind: &str, decoration: &str, pattern: &str, decorations: [&str; 2]) -> Result<()> {
    if kind != "doublestar" {
        return Err(Error::BadRequest(format!("unknown kind of selector {kind:?}: there is \"doublestar\"")));
    }
    if !decorations.contains(&decoration) {
        let [first, second] = decorations;
        let text = format!("unknown decoration {decoration:?}: there are {first:?} and {second:?}");
        return Err(Error::BadRequest(text));
    }
    match pattern.parse::<Glob>() {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::BadRequest(format!("pattern {pattern:?}: {error}"))),
    }
}

/// The rules of a project that do not rest, ready to be asked.
#[derive(Debug, Default)]
pub(crate) struct Rules(Vec<(Selector, Selector)>);

impl Rules {
    /// Reads them: one query.
    pub(crate) async fn load(conn: &mut Conn<'_>, project: ProjectId) -> Result<Self> {
        let texts = query::immutable::enabled(conn, project.0).await?;
        let rules = texts.iter().map(|text| selectors(&read(text)?));
        Ok(Rules(rules.filter_map(Result::transpose).collect::<Result<_>>()?))
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a tag stays as it is.
    pub(crate) fn protect(&self, repo: &RepoName, tag: &str) -> bool {
        self.0.iter().any(|(repositories, tags)| repositories.selects(repo.within_project()) && tags.selects(tag))
    }
}

/// The first selector of each kind; the others are ignored, as in Harbor. Nothing where one is missing.
fn selectors(rule: &ImmutableRule) -> Result<Option<(Selector, Selector)>> {
    let repositories = rule.scope_selectors.get("repository").and_then(|selectors| selectors.first());
    let tags = rule.tag_selectors.as_ref().and_then(|selectors| selectors.first());
    let Some((repositories, tags)) = repositories.zip(tags) else { return Ok(None) };
    Ok(Some((Selector::read(repositories)?, Selector::read(tags)?)))
}

#[derive(Debug)]
struct Selector {
    /// None selects everything.
    glob: Option<Glob>,
    is_exclusion: bool,
}

impl Selector {
    fn read(selector: &ImmutableSelector) -> Result<Self> {
        let glob = match selector.pattern.as_str() {
            "" => None,
            pattern => Some(pattern.parse().map_err(Error::internal)?),
        };
        let is_exclusion = matches!(selector.decoration.as_str(), "excludes" | "repoExcludes");
        Ok(Selector { glob, is_exclusion })
    }

    fn selects(&self, text: &str) -> bool {
        self.glob.as_ref().is_none_or(|glob| glob.matches(text)) != self.is_exclusion
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn selector(decoration: &str, pattern: &str) -> ImmutableSelector {
        ImmutableSelector {
            kind: "doublestar".to_owned(),
            decoration: decoration.to_owned(),
            pattern: pattern.to_owned(),
            extras: String::new(),
        }
    }

    fn rule(repositories: (&str, &str), tags: (&str, &str)) -> ImmutableRule {
        ImmutableRule {
            tag_selectors: Some(vec![selector(tags.0, tags.1)]),
            scope_selectors: BTreeMap::from([(
                "repository".to_owned(),
                vec![selector(repositories.0, repositories.1)],
            )]),
            ..ImmutableRule::default()
        }
    }

    #[test]
    fn rules_protect_what_both_of_their_selectors_select() {
        let app: RepoName = "p/app".parse().unwrap();
        for (repositories, tags, tag, expected) in [
            (("repoMatches", "**"), ("matches", "v*"), "v1", true),
            (("repoMatches", "**"), ("matches", "v*"), "x1", false),
            (("repoMatches", "app"), ("excludes", "dev-*"), "v1", true),
            (("repoMatches", "app"), ("excludes", "dev-*"), "dev-1", false),
            (("repoExcludes", "app"), ("matches", "**"), "v1", false),
            (("repoExcludes", "lib/**"), ("matches", "**"), "v1", true),
            (("repoMatches", "p/app"), ("matches", "**"), "v1", false),
            (("repoMatches", ""), ("matches", ""), "v1", true),
        ] {
            let rules = Rules(selectors(&rule(repositories, tags)).unwrap().into_iter().collect());
            assert_eq!(rules.protect(&app, tag), expected, "{repositories:?} {tags:?} {tag}");
        }
    }

    #[test]
    fn a_rule_that_cannot_be_read_is_an_error() {
        assert!(read("junk").is_err());
        assert!(selectors(&rule(("repoMatches", "["), ("matches", "v*"))).is_err());
        assert!(selectors(&rule(("repoMatches", "**"), ("matches", "{v"))).is_err());
    }

    #[test]
    fn a_rule_without_selectors_protects_nothing() {
        assert!(check(&ImmutableRule::default()).is_ok());
        assert!(selectors(&ImmutableRule::default()).unwrap().is_none());
    }

    #[test]
    fn what_only_looks_like_protection_is_refused() {
        let good = rule(("repoMatches", "**"), ("matches", "v*"));
        assert!(check(&good).is_ok() && content(&good).is_ok());
        let long = ImmutableRule { template: "t".repeat(RULE_BYTES_MAX), ..good.clone() };
        assert!(matches!(content(&long), Err(Error::BadRequest(_))));
        let other_kind = ImmutableSelector { kind: "shoe".to_owned(), ..selector("matches", "a") };
        let scopes = BTreeMap::from([("planet".to_owned(), vec![selector("repoMatches", "**")])]);
        for bad in [
            rule(("repoMatches", "**"), ("repoMatches", "v*")),
            rule(("matches", "**"), ("matches", "v*")),
            rule(("repoMatches", "["), ("matches", "v*")),
            rule(("repoMatches", "**"), ("matches", "{v")),
            ImmutableRule { tag_selectors: Some(vec![other_kind]), ..good.clone() },
            ImmutableRule { scope_selectors: scopes, ..good },
        ] {
            assert!(matches!(check(&bad), Err(Error::BadRequest(_))), "{bad:?}");
        }
    }
}
