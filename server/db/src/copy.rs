//! Copies of an embedded database: made while it is in use, and read where they lie.

use std::{
    fs::File,
    path::Path,
    sync::{Mutex, PoisonError},
};

use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};

use crate::{Conn, Db, DbError, Driver, Result, sqlite_connection};

impl Db {
    /// Copies an embedded database into the new file `to`, as it is at one moment. Others read and write on meanwhile.
    /// The copy is durable, and one file without a log beside it.
    ///
    /// # Errors
    /// [`DbError::Other`] for PostgreSQL, which has tools of its own; what SQLite or the disk says.
    pub async fn copy_to(&self, to: &Path) -> Result<()> {
        let Driver::Sqlite { path, .. } = &self.inner.driver else {
            return Err(DbError::Other("PostgreSQL is backed up by its own tools".to_owned()));
        };
        let (from, to) = (path.clone(), to.to_owned());
        let copying = tokio::task::spawn_blocking(move || copy(&from, &to));
        copying.await.map_err(|error| DbError::Other(error.to_string()))?
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let source = sqlite_connection(from, true)?;
    let mut target = Connection::open(to)?;
    // All pages in one step are one read transaction, so nothing that is written meanwhile makes it begin again.
    let step = Backup::new(&source, &mut target)?.step(-1)?;
    if step != StepResult::Done {
        return Err(DbError::Unavailable("the database is locked".to_owned()));
    }
    target.pragma_update(None, "journal_mode", "DELETE")?;
    target.close().map_err(|(_, error)| error)?;
    sync(to)
}

fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|error| DbError::Other(error.to_string()))
}

/// The copy of an embedded database, opened where it lies.
pub struct CopiedDb {
    connection: Mutex<Connection>,
}

impl CopiedDb {
    /// Opens a copy to read it.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn open(path: &Path) -> Result<CopiedDb> {
        Self::open_with(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// Opens a copy to change it before somebody uses it.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn open_for_change(path: &Path) -> Result<CopiedDb> {
        Self::open_with(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    fn open_with(path: &Path, access: OpenFlags) -> Result<CopiedDb> {
        let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        Ok(CopiedDb { connection: Mutex::new(connection) })
    }

    /// The connection, to pass to queries.
    pub fn conn(&self) -> Conn<'_> {
        Conn::sqlite(&self.connection)
    }

    /// What SQLite finds wrong with the file.
    ///
    /// # Errors
    /// As SQLite says.
    pub async fn check(&self) -> Result<Vec<String>> {
        crate::query::fsck::integrity(&mut self.conn(), false).await
    }

    /// Closes it. What was changed is durable.
    ///
    /// # Errors
    /// As SQLite says.
    pub fn close(self) -> Result<()> {
        let connection = self.connection.into_inner().unwrap_or_else(PoisonError::into_inner);
        connection.close().map_err(|(_, error)| error.into())
    }
}
