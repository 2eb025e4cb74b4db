//! One read and one write through both ways to the database: sea-orm, and the connection of the hot paths.

use std::time::Instant;

use berth_db::{Db, DbError, args, entity::settings, sea_orm::EntityTrait};
use futures_util::future::try_join_all;
use tempfile::TempDir;

const ROWS: usize = 20_000;
const READS: usize = 20_000;
const WRITERS: usize = 64;

pub async fn run() -> anyhow::Result<()> {
    println!(
        "| database, {ROWS} rows, {READS} reads | µs each (wall) | CPU µs each | each second |\n|---|---|---|---|"
    );
    let folder = TempDir::new()?;
    measure("SQLite", &Db::open_sqlite(&folder.path().join("bench.db")).await?).await?;
    #[expect(clippy::disallowed_methods, reason = "the bench is told by its caller where PostgreSQL is")]
    let url = std::env::var("BERTH_TEST_POSTGRES_URL");
    match url {
        Ok(url) => measure("PostgreSQL", &Db::open_postgres(&url, 16).await?).await?,
        Err(_) => println!("| PostgreSQL: `BERTH_TEST_POSTGRES_URL` is not set, not measured | | | |"),
    }
    println!();
    Ok(())
}

async fn measure(name: &str, db: &Db) -> anyhow::Result<()> {
    let key = |row: usize| format!("bench-{row}");
    let clock = Clock::start();
    let tasks = (0..WRITERS).map(|writer| async move {
        for row in (writer..ROWS).step_by(WRITERS) {
            db.write(key(row), |tx, key| {
                Box::pin(async move {
                    let sql = "INSERT INTO settings (key, value, updated_at) VALUES ($1, '1', 0) ON CONFLICT (key) DO NOTHING";
                    tx.execute(sql, args![key]).await?;
                    Ok::<_, DbError>(())
                })
            })
            .await?;
        }
        Ok::<_, DbError>(())
    });
    try_join_all(tasks).await?;
    clock.report(&format!("{name}: durable write, {WRITERS} writers, grouped"), ROWS);

    let clock = Clock::start();
    for row in 0..READS / 40 {
        db.write(key(row), |tx, key| {
            Box::pin(async move {
                tx.execute("UPDATE settings SET updated_at = updated_at + 1 WHERE key = $1", args![key]).await?;
                Ok::<_, DbError>(())
            })
        })
        .await?;
    }
    clock.report(&format!("{name}: durable write, one writer"), READS / 40);

    let clock = Clock::start();
    for row in 0..READS {
        let mut reader = db.reader().await?;
        reader.conn().row("SELECT value FROM settings WHERE key = $1", args![key(row % ROWS)]).await?;
    }
    clock.report(&format!("{name}: prepared point read, hot path"), READS);

    let clock = Clock::start();
    for row in 0..READS {
        settings::Entity::find_by_id(key(row % ROWS)).one(db.orm()).await?;
    }
    clock.report(&format!("{name}: prepared point read, sea-orm"), READS);
    Ok(())
}

/// Wall and CPU time of this process, which holds the database's client and, for SQLite, the database.
struct Clock {
    begun: Instant,
    cpu: f64,
}

impl Clock {
    fn start() -> Self {
        Clock { begun: Instant::now(), cpu: cpu_seconds() }
    }

    fn report(self, name: &str, count: usize) {
        let (wall, cpu) = (self.begun.elapsed().as_secs_f64(), cpu_seconds() - self.cpu);
        let each = |seconds: f64| seconds * 1e6 / count as f64;
        println!("| {name} | {:.1} | {:.1} | {:.0} |", each(wall), each(cpu), count as f64 / wall);
    }
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit_once(')')
        .map(|(_, rest)| rest.split_whitespace().map(|field| field.parse().unwrap_or_default()).collect())
        .unwrap_or_default();
    fields.iter().skip(11).take(2).sum::<f64>() / 100.0
}
