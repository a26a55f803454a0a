//! What goes wrong around the rows: locks, lost connections, privileges, the numbers of errors, a server that goes.

mod access;
mod codes;
mod commit;
mod isolation;
mod silent;
mod spare;
mod waiting;
