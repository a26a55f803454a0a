//! Makes a table. It has a key, and how long and in how many versions it keeps what is written; it needs no
//! other columns.

use prost::Message;
use sluice_bridge::model::change::NewColumn;
use sluice_bridge::model::failure::{Cause, SinkError};
use sluice_bridge::model::table::TableName;
use sluice_bridge::options::{Opt, Settings};

use crate::catalog::describe::{describe, no_record_is_at_fault, versions};
use crate::catalog::known::{KnownTable, TypedName};
use crate::endpoint::Endpoint;
use crate::types::column_type::ColumnType;
use crate::types::limits::MOST_KEYS;
use crate::types::options::DeclaredColumns;
use crate::wire::message::{
    AUTO_INCREMENT, CapacityUnit, CreateTableRequest, KEY_BINARY, KEY_INTEGER, KEY_STRING,
    KeySchema, ReservedThroughput, TableMeta, TableOptions,
};

/// `auto.create.time.to.live`
pub(crate) const TIME_TO_LIVE: Opt = Opt::new(
    "auto.create.time.to.live",
    "How long a table that is made keeps what is written, in seconds: at least 86400, or `-1` for ever.",
)
.or("-1");
/// `auto.create.max.versions`
pub(crate) const MAX_VERSIONS: Opt =
    Opt::new("auto.create.max.versions", "How many versions of a cell a table that is made keeps.")
        .or("1");
/// `auto.create.reserved.read`
pub(crate) const RESERVED_READ: Opt = Opt::new(
    "auto.create.reserved.read",
    "The reserved read throughput of a table that is made, in capacity units; they are billed.",
)
.or("0");
/// `auto.create.reserved.write`
pub(crate) const RESERVED_WRITE: Opt =
    Opt::new("auto.create.reserved.write", "The same for writing.").or("0");
/// `auto.create.auto.increment`
pub(crate) const AUTO_INCREMENT_COLUMN: Opt = Opt::new(
    "auto.create.auto.increment",
    "A column that is added to the end of the key of a table that is made, and that the service numbers. A record that is delivered again is then another row.",
);

/// The least that a time to live may be, in seconds ("Data versions and TTL").
const LEAST_TIME_TO_LIVE: i32 = 86_400;

/// What a new table is like, besides its key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NewTable {
    /// In seconds; −1 for ever.
    pub(super) time_to_live: i32,
    max_versions: i32,
    read: i32,
    write: i32,
    numbered: Option<String>,
}

impl NewTable {
    /// Reads the options, and reports every problem.
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let number = |settings: &mut Settings, option: &Opt| -> i32 {
            settings.parsed(option, "a whole number")
        };
        let table = Self {
            time_to_live: number(settings, &TIME_TO_LIVE),
            max_versions: number(settings, &MAX_VERSIONS),
            read: number(settings, &RESERVED_READ),
            write: number(settings, &RESERVED_WRITE),
            numbered: settings.text(&AUTO_INCREMENT_COLUMN).map(str::to_owned),
        };
        if table.time_to_live != -1 && table.time_to_live < LEAST_TIME_TO_LIVE {
            settings.problem(format!(
                "{} must be -1 or at least {LEAST_TIME_TO_LIVE}",
                TIME_TO_LIVE.name
            ));
        }
        for (units, option) in [(table.read, &RESERVED_READ), (table.write, &RESERVED_WRITE)] {
            if units < 0 {
                settings.problem(format!("{} must be at least 0", option.name));
            }
        }
        if table.max_versions < 1 {
            settings.problem(format!("{} must be at least 1", MAX_VERSIONS.name));
        }
        table
    }

    fn options(&self) -> TableOptions {
        TableOptions {
            time_to_live: Some(self.time_to_live),
            max_versions: Some(self.max_versions),
            deviation: None,
        }
    }
}

/// Makes a table whose key has these columns of `columns`. If it exists meanwhile, it is described.
///
/// # Errors
/// It is not made; `Data` if these records cannot give it a key, `Fatal` if the options name none.
pub(crate) async fn create(
    endpoint: &Endpoint,
    name: &TableName,
    columns: &[NewColumn],
    key: &[usize],
    declared: &DeclaredColumns,
    new: &NewTable,
) -> Result<KnownTable, SinkError> {
    let schema = key_schema(name, columns, key, declared, new)?;
    let request = CreateTableRequest {
        table_meta: TableMeta {
            table_name: name.name.clone(),
            primary_key: schema.clone(),
            defined_columns: Vec::new(),
        },
        reserved_throughput: ReservedThroughput {
            capacity_unit: CapacityUnit { read: Some(new.read), write: Some(new.write) },
        },
        table_options: Some(new.options()),
    };
    if !make(endpoint, "CreateTable", request.encode_to_vec()).await? {
        return describe(endpoint, name).await?.ok_or_else(|| of_another_kind(name));
    }
    let key = schema.into_iter().map(|part| {
        let kind = match part.option {
            Some(_) => ColumnType::AutoIncrement,
            None => ColumnType::of_key(part.kind).unwrap_or(ColumnType::String),
        };
        (part.name, kind)
    });
    let key: Vec<TypedName> = key.collect();
    Ok(KnownTable::new(key, Vec::new(), versions(&new.options())))
}

