//! The contract of every sink, held against real servers.

#[path = "contract/changes.rs"]
mod changes;
#[path = "contract/subject.rs"]
mod subject;
#[allow(dead_code, unused_imports, reason = "the contract needs a part of it")]
#[path = "server/support.rs"]
mod support;

use crate::subject::Server;

mod mariadb {
    use super::Server;

    sluice_testkit::contract!(Server::of("TEST_MARIADB", &[]).await);
    sluice_testkit::contract_database!(Server::of("TEST_MARIADB", &[]).await);
    sluice_testkit::contract_changes!(Server::of("TEST_MARIADB", &[]).await);
    sluice_testkit::contract_offsets!(Server::of("TEST_MARIADB", &[]).await);
    sluice_testkit::contract_exactly_once!(Server::of("TEST_MARIADB", &[]).await);
}

mod mysql {
    use super::Server;

    sluice_testkit::contract!(Server::of("TEST_MYSQL", &[]).await);
    sluice_testkit::contract_database!(Server::of("TEST_MYSQL", &[]).await);
    sluice_testkit::contract_changes!(Server::of("TEST_MYSQL", &[]).await);
    sluice_testkit::contract_offsets!(Server::of("TEST_MYSQL", &[]).await);
    sluice_testkit::contract_exactly_once!(Server::of("TEST_MYSQL", &[]).await);
}

/// MariaDB spoken to as if it were MySQL: rows go as text.
mod mariadb_as_text {
    use super::Server;

    sluice_testkit::contract!(Server::of("TEST_MARIADB", &[("dialect.name", "mysql")]).await);
    sluice_testkit::contract_database!(
        Server::of("TEST_MARIADB", &[("dialect.name", "mysql")]).await
    );
    sluice_testkit::contract_changes!(
        Server::of("TEST_MARIADB", &[("dialect.name", "mysql")]).await
    );
    sluice_testkit::contract_offsets!(
        Server::of("TEST_MARIADB", &[("dialect.name", "mysql")]).await
    );
}
