//! `auto.create` and `auto.evolve`: what a table becomes that nobody made, and one that lacks
//! columns.

use sluice_bridge::failure::Fault;
use sluice_testkit::{EventBuilder, RecordBuilder, invocation};

use crate::support::{Options, Stage, all_written, deliver, everywhere, refused};

const CREATE: Options<'_> = &[("auto.create", "true"), ("errors.tolerance", "all")];
const EVOLVE: Options<'_> = &[("auto.evolve", "true"), ("errors.tolerance", "all")];
const BY_VALUE: Options<'_> = &[("insert.mode", "upsert"), ("pk.mode", "record_value")];

/// The columns of a table as `name type`, those that may not be null with a `!`, and its key.
/// MySQL spells no width of an integer, and MariaDB spells its JSON as the text it is.
async fn columns(stage: &mut Stage, table: &str) -> Vec<String> {
    let columns = format!(
        "SELECT CONCAT(COLUMN_NAME, ' ', COLUMN_TYPE, IF(IS_NULLABLE = 'NO', '!', '')) \
         FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '{table}' \
         ORDER BY ORDINAL_POSITION"
    );
    let key = format!(
        "SELECT CONCAT('key ', GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX)) \
         FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '{table}' \
         AND INDEX_NAME = 'PRIMARY' HAVING COUNT(*) > 0"
    );
    let mut columns = stage.column(&columns).await;
    columns.extend(stage.column(&key).await);
    columns.into_iter().map(|it| it.replace("bigint(20)", "bigint")).collect()
}

/// Delivers to the missing table `t` and tells what it has become.
async fn created(stage: &mut Stage, options: Options<'_>, values: &[&str]) -> Vec<String> {
    stage.sql("DROP TABLE IF EXISTS t").await;
    let options = [CREATE, options].concat();
    let outcome = stage.deliver("t", &options, values).await;
    assert_eq!(outcome, Ok(all_written(values.len())));
    let count = stage.column("SELECT COUNT(*) FROM t").await;
    assert_eq!(count, [values.len().to_string()]);
    columns(stage, "t").await
}

#[test]
fn columns_have_the_types_of_their_values() {
    everywhere("create_types", async |stage| {
        let values = [
            r#"{"i":1,"big":9223372036854775808,"f":1.5,"b":true,"s":"x","o":{"a":1},"l":[1],"n":null,"t":"2026-11-20T10:00:00Z"}"#,
        ];
        let json = stage.either("json", "longtext");
        let expected = [
            "i bigint",
            "big decimal(65,30)",
            "f decimal(65,30)",
            "b tinyint(1)",
            "s longtext",
            &format!("o {json}"),
            &format!("l {json}"),
            "t longtext",
        ];
        assert_eq!(created(stage, &[], &values).await, expected);
        let kept = "SELECT ENGINE, TABLE_COLLATION LIKE 'utf8mb4%' FROM information_schema.TABLES \
             WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 't'";
        assert_eq!(stage.rows(kept).await, [["InnoDB", "1"]]);
        let row = stage.rows("SELECT i, big + 0, f + 0, s FROM t").await.remove(0);
        assert!(row[1].starts_with("9223372036854775808"), "{row:?}");
    });
}

#[test]
fn several_records_agree_on_a_type() {
    everywhere("create_mixed", async |stage| {
        let values = [
            r#"{"a":1,"b":1,"c":true,"e":null}"#,
            r#"{"a":1.5,"b":"x","c":7,"e":1}"#,
            r#"{"a":null,"f":"late","E":2}"#,
        ];
        let expected = ["a decimal(65,30)", "b longtext", "c longtext", "e bigint", "f longtext"];
        assert_eq!(created(stage, &[], &values).await, expected);
    });
}

