//! Describes a table: its columns, types, defaults and primary key, read from the server's catalog with one
//! query that works from PostgreSQL 9.4 on.
//!
//! Not here: the statements that write (`sql`), and the values (`values`).

pub(crate) mod undo_risk;

use std::sync::Arc;

use futures_util::future;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::{Column, Table, TableName};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use crate::fault;
use crate::sql::definition;
use crate::sql::quote::quote_table;
use crate::sql::search_path::{self, hiding_schema};
use crate::types::column::{ColumnType, Elements, Shape};
use crate::types::form::{CatalogType, Codec, ConversionSettings, Form, parameter_types};

/// Domains are resolved to their base types, also for the elements of an array. `one_money` shows how many
/// decimal places money has in this session. `to_json` reads catalog columns that do not exist on all
/// servers, among them Greenplum's storage of append-only tables. The search path is the user's, so functions
/// and types have a schema, and the operands of operators have exactly the operator's types.
const COLUMNS: &str = concat!("
WITH RECURSIVE base(number, type, modifier, has_default, not_null) AS (
  SELECT attnum, atttypid, atttypmod, atthasdef, attnotnull FROM pg_catalog.pg_attribute
  WHERE attrelid = $1::pg_catalog.regclass::pg_catalog.oid AND attnum > 0 AND NOT attisdropped
  UNION ALL
  SELECT b.number, t.typbasetype, t.typtypmod,
         b.has_default OR t.typdefault IS NOT NULL, b.not_null OR t.typnotnull
  FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
),
item(number, declared, type, modifier) AS (
  SELECT b.number, e.oid, e.oid, b.modifier
  FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.type
  JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
  UNION ALL
  SELECT i.number, i.declared, t.typbasetype, t.typtypmod
  FROM item i JOIN pg_catalog.pg_type t ON t.oid = i.type WHERE t.typtype = 'd'
)
SELECT c.relname::pg_catalog.text,
       a.attname::pg_catalog.text,
       b.type,
       b.modifier,
       t.typname::pg_catalog.text,
       t.typtype::pg_catalog.text,
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       pg_catalog.format_type(b.type, -1),
       b.has_default,
       b.not_null,
       coalesce(pg_catalog.to_json(a)->>'attidentity', ''),
       coalesce(pg_catalog.to_json(a)->>'attgenerated', ''),
       coalesce((SELECT k.place FROM pg_catalog.pg_index i,
                 pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k(number, place)
                 WHERE i.indrelid = a.attrelid AND i.indisprimary AND k.number = a.attnum
                   AND k.place <= coalesce((pg_catalog.to_json(i)->>'indnkeyatts')::int, i.indnatts)), 0),
       c.relkind::pg_catalog.text IN ('r', 'p') AND NOT c.relhasrules
         AND coalesce(pg_catalog.to_json(c)->>'relrowsecurity', 'false') = 'false',
       c.relkind::pg_catalog.text = 'v',
       pg_catalog.current_setting('server_version_num')::int,
       coalesce((SELECT pg_catalog.to_json(l)->>'collisdeterministic' FROM pg_catalog.pg_collation l
                 WHERE l.oid = a.attcollation), 'true') = 'true',
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMP'),
       coalesce(pg_catalog.to_json(c)->>'relstorage', 'h') NOT IN ('a', 'c')
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_am m WHERE m.oid = c.relam
                         AND m.amname IN ('ao_row', 'ao_column')) AS takes_on_conflict,
       '1'::pg_catalog.money::numeric::pg_catalog.text AS one_money,
       ", hiding_schema!("(SELECT relname FROM pg_catalog.pg_class
                         WHERE oid = $1::pg_catalog.regclass::pg_catalog.oid)"), " AS hiding,
       c.relnatts AS taken,
       c.relkind::pg_catalog.text = 'v' OR c.relhasrules
         OR EXISTS (SELECT FROM pg_catalog.pg_trigger g
                    JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid
                    WHERE (g.tgrelid = c.oid
                           OR g.tgrelid IN (SELECT h.inhrelid FROM pg_catalog.pg_inherits h
                                            WHERE h.inhparent = c.oid))
                      AND g.tgenabled::pg_catalog.text <> 'D'
                      AND (NOT g.tgisinternal
                           OR g.tgconstrrelid = c.oid
                             AND f.proname::pg_catalog.text IN ('RI_FKey_cascade_del', 'RI_FKey_setnull_del',
                                                     'RI_FKey_setdefault_del')))
         AS has_side_effects,
       i.declared AS element,
       i.type AS element_base,
       i.modifier AS element_modifier,
       e.typname::pg_catalog.text AS element_name,
       e.typtype::pg_catalog.text AS element_kind,
       e.typdelim = ',' AS has_commas
FROM base b
JOIN pg_catalog.pg_type t ON t.oid = b.type AND t.typtype <> 'd'
LEFT JOIN (item i JOIN pg_catalog.pg_type e ON e.oid = i.type AND e.typtype <> 'd')
  ON i.number = b.number
JOIN pg_catalog.pg_attribute a ON a.attrelid = $1::pg_catalog.regclass::pg_catalog.oid AND a.attnum = b.number
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
ORDER BY a.attnum");

/// `FirstNormalObjectId`: objects with a smaller number are the server's own, in `pg_catalog`.
const FIRST_NORMAL_OBJECT: u32 = 16_384;

