//! Logical types of Kafka Connect and of Debezium become what they mean.

use super::{CONNECT, ENVELOPE, envelope, field};
use crate::{check, value};

#[track_caller]
fn logical(name: &str, ty: &str, sent: &str, expected: &str) {
    field(&format!(r#""type":"{ty}","optional":true,"name":"{name}","version":1"#), sent, expected);
}

#[test]
fn logical_types_become_what_they_mean() {
    let connect = |name: &str| format!("{CONNECT}.{name}");
    logical(&connect("Date"), "int32", "20777", "a='2026-11-20'");
    logical(&connect("Time"), "int32", "36930500", "a='10:15:30.5'");
    logical(&connect("Timestamp"), "int64", "-1", "a='1969-12-31T23:59:59.999Z'");
    logical(&connect("Timestamp"), "int64", "null", "a=null");
    let debezium = |name: &str, ty: &str, sent: &str, expected: &str| {
        logical(&format!("io.debezium.time.{name}"), ty, sent, expected);
    };
    debezium("Date", "int32", "-1", "a='1969-12-31'");
    debezium("Time", "int32", "1", "a='00:00:00.001'");
    debezium("MicroTime", "int64", "86399999999", "a='23:59:59.999999'");
    debezium("NanoTime", "int64", "1", "a='00:00:00.000000001'");
    debezium("Timestamp", "int64", "0", "a='1970-01-01T00:00:00Z'");
    debezium("MicroTimestamp", "int64", "1700000000123456", "a='2023-11-14T22:13:20.123456Z'");
    debezium("NanoTimestamp", "int64", "1700000000123456789", "a='2023-11-14T22:13:20.123456789Z'");
    debezium("MicroTimestamp", "int64", "9223372036825200000", "a='infinity'");
    debezium("MicroTimestamp", "int64", "-9223372036832400000", "a='-infinity'");
    debezium("Timestamp", "int64", "9223372036825200", "a='infinity'");
    debezium("Timestamp", "int64", "-9223372036832400", "a='-infinity'");
    debezium("MicroTimestamp", "int64", "9223372036825200", "a='2262-04-11T23:47:16.8252Z'");
    debezium("NanoTimestamp", "int64", "9223372036825200000", "a='2262-04-11T23:47:16.8252Z'");
    debezium("IsoDate", "string", "\"2026-11-20Z\"", "a='2026-11-20'");
    debezium("IsoTime", "string", "\"10:15:30.123Z\"", "a='10:15:30.123'");
    debezium("IsoTimestamp", "string", "\"2026-11-20T10:00:00Z\"", "a='2026-11-20T10:00:00Z'");
    debezium("IsoTimestamp", "string", "\"+294247-01-10T04:00:25.2Z\"", "a='infinity'");
    debezium("IsoTimestamp", "string", "\"-290308-12-21T19:59:27.6Z\"", "a='-infinity'");
    debezium("ZonedTimestamp", "string", "\"2026-11-20T10:00:00Z\"", "a='2026-11-20T10:00:00Z'");
    debezium("Year", "int32", "2026", "a=2026");
    debezium("MicroDuration", "int64", "-1500000", "a='PT-1.5S'");
    debezium("MicroTime", "int64", "-108000000001", "a='-30:00:00.000001'");
    debezium(
        "Date",
        "int32",
        "\"x\"",
        "refused: Value: the field `a` of the value is declared as date",
    );
}

#[test]
fn decimals_keep_every_digit() {
    let decimal = |scale: &str, sent: &str, expected: &str| {
        field(
            &format!(
                r#""type":"bytes","optional":true,"name":"{CONNECT}.Decimal","version":1,"parameters":{{"scale":"{scale}","connect.decimal.precision":"38"}}"#
            ),
            sent,
            expected,
        );
    };
    decimal("2", "\"BNI=\"", "a=12.34");
    decimal("2", "\"+y4=\"", "a=-12.34");
    decimal("0", "\"AQAAAAAAAAAA\"", "a=18446744073709551616");
    decimal("-3", "\"BQ==\"", "a=5000");
    decimal("2", "12.34", "a=12.34");
    decimal("2", "null", "a=null");
    decimal(
        "2",
        "\"12.34\"",
        "refused: Value: the field `a` of the value is declared as decimal of scale 2, but it is not base64",
    );
    let without = format!(r#""type":"bytes","name":"{CONNECT}.Decimal""#);
    let text = envelope(&[&format!(r#"{without},"field":"a""#)], r#"{"a":"BNI="}"#);
    check(
        ENVELOPE,
        "a",
        value(&text),
        "refused: Value: the value: field `a`: org.apache.kafka.connect.data.Decimal has no parameter `scale`",
    );
}

#[test]
fn debeziums_data_types_become_what_they_mean() {
    let data = |name: &str, ty: &str, sent: &str, expected: &str| {
        logical(&format!("io.debezium.data.{name}"), ty, sent, expected);
    };
    data("Json", "string", r#""{\"b\": [1.10]}""#, r#"a={"b": [1.10]}"#);
    data("Json", "string", "\"null\"", "a=null");
    data(
        "Json",
        "string",
        "\"{\"",
        "refused: Value: the field `a` of the value is declared as json, but the text is not JSON",
    );
    data("Uuid", "string", "\"x\"", "a='x'");
    data("Enum", "string", "\"red\"", "a='red'");
    let bits = r#""type":"bytes","name":"io.debezium.data.Bits","parameters":{"length":"10"}"#;
    field(bits, "\"BQI=\"", "a='1000000101'");
    field(
        bits,
        "\"BQQ=\"",
        "refused: Value: the field `a` of the value is declared as 10 bits, but it has more bits than declared",
    );
    let of = |length: &str, sent: &str, expected: &str| {
        field(&bits.replace("10", length), sent, expected);
    };
    of("12", "\"BQ==\"", "a='000000000101'");
    of("2147483647", "\"CwAA\"", "a='1011'");
    of("2147483647", "\"\"", "a=''");
    of("2147483646", "\"Cw==\"", "refused: Value: the field `a` of the value is declared as");
    let variable = r#""type":"struct","name":"io.debezium.data.VariableScaleDecimal","fields":[{"type":"int32","field":"scale"},{"type":"bytes","field":"value"}]"#;
    field(variable, r#"{"scale":3,"value":"BNI="}"#, "a=1.234");
    let geometry = r#""type":"struct","name":"io.debezium.data.geometry.Geometry","fields":[{"type":"bytes","field":"wkb"},{"type":"int32","optional":true,"field":"srid"}]"#;
    field(
        geometry,
        r#"{"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAABA","srid":4326}"#,
        "a='0101000020e6100000000000000000f03f0000000000000040'",
    );
    field(
        geometry,
        r#"{"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAABA"}"#,
        "a='0101000000000000000000f03f0000000000000040'",
    );
}
