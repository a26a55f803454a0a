//! Rows that are refused, by their column's type or by the server, among many that are not; on tables
//! that keep what a failing statement has done and on tables that do not.

use std::collections::BTreeSet;

use sluice_bridge::model::failure::Fault;

use crate::scene::{KEEPS, Scene, WHOLE, play};
use crate::support::{INSERT, Options, UPSERT, refused};

const MANY: usize = 5000;
/// Refused here.
const NO_NUMBER: [usize; 3] = [1, 2500, 4999];
/// Refused by the server, and what it calls that.
const NULL: [usize; 5] = [0, 2, 1999, 2499, 4321];
const MUST_NOT: &str = "1048";

fn value(id: usize, others: &str) -> String {
    let n = match id {
        id if NO_NUMBER.contains(&id) => "\"none\"".to_owned(),
        id if NULL.contains(&id) => "null".to_owned(),
        id => id.to_string(),
    };
    format!(r#"{{"id":{id},"n":{n}{others}}}"#)
}

fn bad() -> BTreeSet<usize> {
    NO_NUMBER.into_iter().chain(NULL).collect()
}

/// Writes them all and tells the rows, each as often as it is there.
async fn written(scene: &mut Scene, options: Options<'_>, others: &str) -> Vec<usize> {
    let outcome = scene.write(options, (0..MANY).map(|id| value(id, others))).await;
    let refused: BTreeSet<usize> = refused(&outcome)
        .into_iter()
        .map(|(record, code)| {
            assert_eq!(code, NULL.contains(&record).then_some(MUST_NOT), "{record}");
            record
        })
        .collect();
    assert_eq!(refused, bad());
    assert_eq!(outcome.expect("bad rows are no fault").written, MANY - bad().len());
    let ids = scene.stage.column("SELECT id FROM t ORDER BY id").await;
    ids.iter().map(|id| id.parse().expect("a number")).collect()
}

fn good() -> Vec<usize> {
    (0..MANY).filter(|id| !bad().contains(id)).collect()
}

#[test]
fn with_a_key_every_good_row_is_there_once() {
    play("adb_bad_keyed", async |scene| {
        for engine in [KEEPS, WHOLE] {
            // A whole row, and one that leaves a column out.
            for (options, others) in [(INSERT, ""), (UPSERT, ""), (UPSERT, r#","a":1"#)] {
                let columns = "id BIGINT PRIMARY KEY, n BIGINT NOT NULL, a BIGINT";
                scene.table(columns, engine).await;
                assert_eq!(written(scene, options, others).await, good(), "{engine} {options:?}");
            }
        }
    });
}

/// Without one a statement that fails half way may leave rows behind, which are written again.
#[test]
fn without_a_key_every_good_row_is_there_at_least_once() {
    play("adb_bad_keyless", async |scene| {
        scene.table("id BIGINT, n BIGINT NOT NULL", WHOLE).await;
        assert_eq!(written(scene, INSERT, "").await, good());
        scene.table("id BIGINT, n BIGINT NOT NULL", KEEPS).await;
        let mut ids = written(scene, INSERT, "").await;
        ids.dedup();
        assert_eq!(ids, good());
    });
}

#[test]
fn where_all_are_bad_none_is_written() {
    play("adb_bad_all", async |scene| {
        scene.table("id BIGINT PRIMARY KEY, n BIGINT NOT NULL", KEEPS).await;
        let values = (0..300).map(|id| format!(r#"{{"id":{id},"n":null}}"#));
        let outcome = scene.write(UPSERT, values).await;
        assert_eq!(refused(&outcome).len(), 300);
        assert_eq!(scene.rows().await, Vec::<String>::new());
    });
}

/// What came before the bad row may stay; the same records, mended, make it whole.
#[test]
fn without_tolerance_a_batch_is_given_back_and_can_come_again() {
    play("adb_bad_none", async |scene| {
        scene.table("id BIGINT PRIMARY KEY, n BIGINT NOT NULL", KEEPS).await;
        let upsert = [("insert.mode", "upsert"), ("pk.mode", "record_value")];
        let given_back = scene.write(&upsert, (0..MANY).map(|id| value(id, ""))).await;
        let error = given_back.expect_err("the first bad row stops it").error;
        assert!(matches!(error.fault, Fault::Data(_)), "{error}");
        let mended = (0..MANY).map(|id| format!(r#"{{"id":{id},"n":{id}}}"#));
        let outcome = scene.write(&upsert, mended).await.expect("all are good");
        assert_eq!(outcome.written, MANY);
        let count = scene.stage.column("SELECT COUNT(*) FROM t WHERE id = n").await;
        assert_eq!(count, [MANY.to_string()]);
    });
}
