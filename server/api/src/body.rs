//! JSON bodies in Harbor's order: what cannot be read is refused before anybody asks who sends it.

use axum::extract::{FromRequest, FromRequestParts, Request};
use berth_types::{
    ErrorCode,
    api::{
        NewTag, OidcCliSecretReq, PasswordReq, ProjectMember, ProjectReq, RepositoryUpdate, RoleRequest,
        SCHEDULE_TYPES, Schedule, SetupReq, UserCreationReq, UserProfile, UserSysAdminFlag,
    },
};
use berth_web::{ApiError, AppState, extract::BODY_SIZE_BYTES_MAX};
use bytes::Bytes;
use http::header;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::decode::{self, Field, Names};

/// A body as Harbor's schema names it. A JSON `null` is an empty one.
pub trait Body: DeserializeOwned + Default {
    /// The parameter's name in error texts.
    const NAME: &'static str;
    /// The type's name in error texts.
    const MODEL: &'static str = "";
    /// Fields whose type is checked in Harbor's words. Where none are named, serde's words tell of a wrong type.
    const FIELDS: &'static [(&'static str, Field)] = &[];

    /// The answer to a request without a body.
    fn missing() -> ApiError {
        ApiError::validation(format!("{} in body is required", Self::NAME))
    }

    /// What no body at all means: an error, unless the schema says that it is optional.
    ///
    /// # Errors
    /// [`Body::missing`].
    fn absent() -> Result<Self, ApiError> {
        Err(Self::missing())
    }

    /// What the schema says beyond types.
    ///
    /// # Errors
    /// 422 in the words of Harbor's validation.
    fn check(&self) -> Result<(), ApiError> {
        Ok(())
    }
}

/// A body that was read, then a witness that was found.
pub struct Checked<W, T>(pub W, pub T);

impl<W, T> FromRequest<AppState> for Checked<W, T>
where
    W: FromRequestParts<AppState, Rejection = ApiError> + Send,
    T: Body + Send,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = content_type.map(berth_types::media_type::essence).unwrap_or_default();
        let bytes = read(body).await?;
        let value = parse::<T>(&essence, &bytes)?;
        let witness = W::from_request_parts(&mut parts, state).await?;
        Ok(Checked(witness, value))
    }
}

async fn read(body: axum::body::Body) -> Result<Bytes, ApiError> {
    let limited = Limited::new(body, BODY_SIZE_BYTES_MAX);
    let collected = limited.collect().await.map_err(|error| {
        if error.downcast_ref::<LengthLimitError>().is_some() {
            return ApiError::new(ErrorCode::TooLarge, format!("the body is larger than {BODY_SIZE_BYTES_MAX} bytes"));
        }
        ApiError::new(ErrorCode::BadRequest, "the request body ended early")
    })?;
    Ok(collected.to_bytes())
}

fn parse<T: Body>(essence: &str, bytes: &[u8]) -> Result<T, ApiError> {
    if bytes.is_empty() {
        return T::absent();
    }
    if !essence.is_empty() && essence != "application/json" && !essence.ends_with("+json") {
        let text = format!("unsupported media type \"{essence}\", only [application/json] are allowed");
        return Err(ApiError::validation(text));
    }
    let names = Names { parameter: T::NAME, model: T::MODEL };
    let object = decode::object(names, bytes)?;
    let value: T = decode::typed(names, T::FIELDS, object)?;
    value.check()?;
    Ok(value)
}

impl Body for ProjectReq {
    const NAME: &'static str = "project";
    const MODEL: &'static str = "ProjectReq";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("project_name", Field::Text),
        ("public", Field::Switch),
        ("storage_limit", Field::Number),
        ("registry_id", Field::Number),
    ];

    fn check(&self) -> Result<(), ApiError> {
        if self.project_name.len() > berth_types::name::PROJECT_NAME_BYTES_MAX {
            return Err(ApiError::invalid_field("project_name in body should be at most 255 chars long"));
        }
        Ok(())
    }
}

impl Body for RepositoryUpdate {
    const NAME: &'static str = "repository";
    const MODEL: &'static str = "Repository";
    const FIELDS: &'static [(&'static str, Field)] = &[("description", Field::Text)];
}

impl Body for NewTag {
    const NAME: &'static str = "tag";
    const MODEL: &'static str = "NewTag";
    const FIELDS: &'static [(&'static str, Field)] = &[("name", Field::Text)];

    fn check(&self) -> Result<(), ApiError> {
        if self.name.is_empty() {
            return Err(ApiError::invalid_field("name in body is required"));
        }
        Ok(())
    }
}

