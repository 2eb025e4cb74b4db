//! Lists of such things: search, views, pages, and the menu of a row.

use super::{Target, fields};
use crate::form::{FormAction, PostForm};
use crate::format::natural;
use crate::i18n::{Key, keys};
use crate::pages::project::NoMatch;
use crate::query::{ListState, plain};
use crate::t;
use crate::ui::{
    FilterCount, Filters, Glyph, LinkButton, Look, MenuButton, MenuLink, MenuSeparator, Pager, RowMenu, SearchBox,
    Segment, Segmented, State, Status, query_pairs, with_query,
};
use leptos::prelude::*;

/// What can be done to a row besides opening it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Doing {
    /// Whether it is on, for what can be switched.
    pub on: Option<bool>,
    /// Whether it can become the default one.
    pub to_default: bool,
}

/// The menu of a row: open, switch, delete.
pub(crate) fn row_menu(target: &Target, doing: Doing, action: FormAction) -> AnyView {
    let form = |to: &'static str, icon: Glyph, key: Key| {
        let hidden = fields(target);
        view! {
            <PostForm action=action>
                {hidden} <input type="hidden" name="to" value=to />
                <MenuButton icon=icon submit=true text=t!(key) />
            </PostForm>
        }
    };
    let on = doing.on.map(|on| {
        if on {
            form("off", Glyph::Pause, keys::outside::DISABLE)
        } else {
            form("on", Glyph::Play, keys::outside::ENABLE)
        }
    });
    let default = doing.to_default.then(|| form("default", Glyph::Star, keys::outside::MAKE_DEFAULT));
    let (edit, delete) = (target.edit(), target.delete());
    view! {
        <RowMenu label=t!(keys::common::ACTIONS_FOR, name = target.name)>
            <MenuLink href=edit icon=Glyph::Edit text=t!(keys::common::EDIT) />
            {on}
            {default}
            <MenuSeparator />
            <MenuLink href=delete icon=Glyph::Trash danger=true text=t!(keys::common::MENU_DELETE) />
        </RowMenu>
    }
    .into_any()
}

/// The views of a list: the word in the address, and what the view is called. The first one is all.
pub(crate) type Views = [(&'static str, Key)];
/// The parameter of the address that chooses a view.
const SHOW: &str = "show";

/// The views of what can be switched on and off.
pub(crate) const ON_OFF: &Views = &[("", keys::common::ALL), ("on", keys::outside::ON), ("off", keys::outside::OFF)];

/// What the view of [`ON_OFF`] that an address chooses asks the API for.
pub(crate) fn of_on_off(search: &str) -> &'static str {
    ["", "enabled=true", "enabled=false"].get(view_of(ON_OFF, search)).copied().unwrap_or_default()
}

/// Whether something is switched on, in the cell of its row. Nothing of what has this switch runs yet, so on is no green light.
pub(crate) fn on_off(on: bool) -> AnyView {
    let key = if on { keys::outside::KEPT } else { keys::outside::OFF };
    view! { <Status state=State::Wait>{t!(key)}</Status> }.into_any()
}

/// The button that leads to the form for another one.
pub(crate) fn new_button(href: &'static str, text: String) -> AnyView {
    view! {
        <LinkButton href=href look=Look::Primary icon=Glyph::Plus>
            {text}
        </LinkButton>
    }
    .into_any()
}

/// The view that an address chooses: its place among them.
pub(crate) fn view_of(views: &Views, search: &str) -> usize {
    let pairs = query_pairs(search);
    let word = pairs.iter().find(|(key, _)| key == SHOW).map(|(_, value)| value.as_str()).unwrap_or_default();
    views.iter().position(|(name, _)| *name == word).unwrap_or_default()
}

/// A filter in the grammar of the API: a part of the name, and what the view asks for.
pub(crate) fn filter(name: &str, of_view: &str) -> String {
    let name = plain(name);
    let name = if name.is_empty() { String::new() } else { format!("name=~{name}") };
    [name.as_str(), of_view].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(",")
}

/// A list with its search, its views and its pages.
pub(crate) struct Listing {
    /// What the address asks for.
    pub state: ListState,
    /// Rows on all pages.
    pub total: i64,
    /// What the search is called.
    pub search: String,
    /// How many there are, in words.
    pub count: String,
    /// Other views of the list; none where it has one.
    pub views: &'static Views,
}

impl Listing {
    /// The list; `empty` where there is nothing at all.
    pub fn draw(self, table: Option<AnyView>, empty: impl FnOnce() -> AnyView) -> AnyView {
        let Listing { state: ListState { q, page, page_size, search: query, .. }, total, search, count, views } = self;
        let total = natural(total);
        let current = view_of(views, &query);
        let list = match table {
            Some(table) => table,
            None if q.is_empty() && current == 0 => empty(),
            None => {
                let of_view = views.get(current).map(|(_, key)| t!(*key)).unwrap_or_default();
                let query = if q.is_empty() { of_view } else { q.clone() };
                view! { <NoMatch query=query /> }.into_any()
            }
        };
        let segment = |(at, (word, key)): (usize, &(&'static str, Key))| Segment {
            label: t!(*key),
            href: with_query(&query, &[(SHOW, Some(*word).filter(|word| !word.is_empty())), ("page", None)]),
            current: at == current,
        };
        let segments: Vec<Segment> = views.iter().enumerate().map(segment).collect();
        let segmented =
            (!segments.is_empty()).then(|| view! { <Segmented label=t!(keys::outside::SHOW) segments=segments /> });
        let pager = (total > 0).then(|| {
            let query = query.clone();
            view! { <Pager page=page page_size=page_size total=total search=query /> }
        });
        view! {
            <Filters>
                <SearchBox label=search value=q keep=query />
                {segmented}
                <FilterCount text=count />
            </Filters>
            {list}
            {pager}
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_chooses_a_view() {
        let views: &Views = &[("", keys::common::ALL), ("on", keys::common::ON)];
        assert_eq!((view_of(views, ""), view_of(views, "?show=on&q=x"), view_of(views, "show=x")), (0, 1, 0));
        assert_eq!(view_of(&[], "show=on"), 0);
        assert_eq!((of_on_off("?show=off"), of_on_off("?show=")), ("enabled=false", ""));
        assert_eq!(filter("a,b", "enabled=true"), "name=~a b,enabled=true");
        assert_eq!((filter("", "x=1").as_str(), filter(" ", "").as_str()), ("x=1", ""));
    }
}
