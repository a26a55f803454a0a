//! Names that only quoting survives.

use sluice_testkit::{EventBuilder, invocation};

use crate::support::{INSERT, UPDATE, UPSERT, all_written, on_stage, refused};

const HOSTILE: [&str; 14] = [
    "order",
    "Mixed Case",
    "quote\"d",
    "semi;colon--",
    "dotted.topic.name",
    "naïve-東京-🦀",
    "$1",
    "new\nline",
    "o'clock\\",
    "s",
    "found",
    "place",
    "excluded",
    "c0",
];

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[test]
fn hostile_names_of_tables_and_columns() {
    on_stage("table_names", async |stage| {
        for name in HOSTILE {
            let (table, column) = (quoted(name), quoted(name));
            stage
                .sql(&format!(
                    "CREATE TABLE {table} (id int PRIMARY KEY, {column} text, \"select\" inet)"
                ))
                .await;
            let value = |id: i32, text: &str| {
                let key = serde_json::Value::from(name);
                format!(r#"{{"id":{id},{key}:"{text}"}}"#)
            };
            let rows = format!("SELECT id, {column} FROM {table} ORDER BY id");
            let written = stage.deliver(name, INSERT, [value(1, "a"), value(2, "b")]).await;
            assert_eq!(written, Ok(all_written(2)), "{name}");
            let written = stage.deliver(name, UPSERT, [value(2, "c"), value(3, "d")]).await;
            assert_eq!(written, Ok(all_written(2)), "{name}");
            let written = stage.deliver(name, UPDATE, [value(3, "e")]).await;
            assert_eq!(written, Ok(all_written(1)), "{name}");
            assert_eq!(stage.rows(&rows).await, [["1", "a"], ["2", "c"], ["3", "e"]], "{name}");
            let must = "ADD must int NOT NULL DEFAULT 0; ALTER TABLE";
            stage.sql(&format!("ALTER TABLE {table} {must} {table} ALTER must DROP DEFAULT")).await;
            let written = stage.deliver(name, UPSERT, [value(1, "f")]).await;
            assert_eq!(written, Ok(all_written(1)), "{name}");
            assert_eq!(stage.rows(&rows).await, [["1", "f"], ["2", "c"], ["3", "e"]], "{name}");
            assert_eq!(stage.deliver_key(name, "2", None).await, Ok(all_written(1)), "{name}");
            assert_eq!(stage.rows(&rows).await, [["1", "f"], ["3", "e"]], "{name}");
        }
    });
}

/// Whatever a table is called, COPY's pointer finds the bad row: the names below look like
/// what surrounds them in the server's context.
#[test]
fn hostile_names_do_not_point_at_another_row() {
    on_stage("table_pointers", async |stage| {
        let names =
            ["t, line 1", "c, line 1, column x", "COPY t, line 1", "t: \"", "a\nCOPY t, line 1"];
        let mut misled = Vec::new();
        for name in names {
            let (table, column) = (quoted(name), quoted(name));
            stage.sql(&format!("CREATE TABLE {table} (id int PRIMARY KEY, {column} jsonb)")).await;
            let key = serde_json::Value::from(name);
            let values: Vec<String> = (0..9)
                .map(|id| {
                    let text = if id == 5 { "\\u0000" } else { "fine" };
                    format!(r#"{{"id":{id},{key}:"{text}"}}"#)
                })
                .collect();
            let outcome = stage.deliver(name, INSERT, values).await;
            let stored = stage.column(&format!("SELECT count(*) FROM {table}")).await;
            if refused(&outcome) != [(5, Some("22P05"))] || stored != ["8"] {
                misled.push(name);
            }
        }
        assert!(misled.is_empty(), "innocent rows were refused in {misled:?}");
    });
}

/// The server cuts a name after 63 bytes: a longer one must not find what is left of it.
#[test]
fn a_name_too_long_is_no_other_table() {
    on_stage("table_long_names", async |stage| {
        let longest = "n".repeat(63);
        stage.sql(&format!("CREATE TABLE {longest} (id int)")).await;
        assert_eq!(stage.deliver(&longest, INSERT, [r#"{"id":1}"#]).await, Ok(all_written(1)));
        let too_long = format!("{longest}n");
        let given_back = stage.deliver(&too_long, INSERT, [r#"{"id":2}"#]).await.unwrap_err();
        assert_eq!(given_back.error.fault, sluice_bridge::failure::Fault::Fatal);
        assert_eq!(stage.column(&format!("SELECT id FROM {longest}")).await, ["1"]);
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

#[test]
fn topics_of_one_event_go_to_their_own_tables() {
    on_stage("table_topics", async |stage| {
        stage.sql("CREATE TABLE \"a-b\" (id int); CREATE TABLE c (name text, at inet)").await;
        let event = EventBuilder::self_managed()
            .values("a-b", 0, [r#"{"id":1}"#, r#"{"id":"x"}"#])
            .values("c", 3, [r#"{"name":"n"}"#, r#"{"at":"::1"}"#])
            .values("a-b", 1, [r#"{"id":2}"#]);
        let rules = invocation::rules(INSERT);
        let outcome = invocation::deliver(&mut stage.sink(), &event.build(), &rules).await;
        assert_eq!(refused(&outcome).len(), 1);
        assert_eq!(stage.column("SELECT id FROM \"a-b\" ORDER BY 1").await, ["1", "2"]);
        assert_eq!(stage.column("SELECT count(*) FROM c").await, ["2"]);
    });
}

/// What one table refuses last must not spoil the next table's turn.
#[test]
fn a_refused_row_before_another_table() {
    on_stage("table_turns", async |stage| {
        for options in [INSERT, UPSERT] {
            stage
                .sql(
                    "DROP TABLE IF EXISTS a, b; CREATE TABLE b (id int PRIMARY KEY); \
                     CREATE TABLE a (id int PRIMARY KEY, v int CHECK (v > 0))",
                )
                .await;
            let event = EventBuilder::msk()
                .values("a", 0, [r#"{"id":1,"v":1}"#, r#"{"id":2,"v":0}"#])
                .values("b", 0, [r#"{"id":1}"#])
                .values("a", 1, [r#"{"id":3,"v":0}"#]);
            let rules = invocation::rules(options);
            let outcome = invocation::deliver(&mut stage.sink(), &event.build(), &rules).await;
            assert_eq!(refused(&outcome), [(1, Some("23514")), (3, Some("23514"))]);
            assert_eq!(stage.column("SELECT id FROM a").await, ["1"]);
            assert_eq!(stage.column("SELECT id FROM b").await, ["1"]);
        }
    });
}
