//! The form to make a project.

#[cfg(feature = "ssr")]
use crate::client::{Client, use_client};
#[cfg(any(feature = "ssr", test))]
use crate::form::Fault;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of, fault_of, value_of};
#[cfg(feature = "ssr")]
use crate::form::{FormError, project_name_fault};
use crate::frame::Frame;
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::project::access::AccessChoice;
use crate::session::{Guard, Need, use_session};
use crate::t;
use crate::ui::{
    Button, Callout, Card, CardBody, Crumb, Dialog, DialogBody, DialogFoot, DialogHead, DialogWidth, LinkButton, Look,
    PageHead, SelectOption, SmallSelect, TextField, Tone, field_id,
};
#[cfg(feature = "ssr")]
use berth_types::api::ProjectReq;
use leptos::prelude::*;
use leptos_meta::Title;
#[cfg(feature = "ssr")]
use std::collections::BTreeMap;

/// Makes a project and leads to it.
#[server(prefix = "/_portal", endpoint = "new-project")]
pub(crate) async fn post_new_project(
    name: String,
    #[server(default)] public: bool,
    #[server(default)] quota: String,
    #[server(default)] unit: String,
) -> Posted {
    let client = use_client();
    let name = name.trim();
    let posted = create(&client, name, public, &quota, &unit).await;
    crate::form::conclude(posted, &Notice::ProjectCreated.on(&format!("/projects/{name}"), name))
}

#[cfg(feature = "ssr")]
async fn create(client: &Client, name: &str, public: bool, quota: &str, unit: &str) -> Posted {
    let kept = [("name", name), ("public", if public { "true" } else { "" }), ("quota", quota), ("unit", unit)];
    let mut answer = FormError::keeping(&kept);
    answer.check("name", project_name_fault(name));
    let storage_limit = match quota_bytes(quota, unit) {
        Ok(limit) => limit,
        Err(fault) => {
            answer.check("quota", Some(fault));
            None
        }
    };
    answer.pass()?;
    let metadata = BTreeMap::from([("public".to_owned(), public.to_string())]);
    let new =
        ProjectReq { project_name: name.to_owned(), metadata: Some(metadata), storage_limit, ..ProjectReq::default() };
    match client.create_project(&new).await {
        Ok(_) => Ok(()),
        Err(refusal) if refusal.status == 409 => Err(answer.with("name", Fault::ProjectTaken(name.to_owned()))),
        Err(refusal) => Err(answer.refused(refusal)),
    }
}

