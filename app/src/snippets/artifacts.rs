//! Clients of what is no image to run: charts, files, signatures, copies.

use super::{Client, Purpose, Registry, Step, Target};

/// The command that makes the key to sign with.
pub(crate) const COSIGN_KEYS: &str = "cosign generate-key-pair";

/// The version of the chart in the commands where none is named; `helm create` begins with it.
const CHART_VERSION: &str = "0.1.0";

/// The command that pulls a chart by its version. A tag cannot hold the plus sign of a version, which helm knows.
pub(crate) fn helm_pull(registry: &Registry, repository: &str, tag: &str) -> String {
    let plain = registry.plain("--plain-http");
    format!("helm pull {plain}oci://{repository} --version {}", tag.replace('_', "+"))
}

/// The command that pulls a chart by its digest.
pub(crate) fn helm_pull_digest(registry: &Registry, repository: &str, digest: &str) -> String {
    format!("helm pull {}oci://{repository}@{digest}", registry.plain("--plain-http"))
}

/// The command that pulls files. `reference`: with tag or digest.
pub(crate) fn oras_pull(registry: &Registry, reference: &str) -> String {
    format!("oras pull {}{reference}", registry.plain("--plain-http"))
}

/// The command that pulls manifests of Flux into the folder where it is run; other clients find no files in them.
pub(crate) fn flux_pull(registry: &Registry, reference: &str) -> String {
    format!("flux pull artifact {}oci://{reference} --output .", registry.plain("--insecure-registry"))
}

/// The command that pulls a model by its tag; other clients find no files in it.
pub(crate) fn model_pull(registry: &Registry, reference: &str) -> String {
    format!("modctl pull {}{reference}", registry.plain("--plain-http"))
}

/// The command that copies a model by its digest, as it is stored: the models' own client knows tags alone.
pub(crate) fn model_copy(registry: &Registry, reference: &str) -> String {
    format!("skopeo copy {}docker://{reference} oci:model", registry.plain("--src-tls-verify=false"))
}

/// The command that signs with a key of one's own. The name of an image is nobody else's business: nothing goes to the public
/// log.
pub(crate) fn cosign_sign(registry: &Registry, reference: &str) -> String {
    let plain = registry.plain("--allow-http-registry");
    format!("cosign sign {plain}--key cosign.key --use-signing-config=false --tlog-upload=false {reference}")
}

/// The command that looks for vulnerabilities. `reference`: with tag or digest.
pub fn trivy(registry: &Registry, reference: &str) -> String {
    format!("trivy image {}{reference}", registry.plain("--insecure"))
}

/// The command that builds an image with a statement about it, and pushes both.
pub(crate) fn build_attested(statement: &str, image: &str) -> String {
    format!("docker buildx build {statement} --push -t {image} .")
}

pub(super) fn helm(target: &Target) -> Vec<Step> {
    let Registry { host, .. } = &target.registry;
    let plain = target.registry.plain("--plain-http");
    let repository = target.repository(Client::Helm);
    // helm adds the chart's own name.
    let parent = repository.rsplit_once('/').map_or(repository.as_str(), |(parent, _)| parent);
    let chart = target.local(Client::Helm);
    let version = if is_version(&target.tag) { &target.tag } else { CHART_VERSION }.replace('_', "+");
    let mut steps = Vec::new();
    if let Some(user) = target.user() {
        let text = format!("helm registry login {plain}{host} {user} --password-stdin");
        steps.push(Step::command(Purpose::SignIn, text));
    }
    steps.push(Step::command(Purpose::Package, format!("helm package ./{chart} --version {version}")));
    steps.push(Step::command(Purpose::Push, format!("helm push {plain}{chart}-{version}.tgz oci://{parent}")));
    steps.push(Step::command(Purpose::Pull, helm_pull(&target.registry, &repository, &version)));
    let install = format!("helm install {plain}{chart} oci://{repository} --version {version}");
    steps.push(Step::command(Purpose::Install, install));
    steps
}

/// Whether a tag is what helm takes for a version: three numbers, and perhaps more.
fn is_version(tag: &str) -> bool {
    let core = tag.split(['-', '_', '+']).next().unwrap_or_default();
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    core.split('.').count() == 3 && core.split('.').all(number)
}

pub(super) fn oras(target: &Target) -> Vec<Step> {
    let Registry { host, .. } = &target.registry;
    let plain = target.registry.plain("--plain-http");
    let image = target.image(Client::Oras);
    let mut steps = Vec::new();
    if let Some(user) = target.user() {
        let text = format!("oras login {plain}{host} {user} --password-stdin");
        steps.push(Step::command(Purpose::SignIn, text));
    }
    steps.push(Step::command(Purpose::Push, format!("oras push {plain}{image} ./README.md:text/markdown")));
    steps.push(Step::command(Purpose::Pull, oras_pull(&target.registry, &image)));
    steps
}

pub(super) fn cosign(target: &Target) -> Vec<Step> {
    let Registry { host, .. } = &target.registry;
    let image = target.image(Client::Cosign);
    let mut steps = Vec::new();
    if let Some(user) = target.user() {
        steps.push(Step::command(Purpose::SignIn, format!("cosign login {host} {user} --password-stdin")));
    }
    steps.push(Step::command(Purpose::Keys, COSIGN_KEYS.to_owned()));
    steps.push(Step::command(Purpose::Sign, cosign_sign(&target.registry, &image)));
    let plain = target.registry.plain("--allow-http-registry");
    let verify = format!("cosign verify {plain}--key cosign.pub --insecure-ignore-tlog=true {image}");
    steps.push(Step::command(Purpose::Verify, verify));
    steps
}

pub(super) fn skopeo(target: &Target) -> Vec<Step> {
    let registry = &target.registry;
    let image = target.image(Client::Skopeo);
    let local = target.local(Client::Skopeo);
    let mut steps = Vec::new();
    if let Some(user) = target.user() {
        let plain = registry.plain("--tls-verify=false");
        let text = format!("skopeo login {plain}{} {user} --password-stdin", registry.host);
        steps.push(Step::command(Purpose::SignIn, text));
    }
    let (to, from) = (registry.plain("--dest-tls-verify=false"), registry.plain("--src-tls-verify=false"));
    let push = format!("skopeo copy {to}docker-archive:{local}.tar docker://{image}");
    steps.push(Step::command(Purpose::Push, push));
    let pull = format!("skopeo copy {from}docker://{image} oci:{local}:{}", target.tag);
    steps.push(Step::command(Purpose::Pull, pull));
    steps
}
