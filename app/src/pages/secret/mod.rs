//! A secret is shown once: right after it was made.
//!
//! With script the answer of the form carries it to the page. Without, the browser is sent to a page with a cookie that only
//! this page gets, that scripts cannot read, and that the page takes away when it shows the secret.

mod credentials;

#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::format::TimeDate;
use crate::i18n::keys;
use crate::session::use_session;
use crate::t;
use crate::ui::{Callout, Card, CardBody, CardFoot, CopyCommand, Glyph, Icon, LinkButton, Look, Name, PageHead, Tone};
use berth_types::Timestamp;
use credentials::{Credentials, File};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The cookie that carries a secret to its page.
#[cfg(feature = "ssr")]
const COOKIE: &str = "berth_secret";
/// How long a browser without script may take to follow.
#[cfg(feature = "ssr")]
const COOKIE_SECONDS: u32 = 60;

/// A secret that was just made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Issued {
    /// What it is the secret of.
    pub name: String,
    /// The secret; empty where another page shows it.
    pub secret: String,
    /// When it ends: Unix seconds, -1 for never.
    pub expires_at: i64,
    /// When the one before it ends, where that goes on working for a while.
    pub former_until: Option<Timestamp>,
}

impl Issued {
    /// When it ends; nothing for one that does not.
    fn end(&self) -> Option<Timestamp> {
        (self.expires_at >= 0).then(|| Timestamp::from_unix_seconds(self.expires_at))
    }
}

/// Ends a server function that made a secret. `page` shows it where there is no script.
///
/// # Errors
/// The error that it was given.
#[cfg(feature = "ssr")]
pub(crate) fn hand_over(issued: Result<Issued, FormError>, page: &str) -> Result<Issued, FormError> {
    match issued {
        Ok(issued) if carried(page, &issued.secret) => Ok(Issued { secret: String::new(), ..issued }),
        Ok(issued) => Ok(issued),
        Err(error) => {
            crate::form::answer_with(&error);
            Err(error)
        }
    }
}

/// Sends a browser without script to the page that shows a secret. Whether it is one.
#[cfg(feature = "ssr")]
pub(crate) fn carried(page: &str, secret: &str) -> bool {
    let plain = crate::form::is_plain();
    if plain {
        set_cookie(page, secret, COOKIE_SECONDS);
        leptos_axum::redirect(page);
    }
    plain
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
pub(crate) fn brought(page: &str) -> Option<String> {
    let secret = crate::preference::asked("", COOKIE).cookie.filter(|secret| !secret.is_empty())?;
    set_cookie(page, "", 0);
    Some(secret)
}

/// The secret that a browser without script brings to the page; only the server sees it.
#[cfg(not(feature = "ssr"))]
pub(crate) fn brought(_: &str) -> Option<String> {
    None
}

/// The secret, with all that one does with it.
#[component]
pub(crate) fn ShownSecret(
    /// What was made.
    issued: Issued,
    /// The name that clients sign in with.
    account: String,
    /// What is said of that name.
    #[prop(optional_no_strip)]
    note: Option<String>,
    /// What is said of one that does not end.
    never: String,
    /// Where to go when it is stored.
    done: String,
) -> impl IntoView {
    use keys::robots::secret as k;
    let panel = NodeRef::<leptos::html::Div>::new();
    Effect::new(move || {
        if let Some(panel) = panel.get() {
            // What had the focus is gone with the form.
            drop(panel.focus());
        }
    });
    let ends = match issued.end() {
        Some(end) => view! { {t!(k::ENDS)} " " <TimeDate at=end /> }.into_any(),
        None => never.into_any(),
    };
    let host = use_session().with_untracked(|session| session.registry().to_owned());
    let credentials = Credentials { host: &host, name: &account, secret: &issued.secret };
    let login = credentials.login();
    let files = [
        (t!(k::PLAIN), credentials.plain()),
        (t!(k::DOCKER_CONFIG), credentials.docker_config()),
        (t!(k::KUBERNETES), credentials.kubernetes()),
        (t!(k::ENVIRONMENT), credentials.environment()),
    ];
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
                        <Name text=account />
                        {note.map(|note| view! { <span class="small muted">{note}</span> })}
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
                    <LinkButton href=done look=Look::Primary>
                        {t!(k::STORED)}
                    </LinkButton>
                </CardFoot>
            </Card>
        </div>
    }
}

/// A text that is a secret, for download.
#[component]
pub(crate) fn SecretFile(
    /// What the link says.
    text: String,
    /// What the browser calls the file.
    name: &'static str,
    /// What it holds.
    content: String,
) -> impl IntoView {
    view! { <Download text=text file=File::text(name, &content) /> }
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
