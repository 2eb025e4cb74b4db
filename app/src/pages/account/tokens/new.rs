//! Making a token, and its secret once.

#[cfg(feature = "ssr")]
use super::life;
use super::life::{DATE, NEVER, OFFERED_DAYS};
use super::{LIST, TokenFrame, token_of_page};
#[cfg(feature = "ssr")]
use crate::client::{Client, use_client};
#[cfg(feature = "ssr")]
use crate::form::Fault;
use crate::form::{FormAction, FormError, FormErrors, PostForm, answer_of, fault_of, value_of};
use crate::i18n::keys;
use crate::pages::loaded;
use crate::pages::secret::{Issued, ShownSecret, brought};
use crate::session::use_session;
use crate::ui::{
    Button, Callout, Card, CardBody, ChoiceCard, ChoiceGroup, Empty, Glyph, LinkButton, Look, PageHead, SelectField,
    SelectOption, TextField, Tone,
};
use crate::{t, tn};
#[cfg(feature = "ssr")]
use berth_types::api::PersonalTokenReq;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The longest name, in characters.
#[cfg(feature = "ssr")]
const NAME_CHARS_MAX: usize = 64;

/// Makes a token of the visitor.
#[server(prefix = "/_portal", endpoint = "new-token")]
pub(crate) async fn post_new_token(
    name: String,
    reach: String,
    expiry: String,
    day: String,
) -> Result<Issued, FormError> {
    let client = use_client();
    let now = use_context::<crate::page::Moment>().map_or(berth_types::Timestamp(0), |moment| moment.0);
    let (id, issued) = match make(&client, name.trim(), &reach, &expiry, &day, now).await {
        Ok((id, issued)) => (id, Ok(issued)),
        Err(error) => (0, Err(error)),
    };
    crate::pages::secret::hand_over(issued, &format!("{LIST}/{id}"))
}

#[cfg(feature = "ssr")]
async fn make(
    client: &Client,
    name: &str,
    reach: &str,
    expiry: &str,
    day: &str,
    now: berth_types::Timestamp,
) -> Result<(i64, Issued), FormError> {
    let mut answer = FormError::keeping(&[("name", name), ("reach", reach), ("expiry", expiry), ("day", day)]);
    let is_name = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    let fault = if name.is_empty() { Fault::NameRequired } else { Fault::ShortName };
    answer.check("name", (!is_name).then_some(fault));
    let expires_at = life::end(expiry, day, now).unwrap_or_else(|fault| {
        answer.check(if expiry == DATE { "day" } else { "expiry" }, Some(fault));
        None
    });
    answer.pass()?;
    // Whatever is not plainly asked for is the lesser right.
    let request = PersonalTokenReq { name: name.to_owned(), read_only: reach != "write", expires_at };
    let made = client.create_personal_token(&request).await.map_err(|refusal| match refusal.status {
        409 => answer.with("name", Fault::AccessTokenTaken(name.to_owned())),
        _ => answer.refused(refusal),
    })?;
    let expires_at = made.expires_at.map_or(-1, berth_types::Timestamp::unix_seconds);
    Ok((made.id, Issued { name: made.name, secret: made.secret, expires_at, former_until: None }))
}

/// The page to make a token, and then to take its secret.
#[component]
pub fn NewToken() -> impl IntoView {
    let action = FormAction::of::<PostNewToken>();
    let issued = action.output::<Issued>();
    view! {
        <TokenFrame title=t!(keys::account::tokens::NEW_TITLE)>
            {move || match issued.get() {
                Some(issued) => view! { <Shown issued=issued /> }.into_any(),
                None => view! { <NewForm action=action /> }.into_any(),
            }}
        </TokenFrame>
    }
}

#[component]
fn Shown(issued: Issued) -> impl IntoView {
    let account = use_session().with_untracked(|session| session.user.as_ref().map(|user| user.username.clone()));
    let never = t!(keys::account::tokens::NEVER_ENDS);
    view! { <ShownSecret issued=issued account=account.unwrap_or_default() never=never done=LIST.to_owned() /> }
}

