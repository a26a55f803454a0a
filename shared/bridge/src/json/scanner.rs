//! A strict scanner of JSON text (RFC 8259) that borrows from it. It returns slices of the input
//! and builds nothing: no tree, no maps, and numbers keep their digits.
//!
//! The caller knows what the pieces mean. The input is `str`, so every slice is too.

mod pass;

use crate::json::string::{self, Raw};
use crate::json::syntax::Syntax;
use crate::json::value::Value;

/// A position in JSON text.
#[derive(Debug, Clone)]
pub struct Scanner<'e> {
    text: &'e str,
    at: usize,
}

impl<'e> Scanner<'e> {
    /// Starts at the beginning of the text.
    #[must_use]
    pub fn new(text: &'e str) -> Self {
        Self { text, at: 0 }
    }

    /// The byte offset reached.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// The text between a byte offset that was reached before and the one reached now.
    pub(crate) fn since(&self, start: usize) -> &'e str {
        &self.text[start..self.at]
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[cold]
    fn fail<T>(&self, what: &'static str) -> Result<T, Syntax> {
        Err(Syntax { at: self.at, what })
    }

    /// Skips these characters if they come next.
    pub(crate) fn skip(&mut self, text: &str) -> bool {
        let skips = self.text[self.at..].starts_with(text);
        self.at += if skips { text.len() } else { 0 };
        skips
    }

    #[inline(always)]
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    #[inline(always)]
    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Syntax> {
        self.skip_space();
        if self.peek() != Some(byte) {
            return self.fail(what);
        }
        self.at += 1;
        Ok(())
    }

    /// Checks that nothing but white space follows.
    ///
    /// # Errors
    /// Anything that follows.
    pub fn end(&mut self) -> Result<(), Syntax> {
        self.skip_space();
        if self.at == self.text.len() { Ok(()) } else { self.fail("text after the value") }
    }

    /// Reads one whole value and checks all values nested in it.
    ///
    /// # Errors
    /// Anything that is not JSON.
    #[inline(always)]
    pub fn value(&mut self) -> Result<Value<'e>, Syntax> {
        self.skip_space();
        let start = self.at;
        let first = self.peek();
        match first {
            Some(b'"') => return Ok(Value::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                return Ok(Value::Number(&self.text[start..self.at]));
            }
            _ => self.pass()?,
        }
        Ok(match first {
            Some(b'{') => Value::Object(&self.text[start..self.at]),
            Some(b'[') => Value::Array(&self.text[start..self.at]),
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            _ => Value::Null,
        })
    }

    fn word(&mut self, word: &str) -> Result<(), Syntax> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return self.fail("a value was expected");
        }
        self.at += word.len();
        Ok(())
    }

    /// Enters an object.
    ///
    /// # Errors
    /// Something else is there.
    pub fn object(&mut self) -> Result<Members, Syntax> {
        self.expect(b'{', "an object was expected")?;
        Ok(Members { first: true })
    }

    /// Enters an array.
    ///
    /// # Errors
    /// Something else is there.
    pub fn array(&mut self) -> Result<Items, Syntax> {
        self.expect(b'[', "an array was expected")?;
        Ok(Items { first: true })
    }

    /// Reads a string.
    ///
    /// # Errors
    /// Something else is there, a raw control character, a malformed escape.
    #[inline(always)]
    pub fn string(&mut self) -> Result<Raw<'e>, Syntax> {
        self.expect(b'"', "a string was expected")?;
        let (raw, end) = string::read(self.text, self.at)?;
        self.at = end;
        Ok(raw)
    }

    /// Reads on to the next quote: a string, if it contains no backslash; `None` if no string
    /// begins or ends.
    #[inline]
    pub(crate) fn opaque_string(&mut self) -> Option<&'e str> {
        let inside = self.text[self.at..].strip_prefix('"')?;
        let length = memchr::memchr(b'"', inside.as_bytes())?;
        self.at += length + 2;
        Some(&inside[..length])
    }

    #[inline(always)]
    fn number(&mut self) -> Result<(), Syntax> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    #[inline(always)]
    fn digits(&mut self) -> Result<(), Syntax> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { self.fail("a digit was expected") } else { Ok(()) }
    }
}

/// The members of an object that a [`Scanner`] has entered.
#[derive(Debug)]
pub struct Members {
    first: bool,
}

impl Members {
    /// Reads the next key; the scanner is before its value then. `None` after the last one.
    ///
    /// # Errors
    /// Anything that is not JSON.
    #[inline(always)]
    pub fn key<'e>(&mut self, scanner: &mut Scanner<'e>) -> Result<Option<Raw<'e>>, Syntax> {
        if !more(scanner, &mut self.first, b'}')? {
            return Ok(None);
        }
        let key = scanner.string()?;
        scanner.expect(b':', "a colon was expected")?;
        scanner.skip_space();
        Ok(Some(key))
    }
}

/// The items of an array that a [`Scanner`] has entered.
#[derive(Debug)]
pub struct Items {
    first: bool,
}

impl Items {
    /// Whether another item follows; the scanner is before it then.
    ///
    /// # Errors
    /// Anything that is not JSON.
    #[inline]
    pub fn more(&mut self, scanner: &mut Scanner<'_>) -> Result<bool, Syntax> {
        more(scanner, &mut self.first, b']')
    }
}

#[inline(always)]
fn more(scanner: &mut Scanner<'_>, first: &mut bool, close: u8) -> Result<bool, Syntax> {
    scanner.skip_space();
    match scanner.peek() {
        Some(byte) if byte == close => {
            // `[1,]` has consumed its comma below and never gets here.
            scanner.at += 1;
            return Ok(false);
        }
        Some(b',') if !*first => {
            scanner.at += 1;
            scanner.skip_space();
            if scanner.peek() == Some(close) {
                return scanner.fail("there is a comma before the end");
            }
        }
        Some(_) if *first => {}
        Some(_) => return scanner.fail("a comma was expected"),
        None => return scanner.fail("the text ends inside an object or an array"),
    }
    *first = false;
    Ok(true)
}
