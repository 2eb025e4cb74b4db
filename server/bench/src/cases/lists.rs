//! B19: first and last pages of long lists.

use anyhow::Context;
use berth_db::{
    Db,
    sea_orm::sqlx::{self, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions},
};

use super::{Bench, Pinned, SERVER_CPU, requests};
use crate::{
    registry,
    results::{Better, Goal},
    seed::{self, CROWDED, LARGE},
    target::{Anonymous, PASSWORD, Running, Target},
};

/// Names a PostgreSQL server on which a database may be made.
const POSTGRES_URL: &str = "BERTH_TEST_POSTGRES_URL";
/// Rows of a page, as clients ask for them that read everything.
const PAGE: usize = 100;
/// Rows of a page where a client does not say.
const PAGE_SHORT: usize = 10;
/// What one page may cost, in microseconds of CPU.
const GOAL: f64 = 3_000.0;

/// The lists by name, each with its address up to the page.
fn lists() -> Vec<(&'static str, String)> {
    let project = format!("/api/v2.0/projects/{CROWDED}");
    let all = "with_tag=true&with_label=true&with_scan_overview=true&with_sbom_overview=true&with_immutable_status=true\
               &with_accessory=true&with_inherited_accessory=true";
    vec![
        ("projects", "/api/v2.0/projects?".to_owned()),
        ("projects without details", "/api/v2.0/projects?with_detail=false&".to_owned()),
        ("repositories of all projects", "/api/v2.0/repositories?".to_owned()),
        ("repositories of a project", format!("{project}/repositories?")),
        ("artifacts of a repository", format!("{project}/repositories/{LARGE}/artifacts?")),
        ("artifacts with every switch", format!("{project}/repositories/{LARGE}/artifacts?{all}&")),
        ("artifacts of a project", format!("{project}/artifacts?")),
        ("members", format!("{project}/members?")),
        ("users", "/api/v2.0/users?".to_owned()),
        ("audit log", "/api/v2.0/auditlog-exts?".to_owned()),
        ("audit log of a project", format!("{project}/auditlog-exts?")),
        ("robots of the system", "/api/v2.0/robots?".to_owned()),
        ("labels of the system", "/api/v2.0/labels?scope=g&".to_owned()),
        ("quotas", "/api/v2.0/quotas?".to_owned()),
    ]
}

pub async fn run(bench: &mut Bench) -> anyhow::Result<()> {
    let target = bench.fresh(&bench.berth()?)?;
    target.start(&[], Anonymous::Pull, &[])?.stop()?;
    seed::rows(&seed::open(&target.store()).await?, bench.scale.amounts).await?;
    measure(bench, &target, "", &[]).await?;
    std::fs::remove_dir_all(&target.folder)?;
    #[expect(clippy::disallowed_methods, reason = "the bench is told by its caller where PostgreSQL is")]
    let Ok(server) = std::env::var(POSTGRES_URL) else {
        println!("B19: {POSTGRES_URL} is not set, PostgreSQL is not measured");
        return Ok(());
    };
    let name = format!("berth_bench_{}", std::process::id());
    let server: PgConnectOptions = server.parse().context("the address of PostgreSQL")?;
    let url = server.clone().database(&name).to_url_lossy().to_string();
    let mut server = PgConnection::connect_with(&server).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut server).await?;
    let measured = on_postgres(bench, &target, &url).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).execute(&mut server).await?;
    std::fs::remove_dir_all(&target.folder)?;
    measured
}

async fn on_postgres(bench: &mut Bench, target: &Target, url: &str) -> anyhow::Result<()> {
    let env = [("BERTH_DB__URL", url)];
    target.start(&[], Anonymous::Pull, &env)?.stop()?;
    seed::rows(&Db::open_postgres(url, 2).await?, bench.scale.amounts).await?;
    measure(bench, target, "PostgreSQL, ", &env).await
}

async fn measure(bench: &mut Bench, target: &Target, database: &str, env: &[(&str, &str)]) -> anyhow::Result<()> {
    let admin = registry::basic("admin", PASSWORD);
    let server = target.start(&[SERVER_CPU], Anonymous::Pull, env)?;
    server.settle()?;
    {
        let _pinned = Pinned::client();
        for _ in 0..bench.scale.repeats {
            for (what, path) in lists() {
                for size in [PAGE_SHORT, PAGE] {
                    let last = last_page(&server, &path, size, &admin).await.with_context(|| what.to_owned())?;
                    for (which, page) in [("first", 1), ("last", last)] {
                        let ask = registry::get(&format!("{path}page={page}&page_size={size}"), Some(&admin));
                        let load = requests::measure(&server, &[ask], &[200], bench.scale.time)
                            .await
                            .with_context(|| format!("{which} page of {what}"))?;
                        let line = format!("{database}{what}: {which} {size}");
                        let row = bench.results.row("B19", &line, "CPU µs", Better::Less, &[Goal::AtMost(GOAL)]);
                        requests::add(row, target, &load);
                    }
                }
            }
        }
    }
    server.stop()?;
    Ok(())
}

/// The number of the last page, by what the first one says of the total.
async fn last_page(server: &Running, path: &str, size: usize, admin: &str) -> anyhow::Result<usize> {
    let ask = registry::get(&format!("{path}page=1&page_size={size}"), Some(admin));
    let answer = server.connect().await?.ask(&ask).await?.expect(200, "a list")?;
    let total: usize = answer.header("x-total-count").context("a list says how many there are")?.trim().parse()?;
    Ok(total.div_ceil(size).max(1))
}
