//! Another limit for one project: asked for, its effect named, then confirmed.

use super::effect::{Asked, Effect, LIMITED, UNLIMITED, Wish};
use super::{LIST, Storage};
use crate::amount;
use crate::client::{ApiError, use_client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{Fault, FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::format::bytes;
use crate::i18n::{keys, use_catalog};
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::admin::AdminFrame;
use crate::pages::loaded;
use crate::pages::project::StorageFacts;
use crate::t;
use crate::ui::{
    Button, Callout, Card, CardBody, ChoiceCard, ChoiceGroup, Crumb, GetForm, Glyph, LinkButton, Look, PageHead,
    Quota as QuotaMeter, TextField, Tone,
};
use berth_types::api::{ProjectUsage, Quota};
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_params_map};

/// Sets the limit of a project: bytes, −1 for no limit.
#[server(prefix = "/_portal", endpoint = "quota")]
pub(crate) async fn post_quota(id: i64, project: String, limit: i64) -> Posted {
    let client = use_client();
    let posted = client.set_quota(id, limit).await.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &Notice::QuotaChanged.on(LIST, &project))
}

/// The page.
#[component]
pub fn ChangeQuota() -> impl IntoView {
    let action = FormAction::of::<PostQuota>();
    let (params, location, client) = (use_params_map(), use_location(), use_client());
    let quota = Resource::new(
        move || {
            let id = params.read().get_str("id").and_then(|id| id.parse::<i64>().ok());
            (id, location.search.get())
        },
        move |(id, search)| {
            let client = client.clone();
            async move {
                match id {
                    Some(id) => {
                        let quota = client.quota(id).await?;
                        // What the quota itself says is known in any case.
                        let usage = match Storage::of(&quota).project.parse() {
                            Ok(project) => client.project_usage(&project).await.ok(),
                            Err(_) => None,
                        };
                        Ok((quota, usage, search))
                    }
                    None => Err(ApiError::not_found()),
                }
            }
        },
    );
    let title = t!(keys::admin_quotas::CHANGE_TITLE);
    let crumbs = vec![Crumb::link(t!(keys::admin_quotas::TITLE), LIST), Crumb::here(title.clone())];
    view! {
        <AdminFrame title=title crumbs=crumbs>
            {loaded(
                quota,
                move |(quota, usage, search)| {
                    view! { <Change quota=quota usage=usage asked=Asked::read(&search) action=action /> }
                },
            )}
        </AdminFrame>
    }
}

#[component]
fn Change(quota: Quota, usage: Option<ProjectUsage>, asked: Asked, action: FormAction) -> impl IntoView {
    let storage = Storage::of(&quota);
    let heading = t!(keys::admin_quotas::CHANGE_OF, project = storage.project);
    let wish = asked.wish();
    let unreadable = (wish == Wish::Unreadable).then(|| Fault::of_amount(&asked.amount).text(&use_catalog()));
    let review = match wish {
        Wish::Limit(limit) => {
            let storage = storage.clone();
            view! { <Review id=quota.id storage=storage limit=limit action=action /> }.into_any()
        }
        Wish::None | Wish::Unreadable => ().into_any(),
    };
    // What was asked for, else what holds.
    let (limited, amount) = if asked.kind.is_empty() {
        let now = storage.limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(amount::UNLIMITED);
        (storage.limit.is_some(), amount::exact(now))
    } else {
        (asked.kind == LIMITED, asked.amount)
    };
    let (held, allowed) = (storage.used, storage.limit);
    let details = format!("/projects/{}/-/storage", storage.project);
    let facts = match usage {
        Some(usage) => view! { <StorageFacts usage=usage /> }.into_any(),
        None => view! { <QuotaMeter used=held limit=allowed /> }.into_any(),
    };
    view! {
        <PageHead title=move || heading />
        <FormErrors answer=answer_of(action) />
        {facts}
        <div class="row">
            <LinkButton href=details icon=Glyph::Db>
                {t!(keys::usage::DETAILS)}
            </LinkButton>
        </div>
        <Card title=t!(keys::admin_quotas::NEW_LIMIT)>
            <CardBody>
                <GetForm class="form">
                    <ChoiceGroup legend=t!(keys::admin_quotas::LIMIT)>
                        <ChoiceCard
                            name="kind"
                            value=LIMITED
                            checked=limited
                            label=t!(keys::admin_quotas::LIMITED)
                            hint=t!(keys::admin_quotas::LIMITED_TEXT)
                        />
                        <ChoiceCard
                            name="kind"
                            value=UNLIMITED
                            checked=!limited
                            label=t!(keys::admin_quotas::UNLIMITED)
                            hint=t!(keys::admin_quotas::UNLIMITED_TEXT)
                        />
                    </ChoiceGroup>
                    <TextField
                        label=t!(keys::admin_quotas::AMOUNT)
                        name="amount"
                        value=amount
                        hint=t!(keys::admin_quotas::AMOUNT_HINT)
                        error=unreadable
                        raw=true
                        autocomplete="off"
                        maxlength=32
                    />
                    <div class="row">
                        <Button submit=true>{t!(keys::admin_quotas::REVIEW)}</Button>
                        <LinkButton href=LIST>{t!(keys::common::CANCEL)}</LinkButton>
                    </div>
                </GetForm>
            </CardBody>
        </Card>
        {review}
    }
}

/// What the limit would do, and the button that sets it.
#[component]
fn Review(id: i64, storage: Storage, limit: i64, action: FormAction) -> impl IntoView {
    let effect = Effect::of(&storage, limit);
    let shown = |limit: Option<u64>| limit.map_or_else(|| t!(keys::quota::NO_LIMIT), bytes);
    let title = t!(
        keys::admin_quotas::FROM_TO,
        project = storage.project,
        from = shown(storage.limit),
        to = shown(u64::try_from(limit).ok())
    );
    let (tone, title, text) = match effect {
        Effect::Same => {
            (Tone::Info, t!(keys::admin_quotas::SAME, project = storage.project), t!(keys::admin_quotas::SAME_TEXT))
        }
        Effect::Unlimited => (Tone::Info, title, t!(keys::admin_quotas::EFFECT_UNLIMITED)),
        Effect::Room(room) => (Tone::Info, title, t!(keys::admin_quotas::EFFECT_ROOM, room = bytes(room))),
        Effect::Full(0) => (Tone::Warn, title, t!(keys::admin_quotas::EFFECT_FULL)),
        Effect::Full(over) => (Tone::Warn, title, t!(keys::admin_quotas::EFFECT_OVER, over = bytes(over))),
    };
    let confirm = (effect != Effect::Same).then(|| {
        view! {
            <PostForm action=action>
                <input type="hidden" name="id" value=id.to_string() />
                <input type="hidden" name="project" value=storage.project.clone() />
                <input type="hidden" name="limit" value=limit.to_string() />
                <Button look=Look::Primary submit=true busy=action.pending()>
                    {t!(keys::admin_quotas::CONFIRM)}
                </Button>
            </PostForm>
        }
    });
    view! {
        <section class="stack" aria-label=t!(keys::admin_quotas::EFFECT)>
            <Callout tone=tone title=title text=text />
            {confirm}
        </section>
    }
}
