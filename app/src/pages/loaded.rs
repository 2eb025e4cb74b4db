//! The part of a page that waits for the API.

use crate::client::ApiResult;
use crate::i18n::keys;
use crate::load::Resource;
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
    let label = t!(keys::common::LOADING);
    resource.drawn(
        move || view! { <Skeleton label=label.clone() /> }.into_any(),
        move |loaded| match loaded {
            Ok(value) => draw(value).into_any(),
            Err(error) => view! { <ErrorView error=error /> }.into_any(),
        },
    )
}

/// Draws what a resource gives where it gives something: what a page is whole without.
pub fn extra<T, V>(resource: Resource<Option<T>>, draw: impl Fn(T) -> V + Send + Sync + 'static) -> AnyView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    V: IntoView + 'static,
{
    resource.drawn(|| ().into_any(), move |loaded| loaded.map(&draw).into_any())
}
