//! The dimensions of an array, found while its parts go by. An array of arrays is a box: all of
//! one dimension are of one length.

use sluice_bridge::values::number::Reason;

use crate::values::array::part::{Part, Wrong};

/// The server's own limit, `MAXDIM`.
const MOST: usize = 6;

/// How deep the parts of an array go, and how many there are of each.
#[derive(Default)]
pub(crate) struct Dimensions {
    /// The arrays that are open.
    depth: usize,
    /// The deepest that were.
    deepest: usize,
    /// Whether an element was met, which settles the depth.
    has_elements: bool,
    /// In each array that is open, the parts so far.
    counts: [usize; MOST],
    /// Of each dimension, the length of the first array that was closed.
    lengths: [Option<usize>; MOST],
}

impl Dimensions {
    /// Takes the next part.
    ///
    /// # Errors
    /// The array is no box, or has too many dimensions.
    pub(crate) fn take(&mut self, part: &Part<'_>) -> Result<(), Wrong> {
        if let (Part::Open | Part::Element(_), Some(inside)) = (part, self.depth.checked_sub(1)) {
            self.counts[inside] += 1;
        }
        match part {
            Part::Open if self.depth == MOST => Err("it has more than six dimensions".into()),
            Part::Open if self.has_elements && self.depth == self.deepest => Err(self.ragged()),
            Part::Open => {
                self.depth += 1;
                self.deepest = self.deepest.max(self.depth);
                self.counts[self.depth - 1] = 0;
                Ok(())
            }
            Part::Element(_) if self.depth != self.deepest => Err(self.ragged()),
            Part::Element(_) => {
                self.has_elements = true;
                Ok(())
            }
            Part::Close => {
                self.depth -= 1;
                let length = self.counts[self.depth];
                match self.lengths[self.depth] {
                    Some(first) if first != length => Err(self.ragged()),
                    _ => {
                        self.lengths[self.depth] = Some(length);
                        Ok(())
                    }
                }
            }
        }
    }

    /// The lengths, outermost first; none of an array without elements.
    pub(crate) fn lengths(&self) -> Vec<usize> {
        let deepest = if self.has_elements { self.deepest } else { 0 };
        self.lengths[..deepest].iter().flatten().copied().collect()
    }

    /// Says which element is at fault.
    pub(crate) fn blame(&self, why: Reason) -> Wrong {
        format!("{}: {why}", self.place()).into()
    }

    fn ragged(&self) -> Wrong {
        format!("{}: the arrays of one dimension differ in length or depth", self.place()).into()
    }

    /// The part under way, counted from 1 as the server does.
    fn place(&self) -> String {
        match &self.counts[..self.depth] {
            [] => "the array".to_owned(),
            [one] => format!("element {one}"),
            many => {
                many.iter().fold("element ".to_owned(), |text, count| format!("{text}[{count}]"))
            }
        }
    }
}
