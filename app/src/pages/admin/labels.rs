//! Labels that every project can use.

use super::AdminFrame;
use crate::i18n::keys;
use crate::pages::NotFound;
use crate::pages::labels::{DeleteLabel, EditLabel, Labels, May, NewLabel, Owner};
use crate::t;
use crate::ui::Crumb;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page with the list.
#[component]
pub fn SystemLabels() -> impl IntoView {
    let title = t!(keys::labels::TITLE);
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title)]>
            <Labels owner=Owner::System may=May::ALL />
        </AdminFrame>
    }
}

/// The page to make one.
#[component]
pub fn NewSystemLabel() -> impl IntoView {
    let title = t!(keys::labels::NEW_TITLE);
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            <NewLabel owner=Owner::System />
        </AdminFrame>
    }
}

/// The page to change one.
#[component]
pub fn EditSystemLabel() -> impl IntoView {
    let title = t!(keys::labels::EDIT_SHORT);
    let Some(id) = id_of_page() else { return view! { <NotFound /> }.into_any() };
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            <EditLabel owner=Owner::System id=id />
        </AdminFrame>
    }
    .into_any()
}

/// The question whether to delete one.
#[component]
pub fn DeleteSystemLabel() -> impl IntoView {
    let title = t!(keys::labels::DELETE_SUBMIT);
    let Some(id) = id_of_page() else { return view! { <NotFound /> }.into_any() };
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            <DeleteLabel owner=Owner::System id=id />
        </AdminFrame>
    }
    .into_any()
}

fn crumbs(title: &str) -> Vec<Crumb> {
    vec![Crumb::link(t!(keys::labels::TITLE), "/admin/labels"), Crumb::here(title)]
}

/// The label that the address names.
fn id_of_page() -> Option<i64> {
    use_params_map().with_untracked(|params| params.get_str("id").and_then(|id| id.parse().ok()))
}
