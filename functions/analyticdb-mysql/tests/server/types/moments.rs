//! Dates, times and moments, in UTC.

use super::{Either, Fate, Refused, Server, Stored, WRONG_KIND, check};

const TIME_OF_DAY: Fate = Refused("has a time of day");
const BELOW_MICROS: Fate = Refused("below a microsecond");
const PRECISION: Fate = Refused("beyond the column's precision");
const NO_DATE: Fate = Refused("the text is not an ISO 8601 date");
const NO_DAY: Fate = Refused("there is no such day");
const NO_TIME: Fate = Refused("not an ISO 8601 time");
const OUT_OF_RANGE: Fate = Refused("out of range");

#[test]
fn date() {
    let cells = [
        ("null", Stored("∅")),
        ("\"2026-01-02\"", Stored("2026-01-02")),
        ("\"0001-01-01\"", Stored("0001-01-01")),
        ("\"9999-12-31\"", Stored("9999-12-31")),
        ("\"2024-02-29\"", Stored("2024-02-29")),
        ("\"2026-01-02T00:00:00Z\"", Stored("2026-01-02")),
        ("\"2026-01-02T02:00:00+02:00\"", Stored("2026-01-02")),
        ("1767225600000", Stored("2026-01-01")),
        ("-86400000", Stored("1969-12-31")),
        ("\"2026-01-02T00:00:01\"", TIME_OF_DAY),
        ("\"2026-01-01T24:00:00\"", TIME_OF_DAY),
        ("1767225600001", TIME_OF_DAY),
        ("20260102", TIME_OF_DAY),
        ("\"2023-02-29\"", NO_DAY),
        ("\"2026-13-01\"", NO_DAY),
        ("\"0000-00-00\"", NO_DAY),
        ("\"2026-00-10\"", NO_DAY),
        ("\"0000-01-01\"", NO_DAY),
        ("\"+0000-01-01\"", OUT_OF_RANGE),
        ("\"10000-01-01\"", OUT_OF_RANGE),
        ("\"0044-03-15 BC\"", OUT_OF_RANGE),
        ("\"02/01/2026\"", NO_DATE),
        ("\"20260102\"", NO_DATE),
        ("\"26-01-02\"", NO_DATE),
        ("\"today\"", NO_DATE),
        ("\"\"", NO_DATE),
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
        ("\"10:15\"", Stored("10:15:00.000000")),
        ("\"10:15:30Z\"", Stored("10:15:30.000000")),
        ("\"24:00:00\"", Stored("24:00:00.000000")),
        ("\"-01:30\"", Stored("-01:30:00.000000")),
        ("\"838:59:59\"", Stored("838:59:59.000000")),
        ("\"-838:59:59\"", Stored("-838:59:59.000000")),
        ("\"838:59:59.5\"", Either(&Stored("838:59:59.500000"), &Server("1292"))),
        ("36930123.456", Stored("10:15:30.123456")),
        ("-1", Stored("-00:00:00.001000")),
        ("90000000", Stored("25:00:00.000000")),
        ("\"839:00:00\"", Refused("no such time")),
        ("3020400000", Refused("no such time")),
        ("\"12:60\"", Refused("no such time")),
        ("\"23:59:60\"", Refused("no such time")),
        ("\"12:30:00.1234567\"", BELOW_MICROS),
        ("\"12:30+02\"", NO_TIME),
        ("\"1015\"", NO_TIME),
        ("\"1 10:00:00\"", NO_TIME),
        ("\"2026-01-02 10:00:00\"", NO_TIME),
        ("\"noon\"", NO_TIME),
        ("true", WRONG_KIND),
        ("[12,30]", WRONG_KIND),
    ];
    check("time", "time(6)", &cells);
    let whole = [("\"12:30:15\"", Stored("12:30:15")), ("\"12:30:15.1\"", PRECISION)];
    check("time_whole", "time", &whole);
}

