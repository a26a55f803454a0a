//! Changes of the offsets of a source: what is stored before and after.

use serde_json::Value;
use sluice_source::model::offset::{self, Stored};
use sluice_source::model::position::{Micros, Order, Position};

use crate::error::Error;
use crate::source_offsets::stored::{Read, StoredOffset};

/// A change of one offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The key of the offset.
    pub key: String,
    /// What it is about, as [`StoredOffset::partition`].
    pub partition: String,
    /// What is stored; `None` if nothing is.
    pub from: Option<String>,
    /// What shall be stored; `None` removes the offset.
    pub to: Option<String>,
}

/// Sets an offset: all rows up to this moment, this id, or both, count as read.
///
/// # Errors
///
/// Neither is given, or an id alone where the offset also has a moment: without it the table would be read again.
pub fn set(
    connector: &str,
    stored: &[StoredOffset],
    read: &Read,
    (time, id): (Option<Micros>, Option<i64>),
) -> Result<Change, Error> {
    let order = match (time, id) {
        (Some(_), _) => Order::TimeThenId,
        (None, Some(_)) => Order::Id,
        (None, None) => {
            return Err(Error::SourceOffsets("an id or a timestamp is needed".to_owned()));
        }
    };
    let position = Position { time, id };
    let key = text(&read.key(connector));
    let from = stored_under(stored, &key);
    let has_moment = |offset: &String| offset.contains("\"timestamp\"");
    if time.is_none() && from.as_ref().is_some_and(has_moment) {
        return Err(Error::SourceOffsets(format!(
            "the offset of {read} has a timestamp: give --timestamp too, or all rows are read again (reset does that)"
        )));
    }
    let to = Some(text(&offset::value(order, position)));
    let partition = partition_of(connector, &key);
    Ok(Change { from, partition, to, key })
}

/// Removes these offsets, or all of them without any: what they are about is read from its beginning again.
///
/// # Errors
///
/// One of them is not stored.
pub fn reset(stored: &[StoredOffset], chosen: &[Read]) -> Result<Vec<Change>, Error> {
    if let Some(unknown) = chosen.iter().find(|read| !stored.iter().any(|it| read.has(it))) {
        return Err(Error::SourceOffsets(format!("no offset of {unknown} is stored")));
    }
    let is_chosen =
        |offset: &&StoredOffset| chosen.is_empty() || chosen.iter().any(|read| read.has(offset));
    let remove = |StoredOffset { key, partition, offset }: &StoredOffset| Change {
        key: key.clone(),
        partition: partition.clone(),
        from: Some(offset.clone()),
        to: None,
    };
    Ok(stored.iter().filter(is_chosen).map(remove).collect())
}

/// Takes the offsets of another connector over, byte for byte.
///
/// # Errors
///
/// It has none, or one of them cannot be read.
pub fn import(
    connector: &str,
    stored: &[StoredOffset],
    others: &[StoredOffset],
) -> Result<Vec<Change>, Error> {
    if others.is_empty() {
        return Err(Error::SourceOffsets(
            "the other connector has no offset in that topic: look at its name and the topic"
                .to_owned(),
        ));
    }
    let copy = |StoredOffset { partition, offset, .. }: &StoredOffset| {
        Stored::read(offset.as_bytes())
            .map_err(|why| Error::SourceOffsets(format!("the offset of {partition} {why}")))?;
        let key = format!("[{},{partition}]", Value::from(connector));
        let (partition, to) = (partition.clone(), Some(offset.clone()));
        Ok(Change { from: stored_under(stored, &key), key, partition, to })
    };
    others.iter().map(copy).collect()
}

fn stored_under(stored: &[StoredOffset], key: &str) -> Option<String> {
    stored.iter().find(|it| it.key == key).map(|it| it.offset.clone())
}

/// The part of a key behind the name.
fn partition_of(connector: &str, key: &str) -> String {
    let name = Value::from(connector).to_string();
    let partition = key.strip_prefix(&format!("[{name},")).and_then(|rest| rest.strip_suffix(']'));
    partition.unwrap_or(key).to_owned()
}

