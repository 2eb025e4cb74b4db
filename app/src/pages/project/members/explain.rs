//! Why somebody may do something in a project, or may not: the rule that decides, by name.

use super::super::{InProject, NotAllowed, ProjectPart};
use super::matrix::{LINES, Line};
use super::suggest::{Names, Suggestions};
use super::{YesNo, role_name};
use crate::client::use_client;
use crate::i18n::{Key, keys};
use crate::load::Resource;
use crate::pages::loaded;
use crate::pages::robots::Home;
use crate::t;
use crate::ui::{
    Badge, Button, Callout, CalloutActions, Card, CardBody, Cell, Column, GetForm, LinkButton, PageHead, Row, RowHead,
    SelectField, SelectOption, Size, Table, TableBox, TextField, Tone, query_pairs, with_query,
};
use berth_types::ProjectId;
use berth_types::api::{AccessExplanation, AccessRule, RobotOff, RobotStanding};
use berth_types::policy::{Action, Resource as Of, Role};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The action that is asked about most.
const PUSH: &str = "action=push";

/// The page that explains what a person may do.
pub(super) fn explain_href(page: String, username: &str) -> String {
    format!("{page}{}", with_query(PUSH, &[("user", Some(username))]))
}

/// What the address asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Question {
    user: String,
    /// The place of the line in the matrix.
    line: usize,
}

impl Question {
    /// Reads a query. An action that no line has is that of the first.
    fn read(search: &str) -> Self {
        let mut question = Question::default();
        for (name, value) in query_pairs(search) {
            match name.as_str() {
                "user" => value.trim().clone_into(&mut question.user),
                "action" => question.line = LINES.iter().position(|line| line.code == value).unwrap_or_default(),
                _ => {}
            }
        }
        question
    }

    fn line(&self) -> &'static Line {
        &LINES[self.line]
    }
}

/// What decides, as a sentence says it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// An administrator of the system.
    Administrator,
    /// The own role allows it.
    Role(Role),
    /// Anybody may.
    Public,
    /// The own role does not allow it, and nothing else does.
    RoleLacks(Role),
    /// Nobody without a role may, though the project is public.
    PublicLacks,
    /// The person has nothing to do with the project.
    Stranger,
    /// The robot has the permissions for it.
    Robot,
    /// The robot may do it as a client of the registry: the permissions that it has, and those that only the API asks for.
    RobotRegistry(Vec<String>, Vec<String>),
    /// The robot has some of the permissions that it takes: those, and those that are missing.
    RobotPart(Vec<String>, Vec<String>),
    /// The robot has none for it, and nobody without one may.
    RobotLacks,
    /// The robot is switched off.
    RobotDisabled,
    /// The robot has expired.
    RobotExpired,
}

/// Whether a rule allows what a line is about. Robots are asked about for what they do with the registry.
fn gives(line: &Line, rule: &AccessRule) -> bool {
    line.allowed_by(&rule.permissions) || (rule.kind == "robot" && line.allowed_by_registry(&rule.permissions))
}

fn role_of(rule: &AccessRule) -> Option<Role> {
    rule.role_id.and_then(Role::from_id)
}

impl Verdict {
    fn of(line: &Line, robot: Option<&RobotStanding>, rules: &[AccessRule]) -> Self {
        match robot.and_then(|robot| robot.off) {
            Some(RobotOff::Expired) => return Verdict::RobotExpired,
            Some(RobotOff::Disabled) => return Verdict::RobotDisabled,
            None => {}
        }
        let role = || rules.iter().find_map(role_of);
        match rules.iter().find(|rule| line.allowed_by(&rule.permissions)) {
            Some(rule) if rule.kind == "system_admin" => Verdict::Administrator,
            Some(rule) if rule.kind == "robot" => Verdict::Robot,
            Some(rule) => role_of(rule).map_or(Verdict::Public, Verdict::Role),
            None if robot.is_some() => {
                let own = rules.iter().find(|rule| rule.kind == "robot");
                let (given, lacking) = own.map(|rule| line.split(&rule.permissions)).unwrap_or_default();
                match own {
                    Some(own) if line.allowed_by_registry(&own.permissions) => Verdict::RobotRegistry(given, lacking),
                    _ if given.is_empty() => Verdict::RobotLacks,
                    _ => Verdict::RobotPart(given, lacking),
                }
            }
            None => match role() {
                Some(role) => Verdict::RoleLacks(role),
                None if rules.is_empty() => Verdict::Stranger,
                None => Verdict::PublicLacks,
            },
        }
    }

