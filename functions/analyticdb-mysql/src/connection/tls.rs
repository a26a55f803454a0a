//! TLS to the database: rustls with ring, and the `ssl-mode` values of MySQL's own client.

use mysql_async::{ClientIdentity, SslOpts};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use sluice_bridge::model::failure::SinkError;
use sluice_tls::check_certificates;

/// The security level: `--ssl-mode` in "Command Options for Encrypted Connections" of the manual of MySQL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SslMode {
    /// No encryption.
    Disabled,
    /// Encryption if the server supports it.
    #[default]
    Preferred,
    /// Encryption, without a check of the certificate.
    Required,
    /// Encryption, and the certificate must be issued by a trusted authority.
    VerifyCa,
    /// As `VerifyCa`, and the certificate must contain the host's name.
    VerifyIdentity,
}

impl SslMode {
    /// The value in a URL.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            SslMode::Disabled => "DISABLED",
            SslMode::Preferred => "PREFERRED",
            SslMode::Required => "REQUIRED",
            SslMode::VerifyCa => "VERIFY_CA",
            SslMode::VerifyIdentity => "VERIFY_IDENTITY",
        }
    }
}

/// The TLS settings of the URL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tls {
    pub(crate) mode: SslMode,
    /// The file of trusted authorities; by default the bundled web roots.
    pub(crate) authorities: Option<String>,
    /// The files of the client's certificate and its key.
    pub(crate) identity: Option<(String, String)>,
}

/// The host name for a connection whose host name is not checked. The client, up to its version 0.37.1,
/// recognizes a wrong name by this word in the error's text, and that text contains the expected name.
const NO_NAME: &str = "NotValidForName";

impl Tls {
    /// The client's settings; `None` without encryption.
    ///
    /// # Errors
    /// `Fatal` if a file cannot be used. The error names the file.
    pub(crate) fn client(&self) -> Result<Option<SslOpts>, SinkError> {
        if self.mode == SslMode::Disabled {
            return Ok(None);
        }
        // The first call in the process decides, and all calls choose the same provider.
        let _ = ring::default_provider().install_default();
        let mut client = SslOpts::default();
        if let Some(file) = &self.authorities {
            let authorities = read("ssl-ca", file, check_certificates)?;
            client =
                client.with_root_certs(vec![authorities.into()]).with_disable_built_in_roots(true);
        }
        if let Some((certificate, key)) = &self.identity {
            let certificate = read("ssl-cert", certificate, check_certificates)?;
            let key = read("ssl-key", key, |pem| PrivateKeyDer::from_pem_slice(pem).map(|_| ()))?;
            client = client
                .with_client_identity(Some(ClientIdentity::new(certificate.into(), key.into())));
        }
        Ok(Some(match self.mode {
            SslMode::VerifyIdentity => client,
            SslMode::VerifyCa => client
                .with_danger_skip_domain_validation(true)
                .with_danger_tls_hostname_override(Some(NO_NAME)),
            _ => client.with_danger_accept_invalid_certs(true),
        }))
    }
}

/// Reads a file and checks its content.
fn read<E: std::fmt::Display>(
    name: &str,
    file: &str,
    check: impl Fn(&[u8]) -> Result<(), E>,
) -> Result<Vec<u8>, SinkError> {
    let unusable = |why: String| SinkError::fatal(format!("{name}={file} cannot be used: {why}"));
    let content = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
    check(&content).map_err(|error| unusable(error.to_string()))?;
    Ok(content)
}
