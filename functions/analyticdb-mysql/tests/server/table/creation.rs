//! `auto.create`: what a table is made with beside its columns, and where it may not be made.

use sluice_bridge::model::failure::Fault;

use crate::support::{Options, all_written, deliver, everywhere, refused};

const CREATE: Options<'_> = &[("auto.create", "true"), ("errors.tolerance", "all")];
const EVOLVE: Options<'_> = &[("auto.evolve", "true"), ("errors.tolerance", "all")];
const BY_VALUE: Options<'_> = &[("insert.mode", "upsert"), ("pk.mode", "record_value")];

/// Whatever the server's defaults are.
#[test]
fn a_table_has_transactions_and_all_characters() {
    everywhere("create_engine", async |stage| {
        assert_eq!(stage.deliver("t", CREATE, [r#"{"s":"x"}"#]).await, Ok(all_written(1)));
        let kept = "SELECT ENGINE, TABLE_COLLATION LIKE 'utf8mb4%' FROM information_schema.TABLES \
             WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 't'";
        assert_eq!(stage.rows(kept).await, [["InnoDB", "1"]]);
    });
}

/// Two keys that differ in case, in an accent or in a space at the end are two, and the longest
/// keys that fit are told apart; what does not fit is that row's fault.
#[test]
fn text_keys_are_told_apart() {
    everywhere("create_text_key", async |stage| {
        for fields in ["k", "k,l", "k,l,m,n"] {
            stage.sql("DROP TABLE IF EXISTS t").await;
            let options = [CREATE, BY_VALUE, &[("pk.fields", fields)]].concat();
            let columns: Vec<&str> = fields.split(',').collect();
            let longest = (3072 / 4 / columns.len()).min(255);
            let keys = ["a", "A", "ä", "a ", "", "ß", "ss", "🦀"].map(str::to_owned);
            let long = ["x", "y"].map(|end| format!("{}{end}", "🦀".repeat(longest - 1)));
            let too_long = "z".repeat(longest + 1);
            let all: Vec<String> = keys.into_iter().chain(long).chain([too_long]).collect();
            let value = |key: &String| {
                let cells = columns.iter().map(|column| format!(r#""{column}":"{key}""#));
                format!("{{{},\"v\":1}}", cells.collect::<Vec<_>>().join(","))
            };
            for _ in 0..2 {
                let outcome = stage.deliver("t", &options, all.iter().map(value)).await;
                let told = refused(&outcome);
                assert_eq!(
                    told.iter().map(|it| it.0).collect::<Vec<_>>(),
                    [10],
                    "{fields}: {outcome:?}"
                );
                assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["10"], "{fields}");
            }
        }
    });
}

#[test]
fn who_may_not_make_a_table_says_so() {
    everywhere("create_denied", async |stage| {
        stage.sql("CREATE TABLE there (id int)").await;
        let grants = ["SELECT, INSERT ON create_denied.*"];
        let mut sink = stage.sink_of_user(&grants).await;
        let given_back = deliver(&mut sink, "t", CREATE, [r#"{"a":1}"#]).await.expect_err("denied");
        assert_eq!(given_back.error.fault, Fault::Fatal);
        let told = given_back.error.to_string();
        assert!(told.starts_with("table \"t\" cannot be created: CREATE command denied"), "{told}");
        let given_back =
            deliver(&mut sink, "there", EVOLVE, [r#"{"a":1}"#]).await.expect_err("denied");
        let told = given_back.error.to_string();
        assert!(
            told.starts_with("new columns of table \"there\" cannot be created: ALTER"),
            "{told}"
        );
    });
}

/// Whatever the table's own character set is, a new column holds every character.
#[test]
fn a_new_column_of_a_table_of_another_character_set() {
    everywhere("creation_charset", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY) CHARACTER SET latin1").await;
        let outcome = stage.deliver("t", EVOLVE, [r#"{"id":1,"x":"漢字 😀"}"#]).await;
        assert_eq!(outcome, Ok(all_written(1)));
        assert_eq!(stage.column("SELECT x FROM t").await, ["漢字 😀"]);
    });
}

/// What schemas declare, as Debezium's connectors do with `datatype.propagate.source.type`.
const FIELDS: &str = r#"{"field":"s","type":"int16","default":7},{"field":"i","type":"int32","optional":true,"default":-1},{"field":"n","type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2","connect.decimal.precision":"6"},"default":"BNI="},{"field":"d","type":"string","optional":true,"parameters":{"__debezium.source.column.type":"DECIMAL","__debezium.source.column.length":"8","__debezium.source.column.scale":"3"},"default":"1.500"},{"field":"v","type":"string","optional":true,"parameters":{"__debezium.source.column.type":"VARCHAR","__debezium.source.column.length":"20"},"default":"it's \\ a '"},{"field":"b","type":"boolean","optional":true,"default":true},{"field":"x","type":"bytes","optional":true,"default":"AP8="},{"field":"day","type":"int32","optional":true,"name":"io.debezium.time.Date","default":20777},{"field":"at","type":"int64","optional":true,"name":"io.debezium.time.MicroTimestamp","default":0},{"field":"doc","type":"string","optional":true,"name":"io.debezium.data.Json","default":"{\"a\": \"'\"}"},{"field":"long","type":"string","optional":true,"parameters":{"__debezium.source.column.type":"VARCHAR","__debezium.source.column.length":"2"},"default":"abc"},{"field":"t","type":"string","optional":true,"default":"x'\\"},{"field":"wide","type":"string","optional":true,"parameters":{"__debezium.source.column.type":"VARCHAR","__debezium.source.column.length":"16000"}}"#;
const VALUES: &str = r#""s":1,"i":null,"n":null,"d":null,"v":null,"b":null,"x":null,"day":null,"at":null,"doc":null,"long":null,"t":null,"wide":null"#;

#[test]
fn declared_sizes_and_defaults_are_the_columns() {
    everywhere("create_declared", async |stage| {
        let record = format!(
            r#"{{"schema":{{"type":"struct","fields":[{{"field":"id","type":"int64"}},{FIELDS}]}},"payload":{{"id":2,{VALUES}}}}}"#
        );
        let types = "SELECT CONCAT(COLUMN_NAME, ' ', REGEXP_REPLACE(COLUMN_TYPE, 'int\\\\([0-9]+\\\\)', 'int')) \
             FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 't' \
             AND COLUMN_NAME <> 'id' ORDER BY ORDINAL_POSITION";
        let doc = stage.either("doc json", "doc longtext");
        let columns = [
            "s smallint",
            "i int",
            "n decimal(6,2)",
            "d decimal(8,3)",
            "v varchar(20)",
            "b tinyint",
            "x longblob",
            "day date",
            "at datetime(6)",
            doc,
            "long varchar(2)",
            "t longtext",
            "wide longtext",
        ];
        stage.sql("CREATE TABLE t (id bigint)").await;
        stage.sql("INSERT INTO t VALUES (1)").await;
        assert_eq!(stage.deliver("t", EVOLVE, [&record]).await, Ok(all_written(1)));
        assert_eq!(stage.column(types).await, columns);
        let old = "SELECT s, i, n, d, v, b, HEX(x), day, at, JSON_EXTRACT(doc, '$.a'), `long`, t FROM t WHERE id = ";
        let row = ["7", "-1", "12.34", "1.500", "it's \\ a '", "1", "00FF", "2026-11-20"];
        let rest = ["∅", "\"'\"", "∅", "x'\\"];
        assert_eq!(stage.rows(&format!("{old}1")).await, [[&row[..], &rest[..]].concat()]);
        let nulls = [&["1"][..], &["∅"; 11]].concat();
        assert_eq!(stage.rows(&format!("{old}2")).await, [nulls]);
        stage.sql("DROP TABLE t").await;
        assert_eq!(stage.deliver("t", CREATE, [&record]).await, Ok(all_written(1)));
        stage.sql("INSERT INTO t (id) VALUES (1)").await;
        assert_eq!(stage.rows(&format!("{old}1")).await, [[&row[..], &rest[..]].concat()]);
    });
}
