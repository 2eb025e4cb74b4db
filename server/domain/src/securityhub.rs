//! What is known of vulnerabilities in the whole system. Nothing scans yet, so no report is there to count.

use berth_db::query;
use berth_types::{
    api::{SecuritySummary, VulnerabilityItem},
    page::Paged,
    query::{Filter, ListQuery, Match, Scalar},
};

use crate::{
    Domain, Error, Result,
    authz::{ListVulnerabilities, ReadSecurityHub, SystemAccess},
};

/// Counts of vulnerabilities and artifacts.
///
/// # Errors
/// What the database says.
pub async fn summary(domain: &Domain, _access: &SystemAccess<ReadSecurityHub>) -> Result<SecuritySummary> {
    let total_artifact = query::statistics::artifacts(&mut domain.db.reader().await?.conn()).await?;
    Ok(SecuritySummary { total_artifact, ..SecuritySummary::default() })
}

/// The vulnerabilities of all artifacts that a query selects.
///
/// # Errors
/// [`Error::BadRequest`] for a key that cannot be asked for, and for a value that it cannot be compared with.
pub fn list(_access: &SystemAccess<ListVulnerabilities>, query: &ListQuery) -> Result<Paged<VulnerabilityItem>> {
    query.filters.iter().try_for_each(check)?;
    Ok(Paged { items: Vec::new(), total: 0 })
}

/// Keys that are compared for equality.
const EXACT: [&str; 7] = ["cve_id", "severity", "status", "repository_name", "package", "tag", "digest"];

fn check(filter: &Filter) -> Result<()> {
    let key = filter.key.as_str();
    let wrong_kind = || Error::BadRequest(format!("bad request: keyword: {key}, the query type is not allowed"));
    let no_number = || Error::BadRequest(format!("bad request: keyword: {key}, the value is not a number"));
    match (key, &filter.matches) {
        ("project_id", Match::Exact(Scalar::Number(_))) => Ok(()),
        ("project_id", Match::Exact(_)) => Err(no_number()),
        ("cvss_score_v3", Match::Range(min, max)) => {
            let bounds = [min, max].into_iter().flatten();
            if bounds.clone().all(|bound| bound.as_text().parse::<f64>().is_ok_and(f64::is_finite)) {
                return Ok(());
            }
            Err(no_number())
        }
        (key, Match::Exact(_)) if EXACT.contains(&key) => Ok(()),
        ("project_id" | "cvss_score_v3", _) => Err(wrong_kind()),
        (key, _) if EXACT.contains(&key) => Err(wrong_kind()),
        _ => Err(Error::BadRequest(format!("bad request: keyword: {key} is not allowed"))),
    }
}

#[cfg(test)]
mod tests {
    use berth_types::query::parse_q;

    use super::*;

    #[test]
    fn a_query_names_what_is_known_in_the_way_it_is_compared() {
        let check_all = |q: &str| parse_q(q).unwrap().iter().try_for_each(check);
        for good in [
            "cve_id=CVE-2024-0001,severity=Critical",
            "project_id=1,repository_name=p/a,tag=v1,package=zlib,status=fixed",
            "cvss_score_v3=[5.0~10.0]",
            "cvss_score_v3=[7~]",
        ] {
            assert!(check_all(good).is_ok(), "{good}");
        }
        for (bad, text) in [
            ("shoe=1", "bad request: keyword: shoe is not allowed"),
            ("cvss_score_v3=5.5", "bad request: keyword: cvss_score_v3, the query type is not allowed"),
            ("cvss_score_v3=[a~b]", "bad request: keyword: cvss_score_v3, the value is not a number"),
            ("cve_id=~CVE", "bad request: keyword: cve_id, the query type is not allowed"),
            ("project_id=x", "bad request: keyword: project_id, the value is not a number"),
        ] {
            assert_eq!(check_all(bad).unwrap_err().to_string(), text);
        }
    }
}
