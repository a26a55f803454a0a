//! What each type takes, cell by cell, as the engine itself reads it back.

use sluice_testkit::contract::Subject;
use sluice_testkit::invocation::{INSERT, UPSERT, deliver_values, refused};
use sluice_testkit::{Kind, TableSpec, invocation};

use crate::faults::STAGED;
use crate::files::GZIP;
use crate::subject::Server;

/// A type, values as JSON with what the column then holds (as the engine casts it to text; arrays, maps, tuples and
/// vectors to JSON first), and values that are refused.
type Cells = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

const CELLS: &[Cells] = &[
    (
        "TINYINT",
        &[("-128", "-128"), ("\"127\"", "127"), ("7.0", "7")],
        &["128", "1.9", "true", "\"x\"", "[1]"],
    ),
    ("SMALLINT UNSIGNED", &[("65535", "65535")], &["65536", "-1"]),
    ("INT", &[("2147483647", "2147483647")], &["2147483648"]),
    ("BIGINT", &[("-9223372036854775808", "-9223372036854775808")], &["9223372036854775808"]),
    (
        "BIGINT UNSIGNED",
        &[("18446744073709551615", "18446744073709551615")],
        &["18446744073709551616"],
    ),
    ("FLOAT", &[("0.1", "0.1"), ("1e10", "1e10")], &["1e39", "1e-60", "\"NaN\""]),
    ("DOUBLE", &[("0.1", "0.1"), ("-2.5", "-2.5")], &["1e400", "\"Infinity\""]),
    ("DECIMAL(5, 2)", &[("999.99", "999.99"), ("\"-1.5\"", "-1.50")], &["1.239", "1000", "\"x\""]),
    (
        "DECIMAL(76, 10)",
        &[
            (
                "123456789012345678901234567890123456789012345678901234567890123456.0123456789",
                "123456789012345678901234567890123456789012345678901234567890123456.0123456789",
            ),
            ("-0.0000000001", "-0.0000000001"),
        ],
        &["1e66"],
    ),
    ("BOOLEAN", &[("true", "true"), ("\"false\"", "false"), ("1", "true")], &["2", "\"yes\""]),
    (
        "VARCHAR",
        &[
            ("\"a\\u0000\\n'\\\\ü\"", "a\0\n'\\ü"),
            ("\"\\\\N\"", "\\N"),
            ("\"\"", ""),
            ("\"\\\"\\r\\n,\\\"\"", "\"\r\n,\""),
            ("7", "7"),
            ("{\"a\":1}", "{\"a\":1}"),
        ],
        &[],
    ),
    (
        "DATE",
        &[("\"0001-01-01\"", "0001-01-01"), ("\"9999-12-31\"", "9999-12-31")],
        &["\"2026-01-02T03:00:00Z\"", "\"10000-01-01\""],
    ),
    (
        "TIMESTAMP",
        &[
            ("\"2026-01-02T03:04:05.123456+02:00\"", "2026-01-02 01:04:05.123456"),
            ("\"0001-01-01T00:00:00Z\"", "0001-01-01 00:00:00.000000"),
            ("\"9999-12-30T21:59:59.999999Z\"", "9999-12-30 21:59:59.999999"),
            ("-1", "1969-12-31 23:59:59.999000"),
        ],
        &["\"0000-12-31T00:00:00Z\"", "\"2026-01-02T03:04:05.1234567\"", "true"],
    ),
    (
        "TIMESTAMP_TZ",
        &[("\"2026-01-02T03:04:05-05:30\"", "2026-01-02 03:04:05.000000 -0530")],
        &["\"x\"", "\"2026-01-02T03:04:05+14:01\"", "\"9999-12-31T00:00:00+14:00\""],
    ),
    (
        "VARIANT",
        &[
            ("{\"a\":[1,18446744073709551615]}", "{\"a\":[1,18446744073709551615]}"),
            ("\"x\"", "x"),
            ("true", "true"),
            ("{\n  \"b\": [1.5,\r\n\t\"\\n\"]\n}", "{\"b\":[1.5,\"\\n\"]}"),
            (
                "[170141183460469231731687303715884105727]",
                "[170141183460469231731687303715884105727]",
            ),
        ],
        &[
            "1e400",
            "[9007199254740993.0]",
            "[\"\\ud800\"]",
            "{\"\\ud800\":1}",
            "[{\"a\":1,\"a\":2}]",
        ],
    ),
    ("ARRAY(VARIANT)", &[("[{\n\"a\": 1\n}]", "[{\"a\":1}]")], &["[1e400]", "[[\"\\ud800\"]]"]),
    ("ARRAY(INT)", &[("[1,null,3]", "[1,null,3]"), ("[]", "[]")], &["[1.9]", "{}", "\"[1]\""]),
    ("ARRAY(BOOLEAN)", &[("[true,false]", "[true,false]")], &["[2]"]),
    (
        "ARRAY(ARRAY(TIMESTAMP))",
        &[("[[\"2026-01-02T03:04:05+02:00\"]]", "[[\"2026-01-02 01:04:05.000000\"]]")],
        &["[[\"x\"]]"],
    ),
    (
        "ARRAY(TIMESTAMP_TZ)",
        &[("[\"2026-01-02T03:04:05-05:30\",null]", "[\"2026-01-02 03:04:05.000000 -0530\",null]")],
        &["[\"x\"]"],
    ),
    (
        "MAP(STRING, ARRAY(TIMESTAMP_TZ))",
        &[("{\"a\":[\"2026-01-02T03:04:05Z\"]}", "{\"a\":[\"2026-01-02 03:04:05.000000 +0000\"]}")],
        &["{\"a\":[\"x\"]}"],
    ),
    (
        "TUPLE(a TIMESTAMP_TZ, b TUPLE(c TIMESTAMP_TZ))",
        &[(
            "[\"2026-01-02T03:04:05+01:00\",[null]]",
            "{\"a\":\"2026-01-02 03:04:05.000000 +0100\",\"b\":{\"c\":null}}",
        )],
        &["[\"x\",[null]]"],
    ),
    ("ARRAY(INT NOT NULL)", &[("[1]", "[1]")], &["[null]"]),
    ("ARRAY(DECIMAL(30, 5))", &[("[1.00001,\"2\"]", "[1.00001,2.00000]")], &["[0.000001]"]),
    ("MAP(STRING, INT)", &[("{\"k\":1}", "{\"k\":1}")], &["{\"k\":\"x\"}", "[1]"]),
    ("TUPLE(a TUPLE(b INT), c GEOMETRY)", &[], &["[[1],\"x\"]", "[[1.5],\"POINT(1 2)\"]"]),
    (
        "TUPLE(a INT, b VARCHAR)",
        &[("[1,\"x\"]", "{\"a\":1,\"b\":\"x\"}")],
        &["[1]", "[\"x\",\"y\"]"],
    ),
    ("BITMAP", &[("\"1,2,3\"", "1,2,3")], &["\"x\""]),
    (
        "GEOMETRY",
        &[("\"POINT(1 2)\"", "POINT(1 2)"), ("\"SRID=4326;POINT(1 2)\"", "SRID=4326;POINT(1 2)")],
        &["\"x\"", "\"POINT(1)\""],
    ),
    ("GEOGRAPHY", &[("\"POINT(1 2)\"", "SRID=4326;POINT(1 2)")], &["\"x\""]),
    ("INTERVAL", &[("\"1 day 2 hours\"", "1 day 2:00:00")], &["\"x\""]),
    ("VECTOR(2)", &[("[1,2.5]", "[1.0,2.5]")], &["[1]", "[\"x\",1]", "null"]),
];

