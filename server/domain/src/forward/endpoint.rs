//! What the settings say of the receiver of audit entries: where it is, what proves who asks, whom it has to be.

use std::fmt;

use reqwest::{
    Url,
    header::{AUTHORIZATION, HeaderName, HeaderValue},
};

use crate::outbound::{Certificates, is_same_place};

/// The port of syslog over TLS.
const TLS_PORT: u16 = 6514;
/// Where receivers of OTLP take logs, for addresses without a path.
const OTLP_PATH: &str = "/v1/logs";
/// What the name of a parameter of an address contains where its value is secret.
const SECRET_WORDS: [&str; 6] = ["token", "key", "secret", "passw", "auth", "sig"];

/// Who takes audit entries, and how.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// `host:port` or `tcp://host:port`: a message of syslog a line.
    Tcp(String),
    /// `udp://host:port`: a message of syslog a datagram.
    Udp(String),
    /// `tls://host:port`: lines over TLS.
    Tls(String, u16),
    /// `http://…` or `https://…`: batches as JSON arrays.
    Json(Url),
    /// `otlp+http://…` or `otlp+https://…`: batches as logs of OpenTelemetry, in JSON.
    Otlp(Url),
}

impl Endpoint {
    /// Reads the setting. Nothing where it is empty.
    ///
    /// # Errors
    /// Why it cannot be an address.
    pub(crate) fn read(text: &str) -> Result<Option<Self>, String> {
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok((!text.is_empty()).then(|| Endpoint::Tcp(text.to_owned())));
        };
        Ok(Some(match scheme.to_ascii_lowercase().as_str() {
            "udp" => Endpoint::Udp(rest.to_owned()),
            "tcp" => Endpoint::Tcp(rest.to_owned()),
            "tls" => {
                let url = address(text)?;
                let host = url.host_str().unwrap_or_default();
                Endpoint::Tls(host.to_owned(), url.port().unwrap_or(TLS_PORT))
            }
            "http" | "https" => Endpoint::Json(address(text)?),
            "otlp+http" | "otlp+https" => {
                let mut url = address(&text["otlp+".len()..])?;
                if url.path() == "/" {
                    url.set_path(OTLP_PATH);
                }
                Endpoint::Otlp(url)
            }
            // Another scheme is no address, and connecting to it says so, as in Harbor.
            _ => Endpoint::Tcp(text.to_owned()),
        }))
    }

    /// Where requests go, where they do.
    pub(super) fn url(&self) -> Option<&Url> {
        match self {
            Endpoint::Json(url) | Endpoint::Otlp(url) => Some(url),
            Endpoint::Tcp(_) | Endpoint::Udp(_) | Endpoint::Tls(..) => None,
        }
    }

    /// Whether what proves who asks may be sent here, where it was meant for another endpoint.
    pub(crate) fn shares_secrets_with(&self, other: &Endpoint) -> bool {
        matches!((self.url(), other.url()), (Some(to), Some(from)) if is_same_place(from.as_str(), to.as_str()))
    }
}

// Somebody may have put into a path or a parameter what is not for logs.
impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Tcp(address) => write!(formatter, "tcp://{address}"),
            Endpoint::Udp(address) => write!(formatter, "udp://{address}"),
            Endpoint::Tls(host, port) => write!(formatter, "tls://{host}:{port}"),
            Endpoint::Json(url) => formatter.write_str(&url.origin().ascii_serialization()),
            Endpoint::Otlp(url) => write!(formatter, "otlp+{}", url.origin().ascii_serialization()),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// An address without anything secret, as far as that can be seen.
fn address(text: &str) -> Result<Url, String> {
    if text.contains(|char: char| char.is_control() || char.is_whitespace()) {
        return Err("an address holds no spaces and control characters".to_owned());
    }
    let url = Url::parse(text).map_err(|error| format!("it is no address: {error}"))?;
    if url.host_str().unwrap_or_default().is_empty() {
        return Err("the address names no host".to_owned());
    }
    let place = "audit_log_forward_header is the place for what proves who asks";
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("an address holds no user and password: {place}"));
    }
    let is_secret = |name: &str| SECRET_WORDS.iter().any(|word| name.to_ascii_lowercase().contains(word));
    if let Some((name, _)) = url.query_pairs().find(|(name, _)| is_secret(name)) {
        return Err(format!(
            "the parameter {name} looks like a secret, and everybody who sees settings sees addresses: {place}"
        ));
    }
    Ok(url)
}

/// A header that proves who asks.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(super) name: HeaderName,
    pub(super) value: HeaderValue,
}

