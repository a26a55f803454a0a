//! What is not a row's fault: it is waited for or given back, and never costs a row.

mod access;
mod codes;
mod commit;
mod isolation;
mod sessions;
mod silent;
mod waiting;
mod words;
