//! Types whose text goes through the server's own input function.

use super::{Server, Stored, check};

#[test]
fn inet() {
    let cells = [
        ("null", Stored("∅")),
        ("\"10.0.0.1\"", Stored("10.0.0.1/32")),
        ("\"::1/64\"", Stored("::1/64")),
        ("\"secret\"", Server("22P02")),
        ("true", Server("22P02")),
    ];
    check("inet", "inet", &cells);
}

#[test]
fn interval() {
    let cells = [
        ("null", Stored("∅")),
        ("\"1 day 02:03:04.5\"", Stored("1 day 02:03:04.5")),
        ("\"P1Y2M\"", Stored("1 year 2 mons")),
        ("\"secret\"", Server("22007")),
        ("{}", Server("22007")),
    ];
    check("interval", "interval", &cells);
}

#[test]
fn arrays() {
    let cells = [
        ("null", Stored("∅")),
        ("\"{1,NULL,3}\"", Stored("{1,NULL,3}")),
        ("\"{{1,2},{3,4}}\"", Stored("{{1,2},{3,4}}")),
        ("\"{}\"", Stored("{}")),
        ("\"{1.9}\"", Server("22P02")),
        ("\"{2147483648}\"", Server("22003")),
        ("[1,2]", Server("22P02")),
        ("\"{secret}\"", Server("22P02")),
    ];
    check("int_array", "int[]", &cells);
    check("text_array", "text[]", &[("\"{\\\"a,b\\\",c}\"", Stored("{\"a,b\",c}"))]);
}

#[test]
fn ranges_bits_and_words() {
    check("range", "int4range", &[("\"[1,5)\"", Stored("[1,5)")), ("\"[5,1)\"", Server("22000"))]);
    let bits =
        [("\"101\"", Stored("101")), ("\"1011\"", Server("22026")), ("\"12\"", Server("22P02"))];
    check("bits", "bit(3)", &bits);
    let varying = [("\"1\"", Stored("1")), ("\"1011\"", Server("22001"))];
    check("bits_varying", "bit varying(3)", &varying);
    check("words", "tsvector", &[("\"a fat cat\"", Stored("'a' 'cat' 'fat'"))]);
}

/// A type without a form of ours is read by the server alone, its roundings included.
#[test]
fn what_the_server_rounds_is_stored_rounded() {
    let cases = [
        ("interval", "interval", "\"1.1234567 seconds\"", "00:00:01.123457"),
        ("interval_whole", "interval(0)", "\"1.5 seconds\"", "00:00:02"),
        ("timetz", "timetz(0)", "\"12:00:00.7+00\"", "12:00:01+00"),
        ("numerics", "numeric(5,2)[]", "\"{1.239}\"", "{1.24}"),
        ("dates", "date[]", "\"{2026-01-02 10:00}\"", "{2026-01-02}"),
    ];
    for (name, declared, json, stored) in cases {
        check(&format!("rounds_{name}"), declared, &[(json, Stored(stored))]);
    }
}
