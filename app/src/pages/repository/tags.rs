//! The tags of a repository: one row a tag, the digest beside it; an index opens to what it lists.

use super::filter::{Filter, OF_TAGS, opened, toggled};
use super::pull::command_of;
use super::safety::{Sbom, Trust, Vulnerabilities, predicate};
use super::{PullMenu, push_command};
use crate::format::{ByteSize, TimeAgo};
use crate::i18n::{keys, use_catalog};
use crate::pages::bulk;
use crate::pages::project::{InProject, RepositoryPart, artifact_href, natural};
use crate::query::{ListState, kept};
use crate::ui::{
    ActionCell, ActionColumn, Badge, Cell, Chip, Chips, Column, CopyButton, DigestChip, Empty, FilterChip, FilterCount,
    Filters, Glyph, Icon, LabelChip, LinkButton, MaybeText, Menu, MenuLink, MenuSeparator, NameLink, NoSelectCell,
    Pager, Priority, Row, RowHead, RowMenu, SearchBox, SelectAllColumn, SelectCell, Selectable, Sort, Table, TableBox,
    with_query,
};
use crate::{t, tn};
use berth_types::api::{BulkAction, BulkKind, Label, RepositoryTag, TagChild};
use berth_types::page::Paged;
use berth_types::policy::{Action, Resource as Of};
use berth_types::{RepoName, TagName, Timestamp};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The columns by which the list can be sorted, in the order of the menu; the second says whether the largest come first.
const SORTS: [(&str, bool); 4] = [("name", false), ("push_time", true), ("pull_time", true), ("size", true)];

#[component]
pub(super) fn TagList(
    within: InProject,
    repo: RepoName,
    state: ListState,
    filter: Filter,
    tags: Paged<RepositoryTag>,
    /// How many tags there are without a filter.
    all: u64,
) -> impl IntoView {
    let total = natural(tags.total);
    let ListState { q, sort, page, page_size, search } = state;
    let platforms = facet_values(tags.items.iter().flat_map(|tag| &tag.platforms), &filter.platform);
    let labels = labels_of(tags.items.iter().map(|tag| tag.labels.as_slice()));
    let selected = filter.of_tags();
    let filtered = !selected.is_empty();
    let (rows, place) = (tags.items.len(), bulk::Place::Repository(repo.clone()));
    let buttons = bulk::buttons(&[(BulkAction::Delete, within.rights.may(Of::Tag, Action::Delete))]);
    let list = if !tags.items.is_empty() {
        view! { <TagTable within=within repo=repo tags=tags.items sort=sort.clone() search=search.clone() /> }
            .into_any()
    } else if filtered {
        view! { <Nothing search=search.clone() /> }.into_any()
    } else {
        let command = MaybeText(within.rights.may_push().then(|| push_command(&repo)));
        view! {
            <Empty
                icon=Glyph::Tag
                title=t!(keys::repository::EMPTY)
                text=t!(keys::repository::EMPTY_TEXT)
                command=command
            />
        }
        .into_any()
    };
    let pager = (total > 0).then(|| {
        let search = search.clone();
        view! { <Pager page=page page_size=page_size total=total search=search /> }
    });
    let count = if filtered {
        t!(keys::filter::OF_TOTAL, shown = crate::format::count(total), total = crate::format::count(all))
    } else {
        tn!(keys::count::TAGS, total)
    };
    let active = view! { <ActiveFilters filter=filter.clone() labels=labels.clone() search=search.clone() /> };
    view! {
        <Selectable action=place.href() keep=bulk::keep(BulkKind::Tags, selected) buttons=buttons rows=rows total=total>
            <Filters>
                <SearchBox label=t!(keys::repository::FILTER) value=q keep=search.clone() />
                <PlatformFacet values=platforms current=filter.platform search=search.clone() />
                <SignatureFacet current=filter.signed search=search.clone() />
                <LabelFacet labels=labels current=filter.label search=search.clone() />
                <SortMenu sort=sort search=search />
                <FilterCount text=count />
            </Filters>
            {active}
            {list}
            {pager}
        </Selectable>
    }
}

/// The values that a menu offers: those of the page, and the one that is chosen.
fn facet_values<'a>(shown: impl Iterator<Item = &'a String>, current: &str) -> Vec<String> {
    let mut values: Vec<String> = shown.cloned().collect();
    if !current.is_empty() {
        values.push(current.to_owned());
    }
    values.sort();
    values.dedup();
    values
}

/// The labels of the rows of a page by name, each once.
pub(super) fn labels_of<'a>(rows: impl Iterator<Item = &'a [Label]>) -> Vec<(i64, String)> {
    let mut labels: Vec<(String, i64)> = rows.flatten().map(|label| (label.name.clone(), label.id)).collect();
    labels.sort();
    labels.dedup();
    labels.into_iter().map(|(name, id)| (id, name)).collect()
}

