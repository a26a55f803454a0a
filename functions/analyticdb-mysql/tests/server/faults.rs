//! What goes wrong around the rows: locks, lost connections, privileges, the numbers of errors.

mod access;
mod codes;
mod commit;
mod waiting;
