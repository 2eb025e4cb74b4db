//! "Set me up": the lines that the portal shows, made by the same code, run by a shell as they are.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use base64::{Engine, engine::general_purpose::STANDARD};
use berth_app::runtime::Runtime;
use berth_app::snippets::{self, Client, PullCommands, Purpose, Registry, Step, TAG, Target, shell_word, steps};
use serde_json::Value;

use crate::berth::{Berth, PASSWORD, text};
use crate::commands::Shell;
use crate::containerd::Containerd;
use crate::docker::Docker;
use crate::image::Image;
use crate::known::{Trio, Which, ok};
use crate::podman::podman;
use crate::tool::{self, Tool};

/// What the page of the project `team` shows to `user`.
pub fn target(berth: &Berth, user: &str, repository: Option<&str>) -> Target {
    Target {
        registry: Registry { host: berth.host().to_owned(), https: false },
        project: "team".parse().unwrap(),
        repository: repository.map(|name| name.parse().unwrap()),
        tag: TAG.to_owned(),
        username: Some(user.to_owned()),
        push: true,
        public: false,
    }
}

/// Runs the steps of a client in order. Whoever signs in types the password; what is to be pulled is taken away first.
pub async fn run(shell: &Shell, steps: &[Step], before_pull: &str) {
    for step in steps {
        assert_eq!(step.file, None, "{}", step.text);
        if step.purpose == Purpose::Pull && !before_pull.is_empty() {
            shell.ok(before_pull, "").await;
        }
        let input = if step.purpose == Purpose::SignIn { format!("{PASSWORD}\n") } else { String::new() };
        shell.ok(&step.text, &input).await;
    }
}

/// The commands that pages show for what is in a repository of this kind.
fn pulls(berth: &Berth, repository: &str, kind: &str, runtime: Runtime) -> PullCommands {
    PullCommands::new(berth.host(), &repository.parse().unwrap(), kind).by(runtime, false)
}

/// An address of this machine by which others could reach it. Nothing is sent to find it.
fn outward() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|address| !address.is_loopback())
}

#[tokio::test]
async fn docker_is_set_up_as_the_page_says() {
    let Some(docker) = Docker::start().await else { return };
    let berth = Berth::start().await;
    let folder = berth.scratch("docker");
    let client = docker.client("alice");
    let Some(shell) = Shell::new(&folder) else { return };
    let shell = shell.with(&client);
    for (repository, local) in [(None, "my-app"), (Some("team/web/api"), "api")] {
        docker.import(&client, &format!("{local}:latest")).await;
        let target = target(&berth, "alice", repository);
        let image = berth.image(repository.unwrap_or("team/my-app"));
        run(&shell, &steps(Client::Docker, &target), &format!("docker rmi {image}:v1")).await;
    }
    assert_eq!(berth.tags("team", "my-app").await, ["v1"]);
    assert_eq!(berth.tags("team", "web/api").await, ["v1"]);
    let digest = berth.digest("team/web/api", "v1").await;
    shell.ok(&format!("docker rmi {}:v1", berth.image("team/web/api")), "").await;
    shell.ok(&pulls(&berth, "team/web/api", "IMAGE", Runtime::Docker).by_digest(&digest), "").await;
}

#[tokio::test]
async fn docker_is_told_of_plain_http_as_the_page_says() {
    let Some(address) = outward() else { return tool::skip("this machine has no address but its own") };
    let Some(docker) = Docker::start().await else { return };
    let berth = Berth::start_on(address).await;
    let Some(shell) = Shell::new(&berth.scratch("docker")) else { return };
    let client = docker.client("alice");
    let shell = shell.with(&client).stand_in("sudo", "exec \"$@\"").stand_in("systemctl", &docker.restarting());
    let steps = steps(Client::Docker, &target(&berth, "alice", None));
    let [trust, restart, way @ ..] = &steps[..] else { panic!("a file, a restart, and the way") };
    let password = format!("{PASSWORD}\n");
    let said = shell.refused(&way[0].text, &password).await;
    assert!(said.contains("server gave HTTP response to HTTPS client"), "{said}");

    assert_eq!(trust.file.as_deref(), Some("/etc/docker/daemon.json"));
    fs::write(docker.configuration(), &trust.text).unwrap();
    shell.ok(&restart.text, "").await;
    docker.import(&client, "my-app:latest").await;
    run(&shell, way, &format!("docker rmi {}:v1", berth.image("team/my-app"))).await;
    assert_eq!(berth.tags("team", "my-app").await, ["v1"]);
}

