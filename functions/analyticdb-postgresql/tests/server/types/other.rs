//! Money, object identifiers, and types whose text goes through the server's own input function.

use super::{Cells, Fate, Refused, Server, Stored, WRONG_KIND, check, check_on};
use crate::support::on_stage;

#[test]
fn oid() {
    let cells = [
        ("null", Stored("∅")),
        ("0", Stored("0")),
        ("4294967295", Stored("4294967295")),
        ("\"7\"", Stored("7")),
        ("\"0\"", Stored("0")),
        ("4294967296", Refused("out of range")),
        ("-1", Refused("out of range")),
        ("\"-1\"", Refused("out of range")),
        ("\"010\"", Refused("a leading zero")),
        ("1.5", Refused("lose digits after the point")),
        ("\"secret\"", Refused("the text is not an integer")),
        ("true", WRONG_KIND),
        ("[]", WRONG_KIND),
    ];
    check("oid", "oid", &cells);
}

/// The server would round, and read `1,5` as the locale has it.
#[test]
fn money() {
    const NOT_A_NUMBER: Fate = Refused("the text is not a number");
    let cells = [
        ("null", Stored("∅")),
        ("12.34", Stored("$12.34")),
        ("-0.5", Stored("-$0.50")),
        ("7", Stored("$7.00")),
        ("1.5e3", Stored("$1,500.00")),
        ("\"1234.5\"", Stored("$1,234.50")),
        ("92233720368547758.07", Stored("$92,233,720,368,547,758.07")),
        ("92233720368547758.08", Refused("out of range")),
        ("1.999", Refused("lose digits after the point")),
        ("\"1.999\"", Refused("lose digits after the point")),
        ("1e400", Refused("out of range")),
        ("\"$12.34\"", NOT_A_NUMBER),
        ("\"1,234\"", NOT_A_NUMBER),
        ("\"NaN\"", NOT_A_NUMBER),
        ("\"\"", NOT_A_NUMBER),
        ("true", WRONG_KIND),
        ("{}", WRONG_KIND),
    ];
    check("money", "money", &cells);
}

/// Bits are never filled up or cut.
#[test]
fn bits() {
    let three = [
        ("null", Stored("∅")),
        ("\"101\"", Stored("101")),
        ("\"1011\"", Server("22026")),
        ("\"10\"", Server("22026")),
        ("\"12\"", Server("22P02")),
        ("101", Stored("101")),
        ("true", Server("22026")),
    ];
    check("bits", "bit(3)", &three);
    let varying = [
        ("\"\"", Stored("")),
        ("\"1\"", Stored("1")),
        ("true", Stored("1")),
        ("false", Stored("0")),
        ("\"X5\"", Server("22001")),
        ("\"1010\"", Server("22001")),
    ];
    check("bits_varying", "bit varying(3)", &varying);
    check("bits_any", "bit varying", &[("\"X5\"", Stored("0101"))]);
}

#[test]
fn documents_and_words() {
    let columns: [(&str, Cells<'_>); 4] = [
        (
            "xml",
            &[
                ("null", Stored("∅")),
                ("\"<a b=\\\"1\\\">ü</a>\"", Stored("<a b=\"1\">ü</a>")),
                ("\"plain\"", Stored("plain")),
                ("\"<a>\"", Server("2200N")),
                ("\"<a>\\u0000</a>\"", Refused("does not accept a NUL")),
            ],
        ),
        (
            "tsvector",
            &[
                ("\"a fat cat\"", Stored("'a' 'cat' 'fat'")),
                ("\"a:1A b:2\"", Stored("'a':1A 'b':2")),
                ("\"'\"", Server("42601")),
            ],
        ),
        (
            "tsquery",
            &[("\"fat & !rat\"", Stored("'fat' & !'rat'")), ("\"fat &\"", Server("42601"))],
        ),
        ("jsonpath", &[("\"$.a[0]\"", Stored("$.\"a\"[0]")), ("\"not a path\"", Server("42601"))]),
    ];
    for (declared, cells) in columns {
        check(declared, declared, cells);
    }
}

#[test]
fn shapes_and_places() {
    let columns: [(&str, &str, &str); 6] = [
        ("line", "\"{1,2,3}\"", "{1,2,3}"),
        ("lseg", "\"[(0,0),(1,1)]\"", "[(0,0),(1,1)]"),
        ("box", "\"(1,1),(0,0)\"", "(1,1),(0,0)"),
        ("path", "\"[(0,0),(1,1)]\"", "[(0,0),(1,1)]"),
        ("polygon", "\"((0,0),(1,1),(1,0))\"", "((0,0),(1,1),(1,0))"),
        ("circle", "\"<(0,0),2>\"", "<(0,0),2>"),
    ];
    for (declared, json, stored) in columns {
        let cells = [
            (json, Stored(stored)),
            ("\"secret\"", Server("22P02")),
            ("true", Server("22P02")),
            ("{\"x\":1,\"y\":2}", Server("22P02")),
        ];
        check(declared, declared, &cells);
    }
    let points = [
        ("\"(1.5,-2)\"", Stored("(1.5,-2)")),
        ("{\"x\":1e-3,\"wkb\":\"\",\"\\u0079\":\"NaN\"}", Stored("(0.001,NaN)")),
        ("\"0101000000000000000000f83f00000000000000c0\"", Stored("(1.5,-2)")),
        ("\"0101000020e6100000000000000000f83f00000000000000c0\"", Stored("(1.5,-2)")),
        ("\"00000000013ff8000000000000c000000000000000\"", Stored("(1.5,-2)")),
        ("\"0101000000000000000000f83f00000000000000\"", Server("22P02")),
        ("\"0102000000000000000000f83f00000000000000c0\"", Server("22P02")),
        ("\"secret\"", Server("22P02")),
        ("true", Server("22P02")),
        ("{\"x\":1}", Refused("not a point with an x and a y")),
        ("{\"x\":1,\"y\":\"2)\"}", Refused("not a point with an x and a y")),
    ];
    check("point", "point", &points);
    check(
        "pg_lsn",
        "pg_lsn",
        &[("\"16/B374D848\"", Stored("16/B374D848")), ("\"x\"", Server("22P02"))],
    );
    let names = [("\"pg_class\"", Stored("pg_class")), ("\"nosuch\"", Server("42P01"))];
    check("regclass", "regclass", &names);
    check(
        "regtype",
        "regtype",
        &[("\"int4\"", Stored("integer")), ("\"no.such\"", Server("3F000"))],
    );
    check("int2vector", "int2vector", &[("\"1 2\"", Stored("1 2"))]);
}

/// A composite is read by the server, the roundings of its parts included.
#[test]
fn composites() {
    on_stage("types_composite", async |stage| {
        stage.sql("CREATE TYPE item AS (sku text, price numeric(5,2), tags text[])").await;
        let cells = [
            ("null", Stored("∅")),
            ("\"(\\\"a, b\\\",1.5,\\\"{x,y}\\\")\"", Stored("(\"a, b\",1.50,\"{x,y}\")")),
            ("\"(,,)\"", Stored("(,,)")),
            ("\"(a,1.239,)\"", Stored("(a,1.24,)")),
            ("\"(a)\"", Server("22P02")),
            ("\"(a,1000,)\"", Server("22003")),
            ("{\"sku\":\"a\"}", Server("22P02")),
            ("[\"a\",1]", Server("22P02")),
        ];
        check_on(stage, "t", "item", &cells).await;
    });
}
