//! What a project keeps: rules in sentences, and beside them what they would do.
//!
//! What is being written stands in the address. Without script the buttons of the form send it there; with script they and
//! every change do the same by way of the router.

mod delete;
mod draft;
mod faults;
mod preview;
mod rule;
mod save;
mod words;

pub(crate) use delete::DeleteRetention;
pub(crate) use rule::{FaultLine, NotSelect};

use super::{InProject, NotAllowed, ProjectPart};
use crate::client::{ApiResult, Client, use_client};
use crate::form::{FormAction, FormError, FormErrors, PostForm, answer_of};
use crate::i18n::{keys, use_catalog};
use crate::load::Resource;
use crate::pages::loaded;
use crate::t;
use crate::ui::{
    Button, Callout, Card, CardBody, Empty, Fact, Glyph, LinkButton, Look, MenuLink, PageHead, RowMenu, Tone,
    form_query, query_pairs, with_query,
};
use berth_types::ProjectName;
use berth_types::api::{RetentionPolicy, RetentionPreview};
use berth_types::policy::{Action, Resource as Of};
use draft::{Draft, Edit, LINES_MAX};
use faults::faults;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use preview::{PreviewCard, PreviewFrame, SHOW, View};
use rule::{RuleCard, ScheduleCard};
use save::PostSaveRetention;
use std::time::Duration;

/// The id of the form, for the button in the head of the page.
const FORM: &str = "retention";
/// How long nothing is typed before the preview follows.
const PAUSE: Duration = Duration::from_millis(400);

/// The number of a project's policy, where it has one.
fn policy_id(within: &InProject) -> Option<i64> {
    within.project.metadata.get("retention_id").and_then(|id| id.parse().ok())
}

/// The page of the rules.
#[component]
pub(crate) fn Retention(within: InProject) -> impl IntoView {
    let save = FormAction::of::<PostSaveRetention>();
    if !within.rights.may(Of::TagRetention, Action::Read) {
        return view! { <NotAllowed needs=(Of::TagRetention, Action::Read) /> }.into_any();
    }
    // A first policy is told by the project.
    let changed = within.clone();
    Effect::new(move |before: Option<bool>| {
        let done = save.is_done();
        if before == Some(false) && done {
            changed.changed();
        }
        done
    });
    let posted = posted(save);
    let source = Source { client: use_client(), name: within.name.clone(), project: within.project.project_id.0 };
    let (id, search) = (policy_id(&within), use_location().search);
    let first = {
        let (source, posted) = (source.clone(), posted.clone());
        Resource::new(
            move || id,
            move |id| {
                let (source, posted) = (source.clone(), posted.clone());
                let search = search.get_untracked();
                async move {
                    let policy = policy_of(&source.client, id).await?;
                    let draft = posted.or_else(|| Draft::read(&query_pairs(&search)));
                    let draft = draft.unwrap_or_else(|| policy.as_ref().map(Draft::of).unwrap_or_default());
                    let preview = source.preview(&draft, &View::read(&search)).await;
                    Ok((policy, preview))
                }
            },
        )
    };
    loaded(first, move |(policy, preview)| {
        let (within, source, posted) = (within.clone(), source.clone(), posted.clone());
        view! { <Builder within=within source=source policy=policy posted=posted preview=preview save=save /> }
    })
}

/// What the form held when it was refused without script.
fn posted(save: FormAction) -> Option<Draft> {
    answer_of(save).with_untracked(|answer| Draft::read(&query_pairs(answer.as_ref()?.value(save::DRAFT)?)))
}

/// Where previews come from.
#[derive(Clone)]
struct Source {
    client: Client,
    name: ProjectName,
    /// The number of the project.
    project: i64,
}

impl Source {
    async fn preview(&self, draft: &Draft, view: &View) -> ApiResult<RetentionPreview> {
        // What is wrong is told at its field; the server would only say the same in its own words.
        if draft.lines.is_empty() || !faults(draft).is_empty() {
            return Ok(RetentionPreview::default());
        }
        let policy = draft.policy(self.project);
        self.client.preview_retention(&self.name, &policy, &view.show, view.page, view.page_size).await
    }
}

async fn policy_of(client: &Client, id: Option<i64>) -> ApiResult<Option<RetentionPolicy>> {
    match id {
        Some(id) => client.retention(id).await.map(Some),
        None => Ok(None),
    }
}

