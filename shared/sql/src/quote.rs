//! Quotes names in SQL. A name may contain any characters.

use sluice_bridge::model::table::TableName;

/// A quoted identifier.
#[must_use]
pub fn quote(name: &str, mark: char) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push(mark);
    for character in name.chars() {
        if character == mark {
            quoted.push(mark);
        }
        quoted.push(character);
    }
    quoted.push(mark);
    quoted
}

/// A quoted table name, after its schema or database.
#[must_use]
pub fn quote_table(name: &TableName, mark: char) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", quote(schema, mark), quote(&name.name, mark)),
        None => quote(&name.name, mark),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_within_a_name_is_doubled() {
        assert_eq!(quote("it`s \"x\"", '`'), "`it``s \"x\"`");
        let name = TableName { schema: Some("a\"b".to_owned()), name: "c".to_owned() };
        assert_eq!(quote_table(&name, '"'), "\"a\"\"b\".\"c\"");
    }
}
