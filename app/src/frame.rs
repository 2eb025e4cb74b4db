//! The frame of every page with navigation: who is signed in, what the system has to say, where one can go.

use crate::i18n::{Key, keys};
use crate::notice::NoticeCallout;
use crate::pages::account::SignOut;
use crate::session::{Session, sign_in_href, use_has_ended, use_session};
use crate::t;
use crate::ui::{
    AppShell, Callout, CalloutActions, Crumb, Glyph, Icon, LinkButton, Look, MenuButton, MenuLink, MenuSeparator,
    NavGroup, NavLink, Size, Tone, UserMenu, open_palette,
};
pub(crate) use attendant::Attendant;
use banner::Banner;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_location;
#[cfg(target_arch = "wasm32")]
pub(crate) use place::remember as remember_places;

mod attendant;
mod banner;
pub(crate) mod curl;
mod palette;
#[cfg(target_arch = "wasm32")]
mod place;
pub(crate) mod places;
mod shortcuts;

/// The pages of a project that the visitor may see, for the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectNav {
    /// Name of the project.
    pub name: String,
    /// Whether the visitor sees its members.
    pub members: bool,
    /// Whether the visitor sees its robots.
    pub robots: bool,
    /// Whether the visitor sees its labels.
    pub labels: bool,
    /// Whether the visitor sees what it keeps.
    pub retention: bool,
    /// Whether the visitor sees its tags that stay as they are.
    pub immutability: bool,
    /// Whether the visitor sees what it tells other systems.
    pub webhooks: bool,
    /// Whether the visitor chooses its scanner.
    pub scanner: bool,
    /// Whether the visitor sees what is brought into P2P networks.
    pub preheat: bool,
    /// Whether the visitor sees its log.
    pub log: bool,
    /// Whether the visitor sees what it stores.
    pub storage: bool,
    /// Whether the visitor changes its settings.
    pub settings: bool,
}

/// The frame of a page with navigation.
#[component]
pub fn Frame(
    /// Where the page stands.
    #[prop(into)]
    crumbs: Signal<Vec<Crumb>>,
    /// The project that the page belongs to.
    #[prop(optional, into)]
    project: Option<ProjectNav>,
    /// The page.
    children: Children,
) -> impl IntoView {
    crate::live::provide_dot();
    let around = project.as_ref().map(|project| (project.name.clone(), project.pages()));
    view! {
        <AppShell nav=move || view! { <Navigation project=project /> } foot=Foot crumbs=crumbs tools=Tools>
            <SystemNotices />
            <NoticeCallout />
            {children()}
        </AppShell>
        <palette::PagePalette around=around />
        <shortcuts::KeysDialog />
    }
}

/// The end of the top bar.
#[component]
fn Tools() -> impl IntoView {
    view! {
        <crate::live::LiveDot />
        <shortcuts::KeysButton />
    }
}

/// The search over everything: a form that leads to its results. Pressed where script runs, it opens the palette.
#[component]
fn NavSearch() -> impl IntoView {
    let label = t!(keys::palette::BOX);
    let (form_label, placeholder) = (label.clone(), label.clone());
    let open = |event: leptos::ev::MouseEvent| {
        if open_palette() {
            event.prevent_default();
        }
    };
    view! {
        <form class="nav-search" method="get" action="/search" role="search" aria-label=form_label on:click=open>
            <Icon name=Glyph::Search />
            <input
                type="text"
                name="q"
                enterkeyhint="search"
                aria-label=label
                placeholder=placeholder
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-keyshortcuts="Control+K"
            />
            <kbd class="kbd needs-script" aria-hidden="true">
                "Ctrl K"
            </kbd>
        </form>
    }
}

