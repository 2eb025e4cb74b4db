//! The results of the search over everything: the page of the search box, and what the palette shows.

use crate::client::use_client;
use crate::format::{TimeAgo, digest_short};
use crate::frame::Frame;
use crate::i18n::{Catalog, Key, keys, use_catalog};
use crate::load::Resource;
use crate::pages::loaded;
use crate::ui::{
    Cell, Column, Crumb, Empty, FilterCount, Filters, Glyph, Icon, LinkButton, NameLink, PageHead, PaletteGroup,
    PaletteItem, Priority, Row, RowHead, SearchBox, Tab, Table, TableBox, Tabs, query_pairs, with_query,
};
use crate::{t, tn};
use berth_types::api::SearchHit;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

/// The page.
const PAGE: &str = "/search";
/// Hits of each kind on the page.
const HITS: u32 = 100;
/// The kinds in their order: the API's word, one and many, the icon.
const KINDS: [(&str, Key, Glyph); 6] = [
    ("project", keys::search::PROJECTS, Glyph::Project),
    ("repository", keys::search::REPOSITORIES, Glyph::Repo),
    ("tag", keys::search::TAGS, Glyph::Tag),
    ("artifact", keys::search::ARTIFACTS, Glyph::Layers),
    ("user", keys::search::USERS, Glyph::User),
    ("robot", keys::search::ROBOTS, Glyph::Robot),
];

/// Where a hit leads.
fn href(hit: &SearchHit) -> String {
    let listed = |list: &str, q: &str| format!("{list}{}", with_query("", &[("q", Some(q))]));
    match hit.kind.as_str() {
        "tag" | "artifact" => format!("/projects/{}/-/artifacts/{}", hit.repository, hit.name),
        "user" => listed("/admin/users", &hit.name),
        "robot" if hit.project.is_empty() => listed("/admin/robots", &hit.name),
        "robot" => format!("/projects/{}/-/robots", hit.project),
        _ => format!("/projects/{}", hit.name),
    }
}

/// How a hit is called: tags and artifacts with their repository, as clients write it.
fn name(hit: &SearchHit) -> String {
    match hit.kind.as_str() {
        "tag" => format!("{}:{}", hit.repository, hit.name),
        "artifact" => format!("{}@{}", hit.repository, digest_short(&hit.name)),
        _ => hit.name.clone(),
    }
}

/// What tells a hit apart.
fn note(catalog: &Catalog, hit: &SearchHit) -> String {
    let counted = |key: Key| {
        let n = hit.count.map_or(0, crate::format::natural);
        catalog.plural(key, n, &[("count", &crate::format::count(n))])
    };
    match hit.kind.as_str() {
        "project" => counted(keys::count::REPOSITORIES),
        "repository" => counted(keys::count::ARTIFACTS),
        "tag" => digest_short(&hit.digest).to_owned(),
        "user" => hit.realname.clone(),
        "robot" => hit.project.clone(),
        _ => hit.artifact_kind.clone(),
    }
}

/// Hits as the palette shows them.
pub(crate) fn groups(catalog: &Catalog, hits: &[SearchHit]) -> Vec<PaletteGroup> {
    let of = |kind: &str, icon: Glyph| -> Vec<PaletteItem> {
        let own = hits.iter().filter(|hit| hit.kind == kind);
        own.map(|hit| PaletteItem { icon, name: name(hit), note: note(catalog, hit), href: href(hit) }).collect()
    };
    KINDS
        .iter()
        .map(|(kind, title, icon)| PaletteGroup { title: catalog.get(*title).to_owned(), items: of(kind, *icon) })
        .filter(|group| !group.items.is_empty())
        .collect()
}

/// Whether every word that was typed is in the name of a page or where it stands. Nothing typed matches all.
pub(crate) fn page_matches(name: &str, note: &str, typed: &str) -> bool {
    let text = format!("{name} {note}").to_lowercase();
    typed.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

/// The page of the results.
#[component]
pub fn SearchResults() -> impl IntoView {
    let location = use_location();
    let asked = Memo::new(move |_| {
        let pairs = location.search.with(|search| query_pairs(search));
        let of = |name: &str| {
            let value = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned());
            value.unwrap_or_default()
        };
        (of("q"), of("kind"))
    });
    let client = use_client();
    let text = Memo::new(move |_| asked.get().0);
    let hits = Resource::new(
        move || text.get(),
        move |text| {
            let client = client.clone();
            async move {
                let hits = if text.is_empty() { Vec::new() } else { client.find(&text, HITS).await? };
                Ok((text, hits))
            }
        },
    );
    let title = t!(keys::search::TITLE);
    view! {
        <Title text=title.clone() />
        <Frame crumbs=vec![Crumb::here(title.clone())]>
            <PageHead title=move || title sub=t!(keys::search::SUB) />
            {loaded(
                hits,
                move |(text, hits)| {
                    move || {
                        let kind = asked.get().1;
                        view! { <Results text=text.clone() kind=kind hits=hits.clone() /> }
                    }
                },
            )}
        </Frame>
    }
}