#[tokio::test]
async fn nerdctl_is_set_up_as_the_page_says() {
    let Some(containerd) = Containerd::start().await else { return };
    let berth = Berth::start().await;
    let folder = berth.scratch("nerdctl");
    let Some(nerdctl) = containerd.nerdctl(&folder) else { return };
    let Some(shell) = Shell::new(&folder) else { return };
    let shell = shell.with(&nerdctl);
    for (repository, local) in [(None, "my-app"), (Some("team/web/api"), "api")] {
        Image::of_layers(local, 2).save(&folder.join("image.tar"), &format!("{local}:latest"));
        shell.ok("nerdctl load --input image.tar", "").await;
        let target = target(&berth, "alice", repository);
        let image = berth.image(repository.unwrap_or("team/my-app"));
        run(&shell, &steps(Client::Nerdctl, &target), &format!("nerdctl rmi --force {image}:v1")).await;
    }
    assert_eq!(berth.tags("team", "my-app").await, ["v1"]);
    assert_eq!(berth.tags("team", "web/api").await, ["v1"]);
    let digest = berth.digest("team/my-app", "v1").await;
    shell.ok(&format!("nerdctl rmi --force {}:v1", berth.image("team/my-app")), "").await;
    shell.ok(&pulls(&berth, "team/my-app", "IMAGE", Runtime::Nerdctl).by_digest(&digest), "").await;
}

#[tokio::test]
async fn podman_is_set_up_as_the_page_says() {
    let folder = tempfile::Builder::new().prefix("bs").tempdir_in("/tmp").unwrap();
    let Some(podman) = podman(folder.path()) else { return };
    // Nothing but the lines themselves tells it that there is no TLS.
    let registries = folder.path().join("registries.conf");
    fs::write(&registries, "").unwrap();
    let berth = Berth::start().await;
    let Some(shell) = Shell::new(folder.path()) else { return };
    let shell = shell.with(&podman);
    Image::of_layers("setup", 2).save(&folder.path().join("image.tar"), "my-app:latest");
    shell.ok("podman load --quiet --input image.tar", "").await;
    let remove = format!("podman rmi --force {}:v1", berth.image("team/my-app"));
    run(&shell, &steps(Client::Podman, &target(&berth, "alice", None)), &remove).await;
    assert_eq!(berth.tags("team", "my-app").await, ["v1"]);

    // What a page shows beside a tag: its digest, and the line that begins another image.
    let pulls = pulls(&berth, "team/my-app", "IMAGE", Runtime::Podman);
    shell.ok(&remove, "").await;
    shell.ok(&pulls.by_digest(&berth.digest("team/my-app", "v1").await), "").await;
    let base = pulls.as_base("v1").unwrap();
    fs::write(folder.path().join("Dockerfile"), format!("{base}\nENV SHOWN=yes\n")).unwrap();
    shell.ok("podman build --tls-verify=false --tag based .", "").await;

    // A robot's name has what a shell would take for a variable.
    let robot = berth.robot("team", "ci").await;
    let target = Target { username: Some(robot.name), ..target(&berth, "", None) };
    let [login, ..] = &steps(Client::Podman, &target)[..] else { panic!("no steps") };
    assert!(login.text.contains("'robot$team+ci'"), "{}", login.text);
    shell.ok(&login.text, &robot.secret).await;
    shell.ok(&format!("podman pull --tls-verify=false {}:v1", berth.image("team/my-app")), "").await;
}

#[tokio::test]
async fn skopeo_is_set_up_as_the_page_says() {
    let berth = Berth::start().await;
    let folder = berth.scratch("skopeo");
    let Some(trio) = Trio::of(&berth, None).await else { return };
    let Some(shell) = Shell::new(&folder) else { return };
    let shell = shell.with(&trio.skopeo);
    Image::of_layers("setup", 2).save(&folder.join("my-app.tar"), "my-app:latest");
    run(&shell, &steps(Client::Skopeo, &target(&berth, "alice", None)), "").await;
    assert_eq!(berth.tags("team", "my-app").await, ["v1"]);
    assert!(folder.join("my-app/index.json").is_file());
}

