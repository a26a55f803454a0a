//! All options of this connector, and the server that they name.

use std::time::Duration;

use sluice_bridge::options::{Opt, Settings};
use sluice_http::{Client, Limits};
use sluice_sql::options::{
    CONNECTION_PASSWORD, CONNECTION_USER, connection_url, milliseconds, read_url, require_user,
    statement_timeout,
};
use sluice_tls::{Pem, Tls, Trust};

use crate::endpoint::address::{Address, Presign};
use crate::endpoint::client::Endpoint;
use crate::endpoint::compression::Compression;
use crate::endpoint::login::{Credential, Login};

/// `connection.url`
const CONNECTION_URL: Opt = connection_url(
    "The server: `databend://user:password@host:port/database?warehouse=w`, or the JDBC driver's `jdbc:databend://…`. Parameters: `sslmode` (`disable`, `enable`; the JDBC URL is not encrypted unless it says so), `tls_ca_file`, `tenant`, `warehouse`, `role`, `access_token`, `session_token` (`enable`: after the first invocation, requests log in with a token of the server instead of the password), `presign` (`auto`, `on`, `off`); any other one of a `databend://` URL is a setting of the session.",
);
/// `statement.timeout.ms`
const STATEMENT_TIMEOUT: Opt = statement_timeout(
    "How long a statement may take, in milliseconds; then it is cancelled at the server and tried again. `0` means no limit. The invocation's deadline cancels a statement in any case.",
);
/// `stage.name`
const STAGE_NAME: Opt = Opt::new(
    "stage.name",
    "The stage into which batches are uploaded, in the folder `sluice`: `~` is the user's own stage, any other name that of an internal stage, or of one on an object store with `presign=on`.",
)
.or("~");

/// `stage.min.rows`
const STAGE_MIN_ROWS: Opt = Opt::new(
    "stage.min.rows",
    "From how many rows on a batch becomes a file in the stage. A smaller one is sent in its statement, which saves two requests; the server then keeps its values in its history of queries. `0` makes a file of every batch.",
)
.or("100");

/// `stage.compression`
const STAGE_COMPRESSION: Opt = Opt::new(
    "stage.compression",
    "How files are compressed: `none`, `gzip` or `zstd`. Compression is for a slow or paid way to the server. Somebody who may do it must have executed this at the server once: `CREATE FILE FORMAT sluice_csv_gzip TYPE = CSV COMPRESSION = GZIP`, or `CREATE FILE FORMAT sluice_csv_zstd TYPE = CSV COMPRESSION = ZSTD`.",
)
.or("none");

/// All options of this connector.
pub(crate) const OPTIONS: &[&Opt] = &[
    &CONNECTION_URL,
    &CONNECTION_USER,
    &CONNECTION_PASSWORD,
    &STATEMENT_TIMEOUT,
    &STAGE_NAME,
    &STAGE_MIN_ROWS,
    &STAGE_COMPRESSION,
];

/// The hosts of the vendor's cloud, where a batch goes directly into the object store.
const CLOUD: [&str; 2] = [".databend.com", ".databend.cn"];
/// A query answers within seconds, with its result or with the address of the next page.
const CALL: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(10);
/// The longest page, in bytes.
const LONGEST_ANSWER: usize = 64 << 20;

/// Reads the options, and reports every problem.
pub(crate) fn endpoint(settings: &mut Settings) -> Option<Endpoint> {
    let read = read_url(settings, &CONNECTION_URL, |url| {
        let address = Address::parse(url)?;
        let base = address.base().map_err(|why| vec![why])?;
        Ok((address, base))
    });
    let timeout = milliseconds(settings, &STATEMENT_TIMEOUT);
    let stage = settings.text(&STAGE_NAME).unwrap_or_default().trim_start_matches('@').to_owned();
    if !is_stage(&stage) {
        settings.problem(format!(
            "{} must be ~ or a name of letters, digits, _ and -",
            STAGE_NAME.name
        ));
    }
    let staged_from = settings.parsed(&STAGE_MIN_ROWS, "a whole number of rows");
    let choices =
        [("none", Compression::None), ("gzip", Compression::Gzip), ("zstd", Compression::Zstd)];
    let compression = settings.choice(&STAGE_COMPRESSION, &choices);
    let (address, base) = read?;
    let login = Login::new(credential(settings, &address), address.uses_session);
    let http = client(settings, &address)?;
    let is_cloud = CLOUD.iter().any(|domain| address.host.ends_with(domain));
    let presigns = address.presign == Presign::On || address.presign == Presign::Auto && is_cloud;
    Some(Endpoint {
        http,
        base,
        login,
        database: if address.database.is_empty() { "default".to_owned() } else { address.database },
        tenant: address.tenant,
        warehouse: address.warehouse,
        role: address.role,
        settings: address.settings,
        stage,
        staged_from,
        compression,
        presigns,
        timeout: (timeout > 0).then(|| Duration::from_millis(timeout.into())),
    })
}

fn credential(settings: &mut Settings, address: &Address) -> Credential {
    let user = settings.text(&CONNECTION_USER).unwrap_or(&address.user).to_owned();
    let password = settings.text(&CONNECTION_PASSWORD).unwrap_or(&address.password).to_owned();
    if !address.access_token.is_empty() {
        return Credential::Token(address.access_token.clone());
    }
    require_user(settings, !user.is_empty());
    Credential::Password { user, password }
}

fn client(settings: &mut Settings, address: &Address) -> Option<Client> {
    let authorities = address.ca_file.clone().map(Pem::of);
    let tls = Tls { trust: Trust::Host, authorities, identity: None };
    let limits = Limits { connect: CONNECT, call: CALL, answer: LONGEST_ANSWER };
    match Client::new(&tls, limits) {
        Ok(client) => Some(client),
        Err(unusable) => {
            settings.problem(format!(
                "{} has a tls_ca_file that cannot be used: {}",
                CONNECTION_URL.name,
                unusable.into_reason()
            ));
            None
        }
    }
}

/// Whether a name can stand in a statement behind an @ as it is.
fn is_stage(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    name == "~" || !name.is_empty() && name.bytes().all(is_plain)
}
