//! Asks the service for a table.

use bytes::Bytes;
use prost::{DecodeError, Message};
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::model::table::TableName;

use crate::catalog::known::{KnownTable, TypedName};
use crate::endpoint::Endpoint;
use crate::fault::Verdict;
use crate::types::column_type::ColumnType;
use crate::types::limits::{MOST_NAME_BYTES, is_name};
use crate::values::shape::VersionRange;
use crate::wire::message::{
    AUTO_INCREMENT, DescribeTableRequest, DescribeTableResponse, KeySchema, TableOptions,
};

/// How far versions may be from the time of writing, unless the table says otherwise: a day, in seconds.
const DEVIATION: i64 = 86_400;

/// Describes a table; `None` if it does not exist.
///
/// # Errors
/// The service does not answer, refuses it, or describes what this connector does not know.
pub(crate) async fn describe(
    endpoint: &Endpoint,
    name: &TableName,
) -> Result<Option<KnownTable>, SinkError> {
    check_name(name, MOST_NAME_BYTES)?;
    let request = DescribeTableRequest { table_name: name.name.clone() };
    let body = look_up(endpoint, "DescribeTable", request.encode_to_vec()).await?;
    let Some(body) = body else { return Ok(None) };
    let said = DescribeTableResponse::decode(body).map_err(|error| undecodable(name, &error))?;
    let key = said.table_meta.primary_key.iter().map(|part| key(name, part));
    let key: Vec<TypedName> = key.collect::<Result<_, _>>()?;
    let defined = said.table_meta.defined_columns.into_iter().map(|column| {
        let kind = ColumnType::of_defined(column.kind).unwrap_or(ColumnType::Any);
        (column.name, kind)
    });
    Ok(Some(KnownTable::new(key, defined.collect(), versions(&said.table_options))))
}

/// Checks that a table can have this name.
///
/// # Errors
/// `Fatal`: it cannot.
pub(super) fn check_name(name: &TableName, most_bytes: usize) -> Result<(), SinkError> {
    if let Some(schema) = &name.schema {
        return Err(SinkError::fatal(format!(
            "table {name}: an instance of Tablestore has tables and no schema like \"{schema}\"; change table.name.format"
        )));
    }
    if !is_name(&name.name) || name.name.len() > most_bytes {
        return Err(SinkError::fatal(format!(
            "table {name} cannot exist: a name has letters, digits and underscores, no digit first, at most {most_bytes}; change table.name.format"
        )));
    }
    Ok(())
}

/// Asks for a description; `None` if the table does not exist.
///
/// # Errors
/// The service does not answer, or refuses it.
pub(super) async fn look_up(
    endpoint: &Endpoint,
    operation: &'static str,
    request: Vec<u8>,
) -> Result<Option<Bytes>, SinkError> {
    match endpoint.call(operation, request).await {
        Ok(body) => Ok(Some(body)),
        Err(refusal) if refusal.verdict == Verdict::Missing => Ok(None),
        Err(refusal) => Err(no_record_is_at_fault(refusal.into())),
    }
}

/// The error of a description that cannot be read.
pub(super) fn undecodable(name: &TableName, error: &DecodeError) -> SinkError {
    SinkError::fatal(format!("the description of table {name}: {error}"))
}

/// The error of a call that no record caused.
pub(crate) fn no_record_is_at_fault(error: SinkError) -> SinkError {
    match error.fault {
        Fault::Data(_) => SinkError { fault: Fault::Fatal, ..error },
        _ => error,
    }
}

fn key(table: &TableName, part: &KeySchema) -> Result<TypedName, SinkError> {
    let kind = match part.option {
        Some(AUTO_INCREMENT) => Some(ColumnType::AutoIncrement),
        _ => ColumnType::of_key(part.kind),
    };
    let kind = kind.ok_or_else(|| {
        SinkError::fatal(format!("the key \"{}\" of table {table} has an unknown type", part.name))
    })?;
    Ok((part.name.clone(), kind))
}

pub(super) fn versions(options: &TableOptions) -> VersionRange {
    VersionRange {
        time_to_live: options.time_to_live.filter(|seconds| *seconds > 0).map(i64::from),
        deviation: options.deviation.unwrap_or(DEVIATION),
    }
}