#[test]
fn the_key_is_made_with_the_table() {
    everywhere("create_key", async |stage| {
        let value: Options<'_> = &[BY_VALUE[0], BY_VALUE[1], ("pk.fields", "b,a")];
        let table = created(stage, value, &[r#"{"v":1,"a":2,"b":"x"}"#]).await;
        assert_eq!(table, ["b varchar(255)!", "a bigint!", "v bigint", "key b,a"]);
        let kafka: Options<'_> = &[("insert.mode", "upsert"), ("pk.mode", "kafka")];
        let table = created(stage, kafka, &[r#"{"v":1}"#]).await;
        let expected = [
            "__connect_topic varchar(255)!",
            "__connect_partition bigint!",
            "__connect_offset bigint!",
            "v bigint",
            "key __connect_topic,__connect_partition,__connect_offset",
        ];
        assert_eq!(table, expected);
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
fn the_records_key_names_its_columns() {
    everywhere("create_record_key", async |stage| {
        let by_key: Options<'_> =
            &[("insert.mode", "upsert"), ("pk.mode", "record_key"), ("delete.enabled", "true")];
        let cases: [(&str, &str, Options<'_>, &[&str]); 3] = [
            (
                "a",
                r#"{"id":7,"part":"x"}"#,
                &[],
                &["id bigint!", "part varchar(255)!", "v bigint", "key id,part"],
            ),
            ("b", "seven", &[("pk.fields", "id")], &["id varchar(255)!", "v bigint", "key id"]),
            (
                "c",
                r#"{"schema":{"type":"int32"},"payload":7}"#,
                &[("pk.fields", "id")],
                &["id bigint!", "v bigint", "key id"],
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
    everywhere("create_declared", async |stage| {
        let field = |name: &str, ty: &str, logical: &str| {
            let parameters =
                if logical.ends_with("Decimal") { r#","parameters":{"scale":"2"}"# } else { "" };
            let named = match logical {
                "" => String::new(),
                logical => format!(r#","name":"{logical}"{parameters}"#),
            };
            format!(r#"{{"type":"{ty}","optional":true,"field":"{name}"{named}}}"#)
        };
        let connect = |name: &str| format!("org.apache.kafka.connect.data.{name}");
        let fields = [
            field("i", "int16", ""),
            field("f", "double", ""),
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
        let json = format!("doc {}", stage.either("json", "longtext"));
        let expected = [
            "i bigint",
            "f double",
            "b longblob",
            "d decimal(65,30)",
            "day date",
            "at datetime(6)",
            "zoned datetime(6)",
            "clock time(6)",
            &json,
            "none longtext",
        ];
        assert_eq!(created(stage, &[], &[&value]).await, expected);
        let row = stage.rows("SELECT day, at, zoned, clock, f, doc FROM t").await.concat();
        let moments = [
            "1970-01-02",
            "1970-01-01 00:00:00.001000",
            "2026-11-20 10:00:00.000000",
            "00:00:00.000001",
        ];
        assert_eq!(row[..4], moments);
        assert_eq!(row[4..], ["1.5", "{}"]);
    });
}

#[test]
fn without_auto_create_a_missing_table_is_fatal() {
    everywhere("create_off", async |stage| {
        let given_back = stage.deliver("t", EVOLVE, [r#"{"a":1}"#]).await.expect_err("no table");
        assert_eq!(given_back.error.fault, Fault::Fatal);
        assert!(given_back.error.to_string().starts_with("table \"t\" does not exist"));
    });
}

#[test]
fn records_that_say_nothing_make_no_table() {
    everywhere("create_nothing", async |stage| {
        let outcome = stage.deliver("t", CREATE, ["{", "[]", "7"]).await;
        assert_eq!(refused(&outcome), [(0, None), (1, None), (2, None)]);
        let given_back = stage.deliver("t", CREATE, ["{}"]).await.expect_err("a row of nothing");
        assert_eq!(given_back.error.fault, Fault::Fatal);
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
        assert!(told.starts_with("table \"t\" cannot be made: CREATE command denied"), "{told}");
        let given_back =
            deliver(&mut sink, "there", EVOLVE, [r#"{"a":1}"#]).await.expect_err("denied");
        let told = given_back.error.to_string();
        assert!(told.starts_with("new columns of table \"there\" cannot be made: ALTER"), "{told}");
    });
}

#[test]
fn new_columns_are_added_once_and_only_they() {
    everywhere("evolve_columns", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, `Name` varchar(9))").await;
        let mut sink = stage.sink();
        let first = [r#"{"id":1,"name":"x","a":1}"#, r#"{"id":2,"b":"y","c d":null}"#];
        assert_eq!(deliver(&mut sink, "t", EVOLVE, first).await, Ok(all_written(2)));
        let int = stage.either("int", "int(11)");
        let id = format!("id {int}!");
        let expected = [&*id, "Name varchar(9)", "a bigint", "b longtext", "key id"];
        assert_eq!(columns(stage, "t").await, expected);
        assert_eq!(
            deliver(&mut sink, "t", EVOLVE, [r#"{"id":3,"a":1,"b":"z"}"#]).await,
            Ok(all_written(1))
        );
        assert_eq!(columns(stage, "t").await, expected);
        let rows = stage.rows("SELECT id, name, a, b FROM t ORDER BY id").await;
        assert_eq!(rows, [["1", "x", "1", "∅"], ["2", "∅", "∅", "y"], ["3", "∅", "1", "z"]]);
    });
}

#[test]
fn a_name_that_no_column_can_have_is_refused() {
    everywhere("evolve_names", async |stage| {
        stage.sql("CREATE TABLE t (id int)").await;
        let long = "x".repeat(65);
        let values = [
            format!(r#"{{"id":1,"{long}":1}}"#),
            r#"{"id":2,"":1}"#.to_owned(),
            r#"{"id":3,"a\u0000b":1}"#.to_owned(),
            r#"{"id":4,"🦀":1}"#.to_owned(),
            r#"{"id":5,"ends with a space ":1}"#.to_owned(),
            r#"{"id":6,"`; DROP TABLE t; -- ;":1,"select":2,"Ünïcode 名":3," x":4}"#.to_owned(),
        ];
        let outcome = stage.deliver("t", EVOLVE, &values).await;
        assert_eq!(refused(&outcome).iter().map(|it| it.0).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        let found = columns(stage, "t").await;
        let expected =
            ["`; DROP TABLE t; -- ; bigint", "select bigint", "Ünïcode 名 bigint", " x bigint"];
        assert_eq!(found[1..], expected);
    });
}

#[test]
fn invocations_that_race_make_one_table_of_all_columns() {
    everywhere("create_race", async |stage| {
        const RACERS: usize = 8;
        let options = [CREATE, &[("auto.evolve", "true"), ("max.retries", "10")]].concat();
        for round in 0..3 {
            stage.sql("DROP TABLE IF EXISTS t").await;
            let race = async |nth: usize| {
                let value = format!(r#"{{"shared":{nth},"own{nth}":"x"}}"#);
                deliver(&mut stage.sink(), "t", &options, [value]).await
            };
            let outcomes = futures_util::future::join_all((0..RACERS).map(race)).await;
            assert!(
                outcomes.iter().all(|outcome| *outcome == Ok(all_written(1))),
                "{round}: {outcomes:?}"
            );
            let mut found = columns(stage, "t").await;
            found.sort();
            let own = (0..RACERS).map(|nth| format!("own{nth} longtext"));
            let expected: Vec<String> = own.chain(["shared bigint".to_owned()]).collect();
            assert_eq!(found, expected);
            assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, [RACERS.to_string()]);
        }
    });
}
