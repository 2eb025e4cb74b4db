//! The audit log as a file.

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use berth_domain::{Domain, audit_export};
use berth_types::api::AuditEntry;
use berth_web::{ApiError, ApiResult, extract::List};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::header;

use crate::extract::RequireAudit;
use crate::routes::{Routes, routes};

/// Entries that are sent together.
const CHUNK_ROWS: usize = 100;
/// The columns of the file, which are the fields of an entry.
const HEAD: &str =
    "id,op_time,username,operation,resource_type,resource,operation_description,operation_result,client_address\r\n";

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(export))
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// A line an entry, after a line of names (RFC 4180).
    Csv,
    /// A JSON object a line.
    JsonLines,
}

/// The entries that the caller may see, as a file: newest first, oldest first with `sort=op_time`. `q` as in the list.
#[utoipa::path(
    get, path = "/api/berth/v1/audit-logs/export", operation_id = "exportAuditLogs", tag = "berth",
    params(
        ("format" = Option<String>, Query, description = "`csv` or `jsonl`; `csv` where none is given."),
        ("q" = Option<String>, Query, description = "Filters, as in the list."),
        ("sort" = Option<String>, Query, description = "`op_time` or `-op_time`."),
    ),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
async fn export(list: List, RequireAudit(view): RequireAudit, State(domain): State<Domain>) -> ApiResult<Response> {
    let format = match list.param("format") {
        None | Some("" | "csv") => Format::Csv,
        Some("jsonl") => Format::JsonLines,
        Some(other) => {
            return Err(ApiError::validation(format!("format in query should be one of [csv jsonl], not \"{other}\"")));
        }
    };
    let entries = audit_export::stream(&domain, &view, list.query);
    let lines = entries.map(move |entry| entry.and_then(|entry| format.line(&entry)));
    let chunks = lines.chunks(CHUNK_ROWS).map(|lines| {
        let text: Result<String, _> = lines.into_iter().collect();
        // The client sees that the file has no end, and the log why.
        text.map(Bytes::from).inspect_err(|error| tracing::error!(%error, "an export of the audit log broke off"))
    });
    let body = Body::from_stream(stream::once(async move { Ok(Bytes::from_static(format.head())) }).chain(chunks));
    let disposition = format!("attachment; filename=\"audit-log.{}\"", format.extension());
    Ok(([(header::CONTENT_TYPE, format.media_type()), (header::CONTENT_DISPOSITION, &*disposition)], body)
        .into_response())
}

impl Format {
    const fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8; header=present",
            Format::JsonLines => "application/jsonl",
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::JsonLines => "jsonl",
        }
    }

    const fn head(self) -> &'static [u8] {
        match self {
            Format::Csv => HEAD.as_bytes(),
            Format::JsonLines => b"",
        }
    }

    fn line(self, entry: &AuditEntry) -> berth_domain::Result<String> {
        match self {
            Format::Csv => Ok(csv(entry)),
            Format::JsonLines => {
                let mut line = serde_json::to_string(entry).map_err(berth_domain::Error::internal)?;
                line.push('\n');
                Ok(line)
            }
        }
    }
}

fn csv(entry: &AuditEntry) -> String {
    let texts =
        [&entry.username, &entry.operation, &entry.resource_type, &entry.resource, &entry.operation_description];
    let texts: Vec<String> = texts.into_iter().map(|text| cell(text)).collect();
    let (time, address) = (entry.op_time.to_rfc3339(), cell(&entry.client_address));
    format!("{},{time},{},{},{address}\r\n", entry.id, texts.join(","), entry.operation_result)
}

/// A text in quotes where it needs them. Spreadsheets run what begins like a formula, and names are chosen by whoever
/// tries to sign in: an apostrophe keeps such a text a text.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    let text = format!("{guard}{text}");
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_holds_whatever_somebody_wrote() {
        assert_eq!(cell("admin"), "admin");
        assert_eq!(cell("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
        assert_eq!(cell("=HYPERLINK(\"http://x\",\"y\")"), "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
        assert_eq!(cell(""), "");
    }
}
