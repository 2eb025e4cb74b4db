//! Working off an operation, item by item, as whoever asked for it.

use berth_db::query::{
    self,
    bulk::{Item, Operation, Owner},
};
use berth_types::{
    Digest, MemberId, ProjectId, ProjectName, Reference, RepoName, RobotId, UserId,
    api::{BulkRequest, RobotChange},
};

use super::{
    deed::{Deed, Own},
    item::WholeItem,
    order::Order,
};
use crate::{
    Actor, Domain, Error, Result, artifact,
    authz::{
        AddLabel, CreateArtifact, DeleteArtifact, DeleteLabel, DeleteMember, DeleteProject, DeleteRepository,
        DeleteRobot, DeleteTag, DeleteUser, LabelAccess, ProjectAccess, ProjectAction, ReadArtifact, ReadRobot,
        RemoveLabel, RobotAccess, SystemAccess, UpdateMember, UpdateRobot,
    },
    copy, identity, label, member, project, repository, robot, tag, token, transfer, user,
};

/// Items whose ends are written down together. Whoever asked is looked up again for as many.
const BATCH: i64 = 20;
/// The longest text of a failure, in characters.
const MESSAGE_CHARS_MAX: usize = 500;

/// How far a run came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Items of the operation.
    pub total: i64,
    /// Items that are done.
    pub done: i64,
    /// Items that failed.
    pub failed: i64,
    /// Whether it was asked to stop before the end.
    #[serde(skip)]
    pub stopped: bool,
}

/// Works off what waits of an operation. It may have been begun before; what is done already is not done again.
///
/// # Errors
/// Where the database does not answer, or a thing is busy: then the operation goes on from there another time.
pub async fn run(domain: &Domain, operation: i64, wants_stop: &(dyn Fn() -> bool + Send + Sync)) -> Result<Report> {
    let Some(row) = find(domain, operation).await? else { return Ok(Report::default()) };
    let request: BulkRequest = serde_json::from_str(&row.wanted).map_err(Error::internal)?;
    let order = Order::begun(&request)?;
    let mut after = 0;
    loop {
        if wants_stop() {
            return Ok(Report { stopped: true, ..report(domain, operation).await? });
        }
        let mut reader = domain.db.reader().await?;
        let items = query::bulk::waiting(&mut reader.conn(), operation, after, BATCH).await?;
        drop(reader);
        let Some(last) = items.last() else { break };
        after = last.id;
        let actor = match actor_of(domain, &row).await? {
            Ok(actor) => actor,
            Err(gone) => {
                give_up(domain, operation, gone).await?;
                break;
            }
        };
        settle(domain, operation, &order, &actor, &items).await?;
    }
    let args = (operation, domain.now());
    let ended: Result<()> = domain
        .db
        .write(args, |tx, (operation, now)| {
            Box::pin(async move { Ok(query::bulk::finish(tx, *operation, *now).await?) })
        })
        .await;
    ended?;
    report(domain, operation).await
}

async fn find(domain: &Domain, operation: i64) -> Result<Option<Operation>> {
    Ok(query::bulk::find(&mut domain.db.reader().await?.conn(), operation).await?)
}

async fn report(domain: &Domain, operation: i64) -> Result<Report> {
    let row = find(domain, operation).await?;
    let report = |row: Operation| Report { total: row.total, done: row.done, failed: row.failed, stopped: false };
    Ok(row.map(report).unwrap_or_default())
}

/// What is said of all that waits where nobody stands for it any more.
type Gone = &'static str;

/// Whoever asked, with the rights of now, unless the account or the personal token is gone, or the robot switched off.
async fn actor_of(domain: &Domain, row: &Operation) -> Result<std::result::Result<Actor, Gone>> {
    const ACCOUNT: Gone = "the account that asked for it is gone";
    let actor = match row.owner {
        Owner::User(id) => {
            let Some(person) = user::account_as_it_is(domain, UserId(id)).await? else { return Ok(Err(ACCOUNT)) };
            let actor = user::actor(&person);
            match row.token_id {
                None => actor,
                Some(token) => match token::as_it_is(domain, UserId(id), token).await? {
                    Some(via) => actor.coming_with(via),
                    None => return Ok(Err("the personal access token that it was asked for with has ended")),
                },
            }
        }
        Owner::Robot(id) => {
            let Some(robot) = identity::robot(domain, RobotId(id)).await? else { return Ok(Err(ACCOUNT)) };
            identity::robot_actor(&robot, domain.settings().await?.robot_name_prefix())?
        }
    };
    Ok(Ok(actor.on_request(row.address.as_str(), row.request_id.as_str())))
}

