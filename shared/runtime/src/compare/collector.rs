//! Collects the rows that are read: sums of buckets, hashes of rows, or values of columns.

use ring::digest::{Context, SHA256};
use serde_json::{Value, json};
use sluice_bridge::compare::Line;

use crate::compare::question::Question;

/// The size at which an answer is full, in bytes: Lambda's limit is 6 MB ("Lambda quotas"), and
/// escapes need space.
const FULL: usize = 3 << 20;
/// The largest size of a value in an answer, in bytes. A longer value is cut, and its hash is
/// added.
const SHOWN: usize = 4096;

/// Collects rows for an answer.
pub(crate) trait RowCollector {
    /// Adds a row; `key` has the indexes of its key columns.
    fn add(&mut self, line: &Line, key: &[usize]);
    /// Whether the answer is full.
    fn is_full(&self) -> bool {
        false
    }
    /// The member `found` of the answer.
    fn found(self) -> Value;
}

/// The number of rows and the sum of their hashes for each bucket. With an exclusive or instead of
/// a sum, two equal rows would cancel each other.
pub(crate) struct Sums(Vec<(u32, u128)>);

impl Sums {
    pub(crate) fn of(question: &Question) -> Self {
        Self(vec![(0, 0); question.buckets() as usize])
    }
}

impl RowCollector for Sums {
    fn add(&mut self, line: &Line, key: &[usize]) {
        let (bucket, row) = bucket_and_hash(line, key, self.0.len());
        let (rows, sum) = &mut self.0[bucket];
        (*rows, *sum) = (rows.wrapping_add(1), sum.wrapping_add(row));
    }

    /// For each bucket with rows: its number, its number of rows and its sum, in 4, 8 and 32
    /// hexadecimal digits.
    fn found(self) -> Value {
        let filled = self.0.iter().enumerate().filter(|(_, (rows, _))| *rows > 0);
        Value::String(
            filled
                .map(|(bucket, (rows, sum))| format!("{bucket:04x}{rows:08x}{sum:032x}"))
                .collect(),
        )
    }
}

/// The key and the hash of the rows in some buckets. Without a key, and if values are wanted, the
/// whole row replaces the key.
pub(crate) struct Rows {
    wanted: Vec<bool>,
    is_whole: bool,
    found: Vec<Value>,
    size: usize,
}

impl Rows {
    pub(crate) fn of(question: &Question) -> Self {
        let mut wanted = vec![false; question.buckets() as usize];
        for bucket in &question.within {
            if let Some(wanted) = wanted.get_mut(*bucket as usize) {
                *wanted = true;
            }
        }
        Self {
            wanted,
            is_whole: question.values && question.is_keyless(),
            found: Vec::new(),
            size: 0,
        }
    }
}

impl RowCollector for Rows {
    fn add(&mut self, line: &Line, key: &[usize]) {
        let (bucket, row) = bucket_and_hash(line, key, self.wanted.len());
        if self.wanted[bucket] {
            let key: Vec<Value> = match self.is_whole {
                true => (0..line.len()).map(|column| json_text(line.get(column))).collect(),
                false => key.iter().map(|column| json_text(line.get(*column))).collect(),
            };
            self.size += 48 + key.iter().map(size).sum::<usize>();
            self.found.push(json!([key, format!("{row:032x}")]));
        }
    }

    fn is_full(&self) -> bool {
        self.size >= FULL
    }

    fn found(self) -> Value {
        Value::Array(self.found)
    }
}

/// The columns of some rows, as hashes or as texts.
pub(crate) struct Values {
    as_they_are: bool,
    found: Vec<Value>,
    size: usize,
}

impl Values {
    pub(crate) fn of(question: &Question) -> Self {
        Self { as_they_are: question.values, found: Vec::new(), size: 0 }
    }
}

impl RowCollector for Values {
    fn add(&mut self, line: &Line, key: &[usize]) {
        let key: Vec<Value> = key.iter().map(|column| json_text(line.get(*column))).collect();
        let column = |column| match line.get(column) {
            Some(text) if !self.as_they_are => json!(format!("{:032x}", hash_of(text))),
            text => json_text(text),
        };
        let columns: Vec<Value> = (0..line.len()).map(column).collect();
        self.size += key.iter().chain(&columns).map(size).sum::<usize>();
        self.found.push(json!([key, columns]));
    }

