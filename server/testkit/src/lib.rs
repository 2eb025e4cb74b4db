//! A real server on a random port, with a database of its own, people with roles, and builders for images.
//!
//! Tests go through the door: [`TestApp`] starts the server as `berth serve` does, and a [`Client`] talks HTTP to it.
//! [`on_both!`] runs a test on SQLite and on PostgreSQL.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod app;
mod client;
pub mod database;
pub mod image;
mod push;
mod transaction;

use std::time::Duration;

pub use app::{ADMIN_PASSWORD, PASSWORD, Started, TestApp};
pub use berth_db::Backend;
pub use berth_types::policy::Role;
pub use client::{Client, Reply, Request};
pub use database::{Database, is_ci};
pub use image::{Blob, Image, Manifest};
pub use push::blob_path;
pub use transaction::hold_transaction;

/// Makes two tests of each function: one on SQLite, one on PostgreSQL.
///
/// ```ignore
/// on_both!(a_blob_comes_back);
///
/// async fn a_blob_comes_back(app: &TestApp) { … }
/// ```
#[macro_export]
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            #[tokio::test]
            async fn sqlite() {
                $crate::on($crate::Backend::Sqlite, super::$name).await
            }

            #[tokio::test]
            async fn postgres() {
                $crate::on($crate::Backend::Postgres, super::$name).await
            }
        }
    )*};
}

/// Runs a test on a server of its own. One that never ends fails, so that it does not take the others with it.
///
/// # Panics
/// After ten minutes.
pub async fn on(backend: Backend, test: impl AsyncFnOnce(&TestApp)) {
    const TEST_TIME_MAX: Duration = Duration::from_secs(10 * 60);
    let whole = async {
        if let Some(app) = TestApp::start(backend).await {
            test(&app).await;
        }
    };
    tokio::time::timeout(TEST_TIME_MAX, whole).await.expect("a test that ends");
}

/// Asks until there is an answer. A test that waits for what never comes fails.
///
/// # Panics
/// After a minute without one.
pub async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let answered = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), answered).await.expect("an answer in time")
}
