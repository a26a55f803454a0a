//! Advice for refused certificates.

/// An error's text, followed by advice if it concerns a certificate's form.
#[must_use]
pub fn explain(error: &str) -> String {
    match advice(error) {
        Some(advice) => format!("{error}; {advice}"),
        None => error.to_owned(),
    }
}

/// What to do about a certificate that is refused for its form, recognised by the words of rustls
/// in an error's text; `None` for other errors.
fn advice(error: &str) -> Option<&'static str> {
    const ADVICE: [(&str, &str); 2] = [
        (
            "CaUsedAsEndEntity",
            "the server's own certificate is marked as an authority (CA:TRUE): give the server one with basicConstraints=CA:FALSE, or one that an authority signed",
        ),
        (
            "UnsupportedCertVersion",
            "the server's certificate has X.509 version 1: sign it with extensions (openssl x509 -req -extfile), such as subjectAltName, which makes it version 3",
        ),
    ];
    ADVICE.iter().find(|(word, _)| error.contains(word)).map(|(_, advice)| *advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_certificates_form_has_advice() {
        assert_eq!(explain("UnknownIssuer"), "UnknownIssuer");
        let refused = "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))";
        assert!(advice(refused).is_some_and(|advice| advice.contains("CA:FALSE")));
        assert_eq!(advice("invalid peer certificate: UnknownIssuer"), None);
    }
}
