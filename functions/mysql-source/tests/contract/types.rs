//! Every type of both servers, cell by cell.

use sluice_testkit::MemoryJournal;

use crate::stage::{Stage, on_both, on_maria, on_mysql};

const BULK: [(&str, &str); 2] = [("mode", "bulk"), ("table.whitelist", "t")];

/// What one cell of a column of this type is told as.
async fn cell(stage: &Stage, kind: &str, literal: &str, options: &[(&str, &str)]) -> String {
    let lax = "SET sql_mode = ''";
    stage
        .say(&format!(
            "{lax}; SET time_zone = '+00:00'; SET NAMES utf8mb4; DROP TABLE IF EXISTS t; \
             CREATE TABLE t (c {kind}); INSERT INTO t VALUES ({literal})"
        ))
        .await;
    let told = stage.values(&MemoryJournal::default(), &[&BULK[..], options].concat()).await;
    let [row] = told.as_slice() else { panic!("{kind} {literal}: {told:?}") };
    let value = row.strip_prefix("{\"c\":").and_then(|row| row.strip_suffix('}'));
    value.unwrap_or_else(|| panic!("{kind} {literal}: {row}")).to_owned()
}

async fn all(stage: &Stage, cells: &[(&str, &str, &str)]) {
    for (kind, literal, expected) in cells {
        assert_eq!(cell(stage, kind, literal, &[]).await, *expected, "{kind} {literal}");
    }
}

#[test]
fn numbers_keep_every_digit() {
    let digits = "12345678901234567890123456789012345.123456789012345678901234567890";
    on_both("numbers", async |stage| {
        all(
            stage,
            &[
                ("TINYINT", "-128", "-128"),
                ("TINYINT UNSIGNED", "255", "255"),
                ("TINYINT(1)", "3", "3"),
                ("BOOLEAN", "TRUE", "1"),
                ("SMALLINT", "-32768", "-32768"),
                ("MEDIUMINT UNSIGNED", "16777215", "16777215"),
                ("INT", "-2147483648", "-2147483648"),
                ("INT(8) ZEROFILL", "42", "42"),
                ("BIGINT", "-9223372036854775808", "-9223372036854775808"),
                ("BIGINT UNSIGNED", "18446744073709551615", "18446744073709551615"),
                ("DECIMAL(7,3)", "12.34", "12.340"),
                ("DECIMAL(7,3)", "-0.5", "-0.500"),
                ("DECIMAL(7,3) ZEROFILL", "12.34", "12.340"),
                ("DECIMAL(65,30)", digits, digits),
                ("FLOAT", "1.23456789", "1.2345679"),
                ("FLOAT", "16777216", "16777216.0"),
                ("FLOAT", "3.4e38", "3.4e+38"),
                ("DOUBLE", "0.1", "0.1"),
                ("DOUBLE", "-1.7976931348623157e308", "-1.7976931348623157e+308"),
                ("BIT(1)", "b'1'", "1"),
                ("BIT(8)", "b'10000001'", "129"),
                ("BIT(64)", "0xFFFFFFFFFFFFFFFF", "18446744073709551615"),
                ("INT", "NULL", "null"),
            ],
        )
        .await;
    });
}

#[test]
fn dates_and_times_are_not_bent() {
    on_both("times", async |stage| {
        all(
            stage,
            &[
                ("YEAR", "2026", "2026"),
                ("YEAR", "0", "\"0000\""),
                ("DATE", "'2026-03-29'", "\"2026-03-29\""),
                ("DATE", "'1000-01-01'", "\"1000-01-01\""),
                ("DATE", "'0000-00-00'", "\"0000-00-00\""),
                ("DATE", "'2026-00-15'", "\"2026-00-15\""),
                ("DATETIME", "'2026-03-29 02:30:00'", "\"2026-03-29T02:30:00\""),
                ("DATETIME(6)", "'2026-03-29 02:30:00.000001'", "\"2026-03-29T02:30:00.000001\""),
                ("DATETIME(3)", "'2026-03-29'", "\"2026-03-29T00:00:00.000\""),
                ("DATETIME", "'0000-00-00'", "\"0000-00-00T00:00:00\""),
                ("DATETIME", "'9999-12-31 23:59:59'", "\"9999-12-31T23:59:59\""),
                ("TIMESTAMP NULL", "'2026-10-25 00:30:00'", "\"2026-10-25T00:30:00Z\""),
                ("TIMESTAMP(6) NULL", "'1970-01-01 00:00:01.5'", "\"1970-01-01T00:00:01.500000Z\""),
                ("TIMESTAMP NULL", "'0000-00-00'", "\"0000-00-00T00:00:00\""),
                ("TIME", "'-838:59:59'", "\"-838:59:59\""),
                ("TIME(6)", "'838:59:58.000001'", "\"838:59:58.000001\""),
                ("TIME(2)", "'-00:00:00.01'", "\"-00:00:00.01\""),
                ("TIME", "'00:00:00'", "\"00:00:00\""),
            ],
        )
        .await;
        let null = [("zero.dates", "null")];
        assert_eq!(cell(stage, "DATE", "'0000-00-00'", &null).await, "null");
        assert_eq!(cell(stage, "DATETIME", "'2026-00-15'", &null).await, "null");
    });
}

