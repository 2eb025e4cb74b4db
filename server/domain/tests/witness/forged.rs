//! Somebody writes a witness down instead of asking for it.

use berth_domain::{
    Actor,
    authz::{ProjectAccess, ProjectRef, Push, SelfAccess},
};
use berth_types::UserId;

fn forge(project: ProjectRef, actor: Actor) -> ProjectAccess<Push> {
    ProjectAccess { project, role: None, actor, _action: std::marker::PhantomData }
}

fn impersonate(actor: Actor) -> SelfAccess {
    SelfAccess { user: UserId::ADMIN, actor }
}

fn main() {}
