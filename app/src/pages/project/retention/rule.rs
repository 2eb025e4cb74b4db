//! A rule as a sentence, and the schedule as another.

use super::Desk;
use super::draft::{
    DO, Edit, Line, NUMBER, RAW, REPOS, REPOS_NOT, RESTS, TAGS, TAGS_NOT, TEMPLATE, TEMPLATES, UNTAGGED, word,
};
use crate::form::{FormError, fault_of_text};
use crate::i18n::{Key, keys};
use crate::schedule::{Schedule, WEEKDAYS};
use crate::t;
use crate::ui::{
    Badge, Card, CardBody, CodeBlock, Glyph, Icon, MenuButton, MenuSeparator, RowMenu, SelectOption, Sentence,
    SentenceInput, SentenceSelect, field_id,
};
use leptos::prelude::*;

/// What a template is called.
fn template_key(template: &str) -> Key {
    use keys::retention::template as k;
    match template {
        "latestPushedK" => k::LATEST_PUSHED,
        "latestPulledN" => k::LATEST_PULLED,
        "nDaysSinceLastPush" => k::DAYS_PUSH,
        "nDaysSinceLastPull" => k::DAYS_PULL,
        _ => k::ALWAYS,
    }
}

/// What the number of a template counts; nothing for one without.
fn unit_key(template: &str) -> Option<Key> {
    match template {
        "latestPushedK" | "latestPulledN" => Some(keys::retention::unit::ARTIFACTS),
        "nDaysSinceLastPush" | "nDaysSinceLastPull" => Some(keys::retention::unit::DAYS),
        _ => None,
    }
}

/// The choice between what a pattern names and everything else.
#[component]
pub(crate) fn NotSelect(
    /// Its name for screen readers.
    #[prop(into)]
    label: String,
    /// The name in the form.
    name: &'static str,
    /// Whether everything else is chosen.
    not: bool,
) -> impl IntoView {
    let options = vec![
        SelectOption::new(word(false), t!(keys::retention::MATCHING)),
        SelectOption::new(word(true), t!(keys::retention::EXCLUDING)),
    ];
    view! { <SentenceSelect label=label name=name options=options selected=word(not) /> }
}

/// A rule with its menu.
#[component]
pub(super) fn RuleCard(
    /// The address of the page.
    page: String,
    /// Its place, from 0.
    index: usize,
    /// How many rules there are.
    count: usize,
    /// The rule.
    line: Line,
    /// The builder.
    desk: Desk,
    /// The last answer of the form.
    answer: Signal<Option<FormError>>,
) -> impl IntoView {
    let title = t!(keys::retention::RULE, number = index + 1);
    let rests = line.rests;
    let button = move |edit: Edit, icon: Glyph, danger: bool, text: String| {
        view! {
            <MenuButton
                icon=icon
                danger=danger
                submit=true
                text=text
                attr:name=DO
                attr:value=edit.word()
                attr:formmethod="get"
                attr:formaction=page.clone()
                on:click=move |event| desk.press(&event, Some(edit))
            />
        }
    };
    let label = t!(keys::common::ACTIONS_FOR, name = title);
    let actions = move || {
        let rest =
            if rests { (Glyph::Play, t!(keys::retention::WAKE)) } else { (Glyph::Pause, t!(keys::retention::REST)) };
        let up = (index > 0).then(|| button(Edit::Up(index), Glyph::Up, false, t!(keys::retention::UP)));
        let down =
            (index + 1 < count).then(|| button(Edit::Down(index), Glyph::Down, false, t!(keys::retention::DOWN)));
        let rest = button(Edit::Rest(index), rest.0, false, rest.1);
        let remove = button(Edit::Remove(index), Glyph::Trash, true, t!(keys::common::REMOVE));
        view! {
            {rests.then(|| view! { <Badge icon=Glyph::Pause>{t!(keys::retention::RESTS)}</Badge> })}
            <RowMenu label=label>{up} {down} {rest} <MenuSeparator /> {remove}</RowMenu>
        }
    };
    view! {
        <Card title=title label=t!(keys::retention::RULE, number = index + 1) actions=actions>
            <CardBody stack=true>
                <RuleFields index=index line=line answer=answer />
            </CardBody>
        </Card>
    }
}

