//! The options of a connection, checked once at start, and the handle from which every client of
//! the cluster is built.

use std::time::Duration;

use krafka::auth::oidc::{ClientCredentials, OidcTokenProvider};
use krafka::auth::{AuthConfig, AwsMskIamCredentials, TlsConfig};
use krafka::{Kafka, KafkaBuilder};
use sluice_bridge::options::{Opt, Settings};

use crate::SendError;
use crate::options::{
    AWS_REGION, BOOTSTRAP_SERVERS, CLIENT_ID, OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, OAUTH_SCOPE,
    OAUTH_TOKEN_ENDPOINT_URL, SASL_MECHANISM, SASL_ONLY, SASL_PASSWORD, SASL_USERNAME,
    SECURITY_PROTOCOL, SSL_CA_LOCATION, SSL_CERTIFICATE_LOCATION, SSL_KEY_LOCATION, TLS_ONLY,
};

/// The address of a cluster and how to log in. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Access {
    servers: String,
    client_id: String,
    security: AuthConfig,
}

impl Access {
    /// Reads the `kafka.*` options and notes every problem. Nothing is opened: a certificate
    /// file that cannot be read is named when connecting.
    ///
    /// `AWS_MSK_IAM` signs for `kafka.aws.region`; the caller that collects the settings sets it to
    /// the environment's `AWS_REGION` first.
    #[must_use]
    pub fn from_settings(settings: &mut Settings) -> Self {
        let servers = settings.list(&BOOTSTRAP_SERVERS);
        if let Some(odd) = servers.iter().find(|server| !is_address(server)) {
            settings.problem(format!(
                "{} must be host:port pairs separated by commas; `{odd}` is not such a pair",
                BOOTSTRAP_SERVERS.name
            ));
        }
        let client_id = settings.text(&CLIENT_ID).unwrap_or_default().to_owned();
        Self { servers: servers.join(","), client_id, security: security(settings) }
    }

    /// The same access, with these brokers if no option names any: an event has its own
    /// (`bootstrapServers`, a comma-separated list).
    #[must_use]
    pub fn or_servers(mut self, servers: &str) -> Self {
        if self.servers.is_empty() {
            servers.clone_into(&mut self.servers);
        }
        self
    }

    /// The brokers to ask first, `host:port` separated by commas; empty if none is known.
    #[must_use]
    pub fn servers(&self) -> &str {
        &self.servers
    }

    /// Connects, with Kafka's own timeouts. Consumers and admin clients are built from the handle.
    ///
    /// # Errors
    /// [`SendError::Unauthorized`] if the cluster does not accept us or we do not accept its
    /// certificate, otherwise [`SendError::Unavailable`]; the text names what is wrong.
    pub async fn connect(&self) -> Result<Kafka, SendError> {
        self.connect_with(self.builder()).await
    }

    /// The same, but descriptions of topics are fetched again once they are older than `age`.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub async fn connect_fresh(&self, age: Duration) -> Result<Kafka, SendError> {
        self.connect_with(self.builder().metadata_max_age(age)).await
    }

    pub(crate) fn builder(&self) -> KafkaBuilder {
        Kafka::builder(&self.servers).client_id(&self.client_id).security(self.security.clone())
    }

    pub(crate) async fn connect_with(&self, builder: KafkaBuilder) -> Result<Kafka, SendError> {
        if self.servers.is_empty() {
            let text = format!("no broker is known: set {}", BOOTSTRAP_SERVERS.name);
            return Err(SendError::Unavailable(text));
        }
        builder.connect().await.map_err(|error| SendError::connecting(&error, &self.servers))
    }
}

