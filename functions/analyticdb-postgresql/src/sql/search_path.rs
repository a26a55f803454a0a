//! Finds tables by the search path. The server skips, without an error, a schema of the search path that the
//! role may not use, and takes the next table with the same name, or none.

use sluice_bridge::model::change::SchemaChange;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::TableName;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use crate::fault;

/// A scalar query: the first schema of the search path that has a table with the given name, if the role may
/// not use that schema; otherwise null.
macro_rules! hiding_schema {
    ($name:literal) => {
        concat!(
            "(SELECT CASE WHEN NOT pg_catalog.has_schema_privilege(hidden.oid, 'USAGE') \
              THEN hidden.nspname::pg_catalog.text END \
              FROM pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.replace(pg_catalog.replace(\
                pg_catalog.current_setting('search_path'), '\"', ''), ', ', ','), ',')) \
                WITH ORDINALITY AS path(name, place) \
              JOIN pg_catalog.pg_namespace AS hidden ON hidden.nspname = CASE path.name \
                WHEN '$user' THEN pg_catalog.\"current_user\"()::pg_catalog.text ELSE path.name END::pg_catalog.name \
              JOIN pg_catalog.pg_class AS named ON named.relnamespace = hidden.oid \
                AND named.relname = ",
            $name,
            " AND named.relkind IN ('r', 'p', 'v', 'f') \
              ORDER BY path.place LIMIT 1)"
        )
    };
}
pub(crate) use hiding_schema;

/// Tables, views and foreign tables whose names differ from the given one only in case or quotes.
const SIMILAR: &str = "
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND ($2::pg_catalog.text IS NULL OR pg_catalog.lower(n.nspname::pg_catalog.text) = pg_catalog.lower(pg_catalog.btrim($2, '\"')))
  AND pg_catalog.lower(c.relname::pg_catalog.text)
    = pg_catalog.lower(pg_catalog.btrim($1::pg_catalog.text, '\"'))
ORDER BY pg_catalog.pg_table_is_visible(c.oid) DESC, 1, 2 LIMIT 1";

/// Refuses a table if a schema before it in the search path has a table with the same name that the role may
/// not use.
///
/// # Errors
/// `Fatal`: a privilege is missing.
pub(crate) fn check_not_hidden(name: &TableName, schema: Option<&str>) -> Result<(), SinkError> {
    match schema.filter(|_| name.schema.is_none()) {
        None => Ok(()),
        Some(schema) => Err(SinkError::fatal(format!(
            "the first table {name} in the search path is in schema \"{schema}\", which the user may not use: GRANT USAGE ON SCHEMA \"{schema}\", or name the schema in table.name.format"
        ))),
    }
}

/// Refuses to create a table if a schema that the role may not use has a table with the same name.
///
/// # Errors
/// `Fatal`: a privilege is missing; or the catalog cannot be read.
pub(crate) async fn check_may_create(
    client: &Client,
    missing: &SchemaChange,
) -> Result<(), SinkError> {
    let SchemaChange::Table { name, .. } = missing else { return Ok(()) };
    const HIDING: &str = concat!("SELECT ", hiding_schema!("$1::pg_catalog.text::pg_catalog.name"));
    let rows = client.query_typed(HIDING, &[(&name.name, Type::TEXT)]).await;
    let rows = rows.map_err(|error| fault::classify_outside_rows(&error))?;
    check_not_hidden(name, rows.first().and_then(|row| row.get(0)))
}

/// Finds a table whose name differs from this one only in case or quotes.
///
/// # Errors
/// The catalog cannot be read.
pub(crate) async fn similar(
    client: &Client,
    name: &TableName,
) -> Result<Option<TableName>, SinkError> {
    let parameters = [(&name.name as &(dyn ToSql + Sync), Type::TEXT), (&name.schema, Type::TEXT)];
    let rows = client.query_typed(SIMILAR, &parameters).await;
    let rows = rows.map_err(|error| fault::classify_outside_rows(&error))?;
    Ok(rows.first().map(|row| TableName { schema: Some(row.get(0)), name: row.get(1) }))
}
