//! Searches of a log that the visitor gave names.

use super::AuditFilter;
#[cfg(feature = "ssr")]
use crate::client::use_client;
use crate::client::{ApiResult, Client};
#[cfg(feature = "ssr")]
use crate::form::{Fault, FormError};
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::t;
use crate::ui::{Button, Glyph, IconButton, Menu, MenuLink, MenuSeparator, MenuSide, Size, TextField, with_query};
use berth_types::api::SavedView;
#[cfg(feature = "ssr")]
use berth_types::api::SavedViewReq;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Gives the search of a page a name.
#[server(prefix = "/_portal", endpoint = "save-view")]
pub(crate) async fn post_save_view(list: String, name: String, query: String, page: String) -> Posted {
    let client = use_client();
    let name = name.trim();
    let posted = if (1..=64).contains(&name.chars().count()) {
        let view = SavedViewReq { list, name: name.to_owned(), query: query.clone() };
        client.save_view(&view).await.map_err(|refusal| FormError::default().refused(refusal))
    } else {
        Err(FormError::default().with("view", Fault::ShortName))
    };
    crate::form::conclude(posted, &Notice::ViewSaved.on(&address(&page, &query), name))
}

/// Removes a named search.
#[server(prefix = "/_portal", endpoint = "delete-view")]
pub(crate) async fn post_delete_view(id: i64, name: String, query: String, page: String) -> Posted {
    let client = use_client();
    let posted = client.delete_view(id).await.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &Notice::ViewRemoved.on(&address(&page, &query), &name))
}

#[cfg(any(feature = "ssr", test))]
fn address(page: &str, query: &str) -> String {
    if query.is_empty() { page.to_owned() } else { format!("{page}?{query}") }
}

/// The named searches of one log.
#[derive(Clone, Copy)]
pub struct Views {
    /// The list that they are of.
    list: &'static str,
    save: FormAction,
    remove: FormAction,
}

impl Views {
    /// Those of the list `list`, for a page that shows them.
    pub fn of(list: &'static str) -> Self {
        Views { list, save: FormAction::of::<PostSaveView>(), remove: FormAction::of::<PostDeleteView>() }
    }

    /// Changes whenever one was saved or removed.
    pub fn version(self) -> usize {
        self.save.version().get() + self.remove.version().get()
    }

    /// The views.
    ///
    /// # Errors
    /// As of every call; a caller without an account of its own has none.
    pub async fn load(self, client: &Client) -> ApiResult<Vec<SavedView>> {
        match client.saved_views(self.list).await {
            Err(error) if matches!(error.status, 401 | 403 | 412) => Ok(Vec::new()),
            loaded => loaded,
        }
    }
}

/// What of a query makes the view: the filter and the order, not the page.
fn query_of(search: &str) -> String {
    with_query(search, &[("page", None), ("page_size", None)]).trim_start_matches('?').to_owned()
}

/// The menu of the views, with the way to save the present one.
#[component]
pub(super) fn ViewsMenu(views: Views, saved: Vec<SavedView>, search: String) -> impl IntoView {
    let Views { list, save, remove } = views;
    let query = query_of(&search);
    // Untracked: the page is made anew with another address.
    let page = use_location().pathname.get_untracked();
    let nothing = saved.is_empty();
    let rows = saved.into_iter().map(|view| {
        let (query, page) = (query.clone(), page.clone());
        let href = if view.query.is_empty() { "?".to_owned() } else { format!("?{}", view.query) };
        let label = t!(keys::audit::REMOVE_VIEW, name = view.name);
        let current = view.query == query;
        view! {
            <div class="view-row">
                <MenuLink href=href current=current text=view.name.clone() />
                <PostForm action=remove>
                    <input type="hidden" name="id" value=view.id.to_string() />
                    <input type="hidden" name="name" value=view.name />
                    <input type="hidden" name="query" value=query />
                    <input type="hidden" name="page" value=page />
                    <IconButton icon=Glyph::Trash label=label size=Size::Small submit=true />
                </PostForm>
            </div>
        }
    });
    let rows = rows.collect_view();
    let is_filtered = AuditFilter::read(&search).is_active();
    let form = is_filtered.then(move || {
        view! {
            <MenuSeparator />
            <PostForm action=save attr:class="form">
                <FormErrors answer=answer_of(save) />
                <input type="hidden" name="list" value=list />
                <input type="hidden" name="query" value=query />
                <input type="hidden" name="page" value=page />
                <TextField
                    label=t!(keys::audit::VIEW_NAME)
                    name="name"
                    id="f-view"
                    autocomplete="off"
                    maxlength=64
                    required=true
                />
                <Button submit=true busy=save.pending()>
                    {t!(keys::audit::SAVE_VIEW)}
                </Button>
            </PostForm>
        }
    });
    view! {
        <Menu text=t!(keys::audit::VIEWS) side=MenuSide::End wide=true>
            {nothing.then(|| view! { <p class="menu-title">{t!(keys::audit::NO_VIEWS)}</p> })}
            {rows}
            {form}
        </Menu>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_the_filter_and_the_order() {
        assert_eq!(query_of("?operation=login&page=3&sort=op_time&page_size=50"), "operation=login&sort=op_time");
        assert_eq!(query_of(""), "");
        assert_eq!(address("/admin/audit", "a=b"), "/admin/audit?a=b");
        assert_eq!(address("/admin/audit", ""), "/admin/audit");
    }
}
