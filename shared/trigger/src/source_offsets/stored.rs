//! One stored offset, as Kafka Connect writes it without schemas: the key `["CONNECTOR",{PARTITION}]`, and an object.

use std::collections::HashMap;
use std::fmt;

use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;
use sluice_source::model::offset;

/// An offset of a source connector. The bytes are kept as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOffset {
    /// The whole key.
    pub key: String,
    /// What of the source it is about: a JSON object, such as `{"protocol":"1","table":"shop.orders"}`.
    pub partition: String,
    /// How far that is read: a JSON object, such as `{"incrementing":3}`.
    pub offset: String,
}

impl StoredOffset {
    /// The table it is about: with its database, or without it in the older form of the key.
    #[must_use]
    pub fn table(&self) -> Option<String> {
        member(&self.partition, "table")
    }

    /// Whether it is about the source's query.
    #[must_use]
    pub fn is_query(&self) -> bool {
        member(&self.partition, "query").is_some()
    }
}

/// The offsets of one connector among the records of a topic. Other records are not its own.
pub(super) fn of(connector: &str, pairs: HashMap<Bytes, Bytes>) -> Vec<StoredOffset> {
    let read = |(key, value): (Bytes, Bytes)| {
        let key = String::from_utf8(key.to_vec()).ok()?;
        let (name, partition) = serde_json::from_str::<(String, &RawValue)>(&key).ok()?;
        let partition = partition.get().to_owned();
        let offset = String::from_utf8_lossy(&value).into_owned();
        // How many tasks there were is no offset.
        let is_offset = name == connector && partition != offset::TASKS_PARTITION;
        is_offset.then_some(StoredOffset { key, partition, offset })
    };
    let mut offsets: Vec<_> = pairs.into_iter().filter_map(read).collect();
    offsets.sort_by(|one, other| one.partition.cmp(&other.partition));
    offsets
}

fn member(partition: &str, name: &str) -> Option<String> {
    let partition: Value = serde_json::from_str(partition).ok()?;
    partition[name].as_str().map(str::to_owned)
}

/// What a source reads, as a command names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// A table, with its database.
    Table(String),
    /// Its query.
    Query,
}

impl Read {
    /// Whether an offset is about it.
    pub(super) fn has(&self, offset: &StoredOffset) -> bool {
        match self {
            Self::Query => offset.is_query(),
            Self::Table(table) => {
                // The older form of the key names a table without its database.
                let short = table.split_once('.').map(|(_, short)| short);
                offset.table().is_some_and(|named| named == *table || Some(named.as_str()) == short)
            }
        }
    }

    /// The key of its offset.
    pub(super) fn key(&self, connector: &str) -> Vec<u8> {
        match self {
            Self::Table(table) => offset::key(connector, table),
            Self::Query => offset::query_key(connector),
        }
    }
}

impl fmt::Display for Read {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(table) => write!(out, "table {table}"),
            Self::Query => out.write_str("the query"),
        }
    }
}

/// Whether a table is named as an offset names it: with its database.
#[must_use]
pub fn is_name(table: &str) -> bool {
    table.split_once('.').is_some_and(|(database, name)| !database.is_empty() && !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_offsets_of_the_connector_are_read() {
        let pair =
            |key: &str, value: &str| (Bytes::from(key.to_owned()), Bytes::from(value.to_owned()));
        let read = of(
            "shop",
            HashMap::from([
                pair(r#"["shop",{"protocol":"1","table":"d.b"}]"#, r#"{"incrementing":3}"#),
                pair(r#"["shop",{"table":"a"}]"#, "{}"),
                pair(r#"["shop2",{"table":"a"}]"#, "{}"),
                pair("shop", "{}"),
                pair(r#"["shop",{"sluice":"tasks"}]"#, r#"{"tasks":4}"#),
                pair(r#"["shop",{"query":"query"}]"#, r#"{"incrementing":4}"#),
            ]),
        );
        let told: Vec<_> = read.iter().map(|it| (it.table(), it.offset.as_str())).collect();
        assert_eq!(
            told,
            [
                (Some("d.b".to_owned()), r#"{"incrementing":3}"#),
                (None, r#"{"incrementing":4}"#),
                (Some("a".to_owned()), "{}")
            ]
        );
        assert_eq!(read[0].key, r#"["shop",{"protocol":"1","table":"d.b"}]"#);
        assert!(is_name("shop.orders") && is_name("a.b.c") && !is_name("orders") && !is_name(".a"));
    }
}
