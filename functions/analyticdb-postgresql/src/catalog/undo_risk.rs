//! What a rollback does not undo: numbers drawn from sequences, and whatever functions of somebody
//! else's do. Rows are tried out only where nothing of that can happen.

use std::collections::HashMap;

use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::operation::Operation;
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::sink::batch::Batch;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use crate::fault;
use crate::sql::quote::quote_table;
use crate::sql::statement::Filled;

/// The tables of one rehearsal.
pub(crate) type Traces = HashMap<TableName, Trace>;

/// How a batch is tried out.
pub(crate) enum Rehearsed {
    /// On the server, these columns filled in.
    Tried(Filled),
    /// Not on the server.
    Encoded,
}

/// What of trying rows out on a table could stay.
#[derive(Debug)]
pub(crate) struct Trace {
    /// Why nothing is tried on it.
    reason: Option<String>,
    /// Whether changes of its rows are passed on.
    cascades: bool,
    /// By column.
    defaults: Vec<Drawn>,
    /// Numbers given so far in the place of those from sequences.
    given: i64,
    /// What kept a batch from being tried.
    kept: Option<String>,
}

/// Where a column's default comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drawn {
    /// From nothing that changes.
    Nowhere,
    /// From a sequence, as an integer up to this.
    Sequence(i64),
    /// From a sequence, and another number might fare differently.
    Telling,
    /// From a sequence or a function of somebody else's, of a type that cannot be filled in.
    Elsewhere,
}

/// Functions in what every row passes, triggers of the table or its partitions, rules, and tables
/// that are not here; then whether keys pass changes on to rows of other tables. What the server's
/// own functions do is known, unless they are volatile; of the others' nothing is, whatever they
/// are declared. The server notes no dependency on what it came with.
const REASON: &str = "
WITH RECURSIVE tree(id) AS (
  SELECT $1::pg_catalog.regclass::pg_catalog.oid
  UNION SELECT inhrelid FROM pg_catalog.pg_inherits JOIN tree ON inhparent = id
), types(id) AS (
  SELECT atttypid FROM pg_catalog.pg_attribute JOIN tree ON attrelid = id WHERE attnum > 0
  UNION SELECT part.id FROM types JOIN pg_catalog.pg_type t ON t.oid = types.id, LATERAL (
    SELECT t.typbasetype UNION ALL SELECT t.typelem
    UNION ALL SELECT rngsubtype FROM pg_catalog.pg_range WHERE rngtypid = t.oid
    UNION ALL SELECT atttypid FROM pg_catalog.pg_attribute
              WHERE attrelid = t.typrelid AND attnum > 0) part(id)
), checks AS (
  SELECT oid, conbin FROM pg_catalog.pg_constraint
  WHERE contype IN ('c', 'x') AND (conrelid IN (SELECT id FROM tree)
                                   OR contypid <> 0 AND contypid IN (SELECT id FROM types))
), passed(class, id) AS (
  SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid, oid FROM checks
  UNION ALL SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, id FROM tree
  UNION ALL SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, indexrelid
            FROM pg_catalog.pg_index JOIN tree ON indrelid = id
  UNION ALL SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass::pg_catalog.oid, d.oid
            FROM pg_catalog.pg_attrdef d JOIN tree ON d.adrelid = id
            JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
            WHERE coalesce(pg_catalog.to_json(a)->>'attgenerated', '') <> ''
)
SELECT CASE
  WHEN EXISTS (SELECT FROM pg_catalog.pg_trigger JOIN tree ON tgrelid = id
               WHERE NOT tgisinternal AND tgenabled <> 'D')
    THEN 'its triggers may do what a rollback does not undo'
  WHEN EXISTS (SELECT FROM pg_catalog.pg_class c, tree
               WHERE c.oid = id AND (c.relhasrules OR c.relkind NOT IN ('r', 'p')))
    THEN 'it is a view, a foreign table or has rules'
  WHEN EXISTS (SELECT FROM pg_catalog.pg_class c, tree
               WHERE c.oid = id AND pg_catalog.to_json(c)->>'relrowsecurity' = 'true')
    THEN 'its row security policies may do what a rollback does not undo'
  WHEN EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN passed ON d.classid = class AND d.objid = id
               WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                  OR d.refclassid IN ('pg_catalog.pg_operator'::pg_catalog.regclass,
                                      'pg_catalog.pg_opclass'::pg_catalog.regclass)
                 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                                 WHERE e.classid = d.refclassid AND e.objid = d.refobjid
                                   AND e.deptype = 'e'))
    OR EXISTS (SELECT FROM checks, LATERAL pg_catalog.regexp_matches(
                 conbin::pg_catalog.text, 'funcid ([0-9]+)', 'g') called(ids)
               JOIN pg_catalog.pg_proc p ON p.oid = ids[1]::pg_catalog.oid WHERE p.provolatile = 'v')
    THEN 'functions in its constraints, indexes, partition key or generated columns may do what a rollback does not undo'
END,
EXISTS (SELECT FROM pg_catalog.pg_constraint JOIN tree ON confrelid = id
        WHERE contype = 'f' AND (confdeltype IN ('c', 'n', 'd') OR confupdtype IN ('c', 'n', 'd')))";

