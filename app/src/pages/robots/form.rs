//! Making and changing a robot.

use super::Home;
use super::grant::{Grant, Places, Summary, lines};
#[cfg(any(feature = "ssr", test))]
use super::grant::{Pair, Preset, project_names, read_token};
use super::life::{self, OFFERED_DAYS};
#[cfg(any(feature = "ssr", test))]
use super::life::{DAYS_MAX, Expiry};
#[cfg(feature = "ssr")]
use super::robot_of;
use super::secret::{Issued, Shown};
use super::ticks::{ProjectPermissions, Ticks, ticked};
use super::words::may_text;
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
#[cfg(any(feature = "ssr", test))]
use crate::form::Fault;
use crate::form::{FormAction, FormError, FormErrors, PostForm, Posted, answer_of, fault_of, value_of};
use crate::format::date;
use crate::i18n::{keys, use_catalog};
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::ui::{
    Button, Callout, Card, CardBody, ChoiceCard, ChoiceGroup, LinkButton, Look, PageHead, SelectField, SelectOption,
    TextArea, TextField, Tone,
};
use crate::{t, tn};
use berth_types::RobotId;
use berth_types::api::{Permissions, Robot};
#[cfg(feature = "ssr")]
use berth_types::api::{RobotChange, RobotCreate};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// In place of a preset: what a robot may stays as it is.
const KEEP: &str = "keep";
/// The days of a new robot, as most pipelines want them.
const USUAL_DAYS: &str = "90";

/// What a form about a robot posts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RobotForm {
    /// The project; empty for the system.
    project: String,
    /// Name without prefix and project, of a new robot.
    name: String,
    description: String,
    /// `keep`, `never`, `other`, or days.
    expiry: String,
    /// Days, where `other` is chosen.
    days: String,
    preset: String,
    /// `resource:action` in projects, where no preset is chosen.
    permissions: Vec<String>,
    /// `resource:action` in the system.
    system: Vec<String>,
    /// `none`, `all`, `some`: the projects of a robot of the system.
    scope: String,
    /// Names, where `some` is chosen.
    projects: String,
}

/// What a form asks for, read.
#[cfg(any(feature = "ssr", test))]
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    expiry: Expiry,
    /// Nothing where it stays as it is.
    grant: Option<Grant>,
}

#[cfg(any(feature = "ssr", test))]
impl RobotForm {
    /// An answer that remembers what was filled in.
    fn answer(&self) -> FormError {
        FormError::keeping(&[
            ("name", self.name.trim()),
            ("description", self.description.trim()),
            ("expiry", &self.expiry),
            ("days", &self.days),
            ("preset", &self.preset),
            ("permissions", &self.permissions.join(" ")),
            ("system", &self.system.join(" ")),
            ("scope", &self.scope),
            ("projects", &self.projects),
        ])
    }

    /// Reads what is asked for a robot of this place.
    fn read(&self, home: &Home, is_new: bool) -> Result<Wanted, FormError> {
        let mut answer = self.answer();
        if is_new && !is_name(self.name.trim()) {
            answer.check("name", Some(Fault::RobotName));
        }
        let expiry = match Expiry::read(&self.expiry, &self.days) {
            Ok(Expiry::Keep) if is_new => Err(Fault::NumberRange(1, DAYS_MAX)),
            read => read,
        };
        let expiry = expiry.unwrap_or_else(|fault| {
            answer.check("days", Some(fault));
            Expiry::Keep
        });
        let keeps = self.preset == KEEP && !is_new;
        let grant = (!keeps).then(|| self.grant(home));
        if let Some(grant) = &grant {
            if grant.places == Places::Named(Vec::new()) {
                answer.check("projects", Some(Fault::RobotProjects));
            } else if grant.blocks().is_empty() {
                answer.check("permissions", Some(Fault::RobotPermissions));
            }
        }
        answer.pass()?;
        Ok(Wanted { expiry, grant })
    }

