//! Registering and changing a scanner.

use super::metadata::Metadata;
use super::{LIST, crumbs, default_badge, id_of_page};
#[cfg(feature = "ssr")]
use crate::client::Client;
use crate::client::use_client;
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
    Tried, description_field, enabled_tick, insecure_tick, is_ticked, ticked, trial_buttons,
};
#[cfg(feature = "ssr")]
use crate::pages::admin::outside::{conclude_trial, refused};
use crate::pages::loaded;
use crate::t;
use crate::ui::{Card, CardBody, Check, PageHead, SelectField, SelectOption, TextField};
use berth_types::Timestamp;
use berth_types::api::ScannerRegistration;
#[cfg(any(feature = "ssr", test))]
use berth_types::api::{ScannerRegistrationReq, ScannerRegistrationSettings};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the form posts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ScannerForm {
    /// `test`, or anything else to keep it.
    intent: String,
    /// Empty for a new one.
    id: String,
    name: String,
    description: String,
    url: String,
    /// Empty, `Basic`, `Bearer` or `APIKey`.
    auth: String,
    credential: String,
    #[serde(deserialize_with = "ticked")]
    insecure: bool,
    #[serde(deserialize_with = "ticked")]
    internal: bool,
    #[serde(deserialize_with = "ticked")]
    enabled: bool,
}

#[cfg(any(feature = "ssr", test))]
impl ScannerForm {
    /// An answer that remembers what was filled in, except for the credential.
    fn answer(&self) -> FormError {
        FormError::keeping(&[
            ("name", self.name.trim()),
            ("description", self.description.trim()),
            ("url", self.url.trim()),
            ("auth", &self.auth),
            ("insecure", flag(self.insecure)),
            ("internal", flag(self.internal)),
            ("enabled", flag(self.enabled)),
        ])
    }

    /// What is missing. A stored credential is enough.
    fn checked(&self, has_credential: bool) -> Result<(), FormError> {
        let mut answer = self.answer();
        let required = |is_missing: bool| is_missing.then_some(Fault::Required);
        answer.check("name", required(self.name.trim().is_empty()));
        answer.check("url", required(self.url.trim().is_empty()));
        let needs = !self.auth.is_empty() && self.credential.is_empty() && !has_credential;
        answer.check("credential", required(needs));
        answer.pass()
    }

    fn request(&self) -> ScannerRegistrationReq {
        ScannerRegistrationReq {
            name: Some(self.name.trim().to_owned()),
            description: self.description.trim().to_owned(),
            url: Some(self.url.trim().to_owned()),
            auth: self.auth.clone(),
            access_credential: self.credential.clone(),
            skip_cert_verify: self.insecure,
            use_internal_addr: self.internal,
            disabled: !self.enabled,
        }
    }

    fn settings(&self) -> ScannerRegistrationSettings {
        ScannerRegistrationSettings {
            name: Some(self.name.trim().to_owned()),
            url: Some(self.url.trim().to_owned()),
            auth: self.auth.clone(),
            access_credential: self.credential.clone(),
        }
    }
}

/// Tries a scanner, or keeps it.
#[server(prefix = "/_portal", endpoint = "scanner")]
pub(crate) async fn post_scanner(#[server(flatten)] form: ScannerForm) -> Result<bool, FormError> {
    let client = use_client();
    conclude_trial(run(&client, &form).await, form.answer(), LIST, &form.name)
}

/// Nothing where it was only tried.
#[cfg(feature = "ssr")]
async fn run(client: &Client, form: &ScannerForm) -> Result<Option<Notice>, FormError> {
    let refuse = |refusal| refused(form.answer(), &form.name, refusal);
    let is_new = form.id.is_empty();
    let stored = if is_new { None } else { Some(client.scanner(&form.id).await.map_err(refuse)?) };
    let is_same = |stored: &ScannerRegistration| stored.auth == form.auth && stored.url == form.url.trim();
    let keeps = stored.as_ref().is_some_and(is_same);
    form.checked(keeps)?;
    if form.intent == "test" {
        if keeps && form.credential.is_empty() {
            // Nobody but the server knows the credential: what is stored is asked.
            client.scanner_metadata(&form.id).await.map(drop).map_err(refuse)?;
        } else {
            client.ping_scanner(&form.settings()).await.map_err(refuse)?;
        }
        return Ok(None);
    }
    if is_new {
        client.create_scanner(&form.request()).await.map_err(refuse)?;
        return Ok(Some(Notice::OutsideCreated));
    }
    client.update_scanner(&form.id, &form.request()).await.map_err(refuse)?;
    Ok(Some(Notice::OutsideSaved))
}

/// The page to register a scanner.
#[component]
pub fn NewScanner() -> impl IntoView {
    let title = t!(keys::scanners::NEW_TITLE);
    let action = FormAction::of::<PostScanner>();
    let blank = ScannerRegistration {
        uuid: String::new(),
        name: String::new(),
        description: String::new(),
        url: String::new(),
        disabled: false,
        is_default: false,
        auth: String::new(),
        access_credential: String::new(),
        skip_cert_verify: false,
        use_internal_addr: false,
        create_time: Timestamp::NEVER,
        update_time: Timestamp::NEVER,
        adapter: None,
        vendor: None,
        version: None,
        health: None,
        capabilities: None,
    };
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            <PageHead title=|| t!(keys::scanners::NEW_TITLE) sub=t!(keys::scanners::NEW_SUB) />
            <ScannerFields scanner=blank action=action />
        </AdminFrame>
    }
}

