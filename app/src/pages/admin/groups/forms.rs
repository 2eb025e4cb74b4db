//! Making, renaming and deleting a group, and where it belongs to.

use super::{LIST, crumbs, kind};
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client};
#[cfg(feature = "ssr")]
use crate::form::Fault;
use crate::form::{FormAction, FormError, FormErrors, PostForm, Posted, answer_of, fault_of, field_names, value_of};
use crate::format::natural;
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::admin::AdminFrame;
use crate::pages::admin::memberships::{BY_PROJECT, Memberships, memberships_table};
use crate::pages::admin::outside::{DeleteQuestion, Target, Thing};
use crate::pages::{NotFound, loaded};
use crate::query::{ListState, use_list_state};
use crate::ui::{
    Badge, Button, Card, CardBody, Glyph, LinkButton, Look, PageHead, SelectField, SelectOption, TextField,
};
use crate::{t, tn};
use berth_types::api::{Membership, UserGroup};
use berth_types::page::Paged;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// Makes a group, or gives the one whose id is given another name.
#[server(prefix = "/_portal", endpoint = "group")]
pub(crate) async fn post_group(#[server(default)] id: i64, name: String, #[server(default)] kind: i64) -> Posted {
    let client = use_client();
    let name = name.trim();
    let posted = save(&client, id, name, kind).await;
    let notice = if id == 0 { Notice::OutsideCreated } else { Notice::OutsideSaved };
    crate::form::conclude(posted, &notice.on(LIST, name))
}

#[cfg(feature = "ssr")]
async fn save(client: &Client, id: i64, name: &str, kind: i64) -> Posted {
    let kind_text = kind.to_string();
    let mut answer = FormError::keeping(&[("name", name), ("kind", &kind_text)]);
    answer.check("name", name.is_empty().then_some(Fault::Required));
    answer.pass()?;
    let saved = if id == 0 {
        let group = UserGroup { group_name: name.to_owned(), group_type: kind, ..UserGroup::default() };
        client.create_group(&group).await.map(drop)
    } else {
        client.rename_group(id, name).await
    };
    saved.map_err(|refusal: ApiError| match refusal.status {
        409 => answer.with("name", Fault::NameTaken(name.to_owned())),
        _ => answer.refused(refusal),
    })
}

/// The page to make a group.
#[component]
pub fn NewGroup() -> impl IntoView {
    let action = FormAction::of::<PostGroup>();
    let answer = answer_of(action);
    let title = t!(keys::groups::NEW_TITLE);
    let kinds = [(2, "HTTP"), (3, "OIDC")].map(|(number, name)| SelectOption::new(number.to_string(), name));
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            <PageHead title=|| t!(keys::groups::NEW_TITLE) sub=t!(keys::groups::NEW_SUB) />
            <Card label=t!(keys::groups::NEW_TITLE)>
                <CardBody>
                    <PostForm action=action attr:class="form" attr:novalidate="">
                        <FormErrors answer=answer names=field_names(&[("name", keys::groups::NAME)]) />
                        <NameField answer=answer name=String::new() />
                        <SelectField
                            label=t!(keys::groups::KIND)
                            name="kind"
                            options=kinds.to_vec()
                            selected=value_of(answer, "kind", "2")
                            hint=t!(keys::groups::KIND_HINT)
                        />
                        <Buttons action=action submit=t!(keys::groups::CREATE) />
                    </PostForm>
                </CardBody>
            </Card>
        </AdminFrame>
    }
}

#[component]
fn NameField(answer: Signal<Option<FormError>>, name: String) -> impl IntoView {
    view! {
        <TextField
            label=t!(keys::groups::NAME)
            name="name"
            value=value_of(answer, "name", &name)
            hint=t!(keys::groups::NAME_HINT)
            error=fault_of(answer, "name")
            autocomplete="off"
            maxlength=255
            required=true
        />
    }
}

#[component]
fn Buttons(action: FormAction, submit: String) -> impl IntoView {
    view! {
        <div class="row">
            <Button look=Look::Primary submit=true busy=action.pending()>
                {submit}
            </Button>
            <LinkButton href=LIST>{t!(keys::common::CANCEL)}</LinkButton>
        </div>
    }
}

