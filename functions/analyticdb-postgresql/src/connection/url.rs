//! Reads the database's address from a libpq URL or a JDBC URL.

use sluice_sql::{percent, url};
use sluice_tls::{Pem, Trust};
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use crate::connection::tls::Files;

const SCHEMES: [&str; 2] = ["postgresql", "postgres"];
const MUST_START: &str = "must start with postgresql:// or jdbc:postgresql://";

/// Parameters of the JDBC driver that change how it works and never what is stored. They are ignored.
const TUNING: &[&str] = &[
    "binaryTransfer",
    "defaultRowFetchSize",
    "preferQueryMode",
    "preparedStatementCacheQueries",
    "preparedStatementCacheSizeMiB",
    "prepareThreshold",
    "reWriteBatchedInserts",
    "socketTimeout",
    "stringtype",
    "tcpKeepAlive",
];

/// Parameters of libpq that the client supports.
const KNOWN: &[&str] = &[
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "load_balance_hosts",
    "options",
    "password",
    "port",
    "sslnegotiation",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// The query part of the URL.
#[derive(Default)]
struct Parameters<'u> {
    /// For the client's own parser.
    kept: Vec<String>,
    ssl_mode: Option<&'u str>,
    files: Files,
    search_path: Option<String>,
}

/// The content of a URL.
#[derive(Debug)]
pub(crate) struct Address {
    /// Address and credentials. Its `Debug` text hides the password.
    pub(crate) client: Config,
    /// The `sslmode`, in libpq's words.
    pub(crate) ssl_mode: String,
    pub(crate) files: Files,
}

/// Reads the TLS parameters, and passes the rest of the URL to the client's own parser.
///
/// # Errors
/// The end of a sentence that starts with the option's name. It never contains a part of a password.
pub(crate) fn parse(url: &str) -> Result<Address, String> {
    let url::Parts { is_jdbc, scheme, address, query } = url::split(url, &SCHEMES, MUST_START)?;
    let mut parameters = Parameters::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        parameters.set(pair, is_jdbc)?;
    }
    let Parameters { kept, ssl_mode, files, search_path } = parameters;
    let mark = if kept.is_empty() { "" } else { "?" };
    let bare = format!("{scheme}://{address}{mark}{}", kept.join("&"));
    let mut client: Config =
        bare.parse().map_err(|error: tokio_postgres::Error| parse_error(&error))?;
    let ssl_mode = ssl_mode.unwrap_or("prefer").to_owned();
    trust(&ssl_mode, &files)?;
    if let Some(schemas) = search_path {
        // An unescaped space would end the option.
        let escaped = schemas.replace('\\', "\\\\").replace(' ', "\\ ");
        let others = client.get_options().unwrap_or_default();
        let options = format!("{others} -csearch_path={escaped}");
        client.options(options.trim_start());
    }
    if client.get_hosts().is_empty() {
        return Err("has no host".to_owned());
    }
    Ok(Address { client, ssl_mode, files })
}

impl<'u> Parameters<'u> {
    fn set(&mut self, pair: &'u str, jdbc: bool) -> Result<(), String> {
        let (name, value) = pair.split_once('=').unwrap_or((pair, "true"));
        match name {
            "sslmode" => self.ssl_mode = Some(value),
            "sslrootcert" => self.files.root = Some(Pem::of(percent::decode(value)?)),
            "sslcert" => self.files.certificate = Some(Pem::of(percent::decode(value)?)),
            "sslkey" => self.files.key = Some(Pem::of(percent::decode(value)?)),
            // In a JDBC URL, `ssl=true` alone means full verification.
            "ssl" if jdbc => {
                let full = (value != "false").then_some("verify-full");
                self.ssl_mode = self.ssl_mode.or(full);
            }
            "currentSchema" if jdbc => self.search_path = Some(percent::decode(value)?),
            "ApplicationName" if jdbc => self.kept.push(format!("application_name={value}")),
            "connectTimeout" | "loginTimeout" if jdbc => {
                self.kept.push(format!("connect_timeout={value}"));
            }
            tuning if jdbc && TUNING.contains(&tuning) => {}
            known if KNOWN.contains(&known) => self.kept.push(pair.to_owned()),
            // The name is not quoted, because it may be the end of a password.
            _ => {
                return Err(format!(
                    "has an unknown parameter (known are sslmode, sslrootcert, sslcert, sslkey, {}); in a password, write & as %26",
                    KNOWN.join(", ")
                ));
            }
        }
        Ok(())
    }
}

fn parse_error(error: &tokio_postgres::Error) -> String {
    use std::error::Error as _;
    let source = error.source().map_or(String::new(), |source| format!(": {source}"));
    format!("cannot be read{source}")
}

/// As in libpq, `require` with a root certificate verifies the certificate chain.
///
/// # Errors
/// The end of a sentence that starts with the option's name.
pub(crate) fn trust(mode: &str, files: &Files) -> Result<(SslMode, Trust), String> {
    match mode {
        "disable" => Ok((SslMode::Disable, Trust::Anybody)),
        "prefer" | "allow" => Ok((SslMode::Prefer, Trust::Anybody)),
        "require" if files.root.is_none() => Ok((SslMode::Require, Trust::Anybody)),
        "require" | "verify-ca" => Ok((SslMode::Require, Trust::Authority)),
        "verify-full" => Ok((SslMode::Require, Trust::Host)),
        other => Err(format!(
            "has sslmode={other}: use disable, prefer, require, verify-ca or verify-full"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_jdbc_url_is_understood() {
        let url = "jdbc:postgresql://db.example:5433/shop?user=u&password=p%40&ssl=true&currentSchema=sales&reWriteBatchedInserts=true";
        let Address { client, ssl_mode, files } = parse(url).unwrap();
        assert_eq!(client.get_ports(), [5433]);
        assert_eq!((client.get_user(), client.get_password()), (Some("u"), Some(&b"p@"[..])));
        assert_eq!(client.get_options(), Some("-csearch_path=sales"));
        assert_eq!((ssl_mode.as_str(), files), ("verify-full", Files::default()));
    }

    #[test]
    fn ssl_modes_are_libpqs() {
        let asked = |query: &str| {
            let address = parse(&format!("postgresql://u@h/d{query}"))?;
            Ok(trust(&address.ssl_mode, &address.files)?.1)
        };
        assert_eq!(asked(""), Ok(Trust::Anybody));
        assert_eq!(asked("?sslmode=require"), Ok(Trust::Anybody));
        assert_eq!(asked("?sslmode=require&sslrootcert=/a%20b.pem"), Ok(Trust::Authority));
        assert_eq!(asked("?sslmode=verify-full&sslrootcert=/a%20b.pem"), Ok(Trust::Host));
        assert!(asked("?sslmode=paranoid").is_err_and(|why: String| why.contains("verify-full")));
        let files = parse("postgresql://u@h/d?sslrootcert=/a%20b.pem").unwrap().files;
        assert_eq!(files.root, Some(Pem::File("/a b.pem".to_owned())));
        for escape in ["%+1", "%1", "%", "%0x"] {
            assert!(
                parse(&format!("postgresql://u@h/d?sslrootcert={escape}")).is_err(),
                "{escape}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_says_why_and_hides_the_password() {
        for url in ["mysql://h/d", "postgresql://u:hunter2@h/d?sslpassword=x", "postgresql:///d"] {
            let why = parse(url).unwrap_err();
            assert!(!why.contains("hunter2"), "{why}");
        }
    }
}
