//! The list of projects, and the form to make one.

mod new;
mod view;

pub use new::NewProject;

#[cfg(feature = "ssr")]
use crate::client::ApiError;
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::format::{TimeAgo, count, natural};
use crate::frame::Frame;
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::project::{NoMatch, ProjectPart, Rights, Visibility};
use crate::pages::{bulk, loaded};
use crate::query::{ListState, use_list_state};
use crate::session::{Session, sign_in_href, use_session};
use crate::ui::{
    ActionCell, ActionColumn, Cell, Column, CopyButton, Crumb, DialogLink, Empty, FilterCount, Filters, Glyph,
    LinkButton, Look, MenuLink, MenuSeparator, NameLink, NoSelectCell, PageHead, Pager, Priority, Quota as QuotaMeter,
    Row, RowHead, RowMenu, SearchBox, Segment, Segmented, SelectAllColumn, SelectCell, Selectable, Sort, SortMenu,
    Star, Table, TableBox, with_query,
};
use crate::{t, tn};
use berth_types::ProjectName;
use berth_types::api::{BulkAction, BulkKind, ProjectOverview};
use berth_types::page::Paged;
use berth_types::policy::{Action, Resource as Of, Role};
use leptos::prelude::*;
use leptos_meta::Title;
use new::{DIALOG, NewProjectDialog, PostNewProject};
use view::{PARAMETER, View};

const DEFAULT_SORT: &str = "name";

/// Stars a project, or takes the star back.
#[server(prefix = "/_portal", endpoint = "star")]
pub(crate) async fn post_star(project: String, #[server(default)] on: bool, back: String) -> Posted {
    let client = use_client();
    let posted = match project.parse() {
        Ok(name) => client.star_project(&name, on).await,
        Err(_) => Err(ApiError::not_found()),
    };
    crate::form::conclude(posted.map_err(|refusal| FormError::default().refused(refusal)), &back)
}

/// The page of the projects.
#[component]
pub fn Projects() -> impl IntoView {
    let create = FormAction::of::<PostNewProject>();
    let state = use_list_state(DEFAULT_SORT);
    let session = use_session();
    let star = FormAction::of::<PostStar>();
    let may_create = session.with_untracked(|session| session.can_create_projects());
    let client = use_client();
    let projects = Resource::new(
        move || (state.get(), star.version().get()),
        move |(state, _)| {
            let client = client.clone();
            async move {
                let shown = View::read(&state.search);
                let projects = client.project_overviews(&state.params(shown.q(&state.q)), shown.only()).await?;
                Ok((state, projects))
            }
        },
    );
    let title = t!(keys::projects::TITLE);
    let new = move || may_create.then(|| view! { <NewProjectLink /> });
    view! {
        <Title text=title.clone() />
        <Frame crumbs=vec![Crumb::here(title.clone())]>
            <PageHead title=move || title actions=new />
            <FormErrors answer=answer_of(star) />
            {loaded(
                projects,
                move |(state, projects)| {
                    view! { <ProjectList state=state projects=projects may_create=may_create star=star /> }
                },
            )}
            {may_create.then(|| view! { <NewProjectDialog action=create /> })}
        </Frame>
    }
}

#[component]
fn NewProjectLink() -> impl IntoView {
    view! {
        <DialogLink href="/projects/-/new" dialog=DIALOG look=Look::Primary icon=Glyph::Plus>
            {t!(keys::projects::NEW)}
        </DialogLink>
    }
}

