//! Verifies a server's certificate.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use crate::certificate::Certificate;

/// Verifies what it is configured to. The handshake's signature is always verified: the server must
/// have the key of the certificate that it shows.
#[derive(Debug)]
pub(crate) struct Verifier {
    pub(crate) provider: Arc<CryptoProvider>,
    /// `None` if any certificate is accepted.
    pub(crate) chain: Option<Chain>,
}

/// What a certificate is checked against.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) authorities: Arc<WebPkiServerVerifier>,
    /// Certificates that are trusted byte for byte.
    pub(crate) trusted: Vec<CertificateDer<'static>>,
    /// Whether it has to name the host.
    pub(crate) names_host: bool,
}

impl Chain {
    fn verify(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<(), Error> {
        if self.trusted.contains(certificate) {
            in_time(certificate, now)?;
        } else {
            let verified =
                self.authorities.verify_server_cert(certificate, intermediates, name, ocsp, now);
            match verified {
                Ok(_) => return Ok(()),
                // The name is checked last, when everything else is valid.
                Err(Error::InvalidCertificate(
                    CertificateError::NotValidForName
                    | CertificateError::NotValidForNameContext { .. },
                )) => {}
                Err(error) => return Err(error),
            }
        }
        if self.names_host { named(certificate, name) } else { Ok(()) }
    }
}

fn in_time(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let certificate = read(certificate)?;
    let error = match now.as_secs() {
        now if now < certificate.not_before => CertificateError::NotValidYet,
        now if now > certificate.not_after => CertificateError::Expired,
        _ => return Ok(()),
    };
    Err(error.into())
}

/// Searches for the name in its extension, and in the subject if there is no such extension, as
/// libpq does.
fn named(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    let parsed = ParsedCertificate::try_from(certificate);
    let verified = parsed.and_then(|parsed| verify_server_name(&parsed, name));
    let Err(error) = verified else { return Ok(()) };
    let is_named = read(certificate)?.is_named(&name.to_str());
    if is_named { Ok(()) } else { Err(error) }
}

fn read<'c>(certificate: &'c CertificateDer<'_>) -> Result<Certificate<'c>, Error> {
    Certificate::read(certificate).ok_or_else(|| CertificateError::BadEncoding.into())
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(chain) = &self.chain {
            chain.verify(certificate, intermediates, name, ocsp, now)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        match verify_tls12_signature(message, certificate, signature, algorithms) {
            Err(Error::InvalidCertificate(error)) if error != CertificateError::BadSignature => {
                let certificate = read(certificate)?;
                let verified = is_signed(&certificate, message, signature, algorithms);
                let valid = verified.then(HandshakeSignatureValid::assertion);
                valid.ok_or_else(|| CertificateError::BadSignature.into())
            }
            verified => verified,
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        match verify_tls13_signature(message, certificate, signature, algorithms) {
            Err(Error::InvalidCertificate(error)) if error != CertificateError::BadSignature => {
                let key = SubjectPublicKeyInfoDer::from(read(certificate)?.key_info);
                verify_tls13_signature_with_raw_key(message, &key, signature, algorithms)
            }
            verified => verified,
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Whether the certificate's key made the signature, with an algorithm of the scheme named.
fn is_signed(
    certificate: &Certificate<'_>,
    message: &[u8],
    signature: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> bool {
    let named = algorithms.mapping.iter().find(|(scheme, _)| *scheme == signature.scheme);
    let algorithms = named.map_or(&[][..], |(_, algorithms)| algorithms);
    algorithms.iter().any(|algorithm| {
        algorithm.public_key_alg_id().as_ref() == certificate.key_algorithm
            && algorithm.verify_signature(certificate.key, message, signature.signature()).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::pki_types::pem::PemObject;

    use super::*;
    use crate::{Pem, Tls, Trust};

    const ITSELF: &[u8] = include_bytes!("../tests/itself.pem");
    const VERSION_1: &[u8] = include_bytes!("../tests/version1.pem");
    const NAMED: &[u8] = include_bytes!("../tests/named.pem");
    /// A time at which all three are valid.
    const NOW: u64 = 1_800_000_000;

    fn der(pem: &[u8]) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(pem).expect("a certificate")
    }

    /// Verifies a certificate that is itself the trusted one.
    fn verify(pem: &[u8], trust: Trust, host: &str, now: u64) -> Result<(), Error> {
        let text = String::from_utf8(pem.to_vec()).expect("PEM is text");
        let tls = Tls { trust, authorities: Some(Pem::Text(text)), identity: None };
        let chain = tls.chain(trust).expect("a good authority");
        let name = ServerName::try_from(host.to_owned()).expect("a name");
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
        chain.verify(&der(pem), &[], &name, &[], now)
    }

    #[test]
    fn the_trusted_certificate_itself_is_held_to_its_dates() {
        for pem in [ITSELF, VERSION_1, NAMED] {
            for (now, error) in [
                (1_700_000_000, Some(CertificateError::NotValidYet)),
                (NOW, None),
                (2_200_000_000, Some(CertificateError::Expired)),
            ] {
                let verified = verify(pem, Trust::Authority, "db", now).err();
                assert_eq!(verified, error.map(Error::from), "{now}");
            }
        }
    }

    #[test]
    fn the_subject_names_the_host_where_nothing_else_does() {
        let cases = [
            (ITSELF, "localhost", true),
            (ITSELF, "db.example", false),
            (VERSION_1, "LOCALHOST", true),
            (VERSION_1, "127.0.0.1", false),
            (NAMED, "db.example", true),
            (NAMED, "127.0.0.1", true),
            (NAMED, "other", false),
        ];
        for (pem, host, good) in cases {
            assert_eq!(verify(pem, Trust::Host, host, NOW).is_ok(), good, "{host}");
        }
    }

    #[test]
    fn rustls_reads_the_same() {
        for pem in [ITSELF, NAMED] {
            let der = der(pem);
            let certificate = Certificate::read(&der).expect("a certificate");
            let parsed = ParsedCertificate::try_from(&der).expect("rustls reads it");
            assert_eq!(parsed.subject_public_key_info().as_ref(), certificate.key_info);
            assert_eq!(certificate.not_after - certificate.not_before, 3_650 * 86_400);
        }
    }
}
