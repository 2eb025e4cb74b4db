//! The question whether to delete a rule.

use super::{crumbs, id_of_page, rule};
use crate::client::use_client;
use crate::i18n::{keys, use_catalog};
use crate::load::Resource;
use crate::pages::admin::AdminFrame;
use crate::pages::admin::outside::{DeleteQuestion, Target, Thing};
use crate::pages::{NotFound, loaded};
use crate::t;
use berth_types::api::ReplicationPolicy;
use leptos::prelude::*;

/// The page with the question.
#[component]
pub fn DeleteRule() -> impl IntoView {
    let Some(id) = id_of_page() else { return view! { <NotFound /> }.into_any() };
    let title = t!(keys::replication::DELETE_SUBMIT);
    let client = use_client();
    let rule = Resource::new(
        move || id,
        move |id| {
            let client = client.clone();
            async move { client.replication_rule(id).await }
        },
    );
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            {loaded(rule, |rule| view! { <Question rule=rule /> })}
        </AdminFrame>
    }
    .into_any()
}

#[component]
fn Question(rule: ReplicationPolicy) -> impl IntoView {
    let catalog = use_catalog();
    let (what, place) = (rule::what(&catalog, &rule), rule::place(&catalog, &rule));
    view! {
        <DeleteQuestion
            target=Target::of(Thing::Rule, rule.id, &rule.name)
            heading=t!(keys::replication::DELETE_TITLE, name = rule.name)
            effect=t!(keys::replication::DELETE_TEXT)
            submit=t!(keys::replication::DELETE_SUBMIT)
        >
            <p class="small muted">{format!("{what} · {place}")}</p>
        </DeleteQuestion>
    }
}
