//! The row of a tag, and the rows of what its index lists.

use super::PullMenu;
use super::cells::{FactCells, Facts};
use super::filter::{opened, toggled};
use super::pull::command_of;
use super::safety::{Sbom, Trust, Vulnerabilities, predicate};
use crate::format::{ByteSize, natural};
use crate::i18n::keys;
use crate::pages::project::{RepositoryPart, artifact_href};
use crate::query::kept;
use crate::t;
use crate::ui::{
    ActionCell, Badge, Cell, Chip, Chips, CopyButton, DigestChip, Glyph, Icon, LabelChip, MaybeText, MenuLink,
    MenuSeparator, NameLink, NoSelectCell, Priority, Row, RowHead, RowMenu, SelectCell,
};
use berth_types::api::{Label, RepositoryTag, TagChild};
use berth_types::{RepoName, TagName};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// `amd64` of `linux/amd64`: most images run on the same system, and the whole is a hover away.
pub(super) fn platform_short(platform: &str) -> &str {
    platform.strip_prefix("linux/").unwrap_or(platform)
}

/// The platforms of a tag as chips; those of an index lead to the child's own page.
fn platform_chips(repo: &RepoName, tag: &RepositoryTag) -> AnyView {
    let chip = |platform: &str, href: Option<String>| {
        let short = platform_short(platform).to_owned();
        view! {
            <span title=platform.to_owned()>
                <Chip mono=true href=MaybeText(href) text=short />
            </span>
        }
    };
    let chips: Vec<_> = if tag.children.is_empty() {
        tag.platforms.iter().map(|platform| chip(platform, None)).collect()
    } else {
        let named = tag.children.iter().filter_map(|child| Some((child, child.platform.as_ref()?)));
        named
            .map(|(child, platform)| chip(platform, child.present.then(|| artifact_href(repo, &child.digest))))
            .collect()
    };
    chips.into_any()
}

/// The link that shows what an index lists, and hides it again. What is open stands in the address.
fn expander(name: &str, is_open: Memo<bool>) -> AnyView {
    let label = t!(keys::table::EXPAND, name = name);
    let search = use_location().search;
    let toggle = {
        let name = name.to_owned();
        move || search.with(|search| toggled(&kept(search), &name))
    };
    view! {
        <a
            class="expander"
            href=toggle
            aria-label=label
            aria-expanded=move || if is_open.get() { "true" } else { "false" }
            rel="nofollow"
            data-noscroll=""
        >
            <Icon name=Glyph::Right />
        </a>
    }
    .into_any()
}

/// The labels of a row.
pub(super) fn label_chips(labels: Vec<Label>) -> Option<AnyView> {
    if labels.is_empty() {
        return None;
    }
    let labels = labels.into_iter().map(|label| {
        view! { <LabelChip text=label.name color=label.color title=label.description /> }
    });
    Some(view! { <Chips>{labels.collect_view()}</Chips> }.into_any())
}