#[tokio::test]
async fn helm_is_set_up_as_the_page_says() {
    let berth = Berth::start().await;
    let folder = berth.scratch("helm");
    let Some(helm) = Tool::find_extra("helm", &folder) else { return };
    let helm = helm.env("HELM_REGISTRY_CONFIG", folder.join("registry.json"));
    let helm = helm.env("HELM_CACHE_HOME", folder.join("cache")).env("HELM_CONFIG_HOME", folder.join("config"));
    let Some(shell) = Shell::new(&folder) else { return };
    let shell = shell.with(&helm);
    for (repository, chart) in [(None, "my-chart"), (Some("team/charts/app"), "app")] {
        shell.ok(&format!("helm create {chart}"), "").await;
        let mut steps = steps(Client::Helm, &target(&berth, "alice", repository));
        // No cluster is there: what an installation would send to it is made and not sent.
        for step in steps.iter_mut().filter(|step| step.purpose == Purpose::Install) {
            step.text = step.text.replacen("helm install", "helm template", 1);
        }
        let remove = format!("rm {chart}-0.1.0.tgz");
        run(&shell, &steps, &remove).await;
        assert!(folder.join(format!("{chart}-0.1.0.tgz")).is_file());
        let repository = repository.unwrap_or("team/my-chart");
        let digest = berth.digest(repository, "0.1.0").await;
        shell.ok(&remove, "").await;
        shell.ok(&pulls(&berth, repository, "CHART", Runtime::Docker).by_digest(&digest), "").await;
        // helm names the file after what it was asked for.
        let (_, hex) = digest.split_once(':').unwrap();
        assert!(shell.ok(&format!("ls {chart}*.tgz"), "").await.contains(hex));
    }
    assert_eq!(berth.tags("team", "my-chart").await, ["0.1.0"]);
    assert_eq!(berth.tags("team", "charts/app").await, ["0.1.0"]);
}

#[tokio::test]
async fn cosign_is_set_up_as_the_page_says() {
    let berth = Berth::start().await;
    let folder = berth.scratch("cosign");
    let Some(cosign) = Tool::find_extra("cosign", &folder) else { return };
    let cosign = cosign.env("DOCKER_CONFIG", &folder).env("COSIGN_PASSWORD", "Seal-3");
    let cosign = cosign.env("TUF_ROOT", folder.join("tuf")).env("TUF_MIRROR", "http://127.0.0.1:1");
    let Some(trio) = Trio::of(&berth, Some("alice")).await else { return };
    let layout = berth.scratch("layout");
    Image::of_layers("setup", 2).layout(&layout, "local");
    ok(trio.push(Which::Crane, &layout, &berth.image("team/my-app:v1"))).await;
    let Some(shell) = Shell::new(&folder) else { return };
    run(&shell.with(&cosign), &steps(Client::Cosign, &target(&berth, "alice", None)), "").await;
    let tags = trio.crane.ok(&["ls", &berth.image("team/my-app")]).await;
    assert!(tags.lines().any(|tag| tag.ends_with(".sig")) && tags.lines().count() == 2, "{tags}");
}

#[tokio::test]
async fn oras_is_set_up_as_the_page_says() {
    let berth = Berth::start().await;
    let folder = berth.scratch("oras");
    let Some(oras) = Tool::find_extra("oras", &folder) else { return };
    let oras = oras.env("DOCKER_CONFIG", &folder);
    let Some(shell) = Shell::new(&folder) else { return };
    fs::write(folder.join("README.md"), "# Read me\n").unwrap();
    let shell = shell.with(&oras);
    run(&shell, &steps(Client::Oras, &target(&berth, "alice", None)), "rm README.md").await;
    assert_eq!(fs::read_to_string(folder.join("README.md")).unwrap(), "# Read me\n");
    // Files of any kind are pulled like these.
    let digest = berth.digest("team/my-files", "v1").await;
    for kind in ["UNKNOWN", "WASM", "SBOM"] {
        shell.ok("rm README.md", "").await;
        shell.ok(&pulls(&berth, "team/my-files", kind, Runtime::Docker).by_digest(&digest), "").await;
        assert_eq!(fs::read_to_string(folder.join("README.md")).unwrap(), "# Read me\n");
    }
    assert_eq!(berth.tags("team", "my-files").await, ["v1"]);
}