/// What every part of the builder needs.
#[derive(Clone, Copy)]
struct Desk {
    /// What the address says.
    draft: Memo<Draft>,
    /// What the form shows, with a number that grows when it is drawn anew.
    form: RwSignal<(u64, Draft)>,
    /// Goes to a draft; typing leaves no trace in the history.
    go: Callback<(Draft, bool)>,
}

impl Desk {
    fn new(page: String, stored: Draft, posted: Option<Draft>) -> Self {
        let search = use_location().search;
        let fallback = posted.clone().unwrap_or(stored);
        let draft =
            Memo::new(move |_| search.with(|search| Draft::read(&query_pairs(search))).unwrap_or(fallback.clone()));
        let first = posted.unwrap_or_else(|| draft.get_untracked());
        let form = RwSignal::new((0, first));
        Effect::new(move || {
            let draft = draft.get();
            if form.with_untracked(|(_, shown)| *shown != draft) {
                form.update(|(number, shown)| {
                    *number += 1;
                    *shown = draft;
                });
            }
        });
        let navigate = use_navigate();
        let go = Callback::new(move |(draft, is_typed): (Draft, bool)| {
            let show = View::read(&search.get_untracked()).show;
            let show = Some(show.as_str()).filter(|show| !show.is_empty());
            let query = with_query(&draft.query(), &[(SHOW, show)]);
            let options = NavigateOptions { replace: is_typed, scroll: !is_typed, ..NavigateOptions::default() };
            // What was typed is shown already.
            form.update(|(number, shown)| {
                *number += u64::from(!is_typed);
                *shown = draft;
            });
            navigate(&format!("{page}{query}"), options);
        });
        Desk { draft, form, go }
    }

    /// What is wrong with what is being written, for its fields.
    fn wrong(self) -> Signal<Option<FormError>> {
        let wrong = Memo::new(move |_| self.draft.with(faults));
        Signal::derive(move || Some(FormError { faults: wrong.get(), ..FormError::default() }))
    }

    /// Does what a button asks for, where script runs.
    fn press(self, event: &leptos::ev::MouseEvent, edit: Option<Edit>) {
        let read = form_query(event).and_then(|query| Draft::read(&query_pairs(&query)));
        if let Some(mut draft) = read {
            event.prevent_default();
            if let Some(edit) = edit {
                draft.edit(edit);
            }
            self.go.run((draft, false));
        }
    }
}

#[component]
fn Builder(
    within: InProject,
    source: Source,
    policy: Option<RetentionPolicy>,
    posted: Option<Draft>,
    preview: ApiResult<RetentionPreview>,
    save: FormAction,
) -> impl IntoView {
    let page = ProjectPart::Retention.of(&within.name);
    let answer = answer_of(save);
    let stored = policy.as_ref().map(Draft::of).unwrap_or_default();
    let desk = Desk::new(page.clone(), stored.clone(), posted);
    let is_changed = Memo::new(move |_| desk.draft.with(|draft| *draft != stored));
    let may_save = within.rights.may(Of::TagRetention, Action::Update);
    let (discard, delete) = (page.clone(), ProjectPart::DeleteRetention.of(&within.name));
    let has_policy = policy.is_some();
    let actions = move || {
        view! {
            {move || {
                let href = discard.clone();
                is_changed.get().then(|| view! { <LinkButton href=href>{t!(keys::retention::DISCARD)}</LinkButton> })
            }}
            {may_save
                .then(|| {
                    view! {
                        <Button look=Look::Primary submit=true busy=save.pending() attr:form=FORM>
                            {t!(keys::common::SAVE)}
                        </Button>
                    }
                })}
            {(has_policy && may_save)
                .then(|| {
                    view! {
                        <RowMenu label=t!(keys::common::ACTIONS_FOR, name = t!(keys::retention::TITLE))>
                            <MenuLink href=delete icon=Glyph::Trash danger=true text=t!(keys::retention::DELETE) />
                        </RowMenu>
                    }
                })}
        }
    };
    let catalog = use_catalog();
    let when = move || {
        desk.draft.with(|draft| match draft.schedule.fault() {
            Some(_) => catalog.get(keys::retention::NO_SCHEDULE).to_owned(),
            None => draft.schedule.text(&catalog),
        })
    };
    let meta = move || view! { <Fact icon=Glyph::Calendar>{when}</Fact> };
    let project = within.project.name.clone();
    let later = later(desk);
    view! {
        <PageHead title=|| t!(keys::retention::TITLE) sub=t!(keys::retention::SUB) meta=meta actions=actions />
        <Callout tone=Tone::Info title=t!(keys::retention::NO_RUNS) text=t!(keys::retention::NO_RUNS_TEXT) />
        <FormErrors answer=answer />
        <div class="split" data-side="26">
            <PostForm action=save attr:id=FORM attr:class="stack" attr:novalidate="">
                <input type="hidden" name="project" value=project />
                <div class="stack" on:input=later>
                    <For
                        each=move || [desk.form.get()]
                        key=|(number, _)| *number
                        children={
                            let page = page.clone();
                            move |(_, draft)| view! { <Rules page=page.clone() draft=draft desk=desk /> }
                        }
                    />
                </div>
                <div class="row">
                    <Button
                        submit=true
                        icon=Glyph::Eye
                        attr:formmethod="get"
                        attr:formaction=page.clone()
                        on:click=move |event| desk.press(&event, None)
                    >
                        {t!(keys::retention::preview::BUTTON)}
                    </Button>
                </div>
            </PostForm>
            <PreviewFrame>
                <Preview within=within source=source desk=desk first=preview />
            </PreviewFrame>
        </div>
    }
}

