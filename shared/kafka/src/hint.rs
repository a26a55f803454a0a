//! What to check if client and broker do not use the same protocol. Neither reports that: each
//! reads the other's bytes as its own protocol.

use krafka::KrafkaError;

use crate::options::SECURITY_PROTOCOL;

/// The error with its most likely cause, if it looks like a wrong security protocol.
pub(crate) fn explained(error: &KrafkaError) -> String {
    let text = error.to_string();
    let option = SECURITY_PROTOCOL.name;
    let hint = if numbers(&text).any(is_tls_alert) {
        format!("the broker answered in TLS: set {option} to SSL or SASL_SSL")
    } else if text.contains("tls handshake eof") || text.contains("InvalidContentType") {
        format!("the broker may not use TLS on this port: check {option}")
    } else if text.contains("IllegalSaslState") {
        format!("the broker does not offer SASL on this port: check {option}")
    } else if text.contains("connection closed") {
        format!("the broker may require SASL or TLS on this port: check {option}")
    } else {
        return text;
    };
    format!("{text}; {hint}")
}

/// Whether a size is the start of a TLS alert: content type 21, version 3.x (RFC 8446, 5.1).
fn is_tls_alert(size: u32) -> bool {
    let [kind, major, ..] = size.to_be_bytes();
    (kind, major) == (21, 3)
}

fn numbers(text: &str) -> impl Iterator<Item = u32> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok())
}

#[cfg(test)]
mod tests {
    use krafka::error::{ErrorCode, ProtocolErrorKind};

    use super::*;

    #[test]
    fn a_mixed_up_protocol_is_recognised() {
        let length = |size: u32| {
            let text = format!("message size {size} exceeds maximum 104857600");
            explained(&KrafkaError::protocol_kind(ProtocolErrorKind::InvalidLength, text))
        };
        assert!(length(352_518_912).contains("answered in TLS: set kafka.security.protocol"));
        assert!(!length(1_213_486_160).contains("TLS"));
        let network = |text: &str| explained(&KrafkaError::network(std::io::Error::other(text)));
        assert!(network("tls handshake eof").contains("may not use TLS"));
        assert!(network("connection closed").contains("may require SASL or TLS"));
        assert_eq!(network("refused"), "network error: refused");
        let sasl = explained(&KrafkaError::broker(ErrorCode::IllegalSaslState, "no SASL"));
        assert!(sasl.contains("does not offer SASL"), "{sasl}");
    }
}
