//! The witness about an operation on many things.

use berth_db::query::{self, bulk::Owner};

use super::SignedIn;
use crate::{Actor, ActorKind, Domain, Error, Result};

/// Proof that somebody may see an operation on many things: whoever asked for it, and administrators.
#[derive(Clone, Debug)]
pub struct OperationAccess {
    operation: query::bulk::Operation,
    actor: Actor,
}

impl OperationAccess {
    /// Finds it and checks. An operation of somebody else is as if it was not there.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] for anonymous callers, [`Error::NotFound`] for an operation that is not there or not
    /// theirs.
    pub async fn check(domain: &Domain, actor: &Actor, id: i64) -> Result<Self> {
        SignedIn::check(actor)?;
        let found = query::bulk::find(&mut domain.db.reader().await?.conn(), id).await?;
        let own = owner_of(actor);
        let found = found.filter(|operation| actor.is_sysadmin() || own == Some(operation.owner));
        let operation = found.ok_or_else(|| Error::NotFound(format!("operation {id} not found")))?;
        Ok(OperationAccess { operation, actor: actor.clone() })
    }

    /// Who may.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The operation as it was when the caller was checked.
    pub(crate) fn operation(&self) -> &query::bulk::Operation {
        &self.operation
    }
}

/// Whose operations are a caller's own; nobody's for a caller without a row.
pub(crate) fn owner_of(actor: &Actor) -> Option<Owner> {
    match &actor.kind {
        ActorKind::User { id, .. } => Some(Owner::User(id.0)),
        ActorKind::Robot { id, .. } => Some(Owner::Robot(id.0)),
        ActorKind::Anonymous | ActorKind::System => None,
    }
}
