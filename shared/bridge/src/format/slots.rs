//! The way of a field straight into the cell of its column. Which field goes where is decided once
//! for a schema and a table, by those who know columns.
//!
//! Only what is simple takes this way. A decoder that meets anything else, or bytes that are not
//! valid, stops, and the record is read field by field ([`crate::format::members`]), which also
//! finds out what is wrong.

use bumpalo::Bump;

use crate::format::members::Member;
use crate::format::wire::WireError;
use crate::model::cell::{Cell, Code};
use crate::options::placeholder::Placeholder;

/// Where a field goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Into the cell of this column.
    Column(usize),
    /// Nowhere; its bytes are only checked.
    Passed,
    /// It is bound afterwards, like a key of JSON.
    Later,
}

/// The row that is filled.
#[derive(Debug)]
pub(crate) struct Slots<'w, 'e> {
    /// By field of the schema.
    pub(crate) places: &'w [Place],
    pub(crate) row: &'w mut [Cell<'e>],
    /// The fields that are bound afterwards, in the order of the schema.
    pub(crate) later: Vec<Member<'e>>,
    placeholder: &'w Placeholder,
    pub(crate) arena: &'e Bump,
}

/// The decoder does not take this way: the record is read in another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unusual;

impl From<WireError> for Unusual {
    fn from(_: WireError) -> Self {
        Unusual
    }
}

impl<'w, 'e> Slots<'w, 'e> {
    pub(crate) fn new(
        places: &'w [Place],
        row: &'w mut [Cell<'e>],
        placeholder: &'w Placeholder,
        arena: &'e Bump,
    ) -> Self {
        Self { places, row, later: Vec::new(), placeholder, arena }
    }

    /// Fills a cell with what is no text.
    #[inline]
    pub(crate) fn set(&mut self, column: usize, cell: Cell<'e>) {
        self.row[column] = cell;
    }

    /// Fills a cell with a number.
    #[inline]
    pub(crate) fn number(&mut self, column: usize, digits: &str) {
        self.row[column] = Cell::Number(self.arena.alloc_str(digits));
    }

    /// Fills a cell with declared text, unless it stands for a value that the source did not send.
    #[inline]
    pub(crate) fn text(&mut self, column: usize, code: Code, text: &'e str) {
        if !self.placeholder.is_text(text) {
            self.row[column] = Cell::Coded(code, text);
        }
    }

    /// The same with text that is not the event's.
    #[inline]
    pub(crate) fn copied(&mut self, column: usize, code: Code, text: &str) {
        self.text(column, code, self.arena.alloc_str(text));
    }

    /// Fills a cell with a number, or the name of what is not finite.
    #[inline]
    pub(crate) fn float(&mut self, column: usize, is_number: bool, text: &str) {
        if is_number {
            self.number(column, text);
        } else if !self.placeholder.is_text(text) {
            self.row[column] = Cell::Text(self.arena.alloc_str(text));
        }
    }
}