#[component]
fn NewForm(action: FormAction) -> impl IntoView {
    use keys::account::tokens as k;
    let answer = answer_of(action);
    let reach = value_of(answer, "reach", "read");
    let mut expiries: Vec<SelectOption> =
        OFFERED_DAYS.map(|days| SelectOption::new(days.to_string(), tn!(k::DAYS, days))).into();
    expiries.push(SelectOption::new(DATE, t!(k::DATE)));
    expiries.push(SelectOption::new(NEVER, t!(k::NEVER)));
    let expiry = RwSignal::new(value_of(answer, "expiry", "90"));
    view! {
        <PageHead title=|| t!(k::NEW_TITLE) sub=t!(k::TEXT) />
        <Card label=t!(k::NEW_TITLE)>
            <CardBody>
                <PostForm action=action attr:class="form" attr:novalidate="">
                    <FormErrors answer=answer />
                    <TextField
                        label=t!(k::NAME)
                        name="name"
                        value=value_of(answer, "name", "")
                        hint=t!(k::NAME_HINT)
                        error=fault_of(answer, "name")
                        raw=true
                        autocomplete="off"
                        maxlength=64
                        required=true
                        autofocus=true
                    />
                    <ChoiceGroup legend=t!(k::REACH)>
                        <ChoiceCard
                            name="reach"
                            value="read"
                            checked=reach != "write"
                            label=t!(k::READ_ONLY)
                            hint=t!(k::READ_ONLY_HINT)
                        />
                        <ChoiceCard
                            name="reach"
                            value="write"
                            checked=reach == "write"
                            label=t!(k::READ_WRITE)
                            hint=t!(k::READ_WRITE_HINT)
                        />
                    </ChoiceGroup>
                    <div class="form token-end">
                        <SelectField
                            label=t!(k::EXPIRY)
                            name="expiry"
                            options=expiries
                            selected=expiry.get_untracked()
                            bind=expiry
                            error=fault_of(answer, "expiry")
                        />
                        <div class="last-day">
                            <TextField
                                label=t!(k::DATE_LABEL)
                                name="day"
                                kind="date"
                                value=value_of(answer, "day", "")
                                hint=t!(k::DATE_HINT)
                                error=fault_of(answer, "day")
                            />
                        </div>
                    </div>
                    {move || {
                        (expiry.get() == NEVER)
                            .then(|| view! { <Callout tone=Tone::Warn title=t!(k::NEVER_HINT) /> })
                    }}
                    <div class="row">
                        <Button look=Look::Primary submit=true busy=action.pending()>
                            {t!(k::SUBMIT)}
                        </Button>
                        <LinkButton href=LIST>{t!(keys::common::CANCEL)}</LinkButton>
                    </div>
                </PostForm>
            </CardBody>
        </Card>
    }
}

/// Where a new token is shown without script.
#[component]
pub fn TokenSecret() -> impl IntoView {
    use keys::account::tokens as k;
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    let secret = brought(&format!("{LIST}/{id}"));
    let token = token_of_page(secret);
    view! {
        <TokenFrame title=t!(k::TITLE)>
            {loaded(
                token,
                |(token, secret)| match secret {
                    Some(secret) => {
                        let expires_at = token.expires_at.map_or(-1, berth_types::Timestamp::unix_seconds);
                        view! { <Shown issued=Issued { name: token.name, secret, expires_at, former_until: None } /> }.into_any()
                    }
                    None => {
                        let title = token.name;
                        view! {
                            <PageHead title=move || title />
                            <Empty icon=Glyph::Key title=t!(k::GONE) text=t!(k::GONE_TEXT)>
                                <LinkButton href=LIST>{t!(k::TITLE)}</LinkButton>
                            </Empty>
                        }
                            .into_any()
                    }
                },
            )}
        </TokenFrame>
    }
}
