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
    match part {
        ProjectPart::Robots if allows(Action::List) => {
            let project = Some(within.project.project_id);
            view! { <Robots home=home project=project may=may /> }.into_any()
        }
        ProjectPart::NewRobot if may.create => view! { <NewRobot home=home /> }.into_any(),
        ProjectPart::EditRobot(id) if may.update => view! { <EditRobot home=home id=*id /> }.into_any(),
        ProjectPart::RobotSecret(id) if may.update => view! { <RobotSecret home=home id=*id /> }.into_any(),
        ProjectPart::DeleteRobot(id) if may.delete => view! { <DeleteRobot home=home id=*id /> }.into_any(),
        _ => view! { <NotAllowed /> }.into_any(),
    }
}
