//! `flatten.delimiter`: which object each column was filled from, to distinguish two keys that are
//! flattened to one name from one key that occurs twice.

use std::collections::HashMap;

/// The objects of one record that were entered so far. The record's own is number 0.
#[derive(Debug, Default)]
pub(crate) struct Flattened {
    /// Each object by its parent and its joined name.
    numbers: HashMap<(usize, String), usize>,
    /// The parent of each object.
    outer: Vec<usize>,
    /// The one that is being read.
    current: usize,
    /// The object each column was filled from.
    claims: HashMap<usize, usize>,
    /// The same for keys without a column, by their joined names.
    names: HashMap<String, usize>,
}

/// What to return to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outer {
    number: usize,
    /// Whether the object was entered before.
    pub(crate) is_again: bool,
}

impl Flattened {
    /// Enters an object by its joined name.
    pub(crate) fn enter(&mut self, prefix: &str) -> Outer {
        let (next, number) = (self.numbers.len() + 1, self.current);
        let found = *self.numbers.entry((number, prefix.to_owned())).or_insert(next);
        let is_again = found != next;
        if !is_again {
            self.outer.push(number);
        }
        self.current = found;
        Outer { number, is_again }
    }

    /// Returns to the parent.
    pub(crate) fn leave(&mut self, outer: Outer) {
        self.current = outer.number;
    }

    /// Notes that the current object fills a column; `false` if another one did.
    pub(crate) fn claim(&mut self, column: usize) -> bool {
        *self.claims.entry(column).or_insert(self.current) == self.current
    }

    /// The same for a key without a column.
    pub(crate) fn claim_name(&mut self, key: &str) -> bool {
        *self.names.entry(key.to_owned()).or_insert(self.current) == self.current
    }

    /// The number of the object that is being read.
    pub(crate) fn current(&self) -> usize {
        self.current
    }

    /// Whether the current object, or one within it, filled a column.
    pub(crate) fn is_below(&self, column: usize) -> bool {
        let mut object = self.claims.get(&column).copied();
        while let Some(number) = object {
            if number == self.current {
                return true;
            }
            object = number.checked_sub(1).map(|place| self.outer[place]);
        }
        false
    }
}
