//! The audit log of the whole system.

use super::AdminFrame;
use crate::client::use_client;
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::audit::{AuditFilter, AuditList, Views};
use crate::pages::loaded;
use crate::query::use_list_state;
use crate::t;
use crate::ui::{Crumb, Glyph, LinkButton, PageHead};
use leptos::prelude::*;

/// The page of the log.
#[component]
pub fn Audit() -> impl IntoView {
    let state = use_list_state("-op_time");
    let views = Views::of("audit");
    let client = use_client();
    let entries = Resource::new(
        move || (state.get(), views.version()),
        move |(state, _)| {
            let client = client.clone();
            async move {
                let entries = client.audit(&state.params(AuditFilter::read(&state.search).q())).await?;
                let saved = views.load(&client).await?;
                Ok((state, entries, saved))
            }
        },
    );
    let title = t!(keys::admin_audit::TITLE);
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title.clone())]>
            <PageHead title=move || title sub=t!(keys::admin_audit::SUB) actions=Forward />
            {loaded(
                entries,
                move |(state, entries, saved)| {
                    let next = ("/projects".to_owned(), t!(keys::nav::PROJECTS));
                    view! { <AuditList state=state entries=entries views=views saved=saved next=next /> }
                },
            )}
        </AdminFrame>
    }
}

/// The way to where entries are sent besides.
#[component]
fn Forward() -> impl IntoView {
    view! {
        <LinkButton href="/admin/settings?q=audit_log_forward_endpoint" icon=Glyph::Arrow>
            {t!(keys::audit::FORWARD)}
        </LinkButton>
    }
}
