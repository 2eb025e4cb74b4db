//! What is known about the vulnerabilities of an image: what scanners reported, and reports that were attached.

use super::referrers::{node, referral};
use super::subject::{Asked, Subject, shown_of};
use super::{Head, Part};
use crate::client::{ApiResult, Client, ListParams};
use crate::format::{TimeAgo, natural};
use crate::i18n::keys;
use crate::pages::loaded;
use crate::pages::project::{ArtifactPart, InProject};
use crate::snippets;
use crate::t;
use crate::ui::{Card, CardBody, Empty, Glyph, Severity, SeverityMark, Tree, VulnerabilityChip};
use berth_types::api::{Artifact, NativeReportSummary, ReferrerNode};
use berth_types::referral::Referral;
use berth_types::{Reference, RepoName};
use leptos::prelude::*;

/// Referrers that are looked at for reports.
const REFERRERS_MAX: u64 = 100;

async fn load(
    client: Client,
    repo: RepoName,
    reference: String,
    asked: Asked,
) -> ApiResult<(Subject, Vec<ReferrerNode>)> {
    let subject = Subject::load(&client, &repo, &reference, &asked).await?;
    let params = ListParams { page: 1, page_size: REFERRERS_MAX, ..ListParams::default() };
    let mut attached = client.referrers(&repo, &reference, &params).await?.items;
    attached.retain(|node| referral(node) == Referral::Report);
    Ok((subject, attached))
}

/// The page of the vulnerabilities.
#[component]
pub(super) fn Vulnerabilities(within: InProject, repo: RepoName, reference: Reference) -> impl IntoView {
    loaded(shown_of(&repo, &reference, load), move |(subject, attached): (Subject, Vec<ReferrerNode>)| {
        let reports = reports_of(&subject.artifact);
        let found = if reports.is_empty() {
            let registry = crate::session::use_session().with_untracked(|session| session.server());
            let command = snippets::trivy(&registry, &format!("{}/{repo}@{}", registry.host, subject.artifact.digest));
            view! {
                <Card label=t!(keys::artifact::TAB_VULNERABILITIES)>
                    <Empty
                        icon=Glyph::Shield
                        title=t!(keys::severity::NOT_SCANNED)
                        text=t!(keys::artifact::scan::LATER)
                        command=command
                    />
                </Card>
            }
            .into_any()
        } else {
            reports.into_iter().map(report).collect_view().into_any()
        };
        let nodes = attached.into_iter().map(|one| node(&repo, one)).collect::<Vec<_>>();
        let attached = (!nodes.is_empty()).then(|| {
            view! {
                <Card title=t!(keys::artifact::scan::ATTACHED)>
                    <CardBody>
                        <Tree label=t!(keys::artifact::scan::ATTACHED) nodes=nodes />
                    </CardBody>
                </Card>
            }
        });
        view! {
            <Head
                within=within.clone()
                repo=repo.clone()
                reference=reference.clone()
                subject=subject
                part=Part::Inside(ArtifactPart::Vulnerabilities)
            />
            {found}
            {attached}
        }
    })
}

/// The reports that scanners made.
fn reports_of(artifact: &Artifact) -> Vec<NativeReportSummary> {
    artifact.scan_overview.iter().flatten().map(|(_, report)| report.clone()).collect()
}

/// How many of each severity a report counts.
fn counts(report: &NativeReportSummary) -> Vec<(Severity, u64)> {
    let summary = report.summary.iter().flat_map(|summary| &summary.summary);
    summary.map(|(word, n)| (Severity::read(word), natural(*n))).collect()
}

fn report(report: NativeReportSummary) -> impl IntoView {
    let counts = counts(&report);
    let fixable = report.summary.as_ref().map(|summary| natural(summary.fixable)).unwrap_or_default();
    let by = report.scanner.map(|scanner| scanner.name).unwrap_or_default();
    let title = if by.is_empty() { t!(keys::artifact::TAB_VULNERABILITIES) } else { by };
    let worst = (!report.severity.is_empty()).then(|| {
        view! { <SeverityMark severity=Severity::read(&report.severity) /> }
    });
    let ended = report.end_time.map(|at| view! { <TimeAgo at=at /> });
    view! {
        <Card title=title>
            <CardBody>
                <p class="row g2">
                    {worst} <VulnerabilityChip counts=Some(counts) />
                    <span class="small muted">{t!(keys::artifact::scan::FIXABLE, count = crate::format::count(fixable))}</span>
                    <span class="push small muted">{ended}</span>
                </p>
            </CardBody>
        </Card>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_counted_by_severity() {
        let report: NativeReportSummary =
            serde_json::from_str(r#"{"summary":{"total":3,"summary":{"High":2,"Negligible":1}}}"#).unwrap();
        assert_eq!(counts(&report), [(Severity::High, 2), (Severity::Low, 1)]);
        assert!(counts(&NativeReportSummary::default()).is_empty());
    }
}
