//! The commands that fetch one artifact, in a menu.

use crate::i18n::keys;
use crate::pages::project::commands::PullCommands;
use crate::session::use_session;
use crate::t;
use crate::ui::{CopyCommand, Glyph, Look, Menu, MenuSide, Size};
use berth_types::RepoName;
use leptos::prelude::*;

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
    let commands = use_session().with_untracked(|session| PullCommands::new(session.registry(), &repo, &kind));
    let by_tag = tag.as_deref().map(|tag| {
        let base = commands.as_base(tag).map(|line| {
            view! {
                <span class="tiny muted">{t!(keys::repository::AS_BASE)}</span>
                <CopyCommand text=line label=t!(keys::repository::COPY_BASE) />
            }
        });
        let command = view! {
            <strong class="strong">{t!(keys::repository::PULL_TITLE, tag = tag)}</strong>
            <CopyCommand text=commands.by_tag(tag) label=t!(keys::copy::PULL_BY_TAG) />
        };
        (command, base)
    });
    let (command, base) = by_tag.unzip();
    view! {
        {command}
        <span class="tiny muted">{t!(keys::repository::BY_DIGEST)}</span>
        <CopyCommand text=commands.by_digest(&digest) label=t!(keys::copy::PULL_BY_DIGEST) />
        {base}
    }
}
