//! Clauses about rows that are sent while the next are still being mapped, and what stops them.

use super::{Stage, Subject};
use crate::invocation::{INSERT, Options, UPSERT, all_written, refused};
use crate::table::{Kind, TableSpec};

const MANY: usize = 3_000;
/// Well after the rows that are sent first.
const LATE: usize = 2_100;

fn values(value: impl Fn(usize) -> String) -> impl Iterator<Item = String> {
    (0..MANY).map(value)
}

/// A late record of another shape, a refused row and a record that does not become a row, after
/// rows that were already sent.
pub async fn a_late_record_of_another_kind<S: Subject>(subject: &mut S) {
    let late: [(&str, &[usize]); 5] = [
        // Another column: this row and those after it go in a batch of their own.
        (r#"{"id":ID,"v":1,"w":"here"}"#, &[]),
        (r#"{"id":ID,"v":-1}"#, &[LATE]),
        (r#"{"id":ID,"v":"x"}"#, &[LATE]),
        ("no JSON", &[LATE]),
        // A key that occurred before.
        (r#"{"id":0,"v":7}"#, &[LATE]),
    ];
    let table = TableSpec::new("t")
        .key("id", Kind::Integer)
        .column("v", Kind::Integer)
        .except("-1")
        .column("w", Kind::Text);
    for (late, lettered) in late {
        let mut stage = Stage::set(subject, table.clone(), INSERT).await;
        let value = |id: usize| match id {
            LATE => late.replace("ID", &id.to_string()),
            _ => format!(r#"{{"id":{id},"v":{id}}}"#),
        };
        let outcome = stage.deliver(values(value)).await;
        let records: Vec<_> = refused(&outcome).into_iter().map(|(record, _)| record).collect();
        assert_eq!(records, lettered, "{late}");
        let written = MANY - lettered.len();
        assert_eq!(outcome.expect("it is written").written, written, "{late}");
        let rows = stage.rows().await;
        assert_eq!(rows.len(), written, "{late}");
        let others = rows.iter().filter(|row| row[2] != "∅").count();
        assert_eq!(others, usize::from(late.contains("here")), "{late}");
    }
}

/// The second row of a key is written after the first, and all later rows after it.
pub async fn a_key_that_comes_again<S: Subject>(subject: &mut S) {
    let table = TableSpec::new("t").key("id", Kind::Integer).column("v", Kind::Integer);
    let mut stage = Stage::set(subject, table, UPSERT).await;
    for round in 0..3 {
        // Keys fall, so that the target has to sort them.
        let value = |nth: usize| match nth {
            LATE => format!(r#"{{"id":{MANY},"v":{}}}"#, round + 7),
            _ => format!(r#"{{"id":{},"v":{round}}}"#, MANY - nth),
        };
        assert_eq!(stage.deliver(values(value)).await, Ok(all_written(MANY)));
        // The key that the row LATE would have had is the only one that is not written.
        let row = |id: usize| {
            vec![id.to_string(), (if id == MANY { round + 7 } else { round }).to_string()]
        };
        let mut expected: Vec<_> = (1..=MANY).filter(|id| *id != MANY - LATE).map(row).collect();
        expected.sort();
        assert!(stage.rows().await == expected, "round {round}");
    }
}

/// A record that cannot be mapped gives everything back, nothing is written, and the sink goes on.
pub async fn without_tolerance_nothing_of_it_stays<S: Subject>(subject: &mut S) {
    const PLAIN: Options<'_> = &[];
    let mut stage = Stage::set(subject, TableSpec::new("t").key("id", Kind::Integer), PLAIN).await;
    stage.writes(values(|id| format!(r#"{{"id":{id}}}"#))).await;
    let bad = |id: usize| match id {
        LATE => "no JSON".to_owned(),
        _ => format!(r#"{{"id":{}}}"#, MANY + id),
    };
    let given_back = stage.deliver(values(bad)).await.expect_err("one is bad");
    assert_eq!(given_back.culprit.map(|(record, _)| record), Some(LATE));
    assert_eq!(stage.rows().await.len(), MANY);
    stage.writes([format!(r#"{{"id":{MANY}}}"#)]).await;
    assert_eq!(stage.rows().await.len(), MANY + 1);
}
