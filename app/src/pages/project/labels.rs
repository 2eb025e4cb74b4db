//! The labels of a project.

use super::{InProject, NotAllowed, ProjectPart};
use crate::pages::labels::{DeleteLabel, EditLabel, Labels, May, NewLabel, Owner};
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;

/// The page of this part of the labels.
pub(super) fn draw(part: &ProjectPart, within: InProject) -> AnyView {
    let may = |action| within.rights.may(Of::Label, action);
    let owner = Owner::Project(within.name.clone(), within.project.project_id);
    match part {
        ProjectPart::NewLabel if may(Action::Create) => view! { <NewLabel owner=owner /> }.into_any(),
        ProjectPart::EditLabel(id) if may(Action::Update) => view! { <EditLabel owner=owner id=*id /> }.into_any(),
        ProjectPart::DeleteLabel(id) if may(Action::Delete) => view! { <DeleteLabel owner=owner id=*id /> }.into_any(),
        ProjectPart::Labels if may(Action::List) => {
            let may = May { create: may(Action::Create), update: may(Action::Update), delete: may(Action::Delete) };
            view! { <Labels owner=owner may=may /> }.into_any()
        }
        _ => view! { <NotAllowed /> }.into_any(),
    }
}
