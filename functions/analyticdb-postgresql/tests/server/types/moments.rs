//! Dates, times and timestamps.

use super::{Refused, Stored, WRONG_KIND, check};

const TIME_OF_DAY: super::Fate = Refused("has a time of day");
const BELOW_MICROS: super::Fate = Refused("below a microsecond");
const PRECISION: super::Fate = Refused("beyond the column's precision");
const NO_DATE: super::Fate = Refused("the text is not an ISO 8601 date");
const NO_DAY: super::Fate = Refused("there is no such day");

#[test]
fn date() {
    let cells = [
        ("null", Stored("∅")),
        ("\"2026-01-02\"", Stored("2026-01-02")),
        ("\"0001-01-01\"", Stored("0001-01-01")),
        ("\"9999-12-31\"", Stored("9999-12-31")),
        ("\"2024-02-29\"", Stored("2024-02-29")),
        ("\"2026-01-02T00:00:00Z\"", Stored("2026-01-02")),
        ("\"infinity\"", Stored("infinity")),
        ("\"-Infinity\"", Stored("-infinity")),
        ("\"2026-01-02T00:00:01\"", TIME_OF_DAY),
        ("\"2026-01-02T23:59:59.999999Z\"", TIME_OF_DAY),
        ("\"2023-02-29\"", NO_DAY),
        ("\"1900-02-29\"", NO_DAY),
        ("\"2026-13-01\"", NO_DAY),
        ("\"2026-00-10\"", NO_DAY),
        ("\"0000-01-01\"", NO_DAY),
        ("\"02/01/2026\"", NO_DATE),
        ("\"20260102\"", NO_DATE),
        ("\"today\"", NO_DATE),
        ("\"\"", NO_DATE),
        ("\"10000-01-01\"", Stored("10000-01-01")),
        ("\"+10000-01-01\"", Stored("10000-01-01")),
        ("\"5874897-12-31\"", Stored("5874897-12-31")),
        ("\"5874898-01-01\"", Refused("out of range")),
        ("\"0044-03-15 BC\"", Stored("0044-03-15 BC")),
        ("\"0001-02-29 bc\"", Stored("0001-02-29 BC")),
        ("\"0002-02-29 BC\"", NO_DAY),
        ("\"0000-03-15 BC\"", NO_DAY),
        ("\"-0043-03-15\"", Stored("0044-03-15 BC")),
        ("\"+0000-02-29\"", Stored("0001-02-29 BC")),
        ("\"-0043-03-15 BC\"", NO_DATE),
        ("\"4714-11-24 BC\"", Stored("4714-11-24 BC")),
        ("\"4714-11-23 BC\"", Refused("out of range")),
        ("\"2026-01-01T24:00:00\"", TIME_OF_DAY),
        ("1767225600000", Stored("2026-01-01")),
        ("-86400000", Stored("1969-12-31")),
        ("1767225600001", TIME_OF_DAY),
        ("20260102", TIME_OF_DAY),
        ("true", WRONG_KIND),
        ("{}", WRONG_KIND),
    ];
    check("date", "date", &cells);
}

#[test]
fn time() {
    let cells = [
        ("null", Stored("∅")),
        ("\"23:59:59.999999\"", Stored("23:59:59.999999")),
        ("\"00:00\"", Stored("00:00:00")),
        ("\"8:00\"", Stored("08:00:00")),
        ("\"8:05:30.5Z\"", Stored("08:05:30.5")),
        ("\"8:0\"", Refused("not an ISO 8601 time")),
        ("\"12:30:00.5\"", Stored("12:30:00.5")),
        ("\"12:30:00,5\"", Refused("not an ISO 8601 time")),
        ("\"12:30:00.5000000\"", Stored("12:30:00.5")),
        ("\"12:30:00.1234567\"", BELOW_MICROS),
        ("\"24:00:00\"", Stored("24:00:00")),
        ("\"24:00:00.000001\"", Refused("no such time of day")),
        ("\"24:00:01\"", Refused("no such time of day")),
        ("\"23:59:60\"", Refused("no such time of day")),
        ("\"12:60\"", Refused("no such time of day")),
        ("\"-00:00:01\"", Refused("no such time of day")),
        ("\"838:59:59\"", Refused("no such time of day")),
        ("\"-noon\"", Refused("not an ISO 8601 time")),
        ("\"12:30+02\"", Refused("not an ISO 8601 time")),
        ("\"noon\"", Refused("not an ISO 8601 time")),
        ("0", Stored("00:00:00")),
        ("36930123.456", Stored("10:15:30.123456")),
        ("86400000", Stored("24:00:00")),
        ("86400001", Refused("no such time of day")),
        ("-1", Refused("no such time of day")),
        ("[12,30]", WRONG_KIND),
    ];
    check("time", "time", &cells);
    check(
        "time_whole",
        "time(0)",
        &[("\"12:30:15\"", Stored("12:30:15")), ("\"12:30:15.1\"", PRECISION)],
    );
}

#[test]
fn timetz() {
    let cells = [
        ("null", Stored("∅")),
        ("\"12:30:00.5+02:00\"", Stored("12:30:00.5+02")),
        ("\"12:30-0530\"", Stored("12:30:00-05:30")),
        ("\"12:30:00Z\"", Stored("12:30:00+00")),
        ("\"12:30:00\"", Stored("12:30:00+00")),
        ("\"24:00:00+01\"", Stored("24:00:00+01")),
        ("\"12:30:00+16\"", Refused("offset")),
        ("\"12:30:00 Europe/Berlin\"", Refused("offset")),
        ("\"12:30:00.1234567Z\"", BELOW_MICROS),
        ("\"12:60Z\"", Refused("no such time of day")),
        ("\"noon\"", Refused("not an ISO 8601 time")),
        ("1230", WRONG_KIND),
        ("true", WRONG_KIND),
        ("{}", WRONG_KIND),
    ];
    check("timetz", "timetz", &cells);
    let tenths = [("\"12:30:00.5Z\"", Stored("12:30:00.5+00")), ("\"12:30:00.55Z\"", PRECISION)];
    check("timetz_tenths", "timetz(1)", &tenths);
}

