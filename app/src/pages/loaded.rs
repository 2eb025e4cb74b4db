//! The part of a page that waits for the API.

use crate::client::ApiResult;
use crate::i18n::keys;
use crate::load::{Part, Resource};
use crate::pages::ErrorView;
use crate::t;
use crate::ui::Skeleton;
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Draws what a resource gives, or why it gives nothing. What is shown stays while the next is loaded.
pub fn loaded<T, V>(resource: Resource<ApiResult<T>>, draw: impl Fn(T) -> V + Clone + Send + Sync + 'static) -> AnyView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    V: IntoView + 'static,
{
    waiting(Box::new(resource.drawn(move |loaded| match loaded {
        Ok(value) => draw(value).into_any(),
        Err(error) => view! { <ErrorView error=error /> }.into_any(),
    })))
}

fn waiting(part: Box<dyn Fn() -> Part + Send + Sync>) -> AnyView {
    let label = t!(keys::common::LOADING);
    view! { <Transition fallback=move || view! { <Skeleton label=label.clone() /> }>{part}</Transition> }.into_any()
}
