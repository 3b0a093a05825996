//! TLS towards the servers of [`crate::servers`]: which certificates are believed.

use std::{io, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    client::Resumption,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

/// How TLS connections are made; cheap to clone.
pub type Tls = Arc<ClientConfig>;

/// Believes the authorities browsers believe and, beside them, the certificates of the PEM file
/// `trust`.
///
/// # Errors
///
/// If the file cannot be read, has no certificate, or one that makes no sense.
pub fn client_config(trust: Option<&Path>) -> io::Result<Tls> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = trust {
        add_file(&mut roots, path)?;
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // A ticket would tell a server which of its visits were the same device's.
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> io::Result<()> {
    let invalid = |error: String| io::Error::new(io::ErrorKind::InvalidData, error);
    let certificates = CertificateDer::pem_file_iter(path)
        .map_err(|error| invalid(format!("{}: {error}", path.display())))?;
    let mut any = false;
    for certificate in certificates {
        let certificate =
            certificate.map_err(|error| invalid(format!("{}: {error}", path.display())))?;
        roots.add(certificate).map_err(io::Error::other)?;
        any = true;
    }
    if any { Ok(()) } else { Err(invalid(format!("{}: no certificate", path.display()))) }
}

#[cfg(test)]
mod tests {
    use super::client_config;

    #[test]
    fn usual_authorities_are_believed_without_a_file() {
        assert!(client_config(None).is_ok());
    }

    #[test]
    fn file_that_is_missing_or_holds_no_certificate_is_an_error() {
        let own_source = std::path::Path::new(file!());

        assert!(client_config(Some("/nonexistent/ca.pem".as_ref())).is_err());
        assert!(client_config(Some(own_source.file_name().expect("a name").as_ref())).is_err());
    }
}
