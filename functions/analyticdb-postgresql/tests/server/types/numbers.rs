//! Integers, floats and decimals.

use super::{Refused, Since, Stored, WRONG_KIND, check};
use crate::support::{INSERT, all_written, on_stage};

const NOT_A_NUMBER: super::Fate = Refused("the text is not a number");
const NOT_AN_INTEGER: super::Fate = Refused("the text is not an integer");
const OUT_OF_RANGE: super::Fate = Refused("out of range");
const AFTER_THE_POINT: super::Fate = Refused("lose digits after the point");
const BEYOND_SCALE: super::Fate =
    Refused("more digits after the decimal point than the column's scale");
const BECOMES_ZERO: super::Fate = Refused("become zero");

#[test]
fn int2() {
    let cells = [
        ("null", Stored("∅")),
        ("32767", Stored("32767")),
        ("-32768", Stored("-32768")),
        ("32768", OUT_OF_RANGE),
        ("-32769", OUT_OF_RANGE),
        ("\"7\"", Stored("7")),
        ("\"40000\"", OUT_OF_RANGE),
        ("1.5", AFTER_THE_POINT),
        ("true", WRONG_KIND),
        ("{\"a\":1}", WRONG_KIND),
        ("[1]", WRONG_KIND),
    ];
    check("int2", "smallint", &cells);
}

#[test]
fn int4() {
    let cells = [
        ("null", Stored("∅")),
        ("0", Stored("0")),
        ("-0", Stored("0")),
        ("-0.0", Stored("0")),
        ("2147483647", Stored("2147483647")),
        ("-2147483648", Stored("-2147483648")),
        ("2147483648", OUT_OF_RANGE),
        ("-2147483649", OUT_OF_RANGE),
        ("1.0", Stored("1")),
        ("1e3", Stored("1000")),
        ("12.50e1", Stored("125")),
        ("1200e-2", Stored("12")),
        ("1.9", AFTER_THE_POINT),
        ("1e-1", AFTER_THE_POINT),
        ("1e400", OUT_OF_RANGE),
        ("1e70000", OUT_OF_RANGE),
        ("1e99999999999", OUT_OF_RANGE),
        ("\" 42 \"", Stored("42")),
        ("\"+42\"", Stored("42")),
        ("\"-00042\"", Stored("-42")),
        ("\"1.0\"", NOT_AN_INTEGER),
        ("\"1e3\"", NOT_AN_INTEGER),
        ("\"0x10\"", NOT_AN_INTEGER),
        ("\"1_000\"", NOT_AN_INTEGER),
        ("\"\"", NOT_AN_INTEGER),
        ("\"-\"", NOT_AN_INTEGER),
        ("\"+-1\"", NOT_AN_INTEGER),
        ("\"secret\"", NOT_AN_INTEGER),
        ("\"٣\"", NOT_AN_INTEGER),
        ("true", WRONG_KIND),
        ("false", WRONG_KIND),
        ("{}", WRONG_KIND),
        ("[]", WRONG_KIND),
    ];
    check("int4", "integer", &cells);
}

#[test]
fn int8() {
    let cells = [
        ("9223372036854775807", Stored("9223372036854775807")),
        ("-9223372036854775808", Stored("-9223372036854775808")),
        ("9223372036854775808", OUT_OF_RANGE),
        ("-9223372036854775809", OUT_OF_RANGE),
        ("9007199254740993", Stored("9007199254740993")),
        ("9.223372036854775807e18", Stored("9223372036854775807")),
        ("9.223372036854775808e18", OUT_OF_RANGE),
        ("\"9223372036854775807\"", Stored("9223372036854775807")),
        ("\"18446744073709551616\"", OUT_OF_RANGE),
        ("0.5", AFTER_THE_POINT),
    ];
    check("int8", "bigint", &cells);
}

#[test]
fn float4() {
    let cells = [
        ("null", Stored("∅")),
        ("0.1", Stored("0.1")),
        ("-1.5e9", Stored("-1.5e+09")),
        ("3.4028235e38", Stored("3.4028235e+38")),
        ("3.5e38", OUT_OF_RANGE),
        ("1e-45", Stored("1e-45")),
        ("1e-50", BECOMES_ZERO),
        ("\"NaN\"", Stored("NaN")),
        ("\"-Infinity\"", Stored("-Infinity")),
        ("true", WRONG_KIND),
    ];
    check("float4", "real", &cells);
}

#[test]
fn float8() {
    let cells = [
        ("null", Stored("∅")),
        ("0", Stored("0")),
        ("-0.0", Stored("-0")),
        ("0.1", Stored("0.1")),
        ("0e400", Stored("0")),
        ("1.7976931348623157e308", Stored("1.7976931348623157e+308")),
        ("1e400", OUT_OF_RANGE),
        ("-1e400", OUT_OF_RANGE),
        ("5e-324", Stored("5e-324")),
        ("1e-400", BECOMES_ZERO),
        ("-1e-400", BECOMES_ZERO),
        ("\" 1.5 \"", Stored("1.5")),
        ("\".5\"", Stored("0.5")),
        ("\"infinity\"", Stored("Infinity")),
        ("\"nan\"", Stored("NaN")),
        ("\"1,5\"", NOT_A_NUMBER),
        ("\"0x1p3\"", NOT_A_NUMBER),
        ("\"\"", NOT_A_NUMBER),
        ("\"secret\"", NOT_A_NUMBER),
        ("false", WRONG_KIND),
        ("{}", WRONG_KIND),
        ("[1.5]", WRONG_KIND),
    ];
    check("float8", "double precision", &cells);
}

