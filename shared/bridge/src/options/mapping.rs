//! `fields.mapping`: which part of a record goes to which column, as a person writes it.
//!
//! `id:order_id,$.customer.address.city:city,$key:k,$header.trace\:id:trace`; a backslash escapes
//! the next character.

/// A part of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Inside the value: a top-level key, then any number of steps; no step at all is `$`,
    /// the whole value.
    Value(Vec<Step>),
    /// The record's key, or a path in it.
    Key(Vec<Step>),
    /// The last header of that name, as text.
    Header(String),
    /// The topic's name.
    Topic,
    /// The partition's number.
    Partition,
    /// The record's offset.
    Offset,
    /// The record's timestamp, milliseconds since the Unix epoch.
    Timestamp,
}

/// One step down into a JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// To a member of an object; if a key occurs twice, the last one counts.
    Member(String),
    /// To an item of an array, counted from zero.
    Item(usize),
}

impl Step {
    /// The key, if it is one.
    pub(crate) fn as_member(&self) -> Option<&str> {
        match self {
            Step::Member(key) => Some(key),
            Step::Item(_) => None,
        }
    }
}

/// Reads the whole option.
///
/// # Errors
/// A sentence about the first item that cannot be read.
pub fn parse_mapping(option: &str) -> Result<Vec<(Source, String)>, String> {
    let letters = letters(option);
    let items = letters.split(|letter| letter.is(','));
    items.filter(|item| !text(item).trim().is_empty()).map(parse_item).collect()
}

/// A character, and whether a backslash was before it.
#[derive(Clone, Copy)]
struct Letter(char, bool);

impl Letter {
    fn is(self, special: char) -> bool {
        self.0 == special && !self.1
    }

    /// As every list of options is trimmed.
    fn is_space(self) -> bool {
        self.0.is_whitespace() && !self.1
    }
}

fn letters(option: &str) -> Vec<Letter> {
    let mut letters = Vec::new();
    let mut characters = option.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => letters.extend(characters.next().map(|escaped| Letter(escaped, true))),
            plain => letters.push(Letter(plain, false)),
        }
    }
    letters
}

fn text(letters: &[Letter]) -> String {
    letters.iter().map(|letter| letter.0).collect()
}

fn trim(mut letters: &[Letter]) -> &[Letter] {
    while let [first, rest @ ..] = letters
        && first.is_space()
    {
        letters = rest;
    }
    while let [rest @ .., last] = letters
        && last.is_space()
    {
        letters = rest;
    }
    letters
}

fn parse_item(item: &[Letter]) -> Result<(Source, String), String> {
    let halves: Vec<&[Letter]> = item.split(|letter| letter.is(':')).map(trim).collect();
    let shown = text(item);
    match halves.as_slice() {
        [source, column] if !source.is_empty() && !column.is_empty() => {
            let source = parse_source(source).ok_or_else(|| {
                format!(
                    "`{shown}`: a source is a key, $, $.path, $key, $key.path, $header.name, $topic, $partition, $offset or $timestamp"
                )
            })?;
            Ok((source, text(column)))
        }
        _ => Err(format!("`{}` must be source:column", shown.trim())),
    }
}

fn parse_source(source: &[Letter]) -> Option<Source> {
    let [dollar, path @ ..] = source else { return None };
    if !dollar.is('$') {
        return Some(Source::Value(vec![Step::Member(text(source))]));
    }
    let end = path.iter().position(|letter| letter.is('.') || letter.is('['));
    let (name, path) = path.split_at(end.unwrap_or(path.len()));
    match (text(name).as_str(), path) {
        ("", path) => Some(Source::Value(parse_path(path)?)),
        ("key", path) => Some(Source::Key(parse_path(path)?)),
        ("header", [dot, name @ ..]) if dot.is('.') && !name.is_empty() => {
            Some(Source::Header(text(name)))
        }
        ("topic", []) => Some(Source::Topic),
        ("partition", []) => Some(Source::Partition),
        ("offset", []) => Some(Source::Offset),
        ("timestamp", []) => Some(Source::Timestamp),
        _ => None,
    }
}

fn parse_path(mut path: &[Letter]) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    while let [first, rest @ ..] = path {
        let (step, length) = if first.is('.') {
            let end = rest.iter().position(|letter| letter.is('.') || letter.is('['));
            let name = &rest[..end.unwrap_or(rest.len())];
            (Step::Member(text(name)), name.len())
        } else if first.is('[') {
            let end = rest.iter().position(|letter| letter.is(']'))?;
            (Step::Item(text(&rest[..end]).parse().ok()?), end + 1)
        } else {
            return None;
        };
        if length == 0 {
            return None;
        }
        steps.push(step);
        path = &rest[length..];
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member_step(name: &str) -> Step {
        Step::Member(name.to_owned())
    }

    #[test]
    fn every_kind_of_source() {
        let mapping = r"id:order_id, $.a.b[0].c : city,$key:k,$key.x:kx,$header.trace\:id:trace,$topic:t,$partition:p,$offset:o,$timestamp:ts,$:doc,a\.b:ab,\$x:dollar";
        let expected = [
            (Source::Value(vec![member_step("id")]), "order_id"),
            (
                Source::Value(vec![
                    member_step("a"),
                    member_step("b"),
                    Step::Item(0),
                    member_step("c"),
                ]),
                "city",
            ),
            (Source::Key(vec![]), "k"),
            (Source::Key(vec![member_step("x")]), "kx"),
            (Source::Header("trace:id".to_owned()), "trace"),
            (Source::Topic, "t"),
            (Source::Partition, "p"),
            (Source::Offset, "o"),
            (Source::Timestamp, "ts"),
            (Source::Value(vec![]), "doc"),
            (Source::Value(vec![member_step("a.b")]), "ab"),
            (Source::Value(vec![member_step("$x")]), "dollar"),
        ];
        let expected: Vec<_> = expected.map(|(source, column)| (source, column.to_owned())).into();
        assert_eq!(parse_mapping(mapping).unwrap(), expected);
    }

    #[test]
    fn line_breaks_are_between_items() {
        let plain = parse_mapping("id:order_id,$topic:src,a:b").unwrap();
        assert_eq!(parse_mapping("\n id :\torder_id,\r\n$topic:src,\n\na:b\n,\n"), Ok(plain));
        let kept = parse_mapping("\\ a:b\\\n").unwrap();
        let source = Source::Value(vec![member_step(" a")]);
        assert_eq!(kept, [(source, "b\n".to_owned())]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for wrong in [
            "id",
            "id:",
            ":x",
            "a:b:c",
            "$nothing:x",
            "$.a..b:x",
            "$.a[x]:x",
            "$header:x",
            "$topic.a:x",
        ] {
            assert!(parse_mapping(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }
}
