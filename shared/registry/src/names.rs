//! The options of a registry's client: names of Confluent's client with the prefix
//! `schema.registry.`, and those of librdkafka for certificates.

use sluice_bridge::options::Opt;

/// Which service is asked.
pub(crate) const KIND: Opt = Opt::new(
    "schema.registry.type",
    "`confluent`: Confluent's registry, or one with its API (Apicurio, Karapace, Redpanda); `glue`: AWS Glue, with the credentials of the function's role, which needs `glue:GetSchemaVersion`. Then `schema.registry.url` is that of the service in one region, such as `https://glue.eu-central-1.amazonaws.com`.",
)
.or("confluent");
/// Where user and password are.
pub(crate) const BASIC_SOURCE: Opt = Opt::new(
    "schema.registry.basic.auth.credentials.source",
    "Where user and password for the registry are: `USER_INFO` (`schema.registry.basic.auth.user.info`) or `URL`. By default the option, if it is set, or else the URL.",
);
/// User and password.
pub(crate) const USER_INFO: Opt = Opt::new(
    "schema.registry.basic.auth.user.info",
    "User and password for the registry, with a colon between them; for Confluent Cloud the key and the secret of an API key. Use a reference such as `${secretsmanager:ID:FIELD}`.",
);
/// Where the token is from.
pub(crate) const BEARER_SOURCE: Opt = Opt::new(
    "schema.registry.bearer.auth.credentials.source",
    "A token instead of a password: `STATIC_TOKEN`, or `OAUTHBEARER` from an OAuth server, for client credentials.",
);
/// The token.
pub(crate) const BEARER_TOKEN: Opt =
    Opt::new("schema.registry.bearer.auth.token", "The token, for `STATIC_TOKEN`.");
/// The OAuth server.
pub(crate) const BEARER_ISSUER: Opt = Opt::new(
    "schema.registry.bearer.auth.issuer.endpoint.url",
    "The `https` address that issues tokens, for `OAUTHBEARER`.",
);
/// The OAuth client.
pub(crate) const BEARER_CLIENT_ID: Opt =
    Opt::new("schema.registry.bearer.auth.client.id", "The OAuth client, for `OAUTHBEARER`.");
/// Its secret.
pub(crate) const BEARER_CLIENT_SECRET: Opt =
    Opt::new("schema.registry.bearer.auth.client.secret", "The secret of the OAuth client.");
/// The scope of the token.
pub(crate) const BEARER_SCOPE: Opt =
    Opt::new("schema.registry.bearer.auth.scope", "The scope of the token.");
/// Confluent Cloud's name of the registry.
pub(crate) const BEARER_CLUSTER: Opt = Opt::new(
    "schema.registry.bearer.auth.logical.cluster",
    "The registry's name in Confluent Cloud, which a token needs there, such as `lsrc-…`.",
);
/// Confluent Cloud's name of the client.
pub(crate) const BEARER_POOL: Opt = Opt::new(
    "schema.registry.bearer.auth.identity.pool.id",
    "The identity pool in Confluent Cloud, for a token, such as `pool-…`.",
);
/// The trusted authorities.
pub(crate) const SSL_CA: Opt = Opt::new(
    "schema.registry.ssl.ca.location",
    "The authorities that may sign the registry's certificate: a PEM file, or the PEM itself. By default the public web roots.",
);
/// The client's certificate.
pub(crate) const SSL_CERTIFICATE: Opt = Opt::new(
    "schema.registry.ssl.certificate.location",
    "The client's certificate and its chain, for a registry that asks for one: a PEM file, or the PEM itself. Goes with `schema.registry.ssl.key.location`.",
);
/// The client's key.
pub(crate) const SSL_KEY: Opt = Opt::new(
    "schema.registry.ssl.key.location",
    "The client's private key, not encrypted: a PEM file, or the PEM itself.",
);
/// The region of AWS Glue.
pub(crate) const REGION: Opt = Opt::new(
    "schema.registry.aws.region",
    "The region of AWS Glue, which is signed for. By default the one in the URL, or else the function's own, `AWS_REGION`.",
);

/// Every option of this crate, in the order of the README's table.
pub const OPTIONS: &[&Opt] = &[
    &KIND,
    &BASIC_SOURCE,
    &USER_INFO,
    &BEARER_SOURCE,
    &BEARER_TOKEN,
    &BEARER_ISSUER,
    &BEARER_CLIENT_ID,
    &BEARER_CLIENT_SECRET,
    &BEARER_SCOPE,
    &BEARER_CLUSTER,
    &BEARER_POOL,
    &SSL_CA,
    &SSL_CERTIFICATE,
    &SSL_KEY,
    &REGION,
];

/// The options that a login by a token of an OAuth server needs.
#[cfg(feature = "client")]
pub(crate) const OAUTH_ONLY: &[&Opt] =
    &[&BEARER_ISSUER, &BEARER_CLIENT_ID, &BEARER_CLIENT_SECRET, &BEARER_SCOPE];

/// The options of a login, which AWS Glue does not have: it knows the function's role.
#[cfg(feature = "client")]
pub(crate) const LOGINS: &[&Opt] = &[
    &BASIC_SOURCE,
    &USER_INFO,
    &BEARER_SOURCE,
    &BEARER_TOKEN,
    &BEARER_ISSUER,
    &BEARER_CLIENT_ID,
    &BEARER_CLIENT_SECRET,
    &BEARER_SCOPE,
    &BEARER_CLUSTER,
    &BEARER_POOL,
];
