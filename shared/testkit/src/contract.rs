//! What every sink must do against its real server, clause by clause.
//!
//! A connector's `tests/contract.rs` implements [`Subject`] for its server and calls
//! [`contract!`](crate::contract!), which makes one test of each clause. A server with typed tables
//! is a [`Database`] and [`Changing`], and also runs the clauses of
//! [`contract_database!`](crate::contract_database!). Clauses use the sink in the same way as
//! records do: an event is decoded, mapped and delivered. What only one database does is tested in
//! its connector.
//! is in its connector's tests.

mod bad_rows;
mod changes;
mod constraints;
mod creation;
mod database;
mod durable;
mod evolution;
mod faults;
mod keys;
mod large;
mod names;
mod offsets;
mod once;
mod references;
mod types;
mod values;

use sluice_bridge::model::failure::GivenBack;
use sluice_bridge::options::rules::Rules;
use sluice_bridge::run::outcome::Outcome;
use sluice_bridge::sink::Sink;

pub use bad_rows::*;
pub use changes::*;
pub use constraints::*;
pub use creation::*;
pub use database::*;
pub use durable::*;
pub use evolution::*;
pub use faults::*;
pub use keys::*;
pub use large::*;
pub use names::*;
pub use offsets::*;
pub use once::*;
pub use references::*;
pub use types::*;
pub use values::*;

use crate::event::EventBuilder;
use crate::invocation::{Options, all_written, deliver_values};
use crate::table::TableSpec;

/// Why a target refuses a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A column that must not be null is.
    Null,
    /// A column that must not be null is left out and has no default.
    LeftOut,
    /// A column holds a value that its table refuses.
    Excepted,
    /// Another row refers to the row to delete.
    Referred,
}

/// A target under test. Clauses may run at the same time, each with a subject and a table of
/// its own.
#[allow(async_fn_in_trait, reason = "tests run on one thread")]
pub trait Subject {
    /// What is tested.
    type Sink: Sink;

    /// What a column with the default `new` holds if a record leaves it out: `∅` if the target has no
    /// defaults.
    const LEFT_OUT: &'static str = "new";

    /// Creates an empty table, and replaces one of that name from an earlier run.
    async fn create(&mut self, table: &TableSpec);

    /// Drops a table without using the sink.
    async fn drop_table(&mut self, table: &TableSpec);

    /// The committed rows of a table in any order, read without the sink, one text per column, null
    /// as `∅`: numbers without an exponent and without trailing zeros after the point, booleans
    /// `true` and `false`, times as `2026-01-02T03:04:05.678Z`, JSON in any spelling. A table that
    /// was declared without columns returns all its columns.
    async fn rows(&mut self, table: &TableSpec) -> Vec<Vec<String>>;

    /// Makes a sink that has not connected yet. Its tables are found by their bare names.
    async fn sink(&mut self) -> Self::Sink;

    /// Ends the connections of this subject's sinks from the server's side, and returns when they
    /// are closed.
    async fn sever(&mut self);

    /// The code with which the target refuses a row; `None` if it has no codes.
    fn code(&self, _why: Refusal) -> Option<&'static str> {
        None
    }
}

/// Makes one test of each clause; the argument is an expression that makes a fresh
/// [`Subject`] and may `.await`.
#[macro_export]
macro_rules! contract {
    // Those of every target, with transactions or without.
    (every $subject:expr) => {
        $crate::contract! { $subject =>
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
    };
    ($subject:expr) => {
        $crate::contract! { every $subject }
        $crate::contract! { $subject =>
            topics_of_one_event_go_to_their_own_tables
            a_refused_row_before_another_table
            a_duplicate_is_refused_alone
            updates_of_missing_rows_are_filtered
            a_composite_key_in_another_order
            the_coordinates_of_kafka_as_key
            an_upsert_may_leave_out_what_must_not_be_null
            not_null_costs_one_row
            without_tolerance_nothing_is_left
            a_late_record_of_another_kind
            a_key_that_comes_again
            without_tolerance_nothing_of_it_stays
            a_lost_connection_at_commit_is_transient
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

/// The clauses of a target without transactions, instead of [`contract!`]. These are left out: what
/// remains of a batch that is given back, what others see before the commit, and keys that are
/// already used, because not every such target refuses them.
#[macro_export]
macro_rules! contract_durable_at_once {
    ($subject:expr) => {
        $crate::contract! { every $subject }
        $crate::contract! { $subject =>
            it_says_that_it_is_durable_at_once
            what_is_written_is_durable_before_commit
            a_lost_connection_leaves_what_was_written
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
    async fn set(subject: &'s mut S, table: TableSpec, options: Options<'_>) -> Self {
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

    /// The same with other options.
    async fn deliver_by<V: AsRef<[u8]>>(
        &mut self,
        options: Options<'_>,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Outcome, GivenBack> {
        deliver_values(&mut self.sink, &self.table.name, options, values).await
    }

    async fn deliver_event(&mut self, event: &EventBuilder) -> Result<Outcome, GivenBack> {
        crate::invocation::deliver(&mut self.sink, &event.build(), &self.rules).await
    }

    /// Writes values and does not commit.
    async fn write<V: AsRef<[u8]>>(
        &mut self,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Outcome, GivenBack> {
        let event = EventBuilder::msk().values(&self.table.name, 0, values);
        crate::invocation::write(&mut self.sink, &event.build(), &self.rules).await
    }

    /// The committed rows, sorted.
    async fn rows(&mut self) -> Vec<Vec<String>> {
        let mut rows = self.subject.rows(&self.table).await;
        rows.sort();
        rows
    }

    /// One column of the committed rows; the rows are sorted.
    async fn column(&mut self, column: usize) -> Vec<String> {
        self.rows().await.into_iter().map(|mut row| row.swap_remove(column)).collect()
    }

    /// Checks that all rows are written.
    async fn writes<V: AsRef<[u8]>>(&mut self, values: impl IntoIterator<Item = V>) {
        let values: Vec<V> = values.into_iter().collect();
        let count = values.len();
        assert_eq!(self.deliver(values).await, Ok(all_written(count)));
    }
}
