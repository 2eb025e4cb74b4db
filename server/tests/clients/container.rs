//! Containers of pulled images, where the kernel allows them.

use crate::image::GREETING;
use crate::tool::{self, Outcome, Tool};

/// Runs the image, unless the kernel has no containers, which is then said.
pub async fn run(client: &Tool, options: &[&str], image: &str) {
    let outcome = client.run(&[&["run", "--rm", "--network", "none"], options, &[image]].concat(), b"").await;
    if is_kernels_fault(&outcome) {
        tool::skip(&format!("this kernel runs no containers: {}", outcome.errors.trim()));
        return;
    }
    assert!(outcome.success, "{}", outcome.said());
    assert_eq!(outcome.output, GREETING);
}

/// Told apart from a broken image: runc says that the kernel refused before the program began.
fn is_kernels_fault(outcome: &Outcome) -> bool {
    let reasons = ["operation not permitted", "cgroup", "no such device", "mount proc", "namespace"];
    let said = outcome.errors.to_lowercase();
    let is_runtime = ["oci runtime", "runc", "crun"].iter().any(|name| said.contains(name));
    !outcome.success && is_runtime && reasons.iter().any(|reason| said.contains(reason))
}
