//! Names offered while somebody types one. Without script the field is a plain one.

use crate::client::{Client, use_client};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Whose names are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// People with an account.
    People,
    /// Groups that directories know.
    Groups,
}

/// How many names are offered: more are no help.
const NAMES_MAX: usize = 8;

impl Names {
    /// Names that contain a text, each with what else there is to say.
    async fn find(self, client: &Client, text: &str) -> Vec<(String, &'static str)> {
        // Without suggestions the field is what it is without script.
        let mut found: Vec<(String, &'static str)> = match self {
            Names::People => {
                let people = client.search_users(text).await.map(|people| people.items).unwrap_or_default();
                people.into_iter().map(|person| (person.username, "")).collect()
            }
            Names::Groups => {
                let groups = client.search_groups(text).await.map(|groups| groups.items).unwrap_or_default();
                groups.into_iter().map(|group| (group.group_name, group_type(group.group_type))).collect()
            }
        };
        found.truncate(NAMES_MAX);
        found
    }
}

/// Which kind of directory knows a group; the same in all languages.
const fn group_type(number: i64) -> &'static str {
    match number {
        1 => "LDAP",
        2 => "HTTP",
        3 => "OIDC",
        _ => "",
    }
}

/// The names for the field that has `list=id` and is bound to `typed`.
#[component]
pub(super) fn Suggestions(
    /// The id of the list.
    id: &'static str,
    /// Whose names.
    names: Names,
    /// What was typed so far.
    typed: RwSignal<String>,
) -> impl IntoView {
    let found = RwSignal::new(Vec::<(String, &'static str)>::new());
    let client = use_client();
    Effect::new(move |before: Option<()>| {
        let text = typed.get().trim().to_owned();
        // What the page came with was not typed.
        if before.is_none()
            || text.is_empty()
            || found.with_untracked(|found| found.iter().any(|(name, _)| *name == text))
        {
            return;
        }
        let client = client.clone();
        spawn_local(async move {
            let names = names.find(&client, &text).await;
            // More may have been typed meanwhile, or the page left.
            if typed.try_get_untracked().is_some_and(|now| now.trim() == text) {
                let _ = found.try_set(names);
            }
        });
    });
    let option = |(name, note): (String, &'static str)| view! { <option value=name>{note}</option> };
    view! { <datalist id=id>{move || found.get().into_iter().map(option).collect_view()}</datalist> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_groups() {
        assert_eq!([0, 1, 2, 3, 9].map(group_type), ["", "LDAP", "HTTP", "OIDC", ""]);
    }
}
