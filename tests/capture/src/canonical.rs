//! Values in one spelling, whatever database holds them: an expression that prints a column, and what
//! is done to the text that it prints.

use std::str::FromStr;

use serde_json::Value;

use crate::kind::Kind;

/// How the values of a column are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Array,
    Bits,
    Bool,
    Bytes,
    Datetime,
    Decimal,
    Float,
    Geometry,
    Hstore,
    Inet,
    Instant,
    Int,
    Interval,
    Json,
    Micros,
    Money,
    Point,
    Text,
    Time,
    TimeTz,
    Varbits,
    Vector,
}

const NAMES: [(&str, Class); 23] = [
    ("array", Class::Array),
    ("bits", Class::Bits),
    ("bool", Class::Bool),
    ("bytes", Class::Bytes),
    ("date", Class::Datetime),
    ("datetime", Class::Datetime),
    ("decimal", Class::Decimal),
    ("float", Class::Float),
    ("geometry", Class::Geometry),
    ("hstore", Class::Hstore),
    ("inet", Class::Inet),
    ("instant", Class::Instant),
    ("int", Class::Int),
    ("interval", Class::Interval),
    ("json", Class::Json),
    ("micros", Class::Micros),
    ("money", Class::Money),
    ("point", Class::Point),
    ("text", Class::Text),
    ("time", Class::Time),
    ("timetz", Class::TimeTz),
    ("varbits", Class::Varbits),
    ("vector", Class::Vector),
];

impl FromStr for Class {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, class)| *class).ok_or_else(|| format!("no class of values is called {name}"))
    }
}

impl Class {
    /// The expression that prints a column, whose name is in double quotes, in a database of this kind.
    pub(crate) fn print(self, kind: Kind, column: &str) -> String {
        if kind == Kind::Postgres {
            self.print_postgres(column)
        } else {
            self.print_mysql(kind, column)
        }
    }

    fn print_postgres(self, column: &str) -> String {
        match self {
            Self::Array | Self::Vector => format!("to_json({column})::text"),
            Self::Hstore => format!("hstore_to_json({column})::text"),
            Self::Bytes | Self::Geometry => format!("encode({column}, 'hex')"),
            Self::Float => format!("{column}::float8::text"),
            Self::Money => format!("{column}::numeric::text"),
            Self::Micros => format!("(extract(epoch FROM {column}) * 1000000)::bigint::text"),
            Self::Point => format!("{column}[0] || ' ' || {column}[1]"),
            Self::TimeTz => format!("({column} AT TIME ZONE 'UTC')::text"),
            _ => format!("{column}::text"),
        }
    }

    fn print_mysql(self, kind: Kind, column: &str) -> String {
        match self {
            Self::Bits => format!("BIN({column} + 0)"),
            Self::Bytes => format!("LOWER(HEX({column}))"),
            Self::Float => format!("{column} + 0e0"),
            Self::Geometry => {
                let axes = if kind == Kind::Mysql { ", 'axis-order=long-lat'" } else { "" };
                format!("CONCAT(ST_SRID({column}), ';', LOWER(HEX(ST_AsWKB({column}{axes}))))")
            }
            Self::Point => format!("CONCAT(ST_X({column}), ' ', ST_Y({column}))"),
            Self::Vector if kind == Kind::Mysql => format!("VECTOR_TO_STRING({column})"),
            _ => column.to_owned(),
        }
    }

    /// What was printed, in the one spelling.
    pub(crate) fn fold(self, text: &str) -> String {
        match self {
            Self::Decimal | Self::Money => decimal(text),
            // ZEROFILL prints zeros that are not there.
            Self::Int => text.parse::<i128>().map_or(text.to_owned(), |number| number.to_string()),
            Self::Float => float(text),
            Self::Bits => text.trim_start_matches('0').to_owned(),
            Self::Bool => if matches!(text, "1" | "true") { "true" } else { "false" }.to_owned(),
            Self::Datetime | Self::Instant | Self::Time | Self::TimeTz => {
                decimal(text.trim_end_matches("+00"))
            }
            Self::Geometry => geometry(text),
            Self::Json | Self::Hstore => json(text, false),
            Self::Array => json(text, true),
            Self::Vector => text.trim_matches(['[', ']']).split(',').map(float32).collect(),
            Self::Point => text.split(' ').map(|part| float(part) + " ").collect(),
            Self::Interval => interval(text),
            // PostgreSQL prints a single address with its mask, and reads it without.
            Self::Inet => text.trim_end_matches("/32").to_owned(),
            Self::Micros => micros(text),
            Self::Bytes | Self::Text | Self::Varbits => text.to_owned(),
        }
    }
}