async fn give_up(domain: &Domain, operation: i64, gone: Gone) -> Result<()> {
    domain
        .db
        .write((operation, gone), |tx, (operation, gone)| {
            Box::pin(async move {
                let code = berth_types::ErrorCode::Unauthorized.as_str();
                Ok(query::bulk::fail_rest(tx, *operation, code, gone).await?)
            })
        })
        .await
}

/// Does some items and writes down how they ended, also where one of them has to wait.
async fn settle(domain: &Domain, operation: i64, order: &Order, actor: &Actor, items: &[Item]) -> Result<()> {
    let (mut done, mut failed, mut waits) = (Vec::new(), Vec::new(), None);
    for Item { id, item, digest } in items {
        match act(domain, &order.action, actor, item, *digest).await {
            Ok(()) => done.push(*id),
            Err(error @ (Error::Unavailable(_) | Error::Busy | Error::Retry(_) | Error::Full(_))) => {
                waits = Some(error);
                break;
            }
            Err(error) => {
                if let Error::Internal(cause) = &error {
                    tracing::error!(bulk.operation = operation, bulk.item = item, cause = %cause, "an item failed");
                }
                let message = error.to_string().chars().take(MESSAGE_CHARS_MAX).collect::<String>();
                failed.push((*id, error.code().as_str().to_owned(), message));
            }
        }
    }
    let written: Result<()> = domain
        .db
        .write((operation, done, failed), |tx, (operation, done, failed)| {
            Box::pin(async move { Ok(query::bulk::settle(tx, *operation, done, failed).await?) })
        })
        .await;
    written?;
    waits.map_or(Ok(()), Err)
}

