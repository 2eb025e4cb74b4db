//! Making, changing and deleting a policy.

use super::super::{AskFor, InProject, ProjectPart};
use super::policy::{Filters, KEEP, PolicyForm, what, when};
use super::target;
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
use crate::form::{FormAction, FormError, FormErrors, PostForm, Posted, answer_of, fault_of, field_names, value_of};
use crate::i18n::{keys, use_catalog};
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
#[cfg(feature = "ssr")]
use crate::pages::admin::outside::refused;
use crate::pages::admin::outside::{DeleteQuestion, description_field, enabled_tick, is_ticked};
use crate::pages::admin::{name_field, when_fields};
use crate::pages::loaded;
use crate::t;
use crate::ui::{
    Button, Callout, Card, CardBody, Check, Empty, Glyph, LinkButton, Look, PageHead, SelectField, SelectOption,
    TextField, Tone,
};
use berth_types::api::{PreheatPolicy, ProviderUnderProject};
use berth_types::policy::{Action, Resource as Of, Right};
use leptos::prelude::*;

/// Makes a policy, or changes the one whose name is given.
#[server(prefix = "/_portal", endpoint = "preheat-policy")]
pub(crate) async fn post_preheat_policy(#[server(flatten)] form: PolicyForm) -> Posted {
    let client = use_client();
    let posted = save(&client, &form).await;
    let notice = if form.before.is_empty() { Notice::OutsideCreated } else { Notice::OutsideSaved };
    let page = format!("/projects/{}/-/preheat", form.project);
    crate::form::conclude(posted, &notice.on(&page, form.name.trim()))
}

#[cfg(feature = "ssr")]
async fn save(client: &Client, form: &PolicyForm) -> Posted {
    let refuse = |refusal| refused(form.answer(), &form.name, refusal);
    let project = form.project.parse().map_err(|_| refuse(ApiError::not_found()))?;
    if form.before.is_empty() {
        let policy = form.read(None)?;
        return client.create_preheat_policy(&project, &policy).await.map(drop).map_err(refuse);
    }
    let before = client.preheat_policy(&project, &form.before).await.map_err(refuse)?;
    let policy = form.read(Some(&before))?;
    client.update_preheat_policy(&project, &form.before, &policy).await.map_err(refuse)
}

/// The page to make a policy.
#[component]
pub(super) fn NewPolicy(within: InProject) -> impl IntoView {
    let action = FormAction::of::<PostPreheatPolicy>();
    let (client, name) = (use_client(), within.name.clone());
    let networks = Resource::new(
        || (),
        move |()| {
            let (client, name) = (client.clone(), name.clone());
            async move { client.preheat_providers(&name).await }
        },
    );
    view! {
        <PageHead title=|| t!(keys::preheat::NEW_POLICY) sub=t!(keys::preheat::POLICIES_SUB) />
        {loaded(
            networks,
            move |networks| {
                let policy = PreheatPolicy { enabled: true, ..PreheatPolicy::default() };
                view! { <Fields within=within.clone() policy=policy networks=networks action=action /> }
            },
        )}
    }
}

/// The page to change a policy.
#[component]
pub(super) fn EditPolicy(within: InProject, policy: String) -> impl IntoView {
    let action = FormAction::of::<PostPreheatPolicy>();
    let (client, name) = (use_client(), within.name.clone());
    let found = Resource::new(
        move || policy.clone(),
        move |policy| {
            let (client, name) = (client.clone(), name.clone());
            async move { Ok((client.preheat_policy(&name, &policy).await?, client.preheat_providers(&name).await?)) }
        },
    );
    loaded(found, move |(policy, networks)| {
        let name = policy.name.clone();
        view! {
            <PageHead title=move || name sub=t!(keys::preheat::POLICY) />
            <Fields within=within.clone() policy=policy networks=networks action=action />
        }
    })
}

