//! The placeholder for a value that the source did not send again, as Debezium writes it for
//! columns of every type.
//!
//! Forms: `UnchangedToastedPlaceholder` of Debezium's PostgreSQL connector, and its
//! `binary.handling.mode` for bytes.

use md5::{Digest, Md5};

use crate::json::value::Value;
use crate::json::write::write_string;
use crate::options::settings::{Opt, Settings};
use crate::values::binary;

/// `unavailable.value.placeholder`
pub(crate) const UNAVAILABLE_VALUE: Opt = Opt::new(
    "unavailable.value.placeholder",
    "The placeholder for a value that the source did not send again (Debezium's option of the same name, `hex:` included). If it is the whole value, in any form in which Debezium writes it, the value counts as absent, so that an upsert keeps the column's value. `none`: no text is special, for tables that contain this text as data.",
)
.or("__debezium_unavailable_value");

/// The word that switches the rule off.
const OFF: &str = "none";
/// Geometries have their own placeholders, two points where nothing exists. They cannot be
/// configured.
const GEOMETRIES: [&str; 3] = [
    "AQEAACDmEAAAAAAA/IPXl8EAAAD8g9eXwQ==",
    "AQEAACDmEAAADCHn/f9/ZkAYQs77/39WQA==",
    "AQEAAAAAAAD8g9eXwQAAAPyD15fB",
];
/// No placeholder of a geometry is longer.
const LONGEST_GEOMETRY: usize = 160;

/// Every form of the placeholder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Placeholder {
    /// The text between the quotes of a JSON string.
    texts: Vec<Box<str>>,
    /// Their lengths modulo 64 as bits: nearly all values have another one.
    lengths: u64,
    /// Arrays and objects, as they are written.
    nested: Vec<Box<str>>,
}

impl Placeholder {
    /// Reads the option, and notes a problem.
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let text = settings.text(&UNAVAILABLE_VALUE).unwrap_or_default().to_owned();
        let octets = match text.strip_prefix("hex:") {
            _ if text == OFF => return Self::default(),
            None => Some(text.into_bytes()),
            Some(digits) => {
                let mut octets = Vec::new();
                let read = binary::hexadecimal(digits.as_bytes(), &mut octets);
                read.ok().map(|()| octets).filter(|octets| !octets.is_empty())
            }
        };
        octets.map(|octets| Self::of(&octets)).unwrap_or_else(|| {
            let name = UNAVAILABLE_VALUE.name;
            settings
                .problem(format!("{name} needs an even number of hexadecimal digits after hex:"));
            Self::default()
        })
    }

    fn of(octets: &[u8]) -> Self {
        let base64 = base64_simd::STANDARD.encode_to_string(octets);
        let for_urls = base64_simd::URL_SAFE.encode_to_string(octets);
        let hex = binary::to_hexadecimal(octets);
        // Java's bytes have a sign.
        let numbers: Vec<String> = octets.iter().map(|&byte| (byte as i8).to_string()).collect();
        let mut nested = vec![
            format!("[{}]", numbers.join(",")).into(),
            format!("[\"{}\"]", name_uuid(octets)).into(),
            format!("[\"{base64}\"]").into(),
        ];
        let mut texts = vec![base64.into(), for_urls.into(), hex.into()];
        if let Ok(text) = std::str::from_utf8(octets) {
            let word = quoted(text);
            let object = format!("{{{word}:{word}}}");
            // An hstore is JSON in a string, or a map.
            texts.push(inside(&quoted(&object)));
            texts.push(inside(&word));
            nested.push(format!("[{word}]").into());
            nested.push(object.into());
        }
        let lengths = texts.iter().fold(0, |lengths, text| lengths | 1 << (text.len() % 64));
        Self { texts, lengths, nested }
    }

    /// Whether text is the placeholder; of JSON the text between the quotes.
    #[inline]
    pub(crate) fn is_text(&self, text: &str) -> bool {
        self.lengths >> (text.len() % 64) & 1 == 1 && self.texts.iter().any(|it| **it == *text)
    }

    /// Whether a value is the placeholder.
    #[inline(always)]
    pub(crate) fn stands_in(&self, value: Value<'_>) -> bool {
        match value {
            Value::Text(raw) => self.is_text(raw.as_written()),
            Value::Array(_) | Value::Object(_) => self.is_nested(value),
            _ => false,
        }
    }

    #[inline(never)]
    fn is_nested(&self, value: Value<'_>) -> bool {
        match value {
            Value::Array(text) => self.nested.iter().any(|nested| **nested == *text),
            Value::Object(text) => {
                self.nested.iter().any(|nested| **nested == *text) || self.is_geometry(value, text)
            }
            _ => false,
        }
    }

    fn is_geometry(&self, value: Value<'_>, text: &str) -> bool {
        let may_be = text.len() <= LONGEST_GEOMETRY && !self.texts.is_empty();
        let binary = may_be.then(|| value.member("wkb")).flatten().and_then(Value::to_text);
        binary.is_some_and(|binary| GEOMETRIES.contains(&binary.as_str()))
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    write_string(text, &mut |piece| out.push_str(piece));
    out
}

fn inside(quoted: &str) -> Box<str> {
    quoted[1..quoted.len() - 1].into()
}

/// Java's `UUID.nameUUIDFromBytes`: version 3 without a namespace (RFC 9562).
fn name_uuid(octets: &[u8]) -> String {
    let mut bytes: [u8; 16] = Md5::digest(octets).into();
    bytes[6] = bytes[6] & 0x0f | 0x30;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = binary::to_hexadecimal(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
