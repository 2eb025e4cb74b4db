//! Adding, changing and removing a P2P network.

use super::{LIST, crumbs, vendor};
#[cfg(feature = "ssr")]
use crate::client::Client;
use crate::client::{ApiResult, use_client};
#[cfg(any(feature = "ssr", test))]
use crate::form::Fault;
use crate::form::{FormAction, FormError, FormErrors, PostForm, answer_of, fault_of, field_names, value_of};
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::admin::AdminFrame;
#[cfg(any(feature = "ssr", test))]
use crate::pages::admin::outside::flag;
use crate::pages::admin::outside::{
    DeleteQuestion, Target, Thing, Tried, description_field, enabled_tick, insecure_tick, is_ticked, secret_field,
    ticked, trial_buttons,
};
#[cfg(feature = "ssr")]
use crate::pages::admin::outside::{conclude_trial, refused};
use crate::pages::admin::scanners::default_badge;
use crate::pages::loaded;
use crate::t;
use crate::ui::{Card, CardBody, Check, PageHead, SelectField, SelectOption, TextField};
use berth_types::api::PreheatInstance;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use serde::{Deserialize, Serialize};
#[cfg(any(feature = "ssr", test))]
use std::collections::BTreeMap;

/// The kinds of network, as the API knows them.
const VENDORS: [&str; 2] = ["dragonfly", "kraken"];

/// What the form posts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct NetworkForm {
    /// `test`, or anything else to keep it.
    intent: String,
    /// The name that it has; empty for a new one.
    before: String,
    name: String,
    description: String,
    vendor: String,
    endpoint: String,
    /// `NONE`, `BASIC` or `OAUTH`.
    auth: String,
    user: String,
    /// Password or token.
    secret: String,
    #[serde(deserialize_with = "ticked")]
    enabled: bool,
    #[serde(deserialize_with = "ticked")]
    default_network: bool,
    #[serde(deserialize_with = "ticked")]
    insecure: bool,
}

#[cfg(any(feature = "ssr", test))]
impl NetworkForm {
    /// An answer that remembers what was filled in, except for the secret.
    fn answer(&self) -> FormError {
        FormError::keeping(&[
            ("name", self.name.trim()),
            ("description", self.description.trim()),
            ("vendor", &self.vendor),
            ("endpoint", self.endpoint.trim()),
            ("auth", &self.auth),
            ("user", self.user.trim()),
            ("enabled", flag(self.enabled)),
            ("default_network", flag(self.default_network)),
            ("insecure", flag(self.insecure)),
        ])
    }

    /// What is missing. A stored credential is enough.
    fn checked(&self, has_secret: bool) -> Result<(), FormError> {
        let mut answer = self.answer();
        let required = |is_missing: bool| is_missing.then_some(Fault::Required);
        answer.check("name", required(self.name.trim().is_empty()));
        answer.check("endpoint", required(self.endpoint.trim().is_empty()));
        let names_one = !self.secret.is_empty();
        answer.check("user", required(self.auth == "BASIC" && names_one && self.user.trim().is_empty()));
        answer.check("secret", required(self.auth != "NONE" && !names_one && !has_secret));
        answer.pass()
    }

    fn network(&self) -> PreheatInstance {
        let secret = self.secret.clone();
        let pairs = match self.auth.as_str() {
            _ if secret.is_empty() => Vec::new(),
            "BASIC" => vec![("username", self.user.trim().to_owned()), ("password", secret)],
            "OAUTH" => vec![("token", secret)],
            _ => Vec::new(),
        };
        PreheatInstance {
            name: self.name.trim().to_owned(),
            description: self.description.trim().to_owned(),
            vendor: self.vendor.clone(),
            endpoint: self.endpoint.trim().to_owned(),
            auth_mode: self.auth.clone(),
            auth_info: pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<BTreeMap<_, _>>(),
            enabled: self.enabled,
            default: self.default_network,
            insecure: self.insecure,
            ..PreheatInstance::default()
        }
    }
}

