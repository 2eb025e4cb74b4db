//! Adding and changing a registry, and testing the connection to it before anything is kept.

use super::check::{CheckCard, verdict};
use super::{LIST, crumbs, id_of_page, words};
#[cfg(feature = "ssr")]
use crate::client::{ApiResult, Client};
use crate::client::{json, use_client};
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
use crate::pages::admin::outside::{description_field, insecure_tick, secret_field, ticked, trial_buttons};
use crate::pages::{NotFound, loaded};
use crate::t;
use crate::ui::{Card, CardBody, PageHead, SelectField, SelectOption, TextArea, TextField};
use berth_types::api::{Registry, RegistryCheck, RegistryProviderInfos};
#[cfg(any(feature = "ssr", test))]
use berth_types::api::{RegistryCredential, RegistryPing, RegistryUpdate};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The field in which a browser without script is given what a test found.
const FOUND: &str = "check";
/// The list of addresses that the form offers.
const ADDRESSES: &str = "registry-addresses";

/// What the form posts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RegistryForm {
    /// `test`, or anything else to keep it.
    intent: String,
    /// Row id; empty for a new one.
    id: String,
    kind: String,
    name: String,
    url: String,
    access_key: String,
    access_secret: String,
    #[serde(deserialize_with = "ticked")]
    insecure: bool,
    ca_certificate: String,
    description: String,
}

#[cfg(any(feature = "ssr", test))]
impl RegistryForm {
    /// An answer that remembers what was filled in, except for the secret.
    fn answer(&self) -> FormError {
        FormError::keeping(&[
            ("kind", &self.kind),
            ("name", self.name.trim()),
            ("url", self.url.trim()),
            ("access_key", self.access_key.trim()),
            ("insecure", flag(self.insecure)),
            ("ca_certificate", self.ca_certificate.trim()),
            ("description", self.description.trim()),
        ])
    }

    /// What is missing before anything can be asked.
    fn checked(&self, tests: bool) -> Result<(), FormError> {
        let mut answer = self.answer();
        let required = |text: &str| text.trim().is_empty().then_some(Fault::Required);
        if !tests {
            answer.check("name", required(&self.name));
        }
        answer.check("url", required(&self.url));
        answer.pass()
    }

    /// The secret as it is sent: nothing keeps a stored one, and who signs in as nobody has none.
    fn secret(&self, stored_key: &str) -> Option<String> {
        let forgets = self.access_key.trim().is_empty() && !stored_key.is_empty();
        (forgets || !self.access_secret.is_empty()).then(|| self.access_secret.clone())
    }

    fn credential_type(&self) -> &'static str {
        if self.access_key.trim().is_empty() && self.access_secret.is_empty() { "" } else { "basic" }
    }

    fn registry(&self) -> Registry {
        let certificate = self.ca_certificate.trim();
        Registry {
            name: self.name.trim().to_owned(),
            url: self.url.trim().to_owned(),
            kind: self.kind.clone(),
            insecure: self.insecure,
            ca_certificate: (!certificate.is_empty()).then(|| certificate.to_owned()),
            description: self.description.trim().to_owned(),
            credential: Some(RegistryCredential {
                kind: self.credential_type().to_owned(),
                access_key: self.access_key.trim().to_owned(),
                access_secret: self.access_secret.clone(),
            }),
            ..Registry::default()
        }
    }

    fn update(&self, stored_key: &str) -> RegistryUpdate {
        let secret = self.secret(stored_key);
        RegistryUpdate {
            name: Some(self.name.trim().to_owned()),
            description: Some(self.description.trim().to_owned()),
            url: Some(self.url.trim().to_owned()),
            credential_type: secret.is_some().then(|| self.credential_type().to_owned()),
            access_key: Some(self.access_key.trim().to_owned()),
            access_secret: secret,
            insecure: Some(self.insecure),
            ca_certificate: Some(self.ca_certificate.trim().to_owned()),
        }
    }

    fn ping(&self, id: Option<i64>, stored_key: &str) -> RegistryPing {
        RegistryPing {
            id,
            kind: id.is_none().then(|| self.kind.clone()),
            url: Some(self.url.trim().to_owned()),
            credential_type: Some(self.credential_type().to_owned()),
            access_key: Some(self.access_key.trim().to_owned()),
            access_secret: self.secret(stored_key),
            insecure: Some(self.insecure),
            ca_certificate: Some(self.ca_certificate.trim().to_owned()),
        }
    }
}

