//! The client's side of TLS, configured by an address and by options.

use std::fmt;
use std::sync::Arc;

use rustls::client::{ClientConfig, WebPkiServerVerifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys, RootCertStore};

use crate::verifier::{Chain, Verifier};

/// How much of the server's certificate is verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Trust {
    /// Nothing: encryption only.
    #[default]
    Anybody,
    /// A trusted authority issued it, or it is itself a trusted one.
    Authority,
    /// The same, and it names the host.
    Host,
}

/// Certificates or a key.
#[derive(Clone, PartialEq, Eq)]
pub enum Pem {
    /// A file: PEM, or DER for a key.
    File(String),
    /// The PEM text itself.
    Text(String),
}

/// A client's settings for TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// How much is verified.
    pub trust: Trust,
    /// The trusted authorities; by default those of the web.
    pub authorities: Option<Pem>,
    /// The client's own certificate with its chain, and its key.
    pub identity: Option<(Pem, Pem)>,
}

/// Which part of [`Tls`] cannot be used, and why. The text contains nothing of a key.
#[derive(Debug)]
pub enum Unusable {
    /// The authorities.
    Authorities(String),
    /// The client's certificate.
    Certificate(String),
    /// Its key.
    Key(String),
    /// All of it.
    Tls(String),
}

impl Unusable {
    /// Why, for those who have one option for all of it.
    #[must_use]
    pub fn into_reason(self) -> String {
        let (Self::Authorities(why) | Self::Certificate(why) | Self::Key(why) | Self::Tls(why)) =
            self;
        why
    }
}

impl Pem {
    /// A value that is PEM itself or names a file.
    #[must_use]
    pub fn of(value: String) -> Self {
        if value.contains("-----BEGIN ") { Self::Text(value) } else { Self::File(value) }
    }

    fn content(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::File(file) => std::fs::read(file).map_err(|error| error.to_string()),
            Self::Text(text) => Ok(text.clone().into_bytes()),
        }
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, String> {
        certificates(&self.content()?)
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, String> {
        let content = self.content()?;
        if content.windows(9).any(|words| words == b"ENCRYPTED") {
            return Err("the key is encrypted: store it without a passphrase".to_owned());
        }
        match PrivateKeyDer::from_pem_slice(&content) {
            Ok(key) => Ok(key),
            // The JDBC driver accepts DER too.
            Err(_) => PrivateKeyDer::try_from(content)
                .map_err(|_| "it holds no private key as PEM or DER".to_owned()),
        }
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err("it holds no certificate".to_owned()),
        Ok(found) => Ok(found),
        Err(error) => Err(error.to_string()),
    }
}

fn roots(certificates: &[CertificateDer<'static>]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate.clone()).map_err(|error| error.to_string())?;
    }
    Ok(roots)
}

/// Whether PEM holds certificates that can be trusted, for a client that reads them by itself.
///
/// # Errors
/// Why not.
pub fn check_certificates(pem: &[u8]) -> Result<(), String> {
    roots(&certificates(pem)?).map(drop)
}

/// Shows the file's name, and nothing of the content.
impl fmt::Display for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => f.write_str(file),
            Self::Text(_) => f.write_str("(PEM)"),
        }
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Tls {
    /// Reads the files and builds the client's side.
    ///
    /// # Errors
    /// A part cannot be used; the error says which.
    pub fn client(&self) -> Result<ClientConfig, Unusable> {
        let provider = Arc::new(ring::default_provider());
        let chain = match self.trust {
            Trust::Anybody => None,
            trust => Some(self.chain(trust).map_err(Unusable::Authorities)?),
        };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Unusable::Tls(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier {
                provider: Arc::clone(&provider),
                chain,
            }));
        let Some((certificate, key)) = &self.identity else {
            return Ok(builder.with_no_client_auth());
        };
        let certificates = certificate.certificates().map_err(Unusable::Certificate)?;
        let key = key.key().map_err(Unusable::Key)?;
        let unusable = |error: Error| Unusable::Key(error.to_string());
        let key = provider.key_provider.load_private_key(key).map_err(unusable)?;
        let identity = CertifiedKey::new(certificates, key);
        // The server decides whether it accepts the certificate's form.
        if let Err(error @ Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) =
            identity.keys_match()
        {
            return Err(unusable(error));
        }
        Ok(builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity))))
    }

    pub(crate) fn chain(&self, trust: Trust) -> Result<Chain, String> {
        let mut roots = RootCertStore::empty();
        let mut trusted = Vec::new();
        if let Some(authorities) = &self.authorities {
            trusted = authorities.certificates()?;
            roots = self::roots(&trusted)?;
        } else {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let authorities = verifier.build().map_err(|error| error.to_string())?;
        Ok(Chain { authorities, trusted, names_host: trust == Trust::Host })
    }
}
