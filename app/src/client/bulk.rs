//! Operations on many things at once.

use super::{ApiResult, Client, Method};
use berth_types::api::{BulkOperation, BulkPreview, BulkRequest, BulkStarted};
use berth_types::url::BERTH_API;

impl Client {
    /// What an operation would do.
    ///
    /// # Errors
    /// 400 for what makes no sense, 403 where the visitor may not.
    pub async fn bulk_preview(&self, request: &BulkRequest) -> ApiResult<BulkPreview> {
        self.send(Method::Post, format!("{BERTH_API}/bulk/preview"), request).await?.json()
    }

    /// Begins an operation.
    ///
    /// # Errors
    /// As [`Client::bulk_preview`]; 412 where too many are under way.
    pub async fn begin_bulk(&self, request: &BulkRequest) -> ApiResult<BulkStarted> {
        self.send(Method::Post, format!("{BERTH_API}/bulk"), request).await?.json()
    }

    /// How far an operation is.
    ///
    /// # Errors
    /// 404 for one that is not the visitor's.
    pub async fn bulk(&self, id: i64) -> ApiResult<BulkOperation> {
        self.get(format!("{BERTH_API}/bulk/{id}")).await
    }
}
