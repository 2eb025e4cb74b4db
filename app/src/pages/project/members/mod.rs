//! Who belongs to a project.

mod explain;
mod forms;
mod matrix;
mod remove;
mod suggest;

pub(crate) use explain::ExplainMember;
pub(crate) use forms::{NewGroupMember, NewMember};
pub(crate) use remove::RemoveMember;

use super::{InProject, NoMatch, NotAllowed, ProjectPart};
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::format::natural;
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::notice::role_key;
use crate::pages::{bulk, loaded};
use crate::query::{ListState, use_list_state};
use crate::session::use_session;
use crate::ui::{
    ActionCell, ActionColumn, Badge, Cell, Column, DialogLink, Empty, FilterCount, Filters, Glyph, Icon, LinkButton,
    Look, MenuLink, NoSelectCell, PageHead, Pager, Priority, Row, RowHead, RowMenu, SearchBox, SelectAllColumn,
    SelectCell, SelectOption, Selectable, SmallSelect, Sort, Table, TableBox, Tone, Who,
};
use crate::{t, tn};
#[cfg(feature = "ssr")]
use berth_types::MemberId;
use berth_types::api::{BulkAction, BulkKind, ProjectMemberEntity};
use berth_types::page::Paged;
use berth_types::policy::{Action, Resource as Of, Role};
use explain::{AskAboutMember, explain_href};
use forms::{AddMemberDialog, DIALOG, PostAddMember};
use leptos::prelude::*;
use matrix::RoleMatrix;

/// Gives a member another role.
#[server(prefix = "/_portal", endpoint = "member-role")]
pub(crate) async fn post_member_role(project: String, id: i64, name: String, role: i64) -> Posted {
    let client = use_client();
    let posted = set_role(&client, &project, id, role).await;
    let role = Role::from_id(role).map_or("", Role::as_str);
    let page = format!("/projects/{project}/-/members");
    crate::form::conclude(posted, &Notice::MemberChanged.on_with_role(&page, &name, role))
}

#[cfg(feature = "ssr")]
async fn set_role(client: &Client, project: &str, id: i64, role: i64) -> Posted {
    let answer = FormError::default();
    let Ok(project) = project.parse() else { return Err(answer.refused(ApiError::not_found())) };
    client.set_member_role(&project, MemberId(id), role).await.map_err(|refusal| answer.refused(refusal))
}

/// What members are searched by, and sorted by where nobody asked for another order.
const BY_NAME: &str = "entity_name";

/// What a select of roles offers, strongest first.
pub(crate) fn role_options() -> Vec<SelectOption> {
    Role::ALL.into_iter().map(|role| SelectOption::new(role.id().to_string(), role_name(role))).collect()
}

fn role_name(role: Role) -> String {
    role_key(role.as_str()).map(|key| t!(key)).unwrap_or_default()
}

/// The page of the members.
#[component]
pub(crate) fn Members(within: InProject) -> impl IntoView {
    let (add, change) = (FormAction::of::<PostAddMember>(), FormAction::of::<PostMemberRole>());
    if !within.rights.may(Of::Member, Action::List) {
        return view! { <NotAllowed needs=(Of::Member, Action::List) /> }.into_any();
    }
    let state = use_list_state(BY_NAME);
    let members = {
        let (client, name) = (use_client(), within.name.clone());
        Resource::new(
            move || (state.get(), add.version().get(), change.version().get()),
            move |(state, _, _)| {
                let (client, name) = (client.clone(), name.clone());
                async move {
                    let members = client.members(&name, &state.params(state.fuzzy(BY_NAME))).await?;
                    Ok((state, members))
                }
            },
        )
    };
    let may_add = within.rights.may(Of::Member, Action::Create);
    let new = {
        let href = ProjectPart::NewMember.of(&within.name);
        let group = ProjectPart::NewGroupMember.of(&within.name);
        move || {
            may_add.then(|| {
                view! {
                    <LinkButton href=group icon=Glyph::Users>
                        {t!(keys::newcomer::group::ADD)}
                    </LinkButton>
                    <DialogLink href=href dialog=DIALOG look=Look::Primary icon=Glyph::Plus>
                        {t!(keys::members::ADD)}
                    </DialogLink>
                }
            })
        }
    };
    let ask = view! { <AskAboutMember within=within.clone() /> };
    let dialog = may_add.then(|| view! { <AddMemberDialog project=within.project.name.clone() action=add /> });
    view! {
        <PageHead title=|| t!(keys::members::TITLE) sub=t!(keys::members::SUB) actions=new />
        <FormErrors answer=answer_of(change) />
        {loaded(
            members,
            move |(state, members)| {
                view! { <MemberList within=within.clone() state=state members=members change=change /> }
            },
        )}
        <div class="stack g6">
            {ask} <RoleMatrix />
        </div>
        {dialog}
    }
    .into_any()
}

