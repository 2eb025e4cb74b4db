//! Digests that a push of this process brings, or that its garbage collection removes.
//!
//! Between storing bytes and committing the row that names them, nothing in the database says that they are wanted. The
//! claim says so: collection leaves a claimed digest alone, and a push waits the moment that a removal takes. Other
//! processes on the same database do not see it; for them the row's `doomed_at` and the look at the store inside the
//! push's transaction are the fence (see [`crate::gc`]).

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use berth_types::Digest;
use tokio::sync::Notify;

/// Who holds which digest.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    held: Mutex<HashMap<Digest, Holder>>,
    freed: Notify,
}

#[derive(Debug)]
enum Holder {
    Pushes(usize),
    Collection,
}

impl Claims {
    /// Claims a digest for a push. Any number of pushes share it; a removal under way is waited for.
    pub(crate) async fn push(self: &Arc<Self>, digest: &Digest) -> Claim {
        loop {
            // Made before the look, so that a release between the look and the wait is not missed.
            let freed = self.freed.notified();
            match self.lock().entry(*digest).or_insert(Holder::Pushes(0)) {
                Holder::Pushes(count) => {
                    *count += 1;
                    return Claim { claims: self.clone(), digest: *digest };
                }
                Holder::Collection => {}
            }
            freed.await;
        }
    }

    /// Claims a digest for its removal. Nothing where anybody has it.
    pub(crate) fn collect(self: &Arc<Self>, digest: &Digest) -> Option<Claim> {
        match self.lock().entry(*digest) {
            Entry::Occupied(_) => None,
            Entry::Vacant(place) => {
                place.insert(Holder::Collection);
                Some(Claim { claims: self.clone(), digest: *digest })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, Holder>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A claim, until this is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    claims: Arc<Claims>,
    digest: Digest,
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut held = self.claims.lock();
        if let Some(Holder::Pushes(count)) = held.get_mut(&self.digest)
            && *count > 1
        {
            *count -= 1;
            return;
        }
        let was_collection = matches!(held.remove(&self.digest), Some(Holder::Collection));
        drop(held);
        if was_collection {
            self.claims.freed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pushes_share_a_digest_and_a_removal_has_it_alone() {
        let claims = Arc::<Claims>::default();
        let digest = Digest::Sha256([7; 32]);
        let (one, two) = (claims.push(&digest).await, claims.push(&digest).await);
        assert!(claims.collect(&digest).is_none());
        drop(one);
        assert!(claims.collect(&digest).is_none(), "the second push still has it");
        drop(two);
        let removal = claims.collect(&digest).unwrap();
        assert!(claims.collect(&digest).is_none());

        let waiting = tokio::spawn({
            let claims = claims.clone();
            async move { claims.push(&digest).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(removal);
        drop(waiting.await.unwrap());
        assert!(claims.lock().is_empty(), "nothing is left behind");
    }
}
