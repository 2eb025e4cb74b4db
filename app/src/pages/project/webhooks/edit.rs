//! Making, changing and deleting a webhook.

use super::super::{InProject, NotAllowed, ProjectPart};
use super::events_text;
use super::form::{GROUPS, WebhookForm};
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
#[cfg(feature = "ssr")]
use crate::form::Fault;
use crate::form::{FormAction, FormError, FormErrors, PostForm, Posted, answer_of, fault_of, value_of};
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::ui::{
    Button, Callout, Card, CardBody, Check, Empty, Glyph, Icon, LinkButton, Look, PageHead, SelectField, SelectOption,
    TextArea, TextField, Tone, field_id,
};
use crate::{t, tn};
use berth_types::api::{WebhookPolicy, WebhookTargetObject};
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;

/// Saves a webhook: a new one where the id is 0.
#[server(prefix = "/_portal", endpoint = "save-webhook")]
pub(crate) async fn post_save_webhook(project: String, id: i64, #[server(flatten)] form: WebhookForm) -> Posted {
    let client = use_client();
    let posted = save(&client, &project, id, &form).await;
    let page = format!("/projects/{project}/-/webhooks");
    crate::form::conclude(posted, &Notice::WebhookSaved.on(&page, form.name()))
}

#[cfg(feature = "ssr")]
async fn save(client: &Client, project: &str, id: i64, form: &WebhookForm) -> Posted {
    let Ok(project) = project.parse() else { return Err(form.answer().refused(ApiError::not_found())) };
    let old = match id {
        0 => WebhookPolicy::default(),
        id => client.webhook_with_headers(&project, id).await.map_err(|refusal| form.answer().refused(refusal))?,
    };
    let policy = form.read(old)?;
    let saved = match id {
        0 => client.create_webhook(&project, &policy).await,
        _ => client.update_webhook(&project, &policy).await,
    };
    saved.map_err(|refusal| match refusal.status {
        409 => form.answer().with("name", Fault::WebhookTaken(policy.name.clone())),
        _ => form.answer().refused(refusal),
    })
}

/// Deletes a webhook.
#[server(prefix = "/_portal", endpoint = "delete-webhook")]
pub(crate) async fn post_delete_webhook(project: String, id: i64, name: String) -> Posted {
    let client = use_client();
    let posted = match project.parse() {
        Ok(project) => client.delete_webhook(&project, id).await,
        Err(_) => Err(ApiError::not_found()),
    };
    let posted = posted.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &Notice::WebhookDeleted.on(&format!("/projects/{project}/-/webhooks"), &name))
}

/// The page to make a webhook.
#[component]
pub(crate) fn NewWebhook(within: InProject) -> impl IntoView {
    if !within.rights.may(Of::NotificationPolicy, Action::Create) {
        return view! { <NotAllowed needs=(Of::NotificationPolicy, Action::Create) /> }.into_any();
    }
    let new = WebhookPolicy {
        enabled: true,
        event_types: vec!["PUSH_ARTIFACT".to_owned()],
        targets: vec![WebhookTargetObject {
            payload_format: "CloudEvents".to_owned(),
            ..WebhookTargetObject::default()
        }],
        ..WebhookPolicy::default()
    };
    view! {
        <PageHead title=|| t!(keys::webhooks::NEW) sub=within.project.name.clone() />
        <Editor within=within webhook=new />
    }
    .into_any()
}

/// The page of one webhook: what it is, and what it sent.
#[component]
pub(crate) fn EditWebhook(within: InProject, id: i64) -> impl IntoView {
    if !within.rights.may(Of::NotificationPolicy, Action::Update) {
        return view! { <NotAllowed needs=(Of::NotificationPolicy, Action::Update) /> }.into_any();
    }
    loaded(webhook_of_page(&within, id), move |webhook| {
        let name = webhook.name.clone();
        view! {
            <PageHead title=move || name sub=t!(keys::webhooks::EDIT_SUB) />
            <Editor within=within.clone() webhook=webhook />
            <Deliveries />
        }
    })
}

