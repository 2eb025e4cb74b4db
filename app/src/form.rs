//! What a posted form answers: faults of fields, a refusal of the API, and what was filled in, without secrets.
//!
//! A form posts to a server function. With script the answer comes back to the page; without, the browser is sent back to
//! the page with the answer in its address. Either way the action of the page holds it.

mod action;
mod fields;
mod rules;

pub use action::*;
pub use fields::*;
pub use rules::*;

use crate::client::ApiError;
use crate::i18n::{Catalog, Key, keys, use_catalog};
use crate::notice::role_key;
use crate::pages::robots::{action_key, resource_key};
use crate::session::sign_in_href;
use crate::t;
use crate::ui::{Callout, CalloutActions, ErrorSummary, FieldError, Glyph, LinkButton, Size, Tone, error_texts};
use berth_types::ErrorCode;
use berth_types::error::READ_ONLY;
use berth_types::policy::Right;
use leptos::prelude::*;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// Why a form was not taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FormError {
    /// What is wrong with which field, in the order of the form.
    pub faults: Vec<(String, Fault)>,
    /// What the API refused, where it is no fault of a field.
    pub refusal: Option<Box<ApiError>>,
    /// What was filled in, by field. Never a secret: it may stand in an address.
    pub values: Vec<(String, String)>,
}

/// What a server function of a form gives.
pub type Posted = Result<(), FormError>;

impl FormError {
    /// An answer that remembers what was filled in, without any fault yet.
    pub fn keeping(values: &[(&str, &str)]) -> Self {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        FormError { values, ..FormError::default() }
    }

    /// Notes a fault of a field, if there is one.
    pub fn check(&mut self, field: &str, fault: Option<Fault>) {
        if let Some(fault) = fault {
            self.faults.push((field.to_owned(), fault));
        }
    }

    /// The answer with one fault more.
    #[must_use]
    pub fn with(mut self, field: &str, fault: Fault) -> Self {
        self.check(field, Some(fault));
        self
    }

    /// The answer to a refusal of the API.
    #[must_use]
    pub fn refused(mut self, refusal: ApiError) -> Self {
        self.refusal = Some(Box::new(refusal));
        self
    }

    /// Goes on where nothing was wrong so far.
    ///
    /// # Errors
    /// The answer itself where there are faults.
    pub fn pass(&self) -> Posted {
        if self.faults.is_empty() { Ok(()) } else { Err(self.clone()) }
    }

    /// The fault of a field.
    pub fn fault(&self, field: &str) -> Option<&Fault> {
        self.faults.iter().find(|(name, _)| name == field).map(|(_, fault)| fault)
    }

    /// What was filled into a field.
    pub fn value(&self, field: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }
}

impl FromServerFnError for FormError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let refusal = match &error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => ApiError::status(400, ErrorCode::BadRequest),
            ServerFnErrorErr::Request(cause) => ApiError::unreachable(cause),
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_)
            | ServerFnErrorErr::Deserialization(_)
            | ServerFnErrorErr::Serialization(_)
            | ServerFnErrorErr::Response(_) => ApiError::status(500, ErrorCode::Unknown),
        };
        FormError::default().refused(refusal)
    }
}

/// Ends a server function of a form: sends the visitor to `path`, or answers with the error.
///
/// # Errors
/// The error it was given.
#[cfg(feature = "ssr")]
pub fn conclude(posted: Posted, path: &str) -> Posted {
    match &posted {
        Ok(()) => leptos_axum::redirect(crate::session::safe_next(path)),
        Err(error) => answer_with(error),
    }
    posted
}

/// Gives the answer of an error its status. A plain form gets a redirect instead, whose status must stay.
#[cfg(feature = "ssr")]
pub(crate) fn answer_with(error: &FormError) {
    let plain = is_plain();
    let status = error.refusal.as_ref().map_or(422, |refusal| refusal.status);
    if let (false, Some(response), Ok(status)) = (
        plain,
        use_context::<leptos_axum::ResponseOptions>(),
        http::StatusCode::from_u16(if status < 400 { 502 } else { status }),
    ) {
        response.set_status(status);
    }
}

