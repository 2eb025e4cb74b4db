//! How the parts of the system are.

mod checks;

use super::AdminFrame;
use crate::client::{support_bundle, use_client};
use crate::format::TimeAgo;
use crate::i18n::{keys, use_catalog};
use crate::load::Resource;
use crate::pages::loaded;
use crate::t;
use crate::ui::{Callout, Card, CheckLine, Checks, Crumb, Glyph, Icon, LinkButton, Look, PageHead, State, Tone};
use berth_types::api::HealthReport;
use checks::{Check, checks, worst};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The page.
#[component]
pub fn SystemHealth() -> impl IntoView {
    let title = t!(keys::health::TITLE);
    let client = use_client();
    let location = use_location();
    // "Check now" is a link to the page: it is asked again with every visit.
    let report = Resource::new(
        move || location.search.get(),
        move |_| {
            let client = client.clone();
            async move { client.health_report().await }
        },
    );
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title)]>
            {loaded(report, move |told| view! { <Report told=told report=report /> })}
        </AdminFrame>
    }
}

#[component]
fn Report(told: HealthReport, report: Resource<crate::client::ApiResult<HealthReport>>) -> impl IntoView {
    let catalog = use_catalog();
    let checks = checks(&catalog, &told);
    let title = t!(keys::health::TITLE);
    let version = t!(keys::health::VERSION, version = told.version);
    let (started, checked) = (told.started_at, told.checked_at);
    let meta = move || {
        view! {
            <span>{version}</span>
            <span>{t!(keys::health::STARTED)} " " <TimeAgo at=started /></span>
            <span>{t!(keys::health::CHECKED)} " " <TimeAgo at=checked /></span>
        }
    };
    let actions = move || {
        view! {
            <a class="btn" href=support_bundle() rel="external" download="">
                <Icon name=Glyph::Download />
                {t!(keys::health::BUNDLE)}
            </a>
            <LinkButton
                href="/admin/health"
                look=Look::Primary
                icon=Glyph::Refresh
                on:click=move |_| report.refetch()
            >
                {t!(keys::health::CHECK_NOW)}
            </LinkButton>
        }
    };
    let summary = match worst(&checks) {
        State::Bad => Some((Tone::Bad, t!(keys::health::SOME_BAD))),
        State::Warn => Some((Tone::Warn, t!(keys::health::SOME_WARN))),
        State::Ok | State::Run | State::Wait => None,
    };
    let lines = checks.into_iter().map(|check| {
        let Check { state, title, note, detail } = check;
        view! { <CheckLine state=state title=title note=note detail=detail /> }
    });
    view! {
        <PageHead title=move || title meta=meta actions=actions />
        {summary.map(|(tone, title)| view! { <Callout tone=tone title=title text=t!(keys::health::SEE_BELOW) /> })}
        <Card label=t!(keys::health::CHECKS)>
            <Checks>{lines.collect_view()}</Checks>
        </Card>
        <p class="small muted">{t!(keys::health::BUNDLE_TEXT)}</p>
    }
}
