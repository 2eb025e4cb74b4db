//! What a run of garbage collection found and did.

use std::collections::BTreeMap;

use berth_types::Digest;
use serde::{Deserialize, Serialize};

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    /// The bytes of a layer or configuration.
    Blob,
    /// The bytes of a manifest.
    Manifest,
}

/// What is to become of a thing, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nobody needs it.
    Garbage,
    /// It was given up by a run that did not come to its end.
    Interrupted,
    /// A repository has it, and needs it.
    Linked,
    /// A repository has it, and its manifest may still come.
    AwaitsManifest,
    /// A manifest points at it.
    Referenced,
    /// It lost its last user within the grace time.
    InGrace,
    /// Somebody relied on it within the grace time.
    Touched,
    /// Somebody pushes it right now.
    BeingPushed,
    /// It found a user while it was looked at.
    Revived,
    /// Its bytes could not be removed. The next run tries again.
    Failed,
}

impl Thing {
    /// The word of the API.
    pub const fn name(self) -> &'static str {
        match self {
            Thing::Blob => "blob",
            Thing::Manifest => "manifest",
        }
    }
}

impl Verdict {
    /// The word of the API.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Garbage => "garbage",
            Verdict::Interrupted => "interrupted",
            Verdict::Linked => "linked",
            Verdict::AwaitsManifest => "awaits_manifest",
            Verdict::Referenced => "referenced",
            Verdict::InGrace => "in_grace",
            Verdict::Touched => "touched",
            Verdict::BeingPushed => "being_pushed",
            Verdict::Revived => "revived",
            Verdict::Failed => "failed",
        }
    }

    /// Whether its bytes go.
    pub const fn is_garbage(self) -> bool {
        matches!(self, Verdict::Garbage | Verdict::Interrupted)
    }

    /// The verdict as a sentence without a subject.
    pub const fn reason(self) -> &'static str {
        match self {
            Verdict::Garbage => "no repository has it",
            Verdict::Interrupted => "given up by a run that was interrupted",
            Verdict::Linked => "a repository has it",
            Verdict::AwaitsManifest => "uploaded or mounted, its manifest may still come",
            Verdict::Referenced => "a manifest points at it",
            Verdict::InGrace => "lost its last user within the grace time",
            Verdict::Touched => "somebody relied on it within the grace time",
            Verdict::BeingPushed => "somebody pushes it right now",
            Verdict::Revived => "found a user while it was looked at",
            Verdict::Failed => "its bytes could not be removed",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub thing: Thing,
    /// Its digest.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: u64,
    /// What is to become of it.
    pub verdict: Verdict,
    /// Why it was looked at: `uploaded`, `unlinked`, `repository deleted`, …
    pub asked: String,
}

/// Things and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many.
    pub count: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

impl Count {
    /// One more.
    pub fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// A run as a whole. Of a dry run, what would have been done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// The grace time, in seconds.
    pub grace_seconds: u64,
    /// Blobs that were garbage.
    pub blobs: Count,
    /// Manifests that were garbage.
    pub manifests: Count,
    /// Links of uploads and mounts whose manifest never came.
    pub dropped_links: u64,
    /// What was looked at and stays, by reason.
    pub kept: BTreeMap<Verdict, Count>,
    /// Blobs with a row before the run.
    pub before: Count,
    /// Blobs with a row after the run.
    pub after: Count,
    /// Blobs in the store before the run, where they were counted.
    pub stored_before: Option<Count>,
    /// Blobs in the store after the run, where they were counted.
    pub stored_after: Option<Count>,
    /// Whether it was stopped before it came to its end.
    pub stopped: bool,
    /// How long it took, in milliseconds.
    pub elapsed_milliseconds: u64,
}

impl Report {
    pub(super) fn note(&mut self, finding: &Finding) {
        let count = match (finding.verdict.is_garbage(), finding.thing) {
            (true, Thing::Blob) => &mut self.blobs,
            (true, Thing::Manifest) => &mut self.manifests,
            (false, _) => self.kept.entry(finding.verdict).or_default(),
        };
        count.add(finding.bytes);
    }

    /// Bytes of everything that was garbage.
    pub const fn freed_bytes(&self) -> u64 {
        self.blobs.bytes.saturating_add(self.manifests.bytes)
    }
}
