//! How a bad row is found, and what finding it costs.

use std::collections::BTreeSet;

use analyticdb_postgresql::PostgresSink;
use sluice_bridge::model::failure::{Fault, SinkError, Stage as Came};
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{Sink, Written};

use crate::support::{INSERT, Options, UPSERT, deliver, on_stage, refused};

/// A sink, and how many batches were given to it.
struct Counted {
    sink: PostgresSink,
    batches: usize,
}

impl Sink for Counted {
    async fn begin(&mut self) -> Result<(), SinkError> {
        self.sink.begin().await
    }

    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError> {
        self.sink.table(name).await
    }

    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        self.batches += 1;
        self.sink.write(batch).await
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        self.sink.commit().await
    }

    async fn abandon(&mut self) {
        self.sink.abandon().await;
    }
}

const MANY: usize = 1024;

/// Writes many rows, a few of them bad in a way only the server can tell, and checks that just
/// those are refused within a number of batches.
fn check(schema: &str, options: Options<'_>, declared: &str, bad: &[usize], at_most: usize) {
    on_stage(schema, async |stage| {
        stage.sql(&format!("CREATE TABLE t (id int PRIMARY KEY, v {declared})")).await;
        let bad: BTreeSet<usize> = bad.iter().copied().collect();
        let values = (0..MANY).map(|id| {
            let text = if bad.contains(&id) { "\\u0000" } else { "fine" };
            format!(r#"{{"id":{id},"v":"{text}"}}"#)
        });
        let mut sink = Counted { sink: stage.sink(), batches: 0 };
        let outcome = deliver(&mut sink, "t", options, values).await;
        let found: BTreeSet<usize> = refused(&outcome).into_iter().map(|(row, _)| row).collect();
        assert_eq!(found, bad);
        let left = (MANY - bad.len()).to_string();
        assert_eq!(stage.column("SELECT count(*) FROM t").await, [left]);
        assert!(sink.batches <= at_most, "{} batches for {} bad rows", sink.batches, bad.len());
    });
}

#[test]
fn copy_points_at_the_row() {
    check("isolation_none", INSERT, "jsonb", &[], 1);
    check("isolation_one", INSERT, "jsonb", &[700], 3);
    check("isolation_first", INSERT, "jsonb", &[0], 10);
    check("isolation_last", INSERT, "jsonb", &[MANY - 1], 2);
    check("isolation_some", INSERT, "jsonb", &[3, 4, 500, 1000], 2 * 4 + 10);
}

#[test]
fn arrays_are_halved() {
    let log = MANY.ilog2() as usize;
    check("isolation_halved", UPSERT, "jsonb", &[700], 1 + 2 * log);
    check("isolation_halved_ends", UPSERT, "jsonb", &[0, MANY - 1], 1 + 4 * log);
}

/// Rows that cannot be encoded never reach the server: they cost no batch.
#[test]
fn what_the_encoder_refuses_costs_no_batch() {
    let bad: Vec<usize> = (0..MANY).step_by(2).collect();
    check("isolation_encoder", INSERT, "text", &bad, 1);
    check("isolation_encoder_arrays", UPSERT, "text", &bad, 1);
}

/// The server counts the lines it was sent, and they come in many pieces: rows that never
/// left must not shift its pointer.
#[test]
fn a_pointer_counts_only_what_was_sent() {
    on_stage("isolation_mixed", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, n int, v jsonb)").await;
        let padding = "x".repeat(1000);
        let values: Vec<String> = (0..MANY)
            .map(|id| {
                let number = if id % 7 == 0 { "1.5" } else { "1" };
                let text = if id % 100 == 53 { "\\u0000" } else { &padding };
                format!(r#"{{"id":{id},"n":{number},"v":"{text}"}}"#)
            })
            .collect();
        let outcome = stage.deliver("t", INSERT, values).await;
        let found: Vec<usize> = refused(&outcome).into_iter().map(|(row, _)| row).collect();
        let bad: Vec<usize> = (0..MANY).filter(|id| id % 7 == 0 || id % 100 == 53).collect();
        assert_eq!(found, bad);
        let stored = stage.column("SELECT id FROM t ORDER BY id").await;
        let good = (0..MANY).filter(|id| !bad.contains(id)).map(|id| id.to_string());
        assert!(stored.into_iter().eq(good));
    });
}