impl Proof {
    /// Reads the setting: a value of `Authorization`, or `Name: value`. Nothing where it is empty.
    ///
    /// # Errors
    /// Where no header can carry it. The text is nowhere in the reason.
    pub(crate) fn read(text: &str) -> Result<Option<Self>, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        // A value of `Authorization` begins with its scheme and a space, so no colon can follow its first word.
        let named = text.split_once(':').and_then(|(name, value)| Some((name.parse::<HeaderName>().ok()?, value)));
        let (name, value) = named.unwrap_or((AUTHORIZATION, text));
        let mut value =
            HeaderValue::from_str(value.trim()).map_err(|_| "it contains characters that no header can carry")?;
        value.set_sensitive(true);
        Ok(Some(Proof { name, value }))
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: [redacted]", self.name)
    }
}

/// A receiver with all that is needed to talk to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Where it is.
    pub(super) endpoint: Endpoint,
    /// What is sent along to endpoints of HTTP.
    pub(super) proof: Option<Proof>,
    /// Whether it has to prove who it is.
    pub(super) certificates: Certificates,
}

impl Target {
    /// Reads the settings. What cannot be read counts as nothing: who sets it is told.
    pub(crate) fn read(endpoint: &str, header: &str, certificates: Certificates) -> Option<Self> {
        Some(Target {
            endpoint: Endpoint::read(endpoint).ok().flatten()?,
            proof: Proof::read(header).ok().flatten(),
            certificates,
        })
    }

    /// Whether entries go there as requests, and not as messages of syslog.
    pub(crate) fn is_asked_by_requests(&self) -> bool {
        self.endpoint.url().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Endpoint {
        Endpoint::read(text).unwrap().unwrap()
    }

    #[test]
    fn endpoints_are_read_as_harbor_reads_them_and_more_besides() {
        assert_eq!(Endpoint::read(" "), Ok(None));
        assert_eq!(read("log:514"), Endpoint::Tcp("log:514".to_owned()));
        assert_eq!(read("tcp://log:514"), Endpoint::Tcp("log:514".to_owned()));
        assert_eq!(read("udp://log:514"), Endpoint::Udp("log:514".to_owned()));
        assert_eq!(read("gopher://log"), Endpoint::Tcp("gopher://log".to_owned()));
        assert_eq!(read("tls://log"), Endpoint::Tls("log".to_owned(), 6514));
        assert_eq!(read("tls://[::1]:1514"), Endpoint::Tls("[::1]".to_owned(), 1514));
        let url = |endpoint: Endpoint| endpoint.url().map(Url::to_string).unwrap();
        assert!(matches!(read("HTTPS://siem.example/x?source=berth"), Endpoint::Json(_)));
        assert_eq!(url(read("https://siem.example/x?source=berth")), "https://siem.example/x?source=berth");
        assert!(matches!(read("otlp+http://collector:4318"), Endpoint::Otlp(_)));
        assert_eq!(url(read("otlp+http://collector:4318")), "http://collector:4318/v1/logs");
        assert_eq!(url(read("OTLP+https://collector/own/logs")), "https://collector/own/logs");
    }

    #[test]
    fn what_cannot_be_an_address_is_said() {
        let why = |text: &str| Endpoint::read(text).unwrap_err();
        insta::assert_snapshot!(why("https://"), @"it is no address: empty host");
        insta::assert_snapshot!(why("https://a b/"), @"an address holds no spaces and control characters");
        insta::assert_snapshot!(why("tls://"), @"the address names no host");
        insta::assert_snapshot!(why("otlp+https://me:hidden@collector:4318"),
            @"an address holds no user and password: audit_log_forward_header is the place for what proves who asks");
        insta::assert_snapshot!(why("https://siem/x?Api-Key=hidden"),
            @"the parameter Api-Key looks like a secret, and everybody who sees settings sees addresses: audit_log_forward_header is the place for what proves who asks");
    }

    #[test]
    fn a_header_has_a_name_or_is_authorization() {
        let read = |text: &str| {
            let proof = Proof::read(text).unwrap().unwrap();
            format!("{}={}", proof.name, proof.value.to_str().unwrap())
        };
        assert_eq!(Proof::read("  "), Ok(None));
        assert_eq!(read("Bearer a:b"), "authorization=Bearer a:b");
        assert_eq!(read("X-Api-Key: a:b"), "x-api-key=a:b");
        assert!(Proof::read("X-Key: ein\u{7}").is_err());
        let shown = format!("{:?}", Target::read("https://siem/path", "Bearer hidden", Certificates::Checked));
        assert!(!shown.contains("hidden") && !shown.contains("path"), "{shown}");
    }

    #[test]
    fn a_secret_stays_with_its_receiver() {
        let shares = |to: &str, from: &str| read(to).shares_secrets_with(&read(from));
        assert!(shares("https://siem/new", "https://siem/old"));
        assert!(shares("otlp+https://siem/v1/logs", "https://siem/old"));
        assert!(!shares("https://other/", "https://siem/"));
        assert!(!shares("http://siem/", "https://siem/"));
        assert!(!shares("log:514", "https://siem/"));
    }
}
