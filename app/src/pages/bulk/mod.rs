//! Many things at once: what would happen to them, then how far it is.

mod asked;
mod failures;
mod progress;
mod words;

pub(crate) use asked::Place;

use crate::client::{ApiError, ApiResult, use_client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of, refusal_texts};
use crate::frame::Frame;
use crate::i18n::{keys, use_catalog};
use crate::load::Resource;
use crate::pages::admin::AdminFrame;
use crate::pages::project::role_options;
use crate::pages::{ErrorView, loaded};
use crate::query::{ListState, kept};
use crate::session::{Guard, Need};
use crate::ui::{
    BulkButton, Button, Callout, Card, CardBody, Check, Crumb, Empty, GetForm, Glyph, LinkButton, Look, PageHead,
    SelectField, SelectOption, Skeleton, TextField, Tone,
};
use crate::{t, tn};
use asked::{Asked, FROM_BYTES_MAX, Open};
use berth_types::ProjectId;
use berth_types::api::{BulkAction, BulkKind, BulkPreview, BulkRequest, Label};
use failures::Failures;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;
use progress::Progress;
use words::{effects, is_removal, named, phrase};

/// Labels on offer: one page of the API. A project has few.
const LABELS_MAX: u64 = 100;

/// Begins an operation; `page` is where it is looked at.
#[server(prefix = "/_portal", endpoint = "bulk")]
pub(crate) async fn post_bulk(request: String, page: String) -> Posted {
    let client = use_client();
    let begun = match serde_json::from_str::<BulkRequest>(&request) {
        Ok(request) => client.begin_bulk(&request).await.map_err(|refusal| FormError::default().refused(refusal)),
        Err(_) => Err(FormError::default().refused(ApiError::not_found())),
    };
    let address = begun.as_ref().map(|begun| format!("{page}?op={}", begun.id)).unwrap_or_default();
    crate::form::conclude(begun.map(drop), &address)
}

/// What can be done to the rows of a list.
pub(crate) fn buttons(kind: BulkKind, acts: &[(BulkAction, bool)]) -> Vec<BulkButton> {
    let allowed = acts.iter().filter(|(_, allowed)| *allowed);
    let button = |(act, _): &(BulkAction, bool)| {
        let (label, icon) = match act {
            BulkAction::Delete if kind == BulkKind::Members => (keys::members::REMOVE, Glyph::Trash),
            BulkAction::Delete => (keys::bulk::act::DELETE, Glyph::Trash),
            BulkAction::AddLabel => (keys::bulk::act::ADD_LABEL, Glyph::Tag),
            BulkAction::RemoveLabel => (keys::bulk::act::REMOVE_LABEL, Glyph::X),
            BulkAction::Copy => (keys::bulk::act::COPY, Glyph::Copy),
            BulkAction::Move => (keys::bulk::act::MOVE, Glyph::Arrow),
            BulkAction::Enable => (keys::bulk::act::ENABLE, Glyph::Play),
            BulkAction::Disable => (keys::bulk::act::DISABLE, Glyph::Pause),
            BulkAction::SetRole => (keys::bulk::act::SET_ROLE, Glyph::Shield),
        };
        BulkButton { act: act.as_str(), label: t!(label), icon, danger: *act == BulkAction::Delete }
    };
    allowed.map(button).collect()
}

/// What the address of the question says besides the rows: also how the list was shown, for whoever comes back to it.
pub(crate) fn keep(kind: BulkKind, filter: String) -> Vec<(&'static str, String)> {
    let shown = use_location().search.with_untracked(|search| kept(search));
    // What would not be read is not sent.
    let shown = if shown.len() > FROM_BYTES_MAX { String::new() } else { shown };
    vec![("kind", kind.as_str().to_owned()), ("q", filter), ("from", shown)]
}

/// The question about people, robots or labels of the system.
#[component]
pub fn SystemBulk() -> impl IntoView {
    let title = t!(keys::bulk::PAGE);
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title)]>
            <Bulk place=Place::System project=None />
        </AdminFrame>
    }
}

