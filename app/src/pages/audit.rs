//! The audit log, of a project and of the system alike.

mod filter;
mod views;
mod words;

pub use filter::AuditFilter;
pub use views::Views;
pub(crate) use words::event_type_text;

use crate::format::{TimeClock, natural};
use crate::i18n::{keys, use_catalog};
use crate::query::ListState;
use crate::ui::{
    Avatar, Badge, Button, Cell, Chips, Column, Empty, FilterChip, FilterCount, Filters, GetForm, Glyph, LinkButton,
    Menu, MenuDownload, MenuLink, Name, NameLink, Pager, Priority, Row, RowHead, SearchBox, State, Status, Table,
    TableBox, Tone, query_pairs, with_query,
};
use crate::{t, tn};
use berth_types::ProjectId;
use berth_types::api::{AuditEntry, SavedView};
use berth_types::audit::{KINDS, OPERATIONS};
use berth_types::page::Paged;
use leptos::prelude::*;
use words::{event_text, kind_label, operation_label, resource_href, resource_text};

/// Filters, entries and pages of a log.
#[component]
pub fn AuditList(
    /// Page and query of the log.
    state: ListState,
    /// The entries of the page.
    entries: Paged<AuditEntry>,
    /// Named searches of this log.
    views: Views,
    /// Those that there are.
    saved: Vec<SavedView>,
    /// The project whose log it is.
    #[prop(optional)]
    project: Option<ProjectId>,
    /// Where something is done that makes an entry, with its name.
    next: (String, String),
) -> impl IntoView {
    let filter = AuditFilter::read(&state.search);
    let total = natural(entries.total);
    let nothing = entries.items.is_empty();
    let filtered = filter.is_active();
    let list = if nothing {
        view! { <NoEntries filtered=filtered next=next /> }.into_any()
    } else {
        view! { <Entries entries=entries.items /> }.into_any()
    };
    view! {
        <AuditFilters state=state.clone() filter=filter total=total views=views saved=saved project=project />
        {list}
        {(total > 0).then(|| view! { <Pager page=state.page page_size=state.page_size total=total search=state.search /> })}
    }
}

#[component]
fn AuditFilters(
    state: ListState,
    filter: AuditFilter,
    total: u64,
    views: Views,
    saved: Vec<SavedView>,
    project: Option<ProjectId>,
) -> impl IntoView {
    let export = |format: &str| filter.export_href(format, &state.sort, project);
    let (csv, lines) = (export("csv"), export("jsonl"));
    let search = state.search;
    let facet = {
        let search = search.clone();
        move |parameter: &'static str,
              title: String,
              all: String,
              current: &str,
              choices: Vec<(&'static str, String)>| {
            let links: Vec<_> = std::iter::once(("", all))
                .chain(choices)
                .map(|(value, label)| {
                    let wanted = (!value.is_empty()).then_some(value);
                    let href = with_query(&search, &[(parameter, wanted), ("page", None)]);
                    let current = value == current;
                    view! { <MenuLink href=href current=current text=label /> }
                })
                .collect();
            view! { <Menu text=title>{links}</Menu> }
        }
    };
    let operations = OPERATIONS.iter().map(|word| (*word, operation_label(word))).collect();
    let kinds = KINDS.iter().map(|word| (*word, kind_label(word))).collect();
    let results = vec![("true", t!(keys::audit::DONE)), ("false", t!(keys::audit::FAILED))];
    let chips = filter.chips(&use_catalog(), &search);
    let chips = (!chips.is_empty()).then(|| {
        let clear = with_query(&search, &AuditFilter::PARAMETERS.map(|name| (name, None)));
        view! {
            <Chips>
                {chips
                    .into_iter()
                    .map(|(text, href)| view! { <FilterChip text=text remove_href=href /> })
                    .collect_view()}
                <a class="small" href=clear>
                    {t!(keys::filter::CLEAR_ALL)}
                </a>
            </Chips>
        }
    });
    view! {
        <Filters>
            <SearchBox label=t!(keys::audit::FILTER_USER) value=filter.user.clone() keep=search.clone() />
            {facet("operation", t!(keys::audit::ACTION), t!(keys::audit::ALL_ACTIONS), &filter.operation, operations)}
            {facet("kind", t!(keys::audit::KIND), t!(keys::audit::ALL_KINDS), &filter.kind, kinds)}
            {facet("result", t!(keys::audit::RESULT), t!(keys::audit::ALL_RESULTS), filter.result_word(), results)}
            <MoreFilters filter=filter search=search.clone() />
            <views::ViewsMenu views=views saved=saved search=search.clone() />
            <Menu text=t!(keys::audit::EXPORT) icon=Glyph::Download>
                <MenuDownload href=csv text=t!(keys::audit::EXPORT_CSV) />
                <MenuDownload href=lines text=t!(keys::audit::EXPORT_JSONL) />
            </Menu>
            <FilterCount text=tn!(keys::count::ENTRIES, total) />
        </Filters>
        {chips}
    }
}

