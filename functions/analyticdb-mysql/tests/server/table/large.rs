//! Many rows: several statements, rows that set out while the next are still being mapped, and
//! what stops them half way.

use sluice_bridge::sink::Sink;

use crate::support::{INSERT, UPSERT, all_written, deliver, everywhere, refused};

const MANY: usize = 3_000;

fn values(value: impl Fn(usize) -> String) -> impl Iterator<Item = String> {
    (0..MANY).map(value)
}

#[test]
fn ten_thousand_rows_and_some_bad_ones() {
    everywhere("large_ten_thousand", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, v varchar(99), n int, j json, CHECK (n >= 0))",
            )
            .await;
        let padding = "x".repeat(90);
        for bad in [&[][..], &[0, 1, 2_499, 2_500, 7_777, 9_999]] {
            for (round, options) in [(1, INSERT), (2, UPSERT)] {
                let n = |id: usize| if bad.contains(&id) { -1 } else { round };
                let value = |id: usize| {
                    format!(r#"{{"id":{id},"v":"{padding}","n":{},"j":{{"a":[{id}]}}}}"#, n(id))
                };
                let outcome = stage.deliver("t", options, (0..10_000).map(value)).await;
                let code = Some(stage.either("3819", "4025"));
                let expected: Vec<_> = bad.iter().map(|&id| (id, code)).collect();
                assert_eq!(refused(&outcome), expected, "{options:?}");
                let rows = format!("SELECT COUNT(*), SUM(n = {round}), SUM(id) FROM t");
                let left = (10_000 - bad.len()).to_string();
                let sum = (0..10_000).filter(|id| !bad.contains(id)).sum::<usize>().to_string();
                assert_eq!(stage.rows(&rows).await, [[left.clone(), left, sum]], "{bad:?}");
            }
            stage.sql("DELETE FROM t").await;
        }
    });
}

#[test]
fn a_hundred_thousand_rows() {
    everywhere("large_hundred_thousand", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v varchar(9), CHECK (v <> 'bad'))").await;
        for options in [INSERT, UPSERT] {
            let value = |id: usize| {
                format!(r#"{{"id":{id},"v":"{}"}}"#, if id == 99_999 { "bad" } else { "fine" })
            };
            let outcome = stage.deliver("t", options, (0..100_000).map(value)).await;
            assert_eq!(refused(&outcome).iter().map(|it| it.0).collect::<Vec<_>>(), [99_999]);
            let rows = "SELECT COUNT(*), COUNT(DISTINCT id) FROM t";
            assert_eq!(stage.rows(rows).await, [["99999", "99999"]]);
        }
    });
}

/// A row of some megabytes among small ones, and one that no statement can carry.
#[test]
fn rows_of_some_megabytes() {
    everywhere("large_rows", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v longtext, n int)").await;
        let packet = stage.column("SELECT @@max_allowed_packet").await.remove(0);
        let packet: usize = packet.parse().expect("a number");
        // Half of it is more than one packet of the protocol where the server takes 64 MB.
        let sizes = [3 << 20, packet / 2, packet - (64 << 10), packet, packet + (1 << 20)];
        for options in [INSERT, UPSERT] {
            stage.sql("DELETE FROM t").await;
            for (nth, size) in sizes.into_iter().enumerate() {
                let value = |id: usize| {
                    let text = "x".repeat(if id % 3 == 1 { size } else { 5 });
                    format!(r#"{{"id":{},"v":"{text}","n":1}}"#, nth * 3 + id)
                };
                let outcome = stage.deliver("t", options, (0..3).map(value)).await;
                let fits = size < packet;
                let expected: &[_] = if fits { &[] } else { &[(1, None)] };
                assert_eq!(refused(&outcome), expected, "{size} of {packet}");
            }
            let rows = "SELECT COUNT(*), SUM(LENGTH(v) = 5), MAX(LENGTH(v)) FROM t";
            let longest = (packet - (64 << 10)).to_string();
            let count = (10 + sizes.iter().filter(|size| **size < packet).count()).to_string();
            assert_eq!(stage.rows(rows).await, [[&*count, "10", &*longest]]);
        }
    });
}

