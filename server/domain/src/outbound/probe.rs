//! The way to another system, one step at a time: its addresses, a connection, a handshake. For tests of connections,
//! which say where the way ends; requests take the whole way at once.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use berth_types::Timestamp;
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{CONNECT_TIMEOUT, Certificates, Failure, callable};
use crate::certificate;

/// How long a look-up of a name and a handshake may take, each.
const STEP_TIMEOUT: Duration = Duration::from_secs(5);

/// The addresses of a host that may be called.
///
/// # Errors
/// [`Failure::Denied`] where none of them may be; [`Failure::Unreachable`] where there is none.
pub(crate) async fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let found = tokio::time::timeout(STEP_TIMEOUT, lookup_host((host, port))).await.map_err(|_| Failure::Late)?;
    let found: Vec<SocketAddr> = found.map_err(|error| Failure::Unreachable(error.to_string()))?.collect();
    if found.is_empty() {
        return Err(Failure::Unreachable(format!("the name {host} has no address")));
    }
    callable(&found)
}

/// A connection to the first of the addresses that takes one.
///
/// # Errors
/// What the last of them said.
pub(crate) async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Failure> {
    let attempt = async {
        let mut said = Failure::Late;
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => said = Failure::Unreachable(error.to_string()),
            }
        }
        Err(said)
    };
    tokio::time::timeout(CONNECT_TIMEOUT, attempt).await.unwrap_or(Err(Failure::Late))
}

/// What a handshake showed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Handshake {
    /// `1.2` or `1.3`.
    pub(crate) version: &'static str,
    /// Certificates that were sent.
    pub(crate) chain: usize,
    /// When the first of them ends.
    pub(crate) expires_at: Option<Timestamp>,
    /// Why the certificate proves nothing, where it does not.
    pub(crate) distrust: Option<String>,
}

/// Shakes hands, whatever the certificate is worth: nothing is sent over the connection. `authorities` are PEM and take the
/// place of the system's.
///
/// # Errors
/// [`Failure::Unreachable`] where the other end speaks no TLS, or none that we do.
pub(crate) async fn shake(stream: TcpStream, host: &str, authorities: Option<&str>) -> Result<Handshake, Failure> {
    let (stream, distrust) = handshake(stream, host, authorities).await?;
    let (_, connection) = stream.get_ref();
    let certificates = connection.peer_certificates().unwrap_or_default();
    let version = match connection.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_2) => "1.2",
        _ => "1.3",
    };
    Ok(Handshake {
        version,
        chain: certificates.len(),
        expires_at: certificates.first().and_then(|first| certificate::ends_at(first)),
        distrust,
    })
}

/// A connection over TLS.
///
/// # Errors
/// [`Failure::Unreachable`] where the other end speaks no TLS, or has to prove who it is and does not.
pub(crate) async fn secure(
    stream: TcpStream,
    host: &str,
    certificates: Certificates,
) -> Result<TlsStream<TcpStream>, Failure> {
    match (handshake(stream, host, None).await?, certificates) {
        ((_, Some(distrust)), Certificates::Checked) => Err(Failure::Unreachable(distrust)),
        ((stream, _), _) => Ok(stream),
    }
}

/// Shakes hands whatever the certificate is worth, and says why it proves nothing where it does not.
async fn handshake(
    stream: TcpStream,
    host: &str,
    authorities: Option<&str>,
) -> Result<(TlsStream<TcpStream>, Option<String>), Failure> {
    let broken = |error: String| Failure::Unreachable(error);
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(bare).map_err(|error| broken(error.to_string()))?;
    let pem = authorities.map(str::to_owned);
    // The system's authorities are files that are read here.
    let noting = tokio::task::spawn_blocking(move || Noting::new(pem.as_deref()));
    let noting = Arc::new(noting.await.map_err(|error| broken(error.to_string()))?);
    let config = ClientConfig::builder_with_provider(Arc::clone(&noting.provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| broken(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&noting) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
    let done = tokio::time::timeout(STEP_TIMEOUT, handshake).await.map_err(|_| Failure::Late)?;
    let stream = done.map_err(|error| broken(error.to_string()))?;
    let distrust = noting.distrust.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok((stream, distrust))
}

/// Takes every certificate, and notes what the usual check says of it.
#[derive(Debug)]
struct Noting {
    provider: Arc<CryptoProvider>,
    usual: Result<Arc<dyn ServerCertVerifier>, String>,
    distrust: Mutex<Option<String>>,
}

impl Noting {
    fn new(authorities: Option<&str>) -> Self {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let usual = match authorities {
            Some(pem) => of_authorities(pem, &provider),
            None => rustls_platform_verifier::Verifier::new(Arc::clone(&provider))
                .map(|verifier| Arc::new(verifier) as Arc<dyn ServerCertVerifier>)
                .map_err(|error| error.to_string()),
        };
        Noting { provider, usual, distrust: Mutex::new(None) }
    }
}

fn of_authorities(pem: &str, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
    verifier.map(|verifier| verifier as Arc<dyn ServerCertVerifier>).map_err(|error| error.to_string())
}

impl ServerCertVerifier for Noting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let said = match &self.usual {
            Ok(usual) => usual
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .map(drop)
                .map_err(|error| error.to_string()),
            Err(reason) => Err(reason.clone()),
        };
        *self.distrust.lock().unwrap_or_else(PoisonError::into_inner) = said.err();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &[u8] = include_bytes!("../../../tests/data/one.cert.pem");

    #[tokio::test]
    async fn addresses_of_clouds_are_not_looked_up_by_another_name() {
        assert!(matches!(addresses("169.254.169.254", 80).await, Err(Failure::Denied(_))));
        assert!(matches!(addresses("[::ffff:169.254.169.254]", 80).await, Err(Failure::Denied(_))));
        assert_eq!(addresses("127.0.0.1", 80).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn whoever_speaks_no_tls_fails_the_handshake() {
        use tokio::io::AsyncWriteExt;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        });
        let stream = connect(&[address]).await.unwrap();
        let refused = shake(stream, "localhost", Some(std::str::from_utf8(CERTIFICATE).unwrap())).await;
        assert!(matches!(refused, Err(Failure::Unreachable(_))), "{refused:?}");
    }
}
