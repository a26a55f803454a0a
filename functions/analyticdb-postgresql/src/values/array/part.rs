//! The parts of an array, in any notation.

use std::borrow::Cow;

use sluice_bridge::model::cell::Cell;

/// Why a value is not a valid array for the column. It may name the element.
pub(crate) type ArrayReason = Cow<'static, str>;

/// A part of an array, in order.
pub(crate) enum Part<'t> {
    Open,
    Close,
    Element(Cell<'t>),
}