#[test]
fn timestamp() {
    let cells = [
        ("null", Stored("∅")),
        ("\"2026-01-02T03:04:05.678901\"", Stored("2026-01-02 03:04:05.678901")),
        ("\"2026-01-02 03:04\"", Stored("2026-01-02 03:04:00")),
        ("\"2026-01-02\"", Stored("2026-01-02 00:00:00")),
        ("\"2026-01-02T03:04:05Z\"", Stored("2026-01-02 03:04:05")),
        ("\"2026-01-02T03:04:05+00:00\"", Stored("2026-01-02 03:04:05")),
        ("\"1969-12-31T23:59:59.999999\"", Stored("1969-12-31 23:59:59.999999")),
        ("0", Stored("1970-01-01 00:00:00")),
        ("1767225600123", Stored("2026-01-01 00:00:00.123")),
        ("1767225600123.456", Stored("2026-01-01 00:00:00.123456")),
        ("-1", Stored("1969-12-31 23:59:59.999")),
        ("-0.5", Stored("1969-12-31 23:59:59.9995")),
        ("1.767225600123e12", Stored("2026-01-01 00:00:00.123")),
        ("\"infinity\"", Stored("infinity")),
        ("\"2026-01-01T24:00:00\"", Stored("2026-01-02 00:00:00")),
        ("\"2026-12-31T23:59:60Z\"", Refused("no such time of day")),
        ("\"10000-01-01T00:00:00\"", Stored("10000-01-01 00:00:00")),
        ("\"294276-12-31T23:59:59.999999\"", Stored("294276-12-31 23:59:59.999999")),
        ("\"294277-01-01T00:00:00\"", Refused("out of range")),
        ("\"5874897-01-01\"", Refused("out of range")),
        ("\"0044-03-15 12:00:00 BC\"", Stored("0044-03-15 12:00:00 BC")),
        ("\"4715-01-01 BC\"", Refused("out of range")),
        ("9223372036854775", Stored("294247-01-10 04:00:54.775")),
        ("9224318016000000", Refused("out of range")),
        ("-210866803200000", Stored("4714-11-24 00:00:00 BC")),
        ("-210866803200001", Refused("out of range")),
        ("0.0001", Refused("lose digits after the point")),
        ("1e18", Refused("out of range")),
        ("9223372036854775807", Refused("out of range")),
        ("1e30", Refused("out of range")),
        ("\"2026-01-02T03:04:05+02:00\"", Refused("has an offset from UTC")),
        ("\"2026-01-02T03:04:05.1234567\"", BELOW_MICROS),
        ("\"2026-01-02T25:00:00\"", Refused("no such time of day")),
        ("\"2026-02-30T00:00:00\"", NO_DAY),
        ("\"1767225600123\"", NO_DATE),
        ("\"secret\"", NO_DATE),
        ("true", WRONG_KIND),
        ("[2026,1,2]", WRONG_KIND),
    ];
    check("timestamp", "timestamp", &cells);
    let millis = [
        ("\"2026-01-02T03:04:05.678\"", Stored("2026-01-02 03:04:05.678")),
        ("\"2026-01-02T03:04:05.6789\"", PRECISION),
        ("0.5", PRECISION),
    ];
    check("timestamp_millis", "timestamp(3)", &millis);
}

#[test]
fn timestamptz() {
    let cells = [
        ("null", Stored("∅")),
        ("\"2026-01-02T03:04:05.678901Z\"", Stored("2026-01-02 03:04:05.678901+00")),
        ("\"2026-01-02T03:04:05+02:00\"", Stored("2026-01-02 01:04:05+00")),
        ("\"2026-01-02T03:04:05-0530\"", Stored("2026-01-02 08:34:05+00")),
        ("\"2026-01-02T03:04:05+02\"", Stored("2026-01-02 01:04:05+00")),
        ("\"2026-01-02T03:04:05\"", Stored("2026-01-02 03:04:05+00")),
        ("1767225600123", Stored("2026-01-01 00:00:00.123+00")),
        ("1.767225600123E12", Stored("2026-01-01 00:00:00.123+00")),
        ("\"-infinity\"", Stored("-infinity")),
        ("\"0001-01-01T00:00:00+15:59\"", Stored("0001-12-31 08:01:00+00 BC")),
        ("\"2026-01-02T03:04:05.1234567Z\"", BELOW_MICROS),
        ("\"0044-03-15 12:00:00.5+01 BC\"", Stored("0044-03-15 11:00:00.5+00 BC")),
        ("\"2026-01-01T24:00:00+02\"", Stored("2026-01-01 22:00:00+00")),
        ("\"2026-01-02T03:04:05+16:00\"", Refused("offset")),
        ("\"2026-01-02T03:04:05 Europe/Berlin\"", Refused("offset")),
        ("\"now\"", NO_DATE),
        ("{}", WRONG_KIND),
    ];
    check("timestamptz", "timestamptz", &cells);
    let whole = [("\"2026-01-02T03:04:05Z\"", Stored("2026-01-02 03:04:05+00")), ("1", PRECISION)];
    check("timestamptz_whole", "timestamptz(0)", &whole);
}