#[test]
fn numeric_without_bounds() {
    let cells = [
        ("null", Stored("∅")),
        ("0", Stored("0")),
        ("-0", Stored("0")),
        ("-0.000", Stored("0.000")),
        ("1.2300", Stored("1.2300")),
        ("-1e-10", Stored("-0.0000000001")),
        ("1.5e3", Stored("1500")),
        ("1e20", Stored("100000000000000000000")),
        ("10000", Stored("10000")),
        ("100000000.00010001", Stored("100000000.00010001")),
        ("0.00001", Stored("0.00001")),
        (
            "12345678901234567890123456789012345678.9876543210",
            Stored("12345678901234567890123456789012345678.9876543210"),
        ),
        ("\"1.5\"", Stored("1.5")),
        ("\" +.5 \"", Stored("0.5")),
        ("\"5.\"", Stored("5")),
        ("\"NaN\"", Stored("NaN")),
        ("\"-Infinity\"", Since(140_000, &Stored("-Infinity"))),
        ("\"inf\"", Since(140_000, &Stored("Infinity"))),
        ("1e-16384", OUT_OF_RANGE),
        ("1e131072", OUT_OF_RANGE),
        ("1e70000000", OUT_OF_RANGE),
        ("1e99999999999", OUT_OF_RANGE),
        ("\".\"", NOT_A_NUMBER),
        ("\"1.2.3\"", NOT_A_NUMBER),
        ("\"1e\"", NOT_A_NUMBER),
        ("\"\"", NOT_A_NUMBER),
        ("\"secret\"", NOT_A_NUMBER),
        ("true", WRONG_KIND),
        ("{}", WRONG_KIND),
        ("[]", WRONG_KIND),
    ];
    check("numeric", "numeric", &cells);
}

#[test]
fn numeric_of_a_thousand_digits() {
    let digits: &'static str = "9876543210".repeat(100).leak();
    let point: &'static str = format!("-{}.{digits}", "1".repeat(999)).leak();
    let text: &'static str = format!("\"{digits}\"").leak();
    let cells = [(digits, Stored(digits)), (point, Stored(point)), (text, Stored(digits))];
    check("numeric_long", "numeric", &cells);
    let half: &'static str = format!("{0}.{0}", "98765".repeat(100)).leak();
    let finer: &'static str = format!("0.{}1", "0".repeat(500)).leak();
    let bounded = [(half, Stored(half)), (finer, BEYOND_SCALE), ("1e500", OUT_OF_RANGE)];
    check("numeric_bounded", "numeric(1000,500)", &bounded);
}

#[test]
fn numeric_with_precision_and_scale() {
    let cells = [
        ("1.23", Stored("1.23")),
        ("1.2", Stored("1.20")),
        ("1.2300", Stored("1.23")),
        ("1.239", BEYOND_SCALE),
        ("1e-3", BEYOND_SCALE),
        ("99999999.99", Stored("99999999.99")),
        ("-99999999.99", Stored("-99999999.99")),
        ("\"00012.30\"", Stored("12.30")),
        ("100000000", OUT_OF_RANGE),
        ("1e8", OUT_OF_RANGE),
        ("99999999.995", BEYOND_SCALE),
        ("\"NaN\"", Stored("NaN")),
    ];
    check("numeric_scale", "numeric(10,2)", &cells);
    check(
        "numeric_infinity",
        "numeric(10,2)",
        &[("\"Infinity\"", Since(140_000, &super::Server("22003")))],
    );
}

#[test]
fn numeric_with_odd_scales() {
    let thousands = [
        ("12000", Stored("12000")),
        ("99000", Stored("99000")),
        ("0", Stored("0")),
        ("100000", OUT_OF_RANGE),
        ("12345", BEYOND_SCALE),
        ("500", BEYOND_SCALE),
        ("1.5", BEYOND_SCALE),
    ];
    check("numeric_negative_scale", "numeric(2,-3)", &thousands);
    let tiny = [
        ("0.00999", Stored("0.00999")),
        ("-0.00001", Stored("-0.00001")),
        ("0", Stored("0.00000")),
        ("0.01", OUT_OF_RANGE),
        ("1", OUT_OF_RANGE),
        ("0.000001", BEYOND_SCALE),
    ];
    check("numeric_tiny", "numeric(3,5)", &tiny);
}

/// 131,072 digits before the point are the most a numeric has, and 16,383 after it.
#[test]
fn the_longest_numerics() {
    on_stage("types_longest", async |stage| {
        stage.sql("CREATE TABLE t (c numeric)").await;
        let fraction = format!(r#"{{"c":0.{}}}"#, "7".repeat(16_383));
        let values = [r#"{"c":1e131071}"#, r#"{"c":1e-16383}"#, &fraction];
        let outcome = stage.deliver("t", INSERT, values).await;
        assert_eq!(outcome, Ok(all_written(3)));
        let lengths = stage.column("SELECT length(c::text) FROM t ORDER BY c").await;
        assert_eq!(lengths, ["16385", "16385", "131072"]);
    });
}