#[test]
fn without_tolerance_the_culprit_is_named() {
    on_stage("isolation_intolerant", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v jsonb)").await;
        let values: Vec<String> = (0..10)
            .map(|id| {
                format!(r#"{{"id":{id},"v":"{}"}}"#, if id == 7 { "secret\\u0000" } else { "" })
            })
            .collect();
        let given_back = stage.deliver("t", &[], values).await.expect_err("a row is bad");
        assert!(matches!(given_back.error.fault, Fault::Data(Some(7))), "{given_back:?}");
        assert_eq!(given_back.culprit, Some((7, Came::Write)));
        let cause = given_back.error.cause;
        assert_eq!((cause.column.as_deref(), cause.code.as_deref()), (Some("v"), Some("22P05")));
        assert!(!cause.message.contains("secret"), "{cause}");
        assert_eq!(stage.column("SELECT count(*) FROM t").await, ["0"]);
    });
}

/// The column is named wherever only one can be meant.
#[test]
fn a_refusal_by_the_server_names_the_column() {
    on_stage("isolation_column", async |stage| {
        stage.sql("CREATE TYPE mood AS ENUM ('fine')").await;
        let bad =
            [("mood", "secret"), ("jsonb", "\\u0000"), ("inet", "secret"), ("interval", "secret")];
        for (number, (declared, text)) in bad.into_iter().enumerate() {
            let table = format!("t{number}");
            stage.sql(&format!("CREATE TABLE {table} (id int PRIMARY KEY, v {declared})")).await;
            for options in [INSERT, UPSERT] {
                let value = format!(r#"{{"id":1,"v":"{text}"}}"#);
                let outcome = stage.deliver(&table, options, [value]).await.unwrap();
                let cause = &outcome.failures[0].cause;
                assert_eq!(
                    cause.column.as_deref(),
                    Some("v"),
                    "{declared}, {options:?}: {cause:?}"
                );
            }
        }
    });
}

/// Rows that are all refused in ways only the server can tell cost a handful of batches, and
/// each is told what it would have been told alone.
#[test]
fn many_bad_rows_cost_few_batches() {
    on_stage("isolation_many", async |stage| {
        stage
            .sql(
                "CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1); \
                 CREATE TABLE t (id int PRIMARY KEY, \"$sluice$\" text CHECK (\"$sluice$\" <> 'check'), \
                   need text NOT NULL, ref int REFERENCES other, \"code\" varchar(3), net inet); \
                 CREATE FUNCTION trip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                   IF NEW.id % 100 = 66 THEN RAISE 'secret' USING COLUMN = 'need'; END IF; \
                   RETURN NEW; END $$; \
                 CREATE TRIGGER trip BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE PROCEDURE trip()",
            )
            .await;
        let cell = |id: usize| match id % 7 {
            0 => r#""$sluice$":"check","need":"x""#,
            1 => r#""$sluice$":"fine","need":null"#,
            2 => r#""$sluice$":"fine","need":"x","ref":2"#,
            3 => r#""$sluice$":"fine","need":"x","ref":1"#,
            4 => r#""$sluice$":"fine","need":"x","net":"1.2.3.4""#,
            5 => r#""$sluice$":"fine","need":"x","code":"abc""#,
            _ => r#""$sluice$":"check","need":"x","ref":2"#,
        };
        let values: Vec<String> =
            (0..MANY).map(|id| format!(r#"{{"id":{id},{}}}"#, cell(id))).collect();
        let is_good = |id: usize| (3..6).contains(&(id % 7)) && id % 100 != 66;
        for options in [INSERT, UPSERT] {
            let mut sink = Counted { sink: stage.sink(), batches: 0 };
            let outcome = deliver(&mut sink, "t", options, &values).await;
            let good: Vec<String> =
                (0..MANY).filter(|&id| is_good(id)).map(|id| id.to_string()).collect();
            assert_eq!(stage.column("SELECT id FROM t ORDER BY id").await, good);
            assert!(sink.batches < 200, "{options:?}: {} batches", sink.batches);
            let outcome = outcome.expect("a refused row is no fault");
            assert_eq!(outcome.failures.len(), MANY - good.len());
            // The same row alone.
            for failure in outcome.failures.iter().step_by(31) {
                let alone = stage.deliver("t", options, [&values[failure.record]]).await;
                let alone = alone.expect("a refused row is no fault");
                let (many, alone) = (&failure.cause, &alone.failures[0].cause);
                assert_eq!((&many.message, &many.code), (&alone.message, &alone.code));
                assert_eq!(many.column, alone.column);
            }
            stage.sql("DELETE FROM t").await;
        }
    });
}

/// So do rows that a trigger refuses, whatever code it gives.
#[test]
fn many_rows_that_a_trigger_refuses_cost_few_batches() {
    const CODES: [&str; 6] = ["P0001", "P0002", "P0003", "P0004", "UQ001", "60001"];
    on_stage("isolation_trigger", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, code varchar(5)); \
                 CREATE FUNCTION trip() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE one int; BEGIN \
                   CASE NEW.code WHEN 'P0002' THEN SELECT 1 INTO STRICT one WHERE false; \
                     WHEN 'P0003' THEN SELECT n INTO STRICT one FROM generate_series(1, 2) n; \
                     WHEN 'P0004' THEN ASSERT false, 'secret'; \
                     WHEN '' THEN NULL; \
                     ELSE RAISE EXCEPTION 'secret' USING ERRCODE = NEW.code; \
                   END CASE; RETURN NEW; END $$; \
                 CREATE TRIGGER trip BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE trip()",
            )
            .await;
        let code = |id: usize| if id % 20 == 7 { CODES[id / 20 % 6] } else { "" };
        let values = (0..MANY).map(|id| format!(r#"{{"id":{id},"code":"{}"}}"#, code(id)));
        let values: Vec<String> = values.collect();
        for options in [INSERT, UPSERT] {
            let mut sink = Counted { sink: stage.sink(), batches: 0 };
            let outcome = deliver(&mut sink, "t", options, &values).await;
            let outcome = outcome.expect("a refused row is no fault");
            let bad: Vec<usize> = (7..MANY).step_by(20).collect();
            assert_eq!(outcome.failures.iter().map(|it| it.record).collect::<Vec<_>>(), bad);
            for failure in &outcome.failures {
                let expected = Some(code(failure.record));
                assert_eq!(failure.cause.code.as_deref(), expected, "{failure:?}");
                assert!(!failure.cause.to_string().contains("secret"), "{failure:?}");
            }
            assert!(sink.batches < 40, "{options:?}: {} batches", sink.batches);
            stage.sql("DELETE FROM t").await;
        }
    });
}

/// What only the connection's end or a person can mend is not taken for a row's fault, however
/// many rows were at fault before.
#[test]
fn among_many_bad_rows_a_fault_stays_a_fault() {
    on_stage("isolation_fault", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY CHECK (id >= 900)); \
                 CREATE FUNCTION trip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                   IF NEW.id = 950 THEN PERFORM nothing_of_this_name(); END IF; RETURN NEW; END $$; \
                 CREATE TRIGGER trip BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE trip()",
            )
            .await;
        let values = (0..MANY).map(|id| format!(r#"{{"id":{id}}}"#));
        let given_back = stage.deliver("t", INSERT, values).await.expect_err("no such function");
        assert_eq!(given_back.error.fault, Fault::Fatal);
        assert_eq!(stage.column("SELECT count(*) FROM t").await, ["0"]);
    });
}
