//! What is known of a query: what the server tells of its result.

use std::collections::HashMap;

use mysql_async::prelude::Queryable;
use sluice_source::error::SourceError;

use super::column::{COLUMNS, Column, ColumnRow};
use super::hints::hints;
use crate::fault::classify;
use crate::record::Hints;
use crate::session::{Kind, Session};

/// The columns of a query's result, and what a result does not tell of them.
pub(super) async fn describe(
    session: &mut Session,
    kind: &Kind,
    query: &str,
) -> Result<(Vec<Column>, Hints), SourceError> {
    let prepared = session.conn().prep(query).await.map_err(|error| classify(&error))?;
    let shown: Vec<mysql_async::Column> = prepared.columns().to_vec();
    session.conn().close(prepared).await.map_err(|error| classify(&error))?;
    if shown.is_empty() {
        return Err(SourceError::stop("it is not a SELECT"));
    }
    let mut known = Hints::new();
    if kind.is_maria {
        let mut tables: HashMap<(String, String), Hints> = HashMap::new();
        for column in &shown {
            let names = (column.schema_str().into_owned(), column.org_table_str().into_owned());
            // An expression belongs to no table.
            if names.1.is_empty() {
                continue;
            }
            let of_table = match tables.get(&names) {
                Some(hints) => hints,
                None => {
                    let hints = of_table(session, kind, (&names.0, &names.1)).await?;
                    tables.entry(names).or_insert(hints)
                }
            };
            let form = of_table.get(column.org_name_str().as_ref());
            known.extend(form.map(|form| (column.name_str().into_owned(), *form)));
        }
    }
    Ok((shown.iter().map(Column::of_result).collect(), known))
}

async fn of_table(
    session: &mut Session,
    kind: &Kind,
    names: (&str, &str),
) -> Result<Hints, SourceError> {
    let columns: Vec<ColumnRow> = session.ask(COLUMNS, names).await?;
    let columns: Vec<Column> = columns.into_iter().map(Column::of).collect();
    hints(session, kind, names, &columns).await
}
