//! Things that are written to like a table, and tables of less common kinds.

use sluice_bridge::model::failure::Fault;
use sluice_bridge::run::outcome::Outcome;
use sluice_testkit::{EventBuilder, invocation};

use crate::support::{
    BY_KEY, INSERT, Options, UPDATE, UPSERT, all_written, deliver, everywhere, on_stage, refused,
};

const BY_ID: (&str, &str) = ("pk.fields", "id");

/// A view takes everything, and its own check costs a row.
#[test]
fn a_view() {
    everywhere("kinds_view", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, v varchar(9) DEFAULT 'none', w text); \
                 CREATE VIEW v AS SELECT * FROM t WHERE id < 1000 WITH CHECK OPTION",
            )
            .await;
        for options in [UPSERT, INSERT] {
            let key = if options == UPSERT { &[BY_ID][..] } else { &[] };
            let options = [options, key].concat();
            stage.sql("DELETE FROM t").await;
            let values = [r#"{"id":1,"v":"a"}"#, r#"{"id":2}"#, r#"{"id":1000}"#];
            let outcome = stage.deliver("v", &options, values).await;
            assert_eq!(refused(&outcome), [(2, Some("1369"))], "{options:?}");
            let rows = stage.rows("SELECT id, v FROM t ORDER BY id").await;
            assert_eq!(rows, [["1", "a"], ["2", "none"]], "{options:?}");
            let many = (3..1_003).map(|id| format!(r#"{{"id":{id},"v":"b"}}"#));
            let outcome = stage.deliver("v", &options, many).await;
            assert_eq!(refused(&outcome).len(), 3);
            assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["999"]);
        }
        let by_id = [UPDATE, &[BY_ID]].concat();
        let values = [r#"{"id":1,"v":"x"}"#, r#"{"id":5000,"v":"nobody"}"#];
        let outcome = stage.deliver("v", &by_id, values).await;
        assert_eq!(outcome, Ok(Outcome { written: 1, filtered: 1, ..Outcome::default() }));
        let upserted = [r#"{"id":1,"v":"y"}"#, r#"{"id":2,"w":"z"}"#];
        let by_id = [UPSERT, &[BY_ID]].concat();
        assert_eq!(stage.deliver("v", &by_id, upserted).await, Ok(all_written(2)));
        let event = EventBuilder::msk();
        let body = event.next("v", 0).key("2");
        let body = event.record(body).build();
        let rules = invocation::rules(&[BY_KEY, &[BY_ID]].concat());
        assert_eq!(invocation::deliver(&mut stage.sink(), &body, &rules).await, Ok(all_written(1)));
        let rows = stage.rows("SELECT id, v FROM t WHERE id < 4 ORDER BY id").await;
        assert_eq!(rows, [["1", "y"], ["3", "b"]]);
    });
}

/// What can never be written to is nobody's row's fault.
#[test]
fn a_view_that_takes_no_rows_is_fatal() {
    everywhere("kinds_sums", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, v varchar(9)); \
                 CREATE VIEW sums AS SELECT v, count(*) AS id FROM t GROUP BY v; \
                 CREATE TABLE gone (id int, v varchar(9)); \
                 CREATE VIEW broken AS SELECT * FROM gone; DROP TABLE gone",
            )
            .await;
        for view in ["sums", "broken"] {
            for count in [1, 3] {
                let values = (0..count).map(|id| format!(r#"{{"id":{id},"v":"a"}}"#));
                let error = stage.deliver(view, INSERT, values).await.expect_err(view).error;
                assert_eq!(error.fault, Fault::Fatal, "{view}: {error}");
            }
        }
    });
}

#[test]
fn a_partitioned_table() {
    everywhere("kinds_partitions", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int, part int, v varchar(9), PRIMARY KEY (id, part)) \
                 PARTITION BY LIST (part) (PARTITION p0 VALUES IN (0), PARTITION p1 VALUES IN (1))",
            )
            .await;
        let bad = |id: u32| if id == 77 { 2 } else { id % 2 };
        for (options, v) in [(INSERT, "a"), (UPSERT, "b")] {
            let values =
                (0..2_000).map(|id| format!(r#"{{"id":{id},"part":{},"v":"{v}"}}"#, bad(id)));
            let outcome = stage.deliver("t", options, values).await;
            assert_eq!(refused(&outcome), [(77, Some("1526"))], "{options:?}");
            for (part, count) in [("p0", "1000"), ("p1", "999")] {
                let stored = format!("SELECT COUNT(*) FROM t PARTITION ({part}) WHERE v = '{v}'");
                assert_eq!(stage.column(&stored).await, [count], "{options:?}");
            }
        }
        let moved = [r#"{"id":2,"part":0,"v":"c"}"#, r#"{"id":2,"part":1}"#];
        let outcome = stage.deliver("t", UPDATE, moved).await.unwrap();
        assert_eq!((outcome.written, outcome.filtered), (1, 1));
    });
}