    fn is_full(&self) -> bool {
        self.size >= FULL
    }

    fn found(self) -> Value {
        Value::Array(self.found)
    }
}

/// The bucket of a row, and the hash of the whole row.
fn bucket_and_hash(line: &Line, key: &[usize], buckets: usize) -> (usize, u128) {
    let row = hash(line, 0..line.len());
    let place = if key.is_empty() { row } else { hash(line, key.iter().copied()) };
    ((place % buckets as u128) as usize, row)
}

/// The first half of the SHA-256 of some columns. Each column is hashed after its length; a null
/// has a length that no text has.
fn hash(line: &Line, columns: impl Iterator<Item = usize>) -> u128 {
    let mut context = Context::new(&SHA256);
    for column in columns {
        match line.get(column) {
            Some(text) => {
                context.update(&(text.len() as u64).to_le_bytes());
                context.update(text);
            }
            None => context.update(&u64::MAX.to_le_bytes()),
        }
    }
    first_half(context)
}

fn hash_of(text: &[u8]) -> u128 {
    let mut context = Context::new(&SHA256);
    context.update(text);
    first_half(context)
}

fn first_half(context: Context) -> u128 {
    let digest = context.finish();
    let first = digest.as_ref().first_chunk().copied().unwrap_or_default();
    u128::from_be_bytes(first)
}

/// A value as JSON; a long value is cut, and its length and hash are added.
fn json_text(text: Option<&[u8]>) -> Value {
    let Some(text) = text else { return Value::Null };
    if text.len() <= SHOWN {
        return Value::String(String::from_utf8_lossy(text).into_owned());
    }
    let start = String::from_utf8_lossy(&text[..SHOWN / 16]);
    let start = start.trim_end_matches(char::REPLACEMENT_CHARACTER);
    let (length, hash) = (text.len(), hash_of(text));
    Value::String(format!("{start}… ({length} bytes, {hash:032x})"))
}

/// The approximate size of a value in an answer, in bytes; a control character takes six.
fn size(value: &Value) -> usize {
    let text = value.as_str().unwrap_or("null");
    let escaped = text.bytes().filter(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).count();
    text.len() + 5 * escaped + 3
}

#[cfg(test)]
mod tests {
    use sluice_bridge::compare::canonical::Item;
    use sluice_bridge::compare::{Class, Tolerance};

    use super::*;

    fn line(texts: &[Option<&str>]) -> Line {
        let mut line = Line::default();
        for text in texts {
            match text {
                Some(text) => line.push(Item::Text(text), Class::Text, Tolerance::default()),
                None => line.push_null(),
            }
        }
        line
    }

    #[test]
    fn sums_know_no_order_and_count_what_is_there_twice() {
        let rows =
            [line(&[Some("1"), Some("a")]), line(&[Some("2"), None]), line(&[Some("2"), None])];
        let sum = |rows: &[&Line]| {
            let mut sums = Sums(vec![(0, 0); 4]);
            rows.iter().for_each(|row| sums.add(row, &[0]));
            sums.found()
        };
        let all = sum(&[&rows[0], &rows[1], &rows[2]]);
        assert_eq!(all, sum(&[&rows[2], &rows[0], &rows[1]]));
        assert_ne!(all, sum(&[&rows[0]]), "two equal rows do not cancel each other");
        assert_ne!(all, sum(&[&rows[0], &rows[1]]));
    }

    #[test]
    fn nothing_is_taken_for_something_else() {
        let hashes = [
            line(&[Some("a"), Some("b")]),
            line(&[Some("ab"), Some("")]),
            line(&[Some(""), Some("ab")]),
            line(&[None, Some("ab")]),
            line(&[Some("ab"), None]),
            line(&[None, None]),
        ];
        let mut hashes = hashes.map(|line| hash(&line, 0..2)).to_vec();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 6);
    }

    #[test]
    fn long_values_are_cut_short_and_stay_apart() {
        let (one, other) = ("é".repeat(SHOWN), "é".repeat(SHOWN) + "e");
        let [one, other] = [one, other].map(|text| json_text(Some(text.as_bytes())));
        assert_ne!(one, other);
        assert!(one.as_str().unwrap().len() < 512 && one.as_str().unwrap().starts_with("éé"));
        assert_eq!(json_text(Some(b"")), json!(""));
        assert_eq!(json_text(None), Value::Null);
    }
}