/// What has to be typed: a resource, days.
#[component]
fn MoreFilters(filter: AuditFilter, search: String) -> impl IntoView {
    const OWN: [&str; 5] = ["resource", "address", "from", "to", "page"];
    let kept: Vec<_> = query_pairs(&search)
        .into_iter()
        .filter(|(name, _)| !OWN.contains(&name.as_str()))
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
        .collect();
    let field = |name: &'static str, kind: &'static str, label: String, value: String| {
        let id = format!("audit-{name}");
        view! {
            <div class="field">
                <label for=id.clone()>{label}</label>
                <input class="input" id=id type=kind name=name value=value autocomplete="off" />
            </div>
        }
    };
    view! {
        <Menu text=t!(keys::audit::MORE) wide=true>
            <GetForm class="form">
                {kept}
                {field("resource", "text", t!(keys::audit::RESOURCE), filter.resource.clone())}
                {field("address", "text", t!(keys::audit::FILTER_ADDRESS), filter.address.clone())}
                {field("from", "date", t!(keys::audit::FROM_LABEL), filter.from_text())}
                {field("to", "date", t!(keys::audit::TO_LABEL), filter.to_text())}
                <Button submit=true>{t!(keys::audit::APPLY)}</Button>
            </GetForm>
        </Menu>
    }
}

#[component]
fn NoEntries(filtered: bool, next: (String, String)) -> impl IntoView {
    if filtered {
        view! {
            <Empty icon=Glyph::Filter title=t!(keys::audit::EMPTY) text=t!(keys::filter::NO_MATCH_TEXT)>
                <LinkButton href="?">{t!(keys::filter::CLEAR)}</LinkButton>
            </Empty>
        }
        .into_any()
    } else {
        let (href, text) = next;
        view! {
            <Empty icon=Glyph::Log title=t!(keys::audit::EMPTY) text=t!(keys::audit::EMPTY_TEXT)>
                <LinkButton href=href>{text}</LinkButton>
            </Empty>
        }
        .into_any()
    }
}

#[component]
fn Entries(entries: Vec<AuditEntry>) -> impl IntoView {
    let head = || {
        view! {
            <Column label=format!("{} (UTC)", t!(keys::audit::TIME)) />
            <Column label=t!(keys::audit::WHO) />
            <Column label=t!(keys::audit::ACTION) />
            <Column label=t!(keys::audit::RESOURCE) />
            <Column label=t!(keys::audit::ADDRESS) priority=Priority::Third />
            <Column label=t!(keys::audit::RESULT) />
        }
    };
    view! {
        <TableBox>
            <Table caption=t!(keys::audit::CAPTION) head=head>
                {entries.into_iter().map(|entry| view! { <EntryRow entry=entry /> }).collect_view()}
            </Table>
        </TableBox>
    }
}

#[component]
fn EntryRow(entry: AuditEntry) -> impl IntoView {
    let AuditEntry { username, resource, resource_type, operation, operation_description, .. } = entry;
    let who = if username.is_empty() { t!(keys::audit::SYSTEM) } else { username };
    let what = event_text(&operation, &resource_type);
    // Most entries repeat in words what stands in the columns.
    let repeats = [format!("{operation} {resource_type}: {resource}"), operation.clone()];
    let told = (!operation_description.is_empty() && !repeats.contains(&operation_description))
        .then_some(operation_description);
    let href = resource_href(&operation, &resource_type, &resource);
    let name = match href {
        Some(href) => view! { <NameLink text=resource_text(&resource) href=href /> }.into_any(),
        None => view! { <Name text=resource_text(&resource) /> }.into_any(),
    };
    let result = if entry.operation_result {
        view! { <Status state=State::Ok>{t!(keys::audit::DONE)}</Status> }.into_any()
    } else {
        view! { <Badge tone=Tone::Bad icon=Glyph::Error>{t!(keys::audit::FAILED)}</Badge> }.into_any()
    };
    view! {
        <Row>
            <Cell label=t!(keys::audit::TIME)>
                <span class="muted">
                    <TimeClock at=entry.op_time />
                </span>
            </Cell>
            <RowHead>
                <span class="who">
                    <Avatar name=who.clone() />
                    <Name text=who />
                </span>
            </RowHead>
            <Cell label=t!(keys::audit::ACTION)>
                {what}
                {told.map(|told| view! { <span class="small muted block name">{told}</span> })}
            </Cell>
            <Cell label=t!(keys::audit::RESOURCE)>{name}</Cell>
            <Cell label=t!(keys::audit::ADDRESS) priority=Priority::Third>
                <span class="mono muted">{entry.client_address}</span>
            </Cell>
            <Cell label=t!(keys::audit::RESULT)>{result}</Cell>
        </Row>
    }
}
