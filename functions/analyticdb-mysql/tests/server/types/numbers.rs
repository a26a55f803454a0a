//! Integers, decimals, floats, bits, years, booleans.

use super::{Fate, MARIADB, MYSQL, Refused, Server, Stored, WRONG_KIND, check, check_as};
use crate::support::on_stage;

const NOT_A_NUMBER: Fate = Refused("the text is not a number");
const OUT_OF_RANGE: Fate = Refused("out of range");
const FRACTION: Fate = Refused("lose digits after the point");
const SCALE: Fate = Refused("than the column's scale");
const TO_ZERO: Fate = Refused("so small that it would become zero");

#[test]
fn integers() {
    let cells = [
        ("null", Stored("∅")),
        ("7", Stored("7")),
        ("-0", Stored("0")),
        ("7.0", Stored("7")),
        ("7e2", Stored("700")),
        ("1200e-2", Stored("12")),
        ("\"7\"", Stored("7")),
        ("\" +007 \"", Stored("7")),
        ("\"7.0\"", Stored("7")),
        ("2147483647", Stored("2147483647")),
        ("-2147483648", Stored("-2147483648")),
        ("2147483648", OUT_OF_RANGE),
        ("-2147483649", OUT_OF_RANGE),
        ("1e400", OUT_OF_RANGE),
        ("1.9", FRACTION),
        ("\"1.5\"", FRACTION),
        ("\"7x\"", NOT_A_NUMBER),
        ("\"0x10\"", NOT_A_NUMBER),
        ("\"\"", NOT_A_NUMBER),
        ("true", WRONG_KIND),
        ("[7]", WRONG_KIND),
        ("{}", WRONG_KIND),
    ];
    check("int", "int", &cells);
    for (name, declared, [least, greatest], beyond) in [
        ("tinyint", "tinyint", ["-128", "127"], ["-129", "128"]),
        ("smallint", "smallint", ["-32768", "32767"], ["-32769", "32768"]),
        ("mediumint", "mediumint", ["-8388608", "8388607"], ["-8388609", "8388608"]),
        (
            "bigint",
            "bigint",
            ["-9223372036854775808", "9223372036854775807"],
            ["-9223372036854775809", "9223372036854775808"],
        ),
        ("unsigned_tinyint", "tinyint unsigned", ["0", "255"], ["-1", "256"]),
        ("unsigned_int", "int unsigned", ["0", "4294967295"], ["-1", "4294967296"]),
        (
            "unsigned_bigint",
            "bigint unsigned",
            ["0", "18446744073709551615"],
            ["-1", "18446744073709551616"],
        ),
    ] {
        let cells = [
            (least, Stored(least)),
            (greatest, Stored(greatest)),
            (beyond[0], OUT_OF_RANGE),
            (beyond[1], OUT_OF_RANGE),
            ("-0", Stored("0")),
        ];
        check(name, declared, &cells);
    }
    let filled = [("7", Stored("00007")), ("-1", OUT_OF_RANGE), ("123456", Stored("123456"))];
    check("zerofill", "int(5) zerofill", &filled);
}

#[test]
fn booleans() {
    let cells = [
        ("true", Stored("1")),
        ("false", Stored("0")),
        ("1", Stored("1")),
        ("7", Stored("7")),
        ("\"1\"", Stored("1")),
        ("128", OUT_OF_RANGE),
        ("\"true\"", NOT_A_NUMBER),
        ("[]", WRONG_KIND),
    ];
    check("bool", "bool", &cells);
}

#[test]
fn decimals() {
    let cells = [
        ("null", Stored("∅")),
        ("1.2", Stored("1.20")),
        ("\"1.20000\"", Stored("1.20")),
        ("-999.99", Stored("-999.99")),
        ("12e1", Stored("120.00")),
        ("\" -.5 \"", Stored("-0.50")),
        ("0.000", Stored("0.00")),
        ("1000", OUT_OF_RANGE),
        ("1e30", OUT_OF_RANGE),
        ("1.239", SCALE),
        ("1e-3", SCALE),
        ("\"NaN\"", NOT_A_NUMBER),
        ("\"1,5\"", NOT_A_NUMBER),
        ("true", WRONG_KIND),
        ("{}", WRONG_KIND),
    ];
    check("decimal", "decimal(5,2)", &cells);
    let largest = "99999999999999999999999999999999999.999999999999999999999999999999";
    let large = [
        (largest, Stored(largest)),
        ("1e34", Stored("10000000000000000000000000000000000.000000000000000000000000000000")),
        ("1e-30", Stored("0.000000000000000000000000000001")),
        ("1e35", OUT_OF_RANGE),
        ("1e-31", SCALE),
    ];
    check("decimal_large", "decimal(65,30)", &large);
    let unsigned = [("0.5", Stored("0.5")), ("-0.0", Stored("0.0")), ("-1", OUT_OF_RANGE)];
    check("decimal_unsigned", "decimal(3,1) unsigned", &unsigned);
}

