//! What stands where content is still to come.

use leptos::prelude::*;

/// Grey rows in place of a list that is still loading; one hidden text says so.
#[component]
pub fn Skeleton(
    /// What is loading: "Loading tags".
    #[prop(into)]
    label: String,
) -> impl IntoView {
    // Fixed, uneven widths: the same on server and browser.
    const NAMES: [&str; 4] = ["35", "25", "30", "20"];
    let row = |name: &'static str| {
        view! {
            <div class="row nowrap-row g4">
                <span class="sk" data-v=name></span>
                <span class="sk" data-v="15"></span>
                <span class="sk" data-v="10"></span>
            </div>
        }
    };
    view! {
        <div class="sr" role="status">
            {label}
        </div>
        <div class="stack g3 skeleton" aria-hidden="true">
            {NAMES.into_iter().map(row).collect_view()}
        </div>
    }
}
