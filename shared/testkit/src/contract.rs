//! What every sink must do against its real server, clause by clause.
//!
//! A connector's `tests/contract.rs` implements [`Subject`] for its server and calls
//! [`contract!`](crate::contract!), which makes one test of each clause. The clauses come in
//! through the same door as records do: an event is decoded, mapped and delivered.

mod bad_rows;
mod faults;
mod once;
mod values;

use sluice_bridge::failure::GivenBack;
use sluice_bridge::road::Outcome;
use sluice_bridge::rules::Rules;
use sluice_bridge::sink::Sink;

pub use bad_rows::{
    every_bad_row_is_found_by_insert, every_bad_row_is_found_by_upsert, one_row_that_is_bad,
    without_tolerance_nothing_is_left,
};
pub use faults::{
    a_lost_connection_at_commit_is_transient, a_lost_connection_is_transient,
    a_missing_table_is_fatal, a_table_that_goes_missing_is_fatal, abandon_leaves_nothing,
    an_idle_connection_that_was_lost_costs_nothing, nothing_is_visible_before_commit,
};
pub use once::{
    a_redelivered_record_is_written_once, a_refused_record_is_refused_once,
    a_topic_that_was_made_again_is_fatal, what_is_given_back_was_not_reached,
};
pub use values::{
    a_duplicate_is_refused_alone, a_later_put_keeps_what_it_leaves_out, a_tombstone_deletes,
    absent_is_the_default_and_null_is_null, an_update_of_no_row_is_filtered,
    big_decimals_come_back_equal, booleans_and_times_come_back_equal, json_comes_back_equal,
    put_delete_put_is_a_new_row, rows_are_written, the_same_upsert_twice_is_one_row,
    unicode_comes_back_equal,
};

use crate::event::EventBuilder;
use crate::invocation::all_written;
use crate::memory::TextRow;
use crate::table::TableSpec;

/// A target under test. Clauses may run at the same time, each with a subject and a table of
/// its own.
#[allow(async_fn_in_trait, reason = "tests run on one thread")]
pub trait Subject {
    /// What is tested.
    type Sink: Sink;

    /// Creates an empty table, in place of one of that name that an earlier run has left.
    async fn create(&mut self, table: &TableSpec);

    /// Drops a table, past the sink.
    async fn drop_table(&mut self, table: &TableSpec);

    /// The committed rows of a table in any order, read past the sink, one text per column:
    /// numbers without an exponent and without trailing zeros behind the point, booleans
    /// `true` and `false`, times as `2026-01-02T03:04:05.678Z`, JSON in any spelling.
    async fn rows(&mut self, table: &TableSpec) -> Vec<TextRow>;

    /// Makes a sink that has not connected yet. Its tables are found by their bare names.
    async fn sink(&mut self) -> Self::Sink;

    /// Ends the connections of the sinks this subject has made, from the server's side, and
    /// returns when they are gone.
    async fn sever(&mut self);
}

/// Makes one test of each clause; the argument is an expression that makes a fresh
/// [`Subject`] and may `.await`.
#[macro_export]
macro_rules! contract {
    ($subject:expr) => {
        $crate::contract! { $subject =>
            rows_are_written
            the_same_upsert_twice_is_one_row
            a_later_put_keeps_what_it_leaves_out
            a_duplicate_is_refused_alone
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
            without_tolerance_nothing_is_left
            a_missing_table_is_fatal
            a_table_that_goes_missing_is_fatal
            a_lost_connection_is_transient
            a_lost_connection_at_commit_is_transient
            an_idle_connection_that_was_lost_costs_nothing
            nothing_is_visible_before_commit
            abandon_leaves_nothing
        }
    };
    ($subject:expr => $($clause:ident)*) => {
        $(
            #[test]
            fn $clause() {
                $crate::invocation::run(async {
                    let mut subject = $subject;
                    $crate::contract::$clause(&mut subject).await;
                });
            }
        )*
    };
}

/// The same for the clauses of a target with transactions.
#[macro_export]
macro_rules! contract_exactly_once {
    ($subject:expr) => {
        $crate::contract! { $subject =>
            a_redelivered_record_is_written_once
            what_is_given_back_was_not_reached
            a_refused_record_is_refused_once
            a_topic_that_was_made_again_is_fatal
        }
    };
}

/// One table, one sink, one set of rules: what most clauses need.
struct Stage<'s, S: Subject> {
    subject: &'s mut S,
    sink: S::Sink,
    table: TableSpec,
    rules: Rules,
}

impl<'s, S: Subject> Stage<'s, S> {
    async fn set(subject: &'s mut S, table: TableSpec, options: &[(&str, &str)]) -> Self {
        subject.create(&table).await;
        let sink = subject.sink().await;
        Self { subject, sink, table, rules: crate::invocation::rules(options) }
    }

    /// Writes values at offsets 0, 1, … of one partition, and commits.
    async fn deliver<V: AsRef<[u8]>>(
        &mut self,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Outcome, GivenBack> {
        let event = EventBuilder::msk().values(&self.table.name, 0, values);
        self.deliver_event(&event).await
    }

    async fn deliver_event(&mut self, event: &EventBuilder) -> Result<Outcome, GivenBack> {
        crate::invocation::deliver(&mut self.sink, &event.build(), &self.rules).await
    }

    /// Writes values and leaves the work open.
    async fn write<V: AsRef<[u8]>>(
        &mut self,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Outcome, GivenBack> {
        let event = EventBuilder::msk().values(&self.table.name, 0, values);
        crate::invocation::write(&mut self.sink, &event.build(), &self.rules).await
    }

    /// The committed rows, sorted, null as `∅`.
    async fn rows(&mut self) -> Vec<Vec<String>> {
        let text = |cell: Option<String>| cell.unwrap_or_else(|| "∅".to_owned());
        let rows = self.subject.rows(&self.table).await;
        let mut rows: Vec<Vec<String>> =
            rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect();
        rows.sort();
        rows
    }

    /// Checks that rows are written and nothing else is said of them.
    async fn writes<V: AsRef<[u8]>>(&mut self, values: impl IntoIterator<Item = V>) {
        let values: Vec<V> = values.into_iter().collect();
        let count = values.len();
        assert_eq!(self.deliver(values).await, Ok(all_written(count)));
    }
}
