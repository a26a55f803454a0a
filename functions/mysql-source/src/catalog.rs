//! Which tables there are, and what is known of one: its columns, its key, what orders its rows.

use sluice_source::error::SourceError;
use sluice_source::mode::{Mode, Rules};
use sluice_source::position::Order;
use sluice_source::source::Table;

use crate::record::{Form, Hints};
use crate::session::{Kind, Session};

/// A table that is read.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    pub(crate) schema: String,
    pub(crate) name: String,
    pub(crate) table: Table,
    /// The columns of the primary key, in its order.
    pub(crate) key: Vec<String>,
    /// The column of ids, where one orders the rows.
    pub(crate) id: Option<String>,
    pub(crate) time: Option<TimeColumn>,
    /// Whether the server counts the ids.
    pub(crate) is_counted: bool,
    pub(crate) hints: Hints,
    /// What a person should know.
    pub(crate) warnings: Vec<String>,
}

/// The column of timestamps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimeColumn {
    pub(crate) name: String,
    /// Digits of a second.
    pub(crate) digits: u32,
    /// Whether it is a DATETIME, which knows no zone.
    pub(crate) is_wall_clock: bool,
}

impl Described {
    /// The table in SQL.
    pub(crate) fn quoted(&self) -> String {
        format!("{}.{}", quote(&self.schema), quote(&self.name))
    }
}

/// A name in SQL.
pub(crate) fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

const TABLES: &str = "SELECT TABLE_SCHEMA, TABLE_NAME, COALESCE(ENGINE, '') FROM information_schema.TABLES \
     WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA NOT IN \
     ('mysql', 'information_schema', 'performance_schema', 'sys') ORDER BY TABLE_SCHEMA, TABLE_NAME";
const COLUMNS: &str = "SELECT COLUMN_NAME, LOWER(DATA_TYPE), IS_NULLABLE = 'YES', LOWER(EXTRA), \
     COALESCE(DATETIME_PRECISION, 0), COALESCE(NUMERIC_SCALE, 0) FROM information_schema.COLUMNS \
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION";
const KEY: &str = "SELECT COLUMN_NAME, INDEX_NAME, SEQ_IN_INDEX FROM information_schema.STATISTICS \
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND COLUMN_NAME IS NOT NULL ORDER BY INDEX_NAME, SEQ_IN_INDEX";
/// How MariaDB keeps a JSON column: as text, with this check.
const JSON_CHECKS: &str = "SELECT LOWER(CHECK_CLAUSE) FROM information_schema.CHECK_CONSTRAINTS \
     WHERE CONSTRAINT_SCHEMA = ? AND TABLE_NAME = ?";

/// Finds the tables that are chosen, and describes them.
pub(crate) async fn find(
    session: &mut Session,
    kind: &Kind,
    database: &str,
    rules: &Rules,
    needs_transactions: bool,
) -> Result<Vec<Described>, SourceError> {
    let all: Vec<(String, String, String)> = session.ask(TABLES, ()).await?;
    let mut found = Vec::new();
    for (schema, name, engine) in all {
        if !rules.tables.choose(&schema, &name, database) {
            continue;
        }
        let described = describe(session, kind, rules, &schema, &name).await;
        let qualified = format!("{schema}.{name}");
        let described = described.map_err(|error| error.of_table(&qualified))?;
        if needs_transactions && rules.mode != Mode::Bulk && !engine.eq_ignore_ascii_case("InnoDB")
        {
            return Err(SourceError::stop(format!(
                "its engine is {engine}: only InnoDB tells which transactions are open; use mode=bulk or late.commits=delay"
            ))
            .of_table(&qualified));
        }
        found.push(described);
    }
    match found.is_empty() {
        true => Err(SourceError::stop("no table that this account sees is chosen by the options")),
        false => Ok(found),
    }
}

/// A column as the catalog has it.
struct Column {
    name: String,
    kind: String,
    nullable: bool,
    extra: String,
    digits: u32,
    scale: u32,
}

impl Column {
    fn of((name, kind, nullable, extra, digits, scale): ColumnRow) -> Self {
        Self { name, kind, nullable, extra, digits, scale }
    }

    fn is_integer(&self) -> bool {
        let integers = ["tinyint", "smallint", "mediumint", "int", "bigint"];
        integers.contains(&self.kind.as_str()) || self.kind == "decimal" && self.scale == 0
    }
}

type ColumnRow = (String, String, bool, String, u32, u32);

async fn describe(
    session: &mut Session,
    kind: &Kind,
    rules: &Rules,
    schema: &str,
    name: &str,
) -> Result<Described, SourceError> {
    let columns: Vec<ColumnRow> = session.ask(COLUMNS, (schema, name)).await?;
    let columns: Vec<Column> = columns.into_iter().map(Column::of).collect();
    let indexes: Vec<(String, String, u32)> = session.ask(KEY, (schema, name)).await?;
    let is_key = |(_, index, _): &&(String, String, u32)| index == "PRIMARY";
    let key: Vec<String> =
        indexes.iter().filter(is_key).map(|(column, ..)| column.clone()).collect();
    let mut described = Described {
        schema: schema.to_owned(),
        name: name.to_owned(),
        table: Table {
            name: format!("{schema}.{name}"),
            short: name.to_owned(),
            order: Order::Unordered,
            is_pass: rules.mode == Mode::Bulk,
        },
        key,
        id: None,
        time: None,
        is_counted: false,
        hints: hints(session, kind, schema, name, &columns).await?,
        warnings: Vec::new(),
    };
    order(&mut described, rules, &columns)?;
    warn_of_scans(&mut described, &indexes);
    Ok(described)
}

