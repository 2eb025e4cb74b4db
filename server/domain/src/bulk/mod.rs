//! Operations on many things at once: the selection is noted when it is asked for, a job works it off item by item as
//! whoever asked, and what failed stays to be read.

mod deed;
mod item;
mod order;
mod preview;
mod run;

use berth_db::{
    Conn,
    query::{
        self,
        job::NewJob,
        selection::{Selected, Which},
    },
};
use berth_types::{
    api::{BulkFailure, BulkOperation, BulkRequest, BulkStatus},
    page::Page,
};

pub use self::{
    preview::preview,
    run::{Report, run},
};
use crate::{
    Domain, Error, Result,
    actor::Via,
    authz::{OperationAccess, SignedIn, owner_of},
};
use order::Order;

/// The kind of the job.
pub const KIND: &str = "bulk";

/// Things that may be named one by one.
const NAMED_MAX: usize = 1000;
/// Things that one operation may be about.
const ITEMS_MAX: i64 = 50_000;
/// Operations of one caller that may wait or run.
const UNFINISHED_MAX: i64 = 10;
/// Failures that an answer shows.
const SHOWN_MAX: i64 = 100;
/// How long an operation can be looked at, in seconds.
const KEPT_SECONDS: i64 = 30 * 24 * 60 * 60;
/// Old operations that go when a new one is asked for.
const FORGOTTEN_MAX: i64 = 2;
/// How often the job may be begun: it goes on where it was.
const ATTEMPTS_MAX: i64 = 5;

/// Begins an operation and says its id. What is selected at this moment is what it is about.
///
/// # Errors
/// [`Error::BadRequest`] for what makes no sense or selects too much, [`Error::Precondition`] where too many operations of
/// the caller are under way, and as the check of the action says.
pub async fn begin(domain: &Domain, access: &SignedIn, request: &BulkRequest) -> Result<i64> {
    let actor = access.actor();
    let order = Order::read(request)?;
    let owner = owner_of(actor).ok_or_else(|| Error::Forbidden("forbidden".to_owned()))?;
    let place = order.check(domain, actor).await?;
    let wanted = BulkRequest { items: Vec::new(), ..request.clone() };
    let new = query::bulk::New {
        owner,
        wanted: serde_json::to_string(&wanted).map_err(Error::internal)?,
        address: actor.address.to_string(),
        request_id: actor.request_id.to_string(),
        token_id: match actor.via {
            Via::Token { id, .. } => Some(id),
            Via::Own => None,
        },
    };
    // Refused before anything is written, and where nobody else waits for the writer.
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let selected = order.selected(conn.backend(), place, actor);
    let closing = order.closing(conn.backend(), place);
    if counted(&mut conn, &selected, closing.as_ref()).await? > ITEMS_MAX {
        return Err(too_many());
    }
    drop(reader);
    let begun = domain
        .db
        .write((new, order, place, actor.clone(), domain.now()), |tx, (new, order, place, actor, now)| {
            Box::pin(async move {
                if query::bulk::unfinished(tx, new.owner).await? >= UNFINISHED_MAX {
                    let text = format!("{UNFINISHED_MAX} operations are under way; wait until one has ended");
                    return Err(Error::Precondition(text));
                }
                query::bulk::forget(tx, now.plus_seconds(-KEPT_SECONDS), FORGOTTEN_MAX).await?;
                let id = query::bulk::insert(tx, new, *now).await?;
                let selected = order.selected(tx.backend(), *place, actor);
                let mut count = query::bulk::fill(tx, id, &selected.to_note(), ITEMS_MAX + 1).await?;
                if let Some(closing) = order.closing(tx.backend(), *place) {
                    count += query::bulk::fill(tx, id, &closing.to_note(), ITEMS_MAX + 1).await?;
                }
                // What came in the meantime counts as well.
                if count > ITEMS_MAX {
                    return Err(too_many());
                }
                let unknown = match &order.which {
                    Which::Named(_) => order.unknown(&query::bulk::items(tx, id).await?),
                    Which::All(_) => Vec::new(),
                };
                if count == 0 && unknown.is_empty() {
                    return Err(Error::BadRequest("nothing is selected".to_owned()));
                }
                query::bulk::add_failed(tx, id, &unknown, berth_types::ErrorCode::NotFound.as_str(), order.absent())
                    .await?;
                let failed = i64::try_from(unknown.len()).unwrap_or(i64::MAX);
                let job = NewJob {
                    kind: KIND.to_owned(),
                    unique_key: Some(id.to_string()),
                    cause: "manual".to_owned(),
                    payload: serde_json::json!({ "operation": id }).to_string(),
                    attempts_max: ATTEMPTS_MAX,
                    ..NewJob::default()
                };
                let job = query::job::enqueue(tx, &job, *now).await?.id();
                query::bulk::begin(tx, id, job, count.saturating_add(failed), failed).await?;
                Ok(id)
            })
        })
        .await?;
    domain.jobs().notify_one();
    Ok(begun)
}

/// How many items there are, counted no further than it matters.
async fn counted(conn: &mut Conn<'_>, selected: &Selected, closing: Option<&Selected>) -> Result<i64> {
    let mut count = selected.count(conn, ITEMS_MAX + 1).await?;
    if let Some(closing) = closing {
        count += closing.count(conn, ITEMS_MAX + 1).await?;
    }
    Ok(count)
}

fn too_many() -> Error {
    Error::BadRequest(format!("more than {ITEMS_MAX} are selected; narrow the list"))
}

/// How far an operation is, and what failed.
///
/// # Errors
/// What the database says.
pub async fn status(domain: &Domain, access: &OperationAccess) -> Result<BulkOperation> {
    let row = access.operation();
    let failures = query::bulk::failures(&mut domain.db.reader().await?.conn(), row.id, SHOWN_MAX).await?;
    let failed = |row: query::bulk::Failed| BulkFailure {
        item: row.item,
        name: row.shown,
        code: row.code,
        message: row.message,
    };
    Ok(BulkOperation {
        id: row.id,
        request: serde_json::from_str(&row.wanted).map_err(Error::internal)?,
        status: standing(row),
        total: row.total,
        done: row.done,
        failed: row.failed,
        failures: failures.into_iter().map(failed).collect(),
        creation_time: row.created_at,
        end_time: row.finished_at,
    })
}

fn standing(row: &query::bulk::Operation) -> BulkStatus {
    match (row.finished_at, row.job_status.as_deref()) {
        (Some(_), _) => BulkStatus::Finished,
        (None, Some("pending")) => BulkStatus::Pending,
        (None, Some("running")) => BulkStatus::Running,
        (None, Some(_) | None) => BulkStatus::Stopped,
    }
}

/// A page that holds everything: the pages of a selection mean nothing.
fn whole() -> Page {
    Page::default()
}
