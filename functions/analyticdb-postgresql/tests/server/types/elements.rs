//! The elements of arrays: of every type, with modifiers, and read by the server.

use super::{Cells, Refused, Server, Stored, check};

/// What the column's modifier says holds for the elements.
#[test]
fn elements_with_modifiers() {
    let columns: [(&str, &str, Cells<'_>); 8] = [
        (
            "varchars",
            "varchar(3)[]",
            &[
                ("[\"abc\",\"äöü\"]", Stored("{abc,äöü}")),
                ("[\"a\",\"abc \"]", Refused("element 2: the text is too long")),
                ("\"{abcd}\"", Refused("element 1: the text is too long")),
            ],
        ),
        (
            "chars",
            "char(3)[]",
            &[("[\"a\"]", Stored("{\"a  \"}")), ("[\"abcd\"]", Refused("too long"))],
        ),
        (
            "numerics",
            "numeric(5,2)[]",
            &[
                ("[1.2,\"-999.99\",\"NaN\"]", Stored("{1.20,-999.99,NaN}")),
                (
                    "[1.239]",
                    Refused("element 1: the number has more digits after the decimal point"),
                ),
                ("\"{1.239}\"", Refused("element 1: the number has more digits")),
                ("[1,1000]", Refused("element 2: out of range")),
            ],
        ),
        (
            "timestamptzs",
            "timestamptz(3)[]",
            &[
                (
                    "[\"2026-01-02T03:04:05.678+02:00\",0,\"infinity\",\"0044-03-15 BC\"]",
                    Stored(
                        "{\"2026-01-02 01:04:05.678+00\",\"1970-01-01 00:00:00+00\",infinity,\"0044-03-15 00:00:00+00 BC\"}",
                    ),
                ),
                ("[\"2026-01-02T03:04:05.6789Z\"]", Refused("beyond the column's precision")),
            ],
        ),
        (
            "times",
            "time(0)[]",
            &[
                ("[\"24:00:00\",\"10:15\"]", Stored("{24:00:00,10:15:00}")),
                ("[\"10:15:00.5\"]", Refused("element 1: ")),
            ],
        ),
        (
            "bits",
            "bit(3)[]",
            &[
                ("[\"101\",null]", Stored("{101,NULL}")),
                ("[\"1011\"]", Server("22026")),
                ("\"{10}\"", Server("22026")),
            ],
        ),
        (
            "bits_varying",
            "bit varying(3)[]",
            &[("[\"10\"]", Stored("{10}")), ("[\"1011\"]", Server("22001"))],
        ),
        (
            "intervals",
            "interval(0)[]",
            &[
                (
                    "[\"P1DT2H\",\"-1 mons +01:00:00\"]",
                    Stored("{\"1 day 02:00:00\",\"-1 mons +01:00:00\"}"),
                ),
                ("[\"PT0.5S\"]", Refused("element 1: ")),
            ],
        ),
    ];
    for (name, declared, cells) in columns {
        check(&format!("array_{name}"), declared, cells);
    }
}

/// Every other type that has a binary form of ours.
#[test]
fn elements_of_every_type() {
    let columns: [(&str, &str, &str, &str); 22] = [
        ("bool", "bool[]", "[true,0,\"yes\",null]", "{t,f,t,NULL}"),
        ("int2", "int2[]", "[-32768,\"32767\"]", "{-32768,32767}"),
        ("int8", "int8[]", "[-9223372036854775808]", "{-9223372036854775808}"),
        ("oid", "oid[]", "[0,4294967295]", "{0,4294967295}"),
        (
            "float4",
            "float4[]",
            "[0.1,-0.0,1e-45,\"NaN\",3.4028235e38]",
            "{0.1,-0,1e-45,NaN,3.4028235e+38}",
        ),
        (
            "float8",
            "float8[]",
            "[5e-324,1.7976931348623157e308,0.1,\"-Infinity\"]",
            "{5e-324,1.7976931348623157e+308,0.1,-Infinity}",
        ),
        (
            "numeric",
            "numeric[]",
            "[1e3,-0.00,\"NaN\",12345678901234567890.123]",
            "{1000,0.00,NaN,12345678901234567890.123}",
        ),
        (
            "money",
            "money[]",
            "[1.5,-92233720368547758.08,\"0.01\"]",
            "{$1.50,\"-$92,233,720,368,547,758.08\",$0.01}",
        ),
        (
            "bytea",
            "bytea[]",
            "[\"AP8Q\",\"\",\"\\\\x5c\"]",
            "{\"\\\\x00ff10\",\"\\\\x\",\"\\\\x5c\"}",
        ),
        (
            "uuid",
            "uuid[]",
            "[\"0123ABCD456789ef0123456789abcdef\"]",
            "{0123abcd-4567-89ef-0123-456789abcdef}",
        ),
        (
            "date",
            "date[]",
            "[\"2026-01-02\",\"0044-03-15 BC\",\"-infinity\",0]",
            "{2026-01-02,\"0044-03-15 BC\",-infinity,1970-01-01}",
        ),
        ("time", "time[]", "[\"23:59:59.999999\",1]", "{23:59:59.999999,00:00:00.001}"),
        (
            "timetz",
            "timetz[]",
            "[\"12:00+05:30\",\"12:00:00.5-00:30\"]",
            "{12:00:00+05:30,12:00:00.5-00:30}",
        ),
        (
            "timestamp",
            "timestamp[]",
            "[\"1969-12-31T23:59:59.999999\",\"4713-01-01 00:00:00.5 BC\"]",
            "{\"1969-12-31 23:59:59.999999\",\"4713-01-01 00:00:00.5 BC\"}",
        ),
        (
            "interval",
            "interval[]",
            "[\"P-13M3DT-0.000001S\"]",
            "{\"-1 years -1 mons +3 days -00:00:00.000001\"}",
        ),
        ("inet", "inet[]", "[\"::1\",\"10.0.0.1/8\"]", "{::1,10.0.0.1/8}"),
        ("cidr", "cidr[]", "[\"10.0.0.0/8\"]", "{10.0.0.0/8}"),
        ("macaddr", "macaddr[]", "[\"08002b010203\"]", "{08:00:2b:01:02:03}"),
        ("macaddr8", "macaddr8[]", "[\"08002b0102030405\"]", "{08:00:2b:01:02:03:04:05}"),
        (
            "json",
            "json[]",
            "[{\"a\":1},[1,2],\"x\",null]",
            "{\"{\\\"a\\\":1}\",\"[1,2]\",\"\\\"x\\\"\",NULL}",
        ),
        ("jsonb", "jsonb[]", "[{\"a\": 1},[1,2],true]", "{\"{\\\"a\\\": 1}\",\"[1, 2]\",true}"),
        ("name", "name[]", "[\"a b\"]", "{\"a b\"}"),
    ];
    for (name, declared, json, stored) in columns {
        check(&format!("array_of_{name}"), declared, &[(json, Stored(stored))]);
    }
}

/// Elements that only the server reads go as text, whatever they hold.
#[test]
fn elements_that_the_server_reads() {
    let columns: [(&str, &str, Cells<'_>); 4] = [
        (
            "box",
            "box[]",
            &[
                ("[\"(1,1),(0,0)\",null]", Stored("{(1,1),(0,0);NULL}")),
                ("\"{(1,1),(0,0);(2,2),(0,0)}\"", Stored("{(1,1),(0,0);(2,2),(0,0)}")),
            ],
        ),
        (
            "range",
            "int4range[]",
            &[
                ("[\"[1,5)\",\"empty\"]", Stored("{\"[1,5)\",empty}")),
                ("[[\"[1,5)\"],[\"[2,3]\"]]", Stored("{{\"[1,5)\"},{\"[2,4)\"}}")),
                ("[\"[5,1)\"]", Server("22000")),
                ("[\"se\\u0000cret\"]", Refused("element 1: the text is not a range")),
            ],
        ),
        ("words", "tsvector[]", &[("[\"a fat\"]", Stored("{\"'a' 'fat'\"}"))]),
        (
            "chars",
            "\"char\"[]",
            &[
                ("[\"a\",\"\\\"\"]", Stored("{a,\"\\\"\"}")),
                ("[\"ab\"]", Refused("element 1: the text is too long")),
                ("\"{a,b}\"", Stored("{a,b}")),
                ("\"{a,bc}\"", Refused("element 2: the text is too long")),
            ],
        ),
    ];
    for (name, declared, cells) in columns {
        check(&format!("array_read_{name}"), declared, cells);
    }
}
