//! `unix.precision`: what a JSON number is in a column of dates or times.

use super::{Cells, Fate, Refused, Stored, check_mode};
use crate::support::{INSERT, all_written, configure, deliver, on_stage};

const FINER: Fate = Refused("lose digits");
const TIME_OF_DAY: Fate = Refused("has a time of day");
const OUT_OF_RANGE: Fate = Refused("out of range");

/// Numbers of a precision in columns of several types.
fn check(precision: &str, columns: &[(&str, Cells<'_>)]) {
    on_stage(&format!("types_unix_{precision}"), async |stage| {
        let url = stage.url(&[]);
        let options = [("connection.url", url.as_str()), ("unix.precision", precision)];
        let mut sink = configure(&options).expect("the options are good");
        for (place, (declared, cells)) in columns.iter().enumerate() {
            let table = format!("t{place}");
            check_mode(stage, &mut sink, &table, declared, (INSERT, 0), cells).await;
        }
    });
}

#[test]
fn seconds() {
    let moments = [
        ("1767225600", Stored("2026-01-01 00:00:00+00")),
        ("1767225600.123456", Stored("2026-01-01 00:00:00.123456+00")),
        ("1.7672256e9", Stored("2026-01-01 00:00:00+00")),
        ("-0.000001", Stored("1969-12-31 23:59:59.999999+00")),
        ("1767225600.1234567", FINER),
        ("1767225600000", Stored("57971-02-25 00:00:00+00")),
        ("9223372036854775807", OUT_OF_RANGE),
        ("\"2026-01-01\"", Stored("2026-01-01 00:00:00+00")),
    ];
    let dates = [("1767225600", Stored("2026-01-01")), ("1767225601", TIME_OF_DAY)];
    let times = [("36930.5", Stored("10:15:30.5")), ("86401", Refused("no such time of day"))];
    let array = [("[0,null]", Stored("{\"1970-01-01 00:00:00\",NULL}"))];
    check(
        "seconds",
        &[
            ("timestamptz", &moments),
            ("date", &dates),
            ("time", &times),
            ("timestamp[]", &array),
            ("date[]", &[("[0,1767225600]", Stored("{1970-01-01,2026-01-01}"))]),
        ],
    );
}

#[test]
fn microseconds() {
    let moments = [
        ("1767225600123456", Stored("2026-01-01 00:00:00.123456")),
        ("-1", Stored("1969-12-31 23:59:59.999999")),
        ("0.5", FINER),
    ];
    let dates = [("1767225600000000", Stored("2026-01-01")), ("1", TIME_OF_DAY)];
    let millis = [("1000", Stored("1970-01-01 00:00:00.001")), ("1", Refused("precision"))];
    let times = [("36930123456", Stored("10:15:30.123456"))];
    check(
        "microseconds",
        &[("timestamp", &moments), ("date", &dates), ("timestamp(3)", &millis), ("time", &times)],
    );
}

#[test]
fn nanoseconds() {
    let moments = [
        ("1767225600123456000", Stored("2026-01-01 00:00:00.123456")),
        ("1767225600123456000.0", Stored("2026-01-01 00:00:00.123456")),
        ("1767225600123456789", FINER),
        ("-1000", Stored("1969-12-31 23:59:59.999999")),
        ("1e19", OUT_OF_RANGE),
    ];
    let dates = [("1767225600000000000", Stored("2026-01-01")), ("1000", TIME_OF_DAY)];
    check("nanoseconds", &[("timestamp", &moments), ("date", &dates)]);
}

/// Kafka's own timestamp is in milliseconds, whatever the numbers of a value are in.
#[test]
fn the_timestamp_of_a_record() {
    on_stage("types_unix_own", async |stage| {
        stage.sql("CREATE TABLE t (c timestamptz, n bigint, v timestamp)").await;
        let url = stage.url(&[]);
        let mut sink =
            configure(&[("connection.url", &url), ("unix.precision", "seconds")]).unwrap();
        let mapped = [INSERT, &[("fields.mapping", "$timestamp:c,$timestamp:n")]].concat();
        let written = deliver(&mut sink, "t", &mapped, [r#"{"v":1}"#]).await;
        assert_eq!(written, Ok(all_written(1)));
        let rows = stage.rows("SELECT extract(epoch FROM c) * 1000 = n, n > 1e12, v FROM t").await;
        assert_eq!(rows, [["t", "t", "1970-01-01 00:00:01"]]);
    });
}

#[test]
fn another_word_is_no_precision() {
    let url = "postgresql://u@h/d";
    let wrong = configure(&[("connection.url", url), ("unix.precision", "days")]).unwrap_err();
    assert!(wrong.contains("unix.precision must be one of seconds,"), "{wrong}");
}
