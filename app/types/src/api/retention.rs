//! Which artifacts of a project are kept (Harbor's `Retention` operations).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The policy of a project: what no rule keeps is removed when it runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionPolicy {
    /// Row id.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub id: i64,
    /// `or`: what one rule keeps is kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub algorithm: String,
    /// At most 15.
    #[serde(default)]
    pub rules: Option<Vec<RetentionRule>>,
    /// When it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<RetentionRuleTrigger>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<RetentionPolicyScope>,
}

/// When a policy runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionRuleTrigger {
    /// `Schedule`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// `cron`: six fields, or empty for by hand only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, Value>,
    /// Ignored: Harbor keeps the numbers of its jobs here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub references: BTreeMap<String, Value>,
}

/// Where a policy holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionPolicyScope {
    /// `project`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub level: String,
    /// Row id of the project.
    #[serde(default, rename = "ref", skip_serializing_if = "is_zero")]
    pub reference: i64,
}

/// A rule: which artifacts it is about, and which of them it keeps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionRule {
    /// Number of the rule.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub id: i64,
    /// Kept for clients; all rules count the same.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i64,
    /// Whether it rests.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disabled: bool,
    /// `retain`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub action: String,
    /// One of [`RetentionMetadata::templates`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub template: String,
    /// The template's number, under the template's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, Value>,
    /// Which tags.
    #[serde(default)]
    pub tag_selectors: Option<Vec<RetentionSelector>>,
    /// Which repositories, under `repository`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scope_selectors: BTreeMap<String, Vec<RetentionSelector>>,
}

/// What a rule selects.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionSelector {
    /// `doublestar`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// `matches`, `excludes`, `repoMatches`, `repoExcludes`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub decoration: String,
    /// The pattern; an empty one selects everything.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pattern: String,
    /// JSON: `{"untagged": true}` also selects what has no tag.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub extras: String,
}

/// What rules can be made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionMetadata {
    /// Templates.
    pub templates: Vec<RetentionRuleMetadata>,
    /// How repositories are selected.
    pub scope_selectors: Vec<RetentionSelectorMetadata>,
    /// How tags are selected.
    pub tag_selectors: Vec<RetentionSelectorMetadata>,
}

/// A template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionRuleMetadata {
    /// Its name.
    pub rule_template: String,
    /// A sentence for people; `#` stands for the number.
    pub display_text: String,
    /// `retain`.
    pub action: String,
    /// Its numbers.
    pub params: Vec<RetentionRuleParamMetadata>,
}

/// A number of a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionRuleParamMetadata {
    /// `int`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `COUNT` or `DAYS`.
    pub unit: String,
    /// Whether it has to be there.
    pub required: bool,
}

/// A way of selecting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionSelectorMetadata {
    /// For people.
    pub display_text: String,
    /// `doublestar`.
    pub kind: String,
    /// How a pattern is meant.
    pub decorations: Vec<String>,
}

/// A run of a policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionExecution {
    /// Row id.
    pub id: i64,
    /// The policy.
    pub policy_id: i64,
    /// When it began.
    pub start_time: String,
    /// When it ended.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub end_time: String,
    /// How it went.
    pub status: String,
    /// `MANUAL`, `SCHEDULE`.
    pub trigger: String,
    /// Whether it only said what it would remove.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dry_run: bool,
}

/// What a run did in one repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionExecutionTask {
    /// Row id.
    pub id: i64,
    /// The run.
    pub execution_id: i64,
    /// Name inside the project.
    pub repository: String,
    /// The job.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub job_id: String,
    /// How it went.
    pub status: String,
    /// The same as a number.
    pub status_code: i64,
    /// Counts changes of the status.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub status_revision: i64,
    /// When it began.
    pub start_time: String,
    /// When it ended.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub end_time: String,
    /// How many artifacts there were.
    pub total: i64,
    /// How many are kept.
    pub retained: i64,
}

/// How a policy is run by hand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionRun {
    /// Whether it only says what it would remove.
    #[serde(default)]
    pub dry_run: bool,
}

/// What is done with a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionOperation {
    /// `stop`.
    #[serde(default)]
    pub action: String,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

fn is_false(switch: &bool) -> bool {
    !*switch
}
