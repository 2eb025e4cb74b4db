//! The secret before the present one, which goes on working for a while.

use super::Home;
#[cfg(feature = "ssr")]
use super::robot_of;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client, use_client};
#[cfg(any(feature = "ssr", test))]
use crate::form::Fault;
use crate::form::{FormAction, FormError, FormErrors, PostForm, Posted, answer_of, fault_of, value_of};
use crate::format::{exact, relative, use_now};
use crate::i18n::{keys, use_catalog};
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::ui::{Button, Callout, Glyph, Look, SelectField, SelectOption, TextField, Tone};
use crate::{t, tn};
#[cfg(feature = "ssr")]
use berth_types::RobotId;
#[cfg(any(feature = "ssr", test))]
use berth_types::api::OVERLAP_SECONDS_MAX;
use berth_types::api::{FormerSecret, Robot};
use leptos::prelude::*;

#[cfg(any(feature = "ssr", test))]
const HOUR_SECONDS: i64 = 60 * 60;
/// Chosen for a secret that ends at once.
const NONE: &str = "none";
/// Chosen for a number of hours of one's own.
const OTHER: &str = "other";

/// For how many seconds a replaced secret goes on working, as a form posted it: `none`, `other` with the number of hours
/// beside it, or a number of hours.
///
/// # Errors
/// The fault of the field of the hours.
#[cfg(any(feature = "ssr", test))]
pub(super) fn overlap(choice: &str, hours: &str) -> Result<Option<i64>, Fault> {
    const HOURS_MAX: i64 = OVERLAP_SECONDS_MAX / HOUR_SECONDS;
    let number = match choice {
        // Also what an older form, without the field, means.
        NONE | "" => return Ok(None),
        OTHER => hours.trim(),
        number => number,
    };
    match number.parse::<i64>() {
        Ok(hours) if (1..=HOURS_MAX).contains(&hours) => Ok(Some(hours * HOUR_SECONDS)),
        Ok(_) | Err(_) => Err(Fault::NumberRange(1, HOURS_MAX)),
    }
}

/// For how long the present secret goes on working beside a new one.
#[component]
pub(super) fn OverlapFields(answer: Signal<Option<FormError>>) -> impl IntoView {
    use keys::robots::{expiry, overlap as k};
    let options = vec![
        SelectOption::new(NONE, t!(k::NONE)),
        SelectOption::new("1", tn!(k::HOURS, 1)),
        SelectOption::new("24", tn!(expiry::DAYS, 1)),
        SelectOption::new("168", tn!(expiry::DAYS, 7)),
        SelectOption::new(OTHER, t!(k::OTHER)),
    ];
    view! {
        <div class="expiry form">
            <SelectField
                label=t!(k::LABEL)
                name="overlap"
                options=options
                selected=value_of(answer, "overlap", NONE)
                hint=t!(k::HINT)
            />
            <div class="days">
                <TextField
                    label=t!(k::HOURS_LABEL)
                    name="hours"
                    value=value_of(answer, "hours", "")
                    hint=t!(k::HOURS_HINT)
                    error=fault_of(answer, "hours")
                    inputmode="numeric"
                    optional=true
                />
            </div>
        </div>
    }
}

/// Ends a robot's former secret before its time.
#[server(prefix = "/_portal", endpoint = "end-former-secret")]
pub(crate) async fn post_end_former_secret(project: String, id: i64, name: String) -> Posted {
    let client = use_client();
    let home = Home::read(&project);
    let posted = end(&client, home.as_ref(), RobotId(id)).await;
    let posted = posted.map_err(|refusal| FormError::default().refused(refusal));
    let page = home.unwrap_or(Home::System).edit(RobotId(id));
    crate::form::conclude(posted, &Notice::FormerSecretEnded.on(&page, &name))
}

#[cfg(feature = "ssr")]
async fn end(client: &Client, home: Option<&Home>, id: RobotId) -> Result<(), ApiError> {
    // An id alone could be that of a robot elsewhere.
    let robot = robot_of(client, home.ok_or_else(ApiError::not_found)?, id).await?;
    client.end_former_secret(robot.id).await
}

/// The fact that a robot's former secret works still, and the way to end it.
#[component]
pub(super) fn FormerWorks(
    home: Home,
    robot: Robot,
    former: FormerSecret,
    action: FormAction,
    /// What else is to be known of it.
    #[prop(optional_no_strip)]
    note: Option<String>,
) -> impl IntoView {
    use keys::robots::overlap as k;
    let used = match former.last_used_at {
        Some(at) => t!(k::USED, time = relative(&use_catalog(), at, use_now().get_untracked())),
        None => t!(k::UNUSED),
    };
    let text = std::iter::once(used).chain(note).collect::<Vec<_>>().join(" ");
    view! {
        <FormErrors answer=answer_of(action) />
        <Callout tone=Tone::Warn title=t!(k::FORMER, time = exact(former.expires_at)) text=text>
            <PostForm action=action attr:class="actions">
                <input type="hidden" name="project" value=home.posted() />
                <input type="hidden" name="id" value=robot.id.to_string() />
                <input type="hidden" name="name" value=robot.name />
                <Button look=Look::Danger icon=Glyph::X submit=true busy=action.pending()>
                    {t!(k::END)}
                </Button>
            </PostForm>
        </Callout>
    }
}

/// What the row of a robot says of its former secret.
#[component]
pub(super) fn FormerNote(former: FormerSecret) -> impl IntoView {
    let (catalog, now) = (use_catalog(), use_now().get_untracked());
    let used = match former.last_used_at {
        Some(at) => relative(&catalog, at, now),
        None => t!(keys::account::tokens::UNUSED),
    };
    let time = relative(&catalog, former.expires_at, now);
    view! { <span class="small muted block">{t!(keys::robots::overlap::ROW, time = time, used = used)}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read() {
        assert_eq!(overlap("none", "7"), Ok(None));
        assert_eq!(overlap("", ""), Ok(None));
        assert_eq!(overlap("24", ""), Ok(Some(86_400)));
        assert_eq!(overlap("other", " 720 "), Ok(Some(OVERLAP_SECONDS_MAX)));
        for (choice, hours) in [("other", ""), ("other", "0"), ("other", "721"), ("soon", ""), ("-1", "")] {
            assert_eq!(overlap(choice, hours), Err(Fault::NumberRange(1, 720)), "{choice} {hours}");
        }
    }
}
