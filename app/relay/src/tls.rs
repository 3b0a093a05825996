//! The relay's certificate, from files that something else renews.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

/// Where the certificate lies, in PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate and those between it and the root.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Speaks TLS with the files' present content.
pub(crate) struct Tls {
    files: TlsFiles,
    loaded: Mutex<Loaded>,
}

struct Loaded {
    acceptor: TlsAcceptor,
    /// When the files were last changed before they were read.
    changed: (SystemTime, SystemTime),
}

impl Tls {
    /// Reads the files.
    pub(crate) fn load(files: TlsFiles) -> io::Result<Self> {
        let loaded = Loaded::read(&files)?;
        Ok(Self { files, loaded: Mutex::new(loaded) })
    }

    /// What accepts connections. Renewed files are read; if they are not whole yet, the old
    /// certificate serves on.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if changed(&self.files).is_ok_and(|changed| changed != loaded.changed) {
            match Loaded::read(&self.files) {
                Ok(new) => *loaded = new,
                Err(err) => log::warn!("relay: the renewed certificate is not usable: {err}"),
            }
        }
        loaded.acceptor.clone()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Loaded {
    fn read(files: &TlsFiles) -> io::Result<Self> {
        let changed = changed(files)?;
        let chain: Vec<_> = CertificateDer::pem_file_iter(&files.cert)
            .and_then(Iterator::collect)
            .map_err(|err| unusable(&files.cert, &err))?;
        let key =
            PrivateKeyDer::from_pem_file(&files.key).map_err(|err| unusable(&files.key, &err))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|err| unusable(&files.cert, &err))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), changed })
    }
}

fn changed(files: &TlsFiles) -> io::Result<(SystemTime, SystemTime)> {
    let of = |file: &Path| {
        std::fs::metadata(file).and_then(|data| data.modified()).map_err(|err| unusable(file, &err))
    };
    Ok((of(&files.cert)?, of(&files.key)?))
}

fn unusable(file: &Path, err: &dyn fmt::Display) -> io::Error {
    io::Error::other(format!("{}: {err}", file.display()))
}
