//! SQL cut into tokens, as far as telling statements apart needs: quotes are honoured, words are not
//! understood. Comments are refused, for none is ever sent.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword, a function, a bare name.
    Word,
    /// A name in backticks.
    Name,
    /// A number without a sign.
    Number,
    /// Text in quotes.
    Text,
    /// Any other character.
    Symbol,
}

/// A token, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    pub(crate) start: usize,
}

impl Token<'_> {
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }
}

/// The tokens of a text in which a backslash escapes.
///
/// # Errors
/// Why it has none.
pub(crate) fn tokens(sql: &str) -> Result<Vec<Token<'_>>, String> {
    let bytes = sql.as_bytes();
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(&first) = bytes.get(start) {
        let rest = &bytes[start..];
        if first.is_ascii_whitespace() {
            start += 1;
            continue;
        }
        if first == b'#' || rest.starts_with(b"--") || rest.starts_with(b"/*") {
            return Err("a comment".to_owned());
        }
        let (kind, length) = match first {
            b'\'' | b'"' => (Kind::Text, quoted(rest, true)?),
            b'`' => (Kind::Name, quoted(rest, false)?),
            b'0'..=b'9' => (Kind::Number, while_in(rest, |byte| is_word(byte) || byte == b'.')),
            _ if is_word(first) => (Kind::Word, while_in(rest, is_word)),
            _ => (Kind::Symbol, 1),
        };
        tokens.push(Token { kind, text: &sql[start..start + length], start });
        start += length;
    }
    Ok(tokens)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn while_in(bytes: &[u8], is_in: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !is_in(*byte)).unwrap_or(bytes.len())
}

/// The length of what stands in quotes, with them; a quote said twice does not end it.
fn quoted(bytes: &[u8], escapes: bool) -> Result<usize, String> {
    let mut place = 1;
    while let Some(&byte) = bytes.get(place) {
        match byte {
            b'\\' if escapes => place += 2,
            _ if byte == bytes[0] && bytes.get(place + 1) == Some(&byte) => place += 2,
            _ if byte == bytes[0] => return Ok(place + 1),
            _ => place += 1,
        }
    }
    Err("a quote without an end".to_owned())
}

/// Tokens, read one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    tokens: Vec<Token<'a>>,
    next: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(tokens: Vec<Token<'a>>) -> Self {
        Self { tokens, next: 0 }
    }

    pub(crate) fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.next).copied()
    }

    pub(crate) fn take(&mut self) -> Option<Token<'a>> {
        let token = self.peek();
        self.next += usize::from(token.is_some());
        token
    }

    /// Takes a word if it comes next.
    pub(crate) fn word(&mut self, word: &str) -> bool {
        let is_next = self.peek().is_some_and(|token| token.is_word(word));
        self.next += usize::from(is_next);
        is_next
    }

    /// Takes a symbol if it comes next.
    pub(crate) fn symbol(&mut self, symbol: &str) -> bool {
        let is_next = self.peek().is_some_and(|token| token.is_symbol(symbol));
        self.next += usize::from(is_next);
        is_next
    }

    /// Takes words that have to come next.
    pub(crate) fn words(&mut self, words: &str) -> Result<(), String> {
        words
            .split(' ')
            .try_for_each(|word| self.word(word).then_some(()).ok_or(()))
            .map_err(|()| format!("{} in the place of {words}", self.shown()))
    }

    pub(crate) fn expect(&mut self, symbol: &str) -> Result<(), String> {
        let is_next = self.symbol(symbol);
        is_next.then_some(()).ok_or_else(|| format!("{} in the place of {symbol}", self.shown()))
    }

    /// A name, in backticks or bare.
    pub(crate) fn name(&mut self) -> Result<&'a str, String> {
        match self.take() {
            Some(Token { kind: Kind::Word | Kind::Name, text, .. }) => Ok(text),
            _ => Err("no name where one belongs".to_owned()),
        }
    }

    /// `table` or `database.table`.
    pub(crate) fn table(&mut self) -> Result<(), String> {
        self.name()?;
        if self.symbol(".") { self.name().map(|_| ()) } else { Ok(()) }
    }

    /// `(name,…)`
    pub(crate) fn names(&mut self) -> Result<Vec<&'a str>, String> {
        self.expect("(")?;
        let mut names = vec![self.name()?];
        while self.symbol(",") {
            names.push(self.name()?);
        }
        self.expect(")").map(|()| names)
    }

    /// What stands in parentheses, and those within.
    pub(crate) fn parenthesis(&mut self) -> Result<(), String> {
        self.expect("(")?;
        let mut depth = 1;
        while depth > 0 {
            match self.take() {
                Some(token) if token.is_symbol("(") => depth += 1,
                Some(token) if token.is_symbol(")") => depth -= 1,
                Some(_) => {}
                None => return Err("a parenthesis without an end".to_owned()),
            }
        }
        Ok(())
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.peek().is_none()
    }

    /// What comes next, for people.
    pub(crate) fn shown(&self) -> String {
        self.peek().map_or("the end".to_owned(), |token| token.text.chars().take(40).collect())
    }

    pub(crate) fn rest(&self) -> &[Token<'a>] {
        &self.tokens[self.next..]
    }
}

#[test]
fn quotes_hide_what_they_hold() {
    let sql = r"a.`b``;` 'it''s \'; @@x' 1.5 ;";
    let found: Vec<(Kind, &str)> =
        tokens(sql).unwrap().iter().map(|token| (token.kind, token.text)).collect();
    let expected = [
        (Kind::Word, "a"),
        (Kind::Symbol, "."),
        (Kind::Name, "`b``;`"),
        (Kind::Text, r"'it''s \'; @@x'"),
        (Kind::Number, "1.5"),
        (Kind::Symbol, ";"),
    ];
    assert_eq!(found, expected);
    for (sql, why) in [("a -- b", "comment"), ("a /* b */", "comment"), ("'a", "quote")] {
        assert!(tokens(sql).unwrap_err().contains(why), "{sql}");
    }
}
