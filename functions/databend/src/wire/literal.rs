//! Names and texts in a statement.

use sluice_bridge::model::table::TableName;

/// A quoted name. Quoted names keep their case.
///
/// A backslash in front of a double quote would hide it, and cannot be escaped: such a name is between backticks, in which
/// nothing is escaped.
pub(super) fn quote(name: &str) -> String {
    match name.contains('\\') {
        true => format!("`{name}`"),
        false => sluice_sql::quote::quote(name, '"'),
    }
}

/// Whether [`quote`] can write the name.
pub(super) fn is_quotable(name: &str) -> bool {
    let has_both = name.contains('\\') && name.contains('`');
    !name.is_empty() && !name.contains('\0') && !has_both
}

/// A quoted table name, behind its database.
pub(super) fn quote_table(name: &TableName) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(&name.name)),
        None => quote(&name.name),
    }
}

/// A text literal. A backslash escapes in the server's literals ("String literals" of the SQL reference).
pub(super) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_stay_inside() {
        assert_eq!(text("it's \\ a"), "'it''s \\\\ a'");
        assert_eq!(quote("a\"b"), "\"a\"\"b\"");
        assert_eq!(quote("a\\"), "`a\\`");
        assert!(is_quotable("`") && is_quotable("\\") && !is_quotable("\\`") && !is_quotable(""));
    }
}
