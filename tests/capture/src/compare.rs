//! Two tables, row by row: what a copy lacks, has too much, or has otherwise.

use std::collections::BTreeMap;

use sluice_tests::database::session::Session;

use crate::kind::{Failed, Kind};
use crate::tables::Table;

/// A row's values in the one spelling, in the order of the table's columns.
type Cells = Vec<Option<String>>;

/// A table's comparison.
#[derive(Debug)]
pub(crate) struct Compared {
    /// Its name.
    pub(crate) table: String,
    /// Rows that are the same on both sides.
    pub(crate) equal: usize,
    /// Those that are not.
    pub(crate) unequal: Vec<Unequal>,
}

/// A row that is not the same on both sides.
#[derive(Debug)]
pub(crate) struct Unequal {
    /// Its key, for people.
    pub(crate) key: String,
    /// What of it differs.
    pub(crate) what: What,
    /// The source's values by column, without those that are NULL.
    pub(crate) source: Vec<(String, String)>,
}

/// How a row differs.
#[derive(Debug)]
pub(crate) enum What {
    /// The copy does not have it.
    Missing,
    /// The copy alone has it.
    Extra,
    /// Columns with the source's and the copy's value.
    Changed(Vec<(String, Option<String>, Option<String>)>),
}

/// Compares a table of the source with that of a copy.
pub(crate) async fn compare(
    table: &Table,
    (source, source_kind): (&Session, Kind),
    (copy, copy_kind): (&Session, Kind),
) -> Result<Compared, Failed> {
    let theirs = rows(table, source, source_kind).await?;
    let mut ours = rows(table, copy, copy_kind).await?;
    let mut compared = Compared { table: table.name.clone(), equal: 0, unequal: Vec::new() };
    for (key, cells) in theirs {
        let mut copies = ours.remove(&key).unwrap_or_default().into_iter();
        for cells in cells {
            let source = named(table, &cells);
            let what = match copies.next() {
                Some(copy) if copy == cells => {
                    compared.equal += 1;
                    continue;
                }
                Some(copy) => What::Changed(changed(table, cells, copy)),
                None => What::Missing,
            };
            compared.unequal.push(Unequal { key: key.clone(), what, source });
        }
        compared.unequal.extend(copies.map(|_| extra(key.clone())));
    }
    for (key, cells) in ours {
        compared.unequal.extend(cells.iter().map(|_| extra(key.clone())));
    }
    Ok(compared)
}

fn extra(key: String) -> Unequal {
    Unequal { key, what: What::Extra, source: Vec::new() }
}

/// The rows by their key. Several of one key are possible where nothing forbids it.
async fn rows(
    table: &Table,
    session: &Session,
    kind: Kind,
) -> Result<BTreeMap<String, Vec<Cells>>, Failed> {
    let prints = table
        .columns
        .iter()
        .map(|column| column.class.print(kind, &format!("\"{}\"", column.name)));
    let prints: Vec<_> = prints.collect();
    let query = kind.spell(&format!("SELECT {} FROM \"{}\"", prints.join(", "), table.name));
    let found = session.query(&query).await;
    let found = found.map_err(|error| format!("{}: {error}: {query}", kind.name()))?;
    let mut rows: BTreeMap<String, Vec<Cells>> = BTreeMap::new();
    for row in found {
        let cells = table.columns.iter().enumerate();
        let cells = cells.map(|(at, column)| Some(column.class.fold(row.text(at)?)));
        let cells: Cells = cells.collect();
        let key = named(table, &cells).into_iter().filter(|(name, _)| table.key.contains(name));
        let key: Vec<_> = key.map(|(name, value)| format!("{name}={value}")).collect();
        rows.entry(key.join(" ")).or_default().push(cells);
    }
    Ok(rows)
}

fn named(table: &Table, cells: &Cells) -> Vec<(String, String)> {
    let cells = table.columns.iter().zip(cells);
    cells.filter_map(|(column, cell)| Some((column.name.clone(), cell.clone()?))).collect()
}

fn changed(
    table: &Table,
    source: Cells,
    copy: Cells,
) -> Vec<(String, Option<String>, Option<String>)> {
    let pairs = table.columns.iter().zip(source.into_iter().zip(copy));
    let pairs = pairs.map(|(column, (source, copy))| (column.name.clone(), source, copy));
    pairs.filter(|(_, source, copy)| source != copy).collect()
}
