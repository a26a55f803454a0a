//! Finds what a rollback would not undo: the use of sequence values, and effects of user-defined functions. A
//! dry run writes rows only to tables without such a risk.

use std::collections::HashMap;

use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::operation::Operation;
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::sink::batch::Batch;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use crate::fault;
use crate::sql::quote::quote_table;
use crate::sql::statement::FilledColumns;

/// The tables of one dry run.
pub(crate) type UndoRisks = HashMap<TableName, UndoRisk>;

/// How a dry run handles a batch.
pub(crate) enum DryRunMode {
    /// The batch is written to the server, with these columns added.
    Write(FilledColumns),
    /// The batch is only encoded.
    EncodeOnly,
}

/// What a dry run on a table could leave behind.
#[derive(Debug)]
pub(crate) struct UndoRisk {
    /// Why no row may be written to the table.
    reason: Option<String>,
    /// Whether changes of the table's rows change other tables.
    cascades: bool,
    /// The source of each column's default.
    defaults: Vec<DefaultSource>,
    /// How many numbers were used in place of sequence values.
    numbers_used: i64,
    /// Why a batch was not written.
    batch_reason: Option<String>,
}

/// The source of a column's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DefaultSource {
    /// The default has no side effect.
    Harmless,
    /// A sequence; the maximum of the integer type.
    Sequence(i64),
    /// A sequence, and the outcome of a row depends on its value.
    Observable,
    /// A sequence or a user-defined function, of a type for which no value can be substituted.
    Unknown,
}

/// Finds why rows must not be written: user-defined or volatile functions that every row uses, triggers of
/// the table or its partitions, rules, and foreign tables. Also finds whether foreign keys change rows of
/// other tables. The server's own functions have no side effects unless they are volatile. Nothing is known
/// of other functions, whatever their declaration. The server records no dependency on its own objects.
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
    THEN 'its triggers may do something that a rollback does not undo'
  WHEN EXISTS (SELECT FROM pg_catalog.pg_class c, tree
               WHERE c.oid = id AND (c.relhasrules OR c.relkind NOT IN ('r', 'p')))
    THEN 'it is a view or a foreign table, or has rules'
  WHEN EXISTS (SELECT FROM pg_catalog.pg_class c, tree
               WHERE c.oid = id AND pg_catalog.to_json(c)->>'relrowsecurity' = 'true')
    THEN 'its row security policies may do something that a rollback does not undo'
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
    THEN 'functions in its constraints, indexes, partition key or generated columns may do something that a rollback does not undo'
END,
EXISTS (SELECT FROM pg_catalog.pg_constraint JOIN tree ON confrelid = id
        WHERE contype = 'f' AND (confdeltype IN ('c', 'n', 'd') OR confupdtype IN ('c', 'n', 'd')))";

/// For each column: whether its default uses a sequence or a function, its type, and whether the outcome of a
/// row depends on its value, through a partition key, a constraint, an expression index or a generated
/// column. The columns of a partition key depend on their table.
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

/// Finds what a dry run on a table could leave behind.
///
/// # Errors
/// The catalog cannot be read.
pub(crate) async fn read(client: &Client, table: &Table) -> Result<UndoRisk, SinkError> {
    let regclass = quote_table(&table.name);
    let parameter = [(&regclass as &(dyn ToSql + Sync), Type::TEXT)];
    let outside = |error| fault::classify_outside_rows(&error);
    let reason = client.query_typed(REASON, &parameter).await.map_err(outside)?;
    let defaults = client.query_typed(DEFAULTS, &parameter).await.map_err(outside)?;
    let source =
        defaults.iter().map(|row| match default_source(row.get(0), row.get(1), row.get(2)) {
            DefaultSource::Sequence(_) if row.get(3) => DefaultSource::Observable,
            source => source,
        });
    Ok(UndoRisk {
        reason: reason.first().and_then(|row| row.get(0)),
        cascades: reason.iter().any(|row| row.get(1)),
        defaults: source.collect(),
        numbers_used: 0,
        batch_reason: None,
    })
}

fn default_source(from_sequence: bool, from_function: bool, ty: i64) -> DefaultSource {
    let is = |known: Type| i64::from(known.oid()) == ty;
    match (from_sequence, from_function) {
        (false, false) => DefaultSource::Harmless,
        (true, false) if is(Type::INT2) => DefaultSource::Sequence(i16::MAX.into()),
        (true, false) if is(Type::INT4) => DefaultSource::Sequence(i32::MAX.into()),
        (true, false) if is(Type::INT8) => DefaultSource::Sequence(i64::MAX),
        _ => DefaultSource::Unknown,
    }
}

impl UndoRisk {
    /// How a dry run handles a batch on this table. Columns with a sequence get numbers from the end of their
    /// type's range, which no sequence has reached yet.
    pub(crate) fn mode(&mut self, batch: &Batch<'_, '_>) -> DryRunMode {
        if self.reason.is_some() {
            return DryRunMode::EncodeOnly;
        }
        if self.cascades && batch.operation != Operation::Insert {
            self.batch_reason = Some("its foreign keys change rows of other tables".to_owned());
            return DryRunMode::EncodeOnly;
        }
        match self.fill(batch) {
            Ok(filled) => {
                self.numbers_used += batch.len() as i64;
                DryRunMode::Write(filled)
            }
            Err(reason) => {
                self.batch_reason = Some(reason);
                DryRunMode::EncodeOnly
            }
        }
    }

    /// Numbers for the columns that would use a sequence, or the reason why a column gets none.
    fn fill(&self, batch: &Batch<'_, '_>) -> Result<FilledColumns, String> {
        let inserts = matches!(batch.operation, Operation::Insert | Operation::Upsert);
        let absent =
            |(index, _): &(usize, &DefaultSource)| inserts && !batch.columns.contains(index);
        let mut filled = FilledColumns::default();
        for (index, source) in self.defaults.iter().enumerate().filter(absent) {
            match source {
                DefaultSource::Harmless => {}
                // Rows of defaults only have no position to count from.
                DefaultSource::Sequence(max) if !batch.columns.is_empty() => {
                    filled.0.push((index, format!("{} - s.place", max - self.numbers_used)));
                }
                DefaultSource::Observable => {
                    let name = &batch.table.columns[index].name;
                    return Err(format!(
                        "column \"{name}\" gets its value from a sequence, and a partition key, a \
                         constraint, an index or a generated column depends on that value"
                    ));
                }
                DefaultSource::Sequence(_) | DefaultSource::Unknown => {
                    let name = &batch.table.columns[index].name;
                    return Err(format!(
                        "the default of column \"{name}\" may do something that a rollback does not undo"
                    ));
                }
            }
        }
        Ok(filled)
    }

    /// Why rows were not written, for messages.
    pub(crate) fn why_not_tried(&self) -> Option<String> {
        self.reason.clone().or_else(|| self.batch_reason.clone())
    }
}
