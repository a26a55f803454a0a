//! What is read: which tables there are, and what is known of one of them or of a query.

mod column;
mod described;
mod hints;
mod order;
mod query;

use mysql_async::Value;
use sluice_source::error::{Next, SourceError};
use sluice_source::model::position::Order;
use sluice_source::options::mode::{Mode, Rules};
use sluice_source::source::{Refused, Table};

use crate::record::{self, Hints};
use crate::session::{Kind, Session};
use column::{COLUMNS, Column, ColumnRow};
use order::IndexColumn;

pub(crate) use described::{Described, From, TimeColumn, TimeColumns, quote};

const TABLES: &str = "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE LIKE '%VIEW', COALESCE(ENGINE, '') \
     FROM information_schema.TABLES \
     WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW') AND TABLE_SCHEMA NOT IN \
     ('mysql', 'information_schema', 'performance_schema', 'sys') ORDER BY TABLE_SCHEMA, TABLE_NAME";
const INDEXES: &str = "SELECT COLUMN_NAME, INDEX_NAME, SEQ_IN_INDEX, NON_UNIQUE = 0 FROM information_schema.STATISTICS \
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND COLUMN_NAME IS NOT NULL ORDER BY INDEX_NAME, SEQ_IN_INDEX";

/// What is chosen: what can be read, and what cannot.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) tables: Vec<Described>,
    pub(crate) refused: Vec<Refused>,
}

impl Found {
    /// Takes note of a table that cannot be read, perhaps only at the moment.
    ///
    /// # Errors
    /// The fault is not the table's.
    pub(crate) fn refuse(&mut self, table: &Table, error: SourceError) -> Result<(), SourceError> {
        if !matches!(error.next, Next::Stop | Next::Wait) {
            return Err(error.of_table(&table.name));
        }
        let (name, short) = (table.name.clone(), table.short.clone());
        self.refused.push(Refused { name, short, error });
        Ok(())
    }
}

/// Finds the tables that are chosen, or the query, and describes them.
pub(crate) async fn find(
    session: &mut Session,
    kind: &Kind,
    database: &str,
    rules: &Rules,
    needs_transactions: bool,
) -> Result<Found, SourceError> {
    let mut found = Found::default();
    if let Some(query) = rules.tables.query() {
        let new = new(From::Query(query.to_owned()), rules, Vec::new(), Hints::new());
        match describe_query(session, kind, rules, query).await {
            Ok(described) => found.tables.push(described),
            Err(error) => found.refuse(&new.table, error)?,
        }
        return Ok(found);
    }
    let all: Vec<(String, String, bool, String)> = session.ask(TABLES, ()).await?;
    for (schema, name, is_view, engine) in all {
        let is_kind = if is_view { rules.kinds.views } else { rules.kinds.tables };
        if !is_kind || !rules.tables.choose(&schema, &name, database) {
            continue;
        }
        let from = From::Table { schema, name, is_view };
        let new = new(from.clone(), rules, Vec::new(), Hints::new());
        let is_innodb = is_view || engine.eq_ignore_ascii_case("InnoDB");
        let described = match needs_transactions && rules.mode != Mode::Bulk && !is_innodb {
            true => Err(another_engine(&engine)),
            false => describe(session, kind, rules, from).await,
        };
        match described {
            Ok(described) => found.tables.push(described),
            Err(error) => found.refuse(&new.table, error)?,
        }
    }
    match found.tables.is_empty() && found.refused.is_empty() {
        true => Err(SourceError::stop("no table that this account sees is chosen by the options")),
        false => Ok(found),
    }
}

fn another_engine(engine: &str) -> SourceError {
    SourceError::stop(format!(
        "its engine is {engine}: only InnoDB tells which transactions are open; use mode=bulk or late.commits=delay"
    ))
}

fn new(from: From, rules: &Rules, key: Vec<String>, hints: Hints) -> Described {
    let (name, short, watched) = match &from {
        From::Table { schema, name, is_view } => {
            let watched = if *is_view { vec![] } else { vec![(schema.clone(), name.clone())] };
            (format!("{schema}.{name}"), name.clone(), watched)
        }
        From::Query(_) => ("query".to_owned(), String::new(), vec![]),
    };
    let is_pass = rules.mode == Mode::Bulk;
    Described {
        is_old: false,
        from,
        table: Table { name, short, order: Order::Unordered, is_pass },
        key,
        id: None,
        time: None,
        is_counted: false,
        has_index: None,
        watched,
        hints,
        warnings: Vec::new(),
    }
}

