//! The tags of a repository: one row a tag, the digest beside it; an index opens to what it lists.

use super::facets::{
    ActiveFilters, LabelFacet, Nothing, PlatformFacet, SignatureFacet, facet_values, labels_of, orders,
};
use super::filter::Filter;
use super::tag_row::TagRow;
use super::{NothingPushed, Whole};
use crate::format::natural;
use crate::i18n::keys;
use crate::pages::bulk;
use crate::pages::project::InProject;
use crate::query::ListState;
use crate::ui::{
    ActionColumn, Column, FilterCount, Filters, Glyph, Pager, Priority, SearchBox, SelectAllColumn, Selectable, Sort,
    SortMenu, Table, TableBox,
};
use crate::{t, tn};
use berth_types::RepoName;
use berth_types::api::{BulkAction, BulkKind, RepositoryTag};
use berth_types::page::Paged;
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;

#[component]
pub(super) fn TagList(
    within: InProject,
    repo: RepoName,
    state: ListState,
    filter: Filter,
    tags: Paged<RepositoryTag>,
    whole: Whole,
) -> impl IntoView {
    let total = natural(tags.total);
    let ListState { q, sort, page, page_size, search } = state;
    let shown = tags.items.iter().flat_map(|tag| &tag.platforms).chain(&whole.platforms);
    let platforms = facet_values(shown, &filter.platform);
    let labels = labels_of(&whole.labels, tags.items.iter().map(|tag| tag.labels.as_slice()));
    let selected = filter.of_tags();
    let filtered = !selected.is_empty();
    let (rows, place) = (tags.items.len(), bulk::Place::Repository(repo.clone()));
    let buttons = bulk::buttons(BulkKind::Tags, &actions(&within));
    let selects = !buttons.is_empty();
    let list = if !tags.items.is_empty() {
        view! { <TagTable within=within repo=repo tags=tags.items sort=sort.clone() search=search.clone() selects=selects /> }
            .into_any()
    } else if filtered {
        view! { <Nothing search=search.clone() /> }.into_any()
    } else {
        let (title, text) = (t!(keys::repository::EMPTY), t!(keys::repository::EMPTY_TEXT));
        let may_push = within.rights.may_push();
        view! { <NothingPushed repo=repo icon=Glyph::Tag title=title text=text may_push=may_push /> }.into_any()
    };
    let pager = (total > 0).then(|| {
        let search = search.clone();
        view! { <Pager page=page page_size=page_size total=total search=search /> }
    });
    let count = if filtered {
        t!(keys::filter::OF_TOTAL, shown = crate::format::count(total), total = crate::format::count(whole.tags))
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
                <SortMenu orders=orders() sort=sort search=search />
                <FilterCount text=count />
            </Filters>
            {active}
            {list}
            {pager}
        </Selectable>
    }
}

/// What can be done to many tags at once, or to what they point at.
fn actions(within: &InProject) -> [(BulkAction, bool); 4] {
    let label = within.rights.may(Of::ArtifactLabel, Action::Create);
    [
        (BulkAction::AddLabel, label),
        (BulkAction::RemoveLabel, label),
        (BulkAction::Copy, within.rights.may_copy()),
        (BulkAction::Delete, within.rights.may(Of::Tag, Action::Delete)),
    ]
}

#[component]
fn TagTable(
    within: InProject,
    repo: RepoName,
    tags: Vec<RepositoryTag>,
    sort: String,
    search: String,
    selects: bool,
) -> impl IntoView {
    let delete = within.rights.may(Of::Tag, Action::Delete);
    let head = move || {
        view! {
            {selects.then(|| view! { <SelectAllColumn /> })}
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
    let rows = tags.into_iter().map(move |tag| {
        view! { <TagRow repo=repo.clone() tag=tag delete=delete selects=selects expands=expands /> }
    });
    view! {
        <TableBox>
            <Table caption=caption head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}
