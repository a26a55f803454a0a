//! The options that all sources of tables share, with the names and meanings of Confluent's JDBC source, read once
//! into plain data.

use std::num::{NonZeroU32, NonZeroUsize};
use std::str::FromStr;
use std::time::Duration;

use sluice_bridge::options::rules::NAME;
use sluice_bridge::options::{Opt, Settings};

use crate::model::offset::{self, MOST_TASKS};
use crate::model::position::{Micros, Position};
use crate::options::columns::{self, Columns};
use crate::options::foreign;
use crate::options::formats::{self, Formats};
use crate::options::letter::{self, Letters};
use crate::options::tables::{self, Kinds, Tables};

/// `mode`
pub const MODE: Opt = Opt::new(
    "mode",
    "`bulk` reads the whole table again in each pass; `incrementing` reads rows with a higher id than the last one, and sees no updates; `timestamp` reads rows with a later timestamp; `timestamp+incrementing` orders rows of one moment by the id.",
);
/// `timestamp.initial`
pub const TIMESTAMP_INITIAL: Opt = Opt::new(
    "timestamp.initial",
    "Where the modes with a timestamp begin if there is no offset: milliseconds since 1970, or `-1` for now. By default with the first row.",
);
/// `timestamp.delay.interval.ms`
pub const TIMESTAMP_DELAY: Opt = Opt::new(
    "timestamp.delay.interval.ms",
    "How old a row must be before it is read, in milliseconds.",
)
.or("0");
/// `validate.non.null`
pub const VALIDATE_NON_NULL: Opt = Opt::new(
    "validate.non.null",
    "Whether a table is refused at start if all its timestamp columns may be NULL: rows in which they are NULL are never read. If `false`, such rows are counted at start and logged.",
)
.or("true");
/// `table.recreated`
pub const TABLE_RECREATED: Opt = Opt::new(
    "table.recreated",
    "What happens if the next id of a table is not above the stored offset, because the table was emptied or created again: `stop` with an error, or `restart` at the beginning of the table.",
)
.or("stop");
/// `topic.prefix`
pub const TOPIC_PREFIX: Opt =
    Opt::new("topic.prefix", "The topic of a table is this prefix and the table's name; that of a query is the prefix alone.").or("");
/// `batch.max.rows`
pub const BATCH_MAX_ROWS: Opt = Opt::new(
    "batch.max.rows",
    "How many rows one statement reads and one transaction holds, at most. The first page of a table has 1000 at most; then pages grow as long as one takes less than half a second and has less than 16 MiB. Kafka Connect's default is 1000.",
)
.or("50000");
/// `max.rows.per.second`
pub const MAX_ROWS_PER_SECOND: Opt = Opt::new(
    "max.rows.per.second",
    "How many rows all tables together read in a second, at most, so that a first pass over large tables leaves the server time for others. By default there is no limit.",
);
/// `tasks.max`
pub const TASKS_MAX: Opt = Opt::new(
    "tasks.max",
    "How many tables an invocation polls side by side, at most: from 1 to 32. Each task has a connection to the database and a Kafka producer of its own.",
)
.or("1");
/// `offset.storage.topic`
pub const OFFSETS_TOPIC: Opt = Opt::new(
    "offset.storage.topic",
    "The topic of this connector's offsets, of its own: one partition, `cleanup.policy=compact`. By default the connector's name and `-offsets`.",
);

const OWN: &[&Opt] = &[
    &NAME,
    &MODE,
    &columns::INCREMENTING_COLUMN,
    &columns::INCREMENTING_MAPPING,
    &columns::TIMESTAMP_COLUMN,
    &columns::TIMESTAMP_MAPPING,
    &TIMESTAMP_INITIAL,
    &TIMESTAMP_DELAY,
    &VALIDATE_NON_NULL,
    &tables::TABLE_INCLUDE,
    &tables::TABLE_EXCLUDE,
    &tables::TABLE_WHITELIST,
    &tables::TABLE_BLACKLIST,
    &tables::TABLE_TYPES,
    &tables::QUERY,
    &tables::QUERY_MASKED,
    &tables::QUERY_SUFFIX,
    &TABLE_RECREATED,
    &TOPIC_PREFIX,
    &BATCH_MAX_ROWS,
    &MAX_ROWS_PER_SECOND,
    &TASKS_MAX,
    &letter::ERRORS_TOLERANCE,
    &letter::LETTERS_TOPIC,
    &OFFSETS_TOPIC,
];

