//! What MariaDB does not tell of the columns of a result: its own types, and which text is JSON.

use sluice_source::error::SourceError;

use super::column::Column;
use super::described::quote;
use crate::record::{Form, Hints};
use crate::session::{Kind, Session};

/// How MariaDB keeps a JSON column: as text, with this check.
const JSON_CHECKS: &str = "SELECT LOWER(CHECK_CLAUSE) FROM information_schema.CHECK_CONSTRAINTS \
     WHERE CONSTRAINT_SCHEMA = ? AND TABLE_NAME = ?";

/// What a result does not tell of a table's columns.
pub(super) async fn hints(
    session: &mut Session,
    kind: &Kind,
    (schema, name): (&str, &str),
    columns: &[Column],
) -> Result<Hints, SourceError> {
    let mut hints = Hints::new();
    if !kind.is_maria {
        return Ok(hints);
    }
    for column in columns {
        if ["uuid", "inet4", "inet6"].contains(&column.kind.as_str()) {
            hints.insert(column.name.clone(), Form::Text);
        }
    }
    let checks: Vec<String> = session.ask(JSON_CHECKS, (schema, name)).await?;
    for column in columns {
        // The constraint itself may have the column's name from before it was renamed.
        if checks.contains(&format!("json_valid({})", quote(&column.name)).to_lowercase()) {
            hints.insert(column.name.clone(), Form::Json);
        }
    }
    Ok(hints)
}
