//! What is not attached to an artifact, and the commands by which those who may push attach it.

use super::{is_image, tag_of};
use crate::i18n::keys;
use crate::pages::project::InProject;
use crate::session::use_session;
use crate::snippets::{self, Registry};
use crate::t;
use crate::ui::{Card, CopyCommand, Empty, Glyph};
use berth_types::api::Artifact;
use berth_types::{Reference, RepoName};
use leptos::prelude::*;

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lack {
    Referrers,
    Attestations,
    Sbom,
}

impl Lack {
    /// What attaches it.
    fn commands(self, registry: &Registry, repo: &RepoName, reference: &Reference, artifact: &Artifact) -> Vec<String> {
        let repository = format!("{}/{repo}", registry.host);
        if self == Lack::Referrers {
            let sign = snippets::cosign_sign(registry, &format!("{repository}@{}", artifact.digest));
            return vec![snippets::COSIGN_KEYS.to_owned(), sign];
        }
        if !is_image(artifact) {
            return Vec::new();
        }
        let tag = tag_of(artifact, reference).unwrap_or_else(|| snippets::TAG.to_owned());
        let attested = if self == Lack::Sbom { "--sbom=true" } else { "--attest type=provenance,mode=max" };
        vec![snippets::build_attested(attested, &format!("{repository}:{tag}"))]
    }
}

/// The card instead of what is missing.
pub(super) fn nothing(
    lack: Lack,
    within: &InProject,
    repo: &RepoName,
    reference: &Reference,
    artifact: &Artifact,
) -> AnyView {
    let (label, icon, title, text) = match lack {
        Lack::Referrers => (
            t!(keys::artifact::TAB_REFERRERS),
            Glyph::Tree,
            t!(keys::artifact::referrers::NONE),
            t!(keys::artifact::referrers::NONE_TEXT),
        ),
        Lack::Attestations => (
            t!(keys::artifact::provenance::TITLE),
            Glyph::Log,
            t!(keys::artifact::provenance::NONE),
            t!(keys::artifact::provenance::NONE_TEXT),
        ),
        Lack::Sbom => (
            t!(keys::artifact::TAB_SBOM),
            Glyph::Sbom,
            t!(keys::artifact::sbom::NONE),
            t!(keys::artifact::sbom::NONE_TEXT),
        ),
    };
    let commands = if within.rights.may_push() {
        let registry = use_session().with_untracked(|session| session.server());
        lack.commands(&registry, repo, reference, artifact)
    } else {
        Vec::new()
    };
    let commands = commands.into_iter().map(|command| view! { <CopyCommand text=command /> }).collect_view();
    view! {
        <Card label=label>
            <Empty icon=icon title=title text=text>
                {commands}
            </Empty>
        </Card>
    }
    .into_any()
}