#[component]
fn ProjectList(
    state: ListState,
    projects: Paged<ProjectOverview>,
    may_create: bool,
    star: FormAction,
) -> impl IntoView {
    let total = natural(projects.total);
    let ListState { q, sort, page, page_size, search } = state;
    let shown = View::read(&search);
    // Whoever has nothing here yet is told where to begin, below what others have.
    let whole = q.is_empty() && shown == View::All && projects.items.len() as u64 == total;
    let admin = use_session().with_untracked(Session::is_admin);
    let begin = (may_create && whole && !projects.items.is_empty() && is_at_start(&projects.items, admin)).then(|| {
        view! {
            <Empty icon=Glyph::Project title=t!(keys::project_list::BEGIN) text=t!(keys::project_list::BEGIN_TEXT)>
                <NewProjectLink />
            </Empty>
        }
    });
    let rows = projects.items.len();
    let selects = projects.items.iter().any(|project| rights_in(project).may(Of::Project, Action::Delete));
    let buttons = bulk::buttons(BulkKind::Projects, &[(BulkAction::Delete, selects)]);
    let keep = bulk::keep(BulkKind::Projects, shown.q(&q));
    // A selection does not know what is somebody's own.
    let matching = if shown.only().is_empty() { total } else { rows as u64 };
    let list = if !projects.items.is_empty() {
        let (sort, search) = (sort.clone(), search.clone());
        view! { <ProjectTable projects=projects.items sort=sort search=search star=star selects=selects /> }.into_any()
    } else if q.is_empty() && shown == View::All {
        view! { <NoProjects may_create=may_create /> }.into_any()
    } else if q.is_empty() && shown == View::Mine {
        let title = t!(keys::project_list::EMPTY_MINE);
        if may_create {
            view! {
                <Empty icon=Glyph::Project title=title text=t!(keys::project_list::EMPTY_MINE_TEXT)>
                    <NewProjectLink />
                </Empty>
            }
            .into_any()
        } else {
            view! { <AskForProject title=title elsewhere=true /> }.into_any()
        }
    } else if q.is_empty() && shown == View::Starred {
        let (title, text) = (t!(keys::project_list::EMPTY_STARRED), t!(keys::project_list::EMPTY_STARRED_TEXT));
        view! {
            <Empty icon=Glyph::Star title=title text=text>
                <LinkButton href="/projects">{t!(keys::filter::CLEAR)}</LinkButton>
            </Empty>
        }
        .into_any()
    } else {
        let query = if q.is_empty() { t!(shown.key()) } else { q.clone() };
        view! { <NoMatch query=query /> }.into_any()
    };
    let pager = (total > 0).then(|| {
        let search = search.clone();
        view! { <Pager page=page page_size=page_size total=total search=search /> }
    });
    view! {
        <Selectable action=bulk::Place::Projects.href() keep=keep buttons=buttons rows=rows total=matching>
            <Filters>
                <SearchBox label=t!(keys::projects::FILTER) value=q keep=search.clone() />
                <Views shown=shown search=search.clone() />
                <SortMenu orders=orders() sort=sort search=search />
                <FilterCount text=tn!(keys::count::PROJECTS, total) />
            </Filters>
            {list}
            {pager}
        </Selectable>
        {begin}
    }
}

/// What the visitor may do in a project of the list.
fn rights_in(project: &ProjectOverview) -> Rights {
    let admin = use_session().with_untracked(Session::is_admin);
    Rights { role: project.current_user_role_id.and_then(Role::from_id), admin }
}

/// The project that every server starts with.
const FIRST: &str = "library";

/// Whether none of these projects is the visitor's own or in use: there is the first one, empty, and those of others.
/// An administrator sees what others have as the own work.
fn is_at_start(projects: &[ProjectOverview], admin: bool) -> bool {
    projects.iter().all(|project| {
        let untouched = project.name == FIRST && project.repo_count == 0;
        untouched || (!admin && project.current_user_role_id.is_none())
    })
}

#[component]
fn Views(shown: View, search: String) -> impl IntoView {
    let signed_in = use_session().with_untracked(|session| session.user.is_some());
    let segments: Vec<Segment> = View::offered(signed_in)
        .iter()
        .map(|view| Segment {
            label: t!(view.key()),
            href: with_query(&search, &[(PARAMETER, view.word()), ("page", None)]),
            current: *view == shown,
        })
        .collect();
    (!segments.is_empty()).then(|| view! { <Segmented label=t!(keys::projects::VIEWS) segments=segments /> })
}

