//! Exports of what scans found. Nothing scans yet, so nothing is exported and nobody has an export.

use berth_types::{
    ProjectId,
    api::{ScanDataExportExecution, ScanDataExportExecutionList, ScanDataExportRequest},
};

use crate::{
    Error, Result,
    authz::{CreateExport, ProjectAccess, SignedIn},
};

/// The one kind of data that can be exported.
pub const EXPORT_TYPE: &str = "application/vnd.security.vulnerability.report; version=1.1";

/// Which project a request is about. Harbor says this before it asks who asks.
///
/// # Errors
/// [`Error::BadRequest`] for another kind of data, and for none or more than one project.
pub fn project_of(request: &ScanDataExportRequest, data_type: &str) -> Result<ProjectId> {
    if data_type != EXPORT_TYPE {
        return Err(Error::BadRequest(format!("bad request: Unsupported MIME type : {data_type}")));
    }
    let [project] = request.projects.as_slice() else {
        let given: Vec<String> = request.projects.iter().map(i64::to_string).collect();
        let text = format!("bad request: only support export single project, invalid value: [{}]", given.join(" "));
        return Err(Error::BadRequest(text));
    };
    Ok(ProjectId(*project))
}

/// Begins an export.
///
/// # Errors
/// [`Error::NotYet`].
pub fn begin(_access: &ProjectAccess<CreateExport>) -> Result<i64> {
    Err(Error::NotYet("exports of what scans found"))
}

/// The exports of the caller.
pub fn list(_access: &SignedIn) -> ScanDataExportExecutionList {
    ScanDataExportExecutionList::default()
}

/// One export.
///
/// # Errors
/// [`Error::NotFound`].
pub fn get(_access: &SignedIn, id: i64) -> Result<ScanDataExportExecution> {
    Err(unknown(id))
}

/// The file of an export.
///
/// # Errors
/// [`Error::NotFound`].
pub fn download(_access: &SignedIn, id: i64) -> Result<Vec<u8>> {
    Err(unknown(id))
}

fn unknown(id: i64) -> Error {
    Error::NotFound(format!("execution {id} not found"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_is_about_one_project() {
        let request = |projects: &[i64]| ScanDataExportRequest { projects: projects.to_vec(), ..Default::default() };
        assert_eq!(project_of(&request(&[7]), EXPORT_TYPE).unwrap(), ProjectId(7));
        let refused = |projects: &[i64], kind: &str| project_of(&request(projects), kind).unwrap_err().to_string();
        let text = "bad request: only support export single project, invalid value: ";
        assert_eq!(refused(&[7, 1], EXPORT_TYPE), format!("{text}[7 1]"));
        assert_eq!(refused(&[], EXPORT_TYPE), format!("{text}[]"));
        assert_eq!(refused(&[7], "shoe"), "bad request: Unsupported MIME type : shoe");
    }
}
