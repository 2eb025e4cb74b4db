//! Threads for work that no client waits for: jobs and collections.
//!
//! On SQLite a query runs on the thread that asks. A job that looks at thousands of rows would keep the requests of its thread
//! waiting, so it has threads of its own, and these give way to those of requests where there are too few processors.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::precedence;

/// Threads: one that computes or reads, and one for what comes meanwhile.
const THREADS: usize = 2;

/// The runtime of such work. What still runs when this is dropped ends at its next `await`.
pub(crate) struct Aside(Option<Runtime>);

impl Aside {
    /// Starts the threads.
    ///
    /// # Errors
    /// Where the system gives none.
    pub fn start() -> io::Result<Self> {
        // A thread takes over how nice the one is that starts it, so the measure is that of now and not that of the other.
        let niceness = precedence::behind();
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("berth-aside")
            .on_thread_start(move || precedence::give_way(niceness))
            .enable_all()
            .build()?;
        Ok(Aside(Some(runtime)))
    }

    /// Where to spawn such work.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_aside_gives_way_to_requests_and_ends_with_them() {
        let aside = Aside::start().unwrap();
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let files = async move || tokio::task::spawn_blocking(nice).await.unwrap();
        let other = aside.handle().spawn(async move { (nice(), files().await) }).await.unwrap();
        let wanted = precedence::behind();
        assert_eq!(other, (wanted, wanted), "threads of their own, and nicer, those for files no more than the others");
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
