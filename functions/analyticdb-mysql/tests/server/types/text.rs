//! Text of every length and character set, and JSON.

use super::{Either, Fate, Refused, Server, Stored, check, check_as};

const TOO_LONG: Fate = Refused("the text is too long");
/// The column's character set has no such character.
const NO_CHARACTER: Fate = Server("1366");

#[test]
fn text() {
    let cells = [
        ("null", Stored("∅")),
        ("\"\"", Stored("")),
        ("\"it's \\\\ a \\\"test\\\"\\n\\u0000 𝄞\"", Stored("it's \\ a \"test\"\n\0 𝄞")),
        ("\"%_\\\\' OR 1=1 -- \"", Stored("%_\\' OR 1=1 -- ")),
        ("1.50", Stored("1.50")),
        ("true", Stored("true")),
        ("{\"a\": [1,\"x\"]}", Stored("{\"a\": [1,\"x\"]}")),
        ("[1, 2]", Stored("[1, 2]")),
    ];
    for declared in ["text", "tinytext", "mediumtext", "longtext", "varchar(50)"] {
        check(&declared.replace(['(', ')'], "_"), declared, &cells);
    }
}

#[test]
fn lengths_are_characters() {
    let cells = [
        ("\"abc\"", Stored("abc")),
        ("\"𝄞𝄞𝄞\"", Stored("𝄞𝄞𝄞")),
        ("\"ab \"", Stored("ab ")),
        ("\"abc \"", TOO_LONG),
        ("\"abcd\"", TOO_LONG),
        ("\"𝄞𝄞𝄞𝄞\"", TOO_LONG),
        ("12345", TOO_LONG),
        ("true", TOO_LONG),
    ];
    check("varchar", "varchar(3)", &cells);
    // A CHAR keeps no blanks at its end.
    let padded = [("\"a \"", Stored("a")), ("\" a\"", Stored(" a")), ("\"a   \"", TOO_LONG)];
    check("char", "char(3)", &padded);
}

#[test]
fn lengths_are_bytes() {
    let fits = "x".repeat(254);
    let [full, blank, umlaut, long] =
        ["y", " ", "é", "y "].map(|end| format!("\"{fits}{end}\"").leak() as &'static str);
    let stored = |json: &'static str| Stored(json.trim_matches('"'));
    let cells =
        [(full, stored(full)), (blank, stored(blank)), (umlaut, TOO_LONG), (long, TOO_LONG)];
    check("tinytext", "tinytext", &cells);
    let single = [(umlaut, stored(umlaut)), (long, TOO_LONG)];
    check("tinytext_latin1", "tinytext character set latin1", &single);
    let double = format!("\"{}\"", "z".repeat(127)).leak() as &'static str;
    let wide = [(double, stored(double)), (full, TOO_LONG)];
    check("tinytext_ucs2", "tinytext character set ucs2", &wide);
    check("tinytext_utf16", "tinytext character set utf16", &wide);
    let mixed = [
        (blank, stored(blank)),
        (long, TOO_LONG),
        (umlaut, Either(&Server("1366"), &NO_CHARACTER)),
    ];
    check("tinytext_sjis", "tinytext character set sjis", &mixed);
}

#[test]
fn what_a_character_set_cannot_hold_never_becomes_a_question_mark() {
    let ascii = ("\"a?\\\\'\"", Stored("a?\\'"));
    for (charset, cells) in [
        (
            "ascii",
            [ascii, ("\"é\"", NO_CHARACTER), ("\"日\"", NO_CHARACTER), ("\"𝄞\"", NO_CHARACTER)],
        ),
        (
            "latin1",
            [ascii, ("\"é€\"", Stored("é€")), ("\"日\"", NO_CHARACTER), ("\"𝄞\"", NO_CHARACTER)],
        ),
        (
            "gbk",
            [ascii, ("\"日\"", Stored("日")), ("\"é¥\"", NO_CHARACTER), ("\"𝄞\"", NO_CHARACTER)],
        ),
        (
            "sjis",
            [ascii, ("\"日ソ\"", Stored("日ソ")), ("\"é\"", NO_CHARACTER), ("\"𝄞\"", NO_CHARACTER)],
        ),
        (
            "big5",
            [ascii, ("\"日功\"", Stored("日功")), ("\"é\"", NO_CHARACTER), ("\"𝄞\"", NO_CHARACTER)],
        ),
        (
            "utf8mb3",
            [ascii, ("\"é\"", Stored("é")), ("\"日€\"", Stored("日€")), ("\"𝄞\"", NO_CHARACTER)],
        ),
        (
            "ucs2",
            [ascii, ("\"é\"", Stored("é")), ("\"日€\"", Stored("日€")), ("\"𝄞\"", NO_CHARACTER)],
        ),
        (
            "utf16",
            [ascii, ("\"é\"", Stored("é")), ("\"日€\"", Stored("日€")), ("\"𝄞\"", Stored("𝄞"))],
        ),
        (
            "utf32",
            [ascii, ("\"é\"", Stored("é")), ("\"日€\"", Stored("日€")), ("\"𝄞\"", Stored("𝄞"))],
        ),
    ] {
        check(charset, &format!("varchar(9) character set {charset}"), &cells);
    }
}

#[test]
fn json() {
    let cells = [
        ("null", Stored("∅")),
        ("7", Stored("7")),
        ("true", Stored("true")),
        ("\"text\"", Stored("\"text\"")),
        ("\"{\\\"a\\\":1}\"", Stored("\"{\\\"a\\\":1}\"")),
        ("\"it's \\\\ 𝄞\"", Stored("\"it's \\\\ 𝄞\"")),
        ("[1,null]", Either(&Stored("[1,null]"), &Stored("[1, null]"))),
        (
            "{\"b\":1.50,\"a\":\"x'\"}",
            Either(&Stored("{\"b\":1.50,\"a\":\"x'\"}"), &Stored("{\"a\": \"x'\", \"b\": 1.5}")),
        ),
        ("18446744073709551615", Stored("18446744073709551615")),
    ];
    check("json", "json", &cells);
    check_as(
        "json_control",
        "json",
        "c",
        &[("\"a\\tb\"", Either(&Stored("\"a\\u0009b\""), &Stored("\"a\\tb\"")))],
    );
}