#[component]
fn RuleFields(index: usize, line: Line, answer: Signal<Option<FormError>>) -> impl IntoView {
    let fixed = view! {
        <input type="hidden" name=RAW value=line.raw.clone() />
        <input type="hidden" name=RESTS value=word(line.rests) />
    };
    if line.is_raw() {
        let hidden = [
            (REPOS_NOT, word(line.repos_not)),
            (REPOS, &line.repos),
            (TEMPLATE, &line.template),
            (NUMBER, &line.number),
            (TAGS_NOT, word(line.tags_not)),
            (TAGS, &line.tags),
            (UNTAGGED, word(line.untagged)),
        ]
        .map(|(name, value)| {
            let value = value.to_owned();
            view! { <input type="hidden" name=name value=value /> }
        });
        return view! {
            {fixed}
            {hidden.into_iter().collect_view()}
            <p class="small muted">{t!(keys::retention::RAW)}</p>
            <CodeBlock label=t!(keys::retention::RULE, number = index + 1) text=line.raw />
        }
        .into_any();
    }
    view! {
        {fixed}
        <RuleSentence index=index line=line answer=answer />
    }
    .into_any()
}

#[component]
fn RuleSentence(index: usize, line: Line, answer: Signal<Option<FormError>>) -> impl IntoView {
    let fault = |field: &str| {
        let name = format!("{field}-{index}");
        (field_id(&name), fault_of_text(answer, name))
    };
    let ((repos_id, repos_fault), (number_id, number_fault), (tags_id, tags_fault)) =
        (fault("repos"), fault("number"), fault("tags"));
    let (template, set_template) = signal(line.template.clone());
    let templates = TEMPLATES.map(|template| SelectOption::new(template, t!(template_key(template)))).into();
    let untagged = vec![
        SelectOption::new(word(true), t!(keys::retention::WITH_UNTAGGED)),
        SelectOption::new(word(false), t!(keys::retention::WITHOUT_UNTAGGED)),
    ];
    let catalog = crate::i18n::use_catalog();
    let unit = move || template.with(|template| unit_key(template).map(|key| catalog.get(key).to_owned()));
    let without_number = Signal::derive(move || template.with(|template| unit_key(template).is_none()));
    let fields = vec![
        (
            "repos_not",
            view! { <NotSelect label=t!(keys::retention::field::REPOS_NOT) name=REPOS_NOT not=line.repos_not /> }
                .into_any(),
        ),
        (
            "repos",
            view! {
                <SentenceInput
                    label=t!(keys::retention::field::REPOS)
                    name=REPOS
                    id=repos_id
                    value=line.repos
                    mono=true
                    invalid=wrong(repos_fault)
                />
            }
            .into_any(),
        ),
        (
            "template",
            view! {
                <SentenceSelect
                    label=t!(keys::retention::field::TEMPLATE)
                    name=TEMPLATE
                    options=templates
                    selected=line.template
                    on:change=move |event| set_template.set(event_target_value(&event))
                />
            }
            .into_any(),
        ),
        (
            "number",
            view! {
                <SentenceInput
                    label=t!(keys::retention::field::NUMBER)
                    name=NUMBER
                    id=number_id
                    value=line.number
                    number=true
                    hidden=without_number
                    invalid=wrong(number_fault)
                />
            }
            .into_any(),
        ),
        ("unit", view! { <span>{unit}</span> }.into_any()),
        (
            "tags_not",
            view! { <NotSelect label=t!(keys::retention::field::TAGS_NOT) name=TAGS_NOT not=line.tags_not /> }
                .into_any(),
        ),
        (
            "tags",
            view! {
                <SentenceInput
                    label=t!(keys::retention::field::TAGS)
                    name=TAGS
                    id=tags_id
                    value=line.tags
                    mono=true
                    invalid=wrong(tags_fault)
                />
            }
            .into_any(),
        ),
        (
            "untagged",
            view! {
                <SentenceSelect
                    label=t!(keys::retention::field::UNTAGGED)
                    name=UNTAGGED
                    options=untagged
                    selected=word(line.untagged)
                />
            }
            .into_any(),
        ),
    ];
    view! {
        <Sentence text=t!(keys::retention::SENTENCE) fields=fields />
        <FaultLine fault=repos_fault />
        <FaultLine fault=number_fault />
        <FaultLine fault=tags_fault />
    }
}

