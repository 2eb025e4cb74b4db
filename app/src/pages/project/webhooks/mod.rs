//! What a project tells other systems.

mod edit;
mod form;

pub(crate) use edit::{DeleteWebhook, EditWebhook, NewWebhook};

use super::{AskAdmin, InProject, NotAllowed, ProjectPart};
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::format::natural;
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::admin::{Listing, ON_OFF, filter, of_on_off, on_off};
use crate::pages::loaded;
use crate::query::{ListState, use_list_state};
use crate::ui::{
    ActionCell, ActionColumn, Callout, Cell, Column, Empty, Glyph, LinkButton, Look, MenuButton, MenuLink,
    MenuSeparator, PageHead, Priority, Row, RowHead, RowMenu, Sort, Table, TableBox, Tone,
};
use crate::{t, tn};
use berth_types::api::WebhookPolicy;
use berth_types::page::Paged;
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;

/// Switches a webhook off or on again.
#[server(prefix = "/_portal", endpoint = "switch-webhook")]
pub(crate) async fn post_switch_webhook(
    project: String,
    id: i64,
    name: String,
    #[server(default)] off: bool,
) -> Posted {
    let client = use_client();
    let posted = switch(&client, &project, id, off).await;
    let posted = posted.map_err(|refusal| FormError::default().refused(refusal));
    let notice = if off { Notice::WebhookDisabled } else { Notice::WebhookEnabled };
    crate::form::conclude(posted, &notice.on(&format!("/projects/{project}/-/webhooks"), &name))
}

#[cfg(feature = "ssr")]
async fn switch(client: &Client, project: &str, id: i64, off: bool) -> Result<(), ApiError> {
    let project = project.parse().map_err(|_| ApiError::not_found())?;
    let policy = client.webhook_with_headers(&project, id).await?;
    client.update_webhook(&project, &WebhookPolicy { enabled: !off, ..policy }).await
}

/// The page of the webhooks.
#[component]
pub(crate) fn Webhooks(within: InProject) -> impl IntoView {
    let switch = FormAction::of::<PostSwitchWebhook>();
    if !within.rights.may(Of::NotificationPolicy, Action::List) {
        return view! { <NotAllowed needs=(Of::NotificationPolicy, Action::List) /> }.into_any();
    }
    let state = use_list_state("name");
    let (client, name) = (use_client(), within.name.clone());
    let webhooks = Resource::new(
        move || (state.get(), switch.version().get()),
        move |(state, _)| {
            let (client, name) = (client.clone(), name.clone());
            async move {
                let asked = filter(&state.q, of_on_off(&state.search));
                let webhooks = client.webhooks(&name, &state.params(asked)).await?;
                Ok((state, webhooks))
            }
        },
    );
    let new = {
        let (within, may) = (within.clone(), within.rights.may(Of::NotificationPolicy, Action::Create));
        move || may.then(|| view! { <NewLink within=within /> })
    };
    view! {
        <PageHead title=|| t!(keys::webhooks::TITLE) sub=t!(keys::webhooks::SUB) actions=new />
        <Callout tone=Tone::Info title=t!(keys::webhooks::NO_RUNS) text=t!(keys::webhooks::NO_RUNS_TEXT) />
        <FormErrors answer=answer_of(switch) />
        {loaded(
            webhooks,
            move |(state, webhooks)| {
                view! { <WebhookList within=within.clone() state=state webhooks=webhooks switch=switch /> }
            },
        )}
    }
    .into_any()
}

#[component]
fn NewLink(within: InProject) -> impl IntoView {
    view! {
        <LinkButton href=ProjectPart::NewWebhook.of(&within.name) look=Look::Primary icon=Glyph::Plus>
            {t!(keys::webhooks::NEW)}
        </LinkButton>
    }
}

#[component]
fn WebhookList(
    within: InProject,
    state: ListState,
    webhooks: Paged<WebhookPolicy>,
    switch: FormAction,
) -> impl IntoView {
    let table = (!webhooks.items.is_empty()).then(|| {
        let (sort, search) = (state.sort.clone(), state.search.clone());
        table(&within, webhooks.items, sort, search, switch)
    });
    let listing = Listing {
        state,
        total: webhooks.total,
        search: t!(keys::webhooks::FILTER),
        count: tn!(keys::webhooks::COUNT, natural(webhooks.total)),
        views: ON_OFF,
    };
    listing.draw(table, move || {
        let may = within.rights.may(Of::NotificationPolicy, Action::Create);
        view! {
            <Empty icon=Glyph::Hook title=t!(keys::webhooks::EMPTY) text=t!(keys::webhooks::EMPTY_TEXT)>
                {if may {
                    view! { <NewLink within=within /> }.into_any()
                } else {
                    view! { <AskAdmin project=within.name /> }.into_any()
                }}
            </Empty>
        }
        .into_any()
    })
}

