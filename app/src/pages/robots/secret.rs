//! Giving a robot another secret, and where a new one is shown.

use super::Home;
#[cfg(feature = "ssr")]
use super::robot_of;
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
use crate::form::{FormAction, FormError, FormErrors, PostForm, answer_of};
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
pub(crate) async fn post_refresh_robot(project: String, id: i64) -> Result<Issued, FormError> {
    let client = use_client();
    let home = Home::read(&project);
    let issued = refresh(&client, home.as_ref(), RobotId(id)).await;
    let issued = issued.map_err(|refusal| FormError::default().refused(refusal));
    hand_over(issued, &home.unwrap_or(Home::System), RobotId(id))
}

#[cfg(feature = "ssr")]
async fn refresh(client: &Client, home: Option<&Home>, id: RobotId) -> Result<Issued, ApiError> {
    let robot = robot_of(client, home.ok_or_else(ApiError::not_found)?, id).await?;
    let secret = client.refresh_robot(id).await?.secret;
    Ok(Issued { name: robot.name, secret, expires_at: robot.expires_at })
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
            let brought =
                secret.clone().map(|secret| Issued { name: robot.name.clone(), secret, expires_at: robot.expires_at });
            match issued.get().or(brought) {
                Some(issued) => view! { <Shown home=home issued=issued /> }.into_any(),
                None => view! { <RefreshForm home=home robot=robot action=action /> }.into_any(),
            }
        }
    })
}

#[component]
fn RefreshForm(home: Home, robot: Robot, action: FormAction) -> impl IntoView {
    let title = t!(keys::robots::secret::NEW_TITLE, name = robot.name);
    view! {
        <PageHead title=move || title />
        <FormErrors answer=answer_of(action) />
        <Callout
            tone=Tone::Warn
            title=t!(keys::robots::secret::NEW_EFFECT)
            text=t!(keys::robots::secret::NEW_TEXT)
        />
        <PostForm action=action>
            <input type="hidden" name="project" value=home.posted() />
            <input type="hidden" name="id" value=robot.id.to_string() />
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
    view! { <ShownSecret issued=issued account=account note=note never=never done=home.list() /> }
}
