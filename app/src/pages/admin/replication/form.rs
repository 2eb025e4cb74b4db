//! Making and changing a rule.

use super::rule::{EXCLUDES, Filters, KEEP, PULL, PUSH, RuleForm, other, pulls, what, when};
use super::{LIST, crumbs, id_of_page};
#[cfg(feature = "ssr")]
use crate::client::Client;
use crate::client::{ListParams, use_client};
use crate::form::{FormAction, FormError, FormErrors, PostForm, Posted, answer_of, fault_of, field_names, value_of};
use crate::i18n::{Key, keys, use_catalog};
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::admin::AdminFrame;
#[cfg(feature = "ssr")]
use crate::pages::admin::outside::refused;
use crate::pages::admin::outside::{description_field, is_ticked};
use crate::pages::admin::when::when_fields;
use crate::pages::{NotFound, loaded};
use crate::t;
use crate::ui::{
    Button, Callout, Card, CardBody, Check, ChoiceCard, ChoiceGroup, Empty, Glyph, LinkButton, Look, PageHead,
    SelectField, SelectOption, TextField, Tone,
};
use berth_types::api::{Registry, ReplicationPolicy};
use leptos::prelude::*;

/// Registries that the form offers.
const REGISTRIES_MAX: u64 = 100;

/// Makes a rule, or changes the one whose id is given.
#[server(prefix = "/_portal", endpoint = "replication-rule")]
pub(crate) async fn post_rule(#[server(flatten)] form: RuleForm) -> Posted {
    let client = use_client();
    let posted = save(&client, &form).await;
    let notice = if form.id.is_empty() { Notice::OutsideCreated } else { Notice::OutsideSaved };
    crate::form::conclude(posted, &notice.on(LIST, form.name.trim()))
}

#[cfg(feature = "ssr")]
async fn save(client: &Client, form: &RuleForm) -> Posted {
    let before = match form.id.parse::<i64>() {
        Ok(id) => {
            let found = client.replication_rule(id).await;
            Some(found.map_err(|refusal| form.answer().refused(refusal))?)
        }
        Err(_) => None,
    };
    let rule = form.read(before.as_ref())?;
    let saved = if rule.id == 0 {
        client.create_replication_rule(&rule).await.map(drop)
    } else {
        client.update_replication_rule(&rule).await
    };
    saved.map_err(|refusal| refused(form.answer(), &rule.name, refusal))
}

/// The page to make a rule.
#[component]
pub fn NewRule() -> impl IntoView {
    let title = t!(keys::replication::NEW_TITLE);
    let action = FormAction::of::<PostRule>();
    let client = use_client();
    let registries = Resource::new(
        || (),
        move |()| {
            let client = client.clone();
            async move { client.registries(&offered()).await }
        },
    );
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            <PageHead title=|| t!(keys::replication::NEW_TITLE) sub=t!(keys::replication::NEW_SUB) />
            {loaded(
                registries,
                move |registries| {
                    let rule = ReplicationPolicy {
                        enabled: true,
                        overrides: true,
                        dest_namespace_replace_count: Some(1),
                        ..ReplicationPolicy::default()
                    };
                    view! { <RuleFields rule=rule registries=registries.items action=action /> }
                },
            )}
        </AdminFrame>
    }
}

fn offered() -> ListParams {
    ListParams { sort: "name".to_owned(), page: 1, page_size: REGISTRIES_MAX, ..ListParams::default() }
}

/// The page to change a rule.
#[component]
pub fn EditRule() -> impl IntoView {
    let Some(id) = id_of_page() else { return view! { <NotFound /> }.into_any() };
    let title = t!(keys::replication::EDIT_SHORT);
    let action = FormAction::of::<PostRule>();
    let client = use_client();
    let rule = Resource::new(
        move || id,
        move |id| {
            let client = client.clone();
            async move { Ok((client.replication_rule(id).await?, client.registries(&offered()).await?)) }
        },
    );
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            {loaded(
                rule,
                move |(rule, registries)| {
                    let name = rule.name.clone();
                    view! {
                        <PageHead title=move || name sub=t!(keys::replication::EDIT_SUB) />
                        <RuleFields rule=rule registries=registries.items action=action />
                    }
                },
            )}
        </AdminFrame>
    }
    .into_any()
}

