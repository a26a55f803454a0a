//! Bytes, and vectors, which are bytes too.

use super::{Fate, MYSQL, Refused, Server, Stored, WRONG_KIND, check_as, check_on};

const TOO_LONG: Fate = Refused("the value is too long");
const NOT_BASE64: Fate = Refused("the text is not base64");

#[test]
fn bytes() {
    let cells = [
        ("null", Stored("∅")),
        ("\"\"", Stored("")),
        ("\"AP8nXA==\"", Stored("00FF275C")),
        ("\"gICA\"", Stored("808080")),
        ("\"AP8\"", NOT_BASE64),
        ("\"x'00'\"", NOT_BASE64),
        ("7", WRONG_KIND),
        ("true", WRONG_KIND),
        ("[0]", WRONG_KIND),
    ];
    for declared in ["blob", "tinyblob", "mediumblob", "longblob", "varbinary(4)"] {
        check_as(&declared.replace(['(', ')'], "_"), declared, "HEX(c)", &cells);
    }
    let short = [("\"AAAAAA==\"", Stored("00000000")), ("\"AAAAAAA=\"", TOO_LONG)];
    check_as("varbinary", "varbinary(4)", "HEX(c)", &short);
    // Zeros fill it up.
    let filled = [("\"AQ==\"", Stored("01000000")), ("\"AQAAAAA=\"", TOO_LONG)];
    check_as("binary", "binary(4)", "HEX(c)", &filled);
    let long = format!("\"{}\"", "AAAA".repeat(86)).leak() as &'static str;
    check_as("tinyblob_long", "tinyblob", "HEX(c)", &[(long, TOO_LONG)]);
}

#[test]
fn vectors() {
    let cells = [
        ("null", Stored("∅")),
        ("[1,-2.5,1e-3]", Stored("[1.00000e+00,-2.50000e+00,1.00000e-03]")),
        ("\"[1, 2, 3]\"", Stored("[1.00000e+00,2.00000e+00,3.00000e+00]")),
        ("[1,2,3,4]", Server("1406")),
        ("[1,\"2\",3]", Refused("not an array of numbers")),
        ("[1e39]", Refused("out of range")),
        ("\"x\"", Refused("not an array of numbers")),
        ("7", WRONG_KIND),
        ("{}", Refused("not an array of numbers")),
    ];
    check_on(MYSQL, "vector", "vector(3)", "VECTOR_TO_STRING(c)", &cells);
}
