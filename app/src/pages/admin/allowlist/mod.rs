//! Vulnerabilities that policies overlook: the list of the whole system, and that of a project.

mod form;

pub(crate) use form::{AllowlistFields, ListForm};

use super::AdminFrame;
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, Posted};
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::t;
use crate::ui::{Crumb, PageHead};
use leptos::prelude::*;

/// Replaces the list of the whole system.
#[server(prefix = "/_portal", endpoint = "system-allowlist")]
pub(crate) async fn post_system_allowlist(#[server(flatten)] list: ListForm) -> Posted {
    let client = use_client();
    let posted = match list.read() {
        Ok(request) => client.set_system_allowlist(&request).await.map_err(|refusal| list.answer().refused(refusal)),
        Err(error) => Err::<(), FormError>(error),
    };
    crate::form::conclude(posted, &Notice::AllowlistSaved.on("/admin/allowlist", ""))
}

/// The page of the list of the whole system.
#[component]
pub fn SystemAllowlist() -> impl IntoView {
    let title = t!(keys::allowlist::TITLE);
    let action = FormAction::of::<PostSystemAllowlist>();
    let client = use_client();
    let list = Resource::new(
        move || action.version().get(),
        move |_| {
            let client = client.clone();
            async move { client.system_allowlist().await }
        },
    );
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title)]>
            <PageHead title=|| t!(keys::allowlist::TITLE) sub=t!(keys::allowlist::SUB) />
            {loaded(list, move |list| view! { <AllowlistFields list=list action=action /> })}
        </AdminFrame>
    }
}
