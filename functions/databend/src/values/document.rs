//! JSON documents of `VARIANT`, checked and written without spaces: the server refuses a whole file because of one
//! document that it cannot read.
//!
//! Not here: values of other types that are JSON (`nested`).

use std::borrow::Cow;
use std::collections::HashSet;

use sluice_bridge::json::Scanner;
use sluice_bridge::json::string::Raw;
use sluice_bridge::json::value::Value;
use sluice_bridge::values::number::{Reason, canonical};

/// The maximum depth of a column's value. The engine (1.2.895) reads more, at the cost of its stack.
pub(super) const DEEPEST: usize = 126;
/// Any number of so many characters, which has no exponent, is exact in 64 bits of floating point.
const EXACT: usize = 15;

const NOT_JSON: Reason = "the value is not JSON";

/// Appends a document without the space between its tokens. It may have so many levels.
pub(super) fn write(text: &str, levels: usize, out: &mut Vec<u8>) -> Result<(), Reason> {
    let text = text.trim_ascii();
    let mut walk = Walk { text, scanner: Scanner::new(text), out };
    walk.value(levels)?;
    walk.scanner.end().map_err(|_| NOT_JSON)
}

/// The way through a document.
struct Walk<'t, 'o> {
    text: &'t str,
    /// Before a value, or behind it.
    scanner: Scanner<'t>,
    out: &'o mut Vec<u8>,
}

impl Walk<'_, '_> {
    fn value(&mut self, levels: usize) -> Result<(), Reason> {
        let inside = || levels.checked_sub(1).ok_or("the document is nested too deeply");
        match self.text.as_bytes().get(self.scanner.at()) {
            Some(b'{') => self.object(inside()?),
            Some(b'[') => self.array(inside()?),
            _ => self.scalar(),
        }
    }

