//! The way to the cluster: the `kafka.*` options of the functions, given by hand.

use std::time::Duration;

use krafka::Kafka;
use sluice_bridge::options::Settings;
use sluice_kafka::{Access, options};

use crate::error::Error;

const PREFIX: &str = "kafka.";

/// How old a description of a topic may be for somebody who asks for it. The client asks only on
/// demand, so that this is no rate.
const FRESH: Duration = Duration::from_secs(1);

/// The way to the cluster at `bootstrap` (`host:port`, separated by commas). `settings` are options
/// of the functions, `kafka.security.protocol` and so on; the prefix may be left out.
///
/// # Errors
///
/// Every option that is unknown or wrong.
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

/// Connects to the cluster that [`access`] leads to.
///
/// # Errors
///
/// Every option that is unknown or wrong, or why the cluster cannot be reached.
pub async fn connect(bootstrap: &str, settings: &[(String, String)]) -> Result<Kafka, Error> {
    let access = access(bootstrap, settings)?;
    access.connect_fresh(FRESH).await.map_err(|error| Error::Access(error.to_string()))
}
