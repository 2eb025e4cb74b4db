//! What an operation would do, counted by few queries before anything is done.

use std::collections::BTreeSet;

use berth_db::{
    Conn,
    query::{
        self,
        selection::{self, Effect, Selected, Which},
        whole::{self, Content},
    },
};
use berth_types::{
    ErrorCode, ProjectId, ProjectName, RepoName, Role, UserId,
    api::{BulkFailure, BulkKind, BulkPreview, BulkRequest},
};
use tokio::sync::Semaphore;

use super::{
    ITEMS_MAX, SHOWN_MAX, counted,
    deed::{Deed, Own},
    item::{is_artifact, repository_of},
    order::{Order, Place},
    too_many,
};
use crate::{
    Actor, Domain, Error, Result, artifact,
    authz::{DeleteProject, ProjectAccess, SignedIn},
    immutable::Rules,
    manifest::{self, Taken},
    member, policy, project, transfer,
};

/// The most tags that are held against the rules of a project. More is not shown beforehand; the rules hold all the same.
const TAGS_MAX: i64 = 200_000;

/// Names that a preview says.
const NAMED_SHOWN_MAX: i64 = 20;

/// Each may look at fifty thousand artifacts and at all that they hold.
static TURNS: Semaphore = Semaphore::const_new(2);

/// What an operation would do.
///
/// # Errors
/// As [`super::begin`].
pub async fn preview(domain: &Domain, access: &SignedIn, request: &BulkRequest) -> Result<BulkPreview> {
    let actor = access.actor();
    let order = Order::read(request)?;
    let place = order.check(domain, actor).await?;
    let _turn = TURNS.acquire().await.map_err(Error::internal)?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let selected = order.selected(conn.backend(), place, actor);
    let closing = order.closing(conn.backend(), place);
    let items = counted(&mut conn, &selected, closing.as_ref()).await?;
    if items > ITEMS_MAX {
        return Err(too_many());
    }
    let unknown = match &order.which {
        Which::Named(_) => {
            let mut there = selected.items(&mut conn, ITEMS_MAX).await?;
            if let Some(closing) = &closing {
                there.extend(closing.items(&mut conn, ITEMS_MAX).await?);
            }
            order.unknown(&there)
        }
        Which::All(_) => Vec::new(),
    };
    let mut kept = kept(&mut conn, &order, place, &selected, actor).await?;
    if let Some(closing) = &closing {
        let staying = kept_open(&mut conn, closing, &kept).await?;
        kept.extend(staying);
    }
    let staying: Vec<String> = kept.iter().map(|failure| failure.item.clone()).collect();
    let selected = selected.without(&staying);
    let effect = effect(&mut conn, &order, place, &selected).await?;
    let mut named = match closing {
        Some(closing) => closing.without(&staying).names(&mut conn, NAMED_SHOWN_MAX).await?,
        None => Vec::new(),
    };
    named.extend(selected.names(&mut conn, NAMED_SHOWN_MAX).await?);
    named.truncate(usize::try_from(NAMED_SHOWN_MAX).unwrap_or(usize::MAX));
    let (label, (shared, shared_count)) = labelling(&mut conn, &order, place, &selected).await?;
    let shown = usize::try_from(SHOWN_MAX).unwrap_or(usize::MAX);
    Ok(BulkPreview {
        items,
        named,
        unknown: unknown.into_iter().take(shown).collect(),
        tags: effect.tags,
        manifests: effect.manifests,
        bytes: effect.bytes,
        labelled: effect.labelled,
        label,
        shared,
        shared_count,
        admins: effect.admins,
        kept_count: i64::try_from(kept.len()).unwrap_or(i64::MAX),
        kept: kept.into_iter().take(shown).collect(),
    })
}

