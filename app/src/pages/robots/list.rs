//! The robots of a place.

use super::former::FormerNote;
use super::grant::Summary;
use super::life::{self, Standing};
#[cfg(feature = "ssr")]
use super::robot_of;
use super::words::{StandingStatus, may_text, place_text};
use super::{Home, May};
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::format::{TimeAgo, natural, use_now};
use crate::i18n::{Key, keys};
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::project::{AskAdmin, NoMatch};
use crate::pages::{bulk, loaded};
use crate::query::{ListState, plain, use_list_state};
use crate::ui::{
    ActionCell, ActionColumn, Cell, Column, Empty, FilterCount, Filters, Glyph, LinkButton, Look, MenuButton, MenuLink,
    MenuSeparator, Name, NameLink, PageHead, Pager, Priority, Row, RowHead, RowMenu, SearchBox, Segment, Segmented,
    SelectAllColumn, SelectCell, Selectable, Sort, Table, TableBox, query_pairs, with_query,
};
use crate::{t, tn};
#[cfg(feature = "ssr")]
use berth_types::RobotId;
#[cfg(feature = "ssr")]
use berth_types::api::RobotChange;
use berth_types::api::{BulkAction, BulkKind, Robot};
use berth_types::page::Paged;
use berth_types::{ProjectId, Timestamp};
use leptos::prelude::*;

/// Switches a robot off or on again.
#[server(prefix = "/_portal", endpoint = "switch-robot")]
pub(crate) async fn post_switch_robot(project: String, id: i64, name: String, #[server(default)] off: bool) -> Posted {
    let client = use_client();
    let home = Home::read(&project);
    let posted = switch(&client, home.as_ref(), RobotId(id), off).await;
    let posted = posted.map_err(|refusal| FormError::default().refused(refusal));
    let notice = if off { Notice::RobotDisabled } else { Notice::RobotEnabled };
    crate::form::conclude(posted, &notice.on(&home.unwrap_or(Home::System).list(), &name))
}

#[cfg(feature = "ssr")]
async fn switch(client: &Client, home: Option<&Home>, id: RobotId, off: bool) -> Result<(), ApiError> {
    let robot = robot_of(client, home.ok_or_else(ApiError::not_found)?, id).await?;
    let change = RobotChange {
        name: robot.name,
        description: robot.description,
        level: robot.level,
        disable: off,
        duration: None,
        permissions: robot.permissions,
    };
    client.update_robot(id, &change).await
}

/// Which robots are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    All,
    Enabled,
    Disabled,
}

/// The parameter in the address.
const PARAMETER: &str = "show";

impl View {
    const ALL: [View; 3] = [View::All, View::Enabled, View::Disabled];

    fn read(search: &str) -> View {
        let pairs = query_pairs(search);
        let word = pairs.iter().find(|(key, _)| key == PARAMETER).map(|(_, value)| value.as_str());
        View::ALL.into_iter().find(|view| view.word() == word).unwrap_or(View::All)
    }

    const fn word(self) -> Option<&'static str> {
        match self {
            View::All => None,
            View::Enabled => Some("enabled"),
            View::Disabled => Some("disabled"),
        }
    }

    const fn key(self) -> Key {
        match self {
            View::All => keys::robots::show::ALL,
            View::Enabled => keys::robots::show::ENABLED,
            View::Disabled => keys::robots::show::DISABLED,
        }
    }

    /// The filter of the API for the robots of a project, or of the system, with a part of the name.
    fn q(self, name: &str, project: Option<ProjectId>) -> String {
        let mut parts = match project {
            Some(id) => vec!["Level=project".to_owned(), format!("ProjectID={id}")],
            None => vec!["Level=system".to_owned()],
        };
        let narrowed = self.narrowed(name);
        if !narrowed.is_empty() {
            parts.push(narrowed);
        }
        parts.join(",")
    }

    /// The part of the filter that says which of them.
    fn narrowed(self, name: &str) -> String {
        let mut parts = Vec::new();
        let name = plain(name);
        if !name.is_empty() {
            parts.push(format!("name=~{name}"));
        }
        match self {
            View::All => {}
            View::Enabled => parts.push("disable=false".to_owned()),
            View::Disabled => parts.push("disable=true".to_owned()),
        }
        parts.join(",")
    }
}

