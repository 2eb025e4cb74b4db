//! Setting the second factor up: the password, the secret once, its first code, the recovery codes once.
//!
//! With script all of it happens on one page. Without, secret and codes come to their pages as other secrets do.

use super::picture::Begun;
use super::{AccountFrame, Part, STATE};
#[cfg(feature = "ssr")]
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::form::Fault;
use crate::form::{FormAction, FormError, FormErrors, PostForm, answer_of, fault_of};
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::loaded;
use crate::pages::secret::{SecretFile, brought};
use crate::t;
use crate::ui::{
    Button, Callout, Card, CardBody, CardFoot, CopyCommand, Empty, Glyph, LinkButton, Look, Qr, TextField, Tone,
};
#[cfg(feature = "ssr")]
use berth_types::api::RecoveryCodes as Made;
use leptos::prelude::*;

/// Where a secret is shown without script.
const CONFIRM: &str = "/account/second-factor/confirm";
/// Where the recovery codes are shown without script.
const CODES: &str = "/account/second-factor/codes";
/// What a browser calls the recovery codes.
const FILE: &str = "berth-recovery-codes.txt";
/// Between two recovery codes in a cookie.
const BETWEEN: char = '.';

/// Makes a secret.
#[server(prefix = "/_portal", endpoint = "begin-second-factor")]
pub(crate) async fn post_begin_second_factor(password: String) -> Result<Begun, FormError> {
    let client = use_client();
    let begun = client.begin_second_factor(&password).await.map_err(|refusal| match refusal.status {
        403 => FormError::default().with("password", Fault::PasswordWrong),
        _ => FormError::default().refused(refusal),
    });
    match begun {
        Ok(secret) if crate::pages::secret::carried(CONFIRM, &secret.uri) => Ok(Begun::default()),
        Ok(secret) => Ok(Begun::of(secret.uri)),
        Err(error) => {
            crate::form::answer_with(&error);
            Err(error)
        }
    }
}

/// Switches the second factor on.
#[server(prefix = "/_portal", endpoint = "confirm-second-factor")]
pub(crate) async fn post_confirm_second_factor(code: String) -> Result<Vec<String>, FormError> {
    let client = use_client();
    let confirmed = client.confirm_second_factor(&code).await.map_err(|refusal| match refusal.status {
        400 => FormError::default().with("code", Fault::CodeWrong),
        _ => FormError::default().refused(refusal),
    });
    hand_over(confirmed)
}

/// Ends a server function that made recovery codes: without script another page shows them.
#[cfg(feature = "ssr")]
pub(super) fn hand_over(made: Result<Made, FormError>) -> Result<Vec<String>, FormError> {
    match made {
        Ok(made) if crate::pages::secret::carried(CODES, &made.codes.join(&BETWEEN.to_string())) => Ok(Vec::new()),
        Ok(made) => Ok(made.codes),
        Err(error) => {
            crate::form::answer_with(&error);
            Err(error)
        }
    }
}

/// The page to begin, and with script to go on.
#[component]
pub fn NewSecondFactor() -> impl IntoView {
    let (begin, confirm) = (FormAction::of::<PostBeginSecondFactor>(), FormAction::of::<PostConfirmSecondFactor>());
    let (begun, codes) = (begin.output::<Begun>(), confirm.output::<Vec<String>>());
    // The form of the code stays as it is while a wrong code is answered.
    let (begun, codes) = (Memo::new(move |_| begun.get()), Memo::new(move |_| codes.get()));
    view! {
        <AccountFrame part=Part::SecondFactor>
            {move || match (codes.get(), begun.get()) {
                (Some(codes), _) => view! { <Codes codes=codes /> }.into_any(),
                (None, Some(begun)) => view! { <Confirm begun=Some(begun) confirm=confirm /> }.into_any(),
                (None, None) => view! { <Begin begin=begin /> }.into_any(),
            }}
        </AccountFrame>
    }
}

#[component]
fn Begin(begin: FormAction) -> impl IntoView {
    use keys::second_factor as k;
    let answer = answer_of(begin);
    view! {
        <Card title=t!(k::TITLE)>
            <CardBody>
                <PostForm action=begin attr:class="form" attr:novalidate="">
                    <FormErrors answer=answer />
                    <p class="muted">{t!(k::TEXT)}</p>
                    <TextField
                        label=t!(keys::account::password::CURRENT)
                        name="password"
                        kind="password"
                        error=fault_of(answer, "password")
                        autocomplete="current-password"
                        required=true
                    />
                    <div class="row">
                        <Button look=Look::Primary submit=true busy=begin.pending()>
                            {t!(k::BEGIN)}
                        </Button>
                        <LinkButton href=STATE>{t!(keys::common::CANCEL)}</LinkButton>
                    </div>
                </PostForm>
            </CardBody>
        </Card>
    }
}

