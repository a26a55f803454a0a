//! The options every sink shares, read once into plain data.

use std::time::Duration;

use crate::options::epoch::UNIX_PRECISION;
use crate::options::formats::{self, Format, Formats};
use crate::options::mapping::{Source, parse_mapping};
use crate::options::offsets::{self, OffsetsTable};
use crate::options::placeholder::UNAVAILABLE_VALUE;
use crate::options::reading::{BINARY_HANDLING, DECIMAL_HANDLING, JSON_TEXT_COLUMNS, Reading};
use crate::options::retry::{self, ERRORS_RETRY_TIMEOUT};
use crate::options::routes::{self, Routes};
use crate::options::settings::{Opt, Settings};

/// `name`
pub const NAME: Opt =
    Opt::new("name", "The connector's name in logs and letters; by default the function's.");
/// `topics`
pub const TOPICS: Opt = Opt::new(
    "topics",
    "The source topics, comma-separated. They are used only for a check: a dead-letter topic among them is refused at start.",
);
/// `insert.mode`
pub const INSERT_MODE: Opt = Opt::new("insert.mode", "`insert` appends, `upsert` inserts or updates by key, `update` changes existing rows only; a record whose row does not exist is then filtered.").or("insert");
/// `pk.mode`
pub const PK_MODE: Opt = Opt::new("pk.mode", "Where a row's key comes from: `none`, `kafka` (topic, partition, offset), `record_key` (which wins over a key of that name in the value), `record_value`.").or("none");
/// `pk.fields`
pub const PK_FIELDS: Opt = Opt::new(
    "pk.fields",
    "The key's fields, comma-separated. By default the table's primary key, and for `pk.mode=kafka` `__connect_topic,__connect_partition,__connect_offset`.",
);
/// `delete.enabled`
pub const DELETE_ENABLED: Opt = Opt::new("delete.enabled", "Whether a tombstone, or a delete event of Debezium, deletes the row of its key; needs `pk.mode=record_key`, or `record_value` with `value.format=debezium`. Otherwise they are filtered.").or("false");
/// `fields.include.list`
pub const FIELDS_INCLUDE: Opt = Opt::new(
    "fields.include.list",
    "Only these keys of the value are written, comma-separated; all by default.",
);
/// `fields.exclude.list`
pub const FIELDS_EXCLUDE: Opt =
    Opt::new("fields.exclude.list", "These keys of the value are not written, comma-separated.");
/// `fields.mapping`
pub const FIELDS_MAPPING: Opt = Opt::new(
    "fields.mapping",
    "`source:column` pairs, comma-separated. A source is a key, a path such as `$.a.b[0]`, `$` (the whole value; then no key is unknown), `$key`, `$key.a`, `$header.name`, `$topic`, `$partition`, `$offset` or `$timestamp`; a backslash escapes. A column named here takes no value from a key of the same name, unless that key is a source too.",
);
/// `fields.unknown`
pub const FIELDS_UNKNOWN: Opt = Opt::new("fields.unknown", "What happens to a key without a column: `error` refuses the record, `ignore` leaves the key out, `column:NAME` collects all such keys as one JSON object in that column.").or("error");
/// `flatten.delimiter`
pub const FLATTEN_DELIMITER: Opt = Opt::new(
    "flatten.delimiter",
    "Joins the keys of nested objects into column names, e.g. `_` for `customer_city`. If it is not set, a nested value is written whole into its column.",
);
/// `auto.create`
pub const AUTO_CREATE: Opt = Opt::new("auto.create", "Whether a missing table is created, with a column for each key of the first batch that needs the table, of the type that the schema declares or that the values have. The key's columns are NOT NULL and the primary key (`pk.fields`, or all fields of the record's key).").or("false");
/// `auto.evolve`
pub const AUTO_EVOLVE: Opt = Opt::new("auto.evolve", "Whether a column, which may be null, is added for a key without one; only with `fields.unknown=error`. Nothing else of a table is ever changed.").or("false");
/// `errors.tolerance`
pub const ERRORS_TOLERANCE: Opt = Opt::new("errors.tolerance", "`none`: the first failure gives the whole batch back; `all`: a record that cannot be written becomes a letter, the others are written.").or("none");
/// `errors.log.include.messages`
pub const ERRORS_LOG_INCLUDE_MESSAGES: Opt = Opt::new("errors.log.include.messages", "Whether logs and letters may quote the target's own messages, which may contain values of the record.").or("false");
/// The columns of the key with `pk.mode=kafka`, unless `pk.fields` names others, as in Kafka Connect's
/// JDBC sink.
pub const COORDINATES: [&str; 3] = ["__connect_topic", "__connect_partition", "__connect_offset"];
/// `max.retries`
pub const MAX_RETRIES: Opt = Opt::new("max.retries", "How often in a row an attempt that ends with a transient fault, and wrote nothing for good, is repeated within one invocation, if its deadline allows.").or("3");
/// `retry.backoff.ms`
pub const RETRY_BACKOFF_MS: Opt = Opt::new(
    "retry.backoff.ms",
    "The pause before the first retry, in milliseconds; it doubles each time, to at most 10 s.",
)
.or("200");

