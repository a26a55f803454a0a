//! The `kafka.*` options: Kafka's own client names with the prefix `kafka.`. A user name, a
//! password and an OAuth client are options of their own; Kafka's Java client has them in one JAAS
//! line.

use sluice_bridge::options::Opt;

/// The address of the cluster.
pub const BOOTSTRAP_SERVERS: Opt = Opt::new(
    "kafka.bootstrap.servers",
    "Brokers to ask first, `host:port` separated by commas. Default: the brokers of the event.",
);
/// The client's name in the cluster's logs.
pub const CLIENT_ID: Opt =
    Opt::new("kafka.client.id", "The client's name in the broker's logs and quotas.").or("sluice");
/// Whether to use encryption and authentication.
pub const SECURITY_PROTOCOL: Opt =
    Opt::new("kafka.security.protocol", "`PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`.")
        .or("PLAINTEXT");
/// How to authenticate.
pub const SASL_MECHANISM: Opt = Opt::new(
    "kafka.sasl.mechanism",
    "`PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`, `AWS_MSK_IAM` or `OAUTHBEARER`. Needed with a \
     `SASL_` protocol.",
);
/// The user name.
pub const SASL_USERNAME: Opt =
    Opt::new("kafka.sasl.username", "User name for `PLAIN` and `SCRAM-SHA-…`.");
/// The user's password.
pub const SASL_PASSWORD: Opt =
    Opt::new("kafka.sasl.password", "Password for `PLAIN` and `SCRAM-SHA-…`.");
/// The endpoint from which `OAUTHBEARER` gets its token.
pub const OAUTH_TOKEN_ENDPOINT_URL: Opt = Opt::new(
    "kafka.sasl.oauthbearer.token.endpoint.url",
    "`https` address that issues tokens for `OAUTHBEARER` (OpenID Connect, client \
     credentials).",
);
/// The client that requests the token.
pub const OAUTH_CLIENT_ID: Opt =
    Opt::new("kafka.sasl.oauthbearer.client.id", "OAuth client for `OAUTHBEARER`.");
/// The client's secret.
pub const OAUTH_CLIENT_SECRET: Opt =
    Opt::new("kafka.sasl.oauthbearer.client.secret", "Secret of the OAuth client.");
/// The scope of the token.
pub const OAUTH_SCOPE: Opt =
    Opt::new("kafka.sasl.oauthbearer.scope", "Scope to ask for with the token.");
/// The trusted authorities.
pub const SSL_CA_LOCATION: Opt = Opt::new(
    "kafka.ssl.ca.location",
    "PEM file of the authorities that may sign a broker's certificate. Default: the public web \
     roots.",
);
/// Our certificate, for brokers that ask for a client certificate.
pub const SSL_CERTIFICATE_LOCATION: Opt = Opt::new(
    "kafka.ssl.certificate.location",
    "PEM file of the client certificate and its chain. Goes with `kafka.ssl.key.location`.",
);
/// The key of that certificate.
pub const SSL_KEY_LOCATION: Opt = Opt::new(
    "kafka.ssl.key.location",
    "PEM file of the client's private key, unencrypted. Goes with \
     `kafka.ssl.certificate.location`.",
);
/// The region that `AWS_MSK_IAM` signs for.
pub const AWS_REGION: Opt = Opt::new(
    "kafka.aws.region",
    "The cluster's region, for `AWS_MSK_IAM`. Default: the function's own, `AWS_REGION`.",
);

/// Every option of this crate, in the order of the README's table.
pub const OPTIONS: &[&Opt] = &[
    &BOOTSTRAP_SERVERS,
    &CLIENT_ID,
    &SECURITY_PROTOCOL,
    &SASL_MECHANISM,
    &SASL_USERNAME,
    &SASL_PASSWORD,
    &OAUTH_TOKEN_ENDPOINT_URL,
    &OAUTH_CLIENT_ID,
    &OAUTH_CLIENT_SECRET,
    &OAUTH_SCOPE,
    &SSL_CA_LOCATION,
    &SSL_CERTIFICATE_LOCATION,
    &SSL_KEY_LOCATION,
    &AWS_REGION,
];

/// The options that need a `SASL_` protocol. The region is not here: its default is the function's
/// own, so it is always set.
pub(crate) const SASL_ONLY: &[&Opt] = &[
    &SASL_MECHANISM,
    &SASL_USERNAME,
    &SASL_PASSWORD,
    &OAUTH_TOKEN_ENDPOINT_URL,
    &OAUTH_CLIENT_ID,
    &OAUTH_CLIENT_SECRET,
    &OAUTH_SCOPE,
];

/// The options that need an `SSL` protocol.
pub(crate) const TLS_ONLY: &[&Opt] =
    &[&SSL_CA_LOCATION, &SSL_CERTIFICATE_LOCATION, &SSL_KEY_LOCATION];
