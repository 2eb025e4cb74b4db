//! Tags of a project that stay as they are: the rules, and what each of them protects.

mod draft;
mod forms;

pub(crate) use forms::{DeleteImmutable, EditImmutable, NewImmutable};

use super::{InProject, NotAllowed, ProjectPart};
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::format::natural;
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::ui::{
    ActionCell, ActionColumn, Cell, Column, Empty, FilterCount, Filters, Glyph, LinkButton, Look, MenuButton, MenuLink,
    MenuSeparator, PageHead, Row, RowHead, RowMenu, State, Status, Table, TableBox,
};
use crate::{t, tn};
use berth_types::api::{ImmutableCoverage, ImmutableRule};
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;

/// Lets a rule rest, or ends its rest.
#[server(prefix = "/_portal", endpoint = "switch-immutable")]
pub(crate) async fn post_switch_immutable(project: String, id: i64, #[server(default)] off: bool) -> Posted {
    let client = use_client();
    let posted = switch(&client, &project, id, off).await;
    let posted = posted.map_err(|refusal| FormError::default().refused(refusal));
    let notice = if off { Notice::ImmutableDisabled } else { Notice::ImmutableEnabled };
    crate::form::conclude(posted, &notice.on(&format!("/projects/{project}/-/immutability"), ""))
}

#[cfg(feature = "ssr")]
async fn switch(client: &Client, project: &str, id: i64, off: bool) -> Result<(), ApiError> {
    let project = project.parse().map_err(|_| ApiError::not_found())?;
    let rule = rule_of(client, &project, id).await?;
    client.update_immutable(&project, &ImmutableRule { disabled: off, ..rule }).await
}

/// One rule. The API lists them only.
async fn rule_of(
    client: &crate::client::Client,
    project: &berth_types::ProjectName,
    id: i64,
) -> crate::client::ApiResult<ImmutableRule> {
    let rules = client.immutable_rules(project).await?;
    rules.items.into_iter().find(|rule| rule.id == id).ok_or_else(crate::client::ApiError::not_found)
}

/// The page of the rules.
#[component]
pub(crate) fn Immutability(within: InProject) -> impl IntoView {
    let switch = FormAction::of::<PostSwitchImmutable>();
    if !within.rights.may(Of::ImmutableTag, Action::List) {
        return view! { <NotAllowed needs=(Of::ImmutableTag, Action::List) /> }.into_any();
    }
    let (client, name) = (use_client(), within.name.clone());
    let rules = Resource::new(
        move || switch.version().get(),
        move |_| {
            let (client, name) = (client.clone(), name.clone());
            async move {
                let rules = client.immutable_rules(&name).await?;
                let coverage =
                    if rules.items.is_empty() { Vec::new() } else { client.immutable_coverage(&name).await? };
                Ok((rules.items, coverage))
            }
        },
    );
    let may_create = within.rights.may(Of::ImmutableTag, Action::Create);
    let new = {
        let href = ProjectPart::NewImmutable.of(&within.name);
        move || {
            let href = href.clone();
            may_create.then(|| view! { <NewLink href=href /> })
        }
    };
    let head = new.clone();
    view! {
        <PageHead title=|| t!(keys::immutability::TITLE) sub=t!(keys::immutability::SUB) actions=head />
        <FormErrors answer=answer_of(switch) />
        {loaded(
            rules,
            move |(rules, coverage)| {
                if rules.is_empty() {
                    let new = new.clone();
                    return view! {
                        <Empty
                            icon=Glyph::Lock
                            title=t!(keys::immutability::EMPTY)
                            text=t!(keys::immutability::EMPTY_TEXT)
                        >
                            {new()}
                        </Empty>
                    }
                        .into_any();
                }
                view! { <RuleTable within=within.clone() rules=rules coverage=coverage switch=switch /> }.into_any()
            },
        )}
    }
    .into_any()
}

#[component]
fn NewLink(href: String) -> impl IntoView {
    view! {
        <LinkButton href=href look=Look::Primary icon=Glyph::Plus>
            {t!(keys::immutability::NEW)}
        </LinkButton>
    }
}

