//! After a restart: everything that was acknowledged is there byte for byte, what was deleted is gone, and what had no
//! answer happened whole or not at all.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
};

use berth_types::Digest;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::Method;
use rand::{rngs::StdRng, seq::IndexedRandom};

use crate::{
    client::{Client, blob_path},
    content::{Manifest, sha256},
    http::{Http, Stop},
    model::{Expected, Key, Model},
};

/// Requests of a check at the same time, for each client.
const PARALLEL: usize = 4;
/// Older things that a light check looks at, for each client.
const SAMPLE: usize = 12;

/// How much is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// What changed since the last check, and a sample of the rest.
    Light,
    /// Everything that is there, and a larger sample of what is gone.
    Full,
    /// Everything, also all that is gone.
    Last,
}

/// What the checks have seen.
#[derive(Default)]
pub struct Seen {
    /// Answers compared.
    pub answers: AtomicU64,
    /// Operations without an answer that had happened.
    pub happened: AtomicU64,
    /// Operations without an answer that had not.
    pub not_happened: AtomicU64,
    /// Uploads that went on after a restart.
    pub resumed: AtomicU64,
}

/// Looks at what a client knows. Says what is wrong.
///
/// # Errors
/// Where the server does not answer.
pub async fn check(
    client: &mut Client,
    http: &Http,
    scope: Scope,
    random: &mut StdRng,
    seen: &Seen,
) -> Result<Vec<String>, Stop> {
    let mut faults = Vec::new();
    resolve(client, http, seen, &mut faults).await?;
    check_session(client, http, seen, &mut faults).await?;
    let fresh: BTreeSet<Key> = client.watch.fresh.drain().collect();
    let live = client.model.keys();
    let gone_sample = match scope {
        Scope::Light => SAMPLE,
        Scope::Full => 20 * SAMPLE,
        Scope::Last => client.watch.gone.len(),
    };
    let live_sample = if scope == Scope::Light { SAMPLE } else { live.len() };
    let mut keys: BTreeSet<Key> = fresh.iter().cloned().collect();
    keys.extend(live.choose_multiple(random, live_sample).cloned());
    keys.extend(client.watch.gone.choose_multiple(random, gone_sample).cloned());
    let model = &client.model;
    let differences: Vec<(Key, Option<String>)> = stream::iter(keys)
        .map(|key| async move {
            let difference = difference(http, &key, &model.expected(&key)).await?;
            Ok::<_, Stop>((key, difference))
        })
        .buffer_unordered(PARALLEL)
        .try_collect()
        .await?;
    seen.answers.fetch_add(differences.len() as u64, Ordering::Relaxed);
    for (key, difference) in differences {
        faults.extend(difference.map(|difference| format!("acknowledged, and not so: {key:?}: {difference}")));
    }
    let gone = fresh.into_iter().filter(|key| !matches!(key, Key::Tag(..)));
    client.watch.gone.extend(gone.filter(|key| client.model.expected(key) == Expected::Nothing));
    Ok(faults)
}

/// What had no answer: all that it touches looks as before, or all of it as after.
async fn resolve(client: &mut Client, http: &Http, seen: &Seen, faults: &mut Vec<String>) -> Result<(), Stop> {
    let Some(pending) = client.pending.take() else { return Ok(()) };
    let mut after = client.model.clone();
    let keys = after.apply(&pending.effect);
    let not_before = differences(http, &client.model, &keys).await?;
    let not_after = differences(http, &after, &keys).await?;
    seen.answers.fetch_add(2 * keys.len() as u64, Ordering::Relaxed);
    if not_after.is_empty() {
        seen.happened.fetch_add(1, Ordering::Relaxed);
        client.happened(&pending.effect);
        if let Some(session) = client.session.take_if(|_| pending.ends_session) {
            let answer = http.get(&session.location).await?;
            if answer.status != 404 {
                faults.push(answer.describe("an upload outlived the blob that it made"));
            }
        }
    } else if not_before.is_empty() {
        seen.not_happened.fetch_add(1, Ordering::Relaxed);
    } else {
        faults.push(format!(
            "half done: {} ({:?}): not as before: {not_before:?}; not as after: {not_after:?}",
            pending.kind, pending.effect
        ));
    }
    Ok(())
}

