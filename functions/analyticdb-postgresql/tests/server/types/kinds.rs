//! Every kind of JSON value that is not text, in a column of every type.

use super::{Fate, Refused, Server, Stored, WRONG_KIND, check_on, extend};
use crate::support::on_stage;

const NO: Fate = WRONG_KIND;
const TOO_LONG: Fate = Refused("the text is too long");
const NO_POINT: Fate = Refused("the object is not a point with an x and a y");
const MALFORMED: Fate = Server("22P02");

/// `7`, `true`, `[[1],[2]]` and `{"a":1}`, in this order.
const KINDS: [&str; 4] = ["7", "true", "[[1],[2]]", "{\"a\":1}"];

#[test]
fn every_kind_in_every_column() {
    let seven = Stored("7");
    let (truth, list, object) = (Stored("true"), Stored("[[1],[2]]"), Stored("{\"a\":1}"));
    let columns: [(&str, [Fate; 4]); 38] = [
        ("boolean", [NO, truth, NO, NO]),
        ("smallint", [seven, NO, NO, NO]),
        ("integer", [seven, NO, NO, NO]),
        ("bigint", [seven, NO, NO, NO]),
        ("oid", [seven, NO, NO, NO]),
        ("real", [seven, NO, NO, NO]),
        ("double precision", [seven, NO, NO, NO]),
        ("numeric(5,2)", [Stored("7.00"), NO, NO, NO]),
        ("money", [Stored("$7.00"), NO, NO, NO]),
        ("text", [seven, truth, list, object]),
        ("varchar(9)", [seven, truth, list, object]),
        ("char(9)", [seven, truth, list, object]),
        ("name", [seven, truth, list, object]),
        ("citext", [seven, truth, list, object]),
        ("kind_of_seven", [seven, MALFORMED, MALFORMED, MALFORMED]),
        ("bytea", [NO, NO, NO, NO]),
        ("uuid", [NO, NO, NO, NO]),
        ("date", [Refused("has a time of day"), NO, NO, NO]),
        ("time", [Stored("00:00:00.007"), NO, NO, NO]),
        ("timetz", [NO, NO, NO, NO]),
        ("timestamp", [Stored("1970-01-01 00:00:00.007"), NO, NO, NO]),
        ("timestamptz", [Stored("1970-01-01 00:00:00.007+00"), NO, NO, NO]),
        ("interval", [NO, NO, NO, NO]),
        ("inet", [NO, NO, NO, NO]),
        ("cidr", [NO, NO, NO, NO]),
        ("macaddr", [NO, NO, NO, NO]),
        ("macaddr8", [NO, NO, NO, NO]),
        ("json", [seven, truth, list, object]),
        ("jsonb", [seven, truth, Stored("[[1], [2]]"), Stored("{\"a\": 1}")]),
        ("hstore", [NO, NO, NO, Stored("\"a\"=>\"1\"")]),
        ("int[]", [NO, NO, Stored("{{1},{2}}"), NO]),
        ("text[]", [NO, NO, Stored("{{1},{2}}"), NO]),
        ("int4range", [NO, NO, NO, NO]),
        ("int4multirange", [NO, NO, NO, NO]),
        ("bit varying(9)", [MALFORMED, Stored("1"), MALFORMED, MALFORMED]),
        ("\"char\"", [seven, TOO_LONG, TOO_LONG, TOO_LONG]),
        ("xml", [seven, truth, list, object]),
        ("point", [MALFORMED, MALFORMED, MALFORMED, NO_POINT]),
    ];
    on_stage("types_kinds", async |stage| {
        extend(stage, "citext").await;
        extend(stage, "hstore").await;
        stage.sql("CREATE TYPE kind_of_seven AS ENUM ('7')").await;
        for (place, (declared, fates)) in columns.iter().enumerate() {
            let cells: Vec<(&str, Fate)> = KINDS.into_iter().zip(*fates).collect();
            check_on(stage, &format!("t{place}"), declared, &cells).await;
        }
    });
}
