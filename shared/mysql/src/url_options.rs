//! What stands behind the question mark of a URL: words of MySQL's own client, of libpq, and of
//! the JDBC drivers of MySQL and MariaDB, in any case, with hyphens, underscores or neither.
//!
//! "Configuration Properties" in the guide of Connector/J; "About MariaDB Connector/J" and "Using
//! TLS/SSL with MariaDB Connector/J" in MariaDB's. What would change what is stored, or whom we
//! trust, is understood or refused, never left out in silence.

use std::time::Duration;

use sluice_sql::percent;

use crate::tls::{Mode, Tls};

/// What the parameters say. It has no `Debug`, for it may hold a password.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct Parameters {
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) tls: Tls,
    /// Whether the server may have the password as it is.
    pub(crate) clear_text: bool,
    pub(crate) connect_timeout: Option<Duration>,
}

/// How a JDBC driver sends, keeps or reads: never what is stored.
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

/// What cannot be done, by name, and what to do instead.
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
        "has a time zone: say it with db.timezone and leave it out here",
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
        "sets the session (sessionVariables, jdbcCompliantTruncation, autocommit and the like), which is always strict and whose transactions are the function's: leave it out",
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
        "has a Java key store of authorities: write them to a PEM file (keytool -exportcert -rfc) and name that in ssl-ca",
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
        "has a Java key store of the client: write certificate and key to PEM files and name them in ssl-cert and ssl-key",
    ),
    (
        &[
            "tlsversions",
            "enabledtlsprotocols",
            "enabledsslprotocolsuites",
            "tlsciphersuites",
            "enabledsslciphersuites",
        ],
        "narrows the versions or ciphers of TLS, which is not possible: TLS 1.2 and 1.3 are offered",
    ),
    (
        &["serverrsapublickeyfile"],
        "names the server's RSA key, which is not looked at: ask for TLS instead (ssl-mode=VERIFY_CA)",
    ),
    (&["credentialtype"], "has a credentialType: for tokens of Amazon RDS set connection.iam.auth"),
    (&["createdatabaseifnotexist"], "wants its database made: make it first"),
    (&["socket", "localsocket", "pipe"], "names a socket file or a pipe: name a host"),
];

/// What other parameters imply, until all are read.
#[derive(Default)]
struct Implied {
    /// Which of the parameters is read, counted from 1.
    nth: usize,
    mode: Option<Mode>,
    /// `useSSL`
    use_ssl: Option<bool>,
    /// `requireSSL`
    required: bool,
    /// `verifyServerCertificate`
    verified: bool,
    /// `trustServerCertificate`
    trusted: bool,
    /// `disableSslHostnameVerification`
    nameless: bool,
    /// `allowPublicKeyRetrieval`
    public_key: Option<bool>,
    certificate: Option<String>,
    key: Option<String>,
}