/// Whether it is the membership of the visitor.
fn is_own(member: &ProjectMemberEntity) -> bool {
    let own = use_session().with_untracked(|session| session.user.as_ref().map(|user| user.user_id.0));
    member.entity_type != "g" && own == Some(member.entity_id)
}

#[component]
fn MemberList(
    within: InProject,
    state: ListState,
    members: Paged<ProjectMemberEntity>,
    change: FormAction,
) -> impl IntoView {
    let total = natural(members.total);
    let ListState { q, sort, page, page_size, search } = state;
    let place = bulk::Place::Project(within.name.clone());
    let others = members.items.iter().any(|member| !is_own(member));
    let buttons = bulk::buttons(
        BulkKind::Members,
        &[
            (BulkAction::SetRole, others && within.rights.may(Of::Member, Action::Update)),
            (BulkAction::Delete, others && within.rights.may(Of::Member, Action::Delete)),
        ],
    );
    let (rows, selects) = (members.items.len(), !buttons.is_empty());
    // All members are counted whatever name is looked for, and a selection knows no name.
    let matching = if q.is_empty() { total } else { rows as u64 };
    let list = if members.items.is_empty() {
        if q.is_empty() {
            let add = within.rights.may(Of::Member, Action::Create).then(|| ProjectPart::NewMember.of(&within.name));
            view! {
                <Empty icon=Glyph::Users title=t!(keys::members::EMPTY) text=t!(keys::members::EMPTY_TEXT)>
                    {add
                        .map(|href| {
                            view! {
                                <LinkButton href=href look=Look::Primary icon=Glyph::Plus>
                                    {t!(keys::members::ADD)}
                                </LinkButton>
                            }
                        })}
                </Empty>
            }
            .into_any()
        } else {
            view! { <NoMatch query=q.clone() /> }.into_any()
        }
    } else {
        view! {
            <MemberTable
                within=within
                members=members.items
                sort=sort
                search=search.clone()
                change=change
                selects=selects
            />
        }
        .into_any()
    };
    let pager = (total > 0).then(|| {
        let search = search.clone();
        view! { <Pager page=page page_size=page_size total=total search=search /> }
    });
    view! {
        <Selectable
            action=place.href()
            keep=bulk::keep(BulkKind::Members, String::new())
            buttons=buttons
            rows=rows
            total=matching
        >
            <Filters>
                <SearchBox label=t!(keys::members::FILTER) value=q keep=search />
                <FilterCount text=tn!(keys::count::MEMBERS, total) />
            </Filters>
            {list}
            {pager}
        </Selectable>
    }
}

