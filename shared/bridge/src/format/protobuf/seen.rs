//! Which fields of a message were met.

use super::plan::Message;
use crate::format::slots::Unusual;

/// Messages with more fields are read in the other way.
const MOST_FIELDS: usize = 512;

/// Fields and oneofs as bits.
#[derive(Debug)]
pub(super) struct Seen {
    fields: [u64; MOST_FIELDS / 64],
    oneofs: [u64; MOST_FIELDS / 64],
}

impl Seen {
    /// None yet.
    ///
    /// # Errors
    /// The message has too many fields.
    #[inline]
    pub(super) fn new(message: &Message) -> Result<Self, Unusual> {
        // A oneof has a field at least.
        let most = message.fields.len().max(message.oneofs);
        let none = [0; MOST_FIELDS / 64];
        if most <= MOST_FIELDS { Ok(Self { fields: none, oneofs: none }) } else { Err(Unusual) }
    }

    /// Notes a field. Returns whether it was met before.
    ///
    /// # Errors
    /// Another member of its oneof was met before.
    #[inline]
    pub(super) fn meet(&mut self, field: usize, oneof: Option<usize>) -> Result<bool, Unusual> {
        let is_again = !set(&mut self.fields, field);
        if let Some(oneof) = oneof
            && !set(&mut self.oneofs, oneof)
            && !is_again
        {
            return Err(Unusual);
        }
        Ok(is_again)
    }

    #[inline]
    pub(super) fn has(&self, field: usize) -> bool {
        self.fields[field / 64] >> (field % 64) & 1 == 1
    }
}

/// Sets a bit; `false` if it was set.
#[inline]
fn set(bits: &mut [u64], place: usize) -> bool {
    let (word, bit) = (&mut bits[place / 64], 1 << (place % 64));
    let was_set = *word & bit != 0;
    *word |= bit;
    !was_set
}
