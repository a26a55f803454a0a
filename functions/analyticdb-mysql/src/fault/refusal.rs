//! The words for a row that the server refuses, of which none is a value of it.

use mysql_async::ServerError;
use sluice_bridge::model::failure::{Cause, Conflict};

/// What may be said of a row that the server refuses, without a value.
pub(crate) fn refused(error: &ServerError) -> Cause {
    let what = match error.code {
        1406 | 1426 | 1439 => "the value is too long for its column",
        1264 | 1690 | 3752 | 3904 => "the number is out of the column's range",
        1365 => "a computed column or a check divides by zero",
        1265 | 1525 => "the value is none that the column can hold",
        // Beyond the last moment of a type too.
        1292 | 1299 | 1411 | 1441 | 1918 => {
            "the value is not in the form the column's type needs, or out of its range"
        }
        1366 | 1300 | 1977 | 3854 | 3988 => {
            "the value is not in the form the column's type needs, or holds a character its character set lacks"
        }
        1048 | 3673 => "the column must not be null",
        1364 => "the column has no default and must not be left out",
        1423 => "a column beneath the view has no default and must not be left out",
        1062 | 1022 | 1169 | 1586 => "a row with this key is already there",
        1216 | 1217 | 1451 | 1452 => "a foreign key finds no such row, or is still used",
        3819 | 4025 => "a check does not hold",
        1369 => "the view's check does not allow the row",
        1526 | 1591 | 1748 => "no partition takes the row",
        3140..=3158 => "the text is no JSON document the column can hold",
        1416 | 3033 | 3037 | 3055 | 3516 | 3548 | 3616 | 3617 | 3643 | 3669 | 3732 => {
            "the text is no geometry the column can hold"
        }
        1118 | 1301 | 1713 => "the row is too large for the table or an index",
        1235 | 3908 => "an index of the table cannot hold the document",
        3685..=3699 => "a pattern cannot be applied",
        1643 | 1644 | 10_000.. => "a trigger refuses the row",
        1172 | 1242 => "a trigger finds several of what it looks for",
        1329 => "a trigger does not find what it looks for",
        _ => "the database refuses the row",
    };
    // An expression has none.
    let column = column(error).filter(|name| !name.is_empty());
    let place = match (column, constraint(error)) {
        (Some(column), _) => format!("column \"{column}\": "),
        (None, Some(constraint)) => format!("constraint \"{constraint}\": "),
        (None, None) => String::new(),
    };
    Cause {
        column: column.map(Into::into),
        code: Some(error.code.to_string().into()),
        conflict: conflict(error.code),
        detail: Some(error.message.as_str().into()),
        ..Cause::new(format!("{place}{what}"))
    }
}

/// What other row a refusal depends on.
fn conflict(code: u16) -> Option<Conflict> {
    match code {
        1062 | 1022 | 1169 | 1586 | 1761 | 1762 => Some(Conflict::Duplicate),
        1216 | 1217 | 1451 | 1452 => Some(Conflict::Reference),
        _ => None,
    }
}

/// Why the server cannot make a table or a column.
pub(crate) fn unmakeable(code: u16) -> &'static str {
    match code {
        1059 => "a name is longer than 64 characters",
        1166 => "no column can have this name",
        1070 => "a key has at most 16 columns",
        1071 => "the key is longer than an index takes",
        1117 => "a table has at most 1017 columns",
        _ => "the columns are too long for a row of the table",
    }
}

/// The column that a message ends with, before the row. A trigger's own words may name anything.
fn column(error: &ServerError) -> Option<&str> {
    let message = error.message.as_str();
    match error.code {
        1048 | 1364 | 3673 => {
            let (_, rest) = message.split_once('\'')?;
            rest.split_once('\'').map(|(name, _)| name)
        }
        // `… in value for column 'table.column'.`
        3140..=3157 => {
            let (_, place) = message.strip_suffix("'.")?.rsplit_once(" for column '")?;
            place.split_once('.').map(|(_, name)| name)
        }
        1264 | 1265 | 1292 | 1366 | 1406 => {
            let before = message.rsplit_once(" at row ")?.0;
            let (_, name) = before.rsplit_once("column ")?;
            match name.strip_prefix('\'').and_then(|name| name.strip_suffix('\'')) {
                Some(name) => Some(name),
                // `database`.`table`.`column`
                None => name.strip_suffix('`')?.rsplit_once('`').map(|(_, name)| name),
            }
        }
        _ => None,
    }
}

/// The key or constraint a message names.
fn constraint(error: &ServerError) -> Option<&str> {
    let message = error.message.as_str();
    match error.code {
        1062 | 1586 => message.strip_suffix('\'')?.rsplit_once(" for key '").map(|(_, name)| name),
        3819 => message.split('\'').nth(1),
        4025 => message.strip_prefix("CONSTRAINT `")?.split('`').next(),
        _ => None,
    }
}