    fn grant(&self, home: &Home) -> Grant {
        let pairs = |tokens: &[String]| tokens.iter().filter_map(|text| read_token(text)).collect::<Vec<Pair>>();
        let project = match Preset::parse(&self.preset) {
            Preset::Custom => pairs(&self.permissions),
            preset => preset.pairs().to_vec(),
        };
        match home {
            Home::Project(name) => Grant { project, places: Places::Named(vec![name.to_string()]), system: Vec::new() },
            Home::System => {
                let places = match self.scope.as_str() {
                    "all" => Places::All,
                    "some" => Places::Named(project_names(&self.projects)),
                    _ => Places::None,
                };
                Grant { project, places, system: pairs(&self.system) }
            }
        }
    }
}

/// `[a-z0-9]+` with single separators between, as the API wants it.
#[cfg(any(feature = "ssr", test))]
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.len() <= 200 && name.split(['.', '_', '-']).all(is_part)
}

/// The answer to a refusal that is about a field, or about the whole.
#[cfg(feature = "ssr")]
fn refused(answer: FormError, refusal: ApiError, name: &str) -> FormError {
    let missing = refusal.message.strip_prefix("project ").and_then(|rest| rest.strip_suffix(" not found"));
    match (refusal.status, missing.map(str::to_owned)) {
        (409, _) => answer.with("name", Fault::RobotTaken(name.to_owned())),
        (404, Some(project)) => answer.with("projects", Fault::ProjectUnknown(project)),
        (_, _) => answer.refused(refusal),
    }
}

/// Makes a robot. The answer has its secret.
#[server(prefix = "/_portal", endpoint = "new-robot")]
pub(crate) async fn post_new_robot(#[server(flatten)] form: RobotForm) -> Result<Issued, FormError> {
    let client = use_client();
    let now = crate::format::use_now().get_untracked();
    let home = Home::read(&form.project);
    let (issued, id) = match create(&client, home.as_ref(), &form, now).await {
        Ok((issued, id)) => (Ok(issued), id),
        Err(error) => (Err(error), RobotId(0)),
    };
    super::secret::hand_over(issued, &home.unwrap_or(Home::System), id)
}

#[cfg(feature = "ssr")]
async fn create(
    client: &Client,
    home: Option<&Home>,
    form: &RobotForm,
    now: berth_types::Timestamp,
) -> Result<(Issued, RobotId), FormError> {
    let home = home.ok_or_else(|| form.answer().refused(ApiError::not_found()))?;
    let wanted = form.read(home, true)?;
    let robot = RobotCreate {
        name: form.name.trim().to_owned(),
        description: form.description.trim().to_owned(),
        level: home.level().as_str().to_owned(),
        duration: wanted.expiry.duration(now, now).unwrap_or_default(),
        permissions: wanted.grant.unwrap_or_default().blocks(),
        ..RobotCreate::default()
    };
    let made = client.create_robot(&robot).await.map_err(|refusal| refused(form.answer(), refusal, &robot.name))?;
    Ok((Issued { name: made.name, secret: made.secret, expires_at: made.expires_at }, made.id))
}

/// Changes a robot.
#[server(prefix = "/_portal", endpoint = "edit-robot")]
pub(crate) async fn post_edit_robot(id: i64, #[server(flatten)] form: RobotForm) -> Posted {
    let client = use_client();
    let now = crate::format::use_now().get_untracked();
    let home = Home::read(&form.project);
    let (posted, name) = match edit(&client, home.as_ref(), RobotId(id), &form, now).await {
        Ok(name) => (Ok(()), name),
        Err(error) => (Err(error), String::new()),
    };
    crate::form::conclude(posted, &Notice::RobotSaved.on(&home.unwrap_or(Home::System).list(), &name))
}

#[cfg(feature = "ssr")]
async fn edit(
    client: &Client,
    home: Option<&Home>,
    id: RobotId,
    form: &RobotForm,
    now: berth_types::Timestamp,
) -> Result<String, FormError> {
    let home = home.ok_or_else(|| form.answer().refused(ApiError::not_found()))?;
    let wanted = form.read(home, false)?;
    let robot = robot_of(client, home, id).await.map_err(|refusal| form.answer().refused(refusal))?;
    let change = RobotChange {
        name: robot.name.clone(),
        description: form.description.trim().to_owned(),
        level: robot.level,
        disable: robot.disable,
        duration: wanted.expiry.duration(robot.creation_time, now),
        permissions: wanted.grant.map_or(robot.permissions, |grant| grant.blocks()),
    };
    let changed = client.update_robot(id, &change).await;
    changed.map(|()| robot.name).map_err(|refusal| refused(form.answer(), refusal, ""))
}

