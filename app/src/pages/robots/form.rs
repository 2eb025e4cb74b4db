//! Making and changing a robot.

use super::draft::{KEEP, RobotForm};
use super::fields::{Description, ExpiryFields, GrantFields};
use super::former::{FormerWorks, PostEndFormerSecret};
use super::grant::{Grant, Summary};
use super::secret::{Issued, Shown};
use super::words::may_text;
use super::{Home, robot_of};
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
#[cfg(feature = "ssr")]
use crate::form::Fault;
use crate::form::{FormAction, FormError, FormErrors, PostForm, Posted, answer_of, fault_of, value_of};
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::t;
use crate::ui::{Button, Callout, Card, CardBody, LinkButton, Look, PageHead, TextField, Tone};
use berth_types::RobotId;
use berth_types::api::{Permissions, Robot};
#[cfg(feature = "ssr")]
use berth_types::api::{RobotChange, RobotCreate};
use leptos::prelude::*;

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
    Ok((Issued { name: made.name, secret: made.secret, expires_at: made.expires_at, former_until: None }, made.id))
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
    let end = FormAction::of::<PostEndFormerSecret>();
    let client = use_client();
    let robot = {
        let home = home.clone();
        Resource::new(
            move || (id, end.version().get()),
            move |(id, _)| {
                let (client, home) = (client.clone(), home.clone());
                async move { Ok((robot_of(&client, &home, id).await?, client.robot_catalogue().await?)) }
            },
        )
    };
    loaded(robot, move |(robot, catalogue)| {
        view! { <EditForm home=home.clone() robot=robot catalogue=catalogue action=action end=end /> }
    })
}

#[component]
fn EditForm(home: Home, robot: Robot, catalogue: Permissions, action: FormAction, end: FormAction) -> impl IntoView {
    let answer = answer_of(action);
    let name = robot.name.clone();
    let grant = match Grant::read(&robot.permissions) {
        Some(grant) => {
            view! { <GrantFields home=home.clone() catalogue=catalogue grant=grant answer=answer /> }.into_any()
        }
        None => view! { <Kept robot=robot.clone() /> }.into_any(),
    };
    let former = robot.former_secret.clone().map(|former| {
        view! { <FormerWorks home=home.clone() robot=robot.clone() former=former action=end note=None /> }
    });
    view! {
        <PageHead title=move || name sub=t!(keys::robots::EDIT_SUB) />
        {former}
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