    fn allows(&self) -> bool {
        match self {
            Verdict::Administrator
            | Verdict::Role(_)
            | Verdict::Public
            | Verdict::Robot
            | Verdict::RobotRegistry(..) => true,
            Verdict::RoleLacks(_)
            | Verdict::PublicLacks
            | Verdict::Stranger
            | Verdict::RobotPart(..)
            | Verdict::RobotLacks
            | Verdict::RobotDisabled
            | Verdict::RobotExpired => false,
        }
    }

    fn sentence(&self) -> Key {
        use keys::newcomer::explain as k;
        match self {
            Verdict::Administrator => k::ADMINISTRATOR,
            Verdict::Role(_) => k::ROLE,
            Verdict::Public => k::PUBLIC,
            Verdict::RoleLacks(_) => k::ROLE_LACKS,
            Verdict::PublicLacks => k::PUBLIC_LACKS,
            Verdict::Stranger => k::STRANGER,
            Verdict::Robot => k::ROBOT,
            Verdict::RobotRegistry(..) => k::ROBOT_REGISTRY,
            Verdict::RobotPart(..) => k::ROBOT_PART,
            Verdict::RobotLacks => k::ROBOT_LACKS,
            Verdict::RobotDisabled => k::ROBOT_DISABLED,
            Verdict::RobotExpired => k::ROBOT_EXPIRED,
        }
    }

    fn text(&self, line: &Line, name: &str) -> String {
        let role = match self {
            Verdict::Role(role) | Verdict::RoleLacks(role) => role_name(*role),
            Verdict::Administrator
            | Verdict::Public
            | Verdict::PublicLacks
            | Verdict::Stranger
            | Verdict::Robot
            | Verdict::RobotRegistry(..)
            | Verdict::RobotPart(..)
            | Verdict::RobotLacks
            | Verdict::RobotDisabled
            | Verdict::RobotExpired => String::new(),
        };
        let (given, lacking) = match self {
            Verdict::RobotRegistry(given, lacking) | Verdict::RobotPart(given, lacking) => {
                (given.join(", "), lacking.join(", "))
            }
            _ => (String::new(), String::new()),
        };
        t!(self.sentence(), action = t!(line.text), name = name, role = role, given = given, lacking = lacking)
    }
}

/// The page.
#[component]
pub(crate) fn ExplainMember(within: InProject) -> impl IntoView {
    if !within.rights.may(Of::Member, Action::List) {
        return view! { <NotAllowed needs=(Of::Member, Action::List) /> }.into_any();
    }
    let search = use_location().search;
    let question = Memo::new(move |_| search.with(|search| Question::read(search)));
    let explained = {
        let (client, name) = (use_client(), within.name.clone());
        Resource::new(
            move || question.get(),
            move |question| {
                let (client, name) = (client.clone(), name.clone());
                async move {
                    let found = match question.user.as_str() {
                        "" => None,
                        user => match client.explain_access(&name, user).await {
                            Ok(found) => Some(found),
                            Err(error) if error.status == 404 => None,
                            Err(error) => return Err(error),
                        },
                    };
                    Ok((question.user, found))
                }
            },
        )
    };
    let sub = t!(keys::newcomer::explain::SUB, project = within.name);
    let page = ProjectPart::ExplainMember.of(&within.name);
    view! {
        <PageHead title=|| t!(keys::newcomer::explain::TITLE) sub=sub />
        // Not drawn again for another question: whoever asked keeps the focus.
        <Ask page=page project=within.project.project_id question=question.get_untracked() />
        {loaded(
            explained,
            move |(user, found)| match found {
                Some(found) => {
                    view! { <Answer within=within.clone() found=found line=question.get_untracked().line() /> }.into_any()
                }
                None if user.is_empty() => ().into_any(),
                None => {
                    // Who is no member is as unknown as nobody, except to administrators of the system.
                    let title = t!(keys::newcomer::explain::NO_MEMBER, name = user);
                    view! { <Callout tone=Tone::Warn title=title /> }.into_any()
                }
            },
        )}
    }
    .into_any()
}

/// Whom and what to ask about, on the page of the members.
#[component]
pub(super) fn AskAboutMember(within: InProject) -> impl IntoView {
    let page = ProjectPart::ExplainMember.of(&within.name);
    view! { <Ask page=page project=within.project.project_id question=Question::read(PUSH) /> }
}