async fn effect(conn: &mut Conn<'_>, order: &Order, place: Place, selected: &Selected) -> Result<Effect> {
    Ok(match (&order.action, place) {
        (Deed::DeleteTags(_), _) => selection::effect_on_tags(conn, selected).await?,
        (Deed::DeleteArtifacts(_) | Deed::Move(..), Place::Repository { project, .. }) => {
            selection::effect_on_artifacts(conn, project, selected).await?
        }
        (Deed::DeleteRepositories(_), Place::Project(project)) => {
            selection::effect_on_repositories(conn, project, selected).await?
        }
        (Deed::MoveRepositories(..), Place::Project(project)) => {
            selection::effect_on_artifacts(conn, project, selected).await?
        }
        (Deed::RemoveMembers(..), Place::Project(project)) => {
            let admins = selection::others_with_role(conn, project, Role::ProjectAdmin.id(), selected).await?;
            Effect { admins: Some(admins), ..Effect::default() }
        }
        (Deed::SetRole(_, role, _), Place::Project(project)) => {
            let mut admins = selection::others_with_role(conn, project, Role::ProjectAdmin.id(), selected).await?;
            if *role == Role::ProjectAdmin {
                admins += selected.count(conn, ITEMS_MAX).await?;
            }
            Effect { admins: Some(admins), ..Effect::default() }
        }
        (Deed::DeleteLabels(_), _) => selection::effect_on_labels(conn, selected).await?,
        (
            Deed::DeleteArtifacts(_)
            | Deed::DeleteRepositories(_)
            | Deed::CopyRepositories(..)
            | Deed::MoveRepositories(..)
            | Deed::AddLabel(..)
            | Deed::RemoveLabel(..)
            | Deed::Copy(..)
            | Deed::Move(..)
            | Deed::DeleteUsers
            | Deed::DeleteRobots(_)
            | Deed::SwitchRobots(..)
            | Deed::RemoveMembers(..)
            | Deed::SetRole(..)
            | Deed::DeleteProjects,
            _,
        ) => Effect::default(),
    })
}

/// The label that is put on or taken off, and the tags that share it without being selected.
async fn labelling(
    conn: &mut Conn<'_>,
    order: &Order,
    place: Place,
    selected: &Selected,
) -> Result<(Option<String>, (Vec<String>, i64))> {
    let (Deed::AddLabel(_, id) | Deed::RemoveLabel(_, id), Place::Repository { project, .. }) = (&order.action, place)
    else {
        return Ok(Default::default());
    };
    // A label of another project is refused when it comes to it, and is not told.
    let label = query::label::get(conn, *id).await?;
    let label = label.filter(|label| label.project_id.is_none_or(|of| of == project)).map(|label| label.name);
    let shared = match order.kind() {
        BulkKind::Tags => query::label::sharing(conn, selected, NAMED_SHOWN_MAX).await?,
        _ => Default::default(),
    };
    Ok((label, shared))
}

