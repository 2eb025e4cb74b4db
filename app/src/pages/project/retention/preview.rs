//! What the rules on the page would do.

use super::words::reason;
use crate::client::ApiError;
use crate::form::Refusal;
use crate::format::{bytes, natural};
use crate::i18n::{keys, use_catalog};
use crate::pages::project::{ProjectPart, artifact_href};
use crate::ui::{
    Badge, Callout, CalloutActions, Card, CardBody, CardFoot, Empty, Glyph, LinkButton, NameLink, Pager, Segment,
    Segmented, Size, Stat, Stats, Tone, with_query,
};
use crate::{t, tn};
use berth_types::api::{RetentionPreview, RetentionVerdict};
use berth_types::{ProjectName, RepoName};
use leptos::prelude::*;

/// The parameter in the address that says which items are listed.
pub(super) const SHOW: &str = "show";

/// Which items are listed, and where in the list the page stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct View {
    /// `kept`, `removed`, or empty for all.
    pub show: String,
    /// From 1.
    pub page: u64,
    /// Items a page.
    pub page_size: u64,
    /// The whole query, for links that keep it.
    pub search: String,
}

impl View {
    pub fn read(search: &str) -> View {
        let state = crate::query::ListState::read(search, "");
        let show = crate::ui::query_pairs(search).into_iter().find(|(key, _)| key == SHOW).map(|(_, value)| value);
        View {
            show: show.filter(|show| matches!(show.as_str(), "kept" | "removed")).unwrap_or_default(),
            page: state.page,
            page_size: state.page_size,
            search: state.search,
        }
    }
}

/// The card beside the rules.
#[component]
pub(super) fn PreviewCard(
    /// The project.
    project: ProjectName,
    /// How many rules there are.
    rules: usize,
    /// Whether something is wrong with them.
    is_wrong: bool,
    /// What they would do, or why nobody can say.
    preview: Result<RetentionPreview, ApiError>,
    /// What is listed.
    shown: View,
    /// Whether immutability rules are for the visitor to see.
    sees_immutable: bool,
) -> impl IntoView {
    match preview {
        Err(error) => view! {
            <CardBody>
                <Refusal error=error />
            </CardBody>
        }
        .into_any(),
        Ok(_) if is_wrong => view! {
            <CardBody>
                <Callout
                    tone=Tone::Warn
                    title=t!(keys::retention::preview::WRONG)
                    text=t!(keys::retention::preview::WRONG_TEXT)
                />
            </CardBody>
        }
        .into_any(),
        Ok(_) if rules == 0 => view! {
            <Empty
                icon=Glyph::Sweep
                title=t!(keys::retention::preview::NO_RULES)
                text=t!(keys::retention::preview::NO_RULES_TEXT)
                in_card=true
            />
        }
        .into_any(),
        Ok(preview) => {
            view! { <Numbers project=project preview=preview shown=shown sees_immutable=sees_immutable /> }.into_any()
        }
    }
}

