//! `auto.create` where the server does not allow it.

use sluice_bridge::failure::Fault;

use crate::support::{Options, all_written, configure, deliver, on_stage};

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
        assert!(told.starts_with("table \"t\" cannot be made: permission denied"), "{told}");
        stage.sql("DROP OWNED BY create_denied; DROP ROLE create_denied").await;
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
