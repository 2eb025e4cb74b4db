//! The artifacts of a repository, with those that have no tag.

use super::cells::{FactCells, Facts};
use super::facets::{ActiveFilters, LabelFacet, Nothing, labels_of};
use super::filter::{Filter, Tagged};
use super::tag_row::{label_chips, platform_short};
use super::{NothingPushed, Whole};
use crate::format::{digest_short, natural};
use crate::i18n::keys;
use crate::pages::artifact::{kind_label, platforms_of};
use crate::pages::bulk;
use crate::pages::project::{InProject, RepositoryPart, artifact_href};
use crate::pages::repository::PullMenu;
use crate::query::ListState;
use crate::ui::{
    ActionCell, ActionColumn, Cell, Chip, Chips, Column, CopyButton, FilterCount, Filters, Glyph, MenuLink,
    MenuSeparator, Pager, Priority, Row, RowHead, RowMenu, SearchBox, Segment, Segmented, SelectAllColumn, SelectCell,
    Selectable, Sort, Table, TableBox, with_query,
};
use crate::{t, tn};
use berth_types::api::{Artifact, BulkAction, BulkKind};
use berth_types::page::Paged;
use berth_types::policy::{Action, Resource as Of};
use berth_types::{Reference, RepoName};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// Tags of an artifact that a row shows.
const TAGS_SHOWN: usize = 3;

#[component]
pub(super) fn ArtifactList(
    within: InProject,
    repo: RepoName,
    state: ListState,
    filter: Filter,
    artifacts: Paged<Artifact>,
    whole: Whole,
) -> impl IntoView {
    let total = natural(artifacts.total);
    let ListState { q, sort, page, page_size, search } = state;
    let labels =
        labels_of(&whole.labels, artifacts.items.iter().map(|artifact| artifact.labels.as_deref().unwrap_or_default()));
    let selected = filter.of_artifacts();
    let filtered = !selected.is_empty();
    let (rows, place) = (artifacts.items.len(), bulk::Place::Repository(repo.clone()));
    let buttons = bulk::buttons(BulkKind::Artifacts, &actions(&within));
    let list = if !artifacts.items.is_empty() {
        view! { <ArtifactTable within=within repo=repo artifacts=artifacts.items sort=sort search=search.clone() /> }
            .into_any()
    } else if filtered {
        view! { <Nothing search=search.clone() /> }.into_any()
    } else {
        let (title, text) = (t!(keys::repository::NO_ARTIFACTS), t!(keys::repository::EMPTY_TEXT));
        let may_push = within.rights.may_push();
        view! { <NothingPushed repo=repo icon=Glyph::Layers title=title text=text may_push=may_push /> }.into_any()
    };
    let pager = (total > 0).then(|| {
        let search = search.clone();
        view! { <Pager page=page page_size=page_size total=total search=search /> }
    });
    let count = if filtered {
        t!(keys::filter::OF_TOTAL, shown = crate::format::count(total), total = crate::format::count(whole.artifacts))
    } else {
        tn!(keys::count::ARTIFACTS, total)
    };
    let segments: Vec<Segment> = Tagged::ALL
        .into_iter()
        .map(|tagged| {
            let label = match tagged {
                Tagged::All => t!(keys::shelf::SHOW_ALL),
                Tagged::With => t!(keys::shelf::TAGGED),
                Tagged::Without => t!(keys::repository::UNTAGGED),
            };
            let href = with_query(&search, &[("show", tagged.word()), ("page", None)]);
            Segment { label, href, current: tagged == filter.tagged }
        })
        .collect();
    let active = view! { <ActiveFilters filter=filter.clone() labels=labels.clone() search=search.clone() /> };
    view! {
        <Selectable
            action=place.href()
            keep=bulk::keep(BulkKind::Artifacts, selected)
            buttons=buttons
            rows=rows
            total=total
        >
            <Filters>
                <SearchBox label=t!(keys::repository::FILTER_DIGEST) value=q keep=search.clone() />
                <Segmented label=t!(keys::filter::SHOW) segments=segments />
                <LabelFacet labels=labels current=filter.label search=search />
                <FilterCount text=count />
            </Filters>
            {active}
            {list}
            {pager}
        </Selectable>
    }
}

/// What can be done to many artifacts at once.
fn actions(within: &InProject) -> [(BulkAction, bool); 5] {
    let may_delete = within.rights.may(Of::Artifact, Action::Delete);
    let label = within.rights.may(Of::ArtifactLabel, Action::Create);
    [
        (BulkAction::AddLabel, label),
        (BulkAction::RemoveLabel, label),
        (BulkAction::Copy, within.rights.may_copy()),
        (BulkAction::Move, may_delete),
        (BulkAction::Delete, may_delete),
    ]
}

