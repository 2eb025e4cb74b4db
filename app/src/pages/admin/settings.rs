//! Settings of the system that can be changed while it runs.

mod item;

use super::AdminFrame;
use crate::client::use_client;
use crate::form::{FormError, FormErrors, Posted, answer_of, fault_of_text};
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::t;
use crate::ui::{Badge, Button, Card, Crumb, Glyph, Icon, Look, PageHead, SelectOption, Setting, Tone, field_id};
use berth_types::api::{ConfigItem, Configurations};
use item::{Group, ITEMS, Item, Kind};
use leptos::form::ActionForm;
use leptos::prelude::*;
use std::collections::BTreeMap;

/// Saves the settings that differ from what is in force.
#[server(prefix = "/_portal", endpoint = "settings")]
pub(crate) async fn post_settings(#[server(default)] values: BTreeMap<String, String>) -> Posted {
    const PAGE: &str = "/admin/settings";
    let client = use_client();
    let changes = match client.configurations().await {
        Ok(current) => item::changes(&current, &values),
        Err(refusal) => Err(FormError::default().refused(refusal)),
    };
    let saved = match changes {
        Ok(changes) if changes.is_empty() => Ok(Notice::SystemUnchanged),
        Ok(changes) => match client.set_configurations(&changes).await {
            Ok(()) => Ok(Notice::SystemSaved),
            Err(refusal) => Err(FormError::default().refused(refusal)),
        },
        Err(answer) => Err(answer),
    };
    match saved {
        Ok(notice) => crate::form::conclude(Ok(()), &notice.on(PAGE, "")),
        Err(answer) => crate::form::conclude(Err(answer), PAGE),
    }
}

/// The page of the settings.
#[component]
pub fn Settings() -> impl IntoView {
    let action = ServerAction::<PostSettings>::new();
    let client = use_client();
    let settings = Resource::new(
        move || action.version().get(),
        move |_| {
            let client = client.clone();
            async move {
                let mut settings = client.configurations().await?;
                // Only what the page shows goes into the document.
                settings.retain(|key, _| ITEMS.iter().any(|item| item.key == key));
                Ok(settings)
            }
        },
    );
    let title = t!(keys::admin_settings::TITLE);
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title.clone())]>
            <PageHead title=move || title sub=t!(keys::admin_settings::SUB) />
            {loaded(settings, move |settings| view! { <SettingsForm settings=settings action=action /> })}
        </AdminFrame>
    }
}

#[component]
fn SettingsForm(settings: Configurations, action: ServerAction<PostSettings>) -> impl IntoView {
    let answer = answer_of(action);
    let groups = Group::ALL.into_iter().filter_map(move |group| {
        let items: Vec<_> = ITEMS
            .iter()
            .filter(|item| item.group == group)
            // A setting that this server does not know is not shown.
            .filter_map(|item| Some((item, settings.get(item.key)?.clone())))
            .map(move |(item, setting)| view! { <SettingRow item=item setting=setting answer=answer /> })
            .collect();
        (!items.is_empty()).then(|| {
            view! {
                <Card title=t!(group.title())>
                    <ul class="list">{items}</ul>
                </Card>
            }
        })
    });
    view! {
        <ActionForm action=action attr:class="stack" attr:novalidate="">
            <FormErrors answer=answer />
            {groups.collect_view()}
            <div class="row">
                <Button look=Look::Primary submit=true busy=action.pending()>
                    {t!(keys::admin_settings::SAVE)}
                </Button>
            </div>
        </ActionForm>
    }
}

#[component]
fn SettingRow(item: &'static Item, setting: ConfigItem, answer: Signal<Option<FormError>>) -> impl IntoView {
    let label_id = format!("s-{}", item.key);
    let locked = !setting.editable;
    let source = if locked {
        view! {
            <p class="tiny muted row g1">
                <Badge tone=Tone::Info icon=Glyph::Lock>
                    {t!(keys::admin_settings::OUTSIDE)}
                </Badge>
                " "
                {t!(keys::admin_settings::OUTSIDE_TEXT)}
            </p>
        }
        .into_any()
    } else {
        ().into_any()
    };
    let fault = fault_of_text(answer, item.field());
    let error = move || {
        fault.get().map(|text| {
            view! {
                <p class="error" id=format!("e-{}", item.key)>
                    <Icon name=Glyph::Error />
                    <span>{text}</span>
                </p>
            }
        })
    };
    view! {
        <Setting label=t!(item.label) text=t!(item.text) id=label_id.clone()>
            <Control item=item setting=setting answer=answer label_id=label_id fault=fault />
            {error}
            {source}
        </Setting>
    }
}

/// The input of a setting, named by the text beside it.
#[component]
fn Control(
    item: &'static Item,
    setting: ConfigItem,
    answer: Signal<Option<FormError>>,
    label_id: String,
    fault: Signal<Option<String>>,
) -> impl IntoView {
    let (name, id, locked) = (item.field(), field_id(&item.field()), !setting.editable);
    let in_force = item.kind.show(&setting.value);
    let value = answer.with_untracked(|answer| {
        answer.as_ref().and_then(|answer| answer.value(&item.field())).map_or(in_force, str::to_owned)
    });
    let invalid = move || fault.get().map(|_| "true");
    let described = move || fault.get().map(|_| format!("e-{}", item.key));
    let input = move |inputmode: Option<&'static str>| {
        view! {
            <input
                class="input"
                id=id
                name=name
                value=value
                inputmode=inputmode
                readonly=locked
                autocomplete="off"
                aria-labelledby=label_id
                aria-invalid=invalid
                aria-describedby=described
            />
        }
    };
    match item.kind {
        Kind::Switch => {
            let on = setting.value.as_bool().unwrap_or_default();
            view! {
                <input
                    type="checkbox"
                    role="switch"
                    class="switch"
                    id=field_id(&item.field())
                    name=item.field()
                    value="true"
                    checked=on
                    disabled=locked
                    aria-labelledby=format!("s-{}", item.key)
                />
            }
            .into_any()
        }
        Kind::Choice(choices) => {
            let options = choices.iter().map(|(value, label)| SelectOption::new(*value, t!(*label)));
            let chosen = item.kind.show(&setting.value);
            view! {
                <select
                    class="select"
                    id=field_id(&item.field())
                    name=item.field()
                    disabled=locked
                    aria-labelledby=format!("s-{}", item.key)
                >
                    {options
                        .map(|option| {
                            let selected = option.value == chosen;
                            view! {
                                <option value=option.value selected=selected>
                                    {option.label}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            }
            .into_any()
        }
        Kind::Number { unit, .. } => view! {
            <div class="input-group">
                {input(Some("numeric"))}
                <span class="affix">{t!(unit)}</span>
            </div>
        }
        .into_any(),
        Kind::Text | Kind::Amount | Kind::Banner => input(None).into_any(),
    }
}
