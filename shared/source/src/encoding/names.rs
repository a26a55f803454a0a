//! Names of tables and columns as names of Avro and Protobuf, which have letters of ASCII, digits and `_`.
//!
//! Source: `scrub.invalid.names` of `io.confluent.connect.avro.AvroData` and `ProtobufData`.

use std::collections::BTreeSet;

use super::field::Field;

/// A name that is valid. One that is not is changed if it `scrubs`.
///
/// # Errors
/// It is not valid.
pub(super) fn valid(name: &str, scrubs: bool) -> Result<String, String> {
    let starts_with_digit = |name: &str| name.starts_with(|first: char| first.is_ascii_digit());
    let is_valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.is_empty() && name.chars().all(is_valid) && !starts_with_digit(name) {
        return Ok(name.to_owned());
    }
    if !scrubs {
        return Err(format!(
            "`{name}` is not a name of Avro or Protobuf: set scrub.invalid.names=true, or choose another format"
        ));
    }
    // As `URLEncoder` of Java: a space becomes one character, any other one three for each byte of UTF-8.
    let mut scrubbed = String::new();
    for byte in name.bytes() {
        match byte {
            b' ' => scrubbed.push('_'),
            byte if byte.is_ascii_alphanumeric() => scrubbed.push(byte.into()),
            b'.' | b'-' | b'*' | b'_' => scrubbed.push('_'),
            byte => scrubbed += &format!("_{byte:02X}"),
        }
    }
    if scrubbed.is_empty() || starts_with_digit(&scrubbed) {
        scrubbed.insert(0, 'x');
    }
    Ok(scrubbed)
}

/// The names of fields.
///
/// # Errors
/// One is not valid, or two have become the same.
pub(super) fn of_fields(fields: &[Field], scrubs: bool) -> Result<Vec<String>, String> {
    let names = fields.iter().map(|field| valid(&field.name, scrubs));
    let names = names.collect::<Result<Vec<_>, _>>().map_err(|why| format!("column {why}"))?;
    let mut known = BTreeSet::new();
    match names.iter().find(|name| !known.insert(name.as_str())) {
        None => Ok(names),
        Some(name) => Err(format!("two of its columns would have the name `{name}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::field::Kind;
    use super::*;

    #[test]
    fn a_name_is_valid_or_refused_or_changed() {
        for name in ["orders", "_a1", "A_B"] {
            assert_eq!(valid(name, false).as_deref(), Ok(name));
        }
        for (name, scrubbed) in [
            ("order-items", "order_items"),
            ("a b", "a_b"),
            ("1st", "x1st"),
            ("", "x"),
            ("größe", "gr_C3_B6_C3_9Fe"),
        ] {
            assert!(valid(name, false).unwrap_err().contains("scrub.invalid.names=true"));
            assert_eq!(valid(name, true).as_deref(), Ok(scrubbed));
        }
    }

    #[test]
    fn two_columns_do_not_become_one() {
        let fields = ["a b", "a-b"].map(|name| Field {
            name: name.to_owned(),
            kind: Kind::Int32,
            is_optional: false,
        });
        assert!(of_fields(&fields, true).unwrap_err().contains("would have the name `a_b`"));
        assert!(of_fields(&fields, false).unwrap_err().starts_with("column `a b` is not a name"));
    }
}
