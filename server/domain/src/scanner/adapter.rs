//! Adapters, which scanners hide behind: how one is asked what it can do.

use std::collections::BTreeMap;

use berth_db::query::scanner::Scanner as Row;
use berth_types::api::ScannerAdapterMetadata;

use super::credential_name;
use crate::{
    Domain, Error, Result,
    outbound::{self, Certificates, Get},
};

/// The largest answer of an adapter about itself, in bytes.
const METADATA_BYTES_MAX: usize = 256 << 10;
/// What an adapter says about itself, by the specification's version.
const METADATA_TYPE: &str = "application/vnd.scanner.adapter.metadata+json; version=1.1";

/// What an adapter is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capability {
    /// Finding vulnerabilities.
    Vulnerability,
    /// Listing what an image is made of.
    Sbom,
}

impl Capability {
    /// Adapters of the first specification name no kind.
    fn is_named(self, kind: &str) -> bool {
        match self {
            Capability::Vulnerability => matches!(kind, "vulnerability" | ""),
            Capability::Sbom => kind == "sbom",
        }
    }
}

/// Whether a scanner takes manifests of a media type, as far as it said when it was asked last.
pub(crate) fn takes(row: &Row, capability: Capability, media_types: &[&str]) -> bool {
    let said: Option<ScannerAdapterMetadata> = row.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok());
    said.unwrap_or_default()
        .capabilities
        .iter()
        .filter(|said| capability.is_named(&said.kind))
        .any(|said| said.consumes_mime_types.iter().any(|taken| media_types.contains(&taken.as_str())))
}

pub(super) fn capabilities(metadata: &ScannerAdapterMetadata) -> BTreeMap<String, bool> {
    let has = |capability: Capability| metadata.capabilities.iter().any(|said| capability.is_named(&said.kind));
    let known = [(Capability::Vulnerability, "support_vulnerability"), (Capability::Sbom, "support_sbom")];
    known.into_iter().filter(|(capability, _)| has(*capability)).map(|(_, name)| (name.to_owned(), true)).collect()
}

/// How an adapter is told who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Auth {
    None,
    Basic,
    Bearer,
    ApiKey,
}

impl Auth {
    pub(super) fn parse(text: &str) -> Result<Self> {
        match text {
            "" => Ok(Auth::None),
            "Basic" => Ok(Auth::Basic),
            "Bearer" => Ok(Auth::Bearer),
            "APIKey" | "X-ScannerAdapter-API-Key" => Ok(Auth::ApiKey),
            _ => Err(Error::BadRequest(format!("auth type {text} is not supported"))),
        }
    }

    fn header(self, credential: &str) -> Option<(&'static str, String)> {
        match self {
            Auth::None => None,
            Auth::Basic => Some(("authorization", outbound::basic(credential))),
            Auth::Bearer => Some(("authorization", format!("Bearer {credential}"))),
            Auth::ApiKey => Some(("x-scanneradapter-api-key", credential.to_owned())),
        }
    }
}

/// Where a scanner is, and how it is talked to.
pub(super) struct Adapter {
    pub(super) url: String,
    pub(super) auth: Auth,
    pub(super) credential: String,
    pub(super) certificates: Certificates,
}

impl Adapter {
    pub(super) fn of(domain: &Domain, row: &Row) -> Result<Self> {
        let sealed = row.credential.as_deref();
        let credential = sealed.map(|sealed| domain.unseal(&credential_name(&row.uuid), sealed)).transpose()?;
        Ok(Adapter {
            url: row.url.clone(),
            auth: Auth::parse(&row.auth)?,
            credential: credential.unwrap_or_default(),
            certificates: if row.skip_cert_verify { Certificates::Unchecked } else { Certificates::Checked },
        })
    }

    /// What the adapter says of itself, or in words why it says nothing that can be used.
    pub(super) async fn ask(&self, domain: &Domain) -> std::result::Result<ScannerAdapterMetadata, String> {
        let url = format!("{}/api/v1/metadata", self.url.trim_end_matches('/'));
        let mut headers = vec![("accept", METADATA_TYPE.to_owned())];
        headers.extend(self.auth.header(&self.credential));
        let get =
            Get { url: &url, certificates: self.certificates, headers: &headers, answer_bytes_max: METADATA_BYTES_MAX };
        let answer = domain.outbound.get(&get).await.map_err(|failure| failure.to_string())?;
        if answer.status != 200 {
            return Err(format!("{url} answers with status {}", answer.status));
        }
        let metadata: ScannerAdapterMetadata =
            serde_json::from_slice(&answer.body).map_err(|_| format!("{url} does not answer as a scanner does"))?;
        check_metadata(&metadata)?;
        Ok(metadata)
    }
}

/// What the specification wants at least.
fn check_metadata(metadata: &ScannerAdapterMetadata) -> std::result::Result<(), String> {
    let named = metadata.scanner.as_ref();
    let is_named = named
        .is_some_and(|scanner| !scanner.name.is_empty() && !scanner.vendor.is_empty() && !scanner.version.is_empty());
    if !is_named {
        return Err("the scanner's name, vendor or version is missing in its metadata".to_owned());
    }
    if metadata.capabilities.is_empty() {
        return Err("the capabilities are missing in the scanner's metadata".to_owned());
    }
    let is_empty = |types: &[String]| types.is_empty();
    if metadata
        .capabilities
        .iter()
        .any(|said| is_empty(&said.consumes_mime_types) || is_empty(&said.produces_mime_types))
    {
        return Err("a capability in the scanner's metadata consumes or produces nothing".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{super::tests::metadata, *};

    #[test]
    fn metadata_names_a_scanner_that_can_do_something() {
        let check = |text: &str| check_metadata(&serde_json::from_str(text).unwrap());
        assert!(check(&metadata("vulnerability")).is_ok());
        for bad in [
            "{}",
            r#"{"scanner":{"name":"S","vendor":"V","version":"1"}}"#,
            r#"{"scanner":{"name":"S","vendor":"V"},"capabilities":[{"consumes_mime_types":["a"],"produces_mime_types":["b"]}]}"#,
            r#"{"scanner":{"name":"S","vendor":"V","version":"1"},"capabilities":[{"consumes_mime_types":["a"]}]}"#,
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_adapter_is_told_who_asks() {
        let header = |auth: &str| Auth::parse(auth).unwrap().header("u:p");
        assert_eq!(header(""), None);
        assert_eq!(header("Basic"), Some(("authorization", "Basic dTpw".to_owned())));
        assert_eq!(header("Bearer"), Some(("authorization", "Bearer u:p".to_owned())));
        assert_eq!(header("APIKey"), Some(("x-scanneradapter-api-key", "u:p".to_owned())));
        assert!(Auth::parse("Shoe").is_err());
    }
}
