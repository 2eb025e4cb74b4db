//! The command palette: a search that leads somewhere. It opens where script runs; the results page does the same without.

use super::form::Navigate;
use super::{Glyph, Icon, open_dialog};
use crate::i18n::keys;
use crate::{t, tn};
use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::prelude::*;

/// The id of the dialog.
const DIALOG: &str = "palette";
/// The id of the list.
const LIST: &str = "palette-list";

/// Somewhere that a palette leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaletteItem {
    /// What it is.
    pub icon: Glyph,
    /// Its name; what was searched for is marked in it.
    pub name: String,
    /// What tells it apart.
    pub note: String,
    /// Where it leads.
    pub href: String,
}

/// Items of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaletteGroup {
    /// Their kind.
    pub title: String,
    /// The best first.
    pub items: Vec<PaletteItem>,
}

/// Opens the palette; whether the page has one.
pub fn open_palette() -> bool {
    let is_there = open_dialog(DIALOG);
    #[cfg(target_arch = "wasm32")]
    if is_there {
        select_typed();
    }
    is_there
}

/// What was typed the last time is typed over.
#[cfg(target_arch = "wasm32")]
fn select_typed() {
    use wasm_bindgen::JsCast;
    let field = document().query_selector(&format!("#{DIALOG} input")).ok().flatten();
    if let Some(field) = field.and_then(|field| field.dyn_into::<leptos::web_sys::HtmlInputElement>().ok()) {
        field.select();
    }
}

/// The palette, closed until [`open_palette`]. Once a page.
#[component]
pub fn Palette(
    /// What was typed; the page fills `groups` from it.
    query: RwSignal<String>,
    /// What was found.
    #[prop(into)]
    groups: Signal<Vec<PaletteGroup>>,
    /// What else can be typed.
    #[prop(into)]
    hint: String,
    /// Does what is chosen by its address; where it says false, the address is gone to.
    choose: Callback<String, bool>,
) -> impl IntoView {
    let navigate = use_context::<Navigate>();
    let active = RwSignal::new(0_usize);
    // Until it is opened it costs nothing but its frame.
    let open = RwSignal::new(false);
    let hrefs = Memo::new(move |_| {
        groups.with(|groups| {
            groups.iter().flat_map(|group| &group.items).map(|item| item.href.clone()).collect::<Vec<_>>()
        })
    });
    let size = move || hrefs.with(Vec::len);
    Effect::new(move || {
        // What was chosen stands elsewhere now.
        hrefs.track();
        active.set(0);
    });
    let go = move |index: usize, new_tab: bool| {
        let Some(href) = hrefs.with_untracked(|hrefs| hrefs.get(index).cloned()) else { return };
        if choose.run(href.clone()) {
            super::close_dialog(DIALOG);
            return;
        }
        if new_tab {
            open_tab(&href);
            return;
        }
        super::close_dialog(DIALOG);
        if let Some(Navigate(navigate)) = navigate {
            navigate.run(href);
        }
    };
    let on_key = move |event: KeyboardEvent| {
        if event.is_composing() {
            return;
        }
        let (key, at) = (event.key(), active.get_untracked());
        if key == "Enter" {
            event.prevent_default();
            go(at, event.ctrl_key() || event.meta_key());
            return;
        }
        let Some(next) = stepped(&key, at, size()) else { return };
        event.prevent_default();
        active.set(next);
        show_option(next);
    };
    let found = move || {
        if open.get() && !query.with(String::is_empty) {
            tn!(keys::count::MATCHES, size() as u64)
        } else {
            String::new()
        }
    };
    let label = t!(keys::palette::LABEL);
    let own_label = label.clone();
    let catalog = crate::i18n::use_catalog();
    let list = move || {
        if !open.get() {
            return ().into_any();
        }
        let (groups, typed) = (groups.get(), query.get_untracked());
        if groups.is_empty() {
            return view! { <p class="palette-none">{catalog.get(keys::palette::NOTHING).to_owned()}</p> }.into_any();
        }
        let mut index = 0;
        let groups = groups.into_iter().enumerate().map(|(place, group)| {
            let id = format!("palette-g{place}");
            let labelled = id.clone();
            let options = group.items.into_iter().map(|item| {
                let own = index;
                index += 1;
                view! { <Choice item=item index=own typed=typed.clone() active=active go=Callback::new(move |new_tab| go(own, new_tab)) /> }
            }).collect_view();
            view! {
                <div role="group" aria-labelledby=labelled>
                    <div class="group" id=id>
                        {group.title}
                    </div>
                    {options}
                </div>
            }
        });
        groups.collect_view().into_any()
    };
    let expanded = move || if open.get() && size() > 0 { "true" } else { "false" };
    let current = move || (open.get() && size() > 0).then(|| option_id(active.get()));
    view! {
        <dialog class="dialog palette" id=DIALOG aria-label=own_label>
            <div class="search">
                <Icon name=Glyph::Search />
                <input
                    class="input"
                    type="text"
                    role="combobox"
                    aria-expanded=expanded
                    aria-controls=LIST
                    aria-activedescendant=current
                    aria-autocomplete="list"
                    aria-label=label
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    autofocus=true
                    prop:value=move || query.get()
                    on:focus=move |_| open.set(true)
                    on:input=move |event| query.set(event_target_value(&event))
                    on:keydown=on_key
                />
                <kbd class="kbd" aria-hidden="true">
                    "Esc"
                </kbd>
            </div>
            <div class="palette-list" id=LIST role="listbox" aria-label=t!(keys::palette::RESULTS) tabindex="-1">
                {list}
            </div>
            <div class="sr" role="status">
                {found}
            </div>
            <Foot hint=hint />
        </dialog>
    }
}

