//! `auto.create` and `auto.evolve`: what a table becomes that nobody made, and one that lacks
//! columns.

use sluice_bridge::failure::Fault;
use sluice_testkit::{EventBuilder, RecordBuilder, invocation};

use crate::support::{Options, Stage, all_written, deliver, on_stage, refused};

const CREATE: Options<'_> = &[("auto.create", "true"), ("errors.tolerance", "all")];
const EVOLVE: Options<'_> = &[("auto.evolve", "true"), ("errors.tolerance", "all")];

/// The columns of a table as `name type`, those that may not be null with a `!`, and its key.
async fn columns(stage: &Stage, table: &str) -> Vec<String> {
    let columns = format!(
        "SELECT attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN '!' ELSE '' END \
         FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 ORDER BY attnum"
    );
    let key = format!(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint \
         WHERE conrelid = '{table}'::regclass AND contype = 'p'"
    );
    let mut columns = stage.column(&columns).await;
    columns.extend(stage.column(&key).await);
    columns
}

/// Delivers to the missing table `t` and tells what it has become.
async fn created(stage: &Stage, options: Options<'_>, values: &[&str]) -> Vec<String> {
    stage.sql("DROP TABLE IF EXISTS t").await;
    let options = [CREATE, options].concat();
    let outcome = stage.deliver("t", &options, values).await;
    assert_eq!(outcome, Ok(all_written(values.len())));
    let count = stage.column("SELECT count(*) FROM t").await;
    assert_eq!(count, [values.len().to_string()]);
    columns(stage, "t").await
}

#[test]
fn columns_have_the_types_of_their_values() {
    on_stage("create_types", async |stage| {
        let values = [
            r#"{"i":1,"big":9223372036854775808,"f":1.5,"b":true,"s":"x","o":{"a":1},"l":[1],"n":null,"t":"2026-11-20T10:00:00Z"}"#,
        ];
        let expected = [
            "i bigint",
            "big numeric",
            "f numeric",
            "b boolean",
            "s text",
            "o jsonb",
            "l jsonb",
            "t text",
        ];
        assert_eq!(created(stage, &[], &values).await, expected);
    });
}

#[test]
fn several_records_agree_on_a_type() {
    on_stage("create_mixed", async |stage| {
        let values = [
            r#"{"a":1,"b":1,"c":true,"d":{},"e":null}"#,
            r#"{"a":1.5,"b":"x","c":7,"d":1,"e":1}"#,
            r#"{"a":null,"f":"late","E":2}"#,
        ];
        let expected = ["a numeric", "b text", "c text", "d jsonb", "e bigint", "f text"];
        assert_eq!(created(stage, &[], &values).await, expected);
        assert_eq!(stage.column("SELECT e FROM t ORDER BY f NULLS LAST, a").await, ["2", "∅", "1"]);
    });
}