/// The question about projects.
#[component]
pub fn ProjectsBulk() -> impl IntoView {
    let title = t!(keys::bulk::PAGE);
    let crumbs = vec![Crumb::link(t!(keys::projects::TITLE), "/projects"), Crumb::here(title.clone())];
    view! {
        <Guard need=Need::SignedIn>
            <Title text=title />
            <Frame crumbs=crumbs>
                <Bulk place=Place::Projects project=None />
            </Frame>
        </Guard>
    }
}

/// The question, or the operation that was begun.
#[component]
pub(crate) fn Bulk(
    /// What the things belong to.
    place: Place,
    /// The project's row id, where they belong to one.
    project: Option<ProjectId>,
) -> impl IntoView {
    let search = use_location().search;
    let action = FormAction::of::<PostBulk>();
    move || {
        let asked = search.with(|search| Asked::read(search, &place));
        let place = place.clone();
        match (asked.operation, asked.open()) {
            (Some(id), _) => view! { <Progress place=place id=id /> }.into_any(),
            (None, Open::Everything) => view! { <Nothing place=place kind=asked.request.kind /> }.into_any(),
            (None, Open::Label) => view! { <ChooseLabel place=place project=project asked=asked /> }.into_any(),
            (None, Open::Role) => view! { <ChooseRole place=place asked=asked /> }.into_any(),
            (None, Open::Target) => view! { <ChooseTarget place=place asked=asked /> }.into_any(),
            (None, Open::Nothing) => view! { <Question place=place asked=asked action=action /> }.into_any(),
        }
    }
}

#[component]
fn Nothing(place: Place, kind: Option<BulkKind>) -> impl IntoView {
    view! {
        <PageHead title=|| t!(keys::bulk::PAGE) />
        <Empty icon=Glyph::Search title=t!(keys::bulk::NOTHING) text=t!(keys::bulk::NOTHING_TEXT)>
            <LinkButton href=place.list(kind)>{t!(keys::bulk::BACK)}</LinkButton>
        </Empty>
    }
}

/// Fields that carry what is known already.
fn carried(asked: &Asked) -> impl IntoView + use<> {
    let fields = asked.fields().into_iter();
    fields.map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view()
}

#[component]
fn ChooseLabel(place: Place, project: Option<ProjectId>, asked: Asked) -> impl IntoView {
    let client = use_client();
    let labels = Resource::new(
        || (),
        move |()| {
            let client = client.clone();
            async move {
                let params = ListState { page: 1, page_size: LABELS_MAX, ..ListState::default() }.params(String::new());
                let mut found = client.labels(project, "", &params).await?.items;
                if project.is_some() {
                    found.extend(client.labels(None, "", &params).await?.items);
                }
                Ok(found)
            }
        },
    );
    let back = asked.back(&place);
    loaded(labels, move |labels: Vec<Label>| {
        let back = back.clone();
        if labels.is_empty() {
            return view! {
                <PageHead title=|| t!(keys::bulk::LABEL_CHOOSE) />
                <Empty icon=Glyph::Tag title=t!(keys::bulk::NO_LABELS) text=t!(keys::bulk::NO_LABELS_TEXT)>
                    <LinkButton href=back>{t!(keys::bulk::BACK)}</LinkButton>
                </Empty>
            }
            .into_any();
        }
        let known = carried(&asked);
        let options = labels.into_iter().map(|label| SelectOption::new(label.id.to_string(), label.name)).collect();
        view! {
            <PageHead title=|| t!(keys::bulk::LABEL_CHOOSE) />
            <Card label=t!(keys::bulk::LABEL)>
                <CardBody>
                    <GetForm class="form">
                        {known} <SelectField label=t!(keys::bulk::LABEL) name="label" options=options />
                        <GoOn back=back />
                    </GetForm>
                </CardBody>
            </Card>
        }
        .into_any()
    })
}

#[component]
fn ChooseRole(place: Place, asked: Asked) -> impl IntoView {
    let (back, known) = (asked.back(&place), carried(&asked));
    view! {
        <PageHead title=|| t!(keys::bulk::ROLE_CHOOSE) />
        <Card label=t!(keys::role::LABEL)>
            <CardBody>
                <GetForm class="form">
                    {known} <SelectField label=t!(keys::role::LABEL) name="role" options=role_options() />
                    <GoOn back=back />
                </GetForm>
            </CardBody>
        </Card>
    }
}

