//! Names and texts in a statement.

use sluice_bridge::model::table::TableName;

/// A quoted name. Quoted names keep their case.
///
/// A backslash in front of a double quote would hide it, and cannot be escaped: such a name is between backticks, in which
/// nothing is escaped.
pub(crate) fn quote(name: &str) -> String {
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
pub(crate) fn quote_table(name: &TableName) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(&name.name)),
        None => quote(&name.name),
    }
}

/// Whether a byte stands twice in a text literal. A backslash escapes there ("String literals" of the SQL reference).
pub(crate) fn is_doubled(byte: u8) -> bool {
    matches!(byte, b'\'' | b'\\')
}

/// A text literal.
pub(crate) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for character in text.chars() {
        if u8::try_from(character).is_ok_and(is_doubled) {
            out.push(character);
        }
        out.push(character);
    }
    out.push('\'');
    out
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
