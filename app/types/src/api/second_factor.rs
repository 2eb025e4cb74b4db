//! The second factor of an account (`/api/berth/v1/users/current/second-factor`).

use serde::{Deserialize, Serialize};

use super::robot::null_as_default;
use crate::Timestamp;

/// The word of `/c/login` for a right password that a code has to follow (401).
pub const SECOND_FACTOR_REQUIRED: &str = "SECOND_FACTOR_REQUIRED";
/// The word of `/c/login/code` for a wrong code, or one that was used before (401).
pub const SECOND_FACTOR_WRONG: &str = "SECOND_FACTOR_WRONG";
/// The word of `/c/login/code` where no password was shown, or too long ago (401).
pub const SECOND_FACTOR_OVER: &str = "SECOND_FACTOR_OVER";

/// Whether a code is asked for after the password. Never its secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondFactorState {
    /// Whether it is switched on.
    pub enabled: bool,
    /// Since when; absent where it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Recovery codes that were not used yet.
    pub recovery_codes: i64,
}

/// The wish for a second factor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondFactorReq {
    /// The account's password.
    #[serde(default, deserialize_with = "null_as_default")]
    pub password: String,
}

/// A secret that was just made, for an authenticator app: the only answer that has it. It counts as soon as a code of it was
/// shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondFactorSecret {
    /// In base 32, to be typed.
    pub secret: String,
    /// The same as an address that apps understand: `otpauth://totp/…`.
    pub uri: String,
}

/// The first code of a secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondFactorCode {
    /// Six digits.
    #[serde(default, deserialize_with = "null_as_default")]
    pub code: String,
}

/// What it takes to switch the second factor off: the password or a code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondFactorProof {
    /// The account's password; empty where a code is given.
    #[serde(default, deserialize_with = "null_as_default")]
    pub password: String,
    /// A code of the app, or a recovery code; empty where the password is given.
    #[serde(default, deserialize_with = "null_as_default")]
    pub code: String,
}

/// Codes that stand for a lost app, each once: the only answer that has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    /// Ten of them.
    pub codes: Vec<String>,
}
