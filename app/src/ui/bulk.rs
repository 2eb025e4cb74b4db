//! Selecting rows of a list and acting on all of them at once.
//!
//! The checkboxes belong to a form that leads to a page with the question, so all of it works without script: the style
//! sheet shows the bar in the place of the filters as soon as a row is ticked. Script adds the count, the range between
//! two ticks, the checkbox for all rows of the page, and Esc.

use super::{Glyph, Icon, classes, query_pairs, with_query};
use crate::i18n::{keys, use_catalog};
use crate::t;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The form that the checkboxes of rows belong to.
pub(super) const FORM: &str = "bulk";

/// The parameter that ticks a row of a list by what is sent for it, as often as there are rows.
pub const TICKED: &str = "ticked";
/// Whether the address ticks a row: somebody comes back to what was selected. Rows that come later are not ticked by it.
pub(super) fn is_ticked(row: &str) -> bool {
    let search = use_location().search.get_untracked();
    // Most often nothing is, and a list has many rows.
    !are_taken()
        && search.contains(TICKED)
        && query_pairs(&search).iter().any(|(name, value)| name == TICKED && value == row)
}

/// Something that can be done to what is selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkButton {
    /// The word in the address of the question.
    pub act: &'static str,
    /// What it does: "Delete…".
    pub label: String,
    /// Beside it.
    pub icon: Glyph,
    /// Whether it takes something away.
    pub danger: bool,
}