#[test]
fn floats() {
    let cells = [
        ("null", Stored("∅")),
        ("0.1", Stored("0.1")),
        ("7", Stored("7")),
        ("\"-2.5e3\"", Stored("-2500")),
        ("1e400", OUT_OF_RANGE),
        ("1e-400", TO_ZERO),
        ("0e-400", Stored("0")),
        ("\"NaN\"", Refused("does not accept NaN or infinity")),
        ("\"-Infinity\"", Refused("does not accept NaN or infinity")),
        ("\"0x10\"", NOT_A_NUMBER),
        ("\"\"", NOT_A_NUMBER),
        ("true", WRONG_KIND),
        ("[]", WRONG_KIND),
    ];
    check("double", "double", &cells);
    check("float", "float", &cells);
    let doubles = [
        ("0.12345678901234568", Stored("0.12345678901234568")),
        ("1.7976931348623157e308", Stored("1.7976931348623157e308")),
        ("2.2250738585072014e-308", Stored("2.2250738585072014e-308")),
        ("0.30000000000000004441", Stored("0.30000000000000004")),
    ];
    check("double_digits", "double", &doubles);
    // Of a float, the server shows six digits; as a double it tells them all.
    let singles = [
        ("16777217", Stored("16777216")),
        ("0.1", Stored("0.10000000149011612")),
        ("3.4e38", Stored("3.3999999521443642e38")),
        ("3.5e38", OUT_OF_RANGE),
        ("1e-46", TO_ZERO),
    ];
    check_as("float_digits", "float", "CAST(c AS double)", &singles);
    let rounding = [
        ("1.25", Stored("1.25")),
        ("999.99", Stored("999.99")),
        ("1.239", SCALE),
        ("1000", OUT_OF_RANGE),
    ];
    check("float_rounding", "float(5,2)", &rounding);
    check("double_rounding", "double(5,2)", &rounding);
    let unsigned = [("0.5", Stored("0.5")), ("-1", Server("1264"))];
    check("float_unsigned", "float unsigned", &unsigned);
}

#[test]
fn bits() {
    let cells = [
        ("null", Stored("∅")),
        ("true", Stored("1")),
        ("false", Stored("0")),
        ("5", Stored("5")),
        ("1023", Stored("1023")),
        ("1024", OUT_OF_RANGE),
        ("-1", OUT_OF_RANGE),
        ("\"101\"", Stored("5")),
        ("\"00000000000101\"", Stored("5")),
        ("\"10000000000\"", Refused("more bits than the column")),
        ("\"5\"", Refused("not a bit string such as 101")),
        ("\"\"", Refused("not a bit string such as 101")),
        ("[1]", WRONG_KIND),
    ];
    check_as("bits", "bit(10)", "c + 0", &cells);
    let all = [
        ("18446744073709551615", Stored("18446744073709551615")),
        ("18446744073709551616", OUT_OF_RANGE),
    ];
    check_as("bits_64", "bit(64)", "c + 0", &all);
    check_as("bit", "bit", "c + 0", &[("true", Stored("1")), ("2", OUT_OF_RANGE)]);
}

#[test]
fn years() {
    const FOUR: Fate = Refused("not a year of four digits");
    let cells = [
        ("null", Stored("∅")),
        ("2026", Stored("2026")),
        ("\"2026\"", Stored("2026")),
        ("1901", Stored("1901")),
        ("2155", Stored("2155")),
        ("\"0000\"", Stored("0000")),
        ("1900", OUT_OF_RANGE),
        ("2156", OUT_OF_RANGE),
        ("0", FOUR),
        ("99", FOUR),
        ("\"2026-01-01\"", FOUR),
        ("2026.0", FOUR),
        ("true", WRONG_KIND),
    ];
    check("year", "year", &cells);
}

/// A key is found again by what its column made of it: a float of 0.1 is no double of 0.1, and bits
/// are no text.
#[test]
fn keys_are_found_by_what_they_became() {
    const COLUMNS: [(&str, &str); 6] = [
        ("float", "0.1"),
        ("double", "0.1"),
        ("bit(10)", "5"),
        ("year", "2026"),
        ("decimal(5,2)", "1.5"),
        ("bigint unsigned", "18446744073709551615"),
    ];
    for server in [MARIADB, MYSQL] {
        on_stage(server, "types_found", async |stage| {
            for (nth, (declared, key)) in COLUMNS.iter().enumerate() {
                let table = format!("t{nth}");
                stage.sql(&format!("CREATE TABLE {table} (k {declared} PRIMARY KEY, v int)")).await;
                let key = format!("{{\"k\":{key}}}");
                for value in [Some("{\"v\":1}"), Some("{\"v\":2}"), None] {
                    let outcome = stage.deliver_key(&table, &key, value).await;
                    assert_eq!(outcome.expect("no fault").written, 1, "{declared}");
                    let rows = stage.rows(&format!("SELECT v FROM {table}")).await;
                    assert_eq!(rows.len(), usize::from(value.is_some()), "{declared} {server}");
                }
            }
        });
    }
}
