//! `flatten.delimiter`: which object each column was filled from, so that two keys that are flattened
//! to one name are told apart from one key that stands twice.

use std::collections::HashMap;

/// The objects of one record that were entered so far. The record's own is number 0.
#[derive(Debug, Default)]
pub(crate) struct Flattened {
    /// Each object by the one it stands in and its joined name.
    numbers: HashMap<(usize, String), usize>,
    /// The object each object stands in.
    outer: Vec<usize>,
    /// The one that is being read.
    current: usize,
    /// The object each column was filled from.
    claims: HashMap<usize, usize>,
    /// The same of keys without a column, by their joined names.
    names: HashMap<String, usize>,
}

/// What to go back to.
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

    /// Goes back to the object around it.
    pub(crate) fn leave(&mut self, outer: Outer) {
        self.current = outer.number;
    }

    /// Notes that the current object fills a column; `false` where another one did.
    pub(crate) fn claim(&mut self, column: usize) -> bool {
        *self.claims.entry(column).or_insert(self.current) == self.current
    }

    /// The same of a key that has no column.
    pub(crate) fn claim_name(&mut self, key: &str) -> bool {
        *self.names.entry(key.to_owned()).or_insert(self.current) == self.current
    }

    /// The number of the object that is being read.
    pub(crate) fn current(&self) -> usize {
        self.current
    }

    /// Whether the current object filled a column, or one within it.
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