/// The page to make a robot, and then to take its secret.
#[component]
pub(crate) fn NewRobot(
    /// Where it will live.
    home: Home,
) -> impl IntoView {
    let action = FormAction::of::<PostNewRobot>();
    let client = use_client();
    let catalogue = Resource::new(
        || (),
        move |()| {
            let client = client.clone();
            async move { client.robot_catalogue().await }
        },
    );
    let issued = action.output::<Issued>();
    loaded(catalogue, move |catalogue| {
        let home = home.clone();
        move || match issued.get() {
            Some(issued) => view! { <Shown home=home.clone() issued=issued /> }.into_any(),
            None => view! { <NewForm home=home.clone() catalogue=catalogue.clone() action=action /> }.into_any(),
        }
    })
}

#[component]
fn NewForm(home: Home, catalogue: Permissions, action: FormAction) -> impl IntoView {
    let answer = answer_of(action);
    view! {
        <PageHead title=|| t!(keys::robots::NEW) sub=t!(keys::robots::NEW_SUB) />
        <Card label=t!(keys::robots::NEW)>
            <CardBody>
                <PostForm action=action attr:class="form" attr:novalidate="">
                    <FormErrors answer=answer />
                    <input type="hidden" name="project" value=home.posted() />
                    <TextField
                        label=t!(keys::robots::NAME)
                        name="name"
                        value=value_of(answer, "name", "")
                        hint=t!(keys::robots::NAME_HINT)
                        error=fault_of(answer, "name")
                        raw=true
                        autocomplete="off"
                        required=true
                        autofocus=true
                    />
                    <Description answer=answer text=String::new() />
                    <ExpiryFields answer=answer ends=None />
                    <GrantFields home=home.clone() catalogue=catalogue grant=Grant::default() answer=answer />
                    <div class="row">
                        <Button look=Look::Primary submit=true busy=action.pending()>
                            {t!(keys::robots::SUBMIT)}
                        </Button>
                        <LinkButton href=home.list()>{t!(keys::common::CANCEL)}</LinkButton>
                    </div>
                </PostForm>
            </CardBody>
        </Card>
    }
}

/// The page to change a robot.
#[component]
pub(crate) fn EditRobot(
    /// Where it lives.
    home: Home,
    /// Which one.
    id: RobotId,
) -> impl IntoView {
    let action = FormAction::of::<PostEditRobot>();
    let client = use_client();
    let robot = {
        let home = home.clone();
        Resource::new(
            move || id,
            move |id| {
                let (client, home) = (client.clone(), home.clone());
                async move { Ok((super::robot_of(&client, &home, id).await?, client.robot_catalogue().await?)) }
            },
        )
    };
    loaded(robot, move |(robot, catalogue)| {
        view! { <EditForm home=home.clone() robot=robot catalogue=catalogue action=action /> }
    })
}

#[component]
fn EditForm(home: Home, robot: Robot, catalogue: Permissions, action: FormAction) -> impl IntoView {
    let answer = answer_of(action);
    let name = robot.name.clone();
    let grant = match Grant::read(&robot.permissions) {
        Some(grant) => {
            view! { <GrantFields home=home.clone() catalogue=catalogue grant=grant answer=answer /> }.into_any()
        }
        None => view! { <Kept robot=robot.clone() /> }.into_any(),
    };
    view! {
        <PageHead title=move || name sub=t!(keys::robots::EDIT_SUB) />
        <Card label=t!(keys::robots::menu::EDIT)>
            <CardBody>
                <PostForm action=action attr:class="form" attr:novalidate="">
                    <FormErrors answer=answer />
                    <input type="hidden" name="project" value=home.posted() />
                    <input type="hidden" name="id" value=robot.id.to_string() />
                    <Description answer=answer text=robot.description />
                    <ExpiryFields answer=answer ends=Some(robot.expires_at) />
                    {grant}
                    <div class="row">
                        <Button look=Look::Primary submit=true busy=action.pending()>
                            {t!(keys::common::SAVE)}
                        </Button>
                        <LinkButton href=home.secret(robot.id)>{t!(keys::robots::menu::SECRET)}</LinkButton>
                        <LinkButton href=home.list()>{t!(keys::common::CANCEL)}</LinkButton>
                    </div>
                </PostForm>
            </CardBody>
        </Card>
    }
}

