//! Scanners of vulnerabilities, and the vulnerabilities that policies overlook.

use super::{Answer, ApiResult, Client, ListParams, Method};
use berth_types::ProjectName;
use berth_types::api::{
    CveAllowlist, CveAllowlistReq, IsDefault, ProjectScanner, ScannerAdapterMetadata, ScannerRegistration,
    ScannerRegistrationReq, ScannerRegistrationSettings,
};
use berth_types::page::Paged;
use berth_types::url::{API, encode, project_part};

impl Client {
    /// Scanners, the default one first.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn scanners(&self, params: &ListParams) -> ApiResult<Paged<ScannerRegistration>> {
        self.list(params.on(&format!("{API}/scanners"), &[])).await
    }

    /// One scanner.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn scanner(&self, id: &str) -> ApiResult<ScannerRegistration> {
        self.get(format!("{API}/scanners/{}", encode(id))).await
    }

    /// What a scanner says of itself now.
    ///
    /// # Errors
    /// 412 where it does not answer.
    pub async fn scanner_metadata(&self, id: &str) -> ApiResult<ScannerAdapterMetadata> {
        self.get(format!("{API}/scanners/{}/metadata", encode(id))).await
    }

    /// Tries a scanner.
    ///
    /// # Errors
    /// 400 where it does not answer as one.
    pub async fn ping_scanner(&self, settings: &ScannerRegistrationSettings) -> ApiResult<()> {
        self.send(Method::Post, format!("{API}/scanners/ping"), settings).await.map(drop)
    }

    /// Registers a scanner that answers.
    ///
    /// # Errors
    /// 409 for a taken name or address, 400 where it does not answer.
    pub async fn create_scanner(&self, scanner: &ScannerRegistrationReq) -> ApiResult<Answer> {
        self.send(Method::Post, format!("{API}/scanners"), scanner).await
    }

    /// Changes a scanner. An empty credential keeps the one that is there.
    ///
    /// # Errors
    /// As of registering one; 404 where there is none.
    pub async fn update_scanner(&self, id: &str, scanner: &ScannerRegistrationReq) -> ApiResult<()> {
        self.send(Method::Put, format!("{API}/scanners/{}", encode(id)), scanner).await.map(drop)
    }

    /// Makes a scanner the one of all projects that chose none.
    ///
    /// # Errors
    /// 400 where it is switched off.
    pub async fn set_default_scanner(&self, id: &str) -> ApiResult<()> {
        let body = IsDefault { is_default: true };
        self.send(Method::Patch, format!("{API}/scanners/{}", encode(id)), &body).await.map(drop)
    }

    /// Removes a scanner.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn delete_scanner(&self, id: &str) -> ApiResult<()> {
        self.delete(format!("{API}/scanners/{}", encode(id))).await
    }

    /// The scanner of a project with how it is now; none where there is none at all.
    ///
    /// # Errors
    /// 403 where the visitor does not see it.
    pub async fn project_scanner(&self, project: &ProjectName) -> ApiResult<Option<ScannerRegistration>> {
        let answer = self.call(Method::Get, project_part(project, "scanner"), None).await?;
        if answer.body.is_empty() { Ok(None) } else { answer.json() }
    }

    /// The scanners that a project may choose.
    ///
    /// # Errors
    /// 403 where the visitor does not choose.
    pub async fn scanner_candidates(
        &self,
        project: &ProjectName,
        params: &ListParams,
    ) -> ApiResult<Paged<ScannerRegistration>> {
        self.list(params.on(&project_part(project, "scanner/candidates"), &[])).await
    }

    /// Chooses the scanner of a project.
    ///
    /// # Errors
    /// 404 where there is none of this id.
    pub async fn choose_scanner(&self, project: &ProjectName, id: &str) -> ApiResult<()> {
        let body = ProjectScanner { uuid: Some(id.to_owned()) };
        self.send(Method::Put, project_part(project, "scanner"), &body).await.map(drop)
    }

    /// The vulnerabilities that the whole system overlooks.
    ///
    /// # Errors
    /// 401 for anonymous visitors.
    pub async fn system_allowlist(&self) -> ApiResult<CveAllowlist> {
        self.get(format!("{API}/system/CVEAllowlist")).await
    }

    /// Replaces the vulnerabilities that the whole system overlooks.
    ///
    /// # Errors
    /// 400 for an id that is empty or comes twice.
    pub async fn set_system_allowlist(&self, list: &CveAllowlistReq) -> ApiResult<()> {
        self.send(Method::Put, format!("{API}/system/CVEAllowlist"), list).await.map(drop)
    }
}