#[tokio::test]
async fn manifests_of_flux_are_pulled_as_the_page_says() {
    let berth = Berth::start().await;
    let folder = berth.scratch("flux");
    let Some(flux) = Tool::find_extra("flux", &folder) else { return };
    // It signs in with what docker and crane keep.
    let flux = flux.env("DOCKER_CONFIG", &folder);
    let Some(crane) = Tool::find("crane", &folder) else { return };
    let crane = crane.env("DOCKER_CONFIG", &folder);
    let login = ["auth", "login", berth.host(), "-u", "alice", "--password-stdin"];
    crane.ok_with_input(&login, PASSWORD.as_bytes()).await;
    fs::create_dir(folder.join("deploy")).unwrap();
    fs::write(folder.join("deploy/app.yaml"), "kind: ConfigMap\n").unwrap();
    let image = format!("oci://{}:v1", berth.image("team/app"));
    let deploy = folder.join("deploy");
    let push = ["push", "artifact", &image, "--path", text(&deploy), "--insecure-registry"];
    flux.ok(&[&push[..], &["--source", "https://git.example/app", "--revision", "main@sha1:0a"]].concat()).await;
    fs::remove_dir_all(&deploy).unwrap();
    let Some(shell) = Shell::new(&folder) else { return };
    let shell = shell.with(&flux);
    let pulls = pulls(&berth, "team/app", "FLUX", Runtime::Docker);
    for line in [pulls.by_tag("v1"), pulls.by_digest(&berth.digest("team/app", "v1").await)] {
        shell.ok(&line, "").await;
        assert_eq!(fs::read_to_string(folder.join("app.yaml")).unwrap(), "kind: ConfigMap\n", "{line}");
        fs::remove_file(folder.join("app.yaml")).unwrap();
    }
}

#[tokio::test]
async fn models_are_pulled_as_the_page_says() {
    let berth = Berth::start().await;
    let folder = berth.scratch("modctl");
    let Some(modctl) = Tool::find_seldom("modctl", &folder) else { return };
    // It looks up its home by itself.
    let kept = folder.join("kept");
    let modctl = modctl.args(["--storage-dir", text(&kept), "--log-dir", text(&folder)]);
    let Some(trio) = Trio::of(&berth, Some("alice")).await else { return };
    let Some(shell) = Shell::new(&folder) else { return };
    let shell = shell.with(&modctl).with(&trio.skopeo);
    fs::create_dir(folder.join("files")).unwrap();
    fs::write(folder.join("files/config.json"), "{}\n").unwrap();
    fs::write(folder.join("files/small.safetensors"), [7; 4096]).unwrap();
    let (host, image) = (berth.host(), berth.image("team/model:v1"));
    let lines = format!(
        "modctl login --plain-http -u alice -p '{PASSWORD}' {host}\n\
         cd files\nmodctl modelfile generate .\nmodctl build -t {image} .\n\
         modctl push --plain-http {image}\nrm -r ../kept"
    );
    shell.ok(&lines, "").await;
    let pulls = pulls(&berth, "team/model", "CNAI", Runtime::Docker);
    shell.ok(&pulls.by_tag("v1"), "").await;
    let digest = berth.digest("team/model", "v1").await;
    let kept = shell.ok(&format!("modctl inspect {image}"), "").await;
    assert!(kept.contains(&digest), "{kept}");
    shell.ok(&pulls.by_digest(&digest), "").await;
    assert!(folder.join("model/blobs").join(digest.replace(':', "/")).is_file());
}

#[tokio::test]
async fn trivy_reads_an_image_as_the_page_says() {
    let berth = Berth::start().await;
    let folder = berth.scratch("trivy");
    let Some(trivy) = Tool::find_extra("trivy", &folder) else { return };
    let Some(trio) = Trio::of(&berth, Some("alice")).await else { return };
    let layout = berth.scratch("layout");
    Image::of_layers("setup", 2).layout(&layout, "local");
    ok(trio.push(Which::Crane, &layout, &berth.image("team/my-app:v1"))).await;
    // What is known of vulnerabilities is elsewhere: it looks for secrets, for which it reads the same layers.
    let trivy = trivy.env("TRIVY_SCANNERS", "secret").env("TRIVY_SKIP_VERSION_CHECK", "true");
    let trivy = trivy.env("TRIVY_CACHE_DIR", folder.join("cache"));
    let Some(shell) = Shell::new(&folder) else { return };
    let registry = target(&berth, "alice", None).registry;
    let line = snippets::trivy(
        &registry,
        &format!("{}@{}", berth.image("team/my-app"), berth.digest("team/my-app", "v1").await),
    );
    let unsigned = shell.with(&trivy);
    let said = unsigned.refused(&line, "").await;
    assert!(said.contains("UNAUTHORIZED"), "{said}");
    let trivy = trivy.env("TRIVY_USERNAME", "alice").env("TRIVY_PASSWORD", PASSWORD);
    let said = unsigned.with(&trivy).ok(&line, "").await;
    assert!(said.contains("Report Summary"), "{said}");
}

