//! What refers to an artifact, as a tree: signatures, statements, lists of packages, and whatever else there is.

use super::files::file_name;
use super::lack::{Lack, nothing};
use super::subject::{Family, Subject, use_asked};
use super::{Head, Part, kind_icon, kind_label};
use crate::client::content::layer_of;
use crate::client::{ListParams, use_client};
use crate::format::{ByteSize, TimeAgo, bytes, natural};
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::loaded;
use crate::pages::project::{ArtifactPart, InProject, artifact_href};
use crate::query::{ListState, use_list_state};
use crate::ui::{
    Badge, Card, CardBody, DigestChip, DownloadLink, Glyph, Pager, Tree, TreeNode, Trust, TrustChip, breakable,
};
use crate::{t, tn};
use berth_types::api::{Artifact, ContentFile, IndexChild, ReferrerNode};
use berth_types::page::Paged;
use berth_types::referral::Referral;
use berth_types::{Reference, RepoName};
use leptos::prelude::*;

/// Annotations of one referrer that are shown.
const ANNOTATIONS_MAX: usize = 6;
/// The longest annotation that is shown, in characters.
const ANNOTATION_CHARS_MAX: usize = 200;
/// Children of an index that are looked at for referrers of their own.
const CHILDREN_MAX: u64 = 100;

/// The page of the tree.
#[component]
pub(super) fn Referrers(within: InProject, repo: RepoName, reference: Reference) -> impl IntoView {
    let (asked, state) = (use_asked(), use_list_state(""));
    let shown = {
        let (client, repo, reference) = (use_client(), repo.clone(), reference.to_string());
        Resource::new(
            move || (asked.get(), state.get()),
            move |(asked, state)| {
                let (client, repo, reference) = (client.clone(), repo.clone(), reference.clone());
                async move {
                    let subject = Subject::load(&client, &repo, &reference, &asked).await?;
                    let params = ListParams { page: state.page, page_size: state.page_size, ..ListParams::default() };
                    let listed = client.referrers(&repo, &reference, &params).await?;
                    let is_index = !subject.family.index.is_empty() && !subject.family.is_child;
                    let children = if is_index && state.page == 1 {
                        let params = ListParams { page: 1, page_size: CHILDREN_MAX, ..ListParams::default() };
                        client.children(&repo, &reference, &params).await?.items
                    } else {
                        Vec::new()
                    };
                    Ok((subject, listed, children, state))
                }
            },
        )
    };
    loaded(shown, move |(subject, listed, children, state)| {
        view! {
            <Head
                within=within.clone()
                repo=repo.clone()
                reference=reference.clone()
                subject=subject.clone()
                part=Part::Inside(ArtifactPart::Referrers)
            />
            {content(&within, &repo, &reference, &subject, listed, children, state)}
        }
    })
}

fn content(
    within: &InProject,
    repo: &RepoName,
    reference: &Reference,
    subject: &Subject,
    listed: Paged<ReferrerNode>,
    children: Vec<IndexChild>,
    state: ListState,
) -> AnyView {
    let total = natural(listed.total);
    let below: Vec<IndexChild> = children.into_iter().filter(|child| child.referrers > 0).collect();
    if total == 0 && below.is_empty() {
        return nothing(Lack::Referrers, within, repo, reference, &subject.artifact);
    }
    let size: u64 = listed.items.iter().map(|item| natural(item.size)).sum();
    let mut nodes: Vec<TreeNode> = listed.items.into_iter().map(|item| node(repo, item)).collect();
    nodes.extend(below.into_iter().map(|child| child_node(repo, &subject.family, child)));
    let root = root(&subject.artifact, nodes);
    let pager = (total > state.page_size).then(|| {
        view! { <Pager page=state.page page_size=state.page_size total=total search=state.search.clone() /> }
    });
    view! {
        <p class="muted small" role="status">
            {tn!(keys::artifact::referrers::SUMMARY, total, size = bytes(size))}
        </p>
        <Card label=t!(keys::artifact::TAB_REFERRERS)>
            <CardBody>
                <Tree label=t!(keys::artifact::TAB_REFERRERS) nodes=vec![root] />
            </CardBody>
        </Card>
        {pager}
    }
    .into_any()
}

