//! What the portal itself has: pages, settings and actions, found by their names and by what they are for.

use super::ProjectPage;
use crate::i18n::{Catalog, Key, keys};
use crate::letters::lower;
use crate::pages::account::SignOut;
use crate::pages::admin::settings::words_of_settings;
use crate::session::Session;
use crate::theme::{self, Theme};
use crate::ui::{Glyph, field_id};
use leptos::server_fn::ServerFn;
use std::cmp::Reverse;

/// Who has a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    All,
    People,
    Makers,
    Administrators,
}

impl For {
    fn holds(self, session: &Session) -> bool {
        match self {
            For::All => true,
            For::People => session.user.is_some(),
            For::Makers => session.can_create_projects(),
            For::Administrators => session.is_admin(),
        }
    }
}

/// A page: where, by which name, what it is for, and what people who know other registries call it.
type Page = (&'static str, Key, Option<Key>, Glyph, For, &'static str);

const PAGES: &[Page] = {
    use For::{Administrators as Admins, All, People};
    use keys::nav;
    &[
        ("/projects", nav::PROJECTS, None, Glyph::Project, All, ""),
        ("/account", nav::PROFILE, None, Glyph::User, People, ""),
        ("/account/password", keys::account::TAB_PASSWORD, None, Glyph::Lock, People, ""),
        ("/account/second-factor", keys::second_factor::TITLE, None, Glyph::Shield, People, ""),
        ("/account/tokens", keys::account::tokens::TITLE, Some(keys::account::tokens::TEXT), Glyph::Key, People, ""),
        ("/account/sessions", nav::SESSIONS, None, Glyph::Clock, People, ""),
        ("/account/preferences", nav::PREFERENCES, None, Glyph::Settings, People, ""),
        ("/admin/users", nav::USERS, Some(keys::admin_users::SUB), Glyph::User, Admins, ""),
        ("/admin/robots", nav::SYSTEM_ROBOTS, Some(keys::robots::SUB), Glyph::Robot, Admins, "robots"),
        ("/admin/storage", keys::usage::TITLE, Some(keys::usage::SYSTEM_SUB), Glyph::Layers, Admins, "disk usage"),
        ("/admin/quotas", nav::QUOTAS, Some(keys::admin_quotas::SUB), Glyph::Db, Admins, "project quotas"),
        ("/admin/labels", nav::SYSTEM_LABELS, None, Glyph::Tag, Admins, ""),
        ("/admin/groups", nav::GROUPS, Some(keys::groups::SUB), Glyph::Users, Admins, ""),
        ("/admin/jobs", nav::JOBS, Some(keys::jobs::SUB), Glyph::Bolt, Admins, "job service dashboard"),
        ("/admin/clean-up", nav::CLEAN_UP, Some(keys::clean_up::SUB), Glyph::Sweep, Admins, "garbage collection gc"),
        ("/admin/health", nav::HEALTH, None, Glyph::Server, Admins, "status support bundle"),
        ("/admin/registries", nav::REGISTRIES, Some(keys::registries::SUB), Glyph::Server, Admins, ""),
        ("/admin/replication", nav::REPLICATION, Some(keys::replication::SUB), Glyph::Sync, Admins, "replications"),
        ("/admin/scanners", nav::SCANNERS, Some(keys::scanners::SUB), Glyph::Shield, Admins, "interrogation services"),
        ("/admin/allowlist", nav::ALLOWLIST, Some(keys::allowlist::SUB), Glyph::ShieldOk, Admins, ""),
        ("/admin/preheat", nav::PREHEAT, Some(keys::preheat::SUB), Glyph::Bolt, Admins, "distributions"),
        ("/admin/audit", nav::SYSTEM_AUDIT, Some(keys::admin_audit::SUB), Glyph::Log, Admins, "logs"),
        ("/admin/settings", nav::SYSTEM_SETTINGS, None, Glyph::Settings, Admins, "configuration system settings"),
    ]
};

