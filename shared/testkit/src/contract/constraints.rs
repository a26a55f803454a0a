//! Clauses about constraints that depend on other rows, and about rows that exist: an event leads
//! to the same rows as its records one by one.

use std::time::Duration;

use bumpalo::Bump;
use sluice_bridge::event::incoming::Incoming;
use sluice_bridge::model::failure::Fault;
use sluice_bridge::run::pipeline;
use sluice_bridge::run::tries::Tries;
use sluice_bridge::run::waiting::Waiting;

use super::{Database, Stage};
use crate::constraints::{Model, Put, Sent, event, table};
use crate::event::EventBuilder;
use crate::invocation::{BY_KEY, Options, TestClock, UPSERT, all_written, rules};
use crate::table::{Kind, TableSpec};

const STRICT: Options<'_> =
    &[("insert.mode", "upsert"), ("pk.mode", "record_key"), ("delete.enabled", "true")];

fn put(key: u8, e: Option<u8>) -> Sent {
    Sent { key, put: Some(Put { e, up: None, s: Some(1) }) }
}

fn delete(key: u8) -> Sent {
    Sent { key, put: None }
}

/// A unique value passes from one row to another: by way of a third value, of null, of a delete, or
/// along a chain of rows. Each record is valid when its turn comes, so none is refused.
pub async fn values_that_pass_from_row_to_row<D: Database>(database: &mut D) {
    let over_a_third = vec![put(1, Some(9)), put(2, Some(1)), put(1, Some(2))];
    let over_null = vec![put(1, None), put(2, Some(1)), put(1, Some(2))];
    let over_a_delete = vec![delete(1), put(2, Some(1)), put(1, Some(2))];
    let ranks = [3, 2, 1].map(|key| put(key, Some(key + 1))).into_iter().chain([put(4, Some(1))]);
    for records in [over_a_third, over_null, over_a_delete, ranks.collect()] {
        for options in [BY_KEY, STRICT] {
            let mut stage = Stage::set(database, table(""), options).await;
            let mut model = Model::new(false);
            let first = [1, 2, 3].map(|key| put(key, Some(key)));
            for records in [&first[..], &records] {
                assert!(records.iter().all(|sent| model.takes(sent)), "{records:?}");
                let outcome = stage.deliver_event(&event(records)).await;
                assert_eq!(outcome, Ok(all_written(records.len())), "{records:?}");
            }
            assert_eq!(stage.rows().await, text(&model), "{records:?}");
        }
    }
}

