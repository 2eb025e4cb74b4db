//! Giving a robot another secret, and where a new one is shown.

use super::Home;
#[cfg(feature = "ssr")]
use super::former::overlap;
use super::former::{FormerWorks, OverlapFields, PostEndFormerSecret};
#[cfg(feature = "ssr")]
use super::robot_of;
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
use crate::form::{FormAction, FormError, FormErrors, PostForm, answer_of};
use crate::format::exact;
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::loaded;
pub(super) use crate::pages::secret::Issued;
use crate::pages::secret::{ShownSecret, brought};
use crate::t;
use crate::ui::{Button, Callout, Glyph, LinkButton, Look, PageHead, Tone};
use berth_types::RobotId;
use berth_types::api::Robot;
use berth_types::name::shell_name;
use leptos::prelude::*;

/// Ends a server function that made a secret.
#[cfg(feature = "ssr")]
pub(super) fn hand_over(issued: Result<Issued, FormError>, home: &Home, id: RobotId) -> Result<Issued, FormError> {
    crate::pages::secret::hand_over(issued, &home.secret(id))
}

/// Gives a robot another secret.
#[server(prefix = "/_portal", endpoint = "refresh-robot")]
pub(crate) async fn post_refresh_robot(
    project: String,
    id: i64,
    #[server(default)] overlap: String,
    #[server(default)] hours: String,
) -> Result<Issued, FormError> {
    let client = use_client();
    let home = Home::read(&project);
    let issued = refresh(&client, home.as_ref(), RobotId(id), &overlap, &hours).await;
    hand_over(issued, &home.unwrap_or(Home::System), RobotId(id))
}

#[cfg(feature = "ssr")]
async fn refresh(
    client: &Client,
    home: Option<&Home>,
    id: RobotId,
    choice: &str,
    hours: &str,
) -> Result<Issued, FormError> {
    let mut answer = FormError::keeping(&[("overlap", choice), ("hours", hours.trim())]);
    let overlap = overlap(choice, hours).unwrap_or_else(|fault| {
        answer.check("hours", Some(fault));
        None
    });
    answer.pass()?;
    let made = renew(client, home, id, overlap).await;
    let (robot, secret) = made.map_err(|refusal| answer.refused(refusal))?;
    // Until when is the server's to say. Where it does not, the secret is shown all the same: it is said only once.
    let former =
        if overlap.is_some() { client.robot(id).await.ok().and_then(|robot| robot.former_secret) } else { None };
    let former_until = former.map(|former| former.expires_at);
    Ok(Issued { name: robot.name, secret, expires_at: robot.expires_at, former_until })
}

#[cfg(feature = "ssr")]
async fn renew(
    client: &Client,
    home: Option<&Home>,
    id: RobotId,
    overlap: Option<i64>,
) -> Result<(Robot, String), ApiError> {
    let robot = robot_of(client, home.ok_or_else(ApiError::not_found)?, id).await?;
    let secret = client.refresh_robot(id, overlap).await?.secret;
    Ok((robot, secret))
}

/// The page to give a robot another secret, and where a new one is shown without script.
#[component]
pub(crate) fn RobotSecret(
    /// Where it lives.
    home: Home,
    /// Which one.
    id: RobotId,
) -> impl IntoView {
    let action = FormAction::of::<PostRefreshRobot>();
    let end = FormAction::of::<PostEndFormerSecret>();
    let client = use_client();
    let secret = brought(&home.secret(id));
    let robot = {
        let home = home.clone();
        Resource::new(
            move || id,
            move |id| {
                let (client, home, secret) = (client.clone(), home.clone(), secret.clone());
                async move { Ok((super::robot_of(&client, &home, id).await?, secret)) }
            },
        )
    };
    let issued = action.output::<Issued>();
    loaded(robot, move |(robot, secret)| {
        let home = home.clone();
        move || {
            let (home, robot) = (home.clone(), robot.clone());
            let brought = secret.clone().map(|secret| Issued {
                name: robot.name.clone(),
                secret,
                expires_at: robot.expires_at,
                former_until: robot.former_secret.as_ref().map(|former| former.expires_at),
            });
            match issued.get().or(brought) {
                Some(issued) => view! { <Shown home=home issued=issued /> }.into_any(),
                None => view! { <RefreshForm home=home robot=robot action=action end=end /> }.into_any(),
            }
        }
    })
}

#[component]
fn RefreshForm(home: Home, robot: Robot, action: FormAction, end: FormAction) -> impl IntoView {
    let title = t!(keys::robots::secret::NEW_TITLE, name = robot.name);
    let answer = answer_of(action);
    let former = robot.former_secret.clone().map(|former| {
        let note = Some(t!(keys::robots::overlap::REPLACED));
        view! { <FormerWorks home=home.clone() robot=robot.clone() former=former action=end note=note /> }
    });
    view! {
        <PageHead title=move || title />
        {former}
        <FormErrors answer=answer />
        <Callout
            tone=Tone::Warn
            title=t!(keys::robots::secret::NEW_EFFECT)
            text=t!(keys::robots::secret::NEW_TEXT)
        />
        <PostForm action=action attr:class="form" attr:novalidate="">
            <input type="hidden" name="project" value=home.posted() />
            <input type="hidden" name="id" value=robot.id.to_string() />
            <OverlapFields answer=answer />
            <div class="row">
                <Button look=Look::DangerFill icon=Glyph::Refresh submit=true busy=action.pending()>
                    {t!(keys::robots::secret::NEW_SUBMIT)}
                </Button>
                <LinkButton href=home.list()>{t!(keys::common::CANCEL)}</LinkButton>
            </div>
        </PostForm>
    }
}

/// The secret, with all that one does with it.
#[component]
pub(super) fn Shown(home: Home, issued: Issued) -> impl IntoView {
    let (name, never) = (issued.name.clone(), t!(keys::robots::secret::NEVER_ENDS));
    let account = shell_name(&name).into_owned();
    let note = (account != name).then(|| t!(keys::robots::secret::PLAIN_NAME, name = name));
    let former = issued.former_until.map(|until| {
        view! { <Callout tone=Tone::Info title=t!(keys::robots::overlap::FORMER, time = exact(until)) /> }
    });
    view! {
        {former}
        <ShownSecret issued=issued account=account note=note never=never done=home.list() />
    }
}