/// Follows what is typed, once it rests for a moment.
fn later(desk: Desk) -> impl FnMut(leptos::ev::Event) {
    let mut later = debounce(PAUSE, move |draft: Draft| desk.go.run((draft, true)));
    move |event| {
        if let Some(draft) = form_query(&event).and_then(|query| Draft::read(&query_pairs(&query))) {
            later(draft);
        }
    }
}

#[component]
fn Rules(page: String, draft: Draft, desk: Desk) -> impl IntoView {
    let wrong = desk.wrong();
    let count = draft.lines.len();
    let add = {
        let page = page.clone();
        move || {
            view! {
                <Button
                    submit=true
                    icon=Glyph::Plus
                    attr:name=draft::DO
                    attr:value=Edit::Add.word()
                    attr:formmethod="get"
                    attr:formaction=page
                    on:click=move |event| desk.press(&event, Some(Edit::Add))
                >
                    {t!(keys::retention::ADD)}
                </Button>
            }
        }
    };
    let empty = draft.lines.is_empty();
    let Draft { lines, schedule } = draft;
    let cards = lines.into_iter().enumerate().map(|(index, line)| {
        view! { <RuleCard page=page.clone() index=index count=count line=line desk=desk answer=wrong /> }
    });
    let cards = cards.collect_view();
    view! {
        {cards}
        {if empty {
            view! {
                <Card label=t!(keys::retention::EMPTY)>
                    <CardBody>
                        <Empty icon=Glyph::Sweep title=t!(keys::retention::EMPTY) text=t!(keys::retention::EMPTY_TEXT)>
                            {add()}
                        </Empty>
                    </CardBody>
                </Card>
            }
                .into_any()
        } else {
            (count < LINES_MAX).then(|| view! { <div class="row">{add()}</div> }).into_any()
        }}
        <ScheduleCard schedule=schedule answer=wrong />
    }
}

/// What the rules would do, and again whenever they change.
#[component]
fn Preview(
    within: InProject,
    source: Source,
    desk: Desk,
    /// What the page came with.
    first: ApiResult<RetentionPreview>,
) -> impl IntoView {
    let search = use_location().search;
    let asked = Memo::new(move |_| (desk.draft.get(), search.with(|search| View::read(search))));
    let shown = RwSignal::new((asked.get_untracked(), first));
    Effect::new(move |before: Option<()>| {
        let now = asked.get();
        if before.is_none() {
            return;
        }
        let source = source.clone();
        leptos::task::spawn_local(async move {
            let preview = source.preview(&now.0, &now.1).await;
            // Answers may come in another order, or to a page that is gone.
            if asked.try_get_untracked().as_ref() == Some(&now) {
                shown.try_set((now, preview));
            }
        });
    });
    let sees_immutable = within.rights.may(Of::ImmutableTag, Action::List);
    view! {
        <div aria-live="polite">
            {move || {
                let ((draft, view), preview) = shown.get();
                view! {
                    <PreviewCard
                        project=within.name.clone()
                        rules=draft.lines.len()
                        is_wrong=!faults(&draft).is_empty()
                        preview=preview
                        shown=view
                        sees_immutable=sees_immutable
                    />
                }
            }}
        </div>
    }
}
