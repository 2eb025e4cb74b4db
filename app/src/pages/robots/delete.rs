//! The question whether to delete a robot.

use super::grant::Summary;
#[cfg(feature = "ssr")]
use super::robot_of;
use super::words::may_text;
use super::{Home, robot_of_page};
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client, use_client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::t;
use crate::ui::{Button, Callout, Glyph, LinkButton, Look, PageHead, Tone};
use berth_types::RobotId;
use berth_types::api::Robot;
use leptos::prelude::*;

/// Deletes a robot.
#[server(prefix = "/_portal", endpoint = "delete-robot")]
pub(crate) async fn post_delete_robot(project: String, id: i64, name: String) -> Posted {
    let client = use_client();
    let home = Home::read(&project);
    let posted = delete(&client, home.as_ref(), RobotId(id)).await;
    let posted = posted.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &Notice::RobotDeleted.on(&home.unwrap_or(Home::System).list(), &name))
}

#[cfg(feature = "ssr")]
async fn delete(client: &Client, home: Option<&Home>, id: RobotId) -> Result<(), ApiError> {
    // An id alone could be that of a robot elsewhere.
    let robot = robot_of(client, home.ok_or_else(ApiError::not_found)?, id).await?;
    client.delete_robot(robot.id).await
}

/// The page to delete a robot.
#[component]
pub(crate) fn DeleteRobot(
    /// Where it lives.
    home: Home,
    /// Which one.
    id: RobotId,
) -> impl IntoView {
    let action = FormAction::of::<PostDeleteRobot>();
    loaded(robot_of_page(&home, id), move |robot| {
        view! { <DeleteForm home=home.clone() robot=robot action=action /> }
    })
}

#[component]
fn DeleteForm(home: Home, robot: Robot, action: FormAction) -> impl IntoView {
    let title = t!(keys::robots::DELETE_TITLE, name = robot.name);
    let may = may_text(Summary::of(&robot.permissions));
    view! {
        <PageHead title=move || title />
        <FormErrors answer=answer_of(action) />
        <Callout
            tone=Tone::Warn
            title=t!(keys::robots::DELETE_EFFECT, name = robot.name)
            text=t!(keys::robots::DELETE_TEXT, may = may)
        />
        <PostForm action=action>
            <input type="hidden" name="project" value=home.posted() />
            <input type="hidden" name="id" value=robot.id.to_string() />
            <input type="hidden" name="name" value=robot.name />
            <div class="row">
                <Button look=Look::DangerFill icon=Glyph::Trash submit=true busy=action.pending()>
                    {t!(keys::robots::DELETE_SUBMIT)}
                </Button>
                <LinkButton href=home.list()>{t!(keys::common::CANCEL)}</LinkButton>
            </div>
        </PostForm>
    }
}
