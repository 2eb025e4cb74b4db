//! Entries as requests: a JSON array of them, or the logs of OpenTelemetry (OTLP over HTTP, in its JSON encoding).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Batch, Waiting,
    endpoint::{Endpoint, Target},
    host, loss_text,
};
use crate::outbound::{Failure, Outbound, Post};

/// What is read of an answer, in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Severities of OpenTelemetry.
const INFO: (u8, &str) = (9, "INFO");
const WARN: (u8, &str) = (13, "WARN");

/// What a receiver did with a batch.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// It has it, but for so many entries that it says it does not want.
    Taken(u64),
    /// It takes nothing now, for this reason.
    Later(String, Option<Duration>),
    /// It wants this batch neither now nor later.
    Refused(String),
}

/// Sends a batch.
pub(super) async fn deliver(outbound: &Outbound, target: &Target, run: &str, batch: &Batch) -> Answer {
    let is_otlp = matches!(target.endpoint, Endpoint::Otlp(_));
    let body = if is_otlp { logs(run, batch) } else { array(run, batch) };
    post(outbound, target, body).await
}

/// Sends something that is no entry, to see whether it is taken.
pub(super) async fn test(outbound: &Outbound, target: &Target, at: &str) -> Answer {
    const TEXT: &str = "Audit entries are forwarded here from now on";
    let body = match target.endpoint {
        Endpoint::Otlp(_) => {
            let attributes = vec![text("berth.audit.operation", "test")];
            envelope(vec![json!({
                "severityNumber": INFO.0, "severityText": INFO.1, "body": { "stringValue": TEXT }, "attributes": attributes,
            })])
        }
        _ => json!([{ "op_time": at, "operation": "test", "operation_description": TEXT, "host": host() }]),
    };
    post(outbound, target, body).await
}

async fn post(outbound: &Outbound, target: &Target, body: Value) -> Answer {
    let Some(url) = target.endpoint.url() else {
        return Answer::Later("it is no address of HTTP".to_owned(), None);
    };
    let post = Post {
        url: url.as_str(),
        certificates: target.certificates,
        header: target.proof.as_ref().map(|proof| (&proof.name, &proof.value)),
        body: body.to_string(),
        answer_bytes_max: ANSWER_BYTES_MAX,
    };
    match outbound.post(post).await {
        Ok(posted) => match posted.status {
            200..300 => match &target.endpoint {
                Endpoint::Otlp(_) => Answer::Taken(rejected(&posted.body)),
                _ => Answer::Taken(0),
            },
            // These are about what was sent. Everything else is about the receiver, and somebody can mend it.
            status @ (400 | 413 | 422) => Answer::Refused(format!("it answered {status}")),
            status => Answer::Later(format!("it answered {status}"), posted.retry_after),
        },
        // An address in a reason may hold what is not for logs.
        Err(Failure::Address(_)) => Answer::Later("it is no address of HTTP".to_owned(), None),
        Err(failure) => Answer::Later(failure.to_string(), None),
    }
}

/// How many of the logs a receiver of OTLP took from us and threw away.
fn rejected(body: &[u8]) -> u64 {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Answer {
        partial_success: PartialSuccess,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct PartialSuccess {
        // 64 bits are a text in this encoding, which not everybody keeps to.
        rejected_log_records: Value,
    }
    let answer: Answer = serde_json::from_slice(body).unwrap_or_default();
    let count = answer.partial_success.rejected_log_records;
    count.as_u64().or_else(|| count.as_str()?.parse().ok()).unwrap_or_default()
}

/// An entry, by the names that the API and the export have for its parts.
#[derive(Serialize)]
struct Entry<'e> {
    /// The same whenever this entry is sent, and no other entry has it.
    id: String,
    op_time: String,
    username: &'e str,
    operation: &'e str,
    resource_type: &'e str,
    resource: &'e str,
    operation_description: &'e str,
    operation_result: bool,
    client_address: &'e str,
    request_id: &'e str,
    project_id: Option<i64>,
    host: &'static str,
}

fn id(run: &str, waiting: &Waiting) -> String {
    format!("{run}-{}", waiting.number)
}