#[test]
fn text_bytes_and_labels() {
    on_both("text", async |stage| {
        all(
            stage,
            &[
                ("CHAR(5)", "'ab '", "\"ab\""),
                ("VARCHAR(9)", "'ab '", "\"ab \""),
                ("VARCHAR(9)", "'é𝄞\"\\\\\\n'", "\"é𝄞\\\"\\\\\\n\""),
                ("VARCHAR(9) CHARACTER SET latin1", "'é'", "\"é\""),
                ("VARCHAR(9) CHARACTER SET utf16", "'𝄞'", "\"𝄞\""),
                ("TEXT", "''", "\"\""),
                ("LONGTEXT", "REPEAT('a', 3)", "\"aaa\""),
                ("VARCHAR(9) COLLATE utf8mb4_bin", "'a'", "\"a\""),
                ("BINARY(3)", "'a'", "\"YQAA\""),
                ("VARBINARY(9)", "0x00ff", "\"AP8=\""),
                ("BLOB", "''", "\"\""),
                ("ENUM('a,b','ü')", "'ü'", "\"ü\""),
                ("ENUM('a')", "'wrong'", "\"\""),
                ("SET('a','b','c')", "'a,c'", "\"a,c\""),
                ("SET('a')", "''", "\"\""),
                ("ENUM('a') CHARACTER SET binary", "'a'", "\"a\""),
            ],
        )
        .await;
    });
}

#[test]
fn documents_and_geometries() {
    on_both("documents", async |stage| {
        let document = r#"'{"a": 1.0, "b": 12345678901234567890}'"#;
        let told = r#"{"a": 1.0, "b": 12345678901234567890}"#;
        all(
            stage,
            &[
                ("JSON", document, told),
                ("JSON", "'\"x\"'", "\"x\""),
                ("JSON", "'null'", "null"),
                ("JSON", "NULL", "null"),
                ("LONGTEXT", "'{}'", "\"{}\""),
                (
                    "POINT",
                    "ST_GeomFromText('POINT(1 2)')",
                    "\"0101000000000000000000f03f0000000000000040\"",
                ),
            ],
        )
        .await;
    });
}

#[test]
fn types_that_only_mysql_has() {
    on_mysql("mysql_types", async |stage| {
        let around = "ST_GeomFromText('POINT(1 2)', 4326, 'axis-order=long-lat')";
        let ewkb = "\"0101000020e6100000000000000000f03f0000000000000040\"";
        all(
            stage,
            &[
                ("VECTOR(3)", "TO_VECTOR('[1,0.1,-2.5]')", "[1.0,0.1,-2.5]"),
                ("GEOMETRY SRID 4326", around, ewkb),
            ],
        )
        .await;
    });
}

#[test]
fn types_that_only_mariadb_has() {
    on_maria("maria_types", async |stage| {
        let uuid = "123e4567-e89b-12d3-a456-426655440000";
        all(
            stage,
            &[
                ("UUID", &format!("'{uuid}'"), &format!("\"{uuid}\"")),
                ("INET6", "'::1'", "\"::1\""),
                ("INET4", "'1.2.3.4'", "\"1.2.3.4\""),
                ("LONGTEXT CHECK (json_valid(`c`))", "'[1]'", "[1]"),
            ],
        )
        .await;
    });
}

#[test]
fn generated_and_invisible_columns() {
    on_both("generated", async |stage| {
        stage
            .say(
                "CREATE TABLE t (a INT, b INT AS (a + 1) STORED, v INT AS (a + 2) VIRTUAL, h INT INVISIBLE DEFAULT 9); \
                 INSERT INTO t (a) VALUES (1)",
            )
            .await;
        let told = stage.values(&MemoryJournal::default(), &BULK).await;
        assert_eq!(told, [r#"{"a":1,"b":2,"v":3}"#]);
    });
}
