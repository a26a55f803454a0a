//! Numbers, from text and as JSON numbers.

use sluice_bridge::values::number::canonical;

use super::Judged;

const INTEGERS: &[&str] =
    &[" ?[+-]?[0-9]{1,6} ?", "[+-]?[0-9]{1,20}", "[+-]?0{0,30}[0-9]{1,10}", "[0-9eE.xX_+-]{1,8}"];
const DECIMALS: &[&str] = &[
    "[ \t\n]?[+-]?[0-9]{0,20}\\.?[0-9]{0,20}[ \t]?",
    "[+-]?[0-9]{1,6}(\\.[0-9]{0,6})?[eE][+-]?[0-9]{1,3}",
    "[+-]?0{0,9}\\.0{0,30}[1-9]{0,9}0{0,30}",
    "[+-]?(nan|NaN|inf|Inf|infinity|INFINITY)",
    "[0-9eE.xX_+-]{1,8}",
];
const JSON_NUMBERS: &[&str] = &[
    "-?(0|[1-9][0-9]{0,19})",
    "-?(0|[1-9][0-9]{0,9})\\.[0-9]{1,9}",
    "-?(0|[1-9][0-9]{0,9})\\.0{1,9}",
    "-?(0|[1-9][0-9]{0,5})(\\.[0-9]{1,4})?[eE][+-]?[0-9]{1,2}",
    "-?[1-9](\\.[0-9]{1,17})?[eE][+-]?(30[0-9]|31[0-9]|32[0-9]|3[5-9]|4[0-7])",
];

/// Texts, and JSON numbers.
fn check(judged: Judged<'_>) {
    judged.check();
    let name = format!("{}_numbers", judged.name);
    Judged { name: &name, patterns: JSON_NUMBERS, are_numbers: true, ..judged }.check();
}

#[test]
fn integers() {
    let columns = [
        ("tinyint", "tinyint"),
        ("int", "int"),
        ("bigint", "bigint"),
        ("unsigned", "bigint unsigned"),
    ];
    for (name, declared) in columns {
        let may_refuse = is_rounded;
        check(Judged { name, declared, patterns: INTEGERS, may_refuse, ..Judged::default() });
    }
}

#[test]
fn decimals() {
    for (name, declared) in [("decimal", "decimal(10,2)"), ("decimal_large", "decimal(65,30)")] {
        let may_refuse = is_rounded;
        check(Judged { name, declared, patterns: DECIMALS, may_refuse, ..Judged::default() });
    }
}

/// Whether a number is not exactly what the server made of it.
fn is_rounded(text: &str, stored: &str) -> bool {
    canonical(text) != canonical(stored)
}

/// A number that is no zero, and became one.
#[test]
fn floats() {
    let may_refuse = |_: &str, stored: &str| matches!(stored, "0" | "-0");
    let patterns = DECIMALS;
    let judged = Judged { patterns, may_refuse, ..Judged::default() };
    check(Judged { name: "double", declared: "double", ..judged });
    // Of a float, the server shows six digits; as a double it tells them all.
    check(Judged { name: "float", declared: "float", reading: "CAST(c AS double)", ..judged });
}
