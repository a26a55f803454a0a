//! What the clauses about types, names and created tables must know about a database.

use sluice_bridge::model::change::ColumnKind;

use super::Subject;

/// A target that is a database: its columns have types, its names have limits, and it creates
/// tables. The connector says how they are called there.
#[allow(async_fn_in_trait, reason = "tests run on one thread")]
pub trait Database: Subject {
    /// Names of tables and columns that are only possible with quotes, in addition to those that
    /// all databases share.
    const NAMES: &'static [&'static str];

    /// Names that neither a table nor a column can have.
    const IMPOSSIBLE: &'static [&'static str];

    /// The length of the longest name, in ASCII.
    const LONGEST: usize;

    /// Names that look like the text around the place of a bad row in its messages.
    const POINTERS: &'static [&'static str];

    /// A type that takes the text `fine`, and a text, as written in JSON, that only the database
    /// recognises as not of this type.
    const POINTED: (&'static str, &'static str);

    /// What may be added to a reference.
    const REFERENCES: &'static [&'static str];

    /// A type whose rows are written in another way than texts and integers.
    const UNLIKE: &'static str;

    /// The types of two columns with computed defaults: the integer 2, and the current time.
    const COMPUTED: [&'static str; 2];

    /// Types that a key may have, each with a value of it as JSON. Creates the types that are the
    /// schema's own.
    async fn keys(&mut self) -> Vec<(&'static str, &'static str)>;

    /// Types of a key that counts up if a record has none.
    async fn counted(&mut self) -> Vec<&'static str>;

    /// Types of a column that is always twice the column `n`.
    async fn doubled(&mut self) -> Vec<&'static str>;

    /// The type of a column that a connector creates, in the spelling of [`Self::columns`].
    fn spelling(&self, holds: ColumnKind, is_key: bool) -> &'static str;

    /// The columns of a table as `name type`, those that may not be null with a `!`, and its
    /// primary key, if there is one, as `key a,b`.
    async fn columns(&mut self, table: &str) -> Vec<String>;

    /// The schema or database that its tables' names may have before a dot.
    fn home(&self) -> &str;

    /// Returns when one of this subject's sinks waits for another's lock.
    async fn waits(&mut self);
}

/// The same as [`contract!`](crate::contract!) for the clauses of a [`Database`] with
/// transactions whose tables may change: one that is [`Changing`](super::Changing).
#[macro_export]
macro_rules! contract_database {
    ($subject:expr) => {
        $crate::contract! { $subject =>
            a_refused_value_is_not_covered_up_by_a_later_record_of_its_key
            keys_of_every_kind_find_their_row
            a_record_that_is_nothing_but_its_key
            a_record_without_a_column_is_a_row_of_defaults
            defaults_are_computed_where_nothing_is_given
            a_generated_column_is_left_to_the_database
            a_tombstone_that_a_reference_refuses_costs_itself
            rows_that_refer_to_each_other
            values_that_pass_from_row_to_row
            a_value_that_passes_late_in_a_large_event
            a_delete_does_not_overtake_a_put_of_another_key
            a_partial_record_changes_a_row_that_exists
            random_records_leave_what_they_leave_one_by_one
            a_row_that_misses_another_is_tried_again
            a_row_that_misses_another_is_not_passed_over
            rows_that_refer_to_each_other_beside_an_excepted_one
            hostile_names_of_tables_and_columns
            hostile_names_do_not_point_at_another_row
            a_name_too_long_is_no_other_table
            columns_have_the_types_of_their_values
            several_records_agree_on_a_type
            the_key_is_made_with_the_table
            the_records_key_names_its_columns
            declared_types_are_kept
            the_configuration_has_a_say
            without_auto_create_a_missing_table_is_fatal
            records_that_say_nothing_make_no_table
            a_key_without_a_column_gets_one
            a_name_that_no_column_can_have_is_refused
            invocations_that_race_make_one_table_of_all_columns
            a_column_is_not_retyped_between_catalog_and_rows
            a_table_is_not_swapped_between_catalog_and_rows
            a_table_stays_as_it_is_while_bad_rows_are_found
            every_change_is_known_at_the_next_invocation
            what_is_gone_is_known_at_the_next_invocation
            a_race_for_a_new_partition_is_won_by_one
            a_race_for_a_known_partition_is_won_by_one
            who_waits_for_one_that_fails_writes_instead
            many_first_invocations_make_one_table_of_offsets
            partitions_are_locked_in_one_order
            a_redelivered_beginning_is_filtered
            connectors_and_tables_keep_their_own_places
            rows_that_are_refused_do_no_harm_to_the_offsets
            the_table_of_offsets_can_be_named
        }
    };
}
