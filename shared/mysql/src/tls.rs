//! TLS to the database: rustls with ring, and the degrees of trust of MySQL's own client.

use mysql_async::{ClientIdentity, SslOpts};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use sluice_bridge::model::failure::SinkError;
use sluice_tls::check_certificates;

/// How much of TLS is asked for: `--ssl-mode` in "Command Options for Encrypted Connections" of
/// the manual of MySQL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    /// None.
    Disabled,
    /// Encryption, if the server has it.
    #[default]
    Preferred,
    /// Encryption, whoever answers.
    Required,
    /// That, and that a trusted authority issued the certificate.
    VerifyCa,
    /// That, and that it names the host.
    VerifyIdentity,
}

impl Mode {
    /// As the address spells it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Mode::Disabled => "DISABLED",
            Mode::Preferred => "PREFERRED",
            Mode::Required => "REQUIRED",
            Mode::VerifyCa => "VERIFY_CA",
            Mode::VerifyIdentity => "VERIFY_IDENTITY",
        }
    }
}

/// TLS as the address asks for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tls {
    pub(crate) mode: Mode,
    /// The authorities' file; without one it is those of the web.
    pub(crate) authorities: Option<String>,
    /// The files of the client's own certificate and of its key.
    pub(crate) identity: Option<(String, String)>,
}

/// What stands for the server's name where it is not to be looked at: the client, up to its
/// version 0.37.1, knows a wrong name by this word in the error's text, and that text tells the
/// name which was looked for.
const NO_NAME: &str = "NotValidForName";

impl Tls {
    /// The client's settings; `None` where nothing is to be encrypted.
    ///
    /// # Errors
    /// `Fatal`, naming the file that cannot be used.
    pub(crate) fn client(&self) -> Result<Option<SslOpts>, SinkError> {
        if self.mode == Mode::Disabled {
            return Ok(None);
        }
        // Whoever comes first decides, and all choose the same.
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
            Mode::VerifyIdentity => client,
            Mode::VerifyCa => client
                .with_danger_skip_domain_validation(true)
                .with_danger_tls_hostname_override(Some(NO_NAME)),
            _ => client.with_danger_accept_invalid_certs(true),
        }))
    }
}

/// A file's content, if it is what it should be.
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
