//! Tables of less common kinds: views with triggers for everything, inheritance, partitions by
//! the thousand rows, unlogged tables, schemas that hide each other, columns with their own grants.

use sluice_bridge::model::failure::Fault;
use sluice_bridge::run::outcome::Outcome;
use sluice_testkit::{EventBuilder, invocation};

use crate::support::{
    BY_KEY, INSERT, Options, UPDATE, UPSERT, all_written, configure, deliver, on_stage, refused,
};

const BY_ID: (&str, &str) = ("pk.fields", "id");

/// A view that does by trigger what it is told: it takes inserts, updates and deletes, and no
/// upsert, for it has no key that could be in conflict.
#[test]
fn a_view_with_triggers_takes_updates_and_deletes() {
    on_stage("kinds_triggers", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c'); \
                 CREATE VIEW v AS SELECT id + 0 AS id, v FROM t; \
                 CREATE FUNCTION put() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 IF tg_op = 'DELETE' THEN DELETE FROM t WHERE id = old.id; RETURN old; END IF; \
                 IF tg_op = 'INSERT' THEN INSERT INTO t VALUES (new.*); RETURN new; END IF; \
                 UPDATE t SET v = upper(new.v) WHERE id = new.id; RETURN new; END $$; \
                 CREATE TRIGGER put INSTEAD OF INSERT OR UPDATE OR DELETE ON v FOR EACH ROW EXECUTE PROCEDURE put()",
            )
            .await;
        let by_id = [UPDATE, &[BY_ID]].concat();
        let values = [r#"{"id":1,"v":"x"}"#, r#"{"id":9,"v":"nobody"}"#];
        let outcome = stage.deliver("v", &by_id, values).await;
        assert_eq!(outcome, Ok(Outcome { written: 1, filtered: 1, ..Outcome::default() }));
        let event = EventBuilder::msk();
        let tombstone = event.next("v", 0).key("2");
        let body = event.record(tombstone).build();
        let by_key = [BY_KEY, &[BY_ID]].concat();
        let rules = invocation::rules(&by_key);
        assert_eq!(invocation::deliver(&mut stage.sink(), &body, &rules).await, Ok(all_written(1)));
        assert_eq!(stage.rows("SELECT * FROM t ORDER BY id").await, [["1", "X"], ["3", "c"]]);
        let upsert = [UPSERT, &[BY_ID]].concat();
        let error = stage.deliver("v", &upsert, values).await.expect_err("it has no key").error;
        assert_eq!((error.fault, error.cause.code.as_deref()), (Fault::Fatal, Some("42P10")));
    });
}

/// A view that PostgreSQL updates itself is found by the fields that are named as its key.
#[test]
fn a_view_that_updates_itself_takes_updates_and_deletes() {
    on_stage("kinds_view", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE VIEW v AS SELECT * FROM t WHERE id < 10; \
                 INSERT INTO t VALUES (1, 'a'), (2, 'b'), (11, 'out of sight')",
            )
            .await;
        let by_id = [UPDATE, &[BY_ID]].concat();
        let values = [r#"{"id":1,"v":"x"}"#, r#"{"id":11,"v":"nobody"}"#];
        let outcome = stage.deliver("v", &by_id, values).await;
        assert_eq!(outcome, Ok(Outcome { written: 1, filtered: 1, ..Outcome::default() }));
        let event = EventBuilder::msk();
        let tombstones = [event.next("v", 0).key("2"), event.next("v", 0).key("11")];
        let body = tombstones.into_iter().fold(event, EventBuilder::record).build();
        let rules = invocation::rules(&[BY_KEY, &[BY_ID]].concat());
        assert_eq!(invocation::deliver(&mut stage.sink(), &body, &rules).await, Ok(all_written(2)));
        let rows = [["1", "x"], ["11", "out of sight"]];
        assert_eq!(stage.rows("SELECT * FROM t ORDER BY id").await, rows);
    });
}

