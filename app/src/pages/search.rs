//! The results of the search over everything: the page of the search box, and what the palette shows.

use crate::client::use_client;
use crate::format::{TimeAgo, digest_short};
use crate::frame::Frame;
use crate::frame::places::{Deed, Fit, Kind, Place, around, found, places};
use crate::i18n::{Catalog, Key, keys, use_catalog};
use crate::load::Resource;
use crate::pages::loaded;
use crate::query::{ListState, use_list_state};
use crate::session::use_session;
use crate::theme;
use crate::ui::{
    Button, Cell, Column, Crumb, Empty, FilterCount, Filters, Glyph, Icon, LinkButton, NameLink, PageHead, Pager,
    PaletteGroup, PaletteItem, Priority, Row, RowHead, SearchBox, Size, Tab, Table, TableBox, Tabs, query_pairs,
    with_query,
};
use crate::{t, tn};
use berth_types::api::SearchHit;
use leptos::prelude::*;
use leptos_meta::Title;

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
        "user" => match hit.id {
            Some(id) => format!("/admin/users/{id}"),
            None => listed("/admin/users", &hit.name),
        },
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

/// How well the best of the hits fits what was typed. Of a path its last part is a name as well.
pub(crate) fn best(hits: &[SearchHit], typed: &str) -> Option<Fit> {
    let fit = |hit: &SearchHit| {
        let (name, last) = (name(hit), hit.name.rsplit('/').next().unwrap_or_default());
        let fits = [&name, &hit.name, last].map(|name| Fit::of_name(name, typed));
        // The server knows why it found what has another name.
        fits.into_iter().flatten().max().unwrap_or(Fit::Part)
    };
    hits.iter().map(fit).max()
}

/// A line of the results.
#[derive(Clone)]
enum Line {
    /// What the server found.
    Hit(SearchHit),
    /// What the portal has.
    Place(Place),
}

impl Line {
    /// Its kind, as addresses say it.
    fn word(&self) -> &str {
        match self {
            Line::Hit(hit) => &hit.kind,
            Line::Place(place) => place.kind.word(),
        }
    }
}

/// What the server found among what the portal has, the best first.
fn lines(hits: Vec<SearchHit>, own: &[Place], typed: &str) -> Vec<Line> {
    if typed.is_empty() {
        return Vec::new();
    }
    let best = best(&hits, typed);
    let own = found(own, typed, usize::MAX).into_iter();
    let own = own.map(|group| (group.fit, group.places.into_iter().map(Line::Place).collect())).collect();
    let server: Vec<Line> = hits.into_iter().map(Line::Hit).collect();
    around(own, vec![server], best).into_iter().flatten().collect()
}

/// The page of the results.
#[component]
pub fn SearchResults() -> impl IntoView {
    let state = use_list_state("");
    let client = use_client();
    let text = Memo::new(move |_| state.get().q);
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
                        view! { <Results text=text.clone() state=state.get() hits=hits.clone() /> }
                    }
                },
            )}
        </Frame>
    }
}

#[component]
fn Results(text: String, state: ListState, hits: Vec<SearchHit>) -> impl IntoView {
    let catalog = use_catalog();
    let pairs = query_pairs(&state.search);
    let kind = pairs.into_iter().find(|(key, _)| key == "kind").map(|(_, kind)| kind).unwrap_or_default();
    let own = use_session().with_untracked(|session| places(&catalog, session));
    let is_cut = KINDS.iter().any(|(kind, ..)| hits.iter().filter(|hit| hit.kind == *kind).count() >= HITS as usize);
    let lines = lines(hits, &own, &text);
    let of = |kind: &str| lines.iter().filter(|line| line.word() == kind).count();
    let address = |kind: &str| {
        let kind = (!kind.is_empty()).then_some(kind);
        format!("{PAGE}{}", with_query("", &[("q", Some(&text)), ("kind", kind)]))
    };
    let mut tabs = vec![Tab {
        label: t!(keys::search::EVERYTHING),
        href: address(""),
        count: Some(lines.len() as u64),
        current: kind.is_empty(),
    }];
    let kinds = KINDS.iter().map(|(word, label, _)| (*word, *label));
    let kinds = kinds.chain(Kind::ALL.map(|kind| (kind.word(), kind.title())));
    tabs.extend(kinds.filter(|(word, _)| of(word) > 0).map(|(word, label)| Tab {
        label: t!(label),
        href: address(word),
        count: Some(of(word) as u64),
        current: word == kind,
    }));
    let chosen: Vec<_> = lines.iter().filter(|line| kind.is_empty() || line.word() == kind).collect();
    let total = chosen.len() as u64;
    let count = tn!(keys::count::MATCHES, total);
    // The server ranks what it finds of each kind; only all of it together has an order.
    let ListState { page, page_size, search, .. } = state;
    let page = page.min(total.div_ceil(page_size.max(1)).max(1));
    let shown: Vec<_> = page_of(&chosen, page, page_size).iter().map(|line| (*line).clone()).collect();
    let pager = (total > 0).then(|| {
        view! { <Pager page=page page_size=page_size total=total search=search /> }
    });
    let list = match (text.is_empty(), shown.is_empty()) {
        (true, _) => view! { <NoHits title=t!(keys::search::START) text=t!(keys::search::START_TEXT) /> }.into_any(),
        (false, true) => {
            view! { <NoHits title=t!(keys::search::NOTHING) text=t!(keys::search::NOTHING_TEXT) /> }.into_any()
        }
        (false, false) => view! { <Hits lines=shown typed=text.clone() /> }.into_any(),
    };
    let tabs = (!lines.is_empty()).then(|| view! { <Tabs label=t!(keys::search::KINDS) tabs=tabs /> });
    view! {
        <Filters>
            <SearchBox label=t!(keys::search::LABEL) value=text />
            <FilterCount text=count />
        </Filters>
        {tabs}
        {is_cut.then(|| view! { <p class="muted small">{t!(keys::search::FIRST, count = HITS)}</p> })}
        {list}
        {pager}
    }
}

