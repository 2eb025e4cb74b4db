//! Harbor's own client for Go, with which people's programs manage their registry.

use crate::berth::{ADMIN_PASSWORD, Berth};
use crate::tool::Tool;

#[tokio::test]
async fn goharbor_manages_a_project_from_its_making_to_its_end() {
    let berth = Berth::start().await;
    let Some(goharbor) = Tool::find_extra("goharbor", &berth.scratch("goharbor")) else { return };
    let url = format!("http://{}", berth.host());
    let did = goharbor.ok_with_input(&[&url, "admin"], ADMIN_PASSWORD.as_bytes()).await;
    let steps = ["system", "project", "member", "artifacts", "labels", "copy", "robot", "quota", "immutable", "delete"];
    assert_eq!(did.lines().collect::<Vec<_>>(), steps);
    let said = goharbor.refused_with_input(&[&url, "admin"], b"Wrong-Password-9").await;
    assert!(said.contains("stranger"), "{said}");
}