fn array(run: &str, batch: &Batch) -> Value {
    let loss = (batch.lost > 0).then(|| {
        let at = batch.rows.first().map(|waiting| waiting.row.at.to_rfc3339());
        json!({
            "op_time": at, "operation": "lost", "operation_description": loss_text(batch.lost), "lost": batch.lost,
            "host": host(),
        })
    });
    let entry = |waiting: &Waiting| {
        let row = &waiting.row;
        json!(Entry {
            id: id(run, waiting),
            op_time: row.at.to_rfc3339(),
            username: &row.username,
            operation: &row.operation,
            resource_type: &row.resource_type,
            resource: &row.resource,
            operation_description: &row.description,
            operation_result: row.successful,
            client_address: &row.client_address,
            request_id: &row.request_id,
            project_id: row.project_id,
            host: host(),
        })
    };
    loss.into_iter().chain(batch.rows.iter().map(entry)).collect()
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn logs(run: &str, batch: &Batch) -> Value {
    let loss = (batch.lost > 0).then(|| {
        json!({
            "timeUnixNano": batch.rows.first().map_or_else(|| "0".to_owned(), nanoseconds),
            "severityNumber": WARN.0,
            "severityText": WARN.1,
            "body": { "stringValue": loss_text(batch.lost) },
            "attributes": [{ "key": "berth.audit.lost", "value": { "intValue": batch.lost.to_string() } }],
        })
    });
    let record = |waiting: &Waiting| {
        let row = &waiting.row;
        let severity = if row.successful { INFO } else { WARN };
        let mut attributes = vec![
            text("log.record.uid", &id(run, waiting)),
            text("berth.audit.operation", &row.operation),
            text("berth.audit.resource_type", &row.resource_type),
            text("berth.audit.resource", &row.resource),
            json!({ "key": "berth.audit.successful", "value": { "boolValue": row.successful } }),
        ];
        let known = [
            ("user.name", &row.username),
            ("client.address", &row.client_address),
            ("berth.request_id", &row.request_id),
        ];
        attributes.extend(known.iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| text(key, value)));
        if let Some(project) = row.project_id {
            attributes.push(json!({ "key": "berth.project_id", "value": { "intValue": project.to_string() } }));
        }
        json!({
            "timeUnixNano": nanoseconds(waiting),
            "severityNumber": severity.0,
            "severityText": severity.1,
            "body": { "stringValue": row.description },
            "attributes": attributes,
        })
    };
    envelope(loss.into_iter().chain(batch.rows.iter().map(record)).collect())
}

/// 64 bits are a text in this encoding.
fn nanoseconds(waiting: &Waiting) -> String {
    (i128::from(waiting.row.at.micros()) * 1000).to_string()
}

fn envelope(records: Vec<Value>) -> Value {
    let resource =
        [text("service.name", "berth"), text("service.version", env!("CARGO_PKG_VERSION")), text("host.name", host())];
    json!({
        "resourceLogs": [{
            "resource": { "attributes": resource },
            "scopeLogs": [{ "scope": { "name": "berth.audit" }, "logRecords": records }],
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::{super::tests::row, *};

    fn batch(lost: u64) -> Batch {
        let mut row = row("a\"b");
        (row.project_id, row.successful) = (Some(7), false);
        Batch { rows: vec![Waiting { number: 3, row }], lost }
    }

    #[test]
    fn an_array_has_the_names_of_the_api() {
        let mut told = array("run", &batch(2));
        for entry in told.as_array_mut().unwrap() {
            assert_eq!(entry["host"].take(), *host());
        }
        assert_eq!(
            told,
            json!([
                {
                    "op_time": "2020-01-01T00:00:00.000Z", "operation": "lost", "lost": 2, "host": null,
                    "operation_description": "2 audit entries were not forwarded because too many waited",
                },
                {
                    "id": "run-3", "op_time": "2020-01-01T00:00:00.000Z", "username": "a\"b", "operation": "create",
                    "resource_type": "project", "resource": "a\"b", "operation_description": "create project: a\"b",
                    "operation_result": false, "client_address": "10.0.0.1", "request_id": "", "project_id": 7,
                    "host": null,
                },
            ])
        );
    }

    #[test]
    fn logs_keep_to_the_encoding() {
        let told = logs("run", &batch(2));
        let records = &told["resourceLogs"][0]["scopeLogs"][0]["logRecords"];
        assert_eq!(records[0]["attributes"][0], json!({ "key": "berth.audit.lost", "value": { "intValue": "2" } }));
        let record = &records[1];
        assert_eq!(record["timeUnixNano"], "1577836800000000000");
        assert_eq!((&record["severityNumber"], &record["severityText"]), (&json!(13), &json!("WARN")));
        assert_eq!(record["body"], json!({ "stringValue": "create project: a\"b" }));
        assert_eq!(
            record["attributes"],
            json!([
                { "key": "log.record.uid", "value": { "stringValue": "run-3" } },
                { "key": "berth.audit.operation", "value": { "stringValue": "create" } },
                { "key": "berth.audit.resource_type", "value": { "stringValue": "project" } },
                { "key": "berth.audit.resource", "value": { "stringValue": "a\"b" } },
                { "key": "berth.audit.successful", "value": { "boolValue": false } },
                { "key": "user.name", "value": { "stringValue": "a\"b" } },
                { "key": "client.address", "value": { "stringValue": "10.0.0.1" } },
                { "key": "berth.project_id", "value": { "intValue": "7" } },
            ])
        );
        let resource = &told["resourceLogs"][0]["resource"]["attributes"][0];
        assert_eq!(*resource, json!({ "key": "service.name", "value": { "stringValue": "berth" } }));
    }

    #[test]
    fn what_a_receiver_threw_away_is_read() {
        assert_eq!(rejected(br#"{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"x"}}"#), 3);
        assert_eq!(rejected(br#"{"partialSuccess":{"rejectedLogRecords":4}}"#), 4);
        assert_eq!(rejected(br#"{"partialSuccess":{}}"#), 0);
        assert_eq!(rejected(b"{}"), 0);
        assert_eq!(rejected(b""), 0);
        assert_eq!(rejected(br#"{"partialSuccess":null}"#), 0);
    }
}
