//! How much each project holds, and how much it may.

mod change;
mod effect;

pub use change::ChangeQuota;

use super::AdminFrame;
use super::outside::{Listing, new_button};
use crate::amount;
use crate::client::{ApiResult, Client, use_client};
use crate::format::{ByteSize, natural};
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::{extra, loaded};
use crate::query::{ListState, use_list_state};
use crate::ui::{
    ActionCell, ActionColumn, Callout, CalloutActions, Cell, Column, Crumb, Empty, Glyph, LinkButton, NameLink,
    PageHead, Quota as QuotaMeter, Row, RowHead, Size, Sort, Table, TableBox, Tone,
};
use crate::{t, tn};
use berth_types::api::{Quota, ResourceList};
use berth_types::page::Paged;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The page with the list.
const LIST: &str = "/admin/quotas";
/// The settings that the page is about, with where they stand on their page.
const SETTINGS: &str = "/admin/settings#s-storage_per_project";

/// What a quota says, as pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Storage {
    /// The project's name; empty where the API does not say it.
    project: String,
    /// Bytes held.
    used: u64,
    /// Bytes allowed.
    limit: Option<u64>,
}

impl Storage {
    fn of(quota: &Quota) -> Self {
        let bytes = |list: &ResourceList| list.0.get(ResourceList::STORAGE).copied();
        let project = quota.reference.0.get("name").and_then(Value::as_str).unwrap_or_default();
        Storage {
            project: project.to_owned(),
            used: bytes(&quota.used).map_or(0, natural),
            limit: bytes(&quota.hard).and_then(|limit| u64::try_from(limit).ok()),
        }
    }
}

/// What holds for all projects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Defaults {
    /// Whether limits are kept at all.
    enforced: bool,
    /// What a new project may hold, bytes; −1 for no limit.
    limit: i64,
}

impl Defaults {
    async fn load(client: &Client) -> ApiResult<Self> {
        let settings = client.configurations().await?;
        let value = |key: &str| settings.get(key).map(|item| &item.value);
        Ok(Defaults {
            enforced: value("quota_per_project_enable").and_then(Value::as_bool).unwrap_or(true),
            limit: value("storage_per_project").and_then(Value::as_i64).unwrap_or(amount::UNLIMITED),
        })
    }
}

/// The page.
#[component]
pub fn Quotas() -> impl IntoView {
    let state = use_list_state("-used.storage");
    let client = use_client();
    let defaults = {
        let client = client.clone();
        Resource::new(
            || (),
            move |()| {
                let client = client.clone();
                // The list is whole without them.
                async move { Defaults::load(&client).await.ok() }
            },
        )
    };
    let quotas = Resource::new(
        move || state.get(),
        move |state| {
            let client = client.clone();
            async move {
                let quotas = client.quotas(&state.params(state.fuzzy("name"))).await?;
                Ok((state, quotas))
            }
        },
    );
    let title = t!(keys::admin_quotas::TITLE);
    let actions = || {
        view! {
            <LinkButton href="/admin/storage" icon=Glyph::Db>
                {t!(keys::usage::TITLE)}
            </LinkButton>
        }
    };
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title.clone())]>
            <PageHead title=move || title sub=t!(keys::admin_quotas::SUB) actions=actions />
            {extra(defaults, |defaults| view! { <DefaultLimit defaults=defaults /> })}
            {loaded(quotas, |(state, quotas)| view! { <QuotaList state=state quotas=quotas /> })}
        </AdminFrame>
    }
}

/// What new projects get, and where that is set.
#[component]
fn DefaultLimit(defaults: Defaults) -> impl IntoView {
    let (tone, title, text) = if !defaults.enforced {
        (Tone::Warn, t!(keys::admin_quotas::NOT_ENFORCED), t!(keys::admin_quotas::NOT_ENFORCED_TEXT))
    } else {
        let title = match u64::try_from(defaults.limit) {
            Ok(limit) => t!(keys::admin_quotas::DEFAULT_LIMIT, limit = crate::format::bytes(limit)),
            Err(_) => t!(keys::admin_quotas::DEFAULT_NONE),
        };
        (Tone::Neutral, title, t!(keys::admin_quotas::DEFAULT_TEXT))
    };
    view! {
        <Callout tone=tone title=title text=text>
            <CalloutActions>
                <LinkButton href=SETTINGS size=Size::Small icon=Glyph::Settings>
                    {t!(keys::admin_quotas::DEFAULT_CHANGE)}
                </LinkButton>
            </CalloutActions>
        </Callout>
    }
}

