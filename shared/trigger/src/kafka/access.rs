//! Connects to the cluster with the functions' `kafka.*` options from the command line or a file.

use std::time::Duration;

use krafka::Kafka;
use sluice_bridge::options::Settings;
use sluice_kafka::{Access, options};

use crate::error::Error;

const PREFIX: &str = "kafka.";

/// How old the description of a topic may be when it is used. The client fetches descriptions only
/// on demand, so this is not a polling interval.
const FRESH: Duration = Duration::from_secs(1);

/// The access to the cluster at `bootstrap` (`host:port`, separated by commas). `settings` are
/// options of the functions such as `kafka.security.protocol`; the prefix `kafka.` can be omitted.
///
/// # Errors
///
/// A text with every option that is unknown or wrong.
pub fn access(bootstrap: &str, settings: &[(String, String)]) -> Result<Access, Error> {
    let region = std::env::var("AWS_REGION").ok().map(|region| ("aws.region".to_owned(), region));
    let servers = ("bootstrap.servers".to_owned(), bootstrap.to_owned());
    let pairs = region.into_iter().chain(settings.iter().cloned()).chain([servers]);
    let named = pairs.map(|(name, value)| {
        let name = if name.starts_with(PREFIX) { name } else { format!("{PREFIX}{name}") };
        (name, value)
    });
    let mut settings = Settings::new(options::OPTIONS, named);
    let access = Access::from_settings(&mut settings);
    settings.check().map_err(|problems| Error::Access(problems.to_string()))?;
    Ok(access)
}

/// Connects to the cluster; the arguments are those of [`access`].
///
/// # Errors
///
/// A text with every option that is unknown or wrong, or why the cluster cannot be reached.
pub async fn connect(bootstrap: &str, settings: &[(String, String)]) -> Result<Kafka, Error> {
    let access = access(bootstrap, settings)?;
    access.connect_fresh(FRESH).await.map_err(|error| Error::Access(error.to_string()))
}
