//! Intervals: ISO 8601 durations and the server's own text.

use super::{Cells, Fate, Refused, Stored, WRONG_KIND, check, check_on};
use crate::support::on_stage;

const NO_INTERVAL: Fate = Refused("neither an ISO 8601 duration nor an interval");
const OUT_OF_RANGE: Fate = Refused("out of range");
const FINER: Fate = Refused("the column's fields do not include");

#[test]
fn interval() {
    let cells = [
        ("null", Stored("∅")),
        ("\"P1DT2H\"", Stored("1 day 02:00:00")),
        ("\"P1Y2M3W4DT5H6M7.000008S\"", Stored("1 year 2 mons 25 days 05:06:07.000008")),
        ("\"P-1DT-0.5S\"", Stored("-1 days -00:00:00.5")),
        ("\"PT36H\"", Stored("36:00:00")),
        ("\"P0D\"", Stored("00:00:00")),
        ("\"1 day 02:03:04.5\"", Stored("1 day 02:03:04.5")),
        ("\"1 year 2 mons -3 days -04:05:06\"", Stored("1 year 2 mons -3 days -04:05:06")),
        ("\"@ 1 Day 2 hrs AGO\"", Stored("-1 days -02:00:00")),
        ("\"3 weeks\"", Stored("21 days")),
        ("\"90s\"", Stored("00:01:30")),
        ("\"P1Y1Y\"", Refused("a unit occurs twice")),
        ("\"1 hour 02:03:04\"", Refused("a unit occurs twice")),
        ("\"P0.5Y\"", Refused("only seconds may have a fraction")),
        ("\"1.5 hours\"", Refused("only seconds may have a fraction")),
        ("\"1.1234567 seconds\"", Refused("below a microsecond")),
        ("\"P178956971Y\"", OUT_OF_RANGE),
        ("\"P2147483648D\"", OUT_OF_RANGE),
        ("\"PT99999999999H\"", OUT_OF_RANGE),
        ("\"-2562047788 hours -54.775808 seconds\"", OUT_OF_RANGE),
        ("\"P\"", NO_INTERVAL),
        ("\"PT\"", NO_INTERVAL),
        ("\"-P1D\"", NO_INTERVAL),
        ("\"5\"", NO_INTERVAL),
        ("\"1-2\"", NO_INTERVAL),
        ("\"secret\"", NO_INTERVAL),
        ("\"\"", NO_INTERVAL),
        ("86400", WRONG_KIND),
        ("true", WRONG_KIND),
        ("{}", WRONG_KIND),
    ];
    check("interval", "interval", &cells);
}

/// From PostgreSQL 17 on an interval may be endless.
#[test]
fn endless_intervals() {
    on_stage("types_endless", async |stage| {
        let has = "SELECT current_setting('server_version_num')::int >= 170000";
        let has_infinity = stage.column(has).await == ["t"];
        let fate = |text| {
            if has_infinity { Stored(text) } else { Refused("interval type has no infinity") }
        };
        let one = [("\"Infinity\"", fate("infinity")), ("\"-infinity\"", fate("-infinity"))];
        check_on(stage, "one", "interval", &one).await;
        let many = [("[\"-infinity\"]", fate("{-infinity}"))];
        check_on(stage, "many", "interval[]", &many).await;
    });
}

/// What the server would round or cut in silence.
#[test]
fn interval_with_fields_or_precision() {
    let columns: [(&str, &str, Cells<'_>); 6] = [
        (
            "millis",
            "interval(3)",
            &[
                ("\"PT1.123S\"", Stored("00:00:01.123")),
                ("\"PT1.1234S\"", Refused("beyond the column's precision")),
            ],
        ),
        ("year", "interval year", &[("\"P1Y\"", Stored("1 year")), ("\"P13M\"", FINER)]),
        (
            "months",
            "interval year to month",
            &[("\"P13M\"", Stored("1 year 1 mon")), ("\"P1M1D\"", FINER)],
        ),
        ("days", "interval day", &[("\"P1M2D\"", Stored("1 mon 2 days")), ("\"PT1H\"", FINER)]),
        (
            "hours",
            "interval day to hour",
            &[("\"PT25H\"", Stored("25:00:00")), ("\"PT1M\"", FINER)],
        ),
        (
            "minutes",
            "interval hour to minute",
            &[("\"1 day 02:03:00\"", Stored("1 day 02:03:00")), ("\"02:03:04\"", FINER)],
        ),
    ];
    for (name, declared, cells) in columns {
        check(&format!("interval_{name}"), declared, cells);
    }
}