/// The group that the address names.
fn id_of_page() -> Option<i64> {
    use_params_map().with_untracked(|params| params.get_str("id").and_then(|id| id.parse().ok()))
}

type Found = (ListState, UserGroup, Paged<Membership>);

/// A group and a page of its memberships, by the filter that the state of the list makes.
fn group_of_page(id: i64, filter: fn(&ListState) -> String) -> Resource<crate::client::ApiResult<Found>> {
    let client = use_client();
    let state = use_list_state(BY_PROJECT);
    Resource::new(
        move || state.get(),
        move |state| {
            let client = client.clone();
            async move {
                let group = client.group(id).await?;
                let memberships = client.group_memberships(id, &state.params(filter(&state))).await?;
                Ok((state, group, memberships))
            }
        },
    )
}

/// The page of a group: its name, and the projects that it belongs to.
#[component]
pub fn EditGroup() -> impl IntoView {
    let Some(id) = id_of_page() else { return view! { <NotFound /> }.into_any() };
    let action = FormAction::of::<PostGroup>();
    let title = t!(keys::groups::EDIT_SHORT);
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            {loaded(
                group_of_page(id, |state| state.fuzzy(BY_PROJECT)),
                move |(state, group, memberships)| {
                    view! { <GroupPage id=id state=state group=group memberships=memberships action=action /> }
                },
            )}
        </AdminFrame>
    }
    .into_any()
}

#[component]
fn GroupPage(
    id: i64,
    state: ListState,
    group: UserGroup,
    memberships: Paged<Membership>,
    action: FormAction,
) -> impl IntoView {
    let answer = answer_of(action);
    let heading = group.group_name.clone();
    let kind = kind(group.group_type);
    let badge = move || view! { <Badge>{kind}</Badge> };
    let delete = Target::of(Thing::Group, id, &group.group_name).delete();
    let actions = move || {
        view! {
            <LinkButton href=delete look=Look::Danger icon=Glyph::Trash>
                {t!(keys::common::MENU_DELETE)}
            </LinkButton>
        }
    };
    view! {
        <PageHead title=move || heading meta=badge actions=actions />
        <Card title=t!(keys::groups::RENAME)>
            <CardBody>
                <PostForm action=action attr:class="form" attr:novalidate="">
                    <FormErrors answer=answer />
                    <input type="hidden" name="id" value=id.to_string() />
                    <NameField answer=answer name=group.group_name />
                    <Buttons action=action submit=t!(keys::common::SAVE) />
                </PostForm>
            </CardBody>
        </Card>
        <Memberships state=state memberships=memberships hint=t!(keys::groups::NO_PROJECTS_TEXT) />
    }
}

/// The question whether to delete a group.
#[component]
pub fn DeleteGroup() -> impl IntoView {
    let Some(id) = id_of_page() else { return view! { <NotFound /> }.into_any() };
    let title = t!(keys::groups::DELETE_SUBMIT);
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            {loaded(
                // All of it goes, whatever was searched for.
                group_of_page(id, |_| String::new()),
                move |(_, group, memberships)| {
                    view! { <Question id=id group=group memberships=memberships /> }
                },
            )}
        </AdminFrame>
    }
    .into_any()
}

#[component]
fn Question(id: i64, group: UserGroup, memberships: Paged<Membership>) -> impl IntoView {
    let total = natural(memberships.total);
    let effect = match total {
        0 => t!(keys::groups::DELETE_UNUSED),
        total => tn!(keys::groups::DELETE_USED, total),
    };
    let shown = memberships.items.len() as u64;
    let more = (shown < total).then(|| view! { <p class="small muted">{tn!(keys::groups::MORE, total - shown)}</p> });
    let table = (total > 0).then(|| {
        let table = memberships_table(memberships.items, None);
        view! { <Card title=t!(keys::groups::PROJECTS)>{table}</Card> }
    });
    view! {
        <DeleteQuestion
            target=Target::of(Thing::Group, id, &group.group_name)
            heading=t!(keys::groups::DELETE_TITLE, name = group.group_name)
            effect=effect
            submit=t!(keys::groups::DELETE_SUBMIT)
        >
            {table}
            {more}
        </DeleteQuestion>
    }
}