/// Whom and what to ask about.
#[component]
fn Ask(
    /// The page that answers.
    page: String,
    /// Whose robots are offered.
    project: ProjectId,
    question: Question,
) -> impl IntoView {
    let typed = RwSignal::new(question.user.clone());
    let actions = LINES.iter().map(|line| SelectOption::new(line.code, t!(line.text))).collect();
    view! {
        <Card title=t!(keys::newcomer::explain::ASK)>
            <CardBody>
                <GetForm action=page class="form">
                    <TextField
                        label=t!(keys::members::USERNAME)
                        name="user"
                        bind=typed
                        hint=t!(keys::newcomer::explain::NAME_HINT)
                        list="explain-names"
                        raw=true
                        autocomplete="off"
                        required=true
                    />
                    <Suggestions id="explain-names" names=Names::Known(project) typed=typed />
                    <SelectField
                        label=t!(keys::members::matrix::ACTION)
                        name="action"
                        options=actions
                        selected=question.line().code
                    />
                    <div class="row">
                        <Button submit=true>{t!(keys::newcomer::explain::SUBMIT)}</Button>
                    </div>
                </GetForm>
            </CardBody>
        </Card>
    }
}

#[component]
fn Answer(within: InProject, found: AccessExplanation, line: &'static Line) -> impl IntoView {
    use keys::newcomer::explain as k;
    let AccessExplanation { username, robot, rules, groups, .. } = found;
    let verdict = Verdict::of(line, robot.as_ref(), &rules);
    let (tone, title) = match &verdict {
        verdict if verdict.allows() => (Tone::Ok, t!(k::YES)),
        Verdict::RobotPart(..) => (Tone::Info, t!(k::PARTLY)),
        _ => (Tone::Warn, t!(k::NO)),
    };
    let sentence = verdict.text(line, &username);
    let change = match &robot {
        Some(robot) => (robot.own && within.rights.may(Of::Robot, Action::Update))
            .then(|| (Home::Project(within.name.clone()).edit(robot.id), t!(keys::robots::menu::EDIT))),
        None => within.rights.may(Of::Member, Action::Update).then(|| {
            // Who has a role is given another one in the list; who has none is added.
            if rules.iter().any(|rule| rule.member_id.is_some()) {
                (ProjectPart::Members.of(&within.name), t!(keys::members::CHANGE))
            } else {
                let page = ProjectPart::NewMember.of(&within.name);
                (format!("{page}{}", with_query("", &[("username", Some(&username))])), t!(keys::members::ADD))
            }
        }),
    };
    let changes = change.map(|(href, text)| {
        view! {
            <CalloutActions>
                <LinkButton href=href size=Size::Small>
                    {text}
                </LinkButton>
            </CalloutActions>
        }
    });
    let decisive = rules.iter().position(|rule| gives(line, rule)).filter(|_| verdict.allows());
    let groups = (!groups.is_empty()).then(|| {
        let names: Vec<String> = groups.into_iter().map(|group| group.group_name).collect();
        view! { <p class="small muted">{t!(k::GROUPS, names = names.join(", "))}</p> }
    });
    view! {
        <Callout tone=tone title=title text=sentence>
            {changes}
        </Callout>
        <Rules username=username rules=rules decisive=decisive />
        {groups}
    }
}

