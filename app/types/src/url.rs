//! Every path of the API as a function, so that the server's routes, the portal and the tests agree.

use crate::{ProjectName, RepoName};

/// Where Harbor's API lives.
pub const API: &str = "/api/v2.0";
/// Where lives what Harbor lacks.
pub const BERTH_API: &str = "/api/berth/v1";

/// Percent-encodes everything but unreserved characters, as a path segment or a query value needs it.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// A repository name inside its project as Harbor wants it in a path: slashes encoded twice.
pub fn encode_repository(within_project: &str) -> String {
    encode(&within_project.replace('/', "%2F"))
}

/// `/projects/{name}`
pub fn project(name: &ProjectName) -> String {
    format!("{API}/projects/{name}")
}

/// `/projects/{name}/{part}`, for example `members`, `summary`, `repositories`, `auditlog-exts`.
pub fn project_part(name: &ProjectName, part: &str) -> String {
    format!("{API}/projects/{name}/{part}")
}

/// `/projects/{name}/repositories/{repository}`
pub fn repository(repo: &RepoName) -> String {
    format!("{API}/projects/{}/repositories/{}", repo.project(), encode_repository(repo.within_project()))
}

/// `…/artifacts`
pub fn artifacts(repo: &RepoName) -> String {
    format!("{}/artifacts", repository(repo))
}

/// `…/artifacts/{reference}`
pub fn artifact(repo: &RepoName, reference: &str) -> String {
    format!("{}/artifacts/{}", repository(repo), encode(reference))
}

/// Appends a query: pairs whose value is not empty.
pub fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let query: Vec<String> = pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!("{key}={}", encode(value)))
        .collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_with_slashes_are_encoded_twice() {
        let repo: RepoName = "team/app/web".parse().unwrap();
        assert_eq!(artifact(&repo, "v1"), "/api/v2.0/projects/team/repositories/app%252Fweb/artifacts/v1");
        assert_eq!(with_query("/x", &[("q", "a=b"), ("sort", "")]), "/x?q=a%3Db");
    }
}