/// Decides what orders the rows.
fn order(described: &mut Described, rules: &Rules, columns: &[Column]) -> Result<(), SourceError> {
    if rules.mode.has_time() {
        described.time = Some(time_column(rules, columns)?);
    }
    let id = if rules.mode.has_id() {
        Some(id_column(rules, columns)?)
    } else {
        // The integer primary key tells rows of one moment apart, and lets a pass go on where it was cut.
        let key = match described.key.as_slice() {
            [key] => columns.iter().find(|column| column.name == *key),
            _ => None,
        };
        key.filter(|column| column.is_integer())
    };
    described.id = id.map(|column| column.name.clone());
    described.is_counted = id.is_some_and(|column| column.extra.contains("auto_increment"));
    described.table.order = match (rules.mode, id.is_some()) {
        (Mode::Bulk, true) | (Mode::Incrementing, _) => Order::Id,
        (Mode::Bulk, false) => Order::Unordered,
        (Mode::Timestamp, true) => Order::TimeThenKey,
        (Mode::Timestamp, false) => Order::Time,
        (Mode::TimestampIncrementing, _) => Order::TimeThenId,
    };
    Ok(())
}

fn id_column<'c>(rules: &Rules, columns: &'c [Column]) -> Result<&'c Column, SourceError> {
    let found = match &rules.id_column {
        Some(name) => {
            let found = columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
            found.ok_or_else(|| SourceError::stop(format!("it has no column `{name}`")))?
        }
        None => columns.iter().find(|column| column.extra.contains("auto_increment")).ok_or_else(
            || {
                SourceError::stop(
                    "it has no AUTO_INCREMENT column: name one with incrementing.column.name",
                )
            },
        )?,
    };
    let name = &found.name;
    if found.nullable {
        return Err(SourceError::stop(format!(
            "column `{name}` may be NULL, so that some rows would never be read"
        )));
    }
    if !found.is_integer() {
        return Err(SourceError::stop(format!("column `{name}` does not hold whole numbers")));
    }
    Ok(found)
}

fn time_column(rules: &Rules, columns: &[Column]) -> Result<TimeColumn, SourceError> {
    let name = &rules.time_column;
    let found = columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
    let found = found.ok_or_else(|| SourceError::stop(format!("it has no column `{name}`")))?;
    if !["datetime", "timestamp"].contains(&found.kind.as_str()) {
        return Err(SourceError::stop(format!("column `{name}` is no TIMESTAMP or DATETIME")));
    }
    if found.nullable && rules.validates_null {
        return Err(SourceError::stop(format!(
            "column `{name}` may be NULL, so that some rows would never be read; validate.non.null=false allows it"
        )));
    }
    let is_wall_clock = found.kind == "datetime";
    Ok(TimeColumn { name: found.name.clone(), digits: found.digits, is_wall_clock })
}

/// Without an index each poll reads the whole table.
fn warn_of_scans(described: &mut Described, indexes: &[(String, String, u32)]) {
    let first = match (&described.time, &described.id) {
        (Some(time), _) => &time.name,
        (None, Some(id)) => id,
        (None, None) => return,
    };
    if !indexes.iter().any(|(column, _, place)| column == first && *place == 1) {
        described.warnings.push(format!(
            "table {}: no index begins with column `{first}`, so that every poll reads the whole table",
            described.table.name
        ));
    }
}

/// What a result does not tell of its columns.
async fn hints(
    session: &mut Session,
    kind: &Kind,
    schema: &str,
    name: &str,
    columns: &[Column],
) -> Result<Hints, SourceError> {
    let mut hints = Hints::new();
    if !kind.is_maria {
        return Ok(hints);
    }
    for column in columns {
        if ["uuid", "inet4", "inet6"].contains(&column.kind.as_str()) {
            hints.insert(column.name.clone(), Form::Text);
        }
    }
    let checks: Vec<String> = session.ask(JSON_CHECKS, (schema, name)).await?;
    for column in columns {
        // The constraint itself may have the column's name from before it was renamed.
        if checks.contains(&format!("json_valid({})", quote(&column.name)).to_lowercase()) {
            hints.insert(column.name.clone(), Form::Json);
        }
    }
    Ok(hints)
}

/// Asks again what a result does not tell of its columns, after they have changed.
pub(crate) async fn learn(
    session: &mut Session,
    kind: &Kind,
    table: &mut Described,
) -> Result<(), SourceError> {
    let names = (table.schema.as_str(), table.name.as_str());
    let columns: Vec<ColumnRow> = session.ask(COLUMNS, names).await?;
    let columns: Vec<Column> = columns.into_iter().map(Column::of).collect();
    table.hints = hints(session, kind, &table.schema, &table.name, &columns).await?;
    Ok(())
}

/// The id that the server gives to the next row of a table, if it counts them.
pub(crate) async fn next_id(
    session: &mut Session,
    table: &Described,
) -> Result<Option<u64>, SourceError> {
    const NEXT: &str = "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?";
    if !table.is_counted {
        return Ok(None);
    }
    let rows: Vec<Option<u64>> =
        session.ask(NEXT, (table.schema.as_str(), table.name.as_str())).await?;
    match rows.into_iter().next() {
        Some(next) => Ok(next),
        None => Err(SourceError::stop("it is gone")),
    }
}
