//! The sink against a real server: what its types take and refuse, its tables, its faults,
//! its TLS. The clauses that every sink keeps are in `contract.rs`.

mod certificates;
mod compare;
mod cut;
mod debezium;
mod dialects;
mod faults;
mod login;
mod once;
mod own;
mod stand_in;
mod support;
mod table;
mod tls;
mod types;
