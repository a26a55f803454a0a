//! Classifies a failed login by what to do next.
//!
//! Codes: "Server Error Message Reference" in the manual of MySQL, "MariaDB Error Code Reference"
//! in MariaDB's.

use std::error::Error as _;
use std::io;

use mysql_async::{DriverError, Error, IoError, ServerError};
use rustls::CertificateError;
use sluice_bridge::model::failure::{Cause, Fault, SinkError};

use crate::connection::config::Connection;
use crate::connection::tls::SslMode;
use crate::fault::is_login_refused;

/// Classifies the error of a failed login.
pub(crate) fn classify(connection: &Connection, error: &Error) -> SinkError {
    let (fault, words, code) = match error {
        Error::Server(error) => (
            server(error.code),
            with_hint(error, connection.tls().mode),
            Some(error.code.to_string().into()),
        ),
        Error::Driver(error) => {
            let (fault, words) = driver(error, connection.tls().mode);
            (fault, words, None)
        }
        Error::Io(error) => {
            let (fault, words) = io_error(error);
            (fault, words, None)
        }
        other => (Fault::Fatal, other.to_string(), None),
    };
    let words = sluice_tls::explain(&words);
    let message = format!("cannot connect to {}: {words}", connection.address());
    SinkError { fault, cause: Cause { code, ..Cause::new(message) } }
}

/// The error for a login in which the client panicked. RSA with OAEP and a key of 2,048 bits, which servers
/// generate by default, encrypts 214 bytes, and the password needs one of them as its end.
pub(crate) fn panicked(connection: &Connection) -> SinkError {
    const MOST: usize = 213;
    let hint = match connection.password_bytes() > MOST {
        true => {
            "; without TLS, a password for caching_sha2_password has at most 213 bytes: set ssl-mode=REQUIRED, or stricter, in connection.url"
        }
        false => {
            "; the server's RSA key cannot be used: set ssl-mode=REQUIRED, or stricter, in connection.url"
        }
    };
    let address = connection.address();
    SinkError::fatal(format!("cannot connect to {address}: the password cannot be encrypted{hint}"))
}

fn server(code: u16) -> Fault {
    match code {
        refused if is_login_refused(refused) => Fault::Unauthorized,
        // Too many connections: in total, of the user, or in this hour.
        1040 | 1203 | 1226
        // The server shuts down, is offline for users, or lost the connection during the login.
        | 1053 | 3032 | 1043 | 1152 | 1158..=1161 | 1184 | 1927 => Fault::Transient,
        _ => Fault::Fatal,
    }
}

/// The server's message, and a hint if the message does not say what to do.
fn with_hint(error: &ServerError, mode: SslMode) -> String {
    let hint = match error.code {
        // For an account that requires TLS, the server reports a wrong password.
        1045 if mode == SslMode::Disabled => {
            "; if the account requires TLS, remove ssl-mode=DISABLED"
        }
        1044 | 1049 => "; the database is set in connection.url",
        1129 => {
            "; too many logins were interrupted: run TRUNCATE TABLE performance_schema.host_cache or FLUSH HOSTS"
        }
        1820 | 1862 => "; set a new password, or PASSWORD EXPIRE NEVER, with ALTER USER",
        3159 => "; set ssl-mode=REQUIRED, or stricter, in connection.url",
        _ => "",
    };
    format!("{}{hint}", error.message)
}

fn driver(error: &DriverError, mode: SslMode) -> (Fault, String) {
    let words = match error {
        DriverError::NoClientSslFlagFromServer => {
            format!("the server has no TLS, which ssl-mode={} requires", mode.as_str())
        }
        DriverError::CleartextPluginDisabled => {
            "the server asks for the password in clear text: for IAM, set connection.iam.auth; for PAM or LDAP, set enable-cleartext-plugin=true in connection.url".to_owned()
        }
        // MySQL asks an unknown user for a random plugin, so that the user's existence stays hidden.
        DriverError::UnknownAuthPlugin { name } => {
            let words = format!(
                "the server asks for the authentication plugin {}, which is not supported (supported are caching_sha2_password, mysql_native_password, ed25519 and parsec); MySQL also does this if the user does not exist",
                name.escape_debug()
            );
            return (Fault::Unauthorized, words);
        }
        DriverError::ConnectionClosed => {
            return (Fault::Transient, "the server closed the connection".to_owned());
        }
        other => other.to_string(),
    };
    (Fault::Fatal, words)
}

/// A lost connection is transient; a refused certificate is fatal.
fn io_error(error: &IoError) -> (Fault, String) {
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
        // The client's error for bytes that it cannot read.
        io::ErrorKind::InvalidData | io::ErrorKind::Other => {
            (Fault::Fatal, format!("the server is not MySQL: {error}"))
        }
        io::ErrorKind::UnexpectedEof => {
            (Fault::Transient, "the server closed the connection".to_owned())
        }
        _ => (Fault::Transient, error.to_string()),
    }
}

fn tls_words(error: &rustls::Error) -> String {
    let hint = match error {
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::UnknownIssuer => {
                "; set ssl-ca to the file of the authority that issued it"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "; ssl-mode=VERIFY_CA does not check the host name"
            }
            _ => "",
        },
        _ => "",
    };
    format!("TLS fails: {error}{hint}")
}

#[cfg(test)]
mod tests;
