//! Things that are written to like a table: partitions, views, tables with policies.

use crate::support::{INSERT, UPDATE, UPSERT, all_written, configure, on_stage, refused};

#[test]
fn a_partitioned_table() {
    on_stage("table_partitions", async |stage| {
        let create = "CREATE TABLE t (id int, at date, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); \
                 CREATE TABLE t_25 PARTITION OF t FOR VALUES FROM ('2025-01-01') TO ('2026-01-01'); \
                 CREATE TABLE t_26 (v text, at date NOT NULL, id int NOT NULL); \
                 ALTER TABLE t ATTACH PARTITION t_26 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')";
        if !stage.sql_since(110_000, create).await {
            return;
        }
        let values = [
            r#"{"id":1,"at":"2025-06-01","v":"a"}"#,
            r#"{"id":2,"at":"2026-06-01","v":"b"}"#,
            r#"{"id":3,"at":"2030-01-01","v":"no partition"}"#,
        ];
        for options in [INSERT, UPSERT] {
            stage.sql("TRUNCATE t").await;
            let outcome = stage.deliver("t", options, values).await;
            assert_eq!(refused(&outcome), [(2, Some("23514"))]);
            assert_eq!(stage.column("SELECT v FROM t_25").await, ["a"]);
            assert_eq!(stage.column("SELECT v FROM t_26").await, ["b"]);
        }
        let moved = [r#"{"id":2,"at":"2026-06-01","v":"c"}"#, r#"{"id":1,"at":"2026-06-01"}"#];
        let outcome = stage.deliver("t", UPDATE, moved).await.unwrap();
        assert_eq!((outcome.written, outcome.filtered), (1, 1));
        assert_eq!(stage.column("SELECT v FROM t_26").await, ["c"]);
    });
}

#[test]
fn a_view_with_a_trigger_takes_inserts() {
    on_stage("table_view_trigger", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int, v text); CREATE VIEW v AS SELECT id + 0 AS id, v FROM t; \
                 CREATE FUNCTION put() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN INSERT INTO t VALUES (new.id, upper(new.v)); RETURN new; END $$; \
                 CREATE TRIGGER put INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE PROCEDURE put()",
            )
            .await;
        let values = [r#"{"id":1,"v":"a"}"#, r#"{"id":2,"v":"b"}"#];
        assert_eq!(stage.deliver("v", INSERT, values).await, Ok(all_written(2)));
        assert_eq!(stage.rows("SELECT * FROM t ORDER BY id").await, [["1", "A"], ["2", "B"]]);
    });
}

/// A plain view takes rows, and what a record leaves out takes the default of the table
/// beneath it.
#[test]
fn a_view_that_updates_itself_takes_rows() {
    on_stage("table_view", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, v text DEFAULT 'none', w text); \
                 CREATE VIEW v AS SELECT * FROM t WHERE id < 10 WITH CHECK OPTION",
            )
            .await;
        let by_id = [UPSERT, &[("pk.fields", "id")]].concat();
        for options in [&by_id, INSERT] {
            stage.sql("TRUNCATE t").await;
            let values = [r#"{"id":1,"v":"a"}"#, r#"{"id":2}"#, r#"{"id":10}"#];
            let outcome = stage.deliver("v", options, values).await;
            assert_eq!(refused(&outcome), [(2, Some("44000"))], "{options:?}");
            let rows = stage.rows("SELECT id, v FROM t ORDER BY id").await;
            assert_eq!(rows, [["1", "a"], ["2", "none"]], "{options:?}");
        }
    });
}

/// COPY would pass rules by: rows must still go where an insert goes.
#[test]
fn a_rule_is_obeyed() {
    on_stage("table_rule", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int, v text); CREATE TABLE archive (id int, v text); \
                 CREATE RULE r AS ON INSERT TO t WHERE new.id < 10 DO INSTEAD INSERT INTO archive VALUES (new.*)",
            )
            .await;
        let values = [r#"{"id":1,"v":"old"}"#, r#"{"id":10,"v":"new"}"#];
        assert_eq!(stage.deliver("t", INSERT, values).await, Ok(all_written(2)));
        assert_eq!(stage.column("SELECT v FROM archive").await, ["old"]);
        assert_eq!(stage.column("SELECT v FROM t").await, ["new"]);
    });
}

/// As wide as tables go; the server allows a function a hundred arguments.
#[test]
fn a_table_of_many_columns() {
    on_stage("table_wide", async |stage| {
        let columns: String = (0..1500).map(|number| format!(", c{number} int")).collect();
        stage.sql(&format!("CREATE TABLE t (id int PRIMARY KEY{columns})")).await;
        let members: String = (0..1500).map(|number| format!(",\"c{number}\":{number}")).collect();
        for (id, options) in [(1, INSERT), (2, UPSERT), (2, UPDATE)] {
            let value = format!("{{\"id\":{id}{members}}}");
            assert_eq!(
                stage.deliver("t", options, [value]).await,
                Ok(all_written(1)),
                "{options:?}"
            );
        }
        let ends = stage.rows("SELECT id, c0, c1499 FROM t ORDER BY id").await;
        assert_eq!(ends, [["1", "0", "1499"], ["2", "0", "1499"]]);
    });
}

/// A policy that refuses a row costs that row; COPY cannot be used where policies hold.
#[test]
fn row_level_security() {
    on_stage("table_policy", async |stage| {
        stage
            .sql(
                "DROP ROLE IF EXISTS sluice_policy; CREATE ROLE sluice_policy LOGIN PASSWORD 'policy'; \
                 CREATE TABLE t (id int PRIMARY KEY, v text); ALTER TABLE t ENABLE ROW LEVEL SECURITY; \
                 CREATE POLICY p ON t USING (true) WITH CHECK (id < 10); \
                 GRANT USAGE ON SCHEMA table_policy TO sluice_policy; \
                 GRANT ALL ON t TO sluice_policy",
            )
            .await;
        let url = stage.url(&[]);
        let user = [
            ("connection.url", url.as_str()),
            ("connection.user", "sluice_policy"),
            ("connection.password", "policy"),
        ];
        for options in [UPSERT, INSERT] {
            stage.sql("TRUNCATE t").await;
            let mut sink = configure(&user).unwrap();
            let values = [r#"{"id":1}"#, r#"{"id":10}"#, r#"{"id":2,"v":"a"}"#];
            let outcome = crate::support::deliver(&mut sink, "t", options, values).await;
            assert_eq!(refused(&outcome), [(1, Some("42501"))], "{options:?}");
            assert_eq!(stage.column("SELECT id FROM t ORDER BY id").await, ["1", "2"]);
        }
        stage.sql("DROP OWNED BY sluice_policy; DROP ROLE sluice_policy").await;
    });
}
