//! What every part of the pages of an artifact loads: the artifact, and the other platforms of its index.

use super::Part;
use super::facts::{ChildKind, children, is_index};
use crate::client::{ApiResult, Client, use_client};
use crate::i18n::keys;
use crate::load::Resource;
use crate::query::use_list_state;
use crate::t;
use crate::ui::{Glyph, Menu, MenuLink, Segment, Segmented, query_pairs, with_query};
use berth_types::api::Artifact;
use berth_types::{Reference, RepoName};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The parameter that says from which index somebody came.
const OF: &str = "of";
/// The most platforms that stand beside each other; more are in a menu.
const BESIDE_MAX: usize = 6;

/// The artifact of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Subject {
    pub(super) artifact: Artifact,
    pub(super) family: Family,
}

/// The images of the index by which somebody came, or that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Family {
    /// How the index is named; empty where there is none.
    pub(super) index: String,
    /// Platform and digest of each image.
    pub(super) images: Vec<(String, String)>,
    /// Whether the page shows one of them.
    pub(super) is_child: bool,
}

/// What the address of a page says beside its path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    of: String,
    pairs: Vec<(String, String)>,
}

impl Asked {
    /// The value of a parameter; empty where it is missing.
    pub(super) fn get(&self, name: &str) -> String {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

/// What the address of this page says.
pub(super) fn use_asked() -> Memo<Asked> {
    let state = use_list_state("");
    Memo::new(move |_| {
        let asked = Asked { of: String::new(), pairs: state.with(|state| query_pairs(&state.search)) };
        Asked { of: asked.get(OF), ..asked }
    })
}

/// What a part of the pages shows, as `load` finds it. Loaded again where the address asks for something else.
pub(super) fn shown_of<T, F>(
    repo: &RepoName,
    reference: &Reference,
    load: impl Fn(Client, RepoName, String, Asked) -> F + Send + Sync + 'static,
) -> Resource<ApiResult<T>>
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = ApiResult<T>> + Send + 'static,
{
    let (client, repo, reference) = (use_client(), repo.clone(), reference.to_string());
    let asked = use_asked();
    Resource::new(move || asked.get(), move |asked| load(client.clone(), repo.clone(), reference.clone(), asked))
}

impl Subject {
    /// Loads it.
    pub(super) async fn load(client: &Client, repo: &RepoName, reference: &str, asked: &Asked) -> ApiResult<Self> {
        let artifact = client.artifact(repo, reference).await?;
        if is_index(&artifact) {
            let family = Family { index: reference.to_owned(), images: images(&artifact), is_child: false };
            return Ok(Subject { artifact, family });
        }
        let Ok(of) = asked.of.parse::<Reference>() else {
            return Ok(Subject { artifact, family: Family::default() });
        };
        // Somebody else's address may name anything; only what lists the image is its index.
        let index = client.artifact(repo, &of.to_string()).await.ok();
        let images = index.as_ref().map(images).unwrap_or_default();
        let is_listed = images.iter().any(|(_, digest)| *digest == artifact.digest);
        let family = match is_listed {
            true => Family { index: of.to_string(), images, is_child: true },
            false => Family::default(),
        };
        Ok(Subject { artifact, family })
    }
}

/// Platforms and digests of the images of an index.
fn images(index: &Artifact) -> Vec<(String, String)> {
    let all = children(index.references.as_deref().unwrap_or_default()).into_iter();
    all.filter_map(|child| match child.kind {
        ChildKind::Platform(platform) => Some((platform.unwrap_or_default(), child.digest)),
        ChildKind::Attestation { .. } => None,
    })
    .collect()
}

impl Family {
    /// An address of a page of the same image, from which the way back to the index is known.
    pub(super) fn keeping(&self, href: String) -> String {
        if self.is_child { format!("{href}{}", with_query("", &[(OF, Some(&self.index))])) } else { href }
    }

    /// The page of one of the images.
    pub(super) fn href(&self, repo: &RepoName, digest: &str, part: Part) -> Option<String> {
        let page = part.href(repo, &digest.parse().ok()?);
        Some(format!("{page}{}", with_query("", &[(OF, Some(&self.index))])))
    }

    /// The choice of a platform. The layers of an index have one of their own.
    pub(super) fn choice(&self, repo: &RepoName, shown: &str, part: Part) -> Option<AnyView> {
        if self.index.is_empty() || self.images.is_empty() || (part == Part::Layers && !self.is_child) {
            return None;
        }
        let whole = part.href(repo, &self.index.parse().ok()?);
        let mut segments =
            vec![Segment { label: t!(keys::artifact::ALL_PLATFORMS), href: whole, current: !self.is_child }];
        segments.extend(self.images.iter().filter_map(|(platform, digest)| {
            let label = if platform.is_empty() { t!(keys::artifact::UNKNOWN_PLATFORM) } else { platform.clone() };
            Some(Segment { label, href: self.href(repo, digest, part)?, current: self.is_child && digest == shown })
        }));
        Some(platforms(segments))
    }
}

/// A choice of platforms: side by side, or in a menu where they are many.
pub(super) fn platforms(segments: Vec<Segment>) -> AnyView {
    let label = t!(keys::artifact::PLATFORM);
    if segments.len() <= BESIDE_MAX {
        return view! {
            <div class="row between">
                <Segmented label=label segments=segments />
            </div>
        }
        .into_any();
    }
    let current = segments.iter().find(|segment| segment.current).map(|segment| segment.label.clone());
    let links = segments.into_iter().map(|segment| {
        view! { <MenuLink href=segment.href text=segment.label current=segment.current /> }
    });
    let links = links.collect_view();
    view! {
        <div class="row between">
            <Menu text=current.unwrap_or(label) icon=Glyph::Chip>
                {links}
            </Menu>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_platform_know_the_way_back() {
        let family = Family { index: "v1".into(), images: Vec::new(), is_child: true };
        assert_eq!(family.keeping("/x".into()), "/x?of=v1");
        assert_eq!(Family { is_child: false, ..family.clone() }.keeping("/x".into()), "/x");
        let (repo, digest) = ("p/a".parse().unwrap(), format!("sha256:{}", "a".repeat(64)));
        let href = family.href(&repo, &digest, Part::Layers).unwrap();
        assert_eq!(href, format!("/projects/p/a/-/artifacts/{digest}/layers?of=v1"));
        assert_eq!(family.href(&repo, "sha256:zz", Part::Layers), None);
    }
}