const NEW: &[(&str, Key, For)] = &[
    ("/projects/-/new", keys::projects::NEW, For::Makers),
    ("/account/tokens/new", keys::account::tokens::NEW_TITLE, For::People),
    ("/admin/users/new", keys::admin_users::NEW, For::Administrators),
    ("/admin/robots/new", keys::robots::NEW, For::Administrators),
    ("/admin/labels/new", keys::labels::NEW, For::Administrators),
    ("/admin/groups/new", keys::groups::NEW, For::Administrators),
    ("/admin/registries/new", keys::registries::NEW, For::Administrators),
    ("/admin/replication/new", keys::replication::NEW_TITLE, For::Administrators),
    ("/admin/scanners/new", keys::scanners::NEW, For::Administrators),
    ("/admin/preheat/new", keys::preheat::NEW_TITLE, For::Administrators),
];

/// What somebody sets for this browser: the field of the form, its name and what it means.
const PREFERENCES: &[(&str, Key, Key)] = &[
    (crate::i18n::QUERY, keys::account::preferences::LANGUAGE, keys::account::preferences::LANGUAGE_HINT),
    (theme::QUERY, keys::account::preferences::THEME, keys::account::preferences::THEME_HINT),
    (crate::runtime::QUERY, keys::newcomer::ENGINE, keys::newcomer::ENGINE_HINT),
];

const THEMES: [(Theme, Key, Glyph); 3] = [
    (Theme::System, keys::theme::SYSTEM, Glyph::Theme),
    (Theme::Light, keys::theme::LIGHT, Glyph::Sun),
    (Theme::Dark, keys::theme::DARK, Glyph::Moon),
];

/// What a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A page.
    Page,
    /// Something to set, on its page.
    Setting,
    /// Something to do.
    Action,
}

impl Kind {
    /// All, in the order in which they stand where nothing sets them apart.
    pub(crate) const ALL: [Kind; 3] = [Kind::Page, Kind::Setting, Kind::Action];

    /// As addresses say it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Kind::Page => "page",
            Kind::Setting => "setting",
            Kind::Action => "action",
        }
    }

    /// What many are called.
    pub(crate) const fn title(self) -> Key {
        match self {
            Kind::Page => keys::palette::PAGES,
            Kind::Setting => keys::nav::SYSTEM_SETTINGS,
            Kind::Action => keys::palette::ACTIONS,
        }
    }
}

/// What happens where somebody chooses a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// A page comes.
    Go(String),
    /// The session ends.
    SignOut,
    /// The page looks otherwise.
    Theme(Theme),
}

impl Deed {
    /// An address that stands for it.
    pub(crate) fn href(&self) -> String {
        match self {
            Deed::Go(href) => href.clone(),
            Deed::SignOut => SignOut::url().to_owned(),
            Deed::Theme(theme) => format!("?{}={}", theme::QUERY, theme.code()),
        }
    }

    /// What is meant by such an address.
    pub(crate) fn of(href: &str) -> Deed {
        let named = |deed: &Deed| deed.href() == href;
        let deeds = std::iter::once(Deed::SignOut).chain(Theme::ALL.map(Deed::Theme));
        deeds.into_iter().find(named).unwrap_or_else(|| Deed::Go(href.to_owned()))
    }
}

/// A page, a setting or an action.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) deed: Deed,
    pub(crate) icon: Glyph,
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) note: String,
    /// What it is for.
    pub(crate) text: String,
    /// By which other words it is found.
    also: &'static str,
}

/// How well a name fits what was typed, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    /// What it is for speaks of it.
    Meaning,
    /// It is somewhere in the name.
    Part,
    /// The name begins with it.
    Start,
    /// It is the name.
    Whole,
}

impl Fit {
    /// How well a name fits, if it does.
    pub(crate) fn of_name(name: &str, typed: &str) -> Option<Fit> {
        let (name, typed) = (lower(name), lower(typed.trim()));
        if name == typed {
            Some(Fit::Whole)
        } else if name.starts_with(&typed) {
            Some(Fit::Start)
        } else {
            typed.split_whitespace().all(|word| name.contains(word)).then_some(Fit::Part)
        }
    }
}

