//! Which columns order the rows of a table, and whether they can.

use sluice_source::error::SourceError;
use sluice_source::model::position::Order;
use sluice_source::options::mode::{Mode, Rules};

use super::column::Column;
use super::described::{Described, From, TimeColumn, TimeColumns};

/// Decides what orders the rows, and notes what a person should know of it.
pub(super) fn order(
    described: &mut Described,
    rules: &Rules,
    columns: &[Column],
    indexes: &[IndexColumn],
) -> Result<(), SourceError> {
    let is_query = matches!(described.from, From::Query(_));
    if rules.mode.has_time() {
        let names = rules.columns.times(&described.table.name)?;
        let times = time_columns(rules, names, columns, is_query)?;
        if let From::Table { is_view: false, .. } = described.from {
            described.warnings.extend(unset(&described.table.name, &times, columns));
        }
        described.time = Some(times);
    }
    let id = if rules.mode.has_id() {
        let name = rules.columns.id(&described.table.name)?;
        let id = id_column(name, columns, is_query)?;
        described.warnings.extend(doubts(described, id, indexes)?);
        Some(id)
    } else {
        // The integer primary key distinguishes rows of one moment, and lets a pass go on where it was interrupted.
        key_column(&described.key, columns).filter(|column| !column.is_large)
    };
    described.id = id.map(|column| column.name.clone());
    described.is_counted = id.is_some_and(|column| column.is_counted);
    described.table.order = match (rules.mode, id.is_some()) {
        (Mode::Bulk, true) | (Mode::Incrementing, _) => Order::Id,
        (Mode::Bulk, false) => Order::Unordered,
        (Mode::Timestamp, true) => Order::TimeThenKey,
        (Mode::Timestamp, false) => Order::Time,
        (Mode::TimestampIncrementing, _) => Order::TimeThenId,
    };
    Ok(())
}

/// The primary key, if it is one column of whole numbers.
pub(super) fn key_column<'c>(key: &[String], columns: &'c [Column]) -> Option<&'c Column> {
    let [key] = key else { return None };
    columns.iter().find(|column| column.name == *key && column.is_integer())
}

/// A column of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IndexColumn {
    pub(super) column: String,
    pub(super) index: String,
    /// Its place in the index, from 1 on.
    pub(super) place: u32,
    pub(super) is_unique: bool,
}

/// A time that an application sets may be earlier than one that was read: the drain knows only when statements begin.
fn unset(table: &str, times: &TimeColumns, columns: &[Column]) -> Vec<String> {
    let is_unset = |time: &&TimeColumn| {
        columns.iter().any(|column| column.name == time.name && !column.is_set_by_server)
    };
    let warning = |time: &TimeColumn| {
        format!(
            "table {table}: column `{}` has no CURRENT_TIMESTAMP in its definition: if an application sets it, a row is \
             lost whose time is earlier than that of a row that was read",
            time.name
        )
    };
    times.columns.iter().filter(is_unset).map(warning).collect()
}

/// Whether an index begins with the column that orders the rows; `None` if none of them does. No index can be used for the
/// first of several columns that is not NULL.
pub(super) fn has_index(described: &Described, indexes: &[IndexColumn]) -> Option<bool> {
    let first = match (&described.time, &described.id) {
        (Some(time), _) => match time.columns.as_slice() {
            [one] => &one.name,
            _ => return Some(false),
        },
        (None, id) => id.as_ref()?,
    };
    Some(indexes.iter().any(|one| one.column == *first && one.place == 1))
}

fn id_column<'c>(
    name: Option<&str>,
    columns: &'c [Column],
    is_query: bool,
) -> Result<&'c Column, SourceError> {
    let found = match name {
        Some(name) => {
            let found = columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
            found.ok_or_else(|| SourceError::stop(format!("it has no column `{name}`")))?
        }
        None => columns.iter().find(|column| column.is_counted).ok_or_else(|| {
            SourceError::stop(
                "it has no AUTO_INCREMENT column: name one with incrementing.column.name",
            )
        })?,
    };
    let name = &found.name;
    // Of a query this is not certain; rows in which it is NULL are not read.
    if found.is_nullable && !is_query {
        return Err(SourceError::stop(format!(
            "column `{name}` may be NULL, so that some rows would never be read"
        )));
    }
    if !found.is_integer() {
        return Err(SourceError::stop(format!("column `{name}` does not hold whole numbers")));
    }
    Ok(found)
}

/// Ids that the server does not count rise only if those who write them say so; and two rows of one id may be in two
/// pages, so that the second is lost.
fn doubts(
    described: &Described,
    id: &Column,
    indexes: &[IndexColumn],
) -> Result<Option<String>, SourceError> {
    if id.is_counted {
        return Ok(None);
    }
    let (table, name) = (&described.table.name, &id.name);
    let is_unique = |one: &&IndexColumn| {
        let is_alone = !indexes.iter().any(|other| other.index == one.index && other.place > 1);
        one.is_unique && one.place == 1 && one.column == *name && is_alone
    };
    let is_table = matches!(described.from, From::Table { is_view: false, .. });
    if is_table && !indexes.iter().any(|one| is_unique(&one)) {
        return Err(SourceError::stop(format!(
            "column `{name}` has no unique index of its own: of two rows with one id, one could be lost"
        )));
    }
    Ok(Some(match is_table {
        true => format!(
            "table {table}: column `{name}` is not AUTO_INCREMENT: a row that is written with an id below one that was read is lost"
        ),
        false => format!(
            "{table}: it is not known whether the ids of column `{name}` are unique and rise: they must be those of an AUTO_INCREMENT column"
        ),
    }))
}

fn time_columns(
    rules: &Rules,
    names: &[String],
    columns: &[Column],
    is_query: bool,
) -> Result<TimeColumns, SourceError> {
    let mut times = TimeColumns { columns: Vec::new(), is_nullable: true };
    for name in names {
        let found = columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
        let found = found.ok_or_else(|| SourceError::stop(format!("it has no column `{name}`")))?;
        if !["datetime", "timestamp"].contains(&found.kind.as_str()) {
            return Err(SourceError::stop(format!(
                "column `{name}` is not a TIMESTAMP or DATETIME"
            )));
        }
        times.is_nullable &= found.is_nullable;
        let is_wall_clock = found.kind == "datetime";
        let (name, digits) = (found.name.clone(), found.digits);
        times.columns.push(TimeColumn { name, digits, is_wall_clock });
    }
    if times.is_nullable && rules.validates_null && !is_query {
        return Err(SourceError::stop(format!(
            "column `{}` may be NULL, so that some rows would never be read; validate.non.null=false allows it",
            names.join("`, `")
        )));
    }
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_column_of_whole_numbers() {
        let column = |name: &str, kind: &str| {
            let (name, kind, none) = (name.to_owned(), kind.to_owned(), String::new());
            Column::of((name, kind, false, none.clone(), 0, 0, none, false))
        };
        let columns = [column("id", "bigint"), column("part", "int"), column("word", "varchar")];
        let key = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            key_column(&names, &columns).map(|column| column.name.as_str())
        };
        assert_eq!(key(&["id"]), Some("id"));
        assert_eq!((key(&["id", "part"]), key(&["word"]), key(&[])), (None, None, None));
    }
}