/// Every option of this module.
pub const OPTIONS: &[&Opt] = &[
    &NAME,
    &TOPICS,
    &routes::TABLE_NAME_FORMAT,
    &routes::TOPICS_TO_TABLES,
    &INSERT_MODE,
    &PK_MODE,
    &PK_FIELDS,
    &DELETE_ENABLED,
    &FIELDS_INCLUDE,
    &FIELDS_EXCLUDE,
    &FIELDS_MAPPING,
    &FIELDS_UNKNOWN,
    &FLATTEN_DELIMITER,
    &formats::VALUE_FORMAT,
    &formats::KEY_FORMAT,
    &formats::SCHEMA_REGISTRY_URL,
    &formats::VALUE_SCHEMA_ID,
    &formats::KEY_SCHEMA_ID,
    &formats::FLATTEN_UNIONS,
    &AUTO_CREATE,
    &AUTO_EVOLVE,
    &UNIX_PRECISION,
    &JSON_TEXT_COLUMNS,
    &DECIMAL_HANDLING,
    &BINARY_HANDLING,
    &UNAVAILABLE_VALUE,
    &ERRORS_TOLERANCE,
    &ERRORS_RETRY_TIMEOUT,
    &ERRORS_LOG_INCLUDE_MESSAGES,
    &MAX_RETRIES,
    &RETRY_BACKOFF_MS,
    &offsets::EXACTLY_ONCE_ENABLED,
    &offsets::OFFSETS_TABLE,
];

/// What a record does to its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum InsertMode {
    Insert,
    Upsert,
    Update,
}

/// Where a row's key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum PkMode {
    None,
    Kafka,
    RecordKey,
    RecordValue,
}

/// What becomes of a key without a column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Unknown {
    Error,
    Ignore,
    /// Unknown keys are collected in this column.
    Column(String),
}

/// The rules of one connector.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Rules {
    pub routes: Routes,
    pub insert_mode: InsertMode,
    pub pk_mode: PkMode,
    pub pk_fields: Vec<String>,
    pub delete_enabled: bool,
    /// Empty means all.
    pub include: Vec<String>,
    pub exclude: Vec<String>,
    pub mapping: Vec<(Source, String)>,
    pub unknown: Unknown,
    pub flatten: Option<String>,
    pub formats: Formats,
    /// What the options say about values.
    pub reading: Reading,
    pub auto_create: bool,
    pub auto_evolve: bool,
    /// `errors.tolerance=all`
    pub tolerant: bool,
    /// How long a refusal that may pass gives its batch back; `None` without a limit.
    pub retry_timeout: Option<Duration>,
    pub include_messages: bool,
    pub max_retries: u32,
    pub retry_backoff: Duration,
    /// Where offsets are stored; `None` without `exactly.once.enabled`.
    pub offsets_table: Option<OffsetsTable>,
}