/// The artifact itself.
fn root(artifact: &Artifact, children: Vec<TreeNode>) -> TreeNode {
    let tags: Vec<String> = artifact.tags.iter().flatten().take(3).map(|tag| tag.name.clone()).collect();
    let title = format!("{} {}", kind_label(artifact), tags.join(", "));
    let (digest, pushed) = (artifact.digest.clone(), artifact.push_time);
    TreeNode {
        icon: kind_icon(artifact),
        title: view! {
            <strong class="strong">{title}</strong>
            <DigestChip digest=digest />
        }
        .into_any(),
        details: vec![view! { {t!(keys::repository::PUSHED)} " " <TimeAgo at=pushed /> }.into_any()],
        actions: ().into_any(),
        children,
    }
}

/// A child of an index that something refers to.
fn child_node(repo: &RepoName, family: &Family, child: IndexChild) -> TreeNode {
    let href = family.href(repo, &child.digest, Part::Inside(ArtifactPart::Referrers));
    let href = href.unwrap_or_else(|| artifact_href(repo, &child.digest));
    let name = if child.platform.is_empty() { t!(keys::artifact::UNKNOWN_PLATFORM) } else { child.platform };
    let n = natural(child.referrers);
    TreeNode {
        icon: Glyph::Chip,
        title: view! {
            <a class="strong" href=href>
                {name}
            </a>
            <DigestChip digest=child.digest />
        }
        .into_any(),
        details: vec![tn!(keys::artifact::referrers::COUNT, n).into_any()],
        actions: ().into_any(),
        children: Vec::new(),
    }
}

/// What a referrer is, by its types and annotations.
pub(super) fn referral(node: &ReferrerNode) -> Referral {
    let layers = node.files.iter().map(|file| (file.media_type.as_str(), file.predicate_type.as_str()));
    let by_types = Referral::of(&node.artifact_type, &node.annotations, layers);
    // What the server took for a signature when it was pushed is shown as one.
    match node.kind.as_str() {
        "signature.cosign" if by_types == Referral::Other => Referral::Cosign,
        "signature.notation" if by_types == Referral::Other => Referral::Notation,
        kind if kind.starts_with("sbom.") && by_types == Referral::Other => Referral::Sbom,
        _ => by_types,
    }
}

fn icon_of(referral: Referral) -> Glyph {
    match referral {
        Referral::Cosign | Referral::Bundle | Referral::Notation => Glyph::Sign,
        Referral::Sbom => Glyph::Sbom,
        Referral::Provenance => Glyph::ShieldOk,
        Referral::Attestation => Glyph::Log,
        Referral::Report => Glyph::Shield,
        Referral::Other => Glyph::File,
    }
}

/// The name of what is known; of what is not, its type.
fn name_of(node: &ReferrerNode, referral: Referral) -> String {
    use keys::artifact::referrers as k;
    match referral {
        Referral::Cosign | Referral::Bundle | Referral::Notation => t!(k::SIGNATURE),
        Referral::Sbom => t!(k::SBOM),
        Referral::Provenance => t!(k::PROVENANCE),
        Referral::Attestation => t!(k::ATTESTATION),
        Referral::Report => t!(k::REPORT),
        Referral::Other if node.artifact_type.is_empty() => node.media_type.clone(),
        Referral::Other => node.artifact_type.clone(),
    }
}

/// How it was made, in a word; the type of what has a name of ours.
fn format_of(node: &ReferrerNode, referral: Referral) -> String {
    match referral {
        Referral::Cosign => "cosign".to_owned(),
        Referral::Notation => "notation".to_owned(),
        Referral::Bundle => {
            let version = node.artifact_type.rsplit_once(".v").map(|(_, rest)| rest.trim_end_matches("+json"));
            format!("sigstore bundle v{}", version.unwrap_or("0"))
        }
        Referral::Other => String::new(),
        Referral::Sbom | Referral::Provenance | Referral::Attestation | Referral::Report => {
            let predicate = node.annotations.get(berth_types::referral::BUNDLE_PREDICATE_TYPE).cloned();
            let of_file = || node.files.iter().map(|file| file.predicate_type.clone()).find(|text| !text.is_empty());
            predicate.or_else(of_file).unwrap_or_else(|| node.artifact_type.clone())
        }
    }
}

