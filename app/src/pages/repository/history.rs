//! The moves of a tag, or of all tags of a repository, newest first, and the way back.

use super::NothingPushed;
use super::facets::Nothing;
use super::filter::Filter;
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::format::{TimeAgo, digest_short, natural};
use crate::i18n::{Key, keys};
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::pages::project::{InProject, RepositoryPart, artifact_href};
use crate::query::{ListState, use_list_state};
use crate::ui::{
    Badge, Button, Card, CardBody, DigestChip, FilterCount, Filters, Glyph, LinkButton, Look, Menu, MenuLink, PageHead,
    Pager, SearchBox, Size, Timeline, TimelineItem, Tone, with_query,
};
use crate::{t, tn};
use berth_types::api::TagHistoryEntry;
use berth_types::page::Paged;
use berth_types::{RepoName, TagName};
use leptos::prelude::*;

/// Points a tag at a manifest again.
#[server(prefix = "/_portal", endpoint = "restore-tag")]
pub(crate) async fn post_restore_tag(
    repository: String,
    tag: String,
    digest: String,
    #[server(default)] back: String,
) -> Posted {
    let client = use_client();
    let posted = restore(&client, &repository, &tag, &digest).await;
    let back = if back.is_empty() { format!("/projects/{repository}/-/tags/{tag}/history") } else { back };
    crate::form::conclude(posted, &Notice::TagRestored.on(&back, &tag))
}

#[cfg(feature = "ssr")]
async fn restore(client: &Client, repository: &str, tag: &str, digest: &str) -> Posted {
    let answer = FormError::default();
    let Ok(repo) = repository.parse() else { return Err(answer.refused(ApiError::not_found())) };
    client.restore_tag(&repo, tag, digest).await.map_err(|refusal| answer.refused(refusal))
}

/// The page of the moves of one tag.
#[component]
pub(crate) fn TagHistory(within: InProject, repo: RepoName, tag: TagName) -> impl IntoView {
    let state = use_list_state("");
    let action = FormAction::of::<PostRestoreTag>();
    let moves = {
        let (client, repo, tag) = (use_client(), repo.clone(), tag.clone());
        Resource::new(
            move || (state.get(), action.version().get()),
            move |(state, _)| {
                let (client, repo, tag) = (client.clone(), repo.clone(), tag.clone());
                async move {
                    let moves = client.tag_history(&repo, tag.as_str(), &state.params(String::new())).await?;
                    Ok((state, moves))
                }
            },
        )
    };
    let sub = format!("{repo}:{tag}");
    let may_restore = within.rights.may_push();
    let back = RepositoryPart::TagHistory(tag).of(&repo);
    view! {
        <PageHead title=|| t!(keys::repository::TAB_HISTORY) sub=sub />
        <FormErrors answer=answer_of(action) />
        {loaded(
            moves,
            move |(state, moves)| {
                let restore = may_restore.then(|| Restore { action, back: back.clone() });
                view! { <Moves repo=repo.clone() state=state moves=moves restore=restore filtered=false /> }
            },
        )}
    }
}

/// How a tag gets back to where it was.
#[derive(Clone)]
struct Restore {
    action: FormAction,
    /// The page to come back to.
    back: String,
}

/// The moves of all tags of a repository, as a part of its page.
#[component]
pub(super) fn RepositoryHistory(
    within: InProject,
    repo: RepoName,
    state: ListState,
    filter: Filter,
    moves: Paged<TagHistoryEntry>,
    action: FormAction,
) -> impl IntoView {
    let total = natural(moves.total);
    let search = state.search.clone();
    let filtered = !filter.of_moves().is_empty();
    let back = format!("{}{}", RepositoryPart::Tags.of(&repo), with_query("", &[("tab", Some("history"))]));
    let restore = within.rights.may_push().then_some(Restore { action, back });
    let operations = [
        ("", t!(keys::audit::ALL_ACTIONS)),
        ("push", t!(keys::shelf::OP_PUSH)),
        ("create", t!(keys::shelf::OP_CREATE)),
        ("restore", t!(keys::shelf::OP_RESTORE)),
        ("delete", t!(keys::shelf::OP_DELETE)),
    ];
    let links: Vec<_> = operations
        .into_iter()
        .map(|(word, text)| {
            let wanted = (!word.is_empty()).then_some(word);
            let href = with_query(&search, &[("op", wanted), ("page", None)]);
            view! { <MenuLink href=href current=word == filter.operation text=text /> }
        })
        .collect();
    view! {
        <p class="small muted">{t!(keys::shelf::HISTORY_SUB)}</p>
        <Filters>
            <SearchBox label=t!(keys::shelf::HISTORY_FILTER) value=filter.q keep=search />
            <Menu text=t!(keys::audit::ACTION)>{links}</Menu>
            <FilterCount text=tn!(keys::shelf::MOVES, total) />
        </Filters>
        <FormErrors answer=answer_of(action) />
        <Moves repo=repo state=state moves=moves restore=restore filtered=filtered />
    }
}

