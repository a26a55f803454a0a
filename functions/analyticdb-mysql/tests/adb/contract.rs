//! The contract of every sink, held by way of the stand-in, as far as a target without transactions
//! can hold it. Left out are the clauses of what a batch that is given back leaves behind, of what
//! others see before the commit, and of a key that is taken, which this server does not tell:
//! `operations`, `bad_rows` and `faults` say what happens instead.

use analyticdb_mysql::MySqlSink;
use sluice_testkit::TableSpec;
use sluice_testkit::contract::Subject;

use crate::stand_in::StandIn;
use crate::subject::Server;

/// A server with the stand-in before it, which minds what is said to the end.
struct Guarded {
    server: Server,
    _stand_in: StandIn,
}

impl Guarded {
    async fn new() -> Self {
        let stand_in = StandIn::new().await;
        let place = stand_in.place();
        let server = Server::at("TEST_MARIADB", &place, &[("dialect.name", "adb-mysql")]).await;
        Self { server, _stand_in: stand_in }
    }
}

impl Subject for Guarded {
    type Sink = MySqlSink;

    async fn create(&mut self, table: &TableSpec) {
        self.server.create(table).await;
    }

    async fn drop_table(&mut self, table: &TableSpec) {
        self.server.drop_table(table).await;
    }

    async fn rows(&mut self, table: &TableSpec) -> Vec<Vec<String>> {
        self.server.rows(table).await
    }

    async fn sink(&mut self) -> MySqlSink {
        self.server.sink().await
    }

    async fn sever(&mut self) {
        self.server.sever().await;
    }
}

sluice_testkit::contract_durable_at_once!(Guarded::new().await);
