//! Webhook policies of projects.

use super::{ApiResult, Client, ListParams, Method};
use berth_types::ProjectName;
use berth_types::api::WebhookPolicy;
use berth_types::page::Paged;
use berth_types::url::project_part;

/// In place of a header that the API shows: no page prints it, and what a page loads is part of its text.
pub const HIDDEN_HEADER: &str = "•";

fn hide(mut policy: WebhookPolicy) -> WebhookPolicy {
    for target in &mut policy.targets {
        if !target.auth_header.is_empty() {
            HIDDEN_HEADER.clone_into(&mut target.auth_header);
        }
    }
    policy
}

impl Client {
    /// The webhooks of a project, newest first, without their headers.
    ///
    /// # Errors
    /// 403 where the visitor's role does not see them.
    pub async fn webhooks(&self, project: &ProjectName, params: &ListParams) -> ApiResult<Paged<WebhookPolicy>> {
        let found: Paged<WebhookPolicy> = self.list(params.on(&project_part(project, "webhook/policies"), &[])).await?;
        Ok(found.map(hide))
    }

    /// One webhook, without its headers.
    ///
    /// # Errors
    /// 404 where the project has no such webhook.
    pub async fn webhook(&self, project: &ProjectName, id: i64) -> ApiResult<WebhookPolicy> {
        Ok(hide(self.get(webhook(project, id)).await?))
    }

    /// One webhook with its headers, for a change that keeps them.
    ///
    /// # Errors
    /// As [`Client::webhook`].
    #[cfg(feature = "ssr")]
    pub async fn webhook_with_headers(&self, project: &ProjectName, id: i64) -> ApiResult<WebhookPolicy> {
        self.get(webhook(project, id)).await
    }

    /// Makes a webhook.
    ///
    /// # Errors
    /// 400 where it could never be sent, 409 where the project has one of this name.
    pub async fn create_webhook(&self, project: &ProjectName, policy: &WebhookPolicy) -> ApiResult<()> {
        self.send(Method::Post, project_part(project, "webhook/policies"), policy).await.map(drop)
    }

    /// Changes a webhook.
    ///
    /// # Errors
    /// As [`Client::create_webhook`]; 404 where the project has no such webhook.
    pub async fn update_webhook(&self, project: &ProjectName, policy: &WebhookPolicy) -> ApiResult<()> {
        self.send(Method::Put, webhook(project, policy.id), policy).await.map(drop)
    }

    /// Deletes a webhook.
    ///
    /// # Errors
    /// 404 where the project has no such webhook.
    pub async fn delete_webhook(&self, project: &ProjectName, id: i64) -> ApiResult<()> {
        self.delete(webhook(project, id)).await
    }
}

fn webhook(project: &ProjectName, id: i64) -> String {
    format!("{}/{id}", project_part(project, "webhook/policies"))
}