/// The page to change a scanner, with what it says of itself.
#[component]
pub fn EditScanner() -> impl IntoView {
    let title = t!(keys::scanners::EDIT_SHORT);
    let action = FormAction::of::<PostScanner>();
    let (client, id) = (use_client(), id_of_page());
    let scanner = Resource::new(
        move || id.clone(),
        move |id| {
            let client = client.clone();
            async move {
                let scanner = client.scanner(&id).await?;
                let said = client.scanner_metadata(&id).await.map_err(|refusal| refusal.message);
                Ok((scanner, said))
            }
        },
    );
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            {loaded(
                scanner,
                move |(scanner, said)| {
                    let name = scanner.name.clone();
                    let is_default = scanner.is_default;
                    let meta = move || is_default.then(default_badge);
                    view! {
                        <PageHead title=move || name meta=meta />
                        <ScannerFields scanner=scanner action=action />
                        <Metadata said=said />
                    }
                },
            )}
        </AdminFrame>
    }
}

#[component]
fn ScannerFields(scanner: ScannerRegistration, action: FormAction) -> impl IntoView {
    let answer = answer_of(action);
    let is_new = scanner.uuid.is_empty();
    let id = (!is_new).then(|| view! { <input type="hidden" name="id" value=scanner.uuid.clone() /> });
    let kinds = [
        ("", t!(keys::scanners::auth::NONE)),
        ("Basic", t!(keys::scanners::auth::BASIC)),
        ("Bearer", t!(keys::scanners::auth::BEARER)),
        ("APIKey", t!(keys::scanners::auth::API_KEY)),
    ]
    .map(|(word, label)| SelectOption::new(word, label));
    let secret_hint = if is_new || scanner.auth.is_empty() {
        t!(keys::scanners::CREDENTIAL_HINT)
    } else {
        t!(keys::registries::SECRET_KEPT)
    };
    view! {
        <Card title=t!(keys::registries::CONNECTION)>
            <CardBody>
                <PostForm action=action attr:class="form" attr:novalidate="">
                    <FormErrors answer=answer names=field_names(&[("name", keys::scanners::NAME), ("url", keys::scanners::URL), ("credential", keys::scanners::CREDENTIAL)]) />
                    {id}
                    <TextField
                        label=t!(keys::scanners::NAME)
                        name="name"
                        value=value_of(answer, "name", &scanner.name)
                        error=fault_of(answer, "name")
                        autocomplete="off"
                        maxlength=128
                        required=true
                    />
                    <TextField
                        label=t!(keys::scanners::URL)
                        name="url"
                        kind="url"
                        value=value_of(answer, "url", &scanner.url)
                        hint=t!(keys::scanners::URL_HINT)
                        error=fault_of(answer, "url")
                        placeholder="http://trivy-adapter:8080"
                        maxlength=256
                        raw=true
                        required=true
                    />
                    <SelectField
                        label=t!(keys::scanners::auth::LABEL)
                        name="auth"
                        options=kinds.to_vec()
                        selected=value_of(answer, "auth", &scanner.auth)
                    />
                    <TextField
                        label=t!(keys::scanners::CREDENTIAL)
                        name="credential"
                        kind="password"
                        hint=secret_hint
                        error=fault_of(answer, "credential")
                        autocomplete="new-password"
                        maxlength=512
                        optional=true
                    />
                    {description_field(answer, &scanner.description)}
                    {enabled_tick(answer, !scanner.disabled)}
                    <Check
                        name="internal"
                        checked=is_ticked(answer, "internal", scanner.use_internal_addr)
                        label=t!(keys::scanners::INTERNAL)
                        hint=t!(keys::scanners::INTERNAL_HINT)
                    />
                    {insecure_tick(answer, scanner.skip_cert_verify)}
                    <Tried action=action />
                    {trial_buttons(action, LIST.to_owned())}
                </PostForm>
            </CardBody>
        </Card>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_needed_where_there_is_none() {
        let form = ScannerForm {
            name: "trivy".into(),
            url: "http://trivy:8080".into(),
            auth: "Bearer".into(),
            ..ScannerForm::default()
        };
        assert_eq!(form.checked(false).unwrap_err().faults, [("credential".to_owned(), Fault::Required)]);
        assert!(form.checked(true).is_ok());
        let open = ScannerForm { auth: String::new(), ..form.clone() };
        assert!(open.checked(false).is_ok());
        assert_eq!(ScannerForm { name: " ".into(), ..open }.checked(true).unwrap_err().faults.len(), 1);
        let secret = ScannerForm { credential: "s3cret".into(), ..form };
        assert!(secret.answer().values.iter().all(|(_, value)| value != "s3cret"));
        assert!(secret.request().disabled, "a tick that is not posted is none");
    }
}
