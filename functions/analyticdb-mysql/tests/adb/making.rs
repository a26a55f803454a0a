//! `auto.create` and `auto.evolve`: tables and columns of the vendor's types, in its grammar.

use sluice_testkit::{EventBuilder, invocation};

use crate::scene::{WHOLE, play};
use crate::support::{INSERT, Options, all_written};

const MAKES: Options<'_> = &[
    ("insert.mode", "upsert"),
    ("pk.mode", "record_key"),
    ("errors.tolerance", "all"),
    ("auto.create", "true"),
    ("auto.evolve", "true"),
];

#[test]
fn a_table_is_made_of_whatever_json_holds_and_grows() {
    play("adb_made", async |scene| {
        let key = r#"{"id":"a","n":1}"#;
        let value = r#"{"b":true,"i":1,"d":1.5,"s":"text","j":{"a":[1]}}"#;
        assert_eq!(scene.write_keyed(MAKES, &[(key, Some(value))]).await, Ok(all_written(1)));
        let said = scene.stand_in.said();
        let create = said.iter().find(|sql| sql.starts_with("CREATE")).expect("it is made");
        assert!(create.ends_with("PRIMARY KEY (`id`, `n`)) DISTRIBUTED BY HASH(`id`, `n`)"));
        assert!(said.last().is_some_and(|sql| sql.starts_with("REPLACE")), "{said:#?}");

        // One column more, then two.
        for (value, columns) in [(r#"{"s":"x","more":"y"}"#, 1), (r#"{"p":1,"q":2.5}"#, 2)] {
            assert_eq!(scene.write_keyed(MAKES, &[(key, Some(value))]).await, Ok(all_written(1)));
            let said = scene.stand_in.said();
            let alter = said.iter().find(|sql| sql.starts_with("ALTER")).expect("it grows");
            assert!(alter.contains(" ADD COLUMN (`"), "{alter}");
            assert_eq!(alter.matches('`').count(), 2 + 2 * columns, "{alter}");
        }
        let query = "SELECT id, n, b, i, TRIM(TRAILING '0' FROM d), s, more, p, q + 0e0 FROM t";
        assert_eq!(
            scene.stage.rows(query).await,
            [["a", "1", "1", "1", "1.5", "x", "y", "1", "2.5"]]
        );
    });
}

#[test]
fn a_table_is_made_of_whatever_a_schema_declares() {
    play("adb_declared", async |scene| {
        let field = |name: &str, ty: &str, logical: &str| {
            let name_of = if logical.is_empty() {
                String::new()
            } else {
                format!(r#","name":"org.apache.kafka.connect.data.{logical}","version":1"#)
            };
            format!(r#"{{"field":"{name}","type":"{ty}","optional":true{name_of}}}"#)
        };
        let fields = [
            field("flag", "boolean", ""),
            field("f", "float", ""),
            field("d", "double", ""),
            field("bytes", "bytes", ""),
            field("day", "int32", "Date"),
            field("clock", "int32", "Time"),
            field("at", "int64", "Timestamp"),
        ];
        let schema = format!(r#"{{"type":"struct","fields":[{}]}}"#, fields.join(","));
        let payload =
            r#"{"flag":true,"f":0.5,"d":0.25,"bytes":"AP8=","day":1,"clock":1500,"at":1500}"#;
        let value = format!(r#"{{"schema":{schema},"payload":{payload}}}"#);
        let records = [(r#"{"id":1}"#, Some(value.as_str()))];
        assert_eq!(scene.write_keyed(MAKES, &records).await, Ok(all_written(1)));
        let query = "SELECT id, flag, f, d, HEX(bytes), day, clock, at FROM t";
        let row = ["1", "1", "0.5", "0.25", "00FF", "1970-01-02", "00:00:01.500"];
        let rows = scene.stage.rows(query).await;
        assert_eq!(rows[0][..7], row);
        assert_eq!(rows[0][7], "1970-01-01 00:00:01.500");
    });
}

#[test]
fn a_table_without_a_key_is_left_to_the_vendor_to_distribute() {
    play("adb_made_keyless", async |scene| {
        let options = [INSERT, &[("auto.create", "true")]].concat();
        let outcome = scene.write(&options, [r#"{"id":1}"#, r#"{"id":1}"#]).await;
        assert_eq!(outcome, Ok(all_written(2)));
        let said = scene.stand_in.said();
        let create = said.iter().find(|sql| sql.starts_with("CREATE")).expect("it is made");
        assert!(!create.contains("DISTRIBUTED") && !create.contains("KEY"), "{create}");
        assert_eq!(scene.rows().await, ["1", "1"]);
    });
}

/// Nothing undoes what is written here: a column that a later table of the event misses is made before
/// the first row is written, and no row is written twice.
#[test]
fn a_column_that_a_later_table_misses_doubles_no_row() {
    play("adb_made_later", async |scene| {
        scene.table("id bigint", WHOLE).await;
        scene.stage.sql(&format!("CREATE TABLE u (id bigint) {WHOLE}")).await;
        let event = EventBuilder::msk().values("t", 0, [r#"{"id":1}"#, r#"{"id":2}"#]).values(
            "u",
            0,
            [r#"{"id":1,"new":true}"#],
        );
        let rules = invocation::rules(&[INSERT, &[("auto.evolve", "true")]].concat());
        let outcome = invocation::deliver(&mut scene.sink(), &event.build(), &rules).await;
        assert_eq!(outcome, Ok(all_written(3)));
        assert_eq!(scene.rows().await, ["1", "2"]);
        assert_eq!(scene.stage.rows("SELECT id, new FROM u").await, [["1", "1"]]);
    });
}