/// A tag, and below it what its index lists where that is open.
#[component]
pub(super) fn TagRow(
    repo: RepoName,
    tag: RepositoryTag,
    /// Whether the visitor may delete it.
    delete: bool,
    /// Whether rows can be selected.
    selects: bool,
    /// Whether a row of the table has something below it.
    expands: bool,
) -> impl IntoView {
    let href = artifact_href(&repo, &tag.name);
    let platforms = platform_chips(&repo, &tag);
    let menu = tag.name.parse::<TagName>().ok().map(|name| {
        let remove = (delete && !tag.immutable).then(|| {
            let href = RepositoryPart::DeleteTag(name.clone()).of(&repo);
            view! {
                <MenuSeparator />
                <MenuLink href=href icon=Glyph::Trash danger=true text=t!(keys::repository::menu::DELETE_TAG) />
            }
        });
        let history = RepositoryPart::TagHistory(name).of(&repo);
        view! {
            <RowMenu label=t!(keys::common::ACTIONS_FOR, name = tag.name)>
                <MenuLink href=history icon=Glyph::History text=t!(keys::repository::TAB_HISTORY) />
                {remove}
            </RowMenu>
        }
    });
    let RepositoryTag {
        name,
        digest,
        kind,
        size,
        push_time,
        pull_time,
        children,
        signatures,
        sbom,
        vulnerabilities,
        labels,
        immutable,
        ..
    } = tag;
    let search = use_location().search;
    let is_open = {
        let name = name.clone();
        Memo::new(move |_| search.with(|search| opened(search).contains(&name)))
    };
    let expander = if children.is_empty() {
        // Names stand below each other.
        expands.then(|| view! { <span class="expander" data-none="" aria-hidden="true"></span> }.into_any())
    } else {
        Some(expander(&name, is_open))
    };
    let by_tag = command_of(&repo, &kind, Some(name.clone()), digest.clone());
    let by_digest = command_of(&repo, &kind, None, digest.clone());
    let (shown, chip) = (name.clone(), digest.clone());
    let (copy_tag, copy_digest) = (t!(keys::shelf::COPY_TAG, name = name), t!(keys::shelf::COPY_DIGEST, name = name));
    let labels = label_chips(labels);
    let opened_rows = {
        let repo = repo.clone();
        move || {
            is_open.get().then(|| {
                let rows = children.clone().into_iter();
                let all = children.clone();
                rows.map(|child| view! { <ChildRow repo=repo.clone() child=child among=all.clone() selects=selects /> })
                    .collect_view()
            })
        }
    };
    let select = selects.then(|| {
        let label = t!(keys::table::SELECT_NAMED, name = name);
        view! { <SelectCell label=label value=name.clone() /> }
    });
    let (pushed, pulled) = (push_time, pull_time);
    let facts = Facts { platforms, size: natural(size), vulnerabilities, signatures, sbom, pushed, pulled };
    view! {
        <Row>
            {select}
            <RowHead>
                <span class="row nowrap-row g1">
                    {expander}
                    <span class="grow">
                        <span class="row g1">
                            <NameLink text=shown href=href />
                            <CopyButton text=by_tag label=copy_tag icon=Glyph::Download />
                            {immutable
                                .then(|| {
                                    view! { <Badge icon=Glyph::Lock>{t!(keys::repository::IMMUTABLE)}</Badge> }
                                })}
                        </span>
                        <span class="row g1 nowrap-row">
                            <DigestChip digest=chip />
                            <CopyButton text=by_digest label=copy_digest icon=Glyph::Download />
                        </span>
                        {labels}
                    </span>
                </span>
            </RowHead>
            <FactCells facts=facts />
            <ActionCell>
                <span class="row g1 nowrap-row">
                    <PullMenu repo=repo tag=Some(name) digest=digest kind=kind /> {menu}
                </span>
            </ActionCell>
        </Row>
        {opened_rows}
    }
}

/// What a child of an index is called: its platform, or what it attests about which.
fn child_name(child: &TagChild, among: &[TagChild]) -> String {
    if !child.attestation {
        return child.platform.clone().unwrap_or_else(|| t!(keys::artifact::UNKNOWN_PLATFORM));
    }
    let about = among.iter().find(|other| Some(&other.digest) == child.subject.as_ref());
    match about.and_then(|about| about.platform.as_ref()) {
        Some(platform) => t!(keys::artifact::ATTESTATION_OF, platform = platform),
        None => t!(keys::artifact::ATTESTATIONS),
    }
}

#[component]
fn ChildRow(repo: RepoName, child: TagChild, among: Vec<TagChild>, selects: bool) -> impl IntoView {
    let name = child_name(&child, &among);
    let TagChild { digest, attestation, predicates, size, present, signatures, sbom, vulnerabilities, .. } = child;
    let icon = if attestation { Glyph::Sbom } else { Glyph::Chip };
    let title = if present {
        view! { <a href=artifact_href(&repo, &digest)>{name}</a> }.into_any()
    } else {
        view! {
            <span>{name}</span>
            <span class="tiny muted">{t!(keys::shelf::NOT_HERE)}</span>
        }
        .into_any()
    };
    let mut kinds: Vec<String> = predicates.iter().map(|kind| predicate(kind)).collect();
    kinds.sort();
    kinds.dedup();
    let kinds = kinds.into_iter().map(|kind| view! { <Badge>{kind}</Badge> }).collect_view();
    // Only what runs has vulnerabilities.
    let found = (!attestation).then(|| view! { <Vulnerabilities found=vulnerabilities /> });
    let signed = (!signatures.is_empty()).then(|| view! { <Trust signatures=signatures sbom=false /> });
    let sbom = (sbom && !attestation).then(|| view! { <Sbom /> });
    let bytes = present.then(|| view! { <ByteSize bytes=natural(size) /> });
    view! {
        <Row child=true>
            {selects.then(|| view! { <NoSelectCell /> })}
            <RowHead>
                <span class="row g2">
                    <span class="dim">
                        <Icon name=icon />
                    </span>
                    {title}
                    {kinds}
                    <DigestChip digest=digest />
                </span>
            </RowHead>
            <Cell label=t!(keys::repository::PLATFORMS) priority=Priority::Third />
            <Cell label=t!(keys::repository::SIZE) num=true>
                {bytes}
            </Cell>
            <Cell label=t!(keys::shelf::VULNERABILITIES)>{found}</Cell>
            <Cell label=t!(keys::shelf::TRUST) priority=Priority::Second>
                <span class="chips trust">{signed} {sbom}</span>
            </Cell>
            <Cell label=t!(keys::repository::PUSHED) />
            <ActionCell />
        </Row>
    }
}