#[component]
fn ArtifactTable(
    within: InProject,
    repo: RepoName,
    artifacts: Vec<Artifact>,
    sort: String,
    search: String,
) -> impl IntoView {
    let selects = actions(&within).iter().any(|(_, allowed)| *allowed);
    let head = move || {
        view! {
            {selects.then(|| view! { <SelectAllColumn /> })}
            <Column label=t!(keys::repository::DIGEST) />
            <Column label=t!(keys::repository::TAGS) />
            <Column label=t!(keys::repository::PLATFORMS) priority=Priority::Third />
            <Column label=t!(keys::repository::SIZE) sort=Sort::by("size", &sort, &search, true) num=true />
            <Column label=t!(keys::shelf::VULNERABILITIES) />
            <Column label=t!(keys::shelf::TRUST) priority=Priority::Second />
            <Column label=t!(keys::repository::PUSHED) sort=Sort::by("push_time", &sort, &search, true) />
            <ActionColumn />
        }
    };
    let caption = t!(keys::repository::ARTIFACTS_CAPTION, repository = repo);
    let rows = artifacts.into_iter().map(move |artifact| {
        view! { <ArtifactRow within=within.clone() repo=repo.clone() artifact=artifact selects=selects /> }
    });
    view! {
        <TableBox>
            <Table caption=caption head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

#[component]
fn ArtifactRow(within: InProject, repo: RepoName, artifact: Artifact, selects: bool) -> impl IntoView {
    let tags: Vec<String> = artifact.tags.iter().flatten().map(|tag| tag.name.clone()).collect();
    let chips = if tags.is_empty() {
        view! { <span class="dim">{t!(keys::repository::UNTAGGED)}</span> }.into_any()
    } else {
        let more = tags.len().saturating_sub(TAGS_SHOWN);
        let shown = tags
            .iter()
            .take(TAGS_SHOWN)
            .map(|tag| view! { <Chip href=artifact_href(&repo, tag) icon=Glyph::Tag text=tag.clone() /> })
            .collect_view();
        view! {
            <Chips>
                {shown}
                {(more > 0)
                    .then(|| view! { <span class="tiny muted">{t!(keys::repository::AND_MORE, count = more)}</span> })}
            </Chips>
        }
        .into_any()
    };
    let platforms = platforms_of(&artifact);
    let platforms =
        platforms.iter().map(|platform| view! { <Chip mono=true text=platform_short(platform) /> }).collect_view();
    let short = digest_short(&artifact.digest).to_owned();
    let menu = artifact.digest.parse::<Reference>().ok().and_then(|reference| {
        let add = within.rights.may(Of::Tag, Action::Create);
        let delete = within.rights.may(Of::Artifact, Action::Delete);
        (add || delete).then(|| {
            let new = RepositoryPart::NewTag(reference.clone()).of(&repo);
            let remove = RepositoryPart::DeleteArtifact(reference).of(&repo);
            view! {
                <RowMenu label=t!(keys::common::ACTIONS_FOR, name = short)>
                    {add
                        .then(|| view! { <MenuLink href=new icon=Glyph::Tag text=t!(keys::repository::menu::ADD_TAG) /> })}
                    {(add && delete).then(|| view! { <MenuSeparator /> })}
                    {delete
                        .then(|| {
                            view! {
                                <MenuLink
                                    href=remove
                                    icon=Glyph::Trash
                                    danger=true
                                    text=t!(keys::repository::menu::DELETE_ARTIFACT)
                                />
                            }
                        })}
                </RowMenu>
            }
        })
    });
    let kind = kind_label(&artifact);
    let href = artifact_href(&repo, &artifact.digest);
    let labels = label_chips(artifact.labels.unwrap_or_default());
    let attached = artifact.accessories.unwrap_or_default();
    let signatures = signatures(attached.iter().map(|accessory| accessory.kind.as_str()));
    let found = artifact.scan_overview.and_then(|found| found.into_values().find_map(|report| report.summary));
    let (digest, whole) = (artifact.digest.clone(), artifact.digest.clone());
    let facts = Facts {
        platforms: platforms.into_any(),
        size: natural(artifact.size),
        vulnerabilities: found,
        signatures,
        sbom: artifact.sbom_overview.is_some(),
        pushed: artifact.push_time,
        pulled: artifact.pull_time,
    };
    let select = selects.then(|| {
        let label = t!(keys::table::SELECT_NAMED, name = short);
        view! { <SelectCell label=label value=whole.clone() /> }
    });
    view! {
        <Row>
            {select}
            <RowHead>
                <span class="digest" title=whole>
                    <a href=href>{short.clone()}</a>
                    <CopyButton text=digest label=t!(keys::copy::DIGEST, digest = short) />
                </span>
                <span class="tiny muted block">{kind}</span>
                {labels}
            </RowHead>
            <Cell label=t!(keys::repository::TAGS)>{chips}</Cell>
            <FactCells facts=facts />
            <ActionCell>
                <span class="row g1 nowrap-row">
                    <PullMenu repo=repo tag=tags.into_iter().next() digest=artifact.digest kind=artifact.kind /> {menu}
                </span>
            </ActionCell>
        </Row>
    }
}

/// The kinds of signature among what is attached, each once.
fn signatures<'a>(kinds: impl Iterator<Item = &'a str>) -> Vec<String> {
    kinds
        .filter(|kind| kind.starts_with("signature."))
        .map(str::to_owned)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_signature_is_told_once() {
        let kinds = ["signature.notation", "subject.accessory", "signature.cosign", "signature.cosign", "sbom.harbor"];
        assert_eq!(signatures(kinds.into_iter()), ["signature.cosign", "signature.notation"]);
        assert!(signatures(std::iter::empty()).is_empty());
    }
}