#[test]
fn the_key_is_made_with_the_table() {
    on_stage("create_key", async |stage| {
        let value: Options<'_> =
            &[("insert.mode", "upsert"), ("pk.mode", "record_value"), ("pk.fields", "b,a")];
        let table = created(stage, value, &[r#"{"v":1,"a":2,"b":"x"}"#]).await;
        assert_eq!(table, ["b text!", "a bigint!", "v bigint", "PRIMARY KEY (b, a)"]);
        let kafka: Options<'_> = &[("insert.mode", "upsert"), ("pk.mode", "kafka")];
        let table = created(stage, kafka, &[r#"{"v":1}"#]).await;
        let expected = [
            "__connect_topic text!",
            "__connect_partition bigint!",
            "__connect_offset bigint!",
            "v bigint",
            "PRIMARY KEY (__connect_topic, __connect_partition, __connect_offset)",
        ];
        assert_eq!(table, expected);
    });
}

#[test]
fn the_records_key_names_its_columns() {
    on_stage("create_record_key", async |stage| {
        let by_key: Options<'_> =
            &[("insert.mode", "upsert"), ("pk.mode", "record_key"), ("delete.enabled", "true")];
        let cases: [(&str, &str, Options<'_>, &[&str]); 3] = [
            (
                "a",
                r#"{"id":7,"part":"x"}"#,
                &[],
                &["id bigint!", "part text!", "v bigint", "PRIMARY KEY (id, part)"],
            ),
            ("b", "seven", &[("pk.fields", "id")], &["id text!", "v bigint", "PRIMARY KEY (id)"]),
            (
                "c",
                r#"{"schema":{"type":"int32"},"payload":7}"#,
                &[("pk.fields", "id")],
                &["id bigint!", "v bigint", "PRIMARY KEY (id)"],
            ),
        ];
        for (table, key, extra, expected) in cases {
            let record = RecordBuilder::new(table, 0, 0).key(key).value(r#"{"v":1}"#);
            let gone = RecordBuilder::new(table, 0, 1).key(key.replace('7', "8"));
            let body = EventBuilder::msk().record(record).record(gone).build();
            let rules = invocation::rules(&[CREATE, by_key, extra].concat());
            let outcome = invocation::deliver(&mut stage.sink(), &body, &rules).await;
            assert_eq!(outcome, Ok(all_written(2)));
            assert_eq!(columns(stage, table).await, expected);
        }
    });
}

#[test]
fn declared_types_are_kept() {
    on_stage("create_declared", async |stage| {
        let field = |name: &str, ty: &str, logical: &str| {
            let parameters =
                if logical.ends_with("Decimal") { r#","parameters":{"scale":"2"}"# } else { "" };
            let named = if logical.is_empty() {
                String::new()
            } else {
                format!(r#","name":"{logical}"{parameters}"#)
            };
            format!(r#"{{"type":"{ty}","optional":true,"field":"{name}"{named}}}"#)
        };
        let connect = |name: &str| format!("org.apache.kafka.connect.data.{name}");
        let fields = [
            field("i", "int16", ""),
            field("f", "float", ""),
            field("b", "bytes", ""),
            field("d", "bytes", &connect("Decimal")),
            field("day", "int32", &connect("Date")),
            field("at", "int64", &connect("Timestamp")),
            field("zoned", "string", "io.debezium.time.ZonedTimestamp"),
            field("clock", "int64", "io.debezium.time.MicroTime"),
            field("doc", "string", "io.debezium.data.Json"),
            field("none", "string", ""),
        ];
        let value = format!(
            r#"{{"schema":{{"type":"struct","fields":[{}]}},"payload":{{"i":1,"f":1.5,"b":"AQ==","d":"BNI=","day":1,"at":1,"zoned":"2026-11-20T10:00:00Z","clock":1,"doc":"{{}}","none":null}}}}"#,
            fields.join(",")
        );
        let expected = [
            "i bigint",
            "f double precision",
            "b bytea",
            "d numeric",
            "day date",
            "at timestamp with time zone",
            "zoned timestamp with time zone",
            "clock time without time zone",
            "doc jsonb",
            "none text",
        ];
        assert_eq!(created(stage, &[], &[&value]).await, expected);
        let row = stage.rows("SELECT d, day, at FROM t").await.concat();
        assert_eq!(row, ["12.34", "1970-01-02", "1970-01-01 00:00:00.001+00"]);
    });
}

#[test]
fn the_configuration_has_a_say() {
    on_stage("create_configured", async |stage| {
        let value = [r#"{"id":1,"a":{"b":2,"c":{"d":"x"}},"skip":1}"#];
        let flat: Options<'_> = &[("flatten.delimiter", "_"), ("fields.exclude.list", "skip")];
        assert_eq!(created(stage, flat, &value).await, ["id bigint", "a_b bigint", "a_c_d text"]);
        let only: Options<'_> = &[("fields.include.list", "id")];
        assert_eq!(created(stage, only, &value).await, ["id bigint"]);
        let mapped: Options<'_> =
            &[("fields.mapping", "id:order_id,$.a.b:part,$topic:topic,$offset:at,$header.h:h")];
        let expected =
            ["order_id bigint", "part bigint", "skip bigint", "topic text", "at bigint", "h text"];
        assert_eq!(created(stage, mapped, &value).await, expected);
        let rest: Options<'_> = &[("fields.unknown", "column:rest"), ("fields.mapping", "id:id")];
        assert_eq!(created(stage, rest, &value).await, ["id bigint", "rest jsonb"]);
        let ignoring: Options<'_> = &[("fields.unknown", "ignore")];
        assert_eq!(created(stage, ignoring, &value).await, ["id bigint", "a jsonb", "skip bigint"]);
        let text: Options<'_> = &[("value.format", "string")];
        assert_eq!(created(stage, text, &["hello"]).await, ["value text"]);
        let whole: Options<'_> = &[("fields.mapping", "$:doc")];
        assert_eq!(created(stage, whole, &value).await, ["doc jsonb"]);
    });
}

#[test]
fn without_auto_create_a_missing_table_is_fatal() {
    on_stage("create_off", async |stage| {
        let given_back = stage.deliver("t", EVOLVE, [r#"{"a":1}"#]).await.expect_err("no table");
        assert_eq!(given_back.error.fault, Fault::Fatal);
        assert!(given_back.error.to_string().starts_with("table \"t\" does not exist"));
    });
}

#[test]
fn records_that_say_nothing_make_no_table() {
    on_stage("create_nothing", async |stage| {
        let outcome = stage.deliver("t", CREATE, ["{", "[]", "7"]).await;
        assert_eq!(refused(&outcome), [(0, None), (1, None), (2, None)]);
        let given_back = stage.deliver("t", CREATE, ["{}"]).await.expect_err("a row of nothing");
        assert_eq!(given_back.error.fault, Fault::Fatal);
    });
}

#[test]
fn who_may_not_make_a_table_says_so() {
    on_stage("create_denied", async |stage| {
        stage.sql("DROP ROLE IF EXISTS create_denied; CREATE ROLE create_denied LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA create_denied TO create_denied").await;
        let url = stage.url(&[]);
        let mut sink = crate::support::configure(&[
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

#[test]
fn a_key_without_a_column_gets_one() {
    on_stage("evolve", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY)").await;
        let mut sink = stage.sink();
        let values = [r#"{"id":1,"a":"x","n":null}"#, r#"{"id":2,"b":1.5,"ID2":true}"#];
        assert_eq!(deliver(&mut sink, "t", EVOLVE, values).await, Ok(all_written(2)));
        let expected = ["id integer!", "a text", "b numeric", "ID2 boolean", "PRIMARY KEY (id)"];
        assert_eq!(columns(stage, "t").await, expected);
        // Its type stands: what does not fit is refused, and nothing is altered.
        let outcome = deliver(&mut sink, "t", EVOLVE, [r#"{"id":3,"b":"x"}"#, r#"{"id":4}"#]).await;
        assert_eq!(refused(&outcome), [(0, None)]);
        assert_eq!(columns(stage, "t").await, expected);
        let ignoring = [EVOLVE, &[("fields.unknown", "ignore")]].concat();
        assert_eq!(
            deliver(&mut sink, "t", &ignoring, [r#"{"id":5,"c":1}"#]).await,
            Ok(all_written(1))
        );
        assert_eq!(columns(stage, "t").await, expected);
    });
}

#[test]
fn a_name_that_no_column_can_have_is_refused() {
    on_stage("evolve_names", async |stage| {
        stage.sql("CREATE TABLE t (id int)").await;
        let long = "x".repeat(64);
        let values = [
            format!(r#"{{"id":1,"{long}":1}}"#),
            r#"{"id":2,"":1}"#.to_owned(),
            r#"{"id":3,"a\u0000b":1}"#.to_owned(),
            r#"{"id":4,"\"; DROP TABLE t; --":1,"select":2,"Ünïcode 名":3}"#.to_owned(),
        ];
        let outcome = stage.deliver("t", EVOLVE, &values).await;
        assert_eq!(refused(&outcome), [(0, None), (1, None), (2, None)]);
        let expected =
            ["id integer", "\"; DROP TABLE t; -- bigint", "select bigint", "Ünïcode 名 bigint"];
        assert_eq!(columns(stage, "t").await, expected);
    });
}

#[test]
fn invocations_that_race_make_one_table_of_all_columns() {
    on_stage("create_race", async |stage| {
        const RACERS: usize = 8;
        let options = [CREATE, &[("auto.evolve", "true"), ("max.retries", "10")]].concat();
        let race = async |nth: usize| {
            let value = format!(r#"{{"shared":{nth},"own{nth}":"x"}}"#);
            deliver(&mut stage.sink(), "t", &options, [value]).await
        };
        let outcomes = futures_util::future::join_all((0..RACERS).map(race)).await;
        assert!(outcomes.iter().all(|outcome| *outcome == Ok(all_written(1))), "{outcomes:?}");
        let mut found = columns(stage, "t").await;
        found.sort();
        let own = (0..RACERS).map(|nth| format!("own{nth} text"));
        let expected: Vec<String> = own.chain(["shared bigint".to_owned()]).collect();
        assert_eq!(found, expected);
        assert_eq!(stage.column("SELECT count(*) FROM t").await, [RACERS.to_string()]);
    });
}