/// A menu of links that set or take away one parameter.
fn facet(
    title: String,
    parameter: &'static str,
    search: &str,
    choices: Vec<(Option<String>, String, bool)>,
) -> AnyView {
    let links: Vec<_> = choices
        .into_iter()
        .map(|(value, text, current)| {
            let href = with_query(search, &[(parameter, value.as_deref()), ("page", None)]);
            view! { <MenuLink href=href current=current text=text /> }
        })
        .collect();
    view! { <Menu text=title>{links}</Menu> }.into_any()
}

#[component]
fn PlatformFacet(values: Vec<String>, current: String, search: String) -> impl IntoView {
    (!values.is_empty()).then(|| {
        let all = (None, t!(keys::shelf::PLATFORM_ALL), current.is_empty());
        let choices = values.into_iter().map(|value| (Some(value.clone()), value.clone(), value == current));
        facet(t!(keys::shelf::PLATFORM), "platform", &search, std::iter::once(all).chain(choices).collect())
    })
}

#[component]
fn SignatureFacet(current: Option<bool>, search: String) -> impl IntoView {
    let choice = |signed: bool, text: String| (Some(signed.to_string()), text, current == Some(signed));
    let choices = vec![
        (None, t!(keys::shelf::SIGNATURE_ALL), current.is_none()),
        choice(true, t!(keys::shelf::SIGNED)),
        choice(false, t!(keys::shelf::UNSIGNED)),
    ];
    facet(t!(keys::shelf::SIGNATURE), "signed", &search, choices)
}

/// The menu of labels; nothing where there are none to choose.
#[component]
pub(super) fn LabelFacet(labels: Vec<(i64, String)>, current: Option<i64>, search: String) -> impl IntoView {
    (!labels.is_empty()).then(|| {
        let all = (None, t!(keys::shelf::LABEL_ALL), current.is_none());
        let choices = labels.into_iter().map(|(id, name)| (Some(id.to_string()), name, current == Some(id)));
        facet(t!(keys::shelf::LABEL), "label", &search, std::iter::once(all).chain(choices).collect())
    })
}

/// The order of the list as a menu: cards have no heads to click.
#[component]
fn SortMenu(sort: String, search: String) -> impl IntoView {
    let name = |field: &str| match field {
        "name" => t!(keys::repository::TAG),
        "push_time" => t!(keys::repository::PUSHED),
        "pull_time" => t!(keys::repository::PULLED),
        _ => t!(keys::repository::SIZE),
    };
    let current = sort.trim_start_matches('-').to_owned();
    let links: Vec<_> = SORTS
        .into_iter()
        .map(|(field, descending)| {
            let is_current = field == current;
            let wanted = if descending { format!("-{field}") } else { field.to_owned() };
            let href = with_query(&search, &[("sort", Some(&wanted)), ("page", None)]);
            view! { <MenuLink href=href current=is_current text=name(field) /> }
        })
        .collect();
    view! { <Menu text=t!(keys::filter::SORT, field = name(&current))>{links}</Menu> }
}

/// The filters that are on, each with a way to take it away.
#[component]
pub(super) fn ActiveFilters(filter: Filter, labels: Vec<(i64, String)>, search: String) -> impl IntoView {
    let named = labels.into_iter().find(|(id, _)| Some(*id) == filter.label).map(|(_, name)| name);
    let label = named.or_else(|| filter.label.map(|id| id.to_string())).unwrap_or_default();
    let chips = filter.chips(&use_catalog(), &search, &label);
    (!chips.is_empty()).then(|| {
        view! {
            <Chips>
                {chips
                    .into_iter()
                    .map(|(text, href)| view! { <FilterChip text=text remove_href=href /> })
                    .collect_view()}
                <a class="small" href=cleared(&search)>
                    {t!(keys::filter::CLEAR_ALL)}
                </a>
            </Chips>
        }
    })
}

/// The page without any filter; its tab and its order stay.
fn cleared(search: &str) -> String {
    let gone = OF_TAGS.map(|name| (name, None));
    with_query(search, &gone.into_iter().chain([("show", None), ("op", None)]).collect::<Vec<_>>())
}

/// A list that its filters leave empty.
#[component]
pub(super) fn Nothing(search: String) -> impl IntoView {
    view! {
        <Empty icon=Glyph::Filter title=t!(keys::shelf::NOTHING) text=t!(keys::filter::NO_MATCH_TEXT)>
            <LinkButton href=cleared(&search) icon=Glyph::X>
                {t!(keys::filter::CLEAR)}
            </LinkButton>
        </Empty>
    }
}