async fn differences(http: &Http, model: &Model, keys: &[Key]) -> Result<Vec<String>, Stop> {
    let mut found = Vec::new();
    for key in keys {
        let difference = difference(http, key, &model.expected(key)).await?;
        found.extend(difference.map(|difference| format!("{key:?}: {difference}")));
    }
    Ok(found)
}

/// An upload has at least what was acknowledged, and goes on from what it has. That the bytes are the right ones shows
/// when it ends: its digest is compared by the server, and the blob by the next check.
async fn check_session(client: &mut Client, http: &Http, seen: &Seen, faults: &mut Vec<String>) -> Result<(), Stop> {
    let Some(session) = &mut client.session else { return Ok(()) };
    let answer = http.get(&session.location).await?;
    seen.answers.fetch_add(1, Ordering::Relaxed);
    let last: Option<usize> = answer.header("range").strip_prefix("0-").and_then(|last| last.parse().ok());
    let (204, Some(last)) = (answer.status, last) else {
        faults.push(answer.describe(&format!("an upload with {} acknowledged bytes is gone", session.acknowledged)));
        client.session = None;
        return Ok(());
    };
    // An empty upload says the same as one of a single byte.
    let has = if last == 0 && session.acknowledged == 0 { 0 } else { last + 1 };
    if has < session.acknowledged || has > session.sent {
        faults.push(format!(
            "an upload has {has} bytes, where {} are acknowledged and {} were sent",
            session.acknowledged, session.sent
        ));
    }
    seen.resumed.fetch_add(u64::from(has > 0), Ordering::Relaxed);
    (session.acknowledged, session.sent) = (has, has);
    Ok(())
}

/// How the answer differs from what it has to be.
///
/// # Errors
/// Where there is none.
pub async fn difference(http: &Http, key: &Key, expected: &Expected) -> Result<Option<String>, Stop> {
    let path = match key {
        Key::Blob(repo, digest) => blob_path(repo, digest),
        Key::Manifest(repo, digest) => format!("/v2/{repo}/manifests/{digest}"),
        Key::Tag(repo, tag) => format!("/v2/{repo}/manifests/{tag}"),
        Key::Referrers(repo, digest) => format!("/v2/{repo}/referrers/{digest}"),
    };
    let answer = http.call(Method::GET, &path).send().await?;
    if answer.status >= 500 {
        return Err(answer.unexpected("a read"));
    }
    let status = answer.status;
    let is_right = match expected {
        Expected::Nothing => status == 404,
        Expected::Blob(content) => status == 200 && answer.body == content.blob().bytes,
        Expected::Manifest(manifest) => {
            status == 200
                && answer.body == manifest.bytes
                && answer.header("content-type") == Manifest::MEDIA_TYPE
                && answer.header("docker-content-digest") == manifest.digest.to_string()
        }
        Expected::Tag(digest) => {
            status == 200
                && sha256(&answer.body) == *digest
                && answer.header("docker-content-digest") == digest.to_string()
        }
        Expected::Referrers(digests) => status == 200 && listed(&answer.body).as_ref() == Some(digests),
    };
    let found = format!("expected {expected:?}, found {}", answer.describe("an answer"));
    Ok((!is_right).then_some(found))
}

/// The digests in an index.
fn listed(body: &[u8]) -> Option<BTreeSet<Digest>> {
    let index: serde_json::Value = serde_json::from_slice(body).ok()?;
    index["manifests"].as_array()?.iter().map(|entry| entry["digest"].as_str()?.parse().ok()).collect()
}
