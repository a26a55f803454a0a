//! The sink through a pooler in transaction mode: each transaction may meet another connection to
//! the server, and each connection of the server other clients in between.

#[path = "../server/cut.rs"]
mod cut;
#[allow(dead_code, reason = "the contract needs a part of it")]
#[path = "../contract/subject.rs"]
mod subject;
#[allow(dead_code, unused_imports, reason = "a part of it is for sinks that go past the pooler")]
#[path = "../server/support.rs"]
mod support;

mod sharing;

sluice_testkit::contract!(subject::Postgres::at(&support::service("TEST_PGBOUNCER")).await);
