//! What a table looks like: its columns, types, defaults and key, read from the server's
//! catalog with one query that works from PostgreSQL 9.4 on.

use futures_util::future;
use sluice_bridge::failure::SinkError;
use sluice_bridge::table::{Column, Table, TableName};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use crate::column::{Codec, ColumnType, Limit, Shape};
use crate::fault;
use crate::statement::quote_table;

/// Domains are followed down to the type they stand on. The oddly roundabout `to_json` reads
/// columns of the catalog that other servers do not have, among them Greenplum's word for tables
/// that are only appended to.
const COLUMNS: &str = "
WITH RECURSIVE base(number, type, modifier, has_default, not_null) AS (
  SELECT attnum, atttypid, atttypmod, atthasdef, attnotnull FROM pg_catalog.pg_attribute
  WHERE attrelid = $1::pg_catalog.regclass AND attnum > 0 AND NOT attisdropped
  UNION ALL
  SELECT b.number, t.typbasetype, t.typtypmod,
         b.has_default OR t.typdefault IS NOT NULL, b.not_null OR t.typnotnull
  FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
)
SELECT c.relname::text,
       a.attname::text,
       b.type,
       b.modifier,
       t.typname::text,
       t.typtype::text,
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       pg_catalog.format_type(b.type, -1),
       b.has_default,
       b.not_null,
       coalesce(pg_catalog.to_json(a)->>'attidentity', ''),
       coalesce(pg_catalog.to_json(a)->>'attgenerated', ''),
       coalesce((SELECT k.place FROM pg_catalog.pg_index i,
                 unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k(number, place)
                 WHERE i.indrelid = a.attrelid AND i.indisprimary AND k.number = a.attnum
                   AND k.place <= coalesce((pg_catalog.to_json(i)->>'indnkeyatts')::int, i.indnatts)), 0),
       c.relkind::text IN ('r', 'p') AND NOT c.relhasrules
         AND coalesce(pg_catalog.to_json(c)->>'relrowsecurity', 'false') = 'false',
       c.relkind::text = 'v',
       pg_catalog.current_setting('server_version_num')::int >= 140000,
       coalesce((SELECT pg_catalog.to_json(l)->>'collisdeterministic' FROM pg_catalog.pg_collation l
                 WHERE l.oid = a.attcollation), 'true') = 'true',
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMP'),
       coalesce(pg_catalog.to_json(c)->>'relstorage', 'h') NOT IN ('a', 'c')
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_am m WHERE m.oid = c.relam
                         AND m.amname IN ('ao_row', 'ao_column')) AS takes_on_conflict
FROM base b
JOIN pg_catalog.pg_type t ON t.oid = b.type AND t.typtype <> 'd'
JOIN pg_catalog.pg_attribute a ON a.attrelid = $1::pg_catalog.regclass AND a.attnum = b.number
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
ORDER BY a.attnum";

/// Reads a table, and holds it as it is until the transaction ends: retyped before the rows
/// come, a column would take the bytes of one type for those of another.
///
/// To parse a SELECT locks what it names against ALTER and DROP, needs no privilege and works
/// for views too, none of which holds for LOCK TABLE. The statement is never executed.
///
/// `None` where there is none of that name with a column; the transaction is then to go back to
/// the savepoint it is read behind.
///
/// # Errors
/// It cannot be read.
pub(crate) async fn read(
    client: &Client,
    savepoint: &str,
    name: &TableName,
) -> Result<Option<(Table, Shape)>, SinkError> {
    let regclass = quote_table(name);
    let lock = format!("SELECT FROM {regclass}");
    let parameter = [(&regclass as &(dyn ToSql + Sync), Type::TEXT)];
    let (behind, locked, rows) = future::join3(
        client.batch_execute(savepoint),
        client.prepare(&lock),
        client.query_typed(COLUMNS, &parameter),
    )
    .await;
    let rows = match behind.and(locked).and(rows) {
        Ok(rows) => rows,
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(None),
        Err(error) => return Err(fault::classify_outside_rows(&error)),
    };
    // The server cuts names to 63 bytes and would then find another table.
    if rows.first().is_none_or(|row| row.get::<_, &str>(0) != name.name) {
        return Ok(None);
    }
    let mut key: Vec<(i64, usize)> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        key.extend(
            Some(row.get::<_, i64>(12)).filter(|place| *place > 0).map(|place| (place, index)),
        );
    }
    key.sort_unstable();
    let table = Table {
        name: name.clone(),
        columns: rows.iter().map(column).collect(),
        primary_key: key.into_iter().map(|(_, index)| index).collect(),
    };
    let takes_copy = rows.iter().all(|row| row.get(13));
    let may_stage = rows.iter().all(|row| row.get(17));
    let takes_on_conflict = rows.iter().all(|row| row.get("takes_on_conflict"));
    let columns = rows.iter().map(column_type).collect();
    Ok(Some((table, Shape { columns, takes_copy, takes_on_conflict, may_stage })))
}