/// Every rule that gives the person something, with what it allows.
#[component]
fn Rules(username: String, rules: Vec<AccessRule>, decisive: Option<usize>) -> impl IntoView {
    use keys::newcomer::explain as k;
    if rules.is_empty() {
        return ().into_any();
    }
    let head = || {
        view! {
            <Column label=t!(k::RULE) />
            {LINES.iter().map(|line| view! { <Column label=t!(line.text) /> }).collect_view()}
        }
    };
    let row = move |(index, rule): (usize, AccessRule)| {
        let name = match (rule.kind.as_str(), role_of(&rule)) {
            ("system_admin", _) => t!(keys::role::SYSTEM_ADMIN),
            ("robot", _) => t!(k::ROBOT_RULE),
            (_, Some(role)) => t!(k::OWN_ROLE, role = role_name(role)),
            _ => t!(k::PUBLIC_PROJECT),
        };
        let decides = (decisive == Some(index)).then(|| view! { <Badge tone=Tone::Accent>{t!(k::DECIDES)}</Badge> });
        let cells = LINES.iter().map(move |line| {
            let yes = gives(line, &rule);
            let shown = if !yes && rule.kind == "robot" && !line.split(&rule.permissions).0.is_empty() {
                t!(k::PARTLY).into_any()
            } else {
                view! { <YesNo yes=yes /> }.into_any()
            };
            view! { <Cell label=t!(line.text)>{shown}</Cell> }
        });
        view! {
            <Row>
                <RowHead>
                    <span class="row g2">{name} {decides}</span>
                </RowHead>
                {cells.collect_view()}
            </Row>
        }
    };
    let caption = t!(k::RULES, name = username);
    view! {
        <Card title=caption.clone()>
            <TableBox flush=true keep=caption.clone()>
                <Table caption=caption head=head>
                    {rules.into_iter().enumerate().map(row).collect_view()}
                </Table>
            </TableBox>
        </Card>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use berth_types::RobotId;
    use berth_types::policy::{Permission, Standing, project_permissions};

    fn rule(kind: &str, role: Option<Role>, standing: Standing) -> AccessRule {
        let permissions = project_permissions(standing).into_iter();
        let permissions = permissions
            .map(|(resource, action)| Permission { resource: resource.to_string(), action: action.to_string() })
            .collect();
        AccessRule {
            kind: kind.to_owned(),
            role_id: role.map(Role::id),
            role_name: role.map(|role| role.as_str().to_owned()),
            member_id: None,
            decides: false,
            permissions,
        }
    }

    #[test]
    fn the_verdict_names_the_rule() {
        let public = rule("public", None, Standing::Public);
        let guest = rule("member", Some(Role::Guest), Standing::Member(Role::Guest));
        let developer = rule("member", Some(Role::Developer), Standing::Member(Role::Developer));
        let admin = rule("system_admin", None, Standing::Member(Role::ProjectAdmin));
        let (pull, push) = (&LINES[0], &LINES[1]);
        let of = |line, rules: &[AccessRule]| Verdict::of(line, None, rules);
        assert_eq!(of(push, &[admin, guest.clone()]), Verdict::Administrator);
        assert_eq!(of(push, &[developer, public.clone()]), Verdict::Role(Role::Developer));
        assert_eq!(of(push, &[guest.clone(), public.clone()]), Verdict::RoleLacks(Role::Guest));
        assert_eq!(of(pull, &[guest, public.clone()]), Verdict::Role(Role::Guest));
        assert_eq!(of(pull, std::slice::from_ref(&public)), Verdict::Public);
        assert_eq!(of(push, std::slice::from_ref(&public)), Verdict::PublicLacks);
        assert_eq!(of(pull, &[]), Verdict::Stranger);

        let robot = |off| RobotStanding { id: RobotId(1), own: true, off };
        let of = |line, off, rules: &[AccessRule]| Verdict::of(line, Some(&robot(off)), rules);
        let pulls = rule("robot", None, Standing::Member(Role::Guest));
        assert_eq!(of(pull, None, &[pulls.clone(), public.clone()]), Verdict::Robot);
        assert_eq!(of(pull, None, std::slice::from_ref(&public)), Verdict::Public);
        assert_eq!(of(push, None, &[pulls.clone(), public]), Verdict::RobotLacks);
        assert_eq!(of(push, None, &[]), Verdict::RobotLacks);
        // What docker does takes one permission; the API asks for more, and so does all that docker does not do.
        let only = |keep: fn(&Permission) -> bool| {
            let mut rule = rule("robot", None, Standing::Member(Role::ProjectAdmin));
            rule.permissions.retain(keep);
            rule
        };
        let named = |right: &str| vec![right.to_owned()];
        let registry = Verdict::RobotRegistry(named("repository:pull"), named("artifact:list"));
        assert_eq!(of(pull, None, &[only(|right| right.action == "pull")]), registry);
        let tags = only(|right| right.resource == "tag");
        let part = Verdict::RobotPart(named("tag:delete"), named("artifact:delete"));
        assert_eq!(of(&LINES[2], None, std::slice::from_ref(&tags)), part);
        assert_eq!(of(push, None, &[tags]), Verdict::RobotPart(named("tag:create"), named("repository:push")));
        assert_eq!(of(pull, Some(RobotOff::Disabled), std::slice::from_ref(&pulls)), Verdict::RobotDisabled);
        assert_eq!(of(pull, Some(RobotOff::Expired), &[pulls]), Verdict::RobotExpired);
    }

    #[test]
    fn questions_are_addresses() {
        let href = explain_href("/projects/p/-/members/explain".to_owned(), "bob");
        assert_eq!(href, "/projects/p/-/members/explain?action=push&user=bob");
        assert_eq!(Question::read("user=bob&action=push"), Question { user: "bob".to_owned(), line: 1 });
        assert_eq!(Question::read("user=+bob+&action=fly"), Question { user: "bob".to_owned(), line: 0 });
    }
}
