//! Skips a value and all values nested in it. The syntax is checked; only the nesting is
//! remembered.

use super::{Scanner, more};
use crate::json::string;
use crate::json::syntax::{Syntax, TOO_DEEP};

/// Deeper nesting than this is refused, as `serde_json` does by default.
const MAX_DEPTH: u32 = u128::BITS;

impl Scanner<'_> {
    /// Skips a value and checks its syntax.
    pub(super) fn pass(&mut self) -> Result<(), Syntax> {
        // The objects and arrays around it, one bit for each level: set for an object.
        let (mut objects, mut depth) = (0_u128, 0);
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'"') => self.pass_string()?,
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b'{' | b'[') if depth == MAX_DEPTH => {
                    return self.fail(TOO_DEEP);
                }
                Some(open @ (b'{' | b'[')) => {
                    self.at += 1;
                    self.skip_space();
                    // In ASCII a closing bracket is two after its opening one.
                    if self.peek() == Some(open + 2) {
                        self.at += 1;
                    } else {
                        depth += 1;
                        objects = objects << 1 | u128::from(open == b'{');
                        if open == b'{' {
                            self.pass_key()?;
                        }
                        continue;
                    }
                }
                Some(b't') => self.word("true")?,
                Some(b'f') => self.word("false")?,
                Some(b'n') => self.word("null")?,
                Some(_) => return self.fail("a value was expected"),
                None => return self.fail("the text ends where a value was expected"),
            }
            while depth > 0 && !self.passes_comma(objects & 1 == 1)? {
                depth -= 1;
                objects >>= 1;
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// After a value in an object or an array: moves to the next one, or out of it and returns
    /// `false`.
    #[inline(always)]
    fn passes_comma(&mut self, in_object: bool) -> Result<bool, Syntax> {
        let close = if in_object { b'}' } else { b']' };
        if !more(self, &mut false, close)? {
            return Ok(false);
        }
        if in_object {
            self.pass_key()?;
        }
        Ok(true)
    }

    #[inline(always)]
    fn pass_key(&mut self) -> Result<(), Syntax> {
        self.pass_string()?;
        self.expect(b':', "a colon was expected")
    }

    #[inline(always)]
    fn pass_string(&mut self) -> Result<(), Syntax> {
        self.expect(b'"', "a string was expected")?;
        self.at = string::pass(self.text, self.at)?;
        Ok(())
    }
}
