//! Offsets as Kafka Connect keeps them: the bytes of keys and values.
//!
//! The key and the members `incrementing`, `timestamp` and `timestamp_nanos` are those of Confluent's JDBC source
//! (offset protocol 1), byte for byte as `JsonConverter` writes them without schemas; Connect's tools read and edit
//! them. A member `sluice` holds our own state as one text: Connect allows only primitive values.
//!
//! Not here: the topic that keeps them.

use std::fmt::Write as _;

use serde_json::Value;

use crate::model::position::{Micros, Order, Position};

/// The topic of a connector's offsets, unless another one is named.
#[must_use]
pub fn topic(connector: &str) -> String {
    format!("{connector}-offsets")
}

/// The transactional id with which a task writes offsets; tasks are counted from 0. It is the connector's, and not an
/// instance's: a newer instance takes over from an older one by it.
#[must_use]
pub fn transactional_id(connector: &str, task: usize) -> String {
    match task {
        0 => format!("sluice-{connector}"),
        _ => format!("sluice-{connector}.task-{task}"),
    }
}

/// Whether the first task of a connector of this name would have the transactional id of another connector's further task.
#[must_use]
pub fn is_name_of_task(connector: &str) -> bool {
    let number = connector.rsplit_once(".task-").map(|(_, number)| number);
    number.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The key of the record that says how many tasks the connector had when it was started last.
#[must_use]
pub fn tasks_key(connector: &str) -> Vec<u8> {
    format!(r#"[{},{TASKS_PARTITION}]"#, text(connector)).into_bytes()
}

/// The second part of that key.
pub const TASKS_PARTITION: &str = r#"{"sluice":"tasks"}"#;

/// The value of that record.
#[must_use]
pub fn tasks_value(tasks: usize) -> Vec<u8> {
    format!(r#"{{"tasks":{tasks}}}"#).into_bytes()
}

/// How many tasks a connector may have. Each takes memory, and a newer instance takes over from all of them.
pub const MOST_TASKS: usize = 32;

/// How many tasks such a value tells of; 1 without a record.
///
/// # Errors
/// It tells no number from 1 to [`MOST_TASKS`].
pub fn tasks(value: Option<&[u8]>) -> Result<usize, String> {
    let Some(value) = value else { return Ok(1) };
    let read: Option<Value> = serde_json::from_slice(value).ok();
    let tasks = read.and_then(|read| usize::try_from(read["tasks"].as_u64()?).ok());
    tasks.filter(|tasks| (1..=MOST_TASKS).contains(tasks)).ok_or_else(|| {
        let value = String::from_utf8_lossy(value);
        format!("{value} is not a number of tasks from 1 to {MOST_TASKS}")
    })
}

/// The key of a table's offset. `table` is the qualified name without quotes, such as `shop.orders`.
#[must_use]
pub fn key(connector: &str, table: &str) -> Vec<u8> {
    format!(r#"[{},{{"protocol":"1","table":{}}}]"#, text(connector), text(table)).into_bytes()
}

/// The key that versions before protocol 1 used, by the unqualified name; read if there is no offset under
/// [`key`].
#[must_use]
pub fn old_key(connector: &str, name: &str) -> Vec<u8> {
    format!(r#"[{},{{"table":{}}}]"#, text(connector), text(name)).into_bytes()
}

/// The key of a query's offset.
#[must_use]
pub fn query_key(connector: &str) -> Vec<u8> {
    format!(r#"[{},{{"query":"query"}}]"#, text(connector)).into_bytes()
}

fn text(text: &str) -> String {
    Value::from(text).to_string()
}

/// The value for a position.
#[must_use]
pub fn value(order: Order, position: Position) -> Vec<u8> {
    let mut members = Vec::new();
    match (order, position.time, position.id) {
        // Read in part: for Connect's tools this moment is not reached yet.
        (Order::TimeThenKey, Some(time), Some(key)) => {
            moment(&mut members, time.saturating_sub(1), None);
            members.push(format!(r#""sluice":"moment {time} key {key}""#));
        }
        (Order::TimeThenId, Some(time), id) => moment(&mut members, time, id),
        (Order::Time | Order::TimeThenKey, Some(time), _) => moment(&mut members, time, None),
        (Order::Id, _, Some(id)) => members.push(format!(r#""incrementing":{id}"#)),
        _ => {}
    }
    format!("{{{}}}", members.join(",")).into_bytes()
}

/// The value for a pass over a whole table that was not finished: the last key read.
#[must_use]
pub fn pass(last: i64) -> Vec<u8> {
    format!(r#"{{"sluice":"pass {last}"}}"#).into_bytes()
}

/// In the order of Java's hash map, as Connect writes them.
fn moment(members: &mut Vec<String>, time: Micros, id: Option<i64>) {
    let (millis, nanos) = (time.div_euclid(1_000), time.rem_euclid(1_000_000) * 1_000);
    members.push(format!(r#""timestamp_nanos":{nanos}"#));
    members.extend(id.map(|id| format!(r#""incrementing":{id}"#)));
    members.push(format!(r#""timestamp":{millis}"#));
}

/// An offset as it was stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stored {
    incrementing: Option<i64>,
    time: Option<Micros>,
    own: Option<String>,
}

impl Stored {
    /// Reads a value; `Err` says what is wrong with it. Unknown members are ignored.
    ///
    /// # Errors
    /// The rest of a sentence that begins with "the stored offset".
    pub fn read(value: &[u8]) -> Result<Self, String> {
        let value: Value =
            serde_json::from_slice(value).map_err(|error| format!("is not JSON: {error}"))?;
        let Value::Object(members) = value else { return Err("is not a JSON object".to_owned()) };
        let number = |name: &str| match members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| {
                let mut why = String::new();
                let _ = write!(why, "has a member `{name}` that is not a whole number of 64 bits");
                why
            }),
        };
        let nanos = number("timestamp_nanos")?;
        let time = number("timestamp")?.map(|millis| match nanos {
            // The nanoseconds are those of the second and hold the milliseconds too.
            Some(nanos) => {
                millis.div_euclid(1_000).saturating_mul(1_000_000).saturating_add(nanos / 1_000)
            }
            None => millis.saturating_mul(1_000),
        });
        let own = members.get("sluice").and_then(Value::as_str).map(str::to_owned);
        Ok(Self { incrementing: number("incrementing")?, time, own })
    }

    /// Where reading goes on in this order. What an offset does not say is read from the beginning.
    #[must_use]
    pub fn position(&self, order: Order) -> Position {
        match order {
            Order::Id => Position { time: None, id: self.incrementing },
            Order::Time => Position { time: self.time, id: None },
            Order::TimeThenId => Position { time: self.time, id: self.time.and(self.incrementing) },
            Order::TimeThenKey => match self.within_moment() {
                Some((time, key)) => Position::at(time, key),
                None => Position { time: self.time, id: None },
            },
            Order::Unordered => Position::BEGINNING,
        }
    }

    /// Where a pass over a whole table goes on; `None` if the last one was finished.
    #[must_use]
    pub fn pass(&self) -> Option<i64> {
        self.own.as_deref()?.strip_prefix("pass ")?.parse().ok()
    }

    /// Our own state counts only with the moment that it was written with: the offset may have been edited.
    fn within_moment(&self) -> Option<(Micros, i64)> {
        let (time, key) = self.own.as_deref()?.strip_prefix("moment ")?.split_once(" key ")?;
        let (time, key) = (time.parse::<Micros>().ok()?, key.parse().ok()?);
        (self.time == Some(time.saturating_sub(1))).then_some((time, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(order: Order, position: Position) -> String {
        String::from_utf8(value(order, position)).unwrap()
    }

    /// Read from the offsets topic of a Connect 4.2 worker that ran Confluent's connector.
    #[test]
    fn keys_and_values_are_those_of_connect() {
        let key = String::from_utf8(key("my-jdbc", "shop.orders")).unwrap();
        assert_eq!(key, r#"["my-jdbc",{"protocol":"1","table":"shop.orders"}]"#);
        let old = String::from_utf8(old_key("my-jdbc", "orders")).unwrap();
        assert_eq!(old, r#"["my-jdbc",{"table":"orders"}]"#);
        let query = String::from_utf8(query_key("my-jdbc")).unwrap();
        assert_eq!(query, r#"["my-jdbc",{"query":"query"}]"#);
        let time = 1_795_990_084_374_322;
        assert_eq!(told(Order::Id, Position::at_id(3)), r#"{"incrementing":3}"#);
        let alone = r#"{"timestamp_nanos":374322000,"timestamp":1795990084374}"#;
        assert_eq!(told(Order::Time, Position::at_time(time)), alone);
        let both = r#"{"timestamp_nanos":374322000,"incrementing":3,"timestamp":1795990084374}"#;
        assert_eq!(told(Order::TimeThenId, Position::at(time, 3)), both);
    }

    #[test]
    fn tasks_have_ids_of_their_own_and_their_number_is_kept() {
        let ids = [0, 1, 12].map(|task| transactional_id("shop", task));
        assert_eq!(ids, ["sluice-shop", "sluice-shop.task-1", "sluice-shop.task-12"]);
        let names =
            ["a.task-1", "a.task-12", "a.task-", "a.task-b", ".task", "1"].map(is_name_of_task);
        assert_eq!(names, [true, true, false, false, false, false]);
        let key = String::from_utf8(tasks_key("my-jdbc")).unwrap();
        assert_eq!(key, r#"["my-jdbc",{"sluice":"tasks"}]"#);
        assert_eq!(tasks(Some(&tasks_value(4))), Ok(4));
        assert_eq!(tasks(None), Ok(1));
        for value in [&b"{}"[..], b"4", b"{", br#"{"tasks":0}"#, br#"{"tasks":33}"#] {
            assert!(tasks(Some(value)).is_err());
        }
    }

    #[test]
    fn a_moment_read_in_part_is_not_reached_for_connect() {
        let value = value(Order::TimeThenKey, Position::at(1_000_000, -7));
        let stored = Stored::read(&value).unwrap();
        assert_eq!(stored.position(Order::TimeThenKey), Position::at(1_000_000, -7));
        assert_eq!(stored.position(Order::Time), Position::at_time(999_999));
        // Connect's tools keep a member that they do not know.
        let edited = r#"{"timestamp":5000,"timestamp_nanos":0,"sluice":"moment 1000000 key -7"}"#;
        let edited = Stored::read(edited.as_bytes()).unwrap();
        assert_eq!(edited.position(Order::TimeThenKey), Position::at_time(5_000_000));
    }

    #[test]
    fn an_offset_without_nanoseconds_counts_milliseconds() {
        let stored = Stored::read(br#"{"timestamp":-1,"other":[1]}"#).unwrap();
        assert_eq!(stored.position(Order::Time), Position::at_time(-1_000));
        assert_eq!(stored.position(Order::TimeThenId), Position::at_time(-1_000));
        assert_eq!(stored.position(Order::Id), Position::BEGINNING);
        assert_eq!(Stored::read(b"{}").unwrap(), Stored::default());
    }

    #[test]
    fn what_is_no_offset_is_refused() {
        for (value, why) in [
            (&b"7"[..], "is not a JSON object"),
            (b"{", "is not JSON"),
            (br#"{"incrementing":9223372036854775808}"#, "`incrementing`"),
            (br#"{"timestamp":"1"}"#, "`timestamp`"),
        ] {
            let told = Stored::read(value).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn a_pass_goes_on() {
        let stored = Stored::read(&pass(-3)).unwrap();
        assert_eq!(stored.pass(), Some(-3));
        assert_eq!(Stored::read(b"{}").unwrap().pass(), None);
    }

    proptest::proptest! {
        #[test]
        fn a_position_survives(time in -62_135_596_800_000_000..253_402_300_799_999_999i64, id: i64) {
            let back = |order, position| Stored::read(&value(order, position)).unwrap().position(order);
            for (order, position) in [
                (Order::Id, Position::at_id(id)),
                (Order::Time, Position::at_time(time)),
                (Order::TimeThenId, Position::at(time, id)),
                (Order::TimeThenId, Position::at_time(time)),
                (Order::TimeThenKey, Position::at(time, id)),
                (Order::TimeThenKey, Position::at_time(time)),
            ] {
                proptest::prop_assert_eq!(back(order, position), position);
            }
        }
    }
}