/// A list whose rows can be selected. Without anything to do to them it is only the list.
#[component]
pub fn Selectable(
    /// Where the selection is sent.
    #[prop(into)]
    action: String,
    /// What else the address there says: which kind of things, how the list is narrowed.
    keep: Vec<(&'static str, String)>,
    /// What can be done.
    buttons: Vec<BulkButton>,
    /// Rows on this page.
    rows: usize,
    /// Rows that match, on all pages.
    total: u64,
    /// The filters, the table, the pager.
    children: Children,
) -> impl IntoView {
    if buttons.is_empty() || rows == 0 {
        return children().into_any();
    }
    let root = NodeRef::<leptos::html::Div>::new();
    let count = RwSignal::new(0_u64);
    // After every drawing of the list: its rows may be others now.
    Effect::new(move || {
        if let Some(root) = root.get() {
            settle(&root);
            count.set(recount(&root));
        }
    });
    let on_change = move |event: leptos::ev::Event| {
        if let Some(root) = root.get_untracked() {
            head_changed(&root, &event);
            exempted(&root, &event);
            count.set(recount(&root));
        }
    };
    let on_click = move |event: leptos::ev::MouseEvent| {
        if let Some(root) = root.get_untracked()
            && range(&root, &event)
        {
            count.set(recount(&root));
        }
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        if let Some(root) = root.get_untracked()
            && event.key() == "Escape"
            && count.get_untracked() > 0
        {
            clear(&root);
            count.set(recount(&root));
        }
    };
    let catalog = use_catalog();
    let selected = move || match count.get() {
        // Nobody counts without script.
        0 => catalog.get(keys::bulk::SELECTION).to_owned(),
        n => catalog.plural(keys::bulk::SELECTED, n, &[]),
    };
    let hidden = keep.into_iter().filter(|(_, value)| !value.is_empty());
    let hidden = hidden.map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view();
    let more = (rows as u64) < total;
    let all = more.then(|| {
        view! {
            <label class="check">
                <input type="checkbox" name="all" value="1" />
                <span>{crate::tn!(keys::bulk::ALL_MATCHING, total)}</span>
            </label>
        }
    });
    let search = use_location().search.get_untracked();
    let clear_button = if search.contains(TICKED) {
        // A form that is reset has what its page began with. Another document: the list would be the same one to this.
        let plain = with_query(&search, &[(TICKED, None)]);
        view! {
            <a class="btn btn-ghost btn-s push" href=plain rel="external">
                <Icon name=Glyph::X />
                {t!(keys::bulk::CLEAR)}
            </a>
        }
        .into_any()
    } else {
        view! {
            <button type="reset" class="btn btn-ghost btn-s push">
                <Icon name=Glyph::X />
                {t!(keys::bulk::CLEAR)}
            </button>
        }
        .into_any()
    };
    let buttons = buttons.into_iter().map(|button| {
        view! {
            <button
                type="submit"
                class=classes(&["btn btn-ghost btn-s", if button.danger { "btn-danger" } else { "" }])
                name="act"
                value=button.act
            >
                <Icon name=button.icon />
                {button.label}
            </button>
        }
    });
    view! {
        <div class="selectable" node_ref=root on:change=on_change on:click=on_click on:keydown=on_key>
            <form
                id=FORM
                class="bulk"
                method="get"
                action=action
                aria-label=t!(keys::bulk::SELECTION)
                on:reset=move |_| {
                    if let Some(root) = root.get_untracked() {
                        forget(&root);
                    }
                    count.set(0);
                }
            >
                {hidden}
                <strong class="strong" role="status">
                    {selected}
                </strong>
                {all}
                <span class="sep" aria-hidden="true"></span>
                {buttons.collect_view()}
                {clear_button}
            </form>
            {children()}
        </div>
    }
    .into_any()
}

/// The head of the column with checkboxes: with script, a checkbox for all rows of the page.
#[component]
pub fn SelectAllColumn() -> impl IntoView {
    let scripted = RwSignal::new(false);
    Effect::new(move || scripted.set(true));
    view! {
        <th role="columnheader" scope="col" class="sel">
            <label hidden=move || !scripted.get()>
                <input type="checkbox" form=FORM autocomplete="off" />
                <span class="sr">{t!(keys::bulk::SELECT_PAGE)}</span>
            </label>
            <span class="sr" hidden=move || scripted.get()>
                {t!(keys::table::SELECT)}
            </span>
        </th>
    }
}

#[cfg(target_arch = "wasm32")]
pub(crate) use browser::expect_ticks;
#[cfg(target_arch = "wasm32")]
use browser::{are_taken, clear, exempted, forget, head_changed, range, recount, settle};

#[cfg(target_arch = "wasm32")]
mod browser {
    use std::cell::Cell;
    use std::collections::HashSet;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, Event, HtmlFormElement, HtmlInputElement, MouseEvent};

    thread_local! {
        /// Whether the ticks of the address were taken over: then they are the visitor's, who may have changed them.
        static TAKEN: Cell<bool> = const { Cell::new(false) };
    }

    pub(super) fn are_taken() -> bool {
        TAKEN.get()
    }

    /// Another address has ticks of its own.
    pub(crate) fn expect_ticks() {
        TAKEN.set(false);
    }

    fn boxes(root: &Element, selector: &str) -> Vec<HtmlInputElement> {
        let Ok(found) = root.query_selector_all(selector) else { return Vec::new() };
        (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
    }

    fn rows(root: &Element) -> Vec<HtmlInputElement> {
        boxes(root, "tbody .sel input")
    }

    fn head(root: &Element) -> Option<HtmlInputElement> {
        boxes(root, "thead .sel input").into_iter().next()
    }

    fn target(event: &Event) -> Option<HtmlInputElement> {
        event.target()?.dyn_into().ok()
    }

    /// The checkbox of all that match.
    const ALL: &str = "form.bulk [name=all]";
    /// Where a checkbox notes what it was ticked for.
    const TICKED: &str = "data-ticked";
    /// The checkbox that was clicked last, which stays known when the list is drawn again.
    const CLICKED: &str = "data-clicked";

    /// Keeps ticks on what they were set for. A list that changes draws other rows into the places of the former ones, whose
    /// checkboxes would stay as they are.
    pub(super) fn settle(root: &Element) {
        let rows = rows(root);
        TAKEN.set(true);
        // What the address ticked is the visitor's from now on: Esc takes it as well.
        for tick in &rows {
            let is_ticked = tick.checked();
            tick.set_default_checked(false);
            tick.set_checked(is_ticked);
        }
        let ticked: HashSet<String> = rows.iter().filter_map(|row| row.get_attribute(TICKED)).collect();
        if ticked.is_empty() {
            // Before anything is noted, what is ticked was ticked where it is; or all of it is gone with its rows.
            if !rows.iter().any(HtmlInputElement::checked) {
                untick_all(root);
            }
            return;
        }
        rows.iter().for_each(|row| row.set_checked(ticked.contains(&row.value())));
        let here: HashSet<String> = rows.iter().map(HtmlInputElement::value).collect();
        if !ticked.is_subset(&here) {
            // All that matched was another list.
            untick_all(root);
        }
    }

    /// Nothing is ticked from now on.
    pub(super) fn forget(root: &Element) {
        // An attribute of a name that is one can be removed.
        rows(root).iter().for_each(|row| drop(row.remove_attribute(TICKED)));
    }

    /// How many rows are ticked, which is noted at each; the checkbox of all of them follows.
    pub(super) fn recount(root: &Element) -> u64 {
        let rows = rows(root);
        for row in &rows {
            let noted =
                if row.checked() { row.set_attribute(TICKED, &row.value()) } else { row.remove_attribute(TICKED) };
            drop(noted);
        }
        let ticked = rows.iter().filter(|row| row.checked()).count();
        if let Some(head) = head(root) {
            head.set_checked(ticked > 0 && ticked == rows.len());
            head.set_indeterminate(ticked > 0 && ticked < rows.len());
        }
        ticked as u64
    }

    /// All rows follow the checkbox of all of them.
    pub(super) fn head_changed(root: &Element, event: &Event) {
        let Some(head) = head(root) else { return };
        if target(event).is_some_and(|target| target == head) {
            rows(root).iter().for_each(|row| row.set_checked(head.checked()));
        }
    }

    /// A row that is left out on this page is left out of all that match: then it is only what is ticked.
    pub(super) fn exempted(root: &Element, event: &Event) {
        let Some(target) = target(event).filter(|target| !target.checked()) else { return };
        if rows(root).contains(&target) || head(root).as_ref() == Some(&target) {
            untick_all(root);
        }
    }

    fn untick_all(root: &Element) {
        boxes(root, ALL).iter().for_each(|all| all.set_checked(false));
    }

    /// Whether a row was clicked; with Shift, all between it and the one that was clicked before become as it is.
    pub(super) fn range(root: &Element, event: &MouseEvent) -> bool {
        let Some(clicked) = target(event) else { return false };
        let rows = rows(root);
        let Some(at) = rows.iter().position(|row| *row == clicked) else { return false };
        let before = rows.iter().position(|row| row.has_attribute(CLICKED));
        if let (true, Some(before)) = (event.shift_key(), before) {
            let between = before.min(at)..=before.max(at);
            let ticked = clicked.checked();
            rows.iter().enumerate().filter(|(n, _)| between.contains(n)).for_each(|(_, row)| row.set_checked(ticked));
        }
        for row in &rows {
            // An attribute of a name that is one can be set and removed.
            drop(if *row == clicked { row.set_attribute(CLICKED, "") } else { row.remove_attribute(CLICKED) });
        }
        true
    }

    /// Unticks everything.
    pub(super) fn clear(root: &Element) {
        let form = root.query_selector("form.bulk").ok().flatten();
        if let Some(form) = form.and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) {
            form.reset();
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
use server::{are_taken, clear, exempted, forget, head_changed, range, recount, settle};

/// Nothing is ticked while the page is drawn in the server.
#[cfg(not(target_arch = "wasm32"))]
mod server {
    pub(super) const fn are_taken() -> bool {
        false
    }

    pub(super) fn settle<E>(_: &E) {}

    pub(super) fn forget<E>(_: &E) {}

    pub(super) fn exempted<E, V>(_: &E, _: &V) {}

    pub(super) fn recount<E>(_: &E) -> u64 {
        0
    }

    pub(super) fn head_changed<E, V>(_: &E, _: &V) {}

    pub(super) const fn range<E, V>(_: &E, _: &V) -> bool {
        false
    }

    pub(super) fn clear<E>(_: &E) {}
}
