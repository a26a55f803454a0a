//! One Kafka record as the event carried it: bytes untouched, borrowed from the event's arena.

use crate::json::scanner::Scanner;
use crate::json::string::Raw;
use crate::json::syntax::Syntax;
use crate::json::value::Value;

/// A record, with its position in Kafka.
#[derive(Debug, Clone, Copy)]
pub struct Record<'e> {
    /// The topic it was read from.
    pub topic: &'e str,
    /// The partition of that topic.
    pub partition: i32,
    /// Its offset in the partition.
    pub offset: i64,
    /// Milliseconds since the Unix epoch; `None` if the broker has no timestamp (−1).
    pub timestamp: Option<i64>,
    /// The key's bytes; `None` without a key. An empty key is a key.
    pub key: Option<&'e [u8]>,
    /// The value's bytes; `None` for a tombstone. An empty value is a value.
    pub value: Option<&'e [u8]>,
    /// The headers, which are decoded only when they are needed.
    pub headers: Headers<'e>,
    /// What Lambda's mapping says about the schema of the key: `keySchemaMetadata`, as JSON.
    pub key_schema: Option<&'e str>,
    /// The same for the value: `valueSchemaMetadata`.
    pub value_schema: Option<&'e str>,
}

/// The position of a record in Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Coordinates<'e> {
    /// Its topic.
    pub topic: &'e str,
    /// The partition of that topic.
    pub partition: i32,
    /// Its offset in the partition.
    pub offset: i64,
}

impl<'e> Record<'e> {
    /// Its position in Kafka.
    #[must_use]
    pub fn coordinates(&self) -> Coordinates<'e> {
        Coordinates { topic: self.topic, partition: self.partition, offset: self.offset }
    }
}

/// The headers of a record in order, duplicates included, as the event's JSON text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Headers<'e>(Option<&'e str>);

/// One header: its name and its bytes, which may be missing.
pub type Header = (String, Option<Vec<u8>>);

impl<'e> Headers<'e> {
    /// Reads `headers` of a record: `null`, or a list of one-key objects whose values are
    /// `null` or lists of bytes −128…255 (Java writes signed bytes, others unsigned ones).
    ///
    /// # Errors
    /// Any other shape, so that decoding them later cannot fail.
    pub(crate) fn read(scanner: &mut Scanner<'e>) -> Result<Self, Syntax> {
        let at = scanner.at();
        match scanner.value()? {
            Value::Null => Ok(Self(None)),
            Value::Array("[]") => Ok(Self(None)),
            Value::Array(text) => match each(text, |_, _| ()) {
                Ok(()) => Ok(Self(Some(text))),
                Err(wrong) => Err(Syntax { at: at + wrong.at, ..wrong }),
            },
            _ => Err(Syntax { at, what: "headers must be a list" }),
        }
    }

    /// The bytes of the last header of this name; `None` without one, or if it is null.
    pub(crate) fn last(self, name: &str) -> Option<Vec<u8>> {
        let mut last = None;
        let decoded = each(self.0?, |header, value| {
            if header.is(name) {
                last = value.map(|list| bytes(list).flatten().collect());
            }
        });
        debug_assert!(decoded.is_ok());
        last
    }

    /// Whether there is no header.
    pub(crate) fn is_empty(self) -> bool {
        self.0.is_none()
    }

    /// Decodes them all.
    #[must_use]
    pub fn to_vec(self) -> Vec<Header> {
        let mut headers = Vec::new();
        // Neither can fail: both were checked when the record was read.
        let decoded = each(self.0.unwrap_or("[]"), |name, value| {
            let value = value.map(|list| bytes(list).flatten().collect());
            headers.push((name.to_text().unwrap_or_default(), value));
        });
        debug_assert!(decoded.is_ok());
        headers
    }
}

/// Visits every header: its name, and the list of its bytes unless it is null.
fn each<'e>(text: &'e str, mut visit: impl FnMut(Raw<'e>, Option<&'e str>)) -> Result<(), Syntax> {
    let mut scanner = Scanner::new(text);
    let mut list = scanner.array()?;
    while list.more(&mut scanner)? {
        let mut members = scanner.object()?;
        while let Some(name) = members.key(&mut scanner)? {
            name.check()?;
            let at = scanner.at();
            match scanner.value()? {
                Value::Null => visit(name, None),
                Value::Array(list) if bytes(list).all(|byte| byte.is_some()) => {
                    visit(name, Some(list));
                }
                _ => {
                    let what = "a header's value must be a list of bytes, -128 to 255";
                    return Err(Syntax { at, what });
                }
            }
        }
    }
    Ok(())
}

/// The items of a list, as bytes; `None` for an item that is not a byte.
fn bytes(list: &str) -> impl Iterator<Item = Option<u8>> {
    let inside = list.strip_prefix('[').and_then(|list| list.strip_suffix(']'));
    let inside = inside.unwrap_or(list).trim_ascii();
    let items = inside.split(',').filter(move |_| !inside.is_empty());
    items.map(|item| match item.trim_ascii().parse::<i16>().ok()? {
        signed @ -128..0 => Some((signed + 256) as u8),
        unsigned => u8::try_from(unsigned).ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<Header>> {
        Headers::read(&mut Scanner::new(text)).ok().map(Headers::to_vec)
    }

    #[test]
    fn order_duplicates_and_nulls_survive() {
        let headers = read(r#"[{"a":[104,-61]},{"b":null},{"a":[195]},{"c":[]}]"#).unwrap();
        let expected =
            [("a", Some(vec![104, 195])), ("b", None), ("a", Some(vec![195])), ("c", Some(vec![]))];
        assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value)));
    }

    #[test]
    fn missing_headers_are_none() {
        assert_eq!(read("null").unwrap(), []);
        assert_eq!(read("[]").unwrap(), []);
    }

    #[test]
    fn other_shapes_are_refused() {
        for text in [
            r#"{"a":[1]}"#,
            r#"[{"a":[256]}]"#,
            r#"[{"a":[-129]}]"#,
            r#"[{"a":"x"}]"#,
            "[1]",
            r#"[{"a":[1.5]}]"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
