//! What robots can be given.

use berth_types::{
    api::Permissions,
    policy::{Permission, RobotLevel, robot_permissions},
};

use crate::authz::RobotCatalogue;

/// The catalogue, as far as the caller may see it.
pub fn catalogue(access: &RobotCatalogue) -> Permissions {
    let of = |level| {
        let pairs = robot_permissions(level).into_iter();
        pairs
            .map(|(resource, action)| Permission {
                resource: resource.as_str().to_owned(),
                action: action.as_str().to_owned(),
            })
            .collect()
    };
    Permissions {
        project: of(RobotLevel::Project),
        system: if access.is_whole() { of(RobotLevel::System) } else { Vec::new() },
    }
}
