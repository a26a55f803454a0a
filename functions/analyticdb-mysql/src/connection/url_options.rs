//! Reads the parameters of a URL: those of MySQL's own client, of libpq, and of the JDBC drivers of MySQL and
//! MariaDB. Case, hyphens and underscores in a name do not matter.
//!
//! Sources: "Configuration Properties" in the guide of Connector/J; "About MariaDB Connector/J" and "Using
//! TLS/SSL with MariaDB Connector/J" in MariaDB's. A parameter that changes stored values or trust is applied
//! or refused, never ignored.

use std::time::Duration;

use sluice_sql::percent;

use crate::connection::tls::{SslMode, Tls};

/// The values of the parameters. It has no `Debug`, because it may contain a password.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct Parameters {
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) tls: Tls,
    /// Whether the client may send the password in clear text.
    pub(crate) clear_text: bool,
    pub(crate) connect_timeout: Option<Duration>,
}

/// Parameters that change how a JDBC driver works and never what is stored. They are ignored.
const TUNING: &str = "\
    allowloadlocalinfile allowlocalinfile allowmultiqueries alwayssendsetisolation \
    autoreconnect autoreconnectforpools cachecallablestmts cacheprepstmts \
    cacheresultsetmetadata cacheserverconfiguration callablestmtcachesize characterencoding \
    characterset charactersetresults charset compress connectionattributes connectioncollation \
    defaultfetchsize donttrackopenresources elidesetautocommits emptystringsconverttozero \
    enablequerytimeouts failoverreadonly includeinnodbstatusindeadlockexceptions \
    initialtimeout logger maintaintimestats maxallowedpacket maxpoolsize maxreconnects \
    minpoolsize nettimeoutforstreamingresults nullcatalogmeanscurrent nulldatabasemeanscurrent \
    permitmysqlscheme pool prepstmtcachesize prepstmtcachesqllimit profilesql \
    rewritebatchedstatements sockettimeout tcpkeepalive tcpnodelay tcprcvbuf tcpsndbuf \
    tinyint1isbit transformedbitisboolean useaffectedrows usebatchmultisend usebulkstmts \
    usebulkstmtsforinserts usecompression usecursorfetch useinformationschema \
    usejdbccomplianttimezoneshift uselegacydatetimecode uselocalsessionstate \
    uselocaltransactionstate usepipelineauth usereadaheadinput useserverprepstmts useunicode \
    yearisdatetype zerodatetimebehavior";

/// Refused parameters, and what to do instead.
const REFUSED: &[(&[&str], &str)] = &[
    (
        &[
            "servertimezone",
            "connectiontimezone",
            "forceconnectiontimezonetosession",
            "preserveinstants",
            "timezone",
            "timezoneasregion",
        ],
        "has a time zone: set db.timezone instead, and remove it here",
    ),
    (
        &[
            "sessionvariables",
            "initsql",
            "sqlmode",
            "jdbccomplianttruncation",
            "autocommit",
            "transactionisolation",
            "txisolation",
        ],
        "sets session variables (sessionVariables, jdbcCompliantTruncation, autocommit or similar), but the session is always strict and the function controls its transactions: remove it",
    ),
    (
        &[
            "trustcertificatekeystoreurl",
            "trustcertificatekeystoretype",
            "trustcertificatekeystorepassword",
            "truststore",
            "truststoretype",
            "truststorepassword",
        ],
        "has a Java trust store: export it to a PEM file (keytool -exportcert -rfc) and set ssl-ca to that file",
    ),
    (
        &[
            "clientcertificatekeystoreurl",
            "clientcertificatekeystoretype",
            "clientcertificatekeystorepassword",
            "keystore",
            "keystoretype",
            "keystorepassword",
            "keypassword",
        ],
        "has a Java key store: export the certificate and the key to PEM files and set ssl-cert and ssl-key to them",
    ),
    (
        &[
            "tlsversions",
            "enabledtlsprotocols",
            "enabledsslprotocolsuites",
            "tlsciphersuites",
            "enabledsslciphersuites",
        ],
        "restricts TLS versions or ciphers, which is not supported: the function offers TLS 1.2 and 1.3",
    ),
    (
        &["serverrsapublickeyfile"],
        "names the server's RSA key, which is not supported: use TLS instead (ssl-mode=VERIFY_CA)",
    ),
    (
        &["credentialtype"],
        "has a credentialType: for Amazon RDS IAM tokens, set connection.iam.auth",
    ),
    (
        &["createdatabaseifnotexist"],
        "has createDatabaseIfNotExist, which is not supported: create the database first",
    ),
    (
        &["socket", "localsocket", "pipe"],
        "names a socket file or a pipe, which is not supported: name a host",
    ),
];