#[component]
fn Fields(
    within: InProject,
    policy: PreheatPolicy,
    networks: Vec<ProviderUnderProject>,
    action: FormAction,
) -> impl IntoView {
    if networks.is_empty() {
        let link = if within.rights.admin {
            view! {
                <LinkButton href="/admin/preheat/new" look=Look::Primary icon=Glyph::Plus>
                    {t!(keys::preheat::NEW)}
                </LinkButton>
            }
            .into_any()
        } else {
            let needs = Right::in_system(Of::PreheatInstance, Action::Create);
            view! { <AskFor within=within needs=needs /> }.into_any()
        };
        return view! {
            <Empty icon=Glyph::Bolt title=t!(keys::preheat::NO_NETWORK) text=t!(keys::preheat::NO_NETWORK_TEXT)>
                {link}
            </Empty>
        }
        .into_any();
    }
    let answer = answer_of(action);
    let is_new = policy.name.is_empty();
    let before = (!is_new).then(|| view! { <input type="hidden" name="before" value=policy.name.clone() /> });
    let usual = networks.iter().find(|network| network.default).or(networks.first()).map_or(0, |network| network.id);
    let chosen = if is_new { usual } else { policy.provider_id };
    let options = networks.iter().map(|network| SelectOption::new(network.id.to_string(), network.provider.clone()));
    let options = options.collect();
    view! {
        <Card label=t!(keys::preheat::POLICY)>
            <CardBody>
                <PostForm action=action attr:class="form" attr:novalidate="">
                    <FormErrors answer=answer names=field_names(&[("name", keys::preheat::NAME), ("network", keys::preheat::NETWORK)]) />
                    <input type="hidden" name="project" value=within.name.to_string() />
                    {before}
                    {name_field(answer, &policy.name)}
                    <SelectField
                        label=t!(keys::preheat::NETWORK)
                        name="network"
                        options=options
                        selected=value_of(answer, "network", &chosen.to_string())
                        error=fault_of(answer, "network")
                    />
                    {filter_fields(answer, &policy)}
                    {when_fields(answer, &when(&policy), keys::preheat::ON_PUSH)}
                    {description_field(answer, &policy.description)}
                    {enabled_tick(answer, policy.enabled)}
                    <div class="row">
                        <Button look=Look::Primary submit=true busy=action.pending()>
                            {t!(keys::common::SAVE)}
                        </Button>
                        <LinkButton href=ProjectPart::Preheat.of(&within.name)>{t!(keys::common::CANCEL)}</LinkButton>
                    </div>
                </PostForm>
            </CardBody>
        </Card>
    }
    .into_any()
}

fn filter_fields(answer: Signal<Option<FormError>>, policy: &PreheatPolicy) -> AnyView {
    let Some(filters) = Filters::read(&policy.filters) else {
        let text = what(&use_catalog(), policy);
        return view! {
            <input type="hidden" name="filters" value=KEEP />
            <Callout tone=Tone::Info title=t!(keys::replication::KEPT) text=text />
        }
        .into_any();
    };
    view! {
        <TextField
            label=t!(keys::replication::NAMES)
            name="repositories"
            value=value_of(answer, "repositories", &filters.repositories)
            hint=t!(keys::replication::NAMES_HINT)
            placeholder="**"
            autocomplete="off"
            raw=true
            optional=true
        />
        <TextField
            label=t!(keys::replication::TAGS)
            name="tags"
            value=value_of(answer, "tags", &filters.tags)
            placeholder="v*"
            autocomplete="off"
            raw=true
            optional=true
        />
        <TextField
            label=t!(keys::replication::LABELS)
            name="labels"
            value=value_of(answer, "labels", &filters.labels.join(", "))
            hint=t!(keys::replication::LABELS_HINT)
            autocomplete="off"
            optional=true
        />
        <Check
            name="signed"
            checked=is_ticked(answer, "signed", filters.signed)
            label=t!(keys::preheat::SIGNED)
        />
    }
    .into_any()
}

/// The question whether to delete a policy.
#[component]
pub(super) fn DeletePolicy(within: InProject, policy: String) -> impl IntoView {
    let (client, name) = (use_client(), within.name.clone());
    let found = Resource::new(
        move || policy.clone(),
        move |policy| {
            let (client, name) = (client.clone(), name.clone());
            async move { client.preheat_policy(&name, &policy).await }
        },
    );
    loaded(found, move |policy| {
        view! {
            <DeleteQuestion
                target=target(&within, &policy.name)
                heading=t!(keys::preheat::DELETE_POLICY_TITLE, name = policy.name)
                effect=t!(keys::preheat::DELETE_POLICY_TEXT)
                submit=t!(keys::preheat::DELETE_POLICY_SUBMIT)
            />
        }
    })
}