/// Permissions that differ from project to project: shown, and kept as they are.
#[component]
fn Kept(robot: Robot) -> impl IntoView {
    let blocks = robot.permissions.into_iter().map(|block| {
        let may = may_text(Summary::of(std::slice::from_ref(&block)));
        view! { <li>{format!("{}: {may}", block.namespace)}</li> }
    });
    view! {
        <input type="hidden" name="preset" value=KEEP />
        <Callout tone=Tone::Info title=t!(keys::robots::KEPT) text=t!(keys::robots::KEPT_TEXT)>
            <ul>{blocks.collect_view()}</ul>
        </Callout>
    }
}

#[component]
fn Description(answer: Signal<Option<FormError>>, text: String) -> impl IntoView {
    view! {
        <TextField
            label=t!(keys::robots::DESCRIPTION)
            name="description"
            value=value_of(answer, "description", &text)
            hint=t!(keys::robots::DESCRIPTION_HINT)
            optional=true
        />
    }
}

/// How long it lives. `ends` is when it does now, where it exists.
#[component]
fn ExpiryFields(answer: Signal<Option<FormError>>, ends: Option<i64>) -> impl IntoView {
    let mut options = Vec::new();
    if let Some(ends) = ends {
        let label = match life::end(ends) {
            Some(end) => t!(keys::robots::expiry::KEEP, date = date(&use_catalog(), end)),
            None => t!(keys::robots::expiry::KEEP_NEVER),
        };
        options.push(SelectOption::new("keep", label));
    }
    options.extend(
        OFFERED_DAYS
            .map(|days| SelectOption::new(days.to_string(), tn!(keys::robots::expiry::DAYS, days.unsigned_abs()))),
    );
    options.push(SelectOption::new("other", t!(keys::robots::expiry::OTHER)));
    options.push(SelectOption::new("never", t!(keys::robots::expiry::NEVER)));
    let first = if ends.is_some() { "keep" } else { USUAL_DAYS };
    view! {
        <SelectField
            label=t!(keys::robots::expiry::LABEL)
            name="expiry"
            options=options
            selected=value_of(answer, "expiry", first)
            hint=t!(keys::robots::expiry::HINT)
        />
        <TextField
            label=t!(keys::robots::expiry::DAYS_LABEL)
            name="days"
            value=value_of(answer, "days", "")
            hint=t!(keys::robots::expiry::DAYS_HINT)
            error=fault_of(answer, "days")
            inputmode="numeric"
            optional=true
        />
    }
}

/// What it may, and where.
#[component]
fn GrantFields(home: Home, catalogue: Permissions, grant: Grant, answer: Signal<Option<FormError>>) -> impl IntoView {
    let (of_project, of_system) = (lines(&catalogue.project), lines(&catalogue.system));
    let is_system = home == Home::System;
    let places = is_system.then(|| view! { <PlaceFields places=grant.places.clone() answer=answer /> });
    let system = is_system.then(|| {
        let given = ticked(answer, "system", &grant.system);
        let open = !given.is_empty();
        view! {
            <Ticks
                title=t!(keys::robots::IN_SYSTEM)
                hint=t!(keys::robots::IN_SYSTEM_HINT)
                field="system"
                lines=of_system
                given=given
                open=Signal::stored(open)
                answer=answer
            />
        }
    });
    view! {
        {places}
        <ProjectPermissions lines=of_project given=grant.project answer=answer />
        {system}
    }
}

