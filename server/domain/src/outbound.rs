//! Requests to other systems that an administrator named: bounded in time and size, never redirected, and never to
//! addresses at which a cloud hands its credentials to whoever asks from inside.
//!
//! Private and loopback addresses are allowed: a scanner or a mirror beside the server is the usual case, and only
//! administrators name such systems.

pub(crate) mod probe;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{
    Certificate, Client, ClientBuilder, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE},
    redirect,
};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a whole request may take, its answer included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections that are kept for a while, by system.
const IDLE_CONNECTIONS_MAX: usize = 2;

/// Addresses beside the link-local ones at which clouds answer questions about the machine.
const CLOUD_ADDRESSES: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)),
];

/// Whether the other end has to prove who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certificates {
    /// It has to, by a certificate that the system trusts.
    Checked,
    /// The administrator said that it need not.
    Unchecked,
}

/// A request that reads.
#[derive(Debug)]
pub(crate) struct Get<'g> {
    /// Where.
    pub(crate) url: &'g str,
    /// Whether the other end has to prove who it is.
    pub(crate) certificates: Certificates,
    /// Names in lower case, and values. They may be secret.
    pub(crate) headers: &'g [(&'static str, String)],
    /// The largest answer, in bytes.
    pub(crate) answer_bytes_max: usize,
}

/// A request that brings JSON.
pub(crate) struct Post<'p> {
    /// Where.
    pub(crate) url: &'p str,
    /// Whether the other end has to prove who it is.
    pub(crate) certificates: Certificates,
    /// What proves who asks.
    pub(crate) header: Option<(&'p HeaderName, &'p HeaderValue)>,
    /// The JSON.
    pub(crate) body: String,
    /// How much of the answer is read, in bytes.
    pub(crate) answer_bytes_max: usize,
}

/// What was answered to it.
#[derive(Debug)]
pub(crate) struct Posted {
    /// The status.
    pub(crate) status: u16,
    /// How long it wants to be left alone.
    pub(crate) retry_after: Option<Duration>,
    /// The beginning of the body.
    pub(crate) body: Vec<u8>,
}

/// Basic credentials, `user:password`, as the value of `Authorization`.
pub(crate) fn basic(credential: &str) -> String {
    format!("Basic {}", STANDARD.encode(credential))
}

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// How it wants to be asked (`WWW-Authenticate`).
    pub(crate) challenges: Vec<String>,
}

/// Why there is no answer. The texts are for the administrator who named the system.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// No address of HTTP.
    #[error("`{0}` is no http or https address")]
    Address(String),
    /// Nobody is sent there.
    #[error("{0} is an address that is never called")]
    Denied(IpAddr),
    /// A header that cannot be sent.
    #[error("the credential contains characters that no header can carry")]
    Header,
    /// Nobody answered in time.
    #[error("no answer within {} s", REQUEST_TIMEOUT.as_secs())]
    Late,
    /// The connection or the conversation failed.
    #[error("{0}")]
    Unreachable(String),
    /// More than was asked for.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

/// The clients, each made at its first use.
#[derive(Default)]
pub(crate) struct Outbound {
    checked: OnceLock<Client>,
    unchecked: OnceLock<Client>,
}

impl Outbound {
    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// See [`Failure`]. A status that means failure is an answer all the same.
    pub(crate) async fn get(&self, get: &Get<'_>) -> Result<Answer, Failure> {
        let url = allowed(get.url)?;
        let client = self.client(&url, get.certificates)?;
        send(client, url, get).await
    }

    /// The same, where only these authorities may have signed the other end's certificate.
    ///
    /// # Errors
    /// As [`Outbound::get`], and where the authorities cannot be read.
    pub(crate) async fn get_trusting(&self, get: &Get<'_>, authorities: &Authorities) -> Result<Answer, Failure> {
        let url = allowed(get.url)?;
        let client = builder().tls_certs_only(authorities.0.clone()).build().map_err(|error| failure(&error))?;
        send(&client, url, get).await
    }

