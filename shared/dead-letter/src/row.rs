//! The headers of a letter about a row of a table that cannot be written as a record. The row has no partition and no
//! offset, and no bytes of a record: the letter's value is what the source could write of it.

use bytes::Bytes;

use crate::letter::{CONNECT, Header, SLUICE};

/// A row that cannot be written as a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// The connector's name.
    pub connector: &'a str,
    /// The table, with its database.
    pub table: &'a str,
    /// The topic to which its record would have been sent.
    pub topic: &'a str,
    /// The column that cannot be written; `None` if the record as a whole is at fault.
    pub column: Option<&'a str>,
    /// Why not.
    pub reason: &'a str,
}

const CLASS: &str = "sluice.UnwritableRow";

/// The headers of its letter: those of Kafka Connect, with the stage that writes a value or produces a record, then ours.
#[must_use]
pub fn row_headers(row: &Row<'_>) -> Vec<Header> {
    let Row { connector, table, topic, column, reason } = *row;
    let (stage, message) = match column {
        Some(column) => ("VALUE_CONVERTER", format!("table {table}: column `{column}`: {reason}")),
        None => ("KAFKA_PRODUCE", format!("table {table}: {reason}")),
    };
    let trace = format!("{CLASS}: {message}");
    let connect = [
        ("topic", topic),
        ("connector.name", connector),
        ("task.id", "0"),
        ("stage", stage),
        ("class.name", "sluice"),
        ("exception.class.name", CLASS),
        ("exception.message", &message),
        ("exception.stacktrace", &trace),
    ];
    let column = column.map(|column| ("column", column));
    let sluice = [("table", table)].into_iter().chain(column);
    let connect = connect.into_iter().map(|(name, value)| (CONNECT, name, value));
    let sluice = sluice.map(|(name, value)| (SLUICE, name, value));
    let header = |(prefix, name, value): (&str, &str, &str)| {
        (format!("{prefix}{name}"), Some(Bytes::copy_from_slice(value.as_bytes())))
    };
    connect.chain(sluice).map(header).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_about_a_row_names_table_column_and_reason() {
        let row = Row {
            connector: "shop",
            table: "shop.orders",
            topic: "shop-orders",
            column: Some("day"),
            reason: "it is not in the calendar",
        };
        let headers = row_headers(&row);
        let text = |wanted: &str| {
            let found = headers.iter().find(|(name, _)| name == wanted);
            let value = found.and_then(|(_, value)| value.as_deref()).unwrap_or_default();
            String::from_utf8(value.to_vec()).unwrap()
        };
        assert_eq!(text("__connect.errors.topic"), "shop-orders");
        assert_eq!(text("__sluice.errors.table"), "shop.orders");
        assert_eq!(text("__sluice.errors.column"), "day");
        let message = "table shop.orders: column `day`: it is not in the calendar";
        assert_eq!(text("__connect.errors.exception.message"), message);
        assert!(!headers.iter().any(|(name, _)| name == "__connect.errors.offset"));
        let whole = row_headers(&Row { column: None, reason: "it is too large", ..row });
        let has = |name: &str, value: &'static str| {
            whole.contains(&(name.to_owned(), Some(Bytes::from_static(value.as_bytes()))))
        };
        assert!(has("__connect.errors.stage", "KAFKA_PRODUCE"));
        assert!(has("__connect.errors.exception.message", "table shop.orders: it is too large"));
        assert!(!whole.iter().any(|(name, _)| name == "__sluice.errors.column"));
    }
}
