//! Directories of people (LDAP) and providers of identity (OIDC). A provider can be tried; none of them is asked who
//! somebody is yet, and whoever wants that is told so.

use berth_types::api::{LdapConf, LdapImportUsers, LdapPingResult, LdapUser, OidcEndpoint, UserGroup};
use serde::Deserialize;

use crate::{
    Domain, Error, Result,
    authz::{CreateLdapUser, ListLdapUsers, ReadConfiguration, SystemAccess, UpdateConfiguration},
    outbound::{Certificates, Get},
};

/// What is not there yet.
const NO_DIRECTORY: &str = "LDAP directories";
/// The largest description of a provider, in bytes.
const DESCRIPTION_BYTES_MAX: usize = 1 << 20;

/// Tries a directory. What the request leaves out is as configured.
///
/// # Errors
/// [`Error::NotYet`] for a directory that would have to be asked.
pub async fn ping_ldap(
    domain: &Domain,
    _access: &SystemAccess<ReadConfiguration>,
    request: &LdapConf,
) -> Result<LdapPingResult> {
    if request.ldap_search_password.is_empty() && !domain.settings().await?.has_ldap_search_password() {
        return Ok(LdapPingResult { success: false, message: "error: empty password".to_owned() });
    }
    Err(Error::NotYet(NO_DIRECTORY))
}

/// The people of the directory whose name matches.
///
/// # Errors
/// [`Error::NotYet`]: no directory is connected.
pub fn search_users(_access: &SystemAccess<ListLdapUsers>, _name: &str) -> Result<Vec<LdapUser>> {
    Err(Error::NotYet(NO_DIRECTORY))
}

/// Gives people of the directory an account.
///
/// # Errors
/// [`Error::BadRequest`] where nobody is named; [`Error::NotYet`]: no directory is connected.
pub fn import_users(_access: &SystemAccess<CreateLdapUser>, request: &LdapImportUsers) -> Result<()> {
    if request.ldap_uid_list.iter().all(String::is_empty) {
        return Err(Error::BadRequest("ldap_uid_list names nobody".to_owned()));
    }
    Err(Error::NotYet(NO_DIRECTORY))
}

/// The groups of the directory that match.
///
/// # Errors
/// [`Error::BadRequest`] where neither a name nor a distinguished name is given; [`Error::NotYet`]: no directory is
/// connected.
pub fn search_groups(_access: &SystemAccess<ListLdapUsers>, name: &str, dn: &str) -> Result<Vec<UserGroup>> {
    if name.is_empty() && dn.is_empty() {
        return Err(Error::BadRequest("groupname or groupdn must be given".to_owned()));
    }
    Err(Error::NotYet(NO_DIRECTORY))
}

/// What a provider says of itself, as far as a trial looks at it.
#[derive(Deserialize)]
struct Description {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

/// Asks a provider of identity to describe itself, and compares the name it gives with the address it was asked at.
///
/// # Errors
/// [`Error::BadRequest`] where there is none, in Harbor's words; the reason is in the log.
pub async fn ping_oidc(
    domain: &Domain,
    _access: &SystemAccess<UpdateConfiguration>,
    request: &OidcEndpoint,
) -> Result<()> {
    let issuer = request.url.trim_end_matches('/');
    let get = Get {
        url: &format!("{issuer}/.well-known/openid-configuration"),
        certificates: if request.verify_cert { Certificates::Checked } else { Certificates::Unchecked },
        headers: &[],
        answer_bytes_max: DESCRIPTION_BYTES_MAX,
    };
    let reason = match domain.outbound.get(&get).await {
        Ok(answer) if answer.status == 200 => match check(&answer.body, issuer) {
            Ok(()) => return Ok(()),
            Err(reason) => reason,
        },
        Ok(answer) => format!("it answers {}", answer.status),
        Err(failure) => failure.to_string(),
    };
    tracing::info!(oidc.url = %request.url, reason, "a provider of identity was tried without success");
    Err(Error::BadRequest("failed to verify connection".to_owned()))
}

fn check(body: &[u8], asked: &str) -> std::result::Result<(), String> {
    let described: Description = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    // Whoever speaks for another issuer must not be trusted with its people.
    if described.issuer.trim_end_matches('/') != asked {
        return Err(format!("it calls itself {}", described.issuer));
    }
    let Description { authorization_endpoint, token_endpoint, jwks_uri, .. } = &described;
    if [authorization_endpoint, token_endpoint, jwks_uri].iter().any(|address| address.is_empty()) {
        return Err("it leaves out an address".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_has_to_speak_for_itself() {
        let body = |issuer: &str, keys: &str| {
            serde_json::to_vec(&serde_json::json!({
                "issuer": issuer, "authorization_endpoint": "https://a/auth", "token_endpoint": "https://a/token",
                "jwks_uri": keys,
            }))
            .unwrap()
        };
        assert_eq!(check(&body("https://a/", "https://a/keys"), "https://a"), Ok(()));
        assert!(check(&body("https://b", "https://b/keys"), "https://a").is_err());
        assert!(check(&body("https://a", ""), "https://a").is_err());
        assert!(check(b"<html>", "https://a").is_err());
    }
}