#[component]
fn Numbers(project: ProjectName, preview: RetentionPreview, shown: View, sees_immutable: bool) -> impl IntoView {
    let (kept, removed) = (natural(preview.kept.tags), natural(preview.removed.tags));
    let kept_note = tn!(keys::count::ARTIFACTS, natural(preview.kept.artifacts));
    let removed_note = t!(
        keys::retention::preview::REMOVED_NOTE,
        artifacts = tn!(keys::count::ARTIFACTS, natural(preview.removed.artifacts)),
        size = bytes(natural(preview.freed_bytes))
    );
    let segments: Vec<Segment> = [
        ("", t!(keys::common::ALL)),
        ("kept", t!(keys::retention::preview::KEPT)),
        ("removed", t!(keys::retention::preview::REMOVED)),
    ]
    .into_iter()
    .map(|(word, label)| Segment {
        label,
        href: with_query(&shown.search, &[(SHOW, Some(word).filter(|word| !word.is_empty())), ("page", None)]),
        current: shown.show == word,
    })
    .collect();
    let by_rule = preview.rules.iter().zip(1..).map(|(tags, number): (&i64, usize)| {
        let text = tn!(keys::retention::preview::RULE_KEEPS, natural(*tags), rule = number);
        view! { <li class="small muted">{text}</li> }
    });
    let by_rule = by_rule.collect_view();
    let untouched = (preview.untouched_repositories > 0).then(|| {
        let text = tn!(keys::retention::preview::UNTOUCHED, natural(preview.untouched_repositories));
        view! { <p class="small muted">{text}</p> }
    });
    let immutable = (preview.immutable_tags > 0).then(|| {
        let title = tn!(keys::retention::preview::IMMUTABLE, natural(preview.immutable_tags));
        let href = ProjectPart::Immutability.of(&project);
        view! {
            <Callout title=title>
                {sees_immutable
                    .then(|| {
                        view! {
                            <CalloutActions>
                                <LinkButton href=href size=Size::Small>
                                    {t!(keys::immutability::TITLE)}
                                </LinkButton>
                            </CalloutActions>
                        }
                    })}
            </Callout>
        }
    });
    let total = natural(preview.total);
    let items = preview.items.into_iter().map(|verdict| view! { <Item project=project.clone() verdict=verdict /> });
    let items = items.collect_view();
    let pager = (total > shown.page_size).then(|| {
        view! { <Pager page=shown.page page_size=shown.page_size total=total search=shown.search.clone() /> }
    });
    view! {
        <CardBody stack=true>
            <Stats>
                <Stat label=t!(keys::retention::preview::KEPT) note=kept_note>
                    <span class="ok">{crate::format::count(kept)}</span>
                </Stat>
                <Stat label=t!(keys::retention::preview::REMOVED) note=removed_note>
                    <span class="bad">{crate::format::count(removed)}</span>
                </Stat>
            </Stats>
            <ul>{by_rule}</ul>
            {untouched}
            {immutable}
            <Segmented label=t!(keys::retention::preview::SHOW) segments=segments />
        </CardBody>
        <ul class="list list-tight">{items}</ul>
        {pager.map(|pager| view! { <CardBody>{pager}</CardBody> })}
        <CardFoot>{t!(keys::retention::preview::FOOT)}</CardFoot>
    }
}

#[component]
fn Item(project: ProjectName, verdict: RetentionVerdict) -> impl IntoView {
    let why = reason(&use_catalog(), &verdict);
    let (tone, icon, text) = if verdict.kept {
        (Tone::Ok, Glyph::Check, t!(keys::retention::preview::KEEP))
    } else {
        (Tone::Bad, Glyph::Minus, t!(keys::retention::preview::REMOVE))
    };
    let digest = crate::format::digest_short(&verdict.digest).to_owned();
    let name = match &verdict.tag {
        Some(tag) => format!("{}:{tag}", verdict.repository),
        None => format!("{}@{digest}", verdict.repository),
    };
    let reference = verdict.tag.unwrap_or(verdict.digest);
    let link = match RepoName::new(&project, &verdict.repository) {
        Ok(repo) => view! { <NameLink text=name href=artifact_href(&repo, &reference) /> }.into_any(),
        Err(_) => view! { <span>{name}</span> }.into_any(),
    };
    view! {
        <li>
            <Badge tone=tone icon=icon>
                {text}
            </Badge>
            <span class="name small">{link}</span>
            <span class="push tiny muted">{why}</span>
        </li>
    }
}

/// The frame of the preview.
#[component]
pub(super) fn PreviewFrame(
    /// What it shows.
    children: Children,
) -> impl IntoView {
    // Told only where it is true: script has to run.
    let (is_live, set_live) = signal(false);
    Effect::new(move || set_live.set(true));
    let live = move || {
        view! {
            <span class="live" hidden=move || !is_live.get()>
                {t!(keys::retention::preview::LIVE)}
            </span>
        }
    };
    view! {
        <Card title=t!(keys::retention::preview::TITLE) actions=live>
            {children()}
        </Card>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_what_is_listed() {
        let view = View::read("?show=removed&page=3&every=day");
        assert_eq!((view.show.as_str(), view.page, view.page_size), ("removed", 3, 25));
        assert_eq!(view.search, "show=removed&page=3&every=day");
        assert_eq!(View::read("?show=all").show, "");
    }
}