#[component]
fn Results(text: String, kind: String, hits: Vec<SearchHit>) -> impl IntoView {
    let of = |kind: &str| hits.iter().filter(|hit| hit.kind == kind).count();
    let address = |kind: &str| {
        let kind = (!kind.is_empty()).then_some(kind);
        format!("{PAGE}{}", with_query("", &[("q", Some(&text)), ("kind", kind)]))
    };
    let mut tabs = vec![Tab {
        label: t!(keys::search::EVERYTHING),
        href: address(""),
        count: Some(hits.len() as u64),
        current: kind.is_empty(),
    }];
    tabs.extend(KINDS.iter().filter(|(word, ..)| of(word) > 0).map(|(word, label, _)| Tab {
        label: t!(*label),
        href: address(word),
        count: Some(of(word) as u64),
        current: *word == kind,
    }));
    let shown: Vec<_> = hits.iter().filter(|hit| kind.is_empty() || hit.kind == kind).cloned().collect();
    let count = tn!(keys::count::MATCHES, shown.len() as u64);
    let list = match (text.is_empty(), shown.is_empty()) {
        (true, _) => view! { <NoHits title=t!(keys::search::START) text=t!(keys::search::START_TEXT) /> }.into_any(),
        (false, true) => {
            view! { <NoHits title=t!(keys::search::NOTHING) text=t!(keys::search::NOTHING_TEXT) /> }.into_any()
        }
        (false, false) => view! { <Hits hits=shown /> }.into_any(),
    };
    let tabs = (!hits.is_empty()).then(|| view! { <Tabs label=t!(keys::search::KINDS) tabs=tabs /> });
    view! {
        <Filters>
            <SearchBox label=t!(keys::search::LABEL) value=text />
            <FilterCount text=count />
        </Filters>
        {tabs}
        {list}
    }
}

#[component]
fn NoHits(title: String, text: String) -> impl IntoView {
    view! {
        <Empty icon=Glyph::Search title=title text=text>
            <LinkButton href="/projects" icon=Glyph::Project>
                {t!(keys::error::HOME)}
            </LinkButton>
        </Empty>
    }
}

#[component]
fn Hits(hits: Vec<SearchHit>) -> impl IntoView {
    let catalog = use_catalog();
    let head = || {
        view! {
            <Column label=t!(keys::search::NAME) />
            <Column label=t!(keys::search::KIND) />
            <Column label=t!(keys::search::ABOUT) priority=Priority::Third />
            <Column label=t!(keys::search::CHANGED) num=true priority=Priority::Second />
        }
    };
    let rows = hits.into_iter().map(move |hit| {
        let (label, icon) = KINDS
            .iter()
            .find(|(word, ..)| *word == hit.kind)
            .map_or_else(|| (hit.kind.clone(), Glyph::File), |(_, label, icon)| (t!(*label), *icon));
        let (about, time) = (note(&catalog, &hit), hit.time);
        view! {
            <Row>
                <RowHead>
                    <NameLink text=name(&hit) href=href(&hit) />
                </RowHead>
                <Cell label=t!(keys::search::KIND)>
                    <span class="row g1 muted">
                        <Icon name=icon />
                        {label}
                    </span>
                </Cell>
                <Cell label=t!(keys::search::ABOUT) priority=Priority::Third>
                    <span class="muted">{about}</span>
                </Cell>
                <Cell label=t!(keys::search::CHANGED) num=true priority=Priority::Second>
                    {time.map(|at| view! { <TimeAgo at=at /> })}
                </Cell>
            </Row>
        }
    });
    view! {
        <TableBox>
            <Table caption=t!(keys::search::TITLE) head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    fn hit(kind: &str, name: &str) -> SearchHit {
        SearchHit { kind: kind.to_owned(), name: name.to_owned(), ..SearchHit::default() }
    }

    #[test]
    fn hits_lead_to_their_pages() {
        assert_eq!(href(&hit("project", "team")), "/projects/team");
        assert_eq!(href(&hit("repository", "team/a/b")), "/projects/team/a/b");
        let tag = SearchHit { repository: "team/a".into(), ..hit("tag", "v1") };
        assert_eq!((href(&tag).as_str(), name(&tag).as_str()), ("/projects/team/a/-/artifacts/v1", "team/a:v1"));
        assert_eq!(href(&hit("user", "mei lin")), "/admin/users?q=mei%20lin");
        assert_eq!(
            href(&SearchHit { project: "team".into(), ..hit("robot", "robot$team+ci") }),
            "/projects/team/-/robots"
        );
        assert_eq!(href(&hit("robot", "robot$ci")), "/admin/robots?q=robot%24ci");
    }

    #[test]
    fn hits_stand_in_groups() {
        let catalog = Catalog::of(Locale::En);
        let hits = [hit("tag", "v1"), SearchHit { count: Some(2), ..hit("project", "team") }];
        let groups = groups(&catalog, &hits);
        let titles: Vec<_> = groups.iter().map(|group| group.title.as_str()).collect();
        assert_eq!(titles, ["Projects", "Tags"]);
        assert_eq!(groups[0].items[0].note, "2 repositories");
    }

    #[test]
    fn pages_are_found_by_all_words() {
        assert!(page_matches("Audit log", "Administration", "admin LOG"));
        assert!(page_matches("审计日志", "", "日志") && page_matches("x", "", " "));
        assert!(!page_matches("Audit log", "", "log x"));
    }
}
