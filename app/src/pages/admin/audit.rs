//! The audit log of the whole system.

use super::AdminFrame;
use crate::client::use_client;
use crate::i18n::keys;
use crate::pages::audit::{AuditFilter, AuditList};
use crate::pages::loaded;
use crate::query::use_list_state;
use crate::t;
use crate::ui::{Crumb, PageHead};
use leptos::prelude::*;

/// The page of the log.
#[component]
pub fn Audit() -> impl IntoView {
    let state = use_list_state("-op_time");
    let client = use_client();
    let entries = Resource::new(
        move || state.get(),
        move |state| {
            let client = client.clone();
            async move {
                let entries = client.audit(&state.params(AuditFilter::read(&state.search).q())).await?;
                Ok((state, entries))
            }
        },
    );
    let title = t!(keys::admin_audit::TITLE);
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title.clone())]>
            <PageHead title=move || title sub=t!(keys::admin_audit::SUB) />
            {loaded(entries, |(state, entries)| view! { <AuditList state=state entries=entries /> })}
        </AdminFrame>
    }
}