/// Whether the address of the page is `path` or below it.
fn below(path: String) -> Signal<bool> {
    let pathname = use_location().pathname;
    Signal::derive(move || {
        pathname
            .with(|here| here.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    })
}

#[component]
fn Navigation(project: Option<ProjectNav>) -> impl IntoView {
    let admin = use_session().with_untracked(|session| session.is_admin());
    let pathname = use_location().pathname;
    let of_project = project.is_some();
    // Inside a project its own pages are the current ones.
    let projects = Signal::derive(move || {
        !of_project && pathname.with(|here| here == "/projects" || here.starts_with("/projects/"))
    });
    view! {
        <NavSearch />
        <NavGroup>
            <NavLink href="/projects" icon=Glyph::Project text=t!(keys::nav::PROJECTS) current=projects />
        </NavGroup>
        {project.map(|project| view! { <ProjectPages project=project /> })}
        {admin.then(|| view! { <AdminPages /> })}
    }
}

/// A page of a project: where, by which name, with which icon.
pub(crate) struct ProjectPage {
    pub(crate) href: String,
    pub(crate) name: Key,
    pub(crate) icon: Glyph,
}

impl ProjectNav {
    /// The pages that the visitor may see, in their order. The first is the list of repositories.
    pub(crate) fn pages(&self) -> Vec<ProjectPage> {
        let base = format!("/projects/{}", self.name);
        let parts = [
            (self.members, "members", Glyph::Users, keys::nav::MEMBERS),
            (self.robots, "robots", Glyph::Robot, keys::nav::ROBOTS),
            (self.labels, "labels", Glyph::Tag, keys::nav::LABELS),
            (self.storage, "storage", Glyph::Db, keys::usage::TITLE),
            (self.retention, "retention", Glyph::Sweep, keys::nav::RETENTION),
            (self.immutability, "immutability", Glyph::Lock, keys::nav::IMMUTABILITY),
            (self.webhooks, "webhooks", Glyph::Hook, keys::nav::WEBHOOKS),
            (self.scanner, "scanner", Glyph::Shield, keys::nav::PROJECT_SCANNER),
            (self.preheat, "preheat", Glyph::Bolt, keys::nav::PREHEAT),
            (self.log, "audit", Glyph::Log, keys::nav::AUDIT),
            (self.settings, "settings", Glyph::Settings, keys::nav::SETTINGS),
        ];
        let part = |(_, name, icon, key)| ProjectPage { href: format!("{base}/-/{name}"), name: key, icon };
        let parts = parts.into_iter().filter(|(sees, ..)| *sees).map(part);
        let front = ProjectPage { href: base.clone(), name: keys::nav::REPOSITORIES, icon: Glyph::Repo };
        std::iter::once(front).chain(parts).collect()
    }
}

#[component]
fn ProjectPages(project: ProjectNav) -> impl IntoView {
    let pathname = use_location().pathname;
    let own = format!("/projects/{}/-/", project.name);
    let repositories = Signal::derive(move || pathname.with(|here| !here.starts_with(&own)));
    let links = project.pages().into_iter().enumerate().map(|(at, page)| {
        let current = if at == 0 { repositories } else { below(page.href.clone()) };
        view! { <NavLink href=page.href icon=page.icon text=t!(page.name) current=current /> }
    });
    let links = links.collect_view();
    view! { <NavGroup project=project.name>{links}</NavGroup> }
}

#[component]
fn AdminPages() -> impl IntoView {
    let link = |path: &'static str, icon: Glyph, text: String| {
        view! { <NavLink href=path icon=icon text=text current=below(path.to_owned()) /> }
    };
    view! {
        <NavGroup title=t!(keys::nav::ADMINISTRATION)>
            {link("/admin/users", Glyph::User, t!(keys::nav::USERS))}
            {link("/admin/groups", Glyph::Users, t!(keys::nav::GROUPS))}
            {link("/admin/robots", Glyph::Robot, t!(keys::nav::SYSTEM_ROBOTS))}
            {link("/admin/storage", Glyph::Layers, t!(keys::usage::TITLE))}
            {link("/admin/quotas", Glyph::Db, t!(keys::nav::QUOTAS))}
            {link("/admin/labels", Glyph::Tag, t!(keys::nav::SYSTEM_LABELS))}
            {link("/admin/jobs", Glyph::Bolt, t!(keys::nav::JOBS))}
            {link("/admin/clean-up", Glyph::Sweep, t!(keys::nav::CLEAN_UP))}
            {link("/admin/audit", Glyph::Log, t!(keys::nav::SYSTEM_AUDIT))}
            {link("/admin/health", Glyph::Server, t!(keys::nav::HEALTH))}
            {link("/admin/settings", Glyph::Settings, t!(keys::nav::SYSTEM_SETTINGS))}
        </NavGroup>
        <NavGroup title=t!(keys::nav::OTHER_SYSTEMS)>
            {link("/admin/registries", Glyph::Server, t!(keys::nav::REGISTRIES))}
            {link("/admin/replication", Glyph::Sync, t!(keys::nav::REPLICATION))}
            {link("/admin/scanners", Glyph::Shield, t!(keys::nav::SCANNERS))}
            {link("/admin/allowlist", Glyph::ShieldOk, t!(keys::nav::ALLOWLIST))}
            {link("/admin/preheat", Glyph::Bolt, t!(keys::nav::PREHEAT))}
        </NavGroup>
    }
}

