//! A row as canonical text.

use crate::compare::canonical;
use crate::compare::class::{Class, Tolerance};

/// One row as canonical text, column by column. It is filled again for each row.
#[derive(Debug, Clone, Default)]
pub struct Line {
    bytes: Vec<u8>,
    /// Where each column's text ends; `None` for a null.
    ends: Vec<Option<usize>>,
}

impl Line {
    /// Forgets the row.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Appends a column's value.
    pub fn push(&mut self, item: canonical::Item<'_>, class: Class, tolerance: Tolerance) {
        canonical::write(item, class, tolerance, &mut self.bytes);
        self.ends.push(Some(self.bytes.len()));
    }

    /// Appends a null.
    pub fn push_null(&mut self) {
        self.ends.push(None);
    }

    /// The canonical text of a column; `None` for a null.
    #[must_use]
    pub fn get(&self, column: usize) -> Option<&[u8]> {
        let end = (*self.ends.get(column)?)?;
        let start = self.ends[..column].iter().rev().find_map(|end| *end).unwrap_or(0);
        Some(&self.bytes[start..end])
    }

    /// How many columns it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has no columns.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::canonical::Item;

    #[test]
    fn null_and_empty_text_stay_apart() {
        let mut line = Line::default();
        for text in [Some("a"), None, Some(""), Some("bc")] {
            match text {
                Some(text) => line.push(Item::Text(text), Class::Text, Tolerance::default()),
                None => line.push_null(),
            }
        }
        let read: Vec<_> = (0..line.len()).map(|column| line.get(column)).collect();
        assert_eq!(read, [Some(&b"a"[..]), None, Some(b""), Some(b"bc")]);
        line.clear();
        assert!(line.is_empty());
    }
}