/// What will stay, and why.
async fn kept(
    conn: &mut Conn<'_>,
    order: &Order,
    place: Place,
    selected: &Selected,
    actor: &Actor,
) -> Result<Vec<BulkFailure>> {
    let protected = |item: &str, tag: &str| BulkFailure {
        item: item.to_owned(),
        name: String::new(),
        code: ErrorCode::Precondition.as_str().to_owned(),
        message: format!("the tag {tag} configured as immutable, cannot be deleted"),
    };
    Ok(match (&order.action, place) {
        (Deed::DeleteTags(repo), Place::Repository { project, .. }) => {
            let rules = Rules::load(conn, ProjectId(project)).await?;
            if rules.is_empty() {
                return Ok(Vec::new());
            }
            let tags = selected.items(conn, ITEMS_MAX).await?;
            tags.iter().filter(|tag| rules.protect(repo, tag)).map(|tag| protected(tag, tag)).collect()
        }
        (Deed::DeleteArtifacts(repo), Place::Repository { project, .. }) => {
            once(kept_artifacts(conn, project, repo, selected, protected).await?)
        }
        (Deed::Move(from, target, taken), Place::Repository { project, .. }) => {
            let mut kept = kept_artifacts(conn, project, from, selected, protected).await?;
            kept.extend(refused_there(conn, target, selected, *taken).await?);
            once(kept)
        }
        (Deed::DeleteRepositories(_), Place::Project(project)) => {
            let rules = Rules::load(conn, ProjectId(project)).await?;
            if rules.is_empty() {
                return Ok(Vec::new());
            }
            let tags = selection::tags_of_repositories(conn, selected, TAGS_MAX).await?;
            let tags = tags.iter().filter_map(|(name, tag)| Some((name, name.parse().ok()?, tag)));
            once(by_rule(&rules, tags, protected).collect())
        }
        (Deed::MoveRepositories(from, target, taken), Place::Project(project)) => {
            once(kept_contents(conn, project, (from, target), selected, *taken).await?)
        }
        (Deed::DeleteUsers, _) => {
            let own = actor.user_id();
            let ids = selected.items(conn, ITEMS_MAX).await?;
            let kept = ids.into_iter().filter(|id| {
                let id = id.parse().map(UserId).ok();
                id == Some(UserId::ADMIN) || (id.is_some() && id == own)
            });
            kept.map(|item| BulkFailure {
                message: format!("User with ID {item} cannot be deleted"),
                item,
                name: String::new(),
                code: ErrorCode::Forbidden.as_str().to_owned(),
            })
            .collect()
        }
        (Deed::RemoveMembers(_, Own::Spared) | Deed::SetRole(_, _, Own::Spared), Place::Project(project)) => {
            let Some(user) = actor.user_id() else { return Ok(Vec::new()) };
            let own = query::member::of_user(conn, project, user.0).await?;
            own.map(|own| named(own.id, own.name, &member::spared())).into_iter().collect()
        }
        (Deed::DeleteProjects, _) => kept_projects(conn, selected, actor).await?,
        (
            Deed::DeleteTags(_)
            | Deed::DeleteArtifacts(_)
            | Deed::DeleteRepositories(_)
            | Deed::CopyRepositories(..)
            | Deed::MoveRepositories(..)
            | Deed::AddLabel(..)
            | Deed::RemoveLabel(..)
            | Deed::Copy(..)
            | Deed::Move(..)
            | Deed::DeleteRobots(_)
            | Deed::SwitchRobots(..)
            | Deed::RemoveMembers(..)
            | Deed::SetRole(..)
            | Deed::DeleteLabels(_),
            _,
        ) => Vec::new(),
    })
}

/// Projects that the caller may not delete, and those that are not empty.
async fn kept_projects(conn: &mut Conn<'_>, selected: &Selected, actor: &Actor) -> Result<Vec<BulkFailure>> {
    let user = actor.user_id().map_or(0, |id| id.0);
    let found = selection::standings(conn, selected, user, ITEMS_MAX).await?;
    let kept = found.into_iter().filter_map(|(standing, repositories)| {
        let refused = match ProjectAccess::<DeleteProject>::decide(actor, Some(&standing), &standing.name) {
            Err(error) => error,
            Ok(_) if repositories > 0 => project::not_empty(),
            Ok(_) => return None,
        };
        Some(named(standing.id, standing.name, &refused))
    });
    Ok(kept.collect())
}

/// Artifacts that cannot go from where they are.
async fn kept_artifacts(
    conn: &mut Conn<'_>,
    project: i64,
    repo: &RepoName,
    selected: &Selected,
    protected: impl Fn(&str, &str) -> BulkFailure,
) -> Result<Vec<BulkFailure>> {
    let listed = selection::listed_elsewhere(conn, selected, ITEMS_MAX).await?;
    let listed = listed.into_iter().map(|item| failure(item, &artifact::listed()));
    let mut kept: Vec<BulkFailure> = listed.collect();
    let rules = Rules::load(conn, ProjectId(project)).await?;
    if !rules.is_empty() {
        let tags = selection::tags_of_artifacts(conn, selected, TAGS_MAX).await?;
        let tags = tags.iter().map(|(digest, tag)| (digest, repo.clone(), tag));
        kept.extend(by_rule(&rules, tags, protected));
    }
    Ok(kept)
}

