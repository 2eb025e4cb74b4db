//! The rules of fields that the portal checks before it asks the API, which checks them again.

use crate::amount;
use crate::client::ApiError;
use crate::i18n::{Catalog, keys};
use berth_types::{NewNameError, new_project_name, suggested_project_name};
use serde::{Deserialize, Serialize};

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// Nothing was filled in where something is needed.
    UsernameRequired,
    /// Over 255 characters.
    UsernameLong,
    /// One of the characters that Harbor forbids.
    UsernameCharacters,
    /// Somebody else has this name.
    UsernameTaken(String),
    /// Somebody else has this name or the address beside it; the API does not say which.
    AccountTaken(String),
    /// No address.
    EmailRequired,
    /// Not an address.
    EmailInvalid,
    /// Somebody else has this address.
    EmailTaken,
    /// Over 255 characters.
    RealnameLong,
    /// One of the characters that Harbor forbids.
    RealnameCharacters,
    /// Over 30 characters.
    CommentLong,
    /// No password.
    PasswordRequired,
    /// Under 8 characters.
    PasswordShort,
    /// Over 128 characters.
    PasswordLong,
    /// No lower-case letter.
    PasswordLower,
    /// No upper-case letter.
    PasswordUpper,
    /// No digit.
    PasswordDigit,
    /// The new one is the old one.
    PasswordSame,
    /// The present one is wrong.
    PasswordWrong,
    /// The two differ.
    PasswordRepeat,
    /// A code of the second factor that is wrong or used.
    CodeWrong,
    /// No name.
    NameRequired,
    /// Outside the grammar of project names; with a name that would do, where there is one close by.
    ProjectName(NewNameError, Option<String>),
    /// A project of this name exists.
    ProjectTaken(String),
    /// Outside the grammar of tags.
    TagName,
    /// The tag exists.
    TagTaken(String),
    /// No whole number above 0.
    Quota,
    /// A number outside its range.
    NumberRange(i64, i64),
    /// Not the name that was to be typed.
    NameConfirm(String),
    /// No such user.
    UserUnknown(String),
    /// A member already.
    MemberExists(String),
    /// No such group.
    GroupUnknown(String),
    /// No name of a label.
    LabelName,
    /// A label of this name exists.
    LabelTaken(String),
    /// No colour.
    LabelColor,
    /// No amount of storage.
    Amount,
    /// A number without the unit that it is an amount in.
    AmountUnit(String),
    /// No name of a token or of a saved view.
    ShortName,
    /// A token of this name exists.
    AccessTokenTaken(String),
    /// No day, or one that is over.
    DatePast,
    /// No set-up token.
    TokenRequired,
    /// The set-up token is wrong or too old.
    TokenWrong,
    /// Outside the grammar of robots' names.
    RobotName,
    /// A robot of this name exists.
    RobotTaken(String),
    /// A robot that may nothing.
    RobotPermissions,
    /// A robot for projects without any.
    RobotProjects,
    /// No such project.
    ProjectUnknown(String),
    /// No pattern of names or tags.
    Pattern,
    /// A webhook without a name.
    WebhookName,
    /// A webhook of this name exists.
    WebhookTaken(String),
    /// No address that could be called.
    WebhookAddress,
    /// A webhook about nothing.
    WebhookEvents,
    /// Nothing was filled in.
    Required,
    /// Something of this kind has this name.
    NameTaken(String),
    /// No six fields of cron.
    Schedule,
    /// No day.
    Day,
}

impl Fault {
    /// What is wrong with a text that is no amount of storage.
    pub fn of_amount(text: &str) -> Self {
        if amount::lacks_unit(text) { Fault::AmountUnit(text.trim().to_owned()) } else { Fault::Amount }
    }