/// Does one item, with the digest that it pointed at when it was selected. All of them were there then, so one that is gone
/// is as it should be.
async fn act(domain: &Domain, deed: &Deed, actor: &Actor, item: &str, digest: Option<Digest>) -> Result<()> {
    // A tag that moved meanwhile stands for what it pointed at.
    let artifact = digest.map_or_else(|| item.to_owned(), |digest| digest.to_string());
    match deed {
        Deed::DeleteTags(repo) => {
            let access = ProjectAccess::<DeleteTag>::check(domain, actor, &repo.project()).await?;
            gone(tag::delete_selected(domain, &access, repo, item, digest).await)
        }
        Deed::DeleteArtifacts(repo) => {
            let access = ProjectAccess::<DeleteArtifact>::check(domain, actor, &repo.project()).await?;
            gone(artifact::delete(domain, &access, repo, item).await)
        }
        Deed::AddLabel(repo, id) => {
            let access = ProjectAccess::<AddLabel>::check(domain, actor, &repo.project()).await?;
            match label::add(domain, &access, repo, &artifact, *id).await {
                // It is there already.
                Err(Error::Conflict(_)) => Ok(()),
                added => added,
            }
        }
        Deed::RemoveLabel(repo, id) => {
            let access = ProjectAccess::<RemoveLabel>::check(domain, actor, &repo.project()).await?;
            gone(label::remove(domain, &access, repo, &artifact, *id).await)
        }
        Deed::Copy(from, target) => {
            let source = ProjectAccess::<ReadArtifact>::check(domain, actor, &from.project()).await?;
            let access = ProjectAccess::<CreateArtifact>::check(domain, actor, &target.project()).await?;
            match digest {
                Some(digest) => {
                    let tag = item.parse().map_err(Error::internal)?;
                    copy::copy_tag(domain, &access, target, &source, from, (&tag, digest)).await
                }
                None => {
                    let reference: Reference = item.parse().map_err(Error::internal)?;
                    copy::copy(domain, &access, target, &source, from, &reference).await
                }
            }
        }
        Deed::Move(from, target, taken) => {
            let removal = ProjectAccess::<DeleteArtifact>::check(domain, actor, &from.project()).await?;
            let access = ProjectAccess::<CreateArtifact>::check(domain, actor, &target.project()).await?;
            let digest = item.parse().map_err(Error::internal)?;
            transfer::transfer(domain, &removal, from, &access, target, &digest, *taken).await
        }
        Deed::DeleteRepositories(project) => {
            let access = ProjectAccess::<DeleteRepository>::check(domain, actor, project).await?;
            let repo = item.parse().map_err(Error::internal)?;
            gone(repository::delete(domain, &access, &repo).await)
        }
        Deed::CopyRepositories(project, target) => {
            let source = ProjectAccess::<ReadArtifact>::check(domain, actor, project).await?;
            let access = ProjectAccess::<CreateArtifact>::check(domain, actor, target).await?;
            let WholeItem::Artifact(from, digest) = WholeItem::read(item)? else {
                return Err(Error::internal("an item is no artifact"));
            };
            let repo = named_in(target, &from)?;
            copy::copy(domain, &access, &repo, &source, &from, &Reference::Digest(digest)).await
        }
        Deed::MoveRepositories(project, target, taken) => {
            let removal = ProjectAccess::<DeleteArtifact>::check(domain, actor, project).await?;
            let access = ProjectAccess::<CreateArtifact>::check(domain, actor, target).await?;
            match WholeItem::read(item)? {
                WholeItem::Artifact(from, digest) => {
                    let repo = named_in(target, &from)?;
                    gone(transfer::transfer(domain, &removal, &from, &access, &repo, &digest, *taken).await)
                }
                WholeItem::Repository(from) => {
                    let repo = named_in(target, &from)?;
                    transfer::close(domain, &removal.also()?, &from, &access, &repo).await
                }
            }
        }
        Deed::DeleteUsers => {
            let access = SystemAccess::<DeleteUser>::check(actor)?;
            gone(user::delete(domain, &access, UserId(item.parse().map_err(Error::internal)?)).await)
        }
        Deed::DeleteRobots(_) => {
            let id = RobotId(item.parse().map_err(Error::internal)?);
            match RobotAccess::<DeleteRobot>::check(domain, actor, id).await {
                Ok(access) => gone(robot::delete(domain, &access).await),
                Err(error) => gone(Err(error)),
            }
        }
        Deed::SwitchRobots(_, off) => {
            let id = RobotId(item.parse().map_err(Error::internal)?);
            let shown = robot::get(domain, &RobotAccess::<ReadRobot>::check(domain, actor, id).await?).await?;
            let access = RobotAccess::<UpdateRobot>::check(domain, actor, id).await?;
            let change = RobotChange {
                name: shown.name,
                description: shown.description,
                level: shown.level,
                disable: *off,
                duration: Some(shown.duration),
                permissions: shown.permissions,
            };
            robot::update(domain, &access, &change).await
        }
        Deed::RemoveMembers(project, own) => {
            let access = ProjectAccess::<DeleteMember>::check(domain, actor, project).await?;
            let id = MemberId(item.parse().map_err(Error::internal)?);
            spare(domain, &access, id, *own).await?;
            member::delete(domain, &access, id).await
        }
        Deed::SetRole(project, role, own) => {
            let access = ProjectAccess::<UpdateMember>::check(domain, actor, project).await?;
            let id = MemberId(item.parse().map_err(Error::internal)?);
            spare(domain, &access, id, *own).await?;
            member::update(domain, &access, id, role.id()).await
        }
        Deed::DeleteLabels(_) => {
            let id = item.parse().map_err(Error::internal)?;
            match LabelAccess::<DeleteLabel>::of(domain, actor, id).await {
                Ok(access) => gone(label::delete(domain, &access, id).await),
                Err(error) => gone(Err(error)),
            }
        }
        Deed::DeleteProjects => {
            let id = ProjectId(item.parse().map_err(Error::internal)?);
            match ProjectAccess::<DeleteProject>::check_id(domain, actor, id).await {
                Ok(access) => gone(project::delete(domain, &access).await),
                // Whoever may not is not told of one that is gone, but it was among those that the caller saw.
                Err(error) if project::is_there(domain, id).await? => Err(error),
                Err(_) => Ok(()),
            }
        }
    }
}

/// The repository of the same name in another project.
fn named_in(project: &ProjectName, repo: &RepoName) -> Result<RepoName> {
    let name = format!("{project}/{}", repo.within_project());
    name.parse().map_err(|_| Error::BadRequest(format!("{name} is no name of a repository")))
}

/// Refuses to touch the own membership where it is not meant.
async fn spare<A: ProjectAction>(domain: &Domain, access: &ProjectAccess<A>, id: MemberId, own: Own) -> Result<()> {
    match own {
        Own::Spared if member::own(domain, access).await? == Some(id) => Err(member::spared()),
        Own::Spared | Own::Meant => Ok(()),
    }
}

fn gone(done: Result<()>) -> Result<()> {
    match done {
        Err(Error::NotFound(_)) => Ok(()),
        done => done,
    }
}
