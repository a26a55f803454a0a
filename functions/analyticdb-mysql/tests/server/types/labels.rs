//! ENUM and SET: labels, and nothing that the server would take for a label's number.

use super::{Fate, Refused, Stored, check};

const NO_LABEL: Fate = Refused("not a label of the column");

#[test]
fn enums() {
    let cells = [
        ("null", Stored("∅")),
        ("\"a\"", Stored("a")),
        ("\"it's\"", Stored("it's")),
        ("\"back\\\\slash\"", Stored("back\\slash")),
        ("\"new\\nline\"", Stored("new\nline")),
        ("\"c,d\"", Stored("c,d")),
        ("\"é\"", Stored("é")),
        ("\"9\"", Stored("9")),
        ("9", Stored("9")),
        ("true", Stored("true")),
        ("1", NO_LABEL),
        ("\"1\"", NO_LABEL),
        ("\"A\"", NO_LABEL),
        ("\"a \"", NO_LABEL),
        ("\"\"", NO_LABEL),
        ("\"zz\"", NO_LABEL),
        ("[1]", NO_LABEL),
    ];
    let declared = "enum('a','it''s','back\\\\slash','new\\nline','c,d','é','9','true')";
    check("enum", declared, &cells);
    check(
        "enum_latin1",
        "enum('é','a') character set latin1",
        &[("\"é\"", Stored("é")), ("\"e\"", NO_LABEL)],
    );
}

#[test]
fn sets() {
    let cells = [
        ("null", Stored("∅")),
        ("\"\"", Stored("")),
        ("\"y\"", Stored("y")),
        ("\"y,x\"", Stored("x,y")),
        ("\"x,x\"", Stored("x")),
        ("\"8\"", Stored("8")),
        ("8", Stored("8")),
        ("\"3\"", NO_LABEL),
        ("3", NO_LABEL),
        ("\"x,\"", NO_LABEL),
        ("\"X\"", NO_LABEL),
        ("[\"x\"]", NO_LABEL),
    ];
    check("set", "set('x','y','8')", &cells);
}