/// Tests the connection to a registry, or keeps it.
#[server(prefix = "/_portal", endpoint = "registry")]
pub(crate) async fn post_registry(#[server(flatten)] form: RegistryForm) -> Result<Option<RegistryCheck>, FormError> {
    let client = use_client();
    match run(&client, form).await {
        Ok(Done::Found(form, check)) if crate::form::is_plain() => Err(found(form.answer(), &check)),
        Ok(Done::Found(_, check)) => Ok(Some(check)),
        Ok(Done::Kept(notice, name)) => crate::form::conclude(Ok(()), &notice.on(LIST, &name)).map(|()| None),
        Err(error) => crate::form::conclude(Err(error), LIST).map(|()| None),
    }
}

/// What a post came to.
#[cfg(feature = "ssr")]
enum Done {
    Found(Box<RegistryForm>, RegistryCheck),
    Kept(Notice, String),
}

/// The answer with what a test found in it.
#[cfg(feature = "ssr")]
fn found(mut answer: FormError, check: &RegistryCheck) -> FormError {
    if let Ok(json) = serde_json::to_string(check) {
        answer.values.push((FOUND.to_owned(), json));
    }
    answer
}

#[cfg(feature = "ssr")]
async fn run(client: &Client, mut form: RegistryForm) -> Result<Done, FormError> {
    let tests = form.intent == "test";
    let refused = |form: &RegistryForm, refusal| form.answer().refused(refusal);
    let id = form.id.parse::<i64>().ok();
    if form.url.trim().is_empty() && id.is_none() {
        form.url = usual_address(client, &form.kind).await.unwrap_or_default();
    }
    form.checked(tests)?;
    let stored_key = match id {
        Some(id) => {
            let stored = client.registry(id).await.map_err(|refusal| refused(&form, refusal))?;
            stored.credential.map(|credential| credential.access_key).unwrap_or_default()
        }
        None => String::new(),
    };
    let ping = form.ping(id, &stored_key);
    if tests {
        let check = client.check_registry(&ping).await.map_err(|refusal| refused(&form, refusal))?;
        return Ok(Done::Found(Box::new(form), check));
    }
    let kept = match id {
        Some(id) => client.update_registry(id, &form.update(&stored_key)).await,
        None => client.create_registry(&form.registry()).await.map(drop),
    };
    let name = form.name.trim().to_owned();
    match kept {
        Ok(()) if id.is_some() => Ok(Done::Kept(Notice::OutsideSaved, name)),
        Ok(()) => Ok(Done::Kept(Notice::OutsideCreated, name)),
        Err(refusal) if refusal.status == 409 => Err(form.answer().with("name", Fault::NameTaken(name))),
        Err(refusal) => {
            // A registry that does not answer is refused in one word; the test says why.
            let check = if refusal.status == 400 { client.check_registry(&ping).await.ok() } else { None };
            let error = refused(&form, refusal);
            Err(match check.filter(|check| !check.usable) {
                Some(check) => found(error, &check),
                None => error,
            })
        }
    }
}

/// The address of all registries of a type, where they have one.
#[cfg(feature = "ssr")]
async fn usual_address(client: &Client, kind: &str) -> ApiResult<String> {
    let mut providers = client.registry_providers().await?;
    let pattern = providers.remove(kind).and_then(|provider| provider.endpoint_pattern);
    let fixed = pattern.filter(|pattern| pattern.endpoint_type == FIXED);
    Ok(fixed
        .and_then(|pattern| pattern.endpoints.into_iter().next())
        .map(|endpoint| endpoint.value)
        .unwrap_or_default())
}

