//! Labels of the system and of a project alike: the list, and the forms about one.

mod delete;
mod form;
mod rules;

pub(crate) use delete::DeleteLabel;
pub(crate) use form::{EditLabel, NewLabel};

use crate::client::{ApiError, ApiResult, use_client};
use crate::format::{TimeAgo, natural};
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::admin::Listing;
use crate::pages::project::{AskFor, InProject, ProjectPart};
use crate::pages::{bulk, loaded};
use crate::query::{ListState, use_list_state};
use crate::ui::{
    ActionCell, ActionColumn, Cell, Column, Empty, Glyph, LabelChip, LinkButton, Look, MenuLink, PageHead, Priority,
    Row, RowHead, RowMenu, SelectAllColumn, SelectCell, Selectable, Sort, Table, TableBox,
};
use crate::{t, tn};
use berth_types::api::{BulkAction, BulkKind, Label};
use berth_types::page::Paged;
use berth_types::policy::{Action, Resource as Of, Right};
use berth_types::{ProjectId, ProjectName};
use leptos::prelude::*;

/// Whose labels a page is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Those that every project can use.
    System,
    /// Those of a project.
    Project(ProjectName, ProjectId),
}

impl Owner {
    /// The page with the list.
    fn list_href(&self) -> String {
        match self {
            Owner::System => "/admin/labels".to_owned(),
            Owner::Project(name, _) => ProjectPart::Labels.of(name),
        }
    }

    fn new_href(&self) -> String {
        format!("{}/new", self.list_href())
    }

    fn edit_href(&self, id: i64) -> String {
        format!("{}/{id}/edit", self.list_href())
    }

    fn delete_href(&self, id: i64) -> String {
        format!("{}/{id}/delete", self.list_href())
    }

    /// What they belong to, for many at once.
    fn place(&self) -> bulk::Place {
        match self {
            Owner::System => bulk::Place::System,
            Owner::Project(name, _) => bulk::Place::Project(name.clone()),
        }
    }

    /// The project's row id.
    fn project_id(&self) -> Option<ProjectId> {
        match self {
            Owner::System => None,
            Owner::Project(_, id) => Some(*id),
        }
    }

    /// The project's name; empty for the system, as forms carry it.
    fn project_name(&self) -> String {
        match self {
            Owner::System => String::new(),
            Owner::Project(name, _) => name.to_string(),
        }
    }
}

/// What the visitor may do to the labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct May {
    pub create: bool,
    pub update: bool,
    pub delete: bool,
}

impl May {
    /// Everything.
    pub(crate) const ALL: May = May { create: true, update: true, delete: true };
}

/// The list.
#[component]
pub(crate) fn Labels(
    /// Whose labels.
    owner: Owner,
    /// What the visitor may do to them.
    may: May,
    /// Where they are, for who may not make any.
    #[prop(optional)]
    within: Option<InProject>,
) -> impl IntoView {
    let state = use_list_state("name");
    let labels = {
        let (client, project) = (use_client(), owner.project_id());
        Resource::new(
            move || state.get(),
            move |state| {
                let client = client.clone();
                async move {
                    let labels = client.labels(project, &state.q, &state.params(String::new())).await?;
                    Ok((state, labels))
                }
            },
        )
    };
    let sub = match &owner {
        Owner::System => t!(keys::labels::SUB_SYSTEM),
        Owner::Project(..) => t!(keys::labels::SUB),
    };
    let new = {
        let href = owner.new_href();
        move || {
            may.create.then(|| {
                view! {
                    <LinkButton href=href look=Look::Primary icon=Glyph::Plus>
                        {t!(keys::labels::NEW)}
                    </LinkButton>
                }
            })
        }
    };
    view! {
        <PageHead title=|| t!(keys::labels::TITLE) sub=sub actions=new />
        {loaded(
            labels,
            move |(state, labels)| {
                let within = within.clone();
                view! { <LabelList owner=owner.clone() may=may within=within state=state labels=labels /> }
            },
        )}
    }
}

