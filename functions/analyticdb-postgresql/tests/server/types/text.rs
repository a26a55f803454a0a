//! Text in its widths, and what PostgreSQL sends as text.

use super::{Refused, Server, Stored, check};
use crate::support::{INSERT, on_stage};

const TOO_LONG: super::Fate = Refused("the text is too long");
const NUL: super::Fate = Refused("does not accept a NUL character");

#[test]
fn text() {
    let cells = [
        ("null", Stored("∅")),
        ("true", Stored("true")),
        ("false", Stored("false")),
        ("7", Stored("7")),
        ("1.50", Stored("1.50")),
        ("1e400", Stored("1e400")),
        ("\"\"", Stored("")),
        ("\"null\"", Stored("null")),
        ("\" spaces \"", Stored(" spaces ")),
        ("\"\\\\N\\t\\n\\\\.\"", Stored("\\N\t\n\\.")),
        ("\"\\ud83e\\udd80 ü 東\"", Stored("🦀 ü 東")),
        ("{\"a\": [1, null]}", Stored("{\"a\": [1, null]}")),
        ("[ ]", Stored("[ ]")),
        ("\"se\\u0000cret\"", NUL),
    ];
    check("text", "text", &cells);
}

#[test]
fn varchar() {
    let cells = [
        ("null", Stored("∅")),
        ("\"abcd\"", Stored("abcd")),
        ("\"äöü🦀\"", Stored("äöü🦀")),
        ("\"ab  \"", Stored("ab  ")),
        ("\"abcde\"", TOO_LONG),
        ("\"abcd \"", TOO_LONG),
        ("\"     \"", TOO_LONG),
        ("12345", TOO_LONG),
        ("false", TOO_LONG),
        ("1234", Stored("1234")),
        ("[1,23]", TOO_LONG),
        ("\"a\\u0000b\"", NUL),
    ];
    check("varchar", "varchar(4)", &cells);
}

#[test]
fn char() {
    let cells = [
        ("null", Stored("∅")),
        ("\"abcd\"", Stored("abcd")),
        ("\"ab\"", Stored("ab")),
        ("\"abcde\"", TOO_LONG),
        ("\"abcd \"", TOO_LONG),
        ("true", Stored("true")),
    ];
    check("char", "char(4)", &cells);
}

/// `name` cuts what is longer than 63 bytes, and `"char"` what is longer than one.
#[test]
fn types_that_cut_in_silence() {
    let long: &'static str = format!("\"{}\"", "n".repeat(64)).leak();
    check("name", "name", &[("\"short\"", Stored("short")), (long, TOO_LONG)]);
    check("one_byte", "\"char\"", &[("\"s\"", Stored("s")), ("\"secret\"", TOO_LONG)]);
}

#[test]
fn enums() {
    on_stage("types_enum", async |stage| {
        let mood = "CREATE TYPE \"Mood Of\" AS ENUM ('happy', 'so so', 'ünwell')";
        stage.sql(mood).await;
        let cells = [
            ("null", Stored("∅")),
            ("\"happy\"", Stored("happy")),
            ("\"so so\"", Stored("so so")),
            ("\"ünwell\"", Stored("ünwell")),
            ("\"Happy\"", Server("22P02")),
            ("\"happy \"", Server("22P02")),
            ("\"\"", Server("22P02")),
            ("1", Server("22P02")),
        ];
        super::check_on(stage, "moods", "\"Mood Of\"", &cells).await;
        let elsewhere = "DROP SCHEMA IF EXISTS \"Types Elsewhere\" CASCADE; CREATE SCHEMA \"Types Elsewhere\"; \
             ALTER TYPE \"Mood Of\" SET SCHEMA \"Types Elsewhere\"";
        stage.sql(elsewhere).await;
        let written = stage
            .deliver("moods_upsert", crate::support::UPSERT, [r#"{"id":90,"c":"happy"}"#])
            .await;
        assert_eq!(written, Ok(crate::support::all_written(1)));
        let declared = "\"Types Elsewhere\".\"Mood Of\"[]";
        let cells = [
            ("\"{happy}\"", Stored("{happy}")),
            ("[\"so so\",null]", Stored("{\"so so\",NULL}")),
            ("[\"Happy\"]", Server("22P02")),
        ];
        super::check_on(stage, "many", declared, &cells).await;
        stage.sql("DROP SCHEMA \"Types Elsewhere\" CASCADE").await;
    });
}

/// A database of another encoding refuses the characters it has not.
#[test]
fn text_that_the_database_cannot_spell() {
    on_stage("types_latin", async |stage| {
        stage.sql("DROP DATABASE IF EXISTS types_latin").await;
        stage
            .sql("CREATE DATABASE types_latin TEMPLATE template0 ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C'")
            .await;
        let here = crate::support::service("TEST_POSTGRES");
        let url = format!("{}/types_latin", here.rsplit_once('/').expect("a database").0);
        let mut sink =
            crate::support::configure(&[("connection.url", &url)]).expect("a good address");
        let (client, driver) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        let driver = tokio::spawn(driver);
        client
            .batch_execute("CREATE TABLE \"é\" (id int PRIMARY KEY, v varchar(3))")
            .await
            .unwrap();
        for (first, options) in [(0, INSERT), (10, crate::support::UPSERT)] {
            let texts = ["éàü", "東", "ok"].into_iter().enumerate();
            let values = texts.map(|(id, text)| format!(r#"{{"id":{},"v":"{text}"}}"#, first + id));
            let outcome = crate::support::deliver(&mut sink, "é", options, values).await;
            assert_eq!(crate::support::refused(&outcome), [(1, Some("22P05"))], "{options:?}");
        }
        let row = client.query_one("SELECT string_agg(v, ' ' ORDER BY id) FROM \"é\"", &[]).await;
        assert_eq!(row.unwrap().get::<_, &str>(0), "éàü ok éàü ok");
        drop((sink, client));
        driver.await.unwrap().unwrap();
        stage.sql("DROP DATABASE types_latin").await;
    });
}

#[test]
fn citext() {
    on_stage("types_citext", async |stage| {
        super::extend(stage, "citext").await;
        let cells = [
            ("null", Stored("∅")),
            ("\"Ab\"", Stored("Ab")),
            ("7", Stored("7")),
            ("\"a\\u0000\"", NUL),
        ];
        super::check_on(stage, "t", "citext", &cells).await;
        stage.sql("CREATE TABLE k (k citext PRIMARY KEY, v int)").await;
        for (value, stored) in [(r#"{"k":"Ab","v":1}"#, "1"), (r#"{"k":"aB","v":2}"#, "2")] {
            let written = stage.deliver("k", crate::support::UPSERT, [value]).await;
            assert_eq!(written, Ok(crate::support::all_written(1)));
            assert_eq!(stage.column("SELECT v FROM k").await, [stored]);
        }
    });
}
