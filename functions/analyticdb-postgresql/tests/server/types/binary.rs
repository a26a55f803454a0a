//! Booleans, bytes and UUIDs.

use super::{Refused, Stored, WRONG_KIND, check};

#[test]
fn boolean() {
    const NO: super::Fate = Refused("the text is not a boolean");
    let cells = [
        ("null", Stored("∅")),
        ("true", Stored("true")),
        ("false", Stored("false")),
        ("1", Stored("true")),
        ("0", Stored("false")),
        ("\"t\"", Stored("true")),
        ("\" Yes \"", Stored("true")),
        ("\"off\"", Stored("false")),
        ("\"0\"", Stored("false")),
        ("2", WRONG_KIND),
        ("1.0", WRONG_KIND),
        ("\"\"", NO),
        ("\"truth\"", NO),
        ("{}", WRONG_KIND),
        ("[true]", WRONG_KIND),
    ];
    check("bool", "boolean", &cells);
}

#[test]
fn bytea() {
    const NO: super::Fate = Refused("the text is not base64");
    let cells = [
        ("null", Stored("∅")),
        ("\"\"", Stored("\\x")),
        ("\"AP8Q\"", Stored("\\x00ff10")),
        ("\"AA==\"", Stored("\\x00")),
        ("\"\\\\x00FF\"", Stored("\\x00ff")),
        ("\"\\\\x\"", Stored("\\x")),
        ("\"\\\\x0\"", Refused("the text is not hexadecimal")),
        ("\"\\\\xsecret\"", Refused("the text is not hexadecimal")),
        ("\"AA\"", NO),
        ("\"AB==\"", NO),
        ("\"A-_A\"", NO),
        ("\"secret!\"", NO),
        ("7", WRONG_KIND),
        ("true", WRONG_KIND),
        ("[0,255]", WRONG_KIND),
    ];
    check("bytea", "bytea", &cells);
}

#[test]
fn uuid() {
    const NO: super::Fate = Refused("the text is not a UUID");
    const ONE: super::Fate = Stored("0123abcd-4567-89ef-0123-456789abcdef");
    let cells = [
        ("null", Stored("∅")),
        ("\"0123abcd-4567-89ef-0123-456789abcdef\"", ONE),
        ("\"0123ABCD-4567-89EF-0123-456789ABCDEF\"", ONE),
        ("\"0123abcd456789ef0123456789abcdef\"", ONE),
        ("\"{0123abcd-4567-89ef-0123-456789abcdef}\"", ONE),
        ("\"0123abcd-4567-89ef-0123-456789abcde\"", NO),
        ("\"0123abcd-4567-89ef-0123-456789abcdeg\"", NO),
        ("\"0123abcd-456-789ef-0123-456789abcdef\"", NO),
        ("\"{0123abcd-4567-89ef-0123-456789abcdef\"", NO),
        ("\"ü123abcd-4567-89ef-0123-456789abcdeü\"", NO),
        ("\"\"", NO),
        ("7", WRONG_KIND),
        ("false", WRONG_KIND),
    ];
    check("uuid", "uuid", &cells);
}
