//! Directories of people and providers of identity.

use axum::{Json, extract::State};
use berth_domain::{
    Domain,
    authz::{CreateLdapUser, ListLdapUsers, ReadConfiguration, UpdateConfiguration},
    directory,
};
use berth_types::api::{
    LdapConf, LdapFailedImportUser, LdapImportUsers, LdapPingResult, LdapUser, OidcEndpoint, UserGroup,
};
use berth_web::{
    ApiResult,
    extract::{List, RequireSystem},
};

use crate::body::{Body, Checked};
use crate::decode::Field;
use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(ping_ldap))
        .routes(routes!(search_users))
        .routes(routes!(import_users))
        .routes(routes!(search_groups))
        .routes(routes!(ping_oidc))
}

impl Body for LdapConf {
    const NAME: &'static str = "ldapconf";
    const MODEL: &'static str = "LdapConf";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("ldap_url", Field::Text),
        ("ldap_search_dn", Field::Text),
        ("ldap_search_password", Field::Text),
        ("ldap_base_dn", Field::Text),
        ("ldap_filter", Field::Text),
        ("ldap_uid", Field::Text),
        ("ldap_scope", Field::Number),
        ("ldap_connection_timeout", Field::Number),
        ("ldap_verify_cert", Field::Switch),
    ];

    fn absent() -> Result<Self, berth_web::ApiError> {
        // The directory as it is configured.
        Ok(LdapConf::default())
    }
}

impl Body for LdapImportUsers {
    const NAME: &'static str = "uidList";
    const MODEL: &'static str = "LdapImportUsers";
}

impl Body for OidcEndpoint {
    const NAME: &'static str = "endpoint";
    const MODEL: &'static str = "oidc.PingOIDCBody";
    const FIELDS: &'static [(&'static str, Field)] = &[("url", Field::Text), ("verify_cert", Field::Switch)];
}

/// Tries a directory.
#[utoipa::path(
    post, path = "/api/v2.0/ldap/ping", operation_id = "pingLdap", tag = "Ldap",
    request_body = Option<LdapConf>, responses((status = 200, body = LdapPingResult))
)]
async fn ping_ldap(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<ReadConfiguration>, LdapConf>,
) -> ApiResult<Json<LdapPingResult>> {
    Ok(Json(directory::ping_ldap(&domain, &access, &request).await?))
}

/// The people of the directory.
#[utoipa::path(
    get, path = "/api/v2.0/ldap/users/search", operation_id = "searchLdapUser", tag = "Ldap",
    params(("username" = Option<String>, Query, description = "Part of the sign-in name.")),
    responses((status = 200, body = [LdapUser]))
)]
async fn search_users(
    list: List,
    RequireSystem(access): RequireSystem<ListLdapUsers>,
) -> ApiResult<Json<Vec<LdapUser>>> {
    Ok(Json(directory::search_users(&access, list.param("username").unwrap_or_default())?))
}

/// Gives people of the directory an account.
#[utoipa::path(
    post, path = "/api/v2.0/ldap/users/import", operation_id = "importLdapUser", tag = "Ldap",
    request_body = LdapImportUsers,
    responses((status = 200), (status = 404, body = [LdapFailedImportUser]))
)]
async fn import_users(
    Checked(RequireSystem(access), request): Checked<RequireSystem<CreateLdapUser>, LdapImportUsers>,
) -> ApiResult<()> {
    Ok(directory::import_users(&access, &request)?)
}

/// The groups of the directory.
#[utoipa::path(
    get, path = "/api/v2.0/ldap/groups/search", operation_id = "searchLdapGroup", tag = "Ldap",
    params(
        ("groupname" = Option<String>, Query, description = "Part of the name."),
        ("groupdn" = Option<String>, Query, description = "Distinguished name."),
    ),
    responses((status = 200, body = [UserGroup]))
)]
async fn search_groups(
    list: List,
    RequireSystem(access): RequireSystem<ListLdapUsers>,
) -> ApiResult<Json<Vec<UserGroup>>> {
    let text = |key| list.param(key).unwrap_or_default();
    Ok(Json(directory::search_groups(&access, text("groupname"), text("groupdn"))?))
}

/// Tries a provider of identity.
#[utoipa::path(
    post, path = "/api/v2.0/system/oidc/ping", operation_id = "pingOIDC", tag = "oidc",
    request_body = inline(OidcEndpoint), responses((status = 200))
)]
async fn ping_oidc(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<UpdateConfiguration>, OidcEndpoint>,
) -> ApiResult<()> {
    Ok(directory::ping_oidc(&domain, &access, &request).await?)
}