/// Units of a quota as they are posted, and the bytes of one.
const UNITS: [(&str, i64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("TiB", 1 << 40)];

/// The bytes of a quota; nothing where none was filled in.
#[cfg(any(feature = "ssr", test))]
fn quota_bytes(quota: &str, unit: &str) -> Result<Option<i64>, Fault> {
    let quota = quota.trim();
    if quota.is_empty() {
        return Ok(None);
    }
    let unit = UNITS.iter().find(|(name, _)| *name == unit).map_or(UNITS[0].1, |(_, bytes)| *bytes);
    let number = quota.parse::<i64>().ok().filter(|number| *number > 0);
    number.and_then(|number| number.checked_mul(unit)).map(Some).ok_or(Fault::Quota)
}

/// The id of the dialog with the form.
pub(super) const DIALOG: &str = "new-project";

/// The form in a dialog.
#[component]
pub(super) fn NewProjectDialog(action: FormAction) -> impl IntoView {
    view! {
        <Dialog id=DIALOG width=DialogWidth::Form>
            <PostForm action=action attr:novalidate="">
                <DialogHead id=DIALOG title=t!(keys::project_new::TITLE) text=t!(keys::project_new::SUB) />
                <DialogBody>
                    <Fields action=action />
                </DialogBody>
                <DialogFoot id=DIALOG>
                    <Button look=Look::Primary submit=true busy=action.pending()>
                        {t!(keys::project_new::SUBMIT)}
                    </Button>
                </DialogFoot>
            </PostForm>
        </Dialog>
    }
}

/// The page with the form.
#[component]
pub fn NewProject() -> impl IntoView {
    let action = FormAction::of::<PostNewProject>();
    let may_create = use_session().with_untracked(|session| session.can_create_projects());
    let title = t!(keys::project_new::TITLE);
    let crumbs = vec![Crumb::link(t!(keys::projects::TITLE), "/projects"), Crumb::here(title.clone())];
    let content = move || {
        if !may_create {
            return view! {
                <Callout
                    tone=Tone::Info
                    title=t!(keys::project_new::NOT_ALLOWED)
                    text=t!(keys::project_new::NOT_ALLOWED_TEXT)
                />
            }
            .into_any();
        }
        view! {
            <Card label=t!(keys::project_new::TITLE)>
                <CardBody>
                    <PostForm action=action attr:class="form" attr:novalidate="">
                        <Fields action=action />
                        <div class="row">
                            <Button look=Look::Primary submit=true busy=action.pending()>
                                {t!(keys::project_new::SUBMIT)}
                            </Button>
                            <LinkButton href="/projects">{t!(keys::common::CANCEL)}</LinkButton>
                        </div>
                    </PostForm>
                </CardBody>
            </Card>
        }
        .into_any()
    };
    view! {
        <Guard need=Need::SignedIn>
            <Title text=title.clone() />
            <Frame crumbs=crumbs>
                <PageHead title=move || title sub=t!(keys::project_new::SUB) />
                {content()}
            </Frame>
        </Guard>
    }
}

#[component]
fn Fields(action: FormAction) -> impl IntoView {
    let answer = answer_of(action);
    let (host, admin) = use_session().with_untracked(|session| (session.registry().to_owned(), session.is_admin()));
    let rules = t!(keys::validation::PROJECT_NAME);
    let hint = t!(keys::project_new::NAME_HINT, host = host, example = "my-project");
    view! {
        <FormErrors answer=answer />
        <TextField
            label=t!(keys::project_new::NAME)
            name="name"
            value=value_of(answer, "name", "")
            hint=format!("{rules} {hint}")
            error=fault_of(answer, "name")
            raw=true
            autocomplete="off"
            maxlength=255
            required=true
            autofocus=true
        />
        <AccessChoice public=!value_of(answer, "public", "").is_empty() />
        {admin.then(|| view! { <QuotaField action=action /> })}
    }
}

/// The limit of the storage, which only administrators choose.
#[component]
fn QuotaField(action: FormAction) -> impl IntoView {
    let answer = answer_of(action);
    let fault = fault_of(answer, "quota");
    let id = field_id("quota");
    let (hint_id, error_id) = (format!("{id}-h"), format!("{id}-e"));
    let described = {
        let (hint_id, error_id) = (hint_id.clone(), error_id.clone());
        move || if fault.get().is_some() { format!("{hint_id} {error_id}") } else { hint_id.clone() }
    };
    let units = UNITS.iter().map(|(name, _)| SelectOption::new(*name, *name)).collect();
    view! {
        <div class="field">
            <label for=id.clone()>
                {t!(keys::project_new::QUOTA)} " " <span class="opt">{t!(keys::form::OPTIONAL)}</span>
            </label>
            <div class="input-group">
                <input
                    class="input"
                    id=id
                    name="quota"
                    inputmode="numeric"
                    autocomplete="off"
                    value=value_of(answer, "quota", "")
                    aria-describedby=described
                    aria-invalid=move || fault.get().map(|_| "true")
                />
                <SmallSelect
                    label=t!(keys::project_new::UNIT)
                    name="unit"
                    options=units
                    selected=value_of(answer, "unit", UNITS[0].0)
                />
            </div>
            <p class="hint" id=hint_id>
                {t!(keys::project_new::QUOTA_HINT)}
            </p>
            {move || {
                let id = error_id.clone();
                fault.get().map(|text| view! { <p class="error" id=id>{text}</p> })
            }}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_whole_numbers_of_a_unit() {
        assert_eq!(quota_bytes(" ", "GiB"), Ok(None));
        assert_eq!(quota_bytes("50", "GiB"), Ok(Some(50 << 30)));
        assert_eq!(quota_bytes("2", "TiB"), Ok(Some(2 << 40)));
        for bad in ["0", "-1", "1.5", "many", "99999999999999999999", "9999999999"] {
            assert_eq!(quota_bytes(bad, "TiB"), Err(Fault::Quota), "{bad}");
        }
    }
}