#[tokio::test]
async fn a_pull_secret_signs_in() {
    let berth = Berth::start().await;
    let folder = berth.scratch("kubernetes");
    let Some(kubectl) = Tool::find_extra("kubectl", &folder) else { return };
    let Some(trio) = Trio::of(&berth, Some("alice")).await else { return };
    let layout = berth.scratch("layout");
    Image::of_layers("setup", 2).layout(&layout, "local");
    ok(trio.push(Which::Crane, &layout, &berth.image("team/my-app:v1"))).await;
    let robot = berth.robot("team", "nodes").await;
    let target = Target { username: Some(robot.name), ..target(&berth, "", None) };
    let [secret, pod] = &steps(Client::Kubernetes, &target)[..] else { panic!("a secret and its use") };
    let Some(shell) = Shell::new(&folder) else { return };
    // No cluster is there: what would be sent to it is shown.
    let shell = shell.with(&kubectl);
    let real = folder.join("bin/kubectl-itself");
    fs::rename(folder.join("bin/kubectl"), &real).unwrap();
    let shell = shell.stand_in("kubectl", "if [ \"$1\" = apply ]; then exec cat; fi\nexec kubectl-itself \"$@\"");
    let sent = shell.ok(&secret.text, &robot.secret).await;
    let value = |key: &str| sent.lines().find_map(|line| line.trim().strip_prefix(key)).unwrap().trim().to_owned();
    assert_eq!((value("kind:").as_str(), value("type:").as_str()), ("Secret", "kubernetes.io/dockerconfigjson"));
    let name = value("name:");
    assert!(pod.text.contains(&format!("imagePullSecrets:\n    - name: {name}\n")), "{}", pod.text);
    assert!(pod.text.contains(&format!("image: {}\n", berth.image("team/my-app:v1"))), "{}", pod.text);

    let config = STANDARD.decode(value(".dockerconfigjson:")).unwrap();
    let parsed: Value = serde_json::from_slice(&config).unwrap();
    assert!(parsed["auths"][berth.host()]["auth"].is_string(), "{parsed}");
    let home = berth.scratch("node");
    fs::write(home.join("config.json"), &config).unwrap();
    let Some(crane) = Tool::find("crane", &home) else { return };
    crane.env("DOCKER_CONFIG", &home).ok(&["manifest", &berth.image("team/my-app:v1")]).await;
}

#[tokio::test]
async fn containerd_reads_its_hosts_file() {
    let berth = Berth::start().await;
    let public = Target { public: true, ..target(&berth, "alice", None) };
    let [hosts, _] = &steps(Client::Containerd, &public)[..] else { panic!("a file and a command") };
    let file = hosts.file.as_deref().unwrap();
    assert_eq!(file, format!("/etc/containerd/certs.d/{}/hosts.toml", berth.host()));
    let parsed: toml::Table = toml::from_str(&hosts.text).unwrap();
    let url = format!("http://{}", berth.host());
    assert_eq!(parsed["server"].as_str(), Some(url.as_str()));
    let capabilities = parsed["host"][&url]["capabilities"].as_array().unwrap();
    assert_eq!(capabilities.iter().filter_map(toml::Value::as_str).collect::<Vec<_>>(), ["pull", "resolve"]);

    let Some(containerd) = Containerd::start().await else { return };
    let Some(trio) = Trio::of(&berth, Some("alice")).await else { return };
    let layout = berth.scratch("layout");
    Image::of_layers("setup", 2).layout(&layout, "local");
    ok(trio.push(Which::Crane, &layout, &berth.image("open/my-app:v1"))).await;
    ok(trio.push(Which::Crane, &layout, &berth.image("team/my-app:v1"))).await;
    let folder = berth.scratch("node");
    let written = folder.join(file.strip_prefix('/').unwrap());
    fs::create_dir_all(written.parent().unwrap()).unwrap();
    fs::write(&written, &hosts.text).unwrap();
    let Some(shell) = Shell::new(&folder) else { return };
    // Whoever it is run as gets a machine whose /etc is that of this test.
    let node =
        format!("exec unshare --mount sh -ec 'mount --bind {} /etc; exec \"$@\"' sh \"$@\"", text(&folder.join("etc")));
    let shell = shell.with(containerd.program()).stand_in("sudo", &node);
    let of_open = Target { project: "open".parse().unwrap(), ..public };
    shell.ok(&steps(Client::Containerd, &of_open).pop().unwrap().text, "").await;
    // Of a private project it asks for the password, which it takes from a terminal alone.
    let line = steps(Client::Containerd, &target(&berth, "alice", None)).pop().unwrap().text;
    let typed = format!("script --quiet --return --command {} /dev/null", shell_word(&line));
    shell.refused(&typed, "Wrong-Password-9\n").await;
    shell.ok(&typed, &format!("{PASSWORD}\n")).await;
}