impl Place {
    fn fit(&self, typed: &str) -> Option<Fit> {
        Fit::of_name(&self.name, typed).or_else(|| {
            let all = lower(&[self.name.as_str(), &self.note, &self.text, self.also].join("\n"));
            lower(typed).split_whitespace().all(|word| begins_a_word(&all, word)).then_some(Fit::Meaning)
        })
    }
}

/// Whether a word of the text begins like this. Where words stand without spaces between them, anything may be one.
fn begins_a_word(text: &str, word: &str) -> bool {
    /// The first of the scripts of East Asia.
    const EAST: char = '\u{2e80}';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() || before >= EAST)
    })
}

/// The pages of the project that is looked at: found by their names, by its name, and by what people call them elsewhere.
pub(crate) fn of_project(catalog: &Catalog, project: &str, pages: Vec<ProjectPage>) -> Vec<Place> {
    let also = |href: &str| match href.rsplit('/').next() {
        Some("members") => "users groups roles access",
        Some("robots") => "robot accounts",
        Some("storage") => "usage quota",
        Some("retention") => "tag retention policy clean up",
        Some("immutability") => "tag immutability",
        Some("webhooks") => "webhook notifications",
        Some("audit") => "logs",
        Some("settings") => "configuration",
        _ => "",
    };
    let place = |ProjectPage { href, name, icon }: ProjectPage| Place {
        kind: Kind::Page,
        also: also(&href),
        deed: Deed::Go(href),
        icon,
        name: catalog.get(name).to_owned(),
        note: project.to_owned(),
        text: String::new(),
    };
    pages.into_iter().map(place).collect()
}

/// All places that somebody may open.
pub(crate) fn places(catalog: &Catalog, session: &Session) -> Vec<Place> {
    let say = |key: Key| catalog.get(key).to_owned();
    let administration = |href: &str| {
        if href.starts_with("/admin/") { say(keys::nav::ADMINISTRATION) } else { String::new() }
    };
    let mut all = Vec::new();
    for (href, name, text, icon, _, also) in PAGES.iter().filter(|page| page.4.holds(session)) {
        let (note, text) = (administration(href), text.map(say).unwrap_or_default());
        let deed = Deed::Go((*href).to_owned());
        all.push(Place { kind: Kind::Page, deed, icon: *icon, name: say(*name), note, text, also });
    }
    let setting = |page: &str, field: &str, name: Key, text: Key, note: Key, also: &'static str| Place {
        kind: Kind::Setting,
        deed: Deed::Go(format!("{page}#{}", field_id(field))),
        icon: Glyph::Settings,
        name: say(name),
        note: say(note),
        text: say(text),
        also,
    };
    if For::People.holds(session) {
        let own = PREFERENCES.iter().map(|(field, name, text)| {
            setting("/account/preferences", field, *name, *text, keys::nav::PREFERENCES, "")
        });
        all.extend(own);
    }
    if For::Administrators.holds(session) {
        let system = words_of_settings()
            .map(|words| setting("/admin/settings", &words.field, words.label, words.text, words.group, words.key));
        all.extend(system);
    }
    for (href, name, _) in NEW.iter().filter(|new| new.2.holds(session)) {
        let (deed, note) = (Deed::Go((*href).to_owned()), administration(href));
        let (name, text) = (say(*name), String::new());
        all.push(Place { kind: Kind::Action, deed, icon: Glyph::Plus, name, note, text, also: "" });
    }
    let theme = say(keys::account::preferences::THEME);
    for (each, name, icon) in THEMES {
        let name = format!("{theme} · {}", say(name));
        let (note, text) = (String::new(), String::new());
        all.push(Place { kind: Kind::Action, deed: Deed::Theme(each), icon, name, note, text, also: "" });
    }
    if For::People.holds(session) {
        let (note, text) = (String::new(), String::new());
        let name = say(keys::nav::SIGN_OUT);
        let icon = Glyph::Logout;
        all.push(Place { kind: Kind::Action, deed: Deed::SignOut, icon, name, note, text, also: "log out logout" });
    }
    all
}

