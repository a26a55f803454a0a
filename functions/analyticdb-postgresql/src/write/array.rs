//! Sends an array of values as one parameter.
//!
//! Format: `array_recv` in the server's `arrayfuncs.c`.

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type};
use tokio_postgres::{Client, Error};

use crate::sql::statement::Statement;
use crate::values::encode::parameter;

/// A one-dimensional array of encoded elements.
#[derive(Debug)]
pub(crate) struct Array {
    pub(crate) ty: Type,
    element: Type,
    pub(crate) length: i32,
    pub(crate) elements: Vec<u8>,
}

impl Array {
    pub(crate) fn new(ty: &Type, element: &Type) -> Self {
        Self { ty: ty.clone(), element: element.clone(), length: 0, elements: Vec::new() }
    }
}

impl ToSql for Array {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let (dimensions, may_hold_nulls, first_index) = (1_i32, 1_i32, 1_i32);
        out.extend_from_slice(&dimensions.to_be_bytes());
        out.extend_from_slice(&may_hold_nulls.to_be_bytes());
        out.extend_from_slice(&self.element.oid().to_be_bytes());
        out.extend_from_slice(&self.length.to_be_bytes());
        out.extend_from_slice(&first_index.to_be_bytes());
        out.extend_from_slice(&self.elements);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

/// Lets the server read one value of a row, without writing.
///
/// # Errors
/// The server refuses the value.
pub(crate) async fn read_one_value(
    client: &Client,
    statement: Statement<'_, '_>,
    row: usize,
    position: usize,
) -> Result<(), Error> {
    let ty = &statement.types[statement.batch.columns[position]];
    let mut array = Array { length: 1, ..Array::new(&ty.array, &ty.element) };
    let cell = statement.batch.cells(row)[statement.batch.columns[position]];
    // A value that cannot be encoded was not refused by the server.
    if parameter(cell, ty, &mut array.elements).is_err() {
        return Ok(());
    }
    let parameters: [(&(dyn ToSql + Sync), Type); 1] = [(&array, array.ty.clone())];
    client.query_typed(&statement.read_one_value(position), &parameters).await.map(|_| ())
}