impl Parameters {
    /// Reads what stands behind the question mark, noting every problem; of two words for the same
    /// thing MariaDB's drivers mean another than MySQL's.
    pub(crate) fn read(query: &str, is_mariadb: bool, problems: &mut Vec<String>) -> Self {
        let mut parameters = Self::default();
        let mut implied = Implied::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            implied.nth += 1;
            let (name, value) = pair.split_once('=').unwrap_or((pair, "true"));
            let taken =
                percent::decode(value).and_then(|value| parameters.take(name, value, &mut implied));
            problems.extend(taken.err());
        }
        problems.extend(parameters.settle(&implied, is_mariadb).err());
        parameters
    }

    fn take(&mut self, name: &str, value: String, implied: &mut Implied) -> Result<(), String> {
        let is = || flag(&value);
        match plain(name).as_str() {
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
            "disablesslhostnameverification" => implied.nameless = is()?,
            "allowpublickeyretrieval" => implied.public_key = Some(is()?),
            "enablecleartextplugin" => self.clear_text = is()?,
            // Java's drivers count milliseconds, everybody else seconds.
            "connecttimeout" if name.contains(['_', '-']) => self.timeout(&value, 1_000)?,
            "connecttimeout" => self.timeout(&value, 1)?,
            tuning if TUNING.split(' ').any(|known| known == tuning) => {}
            _ => return Err(why_not(name, implied.nth)),
        }
        Ok(())
    }

    fn timeout(&mut self, value: &str, unit: u64) -> Result<(), String> {
        let count: u64 = value.parse().map_err(|_| "has a connect timeout that is no number")?;
        let timeout = Duration::from_millis(count.saturating_mul(unit));
        self.connect_timeout = Some(timeout).filter(|timeout| !timeout.is_zero());
        Ok(())
    }

    /// What all of them amount to.
    fn settle(&mut self, implied: &Implied, is_mariadb: bool) -> Result<(), String> {
        // As MySQL's own client has it, a file of authorities alone is a wish to see it used; as
        // libpq has it, so is one beside a mode that asks for no more than encryption.
        let with_file = self.tls.authorities.is_some() && !implied.trusted;
        let unless_said = if with_file { Mode::VerifyCa } else { Mode::Preferred };
        let mode = implied.mode.or(implied.older_words(is_mariadb)).unwrap_or(unless_said);
        self.tls.identity = implied.certificate.clone().zip(implied.key.clone());
        if implied.certificate.is_some() != implied.key.is_some() {
            return Err("has one of ssl-cert and ssl-key: they go together".to_owned());
        }
        if mode < Mode::Required {
            let wish = [
                (with_file, "certificates of authorities"),
                (self.tls.identity.is_some(), "a certificate of the client"),
                (self.clear_text, "enable-cleartext-plugin"),
                (implied.public_key == Some(false), "allowPublicKeyRetrieval=false"),
            ];
            if let Some((_, wish)) = wish.into_iter().find(|(is_there, _)| *is_there) {
                return Err(format!(
                    "has {wish}, for which TLS must be insisted on: ssl-mode=REQUIRED, VERIFY_CA or, best, VERIFY_IDENTITY"
                ));
            }
        }
        self.tls.mode = if mode == Mode::Required && with_file { Mode::VerifyCa } else { mode };
        Ok(())
    }
}

impl Implied {
    /// What the drivers' older words say, over which `sslMode` wins.
    fn older_words(&self, is_mariadb: bool) -> Option<Mode> {
        match self.use_ssl {
            Some(false) => Some(Mode::Disabled),
            _ if self.verified => Some(Mode::VerifyCa),
            Some(true) if is_mariadb && self.nameless => Some(Mode::VerifyCa),
            Some(true) if is_mariadb && !self.trusted => Some(Mode::VerifyIdentity),
            // MySQL's driver would do without TLS if it has to; who writes this does not expect it.
            Some(true) => Some(Mode::Required),
            None => self.required.then_some(Mode::Required),
        }
    }
}

/// A parameter's name without what its spellings differ in.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !['_', '-'].contains(c)).map(|c| c.to_ascii_lowercase()).collect()
}

fn mode(value: &str) -> Result<Mode, String> {
    match plain(value).as_str() {
        "disabled" | "disable" => Ok(Mode::Disabled),
        "preferred" | "prefer" | "allow" => Ok(Mode::Preferred),
        // What MariaDB's driver calls trust.
        "required" | "require" | "trust" => Ok(Mode::Required),
        "verifyca" => Ok(Mode::VerifyCa),
        "verifyidentity" | "verifyfull" => Ok(Mode::VerifyIdentity),
        // It is not repeated: it may be the rest of a password.
        _ => Err("has an ssl-mode that is none: it is DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY".to_owned()),
    }
}

fn flag(value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("has a switch that is neither true nor false".to_owned()),
    }
}

/// The place of one that is not known is told, and not its name: that may be the rest of a password.
fn why_not(name: &str, nth: usize) -> String {
    let name = plain(name);
    let refused = REFUSED.iter().find(|(names, _)| names.contains(&name.as_str()));
    refused.map_or_else(
        || {
            format!("has a parameter that is not known here: number {nth} behind the ? (known are ssl-mode, ssl-ca, ssl-cert, ssl-key, user, password, connectTimeout, enable-cleartext-plugin, and the drivers' settings for speed); in a password, write & as %26")
        },
        |(_, why)| (*why).to_owned(),
    )
}
