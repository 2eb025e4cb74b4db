//! The moves of a tag, newest first.

use crate::client::use_client;
use crate::format::TimeAgo;
use crate::i18n::{Key, keys};
use crate::pages::loaded;
use crate::pages::project::{artifact_href, natural};
use crate::query::{ListState, use_list_state};
use crate::t;
use crate::ui::{
    Badge, Card, CardBody, DigestChip, Empty, Glyph, LinkButton, Look, PageHead, Pager, Size, Timeline, TimelineItem,
    Tone,
};
use berth_types::api::TagHistoryEntry;
use berth_types::page::Paged;
use berth_types::{RepoName, TagName};
use leptos::prelude::*;

/// The page of the moves.
#[component]
pub(crate) fn TagHistory(repo: RepoName, tag: TagName) -> impl IntoView {
    let state = use_list_state("");
    let moves = {
        let (client, repo, tag) = (use_client(), repo.clone(), tag.clone());
        Resource::new(
            move || state.get(),
            move |state| {
                let (client, repo, tag) = (client.clone(), repo.clone(), tag.clone());
                async move {
                    let moves = client.tag_history(&repo, tag.as_str(), &state.params(String::new())).await?;
                    Ok((state, moves))
                }
            },
        )
    };
    let sub = format!("{repo}:{tag}");
    view! {
        <PageHead title=|| t!(keys::repository::TAB_HISTORY) sub=sub />
        {loaded(moves, move |(state, moves)| view! { <Moves repo=repo.clone() state=state moves=moves /> })}
    }
}

#[component]
fn Moves(repo: RepoName, state: ListState, moves: Paged<TagHistoryEntry>) -> impl IntoView {
    let total = natural(moves.total);
    if moves.items.is_empty() {
        return view! {
            <Empty
                icon=Glyph::History
                title=t!(keys::repository::history::EMPTY)
                text=t!(keys::repository::history::EMPTY_TEXT)
            />
        }
        .into_any();
    }
    let first_page = state.page == 1;
    let items = moves.items.into_iter().enumerate().map(move |(index, entry)| {
        // The newest move says where the tag is, unless it is gone.
        let current = first_page && index == 0 && entry.digest.is_some();
        view! { <Move repo=repo.clone() entry=entry current=current /> }
    });
    view! {
        <Card label=t!(keys::repository::TAB_HISTORY)>
            <CardBody>
                <Timeline>{items.collect_view()}</Timeline>
            </CardBody>
        </Card>
        <Pager page=state.page page_size=state.page_size total=total search=state.search />
    }
    .into_any()
}

/// The icon and the sentence of a move.
fn words(operation: &str) -> (Glyph, Key) {
    use keys::repository::history as k;
    match operation {
        "delete" => (Glyph::Trash, k::DELETED),
        "create" => (Glyph::Plus, k::CREATED),
        _ => (Glyph::Tag, k::PUSHED),
    }
}

#[component]
fn Move(repo: RepoName, entry: TagHistoryEntry, current: bool) -> impl IntoView {
    let TagHistoryEntry { tag, digest, operation, at, username } = entry;
    let (icon, key) = words(&operation);
    let text = t!(key, tag = tag);
    let title = move || {
        view! {
            <strong class="strong">{text}</strong>
            {current
                .then(|| {
                    view! {
                        " "
                        <Badge tone=Tone::Accent>{t!(keys::repository::history::CURRENT)}</Badge>
                    }
                })}
        }
    };
    let open = digest.as_deref().map(|digest| {
        view! {
            <LinkButton href=artifact_href(&repo, digest) look=Look::Ghost size=Size::Small>
                {t!(keys::common::SHOW)}
            </LinkButton>
        }
    });
    let detail = move || {
        let by = (!username.is_empty()).then(|| t!(keys::repository::history::BY, name = username));
        view! {
            {digest.map(|digest| view! { <DigestChip digest=digest /> })}
            " "
            <span class="small">{by} " " <TimeAgo at=at /></span>
        }
    };
    view! {
        <TimelineItem icon=icon current=current title=title detail=detail>
            {open}
        </TimelineItem>
    }
}
