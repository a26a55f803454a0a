//! Values whose type a schema declares, as Debezium's connector for MySQL sends them ("Data type
//! mappings" on its page), in columns of the source's own types.

use super::{MARIADB, MYSQL};
use crate::support::{INSERT, on_stage};

/// Column type, declared type, value, and how the column reads.
const FIELDS: &[(&str, &str, &str, &str)] = &[
    ("tinyint(1)", r#""type":"int16""#, "1", "1"),
    ("bit(1)", r#""type":"boolean""#, "true", "1"),
    (
        "bit(10)",
        r#""type":"bytes","name":"io.debezium.data.Bits","parameters":{"length":"10"}"#,
        r#""BQE=""#,
        "261",
    ),
    ("bigint unsigned", r#""type":"int64""#, "9223372036854775807", "9223372036854775807"),
    (
        "decimal(10,2)",
        r#""type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"}"#,
        r#""BNI=""#,
        "12.34",
    ),
    ("date", r#""type":"int32","name":"io.debezium.time.Date""#, "20777", "2026-11-20"),
    (
        "time(6)",
        r#""type":"int64","name":"io.debezium.time.MicroTime""#,
        "-108000000001",
        "-30:00:00.000001",
    ),
    (
        "datetime(3)",
        r#""type":"int64","name":"io.debezium.time.Timestamp""#,
        "1767225600123",
        "2026-01-01 00:00:00.123",
    ),
    (
        "datetime(6)",
        r#""type":"int64","name":"io.debezium.time.MicroTimestamp""#,
        "1767225600123456",
        "2026-01-01 00:00:00.123456",
    ),
    (
        "timestamp null",
        r#""type":"string","name":"io.debezium.time.ZonedTimestamp""#,
        r#""2026-01-01T08:00:00+08:00""#,
        "2026-01-01 00:00:00",
    ),
    ("year", r#""type":"int32","name":"io.debezium.time.Year""#, "2026", "2026"),
    ("enum('a','b')", r#""type":"string","name":"io.debezium.data.Enum""#, r#""b""#, "b"),
    ("set('a','b')", r#""type":"string","name":"io.debezium.data.EnumSet""#, r#""a,b""#, "a,b"),
    ("json", r#""type":"string","name":"io.debezium.data.Json""#, r#""[1]""#, "[1]"),
    ("varbinary(3)", r#""type":"bytes""#, r#""AP8=""#, "00FF"),
    (
        "point",
        r#""type":"struct","name":"io.debezium.data.geometry.Point","fields":[{"field":"x","type":"double"},{"field":"y","type":"double"},{"field":"wkb","type":"bytes","optional":true},{"field":"srid","type":"int32","optional":true}]"#,
        r#"{"x":1,"y":2,"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAABA","srid":null}"#,
        "POINT(1 2)",
    ),
];

#[test]
fn a_source_row_comes_out_as_it_is() {
    for server in [MARIADB, MYSQL] {
        on_stage(server, "types_declared", async |stage| {
            let columns = FIELDS.iter().enumerate();
            let columns = columns.map(|(nth, (declared, ..))| format!("c{nth} {declared}"));
            let columns = columns.collect::<Vec<_>>().join(",");
            stage.sql(&format!("CREATE TABLE t ({columns})")).await;
            let fields = FIELDS.iter().enumerate();
            let fields = fields.map(|(nth, (_, ty, ..))| format!("{{\"field\":\"c{nth}\",{ty}}}"));
            let values = FIELDS.iter().enumerate();
            let values = values.map(|(nth, (_, _, value, _))| format!("\"c{nth}\":{value}"));
            let record = format!(
                "{{\"schema\":{{\"type\":\"struct\",\"fields\":[{}]}},\"payload\":{{{}}}}}",
                fields.collect::<Vec<_>>().join(","),
                values.collect::<Vec<_>>().join(",")
            );
            let outcome = stage.deliver("t", INSERT, [record]).await.expect("no fault");
            assert_eq!(outcome.written, 1, "{:?}", outcome.failures);
            for (nth, (declared, _, _, expected)) in FIELDS.iter().enumerate() {
                let reading = match *declared {
                    "point" => format!("ST_AsText(c{nth})"),
                    "varbinary(3)" => format!("HEX(c{nth})"),
                    bits if bits.starts_with("bit") => format!("c{nth} + 0"),
                    _ => format!("c{nth}"),
                };
                let stored = stage.column(&format!("SELECT {reading} FROM t")).await;
                assert_eq!(stored, [*expected], "{declared} ({server})");
            }
        });
    }
}