fn is_address(server: &str) -> bool {
    server
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

#[derive(Clone, Copy)]
struct Protocol {
    sasl: bool,
    tls: bool,
}

const PROTOCOLS: &[(&str, Protocol)] = &[
    ("PLAINTEXT", Protocol { sasl: false, tls: false }),
    ("SSL", Protocol { sasl: false, tls: true }),
    ("SASL_PLAINTEXT", Protocol { sasl: true, tls: false }),
    ("SASL_SSL", Protocol { sasl: true, tls: true }),
];

#[derive(Clone, Copy)]
enum Mechanism {
    Plain,
    ScramSha256,
    ScramSha512,
    AwsMskIam,
    OAuthBearer,
}

const MECHANISMS: &[(&str, Mechanism)] = &[
    ("PLAIN", Mechanism::Plain),
    ("SCRAM-SHA-256", Mechanism::ScramSha256),
    ("SCRAM-SHA-512", Mechanism::ScramSha512),
    ("AWS_MSK_IAM", Mechanism::AwsMskIam),
    ("OAUTHBEARER", Mechanism::OAuthBearer),
];

fn security(settings: &mut Settings) -> AuthConfig {
    let protocol = settings.choice(&SECURITY_PROTOCOL, PROTOCOLS);
    let auth = if protocol.sasl {
        sasl(settings, protocol)
    } else {
        refuse_unused(settings, SASL_ONLY, "SASL_PLAINTEXT or SASL_SSL");
        AuthConfig::plaintext()
    };
    if protocol.tls {
        auth.with_tls(tls(settings))
    } else {
        refuse_unused(settings, TLS_ONLY, "SSL or SASL_SSL");
        auth
    }
}

/// Reports options that have no effect: they are mistakes that would only be noticed in production.
fn refuse_unused(settings: &mut Settings, opts: &[&Opt], protocols: &str) {
    for opt in opts {
        if settings.given(opt).is_some() {
            let protocol = SECURITY_PROTOCOL.name;
            settings.problem(format!("{} needs {protocol} to be {protocols}", opt.name));
        }
    }
}

fn sasl(settings: &mut Settings, protocol: Protocol) -> AuthConfig {
    if settings.required(&SASL_MECHANISM).is_empty() {
        return AuthConfig::plaintext();
    }
    match settings.choice(&SASL_MECHANISM, MECHANISMS) {
        Mechanism::Plain => password(settings, AuthConfig::sasl_plain),
        Mechanism::ScramSha256 => password(settings, AuthConfig::sasl_scram_sha256),
        Mechanism::ScramSha512 => password(settings, AuthConfig::sasl_scram_sha512),
        Mechanism::OAuthBearer => oauth(settings),
        Mechanism::AwsMskIam => aws_msk_iam(settings, protocol),
    }
}

fn password(settings: &mut Settings, auth: fn(String, String) -> AuthConfig) -> AuthConfig {
    auth(settings.required(&SASL_USERNAME), settings.required(&SASL_PASSWORD))
}

/// The role's credentials expire and the platform renews them in the environment, so they
/// are read again for each connection.
fn aws_msk_iam(settings: &mut Settings, protocol: Protocol) -> AuthConfig {
    if !protocol.tls {
        let (mechanism, protocol) = (SASL_MECHANISM.name, SECURITY_PROTOCOL.name);
        settings.problem(format!("{mechanism}=AWS_MSK_IAM needs {protocol} to be SASL_SSL"));
    }
    let region = settings.required(&AWS_REGION);
    AuthConfig::aws_msk_iam_provider(move || {
        std::future::ready(AwsMskIamCredentials::from_env_with_region(region.clone()))
    })
}

fn oauth(settings: &mut Settings) -> AuthConfig {
    let endpoint = settings.required(&OAUTH_TOKEN_ENDPOINT_URL);
    let client = settings.required(&OAUTH_CLIENT_ID);
    let secret = settings.required(&OAUTH_CLIENT_SECRET);
    let mut provider = OidcTokenProvider::builder(&endpoint)
        .credentials(ClientCredentials::secret(client, secret));
    if let Some(scope) = settings.text(&OAUTH_SCOPE) {
        provider = provider.scope(scope);
    }
    match provider.build() {
        Ok(provider) => AuthConfig::sasl_oauthbearer_provider(provider),
        Err(_) if endpoint.is_empty() => AuthConfig::plaintext(),
        // Only the address can be wrong here. The error's text could quote it, so it is not shown.
        Err(_) => {
            let name = OAUTH_TOKEN_ENDPOINT_URL.name;
            settings.problem(format!("{name} must be an https address: a secret is sent to it"));
            AuthConfig::plaintext()
        }
    }
}

fn tls(settings: &mut Settings) -> TlsConfig {
    let path = |opt: &Opt| settings.text(opt).map(str::to_owned);
    let (ca, certificate, key) =
        (path(&SSL_CA_LOCATION), path(&SSL_CERTIFICATE_LOCATION), path(&SSL_KEY_LOCATION));
    let tls = match ca {
        Some(ca) => TlsConfig::new().with_ca_cert(ca),
        None => TlsConfig::new(),
    };
    match (certificate, key) {
        (Some(certificate), Some(key)) => tls.with_client_cert(certificate, key),
        (None, None) => tls,
        _ => {
            let (certificate, key) = (SSL_CERTIFICATE_LOCATION.name, SSL_KEY_LOCATION.name);
            settings.problem(format!("{certificate} and {key} only work together"));
            tls
        }
    }
}

#[cfg(test)]
mod tests;
