//! Tables that become cards in a narrow box. Roles are explicit, because the card layout drops the native ones.

use super::{Glyph, Icon, MaybeText, classes};
use crate::i18n::keys;
use crate::t;
use leptos::prelude::*;

/// The frame of a table.
#[component]
pub fn TableBox(
    /// Inside a card: without border.
    #[prop(optional)]
    flush: bool,
    /// A small matrix that stays a table and scrolls sideways; needs a label.
    #[prop(optional, into)]
    keep: MaybeText,
    /// The table.
    children: Children,
) -> impl IntoView {
    let keep = keep.0;
    let class =
        classes(&["table-box", if flush { "table-flush" } else { "" }, if keep.is_some() { "table-keep" } else { "" }]);
    let (tabindex, role) = (keep.as_ref().map(|_| "0"), keep.as_ref().map(|_| "region"));
    view! {
        <div class=class tabindex=tabindex role=role aria-label=keep>
            {children()}
        </div>
    }
}

/// A table with its caption, a row of column heads and a body of [`Row`]s.
#[component]
pub fn Table(
    /// What the table lists, for screen readers.
    #[prop(into)]
    caption: String,
    /// [`Column`]s.
    #[prop(into)]
    head: ViewFnOnce,
    /// [`Row`]s.
    children: Children,
) -> impl IntoView {
    view! {
        <table class="table" role="table">
            <caption class="sr">{caption}</caption>
            <thead role="rowgroup">
                <tr role="row">{head.run()}</tr>
            </thead>
            <tbody role="rowgroup">{children()}</tbody>
        </table>
    }
}

/// When a column leaves a table that gets narrow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// Stays.
    #[default]
    Always,
    /// Leaves below 50rem.
    Second,
    /// Leaves first, below 60rem.
    Third,
}

impl Priority {
    const fn attribute(self) -> Option<&'static str> {
        match self {
            Priority::Always => None,
            Priority::Second => Some("2"),
            Priority::Third => Some("3"),
        }
    }
}

/// How a column is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Could be sorted by, is not.
    None,
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// Where a click on a column leads, and how the list is sorted by it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The page sorted by this column, or by it the other way round.
    pub href: String,
    /// How the list is sorted by this column.
    pub order: Order,
}

impl Sort {
    /// The sort link of column `field` where `current` is the value of the query parameter `sort` (`-field` for
    /// descending) and `search` the whole query. `descending_first` suits times and sizes.
    pub fn by(field: &str, current: &str, search: &str, descending_first: bool) -> Sort {
        let descending = format!("-{field}");
        let order = match current {
            current if current == field => Order::Ascending,
            current if current == descending => Order::Descending,
            _ => Order::None,
        };
        let next = match order {
            Order::Ascending => descending.as_str(),
            Order::Descending => field,
            Order::None if descending_first => descending.as_str(),
            Order::None => field,
        };
        Sort { href: super::with_query(search, &[("sort", Some(next)), ("page", None)]), order }
    }
}

/// The head of a column.
#[component]
pub fn Column(
    /// Its name.
    #[prop(into)]
    label: String,
    /// Sorting by it, where the server can.
    #[prop(optional_no_strip, into)]
    sort: Option<Sort>,
    /// Numbers and times: at the end edge.
    #[prop(optional)]
    num: bool,
    /// When it leaves.
    #[prop(optional)]
    priority: Priority,
) -> impl IntoView {
    let aria_sort = sort.as_ref().map(|sort| match sort.order {
        Order::None => "none",
        Order::Ascending => "ascending",
        Order::Descending => "descending",
    });
    let content = match sort {
        Some(Sort { href, order }) => {
            let glyph = match order {
                Order::None => Glyph::Sort,
                Order::Ascending => Glyph::Up,
                Order::Descending => Glyph::Down,
            };
            view! {
                <a href=href>
                    {label}
                    <Icon name=glyph />
                </a>
            }
            .into_any()
        }
        None => label.into_any(),
    };
    view! {
        <th
            role="columnheader"
            scope="col"
            class=num.then_some("num")
            data-p=priority.attribute()
            aria-sort=aria_sort
        >
            {content}
        </th>
    }
}

/// The head of the column with actions; its name is hidden.
#[component]
pub fn ActionColumn() -> impl IntoView {
    view! {
        <th role="columnheader" scope="col" class="act">
            <span class="sr">{t!(keys::table::ACTIONS)}</span>
        </th>
    }
}

/// A row. Its name is a [`RowHead`] with a real link; the row itself is not clicked.
#[component]
pub fn Row(
    /// A part of the row above.
    #[prop(optional)]
    child: bool,
    /// Whether it is selected.
    #[prop(optional, into)]
    selected: Signal<bool>,
    /// The cells.
    children: Children,
) -> impl IntoView {
    view! {
        <tr role="row" class=child.then_some("child") data-selected=move || selected.get().then_some("")>
            {children()}
        </tr>
    }
}

/// The cell that names its row.
#[component]
pub fn RowHead(
    /// The name, a link.
    children: Children,
) -> impl IntoView {
    view! {
        <th role="rowheader" scope="row">
            {children()}
        </th>
    }
}

/// A cell.
#[component]
pub fn Cell(
    /// The name of its column, shown in the card layout.
    #[prop(into)]
    label: String,
    /// Numbers and times: at the end edge.
    #[prop(optional)]
    num: bool,
    /// When it leaves; as its column.
    #[prop(optional)]
    priority: Priority,
    /// What it holds.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <td role="cell" class=num.then_some("num") data-p=priority.attribute() data-label=label>
            {children.map(|children| children())}
        </td>
    }
}

/// The cell with the actions of a row: two at most, the rest in a menu.
#[component]
pub fn ActionCell(
    /// The actions.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <td role="cell" class="act">
            {children.map(|children| children())}
        </td>
    }
}

/// The cell of a row that cannot be selected, among others that can.
#[component]
pub fn NoSelectCell() -> impl IntoView {
    view! { <td role="cell" class="sel"></td> }
}

/// The cell with the checkbox of a row of a [`Selectable`](super::Selectable) list.
#[component]
pub fn SelectCell(
    /// The name of the checkbox: "Select v1.12.0".
    #[prop(into)]
    label: String,
    /// The name in the form of the list.
    #[prop(default = "item")]
    name: &'static str,
    /// What is sent for this row.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    let is_ticked = super::bulk::is_ticked(&value);
    view! {
        <td role="cell" class="sel">
            <label>
                <input
                    type="checkbox"
                    name=name
                    value=value
                    form=super::bulk::FORM
                    autocomplete="off"
                    checked=is_ticked
                />
                <span class="sr">{label}</span>
            </label>
        </td>
    }
}