fn column(row: &Row) -> Column {
    let identity: &str = row.get(10);
    let generated: &str = row.get(11);
    Column {
        name: row.get(1),
        // What a view leaves out, the table beneath it fills in.
        has_default: row.get::<_, bool>(8) || !identity.is_empty() || row.get(14),
        generated: !generated.is_empty(),
    }
}

fn column_type(row: &Row) -> ColumnType {
    let (type_name, kind): (&str, &str) = (row.get(4), row.get(5));
    let modifier: i32 = row.get(3);
    let base = Type::from_oid(row.get(2));
    let (codec, element, array) = encoding(base.as_ref(), kind, type_name);
    let builtin = matches!(base, Some(Type::TEXT | Type::VARCHAR | Type::BPCHAR));
    let as_text = codec == Codec::Input || (codec == Codec::Text && !builtin);
    let identity: &str = row.get(10);
    ColumnType {
        name: row.get(1),
        codec,
        modifier,
        limit: limit(base.as_ref(), modifier),
        shown: row.get(6),
        element,
        array,
        cast: as_text.then(|| row.get(7)),
        has_infinity: row.get(15),
        is_deterministic: row.get(16),
        ignores_case: type_name == "citext",
        required: row.get::<_, bool>(9) && !row.get::<_, bool>(8) && identity.is_empty(),
        identity_always: identity == "a",
    }
}

/// How values of a type are written, and the types of an element and of the array that carries
/// them.
fn encoding(base: Option<&Type>, kind: &str, name: &str) -> (Codec, Type, Type) {
    match base {
        Some(&Type::BOOL) => (Codec::Bool, Type::BOOL, Type::BOOL_ARRAY),
        Some(&Type::INT2) => (Codec::Int2, Type::INT2, Type::INT2_ARRAY),
        Some(&Type::INT4) => (Codec::Int4, Type::INT4, Type::INT4_ARRAY),
        Some(&Type::INT8) => (Codec::Int8, Type::INT8, Type::INT8_ARRAY),
        Some(&Type::FLOAT4) => (Codec::Float4, Type::FLOAT4, Type::FLOAT4_ARRAY),
        Some(&Type::FLOAT8) => (Codec::Float8, Type::FLOAT8, Type::FLOAT8_ARRAY),
        Some(&Type::NUMERIC) => (Codec::Numeric, Type::NUMERIC, Type::NUMERIC_ARRAY),
        Some(&Type::BYTEA) => (Codec::Bytea, Type::BYTEA, Type::BYTEA_ARRAY),
        Some(&Type::UUID) => (Codec::Uuid, Type::UUID, Type::UUID_ARRAY),
        Some(&Type::DATE) => (Codec::Date, Type::DATE, Type::DATE_ARRAY),
        Some(&Type::TIME) => (Codec::Time, Type::TIME, Type::TIME_ARRAY),
        Some(&Type::TIMESTAMP) => (Codec::Timestamp, Type::TIMESTAMP, Type::TIMESTAMP_ARRAY),
        Some(&Type::TIMESTAMPTZ) => {
            (Codec::Timestamptz, Type::TIMESTAMPTZ, Type::TIMESTAMPTZ_ARRAY)
        }
        Some(&Type::JSON) => (Codec::Json, Type::JSON, Type::JSON_ARRAY),
        Some(&Type::JSONB) => (Codec::Jsonb, Type::JSONB, Type::JSONB_ARRAY),
        Some(&(Type::TEXT | Type::VARCHAR | Type::NAME)) => {
            (Codec::Text, Type::TEXT, Type::TEXT_ARRAY)
        }
        // Compared as text, blanks at the end of a key would count.
        Some(&Type::BPCHAR) => (Codec::Text, Type::BPCHAR, Type::BPCHAR_ARRAY),
        _ if kind == "e" || name == "citext" => (Codec::Text, Type::TEXT, Type::TEXT_ARRAY),
        _ => (Codec::Input, Type::TEXT, Type::TEXT_ARRAY),
    }
}

fn limit(base: Option<&Type>, modifier: i32) -> Limit {
    match base {
        Some(&(Type::VARCHAR | Type::BPCHAR)) if modifier >= 4 => {
            Limit::Characters((modifier - 4) as usize)
        }
        Some(&Type::NAME) => Limit::Bytes(63),
        Some(&Type::CHAR) => Limit::Bytes(1),
        _ => Limit::None,
    }
}