#[component]
fn ChooseTarget(
    place: Place,
    asked: Asked,
    /// Why the target that was asked for is none.
    #[prop(optional)]
    refusal: Option<ApiError>,
) -> impl IntoView {
    let error = refusal.map(|refusal| match refusal.status {
        400 | 422 => t!(keys::bulk::TARGET_WRONG),
        _ => refusal_texts(&use_catalog(), &refusal).1,
    });
    let target = asked.request.target.clone();
    let (back, known) = (asked.back(&place), carried(&asked));
    // A copy moves tags at the target, as in Harbor; what is moved asks first.
    let overwrite = (asked.request.action == Some(BulkAction::Move)).then(|| {
        view! {
            <Check
                name="overwrite"
                value="1"
                label=t!(keys::bulk::OVERWRITE)
                hint=t!(keys::bulk::OVERWRITE_HINT)
            />
        }
    });
    let (label, hint) = if asked.request.kind == Some(BulkKind::Repositories) {
        (t!(keys::bulk::TARGET_PROJECT), t!(keys::bulk::TARGET_PROJECT_HINT))
    } else {
        (t!(keys::bulk::TARGET), t!(keys::bulk::TARGET_HINT))
    };
    let heading = label.clone();
    view! {
        <PageHead title=move || heading />
        <Card label=label.clone()>
            <CardBody>
                <GetForm class="form">
                    {known}
                    <TextField
                        label=label
                        name="target"
                        value=target
                        error=error
                        hint=hint
                        raw=true
                        autocomplete="off"
                        maxlength=255
                    />
                    {overwrite}
                    <GoOn back=back />
                </GetForm>
            </CardBody>
        </Card>
    }
}

/// The buttons of a form that asks for one thing more.
#[component]
fn GoOn(back: String) -> impl IntoView {
    view! {
        <div class="row">
            <Button submit=true look=Look::Primary>
                {t!(keys::bulk::CONTINUE)}
            </Button>
            <LinkButton href=back>{t!(keys::common::CANCEL)}</LinkButton>
        </div>
    }
}

/// What a request would do.
fn previewed(request: &BulkRequest) -> Resource<ApiResult<BulkPreview>> {
    let (client, request) = (use_client(), request.clone());
    Resource::new(
        || (),
        move |()| {
            let (client, request) = (client.clone(), request.clone());
            async move { client.bulk_preview(&request).await }
        },
    )
}

#[component]
fn Question(place: Place, asked: Asked, action: FormAction) -> impl IntoView {
    let label = t!(keys::common::LOADING);
    previewed(&asked.request).drawn(
        move || view! { <Skeleton label=label.clone() /> }.into_any(),
        move |preview| match preview {
            Ok(preview) => {
                view! { <Effect place=place.clone() asked=asked.clone() preview=preview action=action /> }.into_any()
            }
            // What is wrong with a target is no error of the page, the field can say it.
            Err(refusal) if asked.is_about_target(refusal.status) => {
                view! { <ChooseTarget place=place.clone() asked=asked.clone() refusal=refusal /> }.into_any()
            }
            Err(error) => view! { <ErrorView error=error /> }.into_any(),
        },
    )
}

/// What happens, and what stays as it is. Nothing of what no list shows, as the tags of signatures.
#[component]
pub(crate) fn Consequences(request: BulkRequest, preview: BulkPreview) -> impl IntoView {
    if preview.items == 0 && preview.kept_count == 0 {
        return None;
    }
    let happens = (!stays(&preview)).then(|| {
        let names = named(&request, &preview).map(|names| view! { <p class="name">{names}</p> });
        let lines = effects(&request, &preview);
        let lines = lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
        view! {
            <Card title=t!(keys::bulk::effect::TITLE)>
                <CardBody stack=true>
                    {names}
                    <ul class="prose">{lines}</ul>
                </CardBody>
            </Card>
        }
    });
    let kept = (preview.kept_count > 0).then(|| {
        let title = tn!(keys::bulk::KEPT, crate::format::natural(preview.kept_count));
        view! {
            <Callout tone=Tone::Warn title=title />
            <Failures caption=t!(keys::bulk::KEPT_CAPTION) request=request failures=preview.kept />
        }
    });
    Some(view! {
        {happens}
        {kept}
    })
}