#[component]
fn LabelList(
    owner: Owner,
    may: May,
    within: Option<InProject>,
    state: ListState,
    labels: Paged<Label>,
) -> impl IntoView {
    let (rows, total) = (labels.items.len(), natural(labels.total));
    // A filter cannot hold what separates filters, so it would select other labels than are shown.
    let matching = if state.q.contains(',') { rows as u64 } else { total };
    let (action, keep) = (owner.place().href(), bulk::keep(BulkKind::Labels, state.fuzzy("name")));
    let buttons = bulk::buttons(BulkKind::Labels, &[(BulkAction::Delete, may.delete)]);
    let table = (!labels.items.is_empty()).then(|| {
        let (owner, sort, search) = (owner.clone(), state.sort.clone(), state.search.clone());
        view! { <LabelTable owner=owner may=may labels=labels.items sort=sort search=search /> }.into_any()
    });
    let listing = Listing {
        state,
        total: labels.total,
        search: t!(keys::labels::FILTER),
        count: tn!(keys::count::LABELS, natural(labels.total)),
        views: &[],
    };
    let list = listing.draw(table, || {
        let new = may.create.then(|| {
            view! { <LinkButton href=owner.new_href() icon=Glyph::Plus>{t!(keys::labels::NEW)}</LinkButton> }
        });
        let ask = within.filter(|_| !may.create).map(|within| {
            let needs = Right::in_project(Of::Label, Action::Create);
            view! { <AskFor within=within needs=needs /> }
        });
        view! {
            <Empty icon=Glyph::Tag title=t!(keys::labels::EMPTY) text=t!(keys::labels::EMPTY_TEXT)>
                {new}
                {ask}
            </Empty>
        }
        .into_any()
    });
    view! {
        <Selectable action=action keep=keep buttons=buttons rows=rows total=matching>
            {list}
        </Selectable>
    }
}

#[component]
fn LabelTable(owner: Owner, may: May, labels: Vec<Label>, sort: String, search: String) -> impl IntoView {
    let acts = may.update || may.delete;
    let head = move || {
        view! {
            {may.delete.then(|| view! { <SelectAllColumn /> })}
            <Column label=t!(keys::labels::NAME) sort=Sort::by("name", &sort, &search, false) />
            <Column label=t!(keys::labels::DESCRIPTION) />
            <Column
                label=t!(keys::labels::CREATED)
                sort=Sort::by("creation_time", &sort, &search, true)
                num=true
                priority=Priority::Second
            />
            {acts.then(|| view! { <ActionColumn /> })}
        }
    };
    let rows = labels.into_iter().map(move |label| {
        view! { <LabelRow owner=owner.clone() may=may label=label /> }
    });
    view! {
        <TableBox>
            <Table caption=t!(keys::labels::TITLE) head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

#[component]
fn LabelRow(owner: Owner, may: May, label: Label) -> impl IntoView {
    let Label { id, name, color, description, creation_time, .. } = label;
    let actions = t!(keys::common::ACTIONS_FOR, name = name);
    let select = may.delete.then(|| {
        view! { <SelectCell label=t!(keys::table::SELECT_NAMED, name = name) value=id.to_string() /> }
    });
    let menu = (may.update || may.delete).then(|| {
        let edit = may.update.then(|| {
            view! { <MenuLink href=owner.edit_href(id) icon=Glyph::Edit text=t!(keys::common::EDIT) /> }
        });
        let delete = may.delete.then(|| {
            let href = owner.delete_href(id);
            view! { <MenuLink href=href icon=Glyph::Trash danger=true text=t!(keys::common::MENU_DELETE) /> }
        });
        view! {
            <ActionCell>
                <RowMenu label=actions>{edit} {delete}</RowMenu>
            </ActionCell>
        }
    });
    let chip = view! { <LabelChip text=name color=color /> };
    let chip = if may.update { view! { <a href=owner.edit_href(id)>{chip}</a> }.into_any() } else { chip.into_any() };
    view! {
        <Row>
            {select}
            <RowHead>{chip}</RowHead>
            <Cell label=t!(keys::labels::DESCRIPTION)>
                <span class="muted">{description}</span>
            </Cell>
            <Cell label=t!(keys::labels::CREATED) num=true priority=Priority::Second>
                {creation_time.map(|at| view! { <TimeAgo at=at /> })}
            </Cell>
            {menu}
        </Row>
    }
}

/// The label that a page names, where it is one of the owner's.
fn label_of(owner: &Owner, id: i64) -> Resource<ApiResult<Label>> {
    let (client, project) = (use_client(), owner.project_id());
    Resource::new(
        move || id,
        move |id| {
            let client = client.clone();
            async move {
                let label = client.label(id).await?;
                if label.project_id == project { Ok(label) } else { Err(ApiError::not_found()) }
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_stand_below_their_owner() {
        let project = Owner::Project("team".parse().unwrap(), ProjectId(7));
        assert_eq!(project.edit_href(3), "/projects/team/-/labels/3/edit");
        assert_eq!(project.new_href(), "/projects/team/-/labels/new");
        assert_eq!((project.project_name().as_str(), project.project_id()), ("team", Some(ProjectId(7))));
        assert_eq!(Owner::System.delete_href(3), "/admin/labels/3/delete");
        assert_eq!((Owner::System.project_name().as_str(), Owner::System.project_id()), ("", None));
    }
}