    /// Sends JSON. What is answered beside the status is read as far as it comes.
    ///
    /// # Errors
    /// See [`Failure`]. A status that means failure is an answer all the same.
    pub(crate) async fn post(&self, post: Post<'_>) -> Result<Posted, Failure> {
        let url = allowed(post.url)?;
        let mut request = self.client(&url, post.certificates)?.post(url).header(CONTENT_TYPE, "application/json");
        if let Some((name, value)) = post.header {
            request = request.header(name, value);
        }
        let mut response = request.body(post.body).send().await.map_err(|error| failure(&error))?;
        let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = post.answer_bytes_max - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == post.answer_bytes_max {
                break;
            }
        }
        Ok(Posted { status: response.status().as_u16(), retry_after: seconds.map(Duration::from_secs), body })
    }

    fn client(&self, url: &Url, certificates: Certificates) -> Result<&Client, Failure> {
        // Without TLS there is nothing to check, and no need for the system's list of authorities.
        let is_checked = certificates == Certificates::Checked && url.scheme() == "https";
        let cell = if is_checked { &self.checked } else { &self.unchecked };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let client = builder().tls_danger_accept_invalid_certs(!is_checked).build().map_err(|error| failure(&error))?;
        Ok(cell.get_or_init(|| client))
    }
}

/// Authorities that are trusted in the place of the system's.
#[derive(Clone, Debug)]
pub(crate) struct Authorities(Vec<Certificate>);

impl Authorities {
    /// Reads PEM. Nothing where it holds no certificate, or one that is none.
    pub(crate) fn read(pem: &str) -> Option<Self> {
        let certificates = Certificate::from_pem_bundle(pem.as_bytes()).ok().filter(|found| !found.is_empty())?;
        // What a certificate holds is looked at when a client is made of it.
        builder().tls_certs_only(certificates.clone()).build().ok()?;
        Some(Authorities(certificates))
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("berth/", env!("CARGO_PKG_VERSION")))
        // Whoever answers must not send the server elsewhere.
        .redirect(redirect::Policy::none())
        .no_proxy()
        .dns_resolver(Arc::new(Guarded))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
}

async fn send(client: &Client, url: Url, get: &Get<'_>) -> Result<Answer, Failure> {
    let mut request = client.get(url);
    for (name, value) in get.headers {
        let mut value = HeaderValue::from_str(value).map_err(|_| Failure::Header)?;
        value.set_sensitive(true);
        request = request.header(HeaderName::from_static(name), value);
    }
    let mut response = request.send().await.map_err(|error| failure(&error))?;
    let given = response.headers().get_all(WWW_AUTHENTICATE).iter();
    let challenges = given.filter_map(|value| value.to_str().ok().map(str::to_owned)).collect();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + chunk.len() > get.answer_bytes_max {
            return Err(Failure::TooLarge(get.answer_bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status: response.status().as_u16(), body, challenges })
}

/// An address that may be called, as far as it can be told before its name is looked up.
pub(crate) fn allowed(text: &str) -> Result<Url, Failure> {
    let refused = || Failure::Address(text.to_owned());
    let url = Url::parse(text).map_err(|_| refused())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused());
    }
    // Names are looked at when they are resolved; addresses never pass there.
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(refused)?;
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(address) if is_denied(address) => Err(Failure::Denied(address)),
        _ => Ok(url),
    }
}

/// Whether a secret that was meant for one address may be sent to another: the same one, or the same host by TLS.
pub(crate) fn is_same_place(from: &str, to: &str) -> bool {
    let (Ok(from), Ok(to)) = (Url::parse(from), Url::parse(to)) else { return false };
    let is_upgrade = from.scheme() == "http" && to.scheme() == "https" && from.host_str() == to.host_str();
    from.origin() == to.origin() || is_upgrade
}

fn is_denied(address: IpAddr) -> bool {
    let address = carried(address).unwrap_or_else(|| address.to_canonical());
    let is_special = match address {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_broadcast(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    is_special || address.is_unspecified() || address.is_multicast() || CLOUD_ADDRESSES.contains(&address)
}

/// The address of the old kind to which a gateway hands on what is sent to one of the new kind: translated (64:ff9b::/96),
/// tunnelled (2002::/16), or only written as one (::/96).
fn carried(address: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(v6) = address else { return None };
    let (high, low) = match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => (high, low),
        [0x2002, high, low, ..] => (high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => (high, low),
        _ => return None,
    };
    Some(IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))))
}