/// What is wrong with a field of a sentence, below it.
#[component]
pub(crate) fn FaultLine(
    /// The text, where something is wrong.
    fault: Signal<Option<String>>,
) -> impl IntoView {
    move || {
        fault.get().map(|fault| {
            view! {
                <p class="fault">
                    <Icon name=Glyph::Error />
                    <span>{fault}</span>
                </p>
            }
        })
    }
}

/// Whether a field has a fault.
fn wrong(fault: Signal<Option<String>>) -> Signal<bool> {
    Signal::derive(move || fault.get().is_some())
}

/// How often the policy runs, as words of a sentence.
const EVERY: [(&str, Key); 5] = [
    ("none", keys::retention::every::NONE),
    ("hour", keys::retention::every::HOUR),
    ("day", keys::retention::every::DAY),
    ("week", keys::retention::every::WEEK),
    ("cron", keys::retention::every::CRON),
];

/// When the policy runs.
#[component]
pub(super) fn ScheduleCard(
    /// What was chosen.
    schedule: Schedule,
    /// What is wrong with the form.
    answer: Signal<Option<FormError>>,
) -> impl IntoView {
    let (every, set_every) = signal(schedule.every.clone());
    let is = move |words: &'static [&'static str]| {
        Signal::derive(move || !every.with(|every| words.contains(&every.as_str())))
    };
    let (no_day, no_time, no_cron) = (is(&["week"]), is(&["hour", "day", "week"]), is(&["cron"]));
    let fault = |field: &str| fault_of_text(answer, field.to_owned());
    let (at_fault, cron_fault) = (fault("at"), fault("cron"));
    let often = EVERY.map(|(word, key)| SelectOption::new(word, t!(key))).into();
    let days = WEEKDAYS.iter().enumerate();
    let days = days.map(|(number, key)| SelectOption::new(number.to_string(), t!(*key))).collect();
    let fields = vec![
        (
            "every",
            view! {
                <SentenceSelect
                    label=t!(keys::retention::field::EVERY)
                    name=super::draft::EVERY
                    options=often
                    selected=schedule.every
                    on:change=move |event| set_every.set(event_target_value(&event))
                />
            }
            .into_any(),
        ),
        (
            "weekday",
            view! {
                <span hidden=move || no_day.get()>
                    <SentenceSelect
                        label=t!(keys::retention::field::WEEKDAY)
                        name="weekday"
                        options=days
                        selected=schedule.weekday
                    />
                </span>
            }
            .into_any(),
        ),
        (
            "at",
            view! {
                <SentenceInput
                    label=t!(keys::retention::field::AT)
                    name="at"
                    id=field_id("at")
                    value=schedule.at
                    kind="time"
                    hidden=no_time
                    invalid=wrong(at_fault)
                />
            }
            .into_any(),
        ),
        (
            "cron",
            view! {
                <SentenceInput
                    label=t!(keys::retention::field::CRON)
                    name="cron"
                    id=field_id("cron")
                    value=schedule.cron
                    mono=true
                    hidden=no_cron
                    invalid=wrong(cron_fault)
                />
            }
            .into_any(),
        ),
    ];
    view! {
        <Card title=t!(keys::retention::SCHEDULE)>
            <CardBody stack=true>
                <Sentence text=t!(keys::retention::SCHEDULE_SENTENCE) fields=fields />
                <FaultLine fault=at_fault />
                <FaultLine fault=cron_fault />
                <p class="small muted" hidden=move || no_cron.get()>
                    {t!(keys::retention::CRON_HINT)}
                </p>
            </CardBody>
        </Card>
    }
}
