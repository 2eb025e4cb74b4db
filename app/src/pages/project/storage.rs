//! What the repositories of a project store, what of it counts, and what nobody used for long.

use super::{InProject, NotAllowed};
use crate::client::use_client;
use crate::format::{ByteSize, bytes, natural, percent};
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::growth::{Growth, Whose};
use crate::pages::loaded;
use crate::pages::stored::{StoredRepositories, unused_days};
use crate::query::use_list_state;
use crate::t;
use crate::ui::{
    Callout, Card, CardBody, Empty, Glyph, LinkButton, Meter, PageHead, Part, Stat, Stats, Tone, quota_left,
};
use berth_types::api::ProjectUsage;
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;

/// The page.
#[component]
pub(crate) fn Storage(within: InProject) -> impl IntoView {
    if !within.rights.may(Of::Quota, Action::Read) {
        return view! { <NotAllowed needs=(Of::Quota, Action::Read) /> }.into_any();
    }
    let client = use_client();
    let state = use_list_state("-size");
    let usage = {
        let (client, name) = (client.clone(), within.name.clone());
        Resource::new(
            || (),
            move |()| {
                let (client, name) = (client.clone(), name.clone());
                async move { client.project_usage(&name).await }
            },
        )
    };
    let repositories = {
        let name = within.name.clone();
        Resource::new(
            move || state.get(),
            move |state| {
                let (client, name) = (client.clone(), name.clone());
                async move {
                    let days = unused_days(&state.search);
                    let params = state.params(state.fuzzy("name"));
                    let repositories = client.repository_usage(&name, &days, &params).await?;
                    Ok((state, repositories))
                }
            },
        )
    };
    let project = within.name.to_string();
    view! {
        <PageHead title=|| t!(keys::usage::TITLE) sub=t!(keys::usage::SUB) />
        {loaded(usage, |usage| view! { <StorageFacts usage=usage /> })}
        <Growth whose=Whose::Project(within.name) />
        <Callout title=t!(keys::usage::WHAT_COUNTS) text=t!(keys::usage::WHAT_COUNTS_TEXT) tone=Tone::Neutral />
        <h2 class="strong">{t!(keys::usage::REPOSITORIES)}</h2>
        {loaded(
            repositories,
            move |(state, repositories)| {
                let set_up = format!("/projects/{project}/-/set-up");
                view! {
                    <StoredRepositories
                        state=state
                        repositories=repositories
                        caption=t!(keys::usage::CAPTION, project = project)
                    >
                        <Empty
                            icon=Glyph::Repo
                            title=t!(keys::repositories::EMPTY)
                            text=t!(keys::repositories::EMPTY_GUEST_TEXT)
                        >
                            <LinkButton href=set_up icon=Glyph::Terminal>
                                {t!(keys::newcomer::TITLE)}
                            </LinkButton>
                        </Empty>
                    </StoredRepositories>
                }
            },
        )}
    }
    .into_any()
}

/// Used, saved and reserved, for administrators also what other projects have, and a bar where there is a limit.
#[component]
pub(crate) fn StorageFacts(usage: ProjectUsage) -> impl IntoView {
    let ProjectUsage { limit, used, reserved, shared, saved, .. } = usage;
    let (used, reserved) = (natural(used), natural(reserved));
    let limit = u64::try_from(limit).ok();
    let elsewhere = shared.map_or(0, natural);
    let bar = limit.map(|limit| {
        let label = t!(keys::usage::BAR, used = bytes(used), reserved = bytes(reserved), limit = bytes(limit));
        view! {
            <Card label=t!(keys::usage::TITLE)>
                <CardBody stack=true>
                    <Meter label=label.clone() parts=parts(used, elsewhere, reserved, limit) large=true />
                    <span class="small muted">{label}</span>
                </CardBody>
            </Card>
        }
    });
    let allowed = limit.map_or_else(|| t!(keys::quota::NO_LIMIT), bytes);
    let stat = |label: String, amount: i64, note: String| {
        view! {
            <Stat label=label note=note>
                <ByteSize bytes=natural(amount) />
            </Stat>
        }
    };
    view! {
        <Stats>
            <Stat label=t!(keys::usage::USED) note=limit.map(|limit| t!(keys::quota::USED, percent = percent(used, limit)))>
                <ByteSize bytes=used />
            </Stat>
            <Stat label=t!(keys::usage::LIMIT) note=limit.and_then(|limit| quota_left(used, limit))>
                {allowed}
            </Stat>
            {shared.map(|shared| stat(t!(keys::usage::SHARED), shared, t!(keys::usage::SHARED_NOTE)))}
            {stat(t!(keys::usage::SAVED), saved, t!(keys::usage::SAVED_NOTE))}
            {stat(t!(keys::usage::RESERVED), usage.reserved, t!(keys::usage::RESERVED_NOTE))}
        </Stats>
        {bar}
    }
}

/// The parts of the bar: what only this project has, what others have as well, what is on its way.
fn parts(used: u64, shared: u64, reserved: u64, limit: u64) -> Vec<Part> {
    let share = |bytes: u64| if limit == 0 { 100 } else { percent(bytes, limit) };
    let shared = shared.min(used);
    let class = match share(used.saturating_add(reserved)) {
        98.. => "bad",
        90.. => "warn",
        _ => "",
    };
    let parts = [(used - shared, class), (shared, "alt"), (reserved, "pend")];
    let shown = parts.into_iter().filter(|(bytes, _)| *bytes > 0);
    shown.map(|(bytes, class)| Part { percent: share(bytes).min(100), class }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_says_what_is_whose_and_warns_with_uploads() {
        let shown = |used, shared, reserved| {
            let parts = parts(used, shared, reserved, 1000).into_iter();
            parts.map(|part| (part.percent, part.class)).collect::<Vec<_>>()
        };
        assert_eq!(shown(400, 100, 0), [(30, ""), (10, "alt")]);
        assert_eq!(shown(850, 0, 80), [(85, "warn"), (8, "pend")]);
        assert_eq!(shown(990, 2000, 0), [(99, "alt")]);
        assert!(shown(0, 0, 0).is_empty());
    }
}
