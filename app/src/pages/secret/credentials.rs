//! A name and a secret in the forms that programs read.

use crate::snippets::shell_word;
use serde_json::json;

/// How a program signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// The host of the registry, with its port.
    pub host: &'a str,
    /// The full name.
    pub name: &'a str,
    /// The secret.
    pub secret: &'a str,
}

/// A file for download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What the browser calls it.
    pub name: String,
    /// Its content as an address.
    pub href: String,
}

impl File {
    /// A file of plain text.
    pub fn text(name: &str, content: &str) -> File {
        File::new(name, "text/plain", content)
    }

    fn new(name: &str, media_type: &str, content: &str) -> File {
        File { name: name.to_owned(), href: format!("data:{media_type};base64,{}", base64(content.as_bytes())) }
    }
}

impl Credentials<'_> {
    /// The command to sign in. It reads the secret from standard input, so that no history and no process list has it.
    pub fn login(&self) -> String {
        format!("docker login {} -u {} --password-stdin", self.host, shell_word(self.name))
    }

    /// The secret alone.
    pub fn plain(&self) -> File {
        File::new(&format!("{}.txt", self.stem()), "text/plain", self.secret)
    }

    /// What docker, podman and others read: `~/.docker/config.json`.
    pub fn docker_config(&self) -> File {
        File::new("config.json", "application/json", &format!("{:#}\n", self.config()))
    }

    /// A pull secret, for `kubectl apply -f`.
    pub fn kubernetes(&self) -> File {
        let secret = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": self.stem() },
            "type": "kubernetes.io/dockerconfigjson",
            "data": { ".dockerconfigjson": base64(self.config().to_string().as_bytes()) },
        });
        // JSON is YAML.
        File::new(&format!("{}.yaml", self.stem()), "application/yaml", &format!("{secret:#}\n"))
    }

    /// Variables, for pipelines.
    pub fn environment(&self) -> File {
        let line = |name: &str, value: &str| format!("{name}='{}'\n", value.replace('\'', r"'\''"));
        let text = [
            line("REGISTRY_HOST", self.host),
            line("REGISTRY_USERNAME", self.name),
            line("REGISTRY_PASSWORD", self.secret),
        ];
        File::new(&format!("{}.env", self.stem()), "text/plain", &text.concat())
    }

    fn config(&self) -> serde_json::Value {
        let auth = base64(format!("{}:{}", self.name, self.secret).as_bytes());
        json!({ "auths": { self.host: { "auth": auth } } })
    }

    /// The name with only what file names and Kubernetes take.
    fn stem(&self) -> String {
        let plain = self.name.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-");
        plain.trim_matches(['-', '.']).to_owned()
    }
}

/// Base64 with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or_default());
        let bits = (at(0) << 16) | (at(1) << 8) | at(2);
        for place in 0..4 {
            let digit = ALPHABET[((bits >> (18 - 6 * place)) & 63) as usize];
            text.push(if place > chunk.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::base64::Engine;
    use ::base64::engine::general_purpose::STANDARD;

    const ROBOT: Credentials<'static> =
        Credentials { host: "r.example:5000", name: "robot$team+ci", secret: "s3'Cret" };

    fn content(file: &File) -> String {
        let (_, encoded) = file.href.split_once(";base64,").unwrap();
        String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
    }

    #[test]
    fn base64_is_the_usual_one() {
        for size in 0..70_u8 {
            let bytes: Vec<u8> = (0..size).map(|n| n.wrapping_mul(37)).collect();
            assert_eq!(base64(&bytes), STANDARD.encode(&bytes));
        }
    }

    #[test]
    fn the_command_never_holds_the_secret() {
        assert_eq!(ROBOT.login(), "docker login r.example:5000 -u 'robot$team+ci' --password-stdin");
    }

    #[test]
    fn files_say_what_programs_read() {
        let auth = STANDARD.encode("robot$team+ci:s3'Cret");
        let config = content(&ROBOT.docker_config());
        let config: serde_json::Value = serde_json::from_str(&config).unwrap();
        assert_eq!(config["auths"]["r.example:5000"]["auth"], auth);
        let secret: serde_json::Value = serde_json::from_str(&content(&ROBOT.kubernetes())).unwrap();
        assert_eq!(secret["metadata"]["name"], "robot-team-ci");
        let inner = STANDARD.decode(secret["data"][".dockerconfigjson"].as_str().unwrap()).unwrap();
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&inner).unwrap(), config);
        let variables = content(&ROBOT.environment());
        assert!(variables.contains("REGISTRY_USERNAME='robot$team+ci'\n"), "{variables}");
        assert!(variables.contains(r"REGISTRY_PASSWORD='s3'\''Cret'"), "{variables}");
        assert_eq!((content(&ROBOT.plain()).as_str(), ROBOT.plain().name.as_str()), ("s3'Cret", "robot-team-ci.txt"));
    }
}