/// The option that an arrow leads to from another: the first one comes after the last.
fn stepped(key: &str, at: usize, size: usize) -> Option<usize> {
    let last = size.saturating_sub(1);
    match key {
        "ArrowDown" => Some(if at < last { at + 1 } else { 0 }),
        "ArrowUp" => Some(if at > 0 { at - 1 } else { last }),
        _ => None,
    }
}

/// The keys that work in the palette.
#[component]
fn Foot(hint: String) -> impl IntoView {
    view! {
        <div class="palette-foot" aria-hidden="true">
            <span>
                <kbd class="kbd">"↑"</kbd>
                <kbd class="kbd">"↓"</kbd>
                {t!(keys::palette::CHOOSE)}
            </span>
            <span>
                <kbd class="kbd">"Enter"</kbd>
                {t!(keys::palette::OPEN)}
            </span>
            <span>
                <kbd class="kbd">"Ctrl"</kbd>
                <kbd class="kbd">"Enter"</kbd>
                {t!(keys::palette::NEW_TAB)}
            </span>
            <span class="push">{hint}</span>
        </div>
    }
}

#[component]
fn Choice(
    item: PaletteItem,
    index: usize,
    typed: String,
    active: RwSignal<usize>,
    go: Callback<bool>,
) -> impl IntoView {
    let name = marked(&item.name, &typed)
        .into_iter()
        .map(|(part, hit)| if hit { view! { <mark>{part}</mark> }.into_any() } else { part.into_any() })
        .collect_view();
    view! {
        <div
            role="option"
            id=option_id(index)
            aria-selected=move || if active.get() == index { "true" } else { "false" }
            on:click=move |event: MouseEvent| go.run(event.ctrl_key() || event.meta_key())
        >
            <Icon name=item.icon />
            <span class="name">{name}</span>
            <span class="where">{item.note}</span>
        </div>
    }
}

fn option_id(index: usize) -> String {
    format!("palette-o{index}")
}

/// A name in parts, those that were typed marked.
fn marked(name: &str, typed: &str) -> Vec<(String, bool)> {
    // ASCII alone is folded, so that places in the folded text are places in the name.
    let (folded, typed) = (name.to_ascii_lowercase(), typed.trim().to_ascii_lowercase());
    let Some(at) = folded.find(&typed).filter(|_| !typed.is_empty()) else { return vec![(name.to_owned(), false)] };
    let end = at + typed.len();
    [(&name[..at], false), (&name[at..end], true), (&name[end..], false)]
        .into_iter()
        .filter(|(part, _)| !part.is_empty())
        .map(|(part, hit)| (part.to_owned(), hit))
        .collect()
}

#[cfg(target_arch = "wasm32")]
fn open_tab(href: &str) {
    // A browser that opens no window has said so to its user.
    drop(window().open_with_url_and_target(href, "_blank"));
}

#[cfg(target_arch = "wasm32")]
fn show_option(index: usize) {
    if let Some(option) = document().get_element_by_id(&option_id(index)) {
        option.scroll_into_view_with_bool(false);
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn open_tab(_: &str) {}

#[cfg(not(target_arch = "wasm32"))]
fn show_option(_: usize) {}

#[cfg(test)]
mod tests {
    use super::{marked, stepped};

    #[test]
    fn arrows_go_round() {
        assert_eq!(["ArrowDown", "ArrowUp", "a"].map(|key| stepped(key, 1, 3)), [Some(2), Some(0), None]);
        assert_eq!((stepped("ArrowDown", 2, 3), stepped("ArrowUp", 0, 3)), (Some(0), Some(2)));
        assert_eq!((stepped("ArrowDown", 0, 0), stepped("ArrowUp", 0, 0)), (Some(0), Some(0)));
    }

    #[test]
    fn what_was_typed_is_marked() {
        let of = |name: &str, typed: &str| {
            let parts = marked(name, typed);
            parts.into_iter().map(|(part, hit)| if hit { format!("[{part}]") } else { part }).collect::<String>()
        };
        assert_eq!(of("payments/Ledger-api", "ledg"), "payments/[Ledg]er-api");
        assert_eq!(of("ledger", "LEDGER "), "[ledger]");
        assert_eq!(of("审计日志", "日志"), "审计[日志]");
        assert_eq!(of("a", "b"), "a");
        assert_eq!(of("a", " "), "a");
    }
}
