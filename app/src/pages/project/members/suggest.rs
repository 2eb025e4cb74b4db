//! Names offered while somebody types one. Without script the field is a plain one.

use crate::client::{Client, ListParams, use_client};
use crate::query::plain;
use berth_types::api::MemberCandidate;
use berth_types::{ProjectId, ProjectName};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Whose names are offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// People with an account, and the robots of a project.
    Known(ProjectId),
    /// People who may become members of a project.
    Candidates(ProjectName),
    /// Groups that directories know.
    Groups,
}

/// How many names are offered: more are no help.
const NAMES_MAX: usize = 8;

impl Names {
    /// Names that contain a text, each with what else there is to say.
    async fn find(&self, client: &Client, text: &str) -> Vec<(String, String)> {
        // Without suggestions the field is what it is without script.
        let mut found: Vec<(String, String)> = match self {
            Names::Known(project) => {
                let robots = ListParams { q: robots_like(*project, text), ..ListParams::default() };
                let robots = client.robots(&robots).await.map(|robots| robots.items).unwrap_or_default();
                let robots: Vec<_> = robots.into_iter().map(|robot| robot.name).take(NAMES_MAX / 2).collect();
                let people = client.search_users(text).await.map(|people| people.items).unwrap_or_default();
                let people = people.into_iter().map(|person| person.username).take(NAMES_MAX - robots.len());
                people.chain(robots).map(|name| (name, String::new())).collect()
            }
            Names::Candidates(project) => {
                let people = client.member_candidates(project, text).await.unwrap_or_default();
                people.into_iter().map(|person| offered(person, text)).collect()
            }
            Names::Groups => {
                let groups = client.search_groups(text).await.map(|groups| groups.items).unwrap_or_default();
                groups.into_iter().map(|group| (group.group_name, group_type(group.group_type).to_owned())).collect()
            }
        };
        found.truncate(NAMES_MAX);
        found
    }
}

/// The filter for the robots of a project that a text may mean. It knows their names without the prefix, which ends with a sign
/// of its own and is followed by the project's name.
fn robots_like(project: ProjectId, text: &str) -> String {
    const PREFIX_WORD: &str = "robot";
    let name = plain(text.rsplit(['$', '+']).next().unwrap_or_default());
    let all = format!("Level=project,ProjectID={project}");
    if name.is_empty() || PREFIX_WORD.starts_with(&name) { all } else { format!("{all},name=~{name}") }
}

/// A person as an option: the sign-in name, and beside it the full name. Browsers leave out what does not hold the text that
/// was typed, so an address that was typed whole stands there too.
fn offered(person: MemberCandidate, typed: &str) -> (String, String) {
    let MemberCandidate { username, realname, exact, .. } = person;
    let by_address = exact && typed.contains('@') && !username.eq_ignore_ascii_case(typed);
    let note = match (realname.is_empty(), by_address) {
        (true, true) => typed.to_owned(),
        (false, true) => format!("{realname} · {typed}"),
        (_, false) => realname,
    };
    (username, note)
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
    let found = RwSignal::new(Vec::<(String, String)>::new());
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
        let (client, names) = (client.clone(), names.clone());
        spawn_local(async move {
            let offered = names.find(&client, &text).await;
            // More may have been typed meanwhile, or the page left.
            if typed.try_get_untracked().is_some_and(|now| now.trim() == text) {
                let _ = found.try_set(offered);
            }
        });
    });
    let option = |(name, note): (String, String)| view! { <option value=name>{note}</option> };
    view! { <datalist id=id>{move || found.get().into_iter().map(option).collect_view()}</datalist> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn robots_are_found_by_what_is_typed_of_their_names() {
        for text in ["r", "robot", "robot$", "robot$team+", "robot+team+"] {
            assert_eq!(robots_like(ProjectId(7), text), "Level=project,ProjectID=7", "{text}");
        }
        for text in ["ci", "robot$ci", "robot$team+ci", "robot+team+ci"] {
            assert_eq!(robots_like(ProjectId(7), text), "Level=project,ProjectID=7,name=~ci", "{text}");
        }
    }

    #[test]
    fn a_person_is_offered_by_all_that_was_typed() {
        let person = |realname: &str, exact| MemberCandidate {
            user_id: 3,
            username: "mei".into(),
            realname: realname.into(),
            exact,
        };
        let note = |realname, exact, typed| offered(person(realname, exact), typed).1;
        assert_eq!(note("Mei Lin", false, "lin"), "Mei Lin");
        assert_eq!(note("Mei Lin", true, "MEI"), "Mei Lin");
        assert_eq!(note("Mei Lin", true, "mei@example.com"), "Mei Lin · mei@example.com");
        assert_eq!(note("", true, "mei@example.com"), "mei@example.com");
        assert_eq!(note("", false, "me"), "");
    }

    #[test]
    fn types_of_groups() {
        assert_eq!([0, 1, 2, 3, 9].map(group_type), ["", "LDAP", "HTTP", "OIDC", ""]);
    }
}