/// Where a new secret is shown without script.
#[component]
pub fn ConfirmSecondFactor() -> impl IntoView {
    let confirm = FormAction::of::<PostConfirmSecondFactor>();
    let codes = confirm.output::<Vec<String>>();
    let codes = Memo::new(move |_| codes.get());
    let begun = brought(CONFIRM).map(Begun::of);
    let begun = Resource::new(
        || (),
        move |()| {
            let begun = begun.clone();
            async move { Ok(begun) }
        },
    );
    view! {
        <AccountFrame part=Part::SecondFactor>
            {loaded(
                begun,
                move |begun| {
                    view! {
                        {move || match codes.get() {
                            Some(codes) => view! { <Codes codes=codes /> }.into_any(),
                            None => view! { <Confirm begun=begun.clone() confirm=confirm /> }.into_any(),
                        }}
                    }
                },
            )}
        </AccountFrame>
    }
}

#[component]
fn Confirm(begun: Option<Begun>, confirm: FormAction) -> impl IntoView {
    use keys::second_factor as k;
    let answer = answer_of(confirm);
    let shown = match begun {
        Some(Begun { uri, key, size, path }) => {
            let picture = (size > 0).then(|| view! { <Qr label=t!(k::QR) size=size path=path /> });
            view! {
                <p>{t!(k::SCAN_TEXT)}</p>
                {picture}
                <div class="stack g1">
                    <span class="small strong">{t!(k::KEY)}</span>
                    <CopyCommand text=key label=t!(k::COPY_KEY) secret=true />
                </div>
                <div class="stack g1">
                    <span class="small strong">{t!(k::URI)}</span>
                    <CopyCommand text=uri label=t!(k::COPY_URI) />
                </div>
            }
            .into_any()
        }
        None => view! {
            <Callout tone=Tone::Info title=t!(k::KEY_GONE) text=t!(k::KEY_GONE_TEXT) />
            <div class="row">
                <LinkButton href=format!("{STATE}/new")>{t!(k::AGAIN)}</LinkButton>
            </div>
        }
        .into_any(),
    };
    view! {
        <Card title=t!(k::SCAN_TITLE)>
            <CardBody stack=true>
                {shown} <PostForm action=confirm attr:class="form" attr:novalidate="">
                    <FormErrors answer=answer />
                    <TextField
                        label=t!(k::CODE)
                        name="code"
                        hint=t!(k::CODE_HINT)
                        error=fault_of(answer, "code")
                        autocomplete="one-time-code"
                        raw=true
                        required=true
                    />
                    <div class="row">
                        <Button look=Look::Primary submit=true busy=confirm.pending()>
                            {t!(k::CONFIRM)}
                        </Button>
                        <LinkButton href=STATE>{t!(keys::common::CANCEL)}</LinkButton>
                    </div>
                </PostForm>
            </CardBody>
        </Card>
    }
}

/// Where the recovery codes are shown without script.
#[component]
pub fn RecoveryCodes() -> impl IntoView {
    let codes = brought(CODES).map(|text| text.split(BETWEEN).map(str::to_owned).collect::<Vec<_>>());
    let codes = Resource::new(
        || (),
        move |()| {
            let codes = codes.clone();
            async move { Ok(codes) }
        },
    );
    view! {
        <AccountFrame part=Part::SecondFactor>
            {loaded(
                codes,
                |codes| match codes {
                    Some(codes) => view! { <Codes codes=codes /> }.into_any(),
                    None => {
                        use keys::second_factor as k;
                        view! {
                            <Empty icon=Glyph::Key title=t!(k::CODES_GONE) text=t!(k::NEW_CODES)>
                                <LinkButton href=STATE>{t!(k::TITLE)}</LinkButton>
                            </Empty>
                        }
                            .into_any()
                    }
                },
            )}
        </AccountFrame>
    }
}

/// Recovery codes that were just made.
#[component]
pub(super) fn Codes(codes: Vec<String>) -> impl IntoView {
    use keys::second_factor as k;
    let panel = NodeRef::<leptos::html::Div>::new();
    Effect::new(move || {
        if let Some(panel) = panel.get() {
            // What had the focus is gone with the form.
            drop(panel.focus());
        }
    });
    let text = codes.join("\n");
    view! {
        <div class="stack g3" tabindex="-1" role="group" aria-label=t!(k::CODES_TITLE) node_ref=panel>
            <Callout tone=Tone::Warn title=t!(k::CODES_ONCE) text=t!(k::CODES_TEXT) />
            <Card title=t!(k::CODES_TITLE)>
                <CardBody stack=true>
                    <CopyCommand text=text.clone() label=t!(k::COPY_CODES) secret=true />
                    <div class="row">
                        <SecretFile
                            text=t!(keys::common::DOWNLOAD_NAMED, name = FILE)
                            name=FILE
                            content=format!("{text}\n")
                        />
                    </div>
                </CardBody>
                <CardFoot>
                    <LinkButton href=STATE look=Look::Primary>
                        {t!(keys::robots::secret::STORED)}
                    </LinkButton>
                </CardFoot>
            </Card>
        </div>
    }
}
