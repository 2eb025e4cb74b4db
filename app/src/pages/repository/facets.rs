//! The filters of the lists of a repository: menus of links, and the filters that are on.

use super::filter::{Filter, OF_TAGS};
use crate::i18n::{keys, use_catalog};
use crate::t;
use crate::ui::{Chips, Empty, FilterChip, Glyph, LinkButton, Menu, MenuLink, with_query};
use berth_types::api::Label;
use leptos::prelude::*;

/// The values that a menu offers: those that are there, and the one that is chosen.
pub(super) fn facet_values<'a>(shown: impl Iterator<Item = &'a String>, current: &str) -> Vec<String> {
    let mut values: Vec<String> = shown.cloned().collect();
    if !current.is_empty() {
        values.push(current.to_owned());
    }
    values.sort();
    values.dedup();
    values
}

/// The labels to choose from and those of the rows of a page, by name, each once.
pub(super) fn labels_of<'a>(choices: &'a [Label], rows: impl Iterator<Item = &'a [Label]>) -> Vec<(i64, String)> {
    let mut labels: Vec<(String, i64)> =
        rows.flatten().chain(choices).map(|label| (label.name.clone(), label.id)).collect();
    labels.sort();
    labels.dedup();
    labels.into_iter().map(|(name, id)| (id, name)).collect()
}

/// A menu of links that set or take away one parameter.
fn facet(
    title: String,
    parameter: &'static str,
    search: &str,
    choices: Vec<(Option<String>, String, bool)>,
) -> AnyView {
    let links: Vec<_> = choices
        .into_iter()
        .map(|(value, text, current)| {
            let href = with_query(search, &[(parameter, value.as_deref()), ("page", None)]);
            view! { <MenuLink href=href current=current text=text /> }
        })
        .collect();
    view! { <Menu text=title>{links}</Menu> }.into_any()
}

/// The menu of platforms; nothing where there are none to choose.
#[component]
pub(super) fn PlatformFacet(values: Vec<String>, current: String, search: String) -> impl IntoView {
    (!values.is_empty()).then(|| {
        let all = (None, t!(keys::shelf::PLATFORM_ALL), current.is_empty());
        let choices = values.into_iter().map(|value| (Some(value.clone()), value.clone(), value == current));
        facet(t!(keys::shelf::PLATFORM), "platform", &search, std::iter::once(all).chain(choices).collect())
    })
}

/// The menu of what is signed and what is not.
#[component]
pub(super) fn SignatureFacet(current: Option<bool>, search: String) -> impl IntoView {
    let choice = |signed: bool, text: String| (Some(signed.to_string()), text, current == Some(signed));
    let choices = vec![
        (None, t!(keys::shelf::SIGNATURE_ALL), current.is_none()),
        choice(true, t!(keys::shelf::SIGNED)),
        choice(false, t!(keys::shelf::UNSIGNED)),
    ];
    facet(t!(keys::shelf::SIGNATURE), "signed", &search, choices)
}

/// The menu of labels; nothing where there are none to choose.
#[component]
pub(super) fn LabelFacet(labels: Vec<(i64, String)>, current: Option<i64>, search: String) -> impl IntoView {
    (!labels.is_empty()).then(|| {
        let all = (None, t!(keys::shelf::LABEL_ALL), current.is_none());
        let choices = labels.into_iter().map(|(id, name)| (Some(id.to_string()), name, current == Some(id)));
        facet(t!(keys::shelf::LABEL), "label", &search, std::iter::once(all).chain(choices).collect())
    })
}

/// The orders that the list of tags offers.
pub(super) fn orders() -> Vec<(&'static str, String)> {
    vec![
        ("name", t!(keys::repository::TAG)),
        ("-push_time", t!(keys::repository::PUSHED)),
        ("-pull_time", t!(keys::repository::PULLED)),
        ("-size", t!(keys::repository::SIZE)),
    ]
}

/// The filters that are on, each with a way to take it away.
#[component]
pub(super) fn ActiveFilters(filter: Filter, labels: Vec<(i64, String)>, search: String) -> impl IntoView {
    let named = labels.into_iter().find(|(id, _)| Some(*id) == filter.label).map(|(_, name)| name);
    let label = named.or_else(|| filter.label.map(|id| id.to_string())).unwrap_or_default();
    let chips = filter.chips(&use_catalog(), &search, &label);
    (!chips.is_empty()).then(|| {
        view! {
            <Chips>
                {chips
                    .into_iter()
                    .map(|(text, href)| view! { <FilterChip text=text remove_href=href /> })
                    .collect_view()}
                <a class="small" href=cleared(&search)>
                    {t!(keys::filter::CLEAR_ALL)}
                </a>
            </Chips>
        }
    })
}

/// The page without any filter; its tab and its order stay.
fn cleared(search: &str) -> String {
    let gone = OF_TAGS.map(|name| (name, None));
    with_query(search, &gone.into_iter().chain([("show", None), ("op", None)]).collect::<Vec<_>>())
}

/// A list that its filters leave empty.
#[component]
pub(super) fn Nothing(search: String) -> impl IntoView {
    view! {
        <Empty icon=Glyph::Filter title=t!(keys::shelf::NOTHING) text=t!(keys::filter::NO_MATCH_TEXT)>
            <LinkButton href=cleared(&search) icon=Glyph::X>
                {t!(keys::filter::CLEAR)}
            </LinkButton>
        </Empty>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn menus_offer_what_is_shown_and_what_is_chosen() {
        let shown = ["linux/arm64".to_owned(), "linux/amd64".to_owned(), "linux/arm64".to_owned()];
        assert_eq!(facet_values(shown.iter(), "linux/s390x"), ["linux/amd64", "linux/arm64", "linux/s390x"]);
        assert!(facet_values([].iter(), "").is_empty());
        let label = |id, name: &str| Label { id, name: name.to_owned(), ..Label::default() };
        let rows = [vec![label(2, "b"), label(1, "a")], vec![label(2, "b")]];
        assert_eq!(
            labels_of(&[label(3, "c")], rows.iter().map(Vec::as_slice)),
            [(1, "a".to_owned()), (2, "b".to_owned()), (3, "c".to_owned())]
        );
    }

    #[test]
    fn clearing_keeps_tab_and_order() {
        let search = "tab=artifacts&q=a&platform=linux/amd64&signed=true&label=1&show=untagged&page=2&sort=-size";
        assert_eq!(cleared(search), "?tab=artifacts&sort=-size");
    }
}