#[component]
fn RuleFields(rule: ReplicationPolicy, registries: Vec<Registry>, action: FormAction) -> impl IntoView {
    if registries.is_empty() && other(&rule).is_none() {
        return view! {
            <Empty icon=Glyph::Server title=t!(keys::replication::NO_REGISTRY) text=t!(keys::replication::NO_REGISTRY_TEXT)>
                <LinkButton href="/admin/registries/new" look=Look::Primary icon=Glyph::Plus>
                    {t!(keys::registries::NEW)}
                </LinkButton>
            </Empty>
        }
        .into_any();
    }
    let answer = answer_of(action);
    let id = (rule.id != 0).then(|| view! { <input type="hidden" name="id" value=rule.id.to_string() /> });
    let parts = (
        direction_fields(answer, &rule, registries),
        filter_fields(answer, &rule),
        place_fields(answer, &rule),
        when_fields(answer, &when(&rule), keys::replication::ON_PUSH),
    );
    let (direction, filters, place, when) = parts;
    let deletes = rule.replicate_deletion || rule.deletion;
    let (single, chunks) = (rule.single_active_replication.unwrap_or_default(), rule.copy_by_chunk.unwrap_or_default());
    let speed = rule.speed.filter(|kb| *kb > 0).map(|kb| kb.to_string()).unwrap_or_default();
    view! {
        <PostForm action=action attr:class="form" attr:novalidate="">
            <FormErrors answer=answer names=field_names(&[("name", keys::registries::NAME), ("registry", keys::replication::REGISTRY), ("speed", keys::replication::SPEED)]) />
            {id}
            <Card title=t!(keys::replication::PART_RULE)>
                <CardBody>
                    <div class="form">
                        <TextField
                            label=t!(keys::registries::NAME)
                            name="name"
                            value=value_of(answer, "name", &rule.name)
                            error=fault_of(answer, "name")
                            autocomplete="off"
                            maxlength=256
                            required=true
                        />
                        {direction}
                        {description_field(answer, &rule.description)}
                    </div>
                </CardBody>
            </Card>
            <Card title=t!(keys::replication::WHAT_LABEL)>
                <CardBody>
                    <div class="form">{filters}</div>
                </CardBody>
            </Card>
            <Card title=t!(keys::replication::PART_PLACE)>
                <CardBody>
                    <div class="form">{place}</div>
                </CardBody>
            </Card>
            <Card title=t!(keys::replication::WHEN_LABEL)>
                <CardBody>
                    <div class="form">
                        {when}
                        <p class="small muted">{t!(keys::replication::ON_PUSH_HINT)}</p>
                        {tick(answer, "enabled", rule.enabled, keys::outside::ENABLED, keys::replication::ENABLED_HINT)}
                    </div>
                </CardBody>
            </Card>
            <Card title=t!(keys::replication::PART_HOW)>
                <CardBody>
                    <div class="form">
                        {tick(
                            answer,
                            "overrides",
                            rule.overrides,
                            keys::replication::OVERRIDE,
                            keys::replication::OVERRIDE_HINT,
                        )}
                        {tick(
                            answer,
                            "deletion",
                            deletes,
                            keys::replication::DELETION,
                            keys::replication::DELETION_HINT,
                        )}
                        {tick(
                            answer,
                            "single_active",
                            single,
                            keys::replication::SINGLE,
                            keys::replication::SINGLE_HINT,
                        )}
                        {tick(
                            answer,
                            "copy_by_chunk",
                            chunks,
                            keys::replication::CHUNKS,
                            keys::replication::CHUNKS_HINT,
                        )}
                        <TextField
                            label=t!(keys::replication::SPEED)
                            name="speed"
                            value=value_of(answer, "speed", &speed)
                            hint=t!(keys::replication::SPEED_HINT)
                            error=fault_of(answer, "speed")
                            affix="KB/s"
                            inputmode="numeric"
                            optional=true
                        />
                    </div>
                </CardBody>
            </Card>
            <div class="row">
                <Button look=Look::Primary submit=true busy=action.pending()>
                    {t!(keys::common::SAVE)}
                </Button>
                <LinkButton href=LIST>{t!(keys::common::CANCEL)}</LinkButton>
            </div>
        </PostForm>
    }
    .into_any()
}

fn tick(answer: Signal<Option<FormError>>, field: &'static str, on: bool, label: Key, hint: Key) -> AnyView {
    view! { <Check name=field checked=is_ticked(answer, field, on) label=t!(label) hint=t!(hint) /> }.into_any()
}