async fn describe_query(
    session: &mut Session,
    kind: &Kind,
    rules: &Rules,
    query: &str,
) -> Result<Described, SourceError> {
    let (columns, hints) = query::describe(session, kind, query).await?;
    let mut described = new(From::Query(query.to_owned()), rules, Vec::new(), hints);
    order::order(&mut described, rules, &columns, &[])?;
    Ok(described)
}

async fn describe(
    session: &mut Session,
    kind: &Kind,
    rules: &Rules,
    from: From,
) -> Result<Described, SourceError> {
    let From::Table { schema, name, .. } = &from else {
        return Err(SourceError::stop("it is not a table"));
    };
    let names = (schema.as_str(), name.as_str());
    let columns: Vec<ColumnRow> = session.ask(COLUMNS, names).await?;
    let mut columns: Vec<Column> = columns.into_iter().map(Column::of).collect();
    let indexes: Vec<(String, String, u32, bool)> = session.ask(INDEXES, names).await?;
    let index = |(column, index, place, is_unique)| IndexColumn { column, index, place, is_unique };
    let indexes: Vec<IndexColumn> = indexes.into_iter().map(index).collect();
    let key = indexes.iter().filter(|one| one.index == "PRIMARY").map(|one| one.column.clone());
    let hints = hints::hints(session, kind, names, &columns).await?;
    let mut described = new(from.clone(), rules, key.collect(), hints);
    if !rules.mode.has_id() {
        measure_key(session, &described, &mut columns).await?;
    }
    order::order(&mut described, rules, &columns, &indexes)?;
    if let From::Table { is_view: false, .. } = described.from {
        described.has_index = order::has_index(&described, &indexes);
    }
    Ok(described)
}

/// Finds out whether a key that may hold large numbers does: most of them never will.
async fn measure_key(
    session: &mut Session,
    described: &Described,
    columns: &mut [Column],
) -> Result<(), SourceError> {
    let name = order::key_column(&described.key, columns).filter(|column| column.is_large);
    let Some(name) = name.map(|column| column.name.clone()) else { return Ok(()) };
    let key = quote(&name);
    let question = format!("SELECT MIN({key}), MAX({key}) FROM {}", described.sql());
    let ends: Vec<(Value, Value)> = session.ask(&question, ()).await?;
    let fits = |value: &Value| *value == Value::NULL || record::id(value).is_some();
    let is_large = !ends.iter().all(|(least, most)| fits(least) && fits(most));
    for column in columns.iter_mut().filter(|column| column.name == name) {
        column.is_large = is_large;
    }
    Ok(())
}

/// Asks again what a result does not tell of its columns, after they have changed.
pub(crate) async fn learn(
    session: &mut Session,
    kind: &Kind,
    table: &mut Described,
) -> Result<(), SourceError> {
    table.hints = match &table.from {
        From::Query(query) => query::describe(session, kind, query).await?.1,
        From::Table { schema, name, .. } => {
            let names = (schema.as_str(), name.as_str());
            let columns: Vec<ColumnRow> = session.ask(COLUMNS, names).await?;
            let columns: Vec<Column> = columns.into_iter().map(Column::of).collect();
            hints::hints(session, kind, names, &columns).await?
        }
    };
    table.is_old = false;
    Ok(())
}

/// The id that the server gives to the next row of a table, if it counts them.
pub(crate) async fn next_id(
    session: &mut Session,
    table: &Described,
) -> Result<Option<u64>, SourceError> {
    const NEXT: &str = "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?";
    let Some(names) = table.names().filter(|_| table.is_counted) else { return Ok(None) };
    let rows: Vec<Option<u64>> = session.ask(NEXT, names).await?;
    match rows.into_iter().next() {
        Some(next) => Ok(next),
        None => Err(SourceError::stop("it does not exist any more")),
    }
}
