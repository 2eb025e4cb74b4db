//! The part of a page that waits for the API.

use crate::client::ApiResult;
use crate::i18n::keys;
use crate::pages::ErrorView;
use crate::t;
use crate::ui::Skeleton;
use leptos::prelude::*;

/// Draws what a resource gives, or why it gives nothing. What is shown stays while the next is loaded.
pub fn loaded<T, V>(resource: Resource<ApiResult<T>>, draw: impl Fn(T) -> V + Clone + Send + Sync + 'static) -> AnyView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let label = t!(keys::common::LOADING);
    view! {
        <Transition fallback=move || view! { <Skeleton label=label.clone() /> }>
            {move || {
                let draw = draw.clone();
                Suspend::new(async move {
                    match resource.await {
                        Ok(value) => draw(value).into_any(),
                        Err(error) => view! { <ErrorView error=error /> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
    .into_any()
}