/// The rows of a page, from 1; none behind the last.
fn page_of<T>(rows: &[T], page: u64, page_size: u64) -> &[T] {
    let at = |page: u64| usize::try_from(page.saturating_mul(page_size)).unwrap_or(usize::MAX).min(rows.len());
    rows.get(at(page.saturating_sub(1))..at(page)).unwrap_or_default()
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
fn Hits(lines: Vec<Line>, typed: String) -> impl IntoView {
    let catalog = use_catalog();
    let head = || {
        view! {
            <Column label=t!(keys::search::NAME) />
            <Column label=t!(keys::search::KIND) />
            <Column label=t!(keys::search::ABOUT) priority=Priority::Third />
            <Column label=t!(keys::search::CHANGED) num=true priority=Priority::Second />
        }
    };
    let rows = lines.into_iter().map(move |line| {
        let (label, icon, about, time, head) = match line {
            Line::Hit(hit) => {
                let (label, icon) = KINDS
                    .iter()
                    .find(|(word, ..)| *word == hit.kind)
                    .map_or_else(|| (hit.kind.clone(), Glyph::File), |(_, label, icon)| (t!(*label), *icon));
                let head = view! { <NameLink text=name(&hit) href=href(&hit) /> }.into_any();
                (label, icon, note(&catalog, &hit), hit.time, head)
            }
            Line::Place(place) => {
                let about = if place.text.is_empty() { place.note.clone() } else { place.text.clone() };
                let label = catalog.get(place.kind.title()).to_owned();
                (label, place.icon, about, None, view! { <Way place=place typed=typed.clone() /> }.into_any())
            }
        };
        view! {
            <Row>
                <RowHead>{head}</RowHead>
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

/// The way to a place: a link, or the form that does it.
#[component]
fn Way(place: Place, typed: String) -> impl IntoView {
    let href = place.deed.href();
    match place.deed {
        Deed::Go(_) => view! { <NameLink text=place.name href=href /> }.into_any(),
        // Plain forms: another visitor is another document, and so is another look without script.
        Deed::SignOut => view! {
            <form method="post" action=href>
                <Button submit=true size=Size::Small>
                    {place.name}
                </Button>
            </form>
        }
        .into_any(),
        Deed::Theme(chosen) => view! {
            <form method="get" action=PAGE>
                <input type="hidden" name="q" value=typed />
                <input type="hidden" name=theme::QUERY value=chosen.code() />
                <Button submit=true size=Size::Small>
                    {place.name}
                </Button>
            </form>
        }
        .into_any(),
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
        assert_eq!(href(&SearchHit { id: Some(3), ..hit("user", "mei lin") }), "/admin/users/3");
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
    fn every_row_is_on_one_page() {
        let rows = [1, 2, 3, 4, 5];
        assert_eq!([1, 2, 3, 4].map(|page| page_of(&rows, page, 2)), [&rows[..2], &rows[2..4], &rows[4..], &[]]);
        assert_eq!(page_of(&rows, u64::MAX, 100), &[0; 0]);
        assert_eq!(page_of(&rows, 1, 100), rows);
    }

    #[test]
    fn hits_fit_by_their_whole_name_and_by_its_end() {
        let of = |kind: &str, name: &str, typed: &str| best(&[hit("robot", "other"), hit(kind, name)], typed);
        assert_eq!(of("repository", "team/web", "web"), Some(Fit::Whole));
        assert_eq!(of("repository", "team/web-api", "Web"), Some(Fit::Start));
        assert_eq!(of("repository", "team/my-web", "web"), Some(Fit::Part));
        assert_eq!(of("artifact", "sha256:9f1c", "9f1c"), Some(Fit::Part));
        assert_eq!(best(&[], "web"), None);
    }

    #[test]
    fn what_the_portal_has_stands_among_what_the_server_found() {
        let own = places(&Catalog::of(Locale::En), &crate::session::tests::session(Some(true)));
        let words = |hits: Vec<SearchHit>, typed: &str| {
            let mut words: Vec<String> = lines(hits, &own, typed).iter().map(|line| line.word().to_owned()).collect();
            words.dedup();
            words
        };
        assert_eq!(words(vec![hit("repository", "team/my-users")], "users")[..2], ["page", "repository"]);
        assert_eq!(words(vec![hit("project", "users")], "users")[..2], ["project", "page"]);
        assert_eq!(words(vec![hit("project", "users")], ""), [""; 0]);
    }
}
