//! A secret is shown once: right after a robot was made or given another one.
//!
//! With script the answer of the form carries it to the page. Without, the browser is sent to the robot's page with a
//! cookie that only this page gets, that scripts cannot read, and that the page takes away when it shows the secret.

use super::credentials::{Credentials, File};
#[cfg(feature = "ssr")]
use super::robot_of;
use super::{Home, life};
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
use crate::form::{FormError, FormErrors, answer_of};
use crate::format::TimeDate;
use crate::i18n::keys;
use crate::pages::loaded;
use crate::session::use_session;
use crate::t;
use crate::ui::{
    Button, Callout, Card, CardBody, CardFoot, CopyCommand, Glyph, Icon, LinkButton, Look, Name, PageHead, Tone,
};
use berth_types::RobotId;
use berth_types::api::Robot;
use leptos::form::ActionForm;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The cookie that carries a secret to its page.
#[cfg(feature = "ssr")]
const COOKIE: &str = "berth_robot_secret";
/// How long a browser without script may take to follow.
#[cfg(feature = "ssr")]
const COOKIE_SECONDS: u32 = 60;

/// A secret that was just made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Issued {
    /// The full name of the robot.
    pub name: String,
    /// The secret; empty where the page of the robot shows it.
    pub secret: String,
    /// When the robot ends: Unix seconds, -1 for never.
    pub expires_at: i64,
}

/// Ends a server function that made a secret.
#[cfg(feature = "ssr")]
pub(super) fn hand_over(issued: Result<Issued, FormError>, home: &Home, id: RobotId) -> Result<Issued, FormError> {
    match issued {
        Ok(issued) if crate::form::is_plain() => {
            let page = home.secret(id);
            set_cookie(&page, &issued.secret, COOKIE_SECONDS);
            leptos_axum::redirect(&page);
            Ok(Issued { secret: String::new(), ..issued })
        }
        Ok(issued) => Ok(issued),
        Err(error) => {
            crate::form::answer_with(&error);
            Err(error)
        }
    }
}

/// Sets the cookie of a page, or takes it away.
#[cfg(feature = "ssr")]
fn set_cookie(page: &str, value: &str, seconds: u32) {
    let origin = use_context::<http::request::Parts>()
        .and_then(|parts| parts.headers.get(http::header::ORIGIN)?.to_str().ok().map(str::to_owned));
    let secure = if origin.is_some_and(|origin| origin.starts_with("https://")) { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path={page}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    if let (Some(response), Ok(header)) =
        (use_context::<leptos_axum::ResponseOptions>(), http::HeaderValue::from_str(&cookie))
    {
        response.append_header(http::header::SET_COOKIE, header);
    }
}

/// The secret that a browser without script brings to the page; only once.
#[cfg(feature = "ssr")]
fn brought(page: &str) -> Option<String> {
    let secret = crate::preference::asked("", COOKIE).cookie.filter(|secret| !secret.is_empty())?;
    set_cookie(page, "", 0);
    Some(secret)
}

#[cfg(not(feature = "ssr"))]
fn brought(_: &str) -> Option<String> {
    None
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
    let action = ServerAction::<PostRefreshRobot>::new();
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
    let issued = Signal::derive(move || action.value().get().and_then(Result::ok));
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
fn RefreshForm(home: Home, robot: Robot, action: ServerAction<PostRefreshRobot>) -> impl IntoView {
    let title = t!(keys::robots::secret::NEW_TITLE, name = robot.name);
    view! {
        <PageHead title=move || title />
        <FormErrors answer=answer_of(action) />
        <Callout
            tone=Tone::Warn
            title=t!(keys::robots::secret::NEW_EFFECT)
            text=t!(keys::robots::secret::NEW_TEXT)
        />
        <ActionForm action=action>
            <input type="hidden" name="project" value=home.posted() />
            <input type="hidden" name="id" value=robot.id.to_string() />
            <div class="row">
                <Button look=Look::DangerFill icon=Glyph::Refresh submit=true busy=action.pending()>
                    {t!(keys::robots::secret::NEW_SUBMIT)}
                </Button>
                <LinkButton href=home.list()>{t!(keys::common::CANCEL)}</LinkButton>
            </div>
        </ActionForm>
    }
}

/// The secret, with all that one does with it.
#[component]
pub(super) fn Shown(home: Home, issued: Issued) -> impl IntoView {
    use keys::robots::secret as k;
    let panel = NodeRef::<leptos::html::Div>::new();
    Effect::new(move || {
        if let Some(panel) = panel.get() {
            // What had the focus is gone with the form.
            drop(panel.focus());
        }
    });
    let host = use_session().with_untracked(|session| session.registry().to_owned());
    let credentials = Credentials { host: &host, name: &issued.name, secret: &issued.secret };
    let login = credentials.login();
    let files = [
        (t!(k::PLAIN), credentials.plain()),
        (t!(k::DOCKER_CONFIG), credentials.docker_config()),
        (t!(k::KUBERNETES), credentials.kubernetes()),
        (t!(k::ENVIRONMENT), credentials.environment()),
    ];
    let ends = match life::end(issued.expires_at) {
        Some(end) => view! { {t!(k::ENDS)} " " <TimeDate at=end /> }.into_any(),
        None => t!(k::NEVER_ENDS).into_any(),
    };
    let title = t!(k::TITLE, name = issued.name);
    let (heading, group) = (title.clone(), title.clone());
    view! {
        <PageHead title=move || heading />
        <div class="stack g3" tabindex="-1" role="group" aria-label=group node_ref=panel>
            <Callout tone=Tone::Warn title=t!(k::ONCE) text=t!(k::ONCE_TEXT) />
            <Card label=title>
                <CardBody stack=true>
                    <div class="stack g1">
                        <span class="small strong">{t!(k::NAME)}</span>
                        <Name text=issued.name.clone() />
                    </div>
                    <div class="stack g1">
                        <span class="small strong">{t!(k::SECRET)}</span>
                        <CopyCommand text=issued.secret label=t!(k::COPY) secret=true />
                    </div>
                    <div class="stack g1">
                        <span class="small strong">{t!(k::LOGIN)}</span>
                        <CopyCommand text=login />
                        <span class="small muted">{t!(k::LOGIN_HINT)}</span>
                    </div>
                    <div class="stack g1">
                        <span class="small strong">{t!(k::DOWNLOAD)}</span>
                        <div class="row">
                            {files.map(|(text, file)| view! { <Download text=text file=file /> }).collect_view()}
                        </div>
                    </div>
                    <p class="small muted">{ends}</p>
                </CardBody>
                <CardFoot>
                    <LinkButton href=home.list() look=Look::Primary>
                        {t!(k::STORED)}
                    </LinkButton>
                </CardFoot>
            </Card>
        </div>
    }
}

#[component]
fn Download(text: String, file: File) -> impl IntoView {
    view! {
        <a class="btn btn-s" href=file.href download=file.name rel="external">
            <Icon name=Glyph::Download />
            {text}
        </a>
    }
}
