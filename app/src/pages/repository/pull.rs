//! The commands that fetch one artifact, in a menu.

use crate::i18n::keys;
use crate::pages::project::commands::PullCommands;
use crate::runtime::use_runtime;
use crate::session::{Session, use_session};
use crate::t;
use crate::ui::{CopyCommand, Glyph, Look, Menu, MenuSide, Size};
use berth_types::RepoName;
use leptos::prelude::*;

/// The command that fetches one artifact by tag, or by digest where no tag is given, with the engine of the visitor.
pub(super) fn command_of(repo: &RepoName, kind: &str, tag: Option<String>, digest: String) -> Signal<String> {
    let server = use_session().with_untracked(Session::server);
    let commands = PullCommands::new(&server.host, repo, kind);
    let runtime = use_runtime();
    Signal::derive(move || {
        let commands = commands.clone().by(runtime.get(), server.https);
        tag.as_deref().map_or_else(|| commands.by_digest(&digest), |tag| commands.by_tag(tag))
    })
}

/// The menu of a row with all commands for one tag.
#[component]
pub(crate) fn PullMenu(
    /// The repository.
    repo: RepoName,
    /// The tag, if there is one.
    #[prop(into)]
    tag: Option<String>,
    /// The digest.
    digest: String,
    /// The kind of artifact, as the API calls it.
    kind: String,
    /// The main action of a page, instead of one of a row.
    #[prop(optional)]
    main: bool,
) -> impl IntoView {
    let name = tag.clone().unwrap_or_else(|| crate::format::digest_short(&digest).to_owned());
    let label = t!(keys::repository::PULL_TITLE, tag = name);
    let (look, size) = if main { (Look::Primary, Size::Normal) } else { (Look::Plain, Size::Small) };
    view! {
        <Menu
            text=t!(keys::repository::PULL)
            label=label
            icon=main.then_some(Glyph::Download)
            look=look
            size=size
            side=MenuSide::End
            wide=true
        >
            <PullPanel repo=repo tag=tag digest=digest kind=kind />
        </Menu>
    }
}

/// All commands for one artifact.
#[component]
pub(crate) fn PullPanel(
    /// The repository.
    repo: RepoName,
    /// The tag, if there is one.
    tag: Option<String>,
    /// The digest.
    digest: String,
    /// The kind of artifact, as the API calls it.
    kind: String,
) -> impl IntoView {
    let server = use_session().with_untracked(Session::server);
    let commands = PullCommands::new(&server.host, &repo, &kind);
    let runtime = use_runtime();
    let shown = {
        let commands = commands.clone();
        move || commands.clone().by(runtime.get(), server.https)
    };
    let by_tag = tag.as_deref().map(|tag| {
        let base = commands.as_base(tag).map(|line| {
            view! {
                <span class="tiny muted">{t!(keys::repository::AS_BASE)}</span>
                <CopyCommand text=line label=t!(keys::repository::COPY_BASE) />
            }
        });
        let (shown, name) = (shown.clone(), tag.to_owned());
        let by_tag = Signal::derive(move || shown().by_tag(&name));
        let command = view! {
            <strong class="strong">{t!(keys::repository::PULL_TITLE, tag = tag)}</strong>
            <CopyCommand text=by_tag label=t!(keys::copy::PULL_BY_TAG) />
        };
        (command, base)
    });
    let (command, base) = by_tag.unzip();
    let by_digest = Signal::derive(move || shown().by_digest(&digest));
    view! {
        {command}
        <span class="tiny muted">{t!(keys::repository::BY_DIGEST)}</span>
        <CopyCommand text=by_digest label=t!(keys::copy::PULL_BY_DIGEST) />
        {base}
    }
}
