//! TLS to the database: the TLS options, and the errors for files that cannot be used.

use rustls::ClientConfig;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::options::{Opt, Settings};
use sluice_tls::{Pem, Tls, Trust, Unusable};

/// `connection.sslrootcert`
pub(crate) const ROOT: Opt = Opt::new(
    "connection.sslrootcert",
    "The certificates to trust: a PEM file, or the PEM text itself, for example a reference to a secret. It takes precedence over the URL's `sslrootcert`. By default the bundled web roots.",
);
/// `connection.sslcert`
pub(crate) const CERTIFICATE: Opt = Opt::new(
    "connection.sslcert",
    "The client's certificate, for a server that asks for one: a PEM file, or the PEM text itself. It takes precedence over the URL's `sslcert`, and needs `connection.sslkey` or the URL's `sslkey`.",
);
/// `connection.sslkey`
pub(crate) const KEY: Opt = Opt::new(
    "connection.sslkey",
    "The key of the client's certificate, unencrypted: a PEM or DER file, or the PEM text itself, best as a reference to a secret. It takes precedence over the URL's `sslkey`.",
);

/// The certificates and the key, from the URL or the options.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) root: Option<Pem>,
    pub(crate) certificate: Option<Pem>,
    pub(crate) key: Option<Pem>,
}

impl Files {
    /// The same, but values from the options take precedence.
    pub(crate) fn or_options(self, settings: &mut Settings) -> Self {
        let option = |opt, or| settings.text(opt).map(|it| Pem::of(it.to_owned())).or(or);
        Self {
            root: option(&ROOT, self.root),
            certificate: option(&CERTIFICATE, self.certificate),
            key: option(&KEY, self.key),
        }
    }

    /// The TLS settings.
    ///
    /// # Errors
    /// The certificate or the key of the client is missing.
    pub(crate) fn into_tls(self, trust: Trust) -> Result<Tls, String> {
        let identity = match (self.certificate, self.key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err("has only one of sslcert and sslkey: set both together".to_owned()),
        };
        Ok(Tls { trust, authorities: self.root, identity })
    }
}

/// Builds the client's TLS configuration.
///
/// # Errors
/// `Fatal`. The error names the file that cannot be used.
pub(crate) fn client_config(tls: &Tls) -> Result<ClientConfig, SinkError> {
    let shown = |name: &str, pem: Option<&Pem>, why: String| {
        let pem = pem.map_or(String::new(), |pem| format!("={pem}"));
        SinkError::fatal(format!("{name}{pem} cannot be used: {why}"))
    };
    let (certificate, key) = tls.identity.as_ref().map(|(one, other)| (one, other)).unzip();
    tls.client().map_err(|unusable| match unusable {
        Unusable::Authorities(why) => shown("sslrootcert", tls.authorities.as_ref(), why),
        Unusable::Certificate(why) => shown("sslcert", certificate, why),
        Unusable::Key(why) => shown("sslkey", key, why),
        Unusable::Tls(why) => SinkError::fatal(format!("TLS cannot be set up: {why}")),
    })
}
