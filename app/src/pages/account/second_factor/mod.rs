//! The second factor: whether it is on, setting it up, its recovery codes once and anew, switching it off.

mod picture;
mod renew;
mod set_up;

pub use renew::RenewRecoveryCodes;
pub use set_up::{ConfirmSecondFactor, NewSecondFactor, RecoveryCodes};

use super::{AccountFrame, Part};
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiResult, Client};
#[cfg(feature = "ssr")]
use crate::form::Fault;
use crate::form::{FormAction, FormError, FormErrors, PostForm, Posted, answer_of, fault_of};
use crate::format::TimeDate;
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::ui::{Badge, Button, Callout, Card, CardBody, Glyph, LinkButton, Look, TextField, Tone};
use crate::{t, tn};
#[cfg(feature = "ssr")]
use berth_types::api::SecondFactorProof;
use berth_types::api::SecondFactorState;
use leptos::prelude::*;

/// The page of the state.
const STATE: &str = "/account/second-factor";
/// So few recovery codes are worth a word.
const FEW_CODES: u64 = 3;

/// Switches the second factor off.
#[server(prefix = "/_portal", endpoint = "disable-second-factor")]
pub(crate) async fn post_disable_second_factor(password: String, code: String) -> Posted {
    let client = use_client();
    let posted = disable(&client, password, code.trim().to_owned()).await;
    crate::form::conclude(posted, &Notice::SecondFactorOff.on(STATE, ""))
}

#[cfg(feature = "ssr")]
async fn disable(client: &Client, password: String, code: String) -> Posted {
    let proof = SecondFactorProof { password, code };
    proven(&proof, client.disable_second_factor(&proof)).await
}

/// What a call gives that asks for the password or a code.
#[cfg(feature = "ssr")]
async fn proven<T>(proof: &SecondFactorProof, call: impl Future<Output = ApiResult<T>>) -> Result<T, FormError> {
    let answer = FormError::default();
    if proof.password.is_empty() && proof.code.is_empty() {
        return Err(answer.with("password", Fault::Required));
    }
    call.await.map_err(|refusal| match refusal.status {
        403 if !proof.code.is_empty() => answer.with("code", Fault::CodeWrong),
        403 => answer.with("password", Fault::PasswordWrong),
        _ => answer.refused(refusal),
    })
}

/// The page of the second factor.
#[component]
pub fn SecondFactor() -> impl IntoView {
    let disable = FormAction::of::<PostDisableSecondFactor>();
    let client = use_client();
    let state = Resource::new(
        move || disable.version().get(),
        move |_| {
            let client = client.clone();
            async move { client.second_factor().await }
        },
    );
    view! {
        <AccountFrame part=Part::SecondFactor>
            {loaded(state, move |state| view! { <State state=state disable=disable /> })}
        </AccountFrame>
    }
}

#[component]
fn State(state: SecondFactorState, disable: FormAction) -> impl IntoView {
    use keys::second_factor as k;
    let (tone, word) =
        if state.enabled { (Tone::Ok, t!(keys::common::ON)) } else { (Tone::Neutral, t!(keys::common::OFF)) };
    let codes = crate::format::natural(state.recovery_codes);
    let more = if state.enabled {
        let few = (codes <= FEW_CODES).then(|| view! { <p class="small">{t!(k::NEW_CODES)}</p> });
        view! {
            <p>{tn!(k::CODES_LEFT, codes)}</p>
            {few}
            <div class="row">
                <LinkButton href=renew::PAGE icon=Glyph::Refresh>
                    {t!(k::RENEW)}
                </LinkButton>
            </div>
        }
        .into_any()
    } else {
        view! {
            <div class="row">
                <LinkButton href=format!("{STATE}/new") look=Look::Primary icon=Glyph::Shield>
                    {t!(k::BEGIN)}
                </LinkButton>
            </div>
        }
        .into_any()
    };
    view! {
        <Card title=t!(k::TITLE)>
            <CardBody stack=true>
                <div class="row">
                    <Badge tone=tone icon=Glyph::Shield>
                        {word}
                    </Badge>
                    {state.since.map(|since| view! { <TimeDate at=since /> })}
                </div>
                <p class="muted">{t!(k::TEXT)}</p>
                {more}
            </CardBody>
        </Card>
        {state
            .enabled
            .then(|| {
                view! {
                    <ProofCard
                        action=disable
                        title=t!(k::DISABLE)
                        text=t!(k::OFF_TEXT)
                        tone=Tone::Info
                        look=Look::DangerFill
                    />
                }
            })}
    }
}

/// A card that asks for the password or a code before it does something.
#[component]
fn ProofCard(
    action: FormAction,
    /// What it does; on the button as well.
    title: String,
    /// What comes of it.
    text: String,
    tone: Tone,
    look: Look,
    /// The page to go back to.
    #[prop(optional)]
    back: Option<&'static str>,
) -> impl IntoView {
    let answer = answer_of(action);
    let back = back.map(|back| view! { <LinkButton href=back>{t!(keys::common::CANCEL)}</LinkButton> });
    view! {
        <Card title=title.clone()>
            <CardBody>
                <PostForm action=action attr:class="form" attr:novalidate="">
                    <FormErrors answer=answer />
                    <Callout tone=tone title=text />
                    <ProofFields answer=answer />
                    <div class="row">
                        <Button look=look submit=true busy=action.pending()>
                            {title}
                        </Button>
                        {back}
                    </div>
                </PostForm>
            </CardBody>
        </Card>
    }
}

/// The password or a code: either of both is enough.
#[component]
fn ProofFields(answer: Signal<Option<FormError>>) -> impl IntoView {
    view! {
        <TextField
            label=t!(keys::account::password::CURRENT)
            name="password"
            kind="password"
            error=fault_of(answer, "password")
            autocomplete="current-password"
            optional=true
        />
        <TextField
            label=t!(keys::second_factor::ANY_CODE)
            name="code"
            error=fault_of(answer, "code")
            autocomplete="one-time-code"
            raw=true
            optional=true
        />
    }
}