/// MariaDB keeps what rows were.
#[test]
fn a_table_with_a_history() {
    for dialect in ["auto", "mysql"] {
        on_stage("TEST_MARIADB", "kinds_history", async |stage| {
            stage.dialect = dialect;
            stage
                .sql("CREATE TABLE t (id int PRIMARY KEY, v varchar(9)) WITH SYSTEM VERSIONING")
                .await;
            for v in ["a", "b"] {
                let values = (0..1_200).map(|id| format!(r#"{{"id":{id},"v":"{v}"}}"#));
                assert_eq!(stage.deliver("t", UPSERT, values).await, Ok(all_written(1_200)));
            }
            assert_eq!(stage.deliver_key("t", "7", None).await, Ok(all_written(1)));
            let rows = "SELECT COUNT(*), SUM(v = 'b') FROM t";
            assert_eq!(stage.rows(rows).await, [["1199", "1199"]]);
            let all = stage.column("SELECT COUNT(*) FROM t FOR SYSTEM_TIME ALL").await;
            assert_eq!(all, ["2400"]);
        });
    }
}

/// As wide as tables go.
#[test]
fn a_table_of_many_columns() {
    everywhere("kinds_wide", async |stage| {
        let columns: String = (0..1000).map(|number| format!(", c{number} int")).collect();
        stage.sql(&format!("CREATE TABLE t (id int PRIMARY KEY{columns})")).await;
        let members: String = (0..1000).map(|number| format!(",\"c{number}\":{number}")).collect();
        for (id, options) in [(1, INSERT), (2, UPSERT), (2, UPDATE)] {
            let values = [id, id + 10].map(|id| format!("{{\"id\":{id}{members}}}"));
            let outcome = stage.deliver("t", options, values).await;
            assert_eq!(outcome, Ok(all_written(2)), "{options:?}");
        }
        let ends = stage.rows("SELECT id, c0, c999 FROM t ORDER BY id").await;
        let expected = ["1", "2", "11", "12"].map(|id| [id, "0", "999"]);
        assert_eq!(ends, expected);
    });
}

/// Grants on columns are enough: nothing more is asked of the table than is written.
#[test]
fn grants_on_columns_alone() {
    everywhere("kinds_grants", async |stage| {
        stage
            .sql("CREATE TABLE t (id int PRIMARY KEY, v text, secret varchar(9) DEFAULT 's')")
            .await;
        let mut sink = stage.sink_of_user(&["INSERT (id, v) ON kinds_grants.t"]).await;
        for (count, from) in [(1, 0), (1_200, 100)] {
            let values = (from..from + count).map(|id| format!(r#"{{"id":{id},"v":"a"}}"#));
            assert_eq!(deliver(&mut sink, "t", INSERT, values).await, Ok(all_written(count)));
        }
        // MariaDB wants more for an upsert than it changes.
        let changes = stage.either("v", "id, v");
        let grants = format!("SELECT (id, v), UPDATE ({changes}) ON kinds_grants.t");
        stage.sql(&format!("GRANT {grants} TO 'kinds_grants'@'%'")).await;
        for count in [1, 1_200] {
            let values = (100..100 + count).map(|id| format!(r#"{{"id":{id},"v":"c"}}"#));
            let by_id = [UPSERT, &[BY_ID]].concat();
            assert_eq!(deliver(&mut sink, "t", &by_id, values).await, Ok(all_written(count)));
        }
        let rows = "SELECT COUNT(*), SUM(v = 'c'), SUM(secret = 's') FROM t";
        assert_eq!(stage.rows(rows).await, [["1201", "1200", "1201"]]);
    });
}

/// Where the server tells tables apart by case, so do we.
#[test]
fn names_that_differ_in_case() {
    everywhere("table_cases", async |stage| {
        stage.sql("CREATE TABLE Mixed (id int, Name text); CREATE TABLE ümlaut (id int)").await;
        let minds = stage.column("SELECT @@lower_case_table_names").await == ["0"];
        if minds {
            stage.sql("CREATE TABLE mixed (id int, v int)").await;
        }
        let value = [r#"{"id":1,"NAME":"x"}"#];
        let outcome = stage.deliver("Mixed", INSERT, value).await;
        assert_eq!(outcome, Ok(all_written(1)));
        assert_eq!(stage.deliver("mixed", INSERT, [r#"{"id":2}"#]).await, Ok(all_written(1)));
        let upper = stage.deliver("MIXED", INSERT, [r#"{"id":3}"#]).await;
        let umlaut = stage.deliver("ÜMLAUT", INSERT, [r#"{"id":4}"#]).await;
        assert_eq!((upper.is_ok(), umlaut.is_ok()), (!minds, !minds), "{upper:?} {umlaut:?}");
    });
}

/// Another database than the connection's, named before the dot.
#[test]
fn a_database_is_named_before_the_dot() {
    everywhere("kinds_database", async |stage| {
        stage
            .sql(
                "DROP DATABASE IF EXISTS `Other Data-base`; CREATE DATABASE `Other Data-base`; \
                 CREATE TABLE `Other Data-base`.`a.b` (id int PRIMARY KEY, v int); \
                 CREATE TABLE `a.b` (no int)",
            )
            .await;
        for (mode, id) in [(INSERT, 1), (UPSERT, 2)] {
            let options: Options<'_> = &[("table.name.format", "Other Data-base.${topic}")];
            let values = [format!("{{\"id\":{id}}}")];
            let outcome = stage.deliver("a.b", &[mode, options].concat(), values).await;
            assert_eq!(outcome, Ok(all_written(1)));
        }
        let rows = stage.column("SELECT id FROM `Other Data-base`.`a.b` ORDER BY id").await;
        assert_eq!(rows, ["1", "2"]);
        stage.sql("DROP DATABASE `Other Data-base`").await;
        let nowhere: Options<'_> = &[("table.name.format", "no_such_database.${topic}")];
        let given_back = stage.deliver("t", &[INSERT, nowhere].concat(), ["{}"]).await;
        let error = given_back.expect_err("no such database").error;
        assert_eq!(error.fault, Fault::Fatal);
        assert!(error.to_string().contains("does not exist"), "{error}");
    });
}

/// A table that only this connection could see is no table.
#[test]
fn a_table_without_columns_of_ours() {
    everywhere("kinds_missing", async |stage| {
        let error = stage.deliver("t", INSERT, [r#"{"id":1}"#]).await.expect_err("no table").error;
        assert_eq!(error.fault, Fault::Fatal);
        assert!(error.to_string().contains("\"t\" does not exist"), "{error}");
        stage.sql("CREATE TABLE t (other int)").await;
        let outcome = stage.deliver("t", INSERT, [r#"{"id":1}"#, r#"{"other":2}"#]).await;
        assert_eq!(refused(&outcome), [(0, None)]);
        assert_eq!(stage.column("SELECT other FROM t").await, ["2"]);
    });
}

/// Nothing but a default beneath a view is missing, or a value that a shape needs.
#[test]
fn what_a_view_and_a_shape_need() {
    everywhere("refused_needs", async |stage| {
        stage
            .sql(
                "CREATE TABLE below (id int PRIMARY KEY, b int NOT NULL); \
                  CREATE VIEW t AS SELECT * FROM below",
            )
            .await;
        let values = [r#"{"id":1,"b":1}"#, r#"{"id":3}"#, r#"{"id":4,"b":1}"#];
        let outcome = stage.deliver("t", INSERT, values).await;
        assert_eq!(refused(&outcome).len(), 1, "{outcome:?}");
        assert_eq!(stage.column("SELECT id FROM t ORDER BY id").await, ["1", "4"]);
        stage.sql("DROP VIEW t; CREATE TABLE t (id int PRIMARY KEY, c point NOT NULL)").await;
        let c = r#""c":"POINT(1 2)""#;
        let values =
            [&format!(r#"{{"id":1,{c}}}"#), r#"{"id":2,"c":null}"#, &format!(r#"{{"id":3,{c}}}"#)];
        let outcome = stage.deliver("t", INSERT, values).await;
        assert_eq!(refused(&outcome), [(1, Some(stage.either("3673", "1048")))]);
        assert_eq!(stage.column("SELECT id FROM t ORDER BY id").await, ["1", "3"]);
    });
}
