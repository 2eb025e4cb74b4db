//! Work on another thread that holds its place in a queue until it is done.

use tokio::sync::SemaphorePermit;

use crate::{Error, Result};

/// Does work on a thread of its own and hands the turn back with what came out. Whoever no longer waits for the answer does
/// not end the work, so the turn stays with the work and not with the one who waits.
///
/// # Errors
/// [`Error::Internal`] where the work panics.
pub(crate) async fn in_turn<T: Send + 'static>(
    turn: SemaphorePermit<'static>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<(T, SemaphorePermit<'static>)> {
    tokio::task::spawn_blocking(move || (work(), turn)).await.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn who_no_longer_waits_gives_no_turn_back() {
        static TURNS: Semaphore = Semaphore::const_new(1);
        let (begun, has_begun) = mpsc::channel();
        let (go, may_go) = mpsc::channel::<()>();
        let turn = TURNS.acquire().await.unwrap();
        let work = in_turn(turn, move || {
            begun.send(()).unwrap();
            may_go.recv().unwrap();
        });
        let waiting = tokio::spawn(work);
        tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        assert_eq!(TURNS.available_permits(), 0, "the work goes on");
        go.send(()).unwrap();
        drop(TURNS.acquire().await.unwrap());
    }
}