/// The word of the API for an address that is always the same.
#[cfg(feature = "ssr")]
const FIXED: &str = "EndpointPatternTypeFix";

/// The page to add a registry.
#[component]
pub fn NewRegistry() -> impl IntoView {
    let title = t!(keys::registries::NEW_TITLE);
    let action = FormAction::of::<PostRegistry>();
    let client = use_client();
    let known = Resource::new(
        || (),
        move |()| {
            let client = client.clone();
            async move { Ok((client.registry_types().await?, client.registry_providers().await?)) }
        },
    );
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            <PageHead title=|| t!(keys::registries::NEW_TITLE) sub=t!(keys::registries::NEW_SUB) />
            {loaded(
                known,
                move |(types, providers)| {
                    let registry = Registry { kind: "harbor".to_owned(), ..Registry::default() };
                    view! { <RegistryFields registry=registry types=types providers=providers action=action /> }
                },
            )}
        </AdminFrame>
    }
}

/// The page to change a registry.
#[component]
pub fn EditRegistry() -> impl IntoView {
    let Some(id) = id_of_page() else { return view! { <NotFound /> }.into_any() };
    let title = t!(keys::registries::EDIT_SHORT);
    let action = FormAction::of::<PostRegistry>();
    let client = use_client();
    let registry = Resource::new(
        move || id,
        move |id| {
            let client = client.clone();
            async move { client.registry(id).await }
        },
    );
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            {loaded(
                registry,
                move |registry| {
                    let name = registry.name.clone();
                    let health = super::health(&registry.status);
                    let providers = RegistryProviderInfos::new();
                    view! {
                        <PageHead title=move || name meta=move || health />
                        <RegistryFields registry=registry types=Vec::new() providers=providers action=action />
                    }
                },
            )}
        </AdminFrame>
    }
    .into_any()
}

/// What the last test found.
fn latest(action: FormAction) -> Signal<Option<RegistryCheck>> {
    let (output, error) = (action.output::<Option<RegistryCheck>>(), action.error());
    Signal::derive(move || {
        let in_error = || {
            let json = error.get()?.value(FOUND)?.to_owned();
            json::read(&json).ok()
        };
        output.get().flatten().or_else(in_error)
    })
}

