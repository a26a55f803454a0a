//! The messages for a row that the server refuses. The server's message may quote a value, so it is kept
//! separately, as the detail.

use sluice_bridge::model::failure::{Cause, Conflict};
use tokio_postgres::error::DbError;

/// The server's routine for RAISE.
pub(crate) const RAISE_ROUTINE: &str = "exec_stmt_raise";

/// The classes of the server's own codes. A code of any other class comes from the author of a RAISE.
pub(crate) const SERVER_CLASSES: [&str; 44] = [
    "00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "22",
    "23", "24", "25", "26", "27", "28", "2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "40",
    "42", "44", "53", "54", "55", "57", "58", "72", "F0", "HV", "P0", "XX",
];

/// Whether a code is one of the server's own.
pub(crate) fn is_server_code(code: &str) -> bool {
    code.get(..2).is_none_or(|class| SERVER_CLASSES.contains(&class))
}

/// The server's error for a refused row.
pub(crate) struct Refused<'a> {
    pub(crate) code: &'a str,
    pub(crate) column: Option<&'a str>,
    pub(crate) constraint: Option<&'a str>,
    pub(crate) domain: Option<&'a str>,
    pub(crate) message: &'a str,
    pub(crate) detail: Option<&'a str>,
    pub(crate) context: Option<&'a str>,
}

impl<'a> From<&'a DbError> for Refused<'a> {
    fn from(error: &'a DbError) -> Self {
        // RAISE … USING COLUMN may name anything.
        let raised = error.routine() == Some(RAISE_ROUTINE);
        Self {
            code: error.code().code(),
            column: error.column().filter(|_| !raised),
            constraint: error.constraint().filter(|_| !raised),
            domain: error.datatype().filter(|_| !raised),
            message: error.message(),
            detail: error.detail(),
            context: error.where_(),
        }
    }
}

impl Refused<'_> {
    /// The cause, without a value.
    pub(crate) fn cause(&self) -> Cause {
        let what = match self.code {
            "22001" => "the value is too long for its column",
            "22003" => "the number is out of the column's range",
            "22007" | "22008" => "the text is not a date or time that the column accepts",
            "22021" => "the text has a character that the database cannot store",
            "22P02" | "42601" => "the text is not valid for the column's type",
            "22P05" => "the JSON text has a character that the database cannot store",
            "23502" if self.domain.is_some() => "a column of this type must not be null",
            "23502" => "the column must not be null",
            "23503" => {
                "a foreign key constraint fails: the referenced row does not exist, or other rows still refer to this row"
            }
            "23505" => "a row with this key already exists",
            // Check constraints have a name, also those of a domain.
            "23514" if self.constraint.is_none() => {
                "the row does not fit into any partition, or not into this one"
            }
            "23514" => "a check constraint fails",
            "23P01" => "an exclusion constraint fails",
            "42501" | "44000" => {
                "a row security policy or a view's check option does not allow the row"
            }
            "54000" => "the row is too large for the table or an index",
            "P0001" | "P0004" => "a trigger refuses the row",
            "P0002" => "a query of a trigger returns no row",
            "P0003" => "a query of a trigger returns more than one row",
            own if !is_server_code(own) => "a trigger refuses the row",
            _ => "the database refuses the row",
        };
        let prefix = match (self.column, self.constraint, self.domain) {
            (Some(column), ..) => format!("column \"{column}\": "),
            (None, Some(constraint), None) => format!("constraint \"{constraint}\": "),
            (None, Some(constraint), Some(domain)) => {
                format!("domain \"{domain}\", constraint \"{constraint}\": ")
            }
            (None, None, Some(domain)) => format!("domain \"{domain}\": "),
            (None, None, None) => String::new(),
        };
        let detail = [Some(self.message), self.detail, self.context];
        let detail: Vec<&str> = detail.into_iter().flatten().collect();
        Cause {
            column: self.column.map(Into::into),
            code: Some(self.code.into()),
            conflict: conflict(self.code),
            detail: Some(detail.join("; ").into()),
            ..Cause::new(format!("{prefix}{what}"))
        }
    }
}

/// The other row that causes a refusal.
fn conflict(code: &str) -> Option<Conflict> {
    match code {
        "23503" => Some(Conflict::Reference),
        "23505" | "23P01" => Some(Conflict::Duplicate),
        _ => None,
    }
}