#[component]
fn QuotaList(state: ListState, quotas: Paged<Quota>) -> impl IntoView {
    let table = (!quotas.items.is_empty()).then(|| {
        let (sort, search) = (state.sort.clone(), state.search.clone());
        view! { <QuotaTable quotas=quotas.items sort=sort search=search /> }.into_any()
    });
    let listing = Listing {
        state,
        total: quotas.total,
        search: t!(keys::projects::FILTER),
        count: tn!(keys::count::PROJECTS, natural(quotas.total)),
        views: &[],
    };
    listing.draw(table, || {
        view! {
            <Empty icon=Glyph::Db title=t!(keys::admin_quotas::EMPTY) text=t!(keys::admin_quotas::EMPTY_TEXT)>
                {new_button("/projects/-/new", t!(keys::projects::NEW))}
            </Empty>
        }
        .into_any()
    })
}

#[component]
fn QuotaTable(quotas: Vec<Quota>, sort: String, search: String) -> impl IntoView {
    let head = move || {
        view! {
            <Column label=t!(keys::admin_quotas::PROJECT) sort=Sort::by("name", &sort, &search, false) />
            <Column label=t!(keys::admin_quotas::USED) sort=Sort::by("used.storage", &sort, &search, true) />
            <Column label=t!(keys::admin_quotas::LIMIT) sort=Sort::by("hard.storage", &sort, &search, true) num=true />
            <ActionColumn />
        }
    };
    view! {
        <TableBox>
            <Table caption=t!(keys::admin_quotas::CAPTION) head=head>
                {quotas.into_iter().map(|quota| view! { <QuotaRow quota=quota /> }).collect_view()}
            </Table>
        </TableBox>
    }
}

#[component]
fn QuotaRow(quota: Quota) -> impl IntoView {
    let Storage { project, used, limit } = Storage::of(&quota);
    let shown = limit.map_or_else(|| t!(keys::quota::NO_LIMIT), crate::format::bytes);
    let change = t!(keys::admin_quotas::CHANGE_OF, project = project);
    // The next cell says that there is no limit.
    let meter = match limit {
        Some(_) => view! { <QuotaMeter used=used limit=limit /> }.into_any(),
        None => view! { <ByteSize bytes=used /> }.into_any(),
    };
    view! {
        <Row>
            <RowHead>
                <NameLink text=project.clone() href=format!("/projects/{project}") />
            </RowHead>
            <Cell label=t!(keys::admin_quotas::USED)>{meter}</Cell>
            <Cell label=t!(keys::admin_quotas::LIMIT) num=true>
                <span class=limit.is_none().then_some("dim")>{shown}</span>
            </Cell>
            <ActionCell>
                <LinkButton href=format!("{LIST}/{}", quota.id) size=Size::Small icon=Glyph::Edit>
                    <span aria-hidden="true">{t!(keys::admin_quotas::CHANGE)}</span>
                    <span class="sr">{change}</span>
                </LinkButton>
            </ActionCell>
        </Row>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_read_as_harbor_says_it() {
        let quota: Quota = serde_json::from_str(
            r#"{"id":7,"ref":{"id":7,"name":"team","owner_name":"mei"},"hard":{"storage":-1},"used":{"storage":12},
                "creation_time":"2026-03-14T09:36:00Z","update_time":"2026-03-14T09:36:00Z"}"#,
        )
        .unwrap();
        assert_eq!(Storage::of(&quota), Storage { project: "team".into(), used: 12, limit: None });
        let bare = Quota { hard: ResourceList::of_storage(5), used: ResourceList::default(), ..quota };
        assert_eq!((Storage::of(&bare).used, Storage::of(&bare).limit), (0, Some(5)));
    }
}
