//! What Berth keeps of other systems: registries, rules of replication, groups, scanners, P2P networks. Their lists, switches
//! and deletions are the same for all.

mod form;
mod list;

#[cfg(feature = "ssr")]
pub(crate) use form::conclude_trial;
#[cfg(any(feature = "ssr", test))]
pub(crate) use form::flag;
pub(crate) use form::{
    Tried, description_field, enabled_tick, insecure_tick, is_ticked, secret_field, ticked, trial_buttons,
};
pub(crate) use list::{Doing, Listing, ON_OFF, Views, filter, new_button, of_on_off, on_off, row_menu, view_of};

#[cfg(feature = "ssr")]
use crate::client::{ApiError, ApiResult, Client, use_client};
#[cfg(feature = "ssr")]
use crate::form::{Fault, FormError};
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::t;
use crate::ui::{Button, Callout, Glyph, LinkButton, Look, PageHead, Tone};
use berth_types::url::encode;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A kind of thing that is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Thing {
    /// Another registry.
    #[default]
    Registry,
    /// A rule of replication.
    Rule,
    /// A group of people.
    Group,
    /// A scanner of vulnerabilities.
    Scanner,
    /// A P2P network.
    Network,
    /// What a project brings into a P2P network.
    Preheat,
}

impl Thing {
    /// The word in a form.
    const fn word(self) -> &'static str {
        match self {
            Thing::Registry => "registry",
            Thing::Rule => "rule",
            Thing::Group => "group",
            Thing::Scanner => "scanner",
            Thing::Network => "network",
            Thing::Preheat => "preheat",
        }
    }
}

/// One of those things, as forms name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Target {
    /// What it is.
    pub thing: Thing,
    /// The project that it belongs to; empty for none.
    pub project: String,
    /// What the API calls it.
    pub id: String,
    /// What people call it.
    pub name: String,
}

impl Target {
    /// A thing of the system.
    pub fn of(thing: Thing, id: impl ToString, name: &str) -> Self {
        Target { thing, project: String::new(), id: id.to_string(), name: name.to_owned() }
    }

    /// The page with the list.
    pub fn list(&self) -> String {
        match self.thing {
            Thing::Registry => "/admin/registries".to_owned(),
            Thing::Rule => "/admin/replication".to_owned(),
            Thing::Group => "/admin/groups".to_owned(),
            Thing::Scanner => "/admin/scanners".to_owned(),
            Thing::Network => "/admin/preheat".to_owned(),
            Thing::Preheat => format!("/projects/{}/-/preheat", self.project),
        }
    }

    /// The page of this one.
    pub fn edit(&self) -> String {
        let between = match self.thing {
            // Names may be any word, and so the word of another page.
            Thing::Network => "/networks",
            Thing::Preheat => "/policies",
            Thing::Registry | Thing::Rule | Thing::Group | Thing::Scanner => "",
        };
        format!("{}{between}/{}", self.list(), encode(&self.id))
    }

    /// The question whether to delete it.
    pub fn delete(&self) -> String {
        format!("{}/delete", self.edit())
    }
}

/// Deletes a thing.
#[server(prefix = "/_portal", endpoint = "outside-delete")]
pub(crate) async fn post_delete_outside(#[server(flatten)] target: Target) -> Posted {
    let client = use_client();
    let posted = delete(&client, &target).await.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &Notice::OutsideDeleted.on(&target.list(), &target.name))
}

#[cfg(feature = "ssr")]
fn number(target: &Target) -> ApiResult<i64> {
    target.id.parse().map_err(|_| ApiError::not_found())
}

#[cfg(feature = "ssr")]
fn project(target: &Target) -> ApiResult<berth_types::ProjectName> {
    target.project.parse().map_err(|_| ApiError::not_found())
}

#[cfg(feature = "ssr")]
async fn delete(client: &Client, target: &Target) -> ApiResult<()> {
    match target.thing {
        Thing::Registry => client.delete_registry(number(target)?).await,
        Thing::Rule => client.delete_replication_rule(number(target)?).await,
        Thing::Group => client.delete_group(number(target)?).await,
        Thing::Scanner => client.delete_scanner(&target.id).await,
        Thing::Network => client.delete_preheat_network(&target.id).await,
        Thing::Preheat => client.delete_preheat_policy(&project(target)?, &target.id).await,
    }
}

