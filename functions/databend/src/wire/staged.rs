//! The rows of a staged file, as expressions: one JSON object a line, whose members are `c0`, `c1`, … in the order of
//! a batch's columns. A null is left out.

use crate::types::column::Column;
use crate::types::kind::Kind;

/// The number of a row in its file, from 0 on.
pub(super) const ROW: &str = "metadata$file_row_number";

/// `FROM …` for a file.
pub(super) fn from(file: &str) -> String {
    format!("FROM {file} (FILE_FORMAT => 'NDJSON')")
}

/// The value at a position of the batch's columns, as the column's type.
pub(super) fn value(column: &Column, position: usize) -> String {
    read(&column.kind, &item(position), &column.spelled)
}

/// The same for the source of a MERGE, and what makes the column's type of it in a clause. The engine (1.2.895) fails if
/// it casts to TIMESTAMP_TZ in the source.
pub(super) fn merged(column: &Column, position: usize) -> (String, String) {
    let (item, name) = (item(position), format!("s.c{position}"));
    match column.kind {
        Kind::ZonedTimestamp => {
            (format!("CAST({item} AS VARCHAR)"), format!("CAST({name} AS TIMESTAMP_TZ)"))
        }
        _ => (value(column, position), name),
    }
}

/// Whether the server takes the value, as an expression that never fails; `None` if this connector knows that it does.
pub(super) fn is_taken(column: &Column, position: usize) -> Option<String> {
    let item = item(position);
    let judged = judged(&column.kind, &item, &column.spelled);
    (!judged.is_empty()).then(|| format!("({item} IS NULL OR {})", judged.join(" AND ")))
}

/// The value of an item; `spelled` is how the server names a type that this connector does not know.
fn read(kind: &Kind, item: &str, spelled: &str) -> String {
    let text = format!("CAST({item} AS VARCHAR)");
    match kind {
        kind if !kind.is_writable() => "NULL".to_owned(),
        Kind::Text => text,
        Kind::Variant => item.to_owned(),
        Kind::Binary => format!("unhex({text})"),
        Kind::Geometry => format!("to_geometry({text})"),
        Kind::Geography => format!("to_geography({text})"),
        Kind::Bitmap => format!("to_bitmap({text})"),
        Kind::Vector(_) => {
            let items = format!("CAST({item} AS ARRAY(FLOAT NOT NULL))");
            format!("CAST({items} AS {})", named(kind, spelled))
        }
        Kind::Array(_) | Kind::Map(..) => format!("CAST({item} AS {})", named(kind, spelled)),
        Kind::Tuple(fields) => {
            let parts = fields.iter().enumerate();
            let parts =
                parts.map(|(index, field)| read(field, &format!("{item}[{index}]"), spelled));
            let parts = parts.collect::<Vec<_>>().join(", ");
            format!("IF({item} IS NULL, NULL, tuple({parts}))")
        }
        Kind::Nullable(kind) => read(kind, item, spelled),
        _ => format!("CAST({text} AS {})", named(kind, spelled)),
    }
}

/// Whether the server takes an item: conditions that are all true then.
fn judged(kind: &Kind, item: &str, spelled: &str) -> Vec<String> {
    let text = format!("CAST({item} AS VARCHAR)");
    let tried = match kind {
        Kind::Geometry => format!("try_to_geometry({text})"),
        Kind::Geography => format!("try_to_geography({text})"),
        Kind::Interval | Kind::Other => format!("TRY_CAST({text} AS {})", named(kind, spelled)),
        Kind::Nullable(kind) => {
            let judged = judged(kind, item, spelled).into_iter();
            return judged.map(|taken| format!("({text} IS NULL OR {taken})")).collect();
        }
        Kind::Tuple(fields) => {
            let fields = fields.iter().enumerate();
            let judged =
                fields.map(|(index, field)| judged(field, &format!("{item}[{index}]"), spelled));
            return judged.flatten().collect();
        }
        _ => return Vec::new(),
    };
    vec![format!("{tried} IS NOT NULL")]
}

fn named(kind: &Kind, spelled: &str) -> String {
    kind.sql().unwrap_or_else(|| spelled.to_owned())
}

/// The JSON value at a position.
fn item(position: usize) -> String {
    format!("$1:c{position}")
}
