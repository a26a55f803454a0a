//! Evidence as it should be.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::json;
use sluice_tests::kafka::letter::Letter;
use sluice_tests::schedule::evidence::{Evidence, Stored};
use sluice_tests::schedule::records::{Fate, Kind, Planned};
use sluice_tests::schedule::table_chain::name_of;
use sluice_tests::schedule::{Mode, Schedule};

/// What comes of a schedule in which nothing happens: a record is a batch.
pub(crate) fn ideal(schedule: &Schedule) -> Evidence {
    let topics = (0..schedule.topics()).map(|topic| name_of("t", topic)).collect();
    let mut evidence = Evidence { processes: 1, topics, ..Evidence::default() };
    let mut last: BTreeMap<(usize, i32), Stored> = BTreeMap::new();
    for record in &schedule.records {
        let fate = schedule.fate(record);
        let counts = match fate {
            Fate::Put | Fate::Delete => [1, 0, 0],
            Fate::Dead(_) | Fate::Refused => [0, 1, 0],
            Fate::Filtered => [0, 0, 1],
        };
        let [written, lettered, filtered] = counts;
        evidence.lines.push(json!({"received": 1, "written": written, "lettered": lettered,
            "filtered": filtered, "given_back": 0}));
        let key = (record.topic, record.id);
        match fate {
            Fate::Put => {
                let earlier = last.get(&key).filter(|_| schedule.mode != Mode::Insert);
                let row = row(record, earlier);
                evidence.rows.extend((schedule.mode == Mode::Insert).then(|| row.clone()));
                last.insert(key, Stored { transaction: 0, ..row });
            }
            Fate::Delete => _ = last.remove(&key),
            Fate::Dead(stage) => evidence.dead.push(letter(record, stage)),
            Fate::Refused => evidence.errors.push(letter(record, "TASK_PUT")),
            Fate::Filtered => {}
        }
    }
    if schedule.exactly_once {
        for (topic, ends) in schedule.ends().into_iter().enumerate() {
            let ends = (0..).zip(ends).filter(|(_, end)| *end > 0);
            evidence.reached.extend(ends.map(|(partition, end)| (topic, partition, end)));
        }
    }
    if schedule.mode != Mode::Insert {
        evidence.rows = last.into_values().collect();
    }
    evidence.columns = schedule.new_columns();
    evidence
}

/// The row that a record makes of an earlier one.
fn row(record: &Planned, earlier: Option<&Stored>) -> Stored {
    let padded = record.kind == Kind::Good { padded: true };
    let mut row = earlier.cloned().unwrap_or_default();
    if padded {
        row.pad = Some(record.padding());
    }
    for (name, json) in &record.more {
        row.more.remove(name);
        if json != "null" {
            row.more.insert(name.clone(), json.trim_matches('"').to_owned());
        }
    }
    let Planned { topic, id, n, .. } = *record;
    Stored { topic, id, n, transaction: n + 100, ..row }
}

pub(crate) fn letter(record: &Planned, stage: &str) -> Letter {
    let own = record.headers().into_iter();
    let own = own.map(|(name, value)| (name.to_owned(), value.map(Bytes::from)));
    let reasons = [
        ("topic", name_of("t", record.topic)),
        ("partition", record.partition.to_string()),
        ("offset", record.offset.to_string()),
        ("stage", stage.to_owned()),
    ];
    let reasons =
        reasons.map(|(name, text)| (format!("__connect.errors.{name}"), Some(text.into())));
    let timestamp = record.timestamp().to_string();
    let timestamp = ("__sluice.errors.timestamp".to_owned(), Some(timestamp.into()));
    Letter {
        partition: 0,
        offset: 0,
        timestamp: record.timestamp(),
        key: Some(record.key().into()),
        value: record.value().map(Bytes::from),
        headers: own.chain(reasons).chain([timestamp]).collect(),
    }
}
