//! A server's certificate: any bytes are read or refused, and what was read lies within them.

use sluice_tls::Certificate;

/// # Panics
/// The law does not hold of these bytes.
pub fn holds(data: &[u8]) {
    let Some(certificate) = Certificate::read(data) else { return };
    let within = |part: &[u8]| data.as_ptr_range().contains(&part.as_ptr()) || part.is_empty();
    assert!(within(certificate.key_info) && within(certificate.key), "a part of something else");
    let name = certificate.common_name.unwrap_or_default();
    assert_eq!(
        certificate.is_named(name),
        certificate.common_name.is_some() && !certificate.names_hosts
    );
    // What stands behind it is not part of it.
    let longer = [data, b"more"].concat();
    assert_eq!(Certificate::read(&longer), Certificate::read(data));
}

/// One made by OpenSSL.
#[must_use]
pub fn seed() -> Vec<u8> {
    const PEM: &str = include_str!("../../../shared/tls/tests/named.pem");
    let text: String = PEM.lines().filter(|line| !line.starts_with('-')).collect();
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).expect("PEM is base64")
}