/// The fields. Without types the registry has the one that it has.
#[component]
fn RegistryFields(
    registry: Registry,
    types: Vec<String>,
    providers: RegistryProviderInfos,
    action: FormAction,
) -> impl IntoView {
    let answer = answer_of(action);
    let credential = registry.credential.clone().unwrap_or_default();
    let has_secret = !credential.access_secret.is_empty();
    let certificate = value_of(answer, "ca_certificate", registry.ca_certificate.as_deref().unwrap_or_default());
    let selected = value_of(answer, "kind", &registry.kind);
    let kind = if types.is_empty() {
        view! {
            <TextField label=t!(keys::registries::KIND_LABEL) name="kind_shown" value=words::kind(&registry.kind) readonly=true />
        }
        .into_any()
    } else {
        let options = types.into_iter().map(|kind| SelectOption::new(kind.clone(), words::kind(&kind))).collect();
        view! { <SelectField label=t!(keys::registries::KIND_LABEL) name="kind" options=options selected=selected /> }
            .into_any()
    };
    let addresses = providers.into_values().filter_map(|provider| provider.endpoint_pattern);
    let addresses = addresses.flat_map(|pattern| pattern.endpoints).map(|endpoint| {
        view! { <option value=endpoint.value>{endpoint.key}</option> }
    });
    let addresses = addresses.collect_view();
    let id = (registry.id != 0).then(|| view! { <input type="hidden" name="id" value=registry.id.to_string() /> });
    let found = latest(action);
    view! {
        <div class="split">
            <Card title=t!(keys::registries::CONNECTION)>
                <CardBody>
                    <PostForm action=action attr:class="form" attr:novalidate="">
                        <FormErrors answer=answer names=field_names(&[("name", keys::registries::NAME), ("url", keys::registries::URL)]) />
                        {id}
                        {kind}
                        <TextField
                            label=t!(keys::registries::NAME)
                            name="name"
                            value=value_of(answer, "name", &registry.name)
                            hint=t!(keys::registries::NAME_HINT)
                            error=fault_of(answer, "name")
                            autocomplete="off"
                            maxlength=64
                            required=true
                        />
                        <TextField
                            label=t!(keys::registries::URL)
                            name="url"
                            kind="url"
                            value=value_of(answer, "url", &registry.url)
                            hint=t!(keys::registries::URL_HINT)
                            error=fault_of(answer, "url")
                            placeholder="https://registry.example.com"
                            list=ADDRESSES
                            autocomplete="off"
                            raw=true
                        />
                        <datalist id=ADDRESSES>{addresses}</datalist>
                        <TextField
                            label=t!(keys::registries::ACCESS_KEY)
                            name="access_key"
                            value=value_of(answer, "access_key", &credential.access_key)
                            hint=t!(keys::registries::ACCESS_KEY_HINT)
                            autocomplete="off"
                            raw=true
                            optional=true
                        />
                        {secret_field(answer, "access_secret", has_secret)}
                        <TextArea
                            label=t!(keys::registries::CERTIFICATE)
                            name="ca_certificate"
                            value=certificate
                            hint=t!(keys::registries::CERTIFICATE_HINT)
                            optional=true
                            rows=3
                        />
                        {insecure_tick(answer, registry.insecure)}
                        {description_field(answer, &registry.description)}
                        // The buttons are at the end of a long form, the steps beside its beginning.
                        <div role="status">{move || found.get().map(|check| verdict(&check))}</div>
                        {trial_buttons(action, LIST.to_owned())}
                    </PostForm>
                </CardBody>
            </Card>
            <div>
                {move || match found.get() {
                    Some(check) => view! { <CheckCard check=check /> }.into_any(),
                    None => {
                        view! {
                            <Card title=t!(keys::registries::check::TITLE)>
                                <CardBody>
                                    <p class="small muted">{t!(keys::registries::check::BEFORE)}</p>
                                </CardBody>
                            </Card>
                        }
                            .into_any()
                    }
                }}
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> RegistryForm {
        RegistryForm {
            kind: "harbor".into(),
            name: " hub ".into(),
            url: " https://hub.example ".into(),
            access_key: "robot".into(),
            access_secret: "s3cret".into(),
            ..RegistryForm::default()
        }
    }

    #[test]
    fn what_is_filled_in_comes_back_without_the_secret() {
        let answer = form().answer();
        assert_eq!(answer.value("url"), Some("https://hub.example"));
        assert!(answer.values.iter().all(|(_, value)| !value.contains("s3cret")));
    }

    #[test]
    fn a_stored_secret_stays_until_another_is_given_or_nobody_signs_in() {
        let keeps = RegistryForm { access_secret: String::new(), ..form() };
        assert_eq!(keeps.update("robot").access_secret, None);
        assert_eq!(keeps.update("robot").credential_type, None);
        assert_eq!(form().update("robot").access_secret.as_deref(), Some("s3cret"));
        let forgets = RegistryForm { access_key: String::new(), access_secret: String::new(), ..form() };
        assert_eq!(forgets.update("robot").access_secret.as_deref(), Some(""));
        assert_eq!(forgets.update("robot").credential_type.as_deref(), Some(""));
        assert_eq!(forgets.ping(Some(5), "robot").access_secret.as_deref(), Some(""));
    }

    #[test]
    fn a_test_needs_an_address_and_no_name() {
        let unnamed = RegistryForm { name: String::new(), ..form() };
        assert!(unnamed.checked(true).is_ok());
        assert_eq!(unnamed.checked(false).unwrap_err().faults[0].0, "name");
        let nowhere = RegistryForm { url: "  ".into(), ..form() };
        assert_eq!(nowhere.checked(true).unwrap_err().fault("url"), Some(&Fault::Required));
        assert_eq!(form().registry().name, "hub");
        assert_eq!(form().ping(None, "").kind.as_deref(), Some("harbor"));
    }
}