/// Octets are twice as long in a statement of text: such a row goes with its values beside the statement,
/// alone, among others and beside a bad one.
#[test]
fn octets_that_are_too_long_as_text() {
    everywhere("large_octets", async |stage| {
        let packet = stage.column("SELECT @@max_allowed_packet").await.remove(0);
        let packet: usize = packet.parse().expect("a number");
        let octets = "AAAA".repeat(packet / 5);
        let code = stage.either("3819", "4025");
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v longblob, n int, CHECK (n > 0))").await;
        // The bulk protocol has its own way for many; elsewhere one way is as good as the other.
        let is_bulk = stage.is_mariadb() && stage.dialect == "auto";
        for options in if is_bulk { &[INSERT, UPSERT][..] } else { &[UPSERT] } {
            for (count, bad) in [(1, None), (3, Some(0))] {
                stage.sql("DELETE FROM t").await;
                let value = |id: usize| {
                    let octets = if id == count / 2 { octets.as_str() } else { "AAAA" };
                    format!(r#"{{"id":{id},"v":"{octets}","n":{}}}"#, i32::from(bad != Some(id)))
                };
                let outcome = stage.deliver("t", options, (0..count).map(value)).await;
                let expected: Vec<_> = bad.iter().map(|&id| (id, Some(code))).collect();
                assert_eq!(refused(&outcome), expected, "{count}, {bad:?}");
                let left = (count - expected.len()).to_string();
                assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, [left]);
            }
        }
    });
}

/// A connection that is cut under the rows on their way costs nothing but another attempt.
#[test]
fn a_connection_that_is_cut_on_the_way() {
    everywhere("large_cut", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE cut (connection int); \
                 CREATE TRIGGER cut BEFORE INSERT ON t FOR EACH ROW BEGIN \
                 IF NEW.id = 400 AND CONNECTION_ID() IN (SELECT connection FROM cut) THEN \
                 KILL CONNECTION_ID(); END IF; END",
            )
            .await;
        for options in [INSERT, UPSERT] {
            stage.sql("DELETE FROM t; DELETE FROM cut").await;
            let mut sink = stage.sink_of_user(&["ALL ON large_cut.*"]).await;
            sink.begin().await.expect("it connects");
            sink.abandon().await;
            let theirs = "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'large_cut'";
            stage.sql(&format!("INSERT INTO cut {theirs}")).await;
            let outcome =
                deliver(&mut sink, "t", options, values(|id| format!(r#"{{"id":{id}}}"#)));
            assert_eq!(outcome.await, Ok(all_written(MANY)), "{options:?}");
            let cut = format!("SELECT COUNT(*) FROM cut WHERE connection NOT IN ({theirs})");
            assert_eq!(stage.column(&cut).await, ["1"], "it was cut");
            assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, [MANY.to_string()]);
        }
    });
}

/// Statements of many rows stay prepared on a warm connection; the table they are for changes.
#[test]
fn many_rows_before_and_after_a_change() {
    everywhere("changes_prepared", async |stage| {
        let mut sink = stage.sink();
        for (change, stored) in [
            ("CREATE TABLE t (id int PRIMARY KEY, v int)", "7"),
            ("ALTER TABLE t MODIFY v varchar(9)", "7"),
            ("ALTER TABLE t ADD w int FIRST", "7"),
            ("DROP TABLE t; CREATE TABLE t (v decimal(5,2), id bigint PRIMARY KEY)", "7.00"),
            ("ALTER TABLE t ADD CHECK (v <> 8), MODIFY v double", "7"),
        ] {
            stage.sql(change).await;
            for options in [INSERT, UPSERT] {
                if options == INSERT {
                    stage.sql("DELETE FROM t").await;
                }
                let values = (0..1_200).map(|id| format!(r#"{{"id":{id},"v":7}}"#));
                assert_eq!(deliver(&mut sink, "t", options, values).await, Ok(all_written(1_200)));
            }
            assert_eq!(stage.column("SELECT DISTINCT v FROM t").await, [stored], "{change}");
        }
    });
}