    /// What is wrong and what would be right.
    pub fn text(&self, catalog: &Catalog) -> String {
        use keys::validation as v;
        let named = |key, name: &str| catalog.format(key, &[("name", name)]);
        let key = match self {
            Fault::UsernameTaken(name) => return named(v::USERNAME_TAKEN, name),
            Fault::AccountTaken(name) => return named(v::ACCOUNT_TAKEN, name),
            Fault::ProjectName(error, better) => return project_name_text(catalog, *error, better.as_deref()),
            Fault::ProjectTaken(name) => return named(v::PROJECT_TAKEN, name),
            Fault::TagTaken(name) => return named(v::TAG_TAKEN, name),
            Fault::LabelTaken(name) => return named(v::LABEL_TAKEN, name),
            Fault::NameConfirm(name) => return named(v::NAME_CONFIRM, name),
            Fault::UserUnknown(name) => return named(v::USER_UNKNOWN, name),
            Fault::MemberExists(name) => return named(v::MEMBER_EXISTS, name),
            Fault::GroupUnknown(name) => return named(keys::newcomer::group::UNKNOWN, name),
            Fault::RobotTaken(name) => return named(v::ROBOT_TAKEN, name),
            Fault::AccessTokenTaken(name) => return named(v::ACCESS_TOKEN_TAKEN, name),
            Fault::ProjectUnknown(name) => return named(v::PROJECT_UNKNOWN, name),
            Fault::NameTaken(name) => return named(v::NAME_TAKEN, name),
            Fault::WebhookTaken(name) => return named(v::WEBHOOK_TAKEN, name),
            Fault::AmountUnit(number) => return catalog.format(v::AMOUNT_UNIT, &[("number", number)]),
            Fault::NumberRange(min, max) => {
                return catalog.format(v::NUMBER_RANGE, &[("min", &min.to_string()), ("max", &max.to_string())]);
            }
            Fault::UsernameRequired => v::USERNAME_REQUIRED,
            Fault::UsernameLong => v::USERNAME_LONG,
            Fault::UsernameCharacters => v::USERNAME_CHARACTERS,
            Fault::EmailRequired => v::EMAIL_REQUIRED,
            Fault::EmailInvalid => v::EMAIL_INVALID,
            Fault::EmailTaken => v::EMAIL_TAKEN,
            Fault::RealnameLong => v::REALNAME_LONG,
            Fault::RealnameCharacters => v::REALNAME_CHARACTERS,
            Fault::CommentLong => v::COMMENT_LONG,
            Fault::PasswordRequired => v::PASSWORD_REQUIRED,
            Fault::PasswordShort => v::PASSWORD_SHORT,
            Fault::PasswordLong => v::PASSWORD_LONG,
            Fault::PasswordLower => v::PASSWORD_LOWER,
            Fault::PasswordUpper => v::PASSWORD_UPPER,
            Fault::PasswordDigit => v::PASSWORD_DIGIT,
            Fault::PasswordSame => v::PASSWORD_SAME,
            Fault::PasswordWrong => v::PASSWORD_WRONG,
            Fault::PasswordRepeat => v::PASSWORD_REPEAT,
            Fault::CodeWrong => v::CODE_WRONG,
            Fault::NameRequired => v::NAME_REQUIRED,
            Fault::TagName => v::TAG_NAME,
            Fault::LabelName => v::LABEL_NAME,
            Fault::LabelColor => v::LABEL_COLOR,
            Fault::Amount => v::AMOUNT,
            Fault::Quota => v::QUOTA,
            Fault::TokenRequired => v::TOKEN_REQUIRED,
            Fault::TokenWrong => v::TOKEN_WRONG,
            Fault::ShortName => v::SHORT_NAME,
            Fault::DatePast => v::DATE_PAST,
            Fault::RobotName => v::ROBOT_NAME,
            Fault::RobotPermissions => v::ROBOT_PERMISSIONS,
            Fault::RobotProjects => v::ROBOT_PROJECTS,
            Fault::Pattern => v::PATTERN,
            Fault::WebhookName => v::WEBHOOK_NAME,
            Fault::WebhookAddress => v::WEBHOOK_ADDRESS,
            Fault::WebhookEvents => v::WEBHOOK_EVENTS,
            Fault::Required => v::REQUIRED,
            Fault::Schedule => v::SCHEDULE,
            Fault::Day => v::DAY,
        };
        catalog.get(key).to_owned()
    }
}