/// Every option of this crate.
pub const OPTIONS: &[&Opt] = &{
    let lists = [formats::OPTIONS, OWN, foreign::OPTIONS];
    let mut all = [&NAME; formats::OPTIONS.len() + OWN.len() + foreign::OPTIONS.len()];
    let (mut list, mut begin, mut place) = (0, 0, 0);
    while place < all.len() {
        if place - begin == lists[list].len() {
            (list, begin) = (list + 1, place);
        }
        all[place] = lists[list][place - begin];
        place += 1;
    }
    all
};

/// Which rows are new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All of them, in each pass.
    Bulk,
    /// Those with a higher id.
    Incrementing,
    /// Those with a later timestamp.
    Timestamp,
    /// Those with a later timestamp, or the same one and a higher id.
    TimestampIncrementing,
}

impl Mode {
    /// Whether rows are ordered by a timestamp.
    #[must_use]
    pub fn has_time(self) -> bool {
        matches!(self, Mode::Timestamp | Mode::TimestampIncrementing)
    }

    /// Whether a column of rising ids is needed.
    #[must_use]
    pub fn has_id(self) -> bool {
        matches!(self, Mode::Incrementing | Mode::TimestampIncrementing)
    }
}

/// The options of a source.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The connector's name: the first part of its offsets' keys.
    pub connector: String,
    /// Which rows are new.
    pub mode: Mode,
    /// Which columns order the rows.
    pub columns: Columns,
    /// Milliseconds since 1970, −1 for now; `None` for the first row.
    initial: Option<i64>,
    /// How old a row must be.
    pub delay: Duration,
    /// Whether a timestamp column that may be NULL is refused.
    pub validates_null: bool,
    /// Whether a table that was created again is read from its beginning.
    pub restarts: bool,
    /// Which tables are read, or the query.
    pub tables: Tables,
    /// What the tables are chosen from.
    pub kinds: Kinds,
    /// What stands behind each statement that reads rows.
    pub suffix: String,
    /// What stands before a table's name in that of its topic.
    pub topic_prefix: String,
    /// Rows of a statement and of a transaction, at least 1.
    pub page_rows: u32,
    /// Rows of a second at most.
    pub rows_per_second: Option<NonZeroU32>,
    /// Tables that are polled side by side, at most.
    pub tasks: NonZeroUsize,
    /// What becomes of a row that cannot be written as a record.
    pub letters: Letters,
    /// How records are written.
    pub formats: Formats,
    /// The topic of the offsets.
    pub offsets_topic: String,
}

impl Rules {
    /// Reads the options and notes every problem.
    #[must_use]
    pub fn from_settings(settings: &mut Settings) -> Self {
        let mode = mode(settings);
        let connector = settings.required(&NAME);
        if offset::is_name_of_task(&connector) {
            settings.problem(format!(
                "{} must not end with .task- and a number: the tasks of another connector have such names",
                NAME.name
            ));
        }
        let initial = given(settings, &TIMESTAMP_INITIAL, "milliseconds since 1970");
        let delay: u32 = settings.parsed(&TIMESTAMP_DELAY, "a whole number of milliseconds");
        let page_rows: u32 = settings.parsed(&BATCH_MAX_ROWS, "a whole number of rows");
        if page_rows == 0 {
            settings.problem(format!("{} must be at least 1", BATCH_MAX_ROWS.name));
        }
        foreign::check(settings);
        let tables = Tables::from_settings(settings);
        if tables.query().is_some() && settings.given(&TOPIC_PREFIX).is_none() {
            settings
                .problem(format!("{} is required: it is the topic of a query", TOPIC_PREFIX.name));
        }
        let offsets_topic = settings.text(&OFFSETS_TOPIC).map(str::to_owned);
        Self {
            mode,
            columns: Columns::from_settings(settings, mode.has_id(), mode.has_time()),
            initial,
            delay: Duration::from_millis(u64::from(delay)),
            validates_null: settings.flag(&VALIDATE_NON_NULL),
            restarts: settings.choice(&TABLE_RECREATED, &[("stop", false), ("restart", true)]),
            tables,
            kinds: Kinds::from_settings(settings),
            suffix: tables::suffix(settings),
            topic_prefix: settings.text(&TOPIC_PREFIX).unwrap_or_default().to_owned(),
            page_rows,
            rows_per_second: given(settings, &MAX_ROWS_PER_SECOND, "a number of rows, at least 1"),
            tasks: tasks(settings),
            letters: Letters::from_settings(settings),
            formats: Formats::from_settings(settings),
            offsets_topic: offsets_topic.unwrap_or_else(|| offset::topic(&connector)),
            connector,
        }
    }

