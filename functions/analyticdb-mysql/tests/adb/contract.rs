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

sluice_testkit::contract! { Guarded::new().await =>
    rows_are_written
    the_same_upsert_twice_is_one_row
    a_later_put_keeps_what_it_leaves_out
    an_update_of_no_row_is_filtered
    absent_is_the_default_and_null_is_null
    unicode_comes_back_equal
    big_decimals_come_back_equal
    json_comes_back_equal
    booleans_and_times_come_back_equal
    a_tombstone_deletes
    put_delete_put_is_a_new_row
    one_row_that_is_bad
    every_bad_row_is_found_by_insert
    every_bad_row_is_found_by_upsert
    a_missing_table_is_fatal
    a_table_that_goes_missing_is_fatal
    a_lost_connection_is_transient
    an_idle_connection_that_was_lost_costs_nothing
}