/// Tries a network, or keeps it.
#[server(prefix = "/_portal", endpoint = "preheat-network")]
pub(crate) async fn post_network(#[server(flatten)] form: NetworkForm) -> Result<bool, FormError> {
    let client = use_client();
    conclude_trial(run(&client, &form).await, form.answer(), LIST, &form.name)
}

/// Nothing where it was only tried.
#[cfg(feature = "ssr")]
async fn run(client: &Client, form: &NetworkForm) -> Result<Option<Notice>, FormError> {
    let refuse = |refusal| refused(form.answer(), &form.name, refusal);
    let is_new = form.before.is_empty();
    let stored = if is_new { None } else { Some(client.preheat_network(&form.before).await.map_err(refuse)?) };
    let is_same = |stored: &PreheatInstance| {
        stored.auth_mode == form.auth && stored.endpoint == form.endpoint.trim().trim_end_matches('/')
    };
    let same = stored.filter(is_same);
    form.checked(same.is_some())?;
    let mut network = form.network();
    if form.intent == "test" {
        if let Some(stored) = same.filter(|_| form.secret.is_empty()) {
            // Nobody but the server knows the credential: what is stored is asked.
            network.id = stored.id;
        }
        client.ping_preheat_network(&network).await.map_err(refuse)?;
        return Ok(None);
    }
    if is_new {
        client.create_preheat_network(&network).await.map_err(refuse)?;
        return Ok(Some(Notice::OutsideCreated));
    }
    client.update_preheat_network(&form.before, &network).await.map_err(refuse)?;
    Ok(Some(Notice::OutsideSaved))
}

/// The page to add a network.
#[component]
pub fn NewNetwork() -> impl IntoView {
    let title = t!(keys::preheat::NEW_TITLE);
    let action = FormAction::of::<PostNetwork>();
    let blank = PreheatInstance { enabled: true, auth_mode: "NONE".to_owned(), ..PreheatInstance::default() };
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            <PageHead title=|| t!(keys::preheat::NEW_TITLE) />
            <NetworkFields network=blank action=action />
        </AdminFrame>
    }
}

/// The network that the address names.
fn network_of_page() -> Resource<ApiResult<PreheatInstance>> {
    let client = use_client();
    let params = use_params_map();
    Resource::new(
        move || params.read().get_str("name").unwrap_or_default().to_owned(),
        move |name| {
            let client = client.clone();
            async move { client.preheat_network(&name).await }
        },
    )
}

/// The page to change a network.
#[component]
pub fn EditNetwork() -> impl IntoView {
    let title = t!(keys::preheat::EDIT_SHORT);
    let action = FormAction::of::<PostNetwork>();
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            {loaded(
                network_of_page(),
                move |network| {
                    let name = network.name.clone();
                    let is_default = network.default;
                    let meta = move || is_default.then(default_badge);
                    view! {
                        <PageHead title=move || name meta=meta />
                        <NetworkFields network=network action=action />
                    }
                },
            )}
        </AdminFrame>
    }
}