    /// Where a table without an offset begins. `now` is the database's clock.
    #[must_use]
    pub fn beginning(&self, now: Micros) -> Position {
        match self.initial {
            Some(-1) if self.mode.has_time() => Position::at_time(now.saturating_sub(1)),
            // The moment itself is read too.
            Some(millis) if self.mode.has_time() => {
                Position::at_time(millis.saturating_mul(1_000).saturating_sub(1))
            }
            _ => Position::BEGINNING,
        }
    }
}

fn mode(settings: &mut Settings) -> Mode {
    const MODES: [(&str, Mode); 4] = [
        ("bulk", Mode::Bulk),
        ("incrementing", Mode::Incrementing),
        ("timestamp", Mode::Timestamp),
        ("timestamp+incrementing", Mode::TimestampIncrementing),
    ];
    if settings.given(&MODE).is_none() {
        let words = MODES.map(|(word, _)| word).join(", ");
        settings.problem(format!("{} is required: one of {words}", MODE.name));
        return Mode::Bulk;
    }
    settings.choice(&MODE, &MODES)
}

fn tasks(settings: &mut Settings) -> NonZeroUsize {
    let tasks: usize = settings.parsed(&TASKS_MAX, "a whole number");
    let known = NonZeroUsize::new(tasks).filter(|tasks| tasks.get() <= MOST_TASKS);
    known.unwrap_or_else(|| {
        settings.problem(format!("{} must be from 1 to {MOST_TASKS}, not {tasks}", TASKS_MAX.name));
        NonZeroUsize::MIN
    })
}

/// A number that has no default; a problem if what is set is none.
fn given<T: FromStr>(settings: &mut Settings, opt: &Opt, what: &str) -> Option<T> {
    let text = settings.given(opt)?.to_owned();
    let number = text.parse().ok();
    if number.is_none() {
        settings.problem(format!("{} must be {what}, not `{text}`", opt.name));
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> (Rules, String) {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut settings = Settings::new(OPTIONS, pairs);
        let rules = Rules::from_settings(&mut settings);
        (rules, settings.check().err().map_or(String::new(), |problems| problems.to_string()))
    }

    #[test]
    fn what_is_missing_is_told_at_once() {
        let (_, problems) = read(&[]);
        for name in ["mode is required: one of bulk, incrementing", "name is required"] {
            assert!(problems.contains(name), "{problems}");
        }
        let (_, problems) = read(&[("name", "c"), ("mode", "timestamp"), ("batch.max.rows", "0")]);
        assert!(problems.contains("timestamp.column.name is required"), "{problems}");
        assert!(problems.contains("batch.max.rows must be at least 1"), "{problems}");
        let query = [("name", "c"), ("mode", "bulk"), ("query", "SELECT 1")];
        let (_, problems) = read(&query);
        assert!(problems.contains("topic.prefix is required"), "{problems}");
        let (_, problems) = read(&[&query[..], &[("max.rows.per.second", "0")]].concat());
        assert!(problems.contains("max.rows.per.second must be a number of rows"), "{problems}");
    }

    #[test]
    fn a_table_begins_where_the_options_say() {
        let given = |initial| {
            let time = [
                ("name", "c"),
                ("mode", "timestamp"),
                ("timestamp.column.name", "ts"),
                ("table.whitelist", "t"),
            ];
            let (rules, problems) = read(&[&time[..], &[("timestamp.initial", initial)]].concat());
            assert_eq!(problems, "");
            rules.beginning(7_000)
        };
        assert_eq!(given(""), Position::BEGINNING);
        assert_eq!(given("-1"), Position::at_time(6_999));
        assert_eq!(given("5"), Position::at_time(4_999));
        let (rules, _) = read(&[("name", "c"), ("mode", "bulk")]);
        assert_eq!((rules.offsets_topic.as_str(), rules.page_rows), ("c-offsets", 50_000));
    }
}