fn table(
    within: &InProject,
    webhooks: Vec<WebhookPolicy>,
    sort: String,
    search: String,
    switch: FormAction,
) -> AnyView {
    let may_update = within.rights.may(Of::NotificationPolicy, Action::Update);
    let may_delete = within.rights.may(Of::NotificationPolicy, Action::Delete);
    let head = move || {
        view! {
            <Column label=t!(keys::webhooks::NAME) sort=Sort::by("name", &sort, &search, false) />
            <Column label=t!(keys::webhooks::ENDPOINT) priority=Priority::Second />
            <Column label=t!(keys::webhooks::EVENTS) priority=Priority::Third />
            <Column label=t!(keys::webhooks::STATE) />
            {(may_update || may_delete).then(|| view! { <ActionColumn /> })}
        }
    };
    let rows = webhooks.into_iter().map(|webhook| {
        view! {
            <WebhookRow
                within=within.clone()
                webhook=webhook
                may_update=may_update
                may_delete=may_delete
                switch=switch
            />
        }
    });
    let rows = rows.collect_view();
    view! {
        <TableBox>
            <Table caption=t!(keys::webhooks::TITLE) head=head>
                {rows}
            </Table>
        </TableBox>
    }
    .into_any()
}

/// The names of the events of a webhook, and words of others as they are.
fn events_text(webhook: &WebhookPolicy) -> String {
    let names = webhook.event_types.iter().map(|event| match form::event_key(event) {
        Some(key) => t!(key),
        None => event.clone(),
    });
    names.collect::<Vec<_>>().join(", ")
}

#[component]
fn WebhookRow(
    within: InProject,
    webhook: WebhookPolicy,
    may_update: bool,
    may_delete: bool,
    switch: FormAction,
) -> impl IntoView {
    let events = events_text(&webhook);
    let addresses = webhook.targets.iter().map(|target| {
        let address = target.address.clone();
        view! { <span class="mono muted name block">{address}</span> }
    });
    let addresses = addresses.collect_view();
    let name = if may_update {
        let href = ProjectPart::EditWebhook(webhook.id).of(&within.name);
        view! { <a href=href>{webhook.name.clone()}</a> }.into_any()
    } else {
        webhook.name.clone().into_any()
    };
    let note = (!webhook.description.is_empty()).then(|| {
        let text = webhook.description.clone();
        view! { <span class="small muted block">{text}</span> }
    });
    let state = on_off(webhook.enabled);
    let menu = (may_update || may_delete).then(|| {
        view! {
            <ActionCell>
                <WebhookMenu
                    within=within
                    webhook=webhook
                    may_update=may_update
                    may_delete=may_delete
                    switch=switch
                />
            </ActionCell>
        }
    });
    view! {
        <Row>
            <RowHead>{name} {note}</RowHead>
            <Cell label=t!(keys::webhooks::ENDPOINT) priority=Priority::Second>
                {addresses}
            </Cell>
            <Cell label=t!(keys::webhooks::EVENTS) priority=Priority::Third>
                <span class="muted">{events}</span>
            </Cell>
            <Cell label=t!(keys::webhooks::STATE)>{state}</Cell>
            {menu}
        </Row>
    }
}

#[component]
fn WebhookMenu(
    within: InProject,
    webhook: WebhookPolicy,
    may_update: bool,
    may_delete: bool,
    switch: FormAction,
) -> impl IntoView {
    let label = t!(keys::common::ACTIONS_FOR, name = webhook.name);
    let (id, project) = (webhook.id, within.project.name.clone());
    let (edit, delete) =
        (ProjectPart::EditWebhook(id).of(&within.name), ProjectPart::DeleteWebhook(id).of(&within.name));
    let change = may_update.then(move || {
        let (icon, text, off) = if webhook.enabled {
            (Glyph::Pause, t!(keys::webhooks::DISABLE), "true")
        } else {
            (Glyph::Play, t!(keys::webhooks::ENABLE), "false")
        };
        view! {
            <MenuLink
                href=edit
                icon=Glyph::Edit
                text=t!(keys::common::EDIT)
            />
            <PostForm action=switch>
                <input type="hidden" name="project" value=project />
                <input type="hidden" name="id" value=id.to_string() />
                <input type="hidden" name="name" value=webhook.name />
                <input type="hidden" name="off" value=off />
                <MenuButton icon=icon submit=true text=text />
            </PostForm>
        }
    });
    let delete = may_delete.then(move || {
        view! {
            <MenuSeparator />
            <MenuLink href=delete icon=Glyph::Trash danger=true text=t!(keys::common::MENU_DELETE) />
        }
    });
    view! { <RowMenu label=label>{change} {delete}</RowMenu> }
}
