//! Why a login failed, told by what to do next.
//!
//! Codes: "Server Error Message Reference" in the manual of MySQL, "MariaDB Error Code Reference"
//! in MariaDB's.

use std::error::Error as _;
use std::io;

use mysql_async::{DriverError, Error, IoError, ServerError};
use rustls::CertificateError;
use sluice_bridge::model::failure::{Cause, Fault, SinkError};

use crate::server::Server;
use crate::tls::Mode;

/// Whether the server does not take our credentials: unknown, wrong, expired or locked.
#[must_use]
pub fn is_refused(code: u16) -> bool {
    // 4151 is MariaDB's word for a locked account.
    matches!(code, 1045 | 1698 | 1820 | 1862 | 3118 | 3955 | 4151)
}

/// Tells what to do about a failed login.
pub(crate) fn classify(server: &Server, error: &Error) -> SinkError {
    let (fault, words, code) = match error {
        Error::Server(error) => (
            fault(error.code),
            with_hint(error, server.tls().mode),
            Some(error.code.to_string().into()),
        ),
        Error::Driver(error) => {
            let (fault, words) = driver(error, server.tls().mode);
            (fault, words, None)
        }
        Error::Io(error) => {
            let (fault, words) = wire(error);
            (fault, words, None)
        }
        other => (Fault::Fatal, other.to_string(), None),
    };
    let words = sluice_tls::explain(&words);
    let message = format!("cannot connect to {}: {words}", server.address());
    SinkError { fault, cause: Cause { code, ..Cause::new(message) } }
}

/// What is said of a login in which the client itself failed. RSA with OAEP and a key of 2,048 bits,
/// which servers make for themselves, takes 214 bytes, of which one ends the password.
pub(crate) fn broke_down(server: &Server) -> SinkError {
    const MOST: usize = 213;
    let hint = match server.password_bytes() > MOST {
        true => {
            "; without TLS a password for caching_sha2_password has 213 bytes at most: say ssl-mode=REQUIRED, or stricter, in connection.url"
        }
        false => {
            "; the server's RSA key cannot be used: say ssl-mode=REQUIRED, or stricter, in connection.url"
        }
    };
    let address = server.address();
    SinkError::fatal(format!("cannot connect to {address}: the password cannot be encrypted{hint}"))
}

fn fault(code: u16) -> Fault {
    match code {
        refused if is_refused(refused) => Fault::Unauthorized,
        // Too many connections: in all, of the user, or in the hour.
        1040 | 1203 | 1226
        // It shuts down, is just not for users, or lost us on the way.
        | 1053 | 3032 | 1043 | 1152 | 1158..=1161 | 1184 | 1927 => Fault::Transient,
        _ => Fault::Fatal,
    }
}

/// The server's own words, and what helps where they do not say it.
fn with_hint(error: &ServerError, mode: Mode) -> String {
    let hint = match error.code {
        // An account that insists on TLS is refused in the words of a wrong password.
        1045 if mode == Mode::Disabled => "; without TLS, which ssl-mode=DISABLED forbids",
        1044 | 1049 => "; connection.url names the database",
        1129 => {
            "; too many logins broke off, TRUNCATE performance_schema.host_cache or FLUSH HOSTS forgives them"
        }
        1820 | 1862 => "; an ALTER USER with a new password, or with PASSWORD EXPIRE NEVER, helps",
        3159 => "; say ssl-mode=REQUIRED, or stricter, in connection.url",
        _ => "",
    };
    format!("{}{hint}", error.message)
}

fn driver(error: &DriverError, mode: Mode) -> (Fault, String) {
    let words = match error {
        DriverError::NoClientSslFlagFromServer => {
            format!("the server has no TLS, and ssl-mode={} insists on it", mode.word())
        }
        DriverError::CleartextPluginDisabled => {
            "the server asks for the password as it is: for IAM set connection.iam.auth, for PAM or LDAP say enable-cleartext-plugin=true in connection.url".to_owned()
        }
        // MySQL asks those it does not know for a plugin of its choice, so as not to tell them.
        DriverError::UnknownAuthPlugin { name } => {
            let words = format!(
                "the server asks for a login by {}, as MySQL also does of a user it does not know; caching_sha2_password, mysql_native_password, ed25519 and parsec are known here",
                name.escape_debug()
            );
            return (Fault::Unauthorized, words);
        }
        DriverError::ConnectionClosed => {
            return (Fault::Transient, "the server hung up".to_owned());
        }
        other => other.to_string(),
    };
    (Fault::Fatal, words)
}

/// A lost connection is the world's fault, a refused certificate is ours.
fn wire(error: &IoError) -> (Fault, String) {
    let error = match error {
        IoError::Tls(error) => {
            let tls = error.source().and_then(|source| source.downcast_ref());
            return (Fault::Fatal, tls.map_or_else(|| error.to_string(), tls_words));
        }
        IoError::Io(error) => error,
    };
    let inner = error.get_ref();
    if let Some(tls) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return (Fault::Fatal, tls_words(tls));
    }
    match error.kind() {
        // What the client makes of bytes that it cannot read.
        io::ErrorKind::InvalidData | io::ErrorKind::Other => {
            (Fault::Fatal, format!("what answers there is no MySQL: {error}"))
        }
        io::ErrorKind::UnexpectedEof => (Fault::Transient, "the server hung up".to_owned()),
        _ => (Fault::Transient, error.to_string()),
    }
}

fn tls_words(error: &rustls::Error) -> String {
    let hint = match error {
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::UnknownIssuer => {
                "; ssl-ca has to name the file of the authority that issued it"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "; ssl-mode=VERIFY_CA does not look at the name"
            }
            _ => "",
        },
        _ => "",
    };
    format!("TLS fails: {error}{hint}")
}

#[cfg(test)]
mod tests;
