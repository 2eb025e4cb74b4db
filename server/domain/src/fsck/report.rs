//! What a check says while it runs and when it is done. Shown to people, and sent as lines of JSON.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::{Error, Result};

/// One line of what is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// How far it is.
    Progress(Progress),
    /// Something is wrong.
    Finding(Finding),
    /// It is done.
    Done(Summary),
}

/// How far a check is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Blobs checked.
    pub blobs: u64,
    /// Blobs in all, as far as it was known at the start.
    pub blobs_total: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Bytes in all, as far as it was known at the start.
    pub bytes_total: u64,
}

/// Kinds of damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The database finds its own file damaged.
    Database,
    /// A blob's row whose bytes are not there.
    MissingBlob,
    /// A blob whose bytes were found missing or damaged before.
    LostBlob,
    /// A blob whose bytes have another digest.
    DamagedBlob,
    /// A blob whose bytes the disk does not give.
    UnreadableBlob,
    /// A blob's row that says another size than its bytes have.
    WrongSize,
    /// A file among the blobs that no row names.
    OrphanBlob,
    /// A blob that garbage collection has given up and not removed.
    DoomedBlob,
    /// A repository's link to a blob that has no row.
    DanglingLink,
    /// A manifest's line that points at a blob that has no row.
    DanglingReference,
    /// A manifest's blob that its repository does not link.
    UnlinkedBlob,
    /// A manifest's line that does not point at what it names, although the repository has it.
    UnjoinedReference,
    /// A manifest that names a blob which its repository does not have.
    IncompleteManifest,
    /// A manifest's row without bytes.
    MissingManifest,
    /// A manifest whose bytes have another digest.
    DamagedManifest,
    /// A manifest's row that says something else than its bytes.
    WrongManifestRow,
    /// A tag whose manifest is not in its repository.
    MisplacedTag,
    /// Manifests that are said to be of another project than their repository.
    WrongProject,
    /// Counts of tags that are wrong.
    TagCount,
    /// Counts of indexes that list a manifest that are wrong.
    ParentCount,
    /// A repository's count of artifacts that is wrong.
    ArtifactCount,
    /// A project's usage that is wrong.
    Usage,
    /// An upload's row whose file is missing or too short.
    UploadWithoutBytes,
    /// An upload's file that no row names.
    OrphanUpload,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The words are those of the JSON, so that there is one list of them.
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(word)) => f.write_str(&word),
            _ => Err(fmt::Error),
        }
    }
}

/// What became of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is as it was.
    Left,
    /// It is as it should be.
    Mended,
    /// Nobody is given the damaged bytes any more; whole it is again after a push of the same digest.
    Contained,
    /// It may belong to something that is under way, and goes by age. No fault.
    Young,
}

impl Outcome {
    /// Whether somebody has to do something about it.
    pub const fn is_left(self) -> bool {
        match self {
            Outcome::Left | Outcome::Contained => true,
            Outcome::Mended | Outcome::Young => false,
        }
    }
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind.
    pub kind: Kind,
    /// What it is about: a digest, an artifact, a tag, a repository, a project, an upload.
    pub subject: String,
    /// A sentence for people.
    pub detail: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Blobs checked.
    pub blobs: u64,
    /// Bytes read and compared with their digest.
    pub bytes: u64,
    /// Manifests checked.
    pub manifests: u64,
    /// Uploads checked.
    pub uploads: u64,
    /// Damaged blobs that lie in quarantine.
    pub quarantined: u64,
    /// Findings by kind.
    pub findings: BTreeMap<Kind, u64>,
    /// Findings that are as they should be now.
    pub mended: u64,
    /// Findings that somebody has to do something about.
    pub left: u64,
    /// Things that may belong to something under way.
    pub young: u64,
    /// How long it took.
    pub milliseconds: u64,
}

/// Where events go. Whoever does not listen any more ends the check.
#[derive(Clone, Debug)]
pub struct Events(mpsc::Sender<Event>);

impl Events {
    /// Into a channel.
    pub fn new(sender: mpsc::Sender<Event>) -> Self {
        Events(sender)
    }

    pub(super) async fn send(&self, event: Event) -> Result<()> {
        self.0.send(event).await.map_err(|_| Error::BodyAborted)
    }
}

impl Finding {
    pub(super) fn new(kind: Kind, subject: impl fmt::Display, detail: impl Into<String>) -> Self {
        Finding { kind, subject: subject.to_string(), detail: detail.into(), outcome: Outcome::Left }
    }

    pub(super) fn with(self, outcome: Outcome) -> Self {
        Finding { outcome, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_word_everywhere() {
        assert_eq!(Kind::DamagedBlob.to_string(), "damaged-blob");
        let finding = Finding::new(Kind::OrphanBlob, "sha256:aa", "no row names it").with(Outcome::Young);
        let line = serde_json::to_string(&Event::Finding(finding.clone())).unwrap();
        assert_eq!(
            line,
            r#"{"event":"finding","kind":"orphan-blob","subject":"sha256:aa","detail":"no row names it","outcome":"young"}"#
        );
        assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), Event::Finding(finding));
        let summary = Summary { findings: [(Kind::Usage, 2)].into(), ..Summary::default() };
        let line = serde_json::to_string(&Event::Done(summary.clone())).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), Event::Done(summary));
    }
}
