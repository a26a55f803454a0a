//! How a table is read for a comparison.

use std::ops::ControlFlow;

use databend::DatabendSink;
use serde_json::json;
use sluice_bridge::compare::{Chosen, Class, Compare, Description, Line, Reached, Rows, Selection};
use sluice_bridge::model::table::TableName;
use sluice_testkit::invocation;

use crate::subject::Server;

const VALUES: &str = "SELECT 1, 12.50, true, 0.1, 0.1, 'a\\n', unhex('00ff'), '2026-01-02', '2026-01-02 03:04:05.5', \
    '2026-01-02 03:04:05 +0530', parse_json('{\"b\": 1.50, \"a\": [1]}'), [1, NULL], {'k': 1}, ('x', 2), [1, 2.5], \
    to_geometry('POINT(1 2)'), to_bitmap('1,2'), to_interval('1 day')";

fn name() -> TableName {
    TableName { schema: None, name: "t".to_owned() }
}

async fn scene(columns: &str, rows: &[&str]) -> (Server, DatabendSink, Description) {
    let server = Server::new().await;
    server.admin.query(&format!("CREATE TABLE t ({columns})")).await;
    for rows in rows {
        server.admin.query(&format!("INSERT INTO t {rows}")).await;
    }
    let mut sink = server.sink_with(&[]);
    let description = sink.describe(&name()).await.expect("an answer").expect("a table");
    (server, sink, description)
}

/// All columns, by the key that the description names.
fn selection(description: &Description, rows: Rows) -> Selection {
    let columns = description.columns.iter();
    let place = |key: &String| description.columns.iter().position(|it| it.name == *key);
    Selection {
        table: name(),
        columns: columns.map(|it| Chosen { name: it.name.clone(), class: it.class }).collect(),
        key: description.key.iter().filter_map(place).collect(),
        tolerance: Default::default(),
        rows,
    }
}

/// The canonical texts of so many rows, and how far they were read.
async fn read(
    sink: &mut DatabendSink,
    selection: &Selection,
    most: usize,
) -> (Vec<Vec<String>>, Reached) {
    let mut lines = Vec::new();
    let mut each = |line: &Line| {
        let text = |column| {
            line.get(column).map_or("∅".to_owned(), |it| String::from_utf8_lossy(it).into_owned())
        };
        lines.push((0..line.len()).map(text).collect());
        if lines.len() == most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let reached = sink.read(selection, &mut each).await.expect("an answer");
    (lines, reached)
}

#[test]
fn each_type_has_its_canonical_text() {
    invocation::run(async {
        let columns = "i BIGINT NOT NULL, d DECIMAL(9, 4), b BOOLEAN, f FLOAT, g DOUBLE, s VARCHAR, y BINARY, \
            a DATE, m TIMESTAMP, z TIMESTAMP_TZ, v VARIANT, r ARRAY(INT), p MAP(STRING, INT), u TUPLE(x VARCHAR, y INT), \
            w VECTOR(2), o GEOMETRY, t BITMAP, l INTERVAL";
        let (_server, mut sink, description) = scene(columns, &[VALUES]).await;
        assert_eq!((description.rows, &*description.key), (1, &[][..]));
        let (lines, reached) =
            read(&mut sink, &selection(&description, Rows::Behind(None)), usize::MAX).await;
        let expected = [
            "1",
            "12.5",
            "1",
            "0.1",
            "0.1",
            "a\n",
            "00ff",
            "2026-01-02",
            "2026-01-02T03:04:05.5Z",
            "2026-01-01T21:34:05Z",
            "{\"a\":[1],\"b\":1.5}",
            "[1,null]",
            "{\"k\":1}",
            "{\"x\":\"x\",\"y\":2}",
            "[1,2.5]",
            "POINT(1 2)",
            "1,2",
            "1 day",
        ];
        assert_eq!((lines, reached), (vec![expected.map(str::to_owned).to_vec()], Reached::End));
        let classes = description.columns.iter().map(|it| it.class);
        let documents = classes.filter(|class| [Class::Json, Class::Array].contains(class)).count();
        assert_eq!(documents, 5);
        assert_eq!(sink.describe(&TableName { name: "none".to_owned(), ..name() }).await, Ok(None));
    });
}

/// A key is named by the table's comment. Reading stops behind any row, is cancelled, and goes on from there.
#[test]
fn rows_are_read_in_the_order_of_their_key() {
    invocation::run(async {
        let columns = "a INT NOT NULL, b VARCHAR NOT NULL) COMMENT = 'primary key [\"a\", \"b\"]'";
        let columns = columns.replacen(") COMMENT", ", n INT NULL) COMMENT", 1);
        let server = Server::new().await;
        server.admin.query(&format!("CREATE TABLE t ({columns}")).await;
        server
            .admin
            .query("INSERT INTO t VALUES (2, 'it''s', 1), (1, 'x', 2), (2, 'a', NULL)")
            .await;
        let mut sink = server.sink_with(&[]);
        let description = sink.describe(&name()).await.expect("an answer").expect("a table");
        assert_eq!((description.rows, description.key.join(",")), (3, "a,b".to_owned()));
        server.admin.trouble("page", "ORDER BY", json!({"rows": 2})).await;
        let (mut all, mut behind) = (Vec::new(), None);
        while let (lines, Reached::Stopped(Some(key))) =
            read(&mut sink, &selection(&description, Rows::Behind(behind)), 1).await
        {
            all.extend(lines);
            behind = Some(key);
        }
        let row = |texts: [&str; 3]| texts.map(str::to_owned).to_vec();
        let [first, second, third] =
            [row(["1", "x", "2"]), row(["2", "a", "∅"]), row(["2", "it's", "1"])];
        assert_eq!(all, [first.clone(), second, third.clone()]);
        let seen = server.admin.seen().await;
        assert!(seen.iter().any(|(it, _)| it.starts_with("kill ")), "the rest is cancelled");
        let keys = [["2", "it's"], ["1", "x"], ["7", "' OR 1 = 1 --"]];
        let keys = keys.map(|key| key.map(str::to_owned).to_vec()).to_vec();
        let (mut lines, _) =
            read(&mut sink, &selection(&description, Rows::Keys(keys)), usize::MAX).await;
        lines.sort();
        assert_eq!(lines, [first, third]);
    });
}

/// A key that two rows have is not one.
#[test]
fn a_key_that_occurs_twice_is_not_named() {
    invocation::run(async {
        let server = Server::new().await;
        server
            .admin
            .query("CREATE TABLE t (id INT NOT NULL) COMMENT = 'primary key [\"id\"]'")
            .await;
        server.admin.query("INSERT INTO t VALUES (1), (2), (1)").await;
        let mut sink = server.sink_with(&[]);
        let description = sink.describe(&name()).await.expect("an answer").expect("a table");
        assert_eq!((description.rows, &*description.key), (3, &[][..]));
        let whole = selection(&description, Rows::Behind(None));
        let (lines, reached) = read(&mut sink, &whole, 2).await;
        assert_eq!((lines.len(), reached), (2, Reached::Stopped(None)));
    });
}