/// The orders that the list offers.
fn orders() -> Vec<(&'static str, String)> {
    vec![
        ("name", t!(keys::projects::NAME)),
        ("-push_time", t!(keys::project_list::PUSHED)),
        ("-storage", t!(keys::projects::STORAGE)),
        ("-creation_time", t!(keys::projects::CREATED)),
    ]
}

#[component]
fn NoProjects(may_create: bool) -> impl IntoView {
    let signed_in = use_session().with_untracked(|session| session.user.is_some());
    if !signed_in {
        return view! {
            <Empty
                icon=Glyph::Project
                title=t!(keys::projects::EMPTY_GUEST)
                text=t!(keys::projects::EMPTY_GUEST_TEXT)
            >
                <LinkButton href=sign_in_href() look=Look::Primary icon=Glyph::User>
                    {t!(keys::nav::SIGN_IN)}
                </LinkButton>
            </Empty>
        }
        .into_any();
    }
    let title = t!(keys::projects::EMPTY);
    if !may_create {
        return view! { <AskForProject title=title elsewhere=false /> }.into_any();
    }
    view! {
        <Empty icon=Glyph::Project title=title text=t!(keys::projects::EMPTY_TEXT)>
            <NewProjectLink />
        </Empty>
    }
    .into_any()
}

/// No projects for somebody who may not make any: whom to ask, and the name that they need.
#[component]
fn AskForProject(
    title: String,
    /// Whether other projects may be in the list of all.
    elsewhere: bool,
) -> impl IntoView {
    let name = use_session().with_untracked(|session| session.user.as_ref().map(|user| user.username.clone()));
    let name = name.unwrap_or_default();
    let link = elsewhere.then(|| {
        view! {
            <LinkButton href="/projects" icon=Glyph::Project>
                {t!(keys::project_list::SEE_PUBLIC)}
            </LinkButton>
        }
    });
    view! {
        <Empty icon=Glyph::Project title=title text=t!(keys::project_list::ASK_TEXT)>
            <span class="row g1">
                <code class="mono">{name.clone()}</code>
                <CopyButton text=name label=t!(keys::project_list::COPY_NAME) />
            </span>
            {link}
        </Empty>
    }
}

