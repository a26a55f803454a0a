//! The contract of every sink, held against real servers.

#[path = "contract/changes.rs"]
mod changes;
#[path = "contract/subject.rs"]
mod subject;
#[allow(dead_code, unused_imports, reason = "the contract needs a part of it")]
#[path = "server/support.rs"]
mod support;

use crate::subject::Server;

/// Every clause there is.
macro_rules! every_clause {
    ($subject:expr) => {
        sluice_testkit::contract!($subject);
        sluice_testkit::contract_exactly_once!($subject);
        sluice_testkit::contract_database!($subject);
    };
}

mod mariadb {
    every_clause!(super::Server::of("TEST_MARIADB", &[]).await);
}

mod mysql {
    every_clause!(super::Server::of("TEST_MYSQL", &[]).await);
}

/// MariaDB spoken to as if it were MySQL: rows go as text.
mod mariadb_as_text {
    every_clause!(super::Server::of("TEST_MARIADB", &[("dialect.name", "mysql")]).await);
}
