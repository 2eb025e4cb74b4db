//! What is promised in writing is what the server does.

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

/// The groups of Harbor's recorded answers that are served.
const GROUPS: [&str; 19] = [
    "artifacts",
    "audit",
    "config",
    "members",
    "projectmeta",
    "projects",
    "rbac",
    "rbacmissing",
    "rbacpublic",
    "repos",
    "search",
    "session",
    "statistics",
    "system",
    "token",
    "userperms",
    "users",
    "v2",
    "v2auth",
];

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
    for group in GROUPS {
        probe.args(["--only", &format!("{group}.*")]);
    }
    let output = tokio::task::spawn_blocking(move || probe.output()).await.unwrap().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
}
