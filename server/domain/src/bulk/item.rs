//! The items of an operation on whole repositories: each artifact, and of a move the repository itself after them.

use berth_types::{Digest, RepoName};

use crate::{Error, Result};

/// Between a repository and a digest. No name of a repository holds it.
const SIGN: char = '@';

/// An item, as it is written down: `project/repository@digest`, `project/repository`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WholeItem {
    /// An artifact in it.
    Artifact(RepoName, Digest),
    /// The repository, which is closed once its artifacts are gone.
    Repository(RepoName),
}

impl WholeItem {
    /// Reads an item.
    ///
    /// # Errors
    /// [`Error::Internal`] for what is none: it was written by this server.
    pub(super) fn read(item: &str) -> Result<Self> {
        let repo = repository_of(item).parse().map_err(Error::internal)?;
        match item.split_once(SIGN) {
            Some((_, digest)) => Ok(WholeItem::Artifact(repo, digest.parse().map_err(Error::internal)?)),
            None => Ok(WholeItem::Repository(repo)),
        }
    }
}

/// The repository of an item. What is of another kind has no such sign and is itself.
pub(super) fn repository_of(item: &str) -> &str {
    item.split_once(SIGN).map_or(item, |(name, _)| name)
}

/// Whether an item is an artifact of a repository.
pub(super) fn is_artifact(item: &str) -> bool {
    item.contains(SIGN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_an_artifact_or_its_repository() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let repo: RepoName = "team/web/api".parse().unwrap();
        let artifact = WholeItem::Artifact(repo.clone(), digest.parse().unwrap());
        assert_eq!(WholeItem::read(&format!("team/web/api@{digest}")).unwrap(), artifact);
        assert_eq!(WholeItem::read("team/web/api").unwrap(), WholeItem::Repository(repo));
        for bad in ["", "team", "team/web@", "team/web@sha256:ab", "@"] {
            assert!(WholeItem::read(bad).is_err(), "{bad}");
        }
        assert_eq!((repository_of("team/web@x"), repository_of("7")), ("team/web", "7"));
        assert!(is_artifact("team/web@x") && !is_artifact("team/web"));
    }
}