impl Body for ProjectMember {
    const NAME: &'static str = "projectMember";
    const MODEL: &'static str = "ProjectMember";
    const FIELDS: &'static [(&'static str, Field)] = &[("role_id", Field::Number)];

    fn missing() -> ApiError {
        ApiError::new(ErrorCode::BadRequest, "the project member should provide")
    }
}

impl Body for RoleRequest {
    const NAME: &'static str = "role";
    const MODEL: &'static str = "RoleRequest";
    const FIELDS: &'static [(&'static str, Field)] = &[("role_id", Field::Number)];

    fn missing() -> ApiError {
        ApiError::new(ErrorCode::BadRequest, "role can not be empty")
    }
}

impl Body for std::collections::BTreeMap<String, String> {
    const NAME: &'static str = "metadata";
}

impl Body for UserCreationReq {
    const NAME: &'static str = "userReq";
    const MODEL: &'static str = "UserCreationReq";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("email", Field::Text),
        ("realname", Field::Text),
        ("comment", Field::Text),
        ("password", Field::Text),
        ("username", Field::Text),
    ];
}

impl Body for UserProfile {
    const NAME: &'static str = "profile";
    const MODEL: &'static str = "UserProfile";
    const FIELDS: &'static [(&'static str, Field)] =
        &[("email", Field::Text), ("realname", Field::Text), ("comment", Field::Text)];
}

impl Body for UserSysAdminFlag {
    const NAME: &'static str = "sysadminFlag";
    const MODEL: &'static str = "UserSysAdminFlag";
    const FIELDS: &'static [(&'static str, Field)] = &[("sysadmin_flag", Field::Switch)];
}

impl Body for PasswordReq {
    const NAME: &'static str = "password";
    const MODEL: &'static str = "PasswordReq";
    const FIELDS: &'static [(&'static str, Field)] = &[("old_password", Field::Text), ("new_password", Field::Text)];
}

impl Body for OidcCliSecretReq {
    const NAME: &'static str = "secret";
    const MODEL: &'static str = "OIDCCliSecretReq";
    const FIELDS: &'static [(&'static str, Field)] = &[("secret", Field::Text)];
}

impl Body for SetupReq {
    const NAME: &'static str = "setup";
    const MODEL: &'static str = "SetupReq";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("token", Field::Text),
        ("password", Field::Text),
        ("email", Field::Text),
        ("self_registration", Field::Switch),
    ];
}

impl Body for Schedule {
    const NAME: &'static str = "schedule";
    const MODEL: &'static str = "Schedule";

    fn check(&self) -> Result<(), ApiError> {
        let kind = self.schedule.as_ref().map(|schedule| schedule.kind.as_str()).unwrap_or_default();
        if kind.is_empty() || SCHEDULE_TYPES.contains(&kind) {
            return Ok(());
        }
        let allowed = SCHEDULE_TYPES.join(" ");
        Err(ApiError::invalid_field(format!("schedule.type in body should be one of [{allowed}]")))
    }
}

impl Body for serde_json::Map<String, serde_json::Value> {
    const NAME: &'static str = "configurations";
    const MODEL: &'static str = "Configurations";

    fn check(&self) -> Result<(), ApiError> {
        Ok(berth_domain::settings::check_types(self)?)
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn null_is_an_empty_body_and_no_body_is_none() {
        assert!(parse::<ProjectReq>("application/json", b"null").is_ok());
        assert_eq!(parse::<ProjectReq>("", b"").unwrap_err().status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(parse::<RoleRequest>("", b"").unwrap_err().status(), StatusCode::BAD_REQUEST);
    }

    #[test]
    fn what_is_no_json_is_refused_in_harbors_words() {
        let message = |essence: &str, body: &[u8]| parse::<NewTag>(essence, body).unwrap_err().message().to_owned();
        assert!(
            message("", b"{oops").starts_with("validation failure list:\nparsing tag body from \"\" failed, because")
        );
        assert!(message("text/plain", b"{}").contains("unsupported media type \"text/plain\""));
        assert!(message("", b"{}").contains("name in body is required"));
        assert!(parse::<ProjectReq>("", br#"{"project_name": 5}"#).is_err());
        assert!(parse::<ProjectReq>("", br#"{"metadata": {"public": true}}"#).is_err());
        assert!(parse::<ProjectReq>("", br#"{"metadata": {"shoe": true, "public": null}}"#).is_ok());
    }
}
