use sluice_bridge::options::Settings;

use super::*;
use crate::connection::config::OPTIONS;

fn connection(parameters: &str) -> Connection {
    let url = format!("mysql://u:hunter2@db.example/d?{parameters}");
    let mut settings = Settings::new(OPTIONS, [("connection.url".to_owned(), url)]);
    Connection::from_settings(&mut settings).expect("a good address")
}

fn classified(error: &Error) -> SinkError {
    let classified = classify(&connection("ssl-mode=REQUIRED"), error);
    let message = &classified.cause.message;
    assert!(message.starts_with("cannot connect to db.example:3306: "), "{message}");
    assert!(!message.contains("hunter2"), "{message}");
    classified
}

#[test]
fn what_the_server_says() {
    for (fault, codes) in [
        (Fault::Unauthorized, &[1045, 1698, 1820, 1862, 3118, 3955, 4151][..]),
        (Fault::Transient, &[1040, 1203, 1226, 1053, 3032, 1158, 1184]),
        (Fault::Fatal, &[1044, 1049, 1129, 1130, 1251, 1524, 3159, 9999]),
    ] {
        for code in codes {
            let error = ServerError { code: *code, message: "no".into(), state: "HY000".into() };
            let classified = classified(&Error::Server(error));
            assert_eq!(classified.fault, fault, "{code}");
            assert_eq!(classified.cause.code.as_deref(), Some(code.to_string().as_str()));
        }
    }
}

#[test]
fn what_the_wire_says() {
    let io = |kind, inner: &'static str| Error::from(io::Error::new(kind, inner));
    let tls = |error| Error::from(io::Error::new(io::ErrorKind::InvalidData, error));
    let unknown = CertificateError::UnknownIssuer;
    for (fault, word, error) in [
        (Fault::Transient, "refused", io(io::ErrorKind::ConnectionRefused, "refused")),
        (Fault::Transient, "resolve", io(io::ErrorKind::InvalidInput, "could not resolve")),
        (Fault::Transient, "closed the connection", io(io::ErrorKind::UnexpectedEof, "early eof")),
        (Fault::Transient, "closed the connection", Error::Driver(DriverError::ConnectionClosed)),
        (Fault::Fatal, "not MySQL", io(io::ErrorKind::InvalidData, "can't parse")),
        (Fault::Fatal, "not MySQL", io(io::ErrorKind::Other, "packets out of sync")),
        (Fault::Fatal, "ssl-ca", tls(rustls::Error::InvalidCertificate(unknown.clone()))),
        (Fault::Fatal, "ssl-ca", Error::from(rustls::Error::InvalidCertificate(unknown))),
        (
            Fault::Fatal,
            "VERIFY_CA",
            tls(rustls::Error::InvalidCertificate(CertificateError::NotValidForName)),
        ),
        (Fault::Fatal, "ssl-mode=REQUIRED", Error::Driver(DriverError::NoClientSslFlagFromServer)),
        (Fault::Fatal, "connection.iam.auth", Error::Driver(DriverError::CleartextPluginDisabled)),
        (
            Fault::Unauthorized,
            "sha256_password",
            Error::Driver(DriverError::UnknownAuthPlugin { name: "sha256_password".into() }),
        ),
        (
            Fault::Fatal,
            "nexpected",
            Error::Driver(DriverError::UnexpectedPacket { payload: b"hunter2".to_vec() }),
        ),
    ] {
        let classified = classified(&error);
        assert_eq!(classified.fault, fault, "{error}");
        assert!(classified.cause.message.contains(word), "{classified}");
    }
}

/// For an account that requires TLS, MySQL and MariaDB report a wrong password.
#[test]
fn a_refusal_without_tls_says_so() {
    let refused = ServerError { code: 1045, message: "no".into(), state: "28000".into() };
    let refused = Error::Server(refused);
    let plain = classify(&connection("ssl-mode=DISABLED"), &refused);
    assert!(plain.cause.message.contains("DISABLED"), "{plain}");
    assert!(!classified(&refused).cause.message.contains("TLS"));
}
