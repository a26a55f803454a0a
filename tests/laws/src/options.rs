//! Options: any options with any values are read or refused, and no problem that is
//! reported quotes a secret.

use analyticdb_postgresql::PostgresSink;
use sluice_bridge::connector::Connector;
use sluice_bridge::options::Settings;
use sluice_bridge::options::rules::Rules;
use sluice_dead_letter::Topics;
use sluice_kafka::Access;
use sluice_runtime::connector_options;

pub mod fields_mapping;

/// A word that may stand in no problem; it is given as, or inside, what is secret.
pub const SECRET: &str = "s3cr3t";

/// Reads `name=value` lines.
///
/// # Panics
/// The law does not hold of these bytes.
pub fn holds(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    check(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
}

/// An address is read or refused, and its password told to nobody.
///
/// # Panics
/// The law does not hold of these bytes.
pub fn url_holds(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    check(vec![("connection.url".to_owned(), text.to_owned())]);
}

fn check(pairs: Vec<(String, String)>) {
    let hidden = pairs.iter().all(|pair| !tells(pair));
    let mut settings = Settings::new(&connector_options::<PostgresSink>(), pairs);
    let sink = PostgresSink::configure(&mut settings);
    let rules = Rules::from_settings(&mut settings);
    let topics = Topics::from_settings(&mut settings, rules.tolerant);
    let access = Access::from_settings(&mut settings);
    let told =
        format!("{topics:?}{}", settings.check().err().map_or(String::new(), |it| it.to_string()));
    if hidden {
        assert!(!told.contains(SECRET), "a problem tells the secret: {told}");
        assert!(!format!("{sink:?}").contains(SECRET), "the sink shows it: {sink:?}");
        assert!(!format!("{access:?}").contains(SECRET), "the access shows it: {access:?}");
    }
}

/// Whether the secret stands where none belongs.
fn tells((name, value): &(String, String)) -> bool {
    let belongs = match name.as_str() {
        "connection.url" => password(value).is_some_and(|password| password.contains(SECRET)),
        name => name.contains("password") || name.contains("secret"),
    };
    let times = value.matches(SECRET).count();
    name.contains(SECRET) || (times > 0 && !belongs) || times > 1
}

/// What stands between the user's colon and the at sign.
fn password(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let credentials = rest.split(['/', '?']).next()?.rsplit_once('@')?.0;
    credentials.split_once(':').map(|(_, password)| password)
}