/// A policy hides rows from updates, and an upsert that meets one of them is refused.
#[test]
fn rows_that_a_policy_hides() {
    on_stage("kinds_hidden", async |stage| {
        stage
            .sql(
                "DROP ROLE IF EXISTS sluice_hidden; CREATE ROLE sluice_hidden LOGIN PASSWORD 'p'; \
                 CREATE TABLE t (id int PRIMARY KEY, v text); ALTER TABLE t ENABLE ROW LEVEL SECURITY; \
                 CREATE POLICY p ON t USING (id < 10); INSERT INTO t VALUES (1, 'a'), (11, 'b'); \
                 GRANT USAGE ON SCHEMA kinds_hidden TO sluice_hidden; GRANT ALL ON t TO sluice_hidden",
            )
            .await;
        let url = stage.url(&[]);
        let user = [
            ("connection.url", url.as_str()),
            ("connection.user", "sluice_hidden"),
            ("connection.password", "p"),
        ];
        let mut sink = configure(&user).expect("the options are good");
        let values = |v| [1, 11].map(|id| format!(r#"{{"id":{id},"v":"{v}"}}"#));
        let outcome = deliver(&mut sink, "t", UPDATE, values("x")).await;
        assert_eq!(outcome, Ok(Outcome { written: 1, filtered: 1, ..Outcome::default() }));
        let outcome = deliver(&mut sink, "t", UPSERT, values("y")).await;
        assert_eq!(refused(&outcome), [(1, Some("42501"))]);
        assert_eq!(stage.rows("SELECT * FROM t ORDER BY id").await, [["1", "y"], ["11", "b"]]);
        stage.sql("DROP OWNED BY sluice_hidden; DROP ROLE sluice_hidden").await;
    });
}

/// What can never be written to is nobody's row's fault.
#[test]
fn a_table_that_takes_no_rows_is_fatal() {
    on_stage("kinds_refusing", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE MATERIALIZED VIEW m AS SELECT * FROM t; \
                 CREATE VIEW sums AS SELECT v, count(*) AS id FROM t GROUP BY v; \
                 CREATE TABLE ruled (id int PRIMARY KEY, v text); \
                 CREATE RULE r AS ON INSERT TO ruled DO ALSO INSERT INTO t VALUES (new.*)",
            )
            .await;
        let cases: [(&str, Options<'_>, &str); 3] =
            [("m", INSERT, "42809"), ("sums", INSERT, "55000"), ("ruled", UPSERT, "0A000")];
        for (table, options, code) in cases {
            let given_back = stage.deliver(table, options, [r#"{"id":1,"v":"a"}"#]).await;
            let error = match given_back {
                Err(given_back) => given_back.error,
                Ok(outcome) => panic!("{table} takes rows: {outcome:?}"),
            };
            let told = (error.fault, error.cause.code.as_deref());
            assert_eq!(told, (Fault::Fatal, Some(code)), "{table}: {error}");
        }
        // A rule for inserts stands in no update's way.
        stage.sql("INSERT INTO ruled VALUES (1, 'a')").await;
        let values = [r#"{"id":1,"v":"b"}"#];
        assert_eq!(stage.deliver("ruled", UPDATE, values).await, Ok(all_written(1)));
    });
}

/// Rows of a partitioned table in thousands, by COPY and over the temporary table.
#[test]
fn a_partitioned_table_in_bulk() {
    on_stage("kinds_partitions", async |stage| {
        let create = "CREATE TABLE t (id int, part int, v text, PRIMARY KEY (id, part)) PARTITION BY LIST (part); \
             CREATE TABLE t_0 PARTITION OF t FOR VALUES IN (0); \
             CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1) PARTITION BY RANGE (id); \
             CREATE TABLE t_1_low PARTITION OF t_1 FOR VALUES FROM (0) TO (5000)";
        if !stage.sql_since(110_000, create).await {
            return;
        }
        let bad = |id: u32| if id == 77 { 2 } else { id % 2 };
        for (options, v) in [(INSERT, "a"), (UPSERT, "b")] {
            let values =
                (0..2_000).map(|id| format!(r#"{{"id":{id},"part":{},"v":"{v}"}}"#, bad(id)));
            let outcome = stage.deliver("t", options, values).await;
            assert_eq!(refused(&outcome), [(77, Some("23514"))], "{options:?}");
            for (table, count) in [("t_0", "1000"), ("t_1_low", "999")] {
                let stored = format!("SELECT count(*) FROM {table} WHERE v = '{v}'");
                assert_eq!(stage.column(&stored).await, [count], "{options:?}");
            }
        }
    });
}

/// Partitions as they were made before there were any: a trigger sends rows to the children.
#[test]
fn children_that_a_trigger_fills() {
    on_stage("kinds_children", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE low (CHECK (id < 10), PRIMARY KEY (id)) INHERITS (t); \
                 CREATE FUNCTION send() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 IF new.id >= 10 THEN RETURN new; END IF; INSERT INTO low VALUES (new.*); RETURN NULL; END $$; \
                 CREATE TRIGGER s BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE send()",
            )
            .await;
        let values = [r#"{"id":1,"v":"a"}"#, r#"{"id":11,"v":"b"}"#];
        assert_eq!(stage.deliver("t", INSERT, values).await, Ok(all_written(2)));
        assert_eq!(stage.column("SELECT v FROM ONLY t").await, ["b"]);
        assert_eq!(stage.column("SELECT v FROM low").await, ["a"]);
        // An update finds the rows of the children too.
        let values = [r#"{"id":1,"v":"c"}"#, r#"{"id":11,"v":"d"}"#];
        assert_eq!(stage.deliver("t", UPDATE, values).await, Ok(all_written(2)));
        assert_eq!(stage.column("SELECT v FROM low").await, ["c"]);
        // The server looks for an upsert's key in the table itself; what it refuses is an update.
        let values = [r#"{"id":1,"v":"e"}"#];
        assert_eq!(stage.deliver("t", UPSERT, values).await, Ok(all_written(1)));
        assert_eq!(stage.column("SELECT v FROM low").await, ["e"]);
    });
}

#[test]
fn an_unlogged_table() {
    on_stage("kinds_unlogged", async |stage| {
        stage.sql("CREATE UNLOGGED TABLE t (id int PRIMARY KEY, v text)").await;
        for options in [INSERT, UPSERT] {
            let values = (0..1_500).map(|id| format!(r#"{{"id":{id},"v":"a"}}"#));
            assert_eq!(stage.deliver("t", options, values).await, Ok(all_written(1_500)));
            assert_eq!(stage.column("SELECT count(*) FROM t").await, ["1500"]);
        }
    });
}

#[test]
fn a_schema_is_named_before_the_dot() {
    on_stage("table_schema", async |stage| {
        stage
            .sql("DROP SCHEMA IF EXISTS \"Table Schema 2\" CASCADE; CREATE SCHEMA \"Table Schema 2\"; \
                  CREATE TABLE \"Table Schema 2\".\"a.b\" (id int PRIMARY KEY); CREATE TABLE \"a.b\" (no int)")
            .await;
        for (mode, id) in [(INSERT, 1), (UPSERT, 2)] {
            let mut options = mode.to_vec();
            options.push(("table.name.format", "Table Schema 2.${topic}"));
            let value = format!("{{\"id\":{id}}}");
            assert_eq!(stage.deliver("a.b", &options, [value]).await, Ok(all_written(1)));
        }
        let rows = stage.column("SELECT id FROM \"Table Schema 2\".\"a.b\" ORDER BY id").await;
        assert_eq!(rows, ["1", "2"]);
        stage.sql("DROP SCHEMA \"Table Schema 2\" CASCADE").await;
    });
}

/// The first schema of the search path that has the table, unless one is named.
#[test]
fn schemas_that_hide_each_other() {
    on_stage("kinds_schemas", async |stage| {
        stage
            .sql(
                "DROP SCHEMA IF EXISTS kinds_front CASCADE; CREATE SCHEMA kinds_front; \
                 CREATE TABLE kinds_front.t (id int PRIMARY KEY); CREATE TABLE t (id bigint, v text); \
                 CREATE TABLE only_here (id int)",
            )
            .await;
        let here = stage.url(&[]);
        let both = here.replace("search_path%3D", "search_path%3Dkinds_front,");
        let mut sink = configure(&[("connection.url", &both)]).expect("a good address");
        let named = [INSERT, &[("table.name.format", "kinds_schemas.${topic}")]].concat();
        let cases: [(&str, Options<'_>, &str); 3] = [
            ("t", INSERT, r#"{"id":1}"#),
            ("t", &named, r#"{"id":2,"v":"a"}"#),
            ("only_here", INSERT, r#"{"id":3}"#),
        ];
        for (table, options, value) in cases {
            assert_eq!(deliver(&mut sink, table, options, [value]).await, Ok(all_written(1)));
        }
        let rows = "SELECT id FROM kinds_front.t UNION ALL SELECT id FROM t UNION ALL SELECT id FROM only_here";
        assert_eq!(stage.column(rows).await, ["1", "2", "3"]);
        stage.sql("DROP SCHEMA kinds_front CASCADE").await;
    });
}

/// Grants on columns are enough: nothing more is asked of the table than is written.
#[test]
fn grants_on_columns_alone() {
    on_stage("kinds_grants", async |stage| {
        stage
            .sql(
                "DROP ROLE IF EXISTS sluice_columns; CREATE ROLE sluice_columns LOGIN PASSWORD 'p'; \
                 CREATE TABLE t (id int PRIMARY KEY, v text, secret text DEFAULT 's'); \
                 CREATE VIEW v AS SELECT * FROM t; \
                 GRANT USAGE ON SCHEMA kinds_grants TO sluice_columns; \
                 GRANT INSERT (id, v) ON t, v TO sluice_columns",
            )
            .await;
        let url = stage.url(&[]);
        let user = [
            ("connection.url", url.as_str()),
            ("connection.user", "sluice_columns"),
            ("connection.password", "p"),
        ];
        let mut sink = configure(&user).expect("the options are good");
        for (table, value) in [("t", r#"{"id":1,"v":"a"}"#), ("v", r#"{"id":2,"v":"b"}"#)] {
            assert_eq!(
                deliver(&mut sink, table, INSERT, [value]).await,
                Ok(all_written(1)),
                "{table}"
            );
        }
        stage.sql("GRANT SELECT (id, v), UPDATE (v) ON t TO sluice_columns").await;
        let values = [r#"{"id":1,"v":"c"}"#];
        assert_eq!(deliver(&mut sink, "t", UPSERT, values).await, Ok(all_written(1)));
        let rows = [["1", "c", "s"], ["2", "b", "s"]];
        assert_eq!(stage.rows("SELECT * FROM t ORDER BY id").await, rows);
        stage.sql("DROP OWNED BY sluice_columns; DROP ROLE sluice_columns").await;
    });
}