fn webhook_of_page(within: &InProject, id: i64) -> Resource<crate::client::ApiResult<WebhookPolicy>> {
    let (client, name) = (use_client(), within.name.clone());
    Resource::new(
        move || id,
        move |id| {
            let (client, name) = (client.clone(), name.clone());
            async move { client.webhook(&name, id).await }
        },
    )
}

/// There are no deliveries yet, and so nothing to ask the API for.
#[component]
fn Deliveries() -> impl IntoView {
    view! {
        <Card title=t!(keys::webhooks::DELIVERIES)>
            <Empty
                icon=Glyph::Hook
                title=t!(keys::webhooks::NO_RUNS)
                text=t!(keys::webhooks::NO_RUNS_TEXT)
                in_card=true
            />
        </Card>
    }
}

#[component]
fn Editor(within: InProject, webhook: WebhookPolicy) -> impl IntoView {
    let action = FormAction::of::<PostSaveWebhook>();
    let answer = answer_of(action);
    let more = webhook.targets.len().saturating_sub(1) as u64;
    let target = webhook.targets.first().cloned().unwrap_or_default();
    let on = move |field: &str, initial: bool| value_of(answer, field, if initial { "true" } else { "" }) == "true";
    let kinds = vec![
        SelectOption::new("http", t!(keys::webhooks::kinds::HTTP)),
        SelectOption::new("slack", t!(keys::webhooks::kinds::SLACK)),
    ];
    let formats = vec![
        SelectOption::new("CloudEvents", t!(keys::webhooks::format::CLOUD_EVENTS)),
        SelectOption::new("Default", t!(keys::webhooks::format::HARBOR)),
    ];
    let has_header = !target.auth_header.is_empty();
    let header_hint = if has_header { t!(keys::webhooks::HEADER_KEPT) } else { t!(keys::webhooks::HEADER_HINT) };
    let events = value_of(answer, "events", &webhook.event_types.join(" "));
    let events: Vec<String> = events.split(' ').map(str::to_owned).collect();
    view! {
        <Card label=t!(keys::webhooks::TITLE)>
            <CardBody>
                <PostForm action=action attr:class="form" attr:novalidate="">
                    <FormErrors answer=answer />
                    <input type="hidden" name="project" value=within.project.name.clone() />
                    <input type="hidden" name="id" value=webhook.id.to_string() />
                    <TextField
                        label=t!(keys::webhooks::NAME)
                        name="name"
                        value=value_of(answer, "name", &webhook.name)
                        error=fault_of(answer, "name")
                        autocomplete="off"
                        maxlength=255
                        required=true
                    />
                    <TextArea
                        label=t!(keys::webhooks::DESCRIPTION)
                        name="description"
                        value=value_of(answer, "description", &webhook.description)
                        optional=true
                        rows=2
                    />
                    <SelectField
                        label=t!(keys::webhooks::KIND)
                        name="kind"
                        options=kinds
                        selected=value_of(answer, "kind", &target.kind)
                    />
                    <TextField
                        label=t!(keys::webhooks::ENDPOINT)
                        name="address"
                        kind="url"
                        value=value_of(answer, "address", &target.address)
                        hint=t!(keys::webhooks::ENDPOINT_HINT)
                        error=fault_of(answer, "address")
                        raw=true
                        autocomplete="off"
                        placeholder="https://hooks.example.com/berth"
                        required=true
                    />
                    <TextField
                        label=t!(keys::webhooks::HEADER)
                        name="header"
                        kind="password"
                        hint=header_hint
                        raw=true
                        autocomplete="off"
                        optional=true
                    />
                    {has_header.then(|| view! { <Check name="no_header" label=t!(keys::webhooks::NO_HEADER) /> })}
                    <SelectField
                        label=t!(keys::webhooks::FORMAT_LABEL)
                        name="format"
                        options=formats
                        selected=value_of(answer, "format", &target.payload_format)
                        hint=t!(keys::webhooks::FORMAT_HINT)
                    />
                    <Check
                        name="skip_verify"
                        checked=on("skip_verify", target.skip_cert_verify)
                        label=t!(keys::webhooks::SKIP_VERIFY)
                        hint=t!(keys::webhooks::SKIP_VERIFY_HINT)
                    />
                    <Events chosen=events answer=answer />
                    <Check
                        name="enabled"
                        checked=on("enabled", webhook.enabled)
                        label=t!(keys::webhooks::ENABLED_LABEL)
                    />
                    {(more > 0)
                        .then(|| view! { <Callout tone=Tone::Info title=tn!(keys::webhooks::MORE_TARGETS, more) /> })}
                    <div class="row">
                        <Button look=Look::Primary submit=true busy=action.pending()>
                            {t!(keys::common::SAVE)}
                        </Button>
                        <LinkButton href=ProjectPart::Webhooks.of(&within.name)>{t!(keys::common::CANCEL)}</LinkButton>
                    </div>
                </PostForm>
            </CardBody>
        </Card>
    }
}

