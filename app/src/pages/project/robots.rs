//! The robots of a project.

use super::{InProject, NotAllowed, ProjectPart};
use crate::pages::robots::{DeleteRobot, EditRobot, Home, May, NewRobot, RobotSecret, Robots};
use berth_types::policy::{Action, Resource as Of};
use leptos::prelude::*;

/// A page about robots, where the visitor's role allows it.
pub(super) fn draw(part: &ProjectPart, within: InProject) -> AnyView {
    let rights = within.rights;
    let allows = |action: Action| rights.may(Of::Robot, action);
    let may = May { create: allows(Action::Create), update: allows(Action::Update), delete: allows(Action::Delete) };
    let home = Home::Project(within.name);
    let project = Some(within.project.project_id);
    let needed = match part {
        ProjectPart::NewRobot => Action::Create,
        ProjectPart::EditRobot(_) | ProjectPart::RobotSecret(_) => Action::Update,
        ProjectPart::DeleteRobot(_) => Action::Delete,
        _ => Action::List,
    };
    if !allows(needed) {
        return view! { <NotAllowed needs=(Of::Robot, needed) /> }.into_any();
    }
    match part {
        ProjectPart::NewRobot => view! { <NewRobot home=home /> }.into_any(),
        ProjectPart::EditRobot(id) => view! { <EditRobot home=home id=*id /> }.into_any(),
        ProjectPart::RobotSecret(id) => view! { <RobotSecret home=home id=*id /> }.into_any(),
        ProjectPart::DeleteRobot(id) => view! { <DeleteRobot home=home id=*id /> }.into_any(),
        _ => view! { <Robots home=home project=project may=may /> }.into_any(),
    }
}
