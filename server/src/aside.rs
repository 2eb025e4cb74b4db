//! Threads for work that no client waits for: jobs and collections.
//!
//! On SQLite a query runs on the thread that asks. A job that looks at thousands of rows would keep the requests of its thread
//! waiting, so it has threads of its own, and these give way to those of requests where there are too few processors.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// Threads: one that computes or reads, and one for what comes meanwhile.
const THREADS: usize = 2;
/// How far they step back: of a processor that is wanted by both, requests get nine tenths.
const NICE: i32 = 10;

/// The runtime of such work. What still runs when this is dropped ends at its next `await`.
pub(crate) struct Aside(Option<Runtime>);

impl Aside {
    /// Starts the threads.
    ///
    /// # Errors
    /// Where the system gives none.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("berth-aside")
            .on_thread_start(give_way)
            .enable_all()
            .build()?;
        Ok(Aside(Some(runtime)))
    }

    /// Where to spawn such work. Nothing once it was shut down.
    pub fn handle(&self) -> Handle {
        self.0.as_ref().map_or_else(Handle::current, |runtime| runtime.handle().clone())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Waiting for threads is forbidden where other tasks run.
            runtime.shutdown_background();
        }
    }
}

/// On Linux this concerns one thread only.
fn give_way() {
    // Elsewhere, or where it is forbidden, the threads are as good as the others.
    let _ = rustix::process::nice(NICE);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_aside_gives_way_to_requests_and_ends_with_them() {
        let aside = Aside::start().unwrap();
        let own = rustix::process::getpriority_process(None).unwrap();
        let other = aside.handle().spawn(async { rustix::process::getpriority_process(None).unwrap() }).await.unwrap();
        assert_eq!(other, (own + NICE).min(19), "a thread of its own, and nicer");
        let (begun, hears) = tokio::sync::oneshot::channel();
        let endless = aside.handle().spawn(async move {
            begun.send(()).unwrap();
            std::future::pending::<()>().await;
        });
        hears.await.unwrap();
        drop(aside);
        assert!(endless.await.unwrap_err().is_cancelled());
    }
}
