//! Every kind of JSON value that is not text, in a column of every type.

use super::{Either, Fate, Refused, Server, Stored, WRONG_KIND, check_as, check_on};
use super::{MARIADB, MYSQL};

const NO: Fate = WRONG_KIND;
const NO_LABEL: Fate = Refused("not a label of the column");
const TOO_LONG: Fate = Refused("the text is too long");
const NO_VECTOR: Fate = Refused("not an array of numbers");

/// `7`, `true`, `[[1],[2]]` and `{"a":1}`, in this order.
const KINDS: [&str; 4] = ["7", "true", "[[1],[2]]", "{\"a\":1}"];

fn cells(fates: [Fate; 4]) -> Vec<(&'static str, Fate)> {
    KINDS.into_iter().zip(fates).collect()
}

#[test]
fn every_kind_in_every_column() {
    let seven = Stored("7");
    let truth = Stored("true");
    const LIST: Fate = Stored("[[1],[2]]");
    const OBJECT: Fate = Stored("{\"a\":1}");
    let columns: [(&str, &str, [Fate; 4]); 25] = [
        ("tinyint(1)", "c", [seven, Stored("1"), NO, NO]),
        ("tinyint", "c", [seven, NO, NO, NO]),
        ("smallint", "c", [seven, NO, NO, NO]),
        ("mediumint", "c", [seven, NO, NO, NO]),
        ("int", "c", [seven, NO, NO, NO]),
        ("bigint", "c", [seven, NO, NO, NO]),
        ("decimal(5,2)", "c", [Stored("7.00"), NO, NO, NO]),
        ("float", "c", [seven, NO, NO, NO]),
        ("double", "c", [seven, NO, NO, NO]),
        ("bit(3)", "c + 0", [seven, Stored("1"), NO, NO]),
        ("year", "c", [Refused("four digits"), NO, NO, NO]),
        ("text", "c", [seven, truth, LIST, OBJECT]),
        ("varchar(9)", "c", [seven, truth, LIST, OBJECT]),
        ("char(3)", "c", [seven, TOO_LONG, TOO_LONG, TOO_LONG]),
        ("blob", "c", [NO, NO, NO, NO]),
        ("binary(9)", "c", [NO, NO, NO, NO]),
        ("varbinary(9)", "c", [NO, NO, NO, NO]),
        ("date", "c", [Refused("has a time of day"), NO, NO, NO]),
        ("time(3)", "c", [Stored("00:00:00.007"), NO, NO, NO]),
        ("datetime(3)", "c", [Stored("1970-01-01 00:00:00.007"), NO, NO, NO]),
        (
            "timestamp(3) null",
            "c",
            [Either(&Stored("1970-01-01 00:00:00.007"), &Server("1292")), NO, NO, NO],
        ),
        ("enum('7')", "c", [seven, NO_LABEL, NO_LABEL, NO_LABEL]),
        ("set('7')", "c", [seven, NO_LABEL, NO_LABEL, NO_LABEL]),
        (
            "json",
            "c",
            [
                seven,
                truth,
                Either(&LIST, &Stored("[[1], [2]]")),
                Either(&OBJECT, &Stored("{\"a\": 1}")),
            ],
        ),
        ("geometry", "c", [NO, NO, NO, Refused("neither an x and a y nor a wkb")]),
    ];
    for (place, (declared, reading, fates)) in columns.into_iter().enumerate() {
        check_as(&format!("kind_{place}"), declared, reading, &cells(fates));
    }
    for declared in ["uuid", "inet6", "inet4"] {
        check_on(MARIADB, &format!("kind_{declared}"), declared, "c", &cells([NO; 4]));
    }
    let vector = cells([NO, NO, NO_VECTOR, NO_VECTOR]);
    check_on(MYSQL, "kind_vector", "vector(3)", "c", &vector);
}
