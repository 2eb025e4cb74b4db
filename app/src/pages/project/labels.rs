//! The labels of a project.

use super::{InProject, NotAllowed, ProjectPart};
use crate::pages::labels::{DeleteLabel, EditLabel, Labels, May, NewLabel, Owner};
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;

/// The page of this part of the labels.
pub(super) fn draw(part: &ProjectPart, within: InProject) -> AnyView {
    let may = |action| within.rights.may(Of::Label, action);
    let owner = Owner::Project(within.name.clone(), within.project.project_id);
    let needed = match part {
        ProjectPart::NewLabel => Action::Create,
        ProjectPart::EditLabel(_) => Action::Update,
        ProjectPart::DeleteLabel(_) => Action::Delete,
        _ => Action::List,
    };
    if !may(needed) {
        return view! { <NotAllowed needs=(Of::Label, needed) /> }.into_any();
    }
    match part {
        ProjectPart::NewLabel => view! { <NewLabel owner=owner /> }.into_any(),
        ProjectPart::EditLabel(id) => view! { <EditLabel owner=owner id=*id /> }.into_any(),
        ProjectPart::DeleteLabel(id) => view! { <DeleteLabel owner=owner id=*id /> }.into_any(),
        _ => {
            let may = May { create: may(Action::Create), update: may(Action::Update), delete: may(Action::Delete) };
            view! { <Labels owner=owner may=may within=within /> }.into_any()
        }
    }
}
