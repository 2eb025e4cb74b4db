//! Retention policies: which artifacts of a project are kept. As rows, and as a preview of what they would do; nothing
//! removes by them yet.

mod evaluate;
mod plan;
mod preview;

pub use preview::{Show, preview};

use std::collections::{BTreeMap, HashMap};

use berth_db::{Conn, query};
use berth_types::{
    ProjectId, Timestamp,
    api::{
        RetentionExecution, RetentionMetadata, RetentionPolicy, RetentionPolicyScope, RetentionRule,
        RetentionRuleMetadata, RetentionRuleParamMetadata, RetentionRuleTrigger, RetentionSelectorMetadata,
    },
    page::Paged,
};
use serde_json::Value;

use crate::{
    Domain, Error, Result, audit,
    authz::{
        CreateRetention, DeleteRetention, ListRetentionRuns, ProjectAccess, ProjectAction, ReadRetention, SignedIn,
        UpdateRetention,
    },
    cron, immutable,
};

/// The most rules of a policy (Harbor).
const RULES_MAX: usize = 15;
/// The largest number of a template.
const PARAMETER_MAX: f64 = 1_000_000.0;
/// The setting of a project that names its policy.
const SETTING: &str = "retention_id";

/// A template of rules.
struct Template {
    name: &'static str,
    text: &'static str,
    /// What its number counts; none where it has no number.
    unit: Option<&'static str>,
    /// Whether clients are told of it. Harbor has more than it tells.
    is_shown: bool,
}

const TEMPLATES: [Template; 7] = [
    Template {
        name: "latestPushedK",
        text: "the most recently pushed # artifacts",
        unit: Some("COUNT"),
        is_shown: true,
    },
    Template {
        name: "latestPulledN",
        text: "the most recently pulled # artifacts",
        unit: Some("COUNT"),
        is_shown: true,
    },
    Template { name: "nDaysSinceLastPush", text: "pushed within the last # days", unit: Some("DAYS"), is_shown: true },
    Template { name: "nDaysSinceLastPull", text: "pulled within the last # days", unit: Some("DAYS"), is_shown: true },
    Template { name: "always", text: "always", unit: None, is_shown: true },
    Template {
        name: "latestActiveK",
        text: "the most recently active # artifacts",
        unit: Some("COUNT"),
        is_shown: false,
    },
    Template { name: "lastXDays", text: "the images from the last # days", unit: Some("DAYS"), is_shown: false },
];

/// What rules can be made of.
pub fn metadata(_access: &SignedIn) -> RetentionMetadata {
    let template = |template: &Template| RetentionRuleMetadata {
        rule_template: template.name.to_owned(),
        display_text: template.text.to_owned(),
        action: "retain".to_owned(),
        params: template
            .unit
            .iter()
            .map(|unit| RetentionRuleParamMetadata { kind: "int".to_owned(), unit: (*unit).to_owned(), required: true })
            .collect(),
    };
    let selectors = |text: &str, decorations: [&str; 2]| {
        vec![RetentionSelectorMetadata {
            display_text: text.to_owned(),
            kind: "doublestar".to_owned(),
            decorations: decorations.map(str::to_owned).into(),
        }]
    };
    RetentionMetadata {
        templates: TEMPLATES.iter().filter(|template| template.is_shown).map(template).collect(),
        scope_selectors: selectors("Repositories", ["repoMatches", "repoExcludes"]),
        tag_selectors: selectors("Tags", ["matches", "excludes"]),
    }
}

/// The project that a request's policy is for.
///
/// # Errors
/// [`Error::BadRequest`] where it is for none.
pub fn project_of(request: &RetentionPolicy) -> Result<ProjectId> {
    let Some(scope) = &request.scope else {
        return Err(Error::BadRequest("bad request: the policy has no scope".to_owned()));
    };
    if scope.level != "project" {
        return Err(Error::BadRequest(format!("bad request: scope {} is not support", scope.level)));
    }
    Ok(ProjectId(scope.reference))
}

/// What Harbor says of a project that does not exist.
pub fn no_project(id: ProjectId) -> Error {
    Error::BadRequest(format!("bad request: invalid Project id {id}"))
}