#[component]
fn NetworkFields(network: PreheatInstance, action: FormAction) -> impl IntoView {
    let answer = answer_of(action);
    let is_new = network.name.is_empty();
    let before = (!is_new).then(|| view! { <input type="hidden" name="before" value=network.name.clone() /> });
    let vendors = VENDORS.map(|id| SelectOption::new(id, vendor(id)));
    let kinds = [
        ("NONE", t!(keys::scanners::auth::NONE)),
        ("BASIC", t!(keys::scanners::auth::BASIC)),
        ("OAUTH", t!(keys::scanners::auth::BEARER)),
    ]
    .map(|(word, label)| SelectOption::new(word, label));
    let has_secret = !is_new && network.auth_mode != "NONE";
    view! {
        <Card title=t!(keys::registries::CONNECTION)>
            <CardBody>
                <PostForm action=action attr:class="form" attr:novalidate="">
                    <FormErrors answer=answer names=field_names(&[("name", keys::preheat::NAME), ("endpoint", keys::preheat::ENDPOINT), ("user", keys::preheat::USER), ("secret", keys::registries::SECRET)]) />
                    {before}
                    <SelectField
                        label=t!(keys::preheat::VENDOR)
                        name="vendor"
                        options=vendors.to_vec()
                        selected=value_of(answer, "vendor", &network.vendor)
                    />
                    {name_field(answer, &network.name)}
                    <TextField
                        label=t!(keys::preheat::ENDPOINT)
                        name="endpoint"
                        kind="url"
                        value=value_of(answer, "endpoint", &network.endpoint)
                        hint=t!(keys::preheat::ENDPOINT_HINT)
                        error=fault_of(answer, "endpoint")
                        placeholder="http://dragonfly-manager:8080"
                        raw=true
                        required=true
                    />
                    <SelectField
                        label=t!(keys::scanners::auth::LABEL)
                        name="auth"
                        options=kinds.to_vec()
                        selected=value_of(answer, "auth", &network.auth_mode)
                    />
                    <TextField
                        label=t!(keys::preheat::USER)
                        name="user"
                        value=value_of(answer, "user", "")
                        error=fault_of(answer, "user")
                        autocomplete="off"
                        raw=true
                        optional=true
                    />
                    {secret_field(answer, "secret", has_secret)}
                    {description_field(answer, &network.description)}
                    {enabled_tick(answer, network.enabled)}
                    <Check
                        name="default_network"
                        checked=is_ticked(answer, "default_network", network.default)
                        label=t!(keys::preheat::DEFAULT)
                        hint=t!(keys::preheat::DEFAULT_HINT)
                    />
                    {insecure_tick(answer, network.insecure)}
                    <Tried action=action />
                    {trial_buttons(action, LIST.to_owned())}
                </PostForm>
            </CardBody>
        </Card>
    }
}

/// The field for a name that stands in an address.
pub(crate) fn name_field(answer: Signal<Option<FormError>>, initial: &str) -> AnyView {
    view! {
        <TextField
            label=t!(keys::preheat::NAME)
            name="name"
            value=value_of(answer, "name", initial)
            hint=t!(keys::preheat::NAME_HINT)
            error=fault_of(answer, "name")
            autocomplete="off"
            maxlength=255
            raw=true
            required=true
        />
    }
    .into_any()
}

/// The question whether to remove a network.
#[component]
pub fn DeleteNetwork() -> impl IntoView {
    let title = t!(keys::preheat::DELETE_SUBMIT);
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            {loaded(
                network_of_page(),
                |network| {
                    view! {
                        <DeleteQuestion
                            target=Target::of(Thing::Network, &network.name, &network.name)
                            heading=t!(keys::preheat::DELETE_TITLE, name = network.name)
                            effect=t!(keys::preheat::DELETE_TEXT)
                            submit=t!(keys::preheat::DELETE_SUBMIT)
                        />
                    }
                },
            )}
        </AdminFrame>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_asked_for_by_their_kind() {
        let form = |auth: &str, user: &str, secret: &str| NetworkForm {
            name: "net".into(),
            endpoint: "http://net".into(),
            auth: auth.into(),
            user: user.into(),
            secret: secret.into(),
            ..NetworkForm::default()
        };
        assert!(form("NONE", "", "").checked(false).is_ok());
        assert_eq!(form("OAUTH", "", "").checked(false).unwrap_err().faults[0].0, "secret");
        assert!(form("OAUTH", "", "").checked(true).is_ok());
        assert_eq!(form("BASIC", "", "s").checked(false).unwrap_err().faults[0].0, "user");
        let basic = form("BASIC", "u", "s").network();
        assert_eq!(basic.auth_info.get("username").map(String::as_str), Some("u"));
        assert!(form("BASIC", "u", "").network().auth_info.is_empty());
        assert_eq!(form("OAUTH", "u", "t").network().auth_info.len(), 1);
        assert!(form("BASIC", "u", "s3cret").answer().values.iter().all(|(_, value)| value != "s3cret"));
    }
}