/// Looks names up and leaves out what is never called, so that a name cannot change its meaning after a check.
struct Guarded;

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(callable(&found)?.into_iter()) as Addrs)
        })
    }
}

/// Those of the addresses of a name that may be called.
pub(crate) fn callable(found: &[SocketAddr]) -> Result<Vec<SocketAddr>, Failure> {
    let allowed: Vec<SocketAddr> = found.iter().copied().filter(|found| !is_denied(found.ip())).collect();
    match found.first() {
        Some(first) if allowed.is_empty() => Err(Failure::Denied(first.ip())),
        _ => Ok(allowed),
    }
}

/// The innermost reason, which is the one that an administrator can do something about.
fn failure(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        return Failure::Late;
    }
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    Failure::Unreachable(reason.to_string())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[test]
    fn only_http_to_addresses_that_may_be_called() {
        for url in
            ["http://trivy:8080", "https://10.1.2.3/x", "http://127.0.0.1:1", "http://[::1]/", "https://[fd00::1]"]
        {
            assert!(allowed(url).is_ok(), "{url}");
        }
        for url in [
            "shoe",
            "ftp://scanner",
            "file:///etc/passwd",
            "http://169.254.169.254/latest",
            // The same address in the other ways that clients accept.
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://[::ffff:169.254.169.254]/",
            "http://[64:ff9b::169.254.169.254]/",
            "http://[2002:a9fe:a9fe::1]/",
            "http://[::169.254.169.254]/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://100.100.100.200/",
            "http://168.63.129.16/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://224.0.0.1/",
        ] {
            assert!(allowed(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_name_leads_to_no_denied_address() {
        let at = |text: &str| SocketAddr::new(text.parse().unwrap(), 80);
        let (cloud, near) = (at("169.254.169.254"), at("10.1.2.3"));
        assert!(matches!(callable(&[cloud]), Err(Failure::Denied(_))));
        assert!(matches!(callable(&[at("::ffff:169.254.169.254"), at("fe80::1")]), Err(Failure::Denied(_))));
        // One good address among its addresses makes the others no better.
        assert_eq!(callable(&[cloud, near, at("fd00:ec2::254")]).unwrap(), [near]);
        assert_eq!(callable(&[]).unwrap(), []);
    }

    #[test]
    fn a_secret_stays_with_its_host() {
        assert!(is_same_place("https://a/x", "https://a/y"));
        assert!(is_same_place("http://a:80", "https://a"));
        for (from, to) in [
            ("https://a", "https://b"),
            ("https://a", "http://a"),
            ("https://a", "https://a:444"),
            ("https://a", "https://a.b"),
            ("https://a", "none"),
        ] {
            assert!(!is_same_place(from, to), "{from} {to}");
        }
    }

    /// Answers one request with these bytes and says what was asked.
    async fn answering(bytes: &'static [u8]) -> (String, tokio::task::JoinHandle<String>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            stream.write_all(bytes).await.unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        (url, asked)
    }

    async fn get(url: &str) -> Result<Answer, Failure> {
        let headers = [("authorization", "Basic abc".to_owned())];
        let get = Get { url, certificates: Certificates::Checked, headers: &headers, answer_bytes_max: 10 };
        Outbound::default().get(&get).await
    }

    #[tokio::test]
    async fn an_answer_comes_whole_or_not_at_all() {
        let (url, asked) = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
        let answer = get(&url).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"ok".as_slice()));
        assert!(asked.await.unwrap().contains("authorization: Basic abc"));

        let (url, _) = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n01234567890").await;
        assert!(matches!(get(&url).await, Err(Failure::TooLarge(10))));
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let answer = b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n";
        let (url, _) = answering(answer).await;
        assert_eq!(get(&url).await.unwrap().status, 302);
    }

    #[tokio::test]
    async fn nobody_there_is_said_in_words() {
        let Err(Failure::Unreachable(reason)) = get("http://127.0.0.1:1/").await else { panic!("somebody answered") };
        assert!(reason.to_lowercase().contains("refused"), "{reason}");
    }
}
