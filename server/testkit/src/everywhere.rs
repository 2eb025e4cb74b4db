//! Each test once on either database. Included by tests that have a `World` of their own.

/// Runs every test on SQLite, and on PostgreSQL where there is one. A test takes a fresh `World`, which
/// `World::new(backend)` makes, or does not where the database is not at hand.
macro_rules! everywhere {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                super::$name(super::World::new(super::Backend::Sqlite).await.unwrap()).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                let Some(world) = super::World::new(super::Backend::Postgres).await else { return };
                super::$name(world).await;
            })*
        }
    };
}
