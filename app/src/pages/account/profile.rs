//! Name, address and comment of the visitor.

use super::{AccountFrame, Part};
#[cfg(feature = "ssr")]
use crate::client::{ApiError, ApiResult, Client, use_client};
use crate::form::{EntryForm, FormAction, FormError, FormErrors, Posted, answer_of, fault_of, value_of};
#[cfg(feature = "ssr")]
use crate::form::{Fault, comment_fault, email_fault, realname_fault};
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::session::use_session;
use crate::t;
use crate::ui::{Button, Card, CardBody, Look, TextField};
#[cfg(feature = "ssr")]
use berth_types::UserId;
#[cfg(feature = "ssr")]
use berth_types::api::UserProfile;
use berth_types::api::UserResp;
use leptos::prelude::*;

/// Changes the own profile.
#[server(prefix = "/_portal", endpoint = "profile")]
pub(crate) async fn post_profile(email: String, realname: String, comment: String) -> Posted {
    let client = use_client();
    let own = client.current_user().await.and_then(|user| user.ok_or_else(ApiError::unauthorized));
    let posted = save(&client, own.map(|user| user.user_id), &email, &realname, &comment).await;
    crate::form::conclude(posted, &Notice::ProfileSaved.on("/account", ""))
}

/// Checks the fields of a profile and keeps it, where it is known whose it is.
#[cfg(feature = "ssr")]
pub(crate) async fn save(client: &Client, id: ApiResult<UserId>, email: &str, realname: &str, comment: &str) -> Posted {
    let [email, realname, comment] = [email, realname, comment].map(str::trim);
    let mut answer = FormError::keeping(&[("email", email), ("realname", realname), ("comment", comment)]);
    answer.check("email", email_fault(email));
    answer.check("realname", realname_fault(realname));
    answer.check("comment", comment_fault(comment));
    answer.pass()?;
    let [email, realname, comment] = [email, realname, comment].map(str::to_owned);
    let profile = UserProfile { email, realname, comment };
    let saved = match id {
        Ok(id) => client.update_profile(id, &profile).await,
        Err(refusal) => Err(refusal),
    };
    saved.map_err(|refusal| match refusal.status {
        // The name is not among the fields: only the address can be taken.
        409 => answer.with("email", Fault::EmailTaken),
        _ => answer.refused(refusal),
    })
}

/// The page of the profile.
#[component]
pub fn Profile() -> impl IntoView {
    let action = FormAction::of::<PostProfile>();
    let answer = answer_of(action);
    let user = use_session().with_untracked(|session| session.user.clone());
    let form = move || {
        let user = user.clone()?;
        let since = t!(
            keys::account::profile::SINCE,
            date = crate::format::date(&crate::i18n::use_catalog(), user.creation_time)
        );
        Some(view! {
            <CardBody>
                <EntryForm action=action>
                    <FormErrors answer=answer />
                    <ProfileFields answer=answer user=user own=true />
                    <div class="row between">
                        <span class="small muted">{since}</span>
                        <Button look=Look::Primary submit=true>
                            {t!(keys::account::profile::SAVE)}
                        </Button>
                    </div>
                </EntryForm>
            </CardBody>
        })
    };
    view! {
        <AccountFrame part=Part::Profile>
            <Card title=t!(keys::account::profile::TITLE)>{form()}</Card>
        </AccountFrame>
    }
}

/// The fields of a profile.
#[component]
pub(crate) fn ProfileFields(
    /// The last answer of the form.
    answer: Signal<Option<FormError>>,
    /// Whose it is.
    user: UserResp,
    /// Whether it is the visitor's own, which browsers know how to fill in.
    #[prop(optional)]
    own: bool,
) -> impl IntoView {
    let known_as = |word: &'static str| if own { word } else { "off" };
    view! {
        <TextField
            label=t!(keys::account::profile::USERNAME)
            name="username"
            value=user.username
            hint=t!(keys::account::profile::USERNAME_HINT)
            readonly=true
        />
        <TextField
            label=t!(keys::account::profile::EMAIL)
            name="email"
            kind="email"
            value=value_of(answer, "email", &user.email)
            error=fault_of(answer, "email")
            autocomplete=known_as("email")
            raw=true
            required=true
        />
        <TextField
            label=t!(keys::account::profile::REALNAME)
            name="realname"
            value=value_of(answer, "realname", &user.realname)
            error=fault_of(answer, "realname")
            autocomplete=known_as("name")
            optional=true
        />
        <TextField
            label=t!(keys::account::profile::COMMENT)
            name="comment"
            value=value_of(answer, "comment", &user.comment)
            error=fault_of(answer, "comment")
            maxlength=30
            optional=true
        />
    }
}
