//! Reads a type as the catalog spells it: `INT UNSIGNED`, `DECIMAL(10, 2)`, `TUPLE(a INT32 NULL, b VARCHAR)`. Both
//! spellings of the server are read: that of its SQL and that of its own types (`Nullable(Int64)`).

use crate::types::kind::Kind;

impl Kind {
    /// The kind of a type as the catalog spells it.
    pub(crate) fn of(spelled: &str) -> Self {
        kind(spelled).unwrap_or(Self::Other)
    }
}

/// The kind of a type; `None` if it is not known.
fn kind(spelled: &str) -> Option<Kind> {
    let spelled = without_null(spelled.trim());
    let (name, arguments) = match spelled.split_once('(') {
        Some((name, rest)) => (name.trim(), Some(rest.trim_end().strip_suffix(')')?)),
        None => (spelled, None),
    };
    let name = name.to_ascii_uppercase();
    match arguments {
        None => scalar(&name),
        Some(arguments) => with_arguments(&name, arguments),
    }
}

/// The kind of a type within another one, where it matters whether it may be null.
fn item(spelled: &str) -> Option<Kind> {
    let bare = without_null(spelled.trim());
    let upper = spelled.trim().to_ascii_uppercase();
    let is_nullable =
        upper.starts_with("NULLABLE(") || upper.ends_with(" NULL") && !upper.ends_with(" NOT NULL");
    let kind = kind(bare)?;
    Some(if is_nullable { Kind::Nullable(Box::new(kind)) } else { kind })
}

/// The same without `NULL` or `NOT NULL` behind it.
fn without_null(spelled: &str) -> &str {
    let cut = |text: &str, suffix: &str| {
        let start = text.len().checked_sub(suffix.len())?;
        let is_suffix = text.get(start..)?.eq_ignore_ascii_case(suffix);
        is_suffix.then_some(start)
    };
    let end = cut(spelled, " NOT NULL").or_else(|| cut(spelled, " NULL"));
    end.map_or(spelled, |end| spelled[..end].trim_end())
}

fn scalar(name: &str) -> Option<Kind> {
    let signed = |bits: u32| Kind::Integer {
        min: i64::MIN >> (64 - bits),
        max: (u64::MAX >> 1) >> (64 - bits),
    };
    let unsigned = |bits: u32| Kind::Integer { min: 0, max: u64::MAX >> (64 - bits) };
    Some(match name {
        "BOOLEAN" | "BOOL" => Kind::Boolean,
        "TINYINT" | "INT8" => signed(8),
        "SMALLINT" | "INT16" => signed(16),
        "INT" | "INTEGER" | "INT32" => signed(32),
        "BIGINT" | "INT64" => signed(64),
        "TINYINT UNSIGNED" | "UINT8" => unsigned(8),
        "SMALLINT UNSIGNED" | "UINT16" => unsigned(16),
        "INT UNSIGNED" | "INTEGER UNSIGNED" | "UINT32" => unsigned(32),
        "BIGINT UNSIGNED" | "UINT64" => unsigned(64),
        "FLOAT" | "FLOAT32" | "REAL" => Kind::Single,
        "DOUBLE" | "FLOAT64" | "DOUBLE PRECISION" => Kind::Double,
        "VARCHAR" | "STRING" | "TEXT" | "CHAR" => Kind::Text,
        "BINARY" | "VARBINARY" => Kind::Binary,
        "DATE" => Kind::Date,
        "TIMESTAMP" | "DATETIME" => Kind::Timestamp,
        "TIMESTAMP_TZ" | "TIMESTAMPTZ" => Kind::ZonedTimestamp,
        "VARIANT" | "JSON" => Kind::Variant,
        "INTERVAL" => Kind::Interval,
        "BITMAP" => Kind::Bitmap,
        "GEOMETRY" => Kind::Geometry,
        "GEOGRAPHY" => Kind::Geography,
        _ => return None,
    })
}

