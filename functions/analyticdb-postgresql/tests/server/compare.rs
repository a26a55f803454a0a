//! Reading for a comparison: every row once however often it is stopped, whatever the key, and the
//! same text whatever the role is set to.

use std::ops::ControlFlow;

use analyticdb_postgresql::PostgresSink;
use sluice_bridge::compare::{Chosen, Class, Compare, Line, Reached, Rows, Selection, Tolerance};
use sluice_bridge::model::table::TableName;

use crate::support::{Stage, configure, on_stage};

type Row = Vec<Option<String>>;

/// A selection of these columns, compared as what they are.
async fn selection(sink: &mut PostgresSink, table: &str, key: &[usize]) -> Selection {
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
async fn read(sink: &mut PostgresSink, selection: &Selection, step: usize) -> (Vec<Row>, usize) {
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
    on_stage("compare_stops", async |stage| {
        stage.sql("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')").await;
        for (nth, (key, values)) in [
            ("k int", "(3), (-1), (2), (10)"),
            ("k numeric", "(0.5), (-1e10), ('NaN'), (7), (10), (9)"),
            ("k text", "('é'), ('B'), ('a'), ('')"),
            ("k character(4)", "('a'), ('ab'), ('B'), ('')"),
            ("k bytea", "('\\x00'), ('\\x'), ('\\xff00'), ('\\x0001')"),
            ("k uuid", "('0189f0c4-0000-7000-8000-0000000000ff'), ('0189f0c4-0000-7000-8000-0000000000fe'), ('00000000-0000-0000-0000-000000000000')"),
            ("k date", "('2026-11-20'), ('infinity'), ('0044-03-15'), ('1999-12-31')"),
            ("k timestamptz", "('2026-11-20 10:15:30.000001+02'), ('-infinity'), ('1999-12-31 00:00Z')"),
            ("k time", "('10:15:30.000001'), ('24:00'), ('00:00')"),
            ("k boolean", "(true), (false)"),
            ("k mood", "('happy'), ('sad'), ('ok')"),
            ("k inet", "('10.0.0.1'), ('10.0.0.0/8'), ('::1')"),
            ("j text, k int", "('b', 1), ('a', 2), ('a', 1), ('B', 9)"),
        ]
        .into_iter()
        .enumerate()
        {
            let table = format!("t{nth}");
            let primary = if key.contains(',') { "j, k" } else { "k" };
            stage.sql(&format!("CREATE TABLE {table} ({key}, PRIMARY KEY ({primary}))")).await;
            stage.sql(&format!("INSERT INTO {table} VALUES {values}")).await;
            let mut sink = stage.sink();
            let selection = selection(&mut sink, &table, &[0]).await;
            let (whole, stops) = read(&mut sink, &selection, usize::MAX).await;
            assert_eq!(stops, 0);
            let (parts, stops) = read(&mut sink, &selection, 1).await;
            assert_eq!((&parts, stops), (&whole, whole.len()), "{key}");
            assert_eq!(whole.len(), values.matches('(').count(), "{key}");
        }
    });
}

#[test]
fn a_table_without_a_key_cannot_be_gone_on_with() {
    on_stage("compare_keyless", async |stage| {
        stage.sql("CREATE TABLE t (v text); INSERT INTO t VALUES ('a'), ('b')").await;
        let mut sink = stage.sink();
        let selection = selection(&mut sink, "t", &[]).await;
        let reached = sink.read(&selection, &mut |_| ControlFlow::Break(())).await;
        assert_eq!(reached.expect("it can be read"), Reached::Stopped(None));
    });
}

#[test]
fn what_a_role_is_set_to_does_not_show() {
    on_stage("compare_settings", async |stage| {
        stage
            .sql("CREATE TABLE t (at timestamptz, day date, i interval, b bytea, f float8, a timestamptz[], r tstzrange); \
                  INSERT INTO t VALUES ('2026-07-01 12:00Z', '2026-07-01', '1 mon -2 days', '\\x00ff', 0.1, \
                  '{2026-07-01 12:00Z}', '[2026-07-01 12:00Z,)')")
            .await;
        let settings = [
            "timezone=America/New_York",
            "datestyle=German",
            "intervalstyle=sql_standard",
            "bytea_output=escape",
            "extra_float_digits=0",
            "default_transaction_isolation=serializable",
            "statement_timeout=100",
        ];
        let mut sink = stage.sink_with(&settings);
        let selection = selection(&mut stage.sink(), "t", &[]).await;
        let (rows, _) = read(&mut sink, &selection, usize::MAX).await;
        let (plain, _) = read(&mut stage.sink(), &selection, usize::MAX).await;
        assert_eq!(rows, plain);
        let told: Vec<&str> = rows[0].iter().map(|text| text.as_deref().unwrap_or("∅")).collect();
        assert_eq!(told[..4], ["2026-07-01T12:00:00Z", "2026-07-01", "P1M-2DT0S", "00ff"]);
        assert_eq!(told[4], "0.1");
        assert!(told[5].starts_with("[\"2026-07-01T12:00:00+00:00"), "{}", told[5]);
        assert!(told[6].starts_with("[\"2026-07-01 12:00:00+00\""), "{}", told[6]);
    });
}

/// A policy that hides rows would make them missing rows.
#[test]
fn rows_that_a_policy_hides_are_not_passed_over() {
    on_stage("compare_policy", async |stage| {
        let role = "compare_policy_reader";
        let made = format!(
            "DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN PASSWORD 'p'; \
             CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2); \
             GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON t TO {role}; \
             CREATE POLICY one ON t USING (id = 1); ALTER TABLE t ENABLE ROW LEVEL SECURITY",
            schema = stage.schema
        );
        stage.sql(&made).await;
        let mut sink = sink_of(stage, role);
        let described = sink.describe(&TableName::parse("t").expect("a name")).await;
        let refused = described.expect_err("rows are hidden").to_string();
        stage.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
        assert!(refused.contains("42501") || refused.contains("row-level"), "{refused}");
    });
}

fn sink_of(stage: &Stage, role: &str) -> PostgresSink {
    let url = stage.url(&[]);
    let options =
        [("connection.url", url.as_str()), ("connection.user", role), ("connection.password", "p")];
    configure(&options).expect("the options are good")
}

#[test]
fn nothing_runs_on_when_a_reading_is_stopped() {
    on_stage("compare_stopped", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 20000) g").await;
        let url = stage.url(&[]);
        let named = [("connection.url", url.as_str()), ("name", "compare_stopped")];
        let mut sink = configure(&named).expect("the options are good");
        let selection = selection(&mut sink, "t", &[0]).await;
        let reached = sink.read(&selection, &mut |_| ControlFlow::Break(())).await;
        assert!(matches!(reached, Ok(Reached::Stopped(Some(place))) if place == ["1"]));
        drop(
            tokio::time::timeout(std::time::Duration::from_millis(1), async {
                sink.read(&selection, &mut |_| ControlFlow::Continue(())).await
            })
            .await,
        );
        let running =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'compare_stopped'";
        for _ in 0..200 {
            if stage.column(running).await == ["0"] {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("a session still runs");
    });
}