/// Makes the policy of a project.
///
/// # Errors
/// [`Error::BadRequest`] for a policy that could not be followed, or a project that has one; [`Error::Conflict`] for
/// equal rules.
pub async fn create(
    domain: &Domain,
    access: &ProjectAccess<CreateRetention>,
    request: &RetentionPolicy,
) -> Result<i64> {
    let args = (access.clone(), check(request)?, domain.now());
    domain
        .db
        .write(args, |tx, (access, policy, now)| {
            Box::pin(async move {
                let project = access.project_id();
                let inserted = query::retention::insert(tx, project.0, &policy.cron, &policy.rules, *now).await?;
                let Some(id) = inserted else {
                    let old = query::retention::of_project(tx, project.0).await?.unwrap_or_default();
                    let text = format!("bad request: project {project} already has retention policy {old}");
                    return Err(Error::BadRequest(text));
                };
                query::metadata::put(tx, project.0, SETTING, &id.to_string()).await?;
                note(tx, access, "create", id, *now).await?;
                Ok(id)
            })
        })
        .await
}

/// One policy.
///
/// # Errors
/// [`Error::NotFound`] where the project has no such policy.
pub async fn get(domain: &Domain, access: &ProjectAccess<ReadRetention>, id: i64) -> Result<RetentionPolicy> {
    let found = query::retention::get(&mut domain.db.reader().await?.conn(), id).await?;
    let project = access.project_id();
    let row = found.filter(|row| row.project_id == project.0).ok_or_else(|| unknown(id))?;
    Ok(RetentionPolicy {
        id: row.id,
        algorithm: "or".to_owned(),
        rules: serde_json::from_str(&row.rules).map_err(Error::internal)?,
        trigger: Some(RetentionRuleTrigger {
            kind: "Schedule".to_owned(),
            settings: BTreeMap::from([("cron".to_owned(), Value::from(row.cron))]),
            references: BTreeMap::new(),
        }),
        scope: Some(RetentionPolicyScope { level: "project".to_owned(), reference: project.0 }),
    })
}

fn unknown(id: i64) -> Error {
    Error::NotFound(format!("no such Retention policy with id {id}"))
}

/// Changes the policy of a project.
///
/// # Errors
/// [`Error::NotFound`] where the project has no such policy; as [`create`].
pub async fn update(
    domain: &Domain,
    access: &ProjectAccess<UpdateRetention>,
    id: i64,
    request: &RetentionPolicy,
) -> Result<()> {
    let args = (access.clone(), id, check(request)?, domain.now());
    domain
        .db
        .write(args, |tx, (access, id, policy, now)| {
            Box::pin(async move {
                let row = (access.project_id().0, *id);
                if !query::retention::update(tx, row, &policy.cron, &policy.rules, *now).await? {
                    let text = format!("resource not found: the retention policy id {id} does not match");
                    return Err(Error::NotFound(text));
                }
                note(tx, access, "update", *id, *now).await
            })
        })
        .await
}

/// Removes the policy of a project.
///
/// # Errors
/// [`Error::NotFound`] where the project has no such policy.
pub async fn delete(domain: &Domain, access: &ProjectAccess<DeleteRetention>, id: i64) -> Result<()> {
    let args = (access.clone(), id, domain.now());
    domain
        .db
        .write(args, |tx, (access, id, now)| {
            Box::pin(async move {
                let project = access.project_id().0;
                if !query::retention::delete(tx, project, *id).await? {
                    return Err(unknown(*id));
                }
                query::metadata::delete(tx, project, SETTING).await?;
                note(tx, access, "delete", *id, *now).await
            })
        })
        .await
}

async fn note<A: ProjectAction>(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<A>,
    operation: &'static str,
    id: i64,
    now: Timestamp,
) -> Result<()> {
    let name = format!("{}/{id}", access.project().name);
    let entry = audit::Entry::success(operation, "retention", name).in_project(access.project_id());
    audit::record(tx, access.actor(), now, &entry).await
}

/// The runs of a policy: there are none.
pub fn executions(_access: &ProjectAccess<ListRetentionRuns>) -> Paged<RetentionExecution> {
    Paged { items: Vec::new(), total: 0 }
}

