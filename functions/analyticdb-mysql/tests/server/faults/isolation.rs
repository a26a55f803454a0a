//! What it costs to find bad rows, in turns of the wire, and that each is told its own reason.

use std::collections::BTreeSet;

use sluice_bridge::model::failure::Fault;

use crate::cut::counted;
use crate::support::{INSERT, Options, UPDATE, UPSERT, all_written, deliver, everywhere, refused};

const MANY: usize = 1024;
/// A statement has so many rows once it is known that some are bad.
const TOGETHER: usize = 16;
/// Until that is known: halves of halves, or the row that the server names, four times.
const FIRST_FOUR: usize = 40;

const MODES: [Options<'_>; 3] = [INSERT, UPSERT, UPDATE];

fn rows(cell: impl Fn(usize) -> &'static str) -> Vec<String> {
    (0..MANY).map(|id| format!(r#"{{"id":{id},"v":{}}}"#, cell(id))).collect()
}

/// What is asked comes to an end with the first statement that fails: each bad row costs a turn, and
/// before that the statement it was in, the question which it is, and what is good behind it. Good rows
/// cost nothing.
#[test]
fn a_bad_row_costs_four_turns_at_most() {
    let some = |nth: usize| (0..MANY).step_by(nth).collect::<Vec<_>>();
    let cases = [vec![0], vec![700], vec![MANY - 1], vec![3, 4, 500, 1000], some(100), some(2)];
    everywhere("isolation_turns", async |stage| {
        let (turns, url) = counted(&stage.url()).await;
        let mut sink = stage.sink_with(&[("connection.url", &url)]);
        for (mode, bad) in
            MODES.into_iter().flat_map(|mode| cases.iter().map(move |bad| (mode, bad)))
        {
            let create = "CREATE TABLE t (id int PRIMARY KEY, v varchar(9), CHECK (v <> 'bad'))";
            stage.sql(&format!("DROP TABLE IF EXISTS t; {create}")).await;
            let good = deliver(&mut sink, "t", INSERT, rows(|_| r#""old""#)).await;
            assert_eq!(good, Ok(all_written(MANY)));
            if mode != UPDATE {
                stage.sql("DELETE FROM t").await;
            }
            turns.taken();
            assert_eq!(
                deliver(&mut sink, "t", mode, rows(|_| r#""new""#)).await,
                Ok(all_written(MANY))
            );
            let calm = turns.taken();
            stage
                .sql(if mode == UPDATE { "UPDATE t SET v = 'old'" } else { "DELETE FROM t" })
                .await;
            let bad: BTreeSet<usize> = bad.iter().copied().collect();
            let cell = |id| if bad.contains(&id) { r#""bad""# } else { r#""new""# };
            let outcome = deliver(&mut sink, "t", mode, rows(cell)).await;
            let found = refused(&outcome).into_iter().map(|(row, _)| row);
            assert_eq!(found.collect::<BTreeSet<_>>(), bad);
            let left = (MANY - bad.len()).to_string();
            assert_eq!(stage.column("SELECT COUNT(*) FROM t WHERE v = 'new'").await, [left]);
            let (cost, statements) = (turns.taken() - calm, bad.len().min(MANY / TOGETHER));
            let most = FIRST_FOUR + bad.len() + 3 * statements;
            assert!(cost <= most, "{mode:?}: {cost} turns for {} bad rows", bad.len());
        }
    });
}

/// Keys that only the server can compare go in order, and together: one of them among many costs no
/// turn for each row, and the last spelling of a key wins.
#[test]
fn keys_that_only_the_server_compares_cost_no_turn_each() {
    everywhere("isolation_keys", async |stage| {
        let (turns, url) = counted(&stage.url()).await;
        let mut sink = stage.sink_with(&[("connection.url", &url)]);
        let create = "CREATE TABLE t (k varchar(20) CHARACTER SET utf8mb4 COLLATE \
                      utf8mb4_general_ci PRIMARY KEY, v int)";
        stage.sql(&format!("DROP TABLE IF EXISTS t; {create}")).await;
        let plain = (0..MANY).map(|id| format!(r#"{{"k":"k{id}","v":1}}"#));
        let keys = ["é", "É", "e", "ê"].map(|key| format!(r#"{{"k":"{key}","v":2}}"#));
        let last = [r#"{"k":"E","v":3}"#.to_owned(), r#"{"k":"K7","v":3}"#.to_owned()];
        let values: Vec<String> = keys.into_iter().chain(plain).chain(last).collect();
        turns.taken();
        let outcome = deliver(&mut sink, "t", UPSERT, &values).await;
        assert_eq!(outcome, Ok(all_written(values.len())));
        let turns = turns.taken();
        assert!(turns < 60, "{turns} turns for {} rows", values.len());
        let kept = "SELECT v FROM t WHERE k IN ('e', 'k7', 'k8') ORDER BY k";
        assert_eq!(stage.column(kept).await, ["3", "3", "1"]);
        let count = stage.column("SELECT COUNT(*) FROM t").await;
        assert_eq!(count, [(MANY + 1).to_string()]);
    });
}

/// Rows that cannot be written down never reach the server: they cost nothing.
#[test]
fn what_is_refused_here_costs_no_turn() {
    everywhere("isolation_here", async |stage| {
        let (turns, url) = counted(&stage.url()).await;
        let mut sink = stage.sink_with(&[("connection.url", &url)]);
        for mode in [INSERT, UPSERT] {
            stage.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v int)").await;
            assert_eq!(deliver(&mut sink, "t", mode, rows(|_| "1")).await, Ok(all_written(MANY)));
            stage.sql("DELETE FROM t").await;
            turns.taken();
            assert_eq!(deliver(&mut sink, "t", mode, rows(|_| "1")).await, Ok(all_written(MANY)));
            let calm = turns.taken();
            stage.sql("DELETE FROM t").await;
            let cell = |id: usize| if id.is_multiple_of(2) { r#""many""# } else { "1" };
            let outcome = deliver(&mut sink, "t", mode, rows(cell)).await;
            assert_eq!(refused(&outcome).len(), MANY / 2);
            assert!(turns.taken() <= calm, "{mode:?}");
        }
    });
}

/// Rows that are refused for many a reason are each told what they would have been told alone.
#[test]
fn among_many_each_is_told_its_own_reason() {
    everywhere("isolation_reasons", async |stage| {
        stage
            .sql(
                "CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1); \
                 CREATE TABLE t (id int PRIMARY KEY, word varchar(9), need int NOT NULL, \
                   ref int, CONSTRAINT good CHECK (word <> 'check'), \
                   FOREIGN KEY (ref) REFERENCES other (id)); \
                 CREATE TRIGGER trip BEFORE INSERT ON t FOR EACH ROW IF NEW.id % 100 = 66 THEN \
                   SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'secret'; END IF",
            )
            .await;
        let cells = |id: usize| match id % 7 {
            0 => r#""word":"check","need":1"#,
            1 => r#""word":"fine","need":null"#,
            2 => r#""word":"fine","need":1,"ref":2"#,
            3 => r#""word":"fine","need":1,"ref":1"#,
            4 => r#""word":"far too long","need":1"#,
            _ => r#""word":"fine","need":1"#,
        };
        let values: Vec<String> =
            (0..MANY).map(|id| format!(r#"{{"id":{id},{}}}"#, cells(id))).collect();
        let is_good = |id: &usize| matches!(id % 7, 3 | 5 | 6) && id % 100 != 66;
        for mode in [INSERT, UPSERT] {
            let outcome = stage.deliver("t", mode, &values).await.expect("no fault");
            let good: Vec<String> = (0..MANY).filter(is_good).map(|id| id.to_string()).collect();
            assert_eq!(stage.column("SELECT id FROM t ORDER BY id").await, good);
            assert_eq!(outcome.failures.len(), MANY - good.len());
            for failure in outcome.failures.iter().step_by(31) {
                let alone = stage.deliver("t", mode, [&values[failure.record]]).await;
                let alone = &alone.expect("no fault").failures[0];
                assert_eq!(failure.cause, alone.cause, "{mode:?}: {}", values[failure.record]);
            }
            stage.sql("DELETE FROM t").await;
        }
    });
}

/// The server looks at values of rows behind the one that it refuses, and has something to say of them
/// too: each is told its own reason all the same.
#[test]
fn a_row_is_not_told_the_reason_of_another() {
    everywhere("isolation_mixed", async |stage| {
        stage
            .sql("CREATE TABLE t (id int PRIMARY KEY, c int NOT NULL UNIQUE, CHECK (c > 0))")
            .await;
        let check = stage.either("3819", "4025");
        for count in [3, 40, 2_600] {
            for (bad, taken) in
                [([1, 2, 20, 700], 5), ([2, 1, 21, 699], 5), ([1, 20, 2, 18], 2_500)]
            {
                // One collides with a row that is there, or with one of the batch.
                let cell = |id: usize| match bad.iter().position(|&row| row == id) {
                    Some(0) => if taken < count { taken + 1 } else { 9_999 }.to_string(),
                    Some(1) => "null".to_owned(),
                    Some(_) => "-1".to_owned(),
                    None => (id + 1).to_string(),
                };
                for options in [INSERT, UPSERT] {
                    stage.sql("DELETE FROM t; INSERT INTO t VALUES (-1, 9999)").await;
                    let rows = (0..count).map(|id| format!(r#"{{"id":{id},"c":{}}}"#, cell(id)));
                    let outcome = stage.deliver("t", options, rows).await;
                    // Of two of the batch it is the later.
                    let collides = if taken < count { bad[0].max(taken) } else { bad[0] };
                    let mut expected = vec![(collides, Some("1062")), (bad[1], Some("1048"))];
                    expected.extend(bad[2..].iter().map(|&id| (id, Some(check))));
                    expected.retain(|(id, _)| *id < count);
                    expected.sort_unstable();
                    assert_eq!(refused(&outcome), expected, "{options:?}, {count}, {bad:?}");
                    let left = stage.column("SELECT COUNT(*) FROM t WHERE id >= 0").await;
                    assert_eq!(left, [(count - expected.len()).to_string()]);
                }
            }
        }
    });
}

/// What only a person can mend is not taken for a row's fault, however many rows were at fault
/// before.
#[test]
fn among_many_bad_rows_a_fault_stays_a_fault() {
    everywhere("isolation_fault", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, v int, CHECK (id >= 900)); \
                 CREATE TRIGGER trip BEFORE INSERT ON t FOR EACH ROW \
                   IF NEW.id = 950 THEN CALL nothing_of_this_name(); END IF",
            )
            .await;
        for mode in [INSERT, UPSERT] {
            let given_back =
                stage.deliver("t", mode, rows(|_| "1")).await.expect_err("no procedure");
            assert_eq!(given_back.error.fault, Fault::Fatal, "{given_back:?}");
            assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["0"]);
        }
    });
}