/// What is wrong with the name of a project, and a name that would do.
fn project_name_text(catalog: &Catalog, error: NewNameError, better: Option<&str>) -> String {
    use keys::validation as v;
    let text = match error {
        NewNameError::Empty => catalog.get(v::NAME_REQUIRED).to_owned(),
        NewNameError::Character(found) if found.is_whitespace() => catalog.get(v::PROJECT_BLANK).to_owned(),
        NewNameError::Character(found) if found.is_uppercase() => {
            catalog.format(v::PROJECT_UPPER, &[("found", &found.to_string())])
        }
        NewNameError::Character(found) => catalog.format(v::PROJECT_CHARACTER, &[("found", &found.to_string())]),
        NewNameError::Edge => catalog.get(v::PROJECT_EDGE).to_owned(),
        NewNameError::Separators => catalog.get(v::PROJECT_SEPARATORS).to_owned(),
        NewNameError::TooLong => catalog.get(v::PROJECT_LONG).to_owned(),
    };
    match better {
        Some(better) => format!("{text} {}", catalog.format(v::PROJECT_BETTER, &[("name", better)])),
        None => text,
    }
}

/// Whether a text cannot be the name of a new project.
pub fn project_name_fault(name: &str) -> Option<Fault> {
    let error = new_project_name(name).err()?;
    Some(Fault::ProjectName(error, suggested_project_name(name).map(|name| name.to_string())))
}

/// What Harbor forbids in names of people.
const FORBIDDEN: [char; 7] = [',', '~', '#', '$', '%', '"', '\''];
const NAME_CHARS_MAX: usize = 255;
const COMMENT_CHARS_MAX: usize = 30;

/// Whether a text is no sign-in name.
pub fn username_fault(name: &str) -> Option<Fault> {
    if name.is_empty() {
        return Some(Fault::UsernameRequired);
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Some(Fault::UsernameLong);
    }
    name.contains(FORBIDDEN).then_some(Fault::UsernameCharacters)
}

/// Whether a text is no full name.
pub fn realname_fault(name: &str) -> Option<Fault> {
    if name.chars().count() > NAME_CHARS_MAX {
        return Some(Fault::RealnameLong);
    }
    name.contains(FORBIDDEN).then_some(Fault::RealnameCharacters)
}

/// Whether a text is no e-mail address. Only what an address cannot lack: the rest shows when mail is sent.
pub fn email_fault(email: &str) -> Option<Fault> {
    if email.is_empty() {
        return Some(Fault::EmailRequired);
    }
    let whole = email.split_once('@').is_some_and(|(name, host)| {
        let labels = host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains("..");
        !name.is_empty() && labels && !host.contains('@')
    });
    let fits = email.chars().count() <= NAME_CHARS_MAX && !email.contains(char::is_whitespace);
    (!(whole && fits)).then_some(Fault::EmailInvalid)
}

/// Whether a text is too long for a comment.
pub fn comment_fault(comment: &str) -> Option<Fault> {
    (comment.chars().count() > COMMENT_CHARS_MAX).then_some(Fault::CommentLong)
}

/// Whether a text is no password.
pub fn password_fault(password: &str) -> Option<Fault> {
    let size = password.chars().count();
    if size == 0 {
        return Some(Fault::PasswordRequired);
    }
    if size < 8 {
        return Some(Fault::PasswordShort);
    }
    if size > 128 {
        return Some(Fault::PasswordLong);
    }
    let lacks = |class: fn(char) -> bool| !password.contains(class);
    if lacks(|c| c.is_ascii_lowercase()) {
        return Some(Fault::PasswordLower);
    }
    if lacks(|c| c.is_ascii_uppercase()) {
        return Some(Fault::PasswordUpper);
    }
    lacks(|c| c.is_ascii_digit()).then_some(Fault::PasswordDigit)
}