/// Which way, and which registry is at the other end.
fn direction_fields(answer: Signal<Option<FormError>>, rule: &ReplicationPolicy, registries: Vec<Registry>) -> AnyView {
    let direction = value_of(answer, "direction", if pulls(rule) { PULL } else { PUSH });
    let chosen = other(rule);
    let selected = value_of(answer, "registry", &chosen.map(|registry| registry.id.to_string()).unwrap_or_default());
    let mut options = vec![SelectOption::new("", t!(keys::replication::CHOOSE))];
    // One beyond those that are offered is still the one of this rule.
    let missing = chosen.filter(|chosen| registries.iter().all(|registry| registry.id != chosen.id));
    let option = |registry: &Registry| {
        SelectOption::new(registry.id.to_string(), format!("{} – {}", registry.name, registry.url))
    };
    options.extend(registries.iter().chain(missing).map(option));
    view! {
        <ChoiceGroup legend=t!(keys::replication::DIRECTION)>
            <ChoiceCard
                name="direction"
                value=PUSH
                checked=direction != PULL
                label=t!(keys::replication::PUSH)
                hint=t!(keys::replication::PUSH_HINT)
            />
            <ChoiceCard
                name="direction"
                value=PULL
                checked=direction == PULL
                label=t!(keys::replication::PULL)
                hint=t!(keys::replication::PULL_HINT)
            />
        </ChoiceGroup>
        <SelectField
            label=t!(keys::replication::REGISTRY)
            name="registry"
            options=options
            selected=selected
            error=fault_of(answer, "registry")
        />
    }
    .into_any()
}

/// What is copied.
fn filter_fields(answer: Signal<Option<FormError>>, rule: &ReplicationPolicy) -> AnyView {
    let Some(filters) = Filters::read(rule.filters.as_deref().unwrap_or_default()) else {
        let text = what(&use_catalog(), rule);
        return view! {
            <input type="hidden" name="filters" value=KEEP />
            <Callout tone=Tone::Info title=t!(keys::replication::KEPT) text=text />
        }
        .into_any();
    };
    let modes = || {
        [("matches", keys::replication::MATCHING), (EXCLUDES, keys::replication::EXCLUDING)]
            .map(|(word, key)| SelectOption::new(word, t!(key)))
            .to_vec()
    };
    let mode = |field: &str, excludes: bool| value_of(answer, field, if excludes { EXCLUDES } else { "matches" });
    let resources = [
        ("", keys::replication::RESOURCE_ALL),
        ("image", keys::replication::RESOURCE_IMAGE),
        ("artifact", keys::replication::RESOURCE_ARTIFACT),
    ]
    .map(|(word, key)| SelectOption::new(word, t!(key)));
    view! {
        <TextField
            label=t!(keys::replication::NAMES)
            name="name_filter"
            value=value_of(answer, "name_filter", &filters.name)
            hint=t!(keys::replication::NAMES_HINT)
            placeholder="payments/**"
            autocomplete="off"
            raw=true
            optional=true
        />
        <div class="cols">
            <SelectField
                label=t!(keys::replication::TAG_MODE)
                name="tag_mode"
                options=modes()
                selected=mode("tag_mode", filters.excludes_tag)
            />
            <TextField
                label=t!(keys::replication::TAGS)
                name="tag_filter"
                value=value_of(answer, "tag_filter", &filters.tag)
                placeholder="v*"
                autocomplete="off"
                raw=true
                optional=true
            />
        </div>
        <div class="cols">
            <SelectField
                label=t!(keys::replication::LABEL_MODE)
                name="label_mode"
                options=modes()
                selected=mode("label_mode", filters.excludes_labels)
            />
            <TextField
                label=t!(keys::replication::LABELS)
                name="label_filter"
                value=value_of(answer, "label_filter", &filters.labels.join(", "))
                hint=t!(keys::replication::LABELS_HINT)
                autocomplete="off"
                optional=true
            />
        </div>
        <SelectField
            label=t!(keys::replication::RESOURCE)
            name="resource"
            options=resources.to_vec()
            selected=value_of(answer, "resource", &filters.resource)
        />
    }
    .into_any()
}

/// Below what artifacts are put.
fn place_fields(answer: Signal<Option<FormError>>, rule: &ReplicationPolicy) -> AnyView {
    use keys::replication::flatten as k;
    let levels = [("1", k::ONE), ("0", k::NONE), ("2", k::TWO), ("3", k::THREE), ("-1", k::ALL)];
    let count = rule.dest_namespace_replace_count.unwrap_or(-1).to_string();
    let mut levels: Vec<SelectOption> = levels.map(|(word, key)| SelectOption::new(word, t!(key))).to_vec();
    if !levels.iter().any(|level| level.value == count) {
        levels.push(SelectOption::new(count.clone(), count.clone()));
    }
    view! {
        <TextField
            label=t!(keys::replication::NAMESPACE)
            name="namespace"
            value=value_of(answer, "namespace", &rule.dest_namespace)
            hint=t!(keys::replication::NAMESPACE_HINT)
            placeholder="mirror"
            autocomplete="off"
            raw=true
            optional=true
        />
        <SelectField
            label=t!(keys::replication::flatten::LABEL)
            name="flatten"
            options=levels
            selected=value_of(answer, "flatten", &count)
            hint=t!(keys::replication::FLATTEN_HINT)
        />
    }
    .into_any()
}