/// Whether a form was posted without script.
#[cfg(feature = "ssr")]
pub(crate) fn is_plain() -> bool {
    let plain = use_context::<http::request::Parts>().and_then(|parts| {
        parts.headers.get(http::header::ACCEPT)?.to_str().ok().map(|accept| accept.contains("text/html"))
    });
    plain.unwrap_or_default()
}

/// The last answer of a form of the page; nothing while it was not posted or went well.
pub fn answer_of(action: FormAction) -> Signal<Option<FormError>> {
    action.error()
}

/// The text of the fault of one field, for the `error` of its input.
pub fn fault_of(answer: Signal<Option<FormError>>, field: &'static str) -> MaybeProp<String> {
    fault_of_text(answer, field.to_owned()).into()
}

/// The text of the fault of a field whose name is made at run time.
pub fn fault_of_text(answer: Signal<Option<FormError>>, field: String) -> Signal<Option<String>> {
    let catalog = use_catalog();
    Signal::derive(move || answer.get().and_then(|answer| answer.fault(&field).map(|fault| fault.text(&catalog))))
}

/// What a field holds at first: what was filled in before, else `initial`.
pub fn value_of(answer: Signal<Option<FormError>>, field: &str, initial: &str) -> String {
    answer.with_untracked(|answer| {
        let kept = answer.as_ref().and_then(|answer| answer.value(field));
        kept.unwrap_or(initial).to_owned()
    })
}

/// What fields are called, for the summary of what is wrong with them.
pub fn field_names(fields: &[(&str, Key)]) -> Vec<(String, String)> {
    fields.iter().map(|(field, key)| ((*field).to_owned(), t!(*key))).collect()
}

/// What is wrong with a form, above its fields: the faults as links, or the refusal with cause and next step.
#[component]
pub fn FormErrors(
    /// The last answer of the form.
    answer: Signal<Option<FormError>>,
    /// What its fields are called, by name, where a fault does not say which field it is about.
    #[prop(optional)]
    names: Vec<(String, String)>,
) -> impl IntoView {
    let catalog = use_catalog();
    let faults = Signal::derive(move || {
        let faults = answer.get().map(|answer| answer.faults).unwrap_or_default();
        let text = |field: &str, fault: &Fault| {
            let text = fault.text(&catalog);
            match names.iter().find(|(known, _)| known == field) {
                Some((_, name)) => catalog.format(keys::form::NAMED, &[("name", name), ("text", &text)]),
                None => text,
            }
        };
        faults.iter().map(|(field, fault)| FieldError::of(field, text(field, fault))).collect::<Vec<_>>()
    });
    view! {
        <ErrorSummary errors=faults />
        {move || answer.get().and_then(|answer| answer.refusal).map(|refusal| view! { <Refusal error=*refusal /> })}
    }
}

/// A refusal of the API in place: what happened, the next step, the request.
#[component]
pub fn Refusal(
    /// The refusal.
    error: ApiError,
) -> impl IntoView {
    let (title, text) = refusal_texts(&use_catalog(), &error);
    let sign_in = (error.status == 401).then(|| {
        view! {
            <CalloutActions>
                // Beside this page: what was typed stays, and is sent again afterwards.
                <LinkButton
                    href=sign_in_href()
                    size=Size::Small
                    icon=Glyph::User
                    attr:target="_blank"
                    attr:rel="external noopener"
                >
                    {t!(keys::nav::SIGN_IN)}
                </LinkButton>
            </CalloutActions>
        }
    });
    view! {
        <Callout tone=Tone::Bad title=title text=text request_id=error.request_id>
            {sign_in}
        </Callout>
    }
}

