//! Which operation a path below `/v2` names.
//!
//! Repository names contain slashes and may contain any of the API's own words (`a/blobs/b`), so a path is read from
//! the right.

use berth_types::{RepoName, name::NameError};
use percent_encoding::percent_decode_str;

/// An operation's place, before its digest or reference is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `/v2/`
    Base,
    /// `/v2/_catalog`
    Catalog,
    /// `/v2/<name>/tags/list`
    Tags(RepoName),
    /// `/v2/<name>/manifests/<reference>`
    Manifest(RepoName, String),
    /// `/v2/<name>/blobs/<digest>`
    Blob(RepoName, String),
    /// `/v2/<name>/blobs/uploads/`
    Uploads(RepoName),
    /// `/v2/<name>/blobs/uploads/<id>`
    Upload(RepoName, String),
    /// `/v2/<name>/referrers/<digest>`
    Referrers(RepoName, String),
}

/// Why a path names no operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// No operation has this shape.
    Unknown,
    /// The shape is right, the name is outside the grammar.
    Name(NameError),
}

impl Endpoint {
    /// Reads the path of a request, with its percent-encoding.
    ///
    /// # Errors
    /// [`PathError`] where it names no operation.
    pub fn parse(path: &str) -> Result<Self, PathError> {
        let path = percent_decode_str(path).decode_utf8().map_err(|_| PathError::Unknown)?;
        let rest = path.strip_prefix("/v2/").ok_or(PathError::Unknown)?;
        if rest.is_empty() {
            return Ok(Endpoint::Base);
        }
        if rest == "_catalog" {
            return Ok(Endpoint::Catalog);
        }
        let (head, last) = rest.rsplit_once('/').ok_or(PathError::Unknown)?;
        let name = |text: &str| text.parse::<RepoName>().map_err(PathError::Name);
        if let Some(repo) = head.strip_suffix("/manifests") {
            return Ok(Endpoint::Manifest(name(repo)?, last.to_owned()));
        }
        if let Some(repo) = head.strip_suffix("/referrers") {
            return Ok(Endpoint::Referrers(name(repo)?, last.to_owned()));
        }
        if let (Some(repo), "list") = (head.strip_suffix("/tags"), last) {
            return Ok(Endpoint::Tags(name(repo)?));
        }
        if let Some(repo) = head.strip_suffix("/blobs/uploads") {
            let repo = name(repo)?;
            return Ok(if last.is_empty() { Endpoint::Uploads(repo) } else { Endpoint::Upload(repo, last.to_owned()) });
        }
        if let Some(repo) = head.strip_suffix("/blobs") {
            let repo = name(repo)?;
            return Ok(if last == "uploads" { Endpoint::Uploads(repo) } else { Endpoint::Blob(repo, last.to_owned()) });
        }
        Err(PathError::Unknown)
    }

    /// The methods that the operation has, as an `Allow` header lists them.
    pub const fn methods(&self) -> &'static str {
        match self {
            Endpoint::Base => "GET, HEAD, POST",
            Endpoint::Catalog | Endpoint::Tags(_) => "GET, HEAD",
            Endpoint::Referrers(..) => "GET, HEAD",
            Endpoint::Manifest(..) => "DELETE, GET, HEAD, PUT",
            Endpoint::Blob(..) => "DELETE, GET, HEAD",
            Endpoint::Uploads(_) => "POST",
            Endpoint::Upload(..) => "DELETE, GET, PATCH, PUT",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn repo(name: &str) -> RepoName {
        name.parse().unwrap()
    }

    #[test]
    fn words_of_the_api_may_stand_in_names() {
        for (path, expected) in [
            ("/v2/", Endpoint::Base),
            ("/v2/_catalog", Endpoint::Catalog),
            ("/v2/p/a/tags/list", Endpoint::Tags(repo("p/a"))),
            ("/v2/p/blobs/b/manifests/v1", Endpoint::Manifest(repo("p/blobs/b"), "v1".into())),
            ("/v2/p/manifests/tags/list", Endpoint::Tags(repo("p/manifests"))),
            ("/v2/p/tags/manifests/list", Endpoint::Manifest(repo("p/tags"), "list".into())),
            ("/v2/p/a/blobs/uploads/", Endpoint::Uploads(repo("p/a"))),
            ("/v2/p/a/blobs/uploads", Endpoint::Uploads(repo("p/a"))),
            ("/v2/p/uploads/blobs/uploads/x", Endpoint::Upload(repo("p/uploads"), "x".into())),
            ("/v2/p/a/blobs/sha256%3Aab", Endpoint::Blob(repo("p/a"), "sha256:ab".into())),
            ("/v2/p/a/referrers/x", Endpoint::Referrers(repo("p/a"), "x".into())),
        ] {
            assert_eq!(Endpoint::parse(path), Ok(expected), "{path}");
        }
    }

    #[test]
    fn what_names_no_operation() {
        for path in
            ["/v2", "/v2/a", "/v2/p/a/shoes/x", "/v2/p/a/tags/lists", "/v1/", "/v2/%ff/x/tags/list", "/v2/p/../a/x"]
        {
            assert_eq!(Endpoint::parse(path), Err(PathError::Unknown), "{path}");
        }
        for path in ["/v2/P/a/tags/list", "/v2/single/manifests/v1", "/v2/p/../a/manifests/v1", "/v2//a/tags/list"] {
            assert!(matches!(Endpoint::parse(path), Err(PathError::Name(_))), "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_path_panics(path in ".*") {
            let _ = Endpoint::parse(&path);
            let _ = Endpoint::parse(&format!("/v2/{path}"));
        }
    }
}
