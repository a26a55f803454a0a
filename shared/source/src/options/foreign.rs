//! Options of Confluent's JDBC source that this source does not have: which of their values say what it does anyway,
//! and what to do instead of the others. A configuration from there is checked at the start.
//!
//! Source: `JdbcSourceConnectorConfig` of `kafka-connect-jdbc`.

use sluice_bridge::options::{Opt, Settings};

/// An option that is known only to be answered.
struct Foreign {
    opt: Opt,
    /// The values that mean what is done anyway, in lower case; without any, all are refused.
    accepted: &'static [&'static str],
    /// Why, and what to do.
    why: &'static str,
}

macro_rules! refused {
    ($name:literal, $why:literal) => {
        Foreign { opt: Opt::new($name, concat!("Refused: ", $why, ".")), accepted: &[], why: $why }
    };
}

macro_rules! accepted {
    ($name:literal, [$($value:literal),+], $why:literal) => {
        Foreign {
            opt: Opt::new($name, concat!("Only" $(, " `", $value, "`")+, ": ", $why, ".")),
            accepted: &[$($value),+],
            why: $why,
        }
    };
}

static FOREIGN: [Foreign; 21] = [
    accepted!(
        "dialect.name",
        ["mysqldatabasedialect", "mariadbdatabasedialect"],
        "connection.url says what the database is"
    ),
    accepted!(
        "numeric.mapping",
        ["none", "precision_only", "best_fit", "best_fit_eager_double"],
        "numbers keep every digit; Confluent's source does not use it for MySQL's DECIMAL either"
    ),
    accepted!(
        "numeric.precision.mapping",
        ["false", "true"],
        "numbers keep every digit; Confluent's source does not use it for MySQL's DECIMAL either"
    ),
    accepted!("quote.sql.identifiers", ["always"], "names are always quoted"),
    accepted!(
        "transaction.isolation.mode",
        ["default", "read_committed"],
        "only committed rows are read"
    ),
    accepted!(
        "date.calendar.system",
        ["proleptic_gregorian"],
        "days are those that the server shows"
    ),
    accepted!(
        "exactly.once.support",
        ["required", "requested"],
        "records and offsets are always in one transaction"
    ),
    accepted!(
        "transaction.boundary",
        ["poll"],
        "a transaction holds a page of batch.max.rows rows"
    ),
    refused!("connection.attempts", "an invocation connects once, and the next one tries again"),
    refused!("connection.backoff.ms", "an invocation connects once, and the next one tries again"),
    refused!("query.retry.attempts", "an invocation that fails is tried again by the next one"),
    refused!(
        "jdbc.credentials.provider.class",
        "let connection.password refer to a secret, or set connection.iam.auth"
    ),
    refused!("catalog.pattern", "name the database in table.include.list"),
    refused!("schema.pattern", "name the database in table.include.list"),
    refused!(
        "poll.interval.ms",
        "the schedule of the invocations says how often tables are polled, or poll-interval of sluice run"
    ),
    refused!("table.poll.interval.ms", "each invocation looks for new tables"),
    refused!("table.monitoring.startup.polling.limit.ms", "each invocation looks for new tables"),
    refused!("max.buffer.size", "there is no buffer; batch.max.rows limits what is in flight"),
    refused!("poll.linger.ms", "there is no buffer; rows are sent as they are read"),
    refused!("transforms", "the key is already the primary key; the reader makes other changes"),
    refused!("offsets.storage.topic", "set offset.storage.topic, a topic of this connector alone"),
];

/// Every option of this list.
pub const OPTIONS: &[&Opt] = &{
    let mut all = [&FOREIGN[0].opt; FOREIGN.len()];
    let mut place = 1;
    while place < FOREIGN.len() {
        all[place] = &FOREIGN[place].opt;
        place += 1;
    }
    all
};

/// Notes a problem for each of them that asks for something else than what is done.
pub(crate) fn check(settings: &mut Settings) {
    for Foreign { opt, accepted, why } in &FOREIGN {
        let Some(given) = settings.given(opt).map(str::to_lowercase) else { continue };
        if accepted.contains(&given.as_str()) {
            continue;
        }
        let problem = match accepted {
            [] => format!("{} is not an option of this source: {why}", opt.name),
            _ => format!("{} must be {}: {why}", opt.name, accepted.join(" or ")),
        };
        settings.problem(problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(pairs: &[(&str, &str)]) -> String {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut settings = Settings::new(OPTIONS, pairs);
        check(&mut settings);
        settings.check().err().map_or(String::new(), |problems| problems.to_string())
    }

    #[test]
    fn what_is_done_anyway_is_accepted() {
        let same = [
            ("quote.sql.identifiers", "ALWAYS"),
            ("dialect.name", "MySqlDatabaseDialect"),
            ("poll.interval.ms", ""),
        ];
        assert_eq!(problems(&same), "");
    }

    #[test]
    fn the_rest_is_told_with_what_to_do() {
        let told = problems(&[("poll.interval.ms", "5000"), ("transaction.boundary", "interval")]);
        assert!(told.contains("poll.interval.ms is not an option of this source: the schedule"));
        assert!(told.contains("transaction.boundary must be poll: a transaction holds"), "{told}");
    }
}