#[test]
fn every_type_takes_what_it_keeps_and_refuses_the_rest() {
    invocation::run(async {
        let (mut wrong, mut server) = (Vec::new(), Server::new().await);
        // Inserts are literals, upserts are compressed files; the expressions are the same.
        server.allow_compression().await;
        let mut literals = server.sink().await;
        let mut files = server.sink_with(&[STAGED, GZIP].concat());
        for (kind, kept, lost) in CELLS {
            for (name, options, sink) in
                [("inserted", INSERT, &mut literals), ("upserted", UPSERT, &mut files)]
            {
                let table =
                    TableSpec::new(name).key("id", Kind::Integer).column("v", Kind::Native(kind));
                server.create(&table).await;
                let null: &[&str] = if kind.starts_with("VECTOR") { &[] } else { &["null"] };
                let cells = kept.iter().map(|(given, _)| given).chain(*lost).chain(null);
                let values =
                    cells.enumerate().map(|(id, cell)| format!("{{\"id\":{id},\"v\":{cell}}}"));
                let outcome = deliver_values(sink, name, options, values).await;
                let Ok(_) = &outcome else {
                    wrong.push(format!("{kind}: {outcome:?}"));
                    continue;
                };
                let failed: Vec<usize> = refused(&outcome).iter().map(|it| it.0).collect();
                let expected: Vec<usize> = (kept.len()..kept.len() + lost.len()).collect();
                let mut rows = server.rows(&table).await;
                rows.sort_by_key(|row| row[0].parse::<usize>().unwrap_or_default());
                let held: Vec<&str> = rows.iter().map(|row| row[1].as_str()).collect();
                let stored: Vec<&str> = kept
                    .iter()
                    .map(|(_, stored)| *stored)
                    .chain(null.iter().map(|_| "∅"))
                    .collect();
                if failed != expected || held != stored {
                    wrong.push(format!("{kind}: refused {failed:?}, not {expected:?}; holds {held:?}, not {stored:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

/// A document as deep as the server reads is kept, and one that is deeper costs its row.
#[test]
fn the_depth_of_a_document_costs_no_other_row() {
    invocation::run(async {
        let mut server = Server::new().await;
        let table = TableSpec::new("t").key("id", Kind::Integer).column("v", Kind::Json);
        server.create(&table).await;
        let mut sink = server.sink().await;
        let value = |id: usize, levels: usize| {
            format!("{{\"id\":{id},\"v\":{}{}}}", "[".repeat(levels), "]".repeat(levels))
        };
        let values = [value(0, 126), value(1, 127), value(2, 1)];
        let outcome = deliver_values(&mut sink, "t", INSERT, values).await;
        assert_eq!(refused(&outcome).iter().map(|it| it.0).collect::<Vec<_>>(), [1]);
        assert_eq!(server.rows(&table).await.len(), 2);
    });
}

/// A record that is an empty object is a row of defaults, also where no column may be null.
#[test]
fn an_empty_object_is_a_row_of_defaults() {
    invocation::run(async {
        let (mut server, mut expected) = (Server::new().await, Vec::new());
        let mut sink = server.sink().await;
        for (name, kind, stored) in [
            ("null", "INT", "∅"),
            ("filled", "INT DEFAULT 7", "7"),
            ("array", "ARRAY(INT) DEFAULT [1]", "[1]"),
        ] {
            let table = TableSpec::new(name).column("v", Kind::Native(kind));
            server.create(&table).await;
            let outcome = deliver_values(&mut sink, name, INSERT, ["{}", "{}"]).await;
            assert_eq!(outcome, Ok(invocation::all_written(2)), "{kind}");
            expected.push((server.rows(&table).await, vec![[stored.to_owned()]; 2]));
        }
        let strict = TableSpec::new("strict").column("v", Kind::Integer);
        let created = server.admin.query("CREATE TABLE strict (v INT NOT NULL DEFAULT 8)").await;
        assert!(created.is_empty());
        let outcome = deliver_values(&mut sink, "strict", INSERT, ["{}"]).await;
        assert_eq!(outcome, Ok(invocation::all_written(1)));
        expected.push((server.rows(&strict).await, vec![["8".to_owned()]]));
        for (rows, expected) in expected {
            assert_eq!(rows, expected);
        }
    });
}

/// Bytes are read back as hexadecimal digits.
#[test]
fn bytes_are_kept() {
    invocation::run(async {
        let mut server = Server::new().await;
        let table =
            TableSpec::new("t").key("id", Kind::Integer).column("v", Kind::Native("BINARY"));
        server.create(&table).await;
        let mut sink = server.sink().await;
        let values = [
            "{\"id\":1,\"v\":\"AP8=\"}",
            "{\"id\":2,\"v\":\"\"}",
            "{\"id\":3,\"v\":\"no base64\"}",
        ];
        assert_eq!(refused(&deliver_values(&mut sink, "t", INSERT, values).await), [(2, None)]);
        let rows = server.admin.query("SELECT lower(hex(v)) FROM t ORDER BY id").await;
        assert_eq!(rows, [[Some("00ff".to_owned())], [Some(String::new())]]);
    });
}

/// In the server's own format of tables on a file system, equal decimals of so many digits are stored wrong.
#[test]
fn equal_decimals_of_a_new_table_are_kept() {
    invocation::run(async {
        let mut server = Server::new().await;
        let mut sink = server.sink().await;
        let options = &[("auto.create", "true"), ("auto.evolve", "true")];
        for column in ["price", "later"] {
            let values = vec![format!("{{\"{column}\":12.5}}"); 20];
            let outcome =
                deliver_values(&mut sink, "t", options, values.iter().map(String::as_str)).await;
            assert_eq!(outcome, Ok(invocation::all_written(20)));
            let asked = format!("SELECT count(*) FROM t WHERE {column} = 12.5");
            assert_eq!(server.admin.query(&asked).await, [[Some("20".to_owned())]]);
        }
    });
}
