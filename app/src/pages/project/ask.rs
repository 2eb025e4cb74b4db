//! The next step of somebody whose role does not allow it: which right it takes, who has it, and where they are named.

use super::{AskAdmin, InProject};
use crate::form::needed_text;
use crate::i18n::{keys, use_catalog};
use crate::session::{sign_in_href, use_session};
use crate::t;
use crate::ui::{Glyph, LinkButton, Look};
use berth_types::policy::{Action, Resource as Of, Right, RobotLevel};
use leptos::prelude::*;

/// Stands where the button would, so that a list which is only empty does not look like one that nobody may fill.
#[component]
pub(crate) fn AskFor(
    /// Where.
    within: InProject,
    /// What it takes.
    needs: Right,
) -> impl IntoView {
    let signed_in = use_session().with_untracked(|session| session.user.is_some());
    if !signed_in {
        return view! {
            <LinkButton href=sign_in_href() look=Look::Primary icon=Glyph::User>
                {t!(keys::nav::SIGN_IN)}
            </LinkButton>
        }
        .into_any();
    }
    // Those who run the system are in no list that others may read.
    let is_listed = needs.level == RobotLevel::Project && within.rights.may(Of::Member, Action::List);
    view! {
        <p class="small muted">{needed_text(&use_catalog(), needs)}</p>
        {is_listed.then(|| view! { <AskAdmin project=within.name /> })}
    }
    .into_any()
}
