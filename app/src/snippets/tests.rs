use super::*;

fn target(host: &str, https: bool, repository: Option<&str>) -> Target {
    Target {
        registry: Registry { host: host.to_owned(), https },
        project: "team".parse().unwrap(),
        repository: repository.map(|name| name.parse().unwrap()),
        tag: TAG.to_owned(),
        username: Some("mei".to_owned()),
        push: true,
        public: false,
    }
}

fn texts(client: Client, target: &Target) -> Vec<String> {
    steps(client, target).into_iter().map(|step| step.text).collect()
}

#[test]
fn codes_are_read_back() {
    for client in Client::ALL {
        assert_eq!(Client::from_code(client.code()), Some(client));
    }
    assert_eq!(Client::from_code("rkt"), None);
}

#[test]
fn engines_over_tls() {
    let target = target("r.example", true, None);
    assert_eq!(
        texts(Client::Docker, &target),
        [
            "docker login r.example -u mei --password-stdin",
            "docker tag my-app:latest r.example/team/my-app:v1",
            "docker push r.example/team/my-app:v1",
            "docker pull r.example/team/my-app:v1",
        ]
    );
    assert_eq!(texts(Client::Podman, &target), texts(Client::Docker, &target).map_words("docker", "podman"));
    assert_eq!(texts(Client::Nerdctl, &target), texts(Client::Docker, &target).map_words("docker", "nerdctl"));
}

trait Words {
    fn map_words(self, from: &str, to: &str) -> Vec<String>;
}

impl Words for Vec<String> {
    fn map_words(self, from: &str, to: &str) -> Vec<String> {
        self.into_iter().map(|text| text.replace(from, to)).collect()
    }
}

#[test]
fn engines_are_told_of_plain_http() {
    let here = target("localhost:5000", false, Some("team/web/api"));
    assert_eq!(
        texts(Client::Podman, &here),
        [
            "podman login --tls-verify=false localhost:5000 -u mei --password-stdin",
            "podman tag api:latest localhost:5000/team/web/api:v1",
            "podman push --tls-verify=false localhost:5000/team/web/api:v1",
            "podman pull --tls-verify=false localhost:5000/team/web/api:v1",
        ]
    );
    assert_eq!(
        texts(Client::Nerdctl, &here),
        [
            "nerdctl --insecure-registry login localhost:5000 -u mei --password-stdin",
            "nerdctl tag api:latest localhost:5000/team/web/api:v1",
            "nerdctl --insecure-registry push localhost:5000/team/web/api:v1",
            "nerdctl --insecure-registry pull localhost:5000/team/web/api:v1",
        ]
    );
    // dockerd takes this machine as it is, and has to be told of any other in a file.
    assert_eq!(steps(Client::Docker, &here)[0].purpose, Purpose::SignIn);
    let there = steps(Client::Docker, &target("10.0.0.9:5000", false, None));
    assert_eq!(there[0].file.as_deref(), Some("/etc/docker/daemon.json"));
    let written: serde_json::Value = serde_json::from_str(&there[0].text).unwrap();
    assert_eq!(written, serde_json::json!({ "insecure-registries": ["10.0.0.9:5000"] }));
    assert_eq!(there[1].text, "sudo systemctl restart docker");
    assert_eq!(there[2].text, "docker login 10.0.0.9:5000 -u mei --password-stdin");
}

#[test]
fn which_hosts_are_this_machine() {
    let of = |host: &str| Registry { host: host.to_owned(), https: false }.is_loopback();
    for here in ["localhost", "localhost:5000", "127.0.0.1", "127.8.9.1:80", "[::1]:5000", "[::1]"] {
        assert!(of(here), "{here}");
    }
    for there in ["r.example", "10.0.0.1:5000", "[2001:db8::1]:5000", "localhost.example:5000", ""] {
        assert!(!of(there), "{there}");
    }
}

#[test]
fn charts_are_pushed_beside_each_other() {
    let plain = target("r.example:8080", false, Some("team/charts/app"));
    assert_eq!(
        texts(Client::Helm, &plain),
        [
            "helm registry login --plain-http r.example:8080 -u mei --password-stdin",
            "helm package ./app --version 0.1.0",
            "helm push --plain-http app-0.1.0.tgz oci://r.example:8080/team/charts",
            "helm pull --plain-http oci://r.example:8080/team/charts/app --version 0.1.0",
            "helm install --plain-http app oci://r.example:8080/team/charts/app --version 0.1.0",
        ]
    );
    let tls = Target { tag: "2.1.0_build.5".to_owned(), ..target("r.example", true, None) };
    let lines = texts(Client::Helm, &tls);
    assert_eq!(lines[2], "helm push my-chart-2.1.0+build.5.tgz oci://r.example/team");
    assert_eq!(lines[3], "helm pull oci://r.example/team/my-chart --version 2.1.0+build.5");
    let tag = Target { tag: "latest".to_owned(), ..tls };
    assert_eq!(texts(Client::Helm, &tag)[1], "helm package ./my-chart --version 0.1.0");
}