/// A referrer with everything below it.
pub(super) fn node(repo: &RepoName, node: ReferrerNode) -> TreeNode {
    let referral = referral(&node);
    let (name, format) = (name_of(&node, referral), format_of(&node, referral));
    let href = artifact_href(repo, &node.digest);
    let badge = (!format.is_empty()).then(|| view! { <Badge>{breakable(&format)}</Badge> });
    let trust = referral.is_signature().then(|| view! { <TrustChip trust=Trust::Signed /> });
    let title = view! {
        <a class="strong" href=href>
            {breakable(&name)}
        </a>
        {badge}
        {trust}
        <DigestChip digest=node.digest.clone() />
    };
    let (size, pushed) = (natural(node.size), node.push_time);
    let mut details = vec![view! { <ByteSize bytes=size /> ", " <TimeAgo at=pushed /> }.into_any()];
    if referral == Referral::Other {
        details.push(t!(keys::artifact::referrers::UNKNOWN).into_any());
    }
    details.extend(annotations(&node).into_iter().map(IntoAny::into_any));
    let hidden = natural(node.referrer_count).saturating_sub(node.referrers.len() as u64);
    if hidden > 0 {
        let href = format!("{}/referrers", artifact_href(repo, &node.digest));
        let more = tn!(keys::artifact::referrers::MORE, hidden);
        details.push(view! { <a href=href>{more}</a> }.into_any());
    }
    let actions =
        node.files.iter().filter(|file| file.present).map(|file| download(repo, &node, &name, file)).collect_view();
    TreeNode {
        icon: icon_of(referral),
        title: title.into_any(),
        details,
        actions: actions.into_any(),
        children: node.referrers.into_iter().map(|child| self::node(repo, child)).collect(),
    }
}

fn download(repo: &RepoName, node: &ReferrerNode, name: &str, file: &ContentFile) -> impl IntoView + use<> {
    let shown = if file.title.is_empty() { name.to_owned() } else { file.title.clone() };
    let saved = file_name(&file.title, &file.digest);
    view! { <DownloadLink href=layer_of(repo, &node.digest, &file.digest) file=saved name=shown /> }
}

/// `name=value` of the first annotations, cut to what people read.
fn annotations(node: &ReferrerNode) -> Vec<String> {
    let line = |(name, value): (&String, &String)| {
        let cut: String = value.chars().take(ANNOTATION_CHARS_MAX).collect();
        format!("{name}={cut}")
    };
    node.annotations.iter().take(ANNOTATIONS_MAX).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn referrer(artifact_type: &str, kind: &str, layer: &str) -> ReferrerNode {
        serde_json::from_value(serde_json::json!({
            "digest": "sha256:a", "artifact_type": artifact_type, "kind": kind, "push_time": "2026-03-14T09:24:00Z",
            "files": [{ "digest": "sha256:b", "media_type": layer }],
        }))
        .unwrap()
    }

    #[test]
    fn what_is_known_is_told_by_its_types() {
        let config = "application/vnd.oci.image.config.v1+json";
        let of = |artifact_type: &str, kind: &str, layer: &str| referral(&referrer(artifact_type, kind, layer));
        assert_eq!(
            of(config, "signature.cosign", "application/vnd.dev.cosign.simplesigning.v1+json"),
            Referral::Cosign
        );
        assert_eq!(of("x/y", "signature.cosign", "x/y"), Referral::Cosign);
        assert_eq!(of("application/vnd.example.review", "subject.accessory", "text/plain"), Referral::Other);
        let bundle = referrer("application/vnd.dev.sigstore.bundle.v0.3+json", "signature.cosign", "x/y");
        assert_eq!(format_of(&bundle, referral(&bundle)), "sigstore bundle v0.3");
    }

    #[test]
    fn annotations_are_cut() {
        let mut node = referrer("x/y", "", "x/y");
        for n in 0..10 {
            node.annotations.insert(format!("key-{n}"), "é".repeat(300));
        }
        let lines = annotations(&node);
        assert_eq!((lines.len(), lines[0].chars().count()), (6, 206));
    }
}
