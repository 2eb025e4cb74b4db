//! Robots and personal tokens.

use berth_types::Timestamp;

use crate::{Conn, Result, Row, args};

/// What an identity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A robot account; its name is stored without the prefix.
    Robot,
    /// A token that stands for a person's password.
    PersonalToken,
}

impl Kind {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Robot => "robot",
            Kind::PersonalToken => "token",
        }
    }
}

/// A robot or a personal token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Row id.
    pub id: i64,
    /// Name, unique within its kind.
    pub name: String,
    /// The person whose token it is.
    pub user_id: Option<i64>,
    /// The project whose robot it is.
    pub project_id: Option<i64>,
    /// Keyed hash of a generated secret.
    pub secret_hash: Option<Vec<u8>>,
    /// argon2id PHC string of a chosen secret.
    pub secret_phc: Option<String>,
    /// Permissions as JSON.
    pub permissions: String,
    /// Whether it is switched off.
    pub disabled: bool,
    /// Counts changes of rights and secrets.
    pub epoch: i64,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// The secret of a robot before the present one, where that was to go on working for a while.
    pub former: Option<Former>,
}

/// A secret that another one has replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    /// Keyed hash of a generated secret.
    pub secret_hash: Option<Vec<u8>>,
    /// argon2id PHC string of a chosen secret.
    pub secret_phc: Option<String>,
    /// When it ends.
    pub until: Timestamp,
}

/// The columns of an [`Identity`], in its order.
const COLUMNS: &str =
    "id, name, user_id, project_id, secret_hash, secret_phc, permissions, disabled, epoch, expires_at, former_hash,
     former_phc, former_until";

impl Identity {
    fn read(row: &Row) -> Result<Self> {
        let former = match row.get::<Option<Timestamp>>(12)? {
            Some(until) => Some(Former { secret_hash: row.get(10)?, secret_phc: row.get(11)?, until }),
            None => None,
        };
        Ok(Identity {
            id: row.get(0)?,
            name: row.get(1)?,
            user_id: row.get(2)?,
            project_id: row.get(3)?,
            secret_hash: row.get(4)?,
            secret_phc: row.get(5)?,
            permissions: row.get(6)?,
            disabled: row.get(7)?,
            epoch: row.get(8)?,
            expires_at: row.get(9)?,
            former,
        })
    }
}

/// Makes a robot or a personal token.
///
/// # Errors
/// [`crate::DbError::Unique`] where the name is taken.
pub async fn insert(conn: &mut Conn<'_>, kind: Kind, new: &Identity, now: Timestamp) -> Result<i64> {
    conn.insert(
        "INSERT INTO identities (kind, name, user_id, project_id, secret_hash, secret_phc, permissions, disabled,
             expires_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) RETURNING id",
        args![
            kind.as_str(),
            &new.name,
            new.user_id,
            new.project_id,
            new.secret_hash.clone(),
            new.secret_phc.clone(),
            &new.permissions,
            new.disabled,
            new.expires_at,
            now
        ],
    )
    .await
}

/// An identity by name.
///
/// # Errors
/// As the database says.
pub async fn find_by_name(conn: &mut Conn<'_>, kind: Kind, name: &str) -> Result<Option<Identity>> {
    let sql = format!("SELECT {COLUMNS} FROM identities WHERE kind = $1 AND name = $2");
    conn.row(&sql, args![kind.as_str(), name]).await?.as_ref().map(Identity::read).transpose()
}

/// An identity by id.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn<'_>, id: i64) -> Result<Option<Identity>> {
    let sql = format!("SELECT {COLUMNS} FROM identities WHERE id = $1");
    conn.row(&sql, args![id]).await?.as_ref().map(Identity::read).transpose()
}