/// The buttons under the question about one thing: what stays as it is can only be left.
#[component]
pub(crate) fn RemovalButtons(
    /// Whether it stays, by what the preview says.
    stays: bool,
    /// What is done.
    text: String,
    /// The page to go back to.
    back: String,
    /// Whether it is being done.
    busy: Signal<bool>,
) -> impl IntoView {
    let remove = (!stays).then(|| {
        view! {
            <Button look=Look::DangerFill icon=Glyph::Trash submit=true busy=busy>
                {text}
            </Button>
        }
    });
    view! {
        <div class="row">
            {remove} <LinkButton href=back>{t!(keys::common::CANCEL)}</LinkButton>
        </div>
    }
}

/// Whether all that a removal is about stays as it is.
pub(crate) fn stays(preview: &BulkPreview) -> bool {
    preview.kept_count > 0 && preview.kept_count >= preview.items
}

/// What an answer brings, or nothing where there is no such thing.
///
/// # Errors
/// All other refusals.
pub(crate) fn there<T>(answer: ApiResult<T>) -> ApiResult<Option<T>> {
    match answer {
        Err(refusal) if refusal.status == 404 => Ok(None),
        answer => answer.map(Some),
    }
}

/// In the place of the question about something that is gone.
#[component]
pub(crate) fn Gone(
    /// What it was called.
    #[prop(into)]
    title: String,
    /// Where others of its kind are.
    back: String,
) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::pages::error::answer_with(404, None);
    view! {
        <PageHead title=move || title />
        <Empty icon=Glyph::Search title=t!(keys::bulk::REASON_GONE) text=t!(keys::bulk::GONE_TEXT)>
            <LinkButton href=back>{t!(keys::bulk::BACK)}</LinkButton>
        </Empty>
    }
}

#[component]
fn Effect(place: Place, asked: Asked, preview: BulkPreview, action: FormAction) -> impl IntoView {
    let back = asked.back(&place);
    let request = asked.request;
    let asks = phrase(&request, preview.items);
    let heading = match &preview.label {
        Some(label) => t!(keys::bulk::QUESTION_LABEL, what = asks, label = label),
        None => t!(keys::bulk::QUESTION, what = asks),
    };
    let removal = is_removal(&request);
    let sub = match &place {
        Place::Repository(repo) => repo.to_string(),
        Place::Project(project) => project.to_string(),
        Place::System | Place::Projects => String::new(),
    };
    let unknown = (!preview.unknown.is_empty()).then(|| {
        let title = tn!(keys::bulk::UNKNOWN, preview.unknown.len() as u64);
        view! { <Callout tone=Tone::Warn title=title text=preview.unknown.join(", ") /> }
    });
    let look = if removal { Look::DangerFill } else { Look::Primary };
    let icon = if request.action == Some(BulkAction::Delete) { Glyph::Trash } else { Glyph::Check };
    // The button does not promise what will stay.
    let concerned = preview.items.saturating_sub(preview.kept_count);
    let button = phrase(&request, concerned);
    let end = if concerned > 0 {
        // It was read from an address a moment ago, so it can be written.
        let json = serde_json::to_string(&request).unwrap_or_default();
        view! {
            <PostForm action=action>
                <input type="hidden" name="request" value=json />
                <input type="hidden" name="page" value=place.href() />
                <div class="row">
                    <Button look=look icon=icon submit=true busy=action.pending()>
                        {button}
                    </Button>
                    <LinkButton href=back>{t!(keys::common::CANCEL)}</LinkButton>
                </div>
            </PostForm>
        }
        .into_any()
    } else {
        view! { <LinkButton href=back>{t!(keys::bulk::BACK)}</LinkButton> }.into_any()
    };
    view! {
        <PageHead title=move || heading sub=sub />
        <FormErrors answer=answer_of(action) />
        <Consequences request=request preview=preview />
        {unknown}
        {end}
    }
}
