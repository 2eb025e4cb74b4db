//! Initials of people and projects. They come from an attribute, so they are no part of a name.

use super::MaybeText;
use crate::letters::{lower, upper};
use leptos::prelude::*;

/// Colours of the design's category palette.
const COLOURS: u32 = 6;

/// Initials on a colour that belongs to the name.
#[component]
pub fn Avatar(
    /// The name they stand for.
    #[prop(into)]
    name: String,
    /// For projects.
    #[prop(optional)]
    square: bool,
) -> impl IntoView {
    let class = if square { "avatar sq" } else { "avatar" };
    view! { <span class=class data-c=colour(&name) data-i=initials(&name) aria-hidden="true"></span> }
}

/// An avatar with the name beside it.
#[component]
pub fn Who(
    /// The name.
    #[prop(into)]
    name: String,
    /// A second line: an address, a sign-in name.
    #[prop(optional, into)]
    note: MaybeText,
    /// Where the name leads.
    #[prop(optional, into)]
    href: MaybeText,
) -> impl IntoView {
    let note = note.0;
    let text = match href.0 {
        Some(href) => view! { <super::NameLink text=name.clone() href=href /> }.into_any(),
        None => view! { <super::Name text=name.clone() /> }.into_any(),
    };
    view! {
        <span class="who">
            <Avatar name=name />
            <span>
                {text} {note.map(|note| view! { <span class="tiny muted name block">{note}</span> })}
            </span>
        </span>
    }
}

/// `ML` of "Mei Lin", `P` of "payments", `林` of "林梅".
pub fn initials(name: &str) -> String {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter_map(|word| word.chars().next());
    let mut initials = words.next().map(String::from).unwrap_or_default();
    let is_wide = !initials.is_ascii() && upper(&initials) == initials && lower(&initials) == initials;
    if !is_wide {
        initials.extend(words.next());
    }
    upper(&initials)
}

/// A colour from 1 to 6 that depends on nothing but the name.
fn colour(name: &str) -> String {
    let sum = name.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    (sum % COLOURS + 1).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_one_or_two_letters() {
        let names = ["Mei Lin", "payments", "robot$payments+ci", "林梅", "", "--", "ada o. k."];
        assert_eq!(names.map(initials), ["ML", "P", "RP", "林", "", "", "AO"]);
    }
}
