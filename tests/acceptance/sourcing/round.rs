//! Source, topic, sink: the copy behind our own sink equals the table, cell by cell.

use mysql_async::prelude::Queryable;
use sluice_tests::pipeline::sluice;
use sluice_tests::run::Running;
use sluice_tests::services::{self, binary};

use super::stage::{MARIADB, MYSQL, Stage};
use crate::registered::schemas::url;

/// A column's name and type, and the literals of its rows.
type Column = (&'static str, &'static str, [&'static str; 2]);

const SHARED: &[Column] = &[
    ("tiny", "TINYINT", ["-128", "NULL"]),
    ("flag", "TINYINT(1)", ["3", "0"]),
    ("big", "BIGINT", ["-9223372036854775808", "9223372036854775807"]),
    ("huge", "BIGINT UNSIGNED", ["18446744073709551615", "0"]),
    (
        "amount",
        "DECIMAL(65,30)",
        ["12345678901234567890123456789012345.123456789012345678901234567890", "-0.5"],
    ),
    ("single", "FLOAT", ["1.23456789", "-16777216"]),
    ("twice", "DOUBLE", ["0.1", "-1.7976931348623157e308"]),
    ("bits", "BIT(12)", ["b'101010101010'", "b'0'"]),
    ("year", "YEAR", ["2026", "1901"]),
    ("day", "DATE", ["'1000-01-01'", "'9999-12-31'"]),
    ("wall", "DATETIME(6)", ["'2026-03-29 02:30:00.000001'", "'1969-12-31 23:59:59.9'"]),
    ("moment", "TIMESTAMP(3) NULL", ["'2026-10-25 00:30:00.5'", "'1970-01-01 00:00:01'"]),
    ("span", "TIME(6)", ["'-838:59:59'", "'00:00:00.000001'"]),
    ("fixed", "CHAR(5)", ["'ab'", "''"]),
    ("words", "TEXT", ["'é𝄞\"\\\\\\n'", "' a '"]),
    ("latin", "VARCHAR(9) CHARACTER SET latin1", ["'é'", "'a'"]),
    ("bytes", "VARBINARY(9)", ["0x00ff", "''"]),
    ("blob", "BLOB", ["0x61", "NULL"]),
    ("label", "ENUM('a,b','ü')", ["'ü'", "'a,b'"]),
    ("labels", "SET('a','b','c')", ["'a,c'", "''"]),
    ("document", "JSON", [r#"'{"a": 1.0, "b": [12345678901234567890, "x"]}'"#, r#"'"x"'"#]),
    ("place", "POINT", ["ST_GeomFromText('POINT(1 2)')", "NULL"]),
];
const OF_MYSQL: &[Column] = &[
    ("vector", "VECTOR(3)", ["TO_VECTOR('[1,0.1,-2.5]')", "NULL"]),
    ("earth", "POINT SRID 4326", ["ST_GeomFromText('POINT(2 1)', 4326)", "NULL"]),
];
const OF_MARIADB: &[Column] = &[
    ("uuid", "UUID", ["'123e4567-e89b-12d3-a456-426655440000'", "NULL"]),
    ("address", "INET6", ["'::1'", "NULL"]),
];

/// The formats with a schema of a registry.
const REGISTERED: [&str; 3] = ["avro", "protobuf", "json-schema"];

async fn copy_equals(server: &str, own: &[Column], format: &str) {
    let columns: Vec<&Column> = SHARED.iter().chain(own).collect();
    let declared: Vec<String> =
        columns.iter().map(|(name, kind, _)| format!("`{name}` {kind}")).collect();
    let declared = format!("id INT PRIMARY KEY, {}", declared.join(", "));
    let stage = Stage::new(server, "source_round", &declared).await;
    let row = |id: usize, place: usize| {
        let cells: Vec<&str> = columns.iter().map(|(.., cells)| cells[place]).collect();
        format!("({id}, {})", cells.join(", "))
    };
    stage.say("CREATE TABLE c LIKE t").await;
    // The copy has each row with the values of the other one: also a null replaces them.
    for (table, first, second) in [("t", 0, 1), ("c", 1, 0)] {
        stage
            .say(&format!(
                "SET time_zone = '+00:00'; INSERT INTO {table} VALUES {}, {}",
                row(1, first),
                row(2, second)
            ))
            .await;
    }
    let mut stage = stage.with("INCREMENTING_COLUMN_NAME", "id").with("VALUE_FORMAT", format);
    if REGISTERED.contains(&format) {
        stage = stage.with("SCHEMA_REGISTRY_URL", &url());
    }
    assert_eq!(stage.poll().await["rows"], 2);
    write(&stage, format).await;
    let mut conn = stage.connect().await;
    for (name, kind, _) in columns {
        // As bytes, so that no collation and no rounding hides a difference.
        let bytes = |table: &str| match *kind {
            "BIT(12)" => format!("{table}.`{name}` + 0"),
            _ => format!("CAST({table}.`{name}` AS BINARY)"),
        };
        let (ours, copied) = (bytes("t"), bytes("c"));
        let question = format!(
            "SELECT COUNT(*) FROM t LEFT JOIN c ON c.id = t.id WHERE c.id IS NULL OR NOT ({ours} <=> {copied})"
        );
        let different: Option<u64> = conn.query_first(question).await.expect("an answer");
        assert_eq!(different, Some(0), "{server}, {format}: column {name} {kind}");
    }
    conn.disconnect().await.expect("goodbye");
    stage.gone().await;
}

/// The topic into the copy, by our sink.
async fn write(stage: &Stage, format: &str) {
    let topic = format!("{}-t", stage.name);
    let mut command = sluice();
    command
        .args(["trigger", "--once", "--summary", "json", "--batch-window", "50ms"])
        .args(["--bootstrap", &services::kafka(), "--topics", &topic, "--group", &stage.name])
        .arg("--function")
        .arg(binary("analyticdb-mysql"))
        .env("SLUICE_CONNECTION_URL", stage.url())
        .env("SLUICE_TABLE_NAME_FORMAT", "c")
        .env("SLUICE_INSERT_MODE", "upsert")
        .env("SLUICE_PK_MODE", "record_key");
    if REGISTERED.contains(&format) {
        command
            .env("SLUICE_VALUE_FORMAT", format)
            .env("SLUICE_KEY_FORMAT", format)
            .env("SLUICE_SCHEMA_REGISTRY_URL", url());
    }
    if format == "protobuf" {
        // A text of Protobuf does not say that it is a document.
        command.env("SLUICE_JSON_TEXT_COLUMNS", "document");
    }
    let run = Running::start(command, None).ended().await;
    assert_eq!(run.code, Some(0), "{run:#?}");
}

#[tokio::test]
async fn a_copy_of_mysql_equals_its_table() {
    copy_equals(MYSQL, OF_MYSQL, "json").await;
    copy_equals(MYSQL, OF_MYSQL, "json-envelope").await;
}

#[tokio::test]
async fn a_copy_of_mysql_by_schemas_equals_its_table() {
    for format in REGISTERED {
        copy_equals(MYSQL, OF_MYSQL, format).await;
    }
}

#[tokio::test]
async fn a_copy_of_mariadb_by_schemas_equals_its_table() {
    for format in REGISTERED {
        copy_equals(MARIADB, OF_MARIADB, format).await;
    }
}

#[tokio::test]
async fn a_copy_of_mariadb_equals_its_table() {
    copy_equals(MARIADB, OF_MARIADB, "json").await;
    copy_equals(MARIADB, OF_MARIADB, "json-envelope").await;
}