/// What parameters imply for others. It is applied after all are read.
#[derive(Default)]
struct Implied {
    /// The number of the current parameter, from 1.
    nth: usize,
    mode: Option<SslMode>,
    /// `useSSL`
    use_ssl: Option<bool>,
    /// `requireSSL`
    required: bool,
    /// `verifyServerCertificate`
    verified: bool,
    /// `trustServerCertificate`
    trusted: bool,
    /// `disableSslHostnameVerification`
    skips_host_name: bool,
    /// `allowPublicKeyRetrieval`
    public_key: Option<bool>,
    certificate: Option<String>,
    key: Option<String>,
}

impl Parameters {
    /// Reads the query part of a URL, and reports every problem. Some parameters have different meanings in
    /// the drivers of MariaDB and MySQL.
    pub(crate) fn read(query: &str, is_mariadb: bool, problems: &mut Vec<String>) -> Self {
        let mut parameters = Self::default();
        let mut implied = Implied::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            implied.nth += 1;
            let (name, value) = pair.split_once('=').unwrap_or((pair, "true"));
            let taken =
                percent::decode(value).and_then(|value| parameters.set(name, value, &mut implied));
            problems.extend(taken.err());
        }
        problems.extend(parameters.resolve(&implied, is_mariadb).err());
        parameters
    }

    fn set(&mut self, name: &str, value: String, implied: &mut Implied) -> Result<(), String> {
        let is = || flag(&value);
        match normalized(name).as_str() {
            "user" => self.user = Some(value),
            "password" => self.password = Some(value),
            "sslmode" => implied.mode = Some(mode(&value)?),
            "sslca" | "sslrootcert" | "serversslcert" => self.tls.authorities = Some(value),
            "sslcert" => implied.certificate = Some(value),
            "sslkey" => implied.key = Some(value),
            "usessl" | "ssl" => implied.use_ssl = Some(is()?),
            "requiressl" => implied.required = is()?,
            "verifyservercertificate" => implied.verified = is()?,
            "trustservercertificate" => implied.trusted = is()?,
            "disablesslhostnameverification" => implied.skips_host_name = is()?,
            "allowpublickeyretrieval" => implied.public_key = Some(is()?),
            "enablecleartextplugin" => self.clear_text = is()?,
            // The JDBC drivers use milliseconds, all others seconds.
            "connecttimeout" if name.contains(['_', '-']) => self.timeout(&value, 1_000)?,
            "connecttimeout" => self.timeout(&value, 1)?,
            tuning if TUNING.split(' ').any(|known| known == tuning) => {}
            _ => return Err(refusal(name, implied.nth)),
        }
        Ok(())
    }

    fn timeout(&mut self, value: &str, unit: u64) -> Result<(), String> {
        let count: u64 = value.parse().map_err(|_| "has a connect timeout that is not a number")?;
        let timeout = Duration::from_millis(count.saturating_mul(unit));
        self.connect_timeout = Some(timeout).filter(|timeout| !timeout.is_zero());
        Ok(())
    }

    /// Combines the parameters into the TLS settings.
    fn resolve(&mut self, implied: &Implied, is_mariadb: bool) -> Result<(), String> {
        // As in MySQL's own client, a file of authorities without a mode means VERIFY_CA. As in libpq, so
        // does a file of authorities with mode REQUIRED.
        let with_file = self.tls.authorities.is_some() && !implied.trusted;
        let default_mode = if with_file { SslMode::VerifyCa } else { SslMode::Preferred };
        let mode = implied.mode.or(implied.older_parameters(is_mariadb)).unwrap_or(default_mode);
        self.tls.identity = implied.certificate.clone().zip(implied.key.clone());
        if implied.certificate.is_some() != implied.key.is_some() {
            return Err("has only one of ssl-cert and ssl-key: set both together".to_owned());
        }
        if mode < SslMode::Required {
            let wish = [
                (with_file, "a file of authorities"),
                (self.tls.identity.is_some(), "a client certificate"),
                (self.clear_text, "enable-cleartext-plugin"),
                (implied.public_key == Some(false), "allowPublicKeyRetrieval=false"),
            ];
            if let Some((_, wish)) = wish.into_iter().find(|(is_there, _)| *is_there) {
                return Err(format!(
                    "has {wish}, which needs TLS: set ssl-mode to REQUIRED, VERIFY_CA or, best, VERIFY_IDENTITY"
                ));
            }
        }
        self.tls.mode =
            if mode == SslMode::Required && with_file { SslMode::VerifyCa } else { mode };
        Ok(())
    }
}