/// By column: whether its default draws from a sequence, whether from a function, the type, and
/// whether a row's fate depends on its value: by a partition key, a constraint, an expression of an
/// index or a generated column. A partition key's columns depend on their table.
const DEFAULTS: &str = "
WITH RECURSIVE tree(id) AS (
  SELECT $1::pg_catalog.regclass::pg_catalog.oid
  UNION SELECT inhrelid FROM pg_catalog.pg_inherits JOIN tree ON inhparent = id
)
SELECT coalesce(pg_catalog.to_json(a)->>'attidentity', '') <> ''
         OR coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~* 'nextval|setval', false)
         OR EXISTS (SELECT FROM pg_catalog.pg_depend p JOIN pg_catalog.pg_class s ON s.oid = p.refobjid
                    WHERE p.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
                      AND p.objid = d.oid AND s.relkind = 'S'),
       EXISTS (SELECT FROM pg_catalog.pg_depend p
               WHERE p.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND p.objid = d.oid
                 AND p.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass)
         OR (d.oid IS NULL AND t.typdefault IS NOT NULL),
       a.atttypid::pg_catalog.int8,
       EXISTS (SELECT FROM tree
               JOIN pg_catalog.pg_attribute o ON o.attrelid = tree.id AND o.attname = a.attname
               JOIN pg_catalog.pg_depend p ON p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                AND p.refobjid = tree.id
                AND (p.refobjsubid = o.attnum OR p.refobjsubid = 0 AND p.objsubid = o.attnum)
               LEFT JOIN pg_catalog.pg_constraint c ON c.oid = p.objid
                AND p.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
               LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = p.objid
                AND p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
               LEFT JOIN pg_catalog.pg_attrdef g ON g.oid = p.objid
                AND p.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
               WHERE c.contype IN ('c', 'f', 'x') AND c.conrelid = tree.id
                  OR i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
                  OR g.adnum <> o.attnum
                  OR p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.objid = tree.id)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  AND coalesce(pg_catalog.to_json(a)->>'attgenerated', '') = ''
WHERE a.attrelid = $1::pg_catalog.regclass AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum";

/// Asks what of trying rows out on a table could stay.
///
/// # Errors
/// The catalog cannot be read.
pub(crate) async fn read(client: &Client, table: &Table) -> Result<Trace, SinkError> {
    let regclass = quote_table(&table.name);
    let parameter = [(&regclass as &(dyn ToSql + Sync), Type::TEXT)];
    let outside = |error| fault::classify_outside_rows(&error);
    let reason = client.query_typed(REASON, &parameter).await.map_err(outside)?;
    let defaults = client.query_typed(DEFAULTS, &parameter).await.map_err(outside)?;
    let drawn = defaults.iter().map(|row| match drawn(row.get(0), row.get(1), row.get(2)) {
        Drawn::Sequence(_) if row.get(3) => Drawn::Telling,
        drawn => drawn,
    });
    Ok(Trace {
        reason: reason.first().and_then(|row| row.get(0)),
        cascades: reason.iter().any(|row| row.get(1)),
        defaults: drawn.collect(),
        given: 0,
        kept: None,
    })
}

fn drawn(from_sequence: bool, from_function: bool, ty: i64) -> Drawn {
    let is = |known: Type| i64::from(known.oid()) == ty;
    match (from_sequence, from_function) {
        (false, false) => Drawn::Nowhere,
        (true, false) if is(Type::INT2) => Drawn::Sequence(i16::MAX.into()),
        (true, false) if is(Type::INT4) => Drawn::Sequence(i32::MAX.into()),
        (true, false) if is(Type::INT8) => Drawn::Sequence(i64::MAX),
        _ => Drawn::Elsewhere,
    }
}

impl Trace {
    /// How a batch is tried out on this table: columns that would draw from a sequence get numbers
    /// from the other end, where no sequence is yet.
    pub(crate) fn rehearsed(&mut self, batch: &Batch<'_, '_>) -> Rehearsed {
        if self.reason.is_some() {
            return Rehearsed::Encoded;
        }
        if self.cascades && batch.operation != Operation::Insert {
            self.kept = Some("foreign keys pass its changes on to other tables".to_owned());
            return Rehearsed::Encoded;
        }
        match self.fill(batch) {
            Ok(filled) => {
                self.given += batch.len() as i64;
                Rehearsed::Tried(filled)
            }
            Err(reason) => {
                self.kept = Some(reason);
                Rehearsed::Encoded
            }
        }
    }

    /// Numbers for the columns that would draw from a sequence, or why a column has none.
    fn fill(&self, batch: &Batch<'_, '_>) -> Result<Filled, String> {
        let inserts = matches!(batch.operation, Operation::Insert | Operation::Upsert);
        let absent = |(index, _): &(usize, &Drawn)| inserts && !batch.columns.contains(index);
        let mut filled = Filled::default();
        for (index, drawn) in self.defaults.iter().enumerate().filter(absent) {
            match drawn {
                Drawn::Nowhere => {}
                // Rows of defaults have no place to count from.
                Drawn::Sequence(most) if !batch.columns.is_empty() => {
                    filled.0.push((index, format!("{} - s.place", most - self.given)));
                }
                Drawn::Telling => {
                    let name = &batch.table.columns[index].name;
                    return Err(format!(
                        "column \"{name}\" gets its number from a sequence, and a partition key, a \
                         constraint, an index or a generated column depends on that number"
                    ));
                }
                Drawn::Sequence(_) | Drawn::Elsewhere => {
                    let name = &batch.table.columns[index].name;
                    return Err(format!(
                        "the default of column \"{name}\" may do what a rollback does not undo"
                    ));
                }
            }
        }
        Ok(filled)
    }

    /// Why rows were not tried out, for people.
    pub(crate) fn untried(&self) -> Option<String> {
        self.reason.clone().or_else(|| self.kept.clone())
    }
}