impl Rules {
    /// Reads them and notes every problem, including combinations that would lose data.
    pub fn from_settings(settings: &mut Settings) -> Self {
        let rules = Self {
            routes: Routes::from_settings(settings),
            insert_mode: settings.choice(
                &INSERT_MODE,
                &[
                    ("insert", InsertMode::Insert),
                    ("upsert", InsertMode::Upsert),
                    ("update", InsertMode::Update),
                ],
            ),
            pk_mode: settings.choice(
                &PK_MODE,
                &[
                    ("none", PkMode::None),
                    ("kafka", PkMode::Kafka),
                    ("record_key", PkMode::RecordKey),
                    ("record_value", PkMode::RecordValue),
                ],
            ),
            pk_fields: settings.list(&PK_FIELDS),
            delete_enabled: settings.flag(&DELETE_ENABLED),
            include: settings.list(&FIELDS_INCLUDE),
            exclude: settings.list(&FIELDS_EXCLUDE),
            mapping: mapping(settings),
            unknown: unknown(settings),
            flatten: settings.text(&FLATTEN_DELIMITER).map(str::to_owned),
            formats: Formats::from_settings(settings),
            reading: Reading::from_settings(settings),
            auto_create: settings.flag(&AUTO_CREATE),
            auto_evolve: settings.flag(&AUTO_EVOLVE),
            tolerant: settings.choice(&ERRORS_TOLERANCE, &[("none", false), ("all", true)]),
            retry_timeout: retry::timeout(settings),
            include_messages: settings.flag(&ERRORS_LOG_INCLUDE_MESSAGES),
            max_retries: settings.parsed(&MAX_RETRIES, "a whole number"),
            retry_backoff: Duration::from_millis(
                settings.parsed(&RETRY_BACKOFF_MS, "a whole number of milliseconds"),
            ),
            offsets_table: OffsetsTable::from_settings(settings, &NAME),
        };
        rules.check(settings);
        rules
    }

    /// Whether a record that is written again changes nothing: its row is found by its key, and no
    /// offset is stored with it.
    pub(crate) fn may_write_again(&self) -> bool {
        self.insert_mode != InsertMode::Insert && self.offsets_table.is_none()
    }

    /// Whether a row takes something from the record's key.
    #[must_use]
    pub fn needs_key(&self) -> bool {
        self.pk_mode == PkMode::RecordKey
            || self.mapping.iter().any(|(source, _)| matches!(source, Source::Key(_)))
    }

    fn check(&self, settings: &mut Settings) {
        if self.insert_mode != InsertMode::Insert && self.pk_mode == PkMode::None {
            settings.problem(
                "insert.mode=upsert and update need a key: set pk.mode to record_key, record_value or kafka",
            );
        }
        let tells = self.pk_mode == PkMode::RecordValue && self.formats.value == Format::Debezium;
        if self.delete_enabled && self.pk_mode != PkMode::RecordKey && !tells {
            settings.problem(
                "delete.enabled=true needs pk.mode=record_key, because a tombstone has only a key, or pk.mode=record_value with value.format=debezium, whose delete events contain the deleted row",
            );
        }
        if self.pk_mode == PkMode::Kafka && !matches!(self.pk_fields.len(), 0 | 3) {
            settings.problem("with pk.mode=kafka, pk.fields must be empty or name three columns (topic, partition, offset)");
        }
        let again = |(index, field): &(usize, &String)| self.pk_fields[..*index].contains(field);
        if let Some((_, twice)) = self.pk_fields.iter().enumerate().find(again) {
            settings.problem(format!("pk.fields names `{twice}` twice"));
        }
        if self.pk_mode == PkMode::None && !self.pk_fields.is_empty() {
            settings.problem(
                "pk.fields is set but pk.mode is none: set pk.mode to record_key or record_value",
            );
        }
        if self.auto_create && self.pk_mode == PkMode::RecordValue && self.pk_fields.is_empty() {
            settings.problem(
                "auto.create=true with pk.mode=record_value needs pk.fields: without it, the key of a new table is unknown",
            );
        }
        if let Some(both) = self.include.iter().find(|field| self.exclude.contains(field)) {
            settings.problem(format!(
                "`{both}` is in both fields.include.list and fields.exclude.list"
            ));
        }
    }
}

fn mapping(settings: &mut Settings) -> Vec<(Source, String)> {
    parse_mapping(settings.text(&FIELDS_MAPPING).unwrap_or_default()).unwrap_or_else(|why| {
        settings.problem(format!("fields.mapping: {why}"));
        Vec::new()
    })
}

fn unknown(settings: &mut Settings) -> Unknown {
    let text = settings.text(&FIELDS_UNKNOWN).unwrap_or_default().trim();
    match (text, text.strip_prefix("column:")) {
        ("error", _) => Unknown::Error,
        ("ignore", _) => Unknown::Ignore,
        (_, Some(column)) if !column.is_empty() => Unknown::Column(column.to_owned()),
        _ => {
            let problem =
                format!("fields.unknown must be error, ignore or column:NAME, not `{text}`");
            settings.problem(problem);
            Unknown::Error
        }
    }
}
