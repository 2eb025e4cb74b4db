//! What an index lists: images by platform, then what is said about them.

use super::Part;
use super::subject::Family;
use crate::format::{ByteSize, count, natural};
use crate::i18n::keys;
use crate::pages::project::artifact_href;
use crate::query::ListState;
use crate::t;
use crate::ui::{Card, Cell, Column, DigestChip, Glyph, Icon, Pager, Priority, Row, RowHead, Table, TableBox};
use berth_types::RepoName;
use berth_types::api::IndexChild;
use berth_types::page::Paged;
use leptos::prelude::*;

/// Images before attestations, each in the order of the index.
fn ordered(children: Vec<IndexChild>) -> Vec<IndexChild> {
    let (said, images): (Vec<_>, Vec<_>) = children.into_iter().partition(|child| child.attestation);
    images.into_iter().chain(said).collect()
}

/// The platform of the child that an attestation is about; nothing where it is on another page.
fn about<'a>(attestation: &IndexChild, all: &'a [IndexChild]) -> Option<&'a str> {
    let child = all.iter().find(|child| child.digest == attestation.about)?;
    Some(child.platform.as_str()).filter(|platform| !platform.is_empty())
}

/// The card with all of them.
#[component]
pub(super) fn Platforms(
    repo: RepoName,
    /// How the page names the index.
    name: String,
    family: Family,
    listed: Paged<IndexChild>,
    state: ListState,
    /// Bytes of the index with all its children.
    size: i64,
) -> impl IntoView {
    let total = natural(listed.total);
    let children = ordered(listed.items);
    let head = || {
        view! {
            <Column label=t!(keys::artifact::PLATFORM) />
            <Column label=t!(keys::artifact::DIGEST) />
            <Column label=t!(keys::artifact::SIZE) num=true />
            <Column label=t!(keys::artifact::LAYERS) num=true priority=Priority::Second />
            <Column label=t!(keys::artifact::TAB_REFERRERS) num=true priority=Priority::Third />
        }
    };
    let all = children.clone();
    let rows = children.into_iter().map(move |child| {
        let href = family.href(&repo, &child.digest, Part::Overview);
        let href = href.unwrap_or_else(|| artifact_href(&repo, &child.digest));
        let (icon, text) = match (child.attestation, about(&child, &all)) {
            (true, Some(platform)) => (Glyph::Sbom, t!(keys::artifact::ATTESTATION_OF, platform = platform)),
            (true, None) => (Glyph::Sbom, t!(keys::artifact::ATTESTATIONS)),
            (false, _) if child.platform.is_empty() => (Glyph::Chip, t!(keys::artifact::UNKNOWN_PLATFORM)),
            (false, _) => (Glyph::Chip, child.platform.clone()),
        };
        view! { <ChildRow icon=icon text=text href=href child=child /> }
    });
    let pager = (total > state.page_size).then(|| {
        view! { <Pager page=state.page page_size=state.page_size total=total search=state.search.clone() /> }
    });
    view! {
        <Card title=t!(keys::artifact::PLATFORMS)>
            <TableBox flush=true>
                <Table caption=t!(keys::artifact::PLATFORMS_CAPTION, name = name) head=head>
                    {rows.collect_view()}
                </Table>
            </TableBox>
            {pager}
            <div class="card-foot">
                <span>
                    {t!(keys::artifact::SUM)} " " <ByteSize bytes=natural(size) />
                </span>
            </div>
        </Card>
    }
}

#[component]
fn ChildRow(icon: Glyph, text: String, href: String, child: IndexChild) -> impl IntoView {
    let number = |n: i64| (n > 0).then(|| count(natural(n)));
    let name = if child.present {
        view! { <a href=href>{text}</a> }.into_any()
    } else {
        view! {
            <span>{text}</span>
            " "
            <span class="tiny muted">{t!(keys::artifact::NOT_HERE)}</span>
        }
        .into_any()
    };
    view! {
        <Row>
            <RowHead>
                <span class="row g2 nowrap-row">
                    <span class="dim">
                        <Icon name=icon />
                    </span>
                    {name}
                </span>
            </RowHead>
            <Cell label=t!(keys::artifact::DIGEST)>
                <DigestChip digest=child.digest />
            </Cell>
            <Cell label=t!(keys::artifact::SIZE) num=true>
                <ByteSize bytes=natural(child.size) />
            </Cell>
            <Cell label=t!(keys::artifact::LAYERS) num=true priority=Priority::Second>
                {number(child.layers)}
            </Cell>
            <Cell label=t!(keys::artifact::TAB_REFERRERS) num=true priority=Priority::Third>
                {number(child.referrers)}
            </Cell>
        </Row>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attestations_come_last_and_say_what_they_are_about() {
        let child = |digest: &str, platform: &str, about: &str| IndexChild {
            digest: digest.into(),
            platform: platform.into(),
            attestation: !about.is_empty(),
            about: about.into(),
            ..IndexChild::default()
        };
        let all = ordered(vec![child("c", "", "a"), child("a", "linux/arm64", ""), child("d", "", "gone")]);
        let digests: Vec<&str> = all.iter().map(|child| child.digest.as_str()).collect();
        assert_eq!(digests, ["a", "c", "d"]);
        assert_eq!((about(&all[1], &all), about(&all[2], &all)), (Some("linux/arm64"), None));
    }
}
