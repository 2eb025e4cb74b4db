//! Webhook policies (Harbor's `webhook` and `webhookjob` operations).

use serde::{Deserialize, Deserializer, Serialize};

use crate::Timestamp;

/// What a project tells other systems, and where.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookPolicy {
    /// Row id; in a request without meaning.
    #[serde(default)]
    pub id: i64,
    /// Name, unique in the project.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The project; in a request without meaning.
    #[serde(default)]
    pub project_id: i64,
    /// Where to.
    #[serde(default)]
    pub targets: Vec<WebhookTargetObject>,
    /// What about.
    #[serde(default)]
    pub event_types: Vec<String>,
    /// Who made it; Harbor never says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creator: Option<String>,
    /// When it was made; in a request without meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<Timestamp>,
    /// When it was last changed; in a request without meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_time: Option<Timestamp>,
    /// Whether anything is sent.
    #[serde(default)]
    pub enabled: bool,
}

/// A receiver.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookTargetObject {
    /// `http` or `slack`.
    #[serde(default, rename = "type", deserialize_with = "nullable", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Where requests are sent.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// The `Authorization` header of requests.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "String::is_empty")]
    pub auth_header: String,
    /// Whether the receiver need not prove who it is.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "is_false")]
    pub skip_cert_verify: bool,
    /// `Default` or `CloudEvents`; none for `slack`.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "String::is_empty")]
    pub payload_format: String,
}

/// What policies can be made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SupportedWebhookEventTypes {
    /// Kinds of event.
    pub event_type: Vec<String>,
    /// Kinds of receiver.
    pub notify_type: Vec<String>,
    /// What receivers can be sent.
    pub payload_formats: Vec<PayloadFormat>,
}

/// What a kind of receiver can be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PayloadFormat {
    /// Kind of receiver.
    pub notify_type: String,
    /// Formats.
    pub formats: Vec<String>,
}

/// When a policy last sent something about a kind of event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookLastTrigger {
    /// The policy's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy_name: String,
    /// Kind of event.
    pub event_type: String,
    /// Whether the policy sends anything.
    #[serde(default, skip_serializing_if = "is_false")]
    pub enabled: bool,
    /// When the policy was made.
    pub creation_time: Timestamp,
    /// The last time, [`Timestamp::NEVER`] where there was none.
    pub last_trigger_time: Timestamp,
}

/// A delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookJob {
    /// Row id.
    pub id: i64,
    /// The policy.
    pub policy_id: i64,
    /// Kind of event.
    pub event_type: String,
    /// Kind of receiver.
    pub notify_type: String,
    /// How it stands.
    pub status: String,
    /// What was sent.
    pub job_detail: String,
    /// When it was asked for.
    pub creation_time: Timestamp,
    /// When it last changed.
    pub update_time: Timestamp,
}

fn is_false(switch: &bool) -> bool {
    !switch
}

/// A field that is `null` counts as left out, as in Harbor.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