/// Calls an operation that makes a table; whether it made it. If not, another function was faster, or the name is taken.
///
/// # Errors
/// It is not made.
pub(super) async fn make(
    endpoint: &Endpoint,
    operation: &'static str,
    request: Vec<u8>,
) -> Result<bool, SinkError> {
    match endpoint.call(operation, request).await {
        Ok(_) => Ok(true),
        Err(refusal) if refusal.cause.code.as_deref() == Some("OTSObjectAlreadyExist") => Ok(false),
        Err(refusal) => Err(no_record_is_at_fault(refusal.into())),
    }
}

/// The service has a table of this name, and says that it has none. Data tables and time-series tables share their names
/// ("Create a time series table").
pub(super) fn of_another_kind(name: &TableName) -> SinkError {
    SinkError::fatal(format!(
        "table {name} cannot be created: there is a table of the other kind with this name (tablestore.mode); or it was deleted at this moment"
    ))
}

/// The key of a new table.
///
/// # Errors
/// `Data`: the records have a key that the service does not allow. `Fatal`: the options name none.
fn key_schema(
    name: &TableName,
    columns: &[NewColumn],
    key: &[usize],
    declared: &DeclaredColumns,
    new: &NewTable,
) -> Result<Vec<KeySchema>, SinkError> {
    let refuse = |message: String| SinkError::data(None, Cause::new(message));
    if key.is_empty() {
        // No record can have one, so none is at fault.
        return Err(SinkError::fatal(format!(
            "table {name} needs a primary key: set pk.mode and pk.fields"
        )));
    }
    if key.len() + usize::from(new.numbered.is_some()) > MOST_KEYS {
        return Err(refuse(format!("table {name}: a primary key has at most {MOST_KEYS} columns")));
    }
    let types = declared.of(&name.name);
    let mut schema = Vec::with_capacity(MOST_KEYS);
    for column in key.iter().map(|&index| &columns[index]) {
        let declared = types.iter().find(|(known, _)| *known == column.name);
        let kind = match declared.map(|(_, kind)| *kind) {
            Some(ColumnType::String) => Some(KEY_STRING),
            Some(ColumnType::Integer) => Some(KEY_INTEGER),
            Some(ColumnType::Binary) => Some(KEY_BINARY),
            _ => ColumnType::new_key(column.kind),
        };
        let kind = kind.ok_or_else(|| {
            let message = format!(
                "the key \"{}\" of table {name} must be string, integer or binary: name one in columns.types",
                column.name
            );
            SinkError::data(None, Cause::new(message).at_column(&column.name))
        })?;
        schema.push(KeySchema { name: column.name.clone(), kind, option: None });
    }
    schema.extend(new.numbered.clone().map(|name| KeySchema {
        name,
        kind: KEY_INTEGER,
        option: Some(AUTO_INCREMENT),
    }));
    Ok(schema)
}

#[cfg(test)]
mod tests {
    use sluice_bridge::model::change::{ColumnKind, Size};
    use sluice_bridge::model::failure::Fault;

    use super::*;

    fn schema(columns: &[(&str, ColumnKind)], numbered: Option<&str>) -> Result<String, SinkError> {
        let new = |(name, kind): &(&str, ColumnKind)| NewColumn {
            name: (*name).to_owned(),
            kind: *kind,
            size: Size::Most,
            default: None,
        };
        let columns: Vec<NewColumn> = columns.iter().map(new).collect();
        let key: Vec<usize> = (0..columns.len()).collect();
        let table = NewTable { numbered: numbered.map(str::to_owned), ..NewTable::default() };
        let name = TableName::parse("t").unwrap();
        let parts = key_schema(&name, &columns, &key, &DeclaredColumns::default(), &table)?;
        let shown = |it: &KeySchema| format!("{}:{}:{:?}", it.name, it.kind, it.option);
        Ok(parts.iter().map(shown).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn keys_of_new_tables() {
        let columns =
            [("a", ColumnKind::Integers), ("b", ColumnKind::Text), ("c", ColumnKind::Bytes)];
        assert_eq!(schema(&columns, None).unwrap(), "a:1:None b:2:None c:3:None");
        assert_eq!(schema(&columns[1..2], Some("n")).unwrap(), "b:2:None n:1:Some(1)");
    }

    #[test]
    fn keys_that_no_table_has() {
        let five = ["a", "b", "c", "d", "e"].map(|name| (name, ColumnKind::Text));
        for (columns, numbered, why, fault) in [
            (&[][..], None, "needs a primary key", Fault::Fatal),
            (&[("a", ColumnKind::Floats)][..], None, "must be string", Fault::Data(None)),
            (&five[..], None, "at most 4", Fault::Data(None)),
            (&five[..4], Some("n"), "at most 4", Fault::Data(None)),
        ] {
            let error = schema(columns, numbered).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
            assert_eq!(error.fault, fault);
        }
    }
}
