//! The scanner of a project, and the vulnerabilities that its policies overlook.

mod allowlist;

pub(super) use allowlist::Allowlist;

use super::{AskFor, InProject, NotAllowed, ProjectPart};
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
use crate::client::{ListParams, use_client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::admin::{default_badge, finds};
use crate::pages::loaded;
use crate::t;
use crate::ui::{
    Button, Callout, Card, CardBody, Empty, Glyph, KeyValue, KeyValues, LinkButton, Look, PageHead, SelectField,
    SelectOption, State, Status, Tone,
};
use berth_types::api::ScannerRegistration;
use berth_types::policy::{Action, Resource as Of, Right};
use leptos::prelude::*;

/// Scanners that the form offers.
const CANDIDATES_MAX: u64 = 100;

/// Chooses the scanner of a project.
#[server(prefix = "/_portal", endpoint = "project-scanner")]
pub(crate) async fn post_project_scanner(project: String, scanner: String) -> Posted {
    let client = use_client();
    let (posted, name) = match choose(&client, &project, &scanner).await {
        Ok(name) => (Ok(()), name),
        Err(refusal) => (Err(FormError::default().refused(refusal)), String::new()),
    };
    let page = format!("/projects/{project}/-/scanner");
    crate::form::conclude(posted, &Notice::ScannerChosen.on(&page, &name))
}

/// The name of the one that was chosen.
#[cfg(feature = "ssr")]
async fn choose(client: &Client, project: &str, scanner: &str) -> Result<String, ApiError> {
    let project = project.parse().map_err(|_| ApiError::not_found())?;
    client.choose_scanner(&project, scanner).await?;
    Ok(client.project_scanner(&project).await?.map(|scanner| scanner.name).unwrap_or_default())
}

/// The page of the scanner.
#[component]
pub(super) fn Scanner(within: InProject) -> impl IntoView {
    if !within.rights.may(Of::Scanner, Action::Read) {
        return view! { <NotAllowed needs=(Of::Scanner, Action::Read) /> }.into_any();
    }
    let chooses = within.rights.may(Of::Scanner, Action::Create);
    let action = FormAction::of::<PostProjectScanner>();
    let (client, name) = (use_client(), within.name.clone());
    let scanner = Resource::new(
        move || action.version().get(),
        move |_| {
            let (client, name) = (client.clone(), name.clone());
            async move {
                let scanner = client.project_scanner(&name).await?;
                let params = ListParams { page: 1, page_size: CANDIDATES_MAX, ..ListParams::default() };
                let candidates =
                    if chooses { client.scanner_candidates(&name, &params).await?.items } else { Vec::new() };
                Ok((scanner, candidates))
            }
        },
    );
    let project = within.name.to_string();
    let allowlist = ProjectPart::Allowlist.of(&within.name);
    let changes = within.rights.may(Of::Project, Action::Update);
    let actions = move || {
        changes.then(|| {
            view! {
                <LinkButton href=allowlist icon=Glyph::ShieldOk>
                    {t!(keys::allowlist::TITLE)}
                </LinkButton>
            }
        })
    };
    view! {
        <PageHead title=|| t!(keys::scanners::PROJECT_TITLE) sub=t!(keys::scanners::PROJECT_SUB) actions=actions />
        <Callout tone=Tone::Info title=t!(keys::scanners::NO_RUNS) text=t!(keys::scanners::NO_RUNS_TEXT) />
        <FormErrors answer=answer_of(action) />
        {loaded(
            scanner,
            move |(scanner, candidates)| match scanner {
                None => none(&within),
                Some(scanner) => {
                    let chosen = scanner.uuid.clone();
                    let ask = (!chooses).then(|| {
                        let needs = Right::in_project(Of::Scanner, Action::Create);
                        view! { <div class="row g2"><AskFor within=within.clone() needs=needs /></div> }
                    });
                    let form = (candidates.len() > 1).then(|| choice(&project, &candidates, &chosen, action));
                    view! {
                        {facts(scanner)}
                        {form}
                        {ask}
                    }
                        .into_any()
                }
            },
        )}
    }
    .into_any()
}

fn none(within: &InProject) -> AnyView {
    let link = if within.rights.admin {
        view! {
            <LinkButton href="/admin/scanners" icon=Glyph::Shield>
                {t!(keys::scanners::TITLE)}
            </LinkButton>
        }
        .into_any()
    } else {
        let needs = Right::in_system(Of::Scanner, Action::Create);
        view! { <AskFor within=within.clone() needs=needs /> }.into_any()
    };
    view! {
        <Empty icon=Glyph::Shield title=t!(keys::scanners::PROJECT_NONE) text=t!(keys::scanners::PROJECT_NONE_TEXT)>
            {link}
        </Empty>
    }
    .into_any()
}

fn facts(scanner: ScannerRegistration) -> AnyView {
    let (state, health) = match scanner.health.as_deref() {
        Some("healthy") => (State::Ok, t!(keys::scanners::HEALTHY)),
        _ => (State::Bad, t!(keys::scanners::UNHEALTHY)),
    };
    let default = scanner.is_default.then(default_badge);
    let finds = finds(&scanner);
    let product = [scanner.adapter, scanner.version].into_iter().flatten().collect::<Vec<_>>().join(" ");
    view! {
        <Card title=scanner.name.clone()>
            <CardBody>
                <KeyValues>
                    <KeyValue label=t!(keys::outside::STATE)>
                        <Status state=state>{health}</Status>
                        " "
                        {default}
                    </KeyValue>
                    <KeyValue label=t!(keys::scanners::ADAPTER)>{product}</KeyValue>
                    <KeyValue label=t!(keys::scanners::finds::LABEL)>{finds}</KeyValue>
                    <KeyValue label=t!(keys::scanners::URL)>
                        <span class="mono">{scanner.url}</span>
                    </KeyValue>
                </KeyValues>
            </CardBody>
        </Card>
    }
    .into_any()
}

fn choice(project: &str, candidates: &[ScannerRegistration], chosen: &str, action: FormAction) -> AnyView {
    let option = |scanner: &ScannerRegistration| SelectOption::new(scanner.uuid.clone(), scanner.name.clone());
    let usable = candidates.iter().filter(|scanner| !scanner.disabled || scanner.uuid == chosen);
    let options: Vec<SelectOption> = usable.map(option).collect();
    let (project, chosen) = (project.to_owned(), chosen.to_owned());
    view! {
        <Card title=t!(keys::scanners::CHOOSE)>
            <CardBody>
                <PostForm action=action attr:class="form">
                    <input type="hidden" name="project" value=project />
                    <SelectField
                        label=t!(keys::scanners::CHOOSE_LABEL)
                        name="scanner"
                        options=options
                        selected=chosen
                    />
                    <div class="row">
                        <Button look=Look::Primary submit=true busy=action.pending()>
                            {t!(keys::common::SAVE)}
                        </Button>
                    </div>
                </PostForm>
            </CardBody>
        </Card>
    }
    .into_any()
}
