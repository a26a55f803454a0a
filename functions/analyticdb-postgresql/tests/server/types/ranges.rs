//! Ranges and multiranges: their bounds are read as columns of their type are.

use super::{Cells, Fate, Refused, Server, Stored, WRONG_KIND, check, check_on};
use crate::support::on_stage;

const NO_RANGE: Fate = Refused("the text is not a range such as [1,5)");

#[test]
fn ranges() {
    let columns: [(&str, Cells<'_>); 6] = [
        (
            "int4range",
            &[
                ("null", Stored("∅")),
                ("\"[1,5)\"", Stored("[1,5)")),
                ("\"[1,5]\"", Stored("[1,6)")),
                ("\"( \\\"1\\\",5]\"", Refused("the text is not an integer")),
                ("\"(\\\"1\\\", 5]\"", Stored("[2,6)")),
                ("\"(,)\"", Stored("(,)")),
                ("\"Empty\"", Stored("empty")),
                ("\"[5,1)\"", Server("22000")),
                ("\"[1.5,2)\"", Refused("the text is not an integer")),
                ("\"[1,2147483648)\"", Refused("out of range")),
                ("\"[2,5\"", NO_RANGE),
                ("\"[1,5)2\"", NO_RANGE),
                ("\"2,5\"", NO_RANGE),
                ("\"{[1,5)}\"", Server("22P02")),
                ("\"\"", NO_RANGE),
                ("[1,5]", WRONG_KIND),
            ],
        ),
        ("int8range", &[("\"[9223372036854775806,)\"", Stored("[9223372036854775806,)"))]),
        ("numrange", &[("\"(1.50,1e3]\"", Stored("(1.50,1000]"))]),
        (
            "daterange",
            &[
                ("\"[2026-01-01,2026-02-01)\"", Stored("[2026-01-01,2026-02-01)")),
                ("\"[2026-01-01 10:00,)\"", Refused("has a time of day")),
                ("\"[2026-01-01,infinity)\"", Stored("[2026-01-01,infinity)")),
            ],
        ),
        (
            "tsrange",
            &[
                (
                    "\"[2026-01-01T10:00:00,\\\"2026-01-02 00:00\\\")\"",
                    Stored("[\"2026-01-01 10:00:00\",\"2026-01-02 00:00:00\")"),
                ),
                ("\"[2026-01-01T10:00:00+02:00,)\"", Refused("has an offset from UTC")),
                ("\"[2026-01-01T10:00:00.1234567,)\"", Refused("below a microsecond")),
            ],
        ),
        (
            "tstzrange",
            &[
                ("\"[2026-01-01T00:00:00+02:00,)\"", Stored("[\"2025-12-31 22:00:00+00\",)")),
                ("\"[2026-01-01,)\"", Stored("[\"2026-01-01 00:00:00+00\",)")),
            ],
        ),
    ];
    for (declared, cells) in columns {
        check(declared, declared, cells);
    }
}

#[test]
fn multiranges() {
    let cells = [
        ("\"{[1,3),[5,7]}\"", Stored("{[1,3),[5,8)}")),
        ("\"{ [1,3) , empty }\"", Stored("{[1,3)}")),
        ("\"{}\"", Stored("{}")),
        ("\"{[1,3),}\"", NO_RANGE),
        ("\"{[1,3)\"", NO_RANGE),
        ("\"[1,3)\"", Server("22P02")),
        ("{}", WRONG_KIND),
    ];
    check("int4multirange", "int4multirange", &cells);
    let lossy = [("\"{\\\"[2026-01-01T10:00:00+02:00,)\\\"}\"", Refused("has an offset from UTC"))];
    check("tsranges", "tsrange[]", &lossy);
    let several = [("[\"{[1,3)}\"]", Stored("{\"{[1,3)}\"}"))];
    check("int4multiranges", "int4multirange[]", &several);
}

/// A range over another type is read by the server alone.
#[test]
fn a_range_of_ones_own() {
    on_stage("types_own_range", async |stage| {
        stage.sql("CREATE TYPE names AS RANGE (subtype = text)").await;
        let cells = [
            ("\"[a,\\\"b c\\\")\"", Stored("[a,\"b c\")")),
            ("\"[b,a)\"", Server("22000")),
            ("\"secret\"", Server("22P02")),
            ("[\"a\",\"b\"]", WRONG_KIND),
        ];
        check_on(stage, "t", "names", &cells).await;
    });
}