/// The menu of the person, or the way to become one.
#[component]
fn Foot() -> impl IntoView {
    let Some(user) = use_session().with_untracked(|session| session.user.clone()) else {
        let signs_up = use_session().with_untracked(Session::self_registration);
        return view! {
            <LinkButton href=sign_in_href() icon=Glyph::User size=Size::Small>
                {t!(keys::nav::SIGN_IN)}
            </LinkButton>
            {signs_up
                .then(|| {
                    view! {
                        <LinkButton href="/sign-up" look=Look::Ghost size=Size::Small>
                            {t!(keys::sign_up::TITLE)}
                        </LinkButton>
                    }
                })}
        }
        .into_any();
    };
    let name = if user.realname.is_empty() { user.username } else { user.realname };
    view! {
        <UserMenu name=name>
            <MenuLink href="/account" icon=Glyph::User text=t!(keys::nav::PROFILE) />
            <MenuLink href="/account/tokens" icon=Glyph::Key text=t!(keys::account::TAB_TOKENS) />
            <MenuLink href="/account/sessions" icon=Glyph::Clock text=t!(keys::nav::SESSIONS) />
            <MenuLink href="/account/preferences" icon=Glyph::Settings text=t!(keys::nav::PREFERENCES) />
            <MenuSeparator />
            // A plain form: another visitor is another document.
            <form method="post" action=SignOut::url()>
                <MenuButton icon=Glyph::Logout submit=true text=t!(keys::nav::SIGN_OUT) />
            </form>
        </UserMenu>
    }
    .into_any()
}

/// What the system has to say on every page.
#[component]
fn SystemNotices() -> impl IntoView {
    let (read_only, banner) = use_session().with_untracked(|session| {
        let info = session.info.as_ref();
        (info.and_then(|info| info.read_only) == Some(true), info.map(|info| info.banner_message.clone()))
    });
    let now = crate::format::use_now().get_untracked();
    let banner = banner.as_deref().and_then(Banner::read).filter(|banner| banner.shown_at(now));
    let has_ended = use_has_ended();
    let ended = move || {
        has_ended.get().then(|| {
            view! {
                <Callout tone=Tone::Bad title=t!(keys::sign_in::SIGNED_OUT) text=t!(keys::shell::SESSION_ENDED)>
                    <CalloutActions>
                        // Another document: this one still believes that the session lives.
                        <LinkButton href=sign_in_href() size=Size::Small attr:rel="external">
                            {t!(keys::nav::SIGN_IN)}
                        </LinkButton>
                    </CalloutActions>
                </Callout>
            }
        })
    };
    view! {
        {ended}
        {read_only.then(|| view! { <Callout tone=Tone::Warn title=t!(keys::shell::READ_ONLY) /> })}
        {banner.map(|banner| view! { <Callout tone=banner.tone title=banner.message /> })}
    }
}
