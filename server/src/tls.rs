//! Certificate and key from files, read again when they change.

use std::{path::Path, sync::Arc, time::Duration, time::SystemTime};

use anyhow::Context;
use arc_swap::ArcSwap;
use berth_domain::certificate;
use berth_types::Timestamp;
use rustls::{
    ServerConfig,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use crate::config::TlsConfig;

/// How often the files are looked at.
const POLL: Duration = Duration::from_secs(2);

/// The pair in force. A pair that cannot be used never replaces one that can.
#[derive(Debug)]
pub struct Certificates {
    files: TlsConfig,
    current: ArcSwap<CertifiedKey>,
}

impl Certificates {
    /// Reads the pair.
    ///
    /// # Errors
    /// Where a file cannot be read, or key and certificate do not belong together.
    pub fn load(files: TlsConfig) -> anyhow::Result<Self> {
        let pair = read(&files)?;
        Ok(Certificates { files, current: ArcSwap::from_pointee(pair) })
    }

    /// Reads the pair again. The present one stays in force where that fails.
    ///
    /// # Errors
    /// As [`Certificates::load`].
    pub fn reload(&self) -> anyhow::Result<()> {
        self.current.store(Arc::new(read(&self.files)?));
        Ok(())
    }

    /// When the certificate in force ends. Nothing where it cannot be read.
    pub fn ends_at(&self) -> Option<Timestamp> {
        certificate::ends_at(self.current.load().cert.first()?)
    }

    /// What rustls needs: the pair in force at each handshake, HTTP/2 before HTTP/1.1.
    ///
    /// # Errors
    /// Where the provider of cryptography lacks the default versions of TLS.
    pub fn server_config(self: &Arc<Self>) -> anyhow::Result<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Reads the pair again whenever a file changes or SIGHUP comes, until `stop` does.
    pub async fn watch(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut hangups = match signal(SignalKind::hangup()) {
            Ok(hangups) => hangups,
            Err(error) => {
                tracing::error!(%error, "cannot listen to SIGHUP, certificates are not read again");
                return;
            }
        };
        let mut seen = self.stamps();
        loop {
            tokio::select! {
                _ = stop.changed() => return,
                _ = hangups.recv() => {}
                () = tokio::time::sleep(POLL) => {
                    let stamps = self.stamps();
                    if stamps == seen {
                        continue;
                    }
                    seen = stamps;
                }
            }
            match self.reload() {
                Ok(()) => {
                    tracing::info!(tls.certificate = %self.files.certificate.display(), "took the new certificate")
                }
                Err(error) => {
                    tracing::error!(
                        error = format!("{error:#}"),
                        "the new certificate cannot be used, the former one stays"
                    );
                }
            }
        }
    }

    fn stamps(&self) -> [Option<(SystemTime, u64)>; 2] {
        [&self.files.certificate, &self.files.key].map(|path| stamp(path))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

fn read(files: &TlsConfig) -> anyhow::Result<CertifiedKey> {
    let certificate = &files.certificate;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .with_context(|| format!("could not read certificates from {}", certificate.display()))?;
    anyhow::ensure!(!chain.is_empty(), "{} has no certificate", certificate.display());
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .with_context(|| format!("could not read a private key from {}", files.key.display()))?;
    CertifiedKey::from_der(chain, key, &rustls::crypto::aws_lc_rs::default_provider())
        .with_context(|| format!("{} and {} do not fit together", certificate.display(), files.key.display()))
}

/// What a changed file shows: Kubernetes and certbot replace links, so the target's own is looked at.
fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: (&str, &str) = (include_str!("../tests/data/one.cert.pem"), include_str!("../tests/data/one.key.pem"));
    const OTHER: (&str, &str) =
        (include_str!("../tests/data/other.cert.pem"), include_str!("../tests/data/other.key.pem"));

    fn write(folder: &Path, pair: (&str, &str)) -> TlsConfig {
        let files = TlsConfig { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
        std::fs::write(&files.certificate, pair.0).unwrap();
        std::fs::write(&files.key, pair.1).unwrap();
        files
    }

    #[test]
    fn a_new_pair_is_taken_and_a_bad_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let certificates = Certificates::load(write(folder.path(), ONE)).unwrap();
        let shown = |certificates: &Certificates| certificates.current.load().cert[0].clone();
        let first = shown(&certificates);

        write(folder.path(), (OTHER.0, ONE.1));
        assert!(format!("{:#}", certificates.reload().unwrap_err()).contains("do not fit together"));
        assert_eq!(shown(&certificates), first);
        write(folder.path(), ("nonsense", ONE.1));
        assert!(certificates.reload().is_err());
        assert_eq!(shown(&certificates), first);

        write(folder.path(), OTHER);
        certificates.reload().unwrap();
        assert_ne!(shown(&certificates), first);
    }

    #[tokio::test]
    async fn changed_files_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let certificates = Arc::new(Certificates::load(write(folder.path(), ONE)).unwrap());
        let first = certificates.current.load().cert[0].clone();
        let (_stop, stopped) = watch::channel(false);
        let watching = tokio::spawn(certificates.clone().watch(stopped));
        tokio::time::sleep(Duration::from_millis(200)).await;
        write(folder.path(), OTHER);
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if certificates.current.load().cert[0] != first {
                watching.abort();
                return;
            }
        }
        panic!("the new certificate was not taken");
    }
}
