//! Finds the dimensions of an array while its parts are read. All arrays of one dimension must have the same
//! length.

use sluice_bridge::values::number::Reason;

use crate::values::array::part::{ArrayReason, Part};

/// The server's own limit, `MAXDIM`.
const MAX_DIMENSIONS: usize = 6;

/// The depth of an array's parts, and their number in each array.
#[derive(Default)]
pub(crate) struct Dimensions {
    /// The number of open arrays.
    depth: usize,
    /// The maximum depth so far.
    deepest: usize,
    /// Whether there was an element, after which the depth is fixed.
    has_elements: bool,
    /// The number of parts so far in each open array.
    counts: [usize; MAX_DIMENSIONS],
    /// The length of the first closed array of each dimension.
    lengths: [Option<usize>; MAX_DIMENSIONS],
}

impl Dimensions {
    /// Adds the next part.
    ///
    /// # Errors
    /// The arrays of a dimension differ in length, or there are too many dimensions.
    pub(crate) fn add(&mut self, part: &Part<'_>) -> Result<(), ArrayReason> {
        if let (Part::Open | Part::Element(_), Some(inside)) = (part, self.depth.checked_sub(1)) {
            self.counts[inside] += 1;
        }
        match part {
            Part::Open if self.depth == MAX_DIMENSIONS => {
                Err("the array has more than six dimensions".into())
            }
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

    /// The lengths, outermost first. Empty for an array without elements.
    pub(crate) fn lengths(&self) -> Vec<usize> {
        let deepest = if self.has_elements { self.deepest } else { 0 };
        self.lengths[..deepest].iter().flatten().copied().collect()
    }

    /// Adds the position of the current element to a reason.
    pub(crate) fn name_element(&self, why: Reason) -> ArrayReason {
        format!("{}: {why}", self.position()).into()
    }

    fn ragged(&self) -> ArrayReason {
        format!("{}: the arrays of one dimension differ in length or depth", self.position()).into()
    }

    /// The position of the current part, counted from 1 as the server does.
    fn position(&self) -> String {
        match &self.counts[..self.depth] {
            [] => "the array".to_owned(),
            [one] => format!("element {one}"),
            many => {
                many.iter().fold("element ".to_owned(), |text, count| format!("{text}[{count}]"))
            }
        }
    }
}
