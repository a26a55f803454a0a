//! Names that only quoting survives.

use sluice_bridge::failure::Fault;
use sluice_testkit::{EventBuilder, invocation};

use crate::support::{INSERT, UPDATE, UPSERT, all_written, everywhere, refused};

const HOSTILE: [&str; 16] = [
    "order",
    "Mixed Case",
    "back`tick",
    "`",
    "quote\"d",
    "semi;colon--",
    "dotted.topic.name",
    "naïve-東京",
    "$1",
    "?",
    ":named",
    "new\nline",
    "o'clock\\",
    "values",
    "c0",
    "/* no comment */",
];

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

#[test]
fn hostile_names_of_tables_and_columns() {
    everywhere("table_names", async |stage| {
        for name in HOSTILE {
            let (table, column) = (quoted(name), quoted(name));
            stage
                .sql(&format!(
                    "CREATE TABLE {table} (id int PRIMARY KEY, {column} varchar(9), `select` int UNIQUE)"
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
            stage.sql(&format!("ALTER TABLE {table} ADD must int NOT NULL")).await;
            let written = stage.deliver(name, UPSERT, [value(1, "f")]).await;
            assert_eq!(written, Ok(all_written(1)), "{name}");
            assert_eq!(stage.rows(&rows).await, [["1", "f"], ["2", "c"], ["3", "e"]], "{name}");
            assert_eq!(stage.deliver_key(name, "2", None).await, Ok(all_written(1)), "{name}");
            assert_eq!(stage.rows(&rows).await, [["1", "f"], ["3", "e"]], "{name}");
        }
    });
}

/// Whatever a column is called, the row that the server points at is the bad one.
#[test]
fn hostile_names_do_not_point_at_another_row() {
    everywhere("table_pointers", async |stage| {
        let names = ["c at row 1", "' at row 1", "c` at row 1", "column 'id' at row 1", "row 1"];
        let mut misled = Vec::new();
        for name in names {
            let (table, column) = (quoted(name), quoted(name));
            stage
                .sql(&format!(
                    "CREATE TABLE {table} (id int PRIMARY KEY, {column} varchar(50) CHARACTER SET latin1)"
                ))
                .await;
            let key = serde_json::Value::from(name);
            let values: Vec<String> = (0..9)
                .map(|id| {
                    let text = if id == 5 { "東京 at row 1" } else { "fine" };
                    format!(r#"{{"id":{id},{key}:"{text}"}}"#)
                })
                .collect();
            let outcome = stage.deliver(name, INSERT, values).await;
            let stored = stage.column(&format!("SELECT COUNT(*) FROM {table}")).await;
            let refused: Vec<usize> = refused(&outcome).into_iter().map(|it| it.0).collect();
            if refused != [5] || stored != ["8"] {
                misled.push((name, outcome));
            }
        }
        assert!(misled.is_empty(), "innocent rows were refused in {misled:#?}");
    });
}

#[test]
fn a_name_too_long_is_no_table() {
    everywhere("table_long_names", async |stage| {
        let longest = "n".repeat(64);
        stage.sql(&format!("CREATE TABLE {longest} (id int)")).await;
        assert_eq!(stage.deliver(&longest, INSERT, [r#"{"id":1}"#]).await, Ok(all_written(1)));
        for name in [format!("{longest}n"), "🦀".to_owned(), "t ".to_owned()] {
            let given_back = stage.deliver(&name, INSERT, [r#"{"id":2}"#]).await.expect_err(&name);
            assert_eq!(given_back.error.fault, Fault::Fatal, "{name}: {given_back:?}");
        }
        assert_eq!(stage.column(&format!("SELECT id FROM {longest}")).await, ["1"]);
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

#[test]
fn topics_of_one_event_go_to_their_own_tables() {
    everywhere("table_topics", async |stage| {
        stage.sql("CREATE TABLE `a-b` (id int); CREATE TABLE c (name text, at time)").await;
        let event = EventBuilder::self_managed()
            .values("a-b", 0, [r#"{"id":1}"#, r#"{"id":"x"}"#])
            .values("c", 3, [r#"{"name":"n"}"#, r#"{"at":"01:02:03"}"#])
            .values("a-b", 1, [r#"{"id":2}"#]);
        let rules = invocation::rules(INSERT);
        let outcome = invocation::deliver(&mut stage.sink(), &event.build(), &rules).await;
        assert_eq!(refused(&outcome).len(), 1);
        assert_eq!(stage.column("SELECT id FROM `a-b` ORDER BY 1").await, ["1", "2"]);
        assert_eq!(stage.column("SELECT COUNT(*) FROM c").await, ["2"]);
    });
}