/// The page of the robots.
#[component]
pub(crate) fn Robots(
    /// Whose they are.
    home: Home,
    /// The id of their project, where they have one.
    project: Option<ProjectId>,
    /// What the visitor may do with them.
    may: May,
) -> impl IntoView {
    let switch = FormAction::of::<PostSwitchRobot>();
    let state = use_list_state("name");
    let client = use_client();
    let robots = Resource::new(
        move || (state.get(), switch.version().get()),
        move |(state, _)| {
            let client = client.clone();
            async move {
                let filter = View::read(&state.search).q(&state.q, project);
                let robots = client.robots(&state.params(filter)).await?;
                Ok((state, robots))
            }
        },
    );
    let sub = match home {
        Home::System => t!(keys::robots::SUB_SYSTEM),
        Home::Project(_) => t!(keys::robots::SUB),
    };
    let new = {
        let home = home.clone();
        move || may.create.then(|| view! { <NewLink home=home /> })
    };
    view! {
        <PageHead title=|| t!(keys::robots::TITLE) sub=sub actions=new />
        <FormErrors answer=answer_of(switch) />
        {loaded(
            robots,
            move |(state, robots)| {
                view! { <RobotList home=home.clone() may=may state=state robots=robots switch=switch /> }
            },
        )}
    }
}

#[component]
fn NewLink(home: Home) -> impl IntoView {
    view! {
        <LinkButton href=home.new_robot() look=Look::Primary icon=Glyph::Plus>
            {t!(keys::robots::NEW)}
        </LinkButton>
    }
}

#[component]
fn RobotList(home: Home, may: May, state: ListState, robots: Paged<Robot>, switch: FormAction) -> impl IntoView {
    let total = natural(robots.total);
    let ListState { q, sort, page, page_size, search } = state;
    let shown = View::read(&search);
    let (filter, rows) = (shown.narrowed(&q), robots.items.len());
    let place = match &home {
        Home::Project(name) => bulk::Place::Project(name.clone()),
        Home::System => bulk::Place::System,
    };
    let buttons = bulk::buttons(
        BulkKind::Robots,
        &[(BulkAction::Enable, may.update), (BulkAction::Disable, may.update), (BulkAction::Delete, may.delete)],
    );
    let list = if !robots.items.is_empty() {
        let search = search.clone();
        view! { <RobotTable home=home may=may robots=robots.items sort=sort search=search switch=switch /> }.into_any()
    } else if q.is_empty() && shown == View::All {
        view! {
            <Empty icon=Glyph::Robot title=t!(keys::robots::EMPTY) text=t!(keys::robots::EMPTY_TEXT)>
                {match home {
                    home if may.create => view! { <NewLink home=home /> }.into_any(),
                    Home::Project(name) => view! { <AskAdmin project=name /> }.into_any(),
                    // Who sees those of the system makes them.
                    Home::System => ().into_any(),
                }}
            </Empty>
        }
        .into_any()
    } else {
        let query = if q.is_empty() { t!(shown.key()) } else { q.clone() };
        view! { <NoMatch query=query /> }.into_any()
    };
    let segments: Vec<Segment> = View::ALL
        .into_iter()
        .map(|view| Segment {
            label: t!(view.key()),
            href: with_query(&search, &[(PARAMETER, view.word()), ("page", None)]),
            current: view == shown,
        })
        .collect();
    let pager = (total > 0).then(|| {
        let search = search.clone();
        view! { <Pager page=page page_size=page_size total=total search=search /> }
    });
    view! {
        <Selectable action=place.href() keep=bulk::keep(BulkKind::Robots, filter) buttons=buttons rows=rows total=total>
            <Filters>
                <SearchBox label=t!(keys::robots::FILTER) value=q keep=search />
                <Segmented label=t!(keys::robots::show::LABEL) segments=segments />
                <FilterCount text=tn!(keys::robots::COUNT, total) />
            </Filters>
            {list}
            {pager}
        </Selectable>
    }
}

