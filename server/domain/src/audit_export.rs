//! The audit log as a file, however long it is: rows are read in slices, each behind the last one, so that neither memory
//! nor a transaction grows with the log.

use std::collections::VecDeque;

use berth_db::query::audit::{self as rows, Order};
use berth_types::{Timestamp, api::AuditEntry, query::ListQuery};
use futures_util::{Stream, stream};

use crate::{Domain, Error, Result, audit, authz::AuditView};

/// Rows that are in memory at a time.
const SLICE_ROWS: i64 = 500;

/// The entries that somebody may see, newest first, or oldest first where `sort` says `op_time`.
///
/// Entries that come while it runs are left out where the newest come first.
///
/// # Errors
/// The stream ends with what the database says.
pub fn stream(domain: &Domain, view: &AuditView, query: ListQuery) -> impl Stream<Item = Result<AuditEntry>> + use<> {
    let oldest_first = query.sort.iter().any(|sort| sort.key == "op_time" && !sort.descending);
    let order = if oldest_first { Order::OldestFirst } else { Order::NewestFirst };
    let export = Export {
        domain: domain.clone(),
        view: view.clone(),
        query,
        order,
        place: None,
        slice: VecDeque::new(),
        is_last: false,
    };
    stream::unfold(Some(export), |export| async move {
        let mut export = export?;
        match export.next().await {
            Ok(Some(entry)) => Some((Ok(entry), Some(export))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    })
}

struct Export {
    domain: Domain,
    view: AuditView,
    query: ListQuery,
    order: Order,
    /// The last row that was read.
    place: Option<(Timestamp, i64)>,
    slice: VecDeque<rows::Entry>,
    is_last: bool,
}

impl Export {
    async fn next(&mut self) -> Result<Option<AuditEntry>> {
        if self.slice.is_empty() && !self.is_last {
            let mut reader = self.domain.db.reader().await.map_err(Error::from)?;
            let mut conn = reader.conn();
            let filters = &self.query.filters;
            let read = rows::behind(&mut conn, self.view.scope(), filters, self.order, self.place, SLICE_ROWS).await?;
            self.is_last = i64::try_from(read.len()).is_ok_and(|rows| rows < SLICE_ROWS);
            self.place = read.last().map(|row| (row.at, row.id)).or(self.place);
            self.slice = read.into();
        }
        Ok(self.slice.pop_front().map(audit::shown))
    }
}