#[component]
fn ProjectTable(
    projects: Vec<ProjectOverview>,
    sort: String,
    search: String,
    star: FormAction,
    selects: bool,
) -> impl IntoView {
    // Without script the browser comes back to the same page of the list.
    let back = format!("/projects{}", with_query(&search, &[]));
    let head = move || {
        view! {
            {selects.then(|| view! { <SelectAllColumn /> })}
            <Column label=t!(keys::projects::NAME) sort=Sort::by("name", &sort, &search, false) />
            <Column label=t!(keys::projects::TYPE) />
            <Column label=t!(keys::projects::YOUR_ROLE) priority=Priority::Second />
            <Column
                label=t!(keys::projects::REPOSITORIES)
                sort=Sort::by("repo_count", &sort, &search, true)
                num=true
                priority=Priority::Third
            />
            <Column label=t!(keys::projects::STORAGE) sort=Sort::by("storage", &sort, &search, true) />
            <Column label=t!(keys::project_list::PUSHED) sort=Sort::by("push_time", &sort, &search, true) num=true />
            <ActionColumn />
        }
    };
    let rows = projects.into_iter().filter_map(move |project| {
        let name: ProjectName = project.name.parse().ok()?;
        Some(view! { <ProjectRow project=project name=name star=star back=back.clone() selects=selects /> })
    });
    view! {
        <TableBox>
            <Table caption=t!(keys::projects::CAPTION) head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

#[component]
fn ProjectRow(
    project: ProjectOverview,
    name: ProjectName,
    star: FormAction,
    back: String,
    selects: bool,
) -> impl IntoView {
    let signed_in = use_session().with_untracked(|session| session.user.is_some());
    let rights = rights_in(&project);
    let select = selects.then(|| {
        if !rights.may(Of::Project, Action::Delete) {
            return view! { <NoSelectCell /> }.into_any();
        }
        let label = t!(keys::table::SELECT_NAMED, name = project.name);
        view! { <SelectCell label=label value=project.project_id.to_string() /> }.into_any()
    });
    let role = rights.role.map_or_else(|| "–".to_owned(), |_| t!(rights.role_key()));
    let href = ProjectPart::Repositories.of(&name);
    let ProjectOverview { public, favorite, repo_count, storage, push_time, .. } = project;
    let (posted, label) = (project.name.clone(), t!(keys::project_list::STAR, name = project.name));
    let starring = signed_in.then(|| {
        view! {
            <PostForm action=star>
                <input type="hidden" name="project" value=posted />
                <input type="hidden" name="on" value=if favorite { "false" } else { "true" } />
                <input type="hidden" name="back" value=back />
                <Star label=label on=favorite />
            </PostForm>
        }
    });
    let storage = match storage {
        Some(storage) => {
            view! { <QuotaMeter used=natural(storage.used) limit=u64::try_from(storage.limit).ok() /> }.into_any()
        }
        None => view! { <span class="muted">"–"</span> }.into_any(),
    };
    let pushed = match push_time {
        Some(at) => view! { <TimeAgo at=at /> }.into_any(),
        None => t!(keys::project_list::NEVER).into_any(),
    };
    view! {
        <Row>
            {select}
            <RowHead>
                <span class="row nowrap-row">
                    {starring} <NameLink text=project.name href=href />
                </span>
            </RowHead>
            <Cell label=t!(keys::projects::TYPE)>
                <Visibility public=public />
            </Cell>
            <Cell label=t!(keys::projects::YOUR_ROLE) priority=Priority::Second>
                <span class="muted">{role}</span>
            </Cell>
            <Cell label=t!(keys::projects::REPOSITORIES) num=true priority=Priority::Third>
                {count(natural(repo_count))}
            </Cell>
            <Cell label=t!(keys::projects::STORAGE)>{storage}</Cell>
            <Cell label=t!(keys::project_list::PUSHED) num=true>
                <span class="muted">{pushed}</span>
            </Cell>
            <ActionCell>
                <RowActions rights=rights name=name />
            </ActionCell>
        </Row>
    }
}

#[component]
fn RowActions(rights: Rights, name: ProjectName) -> impl IntoView {
    let nav = rights.nav(name.as_str());
    let delete = rights.may(Of::Project, Action::Delete);
    let any = nav.members || nav.log || nav.settings || delete;
    let label = t!(keys::common::ACTIONS_FOR, name = name);
    let remove = ProjectPart::Delete.of(&name);
    let link = move |shown: bool, part: ProjectPart, icon: Glyph, text: String| {
        let href = part.of(&name);
        shown.then(|| view! { <MenuLink href=href icon=icon text=text /> })
    };
    any.then(|| {
        view! {
            <RowMenu label=label>
                {link(nav.members, ProjectPart::Members, Glyph::Users, t!(keys::projects::menu::MEMBERS))}
                {link(nav.log, ProjectPart::Audit, Glyph::Log, t!(keys::nav::AUDIT))}
                {link(nav.settings, ProjectPart::Settings, Glyph::Settings, t!(keys::projects::menu::SETTINGS))}
                {delete
                    .then(|| {
                        view! {
                            <MenuSeparator />
                            <MenuLink
                                href=remove
                                icon=Glyph::Trash
                                danger=true
                                text=t!(keys::projects::menu::DELETE)
                            />
                        }
                    })}
            </RowMenu>
        }
    })
}