/// What happened and what to do. Where the server's own words say more than the status, they follow.
pub fn refusal_texts(catalog: &Catalog, error: &ApiError) -> (String, String) {
    if error.status == 0 {
        let (title, text) = (keys::error::offline::TITLE, keys::error::offline::TEXT);
        return (catalog.get(title).to_owned(), catalog.get(text).to_owned());
    }
    if error.status == 403 && error.message == READ_ONLY {
        let (title, text) = (keys::error::read_only::TITLE, keys::error::read_only::TEXT);
        return (catalog.get(title).to_owned(), catalog.get(text).to_owned());
    }
    let (title, text) = error_texts(error.status);
    if let Some(needed) = error.needed.filter(|_| error.status == 403) {
        return (title, needed_text(catalog, needed));
    }
    let says_more = match error.status {
        400 | 409 | 412 | 413 | 422 => !error.message.is_empty(),
        // Else it is one word, or the name of who may not.
        403 => !error.code.is_empty() && error.message.contains(' '),
        _ => false,
    };
    if says_more {
        let said = catalog.format(keys::error::SAID, &[("message", &error.message)]);
        // Whatever it was, the server could read it: its word is all there is to know.
        if error.status == 400 {
            return (catalog.get(keys::error::REFUSED).to_owned(), said);
        }
        return (title, format!("{text} {said}"));
    }
    (title, text)
}

/// Which right is missing, and who has it.
pub(crate) fn needed_text(catalog: &Catalog, needed: Right) -> String {
    let roles: Vec<&str> =
        needed.roles().iter().filter_map(|role| role_key(role.as_str())).map(|key| catalog.get(key)).collect();
    let (resource, action) = (catalog.get(resource_key(needed.resource)), catalog.get(action_key(needed.action)));
    let roles = roles.join(", ");
    let key = if roles.is_empty() { keys::error::forbidden::SYSTEM } else { keys::error::forbidden::PROJECT };
    catalog.format(key, &[("resource", resource), ("action", action), ("roles", &roles)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;
    use berth_types::policy::{Action, Resource};

    #[test]
    fn read_only_mode_is_nobodys_lack_of_rights() {
        let error = ApiError { status: 403, code: "DENIED".into(), message: READ_ONLY.into(), ..ApiError::default() };
        let (title, text) = refusal_texts(&Catalog::of(Locale::En), &error);
        assert_eq!(title, "This registry is read-only");
        assert!(text.starts_with("Nothing was changed."), "{text}");
    }

    #[test]
    fn what_the_server_says_stands_alone() {
        let error = ApiError { status: 400, message: "the scanner does not answer".into(), ..ApiError::default() };
        let said = refusal_texts(&Catalog::of(Locale::En), &error);
        let wanted = ("This was not accepted", "The server says: the scanner does not answer");
        assert_eq!((said.0.as_str(), said.1.as_str()), wanted);
        let bare = refusal_texts(&Catalog::of(Locale::En), &ApiError { status: 400, ..ApiError::default() });
        assert_eq!(bare.0, "The request could not be read");
    }

    #[test]
    fn a_refusal_names_the_missing_right_and_who_has_it() {
        let text = |error: &ApiError| refusal_texts(&Catalog::of(Locale::En), error).1;
        let create = ApiError::lacking(Right::in_project(Resource::Member, Action::Create));
        let said = text(&create);
        for part in ["Members", "Create", "Project admin"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(!said.contains("Maintainer"), "{said}");
        let push = text(&ApiError::lacking(Right::in_project(Resource::Repository, Action::Push)));
        assert!(push.contains("Project admin, Maintainer, Developer."), "{push}");
        let users = text(&ApiError::lacking(Right::in_system(Resource::User, Action::List)));
        assert!(users.contains("Users") && users.to_lowercase().contains("system administrator"), "{users}");
        // A cause that is no right stands in the server's words; `forbidden` alone says nothing.
        let bare = ApiError { message: "forbidden".into(), ..ApiError::forbidden() };
        assert!(!text(&bare).contains("forbidden"));
        let wrong = ApiError { message: "Current password is incorrect".into(), ..ApiError::forbidden() };
        assert!(text(&wrong).contains("Current password is incorrect"));
    }

    #[test]
    fn an_answer_survives_the_address() {
        let error = FormError::keeping(&[("email", "a@b.c")])
            .with("password", Fault::PasswordShort)
            .refused(ApiError::status(409, ErrorCode::Conflict));
        assert_eq!(FormError::de(error.ser()), error);
        assert_eq!(error.fault("password"), Some(&Fault::PasswordShort));
        assert_eq!(error.value("email"), Some("a@b.c"));
        assert!(error.pass().is_err() && FormError::default().pass().is_ok());
    }
}