#[component]
fn RobotTable(
    home: Home,
    may: May,
    robots: Vec<Robot>,
    sort: String,
    search: String,
    switch: FormAction,
) -> impl IntoView {
    let of_system = home == Home::System;
    let acts = may.update || may.delete;
    let head = move || {
        view! {
            {acts.then(|| view! { <SelectAllColumn /> })}
            <Column label=t!(keys::robots::NAME) sort=Sort::by("name", &sort, &search, false) />
            <Column label=t!(keys::robots::MAY) priority=Priority::Second />
            {of_system.then(|| view! { <Column label=t!(keys::robots::WHERE) priority=Priority::Second /> })}
            <Column label=t!(keys::robots::STATE) />
            <Column label=t!(keys::robots::ENDS) num=true />
            <Column label=t!(keys::account::tokens::USED) num=true priority=Priority::Second />
            <Column
                label=t!(keys::robots::CREATED)
                sort=Sort::by("creation_time", &sort, &search, true)
                num=true
                priority=Priority::Third
            />
            {acts.then(|| view! { <ActionColumn /> })}
        }
    };
    let now = use_now().get_untracked();
    let rows = robots.into_iter().map(move |robot| {
        view! { <RobotRow home=home.clone() may=may robot=robot now=now switch=switch /> }
    });
    view! {
        <TableBox>
            <Table caption=t!(keys::robots::CAPTION) head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

#[component]
fn RobotRow(home: Home, may: May, robot: Robot, now: Timestamp, switch: FormAction) -> impl IntoView {
    let summary = Summary::of(&robot.permissions);
    let standing = Standing::of(&robot, now);
    let name = if may.update {
        view! { <NameLink text=robot.name.clone() href=home.edit(robot.id) /> }.into_any()
    } else {
        view! { <Name text=robot.name.clone() /> }.into_any()
    };
    let note = (!robot.description.is_empty()).then(|| {
        let text = robot.description.clone();
        view! { <span class="small muted block">{text}</span> }
    });
    let place = (home == Home::System).then(|| {
        view! {
            <Cell label=t!(keys::robots::WHERE) priority=Priority::Second>
                <span class="muted">{place_text(summary)}</span>
            </Cell>
        }
    });
    let ends = match life::end(robot.expires_at) {
        Some(end) => view! { <TimeAgo at=end /> }.into_any(),
        None => view! { <span class="muted">{t!(keys::common::NEVER)}</span> }.into_any(),
    };
    let used = match robot.last_used_at {
        Some(at) => view! { <TimeAgo at=at /> }.into_any(),
        None => view! { <span class="muted">{t!(keys::account::tokens::UNUSED)}</span> }.into_any(),
    };
    let former = robot.former_secret.clone().map(|former| view! { <FormerNote former=former /> });
    let made = robot.creation_time;
    let select = (may.update || may.delete).then(|| {
        let label = t!(keys::table::SELECT_NAMED, name = robot.name);
        view! { <SelectCell label=label value=robot.id.to_string() /> }
    });
    let actions = (may.update || may.delete).then(|| {
        view! {
            <ActionCell>
                <RobotMenu home=home.clone() may=may robot=robot switch=switch />
            </ActionCell>
        }
    });
    view! {
        <Row>
            {select}
            <RowHead>{name} {note}</RowHead>
            <Cell label=t!(keys::robots::MAY) priority=Priority::Second>
                <span class="muted">{may_text(summary)}</span>
            </Cell>
            {place}
            <Cell label=t!(keys::robots::STATE)>
                <StandingStatus standing=standing />
                {former}
            </Cell>
            <Cell label=t!(keys::robots::ENDS) num=true>
                {ends}
            </Cell>
            <Cell label=t!(keys::account::tokens::USED) num=true priority=Priority::Second>
                {used}
            </Cell>
            <Cell label=t!(keys::robots::CREATED) num=true priority=Priority::Third>
                <TimeAgo at=made />
            </Cell>
            {actions}
        </Row>
    }
}

#[component]
fn RobotMenu(home: Home, may: May, robot: Robot, switch: FormAction) -> impl IntoView {
    let label = t!(keys::common::ACTIONS_FOR, name = robot.name);
    let delete_href = home.delete(robot.id);
    let change = may.update.then(|| {
        let (icon, text, off) = if robot.disable {
            (Glyph::Play, t!(keys::robots::menu::ENABLE), "false")
        } else {
            (Glyph::Pause, t!(keys::robots::menu::DISABLE), "true")
        };
        view! {
            <MenuLink href=home.edit(robot.id) icon=Glyph::Edit text=t!(keys::robots::menu::EDIT) />
            <MenuLink href=home.secret(robot.id) icon=Glyph::Refresh text=t!(keys::robots::menu::SECRET) />
            <PostForm action=switch>
                <input type="hidden" name="project" value=home.posted() />
                <input type="hidden" name="id" value=robot.id.to_string() />
                <input type="hidden" name="name" value=robot.name.clone() />
                <input type="hidden" name="off" value=off />
                <MenuButton icon=icon submit=true text=text />
            </PostForm>
        }
    });
    let delete = may.delete.then(|| {
        view! {
            <MenuSeparator />
            <MenuLink
                href=delete_href
                icon=Glyph::Trash
                danger=true
                text=t!(keys::robots::menu::DELETE)
            />
        }
    });
    view! { <RowMenu label=label>{change} {delete}</RowMenu> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use berth_types::query::parse_q;

    #[test]
    fn views_are_read_back_and_fit_the_grammar() {
        for view in View::ALL {
            let search = view.word().map_or(String::new(), |word| format!("?show={word}&page=2"));
            assert_eq!(View::read(&search), view);
        }
        assert_eq!(View::read("show=expired"), View::All);
        assert_eq!(View::All.q("", None), "Level=system");
        let filter = View::Disabled.q("a,b", Some(ProjectId(7)));
        assert_eq!(filter, "Level=project,ProjectID=7,name=~a b,disable=true");
        assert_eq!(parse_q(&filter).unwrap().len(), 4);
    }
}