/// Offsets are JSON.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(partition: &str, offset: &str) -> StoredOffset {
        let key = format!(r#"["shop",{partition}]"#);
        StoredOffset { key, partition: partition.to_owned(), offset: offset.to_owned() }
    }

    fn table(name: &str) -> Read {
        Read::Table(name.to_owned())
    }

    const ORDERS: &str = r#"{"protocol":"1","table":"d.orders"}"#;

    #[test]
    fn an_offset_is_set_in_the_bytes_of_connect() {
        let before = [stored(ORDERS, r#"{"incrementing":3}"#)];
        let change = set("shop", &before, &table("d.orders"), (None, Some(9))).expect("a change");
        assert_eq!(change.key, before[0].key);
        assert_eq!(change.partition, ORDERS);
        assert_eq!(change.from.as_deref(), Some(r#"{"incrementing":3}"#));
        assert_eq!(change.to.as_deref(), Some(r#"{"incrementing":9}"#));
        let both =
            set("shop", &before, &table("d.items"), (Some(1_500_000), Some(7))).expect("a change");
        let value = r#"{"timestamp_nanos":500000000,"incrementing":7,"timestamp":1500}"#;
        assert_eq!((both.from, both.to.as_deref()), (None, Some(value)));
        let alone = set("shop", &[], &table("d.items"), (Some(1_500_000), None)).expect("a change");
        assert_eq!(alone.to.as_deref(), Some(r#"{"timestamp_nanos":500000000,"timestamp":1500}"#));
        assert!(set("shop", &[], &table("d.items"), (None, None)).is_err());
        let timed = [stored(ORDERS, value)];
        assert!(
            set("shop", &timed, &table("d.orders"), (None, Some(9))).is_err(),
            "all would be read again"
        );
    }

    #[test]
    fn a_reset_removes_every_form_of_a_table() {
        let before = [
            stored(ORDERS, "{}"),
            stored(r#"{"table":"orders"}"#, "{}"),
            stored(r#"{"protocol":"1","table":"d.items"}"#, "{}"),
        ];
        let changes = reset(&before, &[table("d.orders")]).expect("changes");
        let keys: Vec<_> = changes.iter().map(|change| change.key.as_str()).collect();
        assert_eq!(keys, [before[0].key.as_str(), before[1].key.as_str()]);
        assert!(changes.iter().all(|change| change.to.is_none()));
        assert_eq!(reset(&before, &[]).expect("changes").len(), 3);
        let unknown = reset(&before, &[table("d.payments")]).expect_err("unknown").to_string();
        assert_eq!(unknown, "no offset of table d.payments is stored");
    }

    #[test]
    fn the_query_has_an_offset_of_its_own() {
        const QUERY: &str = r#"{"query":"query"}"#;
        let before = [stored(ORDERS, "{}"), stored(QUERY, r#"{"incrementing":3}"#)];
        let changes = reset(&before, &[Read::Query]).expect("a change");
        let [change] = changes.as_slice() else { panic!("{changes:?}") };
        assert_eq!((change.partition.as_str(), &change.to), (QUERY, &None));
        let change = set("shop", &before, &Read::Query, (None, Some(9))).expect("a change");
        assert_eq!(
            (&change.key, change.from.as_deref()),
            (&before[1].key, Some(r#"{"incrementing":3}"#))
        );
        let none = reset(&before[..1], &[Read::Query]).expect_err("none").to_string();
        assert_eq!(none, "no offset of the query is stored");
    }

    #[test]
    fn an_import_keeps_the_bytes_and_changes_the_name() {
        let others = [StoredOffset {
            key: r#"["jdbc",{"protocol":"1","table":"d.orders"}]"#.to_owned(),
            ..stored(ORDERS, r#"{"timestamp_nanos":374322000,"timestamp":1795990084374}"#)
        }];
        let changes = import("shop", &[stored(ORDERS, "{}")], &others).expect("changes");
        let [change] = changes.as_slice() else { panic!("{changes:?}") };
        assert_eq!(change.key, r#"["shop",{"protocol":"1","table":"d.orders"}]"#);
        assert_eq!(change.to.as_ref(), Some(&others[0].offset));
        assert_eq!(change.from.as_deref(), Some("{}"));
        assert!(import("shop", &[], &[]).is_err());
        let wrong = import("shop", &[], &[stored(ORDERS, "7")]).expect_err("no object").to_string();
        assert!(wrong.contains("is not a JSON object"), "{wrong}");
    }
}
