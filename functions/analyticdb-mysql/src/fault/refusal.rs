//! The messages for a row that the server refuses. They never contain a value.

use mysql_async::ServerError;
use sluice_bridge::model::failure::{Cause, Conflict};

/// The cause for a row that the server refuses, without a value.
pub(crate) fn cause(error: &ServerError) -> Cause {
    let what = match error.code {
        1406 | 1426 | 1439 => "the value is too long for its column",
        1264 | 1690 | 3752 | 3904 => "the number is out of the column's range",
        1365 => "a generated column or a check constraint divides by zero",
        1265 | 1525 => "the column does not accept the value",
        // Also a timestamp after the type's maximum.
        1292 | 1299 | 1411 | 1441 | 1918 => {
            "the value is not valid for the column's type, or is out of its range"
        }
        1366 | 1300 | 1977 | 3854 | 3988 => {
            "the value is not valid for the column's type, or has a character that is not in its character set"
        }
        1048 | 3673 => "the column must not be null",
        1364 => "the column has no default value and needs a value",
        1423 => "a column of the view's base table has no default value and needs a value",
        1062 | 1022 | 1169 | 1586 => "a row with this key already exists",
        1216 | 1217 | 1451 | 1452 => {
            "a foreign key constraint fails: the referenced row does not exist, or other rows still refer to this row"
        }
        3819 | 4025 => "a check constraint fails",
        1369 => "the view's check option does not allow the row",
        1526 | 1591 | 1748 => "the row does not fit into any partition",
        3140..=3158 => "the text is not a JSON document that the column accepts",
        1416 | 3033 | 3037 | 3055 | 3516 | 3548 | 3616 | 3617 | 3643 | 3669 | 3732 => {
            "the value is not a geometry that the column accepts"
        }
        1118 | 1301 | 1713 => "the row is too large for the table or an index",
        1235 | 3908 => "an index of the table does not accept the document",
        3685..=3699 => "a regular expression fails",
        1643 | 1644 | 10_000.. => "a trigger refuses the row",
        1172 | 1242 => "a query of a trigger returns more than one row",
        1329 => "a query of a trigger returns no row",
        _ => "the database refuses the row",
    };
    // An expression has an empty name.
    let column = column(error).filter(|name| !name.is_empty());
    let prefix = match (column, constraint(error)) {
        (Some(column), _) => format!("column \"{column}\": "),
        (None, Some(constraint)) => format!("constraint \"{constraint}\": "),
        (None, None) => String::new(),
    };
    Cause {
        column: column.map(Into::into),
        code: Some(error.code.to_string().into()),
        conflict: conflict(error.code),
        detail: Some(error.message.as_str().into()),
        ..Cause::new(format!("{prefix}{what}"))
    }
}

/// The other row that causes a refusal.
fn conflict(code: u16) -> Option<Conflict> {
    match code {
        1062 | 1022 | 1169 | 1586 | 1761 | 1762 => Some(Conflict::Duplicate),
        1216 | 1217 | 1451 | 1452 => Some(Conflict::Reference),
        _ => None,
    }
}

/// Why the server cannot create a table or a column.
pub(crate) fn cannot_create(code: u16) -> &'static str {
    match code {
        1059 => "a name is longer than 64 characters",
        1166 => "the name is not valid for a column",
        1070 => "a key has at most 16 columns",
        1071 => "the key is too long for an index",
        1117 => "a table has at most 1017 columns",
        _ => "a row with these columns would be too long",
    }
}

/// The column at the end of a message, before the row number. A message from a trigger may name anything.
fn column(error: &ServerError) -> Option<&str> {
    let message = error.message.as_str();
    match error.code {
        1048 | 1364 | 3673 => {
            let (_, rest) = message.split_once('\'')?;
            rest.split_once('\'').map(|(name, _)| name)
        }
        // `… in value for column 'table.column'.`
        3140..=3157 => {
            let (_, prefix) = message.strip_suffix("'.")?.rsplit_once(" for column '")?;
            prefix.split_once('.').map(|(_, name)| name)
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

/// The key or constraint that a message names.
fn constraint(error: &ServerError) -> Option<&str> {
    let message = error.message.as_str();
    match error.code {
        1062 | 1586 => message.strip_suffix('\'')?.rsplit_once(" for key '").map(|(_, name)| name),
        // `… a foreign key constraint fails (`database`.`table`, CONSTRAINT `name` FOREIGN KEY …`
        1451 | 1452 => {
            let (_, rest) = message.split_once(", CONSTRAINT `")?;
            rest.split_once("` FOREIGN KEY").map(|(name, _)| name)
        }
        3819 => message.split('\'').nth(1),
        4025 => message.strip_prefix("CONSTRAINT `")?.split('`').next(),
        _ => None,
    }
}
