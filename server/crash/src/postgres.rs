//! The other process that can die: PostgreSQL.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use sqlx::{ConnectOptions as _, Connection, PgConnection, postgres::PgConnectOptions};

/// PostgreSQL replays its log within this time.
const RECOVERY_TIME_MAX: Duration = Duration::from_secs(60);

/// Makes an empty database on a server and says its address.
///
/// # Errors
/// As the server says.
pub async fn create_database(server: &str) -> anyhow::Result<String> {
    let name = format!("berth_{}", uuid::Uuid::new_v4().simple());
    let mut connection = connect(server).await?;
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await?;
    connection.close().await?;
    let options: PgConnectOptions = server.parse().context("the server's address")?;
    Ok(options.database(&name).to_url_lossy().to_string())
}

/// Removes a database.
///
/// # Errors
/// As the server says.
pub async fn drop_database(server: &str, url: &str) -> anyhow::Result<()> {
    let options: PgConnectOptions = url.parse().context("the database's address")?;
    let name = options.get_database().context("the address names a database")?;
    let mut connection = connect(server).await?;
    let sql = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// Makes commits of the database reach the log before they are answered, whatever the server's own setting is.
///
/// # Errors
/// As the database says.
pub async fn require_synchronous_commits(url: &str) -> anyhow::Result<()> {
    let mut connection = connect(url).await?;
    let name: String = sqlx::query_scalar("SELECT current_database()::text").fetch_one(&mut connection).await?;
    let sql = format!("ALTER DATABASE \"{name}\" SET synchronous_commit = on");
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// Waits until no session of a killed server is left: one may still be committing what its client never heard of.
///
/// # Errors
/// Where one does not end.
pub async fn wait_for_sessions(url: &str) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut connection = connect(url).await?;
    loop {
        let sql = "SELECT COUNT(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
        let count: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
        if count == 0 {
            return Ok(connection.close().await?);
        }
        ensure!(begun.elapsed() < RECOVERY_TIME_MAX, "{count} sessions of a killed server are still there");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Kills a session's process with SIGKILL. PostgreSQL then ends all others at once and replays its log, as after
/// `pg_ctl stop -m immediate`.
///
/// # Errors
/// Where there is none, or where this user may not.
pub async fn kill_backend(url: &str) -> anyhow::Result<()> {
    let mut connection = connect(url).await?;
    // One that is at work, if there is any.
    let sql = "SELECT pid FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
               ORDER BY state = 'active' DESC, xact_start DESC NULLS LAST LIMIT 1";
    let pid: Option<i32> = sqlx::query_scalar(sql).fetch_optional(&mut connection).await?;
    let Some(pid) = pid else { bail!("the server has no session") };
    let killed = Command::new("kill").args(["-KILL", &pid.to_string()]).status().context("could not start kill")?;
    ensure!(killed.success(), "could not kill PostgreSQL's process {pid}");
    Ok(())
}

/// Waits until PostgreSQL has replayed its log.
async fn connect(url: &str) -> anyhow::Result<PgConnection> {
    let begun = Instant::now();
    loop {
        match PgConnection::connect(url).await {
            Ok(connection) => return Ok(connection),
            Err(error) if begun.elapsed() > RECOVERY_TIME_MAX => {
                return Err(error).context("PostgreSQL does not come back");
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}