/// Places of one kind that fit what was typed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) kind: Kind,
    /// How well the first of them fits.
    pub(crate) fit: Fit,
    /// The best first.
    pub(crate) places: Vec<Place>,
}

/// What fits what was typed, the best kind first, and so many of each kind at most. Where nothing was typed, settings would
/// only be in the way.
pub(crate) fn found(places: &[Place], typed: &str, most: usize) -> Vec<Found> {
    let is_typed = !typed.trim().is_empty();
    let of = |kind: Kind| {
        let own = places.iter().filter(|place| place.kind == kind && (is_typed || kind != Kind::Setting));
        let mut fitting: Vec<(Fit, &Place)> = own.filter_map(|place| Some((place.fit(typed)?, place))).collect();
        fitting.sort_by_key(|(fit, _)| Reverse(*fit));
        let fit = fitting.first()?.0;
        let most = if is_typed { most } else { usize::MAX };
        Some(Found { kind, fit, places: fitting.into_iter().take(most).map(|(_, place)| place.clone()).collect() })
    };
    let mut found: Vec<Found> = Kind::ALL.into_iter().filter_map(of).collect();
    found.sort_by_key(|group| Reverse(group.fit));
    found
}

/// Groups of the portal around those of the server: before them where they fit better than all that the server found.
pub(crate) fn around<T>(own: Vec<(Fit, T)>, server: Vec<T>, best: Option<Fit>) -> Vec<T> {
    let (before, after): (Vec<_>, Vec<_>) = own.into_iter().partition(|(fit, _)| best.is_none_or(|best| *fit > best));
    let groups = |some: Vec<(Fit, T)>| some.into_iter().map(|(_, group)| group);
    groups(before).chain(server).chain(groups(after)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;
    use crate::session::tests::session;

    fn all(locale: Locale, admin: Option<bool>) -> Vec<Place> {
        places(&Catalog::of(locale), &session(admin))
    }

    /// The addresses of what is found, the best first.
    fn hrefs(places: &[Place], typed: &str) -> Vec<String> {
        found(places, typed, 8).iter().flat_map(|group| &group.places).map(|place| place.deed.href()).collect()
    }

    #[test]
    fn settings_are_found_by_name_by_meaning_and_by_key() {
        let places = all(Locale::En, Some(true));
        let token = "/admin/settings#f-values[token_expiration]".to_owned();
        assert!(hrefs(&places, "token").contains(&token));
        assert!(hrefs(&places, "docker signing").contains(&token));
        assert!(hrefs(&places, "token_expiration").contains(&token));
        assert_eq!(hrefs(&places, "read only")[0], "/admin/settings#f-values[read_only]");
        assert_eq!(hrefs(&places, "Language")[0], "/account/preferences#f-lang");
        assert_eq!(hrefs(&places, "no such thing at all"), [""; 0]);
        assert_eq!(hrefs(&all(Locale::De, Some(false)), "sprache")[0], "/account/preferences#f-lang");
        assert_eq!(hrefs(&all(Locale::ZhCn, Some(true)), "只读")[0], "/admin/settings#f-values[read_only]");
    }

    #[test]
    fn pages_and_actions_are_found_by_the_names_that_people_know() {
        let places = all(Locale::En, Some(true));
        assert_eq!(hrefs(&places, "garbage collection"), ["/admin/clean-up"]);
        assert_eq!(hrefs(&places, "users")[0], "/admin/users");
        assert_eq!(hrefs(&places, "robots")[0], "/admin/robots");
        assert_eq!(hrefs(&places, "new project")[0], "/projects/-/new");
        assert!(hrefs(&places, "admin LOG").contains(&"/admin/audit".to_owned()));
        assert_eq!(hrefs(&places, "dark"), ["?theme=dark"]);
        assert_eq!(hrefs(&places, "sign out")[0], SignOut::url());
        // A part of a word is a name's, not what is meant by a text.
        assert!(!hrefs(&places, "rbage").contains(&"/admin/clean-up".to_owned()));
    }

    #[test]
    fn inside_a_project_its_pages_are_found() {
        let page =
            |part: &str, name: Key| ProjectPage { href: format!("/projects/team/-/{part}"), name, icon: Glyph::Repo };
        let pages = vec![page("retention", keys::nav::RETENTION), page("audit", keys::nav::AUDIT)];
        let mut all = of_project(&Catalog::of(Locale::En), "team", pages);
        all.extend(places(&Catalog::of(Locale::En), &session(Some(true))));
        assert_eq!(hrefs(&all, "retention")[0], "/projects/team/-/retention");
        assert_eq!(hrefs(&all, "team audit")[0], "/projects/team/-/audit");
        assert!(hrefs(&all, "logs").contains(&"/projects/team/-/audit".to_owned()));
    }

    #[test]
    fn everybody_finds_what_they_may_open() {
        let of = |admin| all(Locale::En, admin);
        assert!(of(Some(false)).iter().all(|place| !place.deed.href().starts_with("/admin/")));
        assert!(of(None).iter().all(|place| !place.deed.href().starts_with("/a") && place.deed != Deed::SignOut));
        assert_eq!(hrefs(&of(Some(false)), "quota"), [""; 0]);
        let new_project = |places: Vec<Place>| hrefs(&places, "new project").contains(&"/projects/-/new".to_owned());
        assert_eq!((new_project(of(None)), new_project(of(Some(false)))), (false, true));
        let info = r#"{"auth_mode":"db_auth","harbor_version":"v2","project_creation_restriction":"adminonly"}"#;
        let held = Session { info: serde_json::from_str(info).unwrap(), ..session(Some(false)) };
        assert!(!new_project(places(&Catalog::of(Locale::En), &held)));
    }

    #[test]
    fn what_fits_best_is_first_and_nothing_typed_shows_the_way() {
        assert_eq!(Fit::of_name("Audit log", " audit LOG "), Some(Fit::Whole));
        assert_eq!(Fit::of_name("Audit log", "aud"), Some(Fit::Start));
        assert_eq!(Fit::of_name("Audit log", "log aud"), Some(Fit::Part));
        assert_eq!(Fit::of_name("Audit log", "log x"), None);
        let places = all(Locale::En, Some(true));
        let kinds = |typed: &str| found(&places, typed, 8).iter().map(|group| group.kind).collect::<Vec<_>>();
        assert_eq!(kinds(" "), [Kind::Page, Kind::Action]);
        assert_eq!(found(&places, "", 1)[0].places.len(), PAGES.len());
        assert_eq!(kinds("read-only mode")[0], Kind::Setting);
        assert!(found(&places, "a", 3).iter().all(|group| group.places.len() <= 3));
    }

    #[test]
    fn the_server_comes_first_where_nothing_fits_better() {
        let own = || vec![(Fit::Whole, "pages"), (Fit::Part, "settings")];
        assert_eq!(around(own(), vec!["tags"], Some(Fit::Start)), ["pages", "tags", "settings"]);
        assert_eq!(around(own(), vec!["tags"], Some(Fit::Whole)), ["tags", "pages", "settings"]);
        assert_eq!(around(own(), Vec::new(), None), ["pages", "settings"]);
    }

    #[test]
    fn what_is_chosen_is_told_by_its_address() {
        for deed in [Deed::SignOut, Deed::Theme(Theme::Dark), Deed::Go("/admin/users".to_owned())] {
            assert_eq!(Deed::of(&deed.href()), deed);
        }
    }

    #[test]
    fn texts_without_spaces_have_words_everywhere() {
        assert!(begins_a_word("审计日志", "日志") && begins_a_word("an audit log", "log"));
        assert!(!begins_a_word("a catalog", "log") && !begins_a_word("log", "logs"));
    }
}