#[component]
fn RuleTable(
    within: InProject,
    rules: Vec<ImmutableRule>,
    coverage: Vec<ImmutableCoverage>,
    switch: FormAction,
) -> impl IntoView {
    let may_update = within.rights.may(Of::ImmutableTag, Action::Update);
    let may_delete = within.rights.may(Of::ImmutableTag, Action::Delete);
    let count = tn!(keys::immutability::COUNT, rules.len() as u64);
    let head = move || {
        view! {
            <Column label=t!(keys::immutability::RULE) />
            <Column label=t!(keys::immutability::PROTECTS) />
            <Column label=t!(keys::immutability::STATE) />
            {(may_update || may_delete).then(|| view! { <ActionColumn /> })}
        }
    };
    let rows = rules.into_iter().map(|rule| {
        let text = draft::text(&rule);
        let covered = coverage.iter().find(|covered| covered.rule_id == rule.id).cloned().unwrap_or_default();
        let name = if may_update {
            let href = ProjectPart::EditImmutable(rule.id).of(&within.name);
            view! { <a href=href>{text.clone()}</a> }.into_any()
        } else {
            text.clone().into_any()
        };
        let state = if rule.disabled {
            view! { <Status state=State::Wait>{t!(keys::retention::RESTS)}</Status> }.into_any()
        } else {
            view! { <Status state=State::Ok>{t!(keys::immutability::ACTIVE)}</Status> }.into_any()
        };
        let place = within.clone();
        let menu = (may_update || may_delete).then(|| {
            view! {
                <ActionCell>
                    <RuleMenu
                        within=place
                        id=rule.id
                        rests=rule.disabled
                        text=text
                        may_update=may_update
                        may_delete=may_delete
                        switch=switch
                    />
                </ActionCell>
            }
        });
        view! {
            <Row>
                <RowHead>{name}</RowHead>
                <Cell label=t!(keys::immutability::PROTECTS)>{covers(&covered)}</Cell>
                <Cell label=t!(keys::immutability::STATE)>{state}</Cell>
                {menu}
            </Row>
        }
    });
    let rows = rows.collect_view();
    view! {
        <Filters>
            <FilterCount text=count />
        </Filters>
        <TableBox>
            <Table caption=t!(keys::immutability::TITLE) head=head>
                {rows}
            </Table>
        </TableBox>
    }
}

/// `14 tags in 3 repositories`.
fn covers(covered: &ImmutableCoverage) -> String {
    t!(
        keys::immutability::COVERS,
        tags = tn!(keys::count::TAGS, natural(covered.tags)),
        repositories = tn!(keys::count::REPOSITORIES, natural(covered.repositories))
    )
}

#[component]
fn RuleMenu(
    within: InProject,
    id: i64,
    rests: bool,
    text: String,
    may_update: bool,
    may_delete: bool,
    switch: FormAction,
) -> impl IntoView {
    let (edit, project) = (ProjectPart::EditImmutable(id).of(&within.name), within.project.name.clone());
    let change = may_update.then(move || {
        let (icon, text, off) = if rests {
            (Glyph::Play, t!(keys::retention::WAKE), "false")
        } else {
            (Glyph::Pause, t!(keys::retention::REST), "true")
        };
        view! {
            <MenuLink
                href=edit
                icon=Glyph::Edit
                text=t!(keys::common::EDIT)
            />
            <PostForm action=switch>
                <input type="hidden" name="project" value=project />
                <input type="hidden" name="id" value=id.to_string() />
                <input type="hidden" name="off" value=off />
                <MenuButton icon=icon submit=true text=text />
            </PostForm>
        }
    });
    let delete = may_delete.then(|| {
        let href = ProjectPart::DeleteImmutable(id).of(&within.name);
        view! {
            <MenuSeparator />
            <MenuLink href=href icon=Glyph::Trash danger=true text=t!(keys::common::MENU_DELETE) />
        }
    });
    view! { <RowMenu label=t!(keys::common::ACTIONS_FOR, name = text)>{change} {delete}</RowMenu> }
}