/// Without zeros at the end of a fraction.
fn decimal(text: &str) -> String {
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn float(text: &str) -> String {
    text.trim().parse::<f64>().map_or_else(|_| text.to_owned(), |number| format!("{number:e}"))
}

fn float32(text: &str) -> String {
    text.trim().parse::<f32>().map_or_else(|_| text.to_owned(), |number| format!("{number:e} "))
}

/// Members sorted, numbers by their value. Of an array every scalar is its text.
fn json(text: &str, scalars_as_text: bool) -> String {
    let Ok(value) = serde_json::from_str(text) else { return format!("not JSON: {text}") };
    sorted(value, scalars_as_text).to_string()
}

fn sorted(value: Value, scalars_as_text: bool) -> Value {
    match value {
        Value::Array(items) => {
            items.into_iter().map(|item| sorted(item, scalars_as_text)).collect()
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|(left, _), (right, _)| left.cmp(right));
            members.into_iter().map(|(name, item)| (name, sorted(item, scalars_as_text))).collect()
        }
        // Told apart from a text of the same digits.
        Value::Number(number) if !scalars_as_text => {
            let text = number.as_f64().map_or(number.to_string(), |number| format!("{number:e}"));
            serde_json::json!({ "number": text })
        }
        Value::Number(number) => decimal(&number.to_string()).into(),
        Value::Bool(truth) if scalars_as_text => truth.to_string().into(),
        Value::String(text) if scalars_as_text => decimal(&text).into(),
        other => other,
    }
}

/// `SRID;WKB`, from the same or from little-endian EWKB
/// (<https://postgis.net/docs/ST_AsEWKB.html>: a flag in the type, the SRID behind it).
fn geometry(text: &str) -> String {
    if text.contains(';') || !text.starts_with("01") || text.len() < 10 {
        return text.to_owned();
    }
    let (kind, rest) = text[2..].split_at(8);
    if !kind.ends_with("20") {
        return format!("0;{text}");
    }
    let (srid, rest) = rest.split_at(8.min(rest.len()));
    let bytes = (0..srid.len() / 2).rev().map(|at| &srid[2 * at..2 * at + 2]);
    let srid = u32::from_str_radix(&bytes.collect::<String>(), 16).unwrap_or_default();
    format!("{srid};01{}00{rest}", &kind[..6])
}

/// `P1Y2M3DT4H5M6.7S` as its units, zeros left out.
fn interval(text: &str) -> String {
    let (mut out, mut number, mut in_time) = (String::new(), String::new(), false);
    for letter in text.trim_start_matches('P').chars() {
        match letter {
            'T' => in_time = true,
            'Y' | 'M' | 'D' | 'H' | 'S' => {
                let number = decimal(&std::mem::take(&mut number));
                if number != "0" {
                    out += &format!("{number}{letter}{}", if in_time { "t " } else { " " });
                }
            }
            digit => number.push(digit),
        }
    }
    out + &number
}

/// A time that may be longer than a day, or the microseconds of one.
fn micros(text: &str) -> String {
    let digits = text.trim_start_matches('-');
    let parts: Vec<f64> = digits.split(':').filter_map(|part| part.parse().ok()).collect();
    let [hours, minutes, seconds] = parts[..] else { return text.to_owned() };
    let micros = ((hours * 60.0 + minutes) * 60.0 + seconds) * 1e6;
    format!("{}{micros:.0}", if text.starts_with('-') { "-" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::Class;

    #[test]
    fn spellings_of_one_value_are_one() {
        for (class, one, other) in [
            (Class::Decimal, "1.50", "1.5"),
            (Class::Int, "0042", "42"),
            (Class::Float, "1e2", "100"),
            (Class::Bits, "00000101", "101"),
            (Class::Instant, "2024-01-01 00:00:00.120000", "2024-01-01 00:00:00.12+00"),
            (Class::Json, r#"{"b": 1.0, "a": [1]}"#, r#"{"a":[1],"b":1}"#),
            (Class::Array, r#"[1.50, null]"#, r#"["1.5", null]"#),
            (Class::Geometry, "4326;0101000000aa", "0101000020e6100000aa"),
            (Class::Geometry, "0;0101000000aa", "0101000000aa"),
            (Class::Interval, "P1Y0M3DT0H5M6.700S", "P1Y3DT5M6.7S"),
            (Class::Micros, "-838:59:59.000001", "-3020399000001"),
            (Class::Vector, "[1.00000e+00,2.5]", "[1, 2.5]"),
        ] {
            assert_eq!(class.fold(one), class.fold(other), "{class:?}");
        }
    }

    #[test]
    fn values_that_differ_stay_different() {
        for (class, one, other) in [
            (Class::Text, "a", "a "),
            (Class::Varbits, "0101", "101"),
            (Class::Json, r#"{"a":1}"#, r#""{\"a\":1}""#),
            (Class::Json, "1", r#""1""#),
            (Class::Interval, "P1M", "PT1M"),
            (Class::Geometry, "0101000020e6100000aa", "0101000000aa"),
            (Class::Datetime, "2024-01-01 00:00:00", "2024-01-01 00:00:01"),
        ] {
            assert_ne!(class.fold(one), class.fold(other), "{class:?}");
        }
    }
}
