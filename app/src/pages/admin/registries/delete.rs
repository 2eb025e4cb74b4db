//! The question whether to delete a registry.

use super::{crumbs, id_of_page};
use crate::client::use_client;
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::admin::AdminFrame;
use crate::pages::admin::outside::{DeleteQuestion, Target, Thing};
use crate::pages::{NotFound, loaded};
use crate::{t, tn};
use berth_types::api::{Registry, ReplicationPolicy};
use leptos::prelude::*;

/// The page with the question. Rules that use the registry keep it.
#[component]
pub fn DeleteRegistry() -> impl IntoView {
    let Some(id) = id_of_page() else { return view! { <NotFound /> }.into_any() };
    let title = t!(keys::registries::DELETE_SUBMIT);
    let client = use_client();
    let used = Resource::new(
        move || id,
        move |id| {
            let client = client.clone();
            async move { Ok((client.registry(id).await?, client.rules_of_registry(id).await?)) }
        },
    );
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            {loaded(used, |(registry, rules)| view! { <Question registry=registry rules=rules /> })}
        </AdminFrame>
    }
    .into_any()
}

#[component]
fn Question(registry: Registry, rules: Vec<ReplicationPolicy>) -> impl IntoView {
    let uses = rules.len() as u64;
    let effect = match uses {
        0 => t!(keys::registries::DELETE_TEXT, url = registry.url),
        uses => tn!(keys::registries::DELETE_USED, uses),
    };
    let links = rules.into_iter().map(|rule| {
        let href = Target::of(Thing::Rule, rule.id, &rule.name).edit();
        view! {
            <li>
                <a href=href>{rule.name}</a>
            </li>
        }
    });
    let links = links.collect_view();
    let blocked = uses > 0;
    let list = blocked.then(|| view! { <ul>{links}</ul> });
    view! {
        <DeleteQuestion
            target=Target::of(Thing::Registry, registry.id, &registry.name)
            heading=t!(keys::registries::DELETE_TITLE, name = registry.name)
            effect=effect
            blocked=blocked
            submit=t!(keys::registries::DELETE_SUBMIT)
        >
            {list}
        </DeleteQuestion>
    }
}