#[component]
fn MemberTable(
    within: InProject,
    members: Vec<ProjectMemberEntity>,
    sort: String,
    search: String,
    change: FormAction,
    selects: bool,
) -> impl IntoView {
    let head = move || {
        view! {
            {selects.then(|| view! { <SelectAllColumn /> })}
            <Column label=t!(keys::members::NAME) sort=Sort::by(BY_NAME, &sort, &search, false) />
            <Column label=t!(keys::members::ROLE) sort=Sort::by("role_id", &sort, &search, false) />
            <Column
                label=t!(keys::members::KIND)
                sort=Sort::by("entity_type", &sort, &search, false)
                priority=Priority::Second
            />
            <ActionColumn />
        }
    };
    let caption = t!(keys::members::CAPTION, project = within.name);
    let rows = members.into_iter().map(move |member| {
        view! { <MemberRow within=within.clone() member=member change=change selects=selects /> }
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
fn MemberRow(within: InProject, member: ProjectMemberEntity, change: FormAction, selects: bool) -> impl IntoView {
    let (group, own) = (member.entity_type == "g", is_own(&member));
    let select = selects.then(|| {
        if own {
            return view! { <NoSelectCell /> }.into_any();
        }
        let label = t!(keys::table::SELECT_NAMED, name = member.entity_name);
        view! { <SelectCell label=label value=member.id.to_string() /> }.into_any()
    });
    let kind = if group { t!(keys::members::KIND_GROUP) } else { t!(keys::members::KIND_USER) };
    // Nobody takes the own rights by a slip.
    let role = if within.rights.may(Of::Member, Action::Update) && !own {
        view! { <RoleForm project=within.project.name.clone() member=member.clone() change=change /> }.into_any()
    } else {
        let role = Role::from_id(member.role_id).map_or(member.role_name.clone(), role_name);
        view! { <span class="muted">{role}</span> }.into_any()
    };
    // What a group gives is said by its members' directory.
    let explained = (!group).then(|| explain_href(ProjectPart::ExplainMember.of(&within.name), &member.entity_name));
    let explain = explained.clone().map(|href| {
        view! { <MenuLink href=href icon=Glyph::Eye text=t!(keys::newcomer::explain::TITLE) /> }
    });
    let remove = (!own && within.rights.may(Of::Member, Action::Delete)).then(|| {
        let href = ProjectPart::RemoveMember(member.id).of(&within.name);
        view! { <MenuLink href=href icon=Glyph::Trash danger=true text=t!(keys::members::REMOVE) /> }
    });
    let label = t!(keys::common::ACTIONS_FOR, name = member.entity_name);
    let menu = (explain.is_some() || remove.is_some()).then(|| {
        view! {
            <RowMenu label=label>
                {explain} {remove}
            </RowMenu>
        }
    });
    let you = own.then(|| view! { <Badge tone=Tone::Accent>{t!(keys::members::YOU)}</Badge> });
    view! {
        <Row>
            {select}
            <RowHead>
                <span class="row g2">
                    <Who name=member.entity_name href=explained /> {you}
                </span>
            </RowHead>
            <Cell label=t!(keys::members::ROLE)>{role}</Cell>
            <Cell label=t!(keys::members::KIND) priority=Priority::Second>
                <span class="muted">{kind}</span>
            </Cell>
            <ActionCell>{menu}</ActionCell>
        </Row>
    }
}

/// The role as a select, and a button that saves it, which comes as soon as another role is chosen. A choice alone changes nothing:
/// on a keyboard every role on the way to another one is chosen for a moment.
#[component]
fn RoleForm(project: String, member: ProjectMemberEntity, change: FormAction) -> impl IntoView {
    let label = t!(keys::members::ROLE_OF, name = member.entity_name);
    let now = member.role_id.to_string();
    let (chosen, scripted) = (RwSignal::new(now.clone()), RwSignal::new(false));
    Effect::new(move || scripted.set(true));
    view! {
        <PostForm action=change attr:class="row g1">
            <input type="hidden" name="project" value=project />
            <input type="hidden" name="id" value=member.id.to_string() />
            <input type="hidden" name="name" value=member.entity_name />
            <SmallSelect
                label=label
                name="role"
                options=role_options()
                selected=member.role_id.to_string()
                on:change=move |event| chosen.set(event_target_value(&event))
            />
            <button class="btn btn-s" hidden=move || scripted.get() && chosen.with(|chosen| *chosen == now)>
                {t!(keys::common::SAVE)}
            </button>
        </PostForm>
    }
}

/// Yes or no, in a cell of the matrix.
#[component]
fn YesNo(yes: bool) -> impl IntoView {
    if yes {
        view! {
            <span class="ok">
                <Icon name=Glyph::Check />
            </span>
            <span class="sr">{t!(keys::common::YES)}</span>
        }
        .into_any()
    } else {
        view! {
            <span class="dim" aria-hidden="true">
                "–"
            </span>
            <span class="sr">{t!(keys::common::NO)}</span>
        }
        .into_any()
    }
}
