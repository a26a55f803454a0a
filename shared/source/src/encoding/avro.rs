//! Avro: the text of a schema, and the bytes of values ("Binary Encoding" in the specification).
//!
//! Source of the text: `io.confluent.connect.avro.AvroData`, with one addition: a count of microseconds has Avro's own
//! logical type beside Debezium's name, so that readers other than Connect know it as a moment.

use bytes::{BufMut, BytesMut};

use super::datum::Datum;
use super::field::{Field, GEOMETRY, Kind};
use super::names;
use super::wire::zigzag;

/// The name of a record without one (`AvroData.DEFAULT_SCHEMA_NAME`), such as a key.
const NAMELESS: &str = r#""name":"ConnectDefault","namespace":"io.confluent.connect.avro""#;

/// The schema of a record with these fields. `name` is that of the table; a key has none.
///
/// # Errors
/// A name is not one of Avro, or two columns would have the same.
pub(super) fn text(name: Option<&str>, fields: &[Field], scrubs: bool) -> Result<String, String> {
    let named = match name {
        Some(name) => format!(r#""name":"{}""#, names::valid(name, scrubs)?),
        None => NAMELESS.to_owned(),
    };
    let mut has_geometry = false;
    let names = names::of_fields(fields, scrubs)?;
    let fields: Vec<String> = fields
        .iter()
        .zip(names)
        .map(|(field, name)| {
            let mut of = of_kind(field.kind);
            // A type is defined where it stands first.
            if field.kind == Kind::Geometry && std::mem::replace(&mut has_geometry, true) {
                of = quoted(GEOMETRY);
            }
            match field.is_optional {
                true => format!(r#"{{"name":"{name}","type":["null",{of}],"default":null}}"#),
                false => format!(r#"{{"name":"{name}","type":{of}}}"#),
            }
        })
        .collect();
    let connect = name.map_or(String::new(), |name| format!(r#","connect.name":{}"#, quoted(name)));
    Ok(format!(r#"{{"type":"record",{named},"fields":[{}]{connect}}}"#, fields.join(",")))
}

fn of_kind(kind: Kind) -> String {
    let mut members: Vec<(&str, String)> = vec![("type", quoted(word(kind)))];
    match kind {
        Kind::Int8 | Kind::Int16 => members.push(("connect.type", quoted(kind.connect()))),
        Kind::Floats => members.push(("items", quoted("float"))),
        Kind::Decimal { precision, scale } => {
            members.push(("scale", scale.to_string()));
            members.push(("precision", precision.to_string()));
        }
        Kind::Geometry => {
            let fields = r#"[{"name":"wkb","type":"bytes"},{"name":"srid","type":["null","int"],"default":null}]"#;
            members.push(("name", quoted("Geometry")));
            members.push(("namespace", quoted(GEOMETRY.trim_end_matches(".Geometry"))));
            members.push(("fields", fields.to_owned()));
        }
        _ => {}
    }
    if let Some(name) = kind.logical() {
        members.push(("connect.version", "1".to_owned()));
        let parameters: Vec<String> = kind
            .parameters()
            .iter()
            .map(|(name, value)| format!("{}:{}", quoted(name), quoted(value)))
            .collect();
        if !parameters.is_empty() {
            members.push(("connect.parameters", format!("{{{}}}", parameters.join(","))));
        }
        members.push(("connect.name", quoted(name)));
    }
    members.extend(logical(kind).map(|word| ("logicalType", quoted(word))));
    match members.as_slice() {
        [(_, word)] => word.clone(),
        _ => {
            let members = members.iter().map(|(name, value)| format!("{}:{value}", quoted(name)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
    }
}

fn word(kind: Kind) -> &'static str {
    match kind.connect() {
        "int8" | "int16" | "int32" => "int",
        "int64" => "long",
        "struct" => "record",
        word => word,
    }
}

fn logical(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Decimal { .. } => Some("decimal"),
        Kind::Date => Some("date"),
        Kind::Timestamp => Some("timestamp-millis"),
        Kind::MicroTimestamp => Some("timestamp-micros"),
        _ => None,
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes a value of a field; `None` if it is null where null has no place.
pub(super) fn put(is_optional: bool, datum: &Datum<'_>, out: &mut BytesMut) -> Option<()> {
    let is_null = *datum == Datum::Null;
    match (is_optional, is_null) {
        (false, true) => return None,
        (false, false) => {}
        (true, is_null) => {
            zigzag(i64::from(!is_null), out);
            if is_null {
                return Some(());
            }
        }
    }
    match datum {
        Datum::Null => {}
        Datum::Boolean(truth) => out.put_u8((*truth).into()),
        Datum::Int(number) => zigzag(*number, out),
        Datum::Unsigned(number) => zigzag(i64::try_from(*number).ok()?, out),
        Datum::Float(number) => out.put_f32_le(*number),
        Datum::Double(number) => out.put_f64_le(*number),
        Datum::Text(text) => bytes(text.as_bytes(), out),
        Datum::Bytes(value) => bytes(value, out),
        Datum::Floats(floats) => {
            // One block, and the one of no items behind it.
            if !floats.is_empty() {
                length(floats.len() / 4, out);
                out.put_slice(floats);
            }
            length(0, out);
        }
        Datum::Geometry { srid, wkb } => {
            bytes(wkb, out);
            length(usize::from(*srid != 0), out);
            if *srid != 0 {
                zigzag((*srid).into(), out);
            }
        }
    }
    Some(())
}

fn bytes(bytes: &[u8], out: &mut BytesMut) {
    length(bytes.len(), out);
    out.put_slice(bytes);
}

fn length(length: usize, out: &mut BytesMut) {
    // A length in memory has at most 63 bits.
    zigzag(length as i64, out);
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn field(name: &str, kind: Kind, is_optional: bool) -> Field {
        Field { name: name.to_owned(), kind, is_optional }
    }

    #[test]
    fn a_schema_is_that_of_connect() {
        let fields = [
            field("tiny", Kind::Int8, false),
            field("note", Kind::Text, true),
            field("amount", Kind::Decimal { precision: 7, scale: 3 }, true),
            field("made", Kind::Timestamp, false),
            field("vector", Kind::Floats, false),
        ];
        let expected = concat!(
            r#"{"type":"record","name":"orders","fields":[{"name":"tiny","type":{"type":"int","connect.type":"int8"}},"#,
            r#"{"name":"note","type":["null","string"],"default":null},{"name":"amount","type":["null",{"type":"bytes","#,
            r#""scale":3,"precision":7,"connect.version":1,"connect.parameters":{"scale":"3","#,
            r#""connect.decimal.precision":"7"},"connect.name":"org.apache.kafka.connect.data.Decimal","#,
            r#""logicalType":"decimal"}],"default":null},{"name":"made","type":{"type":"long","connect.version":1,"#,
            r#""connect.name":"org.apache.kafka.connect.data.Timestamp","logicalType":"timestamp-millis"}},"#,
            r#"{"name":"vector","type":{"type":"array","items":"float"}}],"connect.name":"orders"}"#,
        );
        assert_eq!(text(Some("orders"), &fields, false).as_deref(), Ok(expected));
        let key = text(None, &[field("id", Kind::Int64, false)], false).expect("a schema");
        let expected = r#"{"type":"record","name":"ConnectDefault","namespace":"io.confluent.connect.avro","fields":[{"name":"id","type":"long"}]}"#;
        assert_eq!(key, expected);
    }

    #[test]
    fn a_type_is_defined_once_and_a_name_is_scrubbed() {
        let two = ["a-b", "b"].map(|name| field(name, Kind::Geometry, true));
        assert!(text(Some("t"), &two, false).is_err());
        let text = text(Some("a-t"), &two, true).expect("a schema");
        assert_eq!(text.matches(r#""name":"Geometry""#).count(), 1);
        let other =
            r#"{"name":"b","type":["null","io.debezium.data.geometry.Geometry"],"default":null}"#;
        assert!(text.contains(other), "{text}");
        assert!(
            text.contains(r#""name":"a_t""#) && text.contains(r#""connect.name":"a-t""#),
            "{text}"
        );
    }

    #[test]
    fn values_are_written_by_the_specification() {
        let text = Datum::Text(Cow::Borrowed("é"));
        let of_two = [0, 0, 128, 63, 0, 0, 0, 192];
        for (is_optional, datum, expected) in [
            (false, Datum::Boolean(true), &[1][..]),
            (true, Datum::Null, &[0]),
            (true, Datum::Int(-1), &[2, 1]),
            (false, Datum::Int(300), &[0xd8, 4]),
            (false, Datum::Float(1.0), &[0, 0, 128, 63]),
            (false, Datum::Double(-2.0), &[0, 0, 0, 0, 0, 0, 0, 192]),
            (false, text, &[4, 0xc3, 0xa9]),
            (false, Datum::Bytes(Cow::Borrowed(&[0, 255])), &[4, 0, 255]),
            (false, Datum::Floats(&of_two), &[4, 0, 0, 128, 63, 0, 0, 0, 192, 0]),
            (false, Datum::Floats(&[]), &[0]),
            (false, Datum::Geometry { srid: 0, wkb: &[7] }, &[2, 7, 0]),
            (false, Datum::Geometry { srid: 4326, wkb: &[7] }, &[2, 7, 2, 0xcc, 0x43]),
        ] {
            let mut out = BytesMut::new();
            assert_eq!(put(is_optional, &datum, &mut out), Some(()));
            assert_eq!(&out[..], expected, "{datum:?}");
        }
        assert_eq!(put(false, &Datum::Null, &mut BytesMut::new()), None);
        assert_eq!(put(false, &Datum::Unsigned(u64::MAX), &mut BytesMut::new()), None);
    }
}
