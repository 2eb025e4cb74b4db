//! Somebody invents an action that the table of roles grants to everybody.

use berth_domain::authz::ProjectAction;
use berth_types::{Action, Resource};

enum Anything {}

impl ProjectAction for Anything {
    const RESOURCE: Resource = Resource::Repository;
    const ACTION: Action = Action::Pull;
}

fn main() {}
