//! Where a request came from, and its id. Both are request extensions set once, at the outer edge.

use std::{net::IpAddr, sync::Arc};

use http::HeaderMap;
use ipnet::IpNet;

/// The client's address, after trusted proxies were looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddr(pub IpAddr);

/// The request's id: the client's own `X-Request-Id` where it is sane, else a new UUID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);

/// Marks a request whose connection comes from a trusted proxy, so that its forwarded headers count.
#[derive(Clone, Copy, Debug)]
pub struct ByTrustedProxy;

/// The longest request id that is taken over from a client.
const REQUEST_ID_BYTES_MAX: usize = 128;

impl RequestId {
    /// Takes over the client's or makes a new one.
    pub fn of(headers: &HeaderMap) -> Self {
        let given = headers.get("x-request-id").and_then(|value| value.to_str().ok());
        let sane = |id: &&str| {
            !id.is_empty()
                && id.len() <= REQUEST_ID_BYTES_MAX
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte))
        };
        if let Some(given) = given.filter(sane) {
            return RequestId(given.into());
        }
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        RequestId((&*uuid::Uuid::new_v4().hyphenated().encode_lower(&mut text)).into())
    }
}

/// The client's address: the connection's, or what trusted proxies say in `X-Forwarded-For`.
///
/// The list is read from the right; the first address that is no trusted proxy is the client, since everything left of
/// it can be made up.
pub fn client_addr(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> ClientAddr {
    let peer = peer.to_canonical();
    let is_trusted = |addr: &IpAddr| trusted.iter().any(|net| net.contains(addr));
    if !is_trusted(&peer) {
        return ClientAddr(peer);
    }
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut client = peer;
    for hop in hops.iter().rev() {
        let Ok(addr) = hop.parse::<IpAddr>() else { break };
        client = addr.to_canonical();
        if !is_trusted(&client) {
            break;
        }
    }
    ClientAddr(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "6.6.6.6, 1.2.3.4, 10.0.0.9".parse().unwrap());
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(client_addr(ip("10.0.0.1"), &headers, &trusted), ClientAddr(ip("1.2.3.4")));
        assert_eq!(client_addr(ip("8.8.8.8"), &headers, &trusted), ClientAddr(ip("8.8.8.8")));
        assert_eq!(client_addr(ip("10.0.0.1"), &HeaderMap::new(), &trusted), ClientAddr(ip("10.0.0.1")));
    }

    #[test]
    fn request_ids_are_taken_over_where_they_are_sane() {
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", "abc-1".parse().unwrap());
        assert_eq!(&*RequestId::of(&headers).0, "abc-1");
        headers.insert("x-request-id", "a b".parse().unwrap());
        assert_eq!(RequestId::of(&headers).0.len(), 36);
    }
}