/// Runs a policy by hand.
///
/// # Errors
/// [`Error::NotYet`].
pub fn run(_access: &ProjectAccess<UpdateRetention>) -> Error {
    Error::NotYet("running a retention policy")
}

/// Changes the course of a run.
///
/// # Errors
/// [`Error::BadRequest`] for anything but `stop`; [`Error::NotFound`], as there are no runs.
pub fn operate(_access: &ProjectAccess<UpdateRetention>, execution: i64, action: &str) -> Error {
    if action != "stop" {
        return Error::BadRequest("bad request: action should be 'stop'".to_owned());
    }
    no_execution(execution)
}

/// What one run did: there are none.
pub fn tasks(_access: &ProjectAccess<ListRetentionRuns>, execution: i64) -> Error {
    no_execution(execution)
}

/// The log of what one run did in one repository: there are none.
pub fn log(_access: &ProjectAccess<ReadRetention>, task: i64) -> Error {
    Error::NotFound(format!("task {task} not found"))
}

fn no_execution(id: i64) -> Error {
    Error::NotFound(format!("execution {id} not found"))
}

/// A policy that can be followed.
#[derive(Debug)]
struct Checked {
    cron: String,
    rules: String,
}

fn check(request: &RetentionPolicy) -> Result<Checked> {
    let rules = request.rules.as_deref().unwrap_or_default();
    if rules.len() > RULES_MAX {
        return Err(Error::BadRequest(format!("bad request: only {RULES_MAX} rules are allowed at most")));
    }
    let mut known = HashMap::new();
    for (number, rule) in rules.iter().enumerate() {
        let text = serde_json::to_string(&RetentionRule { id: 0, ..rule.clone() }).map_err(Error::internal)?;
        if let Some(old) = known.insert(text, number) {
            return Err(Error::Conflict(format!("resource conflict: rule {number} is conflict with rule {old}")));
        }
    }
    if !matches!(request.algorithm.as_str(), "" | "or") {
        let text = format!("bad request: unknown algorithm {:?}: there is \"or\"", request.algorithm);
        return Err(Error::BadRequest(text));
    }
    for (number, rule) in rules.iter().enumerate() {
        check_rule(rule).map_err(|error| match error {
            Error::BadRequest(text) => Error::BadRequest(format!("bad request: rule {number}: {text}")),
            error => error,
        })?;
    }
    let rules = serde_json::to_string(&request.rules).map_err(Error::internal)?;
    Ok(Checked { cron: check_trigger(request.trigger.as_ref())?, rules })
}

fn check_trigger(trigger: Option<&RetentionRuleTrigger>) -> Result<String> {
    let Some(trigger) = trigger else { return Ok(String::new()) };
    let cron = match trigger.settings.get("cron") {
        None | Some(Value::Null) => "",
        Some(Value::String(cron)) => cron,
        Some(_) => return Err(Error::BadRequest("bad request: settings.cron is no text".to_owned())),
    };
    if cron.is_empty() {
        return Ok(String::new());
    }
    if !matches!(trigger.kind.as_str(), "" | "Schedule") {
        let text = format!("bad request: a trigger of kind {:?} has no schedule", trigger.kind);
        return Err(Error::BadRequest(text));
    }
    cron::check_for("tag retention", cron)?;
    Ok(cron.to_owned())
}

