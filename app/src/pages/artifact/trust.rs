//! What is known about where an artifact comes from, on its front page.

use super::Part;
use super::facts::Signature;
use super::subject::Subject;
use crate::i18n::keys;
use crate::pages::project::ArtifactPart;
use crate::t;
use crate::ui::{Card, CheckLine, Checks, State};
use berth_types::{Reference, RepoName};
use leptos::prelude::*;

/// The card.
#[component]
pub(super) fn TrustCard(repo: RepoName, reference: Reference, subject: Subject) -> impl IntoView {
    let Subject { artifact, family } = subject;
    let signature = Signature::of(&artifact);
    let (state, text) = match signature {
        Signature::None => (State::Wait, t!(keys::artifact::trust::NONE)),
        Signature::Own => (State::Warn, t!(keys::artifact::trust::OWN)),
        Signature::OfIndex => (State::Warn, t!(keys::artifact::trust::OF_INDEX)),
    };
    let has_sbom = artifact.sbom_overview.is_some();
    let scanned = artifact.scan_overview.as_ref().is_some_and(|overview| !overview.is_empty());
    let links = [
        (ArtifactPart::Referrers, t!(keys::artifact::TAB_REFERRERS)),
        (ArtifactPart::Attestations, t!(keys::artifact::TAB_ATTESTATIONS)),
        (ArtifactPart::Sbom, t!(keys::artifact::TAB_SBOM)),
    ];
    let links = links.map(|(part, text)| {
        let href = family.keeping(Part::Inside(part).href(&repo, &reference));
        view! { <a href=href>{text}</a> }
    });
    let vulnerabilities = super::is_image(&artifact).then(|| {
        let state = if scanned { State::Ok } else { State::Wait };
        let text = if scanned { t!(keys::artifact::trust::SCANNED) } else { t!(keys::severity::NOT_SCANNED) };
        view! { <CheckLine state=state title=t!(keys::artifact::TAB_VULNERABILITIES) detail=text /> }
    });
    view! {
        <Card title=t!(keys::artifact::trust::TITLE)>
            <Checks>
                <CheckLine state=state title=t!(keys::artifact::trust::SIGNATURE) detail=text />
                {has_sbom
                    .then(|| {
                        view! {
                            <CheckLine
                                state=State::Ok
                                title=t!(keys::artifact::TAB_SBOM)
                                detail=t!(keys::artifact::trust::SBOM)
                            />
                        }
                    })} {vulnerabilities}
            </Checks>
            <div class="card-foot">{Vec::from(links)}</div>
        </Card>
    }
}