    fn object(&mut self, levels: usize) -> Result<(), Reason> {
        let mut members = self.scanner.object().map_err(|_| NOT_JSON)?;
        self.out.push(b'{');
        let mut is_first = true;
        let mut names = Names::default();
        while let Some(key) = members.key(&mut self.scanner).map_err(|_| NOT_JSON)? {
            if !names.is_new(key) {
                return Err("the document has an object with a key that occurs twice");
            }
            self.comma(&mut is_first);
            self.string(key)?;
            self.out.push(b':');
            self.value(levels)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn array(&mut self, levels: usize) -> Result<(), Reason> {
        let mut items = self.scanner.array().map_err(|_| NOT_JSON)?;
        self.out.push(b'[');
        let mut is_first = true;
        while items.more(&mut self.scanner).map_err(|_| NOT_JSON)? {
            self.comma(&mut is_first);
            self.value(levels)?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn scalar(&mut self) -> Result<(), Reason> {
        match self.scanner.value().map_err(|_| NOT_JSON)? {
            Value::Text(raw) => return self.string(raw),
            Value::Number(digits) if !is_kept(digits) => {
                return Err("the document has a number that the column would change");
            }
            Value::Bool(true) => self.out.extend(b"true"),
            Value::Bool(false) => self.out.extend(b"false"),
            Value::Null => self.out.extend(b"null"),
            Value::Number(text) | Value::Object(text) | Value::Array(text) => {
                self.out.extend(text.as_bytes());
            }
        }
        Ok(())
    }

    /// Appends a string with its escapes.
    fn string(&mut self, raw: Raw<'_>) -> Result<(), Reason> {
        let written = raw.as_written();
        if written.contains('\\') && raw.to_text().is_err() {
            return Err("the document has a lone surrogate, which is not a character");
        }
        self.out.push(b'"');
        self.out.extend(written.as_bytes());
        self.out.push(b'"');
        Ok(())
    }

    fn comma(&mut self, is_first: &mut bool) {
        if !std::mem::take(is_first) {
            self.out.push(b',');
        }
    }
}

/// The keys of an object. The server refuses one that occurs twice.
#[derive(Default)]
struct Names<'t> {
    first: Vec<Cow<'t, str>>,
    others: HashSet<Cow<'t, str>>,
}

impl<'t> Names<'t> {
    /// So many keys are compared one by one, which is faster than to make a hash of each.
    const FEW: usize = 8;

    fn is_new(&mut self, key: Raw<'t>) -> bool {
        let written = key.as_written();
        let name = match written.contains('\\') {
            true => key.to_text().map_or(Cow::Borrowed(written), Cow::Owned),
            false => Cow::Borrowed(written),
        };
        if self.first.contains(&name) {
            return false;
        }
        if self.first.len() < Self::FEW {
            self.first.push(name);
            return true;
        }
        self.others.insert(name)
    }
}

/// Whether the server keeps a number. It stores integers of 128 bits as they are, and anything else with 64 bits of
/// floating point; a number beyond these becomes null.
fn is_kept(digits: &str) -> bool {
    let is_short = digits.len() <= EXACT && !digits.contains(['e', 'E']);
    if is_short || digits.parse::<i128>().is_ok() {
        return true;
    }
    let stored = digits.parse::<f64>().ok().and_then(|number| canonical(&number.to_string()));
    stored.is_some() && stored == canonical(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<String, Reason> {
        let mut out = Vec::new();
        write(text, DEEPEST, &mut out).map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_document_is_one_line() {
        for (given, expected) in [
            (
                " {\n \"a b\" : [ 1 ,\r\n\t{} , [ ] ],\n\"c\":\"d \\n\\ud83e\\udd80\" }\n",
                "{\"a b\":[1,{},[]],\"c\":\"d \\n\\ud83e\\udd80\"}",
            ),
            ("[true, false, null]", "[true,false,null]"),
            (" 7 ", "7"),
            ("\"a\\u0000\"", "\"a\\u0000\""),
        ] {
            assert_eq!(written(given).as_deref(), Ok(expected), "{given}");
        }
        for wrong in ["", "[1,]", "{\"a\"}", "1 2", "NaN", "[", "{\"a\":1"] {
            assert_eq!(written(wrong), Err(NOT_JSON), "{wrong}");
        }
    }

    #[test]
    fn what_the_server_cannot_read_costs_one_row() {
        for wrong in ["\"\\ud800\"", "[\"\\ud800x\"]", "{\"\\udc00\":1}"] {
            assert!(written(wrong).unwrap_err().contains("surrogate"), "{wrong}");
        }
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(written(&nested(126)), Ok(nested(126)));
        assert!(written(&nested(127)).unwrap_err().contains("deeply"));
        assert!(written(&nested(128)).unwrap_err().contains("deeply"));
    }

    #[test]
    fn a_key_occurs_once() {
        let many: Vec<String> = (0..20).map(|number| format!("\"k{number}\":1")).collect();
        let many = many.join(",");
        let text = format!("{{{many},\"a\":{{\"a\":1}},\"b\":[{{\"a\":1}},{{\"a\":1}}]}}");
        assert_eq!(written(&text), Ok(text));
        for wrong in [
            "{\"a\":1,\"a\":2}".to_owned(),
            "[{\"a\":1,\"\\u0061\":2}]".to_owned(),
            format!("{{{many},\"k3\":1}}"),
            format!("{{{many},\"k17\":1}}"),
        ] {
            assert!(written(&wrong).unwrap_err().contains("twice"), "{wrong}");
        }
    }

    #[test]
    fn a_number_is_kept_or_refused() {
        for kept in [
            "0",
            "-0",
            "-0.0",
            "0.1",
            "1.10",
            "1E2",
            "0e999",
            "0.30000000000000004",
            "1e300",
            "5e-324",
            "9007199254740993",
            "18446744073709551616",
            "-170141183460469231731687303715884105728",
            "10000000000000000000000000000000000000000",
        ] {
            assert_eq!(written(kept).as_deref(), Ok(kept));
        }
        for changed in [
            "1e400",
            "-1e400",
            "1e-400",
            "1e-9999999999",
            "9007199254740993.0",
            "0.12345678901234567890",
            "1234567890123456789012345678901234567890",
            "[{\"a\":1e309}]",
        ] {
            assert!(written(changed).unwrap_err().contains("would change"), "{changed}");
        }
    }
}