/// Artifacts with a tag that the target has on something else and does not give up.
async fn refused_there(
    conn: &mut Conn<'_>,
    target: &RepoName,
    selected: &Selected,
    taken: Taken,
) -> Result<Vec<BulkFailure>> {
    let Some(there) = query::registry::repository(conn, target.as_str()).await? else { return Ok(Vec::new()) };
    let tags = selection::tags_taken(conn, selected, there.id, TAGS_MAX).await?;
    if taken == Taken::Refused {
        return Ok(tags.into_iter().map(|(item, tag)| failure(item, &manifest::taken(target, &tag))).collect());
    }
    let rules = Rules::load(conn, ProjectId(there.project_id)).await?;
    let tags = tags.into_iter().filter(|(_, tag)| rules.protect(target, tag));
    Ok(tags.map(|(item, tag)| failure(item, &policy::unmovable(target, &tag))).collect())
}

/// Artifacts of whole repositories that cannot go, or that the other project does not take.
async fn kept_contents(
    conn: &mut Conn<'_>,
    project: i64,
    (from, target): (&ProjectName, &ProjectName),
    selected: &Selected,
    taken: Taken,
) -> Result<Vec<BulkFailure>> {
    let mut kept = Vec::new();
    let rules = Rules::load(conn, ProjectId(project)).await?;
    if !rules.is_empty() {
        for Content { item, repository, tag } in whole::tags_of_contents(conn, selected, TAGS_MAX).await? {
            if repository.parse().is_ok_and(|repo| rules.protect(&repo, &tag)) {
                kept.push(failure(item, &policy::kept(&tag)));
            }
        }
    }
    let Some(there) = query::project::standing_by_name(conn, target.as_str(), 0).await? else { return Ok(kept) };
    let rules = Rules::load(conn, ProjectId(there.id)).await?;
    let names = (from.as_str(), target.as_str());
    for Content { item, repository, tag } in whole::contents_taken(conn, selected, names, TAGS_MAX).await? {
        let Ok(repo) = repository.parse() else { continue };
        if taken == Taken::Refused {
            kept.push(failure(item, &manifest::taken(&repo, &tag)));
        } else if rules.protect(&repo, &tag) {
            kept.push(failure(item, &policy::unmovable(&repo, &tag)));
        }
    }
    Ok(kept)
}

/// Repositories that are moved and cannot be closed: an artifact stays in them, or somebody pushes to them.
async fn kept_open(conn: &mut Conn<'_>, closing: &Selected, kept: &[BulkFailure]) -> Result<Vec<BulkFailure>> {
    let artifacts = kept.iter().map(|failure| &*failure.item).filter(|item| is_artifact(item));
    let held: BTreeSet<&str> = artifacts.map(repository_of).collect();
    let receiving = query::whole::receiving(conn, closing, ITEMS_MAX).await?;
    let of = |name: &str, error: fn(&RepoName) -> Error| {
        let repo: RepoName = name.parse().ok()?;
        Some(failure(name.to_owned(), &error(&repo)))
    };
    let receiving = receiving.iter().filter(|name| !held.contains(name.as_str()));
    let receiving: Vec<_> = receiving.filter_map(|name| of(name, transfer::receives)).collect();
    Ok(held.iter().filter_map(|name| of(name, transfer::holds)).chain(receiving).collect())
}

fn failure(item: String, error: &Error) -> BulkFailure {
    BulkFailure { item, name: String::new(), code: error.code().as_str().to_owned(), message: error.to_string() }
}

/// The same of what people know by another name.
fn named(id: i64, name: String, error: &Error) -> BulkFailure {
    BulkFailure { name, ..failure(id.to_string(), error) }
}

fn by_rule<'t>(
    rules: &Rules,
    tags: impl Iterator<Item = (&'t String, RepoName, &'t String)>,
    protected: impl Fn(&str, &str) -> BulkFailure,
) -> impl Iterator<Item = BulkFailure> {
    tags.filter(|(_, repo, tag)| rules.protect(repo, tag)).map(move |(item, _, tag)| protected(item, tag))
}

/// The first reason of each thing.
fn once(kept: Vec<BulkFailure>) -> Vec<BulkFailure> {
    let mut seen = BTreeSet::new();
    kept.into_iter().filter(|failure| seen.insert(failure.item.clone())).collect()
}