fn with_arguments(name: &str, arguments: &str) -> Option<Kind> {
    let parts = parts(arguments);
    let boxed = |part: &str| item(part).map(Box::new);
    match (name, parts.as_slice()) {
        ("NULLABLE", [inner]) => kind(inner),
        ("DECIMAL" | "NUMERIC", [precision, scale]) => {
            Some(Kind::Decimal { precision: precision.parse().ok()?, scale: scale.parse().ok()? })
        }
        ("ARRAY", [item]) => Some(Kind::Array(boxed(item)?)),
        ("MAP", [key, value]) => Some(Kind::Map(boxed(key)?, boxed(value)?)),
        ("TUPLE", fields) => {
            fields.iter().map(|field| tuple_field(field)).collect::<Option<_>>().map(Kind::Tuple)
        }
        ("VECTOR", [length]) => Some(Kind::Vector(length.parse().ok()?)),
        // A length that the server does not keep.
        ("VARCHAR" | "STRING" | "CHAR", [_]) => Some(Kind::Text),
        ("BINARY" | "VARBINARY", [_]) => Some(Kind::Binary),
        _ => None,
    }
}

/// A field of a tuple: a type, perhaps behind a name, which may be a type's name itself.
fn tuple_field(field: &str) -> Option<Kind> {
    if let Some(kind) = item(field) {
        return Some(kind);
    }
    let rest = match field.strip_prefix(['"', '`']) {
        Some(quoted) => quoted.split_once(['"', '`'])?.1,
        None => field.split_once(char::is_whitespace)?.1,
    };
    item(rest)
}

/// The arguments between commas that are not within parentheses.
fn parts(arguments: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (place, byte) in arguments.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(arguments[start..place].trim());
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(arguments[start..].trim());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const INT: Kind = Kind::Integer { min: i32::MIN as i64, max: i32::MAX as u64 };

    #[test]
    fn both_spellings_are_read() {
        for (spelled, expected) in [
            ("INT", INT),
            ("Int32 NULL", INT),
            ("int not null", INT),
            ("Nullable(Int32)", INT),
            ("BIGINT UNSIGNED", Kind::Integer { min: 0, max: u64::MAX }),
            ("UInt8", Kind::Integer { min: 0, max: 255 }),
            ("TINYINT", Kind::Integer { min: -128, max: 127 }),
            ("DECIMAL(76, 10)", Kind::Decimal { precision: 76, scale: 10 }),
            ("VARCHAR(5)", Kind::Text),
            ("VECTOR(3)", Kind::Vector(3)),
        ] {
            assert_eq!(kind(spelled), Some(expected), "{spelled}");
        }
        assert_eq!(kind("SOMETHING"), None);
        assert_eq!(kind("DECIMAL(x, 1)"), None);
        assert_eq!(Kind::of("SOMETHING(1)"), Kind::Other);
    }

    #[test]
    fn types_within_types() {
        let array = |item| Kind::Array(Box::new(item));
        let null = |kind| Kind::Nullable(Box::new(kind));
        let map = Kind::Map(Box::new(Kind::Text), Box::new(array(null(INT))));
        assert_eq!(kind("ARRAY(INT32 NOT NULL) NULL"), Some(array(INT)));
        assert_eq!(kind("Nullable(Array(Nullable(Int32)))"), Some(array(null(INT))));
        assert_eq!(kind("Map(String, Array(Nullable(Int32)))"), Some(map));
        for tuple in [
            "TUPLE(a INT32 NULL, b VARCHAR)",
            "Tuple(Nullable(Int32), String)",
            "TUPLE(date INT NULL, `x y` STRING)",
        ] {
            assert_eq!(kind(tuple), Some(Kind::Tuple(vec![null(INT), Kind::Text])), "{tuple}");
        }
    }

    #[test]
    fn a_type_has_its_name_in_sql() {
        for (spelled, sql) in [
            ("Nullable(UInt64)", "BIGINT UNSIGNED"),
            ("Int8", "TINYINT"),
            ("Int64", "BIGINT"),
            ("UInt16", "SMALLINT UNSIGNED"),
            ("Array(Nullable(Decimal(5, 2)))", "ARRAY(DECIMAL(5, 2) NULL)"),
            ("Map(String, Array(Int32))", "MAP(VARCHAR, ARRAY(INT NOT NULL) NOT NULL)"),
            ("Nullable(Timestamp_Tz)", "TIMESTAMP_TZ"),
        ] {
            assert_eq!(Kind::of(spelled).sql().as_deref(), Some(sql), "{spelled}");
        }
        for (spelled, writable) in [
            ("Array(Tuple(Int32))", false),
            ("Map(Int32, Int32)", false),
            ("Tuple(Vector(2), Int32)", true),
        ] {
            assert_eq!(Kind::of(spelled).is_writable(), writable, "{spelled}");
        }
    }
}
