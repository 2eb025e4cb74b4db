//! What is promised in writing is what the server does.

mod described;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use berth_testkit::{ADMIN_PASSWORD, Backend, TestApp};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Compares a checked-in document with what the program prints.
fn is_up_to_date(path: &str, arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_berth")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let written = std::fs::read_to_string(repository().join(path)).unwrap_or_default();
    assert!(
        printed.trim_end() == written.trim_end(),
        "{path} is out of date: `berth {} > {path}`",
        arguments.join(" ")
    );
}

#[test]
fn the_description_of_the_api_is_up_to_date() {
    is_up_to_date("server/docs/openapi.json", &["openapi"]);
}

#[test]
fn the_document_of_the_configuration_is_up_to_date() {
    is_up_to_date("server/docs/CONFIG.md", &["config", "docs"]);
}

/// Where our description says something else than Harbor's, and why. A rule that matches nothing is a mistake.
const OTHERWISE: &[(&str, &str)] = &[
    (
        "GET /api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/additions/vulnerabilities: \
         answer 200",
        "it is JSON, whatever Harbor's description says",
    ),
    ("Platform.'os.features': missing", "Harbor sends it as `OsFeatures`, and so do we"),
    ("Project.deleted: missing", "a deleted project is never shown"),
    ("Project.togglable: missing", "Harbor never says it"),
    ("Robot.secret: missing", "only the answers that make one have it, and they are other schemas"),
];

#[test]
fn every_operation_of_harbor_is_described() {
    let contract = std::fs::read_to_string(repository().join("server/tests/data/harbor-contract.json")).unwrap();
    let contract = serde_json::from_str(&contract).unwrap();
    let ours = serde_json::from_str(&berth_api::openapi_json()).unwrap();
    let differences = described::differences(&contract, &ours);
    let unused: Vec<_> =
        OTHERWISE.iter().filter(|(start, _)| !differences.iter().any(|line| line.starts_with(start))).collect();
    assert!(unused.is_empty(), "rules that match nothing: {unused:#?}");
    let rest: Vec<_> =
        differences.iter().filter(|line| !OTHERWISE.iter().any(|(start, _)| line.starts_with(start))).collect();
    assert!(rest.is_empty(), "{} differences from Harbor's description:\n{rest:#?}", rest.len());
}

/// How many of Harbor's recorded answers have to be the same here, in percent. The others are named in `harbor-allow.txt`.
const IDENTICAL_PERCENT_MIN: u64 = 80;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_harbors() {
    let folder = repository().join("end2end/harbor");
    let python = Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|output| output.status.success()) {
        assert!(!berth_testkit::is_ci(), "python3 is needed under CI");
        println!("SKIPPED: there is no python3");
        return;
    }
    let app = TestApp::start(Backend::Sqlite).await.unwrap();
    let mut probe = Command::new("python3");
    probe
        .arg(folder.join("harbor-probe.py"))
        .arg("compare")
        .arg("--base")
        .arg(app.url().as_str().trim_end_matches('/'));
    probe.args(["--admin-password", ADMIN_PASSWORD, "--patience", "2", "--fail-on-diff"]);
    probe.arg("--golden").arg(folder.join("harbor-golden.json")).arg("--allow").arg(folder.join("harbor-allow.txt"));
    let scratch = tempfile::tempdir().unwrap();
    let result = scratch.path().join("result.json");
    probe.arg("--json").arg(&result);
    let output = tokio::task::spawn_blocking(move || probe.output()).await.unwrap().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    let result: serde_json::Value = serde_json::from_slice(&std::fs::read(&result).unwrap()).unwrap();
    let count = |key: &str| result["total"][key].as_u64().unwrap();
    let (identical, excused) = (count("identical"), count("excused"));
    assert!(
        identical * 100 >= (identical + excused) * IDENTICAL_PERCENT_MIN,
        "only {identical} answers are identical:\n{told}"
    );
}
