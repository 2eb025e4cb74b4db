//! The own password.

use super::{AccountFrame, Part};
#[cfg(feature = "ssr")]
use crate::client::{ApiError, use_client};
#[cfg(feature = "ssr")]
use crate::form::{Fault, FormError, password_fault, repeat_fault};
use crate::form::{FormAction, FormErrors, NewPassword, Posted, answer_of, fault_of};
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::session::use_session;
use crate::t;
use crate::ui::{Button, Card, CardBody, Look, TextField};
#[cfg(feature = "ssr")]
use berth_types::api::PasswordReq;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Changes the own password.
#[server(prefix = "/_portal", endpoint = "password")]
pub(crate) async fn post_password(current: String, password: String, repeat: String) -> Posted {
    let client = use_client();
    let posted = save(&client, current, password, &repeat).await;
    crate::form::conclude(posted, &Notice::PasswordChanged.on("/account/password", ""))
}

#[cfg(feature = "ssr")]
async fn save(client: &crate::client::Client, current: String, password: String, repeat: &str) -> Posted {
    let mut answer = FormError::default();
    answer.check("current", current.is_empty().then_some(Fault::PasswordRequired));
    answer.check("password", password_fault(&password));
    answer.check("repeat", repeat_fault(&password, repeat));
    if current == password && !current.is_empty() {
        answer.check("password", Some(Fault::PasswordSame));
    }
    answer.pass()?;
    let user = match client.current_user().await {
        Ok(Some(user)) => user,
        Ok(None) => return Err(answer.refused(ApiError::unauthorized())),
        Err(refusal) => return Err(answer.refused(refusal)),
    };
    let passwords = PasswordReq { old_password: current, new_password: password };
    client.set_password(user.user_id, &passwords).await.map_err(|refusal| match refusal.status {
        403 => answer.with("current", Fault::PasswordWrong),
        _ => answer.refused(refusal),
    })
}

/// The page of the password.
#[component]
pub fn Password() -> impl IntoView {
    let answer = answer_of(FormAction::of::<PostPassword>());
    let username = use_session().with_untracked(|session| session.user.as_ref().map(|user| user.username.clone()));
    view! {
        <AccountFrame part=Part::Password>
            <Card title=t!(keys::account::password::TITLE)>
                <CardBody>
                    <form class="form" method="post" action=PostPassword::url() novalidate=true>
                        <FormErrors answer=answer />
                        <p class="muted">{t!(keys::account::password::TEXT)}</p>
                        // For password managers, which keep a password with its name.
                        <input type="hidden" name="username" autocomplete="username" value=username />
                        <TextField
                            label=t!(keys::account::password::CURRENT)
                            name="current"
                            kind="password"
                            error=fault_of(answer, "current")
                            autocomplete="current-password"
                            required=true
                        />
                        <NewPassword
                            answer=answer
                            label=keys::account::password::NEW
                            repeat=keys::account::password::REPEAT
                        />
                        <div class="row">
                            <Button look=Look::Primary submit=true>
                                {t!(keys::account::password::SUBMIT)}
                            </Button>
                        </div>
                    </form>
                </CardBody>
            </Card>
        </AccountFrame>
    }
}