/// The same late in a large event, when most of its rows were already sent.
pub async fn a_value_that_passes_late_in_a_large_event<D: Database>(database: &mut D) {
    const MANY: usize = 3_000;
    let spec = TableSpec::new("t").key("id", Kind::Integer).column("e", Kind::Integer).unique();
    let mut stage = Stage::set(database, spec, UPSERT).await;
    stage.writes([r#"{"id":1,"e":1}"#, r#"{"id":2,"e":2}"#]).await;
    let others = (10..MANY).map(|id| format!(r#"{{"id":{id},"e":{id}}}"#));
    let passing = [r#"{"id":1,"e":0}"#, r#"{"id":2,"e":1}"#, r#"{"id":1,"e":2}"#];
    let values: Vec<String> = others.chain(passing.map(str::to_owned)).collect();
    assert_eq!(stage.deliver(&values).await, Ok(all_written(values.len())));
    let rows = stage.rows().await;
    assert_eq!(rows.len(), MANY - 8);
    assert!(rows.contains(&vec!["1".to_owned(), "2".to_owned()]), "the last value of row 1");
    assert!(rows.contains(&vec!["2".to_owned(), "1".to_owned()]), "the last value of row 2");
}

/// A delete that also deletes other rows comes after an earlier put that saved one of them.
pub async fn a_delete_does_not_overtake_a_put_of_another_key<D: Database>(database: &mut D) {
    let mut stage = Stage::set(database, table("ON DELETE CASCADE"), BY_KEY).await;
    let mut model = Model::new(true);
    let child = |up| Sent { key: 5, put: Some(Put { e: Some(5), up: Some(up), s: None }) };
    let known = Sent { key: 5, put: Some(Put { e: Some(5), up: Some(1), s: Some(7) }) };
    for records in [vec![put(1, Some(1)), put(2, Some(2)), known], vec![child(2), delete(1)]] {
        assert!(records.iter().all(|sent| model.takes(sent)));
        let outcome = stage.deliver_event(&event(&records)).await;
        assert_eq!(outcome, Ok(all_written(records.len())));
    }
    assert_eq!(stage.rows().await, text(&model));
}

/// A record that leaves a column out updates the existing row, although the row that it would
/// insert breaks a check. If the row does not exist, the record is refused; so is a record that
/// would break the check.
pub async fn a_partial_record_changes_a_row_that_exists<D: Database>(database: &mut D) {
    for many in [1, 3, 40] {
        for options in [UPSERT, &UPSERT[..2]] {
            let mut stage = Stage::set(database, checked(), options).await;
            let whole = (0..many).map(|id| format!(r#"{{"id":{id},"s":1,"v":1}}"#));
            assert_eq!(stage.deliver(whole).await, Ok(all_written(many)));
            let partial = (0..many).map(|id| format!(r#"{{"id":{id},"v":2}}"#));
            assert_eq!(stage.deliver(partial).await, Ok(all_written(many)), "{many} {options:?}");
            let rows = stage.rows().await;
            assert!(rows.iter().all(|row| row[1..] == ["1", "2"]), "{rows:?}");
        }
        let mut stage = stage_with_rows(database, many).await;
        let values = (0..2 * many).map(|id| match id % 2 {
            0 => format!(r#"{{"id":{id},"v":3}}"#),
            _ => format!(r#"{{"id":{},"v":3}}"#, 1_000 + id),
        });
        let outcome = stage.deliver(values).await.expect("the others are written");
        let refused: Vec<usize> = outcome.failures.iter().map(|failure| failure.record).collect();
        let absent: Vec<usize> = (0..2 * many).filter(|id| id % 2 == 1).collect();
        assert_eq!((outcome.written, refused), (many, absent), "{many}");
    }
}

/// A table that refuses the default of its column `s`.
fn checked() -> TableSpec {
    TableSpec::new("t")
        .key("id", Kind::Integer)
        .column("s", Kind::Integer)
        .or("0")
        .except("0")
        .column("v", Kind::Integer)
}

async fn stage_with_rows<D: Database>(database: &mut D, many: usize) -> Stage<'_, D> {
    let mut stage = Stage::set(database, checked(), UPSERT).await;
    let whole = (0..many).map(|id| format!(r#"{{"id":{},"s":1,"v":1}}"#, 2 * id));
    assert_eq!(stage.deliver(whole).await, Ok(all_written(many)));
    stage
}

/// Random records that are each valid when their turn comes are all written, and lead to the same
/// rows as one by one.
pub async fn random_records_leave_what_they_leave_one_by_one<D: Database>(database: &mut D) {
    for cascades in [false, true] {
        let words = if cascades { "ON DELETE CASCADE" } else { "" };
        let mut stage = Stage::set(database, table(words), BY_KEY).await;
        let mut model = Model::new(cascades);
        let mut random = fastrand::Rng::with_seed(7);
        for round in 0..60 {
            let records: Vec<Sent> = (0..random.usize(1..14)).map(|_| sent(&mut random)).collect();
            let valid: Vec<Sent> = records.into_iter().filter(|sent| model.takes(sent)).collect();
            let outcome = stage.deliver_event(&event(&valid)).await;
            assert_eq!(outcome, Ok(all_written(valid.len())), "round {round}: {valid:?}");
            assert_eq!(stage.rows().await, text(&model), "round {round}: {valid:?}");
        }
    }
}

fn sent(random: &mut fastrand::Rng) -> Sent {
    let key = random.u8(0..5);
    let put = (random.u8(0..5) > 0).then(|| Put {
        e: (random.u8(0..5) > 0).then(|| random.u8(0..4)),
        // InnoDB does not delete a row that refers to itself.
        up: (random.u8(0..5) < 2).then(|| random.u8(0..5)).filter(|up| *up != key),
        s: (random.u8(0..5) > 0).then(|| random.u8(1..9)),
    });
    Sent { key, put }
}

fn text(model: &Model) -> Vec<Vec<String>> {
    let cell = |cell: Option<String>| cell.unwrap_or_else(|| "∅".to_owned());
    model.rows().into_iter().map(|row| row.into_iter().map(cell).collect()).collect()
}

/// A row that refers to a missing row gives its batch back until the refusal is
/// `errors.retry.timeout` old; then only this row is refused. The missing row may come meanwhile, and the
/// other rows are written at once, because it may be one of theirs that another batch waits for.
pub async fn a_row_that_misses_another_is_tried_again<D: Database>(database: &mut D) {
    let child = Sent { key: 2, put: Some(Put { e: None, up: Some(1), s: Some(1) }) };
    let lasts = Some(Duration::from_secs(60));
    let written = ["3", "∅", "∅", "1"];
    let wait = Wait { constraint: "", timeout: "60000", lasts, child: 1, written };
    let culprit = wait.holds_back(database, &[put(3, None), child]).await;
    assert_eq!(culprit, [Some(1), Some(1)]);
}

/// The same of a record that a later one of its key has passed over, for five seconds at most, because the
/// row may also stand behind them in the event; but for ever where `errors.retry.timeout` says so.
pub async fn a_row_that_misses_another_is_not_passed_over<D: Database>(database: &mut D) {
    let child = |up| Sent { key: 2, put: Some(Put { e: None, up, s: Some(1) }) };
    // Beside a delete that may cascade each record is written by itself.
    let records = [child(Some(1)), child(None), delete(9)];
    for (timeout, lasts) in [("60000", Some(Duration::from_secs(5))), ("-1", None)] {
        let written = ["2", "∅", "∅", "1"];
        let wait = Wait { constraint: "ON DELETE CASCADE", timeout, lasts, child: 0, written };
        wait.holds_back(database, &records).await;
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A record that misses another row.
struct Wait {
    constraint: &'static str,
    /// `errors.retry.timeout`
    timeout: &'static str,
    /// How long its batch is given back; `None` for ever.
    lasts: Option<Duration>,
    /// The record, by its index.
    child: usize,
    /// The row of the others, which do not wait with it.
    written: [&'static str; 4],
}

impl Wait {
    /// Writes records whose batch is given back, and again when the row has come, or when it has not
    /// for too long. Returns the culprit of each time that the batch was given back.
    async fn holds_back<D: Database>(
        &self,
        database: &mut D,
        records: &[Sent],
    ) -> [Option<usize>; 2] {
        let rules = rules(&[BY_KEY, &[("errors.retry.timeout", self.timeout)]].concat());
        let mut culprits = [None; 2];
        for (comes, culprit) in [true, false].into_iter().zip(&mut culprits) {
            let mut stage = Stage::set(database, table(self.constraint), BY_KEY).await;
            let mut waiting = Waiting::default();
            let (body, arena) = (event(records).build(), Bump::new());
            let clock = TestClock::new(Duration::from_secs(900));
            let mut incoming = Incoming::new(&body, &arena);
            let mut write = async |sink: &mut D::Sink| {
                let (waiting, tries) = (&mut waiting, &mut Tries::default());
                pipeline::write(sink, &mut incoming, &rules, &clock, waiting, tries).await
            };
            let held = write(&mut stage.sink).await.expect_err("the row may be on its way");
            assert_eq!(held.error.fault, Fault::Transient, "{}", held.error);
            *culprit = held.culprit.map(|(record, _)| record);
            assert_eq!(stage.rows().await, [self.written]);
            if comes {
                let parent: EventBuilder = event(&[put(1, None)]);
                assert_eq!(stage.deliver_event(&parent).await, Ok(all_written(1)));
            } else {
                clock.pass(self.lasts.unwrap_or(DAY));
            }
            if !comes && self.lasts.is_none() {
                let held = write(&mut stage.sink).await.expect_err("it is waited for");
                assert_eq!(held.error.fault, Fault::Transient, "{}", held.error);
                continue;
            }
            let outcome = write(&mut stage.sink).await.expect("the batch is settled");
            let refused: Vec<usize> =
                outcome.failures.iter().map(|failure| failure.record).collect();
            assert_eq!(refused, if comes { vec![] } else { vec![self.child] });
            sluice_bridge::sink::Sink::commit(&mut stage.sink).await.expect("it commits");
        }
        culprits
    }
}