/// Reads the description of a table and locks its definition until the transaction ends. Otherwise a column
/// could change its type before rows are written, and take the bytes of one type for another. A JSON number
/// in a date or time column has `unix_places` decimal places of a second. `on_conflict` says whether the
/// server has ON CONFLICT.
///
/// Parsing a SELECT locks the table against ALTER and DROP, needs no privilege, and works for views. LOCK
/// TABLE does none of this. The statement is never executed.
///
/// `None` if no table with a column has this name. The transaction must then be rolled back to the savepoint
/// that was set before.
///
/// # Errors
/// The table cannot be read.
pub(crate) async fn read(
    client: &Client,
    savepoint: &str,
    name: &TableName,
    unix_places: u8,
    on_conflict: bool,
) -> Result<Option<Table>, SinkError> {
    definition::check_table_name(name)?;
    let regclass = quote_table(name);
    let lock = format!("SELECT FROM {regclass}");
    let parameter = [(&regclass as &(dyn ToSql + Sync), Type::TEXT)];
    let (after, locked, rows) = future::join3(
        client.batch_execute(savepoint),
        client.prepare(&lock),
        client.query_typed(COLUMNS, &parameter),
    )
    .await;
    let rows = match after.and(locked).and(rows) {
        Ok(rows) => rows,
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(None),
        Err(error) => return Err(fault::classify_outside_rows(&error)),
    };
    if rows.is_empty() {
        return Ok(None);
    }
    search_path::check_not_hidden(name, rows.first().and_then(|row| row.get("hiding")))?;
    let mut key: Vec<(i64, usize)> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        key.extend(
            Some(row.get::<_, i64>(12))
                .filter(|position| *position > 0)
                .map(|position| (position, index)),
        );
    }
    key.sort_unstable();
    let columns: Vec<ColumnType> = rows.iter().map(|row| column_type(row, unix_places)).collect();
    let shape = Shape {
        used_columns: rows.first().map_or(0, |row| row.get::<_, i16>("taken")) as usize,
        takes_copy: rows.iter().all(|row| row.get(13)),
        takes_on_conflict: on_conflict && rows.iter().all(|row| row.get("takes_on_conflict")),
        may_stage: rows.iter().all(|row| row.get(17)),
        columns,
    };
    Ok(Some(Table {
        name: name.clone(),
        columns: rows.iter().zip(&shape.columns).map(|(row, ty)| column(row, ty)).collect(),
        primary_key: key.into_iter().map(|(_, index)| index).collect(),
        has_side_effects: rows.iter().any(|row| row.get("has_side_effects")),
        shape: Arc::new(shape),
    }))
}

fn column(row: &Row, ty: &ColumnType) -> Column {
    let identity: &str = row.get(10);
    let generated: &str = row.get(11);
    Column {
        name: row.get(1),
        // A column that an insert into a view leaves out gets a value from the base table.
        has_default: row.get::<_, bool>(8) || !identity.is_empty() || row.get(14),
        generated: !generated.is_empty(),
        takes: ty.takes(),
        is_array: ty.elements.is_some(),
    }
}

fn column_type(row: &Row, unix_places: u8) -> ColumnType {
    let conversion = ConversionSettings {
        version: row.get(15),
        // "1.00", or "1" for a currency without a smaller unit.
        money_places: row.get::<_, &str>("one_money").len().saturating_sub(2) as u8,
        unix_places,
    };
    let oid: u32 = row.get(2);
    let elements = elements(row, conversion);
    let form = match elements {
        Some(_) => Form::array(),
        None => {
            let (name, kind) = (row.get(4), row.get(5));
            Form::of(CatalogType { oid, modifier: row.get(3), name, kind }, conversion)
        }
    };
    let (element, array) = parameter_types(form.codec, oid);
    let type_name: String = row.get(7);
    let is_plain_text = [Type::TEXT, Type::VARCHAR, Type::BPCHAR].map(|ty| ty.oid()).contains(&oid);
    let is_text = [Type::TEXT, Type::BPCHAR].contains(&element);
    let (staged, cast) = match elements.map(|elements| elements.form.codec) {
        // The server reads money by its locale, but decimals independently of it.
        Some(Codec::Money) => (type_name.clone(), Some(format!("numeric[]::{type_name}"))),
        Some(codec) if codec.is_binary() => (type_name.clone(), Some(type_name)),
        _ => (
            format!("pg_catalog.{}", element.name()),
            (is_text && !is_plain_text).then_some(type_name),
        ),
    };
    let identity: &str = row.get(10);
    ColumnType {
        name: row.get(1),
        form,
        elements,
        shown: row.get(6),
        element,
        array,
        staged,
        cast,
        is_builtin: oid < FIRST_NORMAL_OBJECT,
        is_deterministic: row.get(16),
        ignores_case: row.get::<_, &str>(4) == "citext",
        required: row.get::<_, bool>(9) && !row.get::<_, bool>(8) && identity.is_empty(),
        identity_always: identity == "a",
    }
}

/// The elements of an array.
fn elements(row: &Row, conversion: ConversionSettings) -> Option<Elements> {
    let oid: u32 = row.get::<_, Option<u32>>("element")?;
    let described = CatalogType {
        oid: row.get("element_base"),
        modifier: row.get("element_modifier"),
        name: row.get("element_name"),
        kind: row.get("element_kind"),
    };
    let form = Form::of(described, conversion);
    // Only `box` has a different delimiter.
    let delimiter = if row.get("has_commas") { b',' } else { b';' };
    Some(Elements { form, oid, delimiter })
}