/// The projects of a robot of the system.
#[component]
fn PlaceFields(places: Places, answer: Signal<Option<FormError>>) -> impl IntoView {
    let (scope, names) = match places {
        Places::None => ("some", String::new()),
        Places::All => ("all", String::new()),
        Places::Named(names) => ("some", names.join("\n")),
    };
    let scope = value_of(answer, "scope", scope);
    let choices = [
        ("some", t!(keys::robots::place::SOME), t!(keys::robots::place::SOME_HINT)),
        ("all", t!(keys::robots::place::ALL), t!(keys::robots::place::ALL_HINT)),
        ("none", t!(keys::robots::place::NONE), t!(keys::robots::place::NONE_HINT)),
    ];
    let cards = choices.map(|(value, label, hint)| {
        let checked = value == scope;
        view! { <ChoiceCard name="scope" value=value checked=checked label=label hint=hint /> }
    });
    view! {
        <ChoiceGroup legend=t!(keys::robots::WHERE)>{cards.collect_view()}</ChoiceGroup>
        <TextArea
            label=t!(keys::robots::place::NAMES)
            name="projects"
            value=value_of(answer, "projects", &names)
            hint=t!(keys::robots::place::NAMES_HINT)
            error=fault_of(answer, "projects")
            optional=true
            rows=3
        />
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use berth_types::policy::{Action, Resource};

    fn form(preset: &str) -> RobotForm {
        RobotForm { name: " ci-1 ".into(), expiry: "30".into(), preset: preset.into(), ..RobotForm::default() }
    }

    fn team() -> Home {
        Home::Project("team".parse().unwrap())
    }

    fn faults(form: &RobotForm, home: &Home, is_new: bool) -> Vec<(String, Fault)> {
        form.read(home, is_new).unwrap_err().faults
    }

    #[test]
    fn a_preset_decides_and_ticks_count_without_one() {
        let ticks = vec!["tag:list".to_owned(), "nonsense".to_owned()];
        let preset = RobotForm { permissions: ticks.clone(), ..form("pull") };
        let grant = preset.read(&team(), true).unwrap().grant.unwrap();
        assert_eq!(grant.project, [(Resource::Repository, Action::Pull)]);
        assert_eq!(grant.places, Places::Named(vec!["team".into()]));
        let custom = RobotForm { permissions: ticks, ..form("custom") };
        assert_eq!(custom.read(&team(), true).unwrap().grant.unwrap().project, [(Resource::Tag, Action::List)]);
        assert_eq!(faults(&form("custom"), &team(), true), [("permissions".to_owned(), Fault::RobotPermissions)]);
    }

    #[test]
    fn robots_of_the_system_have_places() {
        let some = RobotForm { scope: "some".into(), projects: "a b".into(), ..form("push") };
        let grant = some.read(&Home::System, true).unwrap().grant.unwrap();
        assert_eq!(grant.places, Places::Named(vec!["a".into(), "b".into()]));
        let nowhere = RobotForm { scope: "some".into(), ..form("push") };
        assert_eq!(faults(&nowhere, &Home::System, true), [("projects".to_owned(), Fault::RobotProjects)]);
        // What holds in no project is given only in the system.
        let none = RobotForm { scope: "none".into(), ..form("push") };
        assert_eq!(faults(&none, &Home::System, true), [("permissions".to_owned(), Fault::RobotPermissions)]);
        let system = RobotForm { system: vec!["registry:list".into()], ..none };
        assert_eq!(system.read(&Home::System, true).unwrap().grant.unwrap().blocks().len(), 1);
        // A robot of a project is given nothing in the system.
        let sly = RobotForm { system: vec!["registry:list".into()], ..form("custom") };
        assert_eq!(faults(&sly, &team(), true).len(), 1);
    }

    #[test]
    fn names_and_days_are_checked_where_they_are_asked_for() {
        for bad in ["", "Ci", "a--b", "-a", "a+b", "ü"] {
            let bad = RobotForm { name: bad.into(), ..form("pull") };
            assert_eq!(faults(&bad, &team(), true), [("name".to_owned(), Fault::RobotName)]);
            assert!(bad.read(&team(), false).is_ok());
        }
        let keep = RobotForm { expiry: "keep".into(), ..form("pull") };
        assert_eq!(faults(&keep, &team(), true)[0].0, "days");
        assert_eq!(keep.read(&team(), false).unwrap().expiry, Expiry::Keep);
    }

    #[test]
    fn what_differs_by_project_is_kept() {
        assert_eq!(form(KEEP).read(&Home::System, false).unwrap().grant, None);
        assert_eq!(faults(&form(KEEP), &Home::System, true).len(), 1);
    }
}
