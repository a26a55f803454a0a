//! Asks the service for a table.

use prost::Message;
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::model::table::TableName;

use crate::catalog::known::{KnownTable, TypedName};
use crate::endpoint::Endpoint;
use crate::fault::Verdict;
use crate::types::column_type::ColumnType;
use crate::types::limits::is_name;
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
    if let Some(schema) = &name.schema {
        return Err(SinkError::fatal(format!(
            "table {name}: an instance of Tablestore has tables and no schema like \"{schema}\"; change table.name.format"
        )));
    }
    if !is_name(&name.name) {
        return Err(SinkError::fatal(format!(
            "table {name} cannot exist: a name has letters, digits and underscores, no digit first, at most 255; change table.name.format"
        )));
    }
    let request = DescribeTableRequest { table_name: name.name.clone() };
    let body = match endpoint.call("DescribeTable", request.encode_to_vec()).await {
        Ok(body) => body,
        Err(refusal) if refusal.verdict == Verdict::Missing => return Ok(None),
        Err(refusal) => return Err(no_record_is_at_fault(refusal.into())),
    };
    let said = DescribeTableResponse::decode(body)
        .map_err(|error| SinkError::fatal(format!("the description of table {name}: {error}")))?;
    let key = said.table_meta.primary_key.iter().map(|part| key(name, part));
    let key: Vec<TypedName> = key.collect::<Result<_, _>>()?;
    let defined = said.table_meta.defined_columns.into_iter().map(|column| {
        let kind = ColumnType::of_defined(column.kind).unwrap_or(ColumnType::Any);
        (column.name, kind)
    });
    Ok(Some(KnownTable::new(key, defined.collect(), versions(&said.table_options))))
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
