//! Robot accounts, of a project or of the system: the same pages in two places.

mod delete;
mod draft;
mod fields;
mod form;
mod former;
mod grant;
mod life;
mod list;
mod secret;
mod ticks;
mod words;

pub(crate) use delete::DeleteRobot;
pub(crate) use form::{EditRobot, NewRobot};
pub(crate) use list::Robots;
pub(crate) use secret::RobotSecret;
pub(crate) use words::{action_key, resource_key};

use crate::client::{ApiError, ApiResult, Client, use_client};
use crate::load::Resource;
use berth_types::api::Robot;
use berth_types::policy::RobotLevel;
use berth_types::{ProjectName, RobotId};

/// Whose robots a page is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// Those of the system.
    System,
    /// Those of a project.
    Project(ProjectName),
}

/// What the visitor may do with the robots of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct May {
    /// Make them.
    pub create: bool,
    /// Change them and their secrets.
    pub update: bool,
    /// Delete them.
    pub delete: bool,
}

impl May {
    /// What administrators may.
    pub const ALL: May = May { create: true, update: true, delete: true };
}

impl Home {
    /// Reads what a form posted: the name of a project, or nothing for the system.
    #[cfg(any(feature = "ssr", test))]
    fn read(text: &str) -> Option<Home> {
        if text.is_empty() { Some(Home::System) } else { text.parse().ok().map(Home::Project) }
    }

    /// What forms post: the name of the project, or nothing for the system.
    fn posted(&self) -> String {
        match self {
            Home::System => String::new(),
            Home::Project(name) => name.to_string(),
        }
    }

    /// The page of all robots.
    pub fn list(&self) -> String {
        match self {
            Home::System => "/admin/robots".to_owned(),
            Home::Project(name) => format!("/projects/{name}/-/robots"),
        }
    }

    /// The page to make one.
    fn new_robot(&self) -> String {
        format!("{}/new", self.list())
    }

    /// The page to change one.
    pub fn edit(&self, id: RobotId) -> String {
        format!("{}/{id}", self.list())
    }

    /// The page to give one another secret.
    fn secret(&self, id: RobotId) -> String {
        format!("{}/{id}/secret", self.list())
    }

    /// The question whether to delete one.
    fn delete(&self, id: RobotId) -> String {
        format!("{}/{id}/delete", self.list())
    }

    fn level(&self) -> RobotLevel {
        match self {
            Home::System => RobotLevel::System,
            Home::Project(_) => RobotLevel::Project,
        }
    }

    /// Whether a robot lives here. The API knows robots by their id alone; an address also says whose they are.
    fn holds(&self, robot: &Robot) -> bool {
        let here = match self {
            Home::System => true,
            Home::Project(name) => robot.permissions.iter().any(|block| block.namespace == name.as_str()),
        };
        here && robot.level == self.level().as_str()
    }
}

/// A robot of this place.
async fn robot_of(client: &Client, home: &Home, id: RobotId) -> ApiResult<Robot> {
    let robot = client.robot(id).await?;
    if home.holds(&robot) { Ok(robot) } else { Err(ApiError::not_found()) }
}

/// The robot that a page is about.
fn robot_of_page(home: &Home, id: RobotId) -> Resource<ApiResult<Robot>> {
    let (client, home) = (use_client(), home.clone());
    Resource::new(
        move || id,
        move |id| {
            let (client, home) = (client.clone(), home.clone());
            async move { robot_of(&client, &home, id).await }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn robot(level: &str, namespace: &str) -> Robot {
        serde_json::from_value(serde_json::json!({
            "id": 5, "name": "robot$ci", "level": level, "duration": -1, "editable": true, "disable": false,
            "expires_at": -1, "creator_type": "local", "creator_ref": 1,
            "permissions": [{"kind": "project", "namespace": namespace, "access": []}],
            "creation_time": "2026-03-01T09:00:00Z", "update_time": "2026-03-01T09:00:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn places_have_their_own_pages_and_robots() {
        let team = Home::read("team").unwrap();
        assert_eq!(team, Home::Project("team".parse().unwrap()));
        assert_eq!((team.posted().as_str(), Home::System.posted().as_str()), ("team", ""));
        assert_eq!(Home::read(&Home::System.posted()), Some(Home::System));
        assert_eq!(Home::read("No Project"), None);
        assert_eq!(team.secret(RobotId(5)), "/projects/team/-/robots/5/secret");
        assert_eq!(Home::System.delete(RobotId(5)), "/admin/robots/5/delete");
        assert!(team.holds(&robot("project", "team")) && !team.holds(&robot("project", "other")));
        // A robot of the system may have permissions in a project, and is still not the project's.
        assert!(!team.holds(&robot("system", "team")) && Home::System.holds(&robot("system", "team")));
        assert!(!Home::System.holds(&robot("project", "team")));
    }
}
