//! What an account may say of a person, by Harbor's rules.

use crate::{Error, Result, password};

/// Characters that a sign-in name may not have.
pub(super) const NAME_FORBIDDEN: &str = ",\"~#%$";
/// Characters that a full name may not have.
const REALNAME_FORBIDDEN: &str = ",~#%$";
/// The longest sign-in name, full name or e-mail address, in characters.
pub(super) const TEXT_CHARS_MAX: usize = 255;
/// The longest comment, in characters.
const COMMENT_CHARS_MAX: usize = 30;

pub(super) fn check_password(secret: &str) -> Result<()> {
    if !password::is_acceptable(secret) {
        return Err(Error::BadRequest(password::RULE.to_owned()));
    }
    Ok(())
}

pub(super) fn check_profile(email: &str, realname: &str, comment: &str) -> Result<()> {
    check_email(email)?;
    check_length("realname", realname)?;
    check_characters("realname", realname, REALNAME_FORBIDDEN)?;
    if comment.chars().count() > COMMENT_CHARS_MAX {
        return Err(Error::BadRequest("comment with illegal length".to_owned()));
    }
    check_characters("comment", comment, "")
}

pub(super) fn check_length(name: &str, value: &str) -> Result<()> {
    if !(1..=TEXT_CHARS_MAX).contains(&value.chars().count()) {
        return Err(Error::BadRequest(format!("{name} with illegal length")));
    }
    Ok(())
}

/// Control characters are refused besides those that Harbor refuses: they would show one name as another.
pub(super) fn check_characters(name: &str, value: &str, forbidden: &str) -> Result<()> {
    if value.chars().any(|char| char.is_control() || forbidden.contains(char)) {
        return Err(Error::BadRequest(format!("{name} contains illegal characters")));
    }
    Ok(())
}

/// Checks an e-mail address by Harbor's rule.
///
/// # Errors
/// [`Error::BadRequest`] in Harbor's words.
pub(crate) fn check_email(email: &str) -> Result<()> {
    if email.is_empty() {
        return Err(Error::BadRequest("email can't be empty".to_owned()));
    }
    if email.chars().count() > TEXT_CHARS_MAX || !is_email(email) {
        return Err(Error::BadRequest("email with illegal format".to_owned()));
    }
    Ok(())
}

fn is_email(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else { return false };
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && !atom.chars().any(|char| char.is_whitespace() || char.is_control() || "<>()[]\\.,;:@\"".contains(char))
    };
    let is_quoted = |text: &str| {
        text.len() > 2 && text.starts_with('"') && text.ends_with('"') && !text.chars().any(char::is_control)
    };
    let labels: Vec<&str> = domain.split('.').collect();
    let is_host = labels.len() > 1
        && labels
            .iter()
            .all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
        && labels.last().is_some_and(|top| top.len() > 1 && top.bytes().all(|byte| byte.is_ascii_alphabetic()));
    let is_address = domain
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(|address| address.parse::<std::net::Ipv4Addr>().is_ok());
    (local.split('.').all(is_atom) || is_quoted(local)) && (is_host || is_address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_by_harbors_rule() {
        for good in ["a@example.com", "a.b+c@sub.example.org", "\"a b\"@example.com", "a@[10.0.0.1]", "ä@example.com"]
        {
            assert!(check_email(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "nomail",
            "a@",
            "@example.com",
            "a@b",
            "a..b@example.com",
            "a b@example.com",
            "a@exa mple.com",
            "a@example.c",
            "a@b@example.com",
            "a\n@example.com",
        ] {
            assert!(check_email(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_keep_to_harbors_characters() {
        for good in ["a", "a b", "a/b", "Ünïcode", "x.y-z_1"] {
            assert!(check_characters("username", good, NAME_FORBIDDEN).is_ok(), "{good}");
        }
        for bad in ["a,b", "a~b", "a#b", "a$b", "a%b", "a\"b", "a\0b", "a\nb"] {
            assert!(check_characters("username", bad, NAME_FORBIDDEN).is_err(), "{bad}");
        }
        assert!(check_length("username", "").is_err());
        assert!(check_length("username", &"u".repeat(256)).is_err());
    }
}