#[test]
fn files_signatures_and_copies() {
    let (plain, tls) = (target("r.example:8080", false, Some("team/a/b")), target("r.example", true, None));
    assert_eq!(
        texts(Client::Oras, &plain),
        [
            "oras login --plain-http r.example:8080 -u mei --password-stdin",
            "oras push --plain-http r.example:8080/team/a/b:v1 ./README.md:text/markdown",
            "oras pull --plain-http r.example:8080/team/a/b:v1",
        ]
    );
    assert_eq!(texts(Client::Oras, &tls)[1], "oras push r.example/team/my-files:v1 ./README.md:text/markdown");
    assert_eq!(
        texts(Client::Cosign, &plain)[2],
        "cosign sign --allow-http-registry --key cosign.key --use-signing-config=false --tlog-upload=false \
         r.example:8080/team/a/b:v1"
    );
    assert_eq!(
        texts(Client::Cosign, &tls)[3],
        "cosign verify --key cosign.pub --insecure-ignore-tlog=true r.example/team/my-app:v1"
    );
    assert_eq!(
        texts(Client::Skopeo, &plain),
        [
            "skopeo login --tls-verify=false r.example:8080 -u mei --password-stdin",
            "skopeo copy --dest-tls-verify=false docker-archive:b.tar docker://r.example:8080/team/a/b:v1",
            "skopeo copy --src-tls-verify=false docker://r.example:8080/team/a/b:v1 oci:b:v1",
        ]
    );
    assert_eq!(
        texts(Client::Skopeo, &tls)[1],
        "skopeo copy docker-archive:my-app.tar docker://r.example/team/my-app:v1"
    );
}

#[test]
fn clusters() {
    let plain = steps(Client::Containerd, &target("r.example:8080", false, None));
    assert_eq!(plain[0].file.as_deref(), Some("/etc/containerd/certs.d/r.example:8080/hosts.toml"));
    assert_eq!(
        plain[0].text,
        "server = \"http://r.example:8080\"\n\n[host.\"http://r.example:8080\"]\n  capabilities = [\"pull\", \"resolve\"]\n"
    );
    let pull = "sudo ctr images pull --hosts-dir /etc/containerd/certs.d --user mei r.example:8080/team/my-app:v1";
    assert_eq!(plain[1].text, pull);
    let public = Target { public: true, ..target("r.example", true, None) };
    assert!(!texts(Client::Containerd, &public)[1].contains("--user"));

    let robot =
        Target { username: Some("robot$team+ci".to_owned()), ..target("r.example", true, Some("team/web.a/b_c")) };
    let [secret, pod] = &steps(Client::Kubernetes, &robot)[..] else { panic!("two steps") };
    assert!(secret.text.starts_with("kubectl create secret docker-registry pull-team --docker-server=r.example"));
    assert!(secret.text.contains("--docker-username='robot$team+ci' --docker-password=\"$(cat)\""));
    assert_eq!(pod.file.as_deref(), Some("b-c.yaml"));
    assert!(pod.text.ends_with("image: r.example/team/web.a/b_c:v1\n  imagePullSecrets:\n    - name: pull-team\n"));
}

#[test]
fn nobody_is_shown_what_would_be_refused() {
    let guest = Target { push: false, ..target("r.example", true, None) };
    for client in Client::ALL {
        let purposes: Vec<Purpose> = steps(client, &guest).iter().map(|step| step.purpose).collect();
        assert!(!purposes.contains(&Purpose::Push) && !purposes.contains(&Purpose::Sign), "{client:?}");
    }
    let anybody = Target { username: None, push: false, public: true, ..guest };
    assert_eq!(texts(Client::Docker, &anybody), ["docker pull r.example/team/my-app:v1"]);
    assert_eq!(texts(Client::Kubernetes, &anybody).len(), 1);
}

#[test]
fn words_for_a_shell() {
    assert_eq!(shell_word("mei@x.example"), "mei@x.example");
    assert_eq!(shell_word("mei lin"), "'mei lin'");
    assert_eq!(shell_word("robot$team+ci"), "'robot$team+ci'");
    assert_eq!(shell_word("it's"), r"'it'\''s'");
    assert_eq!(shell_word("-x"), "'-x'");
    assert_eq!(shell_word(""), "''");
}
