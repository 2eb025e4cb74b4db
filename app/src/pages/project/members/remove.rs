//! The question whether to remove a member: what goes, what stays.

use super::super::{InProject, NotAllowed, ProjectPart};
use super::forms::PostRemoveMember;
use super::role_name;
use crate::client::use_client;
use crate::form::{FormAction, FormErrors, PostForm, answer_of};
use crate::format::natural;
use crate::i18n::{Key, keys};
use crate::load::Resource;
use crate::pages::loaded;
use crate::t;
use crate::ui::{Button, Callout, Card, CheckLine, Checks, Glyph, LinkButton, Look, PageHead, State, Tone};
use berth_types::MemberId;
use berth_types::api::{AccessExplanation, ProjectMemberEntity};
use berth_types::policy::{Action, Resource as Of, Role};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// How a group is marked among members.
const GROUP: &str = "g";

/// What is known before somebody is removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Known {
    member: ProjectMemberEntity,
    /// Of a person: what gives this person something.
    access: Option<AccessExplanation>,
    /// How many project admins there are, where that can be known.
    admins: Option<u64>,
}

/// What the removal leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// Nobody but administrators of the system can manage the project then.
    LastAdmin,
    /// The person keeps everything as an administrator of the system.
    StaysAdministrator,
    /// The person may pull as anybody may.
    StillPulls,
    /// The person does not see the project any more.
    SeesNothing,
    /// Everybody in the group loses what it gave.
    GroupLoses,
    /// Sign-ins of clients end.
    SignInsEnd,
}

impl Effect {
    /// All effects, the gravest first.
    fn of(known: &Known) -> Vec<Effect> {
        let Known { member, access, admins } = known;
        let mut effects = Vec::new();
        if member.role_id == Role::ProjectAdmin.id() && *admins == Some(1) {
            effects.push(Effect::LastAdmin);
        }
        if member.entity_type == GROUP {
            effects.push(Effect::GroupLoses);
            return effects;
        }
        let Some(access) = access else {
            effects.push(Effect::SignInsEnd);
            return effects;
        };
        let has = |kind: &str| access.rules.iter().any(|rule| rule.kind == kind);
        if has("system_admin") {
            effects.push(Effect::StaysAdministrator);
            return effects;
        }
        effects.push(if has("public") { Effect::StillPulls } else { Effect::SeesNothing });
        effects.push(Effect::SignInsEnd);
        effects
    }

    fn shown(self) -> (State, Key) {
        use keys::newcomer::remove as k;
        match self {
            Effect::LastAdmin => (State::Warn, k::LAST_ADMIN),
            Effect::StaysAdministrator => (State::Ok, k::STAYS_ADMINISTRATOR),
            Effect::StillPulls => (State::Ok, k::STILL_PULLS),
            Effect::SeesNothing => (State::Warn, k::SEES_NOTHING),
            Effect::GroupLoses => (State::Warn, k::GROUP_LOSES),
            Effect::SignInsEnd => (State::Ok, k::SIGN_INS_END),
        }
    }
}

/// The page.
#[component]
pub(crate) fn RemoveMember(within: InProject, id: MemberId) -> impl IntoView {
    let action = FormAction::of::<PostRemoveMember>();
    if !within.rights.may(Of::Member, Action::Delete) {
        return view! { <NotAllowed needs=(Of::Member, Action::Delete) /> }.into_any();
    }
    let known = {
        let (client, name) = (use_client(), within.name.clone());
        Resource::new(
            move || id,
            move |id| {
                let (client, name) = (client.clone(), name.clone());
                async move {
                    let member = client.member(&name, id).await?;
                    // The question can be answered without all that follows.
                    let access = if member.entity_type == GROUP {
                        None
                    } else {
                        client.explain_access(&name, &member.entity_name).await.ok()
                    };
                    let summary = client.project_summary(&name).await.ok();
                    let admins = summary.and_then(|summary| summary.project_admin_count).map(natural);
                    Ok(Known { member, access, admins })
                }
            },
        )
    };
    loaded(known, move |known| view! { <RemoveForm within=within.clone() known=known action=action /> })
}

#[component]
fn RemoveForm(within: InProject, known: Known, action: FormAction) -> impl IntoView {
    let effects = Effect::of(&known);
    let member = known.member;
    let role = Role::from_id(member.role_id).map_or(member.role_name.clone(), role_name);
    let heading = t!(keys::members::REMOVE_TITLE, name = member.entity_name);
    let effect = t!(keys::members::REMOVE_TEXT, name = member.entity_name, role = role, project = within.name);
    let line = |effect: Effect| {
        let (state, key) = effect.shown();
        view! { <CheckLine state=state title=t!(key, name = member.entity_name) /> }
    };
    let lines = effects.into_iter().map(line).collect_view();
    view! {
        <PageHead title=move || heading />
        <FormErrors answer=answer_of(action) />
        <Callout tone=Tone::Warn title=effect />
        <Card title=t!(keys::newcomer::remove::EFFECTS)>
            <Checks>{lines}</Checks>
        </Card>
        <PostForm action=action>
            <input type="hidden" name="project" value=within.project.name.clone() />
            <input type="hidden" name="id" value=member.id.to_string() />
            <input type="hidden" name="name" value=member.entity_name />
            <div class="row">
                <Button look=Look::DangerFill icon=Glyph::Trash submit=true busy=action.pending()>
                    {t!(keys::members::REMOVE_SUBMIT)}
                </Button>
                <LinkButton href=ProjectPart::Members.of(&within.name)>{t!(keys::common::CANCEL)}</LinkButton>
            </div>
        </PostForm>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(kind: &str, rules: &[&str], role: Role, admins: u64) -> Known {
        let rules: Vec<String> =
            rules.iter().map(|kind| format!(r#"{{"kind":"{kind}","decides":false,"permissions":[]}}"#)).collect();
        let access = format!(r#"{{"username":"bob","rules":[{}],"groups":[]}}"#, rules.join(","));
        let member = format!(
            r#"{{"id":3,"project_id":7,"entity_name":"bob","role_name":"{role}","role_id":{},"entity_id":4,
            "entity_type":"{kind}"}}"#,
            role.id()
        );
        Known {
            member: serde_json::from_str(&member).unwrap(),
            access: (kind == "u").then(|| serde_json::from_str(&access).unwrap()),
            admins: Some(admins),
        }
    }

    #[test]
    fn what_a_removal_leads_to() {
        let of = |kind, rules: &[&str], role, admins| Effect::of(&known(kind, rules, role, admins));
        assert_eq!(
            of("u", &["member"], Role::ProjectAdmin, 1),
            [Effect::LastAdmin, Effect::SeesNothing, Effect::SignInsEnd]
        );
        assert_eq!(of("u", &["member", "public"], Role::Guest, 1), [Effect::StillPulls, Effect::SignInsEnd]);
        assert_eq!(of("u", &["system_admin", "member"], Role::ProjectAdmin, 2), [Effect::StaysAdministrator]);
        assert_eq!(of("g", &[], Role::Developer, 1), [Effect::GroupLoses]);
        let unexplained = Known { access: None, ..known("u", &[], Role::Developer, 1) };
        assert_eq!(Effect::of(&unexplained), [Effect::SignInsEnd]);
    }
}
