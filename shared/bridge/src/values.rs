//! Values by themselves: numbers, bytes, dates and times, from their text and back.
//!
//! Nothing here knows a record, a column or an option.

pub mod binary;
pub mod calendar;
pub(crate) mod decimal;
pub(crate) mod digits;
pub mod epoch;
pub mod moment;
pub mod number;
pub(crate) mod short;
