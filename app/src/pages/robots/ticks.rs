//! The permissions of a form: presets, and every single one as a matrix.

use super::grant::{Line, Pair, Preset, read_token, token};
use super::words::{action_key, preset_keys, resource_key};
use crate::form::{FormError, fault_of, value_of};
use crate::i18n::keys;
use crate::t;
use crate::ui::{Cell, ChoiceCard, ChoiceGroup, Column, Glyph, Icon, Row, RowHead, Table, TableBox, field_id};
use leptos::prelude::*;

/// What was ticked before, else what is ticked at first.
pub(super) fn ticked(answer: Signal<Option<FormError>>, field: &str, initial: &[Pair]) -> Vec<Pair> {
    let initial: Vec<String> = initial.iter().map(|pair| token(*pair)).collect();
    value_of(answer, field, &initial.join(" ")).split(' ').filter_map(read_token).collect()
}

/// The permissions in projects: a preset, or each by itself.
#[component]
pub(super) fn ProjectPermissions(
    /// What can be given.
    lines: Vec<Line>,
    /// What is given at first.
    given: Vec<Pair>,
    /// The last answer of the form.
    answer: Signal<Option<FormError>>,
) -> impl IntoView {
    let first = if given.is_empty() { Preset::Pull } else { Preset::of(&given) };
    let first = Preset::parse(&value_of(answer, "preset", first.as_str()));
    let given = ticked(answer, "permissions", &given);
    let chosen = RwSignal::new(first);
    let cards = Preset::ALL.map(|preset| {
        let (label, hint) = preset_keys(preset);
        view! {
            <ChoiceCard
                name="preset"
                value=preset.as_str()
                checked=preset == first
                label=t!(label)
                hint=t!(hint)
            />
        }
    });
    view! {
        <div on:change=move |event| chosen.set(Preset::parse(&event_target_value(&event)))>
            <ChoiceGroup legend=t!(keys::robots::MAY)>{cards.collect_view()}</ChoiceGroup>
        </div>
        <Ticks
            title=t!(keys::robots::EACH)
            hint=t!(keys::robots::EACH_HINT)
            field="permissions"
            lines=lines
            given=given
            open=Signal::derive(move || chosen.get() == Preset::Custom)
            answer=answer
        />
    }
}

/// Every permission of a place, behind a line that opens it.
#[component]
pub(super) fn Ticks(
    /// What they are.
    title: String,
    /// When they count.
    hint: String,
    /// The field of the form.
    field: &'static str,
    /// What can be given.
    lines: Vec<Line>,
    /// What is given at first.
    given: Vec<Pair>,
    /// Whether they are shown at first, and from when on.
    #[prop(into)]
    open: Signal<bool>,
    /// The last answer of the form.
    answer: Signal<Option<FormError>>,
) -> impl IntoView {
    let fault = fault_of(answer, field);
    let head = || {
        view! {
            <Column label=t!(keys::robots::RESOURCE_NAME) />
            <Column label=t!(keys::robots::MAY) />
        }
    };
    let rows = lines.into_iter().map(|line| {
        let resource = t!(resource_key(line.resource));
        let ticks = line.actions.iter().map(|action| {
            let pair = (line.resource, *action);
            let checked = given.contains(&pair);
            view! { <Tick name=format!("{field}[]") value=token(pair) checked=checked label=t!(action_key(*action)) /> }
        });
        let ticks = ticks.collect_view();
        let group = resource.clone();
        // The name of the group tells apart what is called the same in every line.
        view! {
            <Row>
                <RowHead>{resource}</RowHead>
                <Cell label=t!(keys::robots::MAY)>
                    <div class="row" role="group" aria-label=group>
                        {ticks}
                    </div>
                </Cell>
            </Row>
        }
    });
    let rows = rows.collect_view();
    view! {
        <details class="field" id=field_id(field) open=move || open.get()>
            <summary class="btn">{title.clone()} <Icon name=Glyph::Down /></summary>
            <p class="hint">{hint}</p>
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
            <TableBox>
                <Table caption=title head=head>
                    {rows}
                </Table>
            </TableBox>
        </details>
    }
}

/// A checkbox without an id: many share one name.
#[component]
fn Tick(name: String, value: String, checked: bool, label: String) -> impl IntoView {
    view! {
        <label class="check">
            <input type="checkbox" name=name value=value checked=checked />
            <span>{label}</span>
        </label>
    }
}