/// The events by group.
#[component]
fn Events(chosen: Vec<String>, answer: Signal<Option<FormError>>) -> impl IntoView {
    let fault = crate::form::fault_of_text(answer, "events".to_owned());
    let groups = GROUPS.iter().map(|(group, events)| {
        let ticks = events.iter().map(|(event, key)| {
            let checked = chosen.iter().any(|chosen| chosen == event);
            view! {
                <label class="check">
                    <input type="checkbox" name="events[]" value=*event checked=checked />
                    <span>{t!(*key)}</span>
                </label>
            }
        });
        view! {
            <div class="row" role="group" aria-label=t!(*group)>
                <span class="small muted" aria-hidden="true">
                    {t!(*group)}
                </span>
                {ticks.collect_view()}
            </div>
        }
    });
    let groups = groups.collect_view();
    view! {
        <fieldset class="field" id=field_id("events")>
            <legend>{t!(keys::webhooks::EVENTS)}</legend>
            {groups}
            {move || {
                fault
                    .get()
                    .map(|fault| {
                        view! {
                            <p class="error">
                                <Icon name=Glyph::Error />
                                <span>{fault}</span>
                            </p>
                        }
                    })
            }}
        </fieldset>
    }
}

/// The question whether to delete a webhook.
#[component]
pub(crate) fn DeleteWebhook(within: InProject, id: i64) -> impl IntoView {
    let action = FormAction::of::<PostDeleteWebhook>();
    if !within.rights.may(Of::NotificationPolicy, Action::Delete) {
        return view! { <NotAllowed needs=(Of::NotificationPolicy, Action::Delete) /> }.into_any();
    }
    loaded(webhook_of_page(&within, id), move |webhook| {
        let addresses: Vec<String> = webhook.targets.iter().map(|target| target.address.clone()).collect();
        let title = t!(keys::webhooks::DELETE_TITLE, name = webhook.name);
        let effect = t!(keys::webhooks::DELETE_EFFECT, address = addresses.join(", "), events = events_text(&webhook));
        let (project, back) = (within.project.name.clone(), ProjectPart::Webhooks.of(&within.name));
        view! {
            <PageHead title=move || title sub=project.clone() />
            <FormErrors answer=answer_of(action) />
            <Callout tone=Tone::Warn title=effect text=t!(keys::webhooks::DELETE_TEXT) />
            <PostForm action=action>
                <input type="hidden" name="project" value=project />
                <input type="hidden" name="id" value=webhook.id.to_string() />
                <input type="hidden" name="name" value=webhook.name />
                <div class="row">
                    <Button look=Look::DangerFill icon=Glyph::Trash submit=true busy=action.pending()>
                        {t!(keys::webhooks::DELETE_SUBMIT)}
                    </Button>
                    <LinkButton href=back>{t!(keys::common::CANCEL)}</LinkButton>
                </div>
            </PostForm>
        }
    })
}