/// Switches a thing on or off, or makes it the one that is used where none is chosen (`on`, `off`, `default`).
#[server(prefix = "/_portal", endpoint = "outside-switch")]
pub(crate) async fn post_switch_outside(#[server(flatten)] target: Target, to: String) -> Posted {
    let client = use_client();
    let posted = switch(&client, &target, &to).await.map_err(|refusal| FormError::default().refused(refusal));
    let notice = match to.as_str() {
        "on" => Notice::OutsideEnabled,
        "off" => Notice::OutsideDisabled,
        _ => Notice::OutsideDefault,
    };
    crate::form::conclude(posted, &notice.on(&target.list(), &target.name))
}

#[cfg(feature = "ssr")]
async fn switch(client: &Client, target: &Target, to: &str) -> ApiResult<()> {
    let on = to == "on";
    match target.thing {
        Thing::Rule => {
            let mut rule = client.replication_rule(number(target)?).await?;
            rule.enabled = on;
            client.update_replication_rule(&rule).await
        }
        Thing::Scanner if to == "default" => client.set_default_scanner(&target.id).await,
        Thing::Scanner => {
            let scanner = client.scanner(&target.id).await?;
            let mut change = super::scanners::request_of(scanner);
            change.disabled = !on;
            client.update_scanner(&target.id, &change).await
        }
        Thing::Network => {
            let mut network = client.preheat_network(&target.id).await?;
            if to == "default" {
                network.default = true;
            } else {
                network.enabled = on;
            }
            client.update_preheat_network(&target.id, &network).await
        }
        Thing::Preheat => {
            let project = project(target)?;
            let mut policy = client.preheat_policy(&project, &target.id).await?;
            policy.enabled = on;
            client.update_preheat_policy(&project, &target.id, &policy).await
        }
        Thing::Registry | Thing::Group => Err(ApiError::not_found()),
    }
}

/// The answer of a form whose name somebody else may have taken.
#[cfg(feature = "ssr")]
pub(crate) fn refused(answer: FormError, name: &str, refusal: ApiError) -> FormError {
    match refusal.status {
        409 => answer.with("name", Fault::NameTaken(name.trim().to_owned())),
        _ => answer.refused(refusal),
    }
}

/// The hidden fields that name a thing.
fn fields(target: &Target) -> AnyView {
    let project = (!target.project.is_empty()).then(|| {
        view! { <input type="hidden" name="project" value=target.project.clone() /> }
    });
    view! {
        <input type="hidden" name="thing" value=target.thing.word() />
        {project}
        <input type="hidden" name="id" value=target.id.clone() />
        <input type="hidden" name="name" value=target.name.clone() />
    }
    .into_any()
}

/// The question whether to delete a thing.
#[component]
pub(crate) fn DeleteQuestion(
    /// Which one.
    target: Target,
    /// The question.
    heading: String,
    /// What goes with it, or what keeps it.
    effect: String,
    /// Whether something keeps it.
    #[prop(optional)]
    blocked: bool,
    /// What the button says.
    submit: String,
    /// What goes with it, or what keeps it, one by one.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let action = FormAction::of::<PostDeleteOutside>();
    let tone = if blocked { Tone::Info } else { Tone::Warn };
    let back = target.list();
    let (back_to, hidden) = (back.clone(), fields(&target));
    let form = (!blocked).then(|| {
        view! {
            <PostForm action=action>
                {hidden} <div class="row">
                    <Button look=Look::DangerFill icon=Glyph::Trash submit=true busy=action.pending()>
                        {submit}
                    </Button>
                    <LinkButton href=back_to>{t!(keys::common::CANCEL)}</LinkButton>
                </div>
            </PostForm>
        }
    });
    let leave = blocked.then(|| view! { <LinkButton href=back>{t!(keys::common::BACK)}</LinkButton> });
    view! {
        <PageHead title=move || heading />
        <FormErrors answer=answer_of(action) />
        <Callout tone=tone title=effect />
        {children.map(|children| children())}
        {form}
        {leave}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_have_their_own_pages() {
        assert_eq!(Target::of(Thing::Registry, 5, "hub").edit(), "/admin/registries/5");
        assert_eq!(Target::of(Thing::Rule, 5, "dr").delete(), "/admin/replication/5/delete");
        // A network may be called like a page.
        assert_eq!(Target::of(Thing::Network, "new", "new").edit(), "/admin/preheat/networks/new");
        let policy = Target { project: "team".into(), ..Target::of(Thing::Preheat, "a.b", "a.b") };
        assert_eq!(policy.delete(), "/projects/team/-/preheat/policies/a.b/delete");
    }

    #[test]
    fn a_thing_is_posted_by_its_word() {
        for thing in [Thing::Registry, Thing::Rule, Thing::Group, Thing::Scanner, Thing::Network, Thing::Preheat] {
            assert_eq!(serde_json::to_value(thing).unwrap(), thing.word());
        }
    }
}
