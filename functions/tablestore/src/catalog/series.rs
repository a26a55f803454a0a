//! Time-series tables: how one is described and made, and what the rules are told of it.
//!
//! The service describes no column of such a table. Those that make up a point come from the options, the others
//! are fields, and those that records had are remembered.

use std::collections::HashSet;
use std::sync::Arc;

use prost::Message;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::{Column, Table, TableName, Takes};

use crate::catalog::create::{NewTable, make, of_another_kind};
use crate::catalog::describe::{check_name, look_up, undecodable};
use crate::catalog::known::KnownTable;
use crate::endpoint::Endpoint;
use crate::types::column_type::ColumnType;
use crate::types::options::DeclaredColumns;
use crate::types::series::{Origin, Series};
use crate::types::series_limits::{MOST_TABLE_NAME_BYTES, check_field_name};
use crate::values::series::{Place, Role, SeriesColumn, SeriesShape};
use crate::wire::series::{
    CreateTimeseriesTableRequest, DescribeTimeseriesTableRequest, DescribeTimeseriesTableResponse,
    SeriesTableMeta, SeriesTableOptions,
};

/// Describes a table; `None` if it does not exist.
///
/// # Errors
/// The service does not answer, or refuses it.
pub(crate) async fn describe(
    endpoint: &Endpoint,
    name: &TableName,
) -> Result<Option<KnownTable>, SinkError> {
    check_name(name, MOST_TABLE_NAME_BYTES)?;
    let request = DescribeTimeseriesTableRequest { table_name: name.name.clone() };
    let body = look_up(endpoint, "DescribeTimeseriesTable", request.encode_to_vec()).await?;
    let Some(body) = body else { return Ok(None) };
    DescribeTimeseriesTableResponse::decode(body).map_err(|error| undecodable(name, &error))?;
    Ok(Some(KnownTable::without_key()))
}

/// Makes a table. If it exists meanwhile, it is described.
///
/// # Errors
/// It is not made.
pub(crate) async fn create(
    endpoint: &Endpoint,
    name: &TableName,
    new: &NewTable,
) -> Result<KnownTable, SinkError> {
    let table_options = Some(SeriesTableOptions { time_to_live: Some(new.time_to_live) });
    let request = CreateTimeseriesTableRequest {
        table_meta: SeriesTableMeta { table_name: name.name.clone(), table_options },
        enable_analytical_store: Some(false),
    };
    match make(endpoint, "CreateTimeseriesTable", request.encode_to_vec()).await? {
        true => Ok(KnownTable::without_key()),
        false => describe(endpoint, name).await?.ok_or_else(|| of_another_kind(name)),
    }
}

/// The description for the rules. A point is found by its series and its time, so these are its key.
pub(crate) fn table(
    known: &KnownTable,
    name: &TableName,
    declared: &DeclaredColumns,
    series: &Series,
) -> Table {
    let parts = series.columns();
    let learned = known.learned.iter().map(|name| (name.as_str(), ColumnType::Any));
    let mut names: HashSet<&str> = parts.iter().copied().collect();
    let own = declared.of(&name.name).into_iter();
    let mut fields: Vec<_> = own.filter(|(name, _)| names.insert(*name)).collect();
    let defined = parts.len() + fields.len();
    fields.extend(learned.filter(|(name, _)| names.insert(*name)));
    let of_parts = parts.iter().map(|name| column(name, role(series, name), series));
    let of_fields = fields.iter().map(|(name, kind)| column(name, Role::Field(*kind), series));
    let columns: Vec<SeriesColumn> = of_parts.chain(of_fields).collect();
    let place = |origin: &Origin| match origin {
        Origin::Topic => Place::Topic,
        Origin::Text(text) => Place::Text(text.clone()),
        Origin::Column(name) => Place::Column(position(&parts, name)),
    };
    let tags = series.tags.iter().map(|(tag, origin)| (tag.clone(), place(origin)));
    let shape = SeriesShape {
        measurement: place(&series.measurement),
        source: place(&series.source),
        tags: tags.collect(),
        time: position(&parts, &series.time),
        unit: series.unit,
        columns,
        defined,
    };
    Table {
        name: name.clone(),
        columns: shape.columns.iter().map(told).collect(),
        primary_key: (0..parts.len()).collect(),
        has_side_effects: false,
        shape: Arc::new(shape),
    }
}

/// Where a column is that makes up a point; all of them are there.
fn position(parts: &[&str], name: &str) -> usize {
    parts.iter().position(|part| *part == name).unwrap_or_default()
}

/// What a column is in a point. Of one that is several things, the one that its values suit least often.
fn role(series: &Series, name: &str) -> Role {
    let is = |origin: &Origin| matches!(origin, Origin::Column(column) if column == name);
    if series.time == name {
        Role::Time(series.unit)
    } else if is(&series.measurement) {
        Role::Measurement
    } else if is(&series.source) {
        Role::Source
    } else {
        Role::Tag
    }
}

fn column(name: &str, role: Role, series: &Series) -> SeriesColumn {
    let field = if series.lowercase { name.to_lowercase() } else { name.to_owned() };
    let field = check_field_name(&field).map(|()| field);
    SeriesColumn { name: name.to_owned(), role, field }
}

fn told(column: &SeriesColumn) -> Column {
    let takes = match column.role {
        Role::Time(_) => Takes::Moments,
        Role::Measurement | Role::Source | Role::Tag => ColumnType::String.takes(),
        Role::Field(kind) => kind.takes(),
    };
    Column { name: column.name.clone(), takes, ..Column::default() }
}

#[cfg(test)]
mod tests {
    use sluice_bridge::model::change::{ColumnKind, NewColumn, Size};
    use sluice_bridge::options::epoch::UnixPrecision;

    use super::*;
    use crate::wire::series::MetaUpdate;

    fn series() -> Series {
        let column = |name: &str| Origin::Column(name.to_owned());
        Series {
            measurement: Origin::Topic,
            source: column("host"),
            tags: vec![("h".to_owned(), column("host")), ("z".to_owned(), column("zone"))],
            time: "at".to_owned(),
            unit: UnixPrecision::Milliseconds,
            lowercase: true,
            update: MetaUpdate::Normal,
        }
    }

    #[test]
    fn what_is_no_part_of_a_point_is_a_field() {
        let mut known = KnownTable::without_key();
        let new = |name: &str| NewColumn {
            name: name.to_owned(),
            kind: ColumnKind::Text,
            size: Size::Most,
            default: None,
        };
        known.learn(&["Load", "at", "_time", "zone"].map(new));
        let name = TableName::parse("metrics").unwrap();
        let table = table(&known, &name, &DeclaredColumns::default(), &series());
        let names: Vec<&str> = table.columns.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["at", "host", "zone", "Load", "_time"]);
        assert_eq!(table.primary_key, [0, 1, 2]);
        let learned = [2, 3, 4].map(|column| table.shape.is_learned(column));
        assert_eq!(learned, [false, true, true]);
        assert_eq!((table.columns[0].takes, table.columns[1].takes), (Takes::Moments, Takes::Text));
        let shape: &SeriesShape = table.shape_as().unwrap();
        let places = [("h".to_owned(), Place::Column(1)), ("z".to_owned(), Place::Column(2))];
        assert_eq!((shape.time, &shape.source, &*shape.tags), (0, &Place::Column(1), &places[..]));
        assert_eq!(shape.columns[3].field.as_deref(), Ok("load"));
        assert!(shape.columns[4].field.is_err());
        let exact = column("Load", Role::Tag, &Series { lowercase: false, ..series() });
        assert!(exact.field.is_err());
    }
}
