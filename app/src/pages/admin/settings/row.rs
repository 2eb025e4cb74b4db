//! A setting with its input and where its value comes from.

use super::item::{Item, Kind, Source};
use crate::form::{FormError, fault_of_text};
use crate::format::TimeDate;
use crate::i18n::keys;
use crate::t;
use crate::ui::{Badge, Glyph, Icon, SelectOption, Setting, Tone, field_id};
use berth_types::api::SettingInfo;
use leptos::prelude::*;

#[component]
pub(super) fn SettingRow(item: Item, setting: SettingInfo, answer: Signal<Option<FormError>>) -> impl IntoView {
    let label_id = format!("s-{}", item.key);
    let error_id = format!("e-{}", item.key);
    let fault = fault_of_text(answer, item.field());
    let error = move || {
        let id = error_id.clone();
        fault.get().map(|text| {
            view! {
                <p class="error" id=id>
                    <Icon name=Glyph::Error />
                    <span>{text}</span>
                </p>
            }
        })
    };
    let text = (!item.text.is_empty()).then(|| item.text.clone());
    view! {
        <Setting label=item.label.clone() text=text id=label_id.clone()>
            <Control item=item.clone() setting=setting.clone() answer=answer label_id=label_id fault=fault />
            {error}
            <Origin setting=setting.clone() />
            {difference(&item, &setting)}
        </Setting>
    }
}

/// The form that a button of a row belongs to.
pub(super) const DEFAULT_FORM: &str = "use-default";

/// What the default would be where somebody set another value here, and the way back to it.
fn difference(item: &Item, setting: &SettingInfo) -> Option<AnyView> {
    if Source::of(setting) != Source::Here || !setting.editable {
        return None;
    }
    let text = match item.words(&setting.default) {
        // Of secrets nobody knows whether they differ.
        _ if setting.secret => None,
        value => Some(t!(keys::admin_settings::DIFFERS, value = value)),
    };
    let button = view! {
        <button type="submit" form=DEFAULT_FORM name="setting" value=setting.name.clone() class="btn btn-s">
            <span aria-hidden="true">{t!(keys::admin_settings::USE_DEFAULT)}</span>
            <span class="sr">{t!(keys::admin_settings::USE_DEFAULT_OF, name = item.label)}</span>
        </button>
    };
    Some(
        view! {
            <p class="tiny muted row g2">
                {text.map(|text| view! { <span>{text}</span> })}
                {button}
            </p>
        }
        .into_any(),
    )
}

/// Where a value comes from.
#[component]
fn Origin(setting: SettingInfo) -> impl IntoView {
    let source = Source::of(&setting);
    let (tone, icon) = match source {
        Source::Default => (Tone::Neutral, None),
        Source::Here => (Tone::Neutral, Some(Glyph::Db)),
        Source::File => (Tone::Info, Some(Glyph::File)),
        Source::Environment | Source::Flag => (Tone::Info, Some(Glyph::Terminal)),
    };
    let more = match source {
        Source::Default if !setting.editable => t!(keys::admin_settings::FIXED).into_any(),
        Source::Default => ().into_any(),
        Source::Here => view! {
            {t!(keys::admin_settings::BY, name = setting.changed_by)}
            {setting
                .changed_at
                .map(|at| {
                    view! {
                        ", "
                        <TimeDate at=at />
                    }
                })}
        }
        .into_any(),
        Source::File | Source::Environment | Source::Flag => view! {
            <code class="mono">{setting.origin}</code>
            " "
            {t!(keys::admin_settings::OUTSIDE_TEXT)}
        }
        .into_any(),
    };
    view! {
        <p class="tiny muted row g1">
            <Badge tone=tone icon=icon>
                {t!(source.label())}
            </Badge>
            " "
            <span>{more}</span>
        </p>
    }
}

/// The input of a setting, named by the text beside it.
#[component]
fn Control(
    item: Item,
    setting: SettingInfo,
    answer: Signal<Option<FormError>>,
    label_id: String,
    fault: Signal<Option<String>>,
) -> impl IntoView {
    let (name, locked) = (item.field(), !setting.editable);
    let id = field_id(&name);
    let in_force = item.kind.show(&setting.value);
    let value = answer.with_untracked(|answer| {
        answer.as_ref().and_then(|answer| answer.value(&name)).map_or_else(|| in_force.clone(), str::to_owned)
    });
    let invalid = move || fault.get().map(|_| "true");
    let error_id = format!("e-{}", item.key);
    let described = move || fault.get().map(|_| error_id.clone());
    match item.kind {
        Kind::Switch => {
            let on = setting.value.as_bool().unwrap_or_default();
            view! {
                <input
                    type="checkbox"
                    role="switch"
                    class="switch"
                    id=id
                    name=name
                    value="true"
                    checked=on
                    disabled=locked
                    aria-labelledby=label_id
                />
            }
            .into_any()
        }
        Kind::Choice(choices) => {
            let options = choices.iter().map(|(value, label)| SelectOption::new(*value, t!(*label)));
            let options = options
                .map(|option| {
                    let selected = option.value == in_force;
                    view! {
                        <option value=option.value selected=selected>
                            {option.label}
                        </option>
                    }
                })
                .collect_view();
            view! {
                <select class="select" id=id name=name disabled=locked aria-labelledby=label_id>
                    {options}
                </select>
            }
            .into_any()
        }
        Kind::Number { .. } | Kind::Text | Kind::Secret | Kind::Amount | Kind::Banner => {
            let (kind, inputmode, unit) = match item.kind {
                Kind::Number { unit, .. } => ("text", Some("numeric"), unit),
                Kind::Secret => ("password", None, None),
                _ => ("text", None, None),
            };
            let placeholder = matches!(item.kind, Kind::Secret).then(|| t!(keys::admin_settings::SECRET_KEPT));
            let input = view! {
                <input
                    class="input"
                    type=kind
                    id=id
                    name=name
                    value=value
                    inputmode=inputmode
                    readonly=locked
                    placeholder=placeholder
                    autocomplete=if kind == "password" { "new-password" } else { "off" }
                    aria-labelledby=label_id
                    aria-invalid=invalid
                    aria-describedby=described
                />
            };
            match unit {
                Some(unit) => view! {
                    <div class="input-group">
                        {input} <span class="affix">{t!(unit)}</span>
                    </div>
                }
                .into_any(),
                None => input.into_any(),
            }
        }
    }
}
