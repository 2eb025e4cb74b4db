//! Robots, and what they can be given.

use super::{ApiResult, Client, ListParams, Method};
use berth_types::RobotId;
use berth_types::api::{Permissions, Robot, RobotChange, RobotCreate, RobotCreated, RobotSec};
use berth_types::page::Paged;
use berth_types::url::{API, BERTH_API};

impl Client {
    /// Robots of the system, or of the project that the filter names.
    ///
    /// # Errors
    /// 403 where the visitor's role does not see robots.
    pub async fn robots(&self, params: &ListParams) -> ApiResult<Paged<Robot>> {
        self.list(params.on(&format!("{API}/robots"), &[])).await
    }

    /// One robot.
    ///
    /// # Errors
    /// 404 where there is none, 403 where the visitor may not see it.
    pub async fn robot(&self, id: RobotId) -> ApiResult<Robot> {
        self.get(format!("{API}/robots/{id}")).await
    }

    /// Makes a robot. The answer is the only one with its secret.
    ///
    /// # Errors
    /// 409 where the name is taken, 400 where a rule is broken, 404 for a project that does not exist.
    pub async fn create_robot(&self, robot: &RobotCreate) -> ApiResult<RobotCreated> {
        self.send(Method::Post, format!("{API}/robots"), robot).await?.json()
    }

    /// Changes what a robot may, how long it lives, whether it is switched off, and its description.
    ///
    /// # Errors
    /// 400 where a rule is broken, 404 for a robot or a project that does not exist.
    pub async fn update_robot(&self, id: RobotId, change: &RobotChange) -> ApiResult<()> {
        self.send(Method::Put, format!("{API}/robots/{id}"), change).await.map(drop)
    }

    /// Gives a robot another, generated secret, which only this answer says. The present one goes on working for some
    /// seconds, or ends at once.
    ///
    /// # Errors
    /// 404 for a robot that is gone.
    pub async fn refresh_robot(&self, id: RobotId, overlap_seconds: Option<i64>) -> ApiResult<RobotSec> {
        let wanted = RobotSec { overlap_seconds, ..RobotSec::default() };
        self.send(Method::Patch, format!("{API}/robots/{id}"), &wanted).await?.json()
    }

    /// Ends a robot's former secret before its time.
    ///
    /// # Errors
    /// 404 where it has none that works still.
    pub async fn end_former_secret(&self, id: RobotId) -> ApiResult<()> {
        self.delete(format!("{BERTH_API}/robots/{id}/former-secret")).await
    }

    /// Deletes a robot.
    ///
    /// # Errors
    /// 404 for a robot that is gone.
    pub async fn delete_robot(&self, id: RobotId) -> ApiResult<()> {
        self.delete(format!("{API}/robots/{id}")).await
    }

    /// Everything that robots can be given.
    ///
    /// # Errors
    /// 403 for who makes no robots.
    pub async fn robot_catalogue(&self) -> ApiResult<Permissions> {
        self.get(format!("{API}/permissions")).await
    }
}
