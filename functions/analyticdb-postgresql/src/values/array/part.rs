//! The parts that an array is read as, whatever its text.

use std::borrow::Cow;

use sluice_bridge::model::cell::Cell;

/// Why a value is no array of the column's, and which element is at fault.
pub(crate) type Wrong = Cow<'static, str>;

/// What an array is made of, in order.
pub(crate) enum Part<'t> {
    Open,
    Close,
    Element(Cell<'t>),
}
