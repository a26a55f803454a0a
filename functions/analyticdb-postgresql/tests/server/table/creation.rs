//! `auto.create` where the server does not allow it.

use sluice_bridge::model::failure::Fault;

use crate::support::{INSERT, Options, all_written, configure, deliver, on_stage, refused};

const CREATE: Options<'_> = &[("auto.create", "true"), ("errors.tolerance", "all")];

#[test]
fn who_may_not_make_a_table_says_so() {
    on_stage("create_denied", async |stage| {
        stage.sql("DROP ROLE IF EXISTS create_denied; CREATE ROLE create_denied LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA create_denied TO create_denied").await;
        let url = stage.url(&[]);
        let mut sink = configure(&[
            ("connection.url", &url),
            ("connection.user", "create_denied"),
            ("connection.password", "x"),
        ])
        .expect("the options are good");
        let given_back = deliver(&mut sink, "t", CREATE, [r#"{"a":1}"#]).await.expect_err("denied");
        assert_eq!(given_back.error.fault, Fault::Fatal);
        let told = given_back.error.to_string();
        assert!(told.starts_with("table \"t\" cannot be created: permission denied"), "{told}");
        stage.sql("DROP OWNED BY create_denied; DROP ROLE create_denied").await;
    });
}

/// The server would cut the name, and two topics could meet in one table.
#[test]
fn a_table_with_too_long_a_name_is_refused_and_not_made() {
    on_stage("create_long", async |stage| {
        let topic = format!("server1.inventory.{}", "a".repeat(60));
        for options in [CREATE, INSERT] {
            let given_back = stage.deliver(&topic, options, [r#"{"a":1}"#]).await;
            let error = given_back.expect_err("there is no such name").error;
            assert_eq!(error.fault, Fault::Fatal);
            let told = error.to_string();
            assert!(
                told.contains("78 bytes") && told.contains("topics.to.tables.mapping"),
                "{told}"
            );
        }
        let tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'create_long'";
        assert!(stage.column(tables).await.is_empty());
        let mapping = format!("{topic}:short");
        let options = [CREATE, &[("topics.to.tables.mapping", mapping.as_str())]].concat();
        let written = stage.deliver(&topic, &options, [r#"{"a":1}"#]).await;
        assert_eq!(written, Ok(all_written(1)));
    });
}

/// A name that something else has is told in the server's words.
#[test]
fn a_name_that_another_thing_has() {
    on_stage("create_taken", async |stage| {
        stage.sql("CREATE TYPE mood AS ENUM ('fine'); CREATE TABLE t (id int)").await;
        let evolve = [INSERT, &[("auto.evolve", "true")]].concat();
        let mapped = [CREATE, &[("fields.mapping", "a:xmin")]].concat();
        let gathered = [CREATE, &[("fields.unknown", "column:ctid")]].concat();
        let cases: [(&str, Options<'_>, &str); 3] = [
            ("mood", CREATE, "type \"mood\" already exists"),
            ("u", &mapped, "\"xmin\" conflicts with a system column"),
            ("v", &gathered, "\"ctid\" conflicts with a system column"),
        ];
        for (table, options, words) in cases {
            let given_back = stage.deliver(table, options, [r#"{"a":1}"#]).await;
            let error = given_back.expect_err("the name is taken").error;
            assert_eq!(error.fault, Fault::Fatal, "{table}");
            assert!(error.to_string().contains(words), "{error}");
        }
        // What a record brings costs that record.
        let by_key = [
            CREATE,
            &[("insert.mode", "upsert"), ("pk.mode", "record_value"), ("pk.fields", "id")],
        ]
        .concat();
        for (table, options) in [("t", &evolve), ("w", &by_key)] {
            let values =
                [r#"{"id":1,"ctid":1}"#, r#"{"id":2,"oid":7,"XMIN":8}"#, r#"{"id":3,"xmax":null}"#];
            let outcome = stage.deliver(table, options, values).await;
            assert_eq!(refused(&outcome), [(0, None), (2, None)], "{table}");
            let query = format!("SELECT id, oid, \"XMIN\" FROM {table}");
            assert_eq!(stage.rows(&query).await, [["2", "7", "8"]]);
        }
    });
}

/// A record that brings more columns than a table can have costs that record, and no column.
#[test]
fn a_record_with_too_many_keys() {
    on_stage("create_many", async |stage| {
        let many = |from: usize, to: usize| {
            let members: Vec<String> = (from..to).map(|nth| format!("\"k{nth}\":true")).collect();
            format!("{{\"id\":1,{}}}", members.join(","))
        };
        stage.sql("CREATE TABLE t (id int, gone int); ALTER TABLE t DROP COLUMN gone").await;
        let evolve = [INSERT, &[("auto.evolve", "true")]].concat();
        for (table, options, most) in [("t", &evolve, 1_598), ("u", &CREATE.to_vec(), 1_599)] {
            let values = [
                r#"{"id":2,"a":1}"#.to_owned(),
                many(0, 2_000),
                r#"{"id":3,"b":1}"#.to_owned(),
                many(0, most - 2),
                r#"{"id":4,"c":1}"#.to_owned(),
                many(1, most - 2),
            ];
            let outcome = stage.deliver(table, options, values).await;
            assert_eq!(refused(&outcome), [(1, None), (4, None)], "{table}");
            let query = format!("SELECT id, a, b, k{} FROM {table}", most - 3);
            let rows = [
                ["2", "1", "∅", "∅"],
                ["3", "∅", "1", "∅"],
                ["1", "∅", "∅", "t"],
                ["1", "∅", "∅", "t"],
            ];
            assert_eq!(stage.rows(&query).await, rows, "{table}");
        }
    });
}

/// What schemas declare, as Debezium's connectors do with `datatype.propagate.source.type`.
const FIELDS: &str = r#"{"field":"s","type":"int16","default":7},{"field":"i","type":"int32","optional":true,"default":-1},{"field":"n","type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2","connect.decimal.precision":"6"},"default":"BNI="},{"field":"d","type":"string","optional":true,"parameters":{"__debezium.source.column.type":"DECIMAL","__debezium.source.column.length":"8","__debezium.source.column.scale":"3"},"default":"1.500"},{"field":"v","type":"string","optional":true,"parameters":{"__debezium.source.column.type":"VARCHAR","__debezium.source.column.length":"20"},"default":"it's \\ a '"},{"field":"b","type":"boolean","optional":true,"default":true},{"field":"x","type":"bytes","optional":true,"default":"AP8="},{"field":"day","type":"int32","optional":true,"name":"io.debezium.time.Date","default":20777},{"field":"at","type":"int64","optional":true,"name":"io.debezium.time.MicroTimestamp","default":0},{"field":"doc","type":"string","optional":true,"name":"io.debezium.data.Json","default":"{\"a\": \"'\"}"},{"field":"long","type":"string","optional":true,"parameters":{"__debezium.source.column.type":"VARCHAR","__debezium.source.column.length":"2"},"default":"abc"},{"field":"t","type":"string","optional":true}"#;
const VALUES: &str = r#""s":1,"i":null,"n":null,"d":null,"v":null,"b":null,"x":null,"day":null,"at":null,"doc":null,"long":null,"t":null"#;
const COLUMNS: &str = "SELECT attname || ' ' || format_type(atttypid, atttypmod) || coalesce(' ' || pg_get_expr(adbin, adrelid), '') \
     FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum \
     WHERE attrelid = 't'::regclass AND attnum > 0 AND attname <> 'id' ORDER BY attnum";

#[test]
fn declared_sizes_and_defaults_are_the_columns() {
    on_stage("create_declared", async |stage| {
        let record = format!(
            r#"{{"schema":{{"type":"struct","fields":[{{"field":"id","type":"int64"}},{FIELDS}]}},"payload":{{"id":2,{VALUES}}}}}"#
        );
        let evolve = [("auto.evolve", "true"), ("errors.tolerance", "all")];
        let columns = [
            "s smallint '7'::smallint",
            "i integer '-1'::integer",
            "n numeric(6,2) 12.34",
            "d numeric(8,3) 1.500",
            "v character varying(20) 'it''s \\ a '''::character varying",
            "b boolean true",
            "x bytea '\\x00ff'::bytea",
            "day date '2026-11-20'::date",
            "at timestamp with time zone",
            "doc jsonb '{\"a\": \"''\"}'::jsonb",
            "long character varying(2)",
            "t text",
        ];
        stage.sql("CREATE TABLE t (id bigint); INSERT INTO t VALUES (1)").await;
        assert_eq!(stage.deliver("t", &evolve, [&record]).await, Ok(all_written(1)));
        assert_eq!(stage.column(COLUMNS).await, columns);
        let old = "SELECT s, i, n, d, v, b, x, day, at, doc, long, t FROM t WHERE id = 1";
        let row = ["7", "-1", "12.34", "1.500", "it's \\ a '", "t", "\\x00ff", "2026-11-20"];
        let rest = ["∅", "{\"a\": \"'\"}", "∅", "∅"];
        assert_eq!(stage.rows(old).await, [[&row[..], &rest[..]].concat()]);
        let new = "SELECT s, i, n, d, v, b, x, day, at, doc, long, t FROM t WHERE id = 2";
        let nulls = [&["1"][..], &["∅"; 11]].concat();
        assert_eq!(stage.rows(new).await, [nulls]);
        stage.sql("DROP TABLE t").await;
        assert_eq!(stage.deliver("t", CREATE, [&record]).await, Ok(all_written(1)));
        assert_eq!(stage.column(COLUMNS).await, columns);
    });
}

/// A column that an option names as one of documents is one.
#[test]
fn text_that_is_a_document_makes_a_column_of_documents() {
    on_stage("create_documents", async |stage| {
        let options = [CREATE, &[("json.text.columns", "doc")]].concat();
        let record = r#"{"id":1,"doc":"{\"a\": 1}","s":"{}"}"#;
        assert_eq!(stage.deliver("t", &options, [record]).await, Ok(all_written(1)));
        let columns = stage.column(COLUMNS).await;
        assert_eq!(columns, ["doc jsonb", "s text"]);
        assert_eq!(stage.column("SELECT doc FROM t").await, ["{\"a\": 1}"]);
    });
}