#[component]
fn Moves(
    repo: RepoName,
    state: ListState,
    moves: Paged<TagHistoryEntry>,
    /// How a tag is restored; nothing for those who may not.
    restore: Option<Restore>,
    filtered: bool,
) -> impl IntoView {
    let total = natural(moves.total);
    if moves.items.is_empty() && filtered {
        return view! { <Nothing search=state.search /> }.into_any();
    }
    if moves.items.is_empty() {
        let (title, text) = (t!(keys::repository::history::EMPTY), t!(keys::repository::history::EMPTY_TEXT));
        // Who may restore may push.
        let may_push = restore.is_some();
        return view! { <NothingPushed repo=repo icon=Glyph::History title=title text=text may_push=may_push /> }
            .into_any();
    }
    let items = moves
        .items
        .into_iter()
        .map(move |entry| view! { <Move repo=repo.clone() entry=entry restore=restore.clone() /> });
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
fn words(entry: &TagHistoryEntry) -> (Glyph, Key) {
    use keys::repository::history as k;
    match (entry.operation.as_str(), &entry.from) {
        ("delete", _) => (Glyph::Trash, k::DELETED),
        ("restore", _) => (Glyph::Undo, keys::shelf::RESTORED),
        ("create", _) => (Glyph::Plus, k::CREATED),
        (_, Some(_)) => (Glyph::Tag, keys::shelf::MOVED),
        (_, None) => (Glyph::Plus, k::PUSHED),
    }
}

#[component]
fn Move(repo: RepoName, entry: TagHistoryEntry, restore: Option<Restore>) -> impl IntoView {
    let (icon, key) = words(&entry);
    let TagHistoryEntry { tag, digest, from, at, username, present, here, current, .. } = entry;
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
    let actions = digest.clone().map(|digest| match (present, restore) {
        (false, _) => view! { <span class="small muted">{t!(keys::shelf::GONE)}</span> }.into_any(),
        (true, Some(restore)) if !(here || current) => {
            let show = artifact_href(&repo, &digest);
            let label = t!(keys::shelf::RESTORE_TO, tag = tag, digest = digest_short(&digest));
            view! {
                <LinkButton href=show look=Look::Ghost size=Size::Small>
                    {t!(keys::common::SHOW)}
                </LinkButton>
                <PostForm action=restore.action>
                    <input type="hidden" name="repository" value=repo.to_string() />
                    <input type="hidden" name="tag" value=tag />
                    <input type="hidden" name="digest" value=digest />
                    <input type="hidden" name="back" value=restore.back />
                    <Button size=Size::Small icon=Glyph::Undo submit=true attr:aria-label=label>
                        {t!(keys::shelf::RESTORE)}
                    </Button>
                </PostForm>
            }
            .into_any()
        }
        (true, _) => view! {
            <LinkButton href=artifact_href(&repo, &digest) look=Look::Ghost size=Size::Small>
                {t!(keys::common::SHOW)}
            </LinkButton>
        }
        .into_any(),
    });
    let detail = move || {
        let by = (!username.is_empty()).then(|| t!(keys::repository::history::BY, name = username));
        let from = from.map(|digest| {
            view! {
                <span class="row g1 nowrap-row">
                    <span class="tiny muted">{t!(keys::shelf::FROM)}</span>
                    <DigestChip digest=digest />
                </span>
            }
        });
        view! {
            <span class="row g2">{digest.map(|digest| view! { <DigestChip digest=digest /> })} {from}</span>
            <span class="small">{by} " " <TimeAgo at=at /></span>
        }
    };
    view! {
        <TimelineItem icon=icon current=current title=title detail=detail>
            {actions}
        </TimelineItem>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use berth_types::Timestamp;

    #[test]
    fn a_move_is_told_by_what_was_there_before() {
        let entry = |operation: &str, from: Option<&str>| TagHistoryEntry {
            tag: "v1".to_owned(),
            digest: None,
            from: from.map(str::to_owned),
            operation: operation.to_owned(),
            at: Timestamp::NEVER,
            username: String::new(),
            present: false,
            here: false,
            current: false,
        };
        let key = |operation, from| words(&entry(operation, from)).1;
        assert_eq!(key("push", None), keys::repository::history::PUSHED);
        assert_eq!(key("push", Some("sha256:a")), keys::shelf::MOVED);
        assert_eq!(key("restore", Some("sha256:a")), keys::shelf::RESTORED);
        assert_eq!(key("delete", Some("sha256:a")), keys::repository::history::DELETED);
    }
}
