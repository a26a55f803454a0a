//! Tables as people make them, and rows that they take or refuse.

mod creation;
mod growth;
mod keys;
mod kinds;
mod large;
mod privileges;
mod refusals;
mod texts;
mod triggers;
mod unique;
mod values;
