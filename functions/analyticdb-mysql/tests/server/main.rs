//! The sink against a real server: its tables, its types, its TLS, its logins. The clauses that every
//! sink keeps are in `contract.rs`.

mod account;
mod compare;
mod cut;
mod faults;
mod login;
mod once;
mod rehearsal;
mod stand_in;
mod support;
mod table;
mod tls;
mod types;