impl Implied {
    /// The mode that the drivers' older parameters imply. `sslMode` takes precedence over them.
    fn older_parameters(&self, is_mariadb: bool) -> Option<SslMode> {
        match self.use_ssl {
            Some(false) => Some(SslMode::Disabled),
            _ if self.verified => Some(SslMode::VerifyCa),
            Some(true) if is_mariadb && self.skips_host_name => Some(SslMode::VerifyCa),
            Some(true) if is_mariadb && !self.trusted => Some(SslMode::VerifyIdentity),
            // MySQL's driver would connect without TLS if necessary, but users of this parameter do not
            // expect that.
            Some(true) => Some(SslMode::Required),
            None => self.required.then_some(SslMode::Required),
        }
    }
}

/// A parameter's name in lower case, without hyphens and underscores.
fn normalized(name: &str) -> String {
    name.chars().filter(|c| !['_', '-'].contains(c)).map(|c| c.to_ascii_lowercase()).collect()
}

fn mode(value: &str) -> Result<SslMode, String> {
    match normalized(value).as_str() {
        "disabled" | "disable" => Ok(SslMode::Disabled),
        "preferred" | "prefer" | "allow" => Ok(SslMode::Preferred),
        // `trust` is MariaDB's word.
        "required" | "require" | "trust" => Ok(SslMode::Required),
        "verifyca" => Ok(SslMode::VerifyCa),
        "verifyidentity" | "verifyfull" => Ok(SslMode::VerifyIdentity),
        // The value is not quoted, because it may be the end of a password.
        _ => Err("has an unknown ssl-mode: use DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY".to_owned()),
    }
}

fn flag(value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("has a flag that is neither true nor false".to_owned()),
    }
}

/// Explains why a parameter is refused. The position of an unknown parameter is shown and not its name,
/// because the name may be the end of a password.
fn refusal(name: &str, nth: usize) -> String {
    let name = normalized(name);
    let refused = REFUSED.iter().find(|(names, _)| names.contains(&name.as_str()));
    refused.map_or_else(
        || {
            format!("has an unknown parameter: number {nth} after the ? (known are ssl-mode, ssl-ca, ssl-cert, ssl-key, user, password, connectTimeout, enable-cleartext-plugin, and the drivers' performance settings); in a password, write & as %26")
        },
        |(_, why)| (*why).to_owned(),
    )
}