/// A rule that misses what it needs would keep more or less than somebody means, and less is lost for good.
fn check_rule(rule: &RetentionRule) -> Result<()> {
    let refuse = |text: String| Err(Error::BadRequest(text));
    if rule.action != "retain" {
        return refuse(format!("unknown action {:?}: there is \"retain\"", rule.action));
    }
    let Some(template) = TEMPLATES.iter().find(|template| template.name == rule.template) else {
        return refuse(format!("unknown template {:?}", rule.template));
    };
    if template.unit.is_some() {
        let number = rule.params.get(template.name).and_then(Value::as_f64);
        if !number.is_some_and(|number| number.fract() == 0.0 && (0.0..=PARAMETER_MAX).contains(&number)) {
            return refuse(format!("params.{} has to be a whole number from 0 on", template.name));
        }
    }
    for selector in rule.tag_selectors.iter().flatten() {
        let decorations = ["matches", "excludes"];
        immutable::check_parts(&selector.kind, &selector.decoration, &selector.pattern, decorations)?;
        let is_object = serde_json::from_str::<BTreeMap<String, Value>>(&selector.extras).is_ok();
        if !selector.extras.is_empty() && !is_object {
            return refuse(format!("extras {:?} is no JSON object", selector.extras));
        }
    }
    for (scope, selectors) in &rule.scope_selectors {
        if scope != "repository" {
            return refuse(format!("unknown scope {scope:?}: rules select by \"repository\""));
        }
        for selector in selectors {
            let decorations = ["repoMatches", "repoExcludes"];
            immutable::check_parts(&selector.kind, &selector.decoration, &selector.pattern, decorations)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(change: impl FnOnce(&mut Value)) -> RetentionPolicy {
        let mut policy = json!({
            "algorithm": "or",
            "rules": [{
                "action": "retain", "template": "latestPushedK", "params": { "latestPushedK": 3 },
                "tag_selectors": [{ "kind": "doublestar", "decoration": "matches", "pattern": "**", "extras": "{\"untagged\":true}" }],
                "scope_selectors": { "repository": [{ "kind": "doublestar", "decoration": "repoMatches", "pattern": "**" }] },
            }],
            "trigger": { "kind": "Schedule", "settings": { "cron": "0 0 0 * * *" }, "references": {} },
            "scope": { "level": "project", "ref": 1 },
        });
        change(&mut policy);
        serde_json::from_value(policy).unwrap()
    }

    #[test]
    fn what_harbors_clients_send_is_accepted() {
        assert_eq!(check(&policy(|_| ())).unwrap().cron, "0 0 0 * * *");
        for change in [
            (|policy: &mut Value| policy["trigger"]["settings"]["cron"] = json!("")) as fn(&mut Value),
            |policy| policy["trigger"] = Value::Null,
            |policy| policy["rules"] = json!([]),
            |policy| policy["rules"] = Value::Null,
            |policy| policy["rules"][0]["template"] = json!("lastXDays"),
            |policy| policy["rules"][0] = json!({ "action": "retain", "template": "always", "params": {} }),
        ] {
            let request = policy(|value| {
                value["rules"][0]["params"] = json!({ "latestPushedK": 1, "lastXDays": 2.0 });
                change(value);
            });
            assert!(check(&request).is_ok(), "{request:?}");
        }
    }

    #[test]
    fn what_could_not_be_followed_is_refused() {
        for change in [
            (|policy: &mut Value| policy["algorithm"] = json!("and")) as fn(&mut Value),
            |policy| policy["trigger"]["settings"]["cron"] = json!("* * * * *"),
            |policy| policy["trigger"]["settings"]["cron"] = json!(5),
            |policy| policy["trigger"]["kind"] = json!("Manual"),
            |policy| policy["rules"][0]["action"] = json!("delete"),
            |policy| policy["rules"][0]["template"] = json!("shoe"),
            |policy| policy["rules"][0]["params"] = json!({}),
            |policy| policy["rules"][0]["params"]["latestPushedK"] = json!("x"),
            |policy| policy["rules"][0]["params"]["latestPushedK"] = json!(-1),
            |policy| policy["rules"][0]["params"]["latestPushedK"] = json!(1.5),
            |policy| policy["rules"][0]["tag_selectors"][0]["pattern"] = json!("["),
            |policy| policy["rules"][0]["tag_selectors"][0]["extras"] = json!("yes"),
            |policy| policy["rules"][0]["tag_selectors"][0]["kind"] = json!("regex"),
            |policy| policy["rules"][0]["scope_selectors"]["project"] = json!([]),
        ] {
            let request = policy(change);
            assert!(matches!(check(&request), Err(Error::BadRequest(_))), "{request:?}");
        }
        let rule = policy(|_| ()).rules.unwrap().remove(0);
        let twice = RetentionPolicy { rules: Some(vec![rule.clone(), rule.clone()]), ..policy(|_| ()) };
        let error = check(&twice).unwrap_err().to_string();
        assert_eq!(error, "resource conflict: rule 1 is conflict with rule 0");
        let many = RetentionPolicy { rules: Some(vec![rule; 16]), ..policy(|_| ()) };
        assert!(check(&many).unwrap_err().to_string().contains("only 15 rules"));
    }
}
