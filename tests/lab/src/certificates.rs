//! Certificates that only the lab trusts.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

/// An authority of the lab's own and one certificate for all its servers, in files.
#[derive(Debug)]
pub(crate) struct Certificates(TempDir);

impl Certificates {
    /// New ones, for servers with these names.
    pub(crate) fn new(names: Vec<String>) -> io::Result<Self> {
        let wrong = |err: rcgen::Error| io::Error::other(err.to_string());
        let files = Self(tempfile::tempdir()?);
        let authority_key = KeyPair::generate().map_err(wrong)?;
        let mut authority = CertificateParams::new(Vec::new()).map_err(wrong)?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = authority.self_signed(&authority_key).map_err(wrong)?;
        fs::write(files.authority(), certificate.pem())?;

        let key = KeyPair::generate().map_err(wrong)?;
        let issuer = Issuer::from_params(&authority, &authority_key);
        let params = CertificateParams::new(names).map_err(wrong)?;
        let certificate = params.signed_by(&key, &issuer).map_err(wrong)?;
        fs::write(files.certificate(), certificate.pem())?;
        fs::write(files.key(), key.serialize_pem())?;
        Ok(files)
    }

    /// The folder; others may put files there, too.
    pub(crate) fn dir(&self) -> &Path {
        self.0.path()
    }

    /// Whom to trust.
    pub(crate) fn authority(&self) -> PathBuf {
        self.dir().join("authority.pem")
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.dir().join("server.pem")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.dir().join("server.key")
    }
}