#[test]
fn datetime() {
    let cells = [
        ("null", Stored("∅")),
        ("\"2026-01-02T03:04:05.678901\"", Stored("2026-01-02 03:04:05.678901")),
        ("\"2026-01-02 03:04\"", Stored("2026-01-02 03:04:00.000000")),
        ("\"2026-01-02\"", Stored("2026-01-02 00:00:00.000000")),
        ("\"2026-01-02T03:04:05Z\"", Stored("2026-01-02 03:04:05.000000")),
        ("\"2026-01-02T03:04:05+08:00\"", Stored("2026-01-01 19:04:05.000000")),
        ("\"2026-01-01T24:00:00\"", Stored("2026-01-02 00:00:00.000000")),
        ("\"0001-01-01T00:00:00\"", Stored("0001-01-01 00:00:00.000000")),
        ("\"9999-12-31T23:59:59.999999\"", Stored("9999-12-31 23:59:59.999999")),
        ("0", Stored("1970-01-01 00:00:00.000000")),
        ("1767225600123.456", Stored("2026-01-01 00:00:00.123456")),
        ("-0.5", Stored("1969-12-31 23:59:59.999500")),
        ("1.767225600123e12", Stored("2026-01-01 00:00:00.123000")),
        ("\"9999-12-31T23:59:59-01:00\"", OUT_OF_RANGE),
        ("\"0000-00-00 00:00:00\"", NO_DAY),
        ("\"10000-01-01\"", OUT_OF_RANGE),
        ("253402300800000", OUT_OF_RANGE),
        ("1e30", OUT_OF_RANGE),
        ("0.0001", Refused("lose digits after the point")),
        ("\"2026-01-02T03:04:05.1234567\"", BELOW_MICROS),
        ("\"2026-12-31T23:59:60\"", Refused("no such time of day")),
        ("\"2026-02-30T00:00:00\"", NO_DAY),
        ("\"2026-01-02T03:04:05 Europe/Berlin\"", Refused("offset")),
        ("\"20260102030405\"", NO_DATE),
        ("\"infinity\"", NO_DATE),
        ("\"secret\"", NO_DATE),
        ("true", WRONG_KIND),
        ("[2026,1,2]", WRONG_KIND),
    ];
    check("datetime", "datetime(6)", &cells);
    let millis = [
        ("\"2026-01-02T03:04:05.678\"", Stored("2026-01-02 03:04:05.678")),
        ("\"2026-01-02T03:04:05.6789\"", PRECISION),
        ("0.5", PRECISION),
    ];
    check("datetime_millis", "datetime(3)", &millis);
    check(
        "datetime_whole",
        "datetime",
        &[("1", PRECISION), ("1000", Stored("1970-01-01 00:00:01"))],
    );
}

#[test]
fn timestamp() {
    let cells = [
        ("null", Stored("∅")),
        ("\"2026-01-02T03:04:05.678901Z\"", Stored("2026-01-02 03:04:05.678901")),
        ("\"2026-01-02T03:04:05+02:00\"", Stored("2026-01-02 01:04:05.000000")),
        ("\"2026-01-02T03:04:05\"", Stored("2026-01-02 03:04:05.000000")),
        ("1767225600123", Stored("2026-01-01 00:00:00.123000")),
        ("1000", Stored("1970-01-01 00:00:01.000000")),
        ("\"2038-01-19T03:14:07.999999Z\"", Stored("2038-01-19 03:14:07.999999")),
        ("\"2038-01-19T03:14:08Z\"", Server("1292")),
        ("1", Either(&Stored("1970-01-01 00:00:00.001000"), &Server("1292"))),
        ("0", OUT_OF_RANGE),
        ("-1", OUT_OF_RANGE),
        ("\"1969-12-31T23:59:59Z\"", OUT_OF_RANGE),
        ("\"10000-01-01T00:00:00Z\"", OUT_OF_RANGE),
        ("\"2026-01-02T03:04:05.1234567Z\"", BELOW_MICROS),
        ("\"now\"", NO_DATE),
        ("{}", WRONG_KIND),
    ];
    check("timestamp", "timestamp(6) null", &cells);
    let whole = [("\"2026-01-02T03:04:05Z\"", Stored("2026-01-02 03:04:05")), ("1", PRECISION)];
    check("timestamp_whole", "timestamp null", &whole);
}
