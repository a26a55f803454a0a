//! How a batch is written: its rows become one file in a stage, and one statement reads the file.
//!
//! A statement that fails ends the transaction. So a row that the server would refuse is found before: by this
//! connector as far as it knows the type, else by one query over the file that cannot fail.

mod file;
mod path;
mod rows;

pub(crate) use file::{Folder, plain};
pub(crate) use path::write;
