//! Limits of the service for time series ("Limits on the TimeSeries model") that are checked before anything is
//! sent, because the service refuses the whole request for one point that breaks them.

/// The reason for a refusal.
type Reason = &'static str;

/// The most bytes of a table's name.
pub(crate) const MOST_TABLE_NAME_BYTES: usize = 128;
/// The most fields of a point.
pub(crate) const MOST_FIELDS: usize = 1024;

const MOST_NAME_BYTES: usize = 128;
const MOST_SOURCE_BYTES: usize = 256;
/// The names of the columns that are no fields, as the service shows them.
const RESERVED: [&str; 6] =
    ["_m_name", "_data_source", "_tags", "_time", "_meta_update_time", "_attributes"];

/// A measurement: 1 to 128 bytes, no `#`, no space and nothing else that is not printed.
pub(crate) fn check_measurement(text: &str) -> Result<(), Reason> {
    if text.is_empty() || text.len() > MOST_NAME_BYTES {
        return Err("a measurement has 1 to 128 bytes");
    }
    match text.contains(|it: char| it == '#' || it.is_whitespace() || it.is_control()) {
        true => Err("a measurement has no #, no space and no control character"),
        false => Ok(()),
    }
}

/// A data source: at most 256 bytes.
pub(crate) fn check_source(text: &str) -> Result<(), Reason> {
    match text.len() > MOST_SOURCE_BYTES {
        true => Err("a data source has at most 256 bytes"),
        false => Ok(()),
    }
}

/// The name of a tag: visible ASCII without `"` and `=`.
pub(crate) fn check_tag_name(text: &str) -> Result<(), Reason> {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !is_special(byte);
    match !text.is_empty() && text.bytes().all(allowed) {
        true => Ok(()),
        false => Err("the name of a tag has visible ASCII characters, without \" and ="),
    }
}

/// The value of a tag: some text without `"` and `=`.
pub(crate) fn check_tag_value(text: &str) -> Result<(), Reason> {
    if text.is_empty() {
        return Err("a tag is not empty; null leaves it out");
    }
    match text.bytes().any(is_special) {
        true => Err("a tag has no \" and no ="),
        false => Ok(()),
    }
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'=')
}

/// The name of a field: lower-case letters, digits and underscores, no digit first.
pub(crate) fn check_field_name(text: &str) -> Result<(), Reason> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins = text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    if !begins || text.len() > MOST_NAME_BYTES || !text.bytes().all(allowed) {
        return Err(
            "the name of a field has lower-case letters, digits and underscores, no digit first, at most 128 bytes",
        );
    }
    match RESERVED.contains(&text) {
        true => Err("the service has a column of its own of this name"),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(length: usize) -> String {
        "a".repeat(length)
    }

    #[test]
    fn measurements_and_sources() {
        for text in ["cpu", "a.b-c/d=\"é", &long(128)] {
            assert_eq!(check_measurement(text), Ok(()), "{text}");
        }
        for text in ["", "a b", "a#b", "a\u{7f}", "a\u{a0}b", &long(129)] {
            assert!(check_measurement(text).is_err(), "{text}");
        }
        assert!(check_source("").is_ok() && check_source(&long(256)).is_ok());
        assert!(check_source(&long(257)).is_err());
    }

    #[test]
    fn tags() {
        assert!(check_tag_name("Host-name.1:/#").is_ok());
        for name in ["", "a b", "a=b", "a\"b", "é"] {
            assert!(check_tag_name(name).is_err(), "{name}");
        }
        assert!(check_tag_value("é 東京 #").is_ok());
        for value in ["", "a=b", "a\"b"] {
            assert!(check_tag_value(value).is_err(), "{value}");
        }
    }

    #[test]
    fn fields() {
        for name in ["v", "_1", "a_9", "_times", &long(128)] {
            assert_eq!(check_field_name(name), Ok(()), "{name}");
        }
        for name in ["", "V", "1a", "a-b", "é", "_time", "_tags", &long(129)] {
            assert!(check_field_name(name).is_err(), "{name}");
        }
    }
}