/// Whether the second password is not the first.
pub fn repeat_fault(password: &str, repeat: &str) -> Option<Fault> {
    (password != repeat).then_some(Fault::PasswordRepeat)
}

/// Which field of a new account an API's refusal is about. Harbor's one message for a taken name and a taken address names
/// both, so neither is blamed alone.
pub fn account_fault(error: &ApiError, username: &str) -> Option<(&'static str, Fault)> {
    let names_both = error.message.to_ascii_lowercase().contains("email");
    match error.status {
        409 if names_both => Some(("username", Fault::AccountTaken(username.to_owned()))),
        409 => Some(("username", Fault::UsernameTaken(username.to_owned()))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn names() {
        assert_eq!(username_fault("mei.lin-2_x"), None);
        assert_eq!(username_fault(""), Some(Fault::UsernameRequired));
        assert_eq!(username_fault("a,b"), Some(Fault::UsernameCharacters));
        assert_eq!(username_fault(&"a".repeat(256)), Some(Fault::UsernameLong));
        assert_eq!(realname_fault(""), None);
        assert_eq!(realname_fault("O'Neill"), Some(Fault::RealnameCharacters));
    }

    #[test]
    fn addresses() {
        assert_eq!(email_fault("mei.lin@example.com"), None);
        for bad in ["mei", "mei@", "@example.com", "mei@example", "mei@.com", "a b@example.com", "a@b@c.d", "a@b..c"] {
            assert_eq!(email_fault(bad), Some(Fault::EmailInvalid), "{bad}");
        }
        assert_eq!(email_fault(""), Some(Fault::EmailRequired));
    }

    #[test]
    fn passwords() {
        assert_eq!(password_fault("Harbor12345"), None);
        assert_eq!(password_fault(""), Some(Fault::PasswordRequired));
        assert_eq!(password_fault("Ab1"), Some(Fault::PasswordShort));
        assert_eq!(password_fault("ABCDEFG1"), Some(Fault::PasswordLower));
        assert_eq!(password_fault("abcdefg1"), Some(Fault::PasswordUpper));
        assert_eq!(password_fault("Abcdefgh"), Some(Fault::PasswordDigit));
        assert_eq!(password_fault(&"Ab1".repeat(50)), Some(Fault::PasswordLong));
        assert_eq!(repeat_fault("a", "b"), Some(Fault::PasswordRepeat));
    }

    #[test]
    fn a_conflict_blames_no_field_that_may_be_right() {
        let message = "user mei or email mei@example.com already exists".to_owned();
        let mut error = ApiError { status: 409, message, ..ApiError::default() };
        assert_eq!(account_fault(&error, "mei"), Some(("username", Fault::AccountTaken("mei".into()))));
        error.message = "user mei already exists".into();
        assert_eq!(account_fault(&error, "mei"), Some(("username", Fault::UsernameTaken("mei".into()))));
        error.status = 400;
        assert_eq!(account_fault(&error, "mei"), None);
    }

    #[test]
    fn the_name_of_a_project_is_told_what_is_wrong() {
        let text = |name: &str| project_name_fault(name).unwrap().text(&Catalog::of(Locale::En));
        assert_eq!(text(""), "The name is missing");
        assert_eq!(text("My Project"), "“M” is a capital; names have small letters only. “my-project” would do.");
        assert_eq!(text("my project"), "There is a blank in the name. “my-project” would do.");
        assert!(text("a__b").ends_with("“a_b” would do."), "{}", text("a__b"));
        assert!(text("größe").starts_with("“ö” is not allowed"), "{}", text("größe"));
        assert!(!text("größe").contains("would do"));
        assert_eq!(project_name_fault("team"), None);
    }
}