#[component]
fn TagTable(
    within: InProject,
    repo: RepoName,
    tags: Vec<RepositoryTag>,
    sort: String,
    search: String,
) -> impl IntoView {
    let delete = within.rights.may(Of::Tag, Action::Delete);
    let head = move || {
        view! {
            {delete.then(|| view! { <SelectAllColumn /> })}
            <Column label=t!(keys::repository::TAG) sort=Sort::by("name", &sort, &search, false) />
            <Column label=t!(keys::repository::PLATFORMS) priority=Priority::Third />
            <Column label=t!(keys::repository::SIZE) sort=Sort::by("size", &sort, &search, true) num=true />
            <Column label=t!(keys::shelf::VULNERABILITIES) />
            <Column label=t!(keys::shelf::TRUST) priority=Priority::Second />
            <Column label=t!(keys::repository::PUSHED) sort=Sort::by("push_time", &sort, &search, true) />
            <ActionColumn />
        }
    };
    let caption = t!(keys::repository::CAPTION, repository = repo);
    let expands = tags.iter().any(|tag| !tag.children.is_empty());
    let rows =
        tags.into_iter().map(move |tag| view! { <TagRow repo=repo.clone() tag=tag delete=delete expands=expands /> });
    view! {
        <TableBox>
            <Table caption=caption head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

/// `amd64` of `linux/amd64`: most images run on the same system, and the whole is a hover away.
pub(crate) fn platform_short(platform: &str) -> &str {
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

#[component]
fn TagRow(repo: RepoName, tag: RepositoryTag, delete: bool, expands: bool) -> impl IntoView {
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
    let expander = match (children.is_empty(), expands) {
        (true, false) => None,
        // Names stand below each other.
        (true, true) => Some(view! { <span class="expander" data-none="" aria-hidden="true"></span> }.into_any()),
        (false, _) => {
            let label = t!(keys::table::EXPAND, name = name);
            let toggle = {
                let name = name.clone();
                move || search.with(|search| toggled(&kept(search), &name))
            };
            let link = view! {
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
            };
            Some(link.into_any())
        }
    };
    let by_tag = command_of(&repo, &kind, Some(name.clone()), digest.clone());
    let by_digest = command_of(&repo, &kind, None, digest.clone());
    let (shown, chip) = (name.clone(), digest.clone());
    let (copy_tag, copy_digest) = (t!(keys::shelf::COPY_TAG, name = name), t!(keys::shelf::COPY_DIGEST, name = name));
    let labels = (!labels.is_empty()).then(|| {
        let labels = labels.into_iter().map(|label| {
            view! { <LabelChip text=label.name color=label.color title=label.description /> }
        });
        view! { <Chips>{labels.collect_view()}</Chips> }
    });
    let opened_rows = {
        let repo = repo.clone();
        move || {
            is_open.get().then(|| {
                let rows = children.clone().into_iter();
                let all = children.clone();
                rows.map(|child| view! { <ChildRow repo=repo.clone() child=child among=all.clone() selects=delete /> })
                    .collect_view()
            })
        }
    };
    let select = delete.then(|| {
        let label = t!(keys::table::SELECT_NAMED, name = name);
        view! { <SelectCell label=label value=name.clone() /> }
    });
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
            <Cell label=t!(keys::repository::PLATFORMS) priority=Priority::Third>
                <Chips platforms=true>{platforms}</Chips>
            </Cell>
            <Cell label=t!(keys::repository::SIZE) num=true>
                <ByteSize bytes=natural(size) />
            </Cell>
            <Cell label=t!(keys::shelf::VULNERABILITIES)>
                <Vulnerabilities found=vulnerabilities />
            </Cell>
            <Cell label=t!(keys::shelf::TRUST) priority=Priority::Second>
                <span class="chips trust">
                    <Trust signatures=signatures sbom=sbom />
                </span>
            </Cell>
            <Cell label=t!(keys::repository::PUSHED)>
                <span>
                    <TimeAgo at=push_time /> <Pulled at=pull_time />
                </span>
            </Cell>
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

/// When something was last pulled, below when it was pushed.
#[component]
pub(super) fn Pulled(at: Timestamp) -> impl IntoView {
    let text = if at == Timestamp::NEVER {
        t!(keys::repository::NEVER_PULLED).into_any()
    } else {
        view! {
            {t!(keys::repository::PULLED_LABEL)}
            " "
            <TimeAgo at=at />
        }
        .into_any()
    };
    view! { <span class="tiny dim nowrap block">{text}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn menus_offer_what_is_shown_and_what_is_chosen() {
        let shown = ["linux/arm64".to_owned(), "linux/amd64".to_owned(), "linux/arm64".to_owned()];
        assert_eq!(facet_values(shown.iter(), "linux/s390x"), ["linux/amd64", "linux/arm64", "linux/s390x"]);
        assert!(facet_values([].iter(), "").is_empty());
        let label = |id, name: &str| Label { id, name: name.to_owned(), ..Label::default() };
        let rows = [vec![label(2, "b"), label(1, "a")], vec![label(2, "b")]];
        assert_eq!(labels_of(rows.iter().map(Vec::as_slice)), [(1, "a".to_owned()), (2, "b".to_owned())]);
    }

    #[test]
    fn clearing_keeps_tab_and_order() {
        let search = "tab=artifacts&q=a&platform=linux/amd64&signed=true&label=1&show=untagged&page=2&sort=-size";
        assert_eq!(cleared(search), "?tab=artifacts&sort=-size");
    }
}
