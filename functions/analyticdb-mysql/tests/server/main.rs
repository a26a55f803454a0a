//! The sink against a real server: its TLS, its logins, its types. The clauses that every sink keeps
//! are in `contract.rs`.

mod account;
mod login;
mod stand_in;
mod support;
mod tls;
mod types;
