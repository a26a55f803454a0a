//! Writes a batch with one array parameter for each column. Every batch can use this path: it needs one
//! statement and no temporary table, and has no limit on parameters.

use futures_util::future;
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::sink::{Rejected, Written};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row};

use crate::fault;
use crate::sql::statement::Statement;
use crate::values::encode::parameter;
use crate::write::array::Array;
use crate::write::refused_column;

/// After an error, the transaction accepts no other statement. A second rollback to the savepoint does no
/// harm.
const ROLLBACK_TO_SAVEPOINT: &str = "ROLLBACK TO SAVEPOINT sluice";

/// Writes a batch after a new savepoint.
pub(crate) async fn write(
    client: &Client,
    savepoint: &str,
    statement: Statement<'_, '_>,
) -> Result<Written, SinkError> {
    let mut arrays = Arrays::encode(statement, 0..statement.batch.len());
    let rejected = std::mem::take(&mut arrays.rejected);
    if arrays.rows.is_empty() {
        client.batch_execute(savepoint).await.map_err(|error| fault::classify(&error))?;
        return Ok(Written { rejected, ..Written::default() });
    }
    let sql = statement.arrays();
    let (renewed, answered) =
        future::join(client.batch_execute(savepoint), arrays.send(client, &sql)).await;
    renewed.map_err(|error| fault::classify(&error))?;
    let found = match answered {
        Ok(found) => found,
        Err(error) => {
            return Err(name_column(client, statement, statement.classify(&error)).await);
        }
    };
    if !statement.returns_found() {
        return Ok(Written { rejected, ..Written::default() });
    }
    let others = arrays.others(&found);
    let Some(insert) = statement.insert_missing() else {
        return Ok(Written { rejected, unmatched: others, ..Written::default() });
    };
    if !others.is_empty() {
        let sent = Arrays::encode(statement, others).send(client, &insert).await;
        if let Err(error) = sent {
            return Err(name_column(client, statement, statement.classify(&error)).await);
        }
    }
    Ok(Written { rejected, ..Written::default() })
}

/// Names the column if the batch has one row, which is refused.
async fn name_column(client: &Client, statement: Statement<'_, '_>, error: SinkError) -> SinkError {
    if !matches!(error.fault, Fault::Data(_)) || statement.batch.len() != 1 {
        return error;
    }
    let mut rejected = [Rejected { row: 0, cause: error.cause }];
    refused_column::name_columns_after(client, ROLLBACK_TO_SAVEPOINT, statement, &mut rejected)
        .await;
    let [Rejected { cause, .. }] = rejected;
    SinkError { cause, ..error }
}

/// A batch as one array per column.
struct Arrays {
    columns: Vec<Array>,
    /// The index in the batch of each element's row.
    rows: Vec<usize>,
    rejected: Vec<Rejected>,
}

impl Arrays {
    fn encode(statement: Statement<'_, '_>, picked: impl IntoIterator<Item = usize>) -> Self {
        let Statement { batch, types, .. } = statement;
        let mut columns: Vec<Array> = batch
            .columns
            .iter()
            .map(|&column| Array::new(&types[column].array, &types[column].element))
            .collect();
        let (mut rows, mut rejected) = (Vec::with_capacity(batch.len()), Vec::new());
        let mut ends = vec![0; columns.len()];
        'rows: for row in picked {
            let cells = batch.cells(row);
            for (end, array) in ends.iter_mut().zip(&columns) {
                *end = array.elements.len();
            }
            for (array, &column) in columns.iter_mut().zip(batch.columns) {
                if let Err(cause) = parameter(cells[column], &types[column], &mut array.elements) {
                    for (array, &end) in columns.iter_mut().zip(&ends) {
                        array.elements.truncate(end);
                    }
                    rejected.push(Rejected { row, cause });
                    continue 'rows;
                }
            }
            rows.push(row);
        }
        for array in &mut columns {
            array.length = rows.len() as i32;
        }
        Self { columns, rows, rejected }
    }

    async fn send(&self, client: &Client, sql: &str) -> Result<Vec<Row>, Error> {
        let parameters: Vec<(&(dyn ToSql + Sync), Type)> = self
            .columns
            .iter()
            .map(|array| (array as &(dyn ToSql + Sync), array.ty.clone()))
            .collect();
        client.query_typed(sql, &parameters).await
    }

    /// The rows whose ordinals are not among the found ones.
    fn others(self, found: &[Row]) -> Vec<usize> {
        let mut missing = vec![true; self.rows.len()];
        for row in found {
            missing[row.get::<_, i64>(0) as usize - 1] = false;
        }
        let rows = self.rows.into_iter().zip(missing);
        rows.filter(|(_, missing)| *missing).map(|(row, _)| row).collect()
    }
}
