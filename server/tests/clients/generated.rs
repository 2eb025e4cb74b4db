//! A client that openapi-generator makes of the API's own description, as people make theirs of Harbor's.
//!
//! The two descriptions have the same names, so the program is one that works with a client of Harbor's too.

use std::fs;

use crate::berth::{ADMIN_PASSWORD, Berth};
use crate::tool::Tool;

/// Calls the generator with the arguments behind it.
const GENERATE: &str = "import sys, openapi_generator_cli as it; sys.exit(it.run(sys.argv[1:]).returncode)";
const PROGRAM: &str = include_str!("generated.py");
/// Without documents and tests, which are most of what it writes.
const PARTS: &str =
    "--global-property=apis,models,supportingFiles,apiDocs=false,apiTests=false,modelDocs=false,modelTests=false";

#[tokio::test]
async fn a_generated_client_manages_a_project_from_its_making_to_its_end() {
    let berth = Berth::start().await;
    let folder = berth.scratch("generated");
    let Some(python) = Tool::find_extra("python-openapi-generator-cli", &folder) else { return };
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (description, package, program) = (path("openapi.json"), path("client"), path("manage.py"));
    fs::write(&description, berth_api::openapi_json()).unwrap();
    fs::write(&program, PROGRAM).unwrap();
    let generate = ["-c", GENERATE, "generate", "-g", "python", "--package-name", "harbor_api", PARTS];
    python.ok(&[&generate[..], &["-i", &description, "-o", &package]].concat()).await;

    let url = format!("http://{}", berth.host());
    let python = python.env("PYTHONPATH", &package);
    let did = python.ok_with_input(&[&program, &url, "admin"], ADMIN_PASSWORD.as_bytes()).await;
    let steps = ["system", "project", "member", "artifacts", "labels", "copy", "robot", "quota", "immutable", "delete"];
    assert_eq!(did.lines().collect::<Vec<_>>(), steps);
    let said = python.refused_with_input(&[&program, &url, "admin"], b"Wrong-Password-9").await;
    assert!(said.contains("stranger"), "{said}");
}
