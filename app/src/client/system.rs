//! The system: information, settings, counts, search, log, health.

use super::{ApiResult, Client, ListParams, Method};
use berth_types::api::{
    AuditEntry, AuditLogEventType, Configurations, ConfiguredValue, GeneralInfo, OverallHealthStatus, Search,
    SettingInfo, Statistic,
};
use berth_types::page::Paged;
use berth_types::url::{API, BERTH_API, encode, with_query};
use serde_json::{Map, Value};

impl Client {
    /// What a client may know of the system.
    ///
    /// # Errors
    /// 503 before set-up.
    pub async fn system_info(&self) -> ApiResult<GeneralInfo> {
        self.get(format!("{API}/systeminfo")).await
    }

    /// All settings, with whether they can be changed here.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn configurations(&self) -> ApiResult<Configurations> {
        self.get(format!("{API}/configurations")).await
    }

    /// All settings with where their values come from.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn settings(&self) -> ApiResult<Vec<SettingInfo>> {
        self.get(format!("{BERTH_API}/settings")).await
    }

    /// What the server was started with.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn configuration(&self) -> ApiResult<Vec<ConfiguredValue>> {
        self.get(format!("{BERTH_API}/configuration")).await
    }

    /// Changes settings: only the keys that are given.
    ///
    /// # Errors
    /// 400 for a value outside its range.
    pub async fn set_configurations(&self, changes: &Map<String, Value>) -> ApiResult<()> {
        self.send(Method::Put, format!("{API}/configurations"), changes).await.map(drop)
    }

    /// Forgets what was set, so that the default of a setting holds.
    ///
    /// # Errors
    /// 404 for an unknown setting, 403 where the configuration fixes it.
    pub async fn reset_setting(&self, name: &str) -> ApiResult<()> {
        let path = format!("{BERTH_API}/settings/{}", encode(name));
        self.call(Method::Delete, path, None).await.map(drop)
    }

    /// What happened in the whole system.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn audit(&self, params: &ListParams) -> ApiResult<Paged<AuditEntry>> {
        self.list(params.on(&format!("{BERTH_API}/audit-logs"), &[])).await
    }

    /// The kinds of events that can be logged.
    ///
    /// # Errors
    /// 401 for anonymous visitors.
    pub async fn audit_events(&self) -> ApiResult<Vec<AuditLogEventType>> {
        self.get(format!("{API}/auditlog-exts/events")).await
    }

    /// Counts over all that the visitor may see.
    ///
    /// # Errors
    /// As of every call.
    pub async fn statistics(&self) -> ApiResult<Statistic> {
        self.get(format!("{API}/statistics")).await
    }

    /// Projects and repositories whose name contains `text`.
    ///
    /// # Errors
    /// As of every call.
    pub async fn search(&self, text: &str) -> ApiResult<Search> {
        self.get(with_query(&format!("{API}/search"), &[("q", text)])).await
    }

    /// Health, part by part.
    ///
    /// # Errors
    /// As of every call.
    pub async fn health(&self) -> ApiResult<OverallHealthStatus> {
        self.get(format!("{API}/health")).await
    }
}
