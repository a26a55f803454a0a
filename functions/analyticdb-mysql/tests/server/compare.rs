//! Reading for a comparison: every row once however often it is stopped, whatever the key, and the
//! same text whatever the server is set to.

use std::ops::ControlFlow;

use analyticdb_mysql::MySqlSink;
use sluice_bridge::compare::{Chosen, Class, Compare, Line, Reached, Rows, Selection, Tolerance};
use sluice_bridge::model::table::TableName;

use crate::support::everywhere;

type Row = Vec<Option<String>>;

/// A selection of these columns, compared as what they are.
async fn selection(sink: &mut MySqlSink, table: &str, key: &[usize]) -> Selection {
    let table = TableName::parse(table).expect("a name");
    let described = sink.describe(&table).await.expect("it can be read").expect("it is there");
    let class = |class: Class| class.common(class).expect("a class is itself");
    let columns = described.columns.into_iter();
    let columns = columns.map(|column| Chosen { name: column.name, class: class(column.class) });
    Selection {
        table,
        columns: columns.collect(),
        key: key.to_vec(),
        tolerance: Tolerance::default(),
        rows: Rows::Behind(None),
    }
}

/// All rows, read `step` at a time, and how often the reading was stopped.
async fn read(sink: &mut MySqlSink, selection: &Selection, step: usize) -> (Vec<Row>, usize) {
    let (mut rows, mut stops) = (Vec::new(), 0);
    let mut selection = selection.clone();
    loop {
        let mut left = step;
        let mut each = |line: &Line| {
            let text = |column| line.get(column).map(|text| String::from_utf8_lossy(text).into());
            rows.push((0..line.len()).map(text).collect());
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        match sink.read(&selection, &mut each).await.expect("it can be read") {
            Reached::End => return (rows, stops),
            Reached::Stopped(place) => {
                stops += 1;
                selection.rows = Rows::Behind(Some(place.expect("there is a key to go on by")));
            }
        }
    }
}

#[test]
fn a_reading_goes_on_where_it_was_stopped() {
    everywhere("compare_stops", async |stage| {
        for (nth, (key, values)) in [
            ("k int", "(3), (-1), (2), (10)"),
            ("k bigint unsigned", "(18446744073709551615), (0), (9223372036854775808)"),
            ("k decimal(12,2)", "(0.5), (-1), (7)"),
            ("k varchar(9) COLLATE utf8mb4_unicode_ci", "('é'), ('B'), ('a'), (''), ('c''\\\\')"),
            ("k varchar(9) CHARACTER SET latin1", "('é'), ('B'), ('a')"),
            ("k char(9) COLLATE utf8mb4_bin", "('é'), ('B'), ('a'), ('')"),
            ("k varbinary(9)", "(x'00'), (x''), (x'ff00'), (x'0001')"),
            ("k date", "('2026-11-20'), ('1000-01-01'), ('1999-12-31')"),
            ("k datetime(6)", "('2026-11-20 10:15:30.000001'), ('1999-12-31')"),
            ("k timestamp(6)", "('2026-11-20 10:15:30.000001'), ('1999-12-31')"),
            ("k time(6)", "('10:15:30.000001'), ('-12:00'), ('100:00')"),
            ("j varchar(9), k int", "('b', 1), ('a', 2), ('a', 1), ('C', 9)"),
        ]
        .into_iter()
        .enumerate()
        {
            let table = format!("t{nth}");
            let primary = if key.contains(" int") && key.contains("j ") { "j, k" } else { "k" };
            stage.sql(&format!("CREATE TABLE {table} ({key}, PRIMARY KEY ({primary}))")).await;
            stage.sql(&format!("INSERT INTO {table} VALUES {values}")).await;
            for zone in ["UTC", "Europe/Berlin"] {
                let mut sink = stage.sink_with(&[("db.timezone", zone)]);
                let selection = selection(&mut sink, &table, &[0]).await;
                let (whole, stops) = read(&mut sink, &selection, usize::MAX).await;
                assert_eq!(stops, 0);
                let (parts, stops) = read(&mut sink, &selection, 1).await;
                assert_eq!((&parts, stops), (&whole, whole.len()), "{key}");
                assert_eq!(whole.len(), values.matches('(').count(), "{key}");
            }
        }
    });
}

/// It is sorted by the places of its labels and compared by their texts.
#[test]
fn an_enum_is_no_place_to_go_on_from() {
    everywhere("compare_enum", async |stage| {
        stage.sql("CREATE TABLE t (k ENUM('b', 'a') PRIMARY KEY)").await;
        stage.sql("INSERT INTO t VALUES ('a'), ('b')").await;
        let mut sink = stage.sink();
        let selection = selection(&mut sink, "t", &[0]).await;
        let reached = sink.read(&selection, &mut |_| ControlFlow::Break(())).await;
        assert_eq!(reached.expect("it can be read"), Reached::Stopped(None));
    });
}

#[test]
fn values_that_a_lax_server_lets_in_are_told_as_they_are() {
    everywhere("compare_lax", async |stage| {
        stage.sql("SET SESSION sql_mode = ''").await;
        stage
            .sql("CREATE TABLE t (id int PRIMARY KEY, day date, at datetime, f float, b bit(4), z int zerofill)")
            .await;
        stage.sql("INSERT INTO t VALUES (1, '0000-00-00', '2026-00-10', 0.1, b'101', 7)").await;
        stage.sql("SET SESSION sql_mode = DEFAULT").await;
        let mut sink = stage.sink();
        let selection = selection(&mut sink, "t", &[0]).await;
        let (rows, _) = read(&mut sink, &selection, usize::MAX).await;
        let told: Vec<&str> = rows[0].iter().map(|text| text.as_deref().unwrap_or("∅")).collect();
        assert_eq!(told, ["1", "0000-00-00", "2026-00-10 00:00:00.000000", "0.1", "0101", "7"]);
    });
}

#[test]
fn nothing_runs_on_when_a_reading_is_stopped() {
    everywhere("compare_stopped", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v varchar(1000))").await;
        let rows: Vec<String> = (0..2_000).map(|id| format!("({id}, repeat('x', 1000))")).collect();
        stage.sql(&format!("INSERT INTO t VALUES {}", rows.join(","))).await;
        let mut sink = stage.sink_of_user(&["SELECT ON compare_stopped.*"]).await;
        let selection = selection(&mut sink, "t", &[0]).await;
        let reached = sink.read(&selection, &mut |_| ControlFlow::Break(())).await;
        assert!(matches!(reached, Ok(Reached::Stopped(Some(place))) if place == ["0"]));
        let running =
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'compare_stopped'";
        for _ in 0..200 {
            if stage.column(running).await == ["0"] {
                return stage.sql("DROP USER 'compare_stopped'@'%'").await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("a session still runs");
    });
}
