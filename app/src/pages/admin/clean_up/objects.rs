//! What can go, what waits and until when, what stays and why, and the last run.

use super::Part;
use super::runs::{Outcome, job_href};
use super::words::{asked_text, kept_text, moment};
use crate::format::{bytes, count, use_now};
use crate::i18n::{keys, use_catalog};
use crate::pages::admin::jobs::words::status;
use crate::ui::{
    Callout, Card, CardBody, Cell, Column, DigestChip, Empty, FilterCount, Filters, Glyph, Icon, KeyValue, KeyValues,
    LinkButton, Look, Row, RowHead, Size, State, Status, Table, TableBox, Tone,
};
use crate::{t, tn};
use berth_types::api::{CleanUpItem, CleanUpPlan, GCHistory};
use leptos::prelude::*;

/// The part of the page.
#[component]
pub(super) fn Objects(plan: CleanUpPlan, last: Option<GCHistory>) -> impl IntoView {
    let truncated = plan.truncated.then(|| view! { <Callout tone=Tone::Info title=t!(keys::clean_up::TRUNCATED) /> });
    let list = if plan.items.is_empty() {
        view! {
            <Empty icon=Glyph::Sweep title=t!(keys::clean_up::NOTHING) text=t!(keys::clean_up::NOTHING_TEXT)>
                <LinkButton href=Part::Runs.path() icon=Glyph::History>
                    {t!(keys::clean_up::tab::RUNS)}
                </LinkButton>
            </Empty>
        }
        .into_any()
    } else {
        let shown = plan.items.len() as u64;
        view! {
            <Filters>
                <FilterCount text=tn!(keys::clean_up::LARGEST, shown) />
            </Filters>
            <Items items=plan.items />
        }
        .into_any()
    };
    let catalog = use_catalog();
    let kept: Vec<_> = plan
        .kept
        .into_iter()
        .map(|kept| {
            let number = format!("{}, {}", bytes(kept.things.bytes), count(kept.things.count));
            view! {
                <KeyValue label=kept_text(&catalog, &kept.verdict)>
                    <span class="num">{number}</span>
                </KeyValue>
            }
        })
        .collect();
    let kept = (!kept.is_empty()).then(|| {
        view! {
            <Card title=t!(keys::clean_up::KEPT)>
                <CardBody>
                    <KeyValues>{kept}</KeyValues>
                </CardBody>
            </Card>
        }
    });
    view! {
        {truncated}
        {list}
        {kept}
        {last.map(|last| view! { <LastRun run=last /> })}
    }
}

#[component]
fn Items(items: Vec<CleanUpItem>) -> impl IntoView {
    let head = || {
        view! {
            <Column label=t!(keys::clean_up::column::OBJECT) />
            <Column label=t!(keys::clean_up::column::WHY) />
            <Column label=t!(keys::clean_up::column::SIZE) num=true />
            <Column label=t!(keys::clean_up::column::FREE) />
        }
    };
    let (catalog, now) = (use_catalog(), use_now().get_untracked());
    let rows: Vec<_> = items
        .into_iter()
        .map(|item| {
            let (icon, kind) = match item.thing.as_str() {
                "manifest" => (Glyph::File, t!(keys::clean_up::MANIFEST)),
                _ => (Glyph::Layers, t!(keys::clean_up::BLOB)),
            };
            let free = match item.free_at {
                Some(at) => {
                    let text = t!(keys::clean_up::AT, time = moment(&catalog, at, now));
                    view! { <Status state=State::Wait>{text}</Status> }.into_any()
                }
                None => view! { <Status state=State::Ok>{t!(keys::clean_up::RIGHT_NOW)}</Status> }.into_any(),
            };
            view! {
                <Row>
                    <RowHead>
                        <span class="row g2">
                            <span class="dim">
                                <Icon name=icon />
                            </span>
                            <span class="sr">{kind} " "</span>
                            <DigestChip digest=item.digest />
                        </span>
                    </RowHead>
                    <Cell label=t!(keys::clean_up::column::WHY)>{asked_text(&catalog, &item.asked)}</Cell>
                    <Cell label=t!(keys::clean_up::column::SIZE) num=true>
                        {bytes(item.bytes)}
                    </Cell>
                    <Cell label=t!(keys::clean_up::column::FREE)>{free}</Cell>
                </Row>
            }
        })
        .collect();
    view! {
        <TableBox>
            <Table caption=t!(keys::clean_up::tab::OBJECTS) head=head>
                {rows}
            </Table>
        </TableBox>
    }
}

#[component]
fn LastRun(run: GCHistory) -> impl IntoView {
    let outcome = Outcome::of(&run);
    let (state, word) = status(&run.job_status);
    let href = job_href("GARBAGE_COLLECTION", run.id);
    let actions = move || {
        view! {
            <LinkButton href=href size=Size::Small look=Look::Ghost>
                {t!(keys::clean_up::LOG)}
            </LinkButton>
        }
    };
    let removed = t!(
        keys::clean_up::CAN_GO_NOTE,
        blobs = count(outcome.purged_blobs),
        manifests = count(outcome.purged_manifests)
    );
    let took = outcome.took(&run, &use_catalog());
    let dry = outcome
        .dry_run
        .then(|| view! { <KeyValue label=t!(keys::clean_up::DRY_RUN)>{t!(keys::common::YES)}</KeyValue> });
    view! {
        <Card title=t!(keys::clean_up::LAST) actions=actions>
            <CardBody>
                <div class="row g6">
                    <Status state=state>{took.unwrap_or_else(|| t!(word))}</Status>
                    <KeyValues>
                        {dry}
                        <KeyValue label=t!(keys::clean_up::column::FREED)>
                            <span class="num">{outcome.freed()}</span>
                        </KeyValue>
                        <KeyValue label=t!(keys::clean_up::column::REMOVED)>
                            <span class="num">{removed}</span>
                        </KeyValue>
                    </KeyValues>
                </div>
            </CardBody>
        </Card>
    }
}
