//! The rows of a batch, as expressions. Each row is a text for each of the batch's columns, in their order, as `values`
//! encodes them: a field of a file of CSV, or a literal of the statement.
//!
//! The server reads CSV three times as fast as NDJSON, from which it makes a document for each row first, and a
//! statement that selects from a file is faster than COPY (`docs/databend.md` has the figures).

use crate::types::column::Column;
use crate::types::kind::Kind;

/// Where the rows of a batch are.
pub(crate) enum Source {
    /// In a file of CSV, as a statement names it, `@stage/path`, and the name of its format.
    File { path: String, format: &'static str },
    /// In the statement: `('a', NULL, 0), …`, each with its number, from 0 on, as its last value.
    Literals(String),
}

impl Source {
    /// `FROM …`
    pub(super) fn from(&self) -> String {
        match self {
            Self::File { path, format } => format!("FROM {path} (FILE_FORMAT => '{format}')"),
            Self::Literals(rows) => format!("FROM (VALUES {rows}) AS f"),
        }
    }

    /// The number of a row, from 0 on, if it has so many columns.
    pub(super) fn number(&self, columns: usize) -> String {
        match self {
            Self::File { .. } => "metadata$file_row_number".to_owned(),
            Self::Literals(_) => field(columns),
        }
    }
}

/// The value at a position of the batch's columns, as the column's type.
pub(super) fn value(column: &Column, position: usize) -> String {
    typed(&column.kind, &field(position), &column.spelled)
}

/// The same for the source of a MERGE, and what makes the column's type of it in a clause. The engine (1.2.895) fails if
/// it casts to TIMESTAMP_TZ in the source.
pub(super) fn merged(column: &Column, position: usize) -> (String, String) {
    let name = format!("s.c{position}");
    match column.kind.has_zone() {
        true => (field(position), typed(&column.kind, &name, &column.spelled)),
        false => (value(column, position), name),
    }
}

/// Whether the server takes the value, as an expression that never fails; `None` if this connector knows that it does.
pub(super) fn is_taken(column: &Column, position: usize) -> Option<String> {
    let field = field(position);
    let judged = match &column.kind {
        kind if kind.is_json() => judged_item(kind, &document(&field), &column.spelled),
        kind => judged(kind, &field, &column.spelled),
    };
    (!judged.is_empty()).then(|| format!("({field} IS NULL OR {})", judged.join(" AND ")))
}

/// The value of a field; `spelled` is how the server names a type that this connector does not know.
fn typed(kind: &Kind, field: &str, spelled: &str) -> String {
    match kind {
        kind if !kind.is_writable() => "NULL".to_owned(),
        Kind::Tuple(_) => {
            format!("IF({field} IS NULL, NULL, {})", item(kind, &document(field), spelled))
        }
        kind if kind.is_json() => item(kind, &document(field), spelled),
        kind => scalar(kind, field, spelled),
    }
}

/// The value of a text.
fn scalar(kind: &Kind, text: &str, spelled: &str) -> String {
    match kind {
        Kind::Text => text.to_owned(),
        Kind::Binary => format!("unhex({text})"),
        Kind::Geometry => format!("to_geometry({text})"),
        Kind::Geography => format!("to_geography({text})"),
        Kind::Bitmap => format!("to_bitmap({text})"),
        _ => format!("CAST({text} AS {})", named(kind, spelled)),
    }
}

/// The value of an item of a JSON document.
fn item(kind: &Kind, item: &str, spelled: &str) -> String {
    match kind {
        Kind::Variant => item.to_owned(),
        Kind::Vector(_) => {
            let items = format!("CAST({item} AS ARRAY(FLOAT NOT NULL))");
            format!("CAST({items} AS {})", named(kind, spelled))
        }
        Kind::Array(_) | Kind::Map(..) => format!("CAST({item} AS {})", named(kind, spelled)),
        Kind::Tuple(fields) => {
            let parts = fields.iter().enumerate();
            let parts = parts.map(|(index, field)| part(field, &at(item, index), spelled));
            format!("tuple({})", parts.collect::<Vec<_>>().join(", "))
        }
        Kind::Nullable(kind) => part(kind, item, spelled),
        kind => scalar(kind, &format!("CAST({item} AS VARCHAR)"), spelled),
    }
}

/// The value of an item that may be null.
fn part(kind: &Kind, of: &str, spelled: &str) -> String {
    match kind {
        Kind::Tuple(_) => format!("IF({of} IS NULL, NULL, {})", item(kind, of, spelled)),
        Kind::Nullable(kind) => part(kind, of, spelled),
        kind => item(kind, of, spelled),
    }
}

/// Whether the server takes a text: conditions that are all true then.
fn judged(kind: &Kind, text: &str, spelled: &str) -> Vec<String> {
    let tried = match kind {
        Kind::Geometry => format!("try_to_geometry({text})"),
        Kind::Geography => format!("try_to_geography({text})"),
        Kind::Interval | Kind::Other => format!("TRY_CAST({text} AS {})", named(kind, spelled)),
        _ => return Vec::new(),
    };
    vec![format!("{tried} IS NOT NULL")]
}

/// The same for an item of a JSON document.
fn judged_item(kind: &Kind, item: &str, spelled: &str) -> Vec<String> {
    let text = format!("CAST({item} AS VARCHAR)");
    match kind {
        Kind::Nullable(kind) => {
            let judged = judged_item(kind, item, spelled).into_iter();
            judged.map(|taken| format!("({text} IS NULL OR {taken})")).collect()
        }
        Kind::Tuple(fields) => {
            let fields = fields.iter().enumerate();
            fields
                .flat_map(|(index, field)| judged_item(field, &at(item, index), spelled))
                .collect()
        }
        kind => judged(kind, &text, spelled),
    }
}

fn named(kind: &Kind, spelled: &str) -> String {
    kind.sql().unwrap_or_else(|| spelled.to_owned())
}

/// The text at a position.
fn field(position: usize) -> String {
    format!("${}", position + 1)
}

/// The document of a field.
fn document(field: &str) -> String {
    format!("parse_json({field})")
}

fn at(item: &str, index: usize) -> String {
    format!("{item}[{index}]")
}
